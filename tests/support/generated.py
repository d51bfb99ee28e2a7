"""Generated specifications: small worlds with everything switched on, and their extremes.

A world is built from its fields alone, so a failing one can be named in a line. ``CHOICES`` holds
the values that generated worlds take; ``draw_world`` draws from them by a seeded generator, and
the strategy ``worlds`` by Hypothesis, which shrinks towards the first value of each.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import pi
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import poisson

from simulator import keyed
from simulator.domain.words import (
    BAND_RANGE_OF,
    BAND_RANGES,
    BANDS,
    CANDIDATES,
    GROUPS,
    PEOPLE_IN,
    Flow,
    Phase,
    PoolStock,
)
from simulator.model.specification import (
    F64,
    NEVER,
    QUANTILES,
    Cells,
    Costs,
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
    freeze,
)

COHORTS = 96
DURATIONS = (9, 14)
"""Months of study on the two pathways."""
SYSTEM = 3
"""Trusts of a care system."""
PAY_CLASSES = 3
WIDTH = 13
"""Entries of a cumulative distribution before its padding."""


@dataclass(frozen=True)
class World:
    """Choices that shape a generated specification."""

    seed: int = 1
    regions: int = 2
    trusts: int = 2  # in each region
    groups: tuple[int, ...] = (0, 2)
    empty: tuple[int, ...] = ()  # groups that have pools but no posts
    bands: tuple[int, ...] = (3, 4, 5, 6)
    gaps: float = 0.1  # share of cells that do not exist: an empty band below
    posts: int = 6  # at most, in a cell
    months: int = 36
    draws: int = 2
    leaving: float = 0.25  # hazard a year
    growth: float = 0.05  # of posts, a year; negative shrinks
    dip: float = 0.0  # share of posts that go and come back over the horizon
    varying: float = 0.3  # how far paths change from month to month
    success: float = 0.8
    move_share: float = 0.3
    mover_rate: float = 0.1  # colleagues who would move, a month and head
    internal_share: float = 0.6
    supply: float = 0.6  # candidates a month and pool
    intake: float = 2.0  # starters a cohort
    poisson_intake: bool = False
    give_up: float = 1.5  # hazard a year of graduates who wait
    min_months: int = 6
    retire_share: float = 0.15
    vacant: float = 0.15  # share of opening posts
    replay: bool = False
    alike: bool = False  # one class of levers for all cells
    drawn: float = 0.3  # how far factors differ between draws
    frozen: float = 0.15  # share of vacancies held back
    freeze: int = 6  # months at most that they are
    pooled: float = 0.4  # share of vacancies offered to the care system
    attraction: float = 0.4  # spread (log) between trusts
    break_share: float = 0.3  # of those who leave
    return_rate: float = 0.08  # a month
    forget_rate: float = 0.02  # a month
    abroad: float = 0.3  # candidates from abroad, and as many from a break, to one experienced
    supervised: tuple[bool, bool] = (True, True)  # by pathway
    converts: tuple[bool, bool] = (False, True)  # by pathway
    supervision: float = 0.15  # trainees for each head of the middle and senior bands
    step: int = 30  # months at most before the second pay point
    over: int = 0  # opening posts of a cell at most that have no money behind them

    @property
    def staffed(self) -> list[int]:
        """Groups that have posts."""
        return sorted(set(self.groups) - set(self.empty) or set(self.groups))

    def changed(self) -> str:
        """The fields that are not at their defaults, to name a world in a line."""
        given = ((f.name, getattr(self, f.name), f.default) for f in fields(self))
        return f"World({', '.join(f'{n}={v!r}' for n, v, usual in given if v != usual)})"


CHOICES: dict[str, tuple[Any, ...]] = {
    "regions": (2, 1, 3),
    "trusts": (3, 1, 2, 4),
    "groups": ((0, 2), (1,), (0, 1, 2)),
    "empty": ((), (1,)),
    "bands": ((3, 4, 5, 6), (5,), (0, 1, 2), (3, 4, 6, 7), (4, 5, 6, 8, 9, 10)),
    "gaps": (0.1, 0.0, 0.5),
    "posts": (6, 0, 1, 3, 10),
    "months": (36, 1, 2, 13, 24, 60),
    "draws": (2, 1, 3),
    "leaving": (0.25, 0.0, 0.1, 0.6, 2.0, 1000.0),
    "growth": (0.05, 0.0, -0.1, -0.4, 0.3),
    "dip": (0.0, 0.3, 0.7, 1.0),
    "varying": (0.3, 0.0, 0.9),
    "success": (0.8, 0.0, 0.3, 1.0),
    "move_share": (0.3, 0.0, 0.6, 1.0),
    "mover_rate": (0.1, 0.0, 0.02, 1.0),
    "internal_share": (0.6, 0.0, 0.2, 1.0),
    "supply": (0.6, 0.0, 0.2, 2.0),
    "intake": (2.0, 0.0, 0.5, 4.0),
    "poisson_intake": (False, True),
    "give_up": (1.5, 0.0, 12.0),
    "min_months": (6, 1, 24),
    "retire_share": (0.15, 0.0, 0.5),
    "vacant": (0.15, 0.0, 0.5, 1.0),
    "replay": (False, True),
    "alike": (False, True),
    "drawn": (0.3, 0.0, 0.9),
    "frozen": (0.15, 0.0, 0.5, 1.0),
    "freeze": (6, 1, 400),
    "pooled": (0.4, 0.0, 1.0),
    "attraction": (0.4, 0.0, 1.5, 8.0),
    "break_share": (0.3, 0.0, 1.0),
    "return_rate": (0.08, 0.0, 0.5),
    "forget_rate": (0.02, 0.0, 0.5),
    "abroad": (0.3, 0.0, 3.0),
    "supervised": ((True, True), (False, False), (True, False), (False, True)),
    "converts": ((False, True), (False, False), (True, True), (True, False)),
    "supervision": (0.15, 0.0, 0.05, 2.0),
    "step": (30, 0, 6),
    "over": (0, 1, 4),
}
"""Values of generated worlds; the first of each makes a broad world."""

BROAD: dict[str, tuple[Any, ...]] = {
    "regions": (2, 2, 2, 3),
    "trusts": (3, 3, 4),
    "groups": ((0, 2), (1,), (0, 1, 2), (0,)),
    "gaps": (0.1, 0.0, 0.3),
    "posts": (6, 4),
    "months": (36, 24, 30, 48),
    "draws": (2, 1, 3),
    "leaving": (0.25, 0.15, 0.5),
    "growth": (0.05, 0.0, -0.1, 0.2),
    "dip": (0.0, 0.3, 0.6),
    "varying": (0.3, 0.8),
    "success": (0.8, 0.5, 1.0),
    "move_share": (0.3, 0.2, 0.5),
    "mover_rate": (0.1, 0.03, 1.0),
    "internal_share": (0.6, 0.3, 0.9),
    "supply": (0.6, 0.3, 1.2),
    "intake": (2.0, 3.0),
    "poisson_intake": (False, True),
    "min_months": (6, 1, 12),
    "vacant": (0.15, 0.3),
    "replay": (False, False, True),
    "alike": (False, False, False, True),
    "drawn": (0.3, 0.6),
    "frozen": (0.15, 0.3),
    "freeze": (6, 12),
    "pooled": (0.4, 0.7),
    "attraction": (0.4, 1.0),
    "break_share": (0.3, 0.5),
    "return_rate": (0.08, 0.15),
    "forget_rate": (0.02, 0.05),
    "abroad": (0.3, 0.6),
    "supervised": ((True, True), (True, False), (False, True)),
    "converts": ((False, True), (True, False), (True, True)),
    "supervision": (0.15, 0.08),
    "step": (30, 12),
}
"""Values with which every part of the law has something to do."""


def draw_world(rng: Generator, seed: int, *, broad: bool) -> World:
    """Draw a world: a broad one, or one in which a few choices are extreme."""
    chosen = {name: values[rng.integers(len(values))] for name, values in BROAD.items()}
    if not broad:
        odd = rng.choice(sorted(CHOICES), size=int(rng.integers(1, 6)), replace=False)
        for name in odd.tolist():
            chosen[name] = CHOICES[name][rng.integers(len(CHOICES[name]))]
    return World(seed=seed, **chosen)


def worlds() -> st.SearchStrategy[World]:
    """Any combination of all choices."""
    choices = {name: st.sampled_from(values) for name, values in CHOICES.items()}
    return st.builds(World, seed=st.integers(1, 1_000_000), **choices)


def build(world: World) -> Specification:
    """Make the specification of a world; the same world gives the same specification."""
    rng = np.random.default_rng(world.seed)
    regions = tuple(f"Y{r}" for r in range(world.regions))
    trusts = [(f"T{r}{t}", regions[r]) for r in range(world.regions) for t in range(world.trusts)]
    classes = 1 if world.alike else 2 * len(regions)
    pools, pool_of = _pools(world, regions, rng)
    cells = _cells(world, trusts, regions, pool_of, rng)
    training = _training(world, regions, pool_of, rng)
    pulls, option = _pulls(world, trusts, cells)
    replay = _replay(world, cells, trusts, len(pools.key), rng) if world.replay else None
    index = _index(world, classes, rng)
    cells = _roomy(replace(cells, option=option), index)
    return freeze(
        Specification(
            seed=world.seed,
            months=world.months,
            draws=world.draws,
            replications=12 * world.draws,
            first_replication=0,
            trusts=tuple(code for code, _ in trusts),
            trust_region=tuple(region for _, region in trusts),
            start="2026-03",
            cells=cells,
            slots=_slots(world, cells, rng),
            exits=_exits(world, len(cells.trust), classes, rng),
            hiring=_hiring(world, index, len(trusts), rng),
            pools=pools,
            pulls=pulls,
            partners=_partners(trusts, cells),
            replay=replay,
            training=training,
            places=_places(trusts, world.months),
            costs=_costs(world, len(cells.trust), len(trusts), rng),
            need_base=cells.posts.astype(np.float64),
            need_index=index,
        )
    )


def _path(world: World, rows: int, rng: Generator) -> F64:
    """Factors around one that differ between rows and from month to month, (rows, T + 1)."""
    level = rng.uniform(0.8, 1.2, (rows, 1))
    return level * rng.uniform(1 - world.varying, 1 + world.varying, (rows, world.months + 1))


def _factors(world: World, rng: Generator) -> F64:
    """Factors of the draws, (D,)."""
    return rng.uniform(1 - world.drawn, 1 + world.drawn, world.draws)


def _index(world: World, classes: int, rng: Generator) -> F64:
    """Establishment relative to the opening: growth with noise, and the dip."""
    yearly = world.growth + rng.normal(0, 0.02, (classes, world.draws, world.months))
    steps = np.concatenate([np.zeros((classes, world.draws, 1)), yearly / 12], axis=2)
    dip = world.dip * np.sin(pi * np.arange(world.months + 1) / world.months)
    index: F64 = np.cumprod(1 + steps, axis=2) * (1 - dip)
    index[..., 0] = 1.0
    return index


def _pools(
    world: World, regions: tuple[str, ...], rng: Generator
) -> tuple[Pools, dict[tuple[str, str, str], int]]:
    groups = sorted({*world.groups, *world.empty})
    names = [(region, GROUPS[g], r) for region in regions for g in groups for r in BAND_RANGES]
    count = len(names)
    share = np.array([1.0, world.abroad, world.abroad])[:, None, None]
    mean = rng.uniform(0, 2 * world.supply, (len(CANDIDATES), count, 1)) * share
    paths = _path(world, len(CANDIDATES) * count, rng).reshape(len(CANDIDATES), count, -1)
    pools = Pools(
        names=tuple(names),
        key=np.array([keyed.name_key("pool|" + "|".join(n)) for n in names], np.uint64),
        opening=rng.integers(0, 3, (count, len(PoolStock))).astype(np.int32),
        supply=mean * paths,
        return_rate=np.clip(world.return_rate * _path(world, count, rng), 0, 0.9),
        forget_rate=world.forget_rate,
        supply_factor=rng.uniform(0.8, 1.2, (world.draws, world.months + 1)),
        supply_loss=float(rng.uniform(0.1, 0.5)),
        newly_qualified=rng.choice([0.0, 0.2, 0.5], count),
    )
    return pools, {name: i for i, name in enumerate(names)}


def _cells(
    world: World,
    trusts: list[tuple[str, str]],
    regions: tuple[str, ...],
    pool_of: dict[tuple[str, str, str], int],
    rng: Generator,
) -> Cells:
    rows: list[tuple[int, ...]] = []
    for t, (_, region) in enumerate(trusts):
        for g in world.staffed:
            for b in world.bands:
                posts = int(rng.integers(0, world.posts + 1))
                gap = rng.random() < world.gaps
                if gap and (rows or world.gaps == 1):  # else there is always some cell
                    continue
                pool = pool_of[region, GROUPS[g], BAND_RANGE_OF[BANDS[b]]]
                klass = 0 if world.alike else 2 * regions.index(region) + g % 2
                rows.append((t, g, b, pool, posts, klass))
    number = {(t, g, b): i for i, (t, g, b, *_) in enumerate(rows)}
    table = np.array(rows, dtype=np.int32).reshape(-1, 6)
    names = [f"cell|{trusts[t][0]}|{GROUPS[g]}|{BANDS[b]}" for t, g, b, *_ in rows]
    zeros = np.zeros(len(rows), np.int32)
    over = rng.integers(0, world.over + 1, len(rows)) if world.over else zeros
    return Cells(
        trust=table[:, 0].copy(),
        group=table[:, 1].copy(),
        band=table[:, 2].copy(),
        pool=table[:, 3].copy(),
        klass=table[:, 5].copy(),
        staff=(table[:, 0] * len(GROUPS) + table[:, 1]).astype(np.int32),
        below=np.array([number.get((t, g, b - 1), -1) for t, g, b, *_ in rows], np.int32),
        option=zeros,
        attraction=rng.lognormal(0, world.attraction, len(trusts))[table[:, 0]],
        key=np.array([keyed.name_key(name) for name in names], np.uint64),
        first=zeros,
        slots=zeros,
        posts=table[:, 4].copy(),
        funded=np.maximum(table[:, 4] - over, 0).astype(np.int32),
    )


def _roomy(cells: Cells, index: F64) -> Cells:
    """Give every cell as many slots as it can need in any draw."""
    room = np.floor(cells.posts * index[cells.klass].max(axis=(1, 2)) + 1).astype(np.int32)
    room = np.maximum(room, cells.posts)
    return replace(cells, slots=room, first=(np.cumsum(room) - room).astype(np.int32))


def _slots(world: World, cells: Cells, rng: Generator) -> Slots:
    cell = np.repeat(np.arange(len(cells.slots)), cells.slots)
    serial = np.arange(len(cell)) - np.repeat(cells.first, cells.slots)
    count = len(cell)
    exists = serial < cells.posts[cell]
    vacant = exists & (rng.random(count) < world.vacant)
    stage = rng.choice([Phase.FROZEN, Phase.APPROVAL, Phase.ADVERT, Phase.AGREED], count)
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
        band_start=-rng.integers(0, 80, count).astype(np.int32),
    )


def _exits(world: World, cells: int, classes: int, rng: Generator) -> Exits:
    shape = (classes, COHORTS, world.months + 1)
    rows = classes * COHORTS
    hazard = (world.leaving / 12) * _path(world, rows, rng).reshape(shape)
    hazard *= rng.uniform(0.5, 1.5, (classes, COHORTS, 1))
    hazard[:, :, 0] = 0
    share = np.clip(2 * world.retire_share * rng.uniform(0, 1, shape), 0, 1)
    return Exits(
        hazard=hazard,
        retire_share=share,
        factor=rng.uniform(0.7, 1.4, (world.draws, cells)),
        tenure=(1.5, 1.2),
        break_share=world.break_share,
    )


def _hiring(world: World, index: F64, trusts: int, rng: Generator) -> Hiring:
    classes = len(index)
    shape = (classes, world.months + 1)
    now = np.arange(world.months + 1)
    step = rng.integers(0, world.step + 1, (len(BANDS), 1))

    def spread(median: float) -> F64:
        return np.asarray(median * np.exp(np.linspace(-1, 1, QUANTILES) * 0.8))

    return Hiring(
        post_index=index,
        hire_factor=rng.uniform(0.7, 1.4, (world.draws, trusts)),
        hire_path=_path(world, classes, rng),
        internal_share=np.clip(world.internal_share * _path(world, classes, rng), 0, 1),
        internal_factor=_factors(world, rng),
        success=np.clip(world.success * _path(world, classes, rng), 0, 1),
        success_factor=_factors(world, rng),
        attraction_path=_path(world, classes, rng),
        frozen_share=np.clip(world.frozen * _path(world, classes, rng), 0, 1),
        thaw=(now + rng.integers(1, world.freeze + 1, shape)).astype(np.int32),
        pooled_share=np.clip(world.pooled * _path(world, classes, rng), 0, 1),
        approval_quantiles=spread(1.5),
        round_quantiles=spread(1.2),
        again_quantiles=spread(1.8),
        notice_quantiles=spread(1.4),
        joiner_ages=np.sort(rng.integers(18, 60, QUANTILES)).astype(np.int64),
        min_months=world.min_months,
        move_share=world.move_share,
        mover_rate=world.mover_rate * _factors(world, rng),
        congestion=0.5 * _factors(world, rng),
        step_months=np.concatenate([step, 3 * step], axis=1).astype(np.int32),
    )


def _pulls(
    world: World, trusts: list[tuple[str, str]], cells: Cells
) -> tuple[Pulls, NDArray[np.int32]]:
    """Options by (region, group, band); with ``replay`` each has one trust outside the model."""
    members: dict[tuple[str, int, int], list[int]] = {}
    for i, (t, g, b) in enumerate(zip(cells.trust, cells.group, cells.band, strict=True)):
        members.setdefault((trusts[t][1], int(g), int(b)), []).append(i)
    option = np.zeros(len(cells.trust), np.int32)
    first = []
    entries: list[tuple[int, int, int, float]] = []
    for o, chosen in enumerate(members.values()):
        first.append(len(entries))
        option[chosen] = o
        for i in chosen:
            if cells.posts[i]:
                t = int(cells.trust[i])
                key = keyed.name_key("trust|" + trusts[t][0])
                entries.append((i, t, key, float(cells.posts[i])))
        if world.replay:
            entries.append((-1, -1, keyed.name_key("trust|elsewhere"), 3.0))
    columns = list(zip(*entries, strict=True)) or [(), (), (), ()]
    pulls = Pulls(
        first=np.array([*first, len(entries)], np.int32),
        cell=np.array(columns[0], np.int32),
        trust=np.array(columns[1], np.int32),
        key=np.array(columns[2], np.uint64),
        weight=np.array(columns[3], np.float64),
    )
    return pulls, option


def _partners(trusts: list[tuple[str, str]], cells: Cells) -> Partners:
    """Care systems are so many trusts of a region; the cells at the highest band below."""
    members: dict[tuple[str, int], list[int]] = {}
    for t, (_, region) in enumerate(trusts):
        of = [system for system in members if system[0] == region]
        last = of[-1] if of else (region, 0)
        full = len(members.get(last, ())) == SYSTEM
        members.setdefault((region, last[1] + full), []).append(t)
    system = {t: number for number, of in enumerate(members.values()) for t in of}
    first, entries = [0], []
    of_trust = np.array([system[int(t)] for t in cells.trust])
    for c in range(len(cells.trust)):
        lower = (of_trust == of_trust[c]) & (cells.group == cells.group[c])
        lower &= (cells.band < cells.band[c]) & (cells.posts > 0)
        # In slot order the highest band of a trust comes last, and stays.
        entries += list({int(cells.trust[i]): int(i) for i in np.flatnonzero(lower)}.items())
        first.append(len(entries))
    cell = [i for _, i in entries]
    return Partners(
        first=np.array(first, np.int32),
        cell=np.array(cell, np.int32),
        key=np.array([keyed.name_key("trust|" + trusts[t][0]) for t, _ in entries], np.uint64),
        weight=cells.posts[cell].astype(np.float64) if cell else np.zeros(0),
    )


def _replay(
    world: World, cells: Cells, trusts: list[tuple[str, str]], pools: int, rng: Generator
) -> Replay:
    months, staff = world.months, len(trusts) * len(GROUPS)
    present = np.isin(np.arange(staff), cells.staff)
    mean = np.where(present, rng.uniform(0, 0.6, staff), 0.0)
    cdf = np.full((staff, months + 1, WIDTH + 1), 2.0)
    cdf[:, :, :WIDTH] = np.asarray(poisson.cdf(np.arange(WIDTH), mean[:, None]))[:, None, :]
    share = np.zeros(len(cells.staff))
    for s in np.unique(cells.staff):
        of = cells.staff == s
        share[of] = np.cumsum(np.full(of.sum(), 1 / of.sum()))
        share[np.flatnonzero(of)[-1]] = 2.0
    names = [f"staff|{code}|{group}" for code, _ in trusts for group in GROUPS]

    def path(low: float) -> F64:
        return np.clip(rng.uniform(low, 1, (pools, 1)) * _path(world, pools, rng), 0, 1)

    return Replay(
        digest="generated",
        ratio=path(0.3),
        move=path(0.3),
        graduate=path(0.2),
        experienced=path(0.5),
        converted=path(0.2),
        returning=0.4 * path(0.2),
        international=0.4 * path(0.2),
        response=path(0.4),
        move_response=path(0.4),
        age=rng.integers(21, 30, pools).astype(np.int32),
        staff_key=np.array([keyed.name_key(n) for n in names], np.uint64),
        rival_cdf=cdf,
        rival_cells=np.repeat(share[:, None], months + 1, axis=1),
    )


def _supervision(world: World, pools: int, rng: Generator) -> F64:
    """Trainees for each head, by region and group."""
    desks = pools // len(BAND_RANGES)
    return rng.uniform(0.5, 1.5, (desks, 1)) * world.supervision * _path(world, desks, rng)


class _Cohort(NamedTuple):
    line: int
    start: int
    key: int
    mean: float


class _Row(NamedTuple):
    """A trainee; rows are sorted by the law's row order."""

    pool: int
    ready: int
    pathway: str
    start: int
    place: int
    cohort: int
    status: int
    age: int


