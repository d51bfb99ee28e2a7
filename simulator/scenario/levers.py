"""Levers: what goes with what, when, and whether the scenario holds what they reach."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simulator.scenario.dates import month_after, months_between
from simulator.scenario.geography import Geography
from simulator.scenario.problems import Problem
from simulator.scenario.reader import Layered
from simulator.scenario.schema import MAX_COUNT, MAX_MULTIPLIER, REACHES, Lever, Programme, Rest

TRAINING: Final = frozenset({"places", "applicants"})
REGIONAL: Final = TRAINING | {"supply", "returning", "international", "supervision"}
"""Targets that belong to a region, not to a trust."""
SHARES: Final = frozenset({"frozen", "pooling"})
"""Targets that are set to a share."""
OF_PROGRAMMES: Final = frozenset({"programme_delay", "programme_scale"})
LONGEST_DELAY: Final = 120
OPERATIONS: Final = {
    "places": ("multiply", "add", "set"),
    "applicants": ("multiply", "add"),
    "frozen": ("set",),
    "pooling": ("set",),
    "programme_delay": ("add",),
}
"""Operations of the targets that are not simply multiplied."""

Wrong = tuple[str, object, str]
"""Key of the lever, the value there and what is wrong."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What levers are checked against; a part that is unsound itself is none.

    Attributes:
        opening: Opening month.
        months: Months simulated.
        rest: How the rest of England enters.
        geography: Trusts at the opening.
        modelled: Codes of the trusts simulated.
        census: Codes of the trusts in the census.
        pathways: Ids of the training pathways.
        programmes: Ids of the scenario's programmes.
        kinds: Kinds of lever in the catalogue.
        whole: Is the place more than single trusts.
    """

    opening: str | None
    months: int | None
    rest: Rest | None
    geography: Geography | None
    modelled: frozenset[str] | None
    census: frozenset[str] | None
    pathways: frozenset[str]
    programmes: frozenset[str]
    kinds: frozenset[str]
    whole: bool


def check_levers(
    layered: Layered, levers: tuple[Lever, ...], numbers: tuple[int, ...], setting: Setting
) -> list[Problem]:
    """Check every lever.

    Args:
        layered: The merged scenario.
        levers: The levers of sound shape.
        numbers: Place of each among all levers.
        setting: What they are checked against.
    """
    problems: list[Problem] = []
    seen: set[str] = set()
    for number, lever in zip(numbers, levers, strict=True):
        wrongs = [*_value(lever), *_time(lever, setting), *_reach(lever, setting)]
        if lever.id in seen:
            wrongs.append(("id", lever.id, "another lever has this id; each needs its own"))
        seen.add(lever.id)
        for key, value, words in wrongs:
            path = ("lever", number, key)
            problems.append(layered.problem(path, value, f"{words} (lever {lever.id})"))
    return problems


def _value(lever: Lever) -> Iterator[Wrong]:
    allowed = OPERATIONS.get(lever.target, ("multiply",))
    if lever.operation not in allowed:
        words = f"{lever.target} takes {' or '.join(allowed)}"
        yield "operation", lever.operation, words
        return
    if lever.operation == "multiply" and not 0 <= lever.value <= MAX_MULTIPLIER:
        words = f"a multiplier is between 0 and {MAX_MULTIPLIER:g}; 10 % less is written 0.9"
        yield "value", lever.value, words
    if lever.target in SHARES and not 0 <= lever.value <= 1:
        yield "value", lever.value, "a share is between 0 and 1; 30 % is written 0.3"
    if lever.target == "programme_delay":
        if not (float(lever.value).is_integer() and abs(lever.value) <= LONGEST_DELAY):
            words = f"a delay is a whole number of months, at most {LONGEST_DELAY}"
            yield "value", lever.value, words
    elif lever.target in TRAINING:
        yield from _people(lever)


def _people(lever: Lever) -> Iterator[Wrong]:
    if lever.operation == "set" and not 0 <= lever.value <= MAX_COUNT:
        yield "value", lever.value, f"places a year are between 0 and {MAX_COUNT:,.0f}"
    if lever.operation == "add" and abs(lever.value) > MAX_COUNT:
        yield "value", lever.value, f"people a year are between 0 and {MAX_COUNT:,.0f}"


def _time(lever: Lever, setting: Setting) -> Iterator[Wrong]:
    if setting.opening is not None and setting.months is not None:
        last = month_after(setting.opening, setting.months)
        if not setting.opening <= lever.start <= last:
            words = f"outside the horizon; give a month from {setting.opening} to {last}"
            yield "start", lever.start, words
    if lever.end is None:
        return
    if lever.end < lever.start:
        yield "end", lever.end, f"before the start {lever.start}; give a later month"
    elif lever.ramp_months > months_between(lever.start, lever.end):
        words = f"the lever ends in {lever.end}, before it has its full value; shorten the ramp"
        yield "ramp_months", lever.ramp_months, words


def _reach(lever: Lever, setting: Setting) -> Iterator[Wrong]:
    kinds = [kind for kind in REACHES if getattr(lever, kind) is not None]
    if len(kinds) > 1:
        words = f"name one of {', '.join(REACHES)}; here are {' and '.join(kinds)}"
        yield kinds[1], getattr(lever, kinds[1]), words
    yield from _regional(lever, setting)
    yield from _pathways(lever, setting)
    yield from _named(lever, setting)
    for kind in kinds:
        yield from _codes(kind, getattr(lever, kind), setting)


def _regional(lever: Lever, setting: Setting) -> Iterator[Wrong]:
    if lever.target not in REGIONAL:
        return
    for kind in ("trusts", "ics"):
        if getattr(lever, kind) is not None:
            words = f"{lever.target} belongs to a region; reach it by regions"
            yield kind, getattr(lever, kind), words
    if setting.rest == "baseline":
        words = (
            f'it would change nothing: with rest = "baseline" {lever.target} outside the place '
            'is replayed; use rest = "coupled" or England'
        )
        yield "target", lever.target, words


def _pathways(lever: Lever, setting: Setting) -> Iterator[Wrong]:
    if lever.pathways is None:
        return
    if lever.target not in TRAINING:
        words = f"pathways go with places or applicants, not with {lever.target}"
        yield "pathways", lever.pathways, words
    for name in lever.pathways:
        if setting.pathways and name not in setting.pathways:
            near = difflib.get_close_matches(name, sorted(setting.pathways), n=2)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            known = f"; known: {', '.join(sorted(setting.pathways)[:4])}, ..."
            yield "pathways", name, f"no such training pathway{hint or known}"


def _named(lever: Lever, setting: Setting) -> Iterator[Wrong]:
    """Check names of programmes, the kind in the catalogue, and pooling's reach."""
    if lever.target not in OF_PROGRAMMES and lever.programmes is not None:
        words = f"programmes go with programme_delay or programme_scale, not with {lever.target}"
        yield "programmes", lever.programmes, words
    if lever.target in OF_PROGRAMMES and not setting.programmes:
        yield "target", lever.target, "the scenario has no [[programme]] that it could change"
    for name in lever.programmes or ():
        if setting.programmes and name not in setting.programmes:
            known = ", ".join(sorted(setting.programmes))
            yield "programmes", name, f"no such programme in this scenario; known: {known}"
    if lever.kind is not None and setting.kinds and lever.kind not in setting.kinds:
        near = difflib.get_close_matches(lever.kind, sorted(setting.kinds), n=2)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        known = ", ".join(sorted(setting.kinds))
        yield "kind", lever.kind, f"no such kind in the catalogue{hint or f'; known: {known}'}"
    if lever.target == "pooling" and setting.rest == "baseline" and not setting.whole:
        words = (
            "posts are pooled across a care system, and here the other trusts are replayed; "
            'name the care system as the place, or use rest = "coupled"'
        )
        yield "target", lever.target, words


