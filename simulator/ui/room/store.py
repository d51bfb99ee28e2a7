"""What a workshop keeps: seats, drafts, submissions, beliefs, votes, decisions, and what happened.

Whoever calls has shown a secret first: :meth:`Store.facilitated` and :meth:`Store.seated` turn a
link's secret into a workshop or a seat. Submissions, beliefs, votes, decisions and events are only
ever added to; of beliefs and votes the last of a seat counts.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from simulator.ui.room import door
from simulator.ui.room.database import Database, workshops_folder
from simulator.ui.room.records import (
    Decision,
    Event,
    Question,
    Range,
    Seat,
    Submission,
    Workshop,
    last_votes,
    open_workshop_of,
    question_of,
    read_open,
    read_workshop,
)
from simulator.ui.room.words import LINE, NAME, NOTE, RoomError, Typed, cleaned

STEPS: Final = {
    "welcome": "Welcome. Choose your trust and look around.",
    "predict": "Predict first: answer the question below before you look at any result.",
    "explore": "Try levers for your trust. Nobody sees what you do until you submit it.",
    "submit": "Submit the plan you would defend, with a sentence why.",
    "beliefs": "Say what you believe of the assumptions below: low, likely and high.",
    "vote": "Look at what the room submitted, and vote.",
    "decide": "Decide together. The facilitator writes down what is decided, and on which run.",
}
"""Steps of a workshop in order, and what they ask of participants."""
SEATS, SUBMISSIONS, QUESTIONS = 200, 100, 50
"""Most seats and questions of a workshop, and submissions of a seat."""
OPEN: Final = 100
"""Workshops open at a time: few enough that guessing a code finds nobody's."""
LONGEST: Final = 64_000
"""Characters of a scenario or a summary that are kept."""
OPTIONS: Final = (2, 8)
ASSUMPTIONS: Final = 5
_PULSE_ALL_EVENTS: Final = "SELECT COUNT(*) FROM event WHERE workshop = ?"
_PULSE_EVENTS: Final = f"{_PULSE_ALL_EVENTS} AND what <> 'joined'"
_PULSE_DECISIONS: Final = "SELECT COUNT(*) FROM decision WHERE workshop = ?"
_PULSE_VOTES: Final = (
    "SELECT COUNT(*) FROM vote JOIN question ON question.id = vote.question WHERE workshop = ?"
)
_PULSE_BELIEFS: Final = (
    "SELECT COUNT(*) FROM belief JOIN seat ON seat.id = belief.seat WHERE workshop = ?"
)
_PULSE_GUESSES: Final = (
    "SELECT COUNT(*) FROM guess JOIN seat ON seat.id = guess.seat WHERE workshop = ?"
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """Workshops in one file; every method is one short transaction.

    Every method raises :class:`RoomError` with all reasons when it refuses.
    """

    def __init__(self, folder: Path | None = None, now: Callable[[], datetime] = _utc_now) -> None:
        """Open the workshops of a folder, or those of :func:`workshops_folder`."""
        self.database = Database(folder or workshops_folder())
        self._now = now

    # Workshops, for the facilitator

    def open_workshop(
        self,
        title: str,
        *,
        uploads: bool = False,
        assumptions: Sequence[str] = (),
    ) -> tuple[Workshop, str]:
        """Open a workshop; returns it with the secret of the facilitator's link."""
        (title,) = cleaned(Typed(title, "title", LINE), also=_too_many(assumptions))
        secret, time = door.new_secret(), self.time()
        with self.database.writing() as rows:
            _not_too_many_open(rows)
            code = door.new_code()
            while rows.execute("SELECT 1 FROM workshop WHERE code = ?", (code,)).fetchone():
                code = door.new_code()
            values = (
                *(code, door.hashed(secret), title, time, next(iter(STEPS))),
                *(False, uploads, json.dumps(list(assumptions))),
            )
            made = rows.execute(
                "INSERT INTO workshop (code, secret, title, opened, step, predict_first, uploads, "
                "assumptions) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            self._event(rows, int(made.lastrowid or 0), f"opened: {title}")
            return read_workshop(rows, "id", made.lastrowid), secret

    def facilitated(self, secret: str) -> Workshop:
        """Return the workshop of a facilitator's link."""
        with self.database.reading() as rows:
            return read_workshop(rows, "secret", door.hashed(secret))

    def workshop(self, workshop: int) -> Workshop:
        """Return a workshop as it is now."""
        with self.database.reading() as rows:
            return read_workshop(rows, "id", workshop)

    def go_to(self, workshop: int, step: str) -> None:
        """Take the room to a step; what waited for a prediction in the last one waits no more."""
        if step not in STEPS:
            raise RoomError(f"step: no step {step!r}; give one of {', '.join(STEPS)}")
        self._change(workshop, "predict_first", False, "")
        self._change(workshop, "step", step, f"step: {step}")

    def predict(self, workshop: int, first: bool) -> None:
        """Let results wait for a prediction in this step, or no longer."""
        words = f"predict first: {'yes' if first else 'no'}"
        self._change(workshop, "predict_first", first, words)

    def allow_uploads(self, workshop: int, allowed: bool) -> None:
        """Allow or refuse scenario files and plans that rest on a trust's own posts."""
        self._change(workshop, "uploads", allowed, f"uploads: {'yes' if allowed else 'no'}")

    def close(self, workshop: int) -> None:
        """Close a workshop: it can be read, and nothing more is added to it."""
        self._change(workshop, "closed", self.time(), "closed")

    def forget_names(self, workshop: int) -> None:
        """Put seat numbers in place of the names of participants of a closed workshop, for good."""
        with self.database.writing() as rows:
            if read_workshop(rows, "id", workshop).closed is None:
                raise RoomError("names: close the workshop first; people are still in it")
            rows.execute(
                "UPDATE seat SET name = 'Seat ' || number, draft = '' WHERE workshop = ?",
                (workshop,),
            )
            self._event(rows, workshop, "names forgotten")

    # Seats

    def join(self, code: str, name: str, visitor: Sequence[str]) -> tuple[Seat, str]:
        """Take a seat with a room's code; returns it with the secret of its link.

        Args:
            code: As typed.
            name: The name the room sees.
            visitor: From :func:`simulator.ui.room.door.visitors`, to slow down guessing.
        """
        cleaned(Typed(name, "name", NAME))
        now, who = self._now().timestamp(), tuple(visitor)
        with self.database.writing() as rows:
            wait = door.wait_before(rows, who, now)
            if wait:
                raise RoomError(
                    f"code: too many wrong codes; try again in {wait} s, or ask for a link"
                )
            found = rows.execute(
                "SELECT id FROM workshop WHERE code = ? AND closed IS NULL", (door.read_code(code),)
            ).fetchone()
            if found is not None:
                return self._seat(rows, found["id"], name)
            door.note_failure(rows, who, now)
        # Raised after the failure has been kept, not inside its transaction.
        raise RoomError("code: no open workshop has it; look at the facilitator's screen again")

    def add_seat(self, workshop: int, name: str) -> tuple[Seat, str]:
        """Make a seat for somebody, who comes in by its link without a code."""
        with self.database.writing() as rows:
            return self._seat(rows, workshop, name)

    def seated(self, secret: str) -> Seat:
        """Return the seat of a participant's link."""
        with self.database.reading() as rows:
            found = rows.execute(
                "SELECT id, workshop, number, name, joined, draft FROM seat WHERE secret = ?",
                (door.hashed(secret),),
            ).fetchone()
        if found is None:
            raise RoomError("link: it opens no seat; join with the code on the screen")
        return Seat(*found)

    def seats(self, workshop: int) -> tuple[Seat, ...]:
        """Return the seats of a workshop in order, without drafts."""
        with self.database.reading() as rows:
            found = rows.execute(
                "SELECT id, workshop, number, name, joined, '' AS draft FROM seat "
                "WHERE workshop = ? ORDER BY number",
                (workshop,),
            ).fetchall()
        return tuple(Seat(*row) for row in found)

    def keep_draft(self, seat: int, draft: str) -> None:
        """Keep what a participant works on; only their own link brings it back."""
        cleaned(also=_too_long(draft=draft))
        with self.database.writing() as rows:
            open_workshop_of(rows, seat)
            rows.execute("UPDATE seat SET draft = ? WHERE id = ?", (draft, seat))

    # What a seat says

    def submit(
        self,
        seat: int,
        title: str,
        scenario: str,
        law_digest: str,
        summary: str = "",
        note: str = "",
    ) -> int:
        """Show a scenario to the room; returns the submission's number in the file.

        Args:
            seat: The seat.
            title: The plan in a line.
            scenario: The scenario, TOML.
            law_digest: Digest of all in it that can change a number.
            summary: JSON of its summary, blank if it was not run.
            note: Why, in a few sentences.
        """
        title, note = cleaned(
            Typed(title, "title", LINE),
            Typed(note, "note", NOTE, lines=True, blank=True),
            also=_too_long(scenario=scenario, summary=summary),
        )
        with self.database.writing() as rows:
            workshop = open_workshop_of(rows, seat).id
            (held,) = rows.execute(
                "SELECT COUNT(*) FROM submission WHERE seat = ?", (seat,)
            ).fetchone()
            if held >= SUBMISSIONS:
                raise RoomError(f"submission: this seat has {held}, the most that are kept")
            made = rows.execute(
                "INSERT INTO submission (seat, title, scenario, law_digest, summary, note, time) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (seat, title, scenario, law_digest, summary, note, self.time()),
            )
            self._event(rows, workshop, f"submitted {made.lastrowid}", seat)
            return int(made.lastrowid or 0)

    def submissions(self, workshop: int) -> tuple[Submission, ...]:
        """Return what was submitted, the earliest first."""
        with self.database.reading() as rows:
            found = rows.execute(
                "SELECT submission.id, seat, number, name, title, scenario, law_digest, summary, "
                "note, time FROM submission JOIN seat ON seat.id = submission.seat "
                "WHERE seat.workshop = ? ORDER BY submission.id",
                (workshop,),
            ).fetchall()
        return tuple(Submission(*row) for row in found)

    def believe(self, seat: int, assumption: str, belief: Range) -> None:
        """Keep a seat's belief about an assumption; a later one takes its place in the pool."""
        numbers = (belief.low, belief.likely, belief.high)
        if not all(math.isfinite(number) for number in numbers):
            raise RoomError(f"{assumption}: low, likely and high must be numbers")
        if not (belief.low <= belief.likely <= belief.high and belief.low < belief.high):
            raise RoomError(
                f"{assumption}: {belief.low:g}, {belief.likely:g}, {belief.high:g} is no range; "
                "low must be below high, and likely between them"
            )
        with self.database.writing() as rows:
            if assumption not in open_workshop_of(rows, seat).assumptions:
                raise RoomError(f"{assumption}: the facilitator has not asked about it")
            rows.execute(
                "INSERT INTO belief (seat, assumption, low, likely, high, time) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (seat, assumption, *numbers, self.time()),
            )

    def beliefs(self, workshop: int, assumption: str) -> tuple[Range, ...]:
        """Return the last range of each seat, without names and in order of the ranges."""
        with self.database.reading() as rows:
            found = rows.execute(
                "SELECT belief.seat, low, likely, high FROM belief "
                "JOIN seat ON seat.id = belief.seat "
                "WHERE seat.workshop = ? AND assumption = ? ORDER BY belief.id",
                (workshop, assumption),
            ).fetchall()
        last = {row["seat"]: (row["low"], row["likely"], row["high"]) for row in found}
        return tuple(Range(*numbers) for numbers in sorted(last.values()))

    def own_belief(self, seat: int, assumption: str) -> Range | None:
        """Return what a seat believes, or none."""
        with self.database.reading() as rows:
            found = rows.execute(
                "SELECT low, likely, high FROM belief WHERE seat = ? AND assumption = ? "
                "ORDER BY id DESC LIMIT 1",
                (seat, assumption),
            ).fetchone()
        return None if found is None else Range(*found)

    # Questions, votes, decisions

    def ask(self, workshop: int, text: str, options: Sequence[str]) -> int:
        """Put a question to the room; returns its number in the file."""
        fewest, most = OPTIONS
        also = [] if fewest <= len(options) <= most else [f"options: give {fewest} to {most}"]
        if len({one.strip() for one in options}) < len(options):
            also.append("options: two are the same")
        typed = [Typed(one, f"option {n}", LINE) for n, one in enumerate(options, 1)]
        text, *kept = cleaned(Typed(text, "question", LINE), *typed, also=also)
        with self.database.writing() as rows:
            read_open(rows, workshop)
            (held,) = rows.execute(
                "SELECT COUNT(*) FROM question WHERE workshop = ?", (workshop,)
            ).fetchone()
            if held >= QUESTIONS:
                raise RoomError(f"question: this workshop has {held}, the most that are kept")
            made = rows.execute(
                "INSERT INTO question (workshop, text, options, asked) VALUES (?, ?, ?, ?)",
                (workshop, text, json.dumps(kept), self.time()),
            )
            self._event(rows, workshop, f"asked {made.lastrowid}: {text}")
            return int(made.lastrowid or 0)

    def close_question(self, workshop: int, question: int) -> None:
        """End the votes on a question: from now on the room sees the counts."""
        with self.database.writing() as rows:
            read_open(rows, workshop)
            rows.execute(
                "UPDATE question SET closed = ? WHERE id = ? AND workshop = ? AND closed IS NULL",
                (self.time(), question, workshop),
            )
            self._event(rows, workshop, f"closed question {question}")

    def questions(self, workshop: int) -> tuple[Question, ...]:
        """Return the questions of a workshop, the earliest first, with the counts of votes."""
        with self.database.reading() as rows:
            found = rows.execute(
                "SELECT * FROM question WHERE workshop = ? ORDER BY id", (workshop,)
            ).fetchall()
            votes = [last_votes(rows, row["id"]).values() for row in found]
        return tuple(question_of(row, one) for row, one in zip(found, votes, strict=True))

    def vote(self, seat: int, question: int, option: int) -> None:
        """Keep a seat's choice of an option (counted from 0); a later one takes its place."""
        with self.database.writing() as rows:
            workshop = open_workshop_of(rows, seat)
            found = rows.execute(
                "SELECT options, closed FROM question WHERE id = ? AND workshop = ?",
                (question, workshop.id),
            ).fetchone()
            if found is None or found["closed"] is not None:
                raise RoomError("vote: this question is closed; the facilitator can ask again")
            if not 0 <= option < len(json.loads(found["options"])):
                raise RoomError("vote: the question has no such option; choose one of those shown")
            rows.execute(
                "INSERT INTO vote (question, seat, option, time) VALUES (?, ?, ?, ?)",
                (question, seat, option, self.time()),
            )

    def own_vote(self, seat: int, question: int) -> int | None:
        """Return the option a seat has chosen, or none."""
        with self.database.reading() as rows:
            return last_votes(rows, question).get(seat)

    def votes(self, workshop: int) -> tuple[tuple[int, str, str, str], ...]:
        """Return every vote ever cast: question, name, option, time. For the record only."""
        with self.database.reading() as rows:
            found = rows.execute(
                "SELECT question.id, question.options, seat.name, vote.option, vote.time "
                "FROM vote JOIN question ON question.id = vote.question "
                "JOIN seat ON seat.id = vote.seat WHERE question.workshop = ? ORDER BY vote.id",
                (workshop,),
            ).fetchall()
        return tuple(
            (row["id"], row["name"], json.loads(row["options"])[row["option"]], row["time"])
            for row in found
        )

    def awaits_prediction(self, seat: int) -> bool:
        """Must a seat answer an open question before it sees what the room submitted?

        Only while the room predicts first.
        """
        with self.database.reading() as rows:
            (found,) = rows.execute("SELECT workshop FROM seat WHERE id = ?", (seat,)).fetchone()
            workshop = read_workshop(rows, "id", found)
            if workshop.closed or not workshop.predict_first:
                return False
            asked = rows.execute(
                "SELECT id FROM question WHERE workshop = ? AND closed IS NULL", (workshop.id,)
            ).fetchall()
            return any(seat not in last_votes(rows, row["id"]) for row in asked)

    def decide(self, workshop: int, text: str, who: str, submission: int | None = None) -> int:
        """Write down a decision, who stands for it and which submission supports it."""
        text, who = cleaned(Typed(text, "decision", NOTE, lines=True), Typed(who, "who", LINE))
        with self.database.writing() as rows:
            read_open(rows, workshop)
            known = rows.execute(
                "SELECT 1 FROM submission JOIN seat ON seat.id = submission.seat "
                "WHERE submission.id = ? AND seat.workshop = ?",
                (submission, workshop),
            ).fetchone()
            if submission is not None and known is None:
                raise RoomError(f"submission: this workshop has no submission {submission}")
            made = rows.execute(
                "INSERT INTO decision (workshop, text, who, submission, time) "
                "VALUES (?, ?, ?, ?, ?)",
                (workshop, text, who, submission, self.time()),
            )
            return int(made.lastrowid or 0)

    def decisions(self, workshop: int) -> tuple[Decision, ...]:
        """Return the decisions, the earliest first."""
        with self.database.reading() as rows:
            found = rows.execute(
                "SELECT id, text, who, submission, time FROM decision WHERE workshop = ? "
                "ORDER BY id",
                (workshop,),
            ).fetchall()
        return tuple(Decision(*row) for row in found)

    def events(self, workshop: int) -> tuple[Event, ...]:
        """Return what happened, the earliest first."""
        with self.database.reading() as rows:
            found = rows.execute(
                "SELECT event.time, COALESCE(seat.name, '') AS name, event.what FROM event "
                "LEFT JOIN seat ON seat.id = event.seat WHERE event.workshop = ? ORDER BY event.id",
                (workshop,),
            ).fetchall()
        return tuple(Event(*row) for row in found)

    def pulse(self, workshop: int, *, everything: bool = False) -> int:
        """Return a number that grows with every change a page should show.

        Args:
            workshop: The workshop.
            everything: Also with every seat, vote, belief and guess: the facilitator counts them.
        """
        queries = [_PULSE_EVENTS, _PULSE_DECISIONS]
        if everything:
            queries = [_PULSE_ALL_EVENTS, _PULSE_DECISIONS, _PULSE_VOTES, _PULSE_BELIEFS]
            queries.append(_PULSE_GUESSES)
        with self.database.reading() as rows:
            return sum(rows.execute(one, (workshop,)).fetchone()[0] for one in queries)

    # Shared by the above

    def time(self) -> str:
        """Return the time as it is kept."""
        return self._now().isoformat(timespec="seconds")

    def _event(
        self, rows: sqlite3.Connection, workshop: int, what: str, seat: int | None = None
    ) -> None:
        rows.execute(
            "INSERT INTO event (workshop, time, seat, what) VALUES (?, ?, ?, ?)",
            (workshop, self.time(), seat, what),
        )

    def _change(self, workshop: int, column: str, value: object, words: str) -> None:
        with self.database.writing() as rows:
            read_open(rows, workshop)
            rows.execute(f"UPDATE workshop SET {column} = ? WHERE id = ?", (value, workshop))
            if words:
                self._event(rows, workshop, words)

    def _seat(self, rows: sqlite3.Connection, workshop: int, name: str) -> tuple[Seat, str]:
        (name,) = cleaned(Typed(name, "name", NAME))
        read_open(rows, workshop)
        (taken,) = rows.execute(
            "SELECT COUNT(*) FROM seat WHERE workshop = ?", (workshop,)
        ).fetchone()
        if taken >= SEATS:
            raise RoomError(f"workshop: all {SEATS} seats are taken; open a second workshop")
        secret, time = door.new_secret(), self.time()
        made = rows.execute(
            "INSERT INTO seat (workshop, number, secret, name, joined) VALUES (?, ?, ?, ?, ?)",
            (workshop, taken + 1, door.hashed(secret), name, time),
        )
        seat = Seat(int(made.lastrowid or 0), workshop, taken + 1, name, time, "")
        self._event(rows, workshop, "joined", seat.id)
        return seat, secret


def _not_too_many_open(rows: sqlite3.Connection) -> None:
    (held,) = rows.execute("SELECT COUNT(*) FROM workshop WHERE closed IS NULL").fetchone()
    if held >= OPEN:
        raise RoomError(f"workshop: {held} are open, the most at a time; close one of them")


def _too_many(assumptions: Sequence[str]) -> list[str]:
    if len(assumptions) <= ASSUMPTIONS:
        return []
    return [f"assumptions: {len(assumptions)}; at most {ASSUMPTIONS} can be asked about"]


def _too_long(**texts: str) -> list[str]:
    return [
        f"{what}: {len(text):,} characters; at most {LONGEST:,} are kept"
        for what, text in texts.items()
        if len(text) > LONGEST
    ]
