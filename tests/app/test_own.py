"""Own numbers and assumptions on the page: typed, loaded, shared, and the same in a file."""

from __future__ import annotations

import base64
import os
import zlib
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from simulator.charts.figure import amount, span
from simulator.domain.words import GROUPS
from simulator.evidence.library import load_library
from simulator.experiments.run import run_scenario
from simulator.model.compile import compile_scenario
from simulator.scenario import OwnNumbers, ParameterOverride, ScenarioError, load_scenario
from simulator.scenario.numbers import RUN_PARAMETERS
from simulator.ui import roles
from simulator.ui.assumed import library_table
from simulator.ui.counts import opening_counts, opening_rows
from simulator.ui.link import LONGEST, complete, from_link, to_link
from simulator.ui.plan import FIRST, Choice, Place, Plan, Size, basis, mark, resolve
from simulator.ui.upload import LARGEST, Table, counted, pattern, read_table
from tests.support.parts import differing

SCENARIOS = Path(__file__).parents[2] / "scenarios"
RGT = Place("trust", "RGT")
SMALL = Size(2, 1)
LEAVING = "leaving.organisation_rate"


def numbers(group: str = "clinical", trust: str = "RGT", **counts: int | None) -> OwnNumbers:
    return OwnNumbers.model_validate(
        {"trust": trust, "group": group, "as_of": "2026-03", "source": "ESR", **counts}
    )


def changed(value: float, reason: str = "Exit interviews") -> ParameterOverride:
    return ParameterOverride(value=value, low=0.05, high=0.2, reason=reason, author="HR")


@cache
def table_text() -> str:
    return pattern(opening_rows(resolve(SCENARIOS, Plan(RGT), SMALL), "RGT"))


# Plans


@pytest.mark.app
def test_a_plan_says_whose_numbers_it_has():
    assert mark(Plan(RGT)) == "estimated"
    assert basis(Plan(RGT)) == (
        "Staff at the start: estimated from published totals, not your payroll."
    )
    plan = Plan(
        RGT, own=(numbers(posts=24, people=20, leavers=5),), assumed=((LEAVING, changed(0.1)),)
    )
    assert mark(plan) == "partly yours"
    assert basis(plan) == (
        "Staff at the start: yours for clinical informatics (24 posts, 20 people, 5 left in a "
        "year; March 2026); estimated for data and analytics and digital and IT. 1 assumption is "
        "yours."
    )
    assert mark(Plan(RGT, own=tuple(numbers(group, posts=9) for group in GROUPS))) == "yours"
    wide = Plan(Place("ics", "QUE"), own=(numbers(posts=24),))
    assert "yours for Cambridge University Hospitals; estimated for the others" in basis(wide)


@pytest.mark.app
def test_without_levers_own_numbers_and_assumptions_stay():
    """They are the world: a lever is compared with doing nothing in that world."""
    own, assumed = (numbers(posts=24),), ((LEAVING, changed(0.1)),)
    plan = Plan(RGT, (Choice("funding", 10, "2027-04"),), own, assumed)
    assert plan.base == Plan(RGT, (), own, assumed)
    scenario = resolve(SCENARIOS, plan.base, SMALL)
    assert scenario.own == own
    assert scenario.parameter(LEAVING).values[0].value == 0.1


@pytest.mark.app
def test_counts_of_the_form_are_those_of_the_run():
    own = (numbers(posts=24, people=20, leavers=5), numbers("digital", posts=300, people=306))
    scenario = resolve(SCENARIOS, Plan(RGT, own=own), SMALL)
    found = opening_counts(scenario, "RGT")
    assert (found["clinical"].posts, found["clinical"].people) == (24, 20)
    assert (found["digital"].posts, found["digital"].people) == (300, 306)
    clinical = found["clinical"]
    assert clinical.factor == pytest.approx((24.503 + 5) / (24.503 + clinical.expected), abs=1e-4)
    cells = compile_scenario(scenario).cells
    assert int(cells.funded[cells.group == 2].sum()) == 300


