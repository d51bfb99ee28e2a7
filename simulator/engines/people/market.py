"""The market for experienced people and graduates, pool by pool (stage 5)."""

from __future__ import annotations

from math import floor

from simulator.domain.words import Channel
from simulator.engines.people import clock
from simulator.engines.people.world import Answer, Life, Vacancy, World
from simulator.keyed import Purpose, field, number, unit


def trade(world: World) -> Life:
    """Let the candidates of each pool arrive, and answer the adverts that close, every month."""
    pools = world.tables.spec.pools
    keys: list[int] = pools.key.tolist()
    factors: list[float] = pools.supply_factor[world.draw].tolist()
    for month in range(1, world.months + 1):
        yield world.until(month, clock.MARKET)
        for pool, key in enumerate(keys):
            chance = unit(number(world.rep, key, Purpose.SUPPLY, month))
            kept = world.experienced[pool] * (1.0 - pools.supply_loss)
            arriving = world.tables.supply[pool][month] * factors[month]
            world.experienced[pool] = floor(kept + arriving + chance)
            if world.closing[pool]:
                clear(world, pool)
            if world.moving[pool]:
                clear_moves(world, pool, key)


def clear(world: World, pool: int) -> None:
    """Answer the adverts of a pool that are open to people who do not work in the trusts."""
    adverts, world.closing[pool] = world.closing[pool], []
    passed = [v for v in adverts if passes(world, v, pool, len(adverts))]
    passed.sort(key=lambda v: (field(v.z, 34, 30), v.slot))
    unserved = give_graduates(world, pool, passed)
    hired = min(len(unserved), world.experienced[pool])
    world.experienced[pool] -= hired
    for vacancy in unserved[:hired]:
        vacancy.channel = Channel.EXPERIENCED
    for vacancy in adverts:
        found = vacancy.channel is not Channel.NONE
        vacancy.answer.succeed(Answer.SOMEBODY if found else Answer.NOBODY)


def clear_moves(world: World, pool: int, key: int) -> None:
    """Answer the move adverts of a pool: as many as colleagues are willing to move."""
    adverts, world.moving[pool] = world.moving[pool], []
    rate = world.tables.spec.hiring.mover_rate
    chance = unit(number(world.rep, key, Purpose.MOVERS, world.month))
    willing = floor(rate * world.pool_heads[pool] + chance)
    passed = [v for v in adverts if attracts(world, v, willing, len(adverts))]
    passed.sort(key=lambda v: (field(v.z, 34, 30), v.slot))
    for vacancy in passed[:willing]:
        vacancy.channel = Channel.MOVE
    for vacancy in adverts:
        found = vacancy.channel is Channel.MOVE
        vacancy.answer.succeed(Answer.SOMEBODY if found else Answer.NOBODY)


def passes(world: World, vacancy: Vacancy, pool: int, adverts: int) -> bool:
    """Does an advert attract anybody, given the candidates and the competing adverts?"""
    people = world.experienced[pool] + len(world.waiting[pool])
    return attracts(world, vacancy, people, adverts)


def attracts(world: World, vacancy: Vacancy, people: int, adverts: int) -> bool:
    """Does an advert pass, the chance falling with adverts per candidate?"""
    tables = world.tables
    if not people:
        return False
    crowd = people + tables.spec.hiring.congestion * adverts
    success = tables.success[tables.klass[vacancy.cell]][world.month]
    return field(vacancy.z, 34, 30) < success * (people / crowd) * 2.0**30


def give_graduates(world: World, pool: int, ranked: list[Vacancy]) -> list[Vacancy]:
    """Give waiting graduates to adverts in rank order; returns the adverts without one."""
    waiting, unserved, given = world.waiting[pool], [], 0
    for vacancy in ranked:
        if given < len(waiting) and open_to_graduates(world, vacancy):
            _, vacancy.row, process = waiting[given]
            vacancy.channel = Channel.GRADUATE
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


def replayed(world: World, vacancy: Vacancy, index: int) -> bool:
    """Does the advert find somebody, with the availability of the stored England baseline?"""
    tables, month = world.tables, world.month
    replay, pool = tables.spec.replay, tables.pool[vacancy.cell]
    assert replay is not None
    success = tables.success[tables.klass[vacancy.cell]][month]
    if field(vacancy.z, 34, 30) >= success * replay.ratio.item(pool, month) * 2.0**30:
        return False
    bits = number(world.rep, tables.slot_key[vacancy.slot], Purpose.AVAILABLE, index)
    graduate = field(bits, 0, 20) < replay.graduate.item(pool, month) * 2.0**20
    if graduate and open_to_graduates(world, vacancy):
        vacancy.channel = Channel.GRADUATE
        return True
    if field(bits, 20, 20) < replay.experienced.item(pool, month) * 2.0**20:
        vacancy.channel = Channel.EXPERIENCED
        return True
    return False
