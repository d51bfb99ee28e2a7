"""The state that the processes of one replication share: posts, people, pools, counts."""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import IntEnum
from typing import Any, Final

import numpy as np
import simpy

from simulator.domain.words import (
    Channel,
    Flow,
    How,
    Phase,
    PoolFlow,
    PoolStock,
    TrainingFlow,
    TrainingStock,
)
from simulator.engines.people import clock
from simulator.engines.people.tables import Tables
from simulator.keyed import MASK, STEP, Purpose, exponential, number, replication_key

Life = Generator[simpy.Event, Any, None]
"""What a process does."""

PHASES: Final = len(Phase)
FLOWS: Final = len(Flow)
TRAINING_STOCKS: Final = len(TrainingStock)
TRAINING_FLOWS: Final = len(TrainingFlow)

# Plain integers: comparing members of an IntEnum costs more in the hot paths.
ABSENT: Final = int(Phase.ABSENT)
FILLED: Final = int(Phase.FILLED)
APPROVAL: Final = int(Phase.APPROVAL)
ADVERT: Final = int(Phase.ADVERT)
AGREED: Final = int(Phase.AGREED)
FROZEN: Final = int(Phase.FROZEN)

NO_HOLDER: Final = 1 << 20
"""Band start of a post without a holder: a month that never comes."""


class Answer(IntEnum):
    """What a coordinator answers to a vacancy that asked for somebody."""

    NOBODY = 0
    COLLEAGUE = 1  # who takes the post up himself or herself
    SOMEBODY = 2  # a start is agreed, or a person comes from outside


class Person:
    """A member of staff and his or her present spell."""

    __slots__ = (
        "band_start",
        "began",
        "cohort",
        "eligible",
        "mark",
        "name",
        "origin",
        "process",
        "slot",
        "start",
        "threshold",
    )

    def __init__(
        self,
        name: tuple[int, int, int],
        cohort: int,
        origin: int,
        eligible: int,
        band_start: int,
    ) -> None:
        """Make a person who has no post yet."""
        self.name = name
        self.cohort = cohort
        self.origin = origin
        self.eligible = eligible
        self.band_start = band_start
        self.slot = -1
        self.start = 0
        self.began = int(How.OPENING)
        self.mark = 0  # candidate's key in the inside round
        self.threshold = 0.0  # sum of hazards at which the spell ends
        self.process: simpy.Process


class Vacancy:
    """An open vacancy: one turn of a post, from approval to the start of a new holder."""

    __slots__ = (
        "answer",
        "below",
        "cell",
        "channel",
        "due",
        "opened",
        "process",
        "round",
        "row",
        "slot",
        "turn",
        "z",
    )

    def __init__(self, slot: int, cell: int, turn: int, *, opened: bool = False) -> None:
        """Make a vacancy in a turn of a post; ``opened``: the post has just been funded."""
        self.opened = opened
        self.slot = slot
        self.cell = cell
        self.turn = turn
        self.below = -1  # cell whose staff it is offered to
        self.round = 0
        self.z = 0  # keyed number of the round
        self.due = 0
        self.channel = Channel.NONE
        self.row = -1  # the graduate who accepted
        self.answer: simpy.Event
        self.process: simpy.Process


