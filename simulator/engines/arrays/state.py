"""State of one block: every post of the chosen regions in every replication of the block.

Flat arrays, one row of posts for each replication. One byte holds the month of a post's next
step whatever it is, so that a month costs one scan for what is due and then work on events only.
A post's key carries its turn, so that a keyed number costs one look-up and the finaliser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.domain.words import Channel, PoolStock
from simulator.engines.arrays.codes import (
    ADVERT,
    AGREED,
    FILLED,
    FROZEN,
    HALF,
    NEVER,
    ONE,
    fixed,
)
from simulator.engines.arrays.layout import Layout
from simulator.engines.arrays.ragged import Index
from simulator.model.specification import F64, I32, QUANTILES, U8, U64

Held = NDArray[np.int16]

ROUND_STEP: Final = keyed.word((65536 * keyed.STEP) & keyed.MASK)
"""What one round adds to a key."""
ONE_TURN: Final = keyed.word(keyed.STEP)


@dataclass(slots=True)
class State:
    """Arrays of one block. ``N`` replications, ``S`` slots, ``C`` cells, ``P`` pools.

    A *flat position* is replication x S + slot; a *flat cell* is replication x C + cell.
    """

    layout: Layout
    first_replication: int
    count: int  # N
    keys: U64  # (N,) replication keys
    draws: Index  # (N,) draw of each replication
    key: U64  # (N * S,) replication key + post key + turn x STEP
    cell: I32  # (N * S,) flat cell
    fte: U8  # (N * S,) hundredths
    due: U8  # (N * S,) month of the next step
    phase: U8
    cohort: U8
    origin: Held
    band_start: Held
    eligible: U8  # NEVER unless filled
    round: U8
    channel: U8
    posts: I32  # (N, C) existing posts
    top: I32  # (N, C) one more than the highest serial that was ever a post
    heads: I32  # (N, C) staff in post
    holes: NDArray[np.bool_]  # (N, C) has a post ever been withdrawn
    cell_u: F64  # (N, C)
    cell_first: Index  # (N * C,) flat position of the cell's first post
    cell_below: Index  # (N * C,) flat cell of the next band below, or -1
    cell_segment: Index  # (N * C,) replication x P + pool
    cell_klass: Index  # (N * C,)
    exit_factor: F64  # (N * C,)
    hire_factor: F64  # (N * C,)
    pools: F64  # (pool stocks, N, P); stay at nought in a replay
    scratch: I32  # (N * S,) of :meth:`first_to_choose`
    turn: U8 | None = None  # spells begun; only when traced, as the next
    names: NDArray[np.int64] | None = None  # (N * S,) who holds a post

    def slot(self, index: Index) -> Index:
        """Slots (local numbers) of flat positions."""
        return index % self.layout.slot_count

    def numbers(self, index: Index, purpose: int) -> U64:
        """Keyed numbers of (post, purpose, turn)."""
        keys = self.key.take(index)
        keys += keyed.word(purpose)
        return keyed.mix_array(keys)

    def round_numbers(self, index: Index, purpose: int) -> U64:
        """Keyed numbers of (post, purpose, turn + 65536 x round)."""
        keys = self.round.take(index).astype(np.uint64)
        keys *= ROUND_STEP
        keys += self.key.take(index)
        keys += keyed.word(purpose)
        return keyed.mix_array(keys)

    def due_in(self, month: int) -> Index:
        """Flat positions of posts whose next step is due, ascending.

        Few are: the scan looks at eight posts at a time and then into the eights that have any.
        (NumPy looks for true values branch by branch where they are rare, which is slow.)
        """
        eights = (self.due == month).view(np.uint64)
        some = (eights != 0).nonzero()[0]
        near = eights.take(some).view(np.bool_).nonzero()[0]
        index = some.take(near >> 3)
        index *= 8
        near &= 7
        index += near
        return index

    def first_to_choose(self, chosen: Index) -> Index:
        """Which choices are the first to name their flat position, in the order given."""
        order = np.arange(len(chosen), dtype=np.int32)
        self.scratch[chosen[::-1]] = order[::-1]  # the last to write is the first in order
        return (self.scratch.take(chosen) == order).nonzero()[0]

    def path(self, path: F64, month: int, cell: I32) -> F64 | np.float64:
        """Value of a path by class in a month, for flat cells; one number if all are one class."""
        if len(path) == 1:
            return np.float64(path[0, month])
        return path[:, month].take(self.cell_klass.take(cell))

    def of_draw(self, factor: F64, cell: I32) -> F64:
        """Factor of the draw, shape (draws,), for flat cells."""
        return factor.take(self.draws).take(cell // self.layout.cell_count)

    def pool_heads(self) -> F64:
        """Staff in post by pool, shape (N, P)."""
        return self.heads @ self.layout.in_pool


def open_state(layout: Layout, first_replication: int, count: int, traced: bool) -> State:
    """State at month 0: the opening census in every replication."""
    spec, cells, slots = layout.spec, layout.cells, layout.slots
    numbers = np.arange(first_replication, first_replication + count)
    draws = (numbers % spec.draws).astype(np.intp)
    keys = keyed.replication_keys(spec.seed, first_replication, count)

    def repeat(values: NDArray[Any]) -> U8:
        return np.tile(values.astype(np.uint8), count)

    def offset(values: Index, size: int) -> Index:
        """Local numbers, -1 kept, as flat ones."""
        flat = values[None, :] + np.arange(count)[:, None] * size
        return np.where(values < 0, -1, flat).ravel()

    phase = spec.slots.phase[slots]
    filled, vacant = phase == FILLED, phase > FILLED
    posts = np.tile(spec.cells.posts[cells].astype(np.int32), (count, 1))
    heads = np.bincount(layout.slot_cell[filled], minlength=len(cells)).astype(np.int32)
    cell_bits = keyed.numbers(keys[:, None], spec.cells.key[cells][None, :], keyed.Purpose.POSTS)
    slot_key = layout.slot_key + vacant * ONE_TURN
    trusts = layout.trusts[layout.trust]
    return State(
        layout=layout,
        first_replication=first_replication,
        count=count,
        keys=keys,
        draws=draws,
        key=(keys[:, None] + slot_key[None, :]).ravel(),
        cell=offset(layout.slot_cell, len(cells)).astype(np.int32),
        fte=repeat(layout.slot_fte),
        due=_padded(repeat(np.where(vacant, spec.slots.due[slots], NEVER))),
        phase=repeat(phase),
        cohort=repeat(spec.slots.cohort[slots]),
        origin=np.tile(spec.slots.origin[slots].astype(np.int16), count),
        band_start=np.tile(spec.slots.band_start[slots].astype(np.int16), count),
        eligible=repeat(np.where(filled, spec.slots.eligible[slots], NEVER)),
        round=repeat(phase == ADVERT),
        channel=repeat(np.where(phase == AGREED, Channel.EXPERIENCED, 0)),
        posts=posts,
        top=posts.copy(),
        heads=np.tile(heads, (count, 1)),
        holes=np.zeros((count, len(cells)), dtype=np.bool_),
        cell_u=keyed.units(cell_bits),
        cell_first=offset(layout.first, layout.slot_count),
        cell_below=offset(layout.below, len(cells)),
        cell_segment=offset(layout.pool, len(layout.pools)),
        cell_klass=np.tile(layout.klass, count),
        exit_factor=np.ascontiguousarray(spec.exits.factor[draws][:, cells]).ravel(),
        hire_factor=np.ascontiguousarray(spec.hiring.hire_factor[draws][:, trusts]).ravel(),
        pools=_opening_pools(layout, count),
        scratch=np.zeros(count * layout.slot_count, dtype=np.int32),
        turn=repeat(vacant) if traced else None,
        names=_opening_names(layout, count) if traced else None,
    )


def _padded(months: U8) -> U8:
    """Months with as many NEVER behind them as make a multiple of eight."""
    return np.concatenate([months, np.full(-len(months) % 8, NEVER, dtype=np.uint8)])


def _opening_pools(layout: Layout, count: int) -> F64:
    """Opening stocks of the pools; a replay has none."""
    shape = (len(PoolStock), count, len(layout.pools))
    if layout.spec.replay is not None:
        return np.zeros(shape)
    opening = layout.spec.pools.opening[layout.pools].T.astype(np.float64)
    return np.broadcast_to(opening[:, None, :], shape).copy()


def _opening_names(layout: Layout, count: int) -> NDArray[np.int64]:
    """Opening staff are named by their spell: slot x 256 + turn 0."""
    slots = np.arange(layout.slots.start, layout.slots.stop, dtype=np.int64)
    return np.tile(slots * 256, count)


_FIRST_ROUND: Final = fixed(1, np.uint8)
_QUANTILES: Final = keyed.word(QUANTILES)


def months_of(quantiles: F64, pick: U64, factor: F64 | None = None) -> Index:
    """A duration in whole months: max(1, floor(factor x quantile + 0.5))."""
    months = quantiles.take(pick.view(np.intp))
    if factor is not None:
        months *= factor
    months += HALF
    return np.maximum(months.astype(np.intp), ONE)


def _slowness(state: State, index: Index, month: int) -> F64:
    """H of stage 1: the trust's factor of the draw times the path of the class."""
    cell = state.cell.take(index)
    return state.hire_factor.take(cell) * state.path(
        state.layout.spec.hiring.hire_path, month, cell
    )


