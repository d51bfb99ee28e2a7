"""Steady state of the law under a constant establishment: formulas and fits.

Everything here is expected values: no chance, no state, no files. Section and stage numbers refer
to ``docs/method.md``. Flows are a month or a year as each docstring says; durations are whole
months. The opening census is built from these formulas, so that a run needs no warm-up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.model.specification import QUANTILES, TENURE_BREAKS, TRIES

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

YOUNGEST: Final = 16
OLDEST: Final = 75
"""Ages of the census, years."""
TAIL: Final = 6
"""Years the recursion runs past OLDEST, at the hazards of OLDEST."""
AGES: Final = np.arange(YOUNGEST, OLDEST + 1)
WEEKS_PER_MONTH: Final = 365.25 / 12 / 7
_TENURES: Final = TENURE_BREAKS[1] + 1
"""States of tenure: 0 to 23 months and 24 or more."""


# Durations -------------------------------------------------------------------------------------


def duration_quantiles(median: float, sigma: float) -> F64:
    """Return a lognormal duration at the mid-points (k + 0.5) / 1024, in months.

    Q[k] = median x exp(sigma x z((k + 0.5) / 1024)), z the standard normal quantile.

    Args:
        median: Median, months.
        sigma: Standard deviation of the logarithm.
    """
    from scipy.special import ndtri

    points = (np.arange(QUANTILES) + 0.5) / QUANTILES
    return np.asarray(median * np.exp(sigma * ndtri(points)), dtype=np.float64)


def months_pmf(quantiles: F64, factor: float = 1.0) -> F64:
    """Return P(D = k), k = 0, 1, ..., of D = max(1, floor(factor x Q + 0.5)) (stage 1).

    Args:
        quantiles: Equally likely durations, months.
        factor: The hiring factor h.
    """
    months = np.maximum(1, np.floor(factor * quantiles + 0.5)).astype(np.int64)
    return np.bincount(months) / len(months)


def mean_months(pmf: F64) -> float:
    """Return the mean of a duration in whole months."""
    return float(pmf @ np.arange(len(pmf)))


def remaining_pmf(pmf: F64) -> F64:
    """Return P(remaining = k), k = 0, 1, ..., of a stage seen at the end of a month.

    One that starts in month m with duration D is due in m + D, so at the end of the months
    m .. m + D - 1 it has D .. 1 months to go: P(remaining = k) = P(D >= k) / E[D] for k >= 1.
    """
    at_least = pmf[::-1].cumsum()[::-1].copy()
    at_least[0] = 0.0
    return at_least / mean_months(pmf)


def interpolated_median(pmf: F64) -> float:
    """Return the median of rounded months, month k being spread evenly over k - 0.5 to k + 0.5."""
    below = np.concatenate([[0.0], pmf.cumsum()])
    k = int(np.searchsorted(below[1:], 0.5))
    return float(k - 0.5 + (0.5 - below[k]) / pmf[k])


def hire_pmf(
    round_pmf: F64, again_pmf: F64, notice_pmf: F64, success: float, rounds: int = 40
) -> F64:
    """Return the time from advert to start, months: failed rounds, the last round and notice.

    Args:
        round_pmf: Length of the first round.
        again_pmf: Length of a later round, with the pause before it.
        notice_pmf: From offer to start.
        success: Chance that a round ends in an agreed start.
        rounds: Rounds after which the rest of the chance is put on the last one.
    """
    longest = max(len(round_pmf), len(again_pmf)) - 1
    total = np.zeros(longest * rounds + len(notice_pmf))
    path, chance = notice_pmf, 1.0
    for n in range(1, rounds + 1):
        path = np.convolve(path, round_pmf if n == 1 else again_pmf)
        share = chance * (success if n < rounds else 1.0)
        total[: len(path)] += share * path
        chance *= 1.0 - success
    return total


@dataclass(frozen=True, slots=True)
class Stages:
    """Months a vacancy spends in each stage on average, and so the stock of a unit flow."""

    approval: float
    advert: F64
    agreed: F64

    @property
    def total(self) -> F64:
        """Months from the start of the vacancy to the start in post."""
        return self.approval + self.advert + self.agreed


def stage_months(
    means: tuple[float, float, float, float], inside: F64, success: F64, failed: F64
) -> Stages:
    """Return the mean months in each stage, by Little's law the stock of one vacancy a month.

    A share ``inside`` ends with the approval. The others need one first round, 1 / success - 1
    later ones on average, and the notice; where the start fails, 1 / success later rounds and the
    notice again, failed / (1 - failed) times.

    Args:
        means: Mean months of approval, of a first round, of a later one and of notice.
        inside: Share of vacancies filled inside.
        success: Chance that a round ends in an agreed start.
        failed: Share of agreed starts that fail (a pull without a taker).
    """
    approval, advert, again, notice = means
    outside = 1.0 - inside
    repeats = failed / (1.0 - failed)
    adverts = advert + (1.0 / success - 1.0) * again + repeats * again / success
    return Stages(approval, outside * adverts, outside * (1.0 + repeats) * notice)


# Flows between bands ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ladder:
    """Flows of the cells of one group, shape (units, bands), bands from the bottom; a year."""

    vacancies: F64
    promoted_in: F64
    promoted_out: F64
    outside: F64  # starts from outside the trust, moves included
    moves: F64  # moves in


def ladder(heads: F64, exits: F64, inside: F64, moves_in: F64, moves_out: F64) -> Ladder:
    """Solve the vacancy chain from the top band down.

    vacancies(b) = exits(b) + moves out(b) + promotions out of b;
    promotions into b = inside(b) x vacancies(b) = promotions out of b - 1;
    the rest starts from outside; a share ``moves_in`` of them are moves.

    Args:
        heads: People in post, shape (units, bands).
        exits: Leaving and retiring, a year per head, shape (bands,).
        inside: Share of vacancies filled inside; 0 where the band below is missing.
        moves_in: Moves among starts from outside.
        moves_out: Moves out, a year, as counted from the moves in of the neighbours.
    """
    vacancies = np.zeros_like(heads)
    promoted_in = np.zeros_like(heads)
    promoted_out = np.zeros_like(heads)
    for b in range(heads.shape[1] - 1, -1, -1):
        if b + 1 < heads.shape[1]:
            promoted_out[:, b] = promoted_in[:, b + 1]
        vacancies[:, b] = heads[:, b] * exits[b] + moves_out[:, b] + promoted_out[:, b]
        promoted_in[:, b] = (inside[:, b] * vacancies[:, b]) if b else 0.0
    outside = vacancies - promoted_in
    return Ladder(vacancies, promoted_in, promoted_out, outside, moves_in * outside)


def inside_chance(eligible: F64, holders: F64, rivals: F64) -> F64:
    """Chance that an inside round finds somebody in the cell below (stage 4).

    1 - (1 - e)^n that anybody is eligible, less the chance that an earlier vacancy of the same
    month chooses the same person, r / 2 rivals on average among e x n.

    Args:
        eligible: Share e of the holders below whose time in band is long enough.
        holders: Holders n of the cell below.
        rivals: Vacancies r of the cell offered inside, a month.
    """
    anybody = 1.0 - (1.0 - eligible) ** holders
    clash = np.minimum(0.5, rivals / (2.0 * np.maximum(eligible * holders, 1.0)))
    return np.where(holders > 0, anybody * (1.0 - clash), 0.0)


def refused_chance(slots: F64, vacant: float) -> F64:
    """Chance that all tries of a pull meet an empty post (stage 3).

    E[(X / n)^4] with X ~ Binomial(n, v) empty posts of n, from factorial moments; tries repeat.

    Args:
        slots: Posts n of the chosen trust's cell, at least 1.
        vacant: Share v of posts that are empty.
    """
    if TRIES != 4:
        raise ValueError("the factorial moments below are those of four tries")
    total = np.zeros_like(slots)
    falling = np.ones_like(slots)
    for k, stirling in enumerate((1.0, 7.0, 6.0, 1.0)):
        falling = falling * (slots - k)
        total += stirling * falling * vacant ** (k + 1)
    return np.asarray(total / slots**4, dtype=np.float64)


# People by age and tenure ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hazards:
    """Annual hazards by age (YOUNGEST to OLDEST) at tenure factor 1, and the tenure factors."""

    leaving: F64
    retiring: F64
    tenure: tuple[float, float]

    @property
    def total(self) -> F64:
        """Leaving and retiring together."""
        return self.leaving + self.retiring


def tenure_factors(tenure: tuple[float, float]) -> F64:
    """Return the factor of the month that takes tenure k to k + 1, k = 0 .. 24 or more."""
    factors = np.ones(_TENURES)
    factors[: TENURE_BREAKS[0]] = tenure[0]
    factors[TENURE_BREAKS[0] : TENURE_BREAKS[1]] = tenure[1]
    return factors


@dataclass(frozen=True, slots=True)
class Population:
    """Steady population of one joiner from outside a month; all by age."""

    stock: F64  # mean of the twelve month ends
    census: F64  # (ages, tenures) at the end of the opening month
    left: F64  # a month, mean over the year
    retired: F64  # a month

    def rate(self, flow: F64) -> float:
        """Return a flow as an annual ratio to the average stock."""
        return 12.0 * float(flow.sum()) / float(self.stock.sum())

    def share(self, low: int, high: int) -> float:
        """Share of the census aged ``low`` to ``high``."""
        wanted = (low <= AGES) & (high >= AGES)
        return float(self.census[wanted].sum() / self.census.sum())


def _padded(values: F64) -> F64:
    return np.concatenate([values, np.full(TAIL, values[-1])])


def _folded(values: F64) -> F64:
    folded = values[: len(AGES)].copy()
    folded[-1] += values[len(AGES) :].sum(axis=0)
    return folded


def population(joiners: F64, hazards: Hazards, move_rate: float) -> Population:
    """Follow one joiner a month from each month of the year to the end of working life.

    In the law everybody's birthday is in the month after the opening month of the year, so the
    population is steady from year to year and not from month to month. An entrant of month j of
    the year (1 .. 12, 1 the month of birthdays) has in month k after the start the birthdays due,
    then the exit hazard(age) / 12 x tenure factor, then, with chance ``move_rate`` / 12, a move,
    which sets the tenure back to 0.

    Args:
        joiners: Share of joiners by age.
        hazards: Annual hazards.
        move_rate: Moves a year per head.
    """
    monthly = np.outer(_padded(hazards.total), tenure_factors(hazards.tenure)) / 12.0
    stay, pulled = np.exp(-monthly), move_rate / 12.0
    start = np.concatenate([joiners, np.zeros(TAIL)])
    people = np.zeros((12, len(start), _TENURES))
    people[:, :, 0] = start
    stock, exits = np.zeros(len(start)), np.zeros(len(start))
    census = np.zeros(people.shape[1:])
    for k in range(12 * (len(start) + 1)):
        birthday = -k % 12
        if k:
            people[birthday, 1:] = _aged(people[birthday])
            survivors = people * stay
            exits += (people - survivors).sum(axis=(0, 2))
            people = _month_on(survivors, pulled)
        stock += people.sum(axis=(0, 2))
        census += people[(11 - k) % 12]
    share = _padded(hazards.retiring / np.maximum(hazards.total, 1e-300))
    parts = (stock, exits * (1.0 - share), exits * share)
    mean, left, retired = (_folded(part / 12.0) for part in parts)
    return Population(mean, _folded(census), left, retired)


def _aged(people: F64) -> F64:
    """Return the ages above the youngest after a birthday; the last age keeps its people."""
    older = people[:-1].copy()
    older[-1] += people[-1]
    people[0] = 0.0
    return older


def _month_on(survivors: F64, pulled: float) -> F64:
    """Return survivors with a month more tenure; those pulled begin again."""
    later = np.empty_like(survivors)
    later[:, :, 1:] = survivors[:, :, :-1] * (1.0 - pulled)
    later[:, :, -1] += survivors[:, :, -1] * (1.0 - pulled)
    later[:, :, 0] = survivors.sum(axis=2) * pulled
    return later


@dataclass(frozen=True, slots=True)
class ExitTargets:
    """What the hazards and the joiners' ages are fitted to."""

    leaving: float  # a year per head, moves and retirement not counted
    retiring: float  # a year per head
    moving: float  # a year per head
    young_relative: float  # leaver rate under 30 relative to all ages, moves counted
    under_30: float  # share of the census
    over_60: float  # share of the census aged 60 or more


