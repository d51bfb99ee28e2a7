"""The market for candidates, graduates and colleagues who would move, pool by pool (stage 5)."""

from __future__ import annotations

from collections.abc import Callable
from math import floor
from typing import Final

from simulator.domain.words import CANDIDATES, Channel, PoolFlow, PoolStock
from simulator.engines.people import clock
from simulator.engines.people.tables import NEUTRAL
from simulator.engines.people.world import Answer, Life, Vacancy, World
from simulator.keyed import Purpose, field, number, unit

SECOND: Final = 65536
"""Step of a key index between numbers of one pool, purpose and month."""
HIRED: Final = (
    (Channel.RETURNING, PoolStock.RETURNING, PoolFlow.HIRED_RETURNING),
    (Channel.INTERNATIONAL, PoolStock.INTERNATIONAL, PoolFlow.HIRED_INTERNATIONAL),
    (Channel.EXPERIENCED, PoolStock.EXPERIENCED, PoolFlow.HIRED_EXPERIENCED),
)
"""Candidates in the order in which ranked adverts take them."""


def trade(world: World) -> Life:
    """Let the candidates of each pool arrive, and answer the adverts that close, every month."""
    keys: list[int] = world.tables.spec.pools.key.tolist()
    for month in range(1, world.months + 1):
        yield world.until(month, clock.MARKET)
        for pool, key in enumerate(keys):
            returned = end_breaks(world, pool, key)
            gather(world, pool, key)
            world.pool_stocks[pool][PoolStock.RETURNING] += returned
            if world.closing[pool]:
                clear(world, pool)
            if world.moving[pool]:
                clear_moves(world, pool, key)


def end_breaks(world: World, pool: int, key: int) -> int:
    """Let people return from a career break, and others give up for good; those who return."""
    pools, month = world.tables.spec.pools, world.month
    flows, away = world.pool_flows[pool], world.pool_stocks[pool][PoolStock.ON_BREAK]
    chance = unit(number(world.rep, key, Purpose.BREAKS, month))
    returned = floor(pools.return_rate.item(pool, month) * away + chance)
    chance = unit(number(world.rep, key, Purpose.BREAKS, month + SECOND))
    forgotten = floor(pools.forget_rate * (away - returned) + chance)
    flows[PoolFlow.RETURNED], flows[PoolFlow.FORGOTTEN] = returned, forgotten
    # Those whose break began this month are not asked before the next.
    change = flows[PoolFlow.BREAKS] - returned - forgotten
    world.pool_stocks[pool][PoolStock.ON_BREAK] = away + change
    return returned


def gather(world: World, pool: int, key: int) -> None:
    """Let some candidates of each kind stop looking, and others arrive."""
    pools, month, stocks = world.tables.spec.pools, world.month, world.pool_stocks[pool]
    factor = pools.supply_factor.item(world.draw, month)
    for kind in CANDIDATES:
        chance = unit(number(world.rep, key, Purpose.SUPPLY, month + SECOND * kind))
        kept = stocks[kind] * (1.0 - pools.supply_loss)
        stocks[kind] = floor(kept + pools.supply.item(kind, pool, month) * factor + chance)


def clear(world: World, pool: int) -> None:
    """Answer the adverts of a pool that are open to people who do not work in the trusts."""
    adverts, world.closing[pool] = world.closing[pool], []
    stocks, flows = world.pool_stocks[pool], world.pool_flows[pool]
    people = sum(stocks[kind] for kind in CANDIDATES) + len(world.waiting[pool])
    unserved = give_graduates(world, pool, rank(world, adverts, people))
    for channel, kind, flow in HIRED:
        served, unserved = unserved[: stocks[kind]], unserved[stocks[kind] :]
        stocks[kind] -= len(served)
        flows[flow] += len(served)
        for vacancy in served:
            vacancy.channel = channel
    answer(adverts)


def clear_moves(world: World, pool: int, key: int) -> None:
    """Answer the move adverts of a pool: as many as colleagues are willing to move."""
    adverts, world.moving[pool] = world.moving[pool], []
    rate = world.tables.spec.hiring.mover_rate.item(world.draw)
    chance = unit(number(world.rep, key, Purpose.MOVERS, world.month))
    willing = floor(rate * world.pool_heads[pool] + chance)
    for vacancy in rank(world, adverts, willing)[:willing]:
        vacancy.channel = Channel.MOVE
    answer(adverts)


