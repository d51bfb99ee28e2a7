"""The scenario library: every file is sound, does something, and can be used in a workshop."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from simulator.evidence.tables import table_rows
from simulator.evidence.trusts import opening_trusts
from simulator.model.compile import compile_scenario
from simulator.model.deliverability import assess_levers
from simulator.model.levers import lever_classes
from simulator.model.programmes import surge_paths
from simulator.scenario import Scenario, load_scenario
from simulator.scenario.schema import ProgrammeKind, Target

pytestmark = pytest.mark.functional

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
LIBRARY = [
    path.stem
    for path in sorted(FOLDER.glob("*.toml"))
    if 'author = "Scenario library"' in path.read_text(encoding="utf-8")
]
OPTIMISTIC = [name.removesuffix("-fails") for name in LIBRARY if name.endswith("-fails")]
PARTS = ("everything-on", "england-2020", "pooling-greater-manchester")
ENGLAND = [name for name in LIBRARY if not name.startswith(PARTS)]


@cache
def load(name: str) -> Scenario:
    return load_scenario(FOLDER / f"{name}.toml")


def parent(name: str) -> str:
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["extends"]).removesuffix(".toml")


def test_the_library_is_whole() -> None:
    assert len(LIBRARY) == 20
    assert len(OPTIMISTIC) == 5
    listed = (FOLDER.parent / "docs" / "scenarios.md").read_text(encoding="utf-8")
    names = [path.name for path in FOLDER.glob("*.toml")]
    assert [name for name in names if f"(../scenarios/{name})" not in listed] == []


@pytest.mark.parametrize("name", LIBRARY)
def test_each_differs_from_what_it_extends(name: str) -> None:
    assert load(name).law_json() != load(parent(name)).law_json()


@pytest.mark.parametrize("name", LIBRARY)
def test_each_can_be_used_in_a_workshop(name: str) -> None:
    scenario = load(name)
    assert scenario.workshop is not None
    assert len(scenario.workshop) > 100
    assert scenario.sources
    texts = [scenario.why, scenario.workshop, *(one.rationale for one in scenario.lever)]
    assert all("\n" not in text for text in texts), "a line of the file was not joined"


@pytest.mark.parametrize("name", LIBRARY)
def test_every_lever_can_be_delivered(name: str) -> None:
    """No lever is red; each is known to the catalogue."""
    scenario = load(name)
    flags = assess_levers(scenario)
    assert [flag.lever for flag in flags] == [lever.id for lever in scenario.lever]
    assert [(flag.lever, flag.reasons) for flag in flags if flag.colour == "red"] == []


@pytest.mark.parametrize("name", ENGLAND)
def test_scenarios_of_england_cost_the_same_to_run(name: str) -> None:
    sizes = ("opening", "months", "seed", "draws", "replications", "reported", "rest")
    assert [getattr(load(name), one) for one in sizes] == [
        getattr(load("england"), one) for one in sizes
    ]


@pytest.mark.parametrize("name", OPTIMISTIC)
def test_what_goes_wrong_has_the_same_levers(name: str) -> None:
    """The scenario that fails extends its pair and puts its own levers in place of the pair's."""
    good, bad = load(name), load(f"{name}-fails")
    assert good.fails_in == f"{name}-fails.toml"
    assert bad.fails_in is None
    assert parent(f"{name}-fails") == name
    ids = [lever.id for lever in good.lever]
    assert [lever.id for lever in bad.lever][: len(ids)] == ids
    for before, after in zip(good.lever, bad.lever, strict=False):
        assert (after.target, after.kind) == (before.target, before.kind)
        assert (after.value, after.end) != (before.value, before.end)


def test_programmes_that_slip_are_a_pair() -> None:
    good, bad = load("record-go-lives"), load("programme-slip")
    assert good.fails_in == "programme-slip.toml"
    assert [(one.id, one.trusts, one.go_live) for one in good.programme] == [
        (one.id, one.trusts, one.go_live) for one in bad.programme
    ]
    assert {one.slips for one in good.programme} == {False}
    assert {one.slips for one in bad.programme} == {True}


def test_a_programme_that_slips_needs_its_staff_later() -> None:
    """Extra need for clinical informaticians of one trust: the middle of it comes later."""
    trust = next(one for one in opening_trusts("2026-03")[0] if one.code == "RA9")
    middle = {}
    for name in ("record-go-lives", "programme-slip"):
        scenario = load(name)
        extra = surge_paths(scenario, lever_classes(scenario, (trust,)))[0].mean(axis=0)
        assert 0.5 < extra.max() <= 0.8
        middle[name] = float(np.average(np.arange(len(extra)), weights=extra))
    # a year decided, and nine months on average by chance, which fall on what follows the build
    assert 12 < middle["programme-slip"] - middle["record-go-lives"] < 21


def test_the_data_driven_future_needs_what_was_published() -> None:
    """77,923 FTE in March 2030: 0.88 of it in trusts, in every draw."""
    scenario = load_scenario(
        FOLDER / "hee-data-driven.toml", {"draws": 4, "replications": 4, "months": 60}
    )
    spec = compile_scenario(scenario)
    need = spec.need_base.sum() * spec.need_index[0, :, 48] / 0.88
    assert need == pytest.approx(np.full(4, 77_923.0), rel=1e-4)


def test_five_record_areas_are_named_by_their_care_systems() -> None:
    programmes = load("accelerated-interoperability").programme
    named = {one.ics for one in programmes if one.kind == "shared_care_record"}
    listed = {tuple(row["ics_codes_2025_inferred"].split("+")) for row in table_rows("lhcre")}
    assert named == listed
    assert len(listed) == 5


def test_everything_on_has_every_target_and_kind() -> None:
    scenario = load("everything-on")
    assert {one.target for one in scenario.lever} == set(get_args(Target))
    assert {one.kind for one in scenario.lever} - {None} == {
        row["kind"] for row in table_rows("levers")
    }
    assert {one.kind for one in scenario.programme} == set(get_args(ProgrammeKind))
    assert {one.operation for one in scenario.lever} == {"multiply", "add", "set"}
    assert scenario.rest == "coupled"
