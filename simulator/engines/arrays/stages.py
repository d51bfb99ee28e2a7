"""Stages 1 to 3 of the month: establishment, exits, starts and moves."""

from __future__ import annotations

from typing import Final

import numpy as np

from simulator import keyed
from simulator.domain.words import JOINED_BY, Channel, Flow, Phase
from simulator.engines.arrays.codes import (
    ABSENT,
    APPROVAL,
    FILLED,
    MOVE,
)
from simulator.engines.arrays.exits import reasons
from simulator.engines.arrays.month import Month, gather, vacate
from simulator.engines.arrays.outside import lose_to_outside
from simulator.engines.arrays.pulls import pull
from simulator.engines.arrays.ragged import Index, ranges, rank_in_run
from simulator.engines.arrays.state import State
from simulator.model.specification import F64, NEVER

_NO_FLOW: Final = len(Flow)
_FREE: Final = np.isin(list(Phase), (Phase.FROZEN, Phase.APPROVAL, Phase.ADVERT))
"""Phases of posts that can be withdrawn."""
_JOINED_BY: Final = np.array([JOINED_BY.get(channel, _NO_FLOW) for channel in Channel])
_TRAINED: Final = np.isin(list(Channel), (Channel.GRADUATE, Channel.CONVERTED))


def set_establishment(state: State, month: Month) -> None:
    """Stage 1: open or withdraw posts until each cell has floor(n x index + u)."""
    layout, hiring = state.layout, state.layout.spec.hiring
    index = np.ascontiguousarray(hiring.post_index[:, state.draws, month.number].T)
    funded = index.take(layout.klass, axis=1)
    funded *= layout.funded
    funded += state.cell_u
    change = funded.astype(np.int32)
    change -= state.posts
    changed = change.ravel().nonzero()[0]
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
    state.phase[index] = APPROVAL
    month.vacated.append(index)
    month.opened += len(index)
    month.note(month.posts, Flow.OPENED, index)


def _fill_holes(state: State, cells: Index, wanted: Index) -> Index:
    """Absent posts of lowest serial in cells that have lost posts: holes come first."""
    first, top = state.cell_first[cells], state.top.ravel()[cells].astype(np.intp)
    room = state.layout.room[cells % state.layout.cell_count]
    position, owner = ranges(first, np.minimum(top + wanted, room))
    absent = state.phase[position] == ABSENT
    position, owner = position[absent], owner[absent]
    chosen = rank_in_run(owner) < wanted[owner]
    position, owner = position[chosen], owner[chosen]
    serial = (position - first[owner]).astype(np.int32)
    np.maximum.at(state.top.ravel(), cells[owner], serial + 1)
    return position


def _withdraw_posts(state: State, month: Month, cells: Index, surplus: Index) -> None:
    """Withdraw posts without an agreed start, of highest serial; ``cells`` are flat cells."""
    position, owner = ranges(state.cell_first[cells], state.top.ravel()[cells].astype(np.intp))
    phase = state.phase[position]
    free = _FREE.take(phase)
    position, owner = position[free][::-1], owner[free][::-1]
    taken = rank_in_run(owner) < surplus[owner]
    index, owner = position[taken], owner[taken]
    state.phase[index] = ABSENT
    state.due[index] = NEVER
    gone = np.bincount(owner, minlength=len(cells)).astype(np.int32)
    state.posts.ravel()[cells] -= gone
    state.holes.ravel()[cells] |= gone > 0
    month.note(month.posts, Flow.WITHDRAWN, index)


def let_go(state: State, month: Month, index: Index) -> None:
    """Stage 2: exits, and their reason."""
    if len(index) == 0:
        return
    reason = reasons(state, index, month.number)
    month.note(month.went, reason, index)
    month.breaks = index.compress(reason == Flow.BREAK)
    vacate(state, month, index)


