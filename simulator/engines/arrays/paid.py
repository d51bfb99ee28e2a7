"""FTE-months of each year, for costs: in post by pay step, and in vacant posts.

At the end of a year everybody in post is counted for the whole of it, and each arrival takes off,
each departure puts on the months of the year before it. So a month costs next to nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.engines.arrays.codes import ABSENT, FILLED
from simulator.engines.arrays.entries import Change
from simulator.engines.arrays.layout import Layout
from simulator.engines.arrays.state import State
from simulator.model.specification import F64
from simulator.results.totals import YEAR

_POINTS: Final = 3


class Paid:
    """Adds up FTE-months, in hundredths, year by year."""

    def __init__(self, layout: Layout, count: int) -> None:
        """Make room for ``count`` replications of a layout."""
        years, cells = layout.spec.months // YEAR, layout.cell_count
        self.layout, self.count = layout, count
        self.steps = np.zeros((years, _POINTS, cells, count), dtype=np.int32)
        self.vacant = np.zeros((years, cells, count), dtype=np.int32)
        self.reach = layout.step_months.astype(np.int16)  # (2, C)
        self.some = (layout.room > 0).nonzero()[0]  # cells that have slots

    def close(self, state: State, year: int, in_post: Change, funded: Change) -> None:
        """Add up a year from the state at its end and its changes."""
        first = year * YEAR + 1
        at_least = self._in_post(state, np.int16(first)) - self._before(first, in_post)
        posts = self._by_cell(state.fte * (state.phase != ABSENT)) * YEAR
        before = funded.fte * (funded.month - first)
        posts -= np.bincount(funded.cell, before, minlength=posts.size).reshape(posts.shape)
        at_least[:2] -= at_least[1:]
        out = at_least.transpose(0, 2, 1)
        self.steps[year] = out
        self.vacant[year] = posts.T - out.sum(axis=0)

    def _in_post(self, state: State, first: np.int16) -> F64:
        """Of those in post, months of the year at each pay point or above, (3, N, C)."""
        shape = (self.count, self.layout.slot_count)
        held = (state.fte * (state.phase == FILLED)).reshape(shape)
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

    def _before(self, first: int, change: Change) -> F64:
        """Months of the year before arrivals, less those before departures, (3, N, C)."""
        shape = (_POINTS, self.count, self.layout.cell_count)
        out = np.empty((_POINTS, self.count * self.layout.cell_count))
        month = change.month.astype(np.int16)
        weight = change.fte * (month - np.int16(first))
        out[0] = np.bincount(change.cell, weight, minlength=out.shape[1])
        local = change.cell % self.layout.cell_count
        for point in range(1, _POINTS):
            since = np.maximum(change.start + self.reach[point - 1].take(local), np.int16(first))
            months = np.maximum(month - since, np.int16(0))
            out[point] = np.bincount(change.cell, change.fte * months, minlength=out.shape[1])
        return out.reshape(shape)

    def _by_cell(self, values: NDArray[np.uint8] | NDArray[np.int16]) -> F64:
        """Sum over the slots of each cell, (N, C)."""
        out = np.zeros((self.count, self.layout.cell_count))
        if len(self.some):
            first = self.layout.first[self.some]
            rows = values.reshape(self.count, -1)
            out[:, self.some] = np.add.reduceat(rows, first, axis=1, dtype=np.int32)
        return out
