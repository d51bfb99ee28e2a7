"""Words for readers: names of places and groups, months, and numbers rounded to what they can bear.

Free of charting libraries, so that the command line can use it too.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final

from simulator.domain.words import GROUP_NAMES

GROUP_WORDS: Final = {**GROUP_NAMES, "digital": "Digital and IT", "all": "All groups"}
"""Names of staff groups, short enough for a column."""
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_ENDINGS: Final = (" NHS Foundation Trust", " NHS Trust", " Foundation Trust")


@cache
def place_name(level: str, code: str) -> str:
    """Name of a place for a reader; its code if the list of trusts has no such place."""
    from simulator.evidence.trusts import load_trusts

    if level == "england":
        return "England"
    for trust in load_trusts():
        names = {
            "trust": (trust.code, trust.name),
            "ics": (trust.ics_code, trust.ics),
            "region": (trust.region_code, trust.region),
        }
        found, name = names[level]
        if found == code:
            return _without_ending(name)
    return code


def _without_ending(name: str) -> str:
    for ending in _ENDINGS:
        if name.endswith(ending):
            return name.removesuffix(ending)
    return name


def month_name(month: str) -> str:
    """``2026-03`` as ``March 2026``."""
    return f"{_MONTHS[int(month[5:7]) - 1]} {month[:4]}"


def rounded(value: float) -> str:
    """A number as text, to the digits a simulation can bear: three or so.

    Whole up to 1,000, to the nearest 10 up to 10,000, to the nearest 100 above.
    """
    if not math.isfinite(value):
        return "unknown"
    size = abs(value)
    step = 1 if size < 1_000 else 10 if size < 10_000 else 100
    whole = round(value / step) * step
    return f"{whole:,}" if whole else "0"


def percent(share: float, places: int = 0) -> str:
    """A share as a percentage."""
    return f"{100 * share:.{places}f} %" if math.isfinite(share) else "unknown"
