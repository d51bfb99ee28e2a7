"""Need and establishment by each method, against closed forms and cases worked by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.domain.words import GROUPS
from simulator.evidence.trusts import Trust, load_trusts, opening_trusts
from simulator.model.demand import Growth, compile_growth, need_base
from simulator.model.levers import lever_classes
from simulator.scenario import load_scenario
from simulator.scenario.resolved import Scenario

pytestmark = pytest.mark.unit

ENGLAND = Path(__file__).resolve().parents[2] / "scenarios" / "england.toml"
WHY = {"reason": "a test of need", "author": "tests"}
LAG = 6


def held(value: float) -> dict[str, Any]:
    return {"value": value, "low": value, "high": value, **WHY}


def scenario(method: str = "growth", **changes: Any) -> Scenario:
    sizes = {"months": 96, "draws": 1, "replications": 1, "need": {"method": method}}
    return load_scenario(ENGLAND, overrides={**sizes, **changes})


def trust(code: str) -> Trust:
    return next(one for one in opening_trusts("2026-03")[0] if one.code == code)


def growth(found: Scenario, *codes: str) -> Growth:
    trusts = tuple(trust(code) for code in codes or ("RGT",))
    return compile_growth(found, lever_classes(found, trusts))


def test_growth_is_compound_from_the_lag_before_the_opening() -> None:
    """5.4 % a year: need is posts(0) / 0.97 x 1.054^((m + 6) / 12), and posts follow the lag."""
    found = growth(scenario(parameters={"need.funded_share": held(0.97)}))
    months = np.arange(58)
    need = 1.054 ** ((months + LAG) / 12) / 0.97
    assert found.need[0, 0, :58] == pytest.approx(need, rel=1e-12)
    assert found.posts[0, 0, :58] == pytest.approx(1.054 ** (months / 12), rel=1e-12)
    # From January 2031, month 58, growth is 3.46 % a year; posts turn six months later.
    assert found.need[0, 0, 94] / found.need[0, 0, 58] == pytest.approx(1.0346**3, rel=1e-12)
    assert found.posts[0, 0, 64] / found.posts[0, 0, 63] == pytest.approx(1.0346 ** (1 / 12))


def test_the_growth_of_health_education_england_takes_its_first_figure_to_its_last() -> None:
    found = growth(scenario("hee", parameters={"need.funded_share": held(0.97)}))
    ten_years = (found.need[0, 0, 60] / found.need[0, 0, 0]) ** 2
    assert ten_years == pytest.approx(77_923 / 46_009, rel=0.002)


def test_the_funded_share_falls_in_a_straight_line() -> None:
    """0.97 in March 2026 and 0.886 in January 2031, 58 months later; half-way in month 29."""
    found = growth(scenario(parameters={"need.growth": held(0.0)}))
    posts = found.posts[0, 0]
    assert posts[[0, 29, 58, 96]] == pytest.approx(
        np.array([0.97, 0.928, 0.886, 0.886]) / 0.97, rel=1e-12
    )
    assert found.need[0, 0] == pytest.approx(1 / 0.97)  # money does not change need


def test_need_by_maturity_follows_staff_for_each_bed() -> None:
    """0.082 FTE a bed at a score of 1, 0.21 at 5, 0.1 a year: R1F has 2.36 at the opening."""
    found = growth(scenario("maturity", parameters={"need.funded_share": held(1.0)}), "R1F")

    def staff(score: float) -> float:
        return 0.082 + 0.128 * (score - 1.0) / 4.0

    for month in (0, 12, 96):
        expected = staff(2.36 + month / 120) / staff(2.36 - 0.05)
        assert found.need[0, 0, month] == pytest.approx(expected, rel=1e-12)
    posts = staff(2.36 - 0.05 + 96 / 120) / staff(2.36 - 0.05)
    assert found.posts[0, 0, 96] == pytest.approx(posts, rel=1e-12)


def test_maturity_ends_at_the_highest_score_and_a_trust_without_one_has_the_median() -> None:
    fast = scenario("maturity", months=228, parameters={"need.maturity.progress": held(0.25)})
    scores = {one.code: one.maturity for one in load_trusts()}
    known = [one for one in scores.values() if one is not None]
    assert (scores["R1H"], scores["R1A"]) == (3.0, None)
    months = np.arange(229)
    for code, score in (("R1H", 3.0), ("R1A", float(np.median(known)))):
        path = growth(fast, code).need[0, 0]
        full = months >= (5.0 - score) / 0.25 * 12
        assert 0 < full.sum() < 228
        assert np.ptp(path[full]) < 1e-12
        assert (np.diff(path[~full]) > 0).all()


def test_need_by_ratio_is_a_share_of_all_staff() -> None:
    """4 % of a trust's staff in all, of which clinical informatics has its own, narrower share."""
    found = scenario("ratio")
    trusts = (trust("RGT"), trust("R1F"))
    cells = [(t, g) for t in range(2) for g in range(len(GROUPS)) for _ in range(2)]
    at, group = (np.array(part, dtype=np.int32) for part in zip(*cells, strict=True))
    posts = np.array([2.0, 6.0, 10.0, 30.0, 20.0, 60.0, 1.0, 1.0, 5.0, 5.0, 10.0, 10.0])
    base = need_base(found, trusts, at, group, posts)
    narrow = found.parameter("group.clinical.share_of_trust_fte").at("2026-03")
    for number, one in enumerate(trusts):
        here = at == number
        assert base[here].sum() == pytest.approx(0.04 * one.fte)
        assert base[here & (group == 0)].sum() == pytest.approx(narrow * one.fte)
    assert base[1] / base[0] == pytest.approx(3.0)  # cells share by their posts
    rest = base[(at == 0) & (group == 2)].sum() / base[(at == 0) & (group == 1)].sum()
    assert rest == pytest.approx(100.0 / 50.0)  # data and digital by their posts in England
    path = growth(found).need[0, 0]
    assert path[0] == pytest.approx(1.0)
    assert path[24] == pytest.approx(1.0282**2)


def test_a_lever_on_need_reaches_posts_after_the_lag() -> None:
    lever = {
        "id": "more",
        "title": "More need",
        "target": "need",
        "operation": "multiply",
        "value": 1.2,
        "start": "2027-03",
        "rationale": "a test",
        "author": "tests",
    }
    flat = {"need.growth": held(0.0), "need.funded_share": held(0.97)}
    found = growth(scenario(parameters=flat, lever=[lever]))
    assert found.need[0, 0, [11, 12, 13]] * 0.97 == pytest.approx([1.0, 1.2, 1.2])
    assert found.posts[0, 0, [12, 17, 18]] == pytest.approx([1.0, 1.0, 1.2])