@dataclass(frozen=True, slots=True)
class ExitFit:
    """Fitted hazards and ages of everybody who joins from outside the trusts."""

    hazards: Hazards
    joiners: F64
    tilt: tuple[float, float]  # per year of age below 30, per year above 30
    population: Population
    reached: ExitTargets


def tilted(base: F64, tilt: tuple[float, float]) -> F64:
    """Return base(a) x exp(-t1 x years below 30 - t2 x years above 30), normalised.

    The nearest distribution with given stock shares (least relative entropy) is a tilt by what a
    joiner of each age adds to the stock under 30 and over 60; that falls almost linearly up to
    30 and grows almost linearly after it, hence the two straight lines.
    """
    below, above = np.maximum(30.0 - AGES, 0.0), np.maximum(AGES - 30.0, 0.0)
    weights = base * np.exp(-tilt[0] * below - tilt[1] * above)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def fit_exits(
    base: F64, retirement: F64, tenure: tuple[float, float], targets: ExitTargets
) -> ExitFit:
    """Fit hazards by age and the joiners' ages to the stock and its leavers.

    Five unknowns (leaving from 30 on, its factor under 30, the scale of retirement, two tilts of
    the joiners' ages) for five targets, by least squares on relative errors.

    Args:
        base: Published share of joiners by age.
        retirement: Relative retirement hazard by age.
        tenure: Tenure factors of the first and second year.
        targets: What to reach.
    """
    from scipy.optimize import least_squares

    def solve(x: F64) -> tuple[ExitFit, F64]:
        fit = _exit_fit(x, base, retirement, tenure, targets.moving)
        want = np.array([getattr(targets, name) for name in ExitTargets.__slots__])
        have = np.array([getattr(fit.reached, name) for name in ExitTargets.__slots__])
        return fit, have / want - 1.0

    start = np.array([np.log(0.045), np.log(2.0), np.log(1.5), 0.0, 0.0])

    def errors(x: F64) -> F64:
        return solve(x)[1]

    best = least_squares(errors, start, x_scale=[0.3, 0.3, 0.3, 0.05, 0.05])
    return solve(best.x)[0]


