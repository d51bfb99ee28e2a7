"""Count what became of trainees: who completed, waited, got a post, and where they are later.

Every count is of single lives in one future; nothing is multiplied. Letters in shapes: P pathways,
Y years of a start, O outcomes, N futures, A pairs of bands, K years since the first post.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import BANDS, GROUPS, Flow, How
from simulator.model.specification import NEVER, Specification
from simulator.results.lives import Lives
from simulator.scenario.dates import month_after

I64 = NDArray[np.int64]
Counted = NDArray[np.int32]

AFTER_COMPLETION: Final = (6, 12, 24)
"""Months after completion at which graduates are counted."""
AFTER_START: Final = (60, 120)
"""Months after the start of the route at which everybody's state is counted."""
EXITS: Final = ("on_break", "left", "retired")
STATUS: Final = (
    "studying",
    "not_completed",
    "other_work",
    "waiting_post",
    *(f"band_{band}" for band in BANDS),
    *EXITS,
)
"""State of somebody who once started; one at any time."""
FIRST_BAND: Final = 4
UNKNOWN: Final = -1
"""Beyond the last month simulated."""
OUTCOMES: Final = (
    ("completed", 0),
    ("dropped_out", 0),
    ("elsewhere", 0),
    *(("post", months) for months in AFTER_COMPLETION),
    *(("waiting", months) for months in AFTER_COMPLETION),
    *(("gave_up", months) for months in AFTER_COMPLETION),
    *((state, months) for months in AFTER_START for state in ("in_post", *STATUS)),
)
"""What is counted of each cohort, with the months after completion or after the start."""
PATH_YEARS: Final = (0, 5, 10)
PAY_YEARS: Final = 16
"""Years since the first post, 0 to 15."""
STEPS: Final = 3
GONE: Final = len(BANDS) * STEPS
"""Pay class of those who have left the trusts."""
TO: Final = (*BANDS, *EXITS)
LONGEST_WAIT: Final = 120
_SPELL: Final = 512
"""More than the months of a run: a spell's key is life x 512 + month."""
_JOINED: Final = (
    How.JOINED_GRADUATE,
    How.JOINED_CONVERTED,
    How.PROMOTED,
)
"""Ways to begin a spell that begin the time in a band."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of some regions in N futures; adding two adds regions.

    Attributes:
        people: Who started, (P, Y, N).
        hits: To whom an outcome came, (P, Y, O, N).
        waits: Months from completion to the first post, (P, Y, months + 1), all futures together.
        paths: First band to state after some years, (P, path years, A, N).
        pay: Band and pay step by years since the first post, (P, K, pay classes), all futures.
        flows: Events of posts, (run years, words.Flow, groups x bands, N).
    """

    people: Counted
    hits: Counted
    waits: I64
    paths: Counted
    pay: I64
    flows: Counted

    def __add__(self, other: Counts) -> Counts:
        """Sum over regions."""
        return Counts(
            *(getattr(self, one.name) + getattr(other, one.name) for one in fields(Counts))
        )


