"""``workforce sweep``: many variants of a scenario, stored one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.guard import FAILED, INTERRUPTED, complain, guarded, progress_bar, refuse
from simulator.cli.options import (
    Cluster,
    Quiet,
    Workers,
    computing,
    examples,
    number,
)

EPILOG = examples(
    "sweep scenarios/sweeps/tiny-retention.toml --out results/retention",
    "sweep scenarios/sweeps/tiny-retention.toml --out results/retention --limit 4",
    "sweep scenarios/sweeps/tiny-retention.toml --out results/retention --query shortfall",
)


def sweep(
    file: Annotated[Path, typer.Argument(help="A sweep file (TOML).")],
    out: Annotated[Path, typer.Option(help="Folder of the sweep; a stopped sweep goes on in it.")],
    limit: Annotated[int | None, number("At most so many runs now.")] = None,
    query: Annotated[
        str | None,
        typer.Option(
            metavar="MEASURE",
            help="Run nothing; print what is stored of a measure, as CSV.",
        ),
    ] = None,
    workers: Workers = None,
    cluster: Cluster = None,
    quiet: Quiet = False,
) -> None:
    """Run many variants of a scenario: every combination, or a sample.

    Each run is stored when it is done. A sweep that was stopped, even by a power cut, goes on
    where it was, and ends with the same bytes.
    """
    with guarded(), computing(workers, cluster) as count:
        if limit is not None and limit < 1:
            raise refuse("command line", "--limit", str(limit), "a whole number, at least 1")
        if query is not None:
            _print_stored(out, query)
            return
        try:
            with progress_bar(quiet=quiet) as progress:
                from simulator.experiments.sweep import sweep as run

                swept = run(file, out, limit=limit, workers=count, progress=progress)
        except KeyboardInterrupt:
            complain([f"Interrupted. What is stored in {out} stays; the same command goes on."])
            raise typer.Exit(INTERRUPTED) from None
        except OSError as error:
            complain(_cannot_write(out, error))
            raise typer.Exit(FAILED) from None
        print("\n".join(swept.lines()))


def _cannot_write(out: Path, error: OSError) -> list[str]:
    where = error.filename or out
    return [
        f"{where}: cannot be written: {error.strerror or error}",
        "    No half file is left. Runs stored before stay; with room and leave to write, the same "
        "command goes on.",
    ]


def _print_stored(out: Path, measure: str) -> None:
    import sys

    from simulator.experiments.futures import FTE
    from simulator.experiments.sweep import read_sweep

    if measure not in FTE:
        words = f"no such measure is stored; give one of {', '.join(FTE)}"
        raise refuse("command line", "--query", measure, words)
    read_sweep(out, measure=measure).to_csv(sys.stdout, index=False, lineterminator="\n")
