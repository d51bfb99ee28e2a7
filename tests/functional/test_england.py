"""England as a whole behaves as the evidence and the law say it should."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.domain.words import GROUPS, Flow
from simulator.evidence.library import load_library
from simulator.experiments.simulate import Summary, simulate
from simulator.model.compile import compile_scenario
from simulator.model.specification import Specification
from simulator.scenario import load_scenario

ENGLAND = Path(__file__).resolve().parents[2] / "scenarios" / "england.toml"
WHY = {"reason": "a test of behaviour", "author": "tests"}
NO_GROWTH = {
    "need.growth": {"value": 0.0, "low": 0.0, "high": 0.0, **WHY},
    "need.funded_share": {"value": 0.97, "low": 0.97, "high": 0.97, **WHY},
    "supply.growth": {"value": 0.0, "low": 0.0, "high": 0.0, **WHY},
}
ALL = len(GROUPS)
FUNDED, IN_POST, VACANCY = 1, 2, 3


def compiled(**overrides: Any) -> Specification:
    return compile_scenario(load_scenario(ENGLAND, overrides=overrides))


def run(**overrides: Any) -> Summary:
    return simulate(compiled(**overrides), workers=2)


def england(summary: Summary) -> np.ndarray:
    """Mean FTE of England, shape (measures, months, columns)."""
    assert summary.wide is not None
    return summary.wide.fte_statistics()[:, 0, :, 0]


def flows(summary: Summary) -> np.ndarray:
    """Mean flows of England, shape (years, flows)."""
    assert summary.wide is not None
    return summary.wide.flow_statistics()[0, :, :, 0, ALL]


@cache
def steady() -> Summary:
    """Three years with a constant establishment and every factor at one."""
    return run(draws=1, replications=8, months=36, parameters=NO_GROWTH)


@cache
def short(growth: float) -> Summary:
    need = {"value": growth, "low": growth, "high": growth, **WHY}
    return run(draws=1, replications=4, months=36, parameters={"need.growth": need})


@pytest.mark.functional
@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("leavers", (Flow.LEFT, Flow.RETIRED, Flow.MOVED_OUT)),
        ("hires", (Flow.JOINED_EXPERIENCED, Flow.JOINED_GRADUATE, Flow.MOVED_IN)),
        ("promotions", (Flow.PROMOTED_IN,)),
    ],
)
def test_the_opening_state_is_steady(name: str, kinds: tuple[Flow, ...]) -> None:
    """Rates of months 1 to 12 lie within 5 % of those of months 13 to 36."""
    made = flows(steady())[:, list(kinds)].sum(axis=1)
    staff = england(steady())[IN_POST, :, ALL]
    first = made[0] / staff[1:13].mean()
    later = made[1:].mean() / staff[13:37].mean()
    assert first == pytest.approx(later, rel=0.05), name


@pytest.mark.functional
def test_the_opening_vacancies_are_steady() -> None:
    stocks = england(steady())[:, :, ALL]
    rate = stocks[VACANCY] / stocks[FUNDED]
    assert rate[1:13].mean() == pytest.approx(rate[13:37].mean(), rel=0.05)
    assert rate[0] == pytest.approx(0.0425, abs=0.001)


@pytest.mark.functional
def test_doubling_growth_raises_the_vacancy_rate() -> None:
    once, twice = (england(short(growth))[:, 36, ALL] for growth in (0.054, 0.108))
    assert twice[VACANCY] / twice[FUNDED] > 1.2 * once[VACANCY] / once[FUNDED]


@pytest.mark.functional
def test_the_books_of_the_national_walk() -> None:
    """The opening stock is what the census says: 46,009 in 2020, carried forward."""
    assert england(steady())[IN_POST, 0, ALL] == pytest.approx(50917, rel=0.001)


@pytest.mark.functional
def test_posts_of_the_narrow_group_stay_within_a_hundredth_of_what_is_expected() -> None:
    overrides = {"draws": 1, "replications": 16, "months": 60}
    spec = compiled(**overrides)
    summary = simulate(spec, workers=2)
    for year in range(6):
        month, found, expected = 12 * year, 0.0, 0.0
        for unit in summary.units:
            narrow = spec.cells.group[unit.cells] == 0
            found += unit.cell_statistics[:, 0, month, narrow].sum()
            cells = unit.cells[narrow]
            index = spec.hiring.post_index[spec.cells.klass[cells], 0, month]
            expected += (spec.cells.posts[cells] * index).sum()
        assert found == pytest.approx(expected, rel=0.01), year


@pytest.mark.functional
def test_a_hundred_more_graduates_are_worth_between_ten_and_ninety_staff() -> None:
    """One more cohort of a one-year course, of whose completers 100 look for a post.

    The gain is greatest within the first year and fades, since candidates are not what is scarcest
    everywhere: a newly qualified person often takes the post that somebody else would have.
    """
    pathway = "msc_health_data_science"
    lever = {
        "id": "more-places",
        "title": "More places, once",
        "target": "places",
        "operation": "add",
        "start": "2026-09",
        "end": "2026-09",
        "pathways": [pathway],
        "rationale": "a test of behaviour",
        "author": "tests",
    }
    from simulator.model.intake import load_pathways

    course = next(one for one in load_pathways() if one.id == pathway)
    places = 100.0 / (course.completion * course.seek_share)
    sizes = {"draws": 1, "replications": 32, "months": 48}
    with_lever = run(**sizes, lever=[{**lever, "value": places}])
    without = run(**sizes)
    done = 5 + course.duration
    gain = (england(with_lever) - england(without))[IN_POST, done + 1 : done + 37, ALL] / 0.92
    assert 10 < gain.max() < 90, gain


@pytest.mark.functional
def test_leaver_rates_differ_between_trusts_as_the_evidence_says() -> None:
    """The spread that chance does not explain lies in the range of leaving.trust_log_sd."""
    spec = compiled(draws=2, replications=2, months=60)
    summary = simulate(spec, workers=2)
    leavers, staff = [], []
    for unit in summary.units:
        trusts = [i for i, p in enumerate(unit.places) if spec.places.names[p][0] == "trust"]
        kinds = [Flow.LEFT, Flow.RETIRED]
        leavers += unit.flow_statistics[0][:, kinds][:, :, trusts, ALL].sum(axis=(0, 1)).tolist()
        staff += unit.fte_statistics[IN_POST, 0, :, :, ALL][:, trusts].mean(axis=0).tolist()
    counted, exposed = np.array(leavers) * 2, np.array(staff) * 2
    big = counted > 60
    rates = counted[big] / exposed[big]
    unexplained = np.log(rates).var(ddof=1) - (1.0 / counted[big]).mean()
    # the factor of a trust is drawn for each draw: the mean of two draws has half the variance
    spread = float(np.sqrt(max(2.0 * unexplained, 0.0)))
    parameter = load_library().get("leaving.trust_log_sd")
    assert parameter.low <= spread <= parameter.high, spread