def _exit_fit(
    x: F64, base: F64, retirement: F64, tenure: tuple[float, float], moving: float
) -> ExitFit:
    leaving = np.exp(x[0]) * np.where(AGES < 30, np.exp(x[1]), 1.0)
    hazards = Hazards(leaving, np.exp(x[2]) * retirement, tenure)
    tilt = (float(x[3]), float(x[4]))
    joiners = tilted(base, tilt)
    people = population(joiners, hazards, moving)
    return ExitFit(hazards, joiners, tilt, people, _reached(people, moving))


def _reached(people: Population, moving: float) -> ExitTargets:
    young = AGES < 30
    leavers = people.left + people.retired
    rate = people.rate(leavers) + moving
    young_rate = 12.0 * leavers[young].sum() / people.stock[young].sum() + moving
    return ExitTargets(
        leaving=people.rate(people.left),
        retiring=people.rate(people.retired),
        moving=moving,
        young_relative=float(young_rate / rate),
        under_30=people.share(YOUNGEST, 29),
        over_60=people.share(60, OLDEST),
    )


# The market ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Market:
    """National constants of stage 5."""

    success: float  # chance that a round passes with no crowding
    congestion: float
    loss: float  # share of waiting candidates who give up in a month
    tightness: float  # arrivals relative to steady experienced hires
    move_share: float  # of adverts


