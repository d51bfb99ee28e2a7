"""FTE-months of each year, for costs: in post by pay step, and in vacant posts.

At the end of a year everybody in post is counted for the whole of it, and each arrival takes off,
each departure puts on the months of the year before it. So a month costs next to nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import Phase
from simulator.engines.arrays.block import Ledger
from simulator.engines.arrays.layout import Layout
from simulator.engines.arrays.state import State
from simulator.model.specification import F64
from simulator.results.totals import YEAR

_POINTS: Final = 3


class Change:
    """FTE that comes (positive) and goes with the entries of a ledger."""

    def __init__(self, state: State, ledger: Ledger, sign: F64) -> None:
        """Weigh a ledger's entries by FTE; ``sign`` is what one of each flow adds."""
        self.cell = ledger.cell
        self.start = state.band_start.take(ledger.index)
        self.fte = sign.take(ledger.flow)
        self.fte *= state.fte.take(ledger.index)


class Paid:
    """Adds up FTE-months, in hundredths, year by year."""

    def __init__(self, layout: Layout, count: int) -> None:
        """Make room for ``count`` replications of a layout."""
        years, cells = layout.spec.months // YEAR, layout.cell_count
        self.layout, self.count = layout, count
        self.steps = np.zeros((years, _POINTS, cells, count), dtype=np.int32)
        self.vacant = np.zeros((years, cells, count), dtype=np.int32)
        self.changes: list[tuple[int, Change]] = []  # of the year so far, with the month
        self.funded = np.zeros(count * cells)  # FTE-months before the year's changes so far
        self.reach = layout.step_months.astype(np.int16)  # (2, C)
        self.some = np.flatnonzero(layout.room > 0)  # cells that have slots

    def note(self, state: State, month: int, in_post: Change, funded: Change) -> None:
        """Take the month's changes, and close the year if this is its last month."""
        year, past = divmod(month - 1, YEAR)
        if year >= len(self.steps):
            return
        if past:
            self.changes.append((month, in_post))
            before = np.bincount(funded.cell, funded.fte, minlength=len(self.funded))
            self.funded += before * past
        if past == YEAR - 1:
            self._close(state, year)

    def _close(self, state: State, year: int) -> None:
        first = np.int16(year * YEAR + 1)
        at_least = self._in_post(state, first) - self._before(first)
        self.changes = []
        funded = self._by_cell(state.fte * (state.phase != Phase.ABSENT)) * YEAR
        funded -= self.funded.reshape(funded.shape)
        self.funded[:] = 0.0
        at_least[:2] -= at_least[1:]
        out = at_least.transpose(0, 2, 1)
        self.steps[year] = out
        self.vacant[year] = funded.T - out.sum(axis=0)

    def _in_post(self, state: State, first: np.int16) -> F64:
        """Of those in post, months of the year at each pay point or above, (3, N, C)."""
        shape = (self.count, self.layout.slot_count)
        held = (state.fte * (state.phase == Phase.FILLED)).reshape(shape)
        start = state.band_start.reshape(shape)
        end, out = first + np.int16(YEAR), np.empty((_POINTS, self.count, self.layout.cell_count))
        out[0] = self._by_cell(held) * YEAR
        for point in range(1, _POINTS):
            months = start + self.reach[point - 1][self.layout.slot_cell]
            np.clip(months, first, end, out=months)
            np.subtract(end, months, out=months)
            months *= held
            out[point] = self._by_cell(months)
        return out

    def _before(self, first: np.int16) -> F64:
        """Months of the year before arrivals, less those before departures, (3, N, C)."""
        size = self.count * self.layout.cell_count
        shape = (_POINTS, self.count, self.layout.cell_count)
        if not self.changes:
            return np.zeros(shape)
        cell = np.concatenate([change.cell for _, change in self.changes])
        fte = np.concatenate([change.fte for _, change in self.changes])
        start = np.concatenate([change.start for _, change in self.changes])
        lengths = [len(change.cell) for _, change in self.changes]
        month = np.repeat(np.array([at for at, _ in self.changes], dtype=np.int16), lengths)
        out = np.empty((_POINTS, size))
        out[0] = np.bincount(cell, fte * (month - first), minlength=size)
        local = cell % self.layout.cell_count
        for point in range(1, _POINTS):
            since = np.maximum(start + self.reach[point - 1].take(local), first)
            months = np.maximum(month - since, 0)
            out[point] = np.bincount(cell, fte * months, minlength=size)
        return out.reshape(shape)

    def _by_cell(self, values: NDArray[np.uint8] | NDArray[np.int16]) -> F64:
        """Sum over the slots of each cell, (N, C)."""
        out = np.zeros((self.count, self.layout.cell_count))
        if len(self.some):
            first = self.layout.first[self.some]
            rows = values.reshape(self.count, -1)
            out[:, self.some] = np.add.reduceat(rows, first, axis=1, dtype=np.int32)
        return out
