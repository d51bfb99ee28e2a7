"""The room's two pages, without a browser: joining, submitting, voting, deciding, taking home."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from simulator.experiments.run import run_scenario
from simulator.experiments.variants import law_digest
from simulator.scenario import Scenario, ScenarioError
from simulator.ui.plan import FIRST, resolve
from simulator.ui.room import beliefs, report
from simulator.ui.room.facilitator import hand_in
from simulator.ui.room.files import export_submission, scenario_of
from simulator.ui.room.predict import of_room, own
from simulator.ui.room.records import Range, Seat
from simulator.ui.room.store import Store
from simulator.ui.room.summary import Row, Summary
from simulator.ui.room.words import RoomError

pytestmark = pytest.mark.app

ROOT = Path(__file__).parents[2]
LADDER = (ROOT / "scenarios/tiny-ladder.toml").read_text(encoding="utf-8")
NASTY = "![x](https://a.example/x.png) <b>*hi*</b>"


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKFORCE_WORKSHOPS", str(tmp_path))
    monkeypatch.setenv("WORKFORCE_SCENARIOS", str(ROOT / "scenarios"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def participant() -> None:
    from simulator.ui import state
    from simulator.ui.room.participant import participant_page

    state.begin()
    participant_page()


def facilitator() -> None:
    from simulator.ui.room.facilitator import facilitator_page

    facilitator_page()


def results() -> None:
    import streamlit as st

    from simulator.ui import state
    from simulator.ui.plan import Place, Plan
    from simulator.ui.room.predict import before_results

    state.begin()
    st.session_state["seat_link"] = st.query_params["seat"]
    before_results(Plan(Place("trust", "RGT")))
    st.write("The results")


def page(function: Callable[[], None], **query: str) -> AppTest:
    """Show a page with parameters in its address."""
    test = AppTest.from_function(function, default_timeout=30)
    for key, value in query.items():
        test.query_params[key] = value
    return test.run()


def press(test: AppTest, label: str) -> AppTest:
    """Press a button by its label."""
    (button,) = [one for one in test.button if one.label == label]
    return button.click().run()


def typed(test: AppTest, label: str, text: str) -> None:
    """Type into a field by its label."""
    fields = [*test.text_input, *test.text_area]
    (field,) = [one for one in fields if one.label == label]
    field.set_value(text)


def in_address(test: AppTest, key: str) -> str:
    """Return a parameter of a page's address."""
    held = test.query_params[key]
    return held if isinstance(held, str) else held[0]


def offer_in(test: AppTest) -> Scenario:
    """Return the plan of a page as the scenario it saves."""
    return resolve(ROOT / "scenarios", test.session_state["plan"], FIRST["trust"])


def everything(test: AppTest) -> str:
    """Return all text of a page that Streamlit reads as Markdown."""
    parts = [test.markdown, test.title, test.header, test.caption, test.info, test.error]
    tables = [str(table.value.to_csv()) for table in test.table]
    return "\n".join([*(one.value for part in parts for one in part), *tables])


def summary(in_post: float) -> str:
    """A summary of a trust with one number."""
    row = Row(measure="in_post", date="2031-03", mean=in_post, low=in_post - 5, high=in_post + 5)
    made = Summary(
        level="trust", code="RGT", draws=32, replications=256, version="0.1.0", rows=(row,)
    )
    return made.model_dump_json()


def test_a_workshop_is_opened_and_shows_how_to_join(store: Store) -> None:
    test = page(facilitator)
    typed(test, "Title", "Care system")
    press(test, "Open the workshop")
    assert not test.exception
    secret = in_address(test, "facilitator")
    workshop = store.facilitated(secret)
    assert workshop.assumptions == beliefs.USUAL
    assert f"Code: {workshop.code[:3]} {workshop.code[3:]}" in [one.value for one in test.title]
    (shown,) = [one.value for one in test.code]
    assert parse_qs(urlsplit(shown).query) == {"code": [workshop.code]}
    assert "others on this network can read" in everything(test)
    typed(test, "Address that others use", "http://[")
    test.run()
    assert not test.exception
    assert test.error[0].value.startswith("Address: it begins with http")