# Links

_TEXT = some.text(min_size=1, max_size=60).filter(lambda text: text.strip())


@pytest.mark.property
@settings(deadline=None)
@given(data=some.data())
def test_a_link_holds_own_numbers_and_assumptions(data):
    counts = some.integers(0, 400) | some.none()
    own = tuple(
        numbers(g, posts=data.draw(counts), people=data.draw(counts), leavers=data.draw(counts))
        for g in data.draw(some.sets(some.sampled_from(GROUPS)).map(sorted))
    )
    names = data.draw(some.sets(some.sampled_from(sorted(RUN_PARAMETERS)), max_size=3))
    texts = some.text(some.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
    assumed = tuple(
        (name, changed(0.1, data.draw(texts.filter(str.strip)))) for name in sorted(names)
    )
    plan = Plan(RGT, (Choice("funding", 10, "2027-04"),), own, assumed)
    link = to_link(plan)
    assert len(urlencode(link)) <= LONGEST
    assert from_link(link) == (plan, ())


@pytest.mark.app
def test_a_link_that_would_be_too_long_says_so():
    words = "".join(chr(0x4E00 + 7 * number % 20_000) for number in range(2000))
    plan = Plan(RGT, own=(numbers(posts=24),), assumed=((LEAVING, changed(0.1, words)),))
    assert not complete(plan)
    link = to_link(plan)
    assert len(urlencode(link)) < 100
    opened, told = from_link(link)
    assert opened == Plan(RGT)
    assert "ask for the file" in told[0]


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(zlib.compress(text.encode())).decode().rstrip("=")


@pytest.mark.app
@pytest.mark.parametrize(
    "text",
    [
        packed("{}"),
        packed('{"version": "1", "own": [{"trust": "RGT"}]}'),
        packed('{"version": "1", "assumed": {"leaving": 3}}'),
        packed("[" * 30_000),
        base64.urlsafe_b64encode(zlib.compress(b"0" * 50_000_000)).decode(),
        to_link(Plan(RGT, own=(numbers(posts=24),)))["more"][:-6],
        "%00",
        "é",
    ],
)
def test_a_damaged_link_is_left_out_in_words(text):
    plan, told = from_link({"place": "trust-RGT", "more": text})
    assert plan == Plan(RGT)
    assert told == ("The link's own numbers and assumptions cannot be read and are left out.",)


@pytest.mark.property
@settings(deadline=None)
@given(text=some.text(max_size=200), raw=some.binary(max_size=200))
def test_no_hand_made_link_breaks_the_page(text, raw):
    """Whatever stands in the address gives a plan, and a scenario or problems in words."""
    for more in (text, base64.urlsafe_b64encode(raw).decode(), packed(text)):
        plan, told = from_link({"place": "trust-RGT", "more": more})
        assert plan == Plan(RGT)
        assert told


@pytest.mark.app
def test_a_link_of_another_version_or_place_is_told():
    text = (
        '{"version": "0.0.1", "own": [{"trust": "RNA", "group": "data", "posts": 3, '
        '"as_of": "2026-03", "source": "x"}], "assumed": {}, "tables": 1}'
    )
    plan, told = from_link({"place": "trust-RGT", "more": packed(text)})
    assert plan == Plan(RGT)
    assert [words in " ".join(told) for words in ("0.0.1", "table of posts", "left out")] == [
        True
    ] * 3


# Tables


@pytest.mark.app
def test_a_loaded_table_runs_as_its_file_does(tmp_path):
    """In memory and as the file the scenario names: the same specification and the same law."""
    table = read_table(table_text().encode("utf-8-sig"), "RGT")
    plan = Plan(RGT, tables=(table,), own=(numbers(leavers=3),))
    held = resolve(SCENARIOS, plan, SMALL)
    assert held.census_rows[0].name == table.file == f"own-rgt-{table.digest}.csv"
    assert not held.census_rows[0].exists()
    folder = SCENARIOS / "tables"
    before = folder.exists()
    folder.mkdir(exist_ok=True)
    file, scenario = folder / table.file, SCENARIOS / "own-table-test.toml"
    try:
        file.write_text(table.text, encoding="utf-8")
        scenario.write_text(held.canonical_toml(), encoding="utf-8")
        read = load_scenario(scenario)
        assert read.law_json() == held.law_json()
        assert differing(compile_scenario(read), compile_scenario(held)) == []
        file.write_text(table.text.replace(",1.00,", ",0.60,", 1), encoding="utf-8")
        with pytest.raises(ScenarioError, match="content has changed"):
            load_scenario(scenario)
    finally:
        scenario.unlink(missing_ok=True)
        file.unlink(missing_ok=True)
        if not before:
            folder.rmdir()
    assert mark(plan) == "yours"
    assert not complete(plan)


@pytest.mark.app
def test_a_table_is_shown_as_counts():
    table = read_table(table_text().encode(), "RGT")
    found = counted(table)
    assert sum(posts for *_, posts, _ in found) == 17 + 101 + 331
    assert sum(people for *_, people in found) == 16 + 97 + 316
    assert table == read_table(table.text.encode(), "RGT")


SECRETS = ("Smith", "QQ123456C", "943 476 5919", "jo@trust.nhs.uk", "04/07/1980", "CB2 0QQ")


@pytest.mark.app
@pytest.mark.parametrize(
    ("secret", "told"),
    list(
        zip(
            ("Smith, Jo", *SECRETS[1:]),
            ("a name", "National Insurance", "NHS number", "e-mail", "a date", "a postcode"),
            strict=True,
        )
    ),
)
def test_values_that_tell_of_people_are_refused_and_not_repeated(secret, told):
    lines = table_text().splitlines()
    cells = lines[4].split(",")
    cells[6] = f'"{secret}"'
    lines[4] = ",".join(cells)
    with pytest.raises(ScenarioError) as error:
        read_table("\n".join(lines).encode(), "RGT")
    problem = error.value.problems[0]
    assert (problem.where, problem.value) == ("line 5, column 7", "")
    assert told in problem.message
    assert not any(part in str(error.value) for part in SECRETS)


@pytest.mark.app
@pytest.mark.parametrize(
    "name",
    ["Surname", "Full name", "NI Number", "NHS no", "E-mail", "DOB", "Date of birth", "Post code"],
)
def test_columns_that_name_people_are_refused(name):
    lines = table_text().splitlines()
    text = "\n".join([f"{lines[0]},{name}", *(f"{line},x" for line in lines[1:])])
    with pytest.raises(ScenarioError, match="nobody is to be named") as error:
        read_table(text.encode(), "RGT")
    assert error.value.problems[0].where == "column 12"


@pytest.mark.app
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty"),
        (b"x" * (LARGEST + 1), "at most 2,000,000"),
        ("trust,group".encode("utf-16"), "CSV UTF-8"),
        (b"PK\x03\x04rest", "a workbook"),
        (b"trust,group\n\xff\xfe,Smith\n", "not UTF-8 text"),
        (b"Smithson,Jones\n1,2\n", "the first line must be trust,group"),
    ],
)
def test_a_bad_table_is_refused_with_line_and_column(content, told):
    with pytest.raises(ScenarioError) as error:
        read_table(content, "RGT")
    assert told in " ".join(str(error.value).split())
    assert "Smithson" not in str(error.value)


