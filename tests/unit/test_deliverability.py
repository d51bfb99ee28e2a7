"""Flags: what can be delivered, how far, and from when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.evidence.tables import table_rows
from simulator.model.deliverability import Flag, assess_levers, lead_months
from simulator.model.money import lever_entry
from simulator.scenario import load_scenario

pytestmark = pytest.mark.unit

ENGLAND = Path(__file__).resolve().parents[2] / "scenarios" / "england.toml"
STATED = {"rationale": "a test of flags", "author": "tests"}
RECORD = {"id": "record", "title": "A record", "kind": "epr", "go_live": "2029-03", **STATED}


def lever(target: str, value: float, **more: Any) -> dict[str, Any]:
    named = {"id": "one", "title": "A lever", "operation": "multiply", "start": "2026-09"}
    return {**named, "target": target, "value": value, **STATED, **more}


def flag(one: dict[str, Any], **changes: Any) -> Flag:
    over = {"draws": 1, "replications": 1, "months": 96, "lever": [one], **changes}
    (found,) = assess_levers(load_scenario(ENGLAND, overrides=over))
    return found


def test_a_degree_begun_in_2027_gives_nobody_before_2030() -> None:
    more = {"start": "2027-09", "pathways": ["graduate_computing"]}
    found = flag(lever("places", 1.5, **more), months=120)
    assert found.effect_from == "2030-09"
    assert found.colour == "green"
    late = flag(lever("places", 1.5, **more), months=96)
    assert late.colour == "amber"  # the second half of the run, from March 2030
    assert "nobody finishes before 2030-09" in late.reasons[0]
    never = flag(lever("places", 1.5, **more), months=48)
    assert (never.colour, never.effect_from) == ("red", None)
    assert "after the end of the run" in never.reasons[0]


def test_the_shortest_pathway_reached_counts() -> None:
    both = ["graduate_computing", "msc_health_informatics"]
    assert flag(lever("places", 1.5, start="2027-09", pathways=both)).effect_from == "2028-09"


@pytest.mark.parametrize(
    ("one", "colour", "words"),
    [
        (lever("leaving", 0.85), "green", ""),
        (lever("leaving", 0.5), "red", "0.5 is outside the range 0.81 to 1"),
        (lever("leaving", 1.2), "red", "1.2 is outside the range 0.81 to 1"),
        (lever("time_to_hire", 0.75), "green", ""),
        (lever("time_to_hire", 0.6), "amber", "goes further than any peer we know of (0.71 to 1)"),
        (lever("time_to_hire", 0.5), "red", "0.5 is outside the range 0.57 to 1"),
        (lever("attraction", 1.1), "green", ""),
        (lever("attraction", 1.1, start="2026-04"), "red", "takes 3 months to bring about"),
        (lever("attraction", 1.1, start="2026-06"), "green", ""),
        (lever("pooling", 0.4, operation="set", start="2026-08"), "red", "not before 2026-09"),
        (lever("applicants", 1.1), "amber", "the catalogue has no lever on applicants"),
    ],
)
def test_colours_follow_the_evidence_the_peers_and_the_lead_time(
    one: dict[str, Any], colour: str, words: str
) -> None:
    found = flag(one)
    assert found.colour == colour, found
    assert words in " ".join(found.reasons)
    assert bool(found.reasons) == (colour != "green")


def test_places_are_compared_as_a_multiple_whatever_the_operation() -> None:
    """150 places of health informatics: 150 more are twice as many, 450 in all three times."""
    course = {"pathways": ["msc_health_informatics"]}
    assert flag(lever("places", 150, operation="add", **course)).colour == "green"
    found = flag(lever("places", 450, operation="set", **course))
    assert found.colour == "red"
    assert "3 is outside the range 1 to 2" in found.reasons[0]
    clinicians = {"pathways": ["conversion_clinician_12"]}
    assert flag(lever("places", 120, operation="add", **clinicians)).colour == "green"
    many = flag(lever("places", 300, operation="set", **clinicians))
    assert "300 is outside the range 0 to 200" in many.reasons[0]


def test_a_programme_that_has_begun_cannot_be_put_off() -> None:
    """An electronic record with go-live in March 2029 begins thirty months before."""
    delay = lever("programme_delay", 6, operation="add", start="2026-10")
    begun = flag(delay, programme=[RECORD])
    assert begun.colour == "red"
    assert "A record has begun before the decision in 2026-10" in begun.reasons[0]
    assert flag({**delay, "start": "2026-09"}, programme=[RECORD]).colour == "green"
    beyond = flag({**delay, "start": "2026-05", "value": 18}, programme=[RECORD])
    assert beyond.colour == "amber"


def test_every_entry_of_the_catalogue_flags_a_lever_of_its_kind_green() -> None:
    """At its best peer, or a little inside its range, with its lead time kept."""
    for row in table_rows("levers"):
        low, high = float(row["low"]), float(row["high"])
        none = 0.0 if row["operation"] in ("add", "set") else 1.0
        near = [float(row[end]) for end in ("peer_low", "peer_high") if row[end]]
        value = max(near or [low, high], key=lambda one: abs(one - none))
        if row["operation"] == "add":
            value = round(value)
        more: dict[str, Any] = {"kind": row["kind"], "operation": row["operation"]}
        if row["kind"] == "conversion_places":
            more["pathways"] = ["conversion_clinician_12"]
        late = {**RECORD, "go_live": "2030-03"}
        found = flag(lever(row["target"], value, start="2027-03", **more), programme=[late])
        assert found.colour == "green", (row["kind"], found)
        assert found.grade == row["grade"]


def test_lead_times_of_training_are_those_of_the_course() -> None:
    over = {"draws": 1, "replications": 1, "lever": [lever("places", 1.2)]}
    one = load_scenario(ENGLAND, overrides=over).lever[0]
    entry = lever_entry(one)
    assert entry is not None
    assert lead_months(one, entry) == 12  # the shortest pathway of all
    assert lead_months(one, {**entry, "lead_months": "3"}) == 3