@dataclass(frozen=True, slots=True)
class Pool:
    """Steady state of one pool; flows a month."""

    adverts: float  # closing adverts, moves included
    passing: float  # chance that a non-move advert ends in an agreed start
    experienced: float  # hires of experienced candidates
    graduates: float  # hires of newly qualified
    stock: float  # experienced candidates at the end of the opening month
    supply: float  # experienced candidates arriving
    waiting: F64  # graduates at the end of the opening month by months waited


def steady_candidates(hires: float, tightness: float, loss: float) -> float:
    """Return S of stage 5 before its hires: S = S' (1 - loss) + tightness x hires, S' = S - hires.

    So S = hires x (tightness - 1 + loss) / loss.
    """
    return hires * (tightness - 1.0 + loss) / loss


def crowding(candidates: float, adverts: float, congestion: float) -> float:
    """Return (S + G) / (S + G + congestion x A); 1 without adverts."""
    return 1.0 if adverts <= 0 else candidates / (candidates + congestion * adverts)


def solve_pool(
    wanted: float, arrivals: F64, open_share: float, give_up: float, market: Market, small: float
) -> Pool:
    """Find the closing adverts a month with which a pool makes its non-move hires.

    Args:
        wanted: Non-move hires a month (mean over the year).
        arrivals: Graduates who start to wait, by month of the year; the opening month is last.
        open_share: Share of non-move adverts open to the newly qualified.
        give_up: Hazard of waiting graduates, a year.
        market: Constants of the market.
        small: Non-move adverts a month below which chance in the pool's small numbers is
            averaged over a Markov chain instead of being ignored.
    """
    adverts = wanted / max(market.success - 0.2, 0.1)
    pool = _pool_year(adverts, wanted, arrivals, open_share, give_up, market)
    for _ in range(60):
        made = pool.experienced + pool.graduates
        if abs(made - wanted) < 1e-6 * wanted:
            break
        adverts *= wanted / made
        pool = _pool_year(adverts, wanted, arrivals, open_share, give_up, market)
    if pool.experienced > 0 and adverts < small:
        pool = _small_pool(pool, wanted, market)
    return pool


