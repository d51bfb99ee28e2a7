"""How strongly a trust draws candidates: one on average in each region, and by pay and renown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.evidence.trusts import Trust, load_trusts, opening_trusts
from simulator.model.attraction import load_zones, supplement, trust_attraction
from simulator.scenario import load_scenario

pytestmark = pytest.mark.unit

ENGLAND = Path(__file__).resolve().parents[2] / "scenarios" / "england.toml"


def attraction(trusts: tuple[Trust, ...], **held: float) -> dict[str, float]:
    why = {"reason": "a test of attraction", "author": "tests"}
    over: dict[str, Any] = {
        f"market.{name}": {"value": value, "low": value, "high": value, **why}
        for name, value in held.items()
    }
    found = load_scenario(ENGLAND, overrides={"parameters": over})
    values = trust_attraction(found, trusts).tolist()
    return dict(zip((one.code for one in trusts), values, strict=True))


def test_the_mean_of_every_region_is_one_by_staff() -> None:
    trusts = opening_trusts("2026-03")[0]
    found = attraction(trusts)
    regions = {one.region_code for one in trusts}
    assert len(regions) == 7
    for region in regions:
        here = [one for one in trusts if one.region_code == region]
        mean = np.average([found[one.code] for one in here], weights=[one.fte for one in here])
        assert mean == pytest.approx(1.0)
    assert min(found.values()) > 0.5
    assert max(found.values()) < 2.0


def test_pay_enters_by_the_supplement_and_the_elasticity() -> None:
    """Of 48,117: inner London 20 %, at most 8,746; outer 15 %, at most 6,137; none elsewhere."""
    trusts = opening_trusts("2026-03")[0]
    zones = load_zones()
    assert (zones["R1H"], zones["R1K"]) == ("inner", "outer")
    for elasticity in (1.0, 2.0):
        found = attraction(trusts, pay_elasticity=elasticity, reputation_weight=0.0)
        ratio = ((48_117 + 8_746) / (48_117 + 6_137)) ** elasticity
        assert found["R1H"] / found["R1K"] == pytest.approx(ratio)
        assert found["RGT"] == pytest.approx(found["RGN"])  # neither has a supplement


def test_reputation_enters_by_standard_deviations_of_maturity() -> None:
    trusts = opening_trusts("2026-03")[0]
    by_code = {one.code: one.maturity for one in trusts}
    scores = [one.maturity for one in load_trusts() if one.maturity is not None]
    two = [one.code for one in trusts if one.region_code == "Y60" and one.maturity is not None][:2]
    without = next(one.code for one in trusts if one.region_code == "Y60" and one.maturity is None)
    found = attraction(trusts, pay_elasticity=0.0, reputation_weight=0.1)
    first, second = (by_code[code] for code in two)
    assert first is not None
    assert second is not None
    sd = float(np.std(scores))
    assert found[two[0]] / found[two[1]] == pytest.approx(np.exp(0.1 * (first - second) / sd))
    mean = float(np.mean(scores))
    assert found[two[0]] / found[without] == pytest.approx(np.exp(0.1 * (first - mean) / sd))


@pytest.mark.parametrize(
    ("zone", "pay", "expected"),
    [
        ("inner", 25_272, 5_794),  # 20 % is 5,054: the least
        ("inner", 39_959, 7_991.8),
        ("inner", 64_750, 8_746),  # 20 % is 12,950: the most
        ("outer", 25_272, 4_870),
        ("outer", 39_959, 5_993.85),
        ("fringe", 39_959, 1_997.95),
        ("fringe", 64_750, 2_270),
        ("none", 64_750, 0),
    ],
)
def test_a_supplement_lies_between_its_least_and_its_most(
    zone: str, pay: float, expected: float
) -> None:
    assert supplement(zone, "2026/27", pay) == pytest.approx(expected)
