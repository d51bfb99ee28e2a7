"""``workforce report``: workbook, board paper, slides and tables of a result or a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from simulator.cli.compare import Align, load_all
from simulator.cli.guard import guarded, progress_bar, refuse
from simulator.cli.options import (
    Cluster,
    Draws,
    Quiet,
    Replications,
    Seed,
    Workers,
    computing,
    examples,
    given,
)

if TYPE_CHECKING:
    from simulator.reports.write import Kind

EPILOG: Final = examples(
    "report results/cambridge --to reports/cambridge",
    "report results/cambridge --to reports/cambridge --docx --pptx",
    "report results/england --to reports/rgt --place RGT --xlsx",
    "report --compare scenarios/cambridge.toml scenarios/cambridge-retention.toml "
    "--to reports/retention",
)


def report(
    what: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT | SCENARIOS", help="A folder of results; with --compare scenario files."
        ),
    ],
    to: Annotated[Path, typer.Option(help="The folder to write to.")],
    compare: Annotated[
        bool,
        typer.Option(
            "--compare", help="Run two to five scenarios and report what differs from the first."
        ),
    ] = False,
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
    draws: Draws = None,
    replications: Replications = None,
    seed: Seed = None,
    align: Align = False,
    workers: Workers = None,
    cluster: Cluster = None,
    quiet: Quiet = False,
) -> None:
    """Write reports: all kinds, or those named, of a stored result or of a comparison."""
    with guarded(), computing(workers, cluster) as count:
        from simulator.reports.write import KINDS

        asked = dict(zip(KINDS, (xlsx, docx, pptx, csv), strict=True))
        kinds = [kind for kind in KINDS if asked[kind]] or list(KINDS)
        sizes = given(draws=draws, replications=replications, seed=seed)
        if not compare:
            if sizes or align:
                words = "goes with --compare; a stored result has its sizes already"
                raise refuse("command line", f"--{next(iter(sizes), 'align')}", "", words)
            _of_result(what, to, kinds, place, for_owner=for_owner)
            return
        read = load_all(what, sizes, align=align)
        from simulator.reports.difference import Difference, compare_for_report
        from simulator.reports.write import write_comparison

        with progress_bar(quiet=quiet) as progress:
            compared = compare_for_report(read, workers=count, progress=progress)
        found = Difference(read, compared, place=place, for_owner=for_owner)
        for path in write_comparison(found, to, kinds=kinds):
            print(f"Written: {path}")


def _of_result(
    what: Sequence[Path], to: Path, kinds: list[Kind], place: str | None, *, for_owner: bool
) -> None:
    """Write reports of one stored result."""
    if len(what) != 1:
        words = "one folder of results; --compare reports on several scenario files"
        raise refuse("command line", "", " ".join(map(str, what)), words)
    if not what[0].is_dir():
        words = "no such folder; give the folder named by --out in workforce run"
        raise refuse(str(what[0]), "", "", words)
    from simulator.reports.write import write_reports
    from simulator.results.result import read_result

    found = read_result(what[0])
    for path in write_reports(found, to, kinds=kinds, place=place, for_owner=for_owner):
        print(f"Written: {path}")
    if found.manifest["own_rows"]:
        print(
            "All numbers are shown: keep these files with the owner of the data."
            if for_owner
            else "Small counts are hidden and others rounded; --for-owner shows all."
        )