@pytest.mark.app
@pytest.mark.parametrize(
    ("old", "new", "where", "told"),
    [
        ("RGT", "RNA", "line 2, trust", "must hold RGT alone"),
        (",filled,", ",Smithson,", "line 2, state", "expected: filled, approval"),
        (",1.00,", ",2.00,", "line 2, fte", "FTE from 0.01 to 1"),
    ],
)
def test_a_bad_row_is_refused_with_line_and_column(old, new, where, told):
    with pytest.raises(ScenarioError) as error:
        read_table(table_text().replace(old, new).encode(), "RGT")
    first = error.value.problems[0]
    assert (first.where, first.value) == (where, "")
    assert told in first.message
    assert "Smithson" not in str(error.value)
    assert len(error.value.problems) == 50


@pytest.mark.app
def test_a_table_is_in_no_repr_and_no_cache():
    """A plan in a message shows no row, and a plan with a table is kept by nobody but its visit."""
    from simulator.ui import plan as plans

    table = Table("RGT", table_text())
    assert "filled" not in repr(Plan(RGT, tables=(table,)))
    before = plans._resolved.cache_info().currsize
    resolve(SCENARIOS, Plan(RGT, tables=(table,)), SMALL)
    assert plans._resolved.cache_info().currsize == before


# Pages


