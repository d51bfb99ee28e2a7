"""A trust's own numbers: what they put in place of the estimates, by hand."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from simulator.domain.words import BANDS, GROUPS, Phase
from simulator.experiments.crosscheck import crosscheck
from simulator.experiments.run import run_scenario
from simulator.model.census import read_census
from simulator.model.compile import compile_scenario
from simulator.model.own import expected_leavers, prior_shape, stated, with_own_numbers
from simulator.model.specification import Specification
from simulator.reports.disclosure import shareable
from simulator.scenario import OwnNumbers, Scenario, ScenarioError, load_scenario
from tests.support.parts import differing

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
SMALL = {"draws": 1, "replications": 4, "months": 24}
CENSUS = SCENARIOS / "census/england-2026-03"


def own(group: str, trust: str = "RGT", **numbers: int) -> dict[str, Any]:
    return {"trust": trust, "group": group, "as_of": "2026-03", "source": "Test", **numbers}


def scenario(*entries: dict[str, Any], **settings: Any) -> Scenario:
    return load_scenario(SCENARIOS / "cambridge.toml", {**SMALL, "own": list(entries), **settings})


def group_of(spec: Specification, group: str) -> tuple[int, int, int]:
    """Posts that exist, posts with money, and people of a group at the opening."""
    cells = spec.cells.group == GROUPS.index(group)
    filled = spec.slots.phase[np.isin(spec.slots.cell, np.flatnonzero(cells))] == Phase.FILLED
    return int(spec.cells.posts[cells].sum()), int(spec.cells.funded[cells].sum()), filled.sum()


@pytest.mark.functional
def test_numbers_equal_to_the_estimates_change_nothing() -> None:
    estimates = [
        own("clinical", posts=17, people=16),
        own("data", posts=101, people=97),
        own("digital", posts=331, people=316),
    ]
    found = compile_scenario(scenario()), compile_scenario(scenario(*estimates))
    assert differing(*found) == []


@pytest.mark.functional
def test_counts_are_met_and_blanks_follow_the_estimated_vacancy_rate() -> None:
    """80 people in 80 x 101 / 97 = 83.3 posts; 50 posts for 50 x 316 / 331 = 47.7 people."""
    spec = compile_scenario(
        scenario(
            own("clinical", posts=24, people=20),
            own("data", people=80),
            own("digital", posts=50),
        )
    )
    assert group_of(spec, "clinical") == (24, 24, 20)
    assert group_of(spec, "data") == (83, 83, 80)
    assert group_of(spec, "digital") == (50, 50, 48)


@pytest.mark.functional
def test_bands_keep_their_mix() -> None:
    """Half as many people: each band has half as many, give or take one."""
    census = read_census(CENSUS)

    def bands(posts: Any) -> np.ndarray[Any, Any]:
        here = (posts["trust"] == "RGT") & (posts["group"] == "digital")
        filled = posts[here & (posts["state"] == "filled")]
        return filled["band"].value_counts().reindex(list(BANDS), fill_value=0).to_numpy()

    before = bands(census.posts)
    numbers = OwnNumbers.model_validate(own("digital", posts=158, people=158))
    after = bands(with_own_numbers(census, (numbers,)).posts)
    assert after.sum() == 158
    assert np.abs(after - before / 2).max() <= 1


@pytest.mark.functional
def test_more_people_have_the_ages_of_england() -> None:
    """Ten times as many: the mean age is that of the group in England, within a year."""
    census = read_census(CENSUS)
    numbers = OwnNumbers.model_validate(own("clinical", posts=200, people=200))
    found = with_own_numbers(census, (numbers,)).posts
    posts = census.posts
    group = posts[(posts["group"] == "clinical") & (posts["state"] == "filled")]
    here = found[(found["trust"] == "RGT") & (found["group"] == "clinical")]
    weights = here["band"].value_counts(normalize=True)
    means = group.groupby("band")[["age", "tenure_months"]].mean()
    wanted = (means.loc[weights.index] * weights.to_numpy()[:, None]).sum()
    assert here["age"].mean() == pytest.approx(wanted["age"], abs=1.0)
    assert here["tenure_months"].mean() == pytest.approx(wanted["tenure_months"], rel=0.1)


@pytest.mark.functional
def test_a_group_that_was_not_there_has_the_bands_of_england() -> None:
    census = read_census(CENSUS)
    here = (census.posts["trust"] == "RNA") & (census.posts["group"] == "data")
    nobody = type(census)(**{**vars(census), "posts": census.posts[~here]})
    numbers = OwnNumbers.model_validate(own("data", "RNA", posts=30, people=27))
    rows = with_own_numbers(nobody, (numbers,)).posts
    rows = rows[(rows["trust"] == "RNA") & (rows["group"] == "data")]
    assert (len(rows), int((rows["state"] == "filled").sum())) == (30, 27)


@pytest.mark.property
@settings(max_examples=25, deadline=None)
@given(
    group=some.sampled_from(GROUPS),
    posts=some.integers(0, 400) | some.none(),
    people=some.integers(0, 400) | some.none(),
)
def test_any_counts_give_whole_posts_with_serials_in_order(
    group: str, posts: int | None, people: int | None
) -> None:
    census = read_census(CENSUS)
    one = OwnNumbers.model_validate(
        {
            "trust": "RGT",
            "group": group,
            "posts": posts,
            "people": people,
            "as_of": "2026-03",
            "source": "Test",
        }
    )
    before = census.posts[(census.posts["trust"] == "RGT") & (census.posts["group"] == group)]
    wanted = stated(one, len(before), int((before["state"] == "filled").sum()))
    after = with_own_numbers(census, (one,)).posts
    rows = after[(after["trust"] == "RGT") & (after["group"] == group)]
    filled = rows[rows["state"] == "filled"]
    assert (len(rows), len(filled)) == (max(wanted), wanted[1])
    assert filled["age"].notna().all() and filled["due_months"].isna().all()
    for _, cell in rows.groupby("band"):
        assert sorted(cell["serial"]) == list(range(len(cell)))
    others = after[(after["trust"] != "RGT") | (after["group"] != group)]
    assert len(others) == len(census.posts) - len(before)


@pytest.mark.functional
def test_more_people_than_posts_leave_without_being_replaced() -> None:
    """306 people for 300 posts and no growth: the six are not filled again."""
    flat = {"value": 0.0, "low": 0.0, "high": 0.0, "reason": "Test", "author": "Test"}
    share = {"value": 0.97, "low": 0.97, "high": 0.97, "reason": "Test", "author": "Test"}
    parameters = {"need.growth": flat, "need.funded_share": share}
    small = scenario(own("digital", posts=300, people=306), parameters=parameters)
    spec = compile_scenario(small)
    assert group_of(spec, "digital") == (306, 300, 306)
    result = run_scenario(small, workers=1)

    def mean(measure: str, month: int) -> float:
        rows = result.frame("cells", trust="RGT", group="digital", measure=measure, month=month)
        return float(rows["mean"].sum())

    assert mean("headcount", 0) == 306
    assert mean("vacant_posts", 0) == 0
    assert mean("headcount", 24) + mean("vacant_posts", 24) == 300
    need = result.frame("places", code="RGT", group="digital", measure="need", month=0)
    funded = result.frame("places", code="RGT", group="digital", measure="funded", month=0)
    ratio = float(need["mean"].iloc[0] / funded["mean"].iloc[0])
    assert ratio == pytest.approx(300 / 306 / 0.97, rel=2e-3)  # need follows the money


@pytest.mark.functional
def test_leavers_are_weighed_against_the_spread_between_trusts() -> None:
    """Shape 1 / (exp(0.2 ^ 2) - 1) = 24.5; 20 left, 27.2 expected: 44.5 / 51.7 = 0.86."""
    assert prior_shape(0.2) == pytest.approx(24.503, abs=0.001)
    census = read_census(CENSUS)
    rows = census.posts[(census.posts["trust"] == "RGT") & (census.posts["group"] == "digital")]
    tenure = (census.fitted["tenure_first_year"], census.fitted["tenure_second_year"])
    expected = expected_leavers(rows[rows["state"] == "filled"], census.hazards, tenure, 0.2)
    assert expected / 316 == pytest.approx(0.09, abs=0.01)  # what the evidence says of a year
    plain, few, none = (
        compile_scenario(scenario(*entries)).exits.factor[0]
        for entries in ((), (own("digital", leavers=20),), (own("digital", leavers=0),))
    )
    digital = compile_scenario(scenario()).cells.group == GROUPS.index("digital")
    assert np.allclose(plain, 1.0)
    assert np.allclose(few[digital], (24.503 + 20) / (24.503 + expected), atol=1e-4)
    assert np.allclose(none[digital], 24.503 / (24.503 + expected), atol=1e-4)
    assert np.allclose(few[~digital], 1.0)
    assert none.min() > 0.4  # a year without leavers is no rate of nothing


@pytest.mark.functional
def test_by_draw_the_factor_has_the_spread_that_is_left() -> None:
    """Gamma of shape a + L and rate a + E x the draw's factor: mean and spread over 512 draws."""
    sizes = {"draws": 512, "replications": 512}
    same_rate = {"value": 0.09, "low": 0.09, "high": 0.09, "reason": "Test", "author": "Test"}
    small = scenario(
        own("digital", leavers=40), parameters={"leaving.organisation_rate": same_rate}, **sizes
    )
    spec = compile_scenario(small)
    cell = int(np.flatnonzero(spec.cells.group == GROUPS.index("digital"))[0])
    factor = spec.exits.factor[:, cell]
    census = read_census(CENSUS)
    rows = census.posts[(census.posts["trust"] == "RGT") & (census.posts["group"] == "digital")]
    tenure = (census.fitted["tenure_first_year"], census.fitted["tenure_second_year"])
    expected = expected_leavers(rows[rows["state"] == "filled"], census.hazards, tenure, 0.2)
    mean = (24.503 + 40) / (24.503 + expected)
    assert factor.mean() == pytest.approx(mean, rel=0.02)
    assert factor.std() == pytest.approx(math.sqrt(24.503 + 40) / (24.503 + expected), rel=0.1)


