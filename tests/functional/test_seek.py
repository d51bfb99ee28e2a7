"""Seeking the value of a lever, against a closed form."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from simulator.cli.main import main
from simulator.experiments.mix import Mixed, seek_mix
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


LEANER = """
[[lever]]
id = "leaner"
kind = "productivity"
title = "Need times a factor"
target = "need"
operation = "multiply"
value = 0.9
start = "2026-03"
rationale = "Worked by hand."
author = "Worked by hand"
"""
SHORT = 6
"""Fewer FTE short than this is acceptable, in 8 of 10 futures."""


def two_levers(folder: Path) -> Path:
    path = survivors(folder)
    path.write_text(path.read_text(encoding="utf-8") + LEANER, encoding="utf-8")
    return path


def exact_mix(stay: float | None, leaner: float | None) -> tuple[float, float]:
    """Chance and mean cost of a mix: 500 for a head and year, 5,000 for an FTE of need saved."""
    short_of = 40 / 0.97 * (1.0 if leaner is None else leaner) - SHORT
    rate = 0.12 * (1.0 if stay is None else stay) / 12
    chance = float(stats.binom.sf(math.floor(short_of), 40, math.exp(-24 * rate)))
    heads = sum(40 * math.exp(-rate * month) for month in range(1, 25))
    cost = 0.0 if stay is None else 500 / 12 * heads
    return chance, cost + (0.0 if leaner is None else 2 * 5000 * (1 - leaner) * 40)


def mixed(path: Path, budget: float, **others: Any) -> Mixed:
    asked: dict[str, Any] = {"probability": PROBABILITY, "rounds": 1} | others
    sizes = {"replications": 1024}
    levers = ("stay:0.5:1", "leaner")
    return seek_mix(path, levers, Goal(SHORT), budget=budget, settings=sizes, **asked)


@pytest.mark.parametrize("budget", [25_000, 50_000, 70_000])
def test_the_best_mix_of_the_closed_form_is_found(tmp_path: Path, budget: int) -> None:
    found = mixed(two_levers(tmp_path), budget)
    assert [one.weak for one in found.dials] == [1.0, 1.0]
    for one in found.tried:
        chance, cost = exact_mix(**one.values)
        # Five standard errors: of 1,024 futures, and of heads that differ by at most 6.
        assert one.chance.value == pytest.approx(chance, abs=0.08)
        assert one.cost.value == pytest.approx(cost, abs=1_000 if one.values["stay"] else 1)
    amounts = (0, 0.25, 0.5, 0.75, 1)
    grid = [
        exact_mix(1 - 0.5 * a if a else None, 1 - 0.1 * b if b else None)
        for a, b in itertools.product(amounts, repeat=2)
    ]
    best = max(chance for chance, cost in grid if cost <= budget - 1_000)
    chance, cost = exact_mix(**found.best.values)
    assert cost <= budget + 1_000
    assert chance >= best - 0.05
    assert found.again.low - 0.02 <= chance <= found.again.high + 0.02
    assert found.status == ("found" if budget == 70_000 else "out of reach")


def test_a_mix_says_what_it_found_and_how(tmp_path: Path) -> None:
    path = two_levers(tmp_path)
    found = mixed(path, 70_000)
    text = "\n".join(found.lines())
    assert "Budget: £70,000 in all, opening to 2028-03, in RGT, 2026/27 prices" in text
    assert f"Best within the budget: {found.best.words}: so in" in text
    assert found.cheapest is not None
    assert found.cheapest.cost.value <= found.best.cost.value
    assert all(one.cost.value <= 70_000 for one in (found.best, found.cheapest, *found.rivals))
    assert "far from that best, a better mix may have been missed" in text
    poor = mixed(path, 0, rounds=0)
    assert (poor.status, poor.best.words) == ("out of reach", "no stay, no leaner")
    assert "No mix within the budget reaches 80%." in poor.lines()
    assert len(poor.tried) == 3, "what is stronger than a mix too dear is not run"
    easy = mixed(path, 70_000, probability=0.001)
    assert (easy.status, len(easy.tried)) == ("not needed", 1)


def test_mistakes_of_a_mix_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = two_levers(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        seek_mix(path, ("stay:1:1", "go"), Goal(1), budget=-1, probability=2, steps=40)
    assert len(caught.value.problems) == 5
    words = ["seek", str(path), "--quiet", "--below", "6", "--lever", "stay"]
    for more, told in (
        (["--lever", "leaner"], "give --budget POUNDS"),
        (["--low", "0.5"], "--high"),
        (["--budget", "5m"], "two levers or more"),
        (["--lever", "leaner", "--budget", "5m", "--low", "0.5"], "--lever ID:LOW:HIGH"),
        (["--lever", "leaner", "--budget", "much"], "is not pounds"),
    ):
        assert main([*words, *more]) == 2
        assert told in " ".join(capsys.readouterr().err.split())


def test_every_mistake_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = survivors(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        seek(path, "stay", Goal(1), probability=1.5, low=1, high=0.5, steps=0)
    assert len(caught.value.problems) == 3
    words = ["seek", str(path), "--lever", "stay", "--low", "0", "--high", "1", "--quiet"]
    assert main(words) == 2
    assert "either --below X or --above X" in capsys.readouterr().err
    other = ["go" if word == "stay" else word for word in words]
    assert main([*other, "--below", "1"]) == 2
    assert "no such lever in the scenario; it has stay" in capsys.readouterr().err
    assert main([*words, "--below", "1", "--high", "900"]) == 2
    assert "multiplier" in capsys.readouterr().err
