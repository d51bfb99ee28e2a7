"""The three tiny scenarios, worked by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from simulator.domain.words import Flow, Stock
from simulator.engines import arrays, people
from simulator.model.compile import compile_scenario
from simulator.results.trace import Trace
from simulator.scenario import load_scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


def traced(name: str, count: int) -> Trace:
    return arrays.trace(compile_scenario(load_scenario(SCENARIOS / f"{name}.toml")), count=count)


@pytest.mark.functional
def test_survivors_are_binomial() -> None:
    """40 people, hazard 0.12 a year, nobody hired: 40 e^(-0.12 x 2) = 31.465 after two years."""
    heads = traced("tiny-survivors", 1024).stocks[:, 24, 0, Stock.HEADCOUNT]
    stay = math.exp(-0.12 * 2)
    mean, variance = 40 * stay, 40 * stay * (1 - stay)
    assert mean == pytest.approx(31.465, abs=0.001)
    assert abs(heads.mean() - mean) < 4.9 * math.sqrt(variance / 1024)
    assert heads.var(ddof=1) == pytest.approx(variance, rel=0.2)


@pytest.mark.functional
def test_vacant_posts_follow_from_the_time_they_take() -> None:
    """Every vacancy lasts the same whole months; a holder stays 1 / q months on average."""
    trace = traced("tiny-vacancy", 1024)
    spec = compile_scenario(load_scenario(SCENARIOS / "tiny-vacancy.toml"))
    stages = (
        spec.hiring.approval_quantiles,
        spec.hiring.round_quantiles,
        spec.hiring.notice_quantiles,
    )
    lasts = sum(max(1, math.floor(float(one[0]) + 0.5)) for one in stages)
    q = 1 - math.exp(-float(spec.exits.hazard[0, 60, 60]))
    posts = int(spec.cells.posts.sum())
    expected = posts * lasts / (lasts + 1 / q)
    found = trace.stocks[:, 60:121, 0, Stock.VACANT].mean(axis=1)
    error = found.std(ddof=1) / math.sqrt(len(found))
    assert expected == pytest.approx(3.186, abs=0.001)
    assert abs(found.mean() - expected) < 4.9 * error


@pytest.mark.functional
def test_the_ladder_adds_up_rung_by_rung() -> None:
    """What leaves a rung upwards arrives on the next one, and every move in is a move out."""
    spec = compile_scenario(load_scenario(SCENARIOS / "tiny-ladder.toml"))
    trace = arrays.trace(spec, count=20)
    flows = trace.flows.sum(axis=1)
    for cell, below in enumerate(spec.cells.below.tolist()):
        if below >= 0:
            up = flows[:, cell, Flow.PROMOTED_IN]
            assert np.array_equal(up, flows[:, below, Flow.PROMOTED_OUT])
    moved = flows.sum(axis=1)
    assert np.array_equal(moved[:, Flow.MOVED_IN], moved[:, Flow.MOVED_OUT])
    assert moved[:, Flow.PROMOTED_IN].sum() > 0
    assert moved[:, Flow.MOVED_IN].sum() > 0
    one = people.simulate(spec, count=1)
    assert np.array_equal(one.flows, trace.flows[:1])
