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
    TrainingFlow,
)
from simulator.engines.arrays.block import Ledger, run_block
from simulator.engines.arrays.codes import ABSENT, FILLED
from simulator.engines.arrays.entries import Change, Entries
from simulator.engines.arrays.layout import Layout
from simulator.engines.arrays.market import Market
from simulator.engines.arrays.month import Month, moves_between
from simulator.engines.arrays.paid import Paid
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State
from simulator.results.books import BooksError
from simulator.results.totals import YEAR, BlockTotals, PoolRecord

_RECOUNT: Final = 60
"""Months between recounts; a book that is wrong once stays wrong, so the last one sees it too."""
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
        self.entries = Entries()  # of the year so far
        self.events = 0
        self.paid = Paid(layout, count)
        self.moves: list[Index] = []  # of the year so far
        trusts = len(layout.trusts)
        self.won = np.zeros((2, years, trusts, trusts), dtype=np.int64)
        self.record = _empty_record(layout) if pools else None

    def opening(self, state: State) -> None:
        """Count everything at month 0."""
        self._keep(state, 0)
        _, self.funded[0] = self._count(state, state.phase != ABSENT)
        _, self.in_post[0] = self._count(state, state.phase == FILLED)

    def month_end(self, state: State, month: Month, people: Ledger, posts: Ledger) -> None:
        """Keep the month's ledgers, and add them up at the end of the year."""
        number = month.number
        self._keep(state, number)
        self.entries.add(state, number, people, posts)
        self.moves.append(moves_between(state, month))
        if number % YEAR == 0 or number == self.months:
            self._close_year(state, (number - 1) // YEAR)
        if self.record is not None:
            _note_pools(self.record, month)
        if number % _RECOUNT == 0 or number == self.months:
            self._check(state, number)

    def _close_year(self, state: State, year: int) -> None:
        """Move FTE by the year's entries and count its events.

        Months after the last whole year are in no year's flows.
        """
        in_post, funded, codes = self.entries.year(state, self.staff)
        self.entries = Entries()
        for kept, change in ((self.in_post, in_post), (self.funded, funded)):
            self._move(kept, year * YEAR, change)
        flows = self.flows[year]
        flows += np.bincount(codes, minlength=len(flows))
        self.events += int(flows.reshape(-1, len(Flow))[:, _EVENT].sum())
        if year < self.won.shape[1]:
            self.paid.close(state, year, in_post, funded)
            self._count_moves(year)
        self.moves = []

    def _move(self, kept: NDArray[np.int32], last: int, change: Change) -> None:
        """Fill in the months after ``last`` by what changed in each."""
        months, columns = min(YEAR, self.months - last), kept.shape[1]
        code = (change.month - (last + 1)) * columns
        code += self.staff.take(change.cell)
        fte = np.bincount(code, change.fte, minlength=months * columns)
        moved = fte.reshape(months, columns).astype(np.int32).cumsum(axis=0, dtype=np.int32)
        np.add(moved, kept[last], out=kept[last + 1 : last + 1 + months])

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
        index = here.nonzero()[0]
        cell, fte = state.cell.take(index), state.fte.take(index)
        summed = np.bincount(self.staff.take(cell), fte, minlength=self.in_post.shape[1])
        return np.bincount(cell, minlength=state.posts.size), summed.astype(np.int32)

    def _check(self, state: State, month: int) -> None:
        """Books: kept counts of heads, posts and FTE against a count of the posts themselves."""
        posts, funded = self._count(state, state.phase != ABSENT)
        heads, in_post = self._count(state, state.phase == FILLED)
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


def _last(values: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """(T + 1, N x G) as (T + 1, G, N)."""
    cube = values.reshape(len(values), count, -1)
    return np.ascontiguousarray(cube.transpose(0, 2, 1))


def _training(market: Market | None, count: int, months: int, lines: int) -> NDArray[np.int32]:
    """Training flows by year, shape (years, flows, lines, N)."""
    years = months // YEAR
    if market is None or lines == 0:
        return np.zeros((years, len(TrainingFlow), lines, count), dtype=np.int32)
    flows = market.trainees.flows(market.hired, years, lines, YEAR)
    return np.ascontiguousarray(flows[:, 1:].transpose(1, 3, 2, 0))


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
