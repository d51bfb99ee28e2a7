"""Run replications of a specification and hand back their trace."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count as counter

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import (
    Channel,
    Flow,
    How,
    PoolFlow,
    PoolStock,
    Stock,
    TrainingFlow,
    TrainingStock,
)
from simulator.engines.people.careers import serve
from simulator.engines.people.inside import promote
from simulator.engines.people.market import trade
from simulator.engines.people.month import count, establish, keep_calendar
from simulator.engines.people.moves import match
from simulator.engines.people.tables import Tables
from simulator.engines.people.training import Rows, open_training
from simulator.engines.people.vacancies import fill, number_round
from simulator.engines.people.world import ADVERT, AGREED, FILLED, Person, Vacancy, World
from simulator.keyed import Purpose, exponentials, numbers
from simulator.model.specification import Specification
from simulator.results.books import check_books
from simulator.results.trace import SPELL_FIELDS, TRAINEE_FIELDS, Trace


def simulate(
    specification: Specification,
    *,
    first: int = 0,
    count: int = 1,
    spells_of: int | None = None,
    tick: Callable[[int], None] | None = None,
) -> Trace:
    """Simulate replications one after the other, person by person.

    Args:
        specification: What to simulate.
        first: Number of the first replication; the number enters the keys of chance.
        count: How many replications.
        spells_of: Number of the replication whose spell log is wanted.
        tick: Called with 1 whenever a month of a replication is complete.

    Returns:
        Stocks and flows of every month, and the number of processes by kind.

    Raises:
        BooksError: if the books of people, posts or trainees do not balance.
    """
    tables = Tables(specification)
    rows = Rows(specification.training)
    trace = empty_trace(specification, first, count)
    spells, trainees = trace.spells, trace.trainees
    with no_garbage_collection():
        for row in range(count):
            world = World(tables, first + row, (serve, fill), log=first + row == spells_of)
            live(world, rows, trace, row, tick)
            for kind, created in world.created.items():
                trace.counts[kind] += created
            if world.log is not None:
                spells = spell_log(world)
                trainees = np.array(world.trainee_log, dtype=TRAINEE_FIELDS)
            if row + 1 < count:
                del world
                gc.collect()  # people, posts and processes refer to each other
    check_books(trace)
    return replace(trace, spells=spells, trainees=np.sort(trainees))


def live(
    world: World, rows: Rows, trace: Trace, row: int, tick: Callable[[int], None] | None
) -> None:
    """Start everybody's process and run the months."""
    open_posts(world)
    if world.tables.spec.replay is None:
        open_training(world, rows)
        world.env.process(trade(world))
    for coordinator in (
        keep_calendar(world),
        establish(world),
        match(world),
        promote(world),
        count(world, trace, row, tick),
    ):
        world.env.process(coordinator)
    world.env.run()
    trace.won[row] = world.won


def open_posts(world: World) -> None:
    """Start the processes of the staff and vacancies of the opening census."""
    slots = world.tables.spec.slots
    rep = np.array([world.rep], dtype=np.uint64)
    thresholds = exponentials(numbers(rep, slots.key, Purpose.EXIT)).tolist()
    marks = (slots.key + rep).tolist()
    cohorts, origins = slots.cohort.tolist(), slots.origin.tolist()
    eligible, due = slots.eligible.tolist(), slots.due.tolist()
    band_starts = slots.band_start.tolist()
    for slot, phase in zip(counter(), world.phase, strict=False):
        if phase == FILLED:
            name = (0, slot, 0)
            person = Person(name, cohorts[slot], origins[slot], eligible[slot], band_starts[slot])
            person.slot, person.mark, person.threshold = slot, marks[slot], thresholds[slot]
            world.holders[slot] = person
            world.band_start[slot] = person.band_start
            world.add_person(person)
        elif phase:
            open_vacancy(world, slot, due[slot])


def open_vacancy(world: World, slot: int, due: int) -> None:
    """Start the process of a post that is vacant in the opening census, in its first turn."""
    world.turn[slot] = 1
    vacancy = Vacancy(slot, world.tables.slot_cell[slot], 1)
    vacancy.due = due
    if world.phase[slot] in (ADVERT, AGREED):
        vacancy.round = 1
        number_round(world, vacancy)
    if world.phase[slot] == AGREED:
        vacancy.channel = Channel.EXPERIENCED
    world.add_vacancy(vacancy)


def spell_log(world: World) -> NDArray[np.void]:
    """The spells of a replication, with those that last beyond it, by (slot, turn)."""
    assert world.log is not None
    for person in world.holders:
        if person is not None:
            world.record(person, world.months + 1, How.STILL_IN_POST)
    spells = np.array(world.log, dtype=SPELL_FIELDS)
    spells.sort(order=("slot", "turn"))
    return spells


def empty_trace(spec: Specification, first: int, count: int) -> Trace:
    """A trace of zeros."""

    def zeros(*shape: int) -> NDArray[np.int32]:
        return np.zeros((count, spec.months + 1, *shape), dtype=np.int32)

    cells, lines = len(spec.cells.first), len(spec.training.names)
    return Trace(
        first,
        zeros(cells, len(Stock)),
        zeros(cells, len(Flow)),
        zeros(lines, len(TrainingStock)),
        zeros(lines, len(TrainingFlow)),
        zeros(len(spec.pools.names), len(PoolStock)),
        zeros(len(spec.pools.names), len(PoolFlow)),
        np.zeros((count, len(spec.trusts), len(spec.trusts)), dtype=np.int32),
        np.zeros(0, dtype=SPELL_FIELDS),
        {"staff": 0, "vacancies": 0, "trainees": 0, "graduates": 0},
    )


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Keep the cycle collector from walking over the whole population again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
