"""A plan as the query of a link that people can read.

For example ``?place=trust-RGT&retention_offer=10@2027-04&freeze=50@2027-04x12``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from simulator.evidence.trusts import opening_trusts, transfers
from simulator.scenario.dates import is_month, month_after
from simulator.ui.dials import DIALS, offered
from simulator.ui.plan import MONTHS, OPENING, Choice, Place, Plan

_CHOICE: Final = re.compile(r"(-?\d{1,3})@(\d{4}-\d{2})(?:x(\d{1,3}))?")


def to_link(plan: Plan) -> dict[str, str]:
    """The query of a plan."""
    found = {"place": f"{plan.place.level}-{plan.place.code}"}
    for one in plan.choices:
        lasts = "" if one.lasts is None else f"x{one.lasts}"
        found[one.kind] = f"{one.amount}@{one.start}{lasts}"
    return found


def from_link(query: Mapping[str, str]) -> tuple[Plan | None, tuple[str, ...]]:
    """The plan of a query, and what in it could not be used, in words."""
    place = _place(query.get("place", ""))
    if place is None:
        unknown = "The link names no place that is known; choose one below."
        return None, (unknown,) if "place" in query else ()
    told: list[str] = []
    choices: list[Choice] = []
    for kind in DIALS:
        if kind not in query:
            continue
        choice = _choice(kind, query[kind], place)
        if choice is None:
            told.append(
                f"The link's setting of {DIALS[kind].label} cannot be used and is left out."
            )
        else:
            choices.append(choice)
    return Plan(place, tuple(choices)), tuple(told)


def _place(text: str) -> Place | None:
    level, _, code = text.partition("-")
    trusts, aliases = opening_trusts(OPENING)
    if level == "trust":
        code = {**aliases, **{old: new for _, old, new in transfers(OPENING)}}.get(code, code)
    codes = {
        "trust": {one.code for one in trusts},
        "ics": {one.ics_code for one in trusts},
        "region": {one.region_code for one in trusts},
        "england": {"ENG"},
    }
    return Place(level, code) if code in codes.get(level, ()) else None


def _choice(kind: str, text: str, place: Place) -> Choice | None:
    found, dial = _CHOICE.fullmatch(text), DIALS[kind]
    if found is None or kind not in offered(place.level):
        return None
    amount, start = int(found[1]), found[2]
    if not (dial.least <= amount <= dial.most and amount and is_month(start)):
        return None
    if not OPENING < start <= month_after(OPENING, MONTHS):
        return None
    lasts = int(found[3]) if found[3] else dial.lasts
    if (lasts is None) != (dial.lasts is None) or lasts == 0:
        return None
    return Choice(kind, amount, start, lasts)
