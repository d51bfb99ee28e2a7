"""The inside round: vacancies offered to the trust's own staff of the band below (stage 4)."""

from __future__ import annotations

from operator import attrgetter

from simulator.domain.words import How
from simulator.engines.people import clock
from simulator.engines.people.world import Answer, Life, Person, Vacancy, World
from simulator.keyed import STEP, Purpose, mix, number, promotion_score, unit
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


def choose(world: World, vacancy: Vacancy) -> Person | None:
    """The eligible holder of a post of the band below with the highest score.

    Calls name posts one after another; only if no call names a candidate are all compared.
    """
    tables, month = world.tables, world.month
    key = number(world.rep, tables.slot_key[vacancy.slot], Purpose.PROMOTION, vacancy.turn)
    below = tables.below[vacancy.cell]
    first, top = tables.first[below], world.top[below]
    for k in range(CALLS):
        called = world.holders[first + int(unit(mix(key + Purpose.TRY + k * STEP)) * top)]
        if called is not None and called.eligible <= month and top:
            return called
    best, winner = -1, None
    for person in world.holders[first : first + top]:
        if person is not None and person.eligible <= month:
            score = promotion_score(key, person.mark)
            if score > best:  # equal scores: the lower serial stays
                best, winner = score, person
    return winner