class World:
    """One replication: the posts and people, and where processes meet the coordinators."""

    __slots__ = (
        "band_start",
        "closing",
        "counts",
        "created",
        "draw",
        "env",
        "exit_factor",
        "fill",
        "flows",
        "fte_funded",
        "fte_in_post",
        "hire_factor",
        "holders",
        "internal_factor",
        "log",
        "month",
        "months",
        "moving",
        "offers",
        "phase",
        "pool_flows",
        "pool_heads",
        "pool_stocks",
        "pulling",
        "rep",
        "serve",
        "success_factor",
        "tables",
        "top",
        "trainee_log",
        "training_flows",
        "training_stocks",
        "turn",
        "vacancies",
        "waiting",
        "won",
    )

    def __init__(
        self,
        tables: Tables,
        replication: int,
        lives: tuple[Callable[[World, Person], Life], Callable[[World, Vacancy], Life]],
        *,
        log: bool,
    ) -> None:
        """Take the posts and pools of the opening census; nobody lives yet."""
        spec = tables.spec
        self.tables = tables
        self.env = clock.Agenda(spec.months)
        # The two life stories start each other (a leaver opens a vacancy, a vacancy ends with a
        # joiner); they meet here, so that neither module needs the other.
        self.serve, self.fill = lives
        self.rep = replication_key(spec.seed, replication)
        self.draw = spec.draw_of(replication)
        self.months = spec.months
        self.month = 0
        self.exit_factor: list[float] = spec.exits.factor[self.draw].tolist()
        self.hire_factor: list[float] = spec.hiring.hire_factor[self.draw].tolist()
        self.internal_factor = spec.hiring.internal_factor.item(self.draw)
        self.success_factor = spec.hiring.success_factor.item(self.draw)
        cells, slots, lines = len(tables.first), len(tables.slot_cell), len(spec.training.names)
        self.phase: list[int] = spec.slots.phase.tolist()
        self.turn = [0] * slots
        self.holders: list[Person | None] = [None] * slots
        # Of the holder of each post, as an array: pay steps of all posts are counted at once.
        self.band_start = np.full(slots, NO_HOLDER, dtype=np.int64)
        self.vacancies: list[Vacancy | None] = [None] * slots
        self.counts = recount(self).tolist()
        self.top: list[int] = spec.cells.posts.tolist()
        self.fte_funded, self.fte_in_post = recount_fte(self)
        self.flows = [0] * (cells * FLOWS)
        self.training_stocks = [0] * (lines * TRAINING_STOCKS)
        self.training_flows = [0] * (lines * TRAINING_FLOWS)
        self.pool_stocks: list[list[int]] = spec.pools.opening.tolist()
        if spec.replay is not None:  # candidates and breaks are not simulated
            self.pool_stocks = [[0] * len(PoolStock) for _ in self.pool_stocks]
        self.pool_flows = [[0] * len(PoolFlow) for _ in self.pool_stocks]
        # Graduates who wait, by pool: (month of completion, row, process), in that order.
        self.waiting: list[list[tuple[int, int, simpy.Process]]] = [[] for _ in self.pool_stocks]
        self.pulling: list[Vacancy] = []
        self.offers: list[Vacancy] = []
        self.closing: list[list[Vacancy]] = [[] for _ in self.pool_stocks]
        self.moving: list[list[Vacancy]] = [[] for _ in self.pool_stocks]
        self.pool_heads = [0] * len(self.pool_stocks)  # headcount at the end of last month
        self.won = np.zeros((len(spec.trusts), len(spec.trusts)), dtype=np.int32)
        self.created = {"staff": 0, "vacancies": 0, "trainees": 0, "graduates": 0}
        self.log: list[tuple[int, ...]] | None = [] if log else None
        self.trainee_log: list[tuple[int, int, int]] = []  # kept if the spell log is

    def until(self, month: int, tick: int) -> simpy.Event:
        """An event at a tick of a month; one that never happens after the last month.

        An event of its own, also when it never happens: processes that are interrupted leave the
        list of those who wait for it, which would be slow if all of them waited for the same.
        """
        env = self.env
        if month > self.months:
            return simpy.Event(env)
        return simpy.Timeout(env, month * clock.MONTH + tick - env.now)

    def flow(self, cell: int, flow: int) -> None:
        """Count one person or post in a flow of this month."""
        self.flows[cell * FLOWS + flow] += 1

    def set_phase(self, slot: int, phase: int) -> None:
        """Change the state of a post, and the count of posts of its cell in that state."""
        base = self.tables.slot_cell[slot] * PHASES
        self.counts[base + self.phase[slot]] -= 1
        self.counts[base + phase] += 1
        self.count_fte(slot, phase)
        self.phase[slot] = phase

    def count_fte(self, slot: int, phase: int) -> None:
        """Keep the FTE of funded and of filled posts as a post changes to a state."""
        was, cell = self.phase[slot], self.tables.slot_cell[slot]
        fte = self.tables.slot_fte[slot]
        self.fte_in_post[cell] += fte * ((phase == FILLED) - (was == FILLED))
        self.fte_funded[cell] += fte * ((phase != ABSENT) - (was != ABSENT))

    def start_vacancy(self, slot: int, *, opened: bool = False) -> None:
        """A vacancy starts: in a post that is opened, or that its holder has just left."""
        self.turn[slot] += 1
        self.holders[slot] = None
        self.band_start[slot] = NO_HOLDER
        self.set_phase(slot, APPROVAL)
        cell = self.tables.slot_cell[slot]
        self.flow(cell, Flow.VACANCIES)
        self.add_vacancy(Vacancy(slot, cell, self.turn[slot], opened=opened))

    def add_vacancy(self, vacancy: Vacancy) -> None:
        """Start the process of a vacancy."""
        self.vacancies[vacancy.slot] = vacancy
        vacancy.process = simpy.Process(self.env, self.fill(self, vacancy))
        self.created["vacancies"] += 1

    def settle(self, person: Person, slot: int, how: How) -> None:
        """A person starts a spell in a post in this month."""
        turn, key = self.turn[slot], self.tables.slot_key[slot]
        person.slot = slot
        person.start = self.month
        person.began = int(how)
        person.mark = (self.rep + key + turn * STEP) & MASK
        person.threshold = exponential(number(self.rep, key, Purpose.EXIT, turn))
        self.holders[slot] = person
        self.band_start[slot] = person.band_start
        self.vacancies[slot] = None
        self.set_phase(slot, FILLED)

    def add_person(self, person: Person) -> None:
        """Start the process of a member of staff."""
        person.process = simpy.Process(self.env, self.serve(self, person))
        self.created["staff"] += 1

    def record(self, person: Person, end: int, ended: How) -> None:
        """Write a spell that is over into the log."""
        if self.log is not None:
            slot = person.slot
            spell = (slot, self.turn[slot], person.start, end, person.began, int(ended))
            self.log.append(person.name + spell)


def recount(world: World) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Count the posts of each cell and state from the posts themselves."""
    cells = np.asarray(world.tables.slot_cell, dtype=np.int64)
    phases = np.asarray(world.phase, dtype=np.int64)
    return np.bincount(cells * PHASES + phases, minlength=len(world.tables.first) * PHASES)


def recount_fte(world: World) -> tuple[list[int], list[int]]:
    """FTE (hundredths) of the posts that exist and of those that are filled, by cell."""
    cells = np.asarray(world.tables.slot_cell, dtype=np.int64)
    phases = np.asarray(world.phase, dtype=np.int64)
    fte = np.asarray(world.tables.slot_fte, dtype=np.int64)
    funded, filled = (
        np.bincount(cells, weights=np.where(here, fte, 0), minlength=len(world.tables.first))
        for here in (phases != ABSENT, phases == FILLED)
    )
    return funded.astype(np.int64).tolist(), filled.astype(np.int64).tolist()
