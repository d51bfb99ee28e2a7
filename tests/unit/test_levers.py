"""Levers as monthly paths, and the classes of cells that they make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.evidence.trusts import Trust, opening_trusts
from simulator.model.levers import LeverClasses, factor_path, lever_classes
from simulator.scenario import load_scenario
from simulator.scenario.resolved import Scenario

pytestmark = pytest.mark.unit

ENGLAND = Path(__file__).resolve().parents[2] / "scenarios" / "england.toml"
STATED = {"rationale": "a test of levers", "author": "tests"}
CODES = ("RGT", "RGN", "R1F")


def lever(target: str, value: float, **more: Any) -> dict[str, Any]:
    named = {"title": "A lever", "operation": "multiply", "start": "2026-09"}
    return (
        {"id": target.replace("_", "-"), **named, "target": target, "value": value} | STATED | more
    )


def scenario(*levers: dict[str, Any], **changes: Any) -> Scenario:
    sizes = {"months": 24, "draws": 1, "replications": 1, "lever": list(levers)}
    return load_scenario(ENGLAND, overrides={**sizes, **changes})


def trusts() -> tuple[Trust, ...]:
    by_code = {one.code: one for one in opening_trusts("2026-03")[0]}
    return tuple(by_code[code] for code in CODES)


def classes(*levers: dict[str, Any], **changes: Any) -> LeverClasses:
    return lever_classes(scenario(*levers, **changes), trusts())


def test_a_factor_rises_over_its_ramp_and_is_one_outside_its_dates() -> None:
    found = scenario(lever("leaving", 0.8, ramp_months=4, end="2027-06"))
    path = factor_path(found, found.lever[0])
    assert path[:6].tolist() == [1.0] * 6
    assert path[6:11] == pytest.approx([1.0, 0.95, 0.9, 0.85, 0.8])
    assert path[11:16] == pytest.approx(0.8)  # up to June 2027, month 15
    assert path[16:].tolist() == [1.0] * 9


def test_cells_with_the_same_levers_are_one_class() -> None:
    found = classes(
        lever("leaving", 0.8, trusts=["RGT"]), lever("time_to_hire", 0.5, groups=["data"])
    )
    data, others = found.klass[:, 1], found.klass[:, [0, 2]]
    assert (others[1:] == others[1, 0]).all()
    assert data[1] == data[2] != others[1, 0]
    assert (others[0] == others[0, 0]).all()
    assert others[0, 0] != others[1, 0]
    assert len(found.examples) == 4
    assert found.paths["leaving"][found.klass[0], 12] == pytest.approx(0.8)
    assert found.paths["leaving"][found.klass[1], 12] == pytest.approx(1.0)
    assert found.paths["time_to_hire"][found.klass[:, 1], 12] == pytest.approx(0.5)


def test_levers_on_one_target_multiply() -> None:
    two = lever("leaving", 0.5, id="two", start="2027-03")
    path = classes(lever("leaving", 0.8), two).paths["leaving"][0]
    assert path[[5, 6, 11, 12]] == pytest.approx([1.0, 0.8, 0.8, 0.4])


def test_a_premium_draws_by_the_elasticity_of_attraction_to_pay() -> None:
    held = {"value": 2.0, "low": 2.0, "high": 2.0, "reason": "a test", "author": "tests"}
    premium = lever("attraction", 1.1, ramp_months=2)
    found = classes(premium, parameters={"market.pay_elasticity": held})
    assert found.paths["attraction"][0, 6:9] == pytest.approx([1.0, 1.05**2, 1.1**2])


def test_the_larger_of_two_shares_holds_and_a_freeze_thaws_after_its_end() -> None:
    one = lever("frozen", 0.4, operation="set", end="2026-12")
    two = lever("frozen", 0.2, id="two", operation="set", start="2026-11", end="2027-02")
    found = classes(one, two)
    share = found.shares["frozen"][0]
    assert share[5:13].tolist() == [0.0, 0.4, 0.4, 0.4, 0.4, 0.2, 0.2, 0.0]
    assert found.thaw[0, [5, 6, 8, 11, 12]].tolist() == [6, 10, 12, 12, 13]


def test_a_freeze_without_an_end_never_thaws() -> None:
    found = classes(lever("frozen", 1.0, operation="set"))
    assert found.thaw[0, 6:].tolist() == [25] * 19  # the month after the last


def test_a_pooled_share_rises_over_its_ramp() -> None:
    found = classes(lever("pooling", 0.4, operation="set", ramp_months=4))
    assert found.shares["pooling"][0, 5:11] == pytest.approx([0.0, 0.0, 0.1, 0.2, 0.3, 0.4])
    assert np.array_equal(found.thaw[0], np.arange(1, 26))
