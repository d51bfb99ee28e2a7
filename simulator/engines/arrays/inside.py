"""Stage 4: the inside round. A vacancy is offered to the staff of the cell below."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.domain.words import Flow
from simulator.engines.arrays.codes import FILLED
from simulator.engines.arrays.month import NOBODY, Month, vacate
from simulator.engines.arrays.pulls import choose
from simulator.engines.arrays.ragged import Index, best_in_run, ranges
from simulator.engines.arrays.state import State
from simulator.model.specification import CALLS, I32, NEVER, U64

_CALLS: Final = (0, 1, 2, 5, CALLS)
"""Where batches of calls begin and end: a batch is made at once, for whoever has nobody yet."""
_CALL_KEYS: Final = keyed.Purpose.TRY + np.arange(CALLS, dtype=np.uint64) * keyed.word(keyed.STEP)


def promote(state: State, month: Month, index: Index) -> None:
    """Stage 4: the inside round; whoever is not filled inside is advertised outside."""
    if len(index) == 0:
        return
    offered = _offered_inside(state, month.number, index)
    below = _cells_below(state, month.number, offered)
    some = below >= 0
    winner, filled = _inside_winners(
        state, month.number, offered.compress(some), below.compress(some)
    )
    state.cohort[filled] = state.cohort[winner]
    _keep_origin(state, month.number, winner, filled)
    state.band_start[filled] = month.number
    state.eligible[filled] = min(month.number + state.layout.spec.hiring.min_months, NEVER - 1)
    if state.names is not None:
        state.names[filled] = state.names[winner]
    state.phase[filled] = FILLED
    month.started.append(filled)
    vacate(state, month, winner)
    month.note(month.came, Flow.PROMOTED_IN, filled)
    month.note(month.went, Flow.PROMOTED_OUT, winner)
    outside = index.compress(state.phase.take(index) != FILLED)
    state.round[outside] = 0
    month.advertised.append(outside)


def _keep_origin(state: State, month: int, winner: Index, filled: Index) -> None:
    """Who is promoted in the trust has been there as long as before; others begin."""
    state.origin[filled] = state.origin[winner]
    if _is_pooled(state, month):
        trust, cells = state.layout.trust, state.layout.cell_count
        moved = trust[state.cell[winner] % cells] != trust[state.cell[filled] % cells]
        state.origin[filled[moved]] = month


def _is_pooled(state: State, month: int) -> bool:
    """Is any vacancy offered to a whole care system?"""
    return state.layout.pooling[month]


def _offered_inside(state: State, month: int, index: Index) -> Index:
    """Those of the vacancies that are offered inside, if there is a cell below."""
    cell, hiring = state.cell.take(index), state.layout.spec.hiring
    share = state.path(hiring.internal_share, month, cell)
    share = np.minimum(share * state.of_draw(hiring.internal_factor, cell), 1.0)
    draw = keyed.fields(state.numbers(index, keyed.Purpose.VACANCY), 22, 32)
    return index.compress(draw.astype(np.float64) < share * 2.0**32)


def _cells_below(state: State, month: int, offered: Index) -> Index:
    """Flat cell whose staff a vacancy is offered to: the trust's own, or one of its partners."""
    layout, hiring = state.layout, state.layout.spec.hiring
    cell = state.cell.take(offered)
    below = state.cell_below.take(cell)
    if not _is_pooled(state, month):
        return below
    base = state.numbers(offered, keyed.Purpose.POOLING)
    share = state.path(hiring.pooled_share, month, cell) * 2.0**22
    pooled = (keyed.fields(base, 0, 22).astype(np.float64) < share).nonzero()[0]
    flat = cell.take(pooled).astype(np.intp)
    own = flat % layout.cell_count
    partners = layout.partners
    partner, weight = partners.cell.take(own, axis=0), partners.weight.take(own, axis=0)
    key = partners.key.take(own, axis=0)
    found = choose(base.take(pooled), key, weight, partner, partner < 0)
    below[pooled] = np.where(found < 0, -1, found + flat - own)
    return below


def _inside_winners(state: State, month: int, offered: Index, below: Index) -> tuple[Index, Index]:
    """Winner and vacancy, pair by pair; a person chosen twice takes the earlier vacancy."""
    if len(offered) == 0:
        return NOBODY, NOBODY
    first, top = state.cell_first.take(below), state.top.ravel().take(below)
    vacancy = state.numbers(offered, keyed.Purpose.PROMOTION)
    winner = np.full(len(offered), -1, dtype=np.intp)
    open_ = (top > 0).nonzero()[0]
    for begin, end in pairwise(_CALLS):
        if len(open_) == 0:
            break
        called = _called(vacancy.take(open_), top.take(open_), begin, end)
        called += first.take(open_)[:, None]
        able = state.eligible.take(called) <= month
        hit, called = _first_able(able, called)
        winner[open_.compress(hit)] = called.compress(hit)
        open_ = open_.compress(~hit)
    rest, best = _highest_scores(state, month, first[open_], top[open_], vacancy[open_])
    winner[open_[rest]] = best
    found = (winner >= 0).nonzero()[0]
    keep = found[state.first_to_choose(winner[found])]
    return winner[keep], offered[keep]


def _first_able(able: NDArray[np.bool_], called: Index) -> tuple[NDArray[np.bool_], Index]:
    """Whether anybody in each row of calls is able, and the first who is."""
    if able.shape[1] == 1:
        return able.ravel(), called.ravel()
    first = np.arange(len(able)) * able.shape[1]
    first += able.argmax(axis=1)
    return able.take(first), called.take(first)


def _called(vacancy: U64, top: I32, begin: int, end: int) -> Index:
    """Serials that each vacancy calls in calls ``begin`` to ``end - 1``."""
    u = keyed.units(keyed.mix_array(vacancy[:, None] + _CALL_KEYS[begin:end]))
    u *= top[:, None]
    return u.astype(np.intp)


def _highest_scores(
    state: State, month: int, first: Index, top: I32, vacancy: U64
) -> tuple[Index, Index]:
    """Of vacancies whose calls found nobody: which have a candidate, and the highest score."""
    position, owner = ranges(first, top.astype(np.intp))
    able = (state.eligible.take(position) <= month).nonzero()[0]
    position, owner = position.take(able), owner.take(able)
    score = keyed.promotion_scores(vacancy.take(owner), state.key.take(position))
    runs, best = best_in_run(score, owner)
    return runs, position[best]
