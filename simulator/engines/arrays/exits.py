"""Exits: the month in which a spell ends (section 5), and for what reason (stage 2)."""

from __future__ import annotations

from typing import Final

import numpy as np

from simulator import keyed
from simulator.domain.words import Flow
from simulator.engines.arrays.codes import NEVER
from simulator.engines.arrays.layout import BEGINS, Layout
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State
from simulator.model.specification import F64, TENURE_BREAKS

_REASONS: Final = np.array([Flow.RETIRED, Flow.BREAK, Flow.LEFT], dtype=np.intp)


def draw_exits(state: State, index: Index, month: int) -> None:
    """Exit month of spells that start in ``month``, by inversion of the cumulative hazard."""
    layout, spec = state.layout, state.layout.spec
    energy = keyed.exponentials(state.numbers(index, keyed.Purpose.EXIT))
    energy /= state.exit_factor.take(state.cell.take(index))  # by nought: nobody ever leaves
    row = _hazard_row(state, index)
    target = row * (spec.months + 2)
    base = layout.cumulative.take(target + month)
    _spend_early_tenure(state, index, month, energy, target, base)
    base += energy
    found = _first_month(layout, row, target, base)
    found[found > spec.months] = NEVER
    state.due[index] = found


def _first_month(layout: Layout, row: Index, target: Index, level: F64) -> Index:
    """First month in which a row's cumulative hazard reaches a level; after the last if none does.

    A table says where to begin, a few steps lead there: a binary search costs three times as much.
    """
    np.minimum(level, layout.cap, out=level)
    place = (level * layout.begin_scale).astype(np.intp)
    place += row * BEGINS
    found = layout.begin.take(place).astype(np.intp)
    at = target + found
    below = (layout.cumulative.take(at) < level).nonzero()[0]
    while len(below):
        found[below] += 1
        at = target.take(below)
        at += found.take(below)
        below = below.compress(layout.cumulative.take(at) < level.take(below))
    return found


def _hazard_row(state: State, index: Index) -> Index:
    """Row of each holder in the flat hazard tables: class x cohorts + cohort."""
    hazard = state.layout.spec.exits.hazard
    row = state.cohort.take(index).astype(np.intp)
    if len(hazard) > 1:
        row += state.cell_klass.take(state.cell.take(index)) * hazard.shape[1]
    return row


def reasons(state: State, index: Index, month: int) -> Index:
    """Stage 2: the reason, as a flow, of each of those who leave in a month."""
    width = state.layout.spec.months + 1
    retire = state.layout.retire.take(_hazard_row(state, index) * width + month)
    away = retire + (1.0 - retire) * state.layout.spec.exits.break_share
    u = keyed.units(state.numbers(index, keyed.Purpose.REASON))
    kind = (u >= retire).view(np.uint8) + (u >= away)
    return _REASONS.take(kind)


def _spend_early_tenure(
    state: State, index: Index, month: int, energy: F64, target: Index, base: F64
) -> None:
    """Spend energy in the first two years of tenure at their factors, moving ``base`` on.

    Afterwards ``base + energy`` is the cumulative hazard, at tenure factor 1, at which a spell
    ends.
    """
    origin = state.origin.take(index)
    young = (origin > month - TENURE_BREAKS[1]).nonzero()[0]
    if len(young) == 0:
        return
    cumulative, months = state.layout.cumulative, state.layout.spec.months
    origin = origin.take(young).astype(np.intp)
    row, left, at = target.take(young), energy.take(young), base.take(young)
    for years, factor in zip(TENURE_BREAKS, state.layout.spec.exits.tenure, strict=True):
        stop = cumulative.take(row + np.minimum(np.maximum(origin + years, month), months))
        room = (stop - at) * factor
        ends = left <= room
        reached = at + left / factor if factor > 0 else at
        at = np.where(ends, reached, np.maximum(stop, at))
        left = np.where(ends, 0.0, left - room)
    energy[young], base[young] = left, at