def test_joining_by_code_and_coming_back_by_link(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    test = page(participant, code=workshop.code)
    typed(test, "Your name, or the name of your team", NASTY[:40])
    press(test, "Join")
    assert not test.exception
    secret = in_address(test, "seat")
    assert "code" not in test.query_params
    assert store.seated(secret).name == NASTY[:40]
    again = page(participant, seat=secret)
    assert f"You are {NASTY[:40]}, seat 1." in [one.value for one in again.text]
    assert [seat.number for seat in store.seats(workshop.id)] == [1]


def test_a_wrong_code_and_a_wrong_link_say_so(store: Store) -> None:
    store.open_workshop("Care system")
    test = page(participant)
    typed(test, "Code", "222222")
    typed(test, "Your name, or the name of your team", "Ann")
    press(test, "Join")
    assert "no open workshop has it" in test.error[0].value
    assert "opens no seat" in page(participant, seat="guess").error[0].value
    assert "opens no workshop" in page(facilitator, facilitator="guess").error[0].value


def test_predict_first_hides_the_room_until_there_is_an_answer(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    seat, secret = store.add_seat(workshop.id, "Ann")
    store.submit(seat.id, "Faster hiring", LADDER, "d1", summary(100))
    question = store.ask(workshop.id, "Which line moves most?", ["Need", NASTY])
    store.predict(workshop.id, True)
    test = page(participant, seat=secret)
    assert "Faster" not in everything(test)
    test.radio[0].set_value(1)
    press(test, "Vote")
    assert not test.exception
    assert store.own_vote(seat.id, question) == 1
    shown = everything(test)
    assert "Faster hiring" in shown and "100 (95 to 105)" in shown.replace("\\", "")


def test_results_wait_for_a_guess_which_then_stands_beside_the_model(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    seat, secret = store.add_seat(workshop.id, "Ann")
    assert "The results" in everything(page(results, seat=secret))  # off until switched on
    store.predict(workshop.id, True)
    test = page(results, seat=secret)
    assert "The results" not in everything(test)
    press(test, "This is my guess")
    assert "Give a number first" in test.error[0].value
    test.number_input[0].set_value(40)
    press(test, "This is my guess")
    assert "The results" in everything(test)
    (guess,) = of_room(store, workshop.id)
    assert guess.low <= guess.mean <= guess.high
    assert f"a shortfall of 40 FTE by March 2031. The model says {guess.mean:,.0f}" in (
        test.info[0].value
    )
    assert own(store, seat.id, "trust-RGT") == guess


def test_what_people_type_is_never_markdown(store: Store) -> None:
    workshop, secret = store.open_workshop(NASTY)
    seat, link = store.add_seat(workshop.id, NASTY[:40])
    number = store.submit(seat.id, NASTY, LADDER, "d1", summary(100), NASTY)
    question = store.ask(workshop.id, NASTY, [NASTY, "Other"])
    store.vote(seat.id, question, 0)
    store.decide(workshop.id, NASTY, NASTY, number)
    for test in (page(participant, seat=link), page(facilitator, facilitator=secret)):
        assert not test.exception
        assert "](https" not in everything(test) and "<b>" not in everything(test)
        labels = [option for radio in test.radio for option in radio.options]
        assert not [label for label in labels if "](" in label]
    assert "](https" not in report.as_text(report.closing(store, workshop.id))


def test_ranges_are_shown_without_names_once_there_are_three(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system", assumptions=["supply.growth"])
    links = []
    for name, likely in (("Ann", 0.01), ("Bob", 0.02), ("Cy", 0.03)):
        seat, link = store.add_seat(workshop.id, name)
        links.append(link)
        if name != "Cy":
            store.believe(seat.id, "supply.growth", Range(0.0, likely, 0.04))
    test = page(participant, seat=links[2])
    assert "2 of 3 ranges needed" in everything(test)
    for field, value in zip(test.number_input, (0.05, 0.03, 0.04), strict=True):
        field.set_value(value)
    press(test, "State my range")
    assert "is no range" in test.error[0].value.replace("\\", "")
    test.number_input[0].set_value(0.0)
    press(test, "State my range")
    assert not test.exception
    shown = everything(test)
    assert "0 to 0.04, likely 0.02" in shown
    assert "Ann" not in shown and "Bob" not in shown


def test_a_file_from_another_laptop_is_taken_in_run_and_compared(store: Store) -> None:
    workshop, secret = store.open_workshop("Care system", assumptions=["supply.growth"])
    ladder = LADDER.replace("england = true", 'trusts = ["RGT"]')
    ladder = 'rest = "coupled"\n' + ladder.replace("replications = ", "replications = 16 # ")
    text = export_submission(ladder, "Ann", "Why")
    name = hand_in(store, workshop, text.encode(), "ann.toml")
    (one,) = store.submissions(workshop.id)
    assert (name, one.name, one.note) == ("Ann (file)", "Ann (file)", "Why")
    assert tomllib.loads(one.scenario)["census"] == "census/tiny-ladder"
    made = Summary.model_validate_json(one.summary)
    assert made.at("funded", made.dates[0]) is not None
    store.believe(one.seat, "supply.growth", Range(0.0, 0.01, 0.02))
    test = page(facilitator, facilitator=secret)
    assert not test.exception
    assert "Ann \\(file\\)" in everything(test)


def test_a_bad_file_is_refused_with_all_its_problems(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    bad = export_submission(LADDER.replace("months = ", "months = 0 # "), "A\u202ee", "")
    bad = bad.replace('title = "', 'titel = "')
    with pytest.raises(ScenarioError) as refused:
        hand_in(store, workshop, bad.encode(), "ann.toml")
    told = str(refused.value)
    assert all(word in told for word in ("ann.toml", "U+202E", "months", "titel"))
    assert store.submissions(workshop.id) == () == store.seats(workshop.id)


def test_the_closing_report_holds_decisions_votes_and_numbers(store: Store) -> None:
    workshop, secret = store.open_workshop("Care system", assumptions=["supply.growth"])
    seat, _ = store.add_seat(workshop.id, "Ann")
    first = store.submit(seat.id, "Faster hiring", LADDER, "aaaa" * 16, summary(100), "Quick")
    store.submit(seat.id, "=Retention", LADDER, "bbbb" * 16, summary(120))
    question = store.ask(workshop.id, "Which plan?", ["Faster hiring", "Retention"])
    store.vote(seat.id, question, 0)
    store.believe(seat.id, "supply.growth", Range(0.0, 0.01, 0.04))
    assert report.closing(store, workshop.id)["beliefs"][0]["ranges"] == []
    for number in (2, 3):
        other, _ = store.add_seat(workshop.id, f"Seat {number}")
        store.believe(other.id, "supply.growth", Range(0.0, 0.01 * number, 0.04))
    store.decide(workshop.id, "Cut time to hire", "Director of HR", first)
    data = report.closing(store, workshop.id)
    assert json.loads(report.as_json(data))["decisions"] == data["decisions"]
    text = report.as_text(data)
    assert "**Cut time to hire** (Director of HR" in text
    assert "supported by submission 1, Faster hiring" in text
    assert "| Faster hiring | 1 |" in text
    assert "| 0, 0.02, 0.0346 | 0, 0.02, 0.04 |" in text
    assert "| 1. Faster hiring |  |  | 100 (95 to 105) |  |  | 256 |" in text
    lines = report.submissions_csv(data).split("\r\n")
    assert lines[1] == (
        f"1,Ann,Faster hiring,{'aaaa' * 16},trust,RGT,32,256,0.1.0,in_post,FTE,2031-03,"
        "100.0,95.0,105.0"
    )
    assert ",'=Retention," in lines[2]
    assert "Ann" not in json.dumps(data["questions"]) + json.dumps(data["beliefs"])
    every = report.record(store, workshop.id)["every_vote"]
    assert [vote["name"] for vote in every] == ["Ann"]
    test = page(facilitator, facilitator=secret)
    (sure,) = [one for one in test.checkbox if one.label.startswith("I want to end")]
    sure.check().run()
    press(test, "Close the workshop")
    assert not test.exception and store.workshop(workshop.id).closed
    press(test, "Forget all names, for good")
    assert store.seats(workshop.id)[0].name == "Seat 1"


def test_a_plan_on_own_posts_is_not_shown_unless_allowed(store: Store) -> None:
    from simulator.scenario import load_scenario
    from simulator.ui.room.offer import Offer, submit

    workshop, _ = store.open_workshop("Care system")
    seat, _ = store.add_seat(workshop.id, "Ann")
    scenario = load_scenario(ROOT / "scenarios/tiny-ladder.toml")
    own = scenario.model_copy(update={"census_rows": (scenario.source.parent / "mine.csv",)})
    with pytest.raises(RoomError, match="own posts"):
        submit(store, seat.id, Offer(own, None), "", own_rows=False)
    assert submit(store, seat.id, Offer(own, None), "", own_rows=True) == 1


def test_a_draft_is_kept_and_only_its_own_link_brings_it_back(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    ann, link = store.add_seat(workshop.id, "Ann")
    _, other = store.add_seat(workshop.id, "Bob")
    levers = {"place": "trust-RGT", "retention_offer": "10@2027-04"}
    page(participant, seat=link, **levers)
    assert store.seated(link).draft == "place=trust-RGT&retention_offer=10%402027-04"
    again = page(participant, seat=link).session_state["plan"]
    assert (again.place.code, again.choices[0].kind, again.choices[0].amount) == (
        *("RGT", "retention_offer", 10),
    )
    assert page(participant, seat=other).session_state["plan"] is None
    assert store.seats(workshop.id)[0] == Seat(ann.id, workshop.id, 1, "Ann", ann.joined, "")


def test_what_the_room_sees_is_what_a_run_of_the_submission_gives(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    _, link = store.add_seat(workshop.id, "Ann")
    test = page(participant, seat=link, place="trust-RGT", retention_offer="10@2027-04")
    assert not test.exception and not test.error
    typed(test, "Why this plan? The room sees it.", "Fewer leave")
    press(test, "Submit to the room")
    (one,) = store.submissions(workshop.id)
    assert one.note == "Fewer leave" and "Cambridge" in one.title
    scenario = scenario_of(one.scenario, "submission.toml", ROOT / "scenarios")
    assert law_digest(scenario) == one.law_digest
    assert [lever.value for lever in scenario.lever] == [0.9]
    frame = run_scenario(scenario, workers=1).frame(
        "places", level="trust", code="RGT", group="all", measure="in_post", month=180
    )
    kept = Summary.model_validate_json(one.summary).at("in_post", "2041-03")
    assert kept is not None
    stated = (kept.mean, kept.low, kept.high)
    assert stated == pytest.approx(frame[["mean", "q10.0", "q90.0"]].to_numpy()[0], abs=0.006)


def test_a_laptop_without_a_room_saves_its_plan_as_a_file(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    test = page(participant, place="trust-RGT", faster_hiring="20@2027-01")
    typed(test, "Your name on the file", "Ann")
    test.run()
    assert not test.exception and not test.error
    (saved,) = test.get("download_button")
    assert saved.proto.label == "Save as a file, to hand to the facilitator"
    scenario = offer_in(test)
    text = export_submission(scenario.canonical_toml(), "Ann", "")
    assert hand_in(store, workshop, text.encode(), "submission.toml") == "Ann (file)"
    (one,) = store.submissions(workshop.id)
    assert one.law_digest == law_digest(scenario)
    assert [lever["kind"] for lever in tomllib.loads(one.scenario)["lever"]] == ["faster_hiring"]
