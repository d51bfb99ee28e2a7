"""A difference split among edits adds up exactly, and its parts are what they are called."""

from __future__ import annotations

import itertools
import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulator
from simulator.cli.main import main
from simulator.experiments.compare import NotComparableError, compare
from simulator.experiments.explain import (
    CAME,
    FIRST,
    INTERACTION,
    SECOND,
    WENT,
    Explanation,
    explain,
    find_edits,
    variant,
)
from simulator.scenario.resolved import Scenario

pytestmark = pytest.mark.functional

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
LADDER, SURVIVORS = SCENARIOS / "tiny-ladder.toml", SCENARIOS / "tiny-survivors.toml"
WHY = {"reason": "a test", "author": "tests"}
SHORT = {"months": 60, "draws": 2, "replications": 4}
LIBRARY = 'author = "Scenario library"'
"""In every file of the scenario library: more pairs of all of England than are worth their time."""


def base_of(path: Path) -> str:
    """The file at the bottom of what a scenario extends."""
    parent = tomllib.loads(path.read_text(encoding="utf-8")).get("extends")
    return path.name if parent is None else base_of(path.parent / parent)


def pairs() -> list[tuple[str, str]]:
    """Scenario files that extend the same base, each pair once; of the library, none."""
    own = [path for path in SCENARIOS.glob("*.toml") if LIBRARY not in path.read_text("utf-8")]
    files = sorted(own, key=lambda path: (len(path.name), path.name))
    shared = [
        (a.name, b.name) for a, b in itertools.combinations(files, 2) if base_of(a) == base_of(b)
    ]
    assert len(shared) >= 15
    return shared