def _training(
    world: World,
    regions: tuple[str, ...],
    pool_of: dict[tuple[str, str, str], int],
    rng: Generator,
) -> Training:
    """Two pathways in each region, with people in study, people waiting, and later cohorts."""
    lines: list[tuple[str, str, int]] = []
    cohorts: list[_Cohort] = []
    rows: list[_Row] = []
    groups = sorted({*world.groups, *world.empty})
    for p, name in enumerate(("short", "long")):
        for region in regions:
            group = GROUPS[groups[p % len(groups)]]
            pool = pool_of[region, group, "entry" if p == 0 else "middle"]
            for start in (-DURATIONS[p] - 2, -4, -1, 0, *range(3, world.months + 1, 7)):
                key = keyed.name_key(f"cohort|{name}|{region}|{start}")
                mean = float(rng.uniform(0, 2 * world.intake))
                cohort = _Cohort(len(lines), start, key, mean)
                number = len(cohorts)
                cohorts.append(cohort)
                rows += _rows(world, cohort, number, (name, pool, DURATIONS[p]), rng)
            lines.append((name, region, p))
    rows.sort()
    study = np.zeros((2, max(DURATIONS) + 1))
    study[:, 1:] = rng.uniform(0, 0.4, (2, max(DURATIONS)))
    cdf = np.full((len(cohorts), WIDTH + 1), 2.0)
    if world.poisson_intake:
        means = np.array([c.mean for c in cohorts])
        cdf[:, :WIDTH] = poisson.cdf(np.arange(WIDTH), means[:, None])
    keys = [keyed.part_key(cohorts[row.cohort].key, row.place) for row in rows]
    return Training(
        names=tuple((name, region) for name, region, _ in lines),
        pathway=np.array([p for _, _, p in lines], np.int32),
        drop_hazard=study,
        duration=np.array(DURATIONS, np.int32),
        seek_share=rng.uniform(0.5, 1, 2),
        supervised=np.array(world.supervised),
        converts=np.array(world.converts),
        drop_factor=_factors(world, rng),
        supervision=_supervision(world, len(pool_of), rng),
        give_up_hazard=world.give_up,
        cohort_line=np.array([c.line for c in cohorts], np.int32),
        cohort_start=np.array([c.start for c in cohorts], np.int32),
        cohort_key=np.array([c.key for c in cohorts], np.uint64),
        cohort_mean=np.array([c.mean for c in cohorts]),
        cohort_cdf=cdf,
        row_cohort=np.array([row.cohort for row in rows], np.int32),
        row_place=np.array([row.place for row in rows], np.int32),
        row_key=np.array(keys, np.uint64),
        row_pool=np.array([row.pool for row in rows], np.int32),
        row_status=np.array([row.status for row in rows], np.uint8),
        row_ready=np.array([row.ready for row in rows], np.int32),
        row_cohort_age=np.array([row.age for row in rows], np.uint8),
    )


