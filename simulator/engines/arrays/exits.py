"""Exits: the month in which a spell ends (section 5), and for what reason (stage 2)."""

from __future__ import annotations

import numpy as np

from simulator import keyed
from simulator.domain.words import Flow
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State
from simulator.model.specification import F64, NEVER, TENURE_BREAKS


def draw_exits(state: State, index: Index, month: int) -> None:
    """Exit month of spells that start in ``month``, by inversion of the cumulative hazard."""
    layout, spec = state.layout, state.layout.spec
    energy = keyed.exponentials(state.numbers(index, keyed.Purpose.EXIT))
    with np.errstate(divide="ignore"):  # a factor of nought: nobody ever leaves
        energy /= state.exit_factor.take(state.cell.take(index))
    width = spec.months + 1
    row = _hazard_row(state, index)
    target = row * width
    base = layout.cumulative.take(target + month)
    _spend_early_tenure(state, index, month, energy, target, base)
    base += energy
    np.minimum(base, layout.row_offset - 1.0, out=base)
    base += row * layout.row_offset
    order = np.argsort(base)  # sorted needles are found three times as fast
    found = np.empty(len(base), dtype=np.intp)
    found[order] = np.searchsorted(layout.search, base.take(order))
    found -= target
    state.due[index] = np.where(found > spec.months, NEVER, found)


def _hazard_row(state: State, index: Index) -> Index:
    """Row of each holder in the flat hazard tables: class x cohorts + cohort."""
    hazard = state.layout.spec.exits.hazard
    row = state.cohort.take(index).astype(np.intp)
    if len(hazard) > 1:
        row += state.cell_klass.take(state.cell.take(index)) * hazard.shape[1]
    return row


def reasons(state: State, index: Index, month: int) -> dict[Flow, Index]:
    """Stage 2: those who leave in a month, by reason."""
    width = state.layout.spec.months + 1
    retire = state.layout.retire.take(_hazard_row(state, index) * width + month)
    away = retire + (1.0 - retire) * state.layout.spec.exits.break_share
    u = keyed.units(state.numbers(index, keyed.Purpose.REASON))
    retired, stays = u < retire, u >= away
    return {
        Flow.RETIRED: index.compress(retired),
        Flow.LEFT: index.compress(stays & ~retired),
        Flow.BREAK: index.compress(~(retired | stays)),
    }


def _spend_early_tenure(
    state: State, index: Index, month: int, energy: F64, target: Index, base: F64
) -> None:
    """Spend energy in the first two years of tenure at their factors, moving ``base`` on.

    Afterwards ``base + energy`` is the cumulative hazard, at tenure factor 1, at which a spell
    ends.
    """
    origin = state.origin.take(index)
    young = np.flatnonzero(origin > month - TENURE_BREAKS[1])
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
