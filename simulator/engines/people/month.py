"""What happens once a month whoever is there: the calendar, the establishment, the stocks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import Flow, Phase, PoolFlow, Stock
from simulator.engines.people import clock
from simulator.engines.people.world import (
    ABSENT,
    ADVERT,
    APPROVAL,
    FROZEN,
    PHASES,
    Life,
    World,
    recount,
    recount_fte,
)
from simulator.keyed import Purpose, numbers, units
from simulator.results.books import BooksError
from simulator.results.trace import Trace

HELD = (FROZEN, APPROVAL, ADVERT)
"""States in which a post can be withdrawn; an agreed start is kept."""
STAGES = {
    Stock.FROZEN: Phase.FROZEN,
    Stock.APPROVAL: Phase.APPROVAL,
    Stock.ADVERT: Phase.ADVERT,
    Stock.AGREED: Phase.AGREED,
}
"""Stocks of vacant posts."""


def keep_calendar(world: World) -> Life:
    """Turn the calendar before anything happens in a month."""
    for month in range(1, world.months + 1):
        yield world.until(month, clock.TURN)
        world.month = month


def establish(world: World) -> Life:
    """Open and withdraw posts as the funded establishment of each cell changes (stage 1)."""
    cells, hiring = world.tables.spec.cells, world.tables.spec.hiring
    rep = np.array([world.rep], dtype=np.uint64)
    chance = units(numbers(rep, cells.key, Purpose.POSTS))
    index = hiring.post_index[:, world.draw, :]
    for month in range(1, world.months + 1):
        yield world.until(month, clock.POSTS)
        funded = np.floor(cells.funded * index[cells.klass, month] + chance).astype(np.int64)
        absent = np.array(world.counts[ABSENT::PHASES], dtype=np.int64)
        change = funded - (cells.slots - absent)
        for cell in np.flatnonzero(change).tolist():
            adjust(world, cell, int(change[cell]))


def adjust(world: World, cell: int, change: int) -> None:
    """Open the absent posts of lowest serial, or withdraw the vacant posts of highest serial."""
    first = world.tables.first[cell]
    end = first + world.tables.slots[cell]
    slot = first
    for _ in range(change):
        slot = world.phase.index(ABSENT, slot, end)
        world.top[cell] = max(world.top[cell], slot - first + 1)
        world.flow(cell, Flow.OPENED)
        world.start_vacancy(slot, opened=True)
    if change < 0:
        vacant = [s for s in range(first, end) if world.phase[s] in HELD]
        for slot in vacant[change:]:
            vacancy = world.vacancies[slot]
            assert vacancy is not None
            vacancy.process.interrupt()


def count(world: World, trace: Trace, row: int, tick: Callable[[int], None] | None) -> Life:
    """Write the stocks and flows of every month into the trace (stage 6)."""
    write_stocks(world, trace, row, 0)
    for month in range(1, world.months + 1):
        yield world.until(month, clock.STOCKS)
        write_stocks(world, trace, row, month)
        write_flows(world, trace, row, month)
        if tick is not None:
            tick(1)
    kept = (world.counts, world.fte_funded, world.fte_in_post)
    counted = (recount(world).tolist(), *recount_fte(world))
    if kept != counted:
        raise BooksError("the count of posts at the end does not agree with the posts")


def write_stocks(world: World, trace: Trace, row: int, month: int) -> None:
    """Write the month-end stocks of cells, pathway lines and pools."""
    tables = world.tables
    counts = np.array(world.counts, dtype=np.int32).reshape(-1, PHASES)
    stocks = trace.stocks[row, month]
    stocks[:, Stock.POSTS] = np.array(tables.slots) - counts[:, Phase.ABSENT]
    stocks[:, Stock.HEADCOUNT] = counts[:, Phase.FILLED]
    for stock, phase in STAGES.items():
        stocks[:, stock] = counts[:, phase]
        stocks[:, Stock.VACANT] += counts[:, phase]
    stocks[:, Stock.FUNDED_FTE] = world.fte_funded
    stocks[:, Stock.IN_POST_FTE] = world.fte_in_post
    stocks[:, [Stock.STEP_1_FTE, Stock.STEP_2_FTE]] = step_fte(world, month)
    pools = np.array(tables.pool, dtype=np.int64)
    heads = np.bincount(pools, weights=counts[:, Phase.FILLED], minlength=len(world.pool_heads))
    world.pool_heads = heads.astype(np.int64).tolist()
    training = trace.training_stocks[row, month]
    training[:] = np.array(world.training_stocks, dtype=np.int32).reshape(training.shape)
    trace.pool_stocks[row, month] = world.pool_stocks


def step_fte(world: World, month: int) -> NDArray[np.int64]:
    """FTE (hundredths) in post at the second and the third pay point of the band, (C, 2)."""
    spec = world.tables.spec
    served = month - world.band_start
    cell = spec.slots.cell
    points = spec.hiring.step_months[spec.cells.band[cell]]
    third = (served >= points[:, 0]) & (served >= points[:, 1])
    second = (served >= points[:, 0]) & ~third
    columns = [
        np.bincount(cell, weights=spec.slots.fte * here, minlength=len(spec.cells.first))
        for here in (second, third)
    ]
    return np.stack(columns, axis=1).astype(np.int64)


def write_flows(world: World, trace: Trace, row: int, month: int) -> None:
    """Write the flows of the month and begin the next month's count."""
    flows, training = trace.flows[row, month], trace.training_flows[row, month]
    flows[:] = np.array(world.flows, dtype=np.int32).reshape(flows.shape)
    training[:] = np.array(world.training_flows, dtype=np.int32).reshape(training.shape)
    trace.pool_flows[row, month] = world.pool_flows
    world.pool_flows = [[0] * len(PoolFlow) for _ in world.pool_flows]
    world.flows = [0] * len(world.flows)
    world.training_flows = [0] * len(world.training_flows)