def empty_counts(spec: Specification, futures: int) -> Counts:
    """Counts of nothing."""
    pathways, years = len(spec.training.duration), len(start_years(spec))
    pairs, kinds = len(BANDS) * len(TO), len(GROUPS) * len(BANDS)
    runs = -(-spec.months // 12)

    def small(*shape: int) -> Counted:
        return np.zeros((*shape, futures), dtype=np.int32)

    return Counts(
        people=small(pathways, years),
        hits=small(pathways, years, len(OUTCOMES)),
        waits=np.zeros((pathways, years, LONGEST_WAIT + 1), dtype=np.int64),
        paths=small(pathways, len(PATH_YEARS), pairs),
        pay=np.zeros((pathways, PAY_YEARS, GONE + 1), dtype=np.int64),
        flows=small(runs, len(Flow), kinds),
    )


def start_years(spec: Specification) -> list[int]:
    """Calendar years in which somebody can start within the run."""
    first, last = (int(month_after(spec.start, month)[:4]) for month in (1, spec.months))
    return list(range(first, last + 1))


def observable(spec: Specification) -> NDArray[np.bool_]:
    """Is an outcome of a cohort within the run, (P, Y, O)? Cohorts start in one month a year."""
    training, years = spec.training, start_years(spec)
    out = np.zeros((len(training.duration), len(years), len(OUTCOMES)), dtype=np.bool_)
    pathway = training.pathway[training.cohort_line]
    for cohort in np.flatnonzero(training.cohort_start >= 1):
        start, p = int(training.cohort_start[cohort]), pathway[cohort]
        year = years.index(int(month_after(spec.start, start)[:4]))
        done = start + int(training.duration[p])
        for number, (name, months) in enumerate(OUTCOMES):
            since = start if name == "in_post" or name in STATUS else done
            out[p, year, number] = since + months <= spec.months
    return out


class Book:
    """Lives with their spells at hand: where was each person in a given month."""

    def __init__(self, spec: Specification, lives: Lives) -> None:
        """Join the spells to the lives."""
        self.spec, self.trainees = spec, lives.trainees
        rows = len(spec.training.row_cohort)
        code, of_spell = (
            part["replication"].astype(np.int64) * rows + part["row"]
            for part in (lives.trainees, lives.spells)
        )
        spells: Any = lives.spells
        self.life = np.searchsorted(code, of_spell)
        self.start = spells["start"].astype(np.int64)
        self.end = spells["end"].astype(np.int64)
        self.ended = spells["ended"]
        self.band = spec.cells.band[spec.slots.cell[spells["slot"]]].astype(np.int64)
        self.key = self.life * _SPELL + self.start
        begins = np.where(np.isin(spells["began"], _JOINED), np.arange(len(spells)), 0)
        self.band_start = self.start[np.maximum.accumulate(begins)] if len(spells) else self.start
        self.first_spell = np.searchsorted(self.key, np.arange(len(code)) * _SPELL)
        known = np.zeros(len(code), dtype=np.bool_)
        known[self.life] = True
        self.first_post = np.full(len(code), NEVER, dtype=np.int64)
        self.first_post[known] = self.start[self.first_spell[known]]
        self.first_band = np.full(len(code), -1, dtype=np.int64)
        self.first_band[known] = self.band[self.first_spell[known]]

    def spell_at(self, month: I64) -> I64:
        """Last spell of each life that has begun by a month; -1 for none."""
        lives = np.arange(len(self.trainees))
        if not len(self.key):
            return np.full(len(lives), -1, dtype=np.int64)
        found = np.searchsorted(self.key, lives * _SPELL + month, side="right") - 1
        mine = (found >= 0) & (self.life[np.maximum(found, 0)] == lives)
        return np.where(mine, found, -1)

    def status_at(self, month: I64) -> NDArray[np.int64]:
        """State of each life at the end of a month, as an index of ``STATUS``."""
        one: Any = self.trainees
        state = np.full(len(one), STATUS.index("studying"), dtype=np.int64)
        done = np.where(one["sought"] != NEVER, one["sought"], one["completed"]) <= month
        state[done] = STATUS.index("other_work")
        looked = done & (one["sought"] <= month)
        state[looked & (one["gave_up"] > month)] = STATUS.index("waiting_post")
        state[one["dropped"] <= month] = STATUS.index("not_completed")
        spell = self.spell_at(month)
        has = np.flatnonzero(spell >= 0)
        state[has] = self._in_spell(spell[has], month[has])
        state[month > self.spec.months] = UNKNOWN
        return state

    def _in_spell(self, spell: I64, month: I64) -> I64:
        """State of people whose last spell is known: a band, or how they left."""
        gone = np.full(len(spell), STATUS.index("left"), dtype=np.int64)
        gone[self.ended[spell] == How.BREAK] = STATUS.index("on_break")
        gone[self.ended[spell] == How.RETIRED] = STATUS.index("retired")
        return np.where(month < self.end[spell], FIRST_BAND + self.band[spell], gone)

    def pay_class_at(self, month: I64) -> I64:
        """Band x 3 + pay step of each life, ``GONE`` where not in post, ``UNKNOWN`` if too late."""
        spell = self.spell_at(month)
        here = np.flatnonzero(spell >= 0)
        here = here[month[here] < self.end[spell[here]]]
        held, band = spell[here], self.band[spell[here]]
        served = month[here] - self.band_start[held]
        points = self.spec.hiring.step_months[band]
        step = np.where(served < points[:, 0], 0, np.where(served < points[:, 1], 1, 2))
        out = np.full(len(month), GONE, dtype=np.int64)
        out[here] = band * STEPS + step
        out[month > self.spec.months] = UNKNOWN
        return out


def count_lives(spec: Specification, lives: Lives, into: Counts) -> None:
    """Add what became of people to the counts of their futures (lives' numbers are columns)."""
    book = Book(spec, lives)
    line = spec.training.cohort_line[spec.training.row_cohort[lives.trainees["row"]]]
    pathway = spec.training.pathway[line].astype(np.int64)
    future = lives.trainees["replication"].astype(np.int64)
    _count_cohorts(spec, book, pathway, future, into)
    _count_posts(book, pathway, future, into)


def _count_cohorts(
    spec: Specification, book: Book, pathway: I64, future: I64, into: Counts
) -> None:
    years = start_years(spec)
    start = book.trainees["start"].astype(np.int64)
    of_month = [0] + [
        years.index(int(month_after(spec.start, month)[:4])) for month in range(1, spec.months + 1)
    ]
    year = np.array(of_month)[np.clip(start, 0, spec.months)]
    _, _, futures = into.people.shape
    code = (pathway * len(years) + year) * futures + future
    new = start >= 1
    into.people[...] += _tally(code[new], into.people.shape)
    for number, hit in enumerate(_outcomes(book, start)):
        into.hits[:, :, number] += _tally(code[new & hit], into.people.shape)
    wait = book.first_post - book.trainees["completed"]
    got = new & (book.first_post != NEVER)
    cell = (pathway * len(years) + year) * (LONGEST_WAIT + 1) + np.clip(wait, 0, LONGEST_WAIT)
    into.waits[...] += _tally(cell[got], into.waits.shape)


def _outcomes(book: Book, start: I64) -> list[NDArray[np.bool_]]:
    """Who has each outcome, in the order of ``OUTCOMES``, whether or not the run shows it."""
    one: Any = book.trainees
    completed = one["completed"].astype(np.int64)
    done = completed != NEVER
    found = {
        ("completed", 0): done,
        ("dropped_out", 0): one["dropped"] != NEVER,
        ("elsewhere", 0): done & (one["sought"] == NEVER),
    }
    for months in AFTER_COMPLETION:
        state = book.status_at(np.where(done, completed + months, start))
        gave_up = done & (one["gave_up"] <= completed + months)
        found["post", months] = done & (book.first_post <= completed + months)
        found["waiting", months] = done & (state == STATUS.index("waiting_post"))
        found["gave_up", months] = gave_up
    for months in AFTER_START:
        state = book.status_at(start + months)
        band = (state >= FIRST_BAND) & (state < FIRST_BAND + len(BANDS))
        found["in_post", months] = band
        found.update({(name, months): state == i for i, name in enumerate(STATUS)})
    return [found[outcome] for outcome in OUTCOMES]


def _count_posts(book: Book, pathway: I64, future: I64, into: Counts) -> None:
    """Count bands and pay by years since the first post; those of the opening census too."""
    got = book.first_post != NEVER
    futures = into.paths.shape[-1]
    for number, years in enumerate(PATH_YEARS):
        state = book.status_at(np.where(got, book.first_post + 12 * years, 0)) - FIRST_BAND
        seen = got & (state >= 0)
        pair = book.first_band * len(TO) + state
        code = (pathway * len(BANDS) * len(TO) + pair) * futures + future
        shape = (into.paths.shape[0], *into.paths.shape[2:])
        into.paths[:, number] += _tally(code[seen], shape)
    for years in range(PAY_YEARS):
        pay = book.pay_class_at(np.where(got, book.first_post + 12 * years, 0))
        seen = got & (pay != UNKNOWN)
        code = pathway * (GONE + 1) + pay
        into.pay[:, years] += _tally(code[seen], (into.pay.shape[0], GONE + 1))


def _tally(code: I64, shape: tuple[int, ...]) -> Counted:
    """Count codes into an array."""
    size = int(np.prod(shape))
    return np.bincount(code, minlength=size).reshape(shape).astype(np.int32)
