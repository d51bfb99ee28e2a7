"""Places to choose from, as a person would look for them."""

from __future__ import annotations

from functools import cache
from typing import Final

from simulator.charts.words import month_name, place_name
from simulator.evidence.trusts import Trust, load_trusts, opening_trusts, transfers
from simulator.ui.plan import OPENING, Place

_SMALL: Final = {"and", "of", "the", "for", "on", "upon", "in"}
_LEVEL: Final = {"ics": "care system", "region": "region"}


@cache
def choices() -> dict[str, Place]:
    """Every place by the words it is listed under: trusts, former trusts, care systems, regions.

    A trust is found by its name, code, initials and care system; a trust that has merged leads to
    the one that took it over.
    """
    trusts, aliases = opening_trusts(OPENING)
    found: dict[str, Place] = {}
    for one in sorted(trusts, key=lambda trust: trust.name):
        name = place_name("trust", one.code)
        found[_open(name, one.code, trusts)] = Place("trust", one.code)
    names = {one.code: one.name for one in load_trusts()}
    for old, new in sorted(aliases.items(), key=lambda pair: names[pair[0]]):
        name = place_name("trust", old)
        words = f"{name} ({old}, {initials(name)}), now {place_name('trust', new)} ({new})"
        found[words] = Place("trust", new)
    for month, old, new in transfers(OPENING):
        name = place_name("trust", old)
        del found[_open(name, old, trusts)]
        words = f"{name} ({old}, {initials(name)}), merges in {month_name(month)} into "
        found[words + f"{place_name('trust', new)} ({new})"] = Place("trust", new)
    for level, key in (("ics", "ics_code"), ("region", "region_code")):
        for code in sorted(
            {getattr(one, key) for one in trusts}, key=lambda c: place_name(level, c)
        ):
            found[f"{place_name(level, code)} ({code}), {_LEVEL[level]}"] = Place(level, code)
    found["England, all trusts"] = Place("england", "ENG")
    return found


def _open(name: str, code: str, trusts: tuple[Trust, ...]) -> str:
    system = next(one.ics for one in trusts if one.code == code)
    return f"{name} ({code}, {initials(name)}), {system}"


def initials(name: str) -> str:
    """Initials of a name, as trusts are often called: Cambridge University Hospitals is CUH."""
    return "".join(
        word[0] for word in name.split() if word.lower() not in _SMALL and word[0].isalpha()
    )


def label(place: Place) -> str:
    """The words a place is listed under."""
    return next(words for words, one in choices().items() if one == place)
