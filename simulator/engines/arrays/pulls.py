"""Pulls: a post takes a colleague from another trust of the region (stage 3)."""

from __future__ import annotations

import numpy as np

from simulator import keyed
from simulator.domain.words import Phase
from simulator.engines.arrays.month import NOBODY
from simulator.engines.arrays.ragged import Index, best_in_run, first_of_each, ranges
from simulator.engines.arrays.state import State
from simulator.model.specification import TRIES, U64


def pull(state: State, month: int, movers: Index) -> tuple[Index, Index, Index]:
    """Choose a colleague for each pulling post (stage 3).

    Returns:
        (source, outside, failed): for each pulling post the flat position of the person pulled or -1;
        positions in ``movers`` of those who get somebody from outside; and of those who fail.
    """
    source = np.full(len(movers), -1, dtype=np.intp)
    if len(movers) == 0:
        return source, NOBODY, NOBODY
    base = state.numbers(movers, keyed.Purpose.PULL, state.round_index(movers))
    cell = _choose_trust(state, movers, base)
    replication, _ = state.split(movers)
    tries(state, source, replication, cell, base)
    outside = np.flatnonzero(cell == -1)
    failed = np.flatnonzero((cell != -1) & (source < 0))
    return source, outside, failed


def _choose_trust(state: State, movers: Index, base: U64) -> Index:
    """Cell of the trust with the lowest score; -1 outside the model, -2 no trust at all."""
    layout, pulls = state.layout, state.layout.spec.pulls
    _, slot = state.split(movers)
    own = layout.slot_cell[slot]
    option = layout.option[own]
    start = pulls.first[option].astype(np.intp)
    entry, owner = ranges(start, pulls.first[option + 1] - start)
    cell = layout.local_cell[pulls.cell[entry]]
    other = cell != own[owner]
    entry, owner, cell = entry[other], owner[other], cell[other]
    score = keyed.exponentials(keyed.mix_array(base[owner] + pulls.key[entry]))
    score /= pulls.weight[entry]
    chosen = np.full(len(movers), -2, dtype=np.intp)
    # positive floats order as their bits do, so the lowest score is the highest complement
    runs, best = best_in_run(~score.view(np.uint64), owner)
    chosen[runs] = cell[best]
    return chosen


def tries(state: State, source: Index, replication: Index, cell: Index, base: U64) -> None:
    """Up to TRIES tries, all pulls together; fills ``source`` where somebody is found."""
    layout = state.layout
    open_ = np.flatnonzero(cell >= 0)
    taken = NOBODY
    for attempt in range(TRIES):
        if len(open_) == 0:
            return
        step = np.uint64((keyed.Purpose.TRY + attempt * keyed.STEP) & keyed.MASK)
        where, row = cell[open_], replication[open_]
        top = state.top[row, where]
        serial = (keyed.units(keyed.mix_array(base[open_] + step)) * top).astype(np.intp)
        target = row * layout.slot_count + layout.first[where] + serial
        good = state.phase[target] == Phase.FILLED
        if len(taken):
            good &= ~np.isin(target, taken)
        hit = np.flatnonzero(good)
        hit = hit[first_of_each(target[hit])]
        source[open_[hit]] = target[hit]
        taken = np.concatenate([taken, target[hit]])
        rest = np.ones(len(open_), dtype=np.bool_)
        rest[hit] = False
        open_ = open_[rest]


