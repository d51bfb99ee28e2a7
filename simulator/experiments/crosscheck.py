"""Compare the two engines person for person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import (
    BANDS,
    GROUPS,
    Flow,
    PoolFlow,
    PoolStock,
    Stock,
    TrainingFlow,
    TrainingStock,
)
from simulator.engines import arrays, people
from simulator.model.specification import Specification
from simulator.results.trace import Trace

if TYPE_CHECKING:
    from simulator.experiments.simulate import Progress
    from simulator.scenario.resolved import Scenario

_MOST = 10


@dataclass(slots=True)
class CrossCheck:
    """What a comparison found.

    Attributes:
        replications: Replications compared.
        compared: Integers compared.
        spells: Spells compared, of one replication.
        differences: The first differences, in words; empty if the engines agree.
        total: Number of integers and spells that differ.
        counts: Processes the people engine used, by kind.
        events: Flows of each kind over all replications and months.
    """

    replications: int
    compared: int = 0
    spells: int = 0
    total: int = 0
    differences: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the engines agree in everything."""
        return self.total == 0

    def lines(self) -> list[str]:
        """The report as lines of text."""
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.counts.items())
        flows = ", ".join(f"{count:,} {name}" for name, count in self.events.items())
        verdict = (
            "The engines agree person for person."
            if self.ok
            else f"The engines DIFFER in {self.total:,} places; the first are:"
        )
        return [
            f"Replications: {self.replications:,}; integers compared: {self.compared:,}; "
            f"spells compared: {self.spells:,}",
            f"Processes in the people engine: {kinds}",
            f"Flows: {flows}",
            verdict,
            *(f"  {text}" for text in self.differences),
        ]


def crosscheck(
    scenario: Scenario, *, replications: int = 20, progress: Progress | None = None
) -> CrossCheck:
    """Run both engines on a scenario's first replications and compare everything.

    The spell log of the last of the replications is compared too.
    """
    from simulator.model.compile import compile_scenario

    return crosscheck_specification(
        compile_scenario(scenario), replications=replications, progress=progress
    )


def crosscheck_specification(
    spec: Specification,
    *,
    replications: int,
    progress: Progress | None = None,
    batch: int = 1,
) -> CrossCheck:
    """Compare the engines on a compiled specification, ``batch`` replications at a time."""
    report = CrossCheck(replications)
    for first in range(0, replications, batch):
        count = min(batch, replications - first)
        spells_of = replications - 1 if first + count == replications else None
        one = people.simulate(spec, first=first, count=count, spells_of=spells_of)
        two = arrays.trace(spec, first=first, count=count, spells_of=spells_of)
        compare_traces(spec, one, two, report)
        if progress is not None:
            progress(first + count, replications, "comparing engines")
    return report


def compare_traces(spec: Specification, one: Trace, two: Trace, report: CrossCheck) -> None:
    """Add the differences between two traces of the same replications to a report."""
    cells = [_cell_name(spec, cell) for cell in range(len(spec.cells.trust))]
    lines = [" ".join(name) for name in spec.training.names]
    pools = [" ".join(name) for name in spec.pools.names]
    for what, left, right, rows, kinds in (
        ("stock", one.stocks, two.stocks, cells, Stock),
        ("flow", one.flows, two.flows, cells, Flow),
        ("training stock", one.training_stocks, two.training_stocks, lines, TrainingStock),
        ("training flow", one.training_flows, two.training_flows, lines, TrainingFlow),
        ("pool stock", one.pool_stocks, two.pool_stocks, pools, PoolStock),
        ("pool flow", one.pool_flows, two.pool_flows, pools, PoolFlow),
    ):
        names = [kind.name.lower() for kind in kinds]
        _compare(report, one.first_replication, what, left, right, rows, names)
    _compare_won(spec, one, two, report)
    _compare_spells(report, one.spells, two.spells)
    for kind, count in one.counts.items():
        report.counts[kind] = report.counts.get(kind, 0) + count
    _count_events(report, one)


def _count_events(report: CrossCheck, trace: Trace) -> None:
    for of, kinds, flows in (
        ("", Flow, trace.flows),
        ("training_", TrainingFlow, trace.training_flows),
        ("pool_", PoolFlow, trace.pool_flows),
    ):
        for kind in kinds:
            name, total = of + kind.name.lower(), int(flows[..., kind].sum())
            report.events[name] = report.events.get(name, 0) + total


def _cell_name(spec: Specification, cell: int) -> str:
    cells = spec.cells
    return f"{spec.trusts[cells.trust[cell]]} {GROUPS[cells.group[cell]]} {BANDS[cells.band[cell]]}"


def _compare(
    report: CrossCheck,
    first: int,
    what: str,
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    rows: Sequence[str],
    columns: Sequence[str],
) -> None:
    report.compared += left.size
    if left.shape != right.shape:
        report.total += 1
        report.differences.append(f"{what}: shapes {left.shape} and {right.shape}")
        return
    wrong = np.argwhere(left != right)
    report.total += len(wrong)
    ordered = wrong[np.argsort(wrong[:, 1], kind="stable")] if len(wrong) else wrong
    for replication, month, row, column in ordered[:_MOST]:
        if len(report.differences) >= _MOST:
            return
        at = (replication, month, row, column)
        report.differences.append(
            f"{what} {columns[column]}, replication {first + replication}, month {month}, "
            f"{rows[row]}: people {left[at]}, arrays {right[at]}"
        )


def _compare_won(spec: Specification, one: Trace, two: Trace, report: CrossCheck) -> None:
    """Compare the moves between trusts, which are counted over all months together."""
    report.compared += one.won.size
    for replication, to, source in np.argwhere(one.won != two.won):
        report.total += 1
        if len(report.differences) < _MOST:
            at = (replication, to, source)
            report.differences.append(
                f"moves, replication {one.first_replication + replication}, "
                f"{spec.trusts[source]} to {spec.trusts[to]}: "
                f"people {one.won[at]}, arrays {two.won[at]}"
            )


def _compare_spells(report: CrossCheck, left: NDArray[Any], right: NDArray[Any]) -> None:
    report.spells += len(left)
    if len(left) != len(right):
        report.total += abs(len(left) - len(right))
        report.differences.append(f"spell log: {len(left)} and {len(right)} spells")
    shared = min(len(left), len(right))
    wrong = np.flatnonzero(left[:shared] != right[:shared])
    report.total += len(wrong)
    for row in wrong[:3]:
        names = ", ".join(left.dtype.names or ())
        report.differences.append(
            f"spell {row} ({names}): people {tuple(left[row])}, arrays {tuple(right[row])}"
        )
