"""Codes and secrets: how people come into a room, and how guessing is slowed down.

A code is short, because it is read out; a failed try is kept, and tries become slower. A link holds
a secret that cannot be guessed, and is never slowed down: whoever has a seat gets back to it.
"""

from __future__ import annotations

import math
import secrets
import sqlite3
from hashlib import sha256
from typing import Final

ALPHABET: Final = "BCDFGHJKMNPQRSTVWXYZ23456789"
"""No vowels (no words), and nothing that is misread on a projector: 0, O, 1, I, L."""
LENGTH: Final = 6
"""28 to the sixth: 482 million codes."""
EVERYBODY: Final = "everybody"
_FREE: Final = {"session": (5, 60.0), "address": (30, 60.0), EVERYBODY: (200, 30.0)}
"""Failed tries of the last hour before a wait, and the longest wait in seconds. A whole room may
share one address; tries of everybody together wait too, so many addresses gain nothing."""
_HOUR: Final = 3_600.0


def new_code() -> str:
    """Return a code for a room."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def new_secret() -> str:
    """Return a secret for a link: 256 bits, in letters a link may hold."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """Return what is kept of a secret. One pass is enough: 256 random bits cannot be tried out."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def read_code(typed: str) -> str:
    """Return a code as it is kept: capitals, without the spaces and hyphens people put in."""
    return "".join(char for char in typed.upper() if char.isalnum())


def wait_before(rows: sqlite3.Connection, who: tuple[str, ...], now: float) -> int:
    """Return the seconds before the next try; 0 if it may be made now.

    Args:
        rows: A connection.
        who: From :func:`visitors`.
        now: Seconds since the epoch.
    """
    waits = [0.0]
    for one in who:
        free, longest = _FREE[one.partition(":")[0]]
        count, last = rows.execute(
            "SELECT COUNT(*), MAX(at) FROM failure WHERE who = ? AND at > ?", (one, now - _HOUR)
        ).fetchone()
        if count >= free:
            waits.append(last + min(2.0 ** min(count - free, 16), longest) - now)
    return math.ceil(max(waits))


def note_failure(rows: sqlite3.Connection, who: tuple[str, ...], now: float) -> None:
    """Keep a failed try, and forget those that no longer count."""
    rows.execute("DELETE FROM failure WHERE at <= ?", (now - _HOUR,))
    rows.executemany("INSERT INTO failure VALUES (?, ?)", [(one, now) for one in who])


def visitors(address: str | None, session: str) -> tuple[str, ...]:
    """Return the names under which a visitor's failed tries are kept; the address is hashed.

    Args:
        address: Network address, if known.
        session: The visitor's session.
    """
    own = (f"session:{hashed(session)}", *((f"address:{hashed(address)}",) if address else ()))
    return (*own, EVERYBODY)
