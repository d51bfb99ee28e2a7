"""What a visitor asks for: a place, levers and a size, as a scenario that a file could hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from simulator.charts.words import GROUP_WORDS, month_name, place_name
from simulator.domain.words import GROUPS
from simulator.evidence.trusts import opening_trusts, transfers
from simulator.model.deliverability import catalogue
from simulator.scenario import (
    OwnNumbers,
    ParameterOverride,
    Problem,
    Scenario,
    ScenarioError,
    load_scenario,
)
from simulator.scenario.dates import month_after
from simulator.scenario.levers import REGIONAL
from simulator.scenario.reader import COMMAND_LINE
from simulator.ui.dials import DIALS, OF_TRUSTS
from simulator.ui.upload import Table

OPENING: Final = "2026-03"
MONTHS: Final = 180
BASE: Final = "england.toml"
"""The scenario that every plan extends."""
AUTHOR: Final = "Workshop page"
_KEYS: Final = {"trust": "trusts", "ics": "ics", "region": "regions"}


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a run: parameter draws, and futures simulated for each."""

    draws: int
    each: int

    @property
    def futures(self) -> int:
        """Replications in all."""
        return self.draws * self.each

    def words(self) -> str:
        """The size for a reader."""
        return f"{self.futures:,} futures ({self.draws} draws x {self.each})"


FIRST: Final = {
    "trust": Size(32, 2),
    "ics": Size(8, 1),
    "region": Size(8, 1),
    "england": Size(8, 1),
}
"""Size of the answer given at once, by level of place."""
FULL: Final = {
    "trust": Size(64, 16),
    "ics": Size(32, 4),
    "region": Size(32, 4),
    "england": Size(16, 4),
}
"""Size of the answer that follows when the server is idle."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place by level (``trust``, ``ics``, ``region``, ``england``) and code."""

    level: str
    code: str

    @property
    def name(self) -> str:
        """Its name for a reader."""
        return place_name(self.level, self.code)

    @property
    def regions(self) -> tuple[str, ...]:
        """Codes of the regions it lies in."""
        at = {"trust": "code", "ics": "ics_code", "region": "region_code"}.get(self.level)
        found = opening_trusts(OPENING)[0]
        return tuple(
            sorted({t.region_code for t in found if at is None or getattr(t, at) == self.code})
        )

    def holds(self, trust: str) -> bool:
        """Does a trust, by its code, lie in it?"""
        found = {one.code: one for one in opening_trusts(OPENING)[0]}.get(trust)
        at = {"trust": "code", "ics": "ics_code", "region": "region_code"}.get(self.level)
        return found is not None and (at is None or getattr(found, at) == self.code)


@dataclass(frozen=True, slots=True)
class Choice:
    """One lever as chosen.

    Attributes:
        kind: Its kind in the catalogue.
        amount: Per cent, as on its dial.
        start: First month, YYYY-MM.
        lasts: Months in force, or none for good.
    """

    kind: str
    amount: int
    start: str
    lasts: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a visitor has chosen.

    Attributes:
        place: The place.
        choices: Levers in force, in the order of the dials.
        own: Trusts' own counts of staff groups.
        assumed: Values put in place of the library's, by parameter, with reason and author.
        tables: Trusts' own tables of posts, in memory alone.
    """

    place: Place
    choices: tuple[Choice, ...] = ()
    own: tuple[OwnNumbers, ...] = ()
    assumed: tuple[tuple[str, ParameterOverride], ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def base(self) -> Plan:
        """The same without levers: own numbers and assumptions are the world, not a lever."""
        return replace(self, choices=())

    @property
    def plain(self) -> Plan:
        """The same with the library's assumptions."""
        return replace(self, assumed=())

    def content(self, size: Size) -> dict[str, Any]:
        """The plan as the content of a scenario file that extends :data:`BASE`."""
        name = self.place.name
        ways = ", ".join(DIALS[one.kind].label.lower() for one in self.choices)
        found: dict[str, Any] = {
            "id": f"workshop-{self.place.code.lower()}" + ("-levers" if self.choices else ""),
            "title": f"{name}, {'with levers' if self.choices else 'no lever'}"
            + (", own numbers" if self.own or self.tables else ""),
            "why": f"What does {name} face over 15 years{f' with {ways}' if ways else ''}?"[:2000],
            "months": MONTHS,
            "draws": size.draws,
            "replications": size.futures,
            "place": _place(self.place),
        }
        if self.place.level != "england":
            found["rest"] = "baseline" if self.place.level == "trust" else "coupled"
        if self.own:
            found["own"] = [one.model_dump(exclude_none=True) for one in self.own]
        if self.assumed:
            found["parameters"] = {
                name: one.model_dump(exclude_none=True) for name, one in self.assumed
            }
        if self.tables:
            found["census_rows"] = [one.name for one in self.tables]
        if self.choices:
            found["lever"] = [lever(one, self.place) for one in self.choices]
        return found


