"""Plans, links and dials: what a visitor sets is what a scenario file says."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.model.deliverability import catalogue
from simulator.scenario import ScenarioError, load_scenario
from simulator.ui import roles
from simulator.ui.dials import DIALS, ELSEWHERE, NOT_HERE, OF_TRUSTS, offered
from simulator.ui.link import from_link, to_link
from simulator.ui.parts import plain
from simulator.ui.places import choices, initials, label
from simulator.ui.plan import FIRST, FULL, Choice, Place, Plan, Size, entry, resolve

SCENARIOS = Path(__file__).parents[2] / "scenarios"
RGT = Place("trust", "RGT")
SMALL = Size(2, 1)


def _choice(kind: str) -> Choice:
    dial = DIALS[kind]
    return Choice(kind, dial.most, "2027-04", dial.lasts)


@pytest.mark.app
@pytest.mark.parametrize("level", ["trust", "ics", "region", "england"])
def test_every_lever_offered_makes_a_sound_scenario(level):
    """Each dial at its end, alone, on each level of place where it is offered."""
    place = {"trust": RGT, "ics": Place("ics", "QOP"), "region": Place("region", "Y62")}.get(
        level, Place("england", "ENG")
    )
    for kind in offered(level):
        plan = Plan(place, (_choice(kind),))
        lever = resolve(SCENARIOS, plan, SMALL).lever[0]
        assert lever.kind == kind
        assert lever.value == DIALS[kind].value(DIALS[kind].most)


@pytest.mark.app
def test_every_lever_of_the_catalogue_is_offered_or_explained():
    kinds = {row["kind"] for row in catalogue()}
    assert set(DIALS) | set(ELSEWHERE) == kinds
    assert not set(DIALS) & set(ELSEWHERE)
    assert set(OF_TRUSTS) | set(NOT_HERE) == set(DIALS)


@pytest.mark.app
@pytest.mark.parametrize("kind", list(DIALS))
def test_a_dial_reaches_all_of_the_evidence(kind):
    """No amount on the dial is no lever; its ends hold the range of the evidence."""
    dial, row = DIALS[kind], entry(kind)
    assert dial.value(0) == (0.0 if dial.direction == "share" else 1.0)
    ends = sorted(round(dial.amount(float(row[name]))) for name in ("low", "high"))
    assert dial.least <= ends[0]
    assert ends[1] <= dial.most


@pytest.mark.app
def test_values_of_dials():
    """15 % less is times 0.85; 10 % more is times 1.1; a share is itself."""
    assert DIALS["retention_offer"].value(15) == 0.85
    assert DIALS["funding"].value(-10) == 0.9
    assert DIALS["freeze"].value(30) == 0.3


@pytest.mark.app
def test_a_lever_for_wider_places_is_refused_for_a_trust():
    plan = Plan(RGT, (_choice("international"),))
    with pytest.raises(ScenarioError, match="wider place"):
        resolve(SCENARIOS, plan, SMALL)


@pytest.mark.app
def test_a_downloaded_scenario_says_the_same(tmp_path):
    """The file, read as any scenario file, has the same law, place, levers and size."""
    plan = Plan(RGT, (_choice("retention_offer"), _choice("freeze")))
    scenario = resolve(SCENARIOS, plan, FIRST["trust"])
    file = SCENARIOS / "workshop-test-file.toml"
    file.write_text(scenario.canonical_toml(), encoding="utf-8")
    try:
        read = load_scenario(file)
    finally:
        file.unlink()
    assert read.law_json() == scenario.law_json()
    content = tomllib.loads(scenario.canonical_toml())
    assert content["replications"] == FIRST["trust"].futures
    assert "workshop" not in content
    assert content["lever"][1]["end"] == "2028-03"


_PLACES = [RGT, Place("ics", "QOP"), Place("region", "Y58"), Place("england", "ENG")]


@pytest.mark.property
@given(data=some.data())
def test_a_link_opens_the_plan_it_was_made_of(data):
    place = data.draw(some.sampled_from(_PLACES))
    chosen = []
    for kind in offered(place.level):
        dial = DIALS[kind]
        amount = data.draw(some.integers(dial.least, dial.most))
        start = f"{data.draw(some.integers(2027, 2040))}-{data.draw(some.integers(1, 12)):02d}"
        lasts = None if dial.lasts is None else data.draw(some.integers(1, 120))
        if amount:
            chosen.append(Choice(kind, amount, start, lasts))
    plan = Plan(place, tuple(chosen))
    assert from_link(to_link(plan)) == (plan, ())


@pytest.mark.property
@given(place=some.text(max_size=30), setting=some.text(max_size=30))
def test_no_link_breaks_the_page(place, setting):
    """Anything in the address gives a plan that resolves, or a word."""
    assert from_link({"place": place})[0] is None
    plan, told = from_link({"place": "trust-RGT", "retention_offer": setting})
    assert plan is not None
    assert bool(told) != bool(plan.choices)


@pytest.mark.app
def test_a_link_to_a_merged_trust_opens_its_successor():
    words = next(one for one in choices() if "(RNK," in one)
    assert "now North London (G6V2S)" in words
    assert choices()[words] == Place("trust", "G6V2S")
    plan, _ = from_link({"place": "trust-RNK"})
    assert plan is not None
    assert plan.place == Place("trust", "G6V2S")


@pytest.mark.app
def test_a_trust_that_merges_during_the_run_is_met_in_its_successor():
    """Levers reach the staff of both."""
    words = [one for one in choices() if "(RVJ," in one]
    assert len(words) == 1
    assert "merges in June 2026" in words[0]
    place = choices()[words[0]]
    assert place == Place("trust", "RA7")
    scenario = resolve(SCENARIOS, Plan(place, (_choice("retention_offer"),)), SMALL)
    assert scenario.reported == scenario.lever[0].trusts == ("RA7", "RVJ")


@pytest.mark.app
def test_places_are_found_as_people_call_them():
    assert initials("Cambridge University Hospitals") == "CUH"
    assert "(RGT, CUH)" in label(RGT)
    assert {place.level for place in choices().values()} == {"trust", "ics", "region", "england"}
    assert len(set(choices().values())) > 200


@pytest.mark.app
def test_text_is_no_command():
    """Nothing that a file or a link holds becomes a picture, a link or a formula on the page."""
    found = plain("![x](https://a.b)").replace("\u2060", "")
    assert found == "\\!\\[x\\]\\(https\\:\\/\\/a\\.b\\)"
    assert plain("$a$ <b> `c`") == "\\$a\\$ \\<b\\> \\`c\\`"


@pytest.mark.app
def test_job_titles_are_in_one_group_each():
    groups = {group: roles.counted(group) for group in ("clinical", "data", "digital")}
    assert all(groups.values())
    titles = [title for one in groups.values() for title in one]
    assert len(titles) == len(set(titles))
    assert "Clinical Safety Officer (bands 8a to 8c)" in groups["clinical"]


@pytest.mark.app
def test_full_runs_are_larger_and_of_whole_draws():
    for level, first in FIRST.items():
        assert first.futures < FULL[level].futures
        assert first.draws >= 8  # fewer make no interval worth the name


@pytest.mark.app
def test_no_module_of_the_page_hides_one_of_python():
    """Streamlit puts the script's folder first on the path: ``numbers.py`` there breaks Python."""
    folder = Path(__file__).parents[2] / "simulator" / "ui"
    names = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert not names & set(sys.stdlib_module_names)
    assert "pages" not in names  # a folder of this name Streamlit takes for pages of its own


@pytest.mark.app
def test_one_configuration_however_the_page_is_started():
    root = Path(__file__).parents[2]
    texts = {
        (folder / ".streamlit" / "config.toml").read_text(encoding="utf-8")
        for folder in (root, root / "simulator" / "ui")
    }
    assert len(texts) == 1
    settings = tomllib.loads(texts.pop())
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"]["showErrorDetails"] == "none"
