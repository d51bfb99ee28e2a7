"""The inside round: vacancies offered to staff of the band below (stage 4).

These are the trust's own, or, if the vacancy is pooled, those of one trust of its care system.
"""

from __future__ import annotations

from operator import attrgetter

import numpy as np

from simulator.domain.words import How
from simulator.engines.people import clock
from simulator.engines.people.world import Answer, Life, Person, Vacancy, World
from simulator.keyed import (
    STEP,
    Purpose,
    exponentials,
    field,
    mix,
    mix_array,
    number,
    promotion_score,
    unit,
)
from simulator.model.specification import CALLS


def promote(world: World) -> Life:
    """Choose for every vacancy that is offered inside, every month."""
    for month in range(1, world.months + 1):
        yield world.until(month, clock.PROMOTIONS)
        offers, world.offers = world.offers, []
        offers.sort(key=attrgetter("slot"))
        taken: set[int] = set()
        appointed: list[tuple[Vacancy, Person | None]] = []
        for vacancy in offers:
            winner = choose(world, vacancy)
            if winner is not None and winner.slot in taken:
                winner = None
            if winner is not None:
                taken.add(winner.slot)
            appointed.append((vacancy, winner))
        for vacancy, winner in appointed:
            if winner is None:
                vacancy.answer.succeed(Answer.NOBODY)
            else:
                winner.process.interrupt((vacancy.slot, How.PROMOTED))
                vacancy.answer.succeed(Answer.COLLEAGUE)


def cell_asked(world: World, vacancy: Vacancy, bits: int) -> int:
    """Cell whose staff the vacancy is offered to; -1 if it is not offered inside.

    Args:
        world: The replication.
        vacancy: A vacancy that is due for the inside round.
        bits: The vacancy's number.
    """
    tables = world.tables
    klass = tables.klass[vacancy.cell]
    share = min(1.0, tables.internal[klass][world.month] * world.internal_factor)
    if field(bits, 22, 32) >= share * 2.0**32:
        return -1
    key = tables.slot_key[vacancy.slot]
    base = number(world.rep, key, Purpose.POOLING, vacancy.turn)
    if field(base, 0, 22) < tables.pooled[klass][world.month] * 2.0**22:
        return choose_partner(world, vacancy.cell, base)
    return tables.below[vacancy.cell]


def choose_partner(world: World, cell: int, base: int) -> int:
    """Cell below in the trust of the care system with the lowest score; -1 if there is none."""
    partners = world.tables.spec.partners
    first, stop = world.tables.partners[cell : cell + 2]
    if first == stop:
        return -1
    weight = partners.weight[first:stop]
    scores = exponentials(mix_array(partners.key[first:stop] + np.uint64(base))) / weight
    return int(partners.cell[first + int(scores.argmin())])


def choose(world: World, vacancy: Vacancy) -> Person | None:
    """The eligible holder of a post of the band below with the highest score.

    Calls name posts one after another; only if no call names a candidate are all compared.
    """
    tables, month = world.tables, world.month
    key = number(world.rep, tables.slot_key[vacancy.slot], Purpose.PROMOTION, vacancy.turn)
    first, top = tables.first[vacancy.below], world.top[vacancy.below]
    if not top:
        return None
    for k in range(CALLS):
        called = world.holders[first + int(unit(mix(key + Purpose.TRY + k * STEP)) * top)]
        if called is not None and called.eligible <= month:
            return called
    best, winner = -1, None
    for person in world.holders[first : first + top]:
        if person is not None and person.eligible <= month:
            score = promotion_score(key, person.mark)
            if score > best:  # equal scores: the lower serial stays
                best, winner = score, person
    return winner
