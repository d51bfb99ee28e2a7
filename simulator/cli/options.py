"""Options that several commands share, and how their words are read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from simulator.cli.guard import complain, refuse

if TYPE_CHECKING:
    from simulator.scenario import Scenario

MOST_WORKERS: Final = 512


def examples(*commands: str) -> str:
    """Return the examples at the end of a help page, one a line."""
    return "\b\nExamples:\n" + "\n".join(f"  workforce {command}" for command in commands)


def _whole(text: str) -> int:
    """Read a whole number of the command line."""
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text[:40]!r} is not a whole number") from None


def number(words: str) -> Any:
    """Return an option that takes a whole number."""
    return typer.Option(parser=_whole, metavar="N", help=words)


ScenarioArgument = Annotated[Path, typer.Argument(help="A scenario file (TOML).")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress bar.")]
Draws = Annotated[int | None, number("Parameter draws, in place of the scenario's.")]
Replications = Annotated[int | None, number("Replications in all, in place of the scenario's.")]
Seed = Annotated[int | None, number("Root seed, in place of the scenario's.")]
Workers = Annotated[int | None, number("Processes; never changes a result.")]
Cluster = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Work on this Dask cluster, such as tcp://10.0.0.5:8786."),
]


def check_workers(workers: int | None) -> None:
    """Refuse a number of processes that is not sensible."""
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        words = f"a whole number from 1 to {MOST_WORKERS}"
        raise refuse("command line", "--workers", str(workers), words)


@contextmanager
def computing(workers: int | None, cluster: str | None) -> Iterator[int]:
    """Say where the work inside is done, in processes or on a cluster; yields how many at once."""
    check_workers(workers)
    if cluster is None:
        yield workers or processors()
        return
    if workers is not None:
        words = "either --workers or --cluster, which has workers of its own"
        raise refuse("command line", "--workers", str(workers), words)
    from simulator.experiments import cluster as there

    with there.cluster(cluster) as threads:
        yield threads


def processors() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load(path: Path, overrides: dict[str, object]) -> Scenario:
    """Read a scenario, and say what a planner should know about it."""
    from simulator.scenario import load_scenario

    scenario = load_scenario(path, overrides)
    complain(f"Note: {note}" for note in scenario.notes)
    return scenario


def given(**options: int | None) -> dict[str, object]:
    """Return the options that were given, as overrides of a scenario."""
    return {key: one for key, one in options.items() if one is not None}