@pytest.mark.crosscheck
def test_both_engines_agree_on_own_numbers() -> None:
    """In a whole region too, where the others compete for the same people."""
    entries = [own("digital", "RNA", posts=20, people=24, leavers=6), own("data", "RNA", people=9)]
    small = load_scenario(
        SCENARIOS / "dudley.toml",
        {"draws": 2, "replications": 2, "months": 24, "rest": "coupled", "own": entries},
    )
    report = crosscheck(small, replications=2)
    assert report.ok, "\n".join(report.lines())


WRONG = """
id = "wrong"
title = "Wrong"
why = "Every mistake at once"
extends = "cambridge-own.toml"
[[own]]
trust = "RGTX"
group = "clinical"
posts = 3
as_of = "2026-03"
source = "Test"
[[own]]
trust = "RGT"
group = "clinical"
people = 3
leavers = 9
as_of = "2020-03"
source = "Test"
[[own]]
trust = "RNA"
group = "data"
as_of = "2026-03"
source = "Test"
[[own]]
trust = "RGT"
group = "digital"
posts = 0
people = 0
leavers = 1
as_of = "2026-03"
source = "Test"
"""
TOLD = (
    'own[0].trust = "RGTX": no trust has the code RGTX',
    "own[1].leavers = 9: more than the 3 people in post",
    'own[1].as_of = "2020-03": more than 24 months from the opening 2026-03',
    'own[2].trust = "RNA": no number is given',
    'own[2].trust = "RNA": not simulated in this scenario',
    "own[3].leavers = 1: nobody is in post",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("planner") / "scenarios"
    shutil.copytree(SCENARIOS, target)
    return target


@pytest.mark.functional
def test_every_mistake_is_told_at_once(folder: Path) -> None:
    file = folder / "wrong.toml"
    file.write_text(WRONG, encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        load_scenario(file)
    lines = [f"{o.where} = {o.value}: {o.message}" for o in error.value.problems]
    missing = [told for told in TOLD if not any(line.startswith(told) for line in lines)]
    assert missing == []
    assert len(lines) == len(TOLD)
    assert {one.file for one in error.value.problems} == {"wrong.toml"}


@pytest.mark.functional
@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("posts", -1, "0 to 5000"),
        ("people", 2.5, "without a decimal point"),
        ("leavers", "three", "without quotes"),
        ("group", "nurses", "one of clinical, data, digital"),
        ("as_of", "March 2026", "YYYY-MM"),
        ("post", 3, 'did you mean "posts"?'),
    ],
)
def test_a_wrong_value_is_told_with_its_key(key: str, value: object, told: str) -> None:
    entry = {**own("data", posts=3), key: value}
    with pytest.raises(ScenarioError) as error:
        scenario(entry)
    (one,) = error.value.problems
    assert one.where == f"own[0].{key}"
    assert told in one.message


