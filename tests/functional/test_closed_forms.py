"""Both engines against closed forms of the monthly clock (``docs/method.md``).

Each test compares public runs with an exact law, at a false-alarm rate of one in a million with
fixed seeds, and shows that a law which is wrong by a month (or by another likely slip) is refused;
``-s`` prints what the smallest visible bias is. Samples are trusts or regions x replications: they
are independent of each other under the law.
"""

from __future__ import annotations

from math import floor
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from simulator.domain.words import (
    BAND_RANGES,
    Flow,
    Phase,
    PoolStock,
    Stock,
    TrainingFlow,
    TrainingStock,
)
from simulator.model.specification import QUANTILES, TRIES, Specification
from simulator.results.trace import Trace
from tests.support.closed import (
    AGES,
    ENGINES,
    Cell,
    Checks,
    Cohort,
    Law,
    abundant,
    alter,
    make,
)

F64 = NDArray[np.float64]

pytestmark = pytest.mark.functional

NEVER_DUE = 200
JOINS = (Flow.JOINED_EXPERIENCED, Flow.JOINED_GRADUATE, Flow.JOINED_OUTSIDE)


class Size(NamedTuple):
    """An engine and how many replications, as a multiple of a test's own number."""

    engine: str
    times: int

    def run(self, spec: Specification, replications: int) -> Trace:
        return ENGINES[self.engine](spec, count=replications * self.times)

    def fine(self, law: Law) -> Law | None:
        """A wrong law so close to the right one that only many replications refuse it."""
        return law if self.times > 1 else None


def sizes() -> list[Any]:
    night = pytest.mark.nightly
    return [
        pytest.param(Size("people", 1), id="people"),
        pytest.param(Size("arrays", 24), id="arrays"),
        pytest.param(Size("people", 8), id="people-long", marks=night),
        pytest.param(Size("arrays", 240), id="arrays-long", marks=night),
    ]


@pytest.fixture(params=sizes())
def size(request: pytest.FixtureRequest) -> Size:
    found: Size = request.param
    return found


def trusts(number: int, *cells: Cell) -> list[Cell]:
    """The same cells in many trusts of one region."""
    return [c._replace(trust=f"T{i:03}") for i in range(number) for c in cells]


def regions(number: int, *cells: Cell) -> list[Cell]:
    """The same cells in many regions, with trusts of their own."""
    return [
        c._replace(region=f"R{i:03}", trust=f"{c.trust}{i:03}")
        for i in range(number)
        for c in cells
    ]


def flat(table: NDArray[Any], each: int, which: int) -> NDArray[Any]:
    """Samples of the ``which``-th of ``each`` cells of a trust or region: replications x trusts."""
    return table[:, which::each].ravel()


def heads(trace: Trace, month: int, each: int = 1, which: int = 0) -> NDArray[Any]:
    return flat(trace.stocks[:, month, :, Stock.HEADCOUNT], each, which)


def experienced(trace: Trace, month: int) -> NDArray[Any]:
    """Experienced candidates by replication and pool."""
    return trace.pool_stocks[:, month, :, PoolStock.EXPERIENCED]


def by_age(spec: Specification, rates: dict[int, float]) -> F64:
    """Hazard table from monthly rates by age (the last also holds above it)."""
    month = np.arange(spec.months + 1)
    age = np.arange(AGES)[:, None] - spec.cohort_offset + np.maximum(month - 1, 0) // 12
    table = np.zeros(age.shape)
    for start, rate in sorted(rates.items()):
        table[age >= start] = rate
    table[:, 0] = 0.0
    return table[None]


# --- a. survivors ------------------------------------------------------------------------------


def test_survivors_are_binomial(size: Size) -> None:
    """Constant hazard: survivors at the end of month k are Binomial(n, exp(-h k / 12))."""
    n, hazard = 30, 1.2
    spec = alter(make(trusts(40, Cell("5", n)), 24), {"exits.hazard": hazard / 12})
    trace, checks, q = size.run(spec, 10), Checks(), np.exp(-hazard / 12)
    for k in (0, 1, 2, 6, 12, 24):
        law = Law.bernoullis(n, q**k)
        off = Law.bernoullis(n, q ** (k + 1)) if 1 <= k <= 12 else None
        checks.mean(f"month {k}", heads(trace, k), law, off)
        checks.spread(f"month {k}", heads(trace, k), law)
    if size.times > 1:
        linear = Law.bernoullis(n, (1 - hazard / 12) ** 12)
        checks.mean("month 12, 1 - h / 12", heads(trace, 12), Law.bernoullis(n, q**12), linear)
    gone = trace.flows[:, 1:, :, [Flow.LEFT, Flow.RETIRED]].sum(axis=(1, 3))
    assert np.array_equal(trace.stocks[:, -1, :, Stock.HEADCOUNT], n - gone)
    checks.verdict()


