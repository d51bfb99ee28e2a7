"""The project's fixed vocabulary: staff groups, bands, band ranges, post states, flows.

One word has one meaning; ``docs/glossary.md`` explains each to a reader.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

GROUPS: Final = ("clinical", "data", "digital")
GROUP_NAMES: Final = {
    "clinical": "Clinical informatics",
    "data": "Data and analytics",
    "digital": "Digital and information technology",
}
BANDS: Final = ("2", "3", "4", "5", "6", "7", "8a", "8b", "8c", "8d", "9")
"""Agenda for Change bands in ladder order; band 1 is closed and counted in band 2."""
BAND_RANGES: Final = ("entry", "middle", "senior")
BAND_RANGE_OF: Final = {
    **dict.fromkeys(("2", "3", "4", "5"), "entry"),
    **dict.fromkeys(("6", "7"), "middle"),
    **dict.fromkeys(("8a", "8b", "8c", "8d", "9"), "senior"),
}


class Phase(IntEnum):
    """State of a post."""

    ABSENT = 0
    FILLED = 1
    APPROVAL = 2
    ADVERT = 3
    AGREED = 4


class Channel(IntEnum):
    """Where the person who fills a vacancy comes from, once a start is agreed."""

    NONE = 0
    MOVE = 1
    GRADUATE = 2
    EXPERIENCED = 3


class Stock(IntEnum):
    """Month-end stocks of a cell, in posts or people; FTE in hundredths."""

    POSTS = 0
    HEADCOUNT = 1
    VACANT = 2
    APPROVAL = 3
    ADVERT = 4
    AGREED = 5
    FUNDED_FTE = 6
    IN_POST_FTE = 7


class Flow(IntEnum):
    """Flows of a cell over a month, in posts or people.

    ``JOINED_OUTSIDE`` is a colleague from a trust of the region that is not modelled.
    ``VACANCIES`` counts the starts of vacancies, of opened as well as vacated posts.
    """

    JOINED_EXPERIENCED = 0
    JOINED_GRADUATE = 1
    JOINED_OUTSIDE = 2
    MOVED_IN = 3
    PROMOTED_IN = 4
    LEFT = 5
    RETIRED = 6
    MOVED_OUT = 7
    PROMOTED_OUT = 8
    VACANCIES = 9
    OPENED = 10
    WITHDRAWN = 11
    ROUNDS_FAILED = 12


PEOPLE_IN: Final = (
    Flow.JOINED_EXPERIENCED,
    Flow.JOINED_GRADUATE,
    Flow.JOINED_OUTSIDE,
    Flow.MOVED_IN,
    Flow.PROMOTED_IN,
)
PEOPLE_OUT: Final = (Flow.LEFT, Flow.RETIRED, Flow.MOVED_OUT, Flow.PROMOTED_OUT)


class TrainingStock(IntEnum):
    """Month-end stocks of a pathway line, in people."""

    ENROLLED = 0
    WAITING = 1


class TrainingFlow(IntEnum):
    """Flows of a pathway line over a month, in people.

    ``SOUGHT`` counts the completers who look for an NHS trust post.
    """

    STARTED = 0
    DROPPED_OUT = 1
    COMPLETED = 2
    SOUGHT = 3
    HIRED = 4
    GAVE_UP = 5


class PoolStock(IntEnum):
    """Month-end stocks of a pool, in people."""

    EXPERIENCED = 0


class How(IntEnum):
    """How a spell began or ended, in the spell log."""

    OPENING = 0
    JOINED_EXPERIENCED = 1
    JOINED_GRADUATE = 2
    JOINED_OUTSIDE = 3
    MOVED = 4
    PROMOTED = 5
    LEFT = 6
    RETIRED = 7
    MOVED_OUT = 8
    STILL_IN_POST = 9


EVENT_FLOWS: Final = (
    Flow.JOINED_EXPERIENCED,
    Flow.JOINED_GRADUATE,
    Flow.JOINED_OUTSIDE,
    Flow.MOVED_IN,
    Flow.PROMOTED_IN,
    Flow.LEFT,
    Flow.RETIRED,
    Flow.VACANCIES,
)
"""Flows that count as events in benchmarks, with :attr:`TrainingFlow.COMPLETED`: one joining,
leaving, move, promotion, completion or start of a vacancy, nothing else."""
