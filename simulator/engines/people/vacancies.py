"""The life of a vacancy: approval, the inside round, rounds of adverts, an agreed start."""

from __future__ import annotations

import simpy

from simulator.domain.words import JOINED_BY, Channel, Flow, How
from simulator.engines.people import clock
from simulator.engines.people.inside import cell_asked
from simulator.engines.people.market import closes_as_move, replayed
from simulator.engines.people.world import (
    ABSENT,
    ADVERT,
    AGREED,
    APPROVAL,
    FROZEN,
    Answer,
    Life,
    Person,
    Vacancy,
    World,
)
from simulator.keyed import Purpose, field, number

JOINED_AS = {
    Channel.EXPERIENCED: How.JOINED_EXPERIENCED,
    Channel.GRADUATE: How.JOINED_GRADUATE,
    Channel.CONVERTED: How.JOINED_CONVERTED,
    Channel.RETURNING: How.JOINED_RETURNING,
    Channel.INTERNATIONAL: How.JOINED_INTERNATIONAL,
    Channel.MOVE: How.JOINED_OUTSIDE,
}
"""How somebody new joins: a move brings one only from a trust outside the model."""
ROUNDS = 65536
"""Rounds of a turn in a key index."""


def fill(world: World, vacancy: Vacancy) -> Life:
    """Find somebody for a post; an interruption means that the post is withdrawn."""
    try:
        if world.phase[vacancy.slot] in (APPROVAL, FROZEN):
            bits = number(world.rep, key_of(world, vacancy), Purpose.VACANCY, vacancy.turn)
            if not vacancy.due:  # else the opening census gives it
                seek_approval(world, vacancy, bits)
            yield world.until(vacancy.due, clock.APPROVED)
            vacancy.below = cell_asked(world, vacancy, bits)
            inside = vacancy.below >= 0
            if inside and (yield ask(world, vacancy, world.offers)) is Answer.COLLEAGUE:
                return
            advertise(world, vacancy)
        yield from recruit(world, vacancy)
    except simpy.Interrupt:
        world.vacancies[vacancy.slot] = None
        world.set_phase(vacancy.slot, ABSENT)
        world.flow(vacancy.cell, Flow.WITHDRAWN)


def seek_approval(world: World, vacancy: Vacancy, bits: int) -> None:
    """Begin approval in this month, or when the freeze that holds the post back ends."""
    tables, klass, begins = world.tables, world.tables.klass[vacancy.cell], world.month
    if field(bits, 0, 22) < tables.frozen[klass][world.month] * 2.0**22:
        world.set_phase(vacancy.slot, FROZEN)
        begins = tables.thaw[klass][world.month]
    wait = months(delay(world, vacancy), tables.approval[field(bits, 54, 10)])
    vacancy.due = begins + (1 if vacancy.opened else wait)


def recruit(world: World, vacancy: Vacancy) -> Life:
    """Advertise round after round until somebody starts."""
    while True:
        if world.phase[vacancy.slot] == ADVERT:
            yield world.until(vacancy.due, clock.CLOSING)
            found = close(world, vacancy)
            if found is None:
                queues = world.moving if closes_as_move(world, vacancy) else world.closing
                adverts = queues[world.tables.pool[vacancy.cell]]
                found = (yield ask(world, vacancy, adverts)) is Answer.SOMEBODY
            if not found:
                world.flow(vacancy.cell, Flow.ROUNDS_FAILED)
                advertise(world, vacancy)
                continue
            agree(world, vacancy)
        if vacancy.channel is Channel.MOVE:
            yield world.until(vacancy.due, clock.PULLS)
            answer = yield ask(world, vacancy, world.pulling)
            if answer is Answer.NOBODY:
                advertise(world, vacancy)
                continue
            if answer is Answer.SOMEBODY:
                join(world, vacancy)
            return
        yield world.until(vacancy.due, clock.STARTS)
        join(world, vacancy)
        return


