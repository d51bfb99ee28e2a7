"""Formulas of the steady state, each against a case worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.model import steady
from simulator.model.steady import AGES, Hazards, Market

pytestmark = pytest.mark.unit

MARKET = Market(success=0.8, congestion=0.5, loss=0.25, tightness=1.3, move_share=0.15)


def only_age(age: int) -> steady.F64:
    return np.where(age == AGES, 1.0, 0.0)


def constant(rate: float, retiring: float = 0.0) -> Hazards:
    ones = np.ones(len(AGES))
    return Hazards(rate * ones, retiring * ones, (1.0, 1.0))


def test_quantiles_are_lognormal_at_the_mid_points() -> None:
    quantiles = steady.duration_quantiles(3.0, 0.5)
    assert len(quantiles) == 1024
    assert np.sqrt(quantiles[511] * quantiles[512]) == pytest.approx(3.0)
    # z of 0.84130 is 0.9998; the mid-point 861.5 / 1024 is 0.84131
    assert quantiles[861] == pytest.approx(3.0 * np.exp(0.5), rel=1e-3)


def test_months_round_half_up_and_are_at_least_one() -> None:
    quantiles = np.array([0.2, 1.49, 1.5, 2.4])
    assert steady.months_pmf(quantiles).tolist() == [0.0, 0.5, 0.5]
    assert steady.months_pmf(quantiles, 2.0).tolist() == [0.0, 0.25, 0.0, 0.5, 0.0, 0.25]


def test_remaining_months_of_a_stage() -> None:
    pmf = np.array([0.0, 0.5, 0.0, 0.5])  # one month or three: mean 2
    assert steady.mean_months(pmf) == 2.0
    assert steady.remaining_pmf(pmf).tolist() == [0.0, 0.5, 0.25, 0.25]


def test_median_is_interpolated_within_the_rounded_month() -> None:
    assert steady.interpolated_median(np.array([0.0, 0.25, 0.5, 0.25])) == pytest.approx(2.0)
    # 0.4 lie below 1.5; a sixth of month 2's 0.6 makes the half
    assert steady.interpolated_median(np.array([0.0, 0.4, 0.6])) == pytest.approx(1.5 + 1 / 6)


def test_time_to_hire_counts_failed_rounds() -> None:
    one = np.array([0.0, 1.0])
    pmf = steady.hire_pmf(one, one, one, 0.5)
    assert pmf[2:6].tolist() == [0.5, 0.25, 0.125, 0.0625]
    assert pmf.sum() == pytest.approx(1.0)


def test_littles_law_of_the_stages() -> None:
    stages = steady.stage_months(
        (4.0, 1.0, 1.0, 2.0), np.array([0.5]), np.array([0.25]), np.array([0.2])
    )
    # half are filled inside; the rest take 4 rounds and the notice, a quarter more often
    assert stages.approval == 4.0
    assert stages.advert.tolist() == [2.5]
    assert stages.agreed.tolist() == [1.25]
    assert stages.total.tolist() == [7.75]


def test_ladder_of_two_bands() -> None:
    heads = np.array([[100.0, 50.0]])
    inside = np.array([[0.0, 0.5]])
    zero = np.zeros_like(heads)
    flows = steady.ladder(heads, np.array([0.1, 0.2]), inside, zero + 0.2, zero)
    # top: 10 vacancies, 5 filled inside; bottom: 10 leave and 5 are promoted
    assert flows.vacancies.tolist() == [[15.0, 10.0]]
    assert flows.promoted_in.tolist() == [[0.0, 5.0]]
    assert flows.promoted_out.tolist() == [[5.0, 0.0]]
    assert flows.outside.tolist() == [[15.0, 5.0]]
    assert flows.moves.tolist() == [[3.0, 1.0]]


def test_inside_chance_needs_somebody_eligible() -> None:
    chance = steady.inside_chance(np.array([0.5, 0.5, 0.5]), np.array([0.0, 1.0, 2.0]), np.zeros(3))
    assert chance.tolist() == [0.0, 0.5, 0.75]
    rivals = steady.inside_chance(np.array([0.5]), np.array([40.0]), np.array([4.0]))
    assert rivals[0] == pytest.approx(0.9, abs=1e-6)  # 2 rivals before it, 20 candidates


def test_refused_pulls() -> None:
    # one post: refused if it is empty; two posts: E[(X / 2)^4] = 2 v (1 - v) / 16 + v^2
    chance = steady.refused_chance(np.array([1.0, 2.0]), 0.1)
    assert chance == pytest.approx([0.1, 0.18 / 16 + 0.01])


def test_population_without_exits_but_moves_keeps_everybody() -> None:
    people = steady.population(only_age(74), constant(0.0), 0.12)
    assert people.left.sum() == 0.0
    # the census is 12 joiners of each year of the recursion, folded into the oldest age
    assert people.census[AGES == 74].sum() == pytest.approx(12.0)


def test_population_of_a_constant_hazard_is_geometric() -> None:
    people = steady.population(only_age(20), constant(0.24, 0.12), 0.0)
    survive = np.exp(-0.36 / 12)
    assert people.stock.sum() == pytest.approx(1 / (1 - survive), rel=1e-6)
    assert people.left.sum() == pytest.approx(2 * people.retired.sum())
    flow = people.left + people.retired
    assert people.rate(flow) == pytest.approx(12 * (1 - survive), rel=1e-6)
    # the census stands before the birthdays: joiners of the last 12 months are still 20
    assert people.census[AGES == 20].sum() == pytest.approx((1 - survive**12) / (1 - survive))


def test_tenure_factors_and_moves() -> None:
    factors = steady.tenure_factors((1.5, 1.2))
    assert factors[[0, 11, 12, 23, 24]].tolist() == [1.5, 1.5, 1.2, 1.2, 1.0]
    hazards = Hazards(np.full(len(AGES), 0.12), np.zeros(len(AGES)), (2.0, 1.0))
    still = steady.population(only_age(30), hazards, 0.0)
    moving = steady.population(only_age(30), hazards, 0.12)
    assert still.census[:, 1].sum() == pytest.approx(np.exp(-0.02))
    assert moving.rate(moving.left) > still.rate(still.left)  # movers begin again


def test_tilt_thins_on_both_sides_of_thirty() -> None:
    base = np.where(np.isin(AGES, [20, 30, 50]), 1.0, 0.0)
    shares = steady.tilted(base, (0.1, 0.05))
    assert shares[AGES == 20] / shares[AGES == 30] == pytest.approx(np.exp(-1.0))
    assert shares[AGES == 50] / shares[AGES == 30] == pytest.approx(np.exp(-1.0))
    assert shares.sum() == pytest.approx(1.0)


def test_fit_reaches_targets_that_a_steady_state_allows() -> None:
    base = np.where((AGES >= 20) & (AGES < 60), 1.0, 0.0)
    base /= base.sum()
    retirement = np.where(AGES >= 60, 0.3, 0.0)
    hazards = Hazards(np.full(len(AGES), 0.06), retirement, (1.5, 1.2))
    people = steady.population(base, hazards, 0.02)
    targets = steady._reached(people, 0.02)
    fit = steady.fit_exits(base, np.where(AGES >= 60, 1.0, 0.0), (1.5, 1.2), targets)
    assert fit.tilt == pytest.approx((0.0, 0.0), abs=1e-3)
    assert fit.hazards.leaving[-1] == pytest.approx(0.06, rel=1e-2)
    assert fit.hazards.retiring[-1] == pytest.approx(0.3, rel=1e-2)


def test_candidates_of_a_pool_in_balance() -> None:
    # S = 22 before 10 hires: 12 stay, a quarter give up, 13 arrive
    assert steady.steady_candidates(10.0, 1.3, 0.25) == pytest.approx(22.0)
    assert pytest.approx(22.0) == (22.0 - 10.0) * 0.75 + 13.0
    assert steady.crowding(22.0, 22.0, 0.5) == pytest.approx(2 / 3)


def test_pool_without_graduates_has_a_closed_form() -> None:
    pool = steady.solve_pool(10.0, np.zeros(12), 0.3, 1.5, MARKET, small=0.0)
    # p = success x 2.2 p / (2.2 p + congestion), so p = success - congestion / 2.2
    assert pool.passing == pytest.approx(0.8 - 0.5 / 2.2, rel=1e-5)
    assert pool.adverts * pool.passing == pytest.approx(10.0, rel=1e-5)
    assert pool.stock == pytest.approx(12.0, rel=1e-4)
    assert pool.supply == pytest.approx(13.0, rel=1e-5)


def test_graduates_fill_their_share_of_adverts_first() -> None:
    arrivals = np.zeros(12)
    arrivals[5] = 12.0
    pool = steady.solve_pool(10.0, arrivals, 0.3, 1.5, MARKET, small=0.0)
    assert 0.8 < pool.graduates < 1.0  # of one a month, some give up
    assert pool.graduates + pool.experienced == pytest.approx(10.0, rel=1e-4)
    none_left = pool.waiting.sum()
    assert none_left == pytest.approx(0.0, abs=1e-9)


def test_longest_waiting_graduates_go_first() -> None:
    waiting = np.array([3.0, 2.0, 1.0])
    assert steady._take_oldest(waiting, 2.0).tolist() == [3.0, 1.0, 0.0]


def test_small_pools_need_more_adverts_than_large_ones() -> None:
    small = steady.solve_pool(0.5, np.zeros(12), 0.0, 1.5, MARKET, small=12.0)
    large = steady.solve_pool(0.5, np.zeros(12), 0.0, 1.5, MARKET, small=0.0)
    assert small.passing < large.passing
    hires, _ = steady._chain(small.adverts, small.supply, 0.0, 0.0, MARKET)
    assert hires == pytest.approx(0.5, rel=1e-3)


def test_moves_need_a_colleague_who_is_willing() -> None:
    assert steady.moves_found(0.0, 3.0, MARKET) == pytest.approx(0.0, abs=1e-9)
    # few adverts and one colleague every other month: 0.5 x 0.01 x 0.8 x 1 / (1 + 0.5)
    assert steady.moves_found(0.5, 0.01, MARKET) == pytest.approx(0.5 * 0.01 * 0.8 / 1.5, rel=0.02)


def test_stationary_distribution_of_a_chain() -> None:
    step = np.array([[0.9, 0.1], [0.3, 0.7]])
    assert steady._stationary(step) == pytest.approx([0.75, 0.25])


def test_trainees_still_enrolled() -> None:
    assert steady.still_enrolled(0.81, 12, 24) == pytest.approx(0.9)
    assert steady.still_enrolled(0.81, 24, 24) == pytest.approx(0.81)


def test_bisection_finds_the_step() -> None:
    assert steady.bisect(lambda x: x - 0.3, 0.0, 1.0) == pytest.approx(0.3)