def start_work(state: State, month: Month, index: Index) -> None:
    """Stage 3: agreed starts; colleagues are pulled against the state before any start."""
    spec = state.layout.spec
    channel = state.channel.take(index)
    moving = channel == MOVE
    movers, others = index.compress(moving), index.compress(~moving)
    channel = channel.compress(~moving)
    month.note(month.came, _JOINED_BY.take(channel), others)
    trained = _TRAINED.take(channel)
    graduates, hired = others.compress(trained), others.compress(~trained)
    source, outside, failed = pull(state, month.number, movers)
    if month.recorded:
        month.pools["pulls"] = _pulls_by_option(state, movers)
    inside, source = movers[source >= 0], source[source >= 0]
    from_outside = movers[outside]
    month.note(month.came, Flow.JOINED_OUTSIDE, from_outside)
    month.note(month.came, Flow.MOVED_IN, inside)
    month.note(month.went, Flow.MOVED_OUT, source)
    month.moves.append((inside, source))
    month.advertised.append(movers[failed])
    _move(state, month, source, inside)
    if spec.replay is not None:
        _give_replayed_ages(state, month.number, graduates)
        lose_to_outside(state, month)
    _settle(state, month.number, hired, graduates, from_outside)
    joined = np.concatenate([hired, graduates, from_outside, inside])
    state.phase[joined] = FILLED
    month.started.append(joined)


def _settle(state: State, month: int, hired: Index, graduates: Index, outside: Index) -> None:
    """Give people who are new to the trusts their age, origin, eligibility, step and name."""
    spec = state.layout.spec
    aged = np.concatenate([hired, outside])
    pick = keyed.fields(state.numbers(aged, keyed.Purpose.OFFER), 44, 10)
    years = spec.cohort_offset - (month - 1) // 12
    state.cohort[aged] = spec.hiring.joiner_ages[pick] + years
    usual = min(month + spec.hiring.min_months, NEVER - 1)
    for new in (hired, graduates):
        state.eligible[new] = usual
        state.origin[new] = month
        state.band_start[new] = month
    if len(outside):
        served = _months_served(state, outside)
        waits = month + np.maximum(1, spec.hiring.min_months - served)
        state.eligible[outside] = np.minimum(waits, NEVER - 1)
        state.origin[outside] = month
        state.band_start[outside] = month - served
    _name_by_spell(state, aged)
    if spec.replay is not None:
        _name_by_spell(state, graduates)


def _pulls_by_option(state: State, movers: Index) -> F64:
    layout = state.layout
    option = layout.option[state.cell[movers] % layout.cell_count]
    return np.bincount(option, minlength=len(layout.spec.pulls.first) - 1).astype(np.float64)


def _name_by_spell(state: State, index: Index) -> None:
    if state.names is not None and state.turn is not None:
        slot = state.slot(index) + state.layout.slots.start
        state.names[index] = slot * 256 + state.turn[index]


def _give_replayed_ages(state: State, month: int, index: Index) -> None:
    """Graduates of the stored baseline have the usual age of their pool when they join."""
    layout, replay = state.layout, state.layout.spec.replay
    assert replay is not None
    pool = layout.pool[state.cell[index] % layout.cell_count]
    age = replay.age[layout.pools[pool]]
    state.cohort[index] = age + layout.spec.cohort_offset - (month - 1) // 12


def _months_served(state: State, index: Index) -> Index:
    """Months that people from outside have been in their band."""
    share = keyed.fields(state.numbers(index, keyed.Purpose.OFFER), 20, 20).astype(np.float64)
    return np.floor(share / 2**20 * 60.0).astype(np.intp)


def _move(state: State, month: Month, source: Index, target: Index) -> None:
    """Colleagues change trusts: same person, new post."""
    state.cohort[target] = state.cohort[source]
    state.band_start[target] = state.band_start[source]
    state.origin[target] = month.number
    state.eligible[target] = np.maximum(state.eligible[source], month.number + 1)
    if state.names is not None:
        state.names[target] = state.names[source]
    vacate(state, month, source)