def _rows(
    world: World, cohort: _Cohort, number: int, of: tuple[str, int, int], rng: Generator
) -> list[_Row]:
    pathway, pool, duration = of
    ready = cohort.start + duration
    if cohort.start >= 1:
        status, places = 0, WIDTH if world.poisson_intake else int(cohort.mean) + 1
    else:
        status, places = (1 if ready >= 1 else 2), int(rng.integers(0, 4))
    offset = -(-world.months // 12)
    age = min(23 + offset - (ready - 1) // 12, NEVER)
    return [
        _Row(pool, ready, pathway, cohort.start, place, number, status, age)
        for place in range(places)
    ]


def _costs(world: World, cells: int, trusts: int, rng: Generator) -> Costs:
    """Costs of about the right size, in mills, that differ in everything they can differ in."""
    years, staff = world.months // 12, trusts * len(GROUPS)
    joiner = np.zeros((len(Flow), staff, years), np.int64)
    joiner[list(PEOPLE_IN)] = rng.integers(0, 10**8, (len(PEOPLE_IN), staff, years))
    return Costs(
        price_year="2026-27",
        pay_class=rng.integers(0, PAY_CLASSES, cells).astype(np.int32),
        step=rng.integers(10**6, 10**7, (3, PAY_CLASSES, 3, years)),
        head=rng.integers(0, 10**7, (3, years)),
        cover=rng.integers(10**6, 10**7, (PAY_CLASSES, years)),
        lever_head=rng.integers(0, 10**7, (staff, years)),
        lever_share=rng.uniform(0, 0.1, (staff, years)),
        lever_joiner=joiner,
        lever_fixed=rng.integers(0, 10**9, (staff, years)),
        donor=rng.integers(0, 10**9, years),
    )


def _places(trusts: list[tuple[str, str]], months: int) -> Places:
    """Every trust, every region, and England."""
    regions = sorted({region for _, region in trusts})
    names = [("trust", code) for code, _ in trusts]
    names += [*(("region", region) for region in regions), ("england", "E")]
    region = np.array([[of == name for _, of in trusts] for name in regions])
    every = np.ones((1, len(trusts)), dtype=np.bool_)
    member = np.concatenate([np.eye(len(trusts), dtype=np.bool_), region, every])
    return Places(
        names=tuple(names),
        titles=tuple(code for _, code in names),
        member=member[None],
        epoch=np.zeros(months + 1, np.int32),
    )
