"""``workforce robust``: policies against futures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    Cluster,
    Quiet,
    Workers,
    computing,
    examples,
    given,
)

if TYPE_CHECKING:
    from simulator.experiments.robust import Robustness

EPILOG = examples(
    "robust scenarios/cambridge.toml scenarios/cambridge-retention.toml --below 170 "
    "--date 2031-03 --draws 16 --replications 64",
    "robust scenarios/cambridge.toml scenarios/cambridge-retention.toml --below 170 "
    "--date 2031-03 --draws 16 --replications 64 --futures scenarios/futures/need.toml --by "
    "hiring.approval_median_months",
)


def robust(
    policies: Annotated[list[Path], typer.Argument(help="Scenario files, at least two.")],
    below: Below = None,
    above: Above = None,
    place: Place = None,
    group: Group = "all",
    measure: Measure = "shortfall",
    date: Date = None,
    futures: Annotated[
        Path | None, typer.Option(help="A file of named futures, beside the scenarios as they are.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="A parameter whose lowest and highest third of draws are futures; may be given "
            "more than once. By default all that vary."
        ),
    ] = None,
    draws: Draws = None,
    replications: Replications = None,
    seed: Seed = None,
    workers: Workers = None,
    cluster: Cluster = None,
    quiet: Quiet = False,
) -> None:
    """Weigh policies against futures: how often acceptable, and the largest regret of each.

    Regret is how much worse a policy does than the best one in the same future.
    """
    with guarded(), computing(workers, cluster) as count:
        aim = goal(below, above)
        with progress_bar(quiet=quiet) as progress:
            from simulator.experiments.robust import read_futures
            from simulator.experiments.robust import robust as weigh

            found = weigh(
                policies,
                aim,
                place=place,
                group=group,
                measure=measure,
                date=date,
                futures=read_futures(futures) if futures else (),
                by=by or None,
                settings=given(draws=draws, replications=replications, seed=seed),
                workers=count,
                progress=progress,
            )
        print("\n".join([*_table(found), "", *found.lines()]))


def _table(found: Robustness) -> list[str]:
    """Each future with the number under each policy, numbered in the order given."""
    wide = found.table.pivot_table(
        index="future", columns="policy", values=["mean", "acceptable"], sort=False
    )
    policies = [one.policy for one in found.verdicts]
    futures = list(dict.fromkeys(found.table["future"]))
    width = max(len(one) for one in futures)
    lines = [f"{number}: {policy}" for number, policy in enumerate(policies, 1)]
    head = "".join(f"{f'{number}':>16}" for number, _ in enumerate(policies, 1))
    lines += ["", f"{'mean (acceptable) in':<{width}}{head}"]
    for future in futures:
        cells = [
            f"{wide.loc[future, ('mean', one)]:,.1f} "
            f"({100 * wide.loc[future, ('acceptable', one)]:.0f} %)"
            for one in policies
        ]
        lines.append(f"{future:<{width}}" + "".join(f"{cell:>16}" for cell in cells))
    return lines
