"""Seeking the value of a lever, against a closed form."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from scipy import stats

from simulator.cli.main import main
from simulator.experiments.questions import Estimate, Goal
from simulator.experiments.seek import Found, _search, seek
from simulator.scenario import ScenarioError
from tests.support.survivors import survivors

pytestmark = pytest.mark.functional

STAY, PROBABILITY = 36, 0.8


def exact() -> float:
    """The factor on leaving with which more than 36 of 40 stay two years, 8 times of 10."""
    low, high = 0.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        chance = stats.binom.sf(STAY, 40, math.exp(-0.24 * middle))
        low, high = (middle, high) if chance >= PROBABILITY else (low, middle)
    return low


def sought(path: Path, goal: Goal, low: float, high: float, seed: int = 1) -> Found:
    return seek(
        path,
        "stay",
        goal,
        probability=PROBABILITY,
        low=low,
        high=high,
        measure="in_post",
        steps=256,
        settings={"replications": 1024, "seed": seed},
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_factor_of_the_closed_form_is_found(tmp_path: Path, seed: int) -> None:
    found = sought(survivors(tmp_path), Goal(STAY + 0.5, above=True), 0.0, 1.0, seed)
    assert found.status == "found"
    assert found.value is not None
    assert found.value.low - found.step <= exact() <= found.value.high + found.step
    assert found.value.low < found.value.value < found.value.high
    # The chance falls by about 0.83 for a rise of 1 in the factor near the root (0.17 to 0.36 of
    # leaving), so four standard errors of the chance (0.0125) are at most 0.06 of the factor.
    assert found.value.high - found.value.low < 0.06
    assert f"stay = {found.value.value:g} reaches it" in found.lines()[-2]
    assert f"{found.value.low:g} to {found.value.high:g}" in found.lines()[-1]


@pytest.mark.nightly
def test_the_interval_covers_the_closed_form(tmp_path: Path) -> None:
    path, hits, times = survivors(tmp_path), 0, 200
    for seed in range(times):
        value = sought(path, Goal(STAY + 0.5, above=True), 0.0, 1.0, seed).value
        assert value is not None
        hits += value.low - 1 / 256 <= exact() <= value.high + 1 / 256
    # Nominal 95 %: fewer than 177 or more of 200 would happen once in 10,000 by chance.
    assert hits >= stats.binom.ppf(1e-4, times, 0.95)


def test_a_shortfall_below_is_sought_the_same_way(tmp_path: Path) -> None:
    found = seek(
        survivors(tmp_path),
        "stay",
        Goal(40 / 0.97 - STAY - 0.5),
        probability=PROBABILITY,
        low=0.0,
        high=1.0,
        steps=256,
        settings={"replications": 1024},
    )
    same = sought(survivors(tmp_path), Goal(STAY + 0.5, above=True), 0.0, 1.0)
    assert found.value == same.value


def test_what_no_value_reaches(tmp_path: Path) -> None:
    found = sought(survivors(tmp_path), Goal(STAY + 0.5, above=True), 0.8, 1.5)
    assert (found.status, found.value, len(found.tried)) == ("out of reach", None, 2)
    assert "No value of stay from 0.8 to 1.5 reaches it" in found.lines()[-1]


def test_what_needs_no_lever(tmp_path: Path) -> None:
    found = sought(survivors(tmp_path), Goal(20, above=True), 0.1, 1.0)
    assert (found.status, found.tried) == ("not needed", ())
    assert found.without.value > 0.99
    assert found.lines()[-1] == "The lever stay is not needed."


def test_a_range_that_lies_wholly_beyond(tmp_path: Path) -> None:
    found = sought(survivors(tmp_path), Goal(STAY + 0.5, above=True), 0.0, 0.05)
    assert found.status == "whole range"


class Steps:
    """A share that is 1 from a step on, for an interval that has no end in the range."""

    def __init__(self, rises: bool) -> None:
        self.rises = rises

    def value(self, number: float) -> float:
        return float(number)

    def at(self, number: int) -> Estimate:
        share = number / 100 + 1e-9 if self.rises else 1 - number / 100 + 1e-9
        return Estimate(share, share - 0.305, share + 0.105)


@pytest.mark.parametrize(
    ("rises", "expected"),
    [(True, (80.0, 70.0, math.inf)), (False, (20.0, -math.inf, 30.0))],
)
def test_an_interval_that_leaves_the_range(rises: bool, expected: tuple) -> None:
    status, value = _search(Steps(rises), 100, 0.8)  # type: ignore[arg-type]
    assert status == "found"
    assert value is not None
    assert (value.value, value.low, value.high) == expected


def test_every_mistake_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = survivors(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        seek(path, "stay", Goal(1), probability=1.5, low=1, high=0.5, steps=0)
    assert len(caught.value.problems) == 3
    words = ["seek", str(path), "--lever", "stay", "--low", "0", "--high", "1", "--quiet"]
    assert main(words) == 2
    assert "either --below X or --above X" in capsys.readouterr().err
    assert main([*words, "--below", "1", "--lever", "go"]) == 2
    assert "no such lever in the scenario; it has stay" in capsys.readouterr().err
    assert main([*words, "--below", "1", "--high", "900"]) == 2
    assert "multiplier" in capsys.readouterr().err
