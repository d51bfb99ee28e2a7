"""What a number hangs on: analytic functions, closed forms, and the words."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtri

from simulator.experiments.questions import Estimate, ask
from simulator.experiments.run import run_scenario
from simulator.experiments.sensitivity import (
    Importance,
    _unchancy,
    importance,
    influences_of,
    inputs_of,
)
from simulator.experiments.sobol import Input, check_inputs, runs_of, sobol, sobol_indices_of
from simulator.experiments.tornado import tornado
from simulator.model.draws import draw_units
from simulator.scenario import ScenarioError, load_scenario
from tests.support.survivors import SCENARIOS, survivors

pytestmark = pytest.mark.functional

LADDER = SCENARIOS / "tiny-ladder.toml"


def ishigami(units: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * units - 1)
    found: np.ndarray = np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
    return found


G = np.array([0.0, 1.0, 4.5, 9.0])


def sobol_g(units: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.prod((np.abs(4 * units.T - 2) + G) / (1 + G), axis=1)
    return found


def g_indices() -> tuple[np.ndarray, np.ndarray]:
    """First-order and total indices of Sobol's g function."""
    part = 1 / (3 * (1 + G) ** 2)
    whole = np.prod(1 + part) - 1
    total = np.array([p * np.prod(1 + np.delete(part, i)) for i, p in enumerate(part)])
    return part / whole, total / whole


ISHIGAMI = (np.array([0.3139, 0.4424, 0.0]), np.array([0.5576, 0.4424, 0.2437]))


@pytest.mark.parametrize(
    ("model", "expected"),
    [(ishigami, ISHIGAMI), (sobol_g, g_indices())],
    ids=["Ishigami", "Sobol g"],
)
def test_indices_of_functions_with_known_ones(model, expected) -> None:
    names = [f"x{i}" for i in range(len(expected[0]))]
    found = {one.name: one for one in sobol_indices_of(model, names, 4096, 5)}
    for i, name in enumerate(names):
        one = found[name]
        assert one.first.value == pytest.approx(expected[0][i], abs=0.03)
        assert one.total.value == pytest.approx(expected[1][i], abs=0.03)
        assert one.first.low <= expected[0][i] + 0.01
        assert one.first.high >= expected[0][i] - 0.01
    totals = [one.total.value for one in sobol_indices_of(model, names, 512, 5)]
    assert totals == sorted(totals, reverse=True)


def test_one_lever_has_all_the_variance(tmp_path: Path) -> None:
    path = survivors(tmp_path)
    settings = {"replications": 32}
    question = ask(load_scenario(path, settings), measure="in_post")
    inputs = [Input.read("stay:0.5:2"), Input.read("supply.growth")]
    seen: list[tuple[int, int]] = []
    found = sobol(
        path,
        question,
        inputs,
        base=32,
        settings=settings,
        progress=lambda done, total, _: seen.append((done, total)),
    )
    lever, other = found.indices  # the largest total first
    assert (lever.name, found.runs, seen[-1]) == ("stay", 128, (128, 128))
    assert lever.first.low < 1 < lever.first.high
    assert lever.total.low < 1 < lever.total.high
    assert lever.first.value == pytest.approx(1, abs=0.3)
    nothing = Estimate(0.0, 0.0, 0.0)
    assert (other.first, other.total) == (nothing, nothing)


def test_every_wrong_input_is_named(tmp_path: Path) -> None:
    path = survivors(tmp_path)
    inputs = [Input("supply.grwth"), Input("go", (0.0, 1.0)), Input("need.growth")]
    with pytest.raises(ScenarioError) as caught:
        check_inputs(path, [*inputs, Input("go", (0.0, 1.0))], 12)
    text = " ".join(str(caught.value).split())
    assert "power of two" in text
    assert "supply.growth" in text
    assert "no such lever in the scenario; it has stay" in text
    assert "it has no range" in text  # the file holds need.growth
    assert "is given twice" in text
    with pytest.raises(ScenarioError, match="1 to 8 inputs"):
        check_inputs(path, [], 16)
    with pytest.raises(ScenarioError, match="ends of its value"):
        Input.read("stay:1:0")
    assert runs_of([Input("a"), Input("b")], 64) == 256


