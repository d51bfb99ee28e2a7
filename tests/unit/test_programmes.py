"""Programmes: phases in the right months, and what slip, delay and scale do to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.evidence.trusts import opening_trusts
from simulator.model.levers import lever_classes
from simulator.model.programmes import first_month, load_profiles, slip_months, surge_paths
from simulator.scenario import load_scenario
from simulator.scenario.resolved import Scenario

pytestmark = pytest.mark.unit

ENGLAND = Path(__file__).resolve().parents[2] / "scenarios" / "england.toml"
STATED = {"rationale": "a test of programmes", "author": "tests"}
RECORD = {"id": "record", "title": "A record", "kind": "epr", "go_live": "2029-03", **STATED}
EPR = [(6, 18, 0.1), (18, 36, 0.6), (36, 39, 0.8), (39, 45, 0.4), (45, 63, 0.2)]
"""First month, month after the last and extra share of clinical need, go-live in month 36."""


def scenario(*levers: dict[str, Any], draws: int = 1, **more: Any) -> Scenario:
    sizes = {"months": 96, "draws": draws, "replications": draws}
    changes = {"programme": [{**RECORD, **more}], "lever": list(levers)}
    return load_scenario(ENGLAND, overrides={**sizes, **changes})


def lever(target: str, operation: str, value: float, **more: Any) -> dict[str, Any]:
    named = {"id": target.replace("_", "-"), "title": "A lever", "start": "2026-04"}
    return {**named, "target": target, "operation": operation, "value": value, **STATED, **more}


def clinical(found: Scenario, code: str = "RGT") -> np.ndarray:
    """Extra need of the clinical group of one trust, (draws, months)."""
    trusts = tuple(one for one in opening_trusts("2026-03")[0] if one.code == code)
    classes = lever_classes(found, trusts)
    return np.asarray(surge_paths(found, classes)[classes.klass[0, 0]])


def path(phases: list[tuple[int, int, float]], months: int = 96) -> np.ndarray:
    out = np.zeros(months + 1)
    for first, after, extra in phases:
        out[first:after] = extra
    return out


def test_phases_follow_each_other_around_go_live() -> None:
    found = scenario()
    assert first_month(found, found.programme[0]) == 6
    assert clinical(found)[0] == pytest.approx(path(EPR))


def test_every_kind_has_phases_of_whole_months_and_shares_of_need() -> None:
    for kind, phases in load_profiles().items():
        assert all(phase.months > 0 for phase in phases), kind
        assert all(0.0 <= extra <= 1.0 for phase in phases for extra in phase.extra), kind


def test_a_programme_that_has_begun_is_in_its_phase_at_the_opening() -> None:
    """Go-live in month 2: procurement is over and the build is in its last months."""
    found = scenario(go_live="2026-05")
    assert first_month(found, found.programme[0]) == -28
    assert clinical(found)[0, :6] == pytest.approx([0.6, 0.6, 0.8, 0.8, 0.8, 0.4])


def test_a_programme_is_only_where_it_reaches() -> None:
    found = scenario(trusts=["RGT"])
    assert clinical(found).any()
    assert not clinical(found, "RGN").any()


def test_a_slip_lengthens_the_build_and_moves_what_follows() -> None:
    found = scenario(draws=16)
    slips = slip_months(found, found.programme[0], "RGT").astype(int)
    assert slips.max() > 0
    for draw, slip in enumerate(slips):
        moved = [(a + slip * (a >= 36), b + slip * (b >= 36), extra) for a, b, extra in EPR]
        assert clinical(found)[draw] == pytest.approx(path(moved)[: 96 + 1]), slip


def test_slips_have_their_mean_and_trusts_slip_each_in_their_own_way() -> None:
    """floor(9 min(E, 4)), E exponential: the sum over k of P(9 E >= k), k = 1 to 36, is 8.35."""
    found = scenario(draws=1024)
    one, two = (slip_months(found, found.programme[0], code) for code in ("RGT", "RGN"))
    mean = sum(np.exp(-k / 9.0) for k in range(1, 37))
    assert mean == pytest.approx(8.35, abs=0.01)
    error = one.std(ddof=1) / np.sqrt(len(one))
    assert abs(one.mean() - mean) < 4.9 * error
    assert one.max() <= 36
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.15
    still = scenario(draws=16, slips=False)
    assert not slip_months(still, still.programme[0], "RGT").any()
    alone = scenario()
    assert slip_months(alone, alone.programme[0], "RGT").tolist() == [0.0]


def test_a_lever_moves_the_dates_and_another_scales_the_need() -> None:
    delayed = clinical(scenario(lever("programme_delay", "add", 5)))[0]
    assert delayed == pytest.approx(path([(a + 5, b + 5, extra) for a, b, extra in EPR]))
    scaled = clinical(scenario(lever("programme_scale", "multiply", 0.5), scale=3.0))[0]
    assert scaled == pytest.approx(1.5 * path(EPR))
    elsewhere = clinical(scenario(lever("programme_delay", "add", 5, trusts=["RGN"])))[0]
    assert elsewhere == pytest.approx(path(EPR))
