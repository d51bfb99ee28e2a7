"""Pools: what the census states as one stream of arrivals is split and adds up to the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.domain.words import CANDIDATES, PoolFlow, PoolStock
from simulator.engines import arrays
from simulator.model.census import read_census
from simulator.model.compile import compile_scenario
from simulator.model.pools import break_share, compile_pools, monthly_share, supervision
from simulator.model.specification import Pools
from simulator.scenario import load_scenario
from simulator.scenario.resolved import Scenario

ENGLAND = Path(__file__).resolve().parents[2] / "scenarios" / "england.toml"
REGIONS = ("Y56", "Y58", "Y59", "Y60", "Y61", "Y62", "Y63")
STATED = {"rationale": "a test of pools", "author": "tests"}


def held(**values: float) -> dict[str, Any]:
    why = {"reason": "a test of pools", "author": "tests"}
    return {
        name.replace("__", "."): {"value": value, "low": value, "high": value, **why}
        for name, value in values.items()
    }


def scenario(**changes: Any) -> Scenario:
    sizes = {"months": 24, "draws": 1, "replications": 1}
    return load_scenario(ENGLAND, overrides={**sizes, **changes})


def pools(found: Scenario) -> Pools:
    census = read_census(found.census)
    return compile_pools(found, census, REGIONS, dict(census.fitted))


def arrivals(found: Pools) -> np.ndarray:
    """People a month who come to look for a post, with those who return in the steady state."""
    back = found.opening[:, PoolStock.ON_BREAK] * found.return_rate[:, 0]
    return np.asarray(found.supply[:, :, 0].sum(axis=0) + back)


def lever(target: str, value: float, **more: Any) -> dict[str, Any]:
    named = {"id": target, "title": "A lever", "start": "2026-09", "operation": "multiply"}
    return {**named, "target": target, "value": value, **STATED, **more}


@pytest.mark.unit
def test_three_streams_add_up_to_the_arrivals_of_the_census() -> None:
    plain = scenario(parameters=held(market__remote_share=0.0))
    columns = ["region", "group", "band_range", "supply", "experienced"]
    rows = read_census(plain.census).candidates[columns].itertuples(index=False)
    table = {tuple(names): (supply, waiting) for *names, supply, waiting in rows}
    found = pools(plain)
    stated = np.array([table[name][0] for name in found.names])
    # People on a break are whole, which moves those who return by at most half a person's share.
    assert np.abs(arrivals(found) - stated).max() <= 0.5 * found.return_rate.max() + 1e-12
    abroad = found.supply[PoolStock.INTERNATIONAL, :, 0]
    assert abroad == pytest.approx(0.06 * stated)
    waiting = found.opening[:, list(CANDIDATES)].sum(axis=1)
    assert waiting.tolist() == [table[name][1] for name in found.names]


@pytest.mark.unit
def test_candidates_who_can_work_anywhere_are_spread_and_none_is_made() -> None:
    local, remote = (pools(scenario(parameters=held(market__remote_share=s))) for s in (0.0, 1.0))
    kinds = [name[1:] for name in local.names]
    for kind in set(kinds):
        here = np.array([one == kind for one in kinds])
        one, two = arrivals(local)[here], arrivals(remote)[here]
        assert two.sum() == pytest.approx(one.sum(), abs=0.2)
    assert np.abs(arrivals(remote) / arrivals(local) - 1.0).max() > 0.01


@pytest.mark.unit
def test_people_on_a_break_are_those_of_the_steady_state() -> None:
    """Leaving L a month and return q and forget f: B (q + (1 - q) f) = L; 35 % and 15 % a year."""
    found = pools(scenario())
    back, lost = monthly_share(0.35), monthly_share(0.15)
    assert back == pytest.approx(1 - np.exp(-0.35 / 12))
    assert found.return_rate[0, 0] == pytest.approx(back)
    assert found.forget_rate == pytest.approx(lost)
    posts = read_census(scenario().census).posts
    staff = int((posts["state"] == "filled").sum())
    leaving = staff * 0.09 * 0.05 / 12
    on_break = found.opening[:, PoolStock.ON_BREAK].sum()
    assert on_break == pytest.approx(leaving / (back + (1 - back) * lost), rel=0.01)


@pytest.mark.unit
def test_breaks_are_a_share_of_those_who_neither_move_nor_retire() -> None:
    """5 % of all who leave an employer; 20 % move and 14.2 % retire: 5 / 65.8 of the others."""
    assert break_share(scenario()) == pytest.approx(0.05 / (1 - 0.2 - 0.142))


@pytest.mark.unit
def test_levers_multiply_their_own_stream_where_they_reach() -> None:
    levers = [
        lever("supply", 1.5, regions=["Y58"]),
        lever("international", 2.0, groups=["data"], ramp_months=6),
        lever("returning", 3.0),
    ]
    before, after = pools(scenario()), pools(scenario(lever=levers))
    ratio = after.supply / np.maximum(before.supply, 1e-12)
    here = np.array([name[0] == "Y58" for name in before.names])
    data = np.array([name[1] == "data" for name in before.names])
    experienced = ratio[PoolStock.EXPERIENCED]
    assert experienced[here, 5] == pytest.approx(1.0)
    assert experienced[here, 6] == pytest.approx(1.5)
    assert experienced[~here] == pytest.approx(1.0)
    assert ratio[PoolStock.INTERNATIONAL][data][0, [6, 9, 12]] == pytest.approx([1.0, 1.5, 2.0])
    assert ratio[PoolStock.INTERNATIONAL][~data] == pytest.approx(1.0)
    assert after.return_rate[0, 6] == pytest.approx(monthly_share(3 * 0.35))


@pytest.mark.unit
def test_supply_grows_with_the_years() -> None:
    factor = pools(scenario()).supply_factor
    assert factor.shape == (1, 25)
    assert factor[0, [0, 12, 24]] == pytest.approx([1.0, 1.02, 1.02**2])


@pytest.mark.unit
def test_supervision_is_trainees_for_each_possible_supervisor() -> None:
    found = supervision(scenario(lever=[lever("supervision", 1.5, regions=["Y58"])]), REGIONS)
    assert found.shape == (21, 25)
    assert found[:, 0] == pytest.approx(2.0)
    assert found[3:6, 6:] == pytest.approx(3.0)
    assert found[:3] == pytest.approx(2.0)


@pytest.mark.functional
def test_people_on_a_break_stay_level_when_nothing_changes() -> None:
    """With a constant establishment and supply the opening's steady state lasts."""
    still = held(need__growth=0.0, need__funded_share=0.97, supply__growth=0.0)
    sizes = {"months": 60, "replications": 16, "parameters": still}
    place = {"place": {"regions": ["Y59"]}, "rest": "coupled"}
    trace = arrays.trace(compile_scenario(scenario(**sizes, **place)), count=16)
    stock = trace.pool_stocks[..., PoolStock.ON_BREAK].sum(axis=2)
    flows = trace.pool_flows.sum(axis=(0, 1, 2)) / 16
    error = stock[:, -12:].mean(axis=1).std(ddof=1) / 4
    assert abs(stock[:, -12:].mean() - stock[:, 0].mean()) < 4.9 * error + 0.02 * stock[0, 0]
    gone = flows[PoolFlow.RETURNED] + flows[PoolFlow.FORGOTTEN]
    assert gone == pytest.approx(flows[PoolFlow.BREAKS], rel=0.05)
