"""Careers: counts of single lives, against both engines, hand counts and closed forms."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from simulator.domain.words import BANDS, GROUPS, Flow, Phase, Stock
from simulator.engines import arrays, people
from simulator.engines.arrays import make_layout, sum_block
from simulator.engines.arrays.lives import record_lives
from simulator.experiments.careers import (
    Course,
    CourseError,
    NotKnownError,
    making,
    openings,
    outcome_card,
    paths,
    pay_fan,
    pay_points,
    read_courses,
    sample_careers,
)
from simulator.experiments.careers.added import start_month, with_course, with_places
from simulator.experiments.careers.counted import (
    OUTCOMES,
    PATH_YEARS,
    STATUS,
    TO,
    Counts,
    count_lives,
    empty_counts,
    start_years,
)
from simulator.experiments.careers.hundred import of_hundred
from simulator.experiments.careers.making import count_region, make_careers
from simulator.experiments.careers.seats import play, seat_effect_of
from simulator.experiments.careers.stored import (
    MANIFEST,
    Careers,
    CareersError,
    pathway_of,
    read_careers,
)
from simulator.experiments.careers.tables import region_tables
from simulator.experiments.crosscheck import crosscheck_specification
from simulator.model.compile import compile_scenario
from simulator.model.intake import Pathway, region_shares
from simulator.model.specification import NEVER, Specification
from simulator.results.lives import Lives, lives_of
from simulator.scenario import Scenario, load_scenario
from tests.support.closed import Cell, Cohort, alter, make
from tests.support.generated import World, build

pytestmark = pytest.mark.functional

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
FUTURES = 12
EVENTS = ("started", "dropped", "completed", "sought", "hired", "gave_up", "turned_away")
SCARCE = 0.05
"""Share of the usual supervision that binds, but not for all."""
WORLD = World(
    seed=11, regions=2, trusts=3, months=150, posts=8, intake=4.0, leaving=0.3, vacant=0.3
)
ROUTE = "app_data_analyst_4"


@cache
def world() -> Specification:
    return build(WORLD)


@cache
def both() -> tuple[tuple[Any, ...], Lives]:
    """Traces of the people engine, future by future, and the lives of the arrays engine."""
    spec = world()
    traces = tuple(people.simulate(spec, first=r, count=1, spells_of=r) for r in range(FUTURES))
    return traces, record_lives(make_layout(spec), 0, FUTURES)[0]


def test_both_engines_live_the_same_lives() -> None:
    traces, two = both()
    for r, trace in enumerate(traces):
        one = lives_of(trace, world().training, r)
        assert (one.trainees == two.trainees[two.trainees["replication"] == r]).all()
        assert (one.spells == two.spells[two.spells["replication"] == r]).all()
        log = arrays.trace(world(), first=r, count=1, spells_of=r).trainees
        assert (trace.trainees == log).all()
    assert len(two.trainees) > 500
    assert len(two.spells) > 100
    seen = two.trainees
    assert all((seen[name] != NEVER).sum() > 20 for name in ("dropped", "completed", "gave_up"))


class Hand:
    """The logs of one future of the people engine, for counting in plain loops."""

    def __init__(self, trace: Any, spec: Specification) -> None:
        self.spec = spec
        self.log: dict[int, dict[str, int]] = {}
        for row, month, event in trace.trainees.tolist():
            self.log.setdefault(row, {})[EVENTS[event]] = month
        self.spells: dict[int, list[Any]] = {}
        for spell in np.sort(trace.spells[trace.spells["person_kind"] == 1], order="start"):
            self.spells.setdefault(int(spell["person_id"]), []).append(spell)

    def pathway(self, row: int) -> int:
        training = self.spec.training
        return int(training.pathway[training.cohort_line[training.row_cohort[row]]])

    def state(self, row: int, month: int) -> str:
        begun = [one for one in self.spells.get(row, []) if one["start"] <= month]
        if month > self.spec.months:
            return ""
        if not begun:
            return self.before(row, month)
        if month < begun[-1]["end"]:
            return f"band_{BANDS[self.spec.cells.band[self.spec.slots.cell[begun[-1]['slot']]]]}"
        return {13: "on_break", 7: "retired"}.get(int(begun[-1]["ended"]), "left")

    def before(self, row: int, month: int) -> str:
        """State of somebody who has had no post."""
        life, waits = self.log.get(row, {}), self.spec.training.row_status[row] == 2
        if life.get("dropped", 999) <= month:
            return "not_completed"
        if not waits and life.get("completed", 999) > month:
            return "studying"
        looks = waits or life.get("sought", 999) <= month
        return "waiting_post" if looks and life.get("gave_up", 999) > month else "other_work"

    def hit(self, row: int, name: str, months: int) -> bool:
        """Has somebody who started an outcome."""
        life, posts = self.log[row], self.spells.get(row, [])
        done = life.get("completed", 999)
        match name:
            case "completed" | "elsewhere":
                return done < 999 and (name == "completed" or "sought" not in life)
            case "dropped_out":
                return "dropped" in life
            case "post":
                return bool(posts) and posts[0]["start"] <= done + months
            case "waiting":
                return self.state(row, done + months) == "waiting_post"
            case "gave_up":
                return done < 999 and life.get("gave_up", 999) <= done + months
            case "in_post":
                return self.state(row, life["started"] + months).startswith("band")
        return self.state(row, life["started"] + months) == name

    def count(self, future: int, into: Counts) -> None:
        years = start_years(self.spec)
        for row, life in self.log.items():
            if "started" in life:
                at = self.pathway(row), years.index(2026 + (life["started"] + 2) // 12)
                into.people[(*at, future)] += 1
                for o, (name, months) in enumerate(OUTCOMES):
                    into.hits[(*at, o, future)] += self.hit(row, name, months)
        for row, posts in self.spells.items():
            first = int(posts[0]["start"])
            band = BANDS.index(self.state(row, first).removeprefix("band_"))
            for k, later in enumerate(PATH_YEARS):
                to = self.state(row, first + 12 * later).removeprefix("band_")
                if to:
                    pair = band * len(TO) + TO.index(to)
                    into.paths[self.pathway(row), k, pair, future] += 1


def test_counts_are_those_of_the_people_engine_person_by_person() -> None:
    traces, lives = both()
    hand, counted = (empty_counts(world(), FUTURES) for _ in range(2))
    for future, trace in enumerate(traces):
        Hand(trace, world()).count(future, hand)
    count_lives(world(), lives, counted)
    assert (hand.people == counted.people).all()
    assert (hand.paths == counted.paths).all()
    for number, outcome in enumerate(OUTCOMES):
        assert (hand.hits[:, :, number] == counted.hits[:, :, number]).all(), outcome
    asked = [OUTCOMES.index(("post", 12)), OUTCOMES.index(("waiting", 6))]
    assert (counted.hits[:, :, asked].sum(axis=(0, 1, 3)) > 0).all()
    assert counted.paths[:, 0].sum() > counted.paths[:, 1].sum() > counted.paths[:, 2].sum() > 0


def test_states_of_everybody_add_up() -> None:
    counted = empty_counts(world(), FUTURES)
    count_lives(world(), both()[1], counted)
    at = [OUTCOMES.index((name, 60)) for name in STATUS]
    short = world().months - 60  # only who starts this early can be seen five years later
    seen = both()[1].trainees["start"] <= short
    started = both()[1].trainees["start"] >= 1
    assert counted.hits[:, :, at].sum() == (seen & started).sum()
    assert (counted.pay[:, 0].sum()) == (counted.waits.sum() + _opening_hires())


def _opening_hires() -> int:
    """First posts of people who were trainees or waited at the opening."""
    lives = both()[1]
    rows = np.unique(lives.spells[["replication", "row"]])
    start = world().training.cohort_start[world().training.row_cohort[rows["row"]]]
    return int((start < 1).sum())


def test_openings_balance_with_vacant_posts() -> None:
    """Openings less posts withdrawn and people hired from outside are the change of vacancy."""
    spec = world()
    counts = [count_region(replace(spec, replications=4), region) for region in ("Y0", "Y1")]
    flows = (counts[0] + counts[1]).flows.sum(axis=(0, 2))  # by flow and future
    trace = arrays.trace(spec, count=4)
    assert (flows == trace.flows.sum(axis=(1, 2)).T).all()
    vacant = trace.stocks[..., Stock.VACANT].sum(axis=2)
    opened = flows[[Flow.OPENED, Flow.LEFT, Flow.BREAK, Flow.RETIRED]].sum(axis=0)
    hired = flows[Flow.JOINED_EXPERIENCED : Flow.JOINED_OUTSIDE + 1].sum(axis=0)
    assert (vacant[:, -1] - vacant[:, 0] == opened - flows[Flow.WITHDRAWN] - hired).all()
    assert (opened > 0).all()
    assert flows[Flow.MOVED_OUT].sum() > 0  # moves open nothing


def college(**changes: Any) -> Specification:
    """200 people start in month 1; vacancies enough for all, and nobody else for them."""
    cells = [Cell("5", 400)]
    phases = {slot: (Phase.ADVERT, 1 + slot % 3) for slot in range(400)}
    spec = make(cells, 48, cohorts=[Cohort(1, 200)], phases=phases, duration=12)
    spec = alter(spec, {"hiring.success": 1.0, "pools.newly_qualified": 1.0, **changes})
    return replace(spec, replications=8)


def cards_of(spec: Specification) -> Any:
    counts = count_region(spec, "R1")
    return region_tables(spec, ("degree",), "closed", "R1", counts)["cards"].set_index(
        ["outcome", "months"]
    )


def test_constant_rates_give_the_closed_form() -> None:
    """Completion is exp(-h), seeking s, waiting ends at once: all of them binomial."""
    hazard, seek = 0.3, 0.6
    drop = np.full((1, 13), hazard)
    drop[:, 0] = 0.0
    cards = cards_of(college(**{"training.drop_hazard": drop, "training.seek_share": seek}))
    stay = float(np.exp(-hazard))
    for outcome, share in (
        (("completed", 0), stay),
        (("dropped_out", 0), 1 - stay),
        (("elsewhere", 0), stay * (1 - seek)),
        (("post", 12), stay * seek),
        (("post", 24), stay * seek),
    ):
        row = cards.loc[outcome]
        assert row["people"] == 1600
        assert row["of_100"] == pytest.approx(100 * share, abs=4 * 100 * (0.25 / 1600) ** 0.5)
        low, high = (stats.binom.ppf(q, 100, row["of_100"] / 100) for q in (0.1, 0.9))
        assert abs(row["low"] - low) <= 2
        assert abs(row["high"] - high) <= 2
    assert cards.loc["waiting", 12]["of_100"] == 0.0


def test_waiting_ends_at_the_stated_rate() -> None:
    """Without vacancies, who waits after n months is exp(-g n / 12)."""
    rate = 1.2
    cards = cards_of(college(**{"hiring.success": 0.0, "training.give_up_hazard": rate}))
    for months in (6, 12, 24):
        share = float(np.exp(-rate * months / 12))
        row = cards.loc["waiting", months]
        assert row["of_100"] == pytest.approx(100 * share, abs=4 * 100 * (0.25 / 1600) ** 0.5)
        assert cards.loc["gave_up", months]["of_100"] == pytest.approx(100 - row["of_100"])
    assert cards.loc["post", 24]["of_100"] == 0.0


@pytest.mark.parametrize("spread", [0.0, 0.15])
def test_the_range_holds_eight_of_ten_hundreds(spread: float) -> None:
    rng = np.random.default_rng(3)
    futures, share = 1024, 0.4

    def shares(count: int) -> Any:
        if spread == 0.0:
            return np.full(count, share)
        weight = share * (1 - share) / spread**2 - 1
        return rng.beta(share * weight, (1 - share) * weight, count)

    asked = rng.integers(5, 40, futures)
    hits = rng.binomial(asked, shares(futures))
    _, low, high = of_hundred(hits[None], asked[None], 64)
    hundreds = rng.binomial(100, shares(20_000))
    inside = ((hundreds >= low[0]) & (hundreds <= high[0])).mean()
    assert 0.78 <= inside <= 0.88  # whole numbers: a little more than eight of ten


def test_few_people_widen_the_range() -> None:
    few, many = (of_hundred(np.array([[n // 2] * 8]), np.array([[n] * 8]), 8) for n in (6, 600))
    assert few[2][0] - few[1][0] > many[2][0] - many[1][0] >= 12


@cache
def england() -> tuple[Scenario, Specification]:
    scenario = load_scenario(
        SCENARIOS / "england.toml", {"months": 60, "draws": 2, "replications": 2}
    )
    return scenario, compile_scenario(scenario)


def test_more_places_are_the_difference_of_two_full_runs() -> None:
    """The same places as a lever of a scenario, all of England simulated."""
    scenario, spec = england()
    share = region_shares_of(scenario)["Y58"]
    lever = {
        "id": "places",
        "title": "More places",
        "target": "places",
        "operation": "add",
        "value": 40 / share,
        "start": "2027-04",
        "end": "2028-03",
        "regions": ["Y58"],
        "pathways": [ROUTE],
        "rationale": "Test",
        "author": "Test",
    }
    other = load_scenario(
        scenario.source, {"months": 60, "draws": 2, "replications": 2, "lever": [lever]}
    )
    runs = [simulate_in_post(one, "Y58") for one in (spec, compile_scenario(other))]
    found = seat_effect_of(scenario, spec, pathway_of(ROUTE), "Route", 2027, "Y58", seats=40)
    full = -(runs[1] - runs[0]) / 100 / 40
    here = found.table[found.table["level"] == "region"]["shortfall"].to_numpy()
    assert here == pytest.approx(full)
    assert np.abs(here).max() > 0
    assert found.turned_away == 0.0
    trusts = found.table[found.table["level"] == "trust"].groupby("month")["shortfall"].sum()
    assert trusts.to_numpy() == pytest.approx(here)
    assert "divided by 40" in found.lines()[1]
    assert list(found.alternatives["what"]) == [
        "this place",
        "a retention offer for a year",
        "places for clinicians who convert",
    ]
    assert (found.alternatives["pounds"] > 0).all()


def region_shares_of(scenario: Scenario) -> dict[str, float]:
    from simulator.evidence.trusts import opening_trusts

    return region_shares(opening_trusts(scenario.opening)[0])


def simulate_in_post(spec: Specification, region: str) -> Any:
    """Mean staff in post of a region at year ends, hundredths FTE, all of England simulated."""
    totals = sum_block(make_layout(spec), 0, spec.replications)
    here = np.repeat([one == region for one in spec.trust_region], len(GROUPS))
    return totals.in_post[12::12, here].sum(axis=1).mean(axis=1)


DEGREE = Pathway("degree", "data", "entry", 12, 3, 0, np.inf, 1.0, 1.0, 23, False, "")


def test_with_free_posts_a_place_is_one_more_person_in_post() -> None:
    """All 30 finish, look, find one of the vacancies and stay: 30 posts of 1 FTE more."""
    spec = college(**{"training.seek_share": 1.0})
    more = with_places(spec, DEGREE, "R1", 1, 30)
    one, two = play([spec, more], "R1")
    gained = (two.in_post - one.in_post)[:, 0]
    full_time = int(spec.slots.fte[0])
    assert (gained[-1] == 30 * full_time).all()
    assert (gained[:2] == 0).all()  # the course takes twelve months
    assert (two.started - one.started == 30).all()


def test_without_supervisors_a_place_does_less() -> None:
    spec = college(**{"training.seek_share": 1.0, "training.supervised": True})
    closed = alter(spec, {"training.supervision": 0.0})
    more = with_places(closed, DEGREE, "R1", 1, 30)
    one, two = play([closed, more], "R1")
    assert (two.in_post == one.in_post).all()
    assert (two.turned_away - one.turned_away == 30).all()


def test_scarce_supervisors_turn_some_places_away() -> None:
    _, spec = england()
    route, seats = pathway_of(ROUTE), 160
    start = start_month(spec, route, 2027)
    assert start == 18
    tight = alter(spec, {"training.supervision": spec.training.supervision * SCARCE})
    line = spec.training.names.index((ROUTE, "Y58"))
    specs = [
        with_places(one, route, "Y58", start, places)
        for one in (spec, tight)
        for places in (0, seats)
    ]
    free, more, scarce, more_scarce = play(specs, "Y58", line)
    assert (more.started - free.started == seats).all()
    started = (more_scarce.started - scarce.started).mean()
    assert 0 < started < seats
    gained = (more.fte_years() - free.fte_years()).mean()
    assert (more_scarce.fte_years() - scarce.fte_years()).mean() < gained


def test_a_course_obeys_the_law_in_both_engines() -> None:
    spec = build(replace(WORLD, months=36))
    group = spec.pools.names[0][1]
    course = Pathway("evening", group, "entry", 7, 9, 0, np.inf, 0.7, 0.8, 24, False, "")
    more = with_course(spec, course, "Y0", 3.5, [6, 18])
    report = crosscheck_specification(more, replications=2)
    assert report.ok, report.lines()
    lives, _ = record_lives(make_layout(more), 0, 2)
    line = more.training.cohort_line[more.training.row_cohort[lives.trainees["row"]]]
    assert (line == len(spec.training.names)).sum() >= 12


def test_a_course_has_a_card() -> None:
    course = Course("my_msc", "My MSc", "data", "Y58", 40, completion=0.9, seek_share=0.5)
    sizes = {"months": 60, "draws": 2, "replications": 2}
    card = course.card(2027, sizes=sizes)
    assert card.people == 80
    completed, elsewhere = (card.line(name) for name in ("completed", "elsewhere"))
    assert completed is not None
    assert elsewhere is not None
    assert completed.of_100 == pytest.approx(90, abs=10)
    assert elsewhere.of_100 == pytest.approx(45, abs=16)
    assert card.line("in_post", 120) is None  # beyond the run
    assert any("beyond the months simulated" in line for line in card.lines())


@pytest.mark.parametrize(
    ("field", "value"),
    [("group", "it"), ("completion", 0.0), ("intake", -1), ("region", "X"), ("id", ROUTE)],
)
def test_a_course_names_what_is_wrong(field: str, value: object) -> None:
    good = {"id": "a", "name": "A", "group": "data", "region": "Y56", "intake": 3}
    with pytest.raises(CourseError, match=field) as raised:
        Course(**{**good, field: value})  # type: ignore[arg-type]
    assert len(raised.value.problems) == 1


def test_courses_are_read_from_toml_and_csv_alike(tmp_path: Path) -> None:
    toml, table = tmp_path / "a.toml", tmp_path / "a.csv"
    toml.write_text(
        '[[course]]\nid = "a"\nname = "A"\ngroup = "data"\nregion = "Y56"\nintake = 30\n'
        "completion = 0.9\nsupervised = true\n",
        encoding="utf-8",
    )
    table.write_text(
        "id,name,group,region,intake,completion,supervised\na,A,data,Y56,30,0.9,yes\n",
        encoding="utf-8",
    )
    assert read_courses(toml) == read_courses(table)
    table.write_text("id,group,region,intake\nb,it,Y56,many\n", encoding="utf-8")
    with pytest.raises(CourseError) as raised:
        read_courses(table)
    assert {one.where for one in raised.value.problems} == {
        "course[0].name",
        "course[0].group",
        "course[0].intake",
    }


@cache
def stored() -> Careers:
    return read_careers(SCENARIOS / "census" / "england-2026-03" / "careers")


def test_stored_cards_add_up_and_differ_by_scenario() -> None:
    card = outcome_card(ROUTE, 2027, results=stored())
    states = [card.line(name, 60) for name in STATUS]
    assert sum(one.of_100 for one in states if one) == pytest.approx(100, abs=0.2)
    done, dropped = card.line("completed"), card.line("dropped_out")
    assert done is not None
    assert dropped is not None
    assert done.of_100 + dropped.of_100 == pytest.approx(100, abs=0.1)
    assert done.low < done.of_100 < done.high
    assert card.people > 1000
    frozen = outcome_card(ROUTE, 2026, scenario="funding-freeze", results=stored())
    usual = outcome_card(ROUTE, 2026, results=stored())
    assert frozen.line("post", 12).of_100 < usual.line("post", 12).of_100  # type: ignore[union-attr]


def test_too_few_to_say() -> None:
    table = stored().tables["cards"]
    few = table[table["people"] < 30]
    if len(few):
        one = few.iloc[0]
        card = outcome_card(
            one["route"],
            int(one["year"]),
            one["region"],
            scenario=one["scenario"],
            results=stored(),
        )
        assert card.too_few
        assert np.isnan(card.rows[0].of_100)
        assert "Too few to say" in card.lines()[-1]
    nobody = outcome_card("conversion_clinician_12", 2027, results=stored())
    assert nobody.people == 0  # no such places without a lever
    assert nobody.too_few


def test_stored_openings_name_three_scenarios() -> None:
    frame = openings(stored(), region="ENG", group="all", band="all", year="2030/31")
    table: Any = frame.pivot_table(index="scenario", columns="kind", values="mean")
    assert {"england", "training-expansion", "funding-freeze"} <= set(table.index)
    assert table["openings"].to_numpy() == pytest.approx(
        (table["growth"] + table["leavers"]).to_numpy(), rel=1e-4
    )
    more = table.loc["training-expansion", "newly_qualified"]
    assert more > 1.2 * table.loc["england", "newly_qualified"]
    assert (frame["low"] <= frame["high"]).all()
    usual = frame[frame["kind"] != "withdrawn"]  # posts are withdrawn in few futures
    assert usual["mean"].between(usual["low"], usual["high"]).all()
    bands = openings(stored(), region="ENG", group="all", year="2030/31", scenario="england")
    each = bands[(bands["band"] != "all") & (bands["kind"] == "leavers")]["mean"].sum()
    assert each == pytest.approx(table.loc["england", "leavers"], rel=1e-3)


def test_pay_and_paths_and_stories() -> None:
    table: Any = pay_points("2026/27", "inner")
    entry = table[(table["band"] == "5") & (table["point"] == "entry")].iloc[0]
    assert (entry["pounds"], entry["with_london"]) == (32073, 32073 + round(0.2 * 32073))
    fan = pay_fan(ROUTE, results=stored())
    assert list(fan["years"]) == list(range(16))
    known = fan[~fan["too_few"]]
    assert (known["p10"] <= known["p50"]).all()
    assert known["in_post"].is_monotonic_decreasing
    assert set(known["p50"]) <= set(pay_points("2026/27")["pounds"])
    flows = paths(ROUTE, results=stored())
    for _, rows in flows.groupby("years"):
        assert rows["of_100"].sum() == pytest.approx(100, abs=0.2)
    told = sample_careers(ROUTE, 5, results=stored())
    assert len(told) == 5
    assert told == sample_careers(ROUTE, 5, results=stored())
    assert all(one.sentences[0].startswith("Starts in") for one in told)


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(NotKnownError) as raised:
        outcome_card("no_such_route", 1999, "Y00", results=stored())
    assert {one.where for one in raised.value.problems} == {"route", "year", "region"}


def test_making_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stored folder is all or nothing, and finished regions are not simulated again."""
    settings = {"months": 12, "draws": 1, "replications": 1}
    scenario = load_scenario(SCENARIOS / "england.toml", settings)
    real, played, stops = making.count_region, list[str](), [True]

    def some(spec: Specification, region: str, **options: Any) -> Counts:
        if len(played) == 2 and stops:
            raise KeyboardInterrupt
        played.append(region)
        return real(spec, region, **options)

    monkeypatch.setattr(making, "count_region", some)
    monkeypatch.setattr(making, "make_stories", lambda *_: {})
    out = tmp_path / "careers"
    with pytest.raises(KeyboardInterrupt):
        make_careers([scenario], out)
    assert not out.exists()
    assert len(played) == 2
    stops.clear()
    make_careers([scenario], out)
    assert len(played) == len(set(played)) == 7  # the two that were done are not done again
    assert [path.name for path in tmp_path.iterdir()] == ["careers"]
    made = read_careers(out)
    assert made.manifest["replications"] == 1
    path = out / "openings.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CareersError, match=r"openings\.parquet"):
        read_careers(out)
    assert json.loads((out / MANIFEST).read_text())["files"]
