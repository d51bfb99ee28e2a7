"""The balance sheet: books of people, posts and trainees must balance as integers."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import (
    PEOPLE_IN,
    PEOPLE_OUT,
    Flow,
    PoolFlow,
    PoolStock,
    Stock,
    TrainingFlow,
    TrainingStock,
)
from simulator.results.trace import Trace

_STAGES: Final = (Stock.FROZEN, Stock.APPROVAL, Stock.ADVERT, Stock.AGREED)


class BooksError(RuntimeError):
    """The books of a run do not balance: the run is worthless and stops."""


def _demand_zero(what: str, difference: NDArray[np.int64]) -> None:
    wrong = np.argwhere(difference != 0)
    if len(wrong):
        replication, month, where = wrong[0]
        raise BooksError(
            f"books do not balance: {what}, replication {replication}, month {month}, "
            f"row {where}: {difference[tuple(wrong[0])]:+d} ({len(wrong)} places in all)"
        )


def check_books(trace: Trace) -> None:
    """Check every replication, month and cell of a trace.

    Raises:
        BooksError: naming the first replication, month and cell that does not balance.
    """
    stocks, flows = trace.stocks.astype(np.int64), trace.flows.astype(np.int64)
    change = stocks[:, 1:] - stocks[:, :-1]
    flow = flows[:, 1:]
    joined = flow[..., list(PEOPLE_IN)].sum(axis=-1)
    gone = flow[..., list(PEOPLE_OUT)].sum(axis=-1)
    _demand_zero("people", change[..., Stock.HEADCOUNT] - joined + gone)
    opened = flow[..., Flow.OPENED] - flow[..., Flow.WITHDRAWN]
    _demand_zero("posts", change[..., Stock.POSTS] - opened)
    vacant = stocks[..., Stock.POSTS] - stocks[..., Stock.HEADCOUNT]
    _demand_zero("vacant posts", vacant - stocks[..., Stock.VACANT])
    stages = stocks[..., list(_STAGES)].sum(axis=-1)
    _demand_zero("stages of vacant posts", vacant - stages)
    closed = joined + flow[..., Flow.WITHDRAWN]
    _demand_zero("vacancies", vacant[:, 1:] - vacant[:, :-1] - flow[..., Flow.VACANCIES] + closed)
    _check_training(trace)
    _check_breaks(trace)
    won = trace.won.astype(np.int64)
    moved = flows[..., Flow.MOVED_IN].sum(axis=(1, 2)) - won.sum(axis=(1, 2))
    _demand_zero("moves between trusts", moved[:, None, None])


def _check_breaks(trace: Trace) -> None:
    away = trace.pool_stocks[..., PoolStock.ON_BREAK].astype(np.int64)
    flow = trace.pool_flows.astype(np.int64)[:, 1:]
    back = flow[..., PoolFlow.RETURNED] + flow[..., PoolFlow.FORGOTTEN]
    _demand_zero("career breaks", away[:, 1:] - away[:, :-1] - flow[..., PoolFlow.BREAKS] + back)


def _check_training(trace: Trace) -> None:
    kept = trace.training_stocks.astype(np.int64)
    change = kept[:, 1:] - kept[:, :-1]
    flow = trace.training_flows.astype(np.int64)[:, 1:]
    studying = flow[..., TrainingFlow.STARTED] - flow[..., TrainingFlow.DROPPED_OUT]
    enrolled = change[..., TrainingStock.ENROLLED] - studying + flow[..., TrainingFlow.COMPLETED]
    _demand_zero("trainees", enrolled)
    leaving = flow[..., TrainingFlow.HIRED] + flow[..., TrainingFlow.GAVE_UP]
    waiting = change[..., TrainingStock.WAITING] - flow[..., TrainingFlow.SOUGHT] + leaving
    _demand_zero("waiting graduates", waiting)
