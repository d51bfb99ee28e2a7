"""Parts of a specification, and results by name: what should be alike can then be compared."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import BAND_RANGES, BANDS, GROUPS, Flow
from simulator.model.specification import (
    Costs,
    Partners,
    Pools,
    Pulls,
    Replay,
    Specification,
    Training,
    freeze,
)
from simulator.results.trace import Trace

Index = NDArray[np.intp]
Name = tuple[str, ...]
_REPLAYED = (
    "ratio",
    "move",
    "graduate",
    "experienced",
    "converted",
    "returning",
    "international",
    "response",
    "move_response",
)
_PATHS = (
    "post_index",
    "hire_path",
    "internal_share",
    "success",
    "attraction_path",
    "frozen_share",
    "thaw",
    "pooled_share",
)
"""Tables of hiring with a value for each month."""


def no_costs(cells: int, trusts: int, months: int) -> Costs:
    """Everything is free of charge, in one pay class."""
    years, staff = months // 12, trusts * len(GROUPS)
    return Costs(
        price_year="2026-27",
        pay_class=np.zeros(cells, np.int32),
        step=np.zeros((3, 1, 3, years), np.int64),
        head=np.zeros((3, years), np.int64),
        cover=np.zeros((1, years), np.int64),
        lever_head=np.zeros((staff, years), np.int64),
        lever_share=np.zeros((staff, years)),
        lever_joiner=np.zeros((len(Flow), staff, years), np.int64),
        lever_fixed=np.zeros((staff, years), np.int64),
        donor=np.zeros(years, np.int64),
    )


def renumber(chosen: Index, size: int) -> Index:
    """Map of old to new numbers, -1 for what is left out and for -1 itself."""
    numbers = np.full(size + 1, -1, dtype=np.intp)
    numbers[chosen] = np.arange(len(chosen))
    return numbers


@dataclass(frozen=True)
class Choice:
    """What is kept of a specification, as old numbers in their new order."""

    trusts: Index
    cells: Index
    slots: Index
    pools: Index
    rows: Index
    lines: Index
    staff: Index


def select(
    spec: Specification, trusts: Sequence[int], groups: Collection[int] = range(len(GROUPS))
) -> Specification:
    """Keep some trusts, in the order given (region by region), and some groups of staff."""
    choice = _choose(spec, np.array(trusts, dtype=np.intp), groups)
    cells, slots = spec.cells, spec.slots
    trust = renumber(choice.trusts, len(spec.trusts))
    cell = renumber(choice.cells, len(cells.trust))
    pool = renumber(choice.pools, len(spec.pools.key))
    room = cells.slots[choice.cells]
    kept = {
        name: getattr(cells, name)[choice.cells]
        for name in (
            "group",
            "band",
            "klass",
            "option",
            "attraction",
            "key",
            "slots",
            "posts",
            "funded",
        )
    }
    new_trust = trust[cells.trust[choice.cells]].astype(np.int32)
    chosen = {name: getattr(slots, name)[choice.slots] for name in slots.__slots__}
    return freeze(
        replace(
            spec,
            trusts=tuple(spec.trusts[t] for t in choice.trusts),
            trust_region=tuple(spec.trust_region[t] for t in choice.trusts),
            cells=replace(
                cells,
                **kept,
                trust=new_trust,
                pool=pool[cells.pool[choice.cells]].astype(np.int32),
                staff=(new_trust * len(GROUPS) + kept["group"]).astype(np.int32),
                below=cell[cells.below[choice.cells]].astype(np.int32),
                first=(np.cumsum(room) - room).astype(np.int32),
            ),
            slots=replace(slots, **{**chosen, "cell": cell[chosen["cell"]].astype(np.int32)}),
            exits=replace(spec.exits, factor=spec.exits.factor[:, choice.cells]),
            hiring=replace(spec.hiring, hire_factor=spec.hiring.hire_factor[:, choice.trusts]),
            pools=_pools(spec.pools, choice),
            pulls=_pulls(spec.pulls, cell, trust),
            partners=_partners(spec, choice, cell, trust),
            replay=None if spec.replay is None else _replay(spec.replay, choice),
            training=_training(spec.training, choice, pool),
            places=replace(spec.places, member=spec.places.member[:, :, choice.trusts]),
            costs=_costs(spec.costs, choice),
            need_base=spec.need_base[choice.cells],
        )
    )


def _choose(spec: Specification, trusts: Index, groups: Collection[int]) -> Choice:
    regions = {spec.trust_region[t] for t in trusts}
    names = {GROUPS[g] for g in groups}
    wanted = np.isin(spec.cells.group, list(groups))
    cells = np.concatenate([np.flatnonzero((spec.cells.trust == t) & wanted) for t in trusts])
    slots = [spec.cells.first[c] + np.arange(spec.cells.slots[c]) for c in cells]
    pools = [
        i
        for i, (region, group, _) in enumerate(spec.pools.names)
        if region in regions and group in names
    ]
    lines = [i for i, (_, region) in enumerate(spec.training.names) if region in regions]
    return Choice(
        trusts=trusts,
        cells=cells,
        slots=np.concatenate(slots),
        pools=np.array(pools, np.intp),
        rows=np.flatnonzero(np.isin(spec.training.row_pool, pools)),
        lines=np.array(lines, np.intp),
        staff=(trusts[:, None] * len(GROUPS) + np.arange(len(GROUPS))).ravel(),
    )


def _pools(pools: Pools, choice: Choice) -> Pools:
    at = choice.pools
    return replace(
        pools,
        names=tuple(pools.names[p] for p in at),
        key=pools.key[at],
        opening=pools.opening[at],
        supply=pools.supply[:, at],
        return_rate=pools.return_rate[at],
        newly_qualified=pools.newly_qualified[at],
    )


def _pulls(pulls: Pulls, cell: Index, trust: Index) -> Pulls:
    """Keep entries of chosen trusts, and those outside the model, in the new order of trusts."""
    first, order = [0], []
    for start, stop in zip(pulls.first[:-1], pulls.first[1:], strict=True):
        entries = np.arange(start, stop)
        here = (pulls.cell[entries] < 0) | (cell[pulls.cell[entries]] >= 0)
        entries = entries[here]
        rank = np.where(pulls.cell[entries] < 0, len(trust), trust[pulls.trust[entries]])
        order.append(entries[np.argsort(rank, kind="stable")])
        first.append(first[-1] + len(entries))
    at = np.concatenate(order)
    return Pulls(
        first=np.array(first, np.int32),
        cell=cell[pulls.cell[at]].astype(np.int32),
        trust=trust[pulls.trust[at]].astype(np.int32),
        key=pulls.key[at],
        weight=pulls.weight[at],
    )


def _partners(spec: Specification, choice: Choice, cell: Index, trust: Index) -> Partners:
    """Keep entries of chosen trusts, in the new order of cells and of trusts."""
    partners, first, order = spec.partners, [0], []
    for old in choice.cells:
        entries = np.arange(partners.first[old], partners.first[old + 1])
        entries = entries[cell[partners.cell[entries]] >= 0]
        rank = trust[spec.cells.trust[partners.cell[entries]]]
        order.append(entries[np.argsort(rank, kind="stable")])
        first.append(first[-1] + len(entries))
    at = np.concatenate(order)
    return Partners(
        first=np.array(first, np.int32),
        cell=cell[partners.cell[at]].astype(np.int32),
        key=partners.key[at],
        weight=partners.weight[at],
    )


def _replay(replay: Replay, choice: Choice) -> Replay:
    pools = {name: getattr(replay, name)[choice.pools] for name in (*_REPLAYED, "age")}
    return replace(
        replay,
        **pools,
        staff_key=replay.staff_key[choice.staff],
        rival_cdf=replay.rival_cdf[choice.staff],
        rival_cells=replay.rival_cells[choice.cells],
    )


def _costs(costs: Costs, choice: Choice) -> Costs:
    return replace(
        costs,
        pay_class=costs.pay_class[choice.cells],
        lever_head=costs.lever_head[choice.staff],
        lever_share=costs.lever_share[choice.staff],
        lever_joiner=costs.lever_joiner[:, choice.staff],
        lever_fixed=costs.lever_fixed[choice.staff],
    )


def _training(training: Training, choice: Choice, pool: Index) -> Training:
    line = renumber(choice.lines, len(training.names))
    cohorts = np.flatnonzero(line[training.cohort_line] >= 0)
    cohort = renumber(cohorts, len(training.cohort_line))
    rows = {
        name: getattr(training, name)[choice.rows]
        for name in Training.__slots__
        if name.startswith("row_")
    }
    by_cohort = {
        name: getattr(training, name)[cohorts]
        for name in Training.__slots__
        if name.startswith("cohort_")
    }
    rows["row_cohort"] = cohort[rows["row_cohort"]].astype(np.int32)
    rows["row_pool"] = pool[rows["row_pool"]].astype(np.int32)
    by_cohort["cohort_line"] = line[by_cohort["cohort_line"]].astype(np.int32)
    desks = choice.pools[:: len(BAND_RANGES)] // len(BAND_RANGES)
    return replace(
        training,
        supervision=training.supervision[desks],
        names=tuple(training.names[i] for i in choice.lines),
        pathway=training.pathway[choice.lines],
        **rows,
        **by_cohort,
    )


def shorten(spec: Specification, months: int) -> Specification:
    """The same specification with fewer months; years of birth shift with the horizon."""
    shift = spec.cohort_offset - -(-months // 12)
    end = months + 1
    hiring = {name: getattr(spec.hiring, name)[..., :end] for name in _PATHS}
    replay = spec.replay
    if replay is not None:
        paths = {name: getattr(replay, name)[:, :end] for name in (*_REPLAYED, "rival_cells")}
        replay = replace(replay, **paths, rival_cdf=replay.rival_cdf[:, :end])
    training = spec.training
    tables = (
        *("step", "head", "cover", "donor"),
        *("lever_head", "lever_share", "lever_joiner", "lever_fixed"),
    )
    costs = {name: getattr(spec.costs, name)[..., : months // 12] for name in tables}
    return freeze(
        replace(
            spec,
            months=months,
            slots=replace(spec.slots, cohort=spec.slots.cohort - np.uint8(shift)),
            exits=replace(
                spec.exits,
                hazard=spec.exits.hazard[:, shift:, :end].copy(),
                retire_share=spec.exits.retire_share[:, shift:, :end].copy(),
            ),
            hiring=replace(spec.hiring, **hiring),
            pools=replace(
                spec.pools,
                supply=spec.pools.supply[..., :end],
                return_rate=spec.pools.return_rate[:, :end],
                supply_factor=spec.pools.supply_factor[:, :end],
            ),
            replay=replay,
            training=replace(
                training,
                row_cohort_age=(training.row_cohort_age - shift).astype(np.uint8),
                supervision=training.supervision[:, :end],
            ),
            places=replace(spec.places, epoch=spec.places.epoch[:end]),
            costs=replace(spec.costs, **costs),
            need_index=spec.need_index[..., :end],
        )
    )


def cell_name(spec: Specification, cell: int) -> Name:
    """Trust, group and band of a cell."""
    cells = spec.cells
    return (
        spec.trusts[cells.trust[cell]],
        GROUPS[cells.group[cell]],
        BANDS[cells.band[cell]],
    )


def by_name(spec: Specification, trace: Trace) -> dict[Name, NDArray[np.int32]]:
    """Every series of a trace by the name of its cell, pool or pathway line."""
    found: dict[Name, NDArray[np.int32]] = {}
    for cell in range(len(spec.cells.trust)):
        name = cell_name(spec, cell)
        found["stocks", *name] = trace.stocks[:, :, cell]
        found["flows", *name] = trace.flows[:, :, cell]
    for pool, names in enumerate(spec.pools.names):
        found["pool", *names] = trace.pool_stocks[:, :, pool]
        found["market", *names] = trace.pool_flows[:, :, pool]
    for line, names_of_line in enumerate(spec.training.names):
        found["trained", *names_of_line] = trace.training_flows[:, :, line]
        found["training", *names_of_line] = trace.training_stocks[:, :, line]
    return found


def region_of(spec: Specification, name: Name) -> str:
    """Region to which a named series belongs."""
    kind, *rest = name
    if kind in ("stocks", "flows"):
        return spec.trust_region[spec.trusts.index(rest[0])]
    return rest[0] if kind in ("pool", "market") else rest[-1]


def spells_by_name(spec: Specification, trace: Trace) -> set[tuple[Any, ...]]:
    """The spell log with posts and trainees by their keys in place of their numbers."""
    found = set()
    for spell in trace.spells.tolist():
        kind, person, person_turn, slot, *rest = spell
        keys = spec.training.row_key if kind else spec.slots.key
        found.add((kind, int(keys[person]), person_turn, int(spec.slots.key[slot]), *rest))
    return found


def thing_names(spec: Specification) -> dict[int, Name]:
    """Names of all things that may have keyed numbers, by key (section 2 of the law)."""
    names: dict[int, Name] = {}
    cells, training = spec.cells, spec.training
    for cell, key in enumerate(cells.key.tolist()):
        names[key] = ("cell", *cell_name(spec, cell))
    for slot, key in enumerate(spec.slots.key.tolist()):
        cell = int(spec.slots.cell[slot])
        serial = str(slot - int(cells.first[cell]))
        names[key] = ("post", *cell_name(spec, cell), serial)
    for key, pool in zip(spec.pools.key.tolist(), spec.pools.names, strict=True):
        names[key] = ("pool", *pool)
    for row, key in enumerate(training.row_key.tolist()):
        cohort = int(training.row_cohort[row])
        names[key] = ("trainee", *_cohort(spec, cohort), str(training.row_place[row]))
    for cohort, key in enumerate(training.cohort_key.tolist()):
        names[key] = ("cohort", *_cohort(spec, cohort))
    if spec.replay is not None:
        for staff, key in enumerate(spec.replay.staff_key.tolist()):
            trust, group = divmod(staff, len(GROUPS))
            names[key] = ("staff", spec.trusts[trust], GROUPS[group])
    return names


def _cohort(spec: Specification, cohort: int) -> Name:
    training = spec.training
    line = training.names[training.cohort_line[cohort]]
    return (*line, str(training.cohort_start[cohort]))


def differing(one: Any, two: Any, path: str = "spec") -> list[str]:
    """Names of everything that differs between two specifications or summaries."""
    if isinstance(one, np.ndarray) or isinstance(two, np.ndarray):
        same = (
            isinstance(one, np.ndarray)
            and isinstance(two, np.ndarray)
            and one.dtype == two.dtype
            and np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
        )
        return [] if same else [path]
    if hasattr(type(one), "__dataclass_fields__") and type(one) is type(two):
        parts = ((name, getattr(one, name), getattr(two, name)) for name in type(one).__slots__)
        return [text for name, a, b in parts for text in differing(a, b, f"{path}.{name}")]
    if isinstance(one, list | tuple) and isinstance(two, list | tuple) and len(one) == len(two):
        pairs = enumerate(zip(one, two, strict=True))
        return [text for i, (a, b) in pairs for text in differing(a, b, f"{path}[{i}]")]
    return [] if one == two else [path]
