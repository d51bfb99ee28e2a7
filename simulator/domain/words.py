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
    FROZEN = 5


class Channel(IntEnum):
    """Where the person who fills a vacancy comes from, once a start is agreed."""

    NONE = 0
    MOVE = 1
    GRADUATE = 2
    EXPERIENCED = 3
    RETURNING = 4
    INTERNATIONAL = 5
    CONVERTED = 6


class Stock(IntEnum):
    """Month-end stocks of a cell, in posts or people; FTE in hundredths.

    ``STEP_1_FTE`` and ``STEP_2_FTE`` are the parts of ``IN_POST_FTE`` at the second and the third
    pay point of the band; the rest is at the first.
    """

    POSTS = 0
    HEADCOUNT = 1
    VACANT = 2
    APPROVAL = 3
    ADVERT = 4
    AGREED = 5
    FUNDED_FTE = 6
    IN_POST_FTE = 7
    FROZEN = 8
    STEP_1_FTE = 9
    STEP_2_FTE = 10


class Flow(IntEnum):
    """Flows of a cell over a month, in posts or people.

    ``JOINED_CONVERTED`` is a clinician who has trained for the post, ``JOINED_RETURNING`` somebody
    who comes back after a career break, ``JOINED_OUTSIDE`` a colleague from a trust of the region
    that is not modelled. ``BREAK`` leaves for a career break. ``VACANCIES`` counts the starts of
    vacancies, of opened as well as vacated posts.
    """

    JOINED_EXPERIENCED = 0
    JOINED_GRADUATE = 1
    JOINED_CONVERTED = 2
    JOINED_RETURNING = 3
    JOINED_INTERNATIONAL = 4
    JOINED_OUTSIDE = 5
    MOVED_IN = 6
    PROMOTED_IN = 7
    LEFT = 8
    BREAK = 9
    RETIRED = 10
    MOVED_OUT = 11
    PROMOTED_OUT = 12
    VACANCIES = 13
    OPENED = 14
    WITHDRAWN = 15
    ROUNDS_FAILED = 16


PEOPLE_IN: Final = (
    Flow.JOINED_EXPERIENCED,
    Flow.JOINED_GRADUATE,
    Flow.JOINED_CONVERTED,
    Flow.JOINED_RETURNING,
    Flow.JOINED_INTERNATIONAL,
    Flow.JOINED_OUTSIDE,
    Flow.MOVED_IN,
    Flow.PROMOTED_IN,
)
PEOPLE_OUT: Final = (
    Flow.LEFT,
    Flow.BREAK,
    Flow.RETIRED,
    Flow.MOVED_OUT,
    Flow.PROMOTED_OUT,
)
JOINED_BY: Final = {
    Channel.EXPERIENCED: Flow.JOINED_EXPERIENCED,
    Channel.GRADUATE: Flow.JOINED_GRADUATE,
    Channel.CONVERTED: Flow.JOINED_CONVERTED,
    Channel.RETURNING: Flow.JOINED_RETURNING,
    Channel.INTERNATIONAL: Flow.JOINED_INTERNATIONAL,
}
"""Flow of somebody who joins out of a pool; a move may come from inside or outside."""


class TrainingStock(IntEnum):
    """Month-end stocks of a pathway line, in people."""

    ENROLLED = 0
    WAITING = 1


class TrainingFlow(IntEnum):
    """Flows of a pathway line over a month, in people.

    ``SOUGHT`` counts the completers who look for an NHS trust post, ``TURNED_AWAY`` places that
    were offered but could not start for want of a supervisor.
    """

    STARTED = 0
    DROPPED_OUT = 1
    COMPLETED = 2
    SOUGHT = 3
    HIRED = 4
    GAVE_UP = 5
    TURNED_AWAY = 6


class PoolStock(IntEnum):
    """Month-end stocks of a pool, in people.

    The first three look for a post; ``ON_BREAK`` have left for a career break and do not.
    """

    EXPERIENCED = 0
    RETURNING = 1
    INTERNATIONAL = 2
    ON_BREAK = 3


CANDIDATES: Final = (PoolStock.EXPERIENCED, PoolStock.RETURNING, PoolStock.INTERNATIONAL)
"""Stocks of a pool that fill adverts."""


class PoolFlow(IntEnum):
    """Flows of a pool over a month, in people.

    ``RETURNED`` end their break and look for a post, ``FORGOTTEN`` never come back. Hired people
    have agreed a start.
    """

    BREAKS = 0
    RETURNED = 1
    FORGOTTEN = 2
    HIRED_EXPERIENCED = 3
    HIRED_RETURNING = 4
    HIRED_INTERNATIONAL = 5


class Money(IntEnum):
    """What a year costs, in pounds at the prices of one stated year.

    ``PAY`` is basic pay with London supplements; ``TRUST_COST`` adds what the employer pays in
    National Insurance, pension and levy; ``NHS_COST`` also the part of the pension that is paid
    centrally; ``COVER`` is bank, agency and contractor staff on vacant posts; ``LEVERS`` what the
    scenario's levers cost, other than in pay; ``DONORS`` a year's cost to the trust of the posts
    that converted clinicians left in their profession, which loses them.
    """

    PAY = 0
    TRUST_COST = 1
    NHS_COST = 2
    COVER = 3
    LEVERS = 4
    DONORS = 5


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
    JOINED_CONVERTED = 10
    JOINED_RETURNING = 11
    JOINED_INTERNATIONAL = 12
    BREAK = 13


EVENT_FLOWS: Final = (
    *PEOPLE_IN,
    Flow.LEFT,
    Flow.BREAK,
    Flow.RETIRED,
    Flow.VACANCIES,
)
"""Flows that count as events in benchmarks, with :attr:`TrainingFlow.COMPLETED`: one joining,
leaving, move, promotion, completion or start of a vacancy, nothing else."""
