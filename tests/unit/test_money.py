"""Rates of pay and prices, against tables and cases worked by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.domain.words import BANDS
from simulator.model.money import (
    lever_entry,
    nhs_year,
    price_factor,
    price_year,
    real_pay,
    run_years,
)
from simulator.model.pay import NO_STEP, step_months
from simulator.scenario import load_scenario
from simulator.scenario.resolved import Scenario
from simulator.scenario.schema import Lever

pytestmark = pytest.mark.unit

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


def scenario(name: str = "england", **changes: Any) -> Scenario:
    sizes = {"months": 30, "draws": 1, "replications": 1}
    return load_scenario(SCENARIOS / f"{name}.toml", overrides={**sizes, **changes})


def test_an_nhs_year_begins_in_april() -> None:
    assert [nhs_year(one) for one in ("2026-03", "2026-04", "2027-03", "2099-04")] == [
        "2025/26",
        "2026/27",
        "2026/27",
        "2099/00",
    ]
    assert price_year(scenario()) == "2026/27"  # of the first month simulated, not of the opening
    assert run_years(scenario()) == ["2026-04", "2027-04"]  # the half year is not costed


def test_prices_move_by_the_deflator_of_each_year_between() -> None:
    """Prices rose by 3.45 % to 2025/26 and 2.48 % to 2026/27, and are to rise by 2 % a year."""
    found = scenario()
    assert price_factor(found, 2026) == 1.0
    assert price_factor(found, 2024) == pytest.approx(1.0345 * 1.0248)
    assert price_factor(found, 2028) == pytest.approx(1 / 1.02**2)


def test_pay_is_the_published_point_with_the_supplement() -> None:
    found = scenario()
    pay = [real_pay(found, "6", step, "none", 2026) for step in range(3)]
    assert pay == [39_959, 42_170, 48_117]
    assert real_pay(found, "2", 2, "none", 2026) == 25_272  # a band of two points ends there
    assert real_pay(found, "8a", 2, "inner", 2026) == 64_750 + 8_746
    assert real_pay(found, "5", 0, "fringe", 2026) == pytest.approx(32_073 * 1.05)


def test_pay_of_a_year_without_a_table_moves_by_the_awards() -> None:
    """Awards of 2.5 % from April 2027 against prices of 2 %; supplements move with pay."""
    found = scenario()
    later = real_pay(found, "6", 0, "inner", 2029)
    now = real_pay(found, "6", 0, "inner", 2026)
    assert later == pytest.approx(now * (1.025 / 1.02) ** 3)


def test_a_run_that_opens_in_2020_is_in_the_prices_of_that_year() -> None:
    """Pay of 2025/26 is taken back by the awards: 3, 4, 5, 5.5 and 3.6 % from 2021 to 2025."""
    past = scenario("england-2020")
    assert price_year(past) == "2020/21"
    back = 1.03 * 1.04 * 1.05 * 1.055 * 1.036
    assert real_pay(past, "6", 0, "none", 2020) == pytest.approx(38_682 / back)
    prices = 1.04 * 1.0907
    expected = 38_682 / (1.05 * 1.055 * 1.036) / prices
    assert real_pay(past, "6", 0, "none", 2022) == pytest.approx(expected)


def test_pay_points_are_reached_after_the_months_of_the_agreement() -> None:
    months = step_months()
    assert months[BANDS.index("2")].tolist() == [24, NO_STEP]
    assert months[BANDS.index("4")].tolist() == [36, NO_STEP]
    assert months[BANDS.index("5")].tolist() == [24, 48]
    assert months[BANDS.index("9")].tolist() == [24, 60]
    assert (np.diff(months) > 0).all()


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"target": "leaving"}, "retention_offer"),
        ({"target": "places"}, "training_places"),
        ({"target": "places", "pathways": ("conversion_clinician_12",)}, "conversion_places"),
        ({"target": "places", "kind": "apprenticeship_share"}, "apprenticeship_share"),
        ({"target": "internal_share"}, "upskilling"),
        ({"target": "internal_share", "kind": "internal_first"}, "internal_first"),
        ({"target": "applicants"}, None),
    ],
)
def test_the_entry_of_a_lever_is_of_its_kind_or_the_first_of_its_target(
    more: dict[str, Any], kind: str | None
) -> None:
    named = {"id": "one", "title": "A lever", "start": "2026-04", "operation": "multiply"}
    lever = Lever(**{**named, "value": 1.0, "rationale": "a test", "author": "tests", **more})
    entry = lever_entry(lever)
    assert (entry["kind"] if entry else None) == kind
