"""Totals of a block, for runs of many replications."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import (
    EVENT_FLOWS,
    GROUPS,
    Flow,
    Phase,
    TrainingFlow,
)
from simulator.engines.arrays.block import recount, run_block
from simulator.engines.arrays.layout import Layout
from simulator.engines.arrays.market import Market
from simulator.engines.arrays.month import Month, gather
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State
from simulator.results.books import BooksError
from simulator.results.totals import YEAR, BlockTotals, PoolRecord

_EVENTS = frozenset(EVENT_FLOWS)


class TotalsRecorder:
    """Adds up a block month by month; checks its books against the posts every 12 months."""

    def __init__(self, layout: Layout, count: int, *, pools: bool = False) -> None:
        months, cells = layout.spec.months, layout.cell_count
        self.layout, self.months = layout, months
        self.columns = len(layout.trusts) * len(GROUPS)
        self.slot_staff = layout.staff[layout.slot_cell]
        self.heads = np.empty((months + 1, count, cells), dtype=np.int16)
        self.posts = np.empty((months + 1, count, cells), dtype=np.int16)
        self.in_post = np.zeros((months + 1, count * self.columns), dtype=np.int32)
        self.funded = np.zeros((months + 1, count * self.columns), dtype=np.int32)
        years = months // YEAR
        self.flows = np.zeros((years + 1, len(Flow) * count * self.columns), dtype=np.int32)
        self.events = 0
        self.record = _empty_record(layout) if pools else None

    def opening(self, state: State) -> None:
        self._keep(state, 0)
        filled = np.flatnonzero(state.phase == Phase.FILLED)
        existing = np.flatnonzero(state.phase != Phase.ABSENT)
        self.in_post[0] = self._fte(state, filled)
        self.funded[0] = self._fte(state, existing)

    def month_end(self, state: State, month: Month) -> None:
        number, flows = month.number, month.flows
        self._keep(state, number)
        emptied = [i for flow in _OUT for i in flows.get(flow, [])]
        filled = self._fte(state, gather(month.started)) - self._fte(state, gather(emptied))
        self.in_post[number] = self.in_post[number - 1] + filled
        opened = self._fte(state, gather(flows.get(Flow.OPENED, [])))
        withdrawn = self._fte(state, gather(flows.get(Flow.WITHDRAWN, [])))
        self.funded[number] = self.funded[number - 1] + opened - withdrawn
        self._flows(state, month)
        if self.record is not None:
            _note_pools(self.record, month)
        if number % YEAR == 0 or number == self.months:
            self._check(state, number)

    def _keep(self, state: State, month: int) -> None:
        self.heads[month] = state.heads
        self.posts[month] = state.posts

    def _fte(self, state: State, index: Index) -> NDArray[np.int32]:
        replication, slot = state.split(index)
        code = replication * self.columns + self.slot_staff[slot]
        weights = self.layout.slot_fte[slot]
        total = np.bincount(code, weights=weights, minlength=self.in_post.shape[1])
        return total.astype(np.int32)

    def _flows(self, state: State, month: Month) -> None:
        size = self.in_post.shape[1]
        codes = []
        for flow, parts in [*month.flows.items(), (Flow.VACANCIES, month.vacated)]:
            index = gather(parts)
            replication, slot = state.split(index)
            codes.append(flow * size + replication * self.columns + self.slot_staff[slot])
            if flow in _EVENTS:
                self.events += len(index)
        code = gather(codes)
        year = min((month.number - 1) // YEAR, len(self.flows) - 1)
        self.flows[year] += np.bincount(code, minlength=self.flows.shape[1]).astype(np.int32)

    def _check(self, state: State, month: int) -> None:
        """Books: kept counts of heads and FTE against a count of the posts themselves."""
        filled = np.flatnonzero(state.phase == Phase.FILLED)
        existing = np.flatnonzero(state.phase != Phase.ABSENT)
        cells = self.layout.cell_count
        replication, slot = state.split(existing)
        code = replication * cells + self.layout.slot_cell[slot]
        posts = np.bincount(code, minlength=state.posts.size).reshape(state.posts.shape)
        sound = (
            np.array_equal(recount(state), state.heads)
            and np.array_equal(posts, state.posts)
            and np.array_equal(self._fte(state, filled), self.in_post[month])
            and np.array_equal(self._fte(state, existing), self.funded[month])
        )
        if not sound:
            raise BooksError(
                f"books do not balance: posts and people counted at month {month} differ from "
                f"the flows, replications {state.first_replication} and on"
            )

    def totals(self, state: State, market: Market | None) -> BlockTotals:
        """Everything kept, replications last."""
        layout, count = self.layout, state.count
        years, lines = self.months // YEAR, len(layout.spec.training.names)
        vacant = self.posts - self.heads
        flows = self.flows[:years].reshape(years, len(Flow), count, self.columns)
        return BlockTotals(
            first_replication=state.first_replication,
            cells=layout.cells,
            trusts=layout.trusts,
            heads=np.ascontiguousarray(self.heads.transpose(0, 2, 1)),
            vacant=np.ascontiguousarray(vacant.transpose(0, 2, 1)),
            in_post=_last(self.in_post, count),
            funded=_last(self.funded, count),
            flows=np.ascontiguousarray(flows.transpose(0, 1, 3, 2)),
            training=_training(market, count, self.months, lines),
            events=self.events + _completions(market, self.months),
            pools=self.record,
        )


_OUT = (Flow.LEFT, Flow.RETIRED, Flow.MOVED_OUT, Flow.PROMOTED_OUT)


def _last(values: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """(T + 1, N x G) as (T + 1, G, N)."""
    cube = values.reshape(len(values), count, -1)
    return np.ascontiguousarray(cube.transpose(0, 2, 1))


def _training(market: Market | None, count: int, months: int, lines: int) -> NDArray[np.int32]:
    years = months // YEAR
    if market is None or lines == 0:
        return np.zeros((years, len(TrainingFlow), lines, count), dtype=np.int32)
    flows = market.trainees.flows(market.hired, months, lines)[:, 1 : years * YEAR + 1]
    by_year = flows.reshape(count, years, YEAR, lines, -1).sum(axis=2)
    return np.ascontiguousarray(by_year.transpose(1, 3, 2, 0).astype(np.int32))


def _completions(market: Market | None, months: int) -> int:
    if market is None:
        return 0
    ready = market.trainees.ready
    done = market.trainees.completes & (ready >= 1) & (ready <= months)
    return int(done.sum())


def _empty_record(layout: Layout) -> PoolRecord:
    pools = (layout.spec.months + 1, len(layout.pools))
    options = (layout.spec.months + 1, len(layout.spec.pulls.first) - 1)
    zeros = {name: np.zeros(pools) for name in PoolRecord.__dataclass_fields__}
    return PoolRecord(**{**zeros, "pulls": np.zeros(options)})


def _note_pools(record: PoolRecord, month: Month) -> None:
    for name, values in month.pools.items():
        getattr(record, name)[month.number] += values


def sum_block(
    layout: Layout,
    first: int,
    count: int,
    *,
    pools: bool = False,
    tick: Callable[[int], None] | None = None,
) -> BlockTotals:
    """Simulate a block and return its totals.

    Args:
        layout: The regions to simulate.
        first: Number of the first replication.
        count: Replications in the block.
        pools: Whether to record how available candidates were, for a baseline.
        tick: Called with each month completed.

    Raises:
        BooksError: when counted posts and people differ from what the flows add up to.
    """
    recorder = TotalsRecorder(layout, count, pools=pools)
    block = run_block(layout, first, count, recorder, recorded=pools, tick=tick)
    return recorder.totals(block.state, block.market)
