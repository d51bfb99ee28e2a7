"""The planners' pages: what they show is what the commands give for the exported file."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Executor, Future
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from simulator.domain.words import BANDS, GROUPS, How
from simulator.engines import arrays
from simulator.experiments.compare import compare
from simulator.experiments.crosscheck import crosscheck
from simulator.experiments.explain import explain
from simulator.experiments.layers import signed
from simulator.experiments.openings import FOLLOWED, time_open
from simulator.experiments.peers import FOLDER, Peers, PeersError, law_of, read_peers, standing
from simulator.experiments.questions import Goal, ask
from simulator.experiments.robust import read_futures, robust
from simulator.experiments.seek import seek
from simulator.experiments.stories import tell
from simulator.experiments.tornado import tornado
from simulator.model.compile import compile_scenario
from simulator.scenario import load_scenario
from simulator.ui import errands, shelf, specs, work
from simulator.ui.errands import BusyError, Errands, Task
from simulator.ui.plan import FIRST, Choice, Place, Plan, Size, resolve
from simulator.ui.views import compare as compare_page
from simulator.ui.views.peers import like

pytestmark = pytest.mark.app

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"
RGT = Place("trust", "RGT")
SMALL = Size(4, 2)
PLAN = Plan(RGT, (Choice("retention_offer", 15, "2027-04"), Choice("faster_hiring", 20, "2027-04")))
LINK = {
    "place": "trust-RGT",
    "retention_offer": "15@2027-04",
    "faster_hiring": "20@2027-04",
}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch):
    """Small runs, and a server of each test's own, without processes."""
    monkeypatch.setenv("WORKFORCE_SCENARIOS", str(SCENARIOS))
    monkeypatch.setitem(FIRST, "trust", SMALL)
    monkeypatch.setitem(compare_page.SIZES, "trust", {"Quick": SMALL, "Careful": Size(4, 4)})
    errands.close_errands()
    yield
    errands.close_errands()


def _page(name: str) -> AppTest:
    """A page with the plan, without a browser."""
    source = (
        "import streamlit as st\n"
        "from simulator.ui import state\n"
        "from simulator.ui.parts import frame\n"
        f"from simulator.ui.views import {name}\n"
        "state.begin()\n"
        f"frame({name}.show)\n"
    )
    test = AppTest.from_string(source, default_timeout=60)
    for key, value in LINK.items():
        test.query_params[key] = value
    return test


def _press(test: AppTest, label: str) -> AppTest:
    (button,) = [one for one in test.button if one.label == label]
    return button.click().run()


def _text(test: AppTest) -> str:
    """All that the page says, tables included."""
    assert not test.exception
    parts = [test.title, test.header, test.subheader, test.markdown, test.caption, test.info]
    parts += [test.warning, test.error]
    tables = [one.value.to_csv() for one in test.table]
    text = "\n".join([*(one.value for part in parts for one in part), *tables])
    return text.replace("\\", "")


@pytest.fixture
def files(tmp_path: Path):
    """The plan without and with levers, as exported."""
    with work.saved([resolve(SCENARIOS, one, SMALL) for one in (PLAN.base, PLAN)], tmp_path) as own:
        yield own


def _shown(row: dict) -> str:
    return f"{signed(row['difference'])} ({signed(row['low95'])} to {signed(row['high95'])})"


# Pages


def test_compare_shows_what_the_command_gives(files: list[Path]) -> None:
    test = _press(_page("compare").run(), "Compare them")
    scenarios = [load_scenario(one) for one in files]
    found = compare(*scenarios, levels=["trust"])
    text = _text(test)
    for month in (60, 120, 180):
        rows = found.frame(code="RGT", group="all", measure="in_post", month=month)
        assert _shown(dict(rows.iloc[0])) in text
    rows = found.frame(code="RGT", group="all", measure="need", month=120)
    assert rows["difference"].iloc[0] == 0
    assert "Need,no difference" in text
    test.segmented_control[0].set_value("need").run()
    assert "Your plan now: no difference to need in March 2036, in any future." in _text(test)


