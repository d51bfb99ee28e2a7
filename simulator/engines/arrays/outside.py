"""Pulls by trusts outside the modelled part (stage 3), with ``rest = "baseline"``."""

from __future__ import annotations

import numpy as np

from simulator import keyed
from simulator.domain.words import Flow
from simulator.engines.arrays.month import Month, vacate
from simulator.engines.arrays.pulls import tries
from simulator.engines.arrays.ragged import Index, ranges
from simulator.engines.arrays.state import State
from simulator.model.specification import F64


def lose_to_outside(state: State, month: Month) -> None:
    """Colleagues leave for trusts that are not modelled."""
    layout, replay = state.layout, state.layout.spec.replay
    assert replay is not None
    staff = layout.rival_staff
    keys = replay.staff_key.take(staff)
    at = month.number * 65536
    bits = keyed.numbers(state.keys[:, None], keys[None, :], keyed.Purpose.RIVALS, at)
    cdf = replay.rival_cdf[staff, month.number]
    pulls = np.zeros(bits.shape, dtype=np.intp)
    u = keyed.units(bits)
    for entry in range(cdf.shape[1]):
        more = u >= cdf[:, entry]
        pulls += more
        if not more.any():
            break
    who = pulls.ravel().nonzero()[0]
    if len(who) == 0:
        return
    number, owner = ranges(np.ones(len(who), dtype=np.intp), pulls.take(who))
    owner = who.take(owner)
    replication, column = owner // len(staff), owner % len(staff)
    base = keyed.numbers(
        state.keys[replication],
        keys[column],
        keyed.Purpose.RIVALS,
        number.astype(np.uint64) + np.uint64(at),
    )
    cell = _choose_cell(state, month.number, column, keyed.units(base))
    source = np.full(len(cell), -1, dtype=np.intp)
    flat = cell + (cell >= 0) * replication * layout.cell_count
    tries(state, source, flat, base)
    found = source[source >= 0]
    month.note(month.went, Flow.MOVED_OUT, found)
    vacate(state, month, found)


def _choose_cell(state: State, month: int, column: Index, u: F64) -> Index:
    """First cell of the trust and group whose cumulative share exceeds u."""
    layout, replay = state.layout, state.layout.spec.replay
    assert replay is not None
    share = replay.rival_cells[layout.cells, month]
    # shares lie in [0, 1] and cells ascend by staff column, so one ascending array serves
    search = layout.staff + np.minimum(share, 1.0)
    found = np.searchsorted(search, column + u, side="right")
    found = np.minimum(found, layout.cell_count - 1)
    return np.where(layout.staff[found] == column, found, -2)
