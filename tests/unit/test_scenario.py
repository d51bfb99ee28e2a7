"""Scenario files: merging, resolution, lever paths and canonical text."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.scenario import Scenario, ScenarioError, json_schema, load_scenario
from simulator.scenario.dates import month_after, months_between

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TINY = ("tiny-survivors", "tiny-vacancy", "tiny-ladder")

LEVER = """
[[lever]]
id = "{id}"
title = "A lever"
target = "leaving"
operation = "multiply"
value = {value}
start = "2026-09"
rationale = "Because"
author = "Test"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that holds the tiny-ladder scenario and its census."""
    shutil.copytree(SCENARIOS / "census" / "tiny-ladder", tmp_path / "census" / "tiny-ladder")
    shutil.copy(SCENARIOS / "tiny-ladder.toml", tmp_path / "base.toml")
    return tmp_path


def child(folder: Path, text: str, name: str = "child.toml") -> Scenario:
    """Load a scenario that extends the base with some text."""
    path = folder / name
    path.write_text('extends = "base.toml"\n' + text, encoding="utf-8")
    return load_scenario(path)


@pytest.mark.unit
@pytest.mark.parametrize("name", TINY)
def test_shipped_scenario_is_sound_and_named_after_its_file(name: str) -> None:
    scenario = load_scenario(SCENARIOS / f"{name}.toml")
    assert scenario.id == name
    assert scenario.source == (SCENARIOS / f"{name}.toml").resolve()
    assert scenario.files[0] == scenario.source
    assert all(path.is_file() for path in scenario.files)
    assert {path.name for path in scenario.files} >= {"posts.csv", "manifest.toml", "fitted.toml"}


@pytest.mark.unit
def test_tiny_ladder_holds_what_its_file_says() -> None:
    scenario = load_scenario(SCENARIOS / "tiny-ladder.toml")
    assert (scenario.months, scenario.draws, scenario.replications) == (60, 4, 64)
    assert scenario.reported == scenario.modelled == ("RGN", "RGT")
    assert scenario.rest is None
    assert [lever.id for lever in scenario.lever] == ["other-pathways", "retention"]


@pytest.mark.unit
def test_child_overrides_keys_and_adds_and_replaces_levers(folder: Path) -> None:
    text = "months = 24\n" + LEVER.format(id="retention", value=0.5)
    scenario = child(folder, text + LEVER.format(id="new", value=0.7))
    assert scenario.months == 24
    assert scenario.seed == 3
    assert [lever.id for lever in scenario.lever] == ["other-pathways", "retention", "new"]
    assert [lever.value for lever in scenario.lever] == [0.0, 0.5, 0.7]
    assert [path.name for path in scenario.files[:2]] == ["child.toml", "base.toml"]


@pytest.mark.unit
def test_child_replaces_the_place_whole(folder: Path) -> None:
    scenario = child(folder, 'rest = "coupled"\n[place]\ntrusts = ["RGT"]\n')
    assert scenario.place.kind == "trusts"
    assert scenario.reported == ("RGT",)
    assert scenario.modelled == ("RGN", "RGT")


@pytest.mark.unit
def test_rest_baseline_simulates_the_place_only(folder: Path) -> None:
    base = (folder / "base.toml").read_text(encoding="utf-8")
    head = base.partition("[[lever]]")[0].replace("england = true", 'trusts = ["RGT"]')
    (folder / "alone.toml").write_text('rest = "baseline"\n' + head, encoding="utf-8")
    assert load_scenario(folder / "alone.toml").modelled == ("RGT",)


@pytest.mark.unit
def test_overrides_lie_over_the_file(folder: Path) -> None:
    scenario = load_scenario(folder / "base.toml", {"draws": 2, "replications": 8, "seed": 9})
    assert (scenario.draws, scenario.replications, scenario.seed) == (2, 8, 9)


@pytest.mark.unit
def test_problem_of_an_override_names_the_command_line(folder: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(folder / "base.toml", {"draws": 0})
    assert [(one.file, one.where, one.value) for one in caught.value.problems] == [
        ("command line", "draws", "0")
    ]


@pytest.mark.unit
def test_code_of_a_merged_trust_is_resolved_with_a_note(folder: Path) -> None:
    posts = folder / "census" / "tiny-ladder" / "posts.csv"
    posts.write_text(posts.read_text(encoding="utf-8").replace("RGN,", "RY3,"), encoding="utf-8")
    scenario = child(folder, 'rest = "coupled"\n[place]\ntrusts = ["RYV", "RY3"]\n')
    assert scenario.place.trusts == ("RY3",)
    assert len(scenario.notes) == 1
    assert "RYV" in scenario.notes[0]
    assert "RY3" in scenario.notes[0]


@pytest.mark.unit
def test_single_value_overrides_every_dated_value(folder: Path) -> None:
    text = '[parameters."need.growth"]\nvalue = 0.03\nlow = 0.01\nreason = "r"\nauthor = "a"\n'
    parameter = child(folder, text).parameter("need.growth")
    assert parameter.at("2026-03") == parameter.at("2035-01") == 0.03
    assert (parameter.low, parameter.high, parameter.varies) == (0.01, 0.08, True)


@pytest.mark.unit
def test_dated_values_leave_the_library_in_place_before_them(folder: Path) -> None:
    text = (
        '[parameters."need.growth"]\nvalues = [{ from = "2028-04", value = 0.07 }]\n'
        'reason = "r"\nauthor = "a"\n'
    )
    parameter = child(folder, text).parameter("need.growth")
    assert parameter.at("2028-03") == 0.054
    assert parameter.at("2028-04") == parameter.at("2040-01") == 0.07


@pytest.mark.unit
def test_range_without_width_is_not_drawn(folder: Path) -> None:
    text = '[parameters."need.growth"]\nvalue = 0\nlow = 0\nhigh = 0\nreason = "r"\nauthor = "a"\n'
    parameter = child(folder, text).parameter("need.growth")
    assert (parameter.varies, parameter.shape) == (False, "fixed")


def path_of(folder: Path, timing: str, months: int = 12) -> list[float]:
    """Return the path of a lever with some timing."""
    lever = LEVER.format(id="new", value=0.5).replace('start = "2026-09"', timing)
    scenario = child(folder, lever)
    return scenario.lever_path(scenario.lever[-1], months)


@pytest.mark.unit
def test_lever_starts_at_once_without_a_ramp(folder: Path) -> None:
    assert path_of(folder, 'start = "2026-06"', 5) == [0, 0, 0, 1, 1, 1]


@pytest.mark.unit
def test_lever_ramps_in_a_straight_line(folder: Path) -> None:
    path = path_of(folder, 'start = "2026-05"\nramp_months = 4', 8)
    assert path == [0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1]


@pytest.mark.unit
def test_lever_holds_through_its_last_month(folder: Path) -> None:
    path = path_of(folder, 'start = "2026-05"\nend = "2026-07"', 6)
    assert path == [0, 0, 1, 1, 1, 0, 0]


@pytest.mark.unit
def test_lever_may_start_with_the_opening(folder: Path) -> None:
    assert path_of(folder, 'start = "2026-03"', 2) == [1, 1, 1]


@pytest.mark.unit
@pytest.mark.parametrize("name", TINY)
def test_canonical_toml_loads_as_the_same_scenario(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(SCENARIOS / f"{name}.toml")
    shutil.copytree(SCENARIOS / "census" / name, tmp_path / "census" / name)
    (tmp_path / "copy.toml").write_text(scenario.canonical_toml(), encoding="utf-8")
    again = load_scenario(tmp_path / "copy.toml")
    assert again.canonical_toml() == scenario.canonical_toml()
    assert again.canonical_json() == scenario.canonical_json()


@pytest.mark.unit
def test_canonical_toml_keeps_hard_words(folder: Path) -> None:
    words = 'say \\"no\\" to\\ttabs, \\\\ and \\u007f'
    scenario = child(folder, f'why = "{words}"\n' + LEVER.format(id="x", value=1e-5))
    (folder / "copy.toml").write_text(scenario.canonical_toml(), encoding="utf-8")
    again = load_scenario(folder / "copy.toml")
    assert again.why == scenario.why == 'say "no" to\ttabs, \\ and \x7f'
    assert again.lever[-1].value == 1e-5


@pytest.mark.unit
def test_names_and_words_do_not_enter_the_law(folder: Path) -> None:
    plain = load_scenario(folder / "base.toml")
    named = child(folder, 'id = "other"\ntitle = "Other"\nwhy = "Other"\n')
    assert named.canonical_json() != plain.canonical_json()
    assert named.law_json() == plain.law_json()
    assert child(folder, "seed = 4\n").law_json() != plain.law_json()


@pytest.mark.unit
def test_layout_and_order_of_keys_do_not_enter_the_canonical_text(folder: Path) -> None:
    base = folder / "base.toml"
    text = base.read_text(encoding="utf-8")
    before = load_scenario(base).canonical_json()
    base.write_text(text.replace("seed = 3\n", "").replace("id =", "seed = 3 # x\nid =", 1))
    assert load_scenario(base).canonical_json() == before


@pytest.mark.unit
def test_scenario_is_frozen_and_travels_between_processes(folder: Path) -> None:
    scenario = load_scenario(folder / "base.toml")
    with pytest.raises(ValueError, match="frozen"):
        scenario.seed = 1  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(scenario)) == scenario


@pytest.mark.unit
def test_error_travels_between_processes(folder: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(folder / "nothing.toml")
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


@pytest.mark.unit
def test_all_problems_are_reported_at_once(folder: Path) -> None:
    lever = LEVER.format(id="retention", value=-1).replace("2026-09", "1999-01")
    text = f'months = 0\ncolour = "red"\nrest = "other"\n{lever}[fitted]\nx = 1\n'
    with pytest.raises(ScenarioError) as caught:
        child(folder, text)
    assert {one.where for one in caught.value.problems} >= {
        "months",
        "colour",
        "rest",
        "lever[0].value",
        "fitted.x",
    }


@pytest.mark.unit
def test_problem_is_put_down_to_the_file_it_stands_in(folder: Path) -> None:
    base = folder / "base.toml"
    text = base.read_text(encoding="utf-8").replace("value = 0.8", "value = -0.8")
    base.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        child(folder, LEVER.format(id="new", value=-2))
    found = {(one.file, one.where, one.value) for one in caught.value.problems}
    assert found == {
        ("base.toml", "lever[1].value", "-0.8"),
        ("child.toml", "lever[0].value", "-2.0"),
    }


@pytest.mark.unit
def test_schema_names_every_key_and_says_what_is_right() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert {"extends", "months", "place", "lever", "fitted"} <= set(schema["properties"])
    assert all("description" in one for one in schema["properties"].values())
    assert schema["additionalProperties"] is False


@pytest.mark.unit
@given(st.integers(1000 * 12, 2900 * 12), st.integers(-400, 400))
def test_months_add_and_subtract(count: int, step: int) -> None:
    month = f"{count // 12:04d}-{count % 12 + 1:02d}"
    assert months_between(month, month_after(month, step)) == step
