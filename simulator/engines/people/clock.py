"""The ticks of a month: stage x 4 + step, where a stage's steps are declare, decide, apply."""

from __future__ import annotations

from collections import deque
from typing import Final

import simpy
from simpy.core import EmptySchedule, SimTime
from simpy.events import NORMAL, URGENT, EventPriority

MONTH: Final = 32
"""Ticks of a month."""

TRAINING: Final = 0
ADMISSION: Final = 1
"""Cohorts start: after drop-outs and completions, which leave room with the supervisors."""
POSTS: Final = 4
EXITS: Final = 8
PULLS: Final = 12
"""Posts that pull a colleague declare it."""
MATCH: Final = 13
"""Pulls are matched with colleagues."""
STARTS: Final = 14
"""New people start: after the match, which must see the posts as the stage found them."""
APPROVED: Final = 16
"""Approved vacancies are offered inside or advertised."""
PROMOTIONS: Final = 17
CLOSING: Final = 20
"""Adverts close."""
MARKET: Final = 21
STOCKS: Final = 24
TURN: Final = -1
"""The last tick before a month, at which the calendar turns to it."""


class Agenda(simpy.Environment):
    """A SimPy environment whose events lie in one list for each tick.

    SimPy keeps events in a heap, whose cost grows with the number of people who wait to leave in
    some distant year. Ticks are whole and few, so a list for each does the same in constant time
    and in the same order: time, then urgent before normal, then first come, first served.
    """

    def __init__(self, months: int) -> None:
        """Make an empty agenda for month 0 to ``months``."""
        super().__init__(0)
        self._ticks: list[list[simpy.Event]] = [[] for _ in range((months + 1) * MONTH)]
        self._urgent: deque[simpy.Event] = deque()
        self._today = iter(self._ticks[0])

    def schedule(
        self, event: simpy.Event, priority: EventPriority = NORMAL, delay: SimTime = 0
    ) -> None:
        """Put an event into the list of its tick."""
        if priority == NORMAL:
            self._ticks[self._now + delay].append(event)  # type: ignore[index]
        elif priority == URGENT and not delay:
            self._urgent.append(event)
        else:
            raise ValueError("an urgent event can happen only now")

    def step(self) -> None:
        """Process the next event."""
        event = self._urgent.popleft() if self._urgent else next(self._today, None)
        if event is None:
            self._turn()
            return
        callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
        for callback in callbacks:
            callback(event)
        if not event._ok and not hasattr(event, "_defused"):
            raise event._value

    def _turn(self) -> None:
        now = int(self._now)
        self._ticks[now] = []  # what has happened is no longer needed
        if now + 1 == len(self._ticks):
            raise EmptySchedule
        self._now = now + 1
        self._today = iter(self._ticks[now + 1])
