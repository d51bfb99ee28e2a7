"""Records of a workshop, and how they are read from their rows."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.ui.room.words import RoomError


@dataclass(frozen=True, slots=True)
class Workshop:
    """A workshop. ``closed`` is none while it is open; ``assumptions`` are those asked about."""

    id: int
    code: str
    title: str
    opened: str
    closed: str | None
    step: str
    predict_first: bool
    uploads: bool
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """A participant's place; ``draft`` is the scenario they work on, which nobody else sees."""

    id: int
    workshop: int
    number: int
    name: str
    joined: str
    draft: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What a seat showed to the room: a scenario (TOML), and the numbers it gave.

    ``summary`` is JSON of :class:`simulator.ui.room.summary.Summary`, blank if it was not run.
    """

    id: int
    seat: int
    number: int
    name: str
    title: str
    scenario: str
    law_digest: str
    summary: str
    note: str
    time: str


@dataclass(frozen=True, slots=True)
class Range:
    """One seat's belief about an assumption, in the assumption's unit."""

    low: float
    likely: float
    high: float


@dataclass(frozen=True, slots=True)
class Question:
    """A question put to the room, and how many seats chose each option."""

    id: int
    text: str
    options: tuple[str, ...]
    asked: str
    closed: str | None
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the room decided, who stands for it, and the submission that supports it, if any."""

    id: int
    text: str
    who: str
    submission: int | None
    time: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; ``name`` is blank for what the facilitator did."""

    time: str
    name: str
    what: str


def read_workshop(rows: sqlite3.Connection, key: str, value: object) -> Workshop:
    """Return the workshop whose ``id`` or hashed ``secret`` is given.

    Raises:
        RoomError: If there is none.
    """
    row = rows.execute(f"SELECT * FROM workshop WHERE {key} = ?", (value,)).fetchone()
    if row is None:
        raise RoomError("link: it opens no workshop; open a new one, or look for the right link")
    return Workshop(
        id=row["id"],
        code=row["code"],
        title=row["title"],
        opened=row["opened"],
        closed=row["closed"],
        step=row["step"],
        predict_first=bool(row["predict_first"]),
        uploads=bool(row["uploads"]),
        assumptions=tuple(json.loads(row["assumptions"])),
    )


def read_open(rows: sqlite3.Connection, workshop: int) -> Workshop:
    """Return a workshop to which something is to be added.

    Raises:
        RoomError: If it is closed.
    """
    found = read_workshop(rows, "id", workshop)
    if found.closed is not None:
        raise RoomError("workshop: it is closed; what was submitted is kept, nothing can be added")
    return found


def open_workshop_of(rows: sqlite3.Connection, seat: int) -> Workshop:
    """Return the open workshop a seat is in; errors as :func:`read_open`."""
    row = rows.execute("SELECT workshop FROM seat WHERE id = ?", (seat,)).fetchone()
    return read_open(rows, -1 if row is None else row["workshop"])


def last_votes(rows: sqlite3.Connection, question: int) -> dict[int, int]:
    """Return the option that counts for each seat that has voted on a question."""
    found = rows.execute(
        "SELECT seat, option FROM vote WHERE question = ? ORDER BY id", (question,)
    )
    return {row["seat"]: row["option"] for row in found}


def question_of(row: sqlite3.Row, choices: Iterable[int]) -> Question:
    """Return a question with its votes counted."""
    options, counts = tuple(json.loads(row["options"])), Counter(choices)
    return Question(
        id=row["id"],
        text=row["text"],
        options=options,
        asked=row["asked"],
        closed=row["closed"],
        counts=tuple(counts[number] for number in range(len(options))),
    )