def tenure_sum(tenure: tuple[float, float], origin: int, months: int, late: int = 0) -> F64:
    """Sum of the tenure factors over months 1 to k, for k = 0 .. months."""
    served = np.arange(1, months + 1) - origin
    factor = np.where(served <= 12 + late, tenure[0], np.where(served <= 24 + late, tenure[1], 1.0))
    return np.concatenate([[0.0], np.cumsum(factor)])


@pytest.mark.parametrize("tenure", [(1.5, 1.2), (5.0, 0.25)])
def test_survivors_by_tenure(size: Size, tenure: tuple[float, float]) -> None:
    """Tenure factors: piecewise constant in the months since joining the trust."""
    n, hazard, origins = 30, 0.03, (0, -6, -30)
    cells = [Cell(b, n, origin=o) for b, o in zip(("3", "4", "5"), origins, strict=True)]
    spec = make(trusts(30, *cells), 30)
    spec = alter(spec, {"exits.hazard": hazard, "exits.tenure": tenure})
    trace, checks = size.run(spec, 6), Checks()
    for which, origin in enumerate(origins):
        right, late = (tenure_sum(tenure, origin, 30, late) for late in (0, 1))
        for k in (1, 6, 7, 12, 13, 18, 19, 24, 25, 30):
            law = Law.bernoullis(n, np.exp(-hazard * right[k]))
            off = None
            if tenure[0] == 5.0 and k - 1 == 12 + origin:
                off = size.fine(Law.bernoullis(n, np.exp(-hazard * late[k])))
            checks.mean(f"origin {origin}, month {k}", heads(trace, k, 3, which), law, off)
        checks.spread(f"origin {origin}, month {k}", heads(trace, k, 3, which), law)
    checks.verdict()


def test_survivors_by_age(size: Size) -> None:
    """Hazard by age: a deterministic product; all birthdays are in month 1 of a model year."""
    n, rates = 30, {0: 0.5, 40: 0.02, 41: 0.10, 42: 0.04}
    spec = make(trusts(40, Cell("5", n)), 36)
    spec = alter(spec, {"exits.hazard": by_age(spec, rates)})
    trace, checks = size.run(spec, 8), Checks()
    month = np.arange(1, 37)

    def law(k: int, late: int) -> Law:
        ages = 40 + (month[:k] - 1 - late) // 12
        return Law.bernoullis(n, np.exp(-sum(rates[max(int(a), 40)] for a in ages)))

    for k in (1, 12, 13, 24, 25, 36):
        off = law(k, 1) if k == 13 else None
        checks.mean(f"month {k}", heads(trace, k), law(k, 0), off)
        checks.spread(f"month {k}", heads(trace, k), law(k, 0))
    checks.verdict()


def test_exit_factors_of_draws_and_cells(size: Size) -> None:
    """Replication r has the factors of draw r mod D."""
    n, hazard = 30, 0.06
    spec = make(trusts(40, Cell("4", n), Cell("5", n)), 12, draws=2)
    factor = np.array([[0.5, 2.0], [1.0, 1.5]])
    changes = {"exits.hazard": hazard, "exits.factor": np.tile(factor, 40)}
    trace, checks = size.run(alter(spec, changes), 8), Checks()
    for draw in range(2):
        for which in range(2):
            found = flat(trace.stocks[draw::2, 12, :, Stock.HEADCOUNT], 2, which)
            chance, other = np.exp(
                -12 * hazard * np.stack([factor[draw], factor[1 - draw]])[:, which]
            )
            law, off = Law.bernoullis(n, chance), Law.bernoullis(n, other)
            checks.mean(f"draw {draw}, cell {which}", found, law, off)
    checks.verdict()


# --- b. dated entrants -------------------------------------------------------------------------


