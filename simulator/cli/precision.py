"""``workforce precision``, and the line on precision of every run's summary."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from simulator.cli.compare import Bands, By, Groups, Years, read_years, say
from simulator.cli.guard import guarded, progress_bar, refuse
from simulator.cli.options import (
    Cluster,
    Draws,
    Quiet,
    Replications,
    ScenarioArgument,
    Seed,
    Workers,
    computing,
    examples,
    given,
    load,
)

if TYPE_CHECKING:
    from simulator.results.result import Result

EPILOG: Final = examples(
    "precision scenarios/cambridge.toml --years 5,10",
    "precision scenarios/cambridge.toml --draws 16 --replications 64 "
    "--measure shortfall --half-width 10",
)
WORDS: Final = {"in_post": "staff in post", "shortfall": "shortfall"}


def precision(
    scenario: ScenarioArgument,
    half_width: Annotated[
        float | None,
        typer.Option(metavar="H", help="Half-width wanted of the 95 % interval of each mean."),
    ] = None,
    by: By = None,
    measure: Annotated[
        list[str] | None, typer.Option(help="By default shortfall and in_post; repeatable.")
    ] = None,
    group: Groups = None,
    band: Bands = None,
    years: Years = None,
    draws: Draws = None,
    replications: Replications = None,
    seed: Seed = None,
    workers: Workers = None,
    cluster: Cluster = None,
    quiet: Quiet = False,
) -> None:
    """Say how precisely a run knows its means, and how large a run a wanted precision takes."""
    with guarded(), computing(workers, cluster) as count:
        numbers = read_years(years)
        if half_width is not None and not (math.isfinite(half_width) and half_width > 0):
            raise refuse("command line", "--half-width", str(half_width), "a number above zero")
        read = load(scenario, given(draws=draws, replications=replications, seed=seed))
        with progress_bar(quiet=quiet) as progress:
            from simulator.experiments.precision import MEASURES
            from simulator.experiments.precision import precision as run_weighed

            found = run_weighed(
                read,
                measures=measure or (MEASURES if band is None else ("headcount",)),
                levels=None if by is None else (by,),
                groups=group or ("all",),
                bands=band,
                years=numbers,
                workers=count,
                progress=progress,
            )
        print(f"{read.draws:,} draws, {read.replications:,} futures in all")
        say([line for one in found for line in one.lines(half_width)], ())


def reached_words(result: Result, level: str, code: str) -> Iterator[str]:
    """Say in a sentence how precisely a run knows its means at its last year end, if it can tell.

    Args:
        result: A result.
        level: Level of the widest place.
        code: Its code.
    """
    from simulator.charts.words import month_name, place_name
    from simulator.experiments.precision import reached

    found = {words: reached(result, level, code, name) for name, words in WORDS.items()}
    month = next(month for _, month in found.values())
    if any(math.isnan(half) for half, _ in found.values()):
        return
    known = " and ".join(
        f"{words} to about ± {_two_figures(half)}" for words, (half, _) in found.items()
    )
    draws = int(result.manifest["draws"])
    more = "draws" if draws > 1 else "replications"
    yield (
        f"Precision: for {place_name(level, code)} in {month_name(month)} this run knows the mean "
        f"of {known} FTE (95 %). Half of that takes about four times as many {more}; "
        "`workforce precision` plans it."
    )


def _two_figures(value: float) -> str:
    """A number to two figures, written out: 2,200 and 0.45."""
    short = float(f"{value:.2g}")
    return f"{short:,.0f}" if short >= 10 else f"{short:g}"
