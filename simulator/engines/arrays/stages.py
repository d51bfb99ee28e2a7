"""Stages 1 to 4 of the month: establishment, exits, starts and moves, the inside round."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.domain.words import Channel, Flow, Phase
from simulator.engines.arrays.month import NOBODY, Month, gather, vacate
from simulator.engines.arrays.outside import lose_to_outside
from simulator.engines.arrays.pulls import pull
from simulator.engines.arrays.ragged import (
    Index,
    best_in_run,
    ranges,
    rank_in_run,
)
from simulator.engines.arrays.state import State, retire_share
from simulator.model.specification import CALLS, F64, I32, NEVER, U64

_CALLS: Final = (0, 1, 2, 5, CALLS)
"""Where batches of calls begin and end: a batch is made at once, for whoever has nobody yet."""


def set_establishment(state: State, month: Month) -> None:
    """Stage 1: open or withdraw posts until each cell has floor(n x index + u)."""
    layout, hiring = state.layout, state.layout.spec.hiring
    index = np.ascontiguousarray(hiring.post_index[:, state.draws, month.number].T)
    funded = index.take(layout.klass, axis=1)
    funded *= layout.posts
    funded += state.cell_u
    change = funded.astype(np.int32)
    change -= state.posts
    changed = np.flatnonzero(change != 0)
    if len(changed) == 0:
        return
    size = change.ravel().take(changed).astype(np.intp)
    more = size > 0
    if more.any():
        _open_posts(state, month, changed[more], size[more])
    if not more.all():
        _withdraw_posts(state, month, changed[~more], -size[~more])


def _open_posts(state: State, month: Month, cells: Index, wanted: Index) -> None:
    """Open absent posts of lowest serial; ``cells`` are flat cells."""
    first, top = state.cell_first[cells], state.top.ravel()[cells].astype(np.intp)
    whole = ~state.holes.ravel()[cells]
    opened = [ranges((first + top)[whole], wanted[whole])[0]]
    state.top.ravel()[cells[whole]] += wanted[whole].astype(np.int32)
    if not whole.all():
        opened.append(_fill_holes(state, cells[~whole], wanted[~whole]))
    index = gather(opened)
    state.posts.ravel()[cells] += wanted.astype(np.int32)
    state.phase[index] = Phase.APPROVAL
    month.vacated.append(index)
    month.note(Flow.OPENED, index)


def _fill_holes(state: State, cells: Index, wanted: Index) -> Index:
    """Absent posts of lowest serial in cells that have lost posts: holes come first."""
    first, top = state.cell_first[cells], state.top.ravel()[cells].astype(np.intp)
    room = state.layout.room[cells % state.layout.cell_count]
    position, owner = ranges(first, np.minimum(top + wanted, room))
    absent = state.phase[position] == Phase.ABSENT
    position, owner = position[absent], owner[absent]
    chosen = rank_in_run(owner) < wanted[owner]
    position, owner = position[chosen], owner[chosen]
    serial = (position - first[owner]).astype(np.int32)
    np.maximum.at(state.top.ravel(), cells[owner], serial + 1)
    return position


def _withdraw_posts(state: State, month: Month, cells: Index, surplus: Index) -> None:
    """Withdraw posts in approval or advertised, of highest serial; ``cells`` are flat cells."""
    position, owner = ranges(state.cell_first[cells], state.top.ravel()[cells].astype(np.intp))
    phase = state.phase[position]
    free = (phase == Phase.APPROVAL) | (phase == Phase.ADVERT)
    position, owner = position[free][::-1], owner[free][::-1]
    taken = rank_in_run(owner) < surplus[owner]
    index, owner = position[taken], owner[taken]
    state.phase[index] = Phase.ABSENT
    state.due[index] = NEVER
    gone = np.bincount(owner, minlength=len(cells)).astype(np.int32)
    state.posts.ravel()[cells] -= gone
    state.holes.ravel()[cells] |= gone > 0
    month.note(Flow.WITHDRAWN, index)


def let_go(state: State, month: Month, index: Index) -> None:
    """Stage 2: exits, and their reason."""
    if len(index) == 0:
        return
    share = retire_share(state, index, month.number)
    retired = keyed.units(state.numbers(index, keyed.Purpose.REASON)) < share
    month.note(Flow.RETIRED, index.compress(retired))
    month.note(Flow.LEFT, index.compress(~retired))
    vacate(state, month, index)


def start_work(state: State, month: Month, index: Index) -> None:
    """Stage 3: agreed starts; colleagues are pulled against the state before any start."""
    spec = state.layout.spec
    channel = state.channel.take(index)
    movers = index.compress(channel == Channel.MOVE)
    graduates = index.compress(channel == Channel.GRADUATE)
    hired = index.compress(channel == Channel.EXPERIENCED)
    source, outside, failed = pull(state, month.number, movers)
    if month.recorded:
        month.pools["pulls"] = _pulls_by_option(state, movers)
    inside, source = movers[source >= 0], source[source >= 0]
    for flow, events in (
        (Flow.JOINED_EXPERIENCED, hired),
        (Flow.JOINED_GRADUATE, graduates),
        (Flow.JOINED_OUTSIDE, movers[outside]),
        (Flow.MOVED_IN, inside),
        (Flow.MOVED_OUT, source),
    ):
        month.note(flow, events)
    month.advertised.append(movers[failed])
    _move(state, month, source, inside)
    if spec.replay is not None:
        _give_replayed_ages(state, month.number, graduates)
        lose_to_outside(state, month)
    _settle(state, month.number, hired, graduates, movers[outside])
    joined = np.concatenate([hired, graduates, movers[outside], inside])
    state.phase[joined] = Phase.FILLED
    month.started.append(joined)


def _settle(state: State, month: int, hired: Index, graduates: Index, outside: Index) -> None:
    """Give people who are new to the trusts their age, origin, eligibility and name."""
    spec = state.layout.spec
    aged = np.concatenate([hired, outside])
    pick = keyed.fields(state.numbers(aged, keyed.Purpose.OFFER), 44, 10)
    years = spec.cohort_offset - (month - 1) // 12
    state.cohort[aged] = spec.hiring.joiner_ages[pick] + years
    usual = min(month + spec.hiring.min_months, NEVER - 1)
    state.eligible[hired] = usual
    state.eligible[graduates] = usual
    if len(outside):
        waits = _eligible_from_outside(state, month, outside)
        state.eligible[outside] = np.minimum(waits, NEVER - 1)
    state.origin[aged] = month
    state.origin[graduates] = month
    _name_by_spell(state, aged)
    if spec.replay is not None:
        _name_by_spell(state, graduates)


def _pulls_by_option(state: State, movers: Index) -> F64:
    layout = state.layout
    option = layout.option[state.cell[movers] % layout.cell_count]
    return np.bincount(option, minlength=len(layout.spec.pulls.first) - 1).astype(np.float64)


def _name_by_spell(state: State, index: Index) -> None:
    if state.names is not None:
        slot = state.slot(index) + state.layout.slots.start
        state.names[index] = slot * 256 + state.turn[index]


def _give_replayed_ages(state: State, month: int, index: Index) -> None:
    """Graduates of the stored baseline have the usual age of their pool when they join."""
    layout, replay = state.layout, state.layout.spec.replay
    assert replay is not None
    pool = layout.pool[state.cell[index] % layout.cell_count]
    age = replay.age[layout.pools[pool]]
    state.cohort[index] = age + layout.spec.cohort_offset - (month - 1) // 12


def _eligible_from_outside(state: State, month: int, index: Index) -> Index:
    at_least = state.layout.spec.hiring.min_months
    share = keyed.fields(state.numbers(index, keyed.Purpose.OFFER), 20, 20).astype(np.float64)
    served = np.floor(share / 2**20 * 60.0).astype(np.intp)
    return month + np.maximum(1, at_least - served)


def _move(state: State, month: Month, source: Index, target: Index) -> None:
    """Colleagues change trusts: same person, new post."""
    state.cohort[target] = state.cohort[source]
    state.origin[target] = month.number
    state.eligible[target] = np.maximum(state.eligible[source], month.number + 1)
    if state.names is not None:
        state.names[target] = state.names[source]
    vacate(state, month, source)


def promote(state: State, month: Month, index: Index) -> None:
    """Stage 4: the inside round; whoever is not filled inside is advertised outside."""
    if len(index) == 0:
        return
    offered = index[_offered_inside(state, month.number, index)]
    winner, filled = _inside_winners(state, month.number, offered)
    state.cohort[filled] = state.cohort[winner]
    state.origin[filled] = state.origin[winner]
    state.eligible[filled] = min(month.number + state.layout.spec.hiring.min_months, NEVER - 1)
    if state.names is not None:
        state.names[filled] = state.names[winner]
    state.phase[filled] = Phase.FILLED
    month.started.append(filled)
    vacate(state, month, winner)
    month.note(Flow.PROMOTED_IN, filled)
    month.note(Flow.PROMOTED_OUT, winner)
    outside = index.compress(state.phase.take(index) != Phase.FILLED)
    state.round[outside] = 0
    month.advertised.append(outside)


def _offered_inside(state: State, month: int, index: Index) -> NDArray[np.bool_]:
    cell = state.cell.take(index)
    share = state.path(state.layout.spec.hiring.internal_share, month, cell)
    draw = keyed.fields(state.numbers(index, keyed.Purpose.VACANCY), 22, 32)
    return (draw.astype(np.float64) < share * 2.0**32) & (state.cell_below.take(cell) >= 0)


def _inside_winners(state: State, month: int, offered: Index) -> tuple[Index, Index]:
    """Winner and vacancy, pair by pair; a person chosen twice takes the earlier vacancy."""
    if len(offered) == 0:
        return NOBODY, NOBODY
    below = state.cell_below.take(state.cell.take(offered))
    first, top = state.cell_first.take(below), state.top.ravel().take(below)
    vacancy = state.numbers(offered, keyed.Purpose.PROMOTION)
    winner = np.full(len(offered), -1, dtype=np.intp)
    open_ = np.arange(len(offered))
    for begin, end in pairwise(_CALLS):
        called = first[open_, None] + _called(vacancy[open_], top[open_], begin, end)
        able = (state.eligible.take(called) <= month) & (top[open_] > 0)[:, None]
        some = able.any(axis=1)
        winner[open_[some]] = called[some, able[some].argmax(axis=1)]  # the first call that does
        open_ = open_[~some]
        if len(open_) == 0:
            break
    rest, best = _highest_scores(state, month, first[open_], top[open_], vacancy[open_])
    winner[open_[rest]] = best
    found = np.flatnonzero(winner >= 0)
    keep = found[state.first_to_choose(winner[found])]
    return winner[keep], offered[keep]


def _called(vacancy: U64, top: I32, begin: int, end: int) -> Index:
    """Serials that each vacancy calls in calls ``begin`` to ``end - 1``."""
    calls = np.arange(begin, end, dtype=np.uint64)
    calls *= np.uint64(keyed.STEP)
    calls += np.uint64(keyed.Purpose.TRY)
    u = keyed.units(keyed.mix_array(vacancy[:, None] + calls))
    u *= top[:, None]
    return u.astype(np.intp)


def _highest_scores(
    state: State, month: int, first: Index, top: I32, vacancy: U64
) -> tuple[Index, Index]:
    """Of vacancies whose calls found nobody: which have a candidate, and the highest score."""
    position, owner = ranges(first, top.astype(np.intp))
    able = np.flatnonzero(state.eligible.take(position) <= month)
    position, owner = position.take(able), owner.take(able)
    score = keyed.promotion_scores(vacancy.take(owner), state.key.take(position))
    runs, best = best_in_run(score, owner)
    return runs, position[best]