def test_dated_joiners(size: Size) -> None:
    """Two joiners of 30 start every month and are not replaced: hazard by age and tenure.

    Exits come before starts: somebody who starts in month s meets the hazard first in s + 1.
    """
    n, months, rates, tenure = 2, 36, {0: 0.05, 31: 0.15, 32: 0.02}, (1.5, 1.2)
    each = n * months
    cells = trusts(30, Cell("5", each))
    phases = {
        t * each + s: (Phase.AGREED, s // n + 1) for t in range(len(cells)) for s in range(each)
    }
    spec = make(cells, months, phases=phases)
    spec = alter(spec, {"exits.hazard": by_age(spec, rates), "exits.tenure": tenure})
    trace, checks = size.run(spec, 6), Checks()
    assert np.all(trace.flows[:, 1:, :, Flow.JOINED_EXPERIENCED] == n)

    def alive(start: int, month: int, early: int, birthday: int) -> float:
        total = 0.0
        for m in range(start + 1 - early, month + 1):
            age = 30 + (m - 1 - birthday) // 12 - (start - 1 - birthday) // 12
            factor = tenure[0] if m - start <= 12 else tenure[1] if m - start <= 24 else 1.0
            total += rates[0 if age < 31 else min(age, 32)] * factor
        return float(np.exp(-total))

    def law(month: int, early: int = 0, birthday: int = 0) -> Law:
        chances = [alive(s, month, early, birthday) for s in range(1, month + 1)]
        return Law.bernoullis(n, np.array(chances))

    for month in (1, 2, 12, 13, 24, 25, 36):
        found = heads(trace, month)
        off = law(month, early=1) if month >= 12 else None
        checks.mean(f"month {month}", found, law(month), off)
        checks.spread(f"month {month}", found, law(month))
    checks.mean("birthday", heads(trace, 14), law(14), law(14, birthday=2))
    checks.verdict()


def renewal(filling: F64, q: float, first: F64) -> tuple[F64, F64, F64]:
    """A post's chance to be filled, to start a spell and to fall vacant in month t.

    ``filling`` is the distribution of the months that a vacancy lasts, ``first`` the chance that
    the first spell starts in month t (a spell that starts in s meets the hazard in s + 1).
    """
    months = len(first)
    filled, start, leave = np.zeros(months), np.zeros(months), np.zeros(months)
    for t in range(months):
        leave[t] = filled[t - 1] * (1 - q) if t else 0.0
        start[t] = first[t] + leave[: t + 1][::-1] @ filling[: t + 1]
        filled[t] = (filled[t - 1] * q if t else 0.0) + start[t]
    return filled, start, leave


def lasting(months: int, size: int) -> F64:
    """The distribution of a delay that always lasts ``months``."""
    return (np.arange(size) == months).astype(np.float64)


def test_dated_posts_with_replacement(size: Size) -> None:
    """One post a month is opened: approval, round and notice take a month each, so does a refill.

    A post opened in month o starts its first spell in o + 3; posts are independent, so the stock
    of joiners is a sum of Bernoulli variables of the renewal chances of each post's age.
    """
    opening, months, hazard = 16, 24, 0.12
    cells = trusts(30, Cell("5", opening, opening + months + 1))
    spec = make(cells, months)
    index = 1 + np.arange(months + 1) / opening
    changes = {"exits.hazard": by_age(spec, {0: hazard, 40: 0.0}), "hiring.post_index": index}
    trace, checks = size.run(abundant(spec, **changes), 8), Checks()
    assert np.all(trace.flows[:, 1:, :, Flow.OPENED] == 1)
    q, width = float(np.exp(-hazard)), months + 1

    def law(month: int, lag: int) -> Law:
        filled, _, _ = renewal(lasting(lag, width), q, lasting(lag, width))
        return Law.bernoullis(1, filled[:month])  # ages 0 .. month - 1

    for month in (3, 4, 8, 16, 24):
        found = heads(trace, month) - opening
        off = None if month == 3 else law(month, 4)
        checks.mean(f"month {month}", found, law(month, 3), off)
        checks.spread(f"month {month}", found, law(month, 3))
        if month > 3:
            checks.mean(f"month {month}, lag 2", found, law(month, 3), law(month, 2))
    checks.verdict()


# --- c. training -------------------------------------------------------------------------------

DURATION = 9
DROP = np.concatenate([[0.0], 0.2 + 0.15 * np.arange(1, DURATION + 1)])
SEEK, GIVE_UP = 0.7, 2.0


def college(cohorts: list[Cohort], months: int, number: int) -> Specification:
    """Regions with the same cohorts, drop-out by month of study, and no jobs."""
    cells = regions(number, Cell("5", 1))
    everywhere = [c._replace(region=cell.region) for cell in cells for c in cohorts]
    spec = make(cells, months, cohorts=everywhere, duration=DURATION)
    changes = {
        "training.drop_hazard": DROP,
        "training.seek_share": SEEK,
        "training.give_up_hazard": GIVE_UP,
    }
    return alter(spec, changes)


def study(late: int = 0) -> F64:
    """Chance still to study j months after the start, j = 0 .. duration (then all have left)."""
    hazard = np.concatenate([[0.0] * (1 + late), DROP[1:]])[: DURATION + 1]
    return np.exp(-np.cumsum(hazard) / 12)


def test_dated_trainees(size: Size) -> None:
    """Three starters a month, and five who have studied four months at the opening."""
    months, n, here = 24, 3, 5
    cohorts = [Cohort(-4, here, 1), *(Cohort(c, n) for c in range(1, months + 1))]
    trace, checks = size.run(college(cohorts, months, 20), 20), Checks()
    stocks = trace.training_stocks[..., TrainingStock.ENROLLED]
    alive, late = study(), study(1)

    def law(month: int, chances: F64) -> Law:
        stay = chances[: min(month, DURATION)]
        opening = chances[4 + month] / chances[4] if 4 + month < DURATION else 0.0
        return Law.bernoullis(np.append(np.full(len(stay), n), here), np.append(stay, opening))

    for month in (1, 2, 4, 5, 9, 10, 24):
        found = stocks[:, month].ravel()
        off = law(month, late) if month > 2 else size.fine(law(month, late))
        off = off if month > 1 else None
        checks.mean(f"month {month}", found, law(month, alive), off)
        checks.spread(f"month {month}", found, law(month, alive))
    checks.verdict()


def test_poisson_trainees(size: Size) -> None:
    """Keyed Poisson starters: every stock and flow is Poisson, its variance its mean."""
    months, rate = 24, 3.0
    cohorts = [Cohort(c, 22, mean=rate, poisson=True) for c in range(1, months + 1)]
    trace, checks = size.run(college(cohorts, months, 20), 20), Checks()
    stocks, flows = trace.training_stocks, trace.training_flows
    alive = study()
    stay = np.exp(-GIVE_UP * np.arange(months) / 12)

    def check(name: str, found: NDArray[Any], mean: float, off: float | None = None) -> None:
        wrong = None if off is None else Law.poisson(off)
        checks.mean(name, found.ravel(), Law.poisson(mean), wrong)
        checks.spread(name, found.ravel(), Law.poisson(mean))

    for month in (1, 5, DURATION, DURATION + 1, 24):
        mean = rate * alive[: min(month, DURATION)].sum()
        more = rate * alive[1 : min(month, DURATION) + 1].sum()
        found = stocks[:, month, :, TrainingStock.ENROLLED]
        sharp = size.times > 1 or month > 5
        check(f"enrolled in month {month}", found, mean, more if month > 1 and sharp else None)
    done = rate * alive[DURATION]
    check("started", flows[:, 7, :, TrainingFlow.STARTED], rate)
    longer = done * np.exp(-DROP[DURATION] / 12)
    found = flows[:, DURATION + 1 : 25, :, TrainingFlow.COMPLETED].sum(axis=1)
    check("completed", found, 15 * done, 15 * longer)
    assert not flows[:, : DURATION + 1, :, TrainingFlow.COMPLETED].any()
    found = flows[:, DURATION + 1 : 25, :, TrainingFlow.SOUGHT].sum(axis=1)
    check("sought", found, 15 * done * SEEK)
    for month in (DURATION + 1, DURATION + 2, 24):
        waited = month - DURATION
        mean, off = (done * SEEK * stay[k : waited + k].sum() for k in (0, 1))
        found = stocks[:, month, :, TrainingStock.WAITING]
        sharp = size.times > 1 or month == 24
        check(f"waiting in month {month}", found, mean, off if sharp else None)
    checks.verdict()


# --- d. Little's law ---------------------------------------------------------------------------


def person_months(stock: NDArray[Any], into: NDArray[Any], out: NDArray[Any]) -> None:
    """Little's law as an identity: the sum of month-end stocks is the sum of all durations.

    Somebody who comes in month a and goes in month d is counted at the ends of d - a months;
    those of the opening come in month 0, and those who stay go in month T + 1.
    """
    month = np.arange(stock.shape[1]).reshape(1, -1, *[1] * (stock.ndim - 2))
    durations = (month * (out - into)).sum(axis=1) + len(stock[0]) * stock[:, -1]
    assert np.array_equal(stock.sum(axis=1), durations)


def test_little_in_training(size: Size) -> None:
    """Enrolled = starters a month x mean months of study, in a steady run and person by person."""
    months, n = 96, 3
    cohorts = [Cohort(c, n) for c in range(1, months + 1)]
    trace, checks = size.run(college(cohorts, months, 4), 10), Checks()
    stocks, flows = trace.training_stocks, trace.training_flows
    gone = flows[..., TrainingFlow.DROPPED_OUT] + flows[..., TrainingFlow.COMPLETED]
    person_months(stocks[..., TrainingStock.ENROLLED], flows[..., TrainingFlow.STARTED], gone)
    gone = flows[..., TrainingFlow.HIRED] + flows[..., TrainingFlow.GAVE_UP]
    person_months(stocks[..., TrainingStock.WAITING], flows[..., TrainingFlow.SOUGHT], gone)
    mean, longer = study()[:-1].sum(), study().sum()
    steady = range(DURATION, months + 1, DURATION)  # no trainee is counted in two of them
    found = np.concatenate([stocks[:, m, :, TrainingStock.ENROLLED].ravel() for m in steady])
    spread = n * (study()[:-1] * (1 - study()[:-1])).sum()
    law = Law(n * mean, spread, 0.0)
    checks.mean("enrolled", found, law, Law(n * longer, spread, 0.0))
    ended = gone[:, DURATION + 1 :].sum()
    assert ended > 0
    checks.verdict()


SLOW = 1.3 * 0.9
"""Factor of the trust x path of the class."""


def spread_table(middle: float) -> F64:
    """Quantiles of a duration."""
    return middle * np.exp(np.linspace(-1, 1, QUANTILES))


def lasts(quantiles: F64, factor: float, width: int) -> F64:
    """The distribution of max(1, floor(factor x quantile + 0.5)) months."""
    months = np.maximum(1, np.floor(factor * quantiles + 0.5)).astype(int)
    return np.bincount(months, minlength=width)[:width] / QUANTILES


def after(one: F64, two: F64) -> F64:
    """The distribution of one duration after another, over the months of interest."""
    return np.convolve(one, two)[: len(one)]


def until_filled(first: F64, again: F64, success: float) -> F64:
    """Months of advertising: rounds follow each other until one succeeds."""
    total, ended = np.zeros(len(first)), first
    for _ in range(len(first)):
        total += success * ended
        ended = (1 - success) * after(ended, again)
    return total


def test_little_in_vacancies(size: Size) -> None:
    """Vacant posts = vacancies a month x mean months vacant; stage by stage, month by month.

    Every post is an alternating renewal process: its chances in every month are exact.
    """
    n, months, hazard, success = 20, 120, 0.05, 0.6
    tables = {"approval": 2.0, "round": 1.5, "again": 2.3, "notice": 2.5}
    spec = make(trusts(12, Cell("5", n)), months)
    changes: dict[str, Any] = {f"hiring.{k}_quantiles": spread_table(v) for k, v in tables.items()}
    changes |= {"hiring.hire_factor": 1.3, "hiring.hire_path": 0.9, "hiring.success": success}
    changes["exits.hazard"] = hazard
    trace, checks = size.run(abundant(spec, **changes), 16), Checks()
    width = months + 1
    delay = {
        name: lasts(spread_table(middle), 1.0 if name == "notice" else SLOW, width)
        for name, middle in tables.items()
    }
    approval, adverts = delay["approval"], until_filled(delay["round"], delay["again"], success)
    advertised = after(approval, adverts)
    whole = after(advertised, delay["notice"])
    q = float(np.exp(-hazard))
    filled, _, leave = renewal(whole, q, lasting(0, width))
    later = renewal(np.roll(whole, 1), q, lasting(0, width))[0]
    stocks = trace.stocks

    def in_stage(began: F64, ended: F64) -> F64:
        return np.convolve(leave, np.cumsum(began) - np.cumsum(ended))[:width]

    stages = {
        Stock.APPROVAL: in_stage(lasting(0, width), approval),
        Stock.ADVERT: in_stage(approval, advertised),
        Stock.AGREED: in_stage(advertised, whole),
        Stock.VACANT: 1 - filled,
    }
    assert sum(stages.values()) == pytest.approx(2 * (1 - filled))
    for month in (3, 12, 36, 120):
        for stock, chance in stages.items():
            law, name = Law.bernoullis(n, chance[month]), f"{stock.name.lower()}, month {month}"
            off = None
            if stock is Stock.VACANT and month > 3:
                off = size.fine(Law.bernoullis(n, 1 - later[month]))
            found = stocks[:, month, :, stock].ravel()
            checks.mean(name, found, law, off)
            checks.spread(name, found, law)
    mean_months = float((np.arange(width) * whole).sum())
    assert 1 - filled[-1] == pytest.approx(leave[-1] * mean_months, rel=1e-6)  # Little
    flows = trace.flows
    joined = flows[..., JOINS].sum(axis=-1)
    person_months(stocks[..., Stock.VACANT], flows[..., Flow.VACANCIES], joined)
    # The same over 60 steady months: months vacant = sum of vacant posts / vacancies, whose error
    # is that of the months vacant of as many vacancies, and of posts at either end of the window.
    vacant = stocks[:, 61:, :, Stock.VACANT].sum(axis=(1, 2))
    began = flows[:, 61:, :, Flow.VACANCIES].sum(axis=(1, 2))
    gap = vacant - began * mean_months  # by replication, with mean zero
    right, wrong = (
        2 * stats.t.sf(abs(x.mean()) / x.std(ddof=1) * np.sqrt(len(x)), len(x) - 1)
        for x in (gap, gap - began)
    )
    refused = wrong if size.times > 1 else 0.0
    checks.chance("vacant posts / vacancies", right, "mean months vacant off by one", refused)
    checks.verdict()


# --- e. vacancy chains -------------------------------------------------------------------------

LADDER = ("3", "4", "5", "6")


def test_each_exit_at_the_top_pulls_one_promotion_through_every_band(size: Size) -> None:
    """One top post: its vacancy is passed down band by band, two months of approval each."""
    months, approval, hazard = 48, 2, 0.4
    cells = [Cell(b, 6) for b in LADDER[:-1]] + [Cell(LADDER[-1], 1, klass=1)]
    spec = make(trusts(30, *cells), months)
    risk = np.zeros((2, 1, 1))
    risk[1] = hazard
    changes = {"exits.hazard": risk, "hiring.internal_share": 1.0}
    changes["hiring.approval_quantiles"] = float(approval)
    trace, checks = size.run(abundant(spec, **changes), 6), Checks()
    flows = trace.flows.reshape(len(trace.flows), months + 1, 30, 4, -1)
    vacancies, into = flows[..., Flow.VACANCIES], flows[..., Flow.PROMOTED_IN]
    joined = flows[..., JOINS].sum(axis=-1)
    assert np.array_equal(vacancies[..., 3], flows[..., 3, Flow.LEFT])
    for band in (1, 2, 3):
        assert np.array_equal(into[:, approval:, :, band], vacancies[:, :-approval, :, band])
        assert np.array_equal(into[..., band], flows[..., band - 1, Flow.PROMOTED_OUT])
        assert np.array_equal(vacancies[..., band - 1], into[..., band])
    assert not joined[..., 1:].any()
    lag = approval + 2  # then a round and a notice of a month each
    assert np.array_equal(joined[:, lag:, :, 0], vacancies[:, :-lag, :, 0])
    down = 3 * approval
    assert np.array_equal(vacancies[:, down:, :, 0], vacancies[:, :-down, :, 3])

    def promotions(months_vacant: int) -> F64:
        width = months + 1
        first = lasting(0, width)
        return renewal(lasting(months_vacant, width), float(np.exp(-hazard)), first)[1]

    right, wrong = promotions(approval), promotions(approval + 1)
    for month in (3, 4, 12, 48):
        law = Law.bernoullis(1, right[month])
        off = Law.bernoullis(1, wrong[month]) if month == 3 else None
        checks.mean(f"promotions in month {month}", into[:, month, :, 3].ravel(), law, off)
    checks.verdict()


def test_chains_add_up_over_a_run(size: Size) -> None:
    """Many top posts, delays by chance: vacancies are filled inside or outside, or in flight."""
    cells = [Cell(b, 12) for b in LADDER[:-1]] + [Cell(LADDER[-1], 6, klass=1)]
    spec = make(trusts(10, *cells), 60)
    risk = np.array([0.01, 0.15]).reshape(2, 1, 1)
    changes: dict[str, Any] = {"exits.hazard": risk, "hiring.internal_share": 1.0}
    changes["hiring.approval_quantiles"] = spread_table(1.5)
    trace = size.run(abundant(spec, **changes), 4)
    total = trace.flows.sum(axis=1).reshape(len(trace.flows), 10, 4, -1)
    vacant = trace.stocks[:, -1, :, Stock.VACANT].reshape(len(total), 10, 4)
    joined, into = total[..., JOINS].sum(axis=-1), total[..., Flow.PROMOTED_IN]
    left, up = total[..., Flow.LEFT], total[..., Flow.PROMOTED_OUT]
    assert np.array_equal(total[..., Flow.VACANCIES], left + up)
    assert np.array_equal(left + up, joined + into + vacant)
    assert np.array_equal(left.sum(axis=-1), joined.sum(axis=-1) + vacant.sum(axis=-1))
    assert np.array_equal(into[..., 1:], up[..., :-1])
    # Outside hires above the bottom are only for vacancies whose winner another one took first.
    share = joined[..., 1:].sum() / (joined + into)[..., 1:].sum()
    assert 0 < share < 0.1
    assert joined[..., 0].sum() > 5 * joined[..., 1:].sum()


@pytest.mark.parametrize("share", [0.25, 0.8])
def test_share_of_vacancies_offered_inside(size: Size, share: float) -> None:
    """Of vacancies due, ``internal_share`` are filled by promotion if somebody is eligible."""
    cells = trusts(100, Cell("5", 3), Cell("6", 1))
    spec = make(cells, 2, phases=dict.fromkeys(range(3, 400, 4), (Phase.APPROVAL, 1)))
    trace, checks = size.run(alter(spec, {"hiring.internal_share": share}), 10), Checks()
    found = flat(trace.flows[:, 1, :, Flow.PROMOTED_IN], 2, 1)
    law, off = Law.bernoullis(1, share), Law.bernoullis(1, 0.9 * share - 0.05)
    checks.mean("promoted", found, law, off)
    checks.verdict()


# --- f. rounding without bias ------------------------------------------------------------------


def test_rounding_of_posts_supply_and_intake_is_unbiased(size: Size) -> None:
    """floor(x + u) has mean x and variance frac(1 - frac), growing or shrinking."""
    n, index = 10, np.array([1.0, 1.037, 1.19, 1.2, 1.263, 1.263])
    cells = regions(50, Cell("3", n, 14), Cell("6", n, klass=1))
    phases = {r * 24 + 14 + i: (Phase.APPROVAL, NEVER_DUE) for r in range(50) for i in range(n)}
    cohorts = [Cohort(2, 3, mean=2.37, region=f"R{r:03}") for r in range(50)]
    spec = make(cells, 5, phases=phases, cohorts=cohorts)
    shrink = 2 - index
    changes = {"hiring.post_index": np.stack([index, shrink])[:, None], "pools.supply": 2.37}
    trace, checks = size.run(alter(spec, changes), 8), Checks()
    posts = trace.stocks[..., Stock.POSTS]

    def check(name: str, found: NDArray[Any], x: float) -> None:
        rest = x - floor(x + 1e-9)
        law = Law.bernoullis(1, max(rest, 0.0))
        off = Law.bernoullis(1, float(rest > 0.5)) if rest > 1e-6 else None
        checks.mean(name, found.ravel() - floor(x + 1e-9), law, off)
        checks.spread(name, found.ravel() - floor(x + 1e-9), law)
        if found.ndim == 2 and rest > 1e-6:  # cells are independent of each other
            total = found.sum(axis=1) - found.shape[1] * floor(x + 1e-9)
            checks.spread(f"{name}, of all", total, Law.bernoullis(found.shape[1], rest))

    for month in (1, 2, 4):
        check(f"growing, month {month}", posts[:, month, ::2], n * float(index[month]))
        check(f"shrinking, month {month}", posts[:, month, 1::2], n * float(shrink[month]))
    assert np.all(posts[:, 3, ::2] == 12)
    assert np.array_equal(posts[:, 4], posts[:, 5])  # u is one number for all months
    assert np.all(np.diff(posts[..., ::2], axis=1) >= 0)
    for month in (1, 5):
        check(f"candidates, month {month}", experienced(trace, month), 2.37)
    first, last = (experienced(trace, m).ravel() for m in (1, 5))
    r = abs(np.corrcoef(first, last)[0, 1]) * np.sqrt(first.size)
    checks.chance("candidates of two months", 2 * stats.norm.sf(r), "correlation")
    check("starters", trace.training_flows[:, 2, :, TrainingFlow.STARTED], 2.37)
    checks.verdict()


# --- g. retirement -----------------------------------------------------------------------------


def test_share_of_exits_that_are_retirements(size: Size) -> None:
    """Competing exits: total hazard first, then the reason, with the share of age and month."""
    spec = make(trusts(60, Cell("5", 50)), 24)
    month = np.arange(25)
    share = np.where(month <= 12, 0.1, 0.3)
    table = by_age(spec, {0: 1.0, 41: 2.0})  # and twice the share from age 41
    changes = {"exits.hazard": 0.04, "exits.retire_share": table * share}
    trace, checks = size.run(alter(spec, changes), 6), Checks()
    flows = trace.flows.sum(axis=(0, 2))
    for first, last, right, wrong in ((1, 12, 0.1, 0.13), (13, 13, 0.6, 0.3), (13, 24, 0.6, 0.54)):
        retired, left = (int(flows[first : last + 1, f].sum()) for f in (Flow.RETIRED, Flow.LEFT))
        fits, refused = (stats.binomtest(retired, retired + left, p).pvalue for p in (right, wrong))
        checks.chance(f"months {first} to {last}", fits, f"share of {wrong}", refused)
    q = np.exp(-0.04)
    checks.mean("survivors", heads(trace, 24), Law.bernoullis(50, q**24))
    checks.verdict()


# --- the market --------------------------------------------------------------------------------


def pmf_law(values: NDArray[Any], chances: F64) -> Law:
    """The law of a small count from its distribution."""
    mean = float(values @ chances)
    centred = values - mean
    variance = float(centred**2 @ chances)
    return Law(mean, variance, float(centred**4 @ chances) - 3 * variance**2)


@pytest.mark.parametrize("candidates", [30, 5])
def test_adverts_compete_for_candidates(size: Size, candidates: int) -> None:
    """A adverts, S candidates: min(S, Binomial(A, success x S / (S + congestion x A))) agree."""
    adverts, success, congestion = 20, 0.8, 0.5
    cells = regions(40, Cell("5", adverts))
    spec = make(cells, 1, phases=dict.fromkeys(range(40 * adverts), (Phase.ADVERT, 1)))
    changes = {"hiring.success": success, "hiring.congestion": congestion}
    changes |= {"pools.opening": candidates, "pools.supply_loss": 0.0}
    trace, checks = size.run(alter(spec, changes), 10), Checks()
    many = np.arange(adverts + 1)

    def law(rivals: int) -> Law:
        chance = success * candidates / (candidates + congestion * rivals)
        return pmf_law(np.minimum(many, candidates), stats.binom.pmf(many, adverts, chance))

    found = trace.stocks[:, 1, :, Stock.AGREED].ravel()
    checks.mean("agreed", found, law(adverts), size.fine(law(adverts - 4)))
    checks.mean("agreed, no rivals", found, law(adverts), law(0))
    checks.spread("agreed", found, law(adverts))
    entry = experienced(trace, 1)[:, :: len(BAND_RANGES)]
    assert np.array_equal(entry.ravel(), candidates - found)
    failed = trace.flows[:, 1, :, Flow.ROUNDS_FAILED].ravel()
    assert np.array_equal(failed, adverts - found)
    checks.verdict()


def test_move_adverts_compete_for_colleagues(size: Size) -> None:
    """V willing colleagues, B move adverts: min(V, Binomial(B, success x V / (V + c x B)))."""
    adverts, success, congestion, willing = 16, 0.9, 0.5, 12
    cells = regions(40, Cell("5", 40))
    vacant = {r * 40 + i: (Phase.ADVERT, 1) for r in range(40) for i in range(adverts)}
    spec = make(cells, 1, phases=vacant)
    changes = {"hiring.success": success, "hiring.congestion": congestion}
    changes |= {"hiring.move_share": 1.0, "hiring.mover_rate": willing / (40 - adverts)}
    trace, checks = size.run(alter(spec, changes), 10), Checks()
    many = np.arange(adverts + 1)

    def law(people: int) -> Law:
        chance = success * people / (people + congestion * adverts)
        return pmf_law(np.minimum(many, people), stats.binom.pmf(many, adverts, chance))

    found = trace.stocks[:, 1, :, Stock.AGREED].ravel()
    checks.mean("agreed", found, law(willing), size.fine(law(willing - 1)))
    checks.mean("agreed, fewer willing", found, law(willing), law(willing - 3))
    checks.spread("agreed", found, law(willing))
    checks.verdict()


def test_pulls_choose_trusts_by_weight_and_try_four_times(size: Size) -> None:
    """One pull a region: B (5 of 20 posts filled) or C (5 of 5), chosen by opening posts."""
    number, filled, shares = 60, 5 / 20, (20 / 25, 5 / 25)
    three = (Cell("5", 1, trust="A"), Cell("5", 20, trust="B"), Cell("5", 5, trust="C"))
    cells = regions(number, *three)
    phases = {r * 26: (Phase.ADVERT, 1) for r in range(number)}
    phases |= {
        r * 26 + 1 + i: (Phase.APPROVAL, NEVER_DUE) for r in range(number) for i in range(5, 20)
    }
    spec = make(cells, 2, phases=phases)
    changes = {"hiring.success": 1.0, "hiring.move_share": 1.0, "hiring.mover_rate": 1e3}
    trace, checks = size.run(alter(spec, changes), 24), Checks()
    gone = [flat(trace.flows[:, 2, :, Flow.MOVED_OUT], 3, i) for i in (1, 2)]
    found, fewer = (shares[0] * (1 - (1 - filled) ** k) for k in (TRIES, TRIES - 1))
    checks.mean("from B", gone[0], Law.bernoullis(1, found), Law.bernoullis(1, fewer))
    checks.mean("from C", gone[1], Law.bernoullis(1, shares[1]), Law.bernoullis(1, 0.5))
    came = flat(trace.flows[:, 2, :, Flow.MOVED_IN], 3, 0)
    assert np.array_equal(came, gone[0] + gone[1])
    assert np.array_equal(flat(trace.stocks[:, 2, :, Stock.ADVERT], 3, 0), 1 - came)
    checks.verdict()