def close(world: World, vacancy: Vacancy) -> bool | None:
    """Close an advert: did it find somebody? None if the market of its pool decides.

    Adverts compete with those of the same pool and kind: moves, and all others.
    """
    if world.tables.spec.replay is None:
        return None
    vacancy.channel = replayed(world, vacancy, vacancy.turn + ROUNDS * vacancy.round)
    return vacancy.channel is not Channel.NONE


def ask(world: World, vacancy: Vacancy, queue: list[Vacancy]) -> simpy.Event:
    """Queue for a coordinator; the event brings the answer."""
    vacancy.answer = simpy.Event(world.env)
    queue.append(vacancy)
    return vacancy.answer


def key_of(world: World, vacancy: Vacancy) -> int:
    """Key of the vacancy's post."""
    return world.tables.slot_key[vacancy.slot]


def months(factor: float, quantile: float) -> int:
    """A duration in whole months, at least one."""
    return max(1, int(factor * quantile + 0.5))


def delay(world: World, vacancy: Vacancy) -> float:
    """Factor on the duration of approval and of a round that begins in this month."""
    tables, cell = world.tables, vacancy.cell
    return world.hire_factor[tables.trust[cell]] * tables.hire_path[tables.klass[cell]][world.month]


def number_round(world: World, vacancy: Vacancy) -> None:
    """Look up the keyed number of the vacancy's round."""
    index = vacancy.turn + ROUNDS * vacancy.round
    vacancy.z = number(world.rep, key_of(world, vacancy), Purpose.ROUND, index)


def advertise(world: World, vacancy: Vacancy) -> None:
    """Advertise the next round outside."""
    vacancy.round += 1
    vacancy.channel = Channel.NONE
    number_round(world, vacancy)
    lengths = world.tables.rounds if vacancy.round == 1 else world.tables.again
    quantile = lengths[field(vacancy.z, 4, 10)]
    vacancy.due = world.month + months(delay(world, vacancy), quantile)
    world.set_phase(vacancy.slot, ADVERT)


def agree(world: World, vacancy: Vacancy) -> None:
    """Agree a start."""
    bits = number(world.rep, key_of(world, vacancy), Purpose.OFFER, vacancy.turn)
    vacancy.due = world.month + months(1.0, world.tables.notice[field(bits, 54, 10)])
    world.set_phase(vacancy.slot, AGREED)


def join(world: World, vacancy: Vacancy) -> None:
    """Somebody who is new to the trusts takes up the post in this month."""
    month, channel = world.month, vacancy.channel
    bits = number(world.rep, key_of(world, vacancy), Purpose.OFFER, vacancy.turn)
    name = (1, vacancy.row, 0) if vacancy.row >= 0 else (0, vacancy.slot, vacancy.turn)
    served, wait = 0, world.tables.spec.hiring.min_months
    if channel is Channel.MOVE:  # somebody who has been in the band elsewhere
        served = int(field(bits, 20, 20) / 2.0**20 * 60)
        wait = max(1, wait - served)
    cohort = cohort_of(world, vacancy, bits)
    person = Person(name, cohort, month, month + wait, month - served)
    world.flow(vacancy.cell, JOINED_BY.get(channel, Flow.JOINED_OUTSIDE))
    world.settle(person, vacancy.slot, JOINED_AS[channel])
    world.add_person(person)


def cohort_of(world: World, vacancy: Vacancy, bits: int) -> int:
    """Year of birth of the person who joins in this month."""
    spec = world.tables.spec
    if vacancy.row >= 0:
        return int(spec.training.row_cohort_age[vacancy.row])
    age = world.tables.ages[field(bits, 44, 10)]
    if spec.replay is not None and vacancy.channel in (Channel.GRADUATE, Channel.CONVERTED):
        age = int(spec.replay.age[world.tables.pool[vacancy.cell]])
    return age + spec.cohort_offset - (world.month - 1) // 12