def _pool_year(
    adverts: float,
    wanted: float,
    arrivals: F64,
    open_share: float,
    give_up: float,
    market: Market,
) -> Pool:
    """Run the expected values of one pool until the year repeats; supply follows the hires."""
    keep, years = np.exp(-give_up / 12.0), 5 if arrivals.sum() > 0 else 1
    waiting = np.zeros(12 * 4)
    graduates = 0.0
    for year in range(years):
        hires = wanted - graduates
        supply = market.tightness * hires
        if year == 0:
            stock = steady_candidates(hires, market.tightness, market.loss) - hires
        taken = passed = 0.0
        for month in range(12):
            waiting = np.concatenate([[arrivals[month]], waiting[:-1] * keep])
            stock = stock * (1.0 - market.loss) + supply
            chance = market.success * crowding(stock + waiting.sum(), adverts, market.congestion)
            found = min(float(waiting.sum()), adverts * chance * open_share)
            waiting = _take_oldest(waiting, found)
            experienced = min(stock, adverts * chance - found)
            stock -= experienced
            taken += found / 12.0
            passed += (experienced + found) / 12.0
        graduates = taken
    experienced = passed - graduates
    return Pool(
        adverts,
        passed / adverts if adverts else market.success,
        experienced,
        graduates,
        stock,
        supply,
        waiting,
    )


def _take_oldest(waiting: F64, found: float) -> F64:
    """Remove hires from those who have waited longest (the order of stage 5)."""
    left = waiting.copy()
    longer = np.concatenate([np.cumsum(waiting[::-1])[::-1][1:], [0.0]])
    left -= np.clip(found - longer, 0.0, waiting)
    return left


def _small_pool(pool: Pool, wanted: float, market: Market) -> Pool:
    """Correct adverts, success and stock of a pool for the chance in its small numbers."""
    from scipy.optimize import brentq

    grads = pool.graduates / (pool.graduates + pool.experienced)
    waiting = float(pool.waiting.sum())

    def surplus(adverts: float) -> float:
        return _chain(adverts, pool.supply, waiting, grads, market)[0] - pool.experienced

    high = pool.adverts * 1.2
    while surplus(high) < 0:
        high *= 1.3
    adverts = float(brentq(surplus, pool.adverts * 0.7, high, rtol=1e-5))
    _, stock = _chain(adverts, pool.supply, waiting, grads, market)
    return Pool(
        adverts,
        wanted / adverts,
        pool.experienced,
        pool.graduates,
        stock,
        pool.supply,
        pool.waiting,
    )


