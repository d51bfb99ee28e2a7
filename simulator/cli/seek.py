"""``workforce seek``: the weakest value of a lever that reaches a goal."""

from __future__ import annotations

from typing import Annotated

import typer

from simulator.cli.asking import (
    Above,
    Below,
    Date,
    Draws,
    Group,
    Measure,
    Place,
    Replications,
    Seed,
    goal,
)
from simulator.cli.guard import guarded, progress_bar
from simulator.cli.options import (
    Quiet,
    ScenarioArgument,
    Workers,
    check_workers,
    examples,
    given,
    number,
    processors,
)

EPILOG = examples(
    "seek scenarios/tiny-ladder.toml --lever retention --low 0.2 --high 1 --place RGT "
    "--measure in_post --above 27 --probability 0.6 --draws 32 --replications 512",
    "seek scenarios/cambridge-retention.toml --lever faster-hiring --low 0.3 --high 1 "
    "--below 170 --probability 0.8 --date 2031-03 --steps 14 --draws 16 --replications 64",
)


def seek(
    scenario: ScenarioArgument,
    lever: Annotated[str, typer.Option(help="Id of a lever of the scenario.")],
    low: Annotated[float, typer.Option(help="Lowest value allowed.")],
    high: Annotated[float, typer.Option(help="Highest value allowed.")],
    below: Below = None,
    above: Above = None,
    probability: Annotated[
        float, typer.Option(help="Share of futures in which it must be so.")
    ] = 0.8,
    place: Place = None,
    group: Group = "all",
    measure: Measure = "shortfall",
    date: Date = None,
    steps: Annotated[int, number("Parts into which the range is cut.")] = 128,
    draws: Draws = None,
    replications: Replications = None,
    seed: Seed = None,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Seek the weakest value of a lever with which a number is acceptable often enough.

    Says so if no value allowed does, or if the lever is not needed.
    """
    with guarded():
        check_workers(workers)
        aim = goal(below, above)
        with progress_bar(quiet=quiet) as progress:
            from simulator.experiments.seek import seek as search

            found = search(
                scenario,
                lever,
                aim,
                probability=probability,
                low=low,
                high=high,
                place=place,
                group=group,
                measure=measure,
                date=date,
                steps=steps,
                settings=given(draws=draws, replications=replications, seed=seed),
                workers=workers or processors(),
                progress=progress,
            )
        print("\n".join(found.lines()))
