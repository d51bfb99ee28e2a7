"""State of one block: every post of the chosen regions in every replication of the block.

Flat arrays, one row of posts after another, one row for each replication. One byte holds the
month of a post's next step whatever it is, so that a month costs one scan for what is
due and then work on events only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.domain.words import GROUPS, Phase
from simulator.engines.arrays.layout import Layout
from simulator.engines.arrays.ragged import Index
from simulator.model.specification import F64, I32, NEVER, QUANTILES, TENURE_BREAKS, U8, U64

Held = NDArray[np.int16]


@dataclass(slots=True)
class State:
    """Arrays of one block. ``N`` replications, ``S`` slots, ``C`` cells, ``P`` pools."""

    layout: Layout
    first_replication: int
    count: int  # N
    keys: U64  # (N,) replication keys
    draws: Index  # (N,) draw of each replication
    due: U8  # (N * S,) month of the next step
    phase: U8
    turn: U8
    cohort: U8
    origin: Held
    eligible: U8  # NEVER unless filled
    round: U8
    channel: U8
    posts: I32  # (N, C) existing posts
    top: I32  # (N, C) the largest number of posts the cell has had
    heads: I32  # (N, C) staff in post
    holes: NDArray[np.bool_]  # (N, C) has a post ever been withdrawn
    cell_u: F64  # (N, C)
    exit_factor: F64  # (N * C,)
    hire_factor: F64  # (N * J,)
    experienced: F64  # (N, P) stock of experienced candidates
    wait_until: U8  # (N * R,) month in which a waiting graduate is gone
    wait_from: U8  # (N * R,) month from which a graduate waits
    names: NDArray[np.int64] | None = None  # (N * S,) who holds a post; only when traced

    def split(self, index: Index) -> tuple[Index, Index]:
        """Replication and slot of flat positions."""
        replication = index // self.layout.slot_count
        return replication, index - replication * self.layout.slot_count

    def numbers(self, index: Index, purpose: int, key_index: U64 | None = None) -> U64:
        """Keyed numbers of (post, purpose, turn) or of (post, purpose, key_index)."""
        replication, slot = self.split(index)
        at = self.turn[index].astype(np.uint64) if key_index is None else key_index
        return keyed.numbers(self.keys[replication], self.layout.slot_key[slot], purpose, at)

    def round_index(self, index: Index) -> U64:
        """Key index of the round in hand: turn x 256 + round."""
        return self.turn[index].astype(np.uint64) * np.uint64(256) + self.round[index]


def open_state(layout: Layout, first_replication: int, count: int, traced: bool) -> State:
    """State at month 0: the opening census in every replication."""
    spec, cells, slots = layout.spec, layout.cells, layout.slots
    numbers = np.arange(first_replication, first_replication + count)
    draws = (numbers % spec.draws).astype(np.intp)
    keys = keyed.replication_keys(spec.seed, first_replication, count)

    def repeat(values: NDArray[np.generic], dtype: type) -> NDArray[np.generic]:
        return np.tile(values.astype(dtype), count)

    phase = spec.slots.phase[slots]
    filled, vacant = phase == Phase.FILLED, phase > Phase.FILLED
    posts = np.tile(spec.cells.posts[cells].astype(np.int32), (count, 1))
    heads = np.bincount(layout.slot_cell[filled], minlength=len(cells)).astype(np.int32)
    cell_bits = keyed.numbers(keys[:, None], spec.cells.key[cells][None, :], keyed.Purpose.POSTS)
    due = np.where(vacant, spec.slots.due[slots], NEVER)
    return State(
        layout=layout,
        first_replication=first_replication,
        count=count,
        keys=keys,
        draws=draws,
        due=repeat(due, np.uint8),
        phase=repeat(phase, np.uint8),
        turn=repeat(vacant, np.uint8),
        cohort=repeat(spec.slots.cohort[slots], np.uint8),
        origin=repeat(spec.slots.origin[slots], np.int16),
        eligible=repeat(np.where(filled, spec.slots.eligible[slots], NEVER), np.uint8),
        round=repeat(phase == Phase.ADVERT, np.uint8),
        channel=repeat(np.where(phase == Phase.AGREED, 3, 0), np.uint8),
        posts=posts,
        top=posts.copy(),
        heads=np.tile(heads, (count, 1)),
        holes=np.zeros((count, len(cells)), dtype=np.bool_),
        cell_u=keyed.units(cell_bits),
        exit_factor=np.ascontiguousarray(spec.exits.factor[draws][:, cells]).ravel(),
        hire_factor=np.ascontiguousarray(spec.hiring.hire_factor[draws][:, layout.trusts]).ravel(),
        experienced=np.tile(spec.pools.opening[layout.pools].astype(np.float64), (count, 1)),
        wait_until=np.empty(0, dtype=np.uint8),
        wait_from=np.empty(0, dtype=np.uint8),
        names=_opening_names(layout, count) if traced else None,
    )


def _opening_names(layout: Layout, count: int) -> NDArray[np.int64]:
    """Opening staff are named by their spell: slot x 256 + turn 0."""
    slots = np.arange(layout.slots.start, layout.slots.stop, dtype=np.int64)
    return np.tile(slots * 256, count)


def months_of(quantiles: F64, pick: U64, factor: F64 | float = 1.0) -> Index:
    """A duration in whole months: max(1, floor(factor x quantile + 0.5))."""
    months = np.floor(factor * quantiles[pick] + 0.5)
    return np.maximum(months, 1.0).astype(np.intp)


def hire_slowness(state: State, index: Index, month: int) -> F64:
    """h of stage 1: the trust's factor of the draw times the path of the class."""
    layout = state.layout
    replication, slot = state.split(index)
    trusts = len(layout.trusts)
    factor = state.hire_factor[replication * trusts + layout.slot_trust[slot]]
    return factor * layout.spec.hiring.hire_path[layout.slot_klass[slot], month]


