"""Every lever, every parameter and every fitted number of a scenario moves what it is for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.domain.words import Flow, Stock, TrainingFlow
from simulator.engines import arrays, people
from simulator.model.compile import compile_scenario
from simulator.model.specification import Specification
from simulator.results.trace import Trace
from simulator.scenario import load_scenario
from simulator.scenario.numbers import FITTED_BOUNDS, RUN_PARAMETERS
from simulator.scenario.resolved import Scenario

ENGLAND = Path(__file__).resolve().parents[2] / "scenarios" / "england.toml"
PLACE = {"place": {"trusts": ["R1F", "RYR"]}, "rest": "coupled", "draws": 1, "replications": 8}
SIZES = {**PLACE, "months": 48}
WHY = {"reason": "a test of direction", "author": "tests"}


def scenario(**changes: Any) -> Scenario:
    return load_scenario(ENGLAND, overrides={**SIZES, **changes})


@cache
def plain() -> dict[str, float]:
    return outcome(arrays_trace(compile_scenario(scenario())), compile_scenario(scenario()))


def arrays_trace(spec: Specification) -> Trace:
    return arrays.trace(spec, count=8)


def outcome(trace: Trace, spec: Specification) -> dict[str, float]:
    """What a lever may move, added up over cells and replications."""
    stocks, flows = trace.stocks[:, -1].sum(axis=(0, 1)), trace.flows.sum(axis=(0, 1, 2))
    training = trace.training_flows.sum(axis=(0, 1, 2))
    last = spec.need_base * spec.need_index[spec.cells.klass, 0, -1]
    return {
        "need": float(last.sum()),
        "posts": float(stocks[Stock.POSTS]),
        "in post": float(stocks[Stock.HEADCOUNT]),
        "vacant": float(stocks[Stock.VACANT]),
        "approval": float(stocks[Stock.APPROVAL]),
        "left": float(flows[Flow.LEFT]),
        "retired": float(flows[Flow.RETIRED]),
        "promoted": float(flows[Flow.PROMOTED_IN]),
        "moved": float(flows[Flow.MOVED_IN]),
        "failed": float(flows[Flow.ROUNDS_FAILED]),
        "experienced": float(flows[Flow.JOINED_EXPERIENCED]),
        "graduates": float(flows[Flow.JOINED_GRADUATE]),
        "started": float(training[TrainingFlow.STARTED]),
        "gave up": float(training[TrainingFlow.GAVE_UP]),
    }


def assert_moves(changed: Scenario, name: str, sign: int, least: float) -> None:
    spec = compile_scenario(changed)
    trace = arrays_trace(spec)
    found, before = outcome(trace, spec)[name], plain()[name]
    assert sign * (found - before) > least * max(before, 1.0), (name, before, found)
    one = people.simulate(spec, count=1)
    for field in ("stocks", "flows", "training_flows"):
        same = np.array_equal(getattr(one, field), getattr(trace, field)[:1])
        assert same, f"the engines differ in {field}"


LEVERS = [
    ("leaving", 0.5, "left", -1, 0.2),
    ("leaving", 2.0, "left", +1, 0.2),
    ("retirement", 0.2, "retired", -1, 0.3),
    ("retirement", 3.0, "retired", +1, 0.3),
    ("need", 0.8, "need", -1, 0.15),
    ("need", 1.3, "posts", +1, 0.15),
    ("funding", 0.9, "posts", -1, 0.05),
    ("funding", 1.1, "posts", +1, 0.05),
    ("time_to_hire", 0.5, "approval", -1, 0.2),
    ("time_to_hire", 2.0, "in post", -1, 0.01),
    ("round_success", 0.5, "in post", -1, 0.01),
    ("round_success", 0.5, "failed", +1, 0.3),
    ("supply", 0.3, "experienced", -1, 0.2),
    ("supply", 3.0, "experienced", +1, 0.05),
    ("internal_share", 0.3, "promoted", -1, 0.3),
    ("internal_share", 1.5, "promoted", +1, 0.1),
    ("places", 3.0, "started", +1, 0.5),
    ("places", 0.0, "graduates", -1, 0.2),
    ("applicants", 0.0, "started", -1, 0.001),
]


@pytest.mark.functional
@pytest.mark.parametrize(("target", "value", "name", "sign", "least"), LEVERS)
def test_a_lever_moves_what_it_is_for(
    target: str, value: float, name: str, sign: int, least: float
) -> None:
    lever = {
        "id": "one",
        "title": "One lever",
        "target": target,
        "operation": "multiply",
        "value": value,
        "start": "2026-04",
        "rationale": "a test of direction",
        "author": "tests",
    }
    assert_moves(scenario(lever=[lever]), name, sign, least)


PARAMETERS = [
    ("need.growth", 0.0, "posts", -1, 0.05),
    ("need.funded_share", 0.85, "need", +1, 0.05),
    ("need.funding_lag", 18.0, "need", +1, 0.02),
    ("leaving.organisation_rate", 0.18, "left", +1, 0.4),
    ("supply.tightness", 0.6, "experienced", -1, 0.1),
    ("supply.growth", -0.5, "experienced", -1, 0.1),
    ("hiring.approval_median_months", 9.0, "approval", +1, 0.3),
    ("graduates.give_up_hazard", 12.0, "gave up", +1, 0.1),
]
RATIO = [
    ("need.ratio.share_of_trust_fte", 0.08, "need", +1, 0.3),
    ("need.trust_size_growth", 0.0, "posts", -1, 0.0),
    ("group.clinical.share_of_trust_fte", 0.01, "need", -1, 1.0),
]
SPREADS = ("leaving.trust_log_sd", "hiring.trust_log_sd")


@pytest.mark.functional
@pytest.mark.parametrize(("parameter", "value", "name", "sign", "least"), PARAMETERS)
def test_a_parameter_moves_what_it_is_for(
    parameter: str, value: float, name: str, sign: int, least: float
) -> None:
    bounds = {"value": value, "low": value, "high": value, **WHY}
    assert_moves(scenario(parameters={parameter: bounds}), name, sign, least)


@pytest.mark.functional
@pytest.mark.parametrize("parameter", [name for name, *_ in RATIO])
def test_a_parameter_of_the_ratio_method_moves_need(parameter: str) -> None:
    value = {name: one for name, one, *_ in RATIO}[parameter]
    need = {"need": {"method": "ratio"}}
    before = compile_scenario(scenario(**need))
    bounds = {"value": value, "low": value, "high": value, **WHY}
    after = compile_scenario(scenario(**need, parameters={parameter: bounds}))

    def total(spec: Specification) -> np.ndarray:
        each = spec.need_base * spec.need_index[spec.cells.klass, 0, -1]
        return np.bincount(spec.cells.group, each, 3)

    assert abs(total(after) / total(before) - 1.0).max() > 0.05


@pytest.mark.functional
@pytest.mark.parametrize("parameter", SPREADS)
def test_a_spread_of_trusts_widens_their_factors(parameter: str) -> None:
    wide = {"value": 0.35, "low": 0.35, "high": 0.35, **WHY}
    if parameter.startswith("hiring"):
        wide = {"value": 0.3, "low": 0.3, "high": 0.3, **WHY}
    draws = {"draws": 8}
    before = compile_scenario(scenario(**draws))
    after = compile_scenario(scenario(**draws, parameters={parameter: wide}))

    def spread(spec: Specification) -> float:
        leaving = parameter.startswith("leaving")
        factors = spec.exits.factor if leaving else spec.hiring.hire_factor
        logs = np.log(factors)
        return float((logs - logs.mean(axis=1, keepdims=True)).std())

    assert spread(after) > 1.2 * spread(before)


@pytest.mark.functional
def test_every_parameter_that_a_run_reads_is_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[str] = set()
    original = Scenario.parameter

    def recorded(self: Scenario, name: str) -> Any:
        read.add(name)
        return original(self, name)

    monkeypatch.setattr(Scenario, "parameter", recorded)
    for method in ("growth", "ratio"):
        compile_scenario(scenario(need={"method": method}))
    tested = {name for name, *_ in [*PARAMETERS, *RATIO]} | set(SPREADS)
    assert read == set(RUN_PARAMETERS) == tested


NUMBERS = {
    "approval_median": (9.0, "approval", +1),
    "approval_sigma": (1.5, "approval", +1),
    "round_median": (4.0, "vacant", +1),
    "round_sigma": (1.5, "vacant", +1),
    "again_median": (10.0, "failed", -1),
    "again_sigma": (1.5, "failed", -1),
    "notice_median": (6.0, "vacant", +1),
    "notice_sigma": (1.5, "vacant", +1),
    "round_success": (0.3, "failed", +1),
    "congestion": (3.0, "failed", +1),
    "supply_loss": (0.9, "experienced", -1),
    "internal_share": (0.1, "promoted", -1),
    "move_share": (0.6, "moved", +1),
    "mover_rate": (0.0, "moved", -1),
    "min_months": (200, "promoted", -1),
    "tenure_first_year": (6.0, "left", +1),
    "tenure_second_year": (6.0, "left", +1),
    "newly_qualified_entry": (0.0, "graduates", -1),
    "newly_qualified_middle": (0.0, "graduates", -1),
}
NOT_COUNTED = {
    "part_time_share": "FTE of later posts, not people",
    "newly_qualified_senior": "no pathway feeds senior pools, so no graduate waits there",
}


@pytest.mark.functional
@pytest.mark.parametrize("number", sorted(NUMBERS))
def test_a_fitted_number_moves_what_it_is_for(number: str) -> None:
    value, name, sign = NUMBERS[number]
    assert_moves(scenario(fitted={number: {"value": value, **WHY}}), name, sign, 0.0)


@pytest.mark.functional
def test_every_fitted_number_is_tested() -> None:
    assert set(FITTED_BOUNDS) == set(NUMBERS) | set(NOT_COUNTED)
    fewer = compile_scenario(scenario(fitted={"part_time_share": {"value": 0.0, **WHY}}))
    plain_spec = compile_scenario(scenario())
    assert fewer.slots.fte.mean() > plain_spec.slots.fte.mean()
