"""The part of a specification that one block needs: whole regions, with local numbers.

Regions do not touch each other under the law, so a block simulates any set of them; the
array index of a post in a block is replication x slots + slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.domain.words import GROUPS
from simulator.engines.arrays.ragged import Index
from simulator.model.specification import F64, I32, U8, U64, Partners, Pulls, Specification

NO_TRUST = -2
"""Local cell of an option that is not there."""
NEUTRAL: Final = 1024.0
"""Attraction of an ordinary trust (stage 5)."""
BEGINS: Final = 1024
"""Levels of a hazard row from which a search for a month begins; a power of two."""
_LONGEST = 9_999
"""Months before a pay step; more are as good as never."""


@dataclass(frozen=True, slots=True)
class Options:
    """Trusts among which a keyed draw chooses by weight: rows of equal length, padded."""

    key: U64  # (rows, most trusts)
    weight: F64
    cell: Index  # local cell of the trust, -1 outside the model, NO_TRUST for padding


@dataclass(frozen=True, slots=True)
class Layout:
    """Local arrays of some regions; letters as in the specification."""

    spec: Specification
    cells: Index  # (C,) numbers in the specification
    slots: slice  # in the specification
    pools: Index
    rows: slice
    trusts: Index
    # by slot
    slot_cell: Index  # (S,)
    slot_key: U64
    slot_fte: F64
    # by cell
    first: Index
    room: Index  # slots of the cell
    funded: F64  # opening posts with money behind them
    below: Index
    klass: Index
    pool: Index
    staff: Index  # (C,) local trust x groups + group
    rival_staff: Index  # (trusts x groups,) the same in the specification
    trust: Index
    option: Index
    local_cell: Index  # specification cell -> local cell, -1 elsewhere; last entry -1
    step_months: I32  # (2, C) months in the band before the second and the third pay point
    in_pool: F64  # (C, P) one where the cell is of the pool
    pulls: Options  # by option
    partners: Options  # by cell
    # by (class, cohort)
    cumulative: F64  # hazard up to each month, flat rows of T + 2: no level is above the last
    begin: U8  # a month at or before that in which the hazard reaches k / begin_scale
    begin_scale: float
    cap: float  # above every hazard
    retire: F64
    round_quantiles: F64  # of first rounds, then of later ones
    freezing: list[bool]  # by month: is any vacancy frozen
    pooling: list[bool]  # by month: is any vacancy offered to a whole care system
    attractions: list[F64]  # by month: how strongly each cell draws candidates, whole numbers (C,)
    pull_weights: list[F64]  # by month: weights of the options of a pull, shape of ``pulls``

    @property
    def slot_count(self) -> int:
        """Posts of one replication, S."""
        return len(self.slot_cell)

    @property
    def cell_count(self) -> int:
        """Cells of one replication, C."""
        return len(self.cells)


def _contiguous(index: Index) -> slice:
    if len(index) == 0:
        return slice(0, 0)
    if index[-1] - index[0] + 1 != len(index):
        raise ValueError("regions of a block must be neighbours in slot order")
    return slice(int(index[0]), int(index[-1]) + 1)


def make_layout(spec: Specification, regions: tuple[str, ...] | None = None) -> Layout:
    """Lay out the given regions (default: all) for the arrays engine.

    Raises:
        ValueError: If the regions are not neighbours, or a care system reaches beyond them.
    """
    chosen = set(spec.trust_region if regions is None else regions)
    in_region = np.array([region in chosen for region in spec.trust_region], dtype=np.bool_)
    cells = np.flatnonzero(in_region[spec.cells.trust])
    trusts = np.flatnonzero(in_region)
    pools = np.array([i for i, n in enumerate(spec.pools.names) if n[0] in chosen], dtype=np.intp)
    slots = _contiguous(np.flatnonzero(np.isin(spec.slots.cell, cells)))
    rows = _contiguous(np.flatnonzero(np.isin(spec.training.row_pool, pools)))
    local_cell = _renumber(cells, len(spec.cells.trust) + 1)
    local_pool = _renumber(pools, len(spec.pools.names))
    local_trust = _renumber(trusts, len(spec.trusts))
    slot_cell = local_cell[spec.slots.cell[slots]]
    klass = spec.cells.klass[cells].astype(np.intp)
    trust = local_trust[spec.cells.trust[cells]]
    cumulative, begin, scale = _hazard_tables(spec.exits.hazard)
    pool = local_pool[spec.cells.pool[cells]]
    partners = _options(spec.partners, local_cell)
    if (partners.cell[cells] == -1).any():
        raise ValueError("a care system must lie in the regions of a block")
    hiring, pulls = spec.hiring, _options(spec.pulls, local_cell)
    attractions = _attractions(spec, cells, klass)
    return Layout(
        spec=spec,
        cells=cells,
        slots=slots,
        pools=pools,
        rows=rows,
        trusts=trusts,
        slot_cell=slot_cell,
        slot_key=spec.slots.key[slots].copy(),
        slot_fte=spec.slots.fte[slots].astype(np.float64),
        first=(spec.cells.first[cells] - slots.start).astype(np.intp),
        room=spec.cells.slots[cells].astype(np.intp),
        funded=spec.cells.funded[cells].astype(np.float64),
        below=local_cell[spec.cells.below[cells]],
        klass=klass,
        pool=pool,
        staff=trust * len(GROUPS) + spec.cells.group[cells],
        rival_staff=(trusts[:, None] * len(GROUPS) + np.arange(len(GROUPS))).ravel(),
        trust=trust,
        option=spec.cells.option[cells].astype(np.intp),
        local_cell=local_cell,
        step_months=np.minimum(spec.hiring.step_months[spec.cells.band[cells]].T, _LONGEST),
        in_pool=(pool[:, None] == np.arange(len(pools))).astype(np.float64),
        pulls=pulls,
        partners=Options(partners.key[cells], partners.weight[cells], partners.cell[cells]),
        cumulative=cumulative,
        begin=begin,
        begin_scale=scale,
        cap=(BEGINS - 1) / scale,
        retire=np.ascontiguousarray(spec.exits.retire_share).ravel(),
        round_quantiles=np.concatenate([hiring.round_quantiles, hiring.again_quantiles]),
        freezing=_ever(hiring.frozen_share),
        pooling=_ever(hiring.pooled_share),
        attractions=attractions,
        pull_weights=_pull_weights(pulls, attractions),
    )


def _ever(path: F64) -> list[bool]:
    """By month: is a path above nought in any class?"""
    above: list[bool] = (path.max(axis=0) > 0.0).tolist()
    return above


def _attractions(spec: Specification, cells: Index, klass: Index) -> list[F64]:
    """How strongly each cell draws candidates, month by month; months that are alike share one."""
    path = spec.hiring.attraction_path
    kinds, kind = np.unique(path, axis=1, return_inverse=True)
    drawn = NEUTRAL * spec.cells.attraction[cells]
    found = [np.maximum(np.floor(drawn * one[klass] + 0.5), 1.0) for one in kinds.T]
    return [found[one] for one in kind.ravel()]


def _pull_weights(pulls: Options, attractions: list[F64]) -> list[F64]:
    """Weights of the options of a pull, month by month; months that are alike share one."""
    found: dict[int, F64] = {}
    for attraction in attractions:
        if id(attraction) not in found:
            # -1, outside, finds the last entry
            drawn = np.append(attraction, NEUTRAL).take(np.maximum(pulls.cell, -1))
            found[id(attraction)] = pulls.weight * NEUTRAL / drawn
    return [found[id(attraction)] for attraction in attractions]


def _renumber(chosen: Index, size: int) -> Index:
    """Map of old to new numbers; -1 for what is left out, and for the index -1."""
    numbers = np.full(size, -1, dtype=np.intp)
    numbers[chosen] = np.arange(len(chosen))
    return numbers


def _options(table: Pulls | Partners, local_cell: Index) -> Options:
    """The trusts of each option as rows of equal length."""
    lengths = np.diff(table.first)
    shape = (len(lengths), max(int(lengths.max(initial=0)), 1))
    row = np.repeat(np.arange(len(lengths)), lengths)
    column = np.arange(len(table.key)) - np.repeat(table.first[:-1], lengths)
    key, weight = np.zeros(shape, dtype=np.uint64), np.ones(shape)
    cell = np.full(shape, NO_TRUST, dtype=np.intp)
    key[row, column] = table.key
    weight[row, column] = table.weight
    cell[row, column] = local_cell[table.cell]
    return Options(key, weight, cell)


def _hazard_tables(hazard: F64) -> tuple[F64, U8, float]:
    """Cumulative hazards by row, and the month in which to begin the search for a level."""
    rows = hazard.reshape(-1, hazard.shape[-1]).cumsum(axis=1)
    whole = float(2.0 ** np.ceil(np.log2(rows.max() + 2.0)))  # so that levels scale exactly
    scale = BEGINS / whole
    levels = np.arange(BEGINS) / scale
    begin = np.stack([row.searchsorted(levels) for row in rows]).astype(np.uint8)
    last = np.full((len(rows), 1), np.inf)
    return np.concatenate([rows, last], axis=1).ravel(), begin.ravel(), scale
