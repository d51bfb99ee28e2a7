"""The life of a member of staff (stage 2 and section 5)."""

from __future__ import annotations

from bisect import bisect_left

import simpy

from simulator.domain.words import Flow, How, PoolFlow
from simulator.engines.people import clock
from simulator.engines.people.world import Life, Person, World
from simulator.keyed import Purpose, number, unit
from simulator.model.specification import TENURE_BREAKS

END_FLOWS = {
    How.LEFT: Flow.LEFT,
    How.RETIRED: Flow.RETIRED,
    How.BREAK: Flow.BREAK,
    How.MOVED_OUT: Flow.MOVED_OUT,
    How.PROMOTED: Flow.PROMOTED_OUT,
}
"""Flow of the old post's cell, by the way a spell ends."""


def serve(world: World, person: Person) -> Life:
    """Work in one post after another until leaving the trusts.

    Colleagues who are taken for another post are interrupted with that post's number and the
    way they change; those whom a trust outside the model takes, with None.
    """
    while True:
        try:
            yield world.until(exit_month(world, person), clock.EXITS)
        except simpy.Interrupt as call:
            if call.cause is None:
                finish(world, person, How.MOVED_OUT)
                return
            slot, how = call.cause
            change_post(world, person, slot, how)
            continue
        finish(world, person, reason(world, person))
        return


def exit_month(world: World, person: Person) -> int:
    """First month after the start in which the sum of hazards reaches the spell's threshold.

    The tenure factor is constant within three pieces of time, so the sum over part of a piece
    is a difference of cumulative sums.
    """
    tables, never = world.tables, world.months + 1
    cell = tables.slot_cell[person.slot]
    factor = world.exit_factor[cell]
    if factor <= 0.0:
        return never
    total = tables.cumulative(tables.klass[cell], person.cohort)
    rest, month = person.threshold / factor, person.start
    breaks = (person.origin + TENURE_BREAKS[0], person.origin + TENURE_BREAKS[1], world.months)
    for limit, tenure in zip(breaks, tables.factor_tenure, strict=True):
        last = min(limit, world.months)
        if last <= month or tenure <= 0.0:
            month = max(month, last)
            continue
        gained = tenure * (total[last] - total[month])
        if gained >= rest:
            return min(last, bisect_left(total, total[month] + rest / tenure, month + 1, last))
        rest -= gained
        month = last
    return never


def reason(world: World, person: Person) -> How:
    """Why somebody leaves in this month."""
    tables, slot = world.tables, person.slot
    klass = tables.klass[tables.slot_cell[slot]]
    exits = tables.spec.exits
    retire = exits.retire_share.item(klass, person.cohort, world.month)
    chance = unit(number(world.rep, tables.slot_key[slot], Purpose.REASON, world.turn[slot]))
    if chance < retire:
        return How.RETIRED
    return How.BREAK if chance < retire + (1.0 - retire) * exits.break_share else How.LEFT


def finish(world: World, person: Person, how: How) -> None:
    """End the spell in this month: the post falls vacant."""
    slot, tables = person.slot, world.tables
    cell = tables.slot_cell[slot]
    world.record(person, world.month, how)
    world.flow(cell, END_FLOWS[how])
    if how is How.BREAK and tables.spec.replay is None:
        world.pool_flows[tables.pool[cell]][PoolFlow.BREAKS] += 1
    world.start_vacancy(slot)


def change_post(world: World, person: Person, slot: int, how: How) -> None:
    """Move to another trust, or be promoted, in this month."""
    month, tables = world.month, world.tables
    cell, cell_before = tables.slot_cell[slot], tables.slot_cell[person.slot]
    trust, trust_before = tables.trust[cell], tables.trust[cell_before]
    finish(world, person, How.MOVED_OUT if how is How.MOVED else how)
    if trust != trust_before:
        person.origin = month
    if how is How.MOVED:
        world.flow(cell, Flow.MOVED_IN)
        world.won[trust, trust_before] += 1
        person.eligible = max(person.eligible, month + 1)
    else:
        world.flow(cell, Flow.PROMOTED_IN)
        person.eligible = month + tables.spec.hiring.min_months
        person.band_start = month
    world.settle(person, slot, how)
