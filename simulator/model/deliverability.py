"""Can a lever be delivered? Flags against the catalogue of levers: its range, peers, lead time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from simulator.evidence.tables import table_rows
from simulator.model.intake import load_pathways
from simulator.model.money import lever_entry
from simulator.model.programmes import first_month
from simulator.scenario.dates import month_after, months_between
from simulator.scenario.resolved import Scenario
from simulator.scenario.schema import Lever

Colour = Literal["green", "amber", "red"]
_ORDER: Final[tuple[Colour, ...]] = ("green", "amber", "red")


@dataclass(frozen=True, slots=True)
class Flag:
    """Whether one lever can be delivered.

    Attributes:
        lever: Its id.
        title: Its title.
        colour: ``green``: inside what the evidence and peers show; ``amber``: beyond what peers
            show, or with little of the horizon left; ``red``: outside the evidence, or before the
            lead time allows.
        reasons: Sentences that say why; none for green.
        effect_from: First month in which it can change anything, YYYY-MM, or none if never.
        grade: Evidence grade of the catalogue's entry.
        source: Source ids of the entry.
    """

    lever: str
    title: str
    colour: Colour
    reasons: tuple[str, ...]
    effect_from: str | None
    grade: str
    source: str


def assess_levers(scenario: Scenario) -> tuple[Flag, ...]:
    """Flag every lever of a scenario, in order."""
    return tuple(_assess(scenario, lever) for lever in scenario.lever)


def _assess(scenario: Scenario, lever: Lever) -> Flag:
    row = lever_entry(lever)
    if row is None:
        words = f"the catalogue has no lever on {lever.target}: no evidence that it can be done"
        return Flag(lever.id, lever.title, "amber", (words,), lever.start, "D", "")
    found = [*_range(scenario, lever, row), *_lead(scenario, lever, row)]
    colour = _ORDER[max((_ORDER.index(one) for one, _ in found), default=0)]
    return Flag(
        lever.id,
        lever.title,
        colour,
        tuple(words for _, words in found),
        _effect_from(scenario, lever, row),
        row["grade"],
        row["source"],
    )


def _amount(scenario: Scenario, lever: Lever, row: dict[str, str]) -> float:
    """Value of the lever as the catalogue states it: places added or set as a multiple."""
    if lever.target != "places" or lever.operation == row["operation"]:
        return lever.value
    named = [one for one in load_pathways() if lever.pathways is None or one.id in lever.pathways]
    places = sum(one.places for one in named)
    if row["operation"] == "add":
        return (
            places * (lever.value - 1.0) if lever.operation == "multiply" else lever.value - places
        )
    if places == 0:
        return lever.value
    return (lever.value + places * (lever.operation == "add")) / places


def _range(scenario: Scenario, lever: Lever, row: dict[str, str]) -> list[tuple[Colour, str]]:
    amount = _amount(scenario, lever, row)
    low, high = float(row["low"]), float(row["high"])
    if not low <= amount <= high:
        words = f"{amount:g} is outside the range {low:g} to {high:g} that the evidence supports"
        return [("red", words)]
    if not (row["peer_low"] and row["peer_high"]):
        return []
    near, far = float(row["peer_low"]), float(row["peer_high"])
    none = 0.0 if row["operation"] in ("add", "set") else 1.0
    inside = min(near, none) <= amount <= max(far, none)
    words = f"{amount:g} goes further than any peer we know of ({near:g} to {far:g})"
    return [] if inside else [("amber", words)]


def lead_months(lever: Lever, row: dict[str, str]) -> int:
    """Months from the decision until a lever can begin to act.

    Training gives nobody before the first cohort has finished; the shortest pathway reached counts.
    """
    if row["lead_months"]:
        return int(row["lead_months"])
    if lever.target not in ("places", "applicants"):
        return 0
    return min(
        one.duration
        for one in load_pathways()
        if lever.pathways is None or one.id in lever.pathways
    )


def _effect_from(scenario: Scenario, lever: Lever, row: dict[str, str]) -> str | None:
    """First month of an effect; a training lever's first completers come after their course."""
    month = months_between(scenario.opening, lever.start)
    if not row["lead_months"] and lever.target in ("places", "applicants"):
        month += lead_months(lever, row)
    return month_after(scenario.opening, month) if month <= scenario.months else None


def _lead(scenario: Scenario, lever: Lever, row: dict[str, str]) -> list[tuple[Colour, str]]:
    start = months_between(scenario.opening, lever.start)
    lead = lead_months(lever, row)
    trains = not row["lead_months"] and lever.target in ("places", "applicants")
    if lever.target in ("programme_delay", "programme_scale"):
        return _begun(scenario, lever)
    if trains:
        first = month_after(scenario.opening, start + lead)
        if start + lead > scenario.months:
            return [("red", f"nobody finishes before {first}, after the end of the run")]
        if 2 * (start + lead) > scenario.months:
            return [("amber", f"nobody finishes before {first}: the second half of the run")]
        return []
    if start < lead:
        earliest = month_after(scenario.opening, lead)
        words = f"takes {lead} months to bring about, so not before {earliest}"
        return [("red", f"{words}; it starts in {lever.start}")]
    return []


def _begun(scenario: Scenario, lever: Lever) -> list[tuple[Colour, str]]:
    decided = months_between(scenario.opening, lever.start)
    return [
        ("red", f"{one.title} has begun before the decision in {lever.start}")
        for one in scenario.programme
        if (lever.programmes is None or one.id in lever.programmes)
        and first_month(scenario, one) < decided
    ]


def catalogue() -> tuple[dict[str, str], ...]:
    """The catalogue of levers, in order of the table."""
    return tuple(dict(row) for row in table_rows("levers"))
