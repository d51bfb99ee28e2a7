"""The month loop of a block, and what is recorded of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from simulator.domain.words import PEOPLE_IN, PEOPLE_OUT, Flow
from simulator.engines.arrays.codes import ADVERT, AGREED, APPROVAL, FILLED, FROZEN, NEVER
from simulator.engines.arrays.exits import draw_exits
from simulator.engines.arrays.inside import promote
from simulator.engines.arrays.layout import Layout
from simulator.engines.arrays.market import Market, match
from simulator.engines.arrays.month import Month, gather
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.stages import let_go, set_establishment, start_work
from simulator.engines.arrays.state import State, open_rounds, open_state, start_vacancies
from simulator.engines.arrays.training import Trainees
from simulator.model.specification import I32

_CHUNK = 1 << 16


PEOPLE: Final = np.zeros(len(Flow))
"""What one event of a flow adds to the headcount of its cell."""
PEOPLE[list(PEOPLE_IN)] = 1.0
PEOPLE[list(PEOPLE_OUT)] = -1.0
PEOPLE.setflags(write=False)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Events of a month: flow, flat position, and flat cell."""

    flow: Index
    index: Index
    cell: I32


def take_ledgers(state: State, month: Month) -> tuple[Ledger, Ledger]:
    """Close the month's ledgers, of people and of posts, and move headcounts by the first."""
    people, posts = (
        Ledger(flow, index, state.cell.take(index))
        for flow, index in (month.of_people(), month.of_posts())
    )
    change = np.bincount(people.cell, PEOPLE.take(people.flow), minlength=state.heads.size)
    state.heads += change.reshape(state.heads.shape).astype(np.int32)
    return people, posts


class Recorder(Protocol):
    """Sees the state at the opening and at the end of each month."""

    def opening(self, state: State) -> None:
        """See the opening state."""

    def month_end(self, state: State, month: Month, people: Ledger, posts: Ledger) -> None:
        """See the state at the end of a month, and what happened in it."""


@dataclass(frozen=True, slots=True)
class Block:
    """What is left when a block has run."""

    state: State
    market: Market | None


@np.errstate(divide="ignore")  # of an energy by a factor of nought: nobody ever leaves
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
    filled = (state.phase == FILLED).nonzero()[0]
    for start in range(0, len(filled), _CHUNK):
        draw_exits(state, filled[start : start + _CHUNK], 0)
    recorder.opening(state)
    for number in range(1, layout.spec.months + 1):
        month = Month(number, recorded=recorded)
        play_month(state, month, market)
        recorder.month_end(state, month, *take_ledgers(state, month))
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
    """Stages 0 to 5 in order, then the draws."""
    if market is not None:
        market.trainees.supervise(state, month.number)
    set_establishment(state, month)
    due = state.due_in(month.number)
    phase = state.phase.take(due)
    let_go(state, month, due.compress(phase == FILLED))
    start_work(state, month, due.compress(phase == AGREED))
    promote(state, month, due.compress((phase == APPROVAL) | (phase == FROZEN)))
    match(state, month, due.compress(phase == ADVERT), market)
    start_vacancies(state, gather(month.vacated), month.number, month.opened)
    open_rounds(state, gather(month.advertised), month.number)
    draw_exits(state, gather(month.started), month.number)