def _chain(
    adverts: float, supply: float, waiting: float, graduates: float, market: Market
) -> tuple[float, float]:
    """Return mean experienced hires a month and mean closing stock of a pool of whole people.

    The stock S is a Markov chain: floor(S (1 - loss) + supply + u) candidates meet a Poisson
    number of adverts; each passes with the chance of stage 5, and a share ``graduates`` of those
    that pass is filled by graduates.
    """
    most = int((supply + 1.0) / market.loss) + 1  # without hires the stock never exceeds this
    kernel, hires = _month_kernel(most, adverts, waiting, graduates, market)
    exact = np.arange(most + 1) * (1.0 - market.loss) + supply
    floor = np.floor(exact).astype(np.int64)
    up = exact - floor
    low, high = np.minimum(floor, most), np.minimum(floor + 1, most)
    step = kernel[low] * (1.0 - up)[:, None] + kernel[high] * up[:, None]
    stationary = _stationary(step)
    mean = stationary @ (hires[low] * (1.0 - up) + hires[high] * up)
    return float(mean), float(stationary @ np.arange(most + 1))


def _month_kernel(
    most: int, adverts: float, waiting: float, graduates: float, market: Market
) -> tuple[F64, F64]:
    """Return P(stock after hires | stock before), and the mean hires for each stock before."""
    from scipy.special import gammaln, xlog1py, xlogy

    count = np.arange(int(adverts + 8.0 * np.sqrt(adverts) + 8.0))
    chance = np.exp(xlogy(count, adverts) - adverts - gammaln(count + 1.0))
    before = np.arange(most + 1)[:, None, None]
    people = before[:, :, 0] + waiting
    crowd = np.where(count > 0, people / (people + market.congestion * count + 1e-300), 1.0)
    passes = market.success * crowd * (1.0 - graduates)
    ways = gammaln(count + 1.0)
    spare = np.maximum(count[:, None] - count[None, :], 0)
    pick = np.where(
        count[:, None] >= count[None, :],
        np.exp(ways[:, None] - ways[None, :] - gammaln(spare + 1.0)),
        0.0,
    )
    odds = xlogy(count[None, None, :], passes[:, :, None]) + xlog1py(spare, -passes[:, :, None])
    demand = np.einsum("sab,ab->sb", np.exp(odds), pick * chance[:, None])
    kernel = np.zeros((most + 1, most + 1))
    hired = np.minimum(count[None, :], np.arange(most + 1)[:, None])
    rows = np.broadcast_to(np.arange(most + 1)[:, None], hired.shape)
    np.add.at(kernel, (rows, rows - hired), demand)
    return kernel, (demand * hired).sum(axis=1)


def moves_found(willing: float, adverts: float, market: Market) -> float:
    """Return the mean number of move adverts a month that agree a start in a pool.

    V = floor(willing + u) colleagues meet a Poisson number B of closing move adverts; each passes
    with the chance success x V / (V + congestion x B), and at most V find somebody.

    Args:
        willing: Colleagues willing to move, a month (mover rate x headcount).
        adverts: Closing move adverts a month.
        market: Constants of the market.
    """
    low = int(np.floor(willing))
    up = willing - low
    _, found = _month_kernel(low + 1, adverts, 0.0, 0.0, market)
    return float((1.0 - up) * found[low] + up * found[low + 1])


def _stationary(step: F64) -> F64:
    """Return the stationary distribution of a Markov chain with transition matrix ``step``."""
    size = len(step)
    system = np.vstack([step.T - np.eye(size), np.ones(size)])
    right = np.zeros(size + 1)
    right[-1] = 1.0
    return np.asarray(np.linalg.lstsq(system, right, rcond=None)[0], dtype=np.float64)


# Training --------------------------------------------------------------------------------------


def still_enrolled(completion: float, months: int, duration: int) -> float:
    """Share of starters still enrolled after some months: completion^(months / duration).

    A constant drop-out hazard over the course: -12 ln(completion) / duration a year.
    """
    return float(completion ** (months / duration))


def bisect(function: Callable[[float], float], low: float, high: float) -> float:
    """Return a root of an increasing step function by sixty halvings."""
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2.0
