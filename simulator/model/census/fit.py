"""Fits: the scalars of the law from the evidence, under a constant establishment.

The order follows the dependencies: exits and ages, then the ladder of each trust and group, the
pools that fill its vacancies, and last the durations that give time to hire and vacancy rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import BAND_RANGE_OF, BAND_RANGES, BANDS, GROUPS
from simulator.evidence.library import Library
from simulator.evidence.tables import table_rows
from simulator.evidence.trusts import Trust
from simulator.model.census.people import Observed
from simulator.model.census.walk import vacancy_rate
from simulator.model.intake import load_pathways
from simulator.model.steady import (
    AGES,
    WEEKS_PER_MONTH,
    YOUNGEST,
    ExitFit,
    ExitTargets,
    Ladder,
    Market,
    Pool,
    bisect,
    duration_quantiles,
    fit_exits,
    hire_pmf,
    inside_chance,
    interpolated_median,
    ladder,
    mean_months,
    months_pmf,
    moves_found,
    refused_chance,
    solve_pool,
    stage_months,
    steady_candidates,
)

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

SMALL_POOL: Final = 12.0
"""Non-move adverts a month below which chance in a pool's small numbers is averaged."""
RANGE_INDEX: Final = np.array([BAND_RANGES.index(BAND_RANGE_OF[band]) for band in BANDS])


@dataclass(frozen=True)
class Pathway:
    """A training pathway, national figures a year."""

    id: str
    group: int
    band_range: int
    duration: int
    start_month: int
    intake: float
    completion: float
    seek: float
    age: int

    @property
    def seekers(self) -> float:
        """Graduates who look for a post in an NHS trust, a year."""
        return self.intake * self.completion * self.seek

    @property
    def ready(self) -> int:
        """Month of completion in the year of the law, 0 to 11, month 0 after the opening month."""
        return (self.start_month - 1 + self.duration - 3) % 12


def read_pathways() -> tuple[Pathway, ...]:
    """Return the pathways by number; the intake is the lesser of places and applicants."""
    return tuple(
        Pathway(
            id=one.id,
            group=GROUPS.index(one.group),
            band_range=BAND_RANGES.index(one.band_range),
            duration=one.duration,
            start_month=one.start_month,
            intake=min(one.places, one.applicants),
            completion=one.completion,
            seek=one.seek_share,
            age=one.age,
        )
        for one in load_pathways()
    )


def exit_fit(opening: str, library: Library) -> ExitFit:
    """Fit hazards by age and the ages of joiners (method section 5)."""
    rate = library.at("leaving.organisation_rate", opening)
    moves = library.at("leaving.move_share", opening)
    retired = library.at("leaving.retirement_share", opening)
    targets = ExitTargets(
        leaving=rate * (1.0 - moves - retired),
        retiring=rate * retired,
        moving=rate * moves,
        young_relative=library.at("leaving.under30_relative", opening),
        under_30=library.at("age.stock_under_30", opening),
        over_60=library.at("age.stock_over_60", opening),
    )
    tenure = (
        library.at("leaving.tenure_first_year", opening),
        library.at("leaving.tenure_second_year", opening),
    )
    return fit_exits(published_joiner_ages(), _relative_retirement(), tenure, targets)


def published_joiner_ages() -> F64:
    """Return the published ages of joiners, each age group spread evenly over its years."""
    shares = np.zeros(len(AGES))
    for row in table_rows("joiner_age"):
        low, high = int(row["age_from"]) - YOUNGEST, int(row["age_to"]) - YOUNGEST
        shares[low : high + 1] = float(row["share"]) / (high - low + 1)
    return shares / shares.sum()


def _relative_retirement() -> F64:
    relative = np.zeros(len(AGES))
    for row in table_rows("retirement_by_age"):
        relative[int(row["age"]) - YOUNGEST :] = float(row["relative_hazard"])
    return relative