def check_programmes(
    layered: Layered, programmes: tuple[Programme, ...], setting: Setting
) -> list[Problem]:
    """Check every programme: its own id, where it reaches, and that its date is of use.

    Args:
        layered: The merged scenario.
        programmes: The programmes of sound shape.
        setting: What they are checked against.
    """
    problems: list[Problem] = []
    seen: set[str] = set()
    for number, one in enumerate(programmes):
        wrongs: list[Wrong] = []
        kinds = [kind for kind in REACHES if getattr(one, kind) is not None]
        if len(kinds) > 1:
            words = f"name one of {', '.join(REACHES)}; here are {' and '.join(kinds)}"
            wrongs.append((kinds[1], getattr(one, kinds[1]), words))
        for kind in kinds:
            wrongs += _codes(kind, getattr(one, kind), setting)
        if one.id in seen:
            wrongs.append(("id", one.id, "another programme has this id; each needs its own"))
        seen.add(one.id)
        for key, value, words in wrongs:
            path = ("programme", number, key)
            problems.append(layered.problem(path, value, f"{words} (programme {one.id})"))
    return problems


def _codes(kind: str, codes: tuple[str, ...], setting: Setting) -> Iterator[Wrong]:
    if setting.geography is None:
        return
    known = setting.geography.codes(kind)
    unknown = [code for code in codes if code not in known]
    for code in unknown:
        yield kind, code, setting.geography.unknown(kind, code)
    if unknown or setting.census is None:
        return
    for code in codes:
        members = setting.geography.members(kind, [code])
        if not members & setting.census:
            yield kind, code, "not in the census; name what the census holds"
        elif setting.modelled and not members & setting.modelled:
            words = "not simulated in this scenario, so the lever would change nothing there"
            yield kind, code, f"{words}; name a part of the place"
