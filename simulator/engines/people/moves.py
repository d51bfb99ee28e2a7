"""Moves between trusts: posts pull colleagues, and trusts outside the model pull too (stage 3)."""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

import numpy as np

from simulator.domain.words import How
from simulator.engines.people import clock
from simulator.engines.people.tables import NEUTRAL
from simulator.engines.people.world import FILLED, Answer, Life, Vacancy, World
from simulator.keyed import (
    STEP,
    Purpose,
    exponentials,
    mix,
    mix_array,
    number,
    numbers,
    unit,
    units,
)
from simulator.model.specification import TRIES, Replay

RIVALS = 65536
"""Pulls of one month in a key index."""
OUTSIDE = -1


class Pull(NamedTuple):
    """A try to take somebody from a cell, for a post (inside) or for nobody we model."""

    base: int
    cell: int
    vacancy: Vacancy | None


def match(world: World) -> Life:
    """Match pulls with colleagues, every month.

    All choices are made before anybody moves: those who move hear of it by an interruption,
    which SimPy delivers after this process has finished the month.
    """
    for month in range(1, world.months + 1):
        yield world.until(month, clock.MATCH)
        pulling, world.pulling = world.pulling, []
        taken: dict[int, Vacancy | None] = {}
        pulling.sort(key=attrgetter("slot"))
        for failed in take(world, direct(world, pulling), taken):
            assert failed.vacancy is not None
            failed.vacancy.answer.succeed(Answer.NOBODY)
        replay = world.tables.spec.replay
        if replay is not None:
            take(world, rivals(world, replay, month), taken)
        for slot, vacancy in taken.items():
            person = world.holders[slot]
            assert person is not None
            if vacancy is None:
                person.process.interrupt()
            else:
                person.process.interrupt((vacancy.slot, How.MOVED))
                vacancy.answer.succeed(Answer.COLLEAGUE)


def direct(world: World, pulling: list[Vacancy]) -> list[Pull]:
    """Choose the trust of each pull; answers those that need no colleague of the model."""
    pulls = []
    for vacancy in pulling:
        index = vacancy.turn + 65536 * vacancy.round
        key = world.tables.slot_key[vacancy.slot]
        base = number(world.rep, key, Purpose.PULL, index)
        cell = choose_cell(world, vacancy, base)
        if cell is None:
            vacancy.answer.succeed(Answer.NOBODY)
        elif cell == OUTSIDE:
            vacancy.answer.succeed(Answer.SOMEBODY)
        else:
            pulls.append(Pull(base, cell, vacancy))
    return pulls


def choose_cell(world: World, vacancy: Vacancy, base: int) -> int | None:
    """Cell of the trust with the lowest score; None if no other trust has such posts.

    The less attractive a trust is, the likelier it is to lose somebody.
    """
    tables = world.tables
    option = tables.options[tables.which_option[vacancy.cell]]
    own = option.place.get(tables.trust[vacancy.cell])
    if len(option.cell) == (own is not None):
        return None
    drawn = tables.attraction[option.cell, world.month]
    weight = option.weight * NEUTRAL / drawn
    scores = exponentials(mix_array(option.key + np.uint64(base))) / weight
    if own is not None:
        scores[own] = np.inf
    return int(option.cell[scores.argmin()])


def take(world: World, pulls: list[Pull], taken: dict[int, Vacancy | None]) -> list[Pull]:
    """Let pulls, given in order, make their tries together; returns those that failed."""
    tables = world.tables
    for k in range(TRIES):
        refused = []
        for pull in pulls:
            chance = unit(mix(pull.base + Purpose.TRY + k * STEP))
            slot = tables.first[pull.cell] + int(chance * world.top[pull.cell])
            if world.phase[slot] != FILLED or slot in taken:
                refused.append(pull)
            else:
                taken[slot] = pull.vacancy
        pulls = refused
    return pulls


def rivals(world: World, replay: Replay, month: int) -> list[Pull]:
    """Pulls of trusts outside the model in a month, in order of (trust and group, pull)."""
    rep = np.array([world.rep], dtype=np.uint64)
    chances = units(numbers(rep, replay.staff_key, Purpose.RIVALS, month * RIVALS))
    counts = (replay.rival_cdf[:, month, :] <= chances[:, None]).sum(axis=1).tolist()
    shares: list[float] = replay.rival_cells[:, month].tolist()
    keys: list[int] = replay.staff_key.tolist()
    pulls = []
    for staff, count in enumerate(counts):
        cells = world.tables.cells_of_staff.get(staff, [])
        for j in range(1, count + 1):
            base = number(world.rep, keys[staff], Purpose.RIVALS, month * RIVALS + j)
            chosen = next((c for c in cells if shares[c] > unit(base)), None)
            if chosen is not None:
                pulls.append(Pull(base, chosen, None))
    return pulls
