"""Generated specifications: small worlds with everything switched on, and their extremes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import poisson

from simulator import keyed
from simulator.domain.words import BAND_RANGE_OF, BANDS, GROUPS, Phase
from simulator.model.specification import (
    NEVER,
    QUANTILES,
    Cells,
    Exits,
    Hiring,
    Places,
    Pools,
    Pulls,
    Replay,
    Slots,
    Specification,
    Training,
    freeze,
)

COHORTS = 96


@dataclass(frozen=True)
class World:
    """Choices that shape a generated specification."""

    seed: int = 1
    regions: int = 2
    trusts: int = 2  # in each region
    groups: tuple[int, ...] = (0, 2)
    bands: tuple[int, ...] = (3, 4, 5, 6)
    posts: int = 6  # at most, in a cell
    months: int = 36
    draws: int = 2
    replications: int = 4
    leaving: float = 0.25  # hazard a year
    growth: float = 0.05  # of posts, a year; negative shrinks
    success: float = 0.8
    move_share: float = 0.3
    internal_share: float = 0.6
    supply: float = 0.6  # candidates a month and pool
    intake: float = 2.0  # starters a cohort
    poisson_intake: bool = False
    min_months: int = 6
    retire_share: float = 0.15
    vacant: float = 0.15  # share of opening posts
    replay: bool = False


def build(world: World) -> Specification:
    """Make the specification of a world; the same world gives the same specification."""
    rng = np.random.default_rng(world.seed)
    regions = tuple(f"Y{r}" for r in range(world.regions))
    trusts = [(f"T{r}{t}", regions[r]) for r in range(world.regions) for t in range(world.trusts)]
    pools, pool_of = _pools(world, regions, rng)
    cells, rows = _cells(world, trusts, pool_of, rng)
    training = _training(world, regions, pool_of, rng)
    pulls, option = _pulls(world, trusts, rows, rng)
    cells = replace(cells, option=option)
    replay = _replay(world, cells, len(trusts), len(pools.key), rng) if world.replay else None
    classes = 2
    index = np.cumprod(
        1 + np.concatenate([np.zeros((classes, world.draws, 1)),
                            (world.growth + rng.normal(0, 0.02, (classes, world.draws, world.months))) / 12], axis=2),
        axis=2,
    )
    spec = Specification(
        seed=world.seed,
        months=world.months,
        draws=world.draws,
        replications=world.replications,
        first_replication=0,
        trusts=tuple(code for code, _ in trusts),
        trust_region=tuple(region for _, region in trusts),
        start="2026-03",
        cells=_roomy(cells, index),
        slots=_slots(world, _roomy(cells, index), rng),
        exits=_exits(world, len(cells.trust), classes, rng),
        hiring=_hiring(world, index, len(trusts), classes, rng),
        pools=pools,
        pulls=pulls,
        replay=replay,
        training=training,
        places=_places(trusts, world.months),
        need_base=cells.posts.astype(float),
        need_index=index,
    )
    return freeze(spec)


def _pools(world, regions, rng):
    names = [(region, GROUPS[g], r) for region in regions for g in world.groups
             for r in ("entry", "middle", "senior")]
    count = len(names)
    pools = Pools(
        names=tuple(names),
        key=np.array([keyed.name_key("pool|" + "|".join(n)) for n in names], np.uint64),
        opening=rng.integers(0, 3, count).astype(np.int32),
        supply=np.repeat(rng.uniform(0, 2 * world.supply, (count, 1)), world.months + 1, axis=1),
        supply_factor=rng.uniform(0.8, 1.2, world.draws),
        supply_loss=float(rng.uniform(0.1, 0.5)),
        newly_qualified=rng.choice([0.0, 0.2, 0.5], count),
    )
    return pools, {name: i for i, name in enumerate(names)}


def _cells(world, trusts, pool_of, rng):
    rows = []
    for t, (_, region) in enumerate(trusts):
        for g in world.groups:
            for b in world.bands:
                posts = int(rng.integers(0, world.posts + 1)) if world.posts else 0
                if rng.random() < 0.1:
                    continue  # a cell that does not exist: an empty band below
                rows.append((t, g, b, pool_of[region, GROUPS[g], BAND_RANGE_OF[BANDS[b]]], posts))
    number = {(t, g, b): i for i, (t, g, b, _, _) in enumerate(rows)}
    table = np.array(rows, dtype=np.int32).reshape(-1, 5)
    codes = [trusts[t][0] for t in table[:, 0]]
    key = [keyed.name_key(f"cell|{c}|{GROUPS[g]}|{BANDS[b]}")
           for c, g, b in zip(codes, table[:, 1], table[:, 2], strict=True)]
    cells = Cells(
        trust=table[:, 0].copy(),
        group=table[:, 1].copy(),
        band=table[:, 2].copy(),
        pool=table[:, 3].copy(),
        klass=(table[:, 1] % 2).astype(np.int32),
        staff=(table[:, 0] * len(GROUPS) + table[:, 1]).astype(np.int32),
        below=np.array([number.get((t, g, b - 1), -1) for t, g, b, _, _ in rows], np.int32),
        option=np.zeros(len(rows), np.int32),
        key=np.array(key, np.uint64),
        first=np.zeros(len(rows), np.int32),
        slots=np.zeros(len(rows), np.int32),
        posts=table[:, 4].copy(),
    )
    return cells, rows


def _roomy(cells, index):
    room = np.floor(cells.posts * index[cells.klass].max(axis=(1, 2)) + 1).astype(np.int32)
    room = np.maximum(room, cells.posts)
    first = np.concatenate([[0], np.cumsum(room)[:-1]]).astype(np.int32)
    return replace(cells, slots=room, first=first)


def _slots(world, cells, rng):
    cell = np.repeat(np.arange(len(cells.slots)), cells.slots)
    serial = np.arange(len(cell)) - np.repeat(cells.first, cells.slots)
    count = len(cell)
    exists = serial < cells.posts[cell]
    vacant = exists & (rng.random(count) < world.vacant)
    stage = rng.choice([Phase.APPROVAL, Phase.ADVERT, Phase.AGREED], count)
    phase = np.where(vacant, stage, np.where(exists, Phase.FILLED, Phase.ABSENT))
    key = [keyed.part_key(int(cells.key[c]), int(s)) for c, s in zip(cell, serial, strict=True)]
    offset = -(-world.months // 12)
    return Slots(
        cell=cell.astype(np.int32),
        key=np.array(key, np.uint64),
        fte=rng.choice([100, 100, 100, 60, 80], count).astype(np.int32),
        phase=phase.astype(np.uint8),
        due=np.where(vacant, rng.integers(1, 6, count), 0).astype(np.uint8),
        cohort=(rng.integers(18, 66, count) + offset).astype(np.uint8),
        origin=-rng.integers(0, 60, count).astype(np.int32),
        eligible=rng.integers(0, 24, count).astype(np.uint8),
    )


def _exits(world, cells, classes, rng):
    hazard = np.full((classes, COHORTS, world.months + 1), world.leaving / 12)
    hazard *= rng.uniform(0.5, 1.5, (classes, COHORTS, 1))
    hazard[:, :, 0] = 0
    share = np.clip(rng.uniform(0, 2 * world.retire_share, (classes, COHORTS, 1)), 0, 1)
    return Exits(
        hazard=hazard,
        retire_share=np.repeat(share, world.months + 1, axis=2),
        factor=rng.uniform(0.7, 1.4, (world.draws, cells)),
        tenure=(1.5, 1.2),
    )


def _hiring(world, index, trusts, classes, rng):
    path = np.ones((classes, world.months + 1))

    def spread(median):
        return median * np.exp(np.linspace(-1, 1, QUANTILES) * 0.8)

    return Hiring(
        post_index=index,
        hire_factor=rng.uniform(0.7, 1.4, (world.draws, trusts)),
        hire_path=path * rng.uniform(0.8, 1.2, (classes, 1)),
        internal_share=path * world.internal_share,
        success=path * world.success,
        approval_quantiles=spread(1.5),
        round_quantiles=spread(1.2),
        notice_quantiles=spread(1.4),
        joiner_ages=np.sort(rng.integers(18, 60, QUANTILES)).astype(np.int64),
        min_months=world.min_months,
        move_share=world.move_share,
        congestion=0.5,
    )


def _pulls(world, trusts, rows, rng):
    """Options by (region, group, band); with ``replay`` each has one trust outside the model."""
    options, entries = [], []
    number = {}
    for i, (t, g, b, _, posts) in enumerate(rows):
        number.setdefault((trusts[t][1], g, b), []).append((i, t, posts))
    option = np.zeros(len(rows), np.int32)
    for o, members in enumerate(number.values()):
        options.append(len(entries))
        for i, t, posts in members:
            option[i] = o
            if posts:
                entries.append((i, t, keyed.name_key("trust|" + trusts[t][0]), float(posts)))
        if world.replay:
            entries.append((-1, -1, keyed.name_key("trust|elsewhere"), 3.0))
    options.append(len(entries))
    columns = list(zip(*entries, strict=True)) if entries else [(), (), (), ()]
    pulls = Pulls(
        first=np.array(options, np.int32),
        cell=np.array(columns[0], np.int32),
        trust=np.array(columns[1], np.int32),
        key=np.array(columns[2], np.uint64),
        weight=np.array(columns[3], np.float64),
    )
    return pulls, option


def _replay(world, cells, trusts, pools, rng):
    months, staff = world.months, trusts * len(GROUPS)
    present = np.isin(np.arange(staff), cells.staff)
    mean = np.where(present, rng.uniform(0, 0.6, staff), 0.0)
    width = 12
    cdf = np.full((staff, months + 1, width + 1), 2.0)
    cdf[:, :, :width] = poisson.cdf(np.arange(width), mean[:, None])[:, None, :]
    share = np.zeros(len(cells.staff))
    for s in np.unique(cells.staff):
        of = cells.staff == s
        share[of] = np.cumsum(np.full(of.sum(), 1 / of.sum()))
        share[np.flatnonzero(of)[-1]] = 2.0
    names = [f"staff|T|{i}" for i in range(staff)]
    flat = np.ones((pools, months + 1))
    return Replay(
        digest="generated",
        ratio=flat * rng.uniform(0.3, 1, (pools, 1)),
        graduate=flat * rng.uniform(0, 1, (pools, 1)),
        experienced=flat * rng.uniform(0.5, 1, (pools, 1)),
        age=rng.integers(21, 30, pools).astype(np.int32),
        staff_key=np.array([keyed.name_key(n) for n in names], np.uint64),
        rival_cdf=cdf,
        rival_cells=np.repeat(share[:, None], months + 1, axis=1),
    )


def _training(world, regions, pool_of, rng):
    """Two pathways in each region: three cohorts in study, two with people waiting, one a year after."""
    lines, cohorts, rows = [], [], []
    duration = (9, 14)
    for p, name in enumerate(("short", "long")):
        for region in regions:
            group = GROUPS[world.groups[p % len(world.groups)]]
            pool = pool_of[region, group, "entry" if p == 0 else "middle"]
            line = len(lines)
            lines.append((name, region, p))
            starts = [-duration[p] - 2, -4, -1, *range(3, world.months + 1, 7)]
            for start in starts:
                _cohort(world, cohorts, rows, (line, name, region, start, duration[p], pool), rng)
    rows.sort(key=lambda r: (r[2], r[4], r[6], r[7], r[1]))
    column = list(zip(*rows, strict=True))
    study = np.zeros((2, max(duration) + 1))
    study[:, 1:] = rng.uniform(0, 0.4, (2, max(duration)))
    means = np.array([c[3] for c in cohorts])
    cdf = np.full((len(cohorts), 14), 2.0)
    if world.poisson_intake:
        cdf[:, :13] = poisson.cdf(np.arange(13), means[:, None])
    return Training(
        names=tuple((name, region) for name, region, _ in lines),
        pathway=np.array([p for _, _, p in lines], np.int32),
        drop_hazard=study,
        duration=np.array(duration, np.int32),
        seek_share=rng.uniform(0.5, 1, 2),
        give_up_hazard=1.5,
        cohort_line=np.array([c[0] for c in cohorts], np.int32),
        cohort_start=np.array([c[1] for c in cohorts], np.int32),
        cohort_key=np.array([c[2] for c in cohorts], np.uint64),
        cohort_mean=means,
        cohort_cdf=cdf,
        row_cohort=np.array(column[0], np.int32),
        row_place=np.array(column[1], np.int32),
        row_key=np.array([keyed.part_key(int(cohorts[c][2]), q)
                          for c, q in zip(column[0], column[1], strict=True)], np.uint64),
        row_pool=np.array(column[2], np.int32),
        row_status=np.array(column[3], np.uint8),
        row_ready=np.array(column[4], np.int32),
        row_cohort_age=np.array(column[5], np.uint8),
    )


def _cohort(world, cohorts, rows, who, rng):
    line, name, region, start, duration, pool = who
    key = keyed.name_key(f"cohort|{name}|{region}|{start}")
    mean = float(rng.uniform(0, 2 * world.intake))
    number = len(cohorts)
    cohorts.append((line, start, key, mean))
    ready = start + duration
    status = 0 if start >= 1 else (1 if ready >= 1 else 2)
    places = int(mean) + 1 if status == 0 else int(rng.integers(0, 4))
    if world.poisson_intake and status == 0:
        places = 13
    offset = -(-world.months // 12)
    age = min(23 + offset - (ready - 1) // 12, NEVER)
    for place in range(places):
        rows.append((number, place, pool, status, ready, age, name, start))


def _places(trusts, months):
    names = tuple(("trust", code) for code, _ in trusts)
    return Places(
        names=names,
        titles=tuple(code for code, _ in trusts),
        member=np.eye(len(trusts), dtype=bool)[None],
        epoch=np.zeros(months + 1, np.int32),
    )
