"""One SQLite file, safe on network drives, in which nothing that was acknowledged is lost."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from simulator.ui.room.words import RoomError

FOLDER_VARIABLE: Final = "WORKFORCE_WORKSHOPS"
"""Environment variable that names the folder of workshops, set by ``workforce app``."""
FILE: Final = "workshops.sqlite"
VERSION: Final = 2
"""Version of the tables; a file of another version is refused, not guessed at."""
PATIENCE: Final = 20.0
"""Seconds a write waits for others before it gives up."""
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_APPEND_ONLY: Final = ("submission", "belief", "vote", "decision", "event", "guess")
_TABLES: Final = """
CREATE TABLE workshop (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    secret TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    opened TEXT NOT NULL,
    closed TEXT,
    step TEXT NOT NULL,
    predict_first INTEGER NOT NULL,
    uploads INTEGER NOT NULL,
    assumptions TEXT NOT NULL
) STRICT;
CREATE TABLE seat (
    id INTEGER PRIMARY KEY,
    workshop INTEGER NOT NULL REFERENCES workshop,
    number INTEGER NOT NULL,
    secret TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    joined TEXT NOT NULL,
    draft TEXT NOT NULL DEFAULT '',
    UNIQUE (workshop, number)
) STRICT;
CREATE TABLE submission (
    id INTEGER PRIMARY KEY,
    seat INTEGER NOT NULL REFERENCES seat,
    title TEXT NOT NULL,
    scenario TEXT NOT NULL,
    law_digest TEXT NOT NULL,
    summary TEXT NOT NULL,
    note TEXT NOT NULL,
    time TEXT NOT NULL
) STRICT;
CREATE TABLE belief (
    id INTEGER PRIMARY KEY,
    seat INTEGER NOT NULL REFERENCES seat,
    assumption TEXT NOT NULL,
    low REAL NOT NULL,
    likely REAL NOT NULL,
    high REAL NOT NULL,
    time TEXT NOT NULL
) STRICT;
CREATE TABLE question (
    id INTEGER PRIMARY KEY,
    workshop INTEGER NOT NULL REFERENCES workshop,
    text TEXT NOT NULL,
    options TEXT NOT NULL,
    asked TEXT NOT NULL,
    closed TEXT
) STRICT;
CREATE TABLE vote (
    id INTEGER PRIMARY KEY,
    question INTEGER NOT NULL REFERENCES question,
    seat INTEGER NOT NULL REFERENCES seat,
    option INTEGER NOT NULL,
    time TEXT NOT NULL
) STRICT;
CREATE TABLE decision (
    id INTEGER PRIMARY KEY,
    workshop INTEGER NOT NULL REFERENCES workshop,
    text TEXT NOT NULL,
    who TEXT NOT NULL,
    submission INTEGER REFERENCES submission,
    time TEXT NOT NULL
) STRICT;
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    workshop INTEGER NOT NULL REFERENCES workshop,
    time TEXT NOT NULL,
    seat INTEGER REFERENCES seat,
    what TEXT NOT NULL
) STRICT;
CREATE TABLE guess (
    id INTEGER PRIMARY KEY,
    seat INTEGER NOT NULL REFERENCES seat,
    place TEXT NOT NULL,
    value REAL NOT NULL,
    mean REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    time TEXT NOT NULL
) STRICT;
CREATE TABLE failure (who TEXT NOT NULL, at REAL NOT NULL) STRICT;
CREATE INDEX failure_of ON failure (who, at);
CREATE INDEX seat_of ON seat (workshop);
CREATE INDEX submission_of ON submission (seat);
CREATE INDEX vote_of ON vote (question, seat);
CREATE INDEX belief_of ON belief (seat, assumption);
CREATE INDEX event_of ON event (workshop);
CREATE INDEX guess_of ON guess (seat, place);
"""


def workshops_folder() -> Path:
    """Return the folder of workshops: the one chosen, or one in the user's data folder."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = home / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return data / "workforce" / "workshops"


class Database:
    """The file, opened anew for each transaction, so that threads and processes share it safely."""

    def __init__(self, folder: Path) -> None:
        """Open the file in a folder, and make both if they are not there.

        Raises:
            RoomError: If the folder cannot be written, or the file is not a file of workshops.
        """
        self.path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            words = f"{folder}: cannot be made ({error.strerror}); choose a folder you can write to"
            raise RoomError(words) from error
        with self.reading() as rows:
            version = _version(rows)
        if version == 0:
            with self.writing() as rows:
                version = _version(rows) or _make_tables(rows)
        if version != VERSION:
            raise RoomError(
                f"{self.path}: made by another version of this program (tables {version}, "
                f"here {VERSION}); choose another folder or that version"
            )

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside a write transaction, which is kept whole or not at all.

        Raises:
            RoomError: If others hold the file for longer than :data:`PATIENCE`, or it is damaged.
        """
        with self._transaction("BEGIN IMMEDIATE") as rows:
            yield rows

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that sees one state of the file; errors as :meth:`writing`."""
        with self._transaction("BEGIN") as rows:
            yield rows

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            rows = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            try:
                _begin(rows, begin)
                try:
                    yield rows
                except BaseException:
                    if rows.in_transaction:
                        rows.execute("ROLLBACK")
                    raise
                _insist(rows, "COMMIT")
            finally:
                rows.close()
        except sqlite3.Error as error:
            raise RoomError(_in_words(self.path, error)) from error


def _begin(rows: sqlite3.Connection, begin: str) -> None:
    rows.row_factory = sqlite3.Row
    rows.execute("PRAGMA foreign_keys = ON")
    rows.execute(
        "PRAGMA secure_delete = ON"
    )  # a name that is forgotten leaves no trace in the file
    # A write-ahead log needs shared memory, which network drives do not have. EXTRA is FULL and
    # also makes sure that the journal's end reaches the disk: without it a power cut can undo what
    # was acknowledged a moment before.
    _insist(rows, "PRAGMA journal_mode = DELETE")
    rows.execute("PRAGMA synchronous = EXTRA")
    _insist(rows, begin)


def _insist(rows: sqlite3.Connection, statement: str) -> None:
    """Run a statement again while others hold the file; SQLite does not always wait by itself."""
    until = time.monotonic() + PATIENCE
    pause = 0.005
    while True:
        try:
            rows.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if _code(error) not in _BUSY or time.monotonic() > until:
                raise
        time.sleep(pause)
        pause = min(2 * pause, 0.2)


def _make_tables(rows: sqlite3.Connection) -> int:
    # executescript would end the transaction; two processes may come here at once.
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            rows.execute(statement)
    for table in _APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            rows.execute(
                f"CREATE TRIGGER {table}_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the history of a workshop is not changed'); END"
            )
    rows.execute(f"PRAGMA user_version = {VERSION}")
    return VERSION


def _version(rows: sqlite3.Connection) -> int:
    return int(rows.execute("PRAGMA user_version").fetchone()[0])


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's basic error code; the module's own errors have none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _in_words(path: Path, error: sqlite3.Error) -> str:
    if _code(error) in _BUSY:
        return f"{path}: held by another program for {PATIENCE:.0f} s; nothing was kept, try again"
    if _code(error) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return f"{path}: not a file of workshops, or damaged; move it away or choose another folder"
    return f"{path}: cannot be used ({error}); check the folder, its rights and the space left"