@dataclass(frozen=True)
class Setting:
    """What the flows are computed for.

    Attributes:
        opening: Opening month.
        library: The parameters.
        regions: Region codes in order.
        region: Region index of each trust.
        region_share: Share of each region in the trusts' staff.
        heads: People by trust, group and band (expected, need not be whole).
        pathways: Training pathways.
    """

    opening: str
    library: Library
    regions: tuple[str, ...]
    region: I64
    region_share: F64
    heads: F64
    pathways: tuple[Pathway, ...]

    def at(self, parameter: str) -> float:
        """Return a parameter at the opening."""
        return self.library.at(parameter, self.opening)

    @cached_property
    def total(self) -> float:
        """People in post."""
        return float(self.heads.sum())

    def by_region(self, values: F64) -> F64:
        """Add values by trust up to regions, first axis."""
        return np.stack([values[self.region == r].sum(axis=0) for r in range(len(self.regions))])

    def by_range(self, values: F64) -> F64:
        """Add values by band up to band ranges, last axis."""
        ranges = range(len(BAND_RANGES))
        return np.stack([values[..., k == RANGE_INDEX].sum(axis=-1) for k in ranges], axis=-1)


def regions_of(trusts: Sequence[Trust]) -> tuple[tuple[str, ...], I64, F64]:
    """Return region codes, the region of each trust, and the regions' shares of all staff."""
    codes = tuple(sorted({one.region_code for one in trusts}))
    index = np.array([codes.index(one.region_code) for one in trusts])
    fte = np.bincount(index, [one.fte for one in trusts])
    return codes, index, fte / fte.sum()


@dataclass(frozen=True)
class Flows:
    """Steady flows, a year; by trust, group and band unless said otherwise."""

    inside_share: float
    market: Market
    ladders: tuple[Ladder, ...]  # by group
    inside: F64  # chance that a vacancy is filled inside
    failed: F64  # (regions, groups, bands) chance that a pull fails
    moving: F64  # (regions, groups, ranges) moves among outside starts
    move_passing: F64  # (regions, groups, ranges) chance that a move advert agrees a start
    pools: Mapping[tuple[int, int, int], Pool]

    def stack(self, name: str) -> F64:
        """Return a flow of the ladders, shape (trusts, groups, bands)."""
        return np.stack([getattr(one, name) for one in self.ladders], axis=1)

    def pool_values(self, name: str) -> F64:
        """Return a figure of the pools, shape (regions, groups, ranges)."""
        values = np.zeros(self.moving.shape)
        for key, pool in self.pools.items():
            values[key] = getattr(pool, name)
        return values


def graduate_arrivals(setting: Setting) -> F64:
    """Return graduates who start to wait, shape (regions, groups, ranges, 12), month 0 April."""
    arrivals = np.zeros((len(setting.regions), len(GROUPS), len(BAND_RANGES), 12))
    for one in setting.pathways:
        arrivals[:, one.group, one.band_range, one.ready] += setting.region_share * one.seekers
    return arrivals


def open_shares(setting: Setting) -> F64:
    """Return the share of non-move adverts open to the newly qualified, by band range."""
    return np.array([setting.at(f"hiring.newly_qualified_share.{one}") for one in BAND_RANGES])


def solve_flows(
    setting: Setting,
    seen: Observed,
    success: float,
    rounds: int,
    small: float = 0.0,
    start: Flows | None = None,
) -> Flows:
    """Solve ladder, moves and pools together by repeated substitution.

    Args:
        setting: People and parameters.
        seen: Exits and eligible shares by group and band.
        success: Chance that a round passes with no crowding.
        rounds: Substitutions.
        small: See :func:`simulator.model.steady.solve_pool`; used in the last two substitutions.
        start: Flows to start from.
    """
    shape = (len(GROUPS), len(BANDS))
    exits, eligible = seen.exits.reshape(shape), seen.eligible.reshape(shape)
    rate = setting.at("leaving.organisation_rate")
    move_share = setting.at("leaving.move_share")
    moving = np.full((len(setting.regions), len(GROUPS), len(BAND_RANGES)), move_share)
    failed = failed_moves(setting)
    flows = start
    move_passing = np.full_like(moving, success - 0.4)
    if start is not None:
        moving, move_passing = start.moving, start.move_passing
    rivals = setting.heads * rate / 12.0
    for k in range(rounds):
        share, inside, ladders = _fit_inside(setting, exits, eligible, rivals, moving)
        outside = np.stack([one.outside for one in ladders], axis=1)
        rivals = share * np.stack([one.vacancies for one in ladders], axis=1) / 12.0
        pooled = setting.by_range(setting.by_region(outside))
        passing = (
            success - 0.25 * np.ones_like(moving) if flows is None else flows.pool_values("passing")
        )
        target = move_share * pooled.sum()
        for _ in range(3):
            adverts, moving = _fit_moves(setting, outside, failed, passing, move_passing, target)
            market = _market(setting, success, adverts)
            move_passing = _move_passing(setting, market, pooled / 12.0, passing, move_passing)
        pools = _solve_pools(
            setting, pooled * (1.0 - moving) / 12.0, market, small if k >= rounds - 2 else 0.0
        )
        flows = Flows(share, market, ladders, inside, failed, moving, move_passing, pools)
    if flows is None:
        raise ValueError("at least one substitution is needed")
    return flows


