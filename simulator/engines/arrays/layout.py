"""The part of a specification that one block needs: whole regions, with local numbers.

Regions do not touch each other under the law, so a block simulates any set of them; the
array index of a post in a block is replication x slots + slot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.domain.words import GROUPS
from simulator.engines.arrays.ragged import Index
from simulator.model.specification import F64, U64, Pulls, Specification

NO_TRUST = -2
"""Local cell of an option that is not there."""


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
    slot_klass: Index
    slot_trust: Index
    # by cell
    first: Index
    room: Index  # slots of the cell
    posts: F64  # opening posts
    below: Index
    klass: Index
    pool: Index
    staff: Index  # (C,) local trust x groups + group
    trust: Index
    option: Index
    local_cell: Index  # specification cell -> local cell, -1 elsewhere; last entry -1
    # by option of a pull, padded: key, weight, local cell (-1 outside, NO_TRUST for padding)
    pull_key: U64  # (O, most trusts)
    pull_weight: F64
    pull_cell: Index
    # by (class, cohort): cumulative hazard, rows offset so that the flat array ascends
    cumulative: F64
    search: F64
    row_offset: float
    retire: F64

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
    """Lay out the given regions (default: all) for the arrays engine."""
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
    cumulative, search, offset = _hazard_tables(spec.exits.hazard)
    pull_key, pull_weight, pull_cell = _pull_tables(spec.pulls, local_cell)
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
        slot_klass=klass[slot_cell],
        slot_trust=trust[slot_cell],
        first=(spec.cells.first[cells] - slots.start).astype(np.intp),
        room=spec.cells.slots[cells].astype(np.intp),
        posts=spec.cells.posts[cells].astype(np.float64),
        below=local_cell[spec.cells.below[cells]],
        klass=klass,
        pool=local_pool[spec.cells.pool[cells]],
        staff=trust * len(GROUPS) + spec.cells.group[cells],
        trust=trust,
        option=spec.cells.option[cells].astype(np.intp),
        local_cell=local_cell,
        pull_key=pull_key,
        pull_weight=pull_weight,
        pull_cell=pull_cell,
        cumulative=cumulative,
        search=search,
        row_offset=offset,
        retire=np.ascontiguousarray(spec.exits.retire_share).ravel(),
    )


def _renumber(chosen: Index, size: int) -> Index:
    """Map of old to new numbers; -1 for what is left out, and for the index -1."""
    numbers = np.full(size, -1, dtype=np.intp)
    numbers[chosen] = np.arange(len(chosen))
    return numbers


def _pull_tables(pulls: Pulls, local_cell: Index) -> tuple[U64, F64, Index]:
    """The trusts of each option as rows of equal length."""
    lengths = np.diff(pulls.first)
    shape = (len(lengths), max(int(lengths.max(initial=0)), 1))
    row = np.repeat(np.arange(len(lengths)), lengths)
    column = np.arange(len(pulls.key)) - np.repeat(pulls.first[:-1], lengths)
    key, weight = np.zeros(shape, dtype=np.uint64), np.ones(shape)
    cell = np.full(shape, NO_TRUST, dtype=np.intp)
    key[row, column] = pulls.key
    weight[row, column] = pulls.weight
    cell[row, column] = local_cell[pulls.cell]
    return key, weight, cell


def _hazard_tables(hazard: F64) -> tuple[F64, F64, float]:
    """Cumulative hazards, flat, and the same with rows offset for one binary search."""
    cumulative = np.cumsum(hazard, axis=-1).reshape(-1, hazard.shape[-1])
    offset = float(2.0 ** np.ceil(np.log2(cumulative.max() + 2.0)))
    rows = np.arange(len(cumulative), dtype=np.float64)[:, None] * offset
    return cumulative.ravel(), (cumulative + rows).ravel(), offset
