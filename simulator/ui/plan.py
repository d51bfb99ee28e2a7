"""What a visitor asks for: a place, levers and a size, as a scenario that a file could hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from simulator.charts.words import place_name
from simulator.evidence.trusts import opening_trusts, transfers
from simulator.model.deliverability import catalogue
from simulator.scenario import Problem, Scenario, ScenarioError, load_scenario
from simulator.scenario.dates import month_after
from simulator.scenario.levers import REGIONAL
from simulator.scenario.reader import COMMAND_LINE
from simulator.ui.dials import DIALS, OF_TRUSTS

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
    """

    place: Place
    choices: tuple[Choice, ...] = ()

    @property
    def base(self) -> Plan:
        """The same without levers."""
        return Plan(self.place)

    def content(self, size: Size) -> dict[str, Any]:
        """The plan as the content of a scenario file that extends :data:`BASE`."""
        name = self.place.name
        ways = ", ".join(DIALS[one.kind].label.lower() for one in self.choices)
        found: dict[str, Any] = {
            "id": f"workshop-{self.place.code.lower()}" + ("-levers" if self.choices else ""),
            "title": f"{name}, {'with levers' if self.choices else 'no lever'}",
            "why": f"What does {name} face over 15 years{f' with {ways}' if ways else ''}?"[:2000],
            "months": MONTHS,
            "draws": size.draws,
            "replications": size.futures,
            "place": _place(self.place),
        }
        if self.place.level != "england":
            found["rest"] = "baseline" if self.place.level == "trust" else "coupled"
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
    return _resolved(folder, plan, size)


@lru_cache(maxsize=512)
def _resolved(folder: Path, plan: Plan, size: Size) -> Scenario:
    found = load_scenario(folder / BASE, plan.content(size))
    return found.model_copy(update={"workshop": None, "sources": ()})
