"""``workforce seek``: the weakest value of a lever that reaches a goal."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

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
from simulator.cli.compare import say
from simulator.cli.guard import guarded, progress_bar, refuse
from simulator.cli.options import (
    Cluster,
    Quiet,
    ScenarioArgument,
    Workers,
    computing,
    examples,
    given,
    number,
)

EPILOG = examples(
    "seek scenarios/tiny-ladder.toml --lever retention --low 0.2 --high 1 --place RGT "
    "--measure in_post --above 27 --probability 0.6 --draws 32 --replications 512",
    "seek scenarios/cambridge-retention.toml --lever faster-hiring --low 0.3 --high 1 "
    "--below 130 --probability 0.7 --date 2031-03 --steps 14 --draws 16 --replications 64",
    "seek scenarios/cambridge-retention.toml --lever retention --lever faster-hiring:0.57:1 "
    "--budget 400k --below 130 --probability 0.65 --date 2031-03 --steps 2 --draws 16 "
    "--replications 64",
)
_UNITS: Final = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}


def _pounds(text: str) -> float:
    """Read pounds, such as 250k, £1.5m or 2,000,000."""
    found = re.fullmatch(r"£?([0-9][0-9,]*(?:\.[0-9]+)?)([kmb]?)", text.strip().lower())
    if found is None:
        raise typer.BadParameter(f"{text[:40]!r} is not pounds, such as 250k, 5m or 2000000")
    return float(found[1].replace(",", "")) * _UNITS[found[2]]


def seek(
    scenario: ScenarioArgument,
    lever: Annotated[
        list[str],
        typer.Option(
            help="Id of a lever of the scenario. For a mix give two or more, each with the ends of "
            "its value (retention:0.8:1) or else from no effect to the file's value."
        ),
    ],
    low: Annotated[
        float | None, typer.Option(help="Of one lever: the lowest value allowed.")
    ] = None,
    high: Annotated[
        float | None, typer.Option(help="Of one lever: the highest value allowed.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            parser=_pounds,
            metavar="POUNDS",
            help="Seek the best mix of two or more levers that costs at most this, such as 5m.",
        ),
    ] = None,
    below: Below = None,
    above: Above = None,
    probability: Annotated[
        float, typer.Option(help="Share of futures in which it must be so.")
    ] = 0.8,
    place: Place = None,
    group: Group = "all",
    measure: Measure = "shortfall",
    date: Date = None,
    steps: Annotated[
        int | None, number("Parts into which a range is cut: by default 128, of a mix 4.")
    ] = None,
    draws: Draws = None,
    replications: Replications = None,
    seed: Seed = None,
    workers: Workers = None,
    cluster: Cluster = None,
    quiet: Quiet = False,
) -> None:
    """Seek the weakest value of a lever with which a number is acceptable often enough.

    Says so if no value allowed does, or if the lever is not needed. With --budget: the mix of
    levers, of those that it buys, with which the number is acceptable most often.
    """
    with guarded(), computing(workers, cluster) as count:
        asked: dict[str, Any] = {
            "probability": probability,
            "place": place,
            "group": group,
            "measure": measure,
            "date": date,
            "settings": given(draws=draws, replications=replications, seed=seed),
            "workers": count,
            **({} if steps is None else {"steps": steps}),
        }
        aim = goal(below, above)
        if budget is None:
            single, ends = _single(lever, low, high)
        elif low is not None or high is not None:
            words = "goes with one lever; of a mix give --lever ID:LOW:HIGH"
            raise refuse("command line", "--low" if low is not None else "--high", "", words)
        with progress_bar(quiet=quiet) as progress:
            from simulator.experiments.mix import seek_mix
            from simulator.experiments.seek import seek as search

            found = (
                search(scenario, single, aim, **ends, **asked, progress=progress)
                if budget is None
                else seek_mix(scenario, lever, aim, budget=budget, **asked, progress=progress)
            )
        say(found.lines(), ())


def _single(levers: list[str], low: float | None, high: float | None) -> tuple[str, dict[str, Any]]:
    """Return the one lever, and the ends of its range."""
    if len(levers) > 1:
        words = "of several levers a mix is sought; give --budget POUNDS, such as 5m"
        raise refuse("command line", "--lever", ", ".join(levers), words)
    if low is None or high is None:
        name = "--low" if low is None else "--high"
        raise refuse("command line", name, "", "missing: one end of the values allowed")
    return levers[0], {"low": low, "high": high}
