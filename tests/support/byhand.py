"""Specifications small enough to work by hand, in which nothing happens by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, exp
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import (
    BAND_RANGE_OF,
    BAND_RANGES,
    BANDS,
    CANDIDATES,
    GROUPS,
    Flow,
    Phase,
    PoolStock,
    Stock,
)
from simulator.keyed import (
    name_key,
    part_keys,
)
from simulator.model.specification import (
    QUANTILES,
    Cells,
    Exits,
    Hiring,
    Partners,
    Places,
    Pools,
    Pulls,
    Replay,
    Slots,
    Specification,
    Training,
)
from simulator.results.trace import Trace
from tests.support.parts import no_costs

AGES = 90
NEVER_LEAVES, AT_ONCE = 0.0, 1e9


class Cell(NamedTuple):
    """A cell of a hand-made specification."""

    region: str
    trust: str
    group: str
    band: str
    posts: int
    slots: int


class Cohort(NamedTuple):
    """A cohort of a hand-made specification; ``status`` as in the trainee rows."""

    region: str
    start: int
    places: int
    status: int = 0


def table(value: float) -> NDArray[np.float64]:
    """A quantile table of one value."""
    return np.full(QUANTILES, value)


def build(
    cells: Sequence[Cell],
    *,
    months: int = 24,
    draws: int = 1,
    phases: dict[int, Phase] | None = None,
    cohorts: Sequence[Cohort] = (),
    outside: Sequence[tuple[str, str, float]] = (),
    seed: int = 7,
    duration: int = 12,
) -> Specification:
    """Make a specification in which nothing happens by itself: no exits, growth or hires.

    Each cell's first ``posts`` posts are filled by people aged 40 who joined ten years ago, and
    its other posts are absent; ``phases`` sets others by slot. All durations are one month. All
    bands of all trusts share one lever class. ``outside`` lists trusts of a region that are not
    modelled, with their weight in every group and band.
    """
    cells = sorted(cells, key=lambda c: (c.region, c.trust, c.group, BANDS.index(c.band)))
    trusts = list(dict.fromkeys((c.region, c.trust) for c in cells))
    where = {(c.region, c.trust, c.group, c.band): i for i, c in enumerate(cells)}
    desks = sorted({(c.region, c.group) for c in cells})
    pool_names = [(*desk, name) for desk in desks for name in BAND_RANGES]
    firsts = np.cumsum([0, *[c.slots for c in cells]])
    options = sorted({(c.region, c.group, c.band) for c in cells})
    staff = [trusts.index(c[:2]) * len(GROUPS) + GROUPS.index(c.group) for c in cells]
    cell_key = [name_key(f"cell|{c.trust}|{c.group}|{c.band}") for c in cells]

    def below(c: Cell) -> int:
        found = -1
        for band in BANDS[: BANDS.index(c.band)]:
            found = where.get((c.region, c.trust, c.group, band), found)
        return found

    frame = Cells(
        trust=np.array([trusts.index(c[:2]) for c in cells], np.int32),
        group=np.array([GROUPS.index(c.group) for c in cells], np.int32),
        band=np.array([BANDS.index(c.band) for c in cells], np.int32),
        pool=np.array(
            [pool_names.index((c.region, c.group, BAND_RANGE_OF[c.band])) for c in cells], np.int32
        ),
        klass=np.zeros(len(cells), np.int32),
        staff=np.array(staff, np.int32),
        below=np.array([below(c) for c in cells], np.int32),
        option=np.array([options.index((c.region, c.group, c.band)) for c in cells], np.int32),
        attraction=np.ones(len(cells)),
        key=np.array(cell_key, np.uint64),
        first=firsts[:-1].astype(np.int32),
        slots=np.array([c.slots for c in cells], np.int32),
        posts=np.array([c.posts for c in cells], np.int32),
        funded=np.array([c.posts for c in cells], np.int32),
    )
    return Specification(
        seed=seed,
        months=months,
        draws=draws,
        replications=1,
        first_replication=0,
        trusts=tuple(code for _, code in trusts),
        trust_region=tuple(region for region, _ in trusts),
        start="2025-04",
        cells=frame,
        slots=build_slots(cells, frame, phases or {}, months),
        exits=Exits(
            hazard=np.full((1, AGES, months + 1), NEVER_LEAVES),
            retire_share=np.zeros((1, AGES, months + 1)),
            factor=np.ones((draws, len(cells))),
            tenure=(1.0, 1.0),
            break_share=0.0,
        ),
        hiring=Hiring(
            post_index=np.ones((1, draws, months + 1)),
            hire_factor=np.ones((draws, len(trusts))),
            hire_path=np.ones((1, months + 1)),
            internal_share=np.zeros((1, months + 1)),
            internal_factor=np.ones(draws),
            success=np.zeros((1, months + 1)),
            success_factor=np.ones(draws),
            attraction_path=np.ones((1, months + 1)),
            frozen_share=np.zeros((1, months + 1)),
            thaw=np.arange(1, months + 2, dtype=np.int32)[None],
            pooled_share=np.zeros((1, months + 1)),
            approval_quantiles=table(1.0),
            round_quantiles=table(1.0),
            again_quantiles=table(1.0),
            notice_quantiles=table(1.0),
            joiner_ages=np.full(QUANTILES, 30),
            min_months=12,
            move_share=0.0,
            mover_rate=np.full(draws, 1e9),
            congestion=np.zeros(draws),
            step_months=np.tile(np.array([24, 60], np.int32), (len(BANDS), 1)),
        ),
        pools=Pools(
            names=tuple(pool_names),
            key=np.array([name_key("pool|" + "|".join(p)) for p in pool_names], np.uint64),
            opening=np.zeros((len(pool_names), len(PoolStock)), np.int32),
            supply=np.zeros((len(CANDIDATES), len(pool_names), months + 1)),
            return_rate=np.zeros((len(pool_names), months + 1)),
            forget_rate=0.0,
            supply_factor=np.ones((draws, months + 1)),
            supply_loss=1.0,
            newly_qualified=np.zeros(len(pool_names)),
        ),
        pulls=build_pulls(cells, trusts, where, options, outside),
        partners=build_partners(cells),
        replay=None,
        training=build_training(cohorts, pool_names, duration, months, draws),
        places=Places((), (), np.zeros((1, 0, len(trusts)), bool), np.zeros(months + 1, np.int32)),
        costs=no_costs(len(cells), len(trusts), months),
        need_base=np.ones(len(cells)),
        need_index=np.ones((1, draws, months + 1)),
    )


def build_slots(
    cells: Sequence[Cell], frame: Cells, phases: dict[int, Phase], months: int
) -> Slots:
    """Posts of a hand-made specification."""
    cell = np.repeat(np.arange(len(cells)), frame.slots)
    serial = np.arange(len(cell)) - frame.first[cell]
    phase = np.where(serial < frame.posts[cell], Phase.FILLED, Phase.ABSENT).astype(np.uint8)
    for slot, value in phases.items():
        phase[slot] = value
    keys = [part_keys(int(k), int(n)) for k, n in zip(frame.key, frame.slots, strict=True)]
    return Slots(
        cell=cell.astype(np.int32),
        key=np.concatenate(keys),
        fte=np.full(len(cell), 100, np.int32),
        phase=phase,
        due=np.where(phase > Phase.FILLED, 1, 0).astype(np.uint8),
        cohort=np.full(len(cell), 40 + ceil(months / 12), np.uint8),
        origin=np.full(len(cell), -120, np.int32),
        eligible=np.ones(len(cell), np.uint8),
        band_start=np.full(len(cell), -120, np.int32),
    )


def build_pulls(
    cells: Sequence[Cell],
    trusts: list[tuple[str, str]],
    where: dict[tuple[str, str, str, str], int],
    options: list[tuple[str, str, str]],
    outside: Sequence[tuple[str, str, float]],
) -> Pulls:
    """Pull options: modelled trusts weigh their opening posts."""
    first, rows = [0], []
    for region, group, band in options:
        for index, trust in enumerate(trusts):
            cell = where.get((*trust, group, band))
            if trust[0] == region and cell is not None and cells[cell].posts:
                rows.append((trust[1], cell, index, float(cells[cell].posts)))
        rows += [(code, -1, -1, weight) for where_, code, weight in outside if where_ == region]
        first.append(len(rows))
    return Pulls(
        first=np.array(first, np.int32),
        cell=np.array([r[1] for r in rows], np.int32),
        trust=np.array([r[2] for r in rows], np.int32),
        key=np.array([name_key(f"trust|{r[0]}") for r in rows], np.uint64),
        weight=np.array([r[3] for r in rows], np.float64),
    )


def build_partners(cells: Sequence[Cell]) -> Partners:
    """Each region is one care system: the cell of each trust at the highest band below."""
    first, rows = [0], []
    for c in cells:
        below = {
            other.trust: i
            for i, other in enumerate(cells)
            if (other.region, other.group) == (c.region, c.group)
            and BANDS.index(other.band) < BANDS.index(c.band)
        }
        rows += list(below.values())
        first.append(len(rows))
    return Partners(
        first=np.array(first, np.int32),
        cell=np.array(rows, np.int32),
        key=np.array([name_key(f"trust|{cells[i].trust}") for i in rows], np.uint64),
        weight=np.array([float(cells[i].posts) for i in rows]),
    )


def build_training(
    cohorts: Sequence[Cohort],
    pools: list[tuple[str, str, str]],
    duration: int,
    months: int,
    draws: int,
) -> Training:
    """One pathway (data, entry bands) in each region, nobody drops out and all seek a post."""
    regions = sorted({c.region for c in cohorts})
    rows: list[tuple[int, int, int, int, int, int, int]] = []
    for h, c in enumerate(cohorts):
        pool = pools.index((c.region, "data", "entry"))
        ready = c.start + duration
        key = part_keys(name_key(f"cohort|degree|{c.region}|{c.start}"), c.places)
        rows += [(pool, ready, h, p, int(key[p]), c.status, c.start) for p in range(c.places)]
    rows.sort()

    def column(i: int, kind: Any) -> NDArray[Any]:
        return np.array([r[i] for r in rows], dtype=kind)

    return Training(
        names=tuple(("degree", region) for region in regions),
        pathway=np.zeros(len(regions), np.int32),
        drop_hazard=np.zeros((1, duration + 1)),
        duration=np.array([duration], np.int32),
        seek_share=np.array([1.0]),
        supervised=np.zeros(1, np.bool_),
        converts=np.zeros(1, np.bool_),
        drop_factor=np.ones(draws),
        supervision=np.zeros((len(pools) // len(BAND_RANGES), months + 1)),
        give_up_hazard=0.0,
        cohort_line=np.array([regions.index(c.region) for c in cohorts], np.int32),
        cohort_start=np.array([c.start for c in cohorts], np.int32),
        cohort_key=np.array(
            [name_key(f"cohort|degree|{c.region}|{c.start}") for c in cohorts], np.uint64
        ),
        cohort_mean=np.array([float(c.places) for c in cohorts]),
        cohort_cdf=np.full((len(cohorts), 1), 2.0),
        row_cohort=column(2, np.int32),
        row_place=column(3, np.int32),
        row_key=column(4, np.uint64),
        row_pool=column(0, np.int32),
        row_status=column(5, np.uint8),
        row_ready=column(1, np.int32),
        row_cohort_age=np.full(len(rows), 22, np.uint8),
    )


def exits(spec: Specification, hazard: float, **changes: Any) -> Specification:
    """The same specification with one monthly hazard for everybody."""
    table_ = np.full_like(spec.exits.hazard, hazard)
    return replace(spec, exits=replace(spec.exits, hazard=table_, **changes))


def hiring(spec: Specification, **changes: Any) -> Specification:
    """The same specification with other hiring; plain numbers fill whole tables."""
    for name, value in changes.items():
        old = getattr(spec.hiring, name)
        if isinstance(old, np.ndarray) and not isinstance(value, np.ndarray):
            changes[name] = np.full_like(old, value)
    return replace(spec, hiring=replace(spec.hiring, **changes))


def pools(spec: Specification, **changes: Any) -> Specification:
    """The same specification with other pools; plain numbers fill whole tables.

    ``opening`` and ``supply`` are of experienced candidates, unless there is a tuple by kind.
    """
    for name, value in changes.items():
        old = getattr(spec.pools, name)
        if name in ("opening", "supply"):
            kinds = value if isinstance(value, tuple) else (value,)
            changes[name] = np.zeros_like(old)
            by_kind = changes[name].T if name == "opening" else changes[name]
            for kind, number_of_it in enumerate(kinds):
                by_kind[kind] = number_of_it
        elif isinstance(old, np.ndarray) and not isinstance(value, np.ndarray):
            changes[name] = np.full_like(old, value)
    return replace(spec, pools=replace(spec.pools, **changes))


def training(spec: Specification, **changes: Any) -> Specification:
    """The same specification with other training."""
    return replace(spec, training=replace(spec.training, **changes))


def cells_of(spec: Specification, **changes: Any) -> Specification:
    """The same specification with other cells."""
    return replace(spec, cells=replace(spec.cells, **changes))


def happened(trace: Trace, flow: Flow, cell: int = 0) -> dict[int, int]:
    """Months in which a flow of a cell was not zero."""
    values = trace.flows[0, :, cell, flow]
    return {int(m): int(values[m]) for m in np.flatnonzero(values)}


def phase_of(trace: Trace, stock: Stock, cell: int = 0) -> list[int]:
    """A stock of a cell, by month."""
    return [int(x) for x in trace.stocks[0, :, cell, stock]]


ONE = Cell("R1", "A", "data", "6", 1, 1)
WILLING = Cell("R1", "A", "data", "7", 1, 1)
"""Somebody in the same pool, without whom nobody is willing to move."""


def world_of_two_regions(
    months: int = 36, extra: Sequence[Cell] = (), seed: int = 7
) -> Specification:
    """Two regions, five trusts, two groups, three bands, with everything going on."""
    cells = [
        Cell(region, trust, group, band, n, 2 * n + 4)
        for region, codes in (("R1", "ABC"), ("R2", "DE"))
        for trust in codes
        for group in ("data", "digital")
        for band, n in (("5", 9), ("6", 7), ("7", 4))
    ]
    cohorts = [
        Cohort(region, start, 5, 1 if start <= 0 else 0)
        for region in ("R1", "R2")
        for start in (-6, 3, 15)
    ]
    spec = build(
        [*cells, *extra],
        months=months,
        draws=2,
        phases={0: Phase.APPROVAL, 3: Phase.ADVERT, 4: Phase.AGREED},
        cohorts=cohorts,
        outside=[("R1", "Z", 8.0)],
        seed=seed,
    )
    path = 1.0 + 0.15 * np.sin(np.arange(months + 1) / 6.0)
    path[0] = 1.0
    spread = np.linspace(0.5, 5.0, QUANTILES)
    spec = hiring(
        spec,
        post_index=np.broadcast_to(path, (1, 2, months + 1)).copy(),
        hire_factor=1.1,
        internal_share=0.6,
        success=0.8,
        approval_quantiles=spread,
        round_quantiles=spread,
        again_quantiles=spread,
        notice_quantiles=spread,
        move_share=0.4,
        congestion=0.5,
        min_months=6,
        frozen_share=0.2,
        thaw=np.minimum(np.arange(months + 1) + 4, 254).astype(np.int32)[None],
        pooled_share=0.4,
        internal_factor=np.array([0.9, 1.2]),
        success_factor=np.array([0.9, 1.1]),
        attraction_path=path[None],
    )
    attraction = np.array([1.0 + 0.1 * (ord(spec.trusts[t]) % 5) for t in spec.cells.trust])
    spec = replace(spec, cells=replace(spec.cells, attraction=attraction))
    spec = pools(
        spec,
        supply=(0.4, 0.1, 0.3),
        supply_loss=0.2,
        opening=(1, 1, 1, 2),
        return_rate=0.2,
        forget_rate=0.05,
        newly_qualified=0.5,
    )
    spec = training(
        spec,
        drop_hazard=np.full((1, 13), 0.2),
        seek_share=np.array([0.8]),
        give_up_hazard=1.0,
        supervised=np.ones(1, np.bool_),
        supervision=np.full_like(spec.training.supervision, 0.25),
        drop_factor=np.array([0.8, 1.2]),
    )
    retire = np.full_like(spec.exits.retire_share, 0.3)
    return exits(spec, 0.03, retire_share=retire, break_share=0.4)


def with_rivals(spec: Specification) -> Specification:
    """The same specification with the rest of the region replayed."""
    count, months, size = spec.staff_count, spec.months, len(spec.pools.names)
    shares = np.zeros((len(spec.cells.first), months + 1))
    for staff in set(spec.cells.staff.tolist()):
        mine = np.flatnonzero(spec.cells.staff == staff)
        shares[mine] = ((np.arange(len(mine)) + 1.0) / len(mine))[:, None]
    cdf = np.broadcast_to([exp(-1.0), 2 * exp(-1.0), 0.99, 2.0], (count, months + 1, 4)).copy()
    replay = Replay(
        digest="",
        ratio=np.full((size, months + 1), 0.7),
        move=np.ones((size, months + 1)),
        graduate=np.full((size, months + 1), 0.5),
        experienced=np.full((size, months + 1), 0.5),
        converted=np.full((size, months + 1), 0.4),
        returning=np.full((size, months + 1), 0.3),
        international=np.full((size, months + 1), 0.3),
        response=np.ones((size, months + 1)),
        move_response=np.ones((size, months + 1)),
        age=np.full(size, 23, np.int32),
        staff_key=np.array(
            [name_key(f"staff|{t}|{g}") for t in spec.trusts for g in GROUPS], np.uint64
        ),
        rival_cdf=cdf,
        rival_cells=shares,
    )
    return replace(spec, replay=replay)