def test_the_tornado_of_survivors_is_their_closed_form(tmp_path: Path) -> None:
    path = survivors(tmp_path, value=0.5)
    settings = {"replications": 512}
    question = ask(load_scenario(path, settings), measure="in_post")
    found = tornado(path, question, settings=settings)
    stated = 40 * math.exp(-0.12)
    assert found.stated.low < stated < found.stated.high
    swings = {one.name: one for one in found.swings}
    rate = swings["leaving.organisation_rate"]
    for one, level in ((rate.low, 0.078), (rate.high, 0.105)):
        change = 40 * math.exp(-0.12 * level / 0.09) - stated
        assert one.low - 0.05 < change < one.high + 0.05
    without = 40 * math.exp(-0.24) - stated
    assert swings["stay"].low.low < without < swings["stay"].low.high
    assert swings["stay"].at is None
    assert swings["supply.growth"].size == 0.0
    assert found.swings[0].name == "stay"
    assert [one.size for one in found.swings] == sorted(
        (one.size for one in found.swings), reverse=True
    )
    assert any("stay, left out: -4" in line for line in found.lines())


def test_shares_of_draws_are_those_of_a_known_sum() -> None:
    """y = 2 a + b + chance: of the doubt about a and b, four fifths are a's."""
    scenario = load_scenario(LADDER, {"draws": 512, "replications": 4096})
    draws, each = 512, 8
    a, b, c = (draw_units(7, draws, name) for name in "abc")
    noise = np.sqrt(5 / 12) * np.array([draw_units(1, draws, f"n{i}") - 0.5 for i in range(each)])
    values = (2 * a + b + 3 * noise).ravel()
    found, together = influences_of(values, {"a": a, "b": b, "c": c}, scenario)
    shares = {one.name: one.share for one in found}
    assert [one.name for one in found] == ["a", "b", "c"]
    assert shares["a"].value == pytest.approx(0.8, abs=0.06)
    assert shares["b"].value == pytest.approx(0.2, abs=0.06)
    assert shares["c"].low == 0.0
    assert shares["c"].value < 0.02
    assert all(one.low <= one.value <= one.high for one in shares.values())
    assert together == pytest.approx(1.0, abs=0.06)
    assert found[0].rises


def test_accident_is_not_importance() -> None:
    """With no relation the corrected share is nothing on average, and its interval says so."""
    scenario = load_scenario(LADDER, {"draws": 64, "replications": 256})
    values, missed = [], 0
    for run in range(60):
        y = np.tile(draw_units(run, 64, "y"), 4) + np.repeat(draw_units(run, 4, "n"), 64) * 1e-3
        (one,), _ = influences_of(y, {"x": draw_units(run, 64, "x")}, scenario)
        values.append(one.share.value)
        missed += one.share.low > 0
    assert np.mean(values) < 0.02
    assert missed <= 10  # 5 % of 60 is 3; more than 10 happens once in 2,000


def test_importance_splits_chance_from_doubt() -> None:
    scenario = load_scenario(LADDER, {"draws": 16, "replications": 256})
    question = ask(scenario, place="RGT", measure="shortfall")
    found = importance(scenario, question, methods=True)
    table = run_scenario(scenario, workers=1).frame(
        "places", code="RGT", measure="shortfall", group="all", month=60
    )
    stated = float(table["share_parameters"].iloc[0])
    assert found.parameters.value == pytest.approx(stated, abs=1e-3)
    assert 0 < found.parameters.low <= found.parameters.value <= found.parameters.high <= 1
    assert found.method is not None
    assert 0 <= found.method.value <= 1
    assert {one.name for one in found.influences} == {
        name for name, one in inputs_of(scenario, question).items() if np.ptp(one) > 0
    }
    assert any("chance" in line for line in found.lines())


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"draws": 1, "replications": 8}, "doubt is not split"),
        ({"draws": 4, "replications": 16}, "use more draws"),
        ({"draws": 16, "replications": 32}, "use more replications of each draw"),
    ],
)
def test_too_little_is_said(sizes: dict, words: str) -> None:
    scenario = load_scenario(LADDER, sizes)
    found: Importance = importance(scenario, ask(scenario, measure="in_post"))
    assert found.influences == ()
    assert any(words in line for line in found.lines())


def test_the_share_of_chance_is_covered() -> None:
    """Two layers with a known share of 0.2: the interval covers it as often as it says."""
    draws, each, times = 16, 8, 300
    covered = 0
    for run in range(times):
        level = ndtri(np.clip(draw_units(run, draws, "level"), 1e-12, None))
        units = np.array([draw_units(run, draws, f"chance {i}") for i in range(each)])
        values = (level + 2 * ndtri(np.clip(units, 1e-12, None))).ravel()
        found, mean = _unchancy(values, draws)
        covered += found.low <= 0.2 <= found.high
        assert mean.low <= mean.value <= mean.high
        assert found.value <= mean.value
    # Nominal 95 %: outside these bounds by luck once in 10,000.
    assert stats.binom.ppf(5e-5, times, 0.95) <= covered <= stats.binom.ppf(1 - 5e-5, times, 0.95)
