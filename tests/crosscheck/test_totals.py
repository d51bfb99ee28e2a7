"""What a run of many replications adds up agrees with the trace, month by month."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.domain.words import Flow, PoolFlow, Stock, TrainingFlow
from simulator.engines.arrays import make_layout, sum_block, trace
from simulator.results.totals import YEAR, BlockTotals
from simulator.results.trace import Trace
from tests.support.generated import World, build

pytestmark = pytest.mark.crosscheck

COUNT = 5
WORLDS = {
    "coupled": World(seed=21, trusts=3, posts=8, months=41, growth=0.1, move_share=0.5, step=12),
    "shrinking": World(seed=22, dip=0.6, leaving=0.5, months=36, vacant=0.3, converts=(True, True)),
    "replayed": World(seed=23, trusts=3, months=36, replay=True, move_share=0.5),
    "less than a year": World(seed=24, months=7),
}
every_world = pytest.mark.parametrize("name", WORLDS)


@cache
def both(name: str) -> tuple[BlockTotals, Trace]:
    """Totals and trace of the same replications; pools are recorded unless they are replayed."""
    spec = build(WORLDS[name])
    totals = sum_block(make_layout(spec), 0, COUNT, pools=spec.replay is None)
    return totals, trace(spec, count=COUNT)


def by_year(values: NDArray[np.int32]) -> NDArray[np.int64]:
    """Months 1 on, (N, T + 1, C, ...), added up by whole year, (Y, C, ..., N)."""
    years = (values.shape[1] - 1) // YEAR
    whole = values[:, 1 : years * YEAR + 1].astype(np.int64)
    parts = whole.reshape(len(values), years, YEAR, *values.shape[2:])
    return np.moveaxis(parts.sum(axis=2), 0, -1)


@every_world
def test_months_of_pay_by_step_and_of_vacancies(name: str) -> None:
    totals, full = both(name)
    year = by_year(full.stocks)
    in_post, later = year[:, :, Stock.IN_POST_FTE], (Stock.STEP_1_FTE, Stock.STEP_2_FTE)
    steps = [in_post - sum(year[:, :, step] for step in later), *(year[:, :, s] for s in later)]
    assert np.array_equal(totals.step_fte, np.stack(steps, axis=1))
    assert np.array_equal(totals.vacant_fte, year[:, :, Stock.FUNDED_FTE] - in_post)
    assert name == "less than a year" or all(step.sum() > 0 for step in steps)


@every_world
def test_flows_and_moves_between_trusts(name: str) -> None:
    totals, full = both(name)
    flows = by_year(full.flows).sum(axis=1)
    assert np.array_equal(totals.flows.sum(axis=2), flows)
    assert np.array_equal(totals.training, by_year(full.training_flows).transpose(0, 2, 1, 3))
    sums, squares = totals.won
    assert np.array_equal(sums.sum(axis=(1, 2)), flows[:, Flow.MOVED_IN].sum(axis=-1))
    assert (squares >= sums).all()
    months = full.flows.shape[1] - 1
    if months % YEAR == 0:
        assert np.array_equal(sums.sum(axis=0), full.won.sum(axis=0))
        assert sums.sum() > 0


def test_squares_of_the_moves_of_a_year() -> None:
    spec = build(World(seed=25, months=12, trusts=3, move_share=0.6, mover_rate=1.0))
    won = trace(spec, count=COUNT).won.astype(np.int64)
    totals = sum_block(make_layout(spec), 0, COUNT)
    assert np.array_equal(totals.won[:, 0], np.stack([won.sum(axis=0), (won**2).sum(axis=0)]))
    assert won.max() > 1


@pytest.mark.parametrize("name", ["coupled", "shrinking"])
def test_the_record_of_a_baseline(name: str) -> None:
    totals, full = both(name)
    record, hired = totals.pools, full.pool_flows.sum(axis=0)
    assert record is not None
    for of, kind in (
        (record.returning, PoolFlow.HIRED_RETURNING),
        (record.international, PoolFlow.HIRED_INTERNATIONAL),
    ):
        assert np.array_equal(of, hired[..., kind])
        assert of.sum() > 0
    assert np.array_equal(record.experienced, hired[..., PoolFlow.HIRED_EXPERIENCED :].sum(-1))
    trained = full.training_flows[..., TrainingFlow.HIRED].sum(axis=(0, 2))
    assert np.array_equal(record.graduates.sum(axis=1), trained)
    assert (record.converted <= record.graduates).all()
    assert record.converted.sum() > 0
    assert (record.ratio <= record.adverts).all()
