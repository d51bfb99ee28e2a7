"""Options of commands that ask for one number of each future."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.guard import refuse
from simulator.cli.options import number

if TYPE_CHECKING:
    from simulator.experiments.questions import Goal

Place = Annotated[
    str | None,
    typer.Option(help="Code of a trust, care system or region, or ENG; by default the widest."),
]
Group = Annotated[str, typer.Option(help="A staff group: clinical, data, digital, or all.")]
Measure = Annotated[
    str, typer.Option(help="The number: shortfall, in_post, vacancy, funded, need, left, ...")
]
Date = Annotated[
    str | None, typer.Option(help="The end of a year of the run, YYYY-MM; by default the last.")
]
Below = Annotated[
    float | None, typer.Option(help="Acceptable below this.", metavar="X", show_default=False)
]
Above = Annotated[
    float | None, typer.Option(help="Acceptable above this.", metavar="X", show_default=False)
]
Draws = Annotated[int | None, number("Parameter draws, in place of the scenario's.")]
Replications = Annotated[int | None, number("Replications in all, in place of the scenario's.")]
Seed = Annotated[int | None, number("Root seed, in place of the scenario's.")]


def goal(below: float | None, above: float | None) -> Goal:
    """Return the goal, of which exactly one bound is given."""
    from math import isfinite

    from simulator.experiments.questions import Goal

    bound = below if below is not None else above
    if bound is None or (below is not None and above is not None):
        words = "give either --below X or --above X: what is acceptable"
        raise refuse("command line", "--below", "", words)
    if not isfinite(bound):
        raise refuse("command line", "--below", str(bound), "a number is expected")
    return Goal(bound, above=above is not None)