def _numbers_page() -> None:
    import streamlit as st

    from simulator.ui import state
    from simulator.ui.parts import frame
    from simulator.ui.plan import Place
    from simulator.ui.views import your_numbers

    state.begin()
    your_numbers.go = lambda *_: None  # type: ignore[attr-defined]  # a page alone has no others to go to
    frame(your_numbers.show)
    for code in ("QUE", "QOP"):
        st.button(code, on_click=state.choose_place, args=(Place("ics", code),))
    st.button("RGT", on_click=state.choose_place, args=(Place("trust", "RGT"),))


def _assumptions_page() -> None:
    from simulator.ui import state
    from simulator.ui.parts import frame
    from simulator.ui.views import assumptions

    state.begin()
    frame(assumptions.show)


def _opened(page, **query: str) -> AppTest:
    os.environ["WORKFORCE_WORKERS"] = "0"
    test = AppTest.from_function(page, default_timeout=60)
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def _press(test: AppTest, label: str) -> AppTest:
    return next(one for one in test.button if one.label == label).click().run()


def _shown(test: AppTest) -> str:
    text = " ".join(one.value for one in [*test.markdown, *test.caption, *test.error])
    return text.replace("\\", "")


@pytest.mark.app
def test_typed_numbers_give_what_a_run_of_the_file_gives():
    test = _opened(_numbers_page, place="trust-RGT")
    assert not test.exception
    assert "estimated: 17 posts, 16 people" in _shown(test)
    for box, value in zip(test.number_input, (24, 20, 5), strict=False):
        box.set_value(value)
    _press(test, "Use these numbers")
    assert not test.exception and not test.error
    plan = test.session_state["plan"]
    assert plan.own == (
        numbers(posts=24, people=20, leavers=5).model_copy(
            update={"source": "Electronic Staff Record"}
        ),
    )
    size = FIRST["trust"]
    result = run_scenario(resolve(SCENARIOS, plan, size), workers=1)
    row = result.frame("places", code="RGT", group="all", measure="in_post", month=60).iloc[0]
    said = f"have {amount(row['mean'])} ({span(dict(row))} in 8 of 10 futures) in post"
    assert said in _shown(test)
    assert "Staff at the start: partly yours." in _shown(test)
    opened, told = from_link({k: "".join(v) for k, v in test.query_params.items()})
    assert (opened, told) == (plan, ())
    _press(test, "Undo")
    assert test.session_state["plan"] == Plan(RGT)
    assert test.number_input[0].value is None


@pytest.mark.app
def test_impossible_numbers_are_told_in_the_words_of_the_form():
    test = _opened(_numbers_page, place="trust-RGT")
    test.number_input[1].set_value(3)
    test.number_input[2].set_value(9)
    _press(test, "Use these numbers")
    assert "Clinical informatics, left in 12 months: more than the 3 people" in _shown(test)
    assert test.session_state["plan"] == Plan(RGT)
    assert test.number_input[2].value == 9


