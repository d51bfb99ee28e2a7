"""The month loop of a block, and what is recorded of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import PEOPLE_OUT, Phase
from simulator.engines.arrays.layout import Layout
from simulator.engines.arrays.market import Market, match
from simulator.engines.arrays.month import Month, gather
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.stages import (
    let_go,
    promote,
    set_establishment,
    start_work,
)
from simulator.engines.arrays.state import (
    State,
    draw_exits,
    open_rounds,
    open_state,
    start_vacancies,
)
from simulator.engines.arrays.training import Trainees
from simulator.model.specification import NEVER

_CHUNK = 1 << 16
_OUT = frozenset(PEOPLE_OUT)


class Recorder(Protocol):
    """Sees the state at the opening and at the end of each month."""

    def opening(self, state: State) -> None: ...

    def month_end(self, state: State, month: Month) -> None: ...


@dataclass(frozen=True, slots=True)
class Block:
    """What is left when a block has run."""

    state: State
    market: Market | None


def run_block(
    layout: Layout,
    first_replication: int,
    count: int,
    recorder: Recorder,
    *,
    traced: bool = False,
    recorded: bool = False,
    tick: Callable[[int], None] | None = None,
) -> Block:
    """Simulate ``count`` replications of the layout's regions, month by month."""
    state = open_state(layout, first_replication, count, traced)
    market = _open_market(state)
    filled = np.flatnonzero(state.phase == Phase.FILLED)
    for start in range(0, len(filled), _CHUNK):
        draw_exits(state, filled[start : start + _CHUNK], 0)
    recorder.opening(state)
    for number in range(1, layout.spec.months + 1):
        month = Month(number, recorded=recorded)
        play_month(state, month, market)
        _count_heads(state, month)
        recorder.month_end(state, month)
        if tick is not None:
            tick(number)
    return Block(state, market)


def _open_market(state: State) -> Market | None:
    if state.layout.spec.replay is not None:
        return None
    trainees = Trainees(state)
    hired = np.full(trainees.waits_from.shape, NEVER, dtype=np.uint8)
    return Market(trainees, hired)


def play_month(state: State, month: Month, market: Market | None) -> None:
    """Stages 1 to 5 in order (stage 0, training, is worked out ahead), then the draws."""
    set_establishment(state, month)
    due = np.flatnonzero(state.due == month.number)
    phase = state.phase[due]
    let_go(state, month, due[phase == Phase.FILLED])
    start_work(state, month, due[phase == Phase.AGREED])
    promote(state, month, due[phase == Phase.APPROVAL])
    match(state, month, due[phase == Phase.ADVERT], market)
    start_vacancies(state, gather(month.vacated), month.number)
    open_rounds(state, gather(month.advertised), month.number)
    draw_exits(state, gather(month.started), month.number)


def _count_heads(state: State, month: Month) -> None:
    """Headcounts move with posts that were filled or emptied this month."""
    cells = state.layout.cell_count

    def tally(parts: list[Index]) -> NDArray[np.intp]:
        replication, slot = state.split(gather(parts))
        code = replication * cells + state.layout.slot_cell[slot]
        return np.bincount(code, minlength=state.heads.size)

    emptied = [i for flow, parts in month.flows.items() if flow in _OUT for i in parts]
    change = tally(month.started) - tally(emptied)
    state.heads += change.reshape(state.heads.shape).astype(np.int32)


def recount(state: State) -> NDArray[np.int32]:
    """Headcount of each replication and cell, counted from the posts themselves."""
    replication, slot = state.split(np.flatnonzero(state.phase == Phase.FILLED))
    code = replication * state.layout.cell_count + state.layout.slot_cell[slot]
    counted = np.bincount(code, minlength=state.heads.size)
    return counted.reshape(state.heads.shape).astype(np.int32)