def test_the_parts_of_a_difference_are_those_of_the_command(files: list[Path]) -> None:
    test = _press(_page("compare").run(), "Compare them")
    test = _press(test, "Split the difference by lever")
    first, second = (load_scenario(one) for one in files)
    found = explain(first, second, levels=["trust"], years=[10])
    rows = found.frame(measure="in_post", group="all", band="all", code="RGT")
    totals = dict(zip(rows["step"], rows["total"], strict=True))
    parts = [total for step, total in totals.items() if step not in {"first", "second"}]
    assert totals["first"] + sum(parts) == totals["second"]
    text = _text(test)
    for total in totals.values():
        assert f"{int(total):,}" in text
    assert "Retention offer: 15 % fewer people leave" in text


def test_how_careful_changes_the_numbers() -> None:
    test = _press(_page("compare").run(), "Compare them")
    before = _text(test)
    assert "8 futures of each" in before
    test.radio[0].set_value("Careful").run()
    after = _text(_press(test, "Compare them"))
    assert "16 futures of each" in after
    assert before.split("The differences")[0] != after.split("The differences")[0]


def test_one_scenario_alone_is_not_compared() -> None:
    test = _page("compare").run()
    test.multiselect[0].set_value(["none"]).run()
    assert "Choose another one" in _text(test)
    assert [one.label for one in test.button] == ["Keep"]


def test_kept_plans_and_the_library_can_be_compared() -> None:
    test = _page("compare").run()
    test.text_input[0].set_value("A <b>plan</b>")
    test.text_input[1].set_value("why")
    test = _press(test, "Keep")
    text = _text(test)
    assert "A <b>plan</b>" in text and "15 % fewer people leave; 20 % less time to hire" in text
    options = test.multiselect[0].options
    assert any(one.startswith("Library") for one in options)
    assert not [one for one in options if "training places" in one.lower()]
    test.multiselect[0].set_value(["none", "now", "kept:A <b>plan</b>", "library:faster-hiring"])
    test = _press(test.run(), "Compare them")
    text = _text(test)
    assert "A <b>plan</b>" in text and "futures of each" in text
    test = _press(test, "Drop")
    assert not [one for one in test.multiselect[0].options if one.startswith("Kept")]


