"""Every lever, every parameter and every fitted number of a scenario moves what it is for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, get_args

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
from simulator.scenario.schema import Method, ProgrammeKind, Target

ENGLAND = Path(__file__).resolve().parents[2] / "scenarios" / "england.toml"
PLACE = {"place": {"trusts": ["R1F", "RYR"]}, "rest": "coupled", "draws": 1, "replications": 4}
SIZES = {**PLACE, "months": 48}
WHY = {"reason": "a test of direction", "author": "tests"}
STATED = {"rationale": "a test of direction", "author": "tests"}


def lever(target: str, value: float, operation: str = "multiply", **more: Any) -> dict[str, Any]:
    """A lever in force from the first month."""
    named = {"id": f"on-{target.replace('_', '-')}", "title": "One lever", "start": "2026-04"}
    return {"target": target, "operation": operation, "value": value, **named, **STATED, **more}


def programme(kind: str, go_live: str, **more: Any) -> dict[str, Any]:
    """A programme everywhere."""
    named = {"id": "one", "title": "One programme", "kind": kind, "go_live": go_live}
    return {**named, **STATED, **more}


def held(parameter: str, value: float) -> dict[str, Any]:
    """A parameter held at a value, whatever its range in the library."""
    return {parameter: {"value": value, "low": value, "high": value, **WHY}}


BASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "many places": {
        "lever": [lever("places", 10.0, id="many")],
        "parameters": held("training.trainees_per_supervisor", 0.3),
    },
    "programme": {"programme": [programme("epr", "2029-06")]},
    "hee": {"need": {"method": "hee"}},
    "maturity": {"need": {"method": "maturity"}},
}
"""What a lever or a parameter acts on, where it needs more than the plain scenario."""


def scenario(base: str = "plain", **changes: Any) -> Scenario:
    found = {**SIZES, **BASES[base], **changes}
    levers = [*BASES[base].get("lever", []), *changes.get("lever", [])]
    return load_scenario(ENGLAND, overrides={**found, "lever": levers})


@cache
def plain(base: str = "plain") -> dict[str, float]:
    spec = compile_scenario(scenario(base))
    return outcome(arrays_trace(spec), spec)


def arrays_trace(spec: Specification) -> Trace:
    return arrays.trace(spec, count=4)


def outcome(trace: Trace, spec: Specification) -> dict[str, float]:
    """What a lever may move, added up over cells and replications."""
    stocks, flows = trace.stocks[:, -1].sum(axis=(0, 1)), trace.flows.sum(axis=(0, 1, 2))
    training = trace.training_flows.sum(axis=(0, 1, 2))
    need = spec.need_base[:, None] * spec.need_index[spec.cells.klass, 0]
    return {
        "need": float(need[:, -1].sum()),
        "need of all months": float(need.sum()),
        "attraction": float(np.log(spec.cells.attraction).std()),
        "crossed": float(crossed(trace, spec).sum()),
        "posts": float(stocks[Stock.POSTS]),
        "in post": float(stocks[Stock.HEADCOUNT]),
        "vacant": float(stocks[Stock.VACANT]),
        "approval": float(stocks[Stock.APPROVAL]),
        "frozen": float(stocks[Stock.FROZEN]),
        "left": float(flows[Flow.LEFT]),
        "break": float(flows[Flow.BREAK]),
        "retired": float(flows[Flow.RETIRED]),
        "promoted": float(flows[Flow.PROMOTED_IN]),
        "moved": float(flows[Flow.MOVED_IN]),
        "failed": float(flows[Flow.ROUNDS_FAILED]),
        "experienced": float(flows[Flow.JOINED_EXPERIENCED]),
        "graduates": float(flows[Flow.JOINED_GRADUATE]),
        "converted": float(flows[Flow.JOINED_CONVERTED]),
        "returning": float(flows[Flow.JOINED_RETURNING]),
        "international": float(flows[Flow.JOINED_INTERNATIONAL]),
        "started": float(training[TrainingFlow.STARTED]),
        "completed": float(training[TrainingFlow.COMPLETED]),
        "gave up": float(training[TrainingFlow.GAVE_UP]),
        "turned away": float(training[TrainingFlow.TURNED_AWAY]),
    }


def crossed(trace: Trace, spec: Specification) -> np.ndarray:
    """Promotions from one trust to another, seen from where they go, shape (J,)."""
    by_trust = np.zeros((2, len(trace.flows), spec.months + 1, len(spec.trusts)))
    for row, flow in enumerate((Flow.PROMOTED_IN, Flow.PROMOTED_OUT)):
        np.add.at(by_trust[row].transpose(2, 0, 1), spec.cells.trust, of(trace, flow))
    return np.maximum(by_trust[0] - by_trust[1], 0.0).sum(axis=(0, 1))


def of(trace: Trace, flow: Flow) -> np.ndarray:
    """A flow by cell, replication and month."""
    return trace.flows[..., flow].transpose(2, 0, 1)


def engines_agree(spec: Specification, trace: Trace) -> None:
    one = people.simulate(spec, count=1)
    for field in ("stocks", "flows", "training_flows", "pool_stocks", "pool_flows"):
        same = np.array_equal(getattr(one, field), getattr(trace, field)[:1])
        assert same, f"the engines differ in {field}"


def assert_moves(
    changed: Scenario, name: str, sign: int, least: float, base: str = "plain"
) -> None:
    spec = compile_scenario(changed)
    trace = arrays_trace(spec)
    found, before = outcome(trace, spec)[name], plain(base)[name]
    assert sign * (found - before) > least * max(before, 1.0), (name, before, found)
    engines_agree(spec, trace)


MULTIPLIED = [
    ("leaving", 0.5, "left", -1, 0.2, "plain"),
    ("leaving", 2.0, "left", +1, 0.2, "plain"),
    ("retirement", 0.2, "retired", -1, 0.3, "plain"),
    ("retirement", 3.0, "retired", +1, 0.3, "plain"),
    ("need", 0.8, "need", -1, 0.15, "plain"),
    ("need", 1.3, "posts", +1, 0.15, "plain"),
    ("funding", 0.9, "posts", -1, 0.05, "plain"),
    ("funding", 1.1, "posts", +1, 0.05, "plain"),
    ("time_to_hire", 0.5, "approval", -1, 0.15, "plain"),
    ("time_to_hire", 2.0, "approval", +1, 0.2, "plain"),
    ("time_to_hire", 2.0, "in post", -1, 0.01, "plain"),
    ("round_success", 0.5, "in post", -1, 0.01, "plain"),
    ("round_success", 0.5, "failed", +1, 0.3, "plain"),
    ("round_success", 1.2, "failed", -1, 0.1, "plain"),
    ("supply", 0.3, "experienced", -1, 0.2, "plain"),
    ("supply", 3.0, "experienced", +1, 0.02, "plain"),
    ("internal_share", 0.3, "promoted", -1, 0.3, "plain"),
    ("internal_share", 1.5, "promoted", +1, 0.1, "plain"),
    ("places", 3.0, "started", +1, 0.5, "plain"),
    ("places", 0.0, "graduates", -1, 0.2, "plain"),
    ("applicants", 0.0, "started", -1, 0.001, "plain"),
    ("applicants", 10.0, "started", +1, 0.0, "many places"),
    ("returning", 0.0, "returning", -1, 0.5, "plain"),
    ("returning", 3.0, "returning", +1, 0.5, "plain"),
    ("international", 0.0, "international", -1, 0.5, "plain"),
    ("international", 2.0, "international", +1, 0.5, "plain"),
    ("supervision", 0.1, "turned away", +1, 0.5, "many places"),
    ("supervision", 20.0, "turned away", -1, 0.5, "many places"),
    ("programme_scale", 0.5, "need of all months", -1, 0.02, "programme"),
    ("programme_scale", 2.0, "need of all months", +1, 0.02, "programme"),
    ("programme_scale", 2.0, "posts", +1, 0.02, "programme"),
]
ADDED = [
    ("places", "add", 2000.0, "started", +1, 0.5, "plain"),
    ("places", "set", 0.0, "started", -1, 0.99, "plain"),
    ("frozen", "set", 0.5, "frozen", +1, 100.0, "plain"),
    ("frozen", "set", 0.5, "in post", -1, 0.05, "plain"),
    ("pooling", "set", 0.5, "crossed", +1, 100.0, "plain"),
    ("programme_delay", "add", 24, "need of all months", -1, 0.02, "programme"),
    ("programme_delay", "add", -9, "need of all months", +1, 0.002, "programme"),
]
LEVERS: list[tuple[Any, ...]] = [
    (target, "multiply", *rest) for target, *rest in MULTIPLIED
] + ADDED


@pytest.mark.functional
@pytest.mark.parametrize(("target", "operation", "value", "name", "sign", "least", "base"), LEVERS)
def test_a_lever_moves_what_it_is_for(
    target: str, operation: str, value: float, name: str, sign: int, least: float, base: str
) -> None:
    changed = scenario(base, lever=[lever(target, value, operation)])
    assert_moves(changed, name, sign, least, base)


@pytest.mark.functional
def test_every_target_is_tested_up_and_down() -> None:
    up = {target for target, _, value, *_ in LEVERS if value > 1 or target in ("frozen", "pooling")}
    down = {target for target, _, value, *_ in LEVERS if value < 1}
    assert up | {"attraction"} == set(get_args(Target)) == down | {"attraction"}


@pytest.mark.functional
def test_places_for_clinicians_who_convert_bring_converted_joiners() -> None:
    places = lever("places", 200.0, "add", pathways=["conversion_clinician_12"])
    assert plain()["converted"] == 0
    assert_moves(scenario(lever=[places]), "converted", +1, 5.0)


@pytest.mark.functional
@pytest.mark.parametrize("value", [3.0, 0.3])
def test_attraction_wins_staff_from_other_trusts_and_makes_none(value: float) -> None:
    reached = "RHM"

    def won(changed: Scenario) -> tuple[float, float, float]:
        spec = compile_scenario(changed)
        trace = arrays_trace(spec)
        engines_agree(spec, trace)
        here = spec.cells.trust == spec.trusts.index(reached)
        net = of(trace, Flow.MOVED_IN) - of(trace, Flow.MOVED_OUT)
        joined = np.sum([of(trace, flow) for flow in Flow if flow.name[:6] == "JOINED"], axis=0)
        come = net + joined
        return float(come[here].sum()), float(come[~here].sum()), float(joined.sum())

    before = won(scenario())
    after = won(scenario(lever=[lever("attraction", value, trusts=[reached])]))
    sign = 1 if value > 1 else -1
    assert sign * (after[0] - before[0]) > 0.03 * before[0]
    assert sign * (after[1] - before[1]) < 0
    assert after[2] == pytest.approx(before[2], rel=0.02)


@pytest.mark.functional
def test_pooling_lets_small_trusts_promote_from_outside() -> None:
    """Without pooling no promotion crosses trusts; with it, more do where a ladder is short."""
    before, after = (
        (spec, arrays_trace(spec))
        for spec in map(
            compile_scenario, (scenario(), scenario(lever=[lever("pooling", 0.5, "set")]))
        )
    )
    assert crossed(before[1], before[0]).sum() == 0
    by_trust = crossed(after[1], after[0])
    posts = np.bincount(after[0].cells.trust, after[0].cells.posts)
    small = posts < np.median(posts)
    share = [by_trust[some].sum() / posts[some].sum() for some in (small, ~small)]
    assert share[0] > share[1] > 0  # a small trust has fewer of its own to offer the vacancy to


@pytest.mark.functional
@pytest.mark.parametrize("kind", get_args(ProgrammeKind))
def test_every_kind_of_programme_raises_need_and_posts(kind: str) -> None:
    changed = scenario(programme=[programme(kind, "2030-01", scale=4.0)])
    spec = compile_scenario(changed)
    trace = arrays_trace(spec)
    before, after = plain(), outcome(trace, spec)
    assert after["need of all months"] > 1.004 * before["need of all months"]
    assert after["posts"] > 1.01 * before["posts"]  # go-live is two months before the end
    engines_agree(spec, trace)


@pytest.mark.functional
@pytest.mark.parametrize(
    ("method", "yearly"), [("growth", 0.054), ("hee", 0.0541), ("ratio", 0.0282)]
)
def test_a_method_of_need_moves_posts_at_its_growth(method: str, yearly: float) -> None:
    spec = compile_scenario(scenario(need={"method": method}))
    trace = arrays_trace(spec)
    posts = trace.stocks[..., Stock.POSTS].sum(axis=(0, 2))
    grown = (1 + yearly) ** 4  # the funded share is level until 2026-03 and then falls
    share = np.interp(48, [0, 58], [0.97, 0.886]) / 0.97
    assert posts[-1] / posts[0] == pytest.approx(grown * share, rel=0.01)
    engines_agree(spec, trace)


@pytest.mark.functional
def test_need_by_digital_maturity_differs_between_trusts() -> None:
    spec = compile_scenario(scenario(need={"method": "maturity"}))
    growth = spec.need_index[spec.cells.klass, 0, -1] / spec.need_index[spec.cells.klass, 0, 0]
    assert 1.0 <= growth.min() < growth.max() < 1.2
    engines_agree(spec, arrays_trace(spec))
    assert set(get_args(Method)) == {"growth", "hee", "ratio", "maturity"}


PARAMETERS = [
    ("need.growth", 0.0, "posts", -1, 0.05, "plain"),
    ("need.funded_share", 0.85, "need", +1, 0.05, "plain"),
    ("need.funding_lag", 18.0, "need", +1, 0.02, "plain"),
    ("need.hee.growth", 0.1, "posts", +1, 0.1, "hee"),
    ("need.maturity.fte_per_bed_low", 0.02, "posts", +1, 0.02, "maturity"),
    ("need.maturity.fte_per_bed_high", 0.5, "posts", +1, 0.02, "maturity"),
    ("need.maturity.progress", 0.4, "need", +1, 0.02, "maturity"),
    ("programme.funded_share", 0.0, "posts", -1, 0.02, "programme"),
    ("leaving.organisation_rate", 0.18, "left", +1, 0.4, "plain"),
    ("supply.tightness", 0.6, "experienced", -1, 0.1, "plain"),
    ("supply.growth", -0.5, "experienced", -1, 0.1, "plain"),
    ("hiring.approval_median_months", 9.0, "approval", +1, 0.3, "plain"),
    ("hiring.internal_factor", 0.3, "promoted", -1, 0.3, "plain"),
    ("hiring.round_success_factor", 0.5, "failed", +1, 0.3, "plain"),
    ("market.mover_factor", 0.1, "moved", -1, 0.3, "plain"),
    ("market.congestion_factor", 5.0, "failed", +1, 0.2, "plain"),
    ("market.reputation_weight", 0.5, "attraction", +1, 0.2, "plain"),
    ("market.pay_elasticity", 5.0, "attraction", +1, 0.05, "plain"),
    ("breaks.share_of_leavers", 0.5, "break", +1, 3.0, "plain"),
    ("breaks.return_hazard", 1.5, "returning", +1, 0.1, "plain"),
    ("breaks.forget_hazard", 2.0, "returning", -1, 0.3, "plain"),
    ("international.arrivals_share", 0.5, "international", +1, 3.0, "plain"),
    ("training.completion_factor", 0.3, "completed", -1, 0.2, "plain"),
    ("training.trainees_per_supervisor", 4.0, "turned away", -1, 0.5, "many places"),
    ("graduates.give_up_hazard", 12.0, "gave up", +1, 0.1, "plain"),
]
RATIO = [
    ("need.ratio.share_of_trust_fte", 0.08),
    ("need.trust_size_growth", 0.0),
    ("group.clinical.share_of_trust_fte", 0.01),
]
SPREADS = ("leaving.trust_log_sd", "hiring.trust_log_sd")
APART = ("market.remote_share", "programme.slip_months")
"""Parameters with a test of their own below."""
NOT_SET_BY_A_SCENARIO = {
    "fte.per_head",
    "leaving.move_share",
    "leaving.retirement_share",
    "upskilling.promotion_effect",
    "pay.award",
    "prices.gdp_deflator",
    "money.apprenticeship_levy",
    *(f"oncost.{name}" for name in ("ni_rate", "ni_threshold", "pension_trust", "pension_central")),
    *(
        f"cover.{kind}_{what}"
        for kind in ("bank", "agency", "contractor")
        for what in ("share", "premium")
    ),
    "cover.share_of_vacancy",
}
"""Parameters that a run reads besides: they are part of the census, or they are prices."""


@pytest.mark.functional
@pytest.mark.parametrize(("parameter", "value", "name", "sign", "least", "base"), PARAMETERS)
def test_a_parameter_moves_what_it_is_for(
    parameter: str, value: float, name: str, sign: int, least: float, base: str
) -> None:
    changed = scenario(base, parameters=held(parameter, value))
    assert_moves(changed, name, sign, least, base)


@pytest.mark.functional
@pytest.mark.parametrize(("parameter", "value"), RATIO)
def test_a_parameter_of_the_ratio_method_moves_need(parameter: str, value: float) -> None:
    need: dict[str, Any] = {"need": {"method": "ratio"}}
    before = compile_scenario(scenario(**need))
    after = compile_scenario(scenario(**need, parameters=held(parameter, value)))

    def total(spec: Specification) -> np.ndarray:
        each = spec.need_base * spec.need_index[spec.cells.klass, 0, -1]
        return np.bincount(spec.cells.group, each, 3)

    assert abs(total(after) / total(before) - 1.0).max() > 0.05


@pytest.mark.functional
@pytest.mark.parametrize(("parameter", "value"), [(SPREADS[0], 0.35), (SPREADS[1], 0.3)])
def test_a_spread_of_trusts_widens_their_factors(parameter: str, value: float) -> None:
    draws: dict[str, Any] = {"draws": 8, "replications": 8}
    before = compile_scenario(scenario(**draws))
    after = compile_scenario(scenario(**draws, parameters=held(parameter, value)))

    def spread(spec: Specification) -> float:
        leaving = parameter.startswith("leaving")
        factors = spec.exits.factor if leaving else spec.hiring.hire_factor
        logs = np.log(factors)
        return float((logs - logs.mean(axis=1, keepdims=True)).std())

    assert spread(after) > 1.2 * spread(before)


@pytest.mark.functional
def test_remote_candidates_come_to_regions_by_their_posts() -> None:
    """A larger share who can work anywhere brings all regions' arrivals nearer to their posts."""
    before, after = (
        compile_scenario(scenario(parameters=held("market.remote_share", share)))
        for share in (0.0, 1.0)
    )
    changed = (after.pools.supply[:, :, 1].sum(axis=0)) / before.pools.supply[:, :, 1].sum(axis=0)
    assert np.abs(changed - 1.0).max() > 0.005
    engines_agree(after, arrays_trace(after))