@pytest.mark.app
def test_own_numbers_go_with_the_trust_to_wider_places_and_back():
    more = to_link(Plan(RGT, own=(numbers(posts=24),), assumed=((LEAVING, changed(0.1)),)))["more"]
    test = _opened(_numbers_page, place="trust-RGT", more=more)
    plan = test.session_state["plan"]
    assert plan.own[0].posts == 24
    _press(test, "QOP")
    assert test.session_state["plan"] == Plan(Place("ics", "QOP"), assumed=plan.assumed)
    _press(test, "QUE")
    wide = test.session_state["plan"]
    assert wide == Plan(Place("ics", "QUE"), (), plan.own, plan.assumed)
    assert resolve(SCENARIOS, wide, SMALL).own == plan.own
    _press(test, "RGT")
    assert test.session_state["plan"] == plan
    with pytest.raises(ScenarioError, match="not simulated"):
        resolve(SCENARIOS, Plan(Place("ics", "QOP"), own=plan.own), SMALL)


@pytest.mark.app
def test_a_changed_assumption_is_carried_and_its_effect_shown():
    test = _opened(_assumptions_page, place="trust-RGT")
    assert not test.exception
    test.selectbox[0].set_value(LEAVING).run()
    value = test.number_input[0]
    assert value.value == 9.0
    value.set_value(12.0)
    _press(test, "Change it")
    assert "12 per cent lies outside 7.8 to 10.5" in _shown(test)
    assert "Say why this value" in _shown(test)
    test.number_input[2].set_value(15.0)
    test.text_input[0].set_value("Exit interviews")
    test.text_input[1].set_value("HR")
    _press(test, "Change it")
    assert not test.exception and not test.error
    plan = test.session_state["plan"]
    (one,) = plan.assumed
    assert one == (
        LEAVING,
        ParameterOverride(value=0.12, low=0.078, high=0.15, reason="Exit interviews", author="HR"),
    )
    assert "Under your assumptions the shortfall in March 2031 is" in _shown(test)
    assert "higher (95 % interval +" in _shown(test)
    scenario = resolve(SCENARIOS, plan, SMALL)
    assert 'reason = "Exit interviews"' in scenario.canonical_toml()
    _press(test, "Take back")
    assert test.session_state["plan"] == Plan(RGT)


@pytest.mark.app
def test_the_list_of_numbers_is_searched():
    test = _opened(_assumptions_page, place="trust-RGT")
    rows = [len(test.dataframe[0].value)]
    test.text_input[0].set_value("leaving.trust").run()
    rows.append(len(test.dataframe[0].value))
    assert rows == [len(load_library()), 1]
    assert "1 of" in _shown(test)


@pytest.mark.app
def test_every_number_is_listed_with_its_source():
    frame = library_table()
    assert list(frame.index) == list(load_library().ids)
    assert set(frame["Kind"]) == {"published", "derived", "assumed"}
    assert frame["Source"].str.len().min() > 10
    row = frame.loc[LEAVING]
    assert (row["Value"], row["Range"], row["Grade"]) == ("9 %", "7.8 % to 10.5 %", "B")
    assert set(frame.index[frame["Can be changed"] == "yes"]) == RUN_PARAMETERS


@pytest.mark.app
def test_a_sound_link_with_impossible_numbers_opens_without_them():
    more = to_link(Plan(RGT, own=(numbers(people=3, leavers=9),)))["more"]
    test = _opened(_numbers_page, place="trust-RGT", more=more)
    assert not test.exception
    assert test.session_state["plan"] == Plan(RGT)
    assert "contradict each other" in " ".join(one.value for one in test.warning)


@pytest.mark.app
def test_who_is_counted_says_that_no_mapping_is_published():
    assert "no published list was found" in roles.CODES
    assert ("Clinical Safety Officer", "bands 8a to 8c", "D") in roles.titles("clinical")
