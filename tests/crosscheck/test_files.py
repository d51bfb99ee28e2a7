"""Both engines agree person for person on every scenario file that ships."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from simulator.experiments.crosscheck import CrossCheck, crosscheck
from simulator.scenario.loader import load_scenario
from simulator.scenario.resolved import Scenario

pytestmark = pytest.mark.crosscheck


class Size(NamedTuple):
    """How much of a scenario is compared."""

    replications: int
    months: int | None = None  # cut to so many


FULL = {
    "tiny": Size(50),
    "trust": Size(20),
    "care system": Size(5),
    "England": Size(2),
}
SHORT = {
    "tiny": Size(10),
    "trust": Size(3),
    "care system": Size(1, months=36),
    "England": Size(1, months=12),
}


def kind_of(path: Path) -> str:
    """How large the place is that a scenario simulates."""
    if path.stem.startswith("tiny-"):
        return "tiny"
    place = load_scenario(path).place.kind
    kinds = {"trusts": "trust", "ics": "care system", "regions": "care system"}
    return kinds.get(place, "England")


ALL = sorted((Path(__file__).parents[2] / "scenarios").glob("*.toml"))
FILES = [path for path in ALL if path.stem == "england" or kind_of(path) != "England"]
"""Of all of England the baseline alone: what the others hold, everything-on.toml holds together."""
LIBRARY = [path for path in ALL if path not in FILES]
LIBRARY_SIZE = Size(1, months=96)
"""Of the England-wide library: long enough for every lever and programme to have begun."""


def compare(scenario: Scenario, replications: int) -> CrossCheck:
    report = crosscheck(scenario, replications=replications)
    assert report.ok, "\n".join([scenario.id, *report.lines()])
    assert report.replications == replications
    assert report.spells > 0
    assert report.events["left"] > 0
    return report


def cut(path: Path, months: int | None) -> Scenario:
    return load_scenario(path, overrides={"months": months} if months else {})


def test_every_kind_of_place_has_a_file() -> None:
    assert {kind_of(path) for path in FILES} == set(FULL)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_few_replications(path: Path) -> None:
    replications, months = SHORT[kind_of(path)]
    compare(cut(path, months), replications)


@pytest.mark.nightly
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_full_counts(path: Path) -> None:
    replications, months = FULL[kind_of(path)]
    compare(cut(path, months), replications)


@pytest.mark.nightly
@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_england_wide_library(path: Path) -> None:
    months = min(LIBRARY_SIZE.months or 0, load_scenario(path).months)
    compare(cut(path, months), LIBRARY_SIZE.replications)