@pytest.mark.functional
def test_a_longer_slip_moves_the_surge_of_a_programme() -> None:
    sizes = {"draws": 8, "replications": 8, **BASES["programme"]}
    before, after = (
        compile_scenario(scenario(**sizes, parameters=held("programme.slip_months", months)))
        for months in (0.0, 12.0)
    )

    def last(spec: Specification) -> np.ndarray:
        """Need at the end, when a programme that slips is still being built, by draw."""
        return (spec.need_base[:, None] * spec.need_index[spec.cells.klass, :, -1]).sum(axis=0)

    assert (last(after) > 1.02 * last(before)).mean() > 0.5
    assert (last(after) >= last(before)).all()
    engines_agree(after, arrays_trace(after))


@pytest.mark.functional
def test_every_parameter_that_a_run_reads_is_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[str] = set()
    original = Scenario.parameter

    def recorded(self: Scenario, name: str) -> Any:
        read.add(name)
        return original(self, name)

    monkeypatch.setattr(Scenario, "parameter", recorded)
    for method in get_args(Method):
        compile_scenario(scenario(need={"method": method}))
    everything = {"lever": [lever("internal_share", 1.1)], **BASES["programme"]}
    compile_scenario(scenario(draws=8, replications=8, **everything))
    tested = {name for name, *_ in [*PARAMETERS, *RATIO]} | {*SPREADS, *APART}
    assert tested == set(RUN_PARAMETERS)
    assert read == tested | NOT_SET_BY_A_SCENARIO


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