def start_vacancies(state: State, index: Index, month: int) -> None:
    """A vacancy starts: next turn, approval due after its keyed delay."""
    state.turn[index] += 1
    state.phase[index] = Phase.APPROVAL
    state.eligible[index] = NEVER
    pick = keyed.fields(state.numbers(index, keyed.Purpose.VACANCY), 54, 10)
    delay = months_of(
        state.layout.spec.hiring.approval_quantiles, pick, hire_slowness(state, index, month)
    )
    state.due[index] = np.minimum(month + delay, NEVER)


def open_rounds(state: State, index: Index, month: int) -> None:
    """Advertise: next round, closing after its keyed length."""
    state.round[index] += 1
    state.phase[index] = Phase.ADVERT
    bits = state.numbers(index, keyed.Purpose.ROUND, state.round_index(index))
    pick = keyed.fields(bits, 4, 10)
    hiring = state.layout.spec.hiring
    quantiles = np.concatenate([hiring.round_quantiles, hiring.again_quantiles])
    pick += (state.round[index] > 1).astype(np.uint64) * np.uint64(QUANTILES)
    length = months_of(quantiles, pick, hire_slowness(state, index, month))
    state.due[index] = np.minimum(month + length, NEVER)


def draw_exits(state: State, index: Index, month: int) -> None:
    """Exit month of spells that start in ``month``, by inversion of the cumulative hazard."""
    layout, spec = state.layout, state.layout.spec
    replication, slot = state.split(index)
    energy = keyed.exponentials(state.numbers(index, keyed.Purpose.EXIT))
    energy /= state.exit_factor[replication * layout.cell_count + layout.slot_cell[slot]]
    width = spec.months + 1
    row = layout.slot_klass[slot] * spec.exits.hazard.shape[1] + state.cohort[index]
    target = row * width
    base = layout.cumulative[target + month]
    _spend_early_tenure(state, index, month, energy, target, base)
    base += energy
    np.minimum(base, layout.row_offset * 0.75, out=base)
    base += row * layout.row_offset
    found = np.searchsorted(layout.search, base) - target
    state.due[index] = np.where(found > spec.months, NEVER, found)


def _spend_early_tenure(
    state: State, index: Index, month: int, energy: F64, target: Index, base: F64
) -> None:
    """Spend energy in the first two years of tenure at their factors, moving ``base`` on.

    Afterwards ``base + energy`` is the cumulative hazard (at tenure factor 1) at which a spell ends.
    """
    origin = state.origin[index].astype(np.intp)
    young = np.flatnonzero(origin + TENURE_BREAKS[1] > month)
    if len(young) == 0:
        return
    cumulative, months = state.layout.cumulative, state.layout.spec.months
    origin, row, left, at = origin[young], target[young], energy[young], base[young]
    for years, factor in zip(TENURE_BREAKS, state.layout.spec.exits.tenure, strict=True):
        stop = cumulative[row + np.minimum(np.maximum(origin + years, month), months)]
        room = (stop - at) * factor
        ends = left <= room
        at = np.where(ends, at + left / factor, np.maximum(stop, at))
        left = np.where(ends, 0.0, left - room)
    energy[young], base[young] = left, at


def staff_columns(layout: Layout) -> int:
    """Number of (trust, group) columns of a block."""
    return len(layout.trusts) * len(GROUPS)
