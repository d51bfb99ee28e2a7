"""Every control of the levers changes a number, or the page says why it is not offered."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from simulator.model.deliverability import catalogue
from simulator.ui.dials import DIALS, ELSEWHERE, NOT_HERE, OF_TRUSTS, offered
from simulator.ui.plan import Choice, Place, Plan, Size, resolve
from simulator.ui.worker import Answer, answer

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TRUST, SYSTEM = Place("trust", "RGT"), Place("ics", "QOP")
SIZE = Size(4, 1)


@cache
def _answer(plan: Plan) -> Answer:
    place = (plan.place.level, plan.place.code)
    return answer(resolve(SCENARIOS, plan, SIZE), place, None)


def _with(place: Place, kind: str, amount: int, start: str = "2027-04") -> Plan:
    return Plan(place, (Choice(kind, amount, start, DIALS[kind].lasts),))


def _numbers(plan: Plan) -> np.ndarray:
    table = _answer(plan).tables["places"]
    return np.array(table.column("mean").to_numpy())


def _moved(plan: Plan) -> int:
    return int((_numbers(plan) != _numbers(plan.base)).sum())


@pytest.mark.app
@pytest.mark.parametrize("kind", OF_TRUSTS)
def test_every_lever_of_a_trust_moves_a_number(kind):
    assert _moved(_with(TRUST, kind, DIALS[kind].most)) > 0


@pytest.mark.app
@pytest.mark.nightly
@pytest.mark.parametrize("kind", NOT_HERE)
def test_every_lever_of_a_care_system_moves_a_number(kind):
    """Or its dial says why it does not."""
    moved = _moved(_with(SYSTEM, kind, DIALS[kind].most))
    assert (moved == 0) == bool(DIALS[kind].alone)


@pytest.mark.app
def test_a_lever_s_amount_and_start_move_numbers_too():
    early, late = (_with(TRUST, "faster_hiring", 40, start) for start in ("2027-04", "2032-04"))
    small = _with(TRUST, "faster_hiring", 20)
    for other in (late, small):
        assert (_numbers(early) != _numbers(other)).sum() > 0


@pytest.mark.app
def test_a_lever_that_is_not_offered_is_named_with_its_reason():
    kinds = {row["kind"] for row in catalogue()}
    assert set(DIALS) | set(ELSEWHERE) == kinds
    assert set(offered("trust")) | set(NOT_HERE) == set(DIALS)
    assert set(offered("ics")) == set(DIALS)
    assert all(len(why) > 30 for why in (NOT_HERE | ELSEWHERE).values())
