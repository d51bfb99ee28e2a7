"""Totals of a block, for runs of many replications."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import (
    EVENT_FLOWS,
    GROUPS,
    Flow,
    Phase,
    TrainingFlow,
)
from simulator.engines.arrays.block import PEOPLE, Ledger, run_block
from simulator.engines.arrays.layout import Layout
from simulator.engines.arrays.market import Market
from simulator.engines.arrays.month import Month, moves_between
from simulator.engines.arrays.paid import Change, Paid
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State
from simulator.results.books import BooksError
from simulator.results.totals import YEAR, BlockTotals, PoolRecord

_RECOUNT: Final = 60
"""Months between recounts; a book that is wrong once stays wrong, so the last one sees it too."""
_POSTS: Final = np.zeros(len(Flow))
_POSTS[Flow.OPENED], _POSTS[Flow.WITHDRAWN] = 1.0, -1.0
_CHANGES: Final = _POSTS != 0
_EVENT: Final = np.isin(np.arange(len(Flow)), EVENT_FLOWS)


class TotalsRecorder:
    """Adds up a block month by month; checks its books every five years and at the end."""

    def __init__(self, layout: Layout, count: int, *, pools: bool = False) -> None:
        """Make room for ``count`` replications of a layout."""
        months, cells = layout.spec.months, layout.cell_count
        self.layout, self.months = layout, months
        self.columns = len(layout.trusts) * len(GROUPS)
        offset = np.arange(count)[:, None] * self.columns
        self.staff = (offset + layout.staff[None, :]).ravel()
        self.heads = np.empty((months + 1, count, cells), dtype=np.int16)
        self.posts = np.empty((months + 1, count, cells), dtype=np.int16)
        self.in_post = np.zeros((months + 1, count * self.columns), dtype=np.int32)
        self.funded = np.zeros((months + 1, count * self.columns), dtype=np.int32)
        years = months // YEAR
        self.flows = np.zeros((years + 1, count * self.columns * len(Flow)), dtype=np.int32)
        self.codes: list[Index] = []  # of the year's events so far: column and flow
        self.events = 0
        self.paid = Paid(layout, count)
        self.moves: list[Index] = []  # of the year so far
        trusts = len(layout.trusts)
        self.won = np.zeros((2, years, trusts, trusts), dtype=np.int64)
        self.record = _empty_record(layout) if pools else None

    def opening(self, state: State) -> None:
        """Count everything at month 0."""
        self._keep(state, 0)
        _, self.funded[0] = self._count(state, state.phase != Phase.ABSENT)
        _, self.in_post[0] = self._count(state, state.phase == Phase.FILLED)

    def month_end(self, state: State, month: Month, people: Ledger, posts: Ledger) -> None:
        """Move FTE and flows by the month's ledgers."""
        number = month.number
        self._keep(state, number)
        in_post = Change(state, people, PEOPLE)
        funded = Change(state, _changes(posts), _POSTS)
        for kept, change in ((self.in_post, in_post), (self.funded, funded)):
            fte = np.bincount(self.staff.take(change.cell), change.fte, minlength=kept.shape[1])
            kept[number] = kept[number - 1] + fte.astype(np.int32)
        for ledger in (people, posts):
            code = self.staff.take(ledger.cell)
            code *= len(Flow)
            code += ledger.flow
            self.codes.append(code)
        self.paid.note(state, number, in_post, funded)
        self.moves.append(moves_between(state, month))
        if number % YEAR == 0 or number == self.months:
            self._close_year((number - 1) // YEAR)
        if self.record is not None:
            _note_pools(self.record, month)
        if number % _RECOUNT == 0 or number == self.months:
            self._check(state, number)

    def _close_year(self, year: int) -> None:
        """Count the year's events; months after the last whole year are in none."""
        flows = self.flows[year]
        flows += np.bincount(np.concatenate(self.codes), minlength=len(flows))
        self.events += int(flows.reshape(-1, len(Flow))[:, _EVENT].sum())
        self.codes = []
        if year < self.won.shape[1]:
            self._count_moves(year)
        self.moves = []

    def _count_moves(self, year: int) -> None:
        """Add the year's moves over replications, and their squares."""
        each = self.won[0, year].size
        code = np.concatenate(self.moves)
        pairs, moves = np.unique(code, return_counts=True)
        for power, moved in enumerate((moves, moves**2)):
            added = np.bincount(pairs % each, moved, minlength=each)
            self.won[power, year] += added.astype(np.int64).reshape(self.won.shape[2:])

    def _keep(self, state: State, month: int) -> None:
        self.heads[month] = state.heads
        self.posts[month] = state.posts

    def _count(self, state: State, here: NDArray[np.bool_]) -> tuple[Index, NDArray[np.int32]]:
        """Posts by flat cell, and their FTE by replication and column, from the posts."""
        index = np.flatnonzero(here)
        cell, fte = state.cell.take(index), state.fte.take(index)
        summed = np.bincount(self.staff.take(cell), fte, minlength=self.in_post.shape[1])
        return np.bincount(cell, minlength=state.posts.size), summed.astype(np.int32)

    def _check(self, state: State, month: int) -> None:
        """Books: kept counts of heads, posts and FTE against a count of the posts themselves."""
        posts, funded = self._count(state, state.phase != Phase.ABSENT)
        heads, in_post = self._count(state, state.phase == Phase.FILLED)
        sound = (
            np.array_equal(heads, state.heads.ravel())
            and np.array_equal(posts, state.posts.ravel())
            and np.array_equal(in_post, self.in_post[month])
            and np.array_equal(funded, self.funded[month])
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
        flows = self.flows[:years].reshape(years, count, self.columns, len(Flow))
        return BlockTotals(
            first_replication=state.first_replication,
            cells=layout.cells,
            trusts=layout.trusts,
            heads=np.ascontiguousarray(self.heads.transpose(0, 2, 1)),
            vacant=np.ascontiguousarray(vacant.transpose(0, 2, 1)),
            in_post=_last(self.in_post, count),
            funded=_last(self.funded, count),
            flows=np.ascontiguousarray(flows.transpose(0, 3, 2, 1)),
            training=_training(market, count, self.months, lines),
            step_fte=self.paid.steps,
            vacant_fte=self.paid.vacant,
            won=self.won,
            events=self.events + _completions(market, self.months),
            pools=self.record,
        )


def _changes(posts: Ledger) -> Ledger:
    """The entries that open or withdraw posts; they are few."""
    some = np.flatnonzero(_CHANGES.take(posts.flow))
    return Ledger(posts.flow[some], posts.index[some], posts.cell[some])


def _last(values: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """(T + 1, N x G) as (T + 1, G, N)."""
    cube = values.reshape(len(values), count, -1)
    return np.ascontiguousarray(cube.transpose(0, 2, 1))


def _training(market: Market | None, count: int, months: int, lines: int) -> NDArray[np.int32]:
    years = months // YEAR
    if market is None or lines == 0:
        return np.zeros((years, len(TrainingFlow), lines, count), dtype=np.int32)
    flows = market.trainees.flows(market.hired, months, lines)[:, 1 : years * YEAR + 1]
    by_year = flows.reshape(count, years, YEAR, lines, len(TrainingFlow)).sum(axis=2)
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
