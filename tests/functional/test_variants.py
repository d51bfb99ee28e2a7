"""Variants in memory: the same checks as a file, the same scenario as the file that says it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulator.experiments.questions import Goal, ask, estimate, outcome, resamples, share
from simulator.experiments.variants import held_at, law_digest, vary, varying
from simulator.scenario import ScenarioError, load_scenario

pytestmark = pytest.mark.functional

SCENARIOS = Path(__file__).parents[2] / "scenarios"
LADDER = SCENARIOS / "tiny-ladder.toml"
RETENTION = SCENARIOS / "cambridge-retention.toml"


def test_no_change_is_the_file() -> None:
    assert law_digest(vary(LADDER, {})) == law_digest(load_scenario(LADDER))


def test_a_change_is_what_a_file_would_say() -> None:
    changes = {
        "lever.retention.value": 0.5,
        "lever.retention.start": "2028-01",
        "parameters.supply.growth": 0.01,
        "fitted.congestion": 0.25,
        "need.method": "ratio",
        "seed": 9,
    }
    found = vary(LADDER, changes, {"draws": 2})
    lever = next(one for one in found.lever if one.id == "retention")
    assert (lever.value, lever.start, lever.ramp_months) == (0.5, "2028-01", 12)
    growth = found.parameter("supply.growth")
    assert (growth.at("2030-01"), growth.varies) == (0.01, False)
    assert found.fitted["congestion"].value == 0.25
    assert (found.need.method, found.seed, found.draws) == ("ratio", 9, 2)
    assert [one.id for one in found.lever] == [one.id for one in load_scenario(LADDER).lever]


def test_a_lever_of_a_parent_file_is_changed_and_left_out() -> None:
    plain = load_scenario(SCENARIOS / "cambridge.toml")
    off = vary(RETENTION, {"lever.retention.on": False, "lever.faster-hiring.on": False})
    assert law_digest(off) == law_digest(plain)
    kept = vary(RETENTION, {"lever.retention.on": True})
    assert law_digest(kept) == law_digest(load_scenario(RETENTION))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lever.retention.value": -1.0}, "multiplier is between"),
        ({"lever.retention.value": "x"}, "a number is expected"),
        ({"lever.retention.start": "2050-01"}, "outside the horizon"),
        ({"lever.retension.value": 1.0}, "no such lever in the scenario; it has faster-hiring"),
        ({"lever.retention.target": "supply"}, "give one of on, value"),
        ({"lever.retention.on": 1}, "true or false"),
        ({"parameters.supply.grwth": 0.1}, "no such parameter; did you mean supply.growth"),
        ({"parameters.supply.growth": 7.0}, "growth per year is between"),
        ({"fitted.congest": 0.1}, "no such fitted number"),
        ({"need.method": "guess"}, "one of the values allowed"),
        ({"months": 0}, "outside the range"),
        ({"months.x": 0}, "no such address"),
    ],
)
def test_what_a_file_may_not_say_no_variant_may(changes: dict, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        vary(RETENTION, changes, named="my sweep.toml")
    assert words in " ".join(str(caught.value).split())
    assert all(one.file == "my sweep.toml" for one in caught.value.problems)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ScenarioError) as caught:
        vary(LADDER, {"lever.no.value": 1.0, "parameters.supply.growth": 7.0, "draws": 0})
    assert len(caught.value.problems) == 3


def test_settings_are_not_changed() -> None:
    settings = {"draws": 2, "parameters": {}}
    vary(LADDER, {"parameters.supply.growth": 0.01}, settings)
    assert settings == {"draws": 2, "parameters": {}}


def test_parameters_held_at_their_ends() -> None:
    scenario = load_scenario(LADDER)
    growth = held_at(scenario.parameter("need.growth"), scenario.opening, 0.0)
    assert [one["value"] for one in growth["values"]] == [0.02, 0.02]  # type: ignore[attr-defined]
    share_ = scenario.parameter("need.funded_share")
    high = held_at(share_, scenario.opening, 1.0)
    first, *_, last = [one["value"] for one in high["values"]]  # type: ignore[attr-defined]
    assert first == pytest.approx(1.0)  # a path keeps its shape
    assert last == pytest.approx(share_.values[-1].value / share_.at(scenario.opening))
    for unit in (0.0, 0.3, 1.0):
        table = held_at(scenario.parameter("supply.growth"), scenario.opening, unit)
        vary(LADDER, {"parameters.supply.growth": table})


def test_only_parameters_that_are_read_vary() -> None:
    growth, ratio = vary(LADDER, {}), vary(LADDER, {"need.method": "ratio"})
    assert {"need.growth"} <= set(varying(growth)) - set(varying(ratio))
    assert {"need.trust_size_growth"} <= set(varying(ratio)) - set(varying(growth))
    assert "supply.growth" not in varying(vary(LADDER, {"parameters.supply.growth": 0.01}))


def test_an_answer_is_that_of_a_run() -> None:
    from simulator.experiments.run import run_scenario

    scenario = load_scenario(LADDER, {"draws": 2, "replications": 6})
    question = ask(scenario, place="RGT", measure="in_post", date="2029-03", group="data")
    values = outcome(scenario, question)
    row = run_scenario(scenario, workers=1).frame(
        "places", code="RGT", measure="in_post", month=36, group="data"
    )
    assert values.shape == (6,)
    assert values.mean() == pytest.approx(float(row["mean"].iloc[0]), rel=1e-6)


def test_every_wrong_question_is_named() -> None:
    with pytest.raises(ScenarioError) as caught:
        ask(load_scenario(LADDER), place="RXX", group="datta", measure="staff", date="2029-04")
    assert [one.where for one in caught.value.problems] == [
        "--place", "--group", "--measure", "--date",
    ]  # fmt: skip
    assert "did you mean data" in str(caught.value)


def test_shares_and_means_count_draws_by_hand() -> None:
    # Draw means 2 and 4: mean 3, standard error 1, Student's 12.706 with one degree.
    found = estimate(np.array([1.0, 3.0, 3.0, 5.0]), 2)
    assert found.value == 3.0
    assert found.high == pytest.approx(15.706, abs=1e-3)
    hits = share(Goal(4.0).met(np.array([1.0, 3.0, 3.0, 5.0])), 2)
    assert (hits.value, hits.low, hits.high) == (0.75, 0.0, 1.0)
    assert not Goal(5.0, above=True).met(np.array([5.0]))[0]


def test_resamples_repeat_and_are_even() -> None:
    first = resamples(10, 3)
    assert np.array_equal(first, resamples.__wrapped__(10, 3))
    assert not np.array_equal(first, resamples(10, 4))
    counts = np.bincount(first.ravel(), minlength=10)
    assert first.shape == (1000, 10)
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000 * 0.9)