@pytest.mark.functional
def test_nobody_at_all_and_the_same_twice_are_refused() -> None:
    with pytest.raises(ScenarioError, match="nobody to simulate"):
        scenario(*(own(group, posts=0, people=0) for group in GROUPS))
    with pytest.raises(ScenarioError, match=r"another .* has this trust and group"):
        scenario(own("data", posts=3), own("data", posts=4))


@pytest.mark.functional
def test_a_child_replaces_an_entry_of_its_parent(folder: Path) -> None:
    file = folder / "child.toml"
    file.write_text(
        'id = "child"\ntitle = "Child"\nwhy = "Ours"\nextends = "cambridge-own.toml"\n'
        '[[own]]\ntrust = "RGT"\ngroup = "data"\npeople = 70\nas_of = "2026-02"\n'
        'source = "Newer"\n',
        encoding="utf-8",
    )
    found = {one.group: one.people for one in load_scenario(file).own}
    assert found == {"clinical": 20, "data": 70, "digital": 306}


@pytest.mark.functional
def test_source_and_date_change_no_number() -> None:
    one, two = own("data", posts=3), own("data", posts=3) | {"as_of": "2025-12", "source": "B"}
    assert scenario(one).law_json() == scenario(two).law_json()
    assert scenario(one).law_json() != scenario(own("data", posts=4)).law_json()


@pytest.mark.functional
def test_a_result_says_whose_numbers_it_holds_and_hides_small_ones() -> None:
    result = run_scenario(scenario(own("clinical", posts=6, people=5)), workers=1)
    assert "RGT clinical" in result.manifest["census"]
    assert result.manifest["own_rows"] == ["numbers stated by RGT"]
    where: dict[str, str | int] = {"code": "RGT", "group": "clinical"}
    where |= {"measure": "in_post", "month": 0}
    assert result.frame("places", **where)["mean"].iloc[0] > 3
    assert math.isnan(shareable(result).frame("places", **where)["mean"].iloc[0])