def assert_adds_up(found: Explanation, one: Scenario, two: Scenario) -> None:
    """Totals add up to the last hundredth, and to the difference found without splitting."""
    table: Any = found.table.set_index(["measure", "level", "code", "group", "month"])
    names = [edit.name for edit in found.edits]
    total = {step: rows["total"] for step, rows in table.groupby("step", sort=False)}
    parts = sum(total[name] for name in names) + total[INTERACTION]
    assert (total[FIRST] + parts == total[SECOND]).all()
    months = sorted(set(found.table["month"]))
    plain = compare(one, two, measures=["in_post"], years=[month // 12 for month in months])
    rows: Any = plain.table.set_index(["measure", "level", "code", "group", "month"])
    kept = parts.loc[["in_post"]]
    assert np.allclose(rows.loc[kept.index, "difference"] * 100 * one.replications, kept)
    of = {name: table.loc[table["step"] == name] for name in names}
    if len(names) == 1:
        assert (total[INTERACTION] == 0).all()
        assert (of[names[0]]["value"] == of[names[0]]["last"]).all()
    if len(names) == 2:  # what one does last is all but what the other does alone
        scale = np.where(parts.index.get_level_values("measure") == "in_post", 100.0, 1.0)
        rest = parts / scale / one.replications - of[names[0]]["value"]
        assert np.allclose(of[names[1]]["last"], rest, atol=1e-9)


@pytest.mark.parametrize(("first", "second"), pairs())
def test_it_adds_up_for_scenarios_of_one_family(first: str, second: str) -> None:
    one, two = (simulator.load_scenario(SCENARIOS / name, SHORT) for name in (first, second))
    if one.place != two.place or one.rest != two.rest:
        with pytest.raises(NotComparableError, match="place"):
            explain(one, two)
        return
    assert_adds_up(explain(one, two, levels=["trust"]), one, two)


TINY: dict[str, object] = {"months": 60, "draws": 1, "replications": 2}
SAMPLE = ("pooling-greater-manchester", "greater-manchester-training", "cambridge-retention")
"""Files of the library whose pairs with what they extend are split in every run of the tests."""


def families() -> list[Any]:
    """Every scenario file that extends another, as a case; most of them at night.

    One that opens in another month is left out: what it extends cannot open then.
    """
    return [
        pytest.param(path, id=path.stem, marks=[] if path.stem in SAMPLE else pytest.mark.nightly)
        for path in sorted(SCENARIOS.glob("*.toml"))
        for own in [tomllib.loads(path.read_text(encoding="utf-8"))]
        if "extends" in own and "opening" not in own
    ]


@pytest.mark.parametrize("path", families())
def test_it_adds_up_for_every_file_and_what_it_extends(path: Path) -> None:
    own = tomllib.loads(path.read_text(encoding="utf-8"))
    kept = {"place", "rest", "census"}
    where: dict[str, object] = {key: value for key, value in own.items() if key in kept}
    two = simulator.load_scenario(path, TINY)
    base = SCENARIOS / own["extends"]
    one = simulator.load_scenario(base, {**TINY, **where})  # there, and as before in all else
    if one.law_json() == two.law_json():  # it differs by its place alone
        with pytest.raises(NotComparableError, match="no difference to explain"):
            explain(one, two)
        return
    found = explain(one, two)
    assert {edit.field for edit in found.edits} <= {
        *("need", "parameters", "fitted", "own", "programme", "lever")
    }, "words are no edits"
    assert_adds_up(found, one, two)


def lever(name: str, value: float, target: str = "leaving", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": f"{target} x {value}",
        "target": target,
        "operation": "multiply",
        "value": value,
        "start": "2026-03",
        "rationale": "a test",
        "author": "tests",
        **more,
    }


def ladder(**more: Any) -> Scenario:
    return simulator.load_scenario(LADDER, {"draws": 2, "replications": 8, **more})


def test_levers_parameters_and_fitted_numbers_are_parts() -> None:
    one = ladder()
    two = ladder(
        lever=[lever("fewer", 0.6, trusts=["RGT"]), lever("faster", 0.5, "time_to_hire")],
        parameters={"need.growth": {"value": 0.02, "low": 0.02, "high": 0.02, **WHY}},
        fitted={"internal_share": {"value": 0.1, **WHY}},
    )
    found = explain(one, two)
    names = [edit.name for edit in found.edits]
    assert names == [
        "parameter need.growth",
        "fitted number internal_share",
        "lever fewer",
        "lever faster",
    ]
    assert_adds_up(found, one, two)
    assert found.frame(step=INTERACTION, measure="in_post")["changed"].max() > 0
    lines = found.lines()
    assert any("leaving x 0.6" in line for line in lines)
    assert any("together" in line for line in lines)


def test_heads_are_those_who_came_less_those_who_went() -> None:
    one, two = ladder(), ladder(lever=[lever("more", 1.8), lever("faster", 0.4, "time_to_hire")])
    found = explain(one, two)
    table: Any = found.table.set_index(["step", "code", "measure"])["total"].unstack()
    edits = [edit.name for edit in found.edits]
    for step in (*edits, INTERACTION):
        balance = table.loc[step, list(CAME)].sum(axis=1) - table.loc[step, list(WENT)].sum(axis=1)
        assert (table.loc[step, "headcount"] == balance).all()
    assert (table.loc["lever more", "left"] > 0).all()
    assert any("Left" in line for line in found.route_lines())


def survivors(*levers: dict[str, Any]) -> Scenario:
    return simulator.load_scenario(SURVIVORS, {"replications": 8192, "lever": list(levers)})


def test_the_parts_are_those_of_the_closed_form() -> None:
    """Forty people, hazard 0.12 x 0.5 x 0.4: effects alone, last, and the interaction."""
    one, two = survivors(), survivors(lever("a", 0.5), lever("b", 0.4))
    found: Any = explain(one, two).frame(measure="in_post", group="all").set_index("step")

    def stay(factor: float) -> float:
        return 40 * math.exp(-0.24 * factor)

    expected = {
        FIRST: stay(1),
        "lever a": stay(0.5) - stay(1),
        "lever b": stay(0.4) - stay(1),
        INTERACTION: stay(0.2) - stay(0.5) - stay(0.4) + stay(1),
        SECOND: stay(0.2),
    }
    for step, value in expected.items():
        error = (found.loc[step, "high95"] - found.loc[step, "low95"]) / 2 / 1.96
        assert abs(found.loc[step, "value"] - value) < 4.9 * error
        assert error < 0.05
    assert found.loc["lever a", "last"] == pytest.approx(stay(0.2) - stay(0.4), abs=0.15)


def test_a_lever_taken_away_or_changed_is_a_part() -> None:
    one = ladder(lever=[lever("a", 0.5), lever("b", 0.7)])
    two = ladder(lever=[lever("b", 0.9)])
    edits = find_edits(one, two)
    assert [edit.name for edit in edits] == ["lever b", "lever a"]
    assert [edit.title.rsplit(", ", 1)[1] for edit in edits] == ["changed", "taken away"]
    mixed = variant(one, two, edits, frozenset(edits[:1]))
    kept = {each.id: each.value for each in mixed.lever}
    assert kept["a"] == 0.5
    assert kept["b"] == 0.9
    assert variant(one, two, edits, frozenset()) is one
    assert variant(one, two, edits, frozenset(edits)) is two
    assert_adds_up(explain(one, two), one, two)


def test_words_alone_are_no_edit() -> None:
    one = ladder(lever=[lever("a", 0.5)])
    two = ladder(lever=[lever("a", 0.5, title="Another title")])
    with pytest.raises(NotComparableError, match="no difference to explain"):
        explain(one, two)


def test_another_way_of_need_is_a_part_as_a_whole() -> None:
    one = simulator.load_scenario(SCENARIOS / "dudley.toml", SHORT)
    two = simulator.load_scenario(SCENARIOS / "dudley.toml", {**SHORT, "need": {"method": "ratio"}})
    found = explain(one, two, measure="need")
    assert [edit.title for edit in found.edits] == ["need: method ratio, not growth"]
    need = found.frame(measure="need", step="need")
    assert (need["value"] != 0).all()


def test_the_command_explains_and_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(SCENARIOS / name) for name in ("cambridge.toml", "cambridge-retention.toml")]
    small = ["--draws", "2", "--replications", "4", "--years", "2", "--quiet"]
    out = tmp_path / "parts.csv"
    assert main(["explain", *files, *small, "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "A tenth fewer leavers" in text
    assert "People by route" in text
    assert out.is_file()
    assert main(["explain", files[0], files[0], *small]) == 2
    assert "no difference to explain" in " ".join(capsys.readouterr().err.split())