def _market(setting: Setting, success: float, move_share: float) -> Market:
    return Market(
        success=success,
        congestion=setting.at("supply.congestion"),
        loss=setting.at("supply.give_up_per_month"),
        tightness=setting.at("supply.tightness"),
        move_share=move_share,
    )


def _fit_inside(
    setting: Setting, exits: F64, eligible: F64, rivals: F64, moving: F64
) -> tuple[float, F64, tuple[Ladder, ...]]:
    """Find the share offered inside that gives the promotion rate."""
    finds = np.zeros_like(setting.heads)
    finds[:, :, 1:] = inside_chance(
        eligible[None, :, :-1], setting.heads[:, :, :-1], rivals[:, :, 1:]
    )
    target = setting.at("promotion.rate") * setting.total

    def ladders(share: float) -> tuple[Ladder, ...]:
        return tuple(
            _group_ladder(setting, g, exits[g], share * finds[:, g], moving[:, g])
            for g in range(len(GROUPS))
        )

    share = bisect(
        lambda s: sum(float(one.promoted_in.sum()) for one in ladders(s)) - target, 0.0, 1.0
    )
    return share, share * finds, ladders(share)


def _group_ladder(setting: Setting, g: int, exits: F64, inside: F64, moving: F64) -> Ladder:
    """Solve a group's ladder with as many moves out as in, by region and band."""
    heads = setting.heads[:, g]
    moves_in = moving[setting.region][:, RANGE_INDEX]
    region_heads = np.maximum(setting.by_region(heads), 1e-300)[setting.region]
    found = ladder(heads, exits, inside, moves_in, np.zeros_like(heads))
    for _ in range(12):
        moves_out = setting.by_region(found.moves)[setting.region] * heads / region_heads
        found = ladder(heads, exits, inside, moves_in, moves_out)
    return found


def mover_rate(setting: Setting) -> float:
    """Return colleagues willing to move, a month and head.

    Nothing is published; there are taken to be as many for each move as there are experienced
    candidates for each hire in the steady state (``steady_candidates``).
    """
    moves = setting.at("leaving.organisation_rate") * setting.at("leaving.move_share")
    tightness, loss = setting.at("supply.tightness"), setting.at("supply.give_up_per_month")
    return steady_candidates(moves / 12.0, tightness, loss)


def _move_passing(setting: Setting, market: Market, outside: F64, passing: F64, before: F64) -> F64:
    """Return the chance that a move advert agrees a start, by pool.

    Args:
        setting: People and parameters.
        market: Constants of the market.
        outside: Starts from outside, a month.
        passing: Chance of the other adverts.
        before: Chance of move adverts from which the adverts are counted.
    """
    willing = mover_rate(setting) * setting.by_range(setting.by_region(setting.heads))
    chance = market.move_share * before + (1.0 - market.move_share) * passing
    moves = market.move_share * outside / np.maximum(chance, 1e-9)
    found = np.zeros_like(before)
    for key in np.ndindex(before.shape):
        if moves[key] > 0:
            found[key] = moves_found(float(willing[key]), float(moves[key]), market) / moves[key]
    return found


