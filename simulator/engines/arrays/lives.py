"""Lives of trainees in all replications of a block, and the events of its posts by year.

The recorder follows only people who trained, so that it costs a few per cent of a run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import BANDS, GROUPS, PEOPLE_IN, PEOPLE_OUT, Flow, How
from simulator.engines.arrays.block import Ledger, run_block
from simulator.engines.arrays.layout import Layout
from simulator.engines.arrays.market import Market
from simulator.engines.arrays.month import Month
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State
from simulator.engines.arrays.traced import BEGAN, ENDED
from simulator.model.specification import I32, NEVER
from simulator.results.lives import EVENTS, LIFE_FIELDS, LIFE_SPELL_FIELDS, Lives

YEAR: Final = 12
_BEGAN = np.full(len(Flow), -1, dtype=np.int8)
_BEGAN[list(BEGAN)] = list(BEGAN.values())
_ENDED = np.full(len(Flow), -1, dtype=np.int8)
_ENDED[list(ENDED)] = list(ENDED.values())
Column = NDArray[np.int64]


class LifeRecorder:
    """Collects the spells of trainees, and counts flows by year, group and band."""

    def __init__(self, layout: Layout, count: int) -> None:
        """Start with nothing."""
        spec = layout.spec
        self.layout, self.count = layout, count
        cells = layout.cells
        self.kind = spec.cells.group[cells] * len(BANDS) + spec.cells.band[cells]
        years = -(-spec.months // YEAR)
        kinds = len(GROUPS) * len(BANDS)
        self.flows = np.zeros((years, len(Flow), kinds, count), dtype=np.int32)
        # Which spell, by number, a trainee has in each post: -1 for none.
        self.held = np.full(count * layout.slot_count, -1, dtype=np.int64)
        self.begun: list[tuple[Column, Column, Index, NDArray[np.int8]]] = []
        self.ended: list[tuple[Column, Column, NDArray[np.int8]]] = []
        self.spells = 0

    def opening(self, state: State) -> None:
        """See nothing: no trainee is in post at the opening."""

    def month_end(self, state: State, month: Month, people: Ledger, posts: Ledger) -> None:
        """Close the spells that ended and open those that began."""
        for ledger in (people, posts):
            self._count(ledger, month.number)
        assert state.names is not None
        leaving = np.isin(people.flow, PEOPLE_OUT)
        self._end(people.index[leaving], people.flow[leaving], month.number)
        joining = np.isin(people.flow, PEOPLE_IN)
        index, flow = people.index[joining], people.flow[joining]
        trained = state.names[index] < 0
        self._begin(state, index[trained], flow[trained], month.number)

    def _count(self, ledger: Ledger, month: int) -> None:
        replication, cell = np.divmod(ledger.cell, self.layout.cell_count)
        _, flows, kinds, count = self.flows.shape
        code = (ledger.flow * kinds + self.kind[cell]) * count + replication
        counted = np.bincount(code, minlength=flows * kinds * count)
        self.flows[(month - 1) // YEAR] += counted.reshape(flows, kinds, count).astype(np.int32)

    def _end(self, index: Index, flow: Index, month: int) -> None:
        spell = self.held[index]
        mine = spell >= 0
        self.held[index[mine]] = -1
        spell = spell[mine]
        self.ended.append((spell, np.full(len(spell), month), _ENDED[flow[mine]]))

    def _begin(self, state: State, index: Index, flow: Index, month: int) -> None:
        assert state.names is not None
        number = np.arange(self.spells, self.spells + len(index))
        self.spells += len(index)
        self.held[index] = number
        self.begun.append(
            (-1 - state.names[index], np.full(len(index), month), index, _BEGAN[flow])
        )

    def lives(self, first: int, market: Market | None) -> Lives:
        """Everything that was seen, sorted."""
        months = self.layout.spec.months
        spells = np.zeros(self.spells, dtype=LIFE_SPELL_FIELDS)
        if self.begun:
            row, start, index, began = (
                np.concatenate(part) for part in zip(*self.begun, strict=True)
            )
            replication, slot = np.divmod(index, self.layout.slot_count)
            spells["replication"] = first + replication
            spells["row"], spells["start"], spells["began"] = row, start, began
            spells["slot"] = slot + self.layout.slots.start
        spells["end"], spells["ended"] = months + 1, How.STILL_IN_POST
        for number, end, ended in self.ended:
            spells["end"][number], spells["ended"][number] = end, ended
        spells = spells[np.lexsort((spells["start"], spells["row"], spells["replication"]))]
        return Lives(first, self.count, self._trainees(first, market), spells)

    def _trainees(self, first: int, market: Market | None) -> NDArray[np.void]:
        if market is None:
            return np.zeros(0, dtype=LIFE_FIELDS)
        trainees, hired = market.trainees, market.hired
        here = trainees.enrolled | (trainees.status == 2)
        begins = np.where(trainees.status == 0, trainees.start, 0)
        here &= begins[None, :] <= self.layout.spec.months
        replication, row = np.nonzero(here)
        out = np.zeros(len(row), dtype=LIFE_FIELDS)
        out["replication"], out["row"] = first + replication, row + self.layout.rows.start
        out["start"] = trainees.start[row]
        months = dict(trainees.events(hired))
        for name, flow in EVENTS.items():
            month = months[flow][replication, row]
            seen = (month >= 1) & (month <= self.layout.spec.months)
            out[name] = np.where(seen, month, NEVER)
        waits = trainees.status[row] == 2  # since the opening
        out["sought"][waits] = 0
        return out


def record_lives(
    layout: Layout, first: int, count: int, tick: Callable[[int], None] | None = None
) -> tuple[Lives, I32]:
    """Simulate a block and keep the lives of trainees.

    Args:
        layout: Some regions.
        first: First replication.
        count: Replications, N.
        tick: Told each month that is complete.

    Returns:
        The lives, and flows of all posts: (years, words.Flow, groups x bands, N).
    """
    recorder = LifeRecorder(layout, count)
    block = run_block(layout, first, count, recorder, traced=True, tick=tick)
    return recorder.lives(first, block.market), recorder.flows