def test_what_the_room_submitted_can_be_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only by somebody with a seat, and only what is about the same place."""
    from simulator.ui.room.store import Store

    monkeypatch.setenv("WORKFORCE_WORKSHOPS", str(tmp_path))
    store = Store(tmp_path)
    workshop, _ = store.open_workshop("Care system")
    seat, secret = store.add_seat(workshop.id, "Ann")
    theirs = Plan(RGT, (Choice("retention_offer", 30, "2027-04"),))
    other = Plan(Place("trust", "RNA"), theirs.choices)
    for plan in (theirs, other):
        text = resolve(SCENARIOS, plan, Size(2, 1)).canonical_toml()
        store.submit(seat.id, "Keep people", text, f"digest {plan.place.code}", "")
    assert not [one for one in _page("compare").run().multiselect[0].options if "Ann" in one]
    test = _page("compare")
    test.session_state["seat_link"] = secret
    test = test.run()
    (room,) = [one for one in test.multiselect[0].options if one.startswith("Room")]
    assert room.replace("\\", "") == "Room: Keep people, Ann (1)"
    test.multiselect[0].set_value(["none", "room:1"]).run()
    test = _press(test, "Compare them")
    base, submitted = (resolve(SCENARIOS, one, SMALL) for one in (theirs.base, theirs))
    found = compare(base, submitted, levels=["trust"], years=[5])
    row = dict(found.frame(code="RGT", group="all", measure="in_post").iloc[0])
    assert _shown(row) in _text(test)


def test_the_tornado_is_that_of_the_command(files: list[Path]) -> None:
    test = _press(_page("matters").run(), "Find what moves it most")
    scenario = load_scenario(files[1])
    question = ask(scenario, place="RGT", measure="shortfall", date="2031-03")
    found = tornado(files[1], question, settings={"replications": SMALL.futures})
    text = _text(test)
    assert f"With everything at its stated value: {found.stated.text()}" in text
    assert any(one.kind == "lever" for one in found.swings)
    for one in found.swings:
        assert one.low.text("+,.1f") in text


def test_what_it_would_take_is_what_the_command_finds(files: list[Path]) -> None:
    test = _page("matters")
    test.session_state["matters.tab"] = "What it would take"
    test = test.run()
    (bound,) = test.number_input
    bound.set_value(110.0)
    test.slider[0].set_value(50).run()
    test = _press(test, "Find out what it would take")
    found = seek(
        files[1],
        "retention-offer",
        Goal(110.0),
        probability=0.5,
        low=0.7,
        high=1.0,
        steps=30,
        place="RGT",
        date="2031-03",
    )
    text = _text(test)
    assert f"Without it: {found.without.text('.0%')}" in text
    for _, share in found.tried:
        assert share.text(".0%") in text


def test_what_holds_up_is_what_the_command_weighs(files: list[Path]) -> None:
    test = _page("matters")
    test.session_state["matters.tab"] = "What holds up"
    test = test.run()
    (bound,) = test.number_input
    bound.set_value(118.0).run()
    test = _press(test, "Weigh them")
    futures = read_futures(SCENARIOS / "futures/need.toml")
    found = robust(files, Goal(118.0), place="RGT", date="2031-03", futures=futures)
    text = _text(test)
    for one in found.verdicts:
        assert one.mean.text() in text
        assert one.acceptable.text(".0%") in text
        assert one.regret.text() in text
    assert found.verdicts[0].regret.value > 0
    test.toggle[0].set_value(False).run()
    assert [one.label for one in test.button] == ["Weigh them"]


def test_engines_are_compared_on_the_page(files: list[Path]) -> None:
    test = _page("method")
    test.session_state["method.tab"] = "Two engines"
    test = _press(test.run(), "Compare the engines")
    found = crosscheck(load_scenario(files[1]), replications=2)
    assert found.ok
    text = _text(test)
    assert f"{found.compared:,} whole numbers and {found.spells:,} spells compared" in text
    assert "no difference" in text


def test_the_page_tells_a_career_and_another() -> None:
    test = _page("method")
    test.session_state["method.tab"] = "One career"
    test = test.run()
    story = tell(resolve(SCENARIOS, PLAN, SMALL), 1)
    one = _text(test)
    assert f"Person 1 of the {story.people}" in one
    assert story.lines[0].partition(": ")[2] in one
    test.number_input[0].set_value(2).run()
    assert _text(test) != one


def test_method_and_outlook_draw_every_tab() -> None:
    from simulator.ui.views import method, outlook

    for name, tabs in (("method", method._TABS), ("outlook", outlook._TABS)):
        for tab in tabs:
            test = _page(name)
            test.session_state[f"{name}.tab"] = tab
            assert len(_text(test.run())) > 200, tab


def test_outlook_counts_how_long_posts_stay_open() -> None:
    test = _page("outlook")
    test.session_state["outlook.tab"] = "Vacancies"
    test = _press(test.run(), "Count how long posts stay open")
    frame = time_open(resolve(SCENARIOS, PLAN, SMALL), futures=SMALL.futures)
    whole = frame.loc[(frame["group"] == "all") & (frame["band"] == "all")].set_index("month")
    row = whole.loc[6]
    told = f"{100 * row['share']:.0f} (95 % interval {100 * row['low']:.0f} to "
    assert f"Of 100 posts of Cambridge University Hospitals that fall vacant, {told}" in _text(test)


def test_peers_shows_the_rank_with_its_interval() -> None:
    england = load_scenario(SCENARIOS / "england.toml")
    peers = read_peers(england.census / FOLDER, law_of(england))
    frame = standing(peers, [("trust", one.code) for one in like("RGT")], 60)
    row = frame.loc[frame["code"] == "RGT"].iloc[0]
    test = _page("peers").run()
    told = f"its rank lies between {row['rank_low']:.0f} and {row['rank_high']:.0f}"
    assert told in _text(test)
    before = _text(test)
    after = _text(test.segmented_control[0].set_value(120).run())
    assert "March 2036" in after and before.splitlines()[1] != after.splitlines()[1]


# What the pages rest on


def test_posts_are_followed_one_by_one() -> None:
    """The share of posts still open is that of a count in plain loops."""
    scenario = resolve(SCENARIOS, PLAN.base, Size(2, 1))
    frame = time_open(scenario, futures=2)
    spec = compile_scenario(scenario.model_copy(update={"months": 60 + FOLLOWED}))
    vacancies: Counter = Counter()
    still: Counter = Counter()
    for number in range(2):
        spells = arrays.trace(spec, first=number, count=1, spells_of=number).spells
        starts = {(one["slot"], one["turn"]): int(one["start"]) for one in spells}
        for one in spells:
            if one["ended"] == How.STILL_IN_POST or not 1 <= one["end"] <= 60:
                continue
            cell = spec.slots.cell[one["slot"]]
            key = GROUPS[spec.cells.group[cell]], BANDS[spec.cells.band[cell]]
            filled = starts.get((one["slot"], one["turn"] + 1), 10_000)
            vacancies[key] += 1
            still[key] += filled > one["end"] + 6
    key = max(vacancies, key=vacancies.__getitem__)
    found = frame.loc[(frame["group"] == key[0]) & (frame["band"] == key[1])].set_index("month")
    assert found.loc[6, "vacancies"] == vacancies[key]
    assert found.loc[6, "share"] == pytest.approx(still[key] / vacancies[key])
    assert found.loc[0, "share"] == 1.0
    assert found["share"].is_monotonic_decreasing


def test_ranks_by_hand() -> None:
    """Three places, two futures: shares, ranks and the worst fifth."""
    names = (("ics", "A"), ("ics", "B"), ("ics", "C"))
    need = np.full((1, 3, 2), 10_000)
    in_post = np.array([[[8_000, 9_000], [9_000, 8_000], [9_500, 9_500]]])
    peers = Peers(names, (60,), "2026-03", need, in_post, 2, "law")
    frame = standing(peers, names, 60).set_index("code")
    assert frame.loc["A", "mean"] == 15.0
    assert frame.loc["C", "share"] == pytest.approx(0.05)
    assert list(frame.loc["A", ["rank_low", "rank_high", "worst"]]) == [1, 2, 0.5]
    assert list(frame.loc["C", ["rank_low", "rank_high", "worst"]]) == [3, 3, 0.0]
    with pytest.raises(KeyError, match="no place"):
        standing(peers, (("ics", "D"),), 60)


def test_the_stored_run_of_england_is_of_todays_assumptions(tmp_path: Path) -> None:
    england = load_scenario(SCENARIOS / "england.toml")
    peers = read_peers(england.census / FOLDER, law_of(england))
    assert peers.futures == 256 and ("trust", "RGT") in peers.names
    with pytest.raises(PeersError, match="other assumptions"):
        read_peers(england.census / FOLDER, "another")
    for name in ("manifest.toml", "futures.parquet"):
        content = (england.census / FOLDER / name).read_bytes()
        (tmp_path / name).write_bytes(content + b"#" * (name == "futures.parquet"))
    with pytest.raises(PeersError, match="not the table"):
        read_peers(tmp_path, peers.law)


def test_saved_files_are_the_exported_scenario_and_go(tmp_path: Path) -> None:
    scenario = resolve(SCENARIOS, PLAN, SMALL)
    with work.saved([scenario], tmp_path) as (file,):
        assert file.read_text("utf-8") == scenario.canonical_toml()
        assert load_scenario(file).law_json() == scenario.law_json()
    assert not file.exists()
    assert (tmp_path / "census/england-2026-03/fitted.toml").is_file()


def test_a_saved_picture_stands_alone() -> None:
    """A chart made for dark is saved on white, with its finding, and drawn without a network."""
    import pandas as pd

    rows = [("Here", 3.0, 1.0, 5.0, True), ("There", 2.0, 1.0, 3.0, False)]
    data = pd.DataFrame(rows, columns=["name", "value", "low", "high", "mine"])
    dark = specs.dots(True, "FTE")
    paper = specs.paper(dark, {"main": data}, "Here is more", "A source")
    assert "#F2F2F2" not in str(paper) and "#1B1B1B" in str(paper)
    svg = specs.svg(paper)
    assert "Here is more" in svg and "A source" in svg and "There" in svg
    assert specs.png(paper).startswith(b"\x89PNG")


def test_plans_are_kept_within_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    monkeypatch.setattr(st, "session_state", {})
    assert "at least one letter" in shelf.keep("  ", "", PLAN)
    for number in range(shelf.MOST):
        assert shelf.keep(f"Plan {number}", "x" * 999, PLAN) == ""
    assert "drop one first" in shelf.keep("One more", "", PLAN)
    assert shelf.keep("Plan 0", "again", PLAN) == ""
    kept = shelf.kept(PLAN)
    assert len(kept) == shelf.MOST and kept[-1].note == "again"
    assert len(kept[0].note) == shelf.NOTE
    assert shelf.kept(Plan(Place("trust", "RNA"))) == ()


# Errands


class Slow(Executor):
    """Stands in for the processes: work is done when the test says so."""

    def __init__(self) -> None:
        self.taken: list[tuple[Task, Future]] = []

    def submit(self, *work, **_):
        future: Future = Future()
        self.taken.append((work[1], future))
        return future


def _work(number: int, home: Path, tell) -> int:
    tell(1, 1, "")
    return number


def _task(number: int, level: str = "trust", seconds: float = 60.0) -> Task:
    return Task(_work, (number,), level, 1, seconds)


@pytest.fixture
def slow():
    """Errands whose processes wait for the test."""
    found, pool = Errands(processes=False), Slow()
    found._pool = pool
    yield found, pool
    found.close()


def test_a_trust_overtakes_england_and_quick_ones_do_not_wait(slow) -> None:
    found, pool = slow
    for number, level in enumerate(("trust", "england", "region", "trust")):
        found.ask(f"visitor {number}", _task(number, level))
    found.ask("visitor 9", _task(9, "england", seconds=2.0))
    assert [one.args for one, _ in pool.taken] == [(0,), (9,)]
    assert found.ahead(_task(1, "england").key) == 3
    pool.taken[0][1].set_result("done")
    pool.taken[2][1].set_result("done")
    pool.taken[3][1].set_result("done")
    assert [one.args for one, _ in pool.taken] == [(0,), (9,), (3,), (2,), (1,)]


def test_two_who_ask_the_same_share_it_and_one_cannot_stop_it(slow) -> None:
    found, pool = slow
    one = found.ask("a", _task(1))
    assert found.ask("b", _task(1)) is one
    found.stop("a", one.task.key)
    assert one.state == "running"
    found.stop("b", one.task.key)
    assert one.state == "stopped"
    assert (found.home / f"{one.task.key}.stop").exists()
    again = found.ask("a", _task(1))
    assert again.state == "waiting" and again is not one  # its process is not free yet
    assert found.ahead(one.task.key) == 1
    pool.taken[0][1].set_exception(errands.StoppedError())
    assert (one.state, again.state) == ("stopped", "running")
    assert not (found.home / f"{one.task.key}.stop").exists()


def test_a_visitor_cannot_fill_the_list(slow) -> None:
    found, _ = slow
    for number in range(errands.EACH):
        found.ask("a", _task(number))
    with pytest.raises(BusyError, match="stop one"):
        found.ask("a", _task(99))
    found.ask("b", _task(99))


def test_progress_and_stopping_go_through_files(tmp_path: Path) -> None:
    task = _task(7)
    assert errands.run(task, str(tmp_path)) == 7
    assert (tmp_path / task.key).read_text("ascii") == "1 1"
    (tmp_path / f"{task.key}.stop").touch()
    with pytest.raises(errands.StoppedError):
        errands.run(task, str(tmp_path))
    assert not (tmp_path / f"{task.key}.stop").exists()


def test_a_failure_is_told_in_words(slow) -> None:
    found, pool = slow
    one = found.ask("a", _task(1))
    pool.taken[0][1].set_exception(MemoryError("too much\nand more"))
    assert one.state == "failed" and one.error == "too much"