def rank(world: World, adverts: list[Vacancy], people: int) -> list[Vacancy]:
    """The adverts that attract anybody, best first.

    The chance falls with adverts per person, and rises with the attraction of the trust against
    that of the trusts whose adverts compete.
    """
    attraction = {v.slot: attraction_of(world, v) for v in adverts}
    crowd = world.tables.spec.hiring.congestion.item(world.draw) * sum(attraction.values())

    def share(vacancy: Vacancy) -> float:
        drawn = attraction[vacancy.slot] * people
        return drawn / (drawn + crowd) if drawn else 0.0

    passed = [v for v in adverts if passes(world, v, share)]
    passed.sort(key=lambda v: (field(v.z, 34, 30), v.slot))
    return passed


def passes(world: World, vacancy: Vacancy, share: Callable[[Vacancy], float]) -> bool:
    """Does an advert succeed, given the share of its chance that competition leaves?"""
    tables = world.tables
    success = tables.success[tables.klass[vacancy.cell]][world.month] * world.success_factor
    return field(vacancy.z, 34, 30) < success * share(vacancy) * 2.0**30


def attraction_of(world: World, vacancy: Vacancy) -> int:
    """How strongly the vacancy's trust draws candidates in this month."""
    return world.tables.attraction.item(vacancy.cell, world.month)


def answer(adverts: list[Vacancy]) -> None:
    """Tell adverts that close whether they found somebody."""
    for vacancy in adverts:
        found = vacancy.channel is not Channel.NONE
        vacancy.answer.succeed(Answer.SOMEBODY if found else Answer.NOBODY)


def give_graduates(world: World, pool: int, ranked: list[Vacancy]) -> list[Vacancy]:
    """Give waiting graduates to adverts in rank order; returns the adverts without one."""
    training = world.tables.spec.training
    waiting, unserved, given = world.waiting[pool], [], 0
    for vacancy in ranked:
        if given < len(waiting) and open_to_graduates(world, vacancy):
            _, vacancy.row, process = waiting[given]
            line = training.cohort_line[training.row_cohort[vacancy.row]]
            converts = training.converts[training.pathway[line]]
            vacancy.channel = Channel.CONVERTED if converts else Channel.GRADUATE
            process.interrupt()
            given += 1
        else:
            unserved.append(vacancy)
    del waiting[:given]
    return unserved


def closes_as_move(world: World, vacancy: Vacancy) -> bool:
    """Is the closing advert one for colleagues from other trusts?"""
    return field(vacancy.z, 14, 20) < world.tables.spec.hiring.move_share * 2.0**20


def open_to_graduates(world: World, vacancy: Vacancy) -> bool:
    """May a newly qualified person fill the post?"""
    spec = world.tables.spec
    share = float(spec.pools.newly_qualified[world.tables.pool[vacancy.cell]])
    return field(vacancy.z, 14, 20) < (spec.hiring.move_share + share) * 2.0**20


def replayed(world: World, vacancy: Vacancy, index: int) -> Channel:
    """Whom an advert finds, with the availability of the stored England baseline."""
    tables, month = world.tables, world.month
    replay, pool = tables.spec.replay, tables.pool[vacancy.cell]
    assert replay is not None
    moves = closes_as_move(world, vacancy)
    level = (replay.move if moves else replay.ratio).item(pool, month)
    response = (replay.move_response if moves else replay.response).item(pool, month)

    def share(vacancy: Vacancy) -> float:
        drawn = (1.0 + response * (attraction_of(world, vacancy) / NEUTRAL - 1.0)) * level
        return drawn / (drawn + (1.0 - level))

    if not passes(world, vacancy, share):
        return Channel.NONE
    if moves:
        return Channel.MOVE
    bits = number(world.rep, tables.slot_key[vacancy.slot], Purpose.AVAILABLE, index)
    kind = field(bits, 40, 20)
    graduate = field(bits, 0, 20) < replay.graduate.item(pool, month) * 2.0**20
    if graduate and open_to_graduates(world, vacancy):
        converted = kind < replay.converted.item(pool, month) * 2.0**20
        return Channel.CONVERTED if converted else Channel.GRADUATE
    if field(bits, 20, 20) >= replay.experienced.item(pool, month) * 2.0**20:
        return Channel.NONE
    returning, abroad = replay.returning.item(pool, month), replay.international.item(pool, month)
    if kind < returning * 2.0**20:
        return Channel.RETURNING
    return Channel.INTERNATIONAL if kind < (returning + abroad) * 2.0**20 else Channel.EXPERIENCED
