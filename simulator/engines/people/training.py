"""Trainees, and graduates who look for a post (stage 0)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from itertools import accumulate
from math import ceil, floor

import simpy

from simulator.domain.words import BAND_RANGES, TrainingFlow, TrainingStock
from simulator.engines.people import clock
from simulator.engines.people.world import TRAINING_FLOWS, TRAINING_STOCKS, Life, World
from simulator.keyed import Purpose, exponential, number, unit
from simulator.model.specification import Training

ENROLLED_AT_OPENING, WAITING_AT_OPENING = 1, 2


class Cohort:
    """A cohort of trainees, with what is the same in every replication."""

    __slots__ = (
        "cdf",
        "duration",
        "key",
        "line",
        "mean",
        "pathway",
        "rows",
        "seek",
        "start",
        "studied",
        "supervised",
    )

    def __init__(self, training: Training, cohort: int) -> None:
        """Take one cohort out of the training tables."""
        self.line = int(training.cohort_line[cohort])
        self.start = int(training.cohort_start[cohort])
        self.key = int(training.cohort_key[cohort])
        self.mean = float(training.cohort_mean[cohort])
        self.cdf: list[float] = training.cohort_cdf[cohort].tolist()
        self.pathway = int(training.pathway[self.line])
        self.seek = float(training.seek_share[self.pathway])
        self.duration = int(training.duration[self.pathway])
        self.supervised = bool(training.supervised[self.pathway])
        self.studied = max(0, -self.start)  # months studied in the opening census
        self.rows: list[int] = []

    def intake(self, chance: float) -> int:
        """Number of people who would start."""
        if self.cdf[0] > 1.0:
            return floor(self.mean + chance)
        return bisect_right(self.cdf, chance)


class Rows:
    """The rows of trainees as lists, and their cohorts; the same in every replication."""

    __slots__ = (
        "_drop",
        "cohort",
        "cohorts",
        "desk",
        "give_up",
        "key",
        "lines",
        "place",
        "pool",
        "ready",
        "status",
        "training",
    )

    def __init__(self, training: Training) -> None:
        """Convert the rows and sort them by cohort."""
        self.training = training
        self.cohorts = [Cohort(training, h) for h in range(len(training.cohort_line))]
        self.cohort: list[int] = training.row_cohort.tolist()
        self.place: list[int] = training.row_place.tolist()
        self.key: list[int] = training.row_key.tolist()
        self.pool: list[int] = training.row_pool.tolist()
        self.status: list[int] = training.row_status.tolist()
        self.ready: list[int] = training.row_ready.tolist()
        self.give_up = float(training.give_up_hazard)
        for row, cohort in enumerate(self.cohort):
            self.cohorts[cohort].rows.append(row)
        # Desk of each pathway line, and of each desk the lines that need supervisors.
        self.desk: dict[int, int] = {}
        self.lines: dict[int, set[int]] = {}
        for cohort in self.cohorts:
            if cohort.rows:
                desk = self.desk[cohort.line] = self.pool[cohort.rows[0]] // len(BAND_RANGES)
                if cohort.supervised:
                    self.lines.setdefault(desk, set()).add(cohort.line)
        self._drop: dict[tuple[int, int, int], list[float]] = {}

    def drop(self, cohort: Cohort, draw: int) -> list[float]:
        """Sums of the monthly hazard of dropping out, by month of study.

        They begin with the start, or with the opening census for those enrolled then.
        """
        at = (cohort.pathway, cohort.studied, draw)
        found = self._drop.get(at)
        if found is None:
            part = self.training.drop_hazard[cohort.pathway]
            part = part[cohort.studied + 1 : cohort.duration + 1]
            monthly = part * self.training.drop_factor[draw] / 12.0
            found = self._drop[at] = list(accumulate(monthly.tolist()))
        return found


def open_training(world: World, rows: Rows) -> None:
    """Start the processes of everybody in training or waiting at the opening, and of cohorts."""
    for row, status in enumerate(rows.status):
        if status == ENROLLED_AT_OPENING:
            enrol(world, rows, row)
        elif status == WAITING_AT_OPENING:
            seek(world, rows, row)
    world.env.process(admit(world, rows))


def admit(world: World, rows: Rows) -> Life:
    """Let cohorts start, every month; those who need a supervisor as far as there is room."""
    starting: dict[int, list[Cohort]] = {}
    for cohort in rows.cohorts:
        starting.setdefault(cohort.start, []).append(cohort)
    for month in range(1, world.months + 1):
        yield world.until(month, clock.ADMISSION)
        room: dict[int, int] = {}
        for cohort in starting.get(month, []):
            starters = starters_of(world, rows, cohort, room)
            for row in cohort.rows:
                if rows.place[row] < starters:
                    happen(world, row, cohort.line, TrainingFlow.STARTED)
                    enrol(world, rows, row)


def starters_of(world: World, rows: Rows, cohort: Cohort, room: dict[int, int]) -> int:
    """Number of people who start; takes them from the desk's room if they need supervisors."""
    intake = cohort.intake(unit(number(world.rep, cohort.key, Purpose.INTAKE)))
    if not (cohort.supervised and cohort.rows):
        return intake
    desk = rows.desk[cohort.line]
    if desk not in room:
        room[desk] = supervisors_room(world, rows, desk)
    starters = min(intake, room[desk])
    room[desk] -= starters
    count(world, cohort.line, TrainingFlow.TURNED_AWAY, intake - starters)
    return starters


