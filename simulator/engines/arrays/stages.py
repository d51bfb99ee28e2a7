"""Stages 1 to 4 of the month: establishment, exits, starts and moves, the inside round."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.domain.words import Channel, Flow, Phase
from simulator.engines.arrays.ragged import (
    Index,
    best_in_run,
    first_of_each,
    rank_in_run,
    ranges,
)
from simulator.engines.arrays.outside import lose_to_outside
from simulator.engines.arrays.pulls import pull
from simulator.engines.arrays.state import State
from simulator.engines.arrays.month import NOBODY, Month, gather, vacate
from simulator.model.specification import F64, NEVER

def set_establishment(state: State, month: Month) -> None:
    """Stage 1: open or withdraw posts until each cell has floor(n x index + u)."""
    layout, hiring = state.layout, state.layout.spec.hiring
    index = hiring.post_index[:, state.draws, month.number]
    funded = index.T[:, layout.klass]
    funded *= layout.spec.cells.posts[layout.cells]
    funded += state.cell_u
    change = funded.astype(np.int32)
    change -= state.posts
    changed = np.flatnonzero(change)
    if len(changed) == 0:
        return
    size = change.ravel()[changed].astype(np.intp)
    more = size > 0
    if more.any():
        _open_posts(state, month, changed[more], size[more])
    if not more.all():
        _withdraw_posts(state, month, changed[~more], -size[~more])


def _slots_of(state: State, pairs: Index) -> tuple[Index, Index]:
    """First flat position, and posts so far (top), of (replication, cell) pairs."""
    cells = state.layout.cell_count
    replication = pairs // cells
    first = replication * state.layout.slot_count + state.layout.first[pairs - replication * cells]
    return first, state.top.ravel()[pairs].astype(np.intp)


def _open_posts(state: State, month: Month, pairs: Index, wanted: Index) -> None:
    first, top = _slots_of(state, pairs)
    whole = ~state.holes.ravel()[pairs]
    opened = [ranges((first + top)[whole], wanted[whole])[0]]
    if not whole.all():
        pick = np.flatnonzero(~whole)
        # absent posts below the top come first, then new serials: look a little past the top
        room = state.layout.room[pairs[pick] % state.layout.cell_count]
        position, owner = ranges(first[pick], np.minimum(top[pick] + wanted[pick], room))
        absent = state.phase[position] == Phase.ABSENT
        position, owner = position[absent], owner[absent]
        opened.append(position[rank_in_run(owner) < wanted[pick][owner]])
    index = gather(opened)
    state.posts.ravel()[pairs] += wanted.astype(np.int32)
    replication, slot = state.split(index)
    cell = state.layout.slot_cell[slot]
    serial = (slot - state.layout.first[cell]).astype(np.int32)
    np.maximum.at(state.top, (replication, cell), serial + 1)
    state.phase[index] = Phase.APPROVAL
    month.vacated.append(index)
    month.note(Flow.OPENED, index)


def _withdraw_posts(state: State, month: Month, pairs: Index, surplus: Index) -> None:
    first, top = _slots_of(state, pairs)
    position, owner = ranges(first, top)
    phase = state.phase[position]
    free = (phase == Phase.APPROVAL) | (phase == Phase.ADVERT)
    position, owner = position[free][::-1], owner[free][::-1]
    taken = rank_in_run(owner) < surplus[owner]
    index, owner = position[taken], owner[taken]
    state.phase[index] = Phase.ABSENT
    state.due[index] = NEVER
    gone = np.bincount(owner, minlength=len(pairs)).astype(np.int32)
    state.posts.ravel()[pairs] -= gone
    state.holes.ravel()[pairs] |= gone > 0
    month.note(Flow.WITHDRAWN, index)


def let_go(state: State, month: Month, index: Index) -> None:
    """Stage 2: exits, and their reason."""
    if len(index) == 0:
        return
    layout, spec = state.layout, state.layout.spec
    _, slot = state.split(index)
    row = layout.slot_klass[slot] * spec.exits.hazard.shape[1] + state.cohort[index]
    share = layout.retire[row * (spec.months + 1) + month.number]
    retired = keyed.units(state.numbers(index, keyed.Purpose.REASON)) < share
    month.note(Flow.RETIRED, index[retired])
    month.note(Flow.LEFT, index[~retired])
    vacate(state, month, index)


def start_work(state: State, month: Month, index: Index) -> None:
    """Stage 3: agreed starts; colleagues are pulled against the state before any start."""
    layout, spec = state.layout, state.layout.spec
    channel = state.channel[index]
    movers = index[channel == Channel.MOVE]
    arrivals = index[channel != Channel.MOVE]
    source, outside, failed = pull(state, month.number, movers)
    if month.recorded:
        month.pools["pulls"] = _pulls_by_option(state, movers)
    inside = movers[source >= 0]
    month.note(Flow.JOINED_EXPERIENCED, index[channel == Channel.EXPERIENCED])
    month.note(Flow.JOINED_GRADUATE, index[channel == Channel.GRADUATE])
    month.note(Flow.JOINED_OUTSIDE, movers[outside])
    month.note(Flow.MOVED_IN, inside)
    month.note(Flow.MOVED_OUT, source[source >= 0])
    month.advertised.append(movers[failed])
    aged = arrivals[channel[channel != Channel.MOVE] == Channel.EXPERIENCED]
    _give_ages(state, month.number, np.concatenate([aged, movers[outside]]))
    _move(state, month, source[source >= 0], inside)
    if spec.replay is not None:
        _give_replayed_ages(state, month.number, index[channel == Channel.GRADUATE])
        lose_to_outside(state, month)
    fresh = np.concatenate([arrivals, movers[outside]])
    eligible = np.full(len(fresh), month.number + spec.hiring.min_months, dtype=np.intp)
    eligible[len(arrivals) :] = _eligible_from_outside(state, month.number, movers[outside])
    state.eligible[fresh] = np.minimum(eligible, NEVER - 1)
    state.origin[fresh] = month.number
    if state.names is not None:
        _name_by_spell(state, fresh[state.channel[fresh] != Channel.GRADUATE])
        if spec.replay is not None:
            _name_by_spell(state, fresh)
    joined = np.concatenate([fresh, inside])
    state.phase[joined] = Phase.FILLED
    month.started.append(joined)


def _pulls_by_option(state: State, movers: Index) -> F64:
    layout = state.layout
    option = layout.option[layout.slot_cell[state.split(movers)[1]]]
    return np.bincount(option, minlength=len(layout.spec.pulls.first) - 1).astype(np.float64)


def _name_by_spell(state: State, index: Index) -> None:
    assert state.names is not None
    _, slot = state.split(index)
    state.names[index] = (slot + state.layout.slots.start) * 256 + state.turn[index]


def _give_ages(state: State, month: int, index: Index) -> None:
    spec = state.layout.spec
    pick = keyed.fields(state.numbers(index, keyed.Purpose.OFFER), 44, 10)
    age = spec.hiring.joiner_ages[pick]
    state.cohort[index] = age + spec.cohort_offset - (month - 1) // 12


def _give_replayed_ages(state: State, month: int, index: Index) -> None:
    """Graduates of the stored baseline have the usual age of their pool when they join."""
    layout, replay = state.layout, state.layout.spec.replay
    assert replay is not None
    cell = layout.slot_cell[state.split(index)[1]]
    age = replay.age[layout.pools[layout.pool[cell]]]
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
    outside = index[state.phase[index] != Phase.FILLED]
    state.round[outside] = 0
    month.advertised.append(outside)


def _offered_inside(state: State, month: int, index: Index) -> NDArray[np.bool_]:
    layout = state.layout
    _, slot = state.split(index)
    share = layout.spec.hiring.internal_share[layout.slot_klass[slot], month] * 2.0**32
    draw = keyed.fields(state.numbers(index, keyed.Purpose.VACANCY), 22, 32)
    below = layout.below[layout.slot_cell[slot]]
    return (draw.astype(np.float64) < share) & (below >= 0)


def _inside_winners(state: State, month: int, offered: Index) -> tuple[Index, Index]:
    """Winner and vacancy, pair by pair; a person chosen twice takes the earlier vacancy."""
    if len(offered) == 0:
        return NOBODY, NOBODY
    layout = state.layout
    replication, slot = state.split(offered)
    below = layout.below[layout.slot_cell[slot]]
    first = replication * layout.slot_count + layout.first[below]
    position, owner = ranges(first, state.top[replication, below].astype(np.intp))
    able = np.flatnonzero(state.eligible[position] <= month)
    position, owner = position[able], owner[able]
    vacancy = state.numbers(offered, keyed.Purpose.PROMOTION)
    key = layout.slot_key[position - (replication * layout.slot_count)[owner]]
    key += state.turn[position] * np.uint64(keyed.STEP)
    score = keyed.promotion_scores(vacancy[owner], keyed.mix_array(key))
    runs, best = best_in_run(score, owner)
    winner = position[best]
    keep = first_of_each(winner)
    return winner[keep], offered[runs[keep]]