def failed_moves(setting: Setting) -> F64:
    """Return the chance that a pull fails, by region, group and band (stage 3).

    The trust is chosen by weight among the region's others; all tries may meet an empty post.
    """
    vacant = vacancy_rate(setting.library)
    posts = setting.heads / (1.0 - vacant)
    refused = posts * np.where(posts > 0, refused_chance(np.maximum(posts, 1.0), vacant), 0.0)
    total = setting.by_region(posts)[setting.region] - posts
    missed = setting.by_region(refused)[setting.region] - refused
    chance = np.where(total > 1e-9, missed / np.maximum(total, 1e-9), 1.0)
    weight = np.maximum(setting.by_region(posts), 1e-300)
    return np.asarray(setting.by_region(chance * posts) / weight, dtype=np.float64)


def _fit_moves(
    setting: Setting, outside: F64, failed: F64, passing: F64, move_passing: F64, target: float
) -> tuple[float, F64]:
    """Find the share of move adverts that gives the moves; returns it and moves by pool."""
    weights = setting.by_region(outside)
    pooled = np.maximum(setting.by_range(weights), 1e-300)
    kept = setting.by_range(weights * (1.0 - failed)) / pooled

    def moves(share: float) -> F64:
        made = share * move_passing * kept
        return np.asarray(
            made / np.maximum(made + (1.0 - share) * passing, 1e-300), dtype=np.float64
        )

    share = bisect(lambda x: float((moves(x) * pooled).sum()) - target, 0.0, 0.9)
    return share, moves(share)


def _solve_pools(
    setting: Setting, wanted: F64, market: Market, small: float
) -> dict[tuple[int, int, int], Pool]:
    arrivals, opened = graduate_arrivals(setting), open_shares(setting)
    give_up = setting.at("graduates.give_up_hazard")
    return {
        (r, g, k): solve_pool(
            float(wanted[r, g, k]), arrivals[r, g, k], float(opened[k]), give_up, market, small
        )
        for r, g, k in np.ndindex(wanted.shape)
        if wanted[r, g, k] > 0
    }


# Durations -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Durations:
    """Medians in months and log standard deviations of the three stages."""

    approval: tuple[float, float]
    round: tuple[float, float]
    again: tuple[float, float]
    notice: tuple[float, float]
    success: float

    def pmfs(self) -> tuple[F64, F64, F64, F64]:
        """Return the distributions in whole months of approval, first and later round, notice."""
        approval, advert, again, notice = (
            months_pmf(duration_quantiles(*one))
            for one in (self.approval, self.round, self.again, self.notice)
        )
        return approval, advert, again, notice


def all_rounds(first: F64, again: F64, passing: float) -> F64:
    """Return the distribution of a round's length over all rounds, first and later.

    With a chance ``passing`` there are 1 / passing - 1 later rounds for each first one.
    """
    mixed = np.zeros(max(len(first), len(again)))
    mixed[: len(first)] += passing * first
    mixed[: len(again)] += (1.0 - passing) * again
    return mixed


@dataclass(frozen=True)
class Vacancies:
    """Expected vacant posts by stage, shape (trusts, groups, bands), and what was reached."""

    approval: F64
    advert: F64
    agreed: F64
    success: F64  # (regions, groups, ranges) chance that a round passes
    time_to_hire: float  # months, median

    @property
    def total(self) -> F64:
        """Vacant posts in any stage."""
        return self.approval + self.advert + self.agreed


def choose_success(setting: Setting, guess: float = 0.27) -> Durations:
    """Choose round success and round and notice medians for the median time to hire.

    Crowding takes about ``guess`` off the success. Among the successes of its range, each with the
    common factor on both medians that gives the target, the one nearest the library's modes
    (squared distance in half ranges) is taken.
    """
    library, opening = setting.library, setting.opening
    names = ("hiring.round_success", "hiring.round_median_months", "hiring.notice_median_months")
    success = library.get(names[0])
    best, least = None, np.inf
    for chance in np.arange(success.low, success.high + 1e-9, 0.01):
        found = fit_times(setting, float(chance), np.array([chance - guess]), np.ones(1))
        values = (chance, found.round[0], found.notice[0])
        away = sum(
            ((value - library.at(name, opening)) / (library.get(name).high - library.get(name).low))
            ** 2
            for name, value in zip(names, values, strict=True)
        )
        if (
            abs(_median(found, np.array([chance - guess]), np.ones(1)) / _target(setting) - 1.0)
            < 0.005
            and away < least
        ):
            best, least = found, away
    if best is None:
        raise ArithmeticError("no round success in its range gives the median time to hire")
    return best