def supervisors_room(world: World, rows: Rows, desk: int) -> int:
    """How many more trainees the middle and senior staff of a region and group can supervise."""
    middle, senior = (
        world.pool_heads[desk * len(BAND_RANGES) + BAND_RANGES.index(name)]
        for name in ("middle", "senior")
    )
    rate = rows.training.supervision.item(desk, world.month)
    enrolled = sum(
        world.training_stocks[line * TRAINING_STOCKS + TrainingStock.ENROLLED]
        for line in rows.lines[desk]
    )
    return max(0, floor(rate * (middle + senior)) - enrolled)


def enrol(world: World, rows: Rows, row: int) -> None:
    """A trainee begins, or is found studying in the opening census."""
    stock(world, rows.cohorts[rows.cohort[row]].line, TrainingStock.ENROLLED, 1)
    world.env.process(study(world, rows, row))
    world.created["trainees"] += 1


def study(world: World, rows: Rows, row: int) -> Life:
    """Study until dropping out or completing."""
    cohort, key = rows.cohorts[rows.cohort[row]], rows.key[row]
    threshold = exponential(number(world.rep, key, Purpose.STUDY))
    hazard = rows.drop(cohort, world.draw)
    done = bisect_left(hazard, threshold)
    drops = done < len(hazard)
    last = cohort.studied + 1 + done if drops else cohort.duration
    yield world.until(cohort.start + last, clock.TRAINING)
    stock(world, cohort.line, TrainingStock.ENROLLED, -1)
    if drops:
        happen(world, row, cohort.line, TrainingFlow.DROPPED_OUT)
        return
    happen(world, row, cohort.line, TrainingFlow.COMPLETED)
    if unit(number(world.rep, key, Purpose.SEEK)) < cohort.seek:
        happen(world, row, cohort.line, TrainingFlow.SOUGHT)
        seek(world, rows, row)


def seek(world: World, rows: Rows, row: int) -> None:
    """A graduate joins those who wait for a post in the pool, in the order of the law."""
    stock(world, rows.cohorts[rows.cohort[row]].line, TrainingStock.WAITING, 1)
    process = world.env.process(wait(world, rows, row))
    insort(world.waiting[rows.pool[row]], (rows.ready[row], row, process), key=_place)
    world.created["graduates"] += 1


def _place(graduate: tuple[int, int, simpy.Process]) -> tuple[int, int]:
    return graduate[:2]


def wait(world: World, rows: Rows, row: int) -> Life:
    """Wait until hired (an interruption) or until giving up."""
    line = rows.cohorts[rows.cohort[row]].line
    patience = world.months + 1
    if rows.give_up > 0.0:
        bits = number(world.rep, rows.key[row], Purpose.WAIT)
        patience = max(1, ceil(12.0 * exponential(bits) / rows.give_up))
    try:
        yield world.until(max(0, rows.ready[row]) + patience, clock.TRAINING)
        waiting = world.waiting[rows.pool[row]]
        del waiting[bisect_left(waiting, (rows.ready[row], row), key=_place)]
        happen(world, row, line, TrainingFlow.GAVE_UP)
    except simpy.Interrupt:
        happen(world, row, line, TrainingFlow.HIRED)
    stock(world, line, TrainingStock.WAITING, -1)


def stock(world: World, line: int, which: int, change: int) -> None:
    """Change a stock of a pathway line."""
    world.training_stocks[line * TRAINING_STOCKS + which] += change


def happen(world: World, row: int, line: int, which: int) -> None:
    """Count an event of one trainee's life, and write it into the log if one is kept."""
    count(world, line, which)
    if world.log is not None:
        world.trainee_log.append((row, world.month, which))


def count(world: World, line: int, which: int, people: int = 1) -> None:
    """Count people in a flow of a pathway line."""
    world.training_flows[line * TRAINING_FLOWS + which] += people