def _place(place: Place) -> dict[str, Any]:
    return {"england": True} if place.level == "england" else {_KEYS[place.level]: [place.code]}


def lever(choice: Choice, place: Place) -> dict[str, Any]:
    """A choice as a lever of a scenario file."""
    dial = DIALS[choice.kind]
    row = entry(choice.kind)
    ramp = int(row["ramp_months"])
    found: dict[str, Any] = {
        "id": choice.kind.replace("_", "-"),
        "title": f"{dial.label}: {dial.shown(choice.amount)}",
        "kind": choice.kind,
        "target": row["target"],
        "operation": row["operation"],
        "value": dial.value(choice.amount),
        "start": choice.start,
        "ramp_months": ramp if choice.lasts is None else min(ramp, choice.lasts - 1),
        "rationale": row["title"],
        "author": AUTHOR,
    }
    if choice.lasts is not None:
        found["end"] = month_after(choice.start, choice.lasts - 1)
    if row["target"] in REGIONAL:
        found["regions"] = list(place.regions)
    elif place.level != "england":
        found[_KEYS[place.level]] = [place.code, *_merging(place)]
    return found


def _merging(place: Place) -> list[str]:
    """Trusts that merge into a trust later: what is done there is done to their staff too."""
    if place.level != "trust":
        return []
    return [old for _, old, new in transfers(OPENING) if new == place.code]


@lru_cache(maxsize=64)
def entry(kind: str) -> Mapping[str, str]:
    """Entry of the catalogue of levers."""
    return next(row for row in catalogue() if row["kind"] == kind)


def resolve(folder: Path, plan: Plan, size: Size) -> Scenario:
    """A plan as a scenario, checked as a file is.

    Raises:
        ScenarioError: With every problem, in words for a visitor.
    """
    wrong = [
        Problem(COMMAND_LINE, one.kind, "", "this lever needs a wider place than one trust")
        for one in plan.choices
        if plan.place.level == "trust" and one.kind not in OF_TRUSTS
    ]
    if wrong:
        raise ScenarioError(wrong)
    return _loaded(folder, plan, size) if plan.tables else _resolved(folder, plan, size)


@lru_cache(maxsize=512)
def _resolved(folder: Path, plan: Plan, size: Size) -> Scenario:
    return _loaded(folder, plan, size)


def _loaded(folder: Path, plan: Plan, size: Size) -> Scenario:
    """Load a plan; one with a trust's own table is not kept beyond its visit."""
    held = {one.name: one.text for one in plan.tables}
    found = load_scenario(folder / BASE, plan.content(size), held)
    return found.model_copy(update={"workshop": None, "sources": ()})


# Whose numbers


def mark(plan: Plan) -> str:
    """Whose numbers the staff at the start are: ``yours``, ``partly yours`` or ``estimated``."""
    if plan.place.level != "trust":
        return "partly yours" if plan.own or plan.tables else "estimated"
    counted = {one.group for one in plan.own if one.counted}
    if plan.tables or counted == set(GROUPS):
        return "yours"
    return "partly yours" if plan.own else "estimated"


def basis(plan: Plan) -> str:
    """Whose numbers the staff at the start are, and whose assumptions, in sentences."""
    changed = len(plan.assumed)
    return _staff(plan) + (
        f" {changed} assumption{'s are' if changed > 1 else ' is'} yours." if changed else ""
    )


def _staff(plan: Plan) -> str:
    if not plan.own and not plan.tables:
        return "Staff at the start: estimated from published totals, not your payroll."
    codes = dict.fromkeys([*(one.trust for one in plan.own), *(one.trust for one in plan.tables)])
    if plan.place.level != "trust":
        names = ", ".join(place_name("trust", code) for code in codes)
        return f"Staff at the start: yours for {names}; estimated for the others."
    told = ["yours, from the table of posts you loaded"] if plan.tables else []
    told += [f"yours for {_lower(one.group)} ({_counts(one)})" for one in plan.own]
    rest = [_lower(g) for g in GROUPS if g not in {one.group for one in plan.own if one.counted}]
    if rest and not plan.tables:
        told.append(f"estimated for {' and '.join(rest)}")
    return f"Staff at the start: {'; '.join(told)}."


def _lower(group: str) -> str:
    words = GROUP_WORDS[group]
    return words[0].lower() + words[1:]


def _counts(one: OwnNumbers) -> str:
    named = (("posts", one.posts), ("people", one.people), ("left in a year", one.leavers))
    given = ", ".join(f"{count} {word}" for word, count in named if count is not None)
    return f"{given}; {month_name(one.as_of)}"
