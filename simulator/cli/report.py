"""``workforce report``: workbook, board paper, slides and tables from a stored result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from simulator.cli.guard import guarded, refuse
from simulator.cli.options import examples

EPILOG: Final = examples(
    "report results/cambridge --to reports/cambridge",
    "report results/cambridge --to reports/cambridge --docx --pptx",
    "report results/england --to reports/rgt --place RGT --xlsx",
)


def report(
    result: Annotated[Path, typer.Argument(help="A folder of results.")],
    to: Annotated[Path, typer.Option(help="The folder to write to.")],
    xlsx: Annotated[bool, typer.Option("--xlsx", help="An Excel workbook.")] = False,
    docx: Annotated[bool, typer.Option("--docx", help="A board paper in Word.")] = False,
    pptx: Annotated[bool, typer.Option("--pptx", help="A slide pack.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Tables as CSV with metadata.")] = False,
    place: Annotated[
        str | None,
        typer.Option(help="Code of the trust, care system or region reported, or ENG."),
    ] = None,
    for_owner: Annotated[
        bool,
        typer.Option(
            "--for-owner", help="Hide no small counts of a trust's own rows: not for sharing."
        ),
    ] = False,
) -> None:
    """Write reports of a stored result: all kinds, or those named."""
    with guarded():
        if not result.is_dir():
            words = "no such folder; give the folder named by --out in workforce run"
            raise refuse(str(result), "", "", words)
        from simulator.reports.write import KINDS, write_reports
        from simulator.results.result import read_result

        asked = dict(zip(KINDS, (xlsx, docx, pptx, csv), strict=True))
        kinds = [kind for kind in KINDS if asked[kind]] or list(KINDS)
        found = read_result(result)
        for path in write_reports(found, to, kinds=kinds, place=place, for_owner=for_owner):
            print(f"Written: {path}")
        if found.manifest["own_rows"]:
            print(
                "All numbers are shown: keep these files with the owner of the data."
                if for_owner
                else "Small counts are hidden and others rounded; --for-owner shows all."
            )
