"""Run a specification with the people engine: one replication after another, same tables."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import EVENT_FLOWS, GROUPS, Flow, How, Stock, TrainingFlow
from simulator.engines import people
from simulator.experiments.simulate import Progress, Summary, Unit, UnitRun, find_units
from simulator.model.specification import Specification
from simulator.results.summaries import PlaceSummary, place_totals
from simulator.results.totals import YEAR, BlockTotals
from simulator.results.trace import Trace

_EVENTS: Final = list(EVENT_FLOWS)


def simulate_people(spec: Specification, *, progress: Progress | None = None) -> Summary:
    """Simulate all replications person by person and sum them up like the arrays engine.

    Raises:
        BooksError: When books do not balance.
    """
    units, wide = find_units(spec)
    runs = [UnitRun(spec, unit) for unit in units]
    wide_summary = PlaceSummary(spec, wide) if len(wide) else None
    whole = Unit(tuple(sorted(set(spec.trust_region))), wide, 0)
    for replication in range(spec.replications):
        trace = people.simulate(spec, first=replication, spells_of=replication)
        won = moves_by_year(spec, trace.spells)
        for run in runs:
            run.take(block_totals(spec, run.unit, trace, won))
        if wide_summary is not None:
            wide_summary.add(place_totals(spec, wide, block_totals(spec, whole, trace, won)))
        if progress is not None:
            progress(replication + 1, spec.replications, "simulating person by person")
    return Summary([run.summary() for run in runs], wide_summary)


def moves_by_year(spec: Specification, spells: NDArray[np.void]) -> NDArray[np.int64]:
    """Moves between trusts in a spell log, to (row) from (column), shape (Y, J, J)."""
    years, size = spec.months // YEAR, len(spec.trusts)
    person = ("person_kind", "person_id", "person_turn")
    log = spells[np.lexsort([spells["start"], *(spells[name] for name in reversed(person))])]
    trust = spec.cells.trust[spec.slots.cell[log["slot"]]]
    # Somebody who moves has a spell before it, which is the row above.
    moved = np.flatnonzero((log["began"] == How.MOVED) & (log["start"] <= years * YEAR))
    won = np.zeros((years, size, size), dtype=np.int64)
    np.add.at(won, ((log["start"][moved] - 1) // YEAR, trust[moved], trust[moved - 1]), 1)
    return won


def block_totals(
    spec: Specification, unit: Unit, trace: Trace, won: NDArray[np.int64]
) -> BlockTotals:
    """The part of a trace that belongs to some regions, as totals of a block.

    Args:
        spec: What was simulated.
        unit: The regions.
        trace: One replication.
        won: Its moves between trusts, shape (Y, J, J).
    """
    inside = np.array([region in unit.regions for region in spec.trust_region])
    trusts = np.flatnonzero(inside)
    cells = np.flatnonzero(inside[spec.cells.trust])
    stocks = trace.stocks[:, :, cells]
    flows = trace.flows[:, :, cells]
    columns = np.searchsorted(trusts, spec.cells.trust[cells]) * len(GROUPS)
    columns += spec.cells.group[cells]
    size = len(trusts) * len(GROUPS)
    lines = [i for i, (_, region) in enumerate(spec.training.names) if region in unit.regions]
    in_post = stocks[..., Stock.IN_POST_FTE]
    later = stocks[..., [Stock.STEP_1_FTE, Stock.STEP_2_FTE]]
    steps = np.concatenate([in_post[..., None] - later.sum(axis=-1, keepdims=True), later], axis=-1)
    inside_won = won[:, trusts][:, :, trusts]
    completed = trace.training_flows[:, :, lines, TrainingFlow.COMPLETED].sum()
    return BlockTotals(
        first_replication=trace.first_replication,
        cells=cells,
        trusts=trusts,
        heads=_last(stocks[..., Stock.HEADCOUNT]).astype(np.int16),
        vacant=_last(stocks[..., Stock.VACANT]).astype(np.int16),
        in_post=_by_column(_last(stocks[..., Stock.IN_POST_FTE]), columns, size),
        funded=_by_column(_last(stocks[..., Stock.FUNDED_FTE]), columns, size),
        flows=_yearly(spec, flows, columns, size),
        training=_training(spec, trace),
        step_fte=_by_year(spec, steps).transpose(1, 3, 2, 0),
        vacant_fte=_by_year(spec, stocks[..., Stock.FUNDED_FTE] - in_post).transpose(1, 2, 0),
        won=np.stack([inside_won, inside_won**2]),
        events=int(flows[..., _EVENTS].sum() + completed),
        pools=None,
    )


def _last(values: NDArray[np.int32]) -> NDArray[np.int32]:
    """(N, T + 1, C) as (T + 1, C, N)."""
    return np.ascontiguousarray(values.transpose(1, 2, 0))


def _by_column(
    values: NDArray[np.int32], columns: NDArray[np.intp], size: int
) -> NDArray[np.int32]:
    """(rows, C, N) added up by column of (trust, group)."""
    out = np.zeros((size, len(values), values.shape[-1]), dtype=np.int32)
    np.add.at(out, columns, values.transpose(1, 0, 2))
    return np.ascontiguousarray(out.transpose(1, 0, 2))


def _yearly(
    spec: Specification, flows: NDArray[np.int32], columns: NDArray[np.intp], size: int
) -> NDArray[np.int32]:
    by_year = _by_year(spec, flows)
    years = by_year.shape[1]
    flat = by_year.transpose(1, 3, 2, 0).reshape(years * len(Flow), -1, len(flows))
    return _by_column(flat, columns, size).reshape(years, len(Flow), size, -1)


def _training(spec: Specification, trace: Trace) -> NDArray[np.int32]:
    return np.ascontiguousarray(_by_year(spec, trace.training_flows).transpose(1, 3, 2, 0))


def _by_year(spec: Specification, values: NDArray[np.int32]) -> NDArray[np.int32]:
    """(N, T + 1, ...) added up over the months of whole years, (N, Y, ...)."""
    years = spec.months // YEAR
    whole = values[:, 1 : years * YEAR + 1]
    shape = (len(whole), years, YEAR, *whole.shape[2:])
    total: NDArray[np.int32] = whole.reshape(shape).sum(axis=2, dtype=np.int32)
    return total
