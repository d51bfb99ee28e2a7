"""A plan as the query of a link: place and levers in words, what else differs packed in one word.

For example ``?place=trust-RGT&retention_offer=10@2027-04&freeze=50@2027-04x12``. Own numbers and
changed assumptions follow as ``more=...``, compressed, with the version that made them.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from simulator.evidence.trusts import opening_trusts, transfers
from simulator.experiments.run import code_version
from simulator.scenario import OwnNumbers, ParameterOverride
from simulator.scenario.dates import is_month, month_after
from simulator.scenario.numbers import RUN_PARAMETERS
from simulator.ui.dials import DIALS, offered
from simulator.ui.plan import MONTHS, OPENING, Choice, Place, Plan

LONGEST: Final = 2048
"""Characters of a query; longer links are cut by some mail programs."""
_UNPACKED: Final = 40_000
"""Bytes that a link may unpack to."""
_FILE: Final = "file"
"""Stands for what is too much for a link."""
_CHOICE: Final = re.compile(r"(-?\d{1,3})@(\d{4}-\d{2})(?:x(\d{1,3}))?", re.ASCII)
SEND_FILE: Final = (
    "The link holds the place and the levers, but not all own numbers and assumptions: send the "
    "scenario's file instead."
)


class _Packed(BaseModel):
    """What a link holds besides place and levers."""

    model_config = ConfigDict(extra="forbid", strict=True)

    version: str = Field(max_length=40)
    own: tuple[OwnNumbers, ...] = ()
    assumed: dict[str, ParameterOverride] = {}
    tables: int = 0


def to_link(plan: Plan) -> dict[str, str]:
    """The query of a plan."""
    found = {"place": f"{plan.place.level}-{plan.place.code}"}
    for one in plan.choices:
        lasts = "" if one.lasts is None else f"x{one.lasts}"
        found[one.kind] = f"{one.amount}@{one.start}{lasts}"
    if plan.own or plan.assumed or plan.tables:
        more = {**found, "more": _pack(plan)}
        fits = len(urlencode({**more, "model": code_version()})) <= LONGEST
        return more if fits else {**found, "more": _FILE}
    return found


def address(plan: Plan) -> dict[str, str]:
    """The query that stands in the address bar: the plan, and the version that is shown."""
    return {**to_link(plan), "model": code_version()}


def complete(plan: Plan) -> bool:
    """Does the link of a plan hold all of it?"""
    return not plan.tables and to_link(plan).get("more") != _FILE


def from_link(query: Mapping[str, str]) -> tuple[Plan | None, tuple[str, ...]]:
    """The plan of a query, and what in it could not be used, in words."""
    place = _place(query.get("place", ""))
    if place is None:
        unknown = "The link names no place that is known; choose one below."
        return None, (unknown,) if "place" in query else ()
    told = _versions(query["model"]) if "model" in query else []
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
    plan = Plan(place, tuple(choices))
    if "more" not in query:
        return plan, tuple(told)
    plan, more = _with_more(plan, query["more"])
    return plan, tuple(dict.fromkeys((*told, *more)))


def _pack(plan: Plan) -> str:
    packed = _Packed(
        version=code_version(), own=plan.own, assumed=dict(plan.assumed), tables=len(plan.tables)
    )
    text = packed.model_dump_json(exclude_none=True, by_alias=True)
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def _versions(made: str) -> list[str]:
    """What to say of the version a link was made with."""
    now = code_version()
    if made == now:
        return []
    return [
        f"The link was made with version {made[:40]} of the model, this is {now}: numbers may "
        "differ."
    ]


def _with_more(plan: Plan, text: str) -> tuple[Plan, list[str]]:
    """A plan with what a link packs, and what of that could not be used."""
    if text == _FILE:
        words = "Own numbers and assumptions were too much for this link; ask for the file."
        return plan, [words]
    packed = _unpacked(text)
    if packed is None:
        words = "The link's own numbers and assumptions cannot be read and are left out."
        return plan, [words]
    told = _versions(packed.version)
    if packed.tables:
        told.append("A table of posts was loaded where the link was made; links hold none.")
    own = tuple(one for one in packed.own if plan.place.holds(one.trust))
    assumed = {name: one for name, one in packed.assumed.items() if name in RUN_PARAMETERS}
    if len(own) < len(packed.own) or len(assumed) < len(packed.assumed):
        told.append("The link has numbers of other places or unknown ones; they are left out.")
    return replace(plan, own=own, assumed=tuple(sorted(assumed.items()))), told


def _unpacked(text: str) -> _Packed | None:
    """What a link packs, or none if it is not sound: zlib's own check tells of damage."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        inflater = zlib.decompressobj()
        content = inflater.decompress(raw, _UNPACKED)
        return _Packed.model_validate_json(content) if inflater.eof else None
    except (ValueError, zlib.error):  # pydantic's and base64's errors are values'
        return None


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
