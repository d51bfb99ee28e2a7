"""The life of a vacancy: approval, the inside round, rounds of adverts, an agreed start."""

from __future__ import annotations

import simpy

from simulator.domain.words import Channel, Flow, How
from simulator.engines.people import clock
from simulator.engines.people.market import closes_as_move, replayed
from simulator.engines.people.world import (
    ABSENT,
    ADVERT,
    AGREED,
    APPROVAL,
    Answer,
    Life,
    Person,
    Vacancy,
    World,
)
from simulator.keyed import Purpose, field, number

JOINED_FLOWS = {
    How.JOINED_EXPERIENCED: Flow.JOINED_EXPERIENCED,
    How.JOINED_GRADUATE: Flow.JOINED_GRADUATE,
    How.JOINED_OUTSIDE: Flow.JOINED_OUTSIDE,
}
ROUNDS = 65536
"""Rounds of a turn in a key index."""


def fill(world: World, vacancy: Vacancy) -> Life:
    """Find somebody for a post; an interruption means that the post is withdrawn."""
    try:
        if world.phase[vacancy.slot] == APPROVAL:
            bits = number(world.rep, key_of(world, vacancy), Purpose.VACANCY, vacancy.turn)
            if not vacancy.due:  # else the opening census gives it
                share = world.tables.approval[field(bits, 54, 10)]
                vacancy.due = world.month + months(delay(world, vacancy), share)
            yield world.until(vacancy.due, clock.APPROVED)
            inside = offered_inside(world, vacancy, bits)
            if inside and (yield ask(world, vacancy, world.offers)) is Answer.COLLEAGUE:
                return
            advertise(world, vacancy)
        yield from recruit(world, vacancy)
    except simpy.Interrupt:
        world.vacancies[vacancy.slot] = None
        world.set_phase(vacancy.slot, ABSENT)
        world.flow(vacancy.cell, Flow.WITHDRAWN)


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
                join(world, vacancy, How.JOINED_OUTSIDE)
            return
        yield world.until(vacancy.due, clock.STARTS)
        graduate = vacancy.channel is Channel.GRADUATE
        join(world, vacancy, How.JOINED_GRADUATE if graduate else How.JOINED_EXPERIENCED)
        return


def close(world: World, vacancy: Vacancy) -> bool | None:
    """Close an advert: did it find somebody? None if the market of its pool decides.

    Adverts compete with those of the same pool and kind: moves, and all others.
    """
    replay = world.tables.spec.replay
    if replay is not None and closes_as_move(world, vacancy):
        success = world.tables.success[world.tables.klass[vacancy.cell]][world.month]
        share = replay.move.item(world.tables.pool[vacancy.cell], world.month)
        vacancy.channel = Channel.MOVE
        return field(vacancy.z, 34, 30) < success * share * 2.0**30
    if replay is not None:
        return replayed(world, vacancy, vacancy.turn + ROUNDS * vacancy.round)
    return None


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


def offered_inside(world: World, vacancy: Vacancy, bits: int) -> bool:
    """Is the vacancy offered to the trust's own staff of the band below?"""
    tables, cell = world.tables, vacancy.cell
    if tables.below[cell] < 0:
        return False
    return field(bits, 22, 32) < tables.internal[tables.klass[cell]][world.month] * 2.0**32


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


def join(world: World, vacancy: Vacancy, how: How) -> None:
    """Somebody who is new to the trusts takes up the post in this month."""
    spec, month = world.tables.spec, world.month
    bits = number(world.rep, key_of(world, vacancy), Purpose.OFFER, vacancy.turn)
    name = (0, vacancy.slot, vacancy.turn)
    wait = spec.hiring.min_months
    if vacancy.row >= 0:
        name = (1, vacancy.row, 0)
        cohort = int(spec.training.row_cohort_age[vacancy.row])
    else:
        age = world.tables.ages[field(bits, 44, 10)]
        if how is How.JOINED_GRADUATE and spec.replay is not None:
            age = int(spec.replay.age[world.tables.pool[vacancy.cell]])
        cohort = age + spec.cohort_offset - (month - 1) // 12
    if how is How.JOINED_OUTSIDE:
        wait = max(1, wait - int(field(bits, 20, 20) / 2.0**20 * 60))
    person = Person(name, cohort, month, month + wait)
    world.flow(vacancy.cell, JOINED_FLOWS[how])
    world.settle(person, vacancy.slot, how)
    world.add_person(person)