def start_vacancies(state: State, index: Index, month: int, opened: int = 0) -> None:
    """A vacancy starts: next turn, approval due after its keyed delay, or frozen until a thaw.

    The first ``opened`` posts have just been funded, which is their approval.
    """
    hiring = state.layout.spec.hiring
    state.key[index] += ONE_TURN
    if state.turn is not None:
        state.turn[index] += 1
    bits = state.numbers(index, keyed.Purpose.VACANCY)
    pick = keyed.fields(bits, 54, 10)
    delay = months_of(hiring.approval_quantiles, pick, _slowness(state, index, month))
    delay[:opened] = 1
    due = month + delay
    if state.layout.freezing[month]:
        cell = state.cell.take(index)
        share = state.path(hiring.frozen_share, month, cell) * 2.0**22
        frozen = (keyed.fields(bits, 0, 22).astype(np.float64) < share).nonzero()[0]
        state.phase[index[frozen]] = FROZEN
        thaw = hiring.thaw[:, month].take(state.cell_klass.take(cell[frozen]))
        due[frozen] = thaw + delay[frozen]
    state.due[index] = np.minimum(due, NEVER)


def open_rounds(state: State, index: Index, month: int) -> None:
    """Advertise: next round, closing after its keyed length."""
    state.round[index] += 1
    state.phase[index] = ADVERT
    bits = state.round_numbers(index, keyed.Purpose.ROUND)
    pick = keyed.fields(bits, 4, 10)
    pick += (state.round.take(index) > _FIRST_ROUND) * _QUANTILES
    length = months_of(state.layout.round_quantiles, pick, _slowness(state, index, month))
    state.due[index] = np.minimum(month + length, NEVER)