def _target(setting: Setting) -> float:
    return setting.at("hiring.time_to_hire_weeks") / WEEKS_PER_MONTH


def _median(durations: Durations, chances: F64, weights: F64) -> float:
    _, advert, again, notice = durations.pmfs()
    rows = [hire_pmf(advert, again, notice, float(one), 25) for one in chances]
    return interpolated_median(np.asarray(weights / weights.sum() @ np.array(rows)))


def fit_times(setting: Setting, success: float, chances: F64, weights: F64) -> Durations:
    """Find the factor on round and notice medians that gives the median time to hire.

    Args:
        setting: The parameters.
        success: Chance that a round passes with no crowding.
        chances: Chance that a round passes in each pool.
        weights: Starts from outside of each pool.
    """
    start = Durations(
        approval=(setting.at("hiring.approval_median_months"), setting.at("hiring.approval_sigma")),
        round=(setting.at("hiring.round_median_months"), setting.at("hiring.round_sigma")),
        again=(setting.at("hiring.again_median_months"), setting.at("hiring.again_sigma")),
        notice=(setting.at("hiring.notice_median_months"), setting.at("hiring.notice_sigma")),
        success=success,
    )

    def scaled(factor: float) -> Durations:
        return replace(
            start,
            round=(_within(setting, "hiring.round_median_months", factor), start.round[1]),
            notice=(_within(setting, "hiring.notice_median_months", factor), start.notice[1]),
        )

    target = _target(setting)
    factor = bisect(lambda f: _median(scaled(f), chances, weights) - target, 0.4, 2.0)
    return scaled(factor)


def _within(setting: Setting, name: str, factor: float) -> float:
    found = setting.library.get(name)
    return float(np.clip(setting.at(name) * factor, found.low, found.high))


def vacant_posts(setting: Setting, flows: Flows, times: Durations) -> tuple[Durations, Vacancies]:
    """Fit round, notice and approval medians, and return the vacant posts of the steady state."""
    success = flows.market.success
    share = flows.market.move_share
    chances = share * flows.move_passing + (1.0 - share) * flows.pool_values("passing")
    outside = setting.by_range(setting.by_region(flows.stack("outside")))
    used = outside > 0
    times = fit_times(setting, success, chances[used], outside[used])
    _, advert, again, notice = times.pmfs()
    rate = vacancy_rate(setting.library)
    wanted = setting.total * rate / (1.0 - rate)

    def stages(median: float) -> tuple[Durations, Vacancies]:
        now = replace(times, approval=(median, times.approval[1]))
        lengths = (now.pmfs()[0], advert, again, notice)
        approval, first, later, notice_months = (mean_months(one) for one in lengths)
        means = (approval, first, later, notice_months)
        return now, _stock(setting, flows, means, chances)

    found = library_range(setting, "hiring.approval_median_months")
    median = bisect(lambda m: float(stages(m)[1].total.sum()) - wanted, *found)
    now, stock = stages(median)
    return now, replace(stock, time_to_hire=_median(now, chances[used], outside[used]))


def library_range(setting: Setting, name: str) -> tuple[float, float]:
    """Return the bounds of a parameter."""
    found = setting.library.get(name)
    return found.low, found.high


def _stock(
    setting: Setting, flows: Flows, means: tuple[float, float, float, float], chances: F64
) -> Vacancies:
    passed = chances[setting.region][:, :, RANGE_INDEX]
    tried = flows.market.move_share * flows.move_passing / np.maximum(chances, 1e-9)
    lost = tried[setting.region][:, :, RANGE_INDEX] * flows.failed[setting.region]
    monthly = flows.stack("vacancies") / 12.0
    inside = flows.stack("promoted_in") / np.maximum(flows.stack("vacancies"), 1e-300)
    stages = stage_months(means, inside, np.maximum(passed, 1e-9), lost)
    return Vacancies(
        monthly * stages.approval, monthly * stages.advert, monthly * stages.agreed, chances, 0.0
    )
