"""Small specifications in which nothing happens by itself, and checks against closed forms.

``make`` builds a specification without exits, growth, hires or trainees; ``alter`` switches one
thing on at a time. ``Checks`` compares samples with an exact law at a stated false-alarm rate, and
makes sure that a stated wrong law would be refused: a check that cannot fail proves nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from simulator import keyed
from simulator.domain.words import (
    BAND_RANGE_OF,
    BAND_RANGES,
    BANDS,
    CANDIDATES,
    GROUPS,
    Phase,
    PoolStock,
)
from simulator.engines import arrays, people
from simulator.model.specification import (
    QUANTILES,
    Cells,
    Exits,
    Hiring,
    Partners,
    Places,
    Pools,
    Pulls,
    Slots,
    Specification,
    Training,
    freeze,
)
from simulator.results.trace import Trace
from tests.support.parts import no_costs

F64 = NDArray[np.float64]

AGES: Final = 120
"""Years of birth in hazard tables."""
AGE: Final = 40
"""Age of opening staff."""
JOINER: Final = 30
"""Age of joiners."""
ALARM: Final = 1e-6
"""False-alarm rate of one test, shared among its checks. Seeds are fixed: nothing flakes."""
POWER: Final = 0.99
"""Chance with which the smallest bias that a check can see is seen."""
ENGINES: Final[Mapping[str, Callable[..., Trace]]] = {
    "people": people.simulate,
    "arrays": arrays.trace,
}


class Cell(NamedTuple):
    """A cell; ``room`` is the number of posts it can grow to."""

    band: str
    posts: int
    room: int = 0
    trust: str = "A"
    klass: int = 0
    origin: int = -120
    region: str = "R1"
    group: str = "data"


class Cohort(NamedTuple):
    """Trainees; a Poisson intake if ``mean`` is given for one, else ``places`` starters."""

    start: int
    places: int
    status: int = 0
    mean: float | None = None
    poisson: bool = False
    region: str = "R1"


def make(
    cells: Sequence[Cell],
    months: int,
    *,
    draws: int = 1,
    seed: int = 20_260_301,
    duration: int = 12,
    cohorts: Sequence[Cohort] = (),
    phases: Mapping[int, tuple[Phase, int]] | None = None,
    outside: float = 0.0,
) -> Specification:
    """A specification in which nobody leaves and no post is opened or filled.

    Args:
        cells: In any order.
        months: Horizon.
        draws: Draws of the levels.
        seed: Root seed.
        duration: Months of the one pathway.
        cohorts: Trainees (group data, entry bands).
        phases: State and due month of some slots.
        outside: Weight in every pull of a trust that is not modelled.
    """
    cells = sorted(cells, key=lambda c: (c.region, c.trust, c.group, BANDS.index(c.band)))
    trusts = list(dict.fromkeys((c.region, c.trust) for c in cells))
    desks = sorted({(c.region, c.group) for c in cells})
    pool_names = tuple((*desk, name) for desk in desks for name in BAND_RANGES)
    frame, options = _cells(cells, trusts, pool_names)
    classes = int(frame.klass.max()) + 1
    level = np.ones((classes, months + 1))
    spec = Specification(
        seed=seed,
        months=months,
        draws=draws,
        replications=1,
        first_replication=0,
        trusts=tuple(code for _, code in trusts),
        trust_region=tuple(region for region, _ in trusts),
        start="2026-03",
        cells=frame,
        slots=_slots(cells, frame, months, phases or {}),
        exits=Exits(
            hazard=np.zeros((classes, AGES, months + 1)),
            retire_share=np.zeros((classes, AGES, months + 1)),
            factor=np.ones((draws, len(cells))),
            tenure=(1.0, 1.0),
            break_share=0.0,
        ),
        hiring=Hiring(
            post_index=np.ones((classes, draws, months + 1)),
            hire_factor=np.ones((draws, len(trusts))),
            hire_path=level.copy(),
            internal_share=0 * level,
            internal_factor=np.ones(draws),
            success=0 * level,
            success_factor=np.ones(draws),
            attraction_path=level.copy(),
            frozen_share=0 * level,
            thaw=np.tile(np.arange(1, months + 2, dtype=np.int32), (classes, 1)),
            pooled_share=0 * level,
            approval_quantiles=np.ones(QUANTILES),
            round_quantiles=np.ones(QUANTILES),
            again_quantiles=np.ones(QUANTILES),
            notice_quantiles=np.ones(QUANTILES),
            joiner_ages=np.full(QUANTILES, JOINER, np.int64),
            min_months=1,
            move_share=0.0,
            mover_rate=np.full(draws, 1e9),
            congestion=np.zeros(draws),
            step_months=np.tile(np.array([24, 60], np.int32), (len(BANDS), 1)),
        ),
        pools=Pools(
            names=pool_names,
            key=np.array([keyed.name_key("pool|" + "|".join(n)) for n in pool_names], np.uint64),
            opening=np.zeros((len(pool_names), len(PoolStock)), np.int32),
            supply=np.zeros((len(CANDIDATES), len(pool_names), months + 1)),
            return_rate=np.zeros((len(pool_names), months + 1)),
            forget_rate=0.0,
            supply_factor=np.ones((draws, months + 1)),
            supply_loss=1.0,
            newly_qualified=np.zeros(len(pool_names)),
        ),
        pulls=_pulls(cells, trusts, options, outside),
        partners=_partners(cells),
        replay=None,
        training=_training(cohorts, pool_names, duration, months, draws),
        places=Places((), (), np.zeros((1, 0, len(trusts)), bool), np.zeros(months + 1, np.int32)),
        costs=no_costs(len(cells), len(trusts), months),
        need_base=frame.posts.astype(np.float64),
        need_index=np.ones((classes, draws, months + 1)),
    )
    return freeze(spec)


def _cells(
    cells: Sequence[Cell],
    trusts: Sequence[tuple[str, str]],
    pools: Sequence[tuple[str, str, str]],
) -> tuple[Cells, list[tuple[str, str, str]]]:
    options = list(dict.fromkeys((c.region, c.group, c.band) for c in cells))
    where = {(c.region, c.trust, c.group, BANDS.index(c.band)): i for i, c in enumerate(cells)}
    number = [trusts.index((c.region, c.trust)) for c in cells]
    group = [GROUPS.index(c.group) for c in cells]
    slots = np.array([max(c.room, c.posts) for c in cells], np.int32)
    bands = [BANDS.index(c.band) for c in cells]
    below = [
        where.get((c.region, c.trust, c.group, b - 1), -1)
        for c, b in zip(cells, bands, strict=True)
    ]
    pool = [pools.index((c.region, c.group, BAND_RANGE_OF[c.band])) for c in cells]
    option = [options.index((c.region, c.group, c.band)) for c in cells]
    key = [keyed.name_key(f"cell|{c.trust}|{c.group}|{c.band}") for c in cells]
    frame = Cells(
        trust=np.array(number, np.int32),
        group=np.array(group, np.int32),
        band=np.array(bands, np.int32),
        pool=np.array(pool, np.int32),
        klass=np.array([c.klass for c in cells], np.int32),
        staff=np.array(number, np.int32) * len(GROUPS) + np.array(group, np.int32),
        below=np.array(below, np.int32),
        option=np.array(option, np.int32),
        attraction=np.ones(len(cells)),
        key=np.array(key, np.uint64),
        first=(np.cumsum(slots) - slots).astype(np.int32),
        slots=slots,
        posts=np.array([c.posts for c in cells], np.int32),
        funded=np.array([c.posts for c in cells], np.int32),
    )
    return frame, options


def _slots(
    cells: Sequence[Cell], frame: Cells, months: int, phases: Mapping[int, tuple[Phase, int]]
) -> Slots:
    cell = np.repeat(np.arange(len(cells)), frame.slots)
    serial = np.arange(len(cell)) - frame.first[cell]
    phase = np.where(serial < frame.posts[cell], Phase.FILLED, Phase.ABSENT).astype(np.uint8)
    due = np.zeros(len(cell), np.uint8)
    for slot, (state, month) in phases.items():
        phase[slot], due[slot] = state, month
    keys = [keyed.part_keys(int(k), int(n)) for k, n in zip(frame.key, frame.slots, strict=True)]
    return Slots(
        cell=cell.astype(np.int32),
        key=np.concatenate(keys),
        fte=np.full(len(cell), 100, np.int32),
        phase=phase,
        due=due,
        cohort=np.full(len(cell), AGE + -(-months // 12), np.uint8),
        origin=np.array([c.origin for c in cells], np.int32)[cell],
        eligible=np.ones(len(cell), np.uint8),
        band_start=np.array([c.origin for c in cells], np.int32)[cell],
    )


def _pulls(
    cells: Sequence[Cell],
    trusts: Sequence[tuple[str, str]],
    options: Sequence[tuple[str, str, str]],
    outside: float,
) -> Pulls:
    first, rows = [0], []
    for option in options:
        for i, c in enumerate(cells):
            if (c.region, c.group, c.band) == option and c.posts:
                trust = trusts.index((c.region, c.trust))
                rows.append((i, trust, keyed.name_key(f"trust|{c.trust}"), float(c.posts)))
        if outside:
            rows.append((-1, -1, keyed.name_key("trust|elsewhere"), outside))
        first.append(len(rows))
    return Pulls(
        first=np.array(first, np.int32),
        cell=np.array([r[0] for r in rows], np.int32),
        trust=np.array([r[1] for r in rows], np.int32),
        key=np.array([r[2] for r in rows], np.uint64),
        weight=np.array([r[3] for r in rows], np.float64),
    )


def _partners(cells: Sequence[Cell]) -> Partners:
    """The trusts of a region form one care system."""
    first, rows = [0], []
    for c in cells:
        below: dict[str, int] = {}
        for i, other in enumerate(cells):  # in ladder order: the highest below comes last
            lower = BANDS.index(other.band) < BANDS.index(c.band)
            if lower and other.posts and (other.region, other.group) == (c.region, c.group):
                below[other.trust] = i
        rows += list(below.values())
        first.append(len(rows))
    return Partners(
        first=np.array(first, np.int32),
        cell=np.array(rows, np.int32),
        key=np.array([keyed.name_key(f"trust|{cells[i].trust}") for i in rows], np.uint64),
        weight=np.array([float(cells[i].posts) for i in rows]),
    )


def _training(
    cohorts: Sequence[Cohort],
    pools: Sequence[tuple[str, str, str]],
    duration: int,
    months: int,
    draws: int,
) -> Training:
    regions = sorted({region for region, _, _ in pools})
    keys = [keyed.name_key(f"cohort|degree|{c.region}|{c.start}") for c in cohorts]
    rows: list[tuple[int, ...]] = []
    for h, c in enumerate(cohorts):
        pool, ready = pools.index((c.region, "data", "entry")), c.start + duration
        age = 23 + -(-months // 12) - (ready - 1) // 12
        part = keyed.part_keys(keys[h], c.places)
        rows += [(pool, ready, h, p, int(part[p]), c.status, age) for p in range(c.places)]
    rows.sort()
    means = np.array([c.places if c.mean is None else c.mean for c in cohorts], np.float64)
    width = max([c.places for c in cohorts if c.poisson], default=0)
    cdf = np.full((len(cohorts), width + 1), 2.0)
    for h, c in enumerate(cohorts):
        if c.poisson:
            cdf[h, :width] = stats.poisson.cdf(np.arange(width), means[h])

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
        cohort_key=np.array(keys, np.uint64),
        cohort_mean=means,
        cohort_cdf=cdf,
        row_cohort=column(2, np.int32),
        row_place=column(3, np.int32),
        row_key=column(4, np.uint64),
        row_pool=column(0, np.int32),
        row_status=column(5, np.uint8),
        row_ready=column(1, np.int32),
        row_cohort_age=column(6, np.uint8),
    )


def value_at(spec: Specification, path: str) -> Any:
    """What a path such as ``exits.hazard`` holds."""
    value: Any = spec
    for name in path.split("."):
        value = getattr(value, name)
    return value


EXPERIENCED: Final = {
    "pools.opening": np.eye(len(PoolStock), dtype=np.int32)[PoolStock.EXPERIENCED],
    "pools.supply": np.eye(len(CANDIDATES))[PoolStock.EXPERIENCED][:, None, None],
}
"""Tables of candidates, with one for the experienced and nobody else."""


def alter(spec: Specification, changes: Mapping[str, Any]) -> Specification:
    """The same specification with other values, by path.

    Plain numbers fill whole tables; of candidates they give the experienced only.
    """
    for path, value in changes.items():
        old = value_at(spec, path)
        new = value
        if path in EXPERIENCED and np.ndim(value) == 0:
            new = value * EXPERIENCED[path]
        if isinstance(old, np.ndarray):
            new = np.array(np.broadcast_to(new, np.broadcast_shapes(old.shape, np.shape(new))))
            new = new.astype(old.dtype)
        part, _, name = path.rpartition(".")
        if part:
            inner = replace(value_at(spec, part), **{name: new})
            spec = replace(spec, **{part: inner})
        else:
            spec = replace(spec, **{name: new})
    return freeze(spec)


def abundant(spec: Specification, **changes: Any) -> Specification:
    """Every advert finds an experienced candidate at once."""
    return alter(spec, {"hiring.success": 1.0, "pools.supply": 1e6, **changes})


@dataclass(frozen=True)
class Law:
    """Mean, variance and fourth cumulant of a count."""

    mean: float
    variance: float
    fourth: float

    @staticmethod
    def bernoullis(number: float | F64, chance: float | F64) -> Law:
        """Sum of ``number`` independent events of each ``chance``."""
        n, p = np.broadcast_arrays(np.asarray(number, float), np.asarray(chance, float))
        v = p * (1 - p)
        mean, variance = float(np.sum(n * p)), float(np.sum(n * v))
        return Law(mean, variance, float(np.sum(n * v * (1 - 6 * v))))

    @staticmethod
    def poisson(mean: float) -> Law:
        """A Poisson count."""
        return Law(mean, mean, mean)


def mean_chance(values: NDArray[Any], law: Law) -> float:
    """Chance under a law of a mean at least as far off (normal)."""
    if law.variance == 0.0:
        return float(np.all(values == law.mean))
    off = abs(float(np.mean(values)) - law.mean) / np.sqrt(law.variance / len(values))
    return float(2 * stats.norm.sf(off))


def spread_chance(values: NDArray[Any], law: Law) -> float:
    """Chance under a law of a variance at least as far off (chi-square of the same moments)."""
    if law.variance == 0.0:
        return float(np.all(values == law.mean))
    found = float(np.mean((values - law.mean) ** 2)) / law.variance
    freedom = 2 * len(values) / (2 + law.fourth / law.variance**2)
    tail = stats.chi2(freedom)
    return float(min(1.0, 2 * min(tail.sf(found * freedom), tail.cdf(found * freedom))))


class Reach(NamedTuple):
    """What a check can see: something with a standard error, at a level."""

    what: str
    error: float = 0.0
    level: float = 0.0

    def words(self, reach: float) -> str:
        """In words, for ``reach`` standard errors."""
        size = reach * self.error
        share = f" ({size / self.level:.2%})" if self.level else ""
        return f"sees a {self.what}" + (f" of {size:.4g}{share}" if self.error else "")


@dataclass
class Checks:
    """The checks of one test, judged together: the false-alarm rate is that of all of them."""

    rows: list[tuple[str, float, float, Reach]] = field(default_factory=list)

    def mean(self, name: str, values: NDArray[Any], law: Law, wrong: Law | None = None) -> None:
        """The mean is that of the law, and is seen not to be that of a wrong law."""
        refused = 0.0 if wrong is None else mean_chance(values, wrong)
        error = np.sqrt(law.variance / len(values))
        reach = Reach("bias", float(error), law.mean)
        self.rows.append((name, mean_chance(values, law), refused, reach))

    def spread(self, name: str, values: NDArray[Any], law: Law) -> None:
        """The variance is that of the law."""
        shape = law.fourth / law.variance**2 if law.variance else -2.0
        error = np.sqrt((2 + shape) / len(values))
        reach = Reach("relative change of the variance", float(error), 1.0)
        self.rows.append((name, spread_chance(values, law), 0.0, reach))

    def chance(self, name: str, chance: float, sees: str, refused: float = 0.0) -> None:
        """A chance worked out elsewhere."""
        self.rows.append((name, float(chance), float(refused), Reach(sees)))

    def verdict(self) -> None:
        """Print what each check could see, and fail if any is off or could not have failed."""
        alarm = ALARM / len(self.rows)
        reach = float(stats.norm.isf(alarm / 2) + stats.norm.ppf(POWER))
        say(f"false alarms: {ALARM:g} for {len(self.rows)} checks; bias seen with {POWER:.0%}:")
        for name, chance, refused, sees in self.rows:
            say(f"  {name}: chance {chance:.2g}, wrong law {refused:.2g}, {sees.words(reach)}")
        off = [row[:2] for row in self.rows if not row[1] >= alarm]
        blind = [row[0] for row in self.rows if row[2] >= alarm]
        assert not off, f"far from the closed form: {off}"
        assert not blind, f"could not have failed: {blind}"


def say(text: str) -> None:
    """Print a line, shown with ``pytest -s``."""
    sys.stdout.write(text + "\n")
