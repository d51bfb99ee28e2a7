"""Everything that happens, as integers: the arrays engine's :class:`Trace`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import (
    Flow,
    How,
    Phase,
    PoolFlow,
    PoolStock,
    Stock,
    TrainingFlow,
    TrainingStock,
)
from simulator.engines.arrays.block import Ledger, run_block
from simulator.engines.arrays.layout import Layout, make_layout
from simulator.engines.arrays.month import Month, moves_between
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State
from simulator.engines.arrays.training import Trainees
from simulator.model.specification import F64, Specification
from simulator.results.books import check_books
from simulator.results.trace import SPELL_FIELDS, TRAINEE_FIELDS, Trace

BEGAN = {
    Flow.JOINED_EXPERIENCED: How.JOINED_EXPERIENCED,
    Flow.JOINED_GRADUATE: How.JOINED_GRADUATE,
    Flow.JOINED_CONVERTED: How.JOINED_CONVERTED,
    Flow.JOINED_RETURNING: How.JOINED_RETURNING,
    Flow.JOINED_INTERNATIONAL: How.JOINED_INTERNATIONAL,
    Flow.JOINED_OUTSIDE: How.JOINED_OUTSIDE,
    Flow.MOVED_IN: How.MOVED,
    Flow.PROMOTED_IN: How.PROMOTED,
}
ENDED = {
    Flow.LEFT: How.LEFT,
    Flow.BREAK: How.BREAK,
    Flow.RETIRED: How.RETIRED,
    Flow.MOVED_OUT: How.MOVED_OUT,
    Flow.PROMOTED_OUT: How.PROMOTED,
}


class SpellLog:
    """Spells of one replication. A spell is opened when it begins and closed when it ends."""

    def __init__(self, replication: int) -> None:
        """Start an empty log."""
        self.replication = replication
        self.open: dict[int, tuple[int, int, int, How]] = {}
        self.rows: list[tuple[int, ...]] = []

    def begin(self, slot: int, turn: int, name: int, month: int, how: How) -> None:
        """Open a spell."""
        self.open[slot] = (turn, name, month, how)

    def end(self, slot: int, month: int, how: How, first_slot: int) -> None:
        """Close a spell."""
        turn, name, start, began = self.open.pop(slot)
        kind = 0 if name >= 0 else 1
        person, person_turn = divmod(name, 256) if kind == 0 else (-1 - name, 0)
        where = slot + first_slot
        self.rows.append((kind, person, person_turn, where, turn, start, month, began, how))

    def table(self) -> NDArray[np.void]:
        """Spells that have ended, by slot and turn."""
        log = np.array(self.rows, dtype=SPELL_FIELDS)
        log.sort(order=["slot", "turn"])
        return log


class TraceRecorder:
    """Counts stocks from the posts and flows from the events, independently."""

    def __init__(self, layout: Layout, count: int, spells_of: int | None) -> None:
        months, cells = layout.spec.months, layout.cell_count
        self.layout = layout
        self.stocks = np.zeros((count, months + 1, cells, len(Stock)), dtype=np.int32)
        self.flows = np.zeros((count, months + 1, cells, len(Flow)), dtype=np.int32)
        pools, trusts = len(layout.pools), len(layout.trusts)
        self.pools = np.zeros((count, months + 1, pools, len(PoolStock)), dtype=np.int32)
        self.pool_flows = np.zeros((count, months + 1, pools, len(PoolFlow)), dtype=np.int32)
        self.won = np.zeros((count, trusts, trusts), dtype=np.int32)
        self.log = None if spells_of is None else SpellLog(spells_of)
        self.turns: Index = np.empty(0, dtype=np.intp)

    def opening(self, state: State) -> None:
        """Count stocks, and open the spells of opening staff."""
        self._stocks(state, 0)
        if self.log is not None:
            self._log_opening(state)

    def month_end(self, state: State, month: Month, people: Ledger, posts: Ledger) -> None:
        """Count stocks from the posts and flows from the ledgers."""
        self._stocks(state, month.number)
        size = state.heads.size * len(Flow)
        for ledger in (people, posts):
            code = ledger.cell * np.intp(len(Flow)) + ledger.flow
            flows = np.bincount(code, minlength=size).reshape(*state.heads.shape, len(Flow))
            self.flows[:, month.number] += flows.astype(np.int32)
        if month.pool_flows is not None:
            self.pool_flows[:, month.number] = np.moveaxis(month.pool_flows, 0, -1)
        moves = np.bincount(moves_between(state, month), minlength=self.won.size)
        self.won += moves.reshape(self.won.shape).astype(np.int32)
        if self.log is not None:
            self._log_month(state, month, people)

    def _count(self, state: State, index: Index, fte: F64 | None = None) -> NDArray[np.generic]:
        """Posts at flat positions, or their FTE, by replication and cell."""
        cells = self.layout.cell_count
        weights = None if fte is None else fte[state.slot(index)]
        total = np.bincount(state.cell[index], weights, minlength=state.count * cells)
        return total.reshape(state.count, cells)

    def _stocks(self, state: State, month: int) -> None:
        out = self.stocks[:, month]
        for stock, phase in (
            (Stock.HEADCOUNT, Phase.FILLED),
            (Stock.APPROVAL, Phase.APPROVAL),
            (Stock.ADVERT, Phase.ADVERT),
            (Stock.AGREED, Phase.AGREED),
            (Stock.FROZEN, Phase.FROZEN),
        ):
            out[..., stock] = self._count(state, np.flatnonzero(state.phase == phase))
        out[..., Stock.POSTS] = self._count(state, np.flatnonzero(state.phase != Phase.ABSENT))
        out[..., Stock.VACANT] = out[..., Stock.POSTS] - out[..., Stock.HEADCOUNT]
        fte = self.layout.slot_fte
        held = np.flatnonzero(state.phase == Phase.FILLED)
        step = self._step(state, held, month)
        for stock, index in (
            (Stock.FUNDED_FTE, np.flatnonzero(state.phase != Phase.ABSENT)),
            (Stock.IN_POST_FTE, held),
            (Stock.STEP_1_FTE, held[step == 1]),
            (Stock.STEP_2_FTE, held[step == 2]),
        ):
            out[..., stock] = self._count(state, index, fte)
        self.pools[:, month] = np.moveaxis(state.pools, 0, -1)

    def _step(self, state: State, held: Index, month: int) -> Index:
        """Pay step of each holder, 0 to 2."""
        served = month - state.band_start[held].astype(np.intp)
        cell = state.cell[held] % self.layout.cell_count
        second, third = self.layout.step_months[:, cell]
        return np.where(served < second, 0, np.where(served < third, 1, 2))

    def _row(self, state: State) -> slice | None:
        assert self.log is not None
        row = self.log.replication - state.first_replication
        slots = self.layout.slot_count
        return slice(row * slots, (row + 1) * slots) if 0 <= row < state.count else None

    def _log_opening(self, state: State) -> None:
        row = self._row(state)
        if row is None or self.log is None or state.names is None:
            return
        for slot in np.flatnonzero(state.phase[row] == Phase.FILLED).tolist():
            self.log.begin(slot, 0, int(state.names[row][slot]), 0, How.OPENING)

    def _log_month(self, state: State, month: Month, people: Ledger) -> None:
        row = self._row(state)
        if row is None or self.log is None or state.names is None:
            return
        assert state.turn is not None
        for flow, how in ENDED.items():
            for index in people.index[people.flow == flow].tolist():
                if row.start <= index < row.stop:
                    first = self.layout.slots.start
                    self.log.end(index - row.start, month.number, how, first)
        for flow, how in BEGAN.items():
            for index in people.index[people.flow == flow].tolist():
                if row.start <= index < row.stop:
                    name, turn = int(state.names[index]), int(state.turn[index])
                    self.log.begin(index - row.start, turn, name, month.number, how)

    def close(self, months: int) -> NDArray[np.void]:
        """The spell log, with those who are still in post."""
        if self.log is None:
            return np.empty(0, dtype=SPELL_FIELDS)
        for slot in sorted(self.log.open):
            self.log.end(slot, months + 1, How.STILL_IN_POST, self.layout.slots.start)
        return self.log.table()


def trace(
    spec: Specification,
    *,
    first: int = 0,
    count: int = 1,
    spells_of: int | None = None,
    tick: Callable[[int], None] | None = None,
) -> Trace:
    """Simulate replications ``first`` to ``first + count - 1`` and report every integer.

    Raises:
        BooksError: when people, posts or trainees do not add up.
    """
    layout = make_layout(spec)
    recorder = TraceRecorder(layout, count, spells_of)
    named = spells_of is not None
    block = run_block(layout, first, count, recorder, traced=named, tick=tick)
    lines, months = len(spec.training.names), spec.months
    flows = np.zeros((count, months + 1, lines, len(TrainingFlow)), dtype=np.int32)
    events = np.empty(0, dtype=TRAINEE_FIELDS)
    stocks = np.zeros((count, months + 1, lines, len(TrainingStock)), dtype=np.int32)
    if block.market is not None:
        trainees = block.market.trainees
        flows = trainees.flows(block.market.hired, months, lines)
        stocks = trainees.stocks(block.market.hired, months, lines)
        if spells_of is not None and first <= spells_of < first + count:
            events = trainee_log(trainees, block.market.hired, layout, spells_of - first)
    result = Trace(
        first_replication=first,
        stocks=recorder.stocks,
        flows=recorder.flows,
        training_stocks=stocks,
        training_flows=flows,
        pool_stocks=recorder.pools,
        pool_flows=recorder.pool_flows,
        won=recorder.won,
        spells=recorder.close(months),
        counts={},
        trainees=events,
    )
    check_books(result)
    return result


def trainee_log(
    trainees: Trainees, hired: NDArray[np.uint8], layout: Layout, replication: int
) -> NDArray[np.void]:
    """Events of the trainees of one replication of a block, dtype ``TRAINEE_FIELDS``."""
    log = []
    for flow, months in trainees.events(hired):
        month = months[replication]
        row = np.flatnonzero((month >= 1) & (month <= layout.spec.months))
        part = np.zeros(len(row), dtype=TRAINEE_FIELDS)
        part["row"], part["month"], part["event"] = row + layout.rows.start, month[row], flow
        log.append(part)
    return np.sort(np.concatenate(log))
