"""Pulls: a post takes a colleague from another trust of the region (stage 3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.engines.arrays.codes import APPROVAL, FILLED
from simulator.engines.arrays.layout import NO_TRUST
from simulator.engines.arrays.month import NOBODY
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State
from simulator.model.specification import F64, TRIES, U64


def pull(state: State, month: int, movers: Index) -> tuple[Index, Index, Index]:
    """Choose a colleague for each pulling post (stage 3).

    Returns:
        (source, outside, failed): for each pulling post the flat position of the person pulled, or
        -1; positions in ``movers`` of those who get somebody from outside; and of those who fail.
    """
    source = np.full(len(movers), -1, dtype=np.intp)
    if len(movers) == 0:
        return source, NOBODY, NOBODY
    base = state.round_numbers(movers, keyed.Purpose.PULL)
    cell = _choose_trust(state, month, movers, base)
    tries(state, source, cell, base)
    outside = (cell == -1).nonzero()[0]
    failed = ((cell != -1) & (source < 0)).nonzero()[0]
    return source, outside, failed


def _choose_trust(state: State, month: int, movers: Index, base: U64) -> Index:
    """Flat cell of the trust with the lowest score; -1 outside the model, -2 no trust at all."""
    layout, pulls = state.layout, state.layout.pulls
    flat = state.cell.take(movers).astype(np.intp)
    own = flat % layout.cell_count
    option = layout.option.take(own)
    cell = pulls.cell.take(option, axis=0)
    weight = layout.pull_weights[month].take(option, axis=0)
    barred = (cell == own[:, None]) | (cell == NO_TRUST)
    found = choose(base, pulls.key.take(option, axis=0), weight, cell, barred)
    return np.where(found < 0, found, found + flat - own)


def choose(base: U64, key: U64, weight: F64, cell: Index, barred: NDArray[np.bool_]) -> Index:
    """Choose one of its options for each row, by weight: that with the lowest keyed score.

    Args:
        base: Number of each row.
        key: Keys of the options, shape (rows, options).
        weight: Their weights.
        cell: Their cells.
        barred: Options that are none.

    Returns:
        (rows,) the cell chosen; NO_TRUST where there is no option.
    """
    score = keyed.exponentials(keyed.mix_array(key + base[:, None]))
    score /= weight
    score[barred] = np.inf
    row, best = np.arange(len(base)), score.argmin(axis=1)
    return np.where(barred[row, best], NO_TRUST, cell[row, best])


def tries(state: State, source: Index, cell: Index, base: U64) -> None:
    """Up to TRIES tries, all pulls together; fills ``source`` where somebody is found.

    Args:
        state: The block.
        source: Flat position of whoever is found, changed in place.
        cell: Flat cell of each pull; below zero for those that make no try.
        base: Number of each pull.
    """
    open_ = (cell >= 0).nonzero()[0]
    for attempt in range(TRIES):
        if len(open_) == 0:
            return
        step = keyed.word((keyed.Purpose.TRY + attempt * keyed.STEP) & keyed.MASK)
        where = cell.take(open_)
        top = state.top.ravel().take(where)
        serial = (keyed.units(keyed.mix_array(base.take(open_) + step)) * top).astype(np.intp)
        target = state.cell_first.take(where) + serial
        hit = (state.phase.take(target) == FILLED).nonzero()[0]
        hit = hit[state.first_to_choose(target[hit])]
        source[open_[hit]] = target[hit]
        state.phase[target[hit]] = APPROVAL  # whoever is taken leaves in this stage
        rest = np.ones(len(open_), dtype=np.bool_)
        rest[hit] = False
        open_ = open_.compress(rest)
