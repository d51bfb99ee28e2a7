"""``workforce bundle``: a stored result with everything it was made from, in one zip file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from simulator.cli.guard import guarded, refuse
from simulator.cli.options import examples

EPILOG: Final = examples(
    "bundle results/cambridge cambridge.zip",
    "verify cambridge.zip",
)


def bundle(
    result: Annotated[Path, typer.Argument(help="A folder of results.")],
    out: Annotated[Path, typer.Argument(help="The zip file to make.", metavar="OUT.zip")],
    scenario: Annotated[
        Path | None, typer.Option(help="The scenario file, if it is not where it was.")
    ] = None,
    for_owner: Annotated[
        bool,
        typer.Option("--for-owner", help="Although it holds a trust's own rows: not for sharing."),
    ] = False,
) -> None:
    """Put a stored result and all its inputs into one zip file, to be verified elsewhere."""
    with guarded():
        if not result.is_dir():
            words = "no such folder; give the folder named by --out in workforce run"
            raise refuse(str(result), "", "", words)
        from simulator.experiments.bundle import make_bundle

        path = make_bundle(result, out, scenario=scenario, for_owner=for_owner)
        print(f"Written: {path} ({path.stat().st_size:,} bytes)")
        print(f"Anybody can check it: workforce verify {path.name}")
