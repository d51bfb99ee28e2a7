"""Two layers of variance, the precision reached, and plans that keep what they promise."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import simulator
from simulator.cli.main import main
from simulator.experiments.layers import layers, signed
from simulator.experiments.precision import Reached, Size, precision, reached

pytestmark = pytest.mark.functional

ROOT = Path(__file__).resolve().parents[2]
LADDER, SURVIVORS = (ROOT / "scenarios" / f"tiny-{name}.toml" for name in ("ladder", "survivors"))


def test_layers_by_hand() -> None:
    # Draws 0 and 1 in turn: (1, 3) and (5, 9). Means 2 and 7: variance 12.5. Within: (2 + 8) / 2.
    found = layers(np.array([[1.0, 5.0, 3.0, 9.0]]), 2)
    assert found.mean[0] == 4.5
    assert found.within[0] == 5.0
    assert found.between[0] == 12.5 - 5.0 / 2
    assert found.half[0] == pytest.approx(12.7062 * math.sqrt(12.5 / 2), rel=1e-5)
    alone = layers(np.array([[1.0, 3.0]]), 1)
    assert math.isnan(alone.between[0])
    assert alone.half[0] == pytest.approx(12.7062 * 1.0, rel=1e-5)


def example(size: Size, between: float = 9.0, within: float = 16.0) -> Reached:
    one = Reached("Staff", "Here", "2031-03", 100.0, 0.0, between, within, size)
    return Reached("Staff", "Here", "2031-03", 100.0, one.expected(size), between, within, size)


def test_a_plan_by_hand() -> None:
    """Between 9, within 16: with 4 replications a draw's mean has variance 13."""
    one = example(Size(64, 4))
    assert one.half == pytest.approx(1.99834 * math.sqrt(13 / 64), rel=1e-5)
    assert one.floor == pytest.approx(1.99834 * 3 / 8, rel=1e-5)
    plan = one.needed(0.5, 4)
    assert plan.each == 4
    assert one.expected(plan) <= 0.5 < one.expected(Size(plan.draws - 1, 4))
    assert plan.draws == pytest.approx(1.96**2 * 13 / 0.25, abs=6)
    told = " ".join(one.lines(0.5))
    assert f"--draws {plan.draws} --replications {4 * plan.draws}" in told
    assert "cannot go below" in told
    assert "more than a scenario may have" in " ".join(one.lines(0.01))


def test_with_one_draw_chance_is_all() -> None:
    one = example(Size(1, 50), between=math.nan)
    plan = one.needed(0.2, 50)
    assert plan.draws == 1
    assert one.expected(plan) <= 0.2 < one.expected(Size(1, plan.each - 1))
    assert one.floor == 0.0


def test_without_variance_two_are_enough() -> None:
    assert example(Size(8, 2), 0.0, 0.0).needed(1.0, 2) == Size(2, 2)


def test_a_plan_keeps_its_promise() -> None:
    """Planned from a run of 64 draws, reached by a run of the size planned, within a fifth."""
    sizes = {"draws": 64, "replications": 256, "months": 36}
    pilot = precision(simulator.load_scenario(LADDER, sizes), measures=["in_post"], years=[3])[0]
    wanted = pilot.half / 3
    plan = pilot.needed(wanted, 4)
    sizes = {**sizes, "draws": plan.draws, "replications": plan.replications}
    there = precision(simulator.load_scenario(LADDER, sizes), measures=["in_post"], years=[3])[0]
    assert there.half == pytest.approx(wanted, rel=0.2)
    assert abs(there.mean - pilot.mean) < 2.5 * pilot.half


@pytest.mark.parametrize(("draws", "each"), [(1, 256), (32, 8), (256, 1)])
def test_a_stored_result_tells_its_precision_within_a_fifth(draws: int, each: int) -> None:
    sizes = {"draws": draws, "replications": draws * each, "months": 40}
    scenario = simulator.load_scenario(LADDER, sizes)
    result = simulator.run(scenario, workers=1)
    exact = precision(scenario, measures=["in_post"], years=[3], levels=["trust"])
    for one, code in zip(exact, ("RGN", "RGT"), strict=True):
        half, date = reached(result, "trust", code, "in_post")
        assert date == one.date == "2029-03"
        assert half == pytest.approx(one.half, rel=0.2)


def test_a_run_says_its_precision(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--draws", "4", "--replications", "16", "--workers", "1"]
    assert main(["run", str(LADDER), *sizes]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Precision: for" in text
    assert "about four times as many draws" in text
    assert main(["run", str(LADDER), "--draws", "1", "--replications", "1"]) == 0
    assert "Precision:" not in capsys.readouterr().out


def test_the_command_plans_and_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--draws", "4", "--replications", "16", "--quiet"]
    assert main(["precision", str(LADDER), *sizes, "--half-width", "0.5"]) == 0
    text = capsys.readouterr().out
    assert "known to ±" in text
    assert "--draws" in text
    assert main(["precision", str(LADDER), *sizes, "--half-width", "-1"]) == 2
    assert "--half-width" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (1.26, "+1.3"), (-0.04, "-0.04"), (1234.5, "+1,234.5")]
)
def test_small_differences_do_not_vanish(value: float, text: str) -> None:
    assert signed(value) == text
