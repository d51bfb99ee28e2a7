"""What a run prints: its size, ranges and caveats, in 80 columns, and only what numbers support."""

from __future__ import annotations

import io
import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from rich.console import Console

import simulator
from simulator.charts.fan import fan_chart
from simulator.charts.words import month_name, place_name, rounded
from simulator.cli.summary import print_summary
from simulator.evidence.library import Library, Parameter, load_library
from simulator.results.result import Result
from simulator.scenario.used import drawn_parameters, used_parameters

pytestmark = pytest.mark.functional

ROOT = Path(__file__).parents[2]
LADDER = ROOT / "scenarios" / "tiny-ladder.toml"


def told(result: Result, encoding: str = "utf-8") -> str:
    """Return what is printed for a reader who pipes it."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    print_summary(result, Console(file=stream, width=80, highlight=False))
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.fixture(scope="module")
def ladder() -> Result:
    return simulator.run(simulator.load_scenario(LADDER), workers=1)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """One trust of the ladder, with its neighbour simulated but not reported."""
    folder = tmp_path_factory.mktemp("trust")
    shutil.copytree(LADDER.parent / "census" / "tiny-ladder", folder / "census" / "tiny-ladder")
    text = LADDER.read_text(encoding="utf-8")
    assert "england = true" in text
    text = 'rest = "coupled"\n' + text.replace("england = true", 'trusts = ["RGT"]')
    path = folder / "trust.toml"
    path.write_text(text, encoding="utf-8")
    return simulator.run(simulator.load_scenario(path), workers=1)


def test_eighty_columns(ladder: Result, trust: Result) -> None:
    for result in (ladder, trust):
        assert max(len(line) for line in told(result).splitlines()) <= 80


def test_headline_says_what_was_run(ladder: Result) -> None:
    text = " ".join(told(ladder).split())
    scenario = tomllib.loads(ladder.scenario_toml)
    assert scenario["title"] in text
    assert scenario["why"] in text
    assert ladder.manifest["boundary"] in text
    assert "synthetic until a trust loads its own" in text
    assert "4 sets of parameters (draws), 64 simulated futures (replications)" in text
    assert "A fifth fewer leavers, from April 2027" in text


def test_ranges_grades_and_caveats_are_said(trust: Result) -> None:
    text = " ".join(told(trust).split())
    assert "8 of 10 simulated futures lie between them" in text
    assert "both doubt about parameters and chance" in text
    assert re.search(r"Parameters make (\d+ %|nearly all) of the variance of staff in post", text)
    assert "supply.tightness" in text
    assert "true doubt is wider" in text
    assert "Not for: decisions about individual people" in text


def test_the_parameters_counted_are_those_that_the_run_reads(trust: Result) -> None:
    """Their grades add up, other methods of need are left out, and those that vary are named."""
    text = " ".join(told(trust).split())
    total, *grades = map(
        int,
        re.search(  # type: ignore[union-attr]
            r"Of the (\d+) parameters behind the numbers, (\d+) are grade A .*?, (\d+) B .*?, "
            r"(\d+) C .*? and (\d+) D \(assumption\)",
            text,
        ).groups(),
    )
    used = used_parameters(tomllib.loads(trust.scenario_toml))
    assert total == sum(grades) == len(used) < len(load_library())
    assert grades[3] == sum(load_library().get(name).grade == "D" for name in used)
    varying = re.search(r"the (\d+) parameters that vary \(([^)]*)\)", text)
    assert varying
    assert varying[2].split(", ") == [
        "need.growth",
        "need.funded_share",
        "leaving.organisation_rate",
        "hiring.approval_median_months",
        "supply.tightness",
        "supply.growth",
        "hiring.round_success_factor",
        "market.mover_factor",
        "market.congestion_factor",
        "hiring.internal_factor",
        "training.completion_factor",
    ]
    assert int(varying[1]) == 11


def test_what_is_read_and_drawn_follows_the_scenario() -> None:
    plain: dict[str, object] = {"draws": 4, "need": {"method": "growth"}}
    assert {"need.growth", "pay.award", "age.stock_over_60"} < set(used_parameters(plain))
    assert not {"need.hee.growth", "sickness.rate", "check.paybill"} & set(used_parameters(plain))
    mature = {**plain, "need": {"method": "maturity"}}
    assert "need.growth" not in used_parameters(mature)
    assert "need.maturity.progress" in drawn_parameters(mature)
    assert "need.trust_size_growth" in drawn_parameters({**plain, "need": {"method": "ratio"}})
    assert "programme.slip_months" in used_parameters({**plain, "programme": [{"id": "one"}]})
    upskilling = {**plain, "lever": [{"target": "internal_share"}]}
    extra = set(used_parameters(upskilling)) - set(used_parameters(plain))
    assert extra == {"upskilling.promotion_effect"}
    assert drawn_parameters({**plain, "draws": 1}) == ()
    replayed = set(drawn_parameters({**plain, "rest": "baseline"}))
    assert set(drawn_parameters(plain)) - replayed == {
        "market.congestion_factor",
        "market.mover_factor",
        "supply.growth",
        "supply.tightness",
        "training.completion_factor",
    }
    held = {**plain, "parameters": {"need.growth": {"value": 0.1, "low": 0.1, "high": 0.1}}}
    assert set(drawn_parameters(plain)) - set(drawn_parameters(held)) == {"need.growth"}


@pytest.mark.nightly
def test_every_parameter_counted_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """By building the census, or by compiling a scenario that has everything."""
    from simulator.evidence.trusts import opening_trusts
    from simulator.model.census.build import build_census
    from simulator.model.compile import compile_scenario

    library, read, original = load_library(), set[str](), Library.get

    def recorded(self: Library, name: str) -> Parameter:
        read.add(name)
        return original(self, name)

    monkeypatch.setattr(Library, "get", recorded)
    build_census("2026-03", library, opening_trusts("2026-03")[0])
    used: set[str] = set()
    for method in ("growth", "hee", "ratio", "maturity"):
        over = {"need": {"method": method}}
        scenario = simulator.load_scenario(LADDER.parent / "everything-on.toml", over)
        compile_scenario(scenario)
        used |= set(used_parameters(tomllib.loads(scenario.canonical_toml())))
    assert used == read


def test_numbers_are_those_of_the_tables(trust: Result) -> None:
    lines = told(trust).splitlines()
    row = next(line for line in lines if line.startswith("March 2031  mean")).split()[3:]
    stocks = trust.frame("places", level="trust", code="RGT", group="all", month=60)
    means = stocks.set_index("measure")["mean"]
    assert row[:4] == [rounded(means[one]) for one in ("need", "funded", "in_post", "vacancy")]
    assert row[-1] == rounded(means["shortfall"])
    assert int(row[4]) == round(100 * means["vacancy"] / means["funded"])


def test_a_trust_is_shown_in_whole_people(trust: Result) -> None:
    text = told(trust)
    assert "Teams in whole people" in text
    assert "RGN" not in text  # the neighbour is not reported
    assert re.search(r"digital and IT band 7: \d+\s+people", text)
    assert not re.search(r"\d\.\d+\s+(people|\()", text)


def test_shares_of_an_empty_group_are_not_shown(ladder: Result) -> None:
    assert "unknown" not in told(ladder)
    assert "nan" not in told(ladder)


def test_rising_vacancy_comes_with_its_assumptions(trust: Result) -> None:
    text = " ".join(told(trust).split())
    match = re.search(r"So vacancy rises, from (\S+) to (\S+) FTE", text)
    assert match
    stocks = trust.frame("places", level="trust", group="all", measure="vacancy")
    means = stocks.set_index("month")["mean"]
    assert [match[1], match[2]] == [rounded(means[0]), rounded(means[60])]
    assert "It is not a forecast" in text


def test_flows_of_the_sentence_are_those_of_the_table(trust: Result) -> None:
    text = " ".join(told(trust).split())
    match = re.search(r"Over 5 years (\d+) posts are added on balance and (\d+) people go", text)
    assert match
    flows = trust.frame("flows", level="trust", code="RGT", group="all")
    total = flows.groupby("measure")["mean"].sum()
    assert match[1] == rounded(total["opened"] - total["withdrawn"])
    assert match[2] == rounded(total[["left", "break", "retired", "moved_out"]].sum())


def test_one_future_and_a_short_run(tmp_path: Path) -> None:
    folder = tmp_path / "census"
    shutil.copytree(LADDER.parent / "census" / "tiny-ladder", folder / "tiny-ladder")
    path = tmp_path / "short.toml"
    text = LADDER.read_text(encoding="utf-8").replace("months = 60", "months = 18")
    path.write_text(text, encoding="utf-8")
    for sizes in ({"draws": 1, "replications": 1}, {"draws": 1, "replications": 3}):
        text = " ".join(told(simulator.run(simulator.load_scenario(path, sizes))).split())
        assert "September 2027" in text
        assert "No parameter varies in this run" in text
    assert "They hold chance alone" in text


def test_draws_and_replications_alike_cannot_be_split() -> None:
    sizes = {"draws": 4, "replications": 4}
    result = simulator.run(simulator.load_scenario(LADDER, sizes), workers=1)
    assert "the two cannot be told apart" in " ".join(told(result).split())


def test_a_terminal_without_unicode(ladder: Result) -> None:
    assert "Not for: decisions" in told(ladder, "ascii")


def test_stored_results_say_the_same(ladder: Result, tmp_path: Path) -> None:
    ladder.write(tmp_path / "ladder")
    assert told(simulator.read_result(tmp_path / "ladder")) == told(ladder)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.4, "0"), (-0.4, "0"), (7.6, "8"), (999.4, "999"), (3891.6, "3,890"), (50917.4, "50,900")],
)
def test_numbers_are_rounded(value: float, text: str) -> None:
    assert rounded(value) == text


def test_names() -> None:
    assert place_name("trust", "RGT") == "Cambridge University Hospitals"
    assert place_name("england", "ENG") == "England"
    assert place_name("trust", "ZZZ") == "ZZZ"
    assert month_name("2026-03") == "March 2026"


def test_fan_chart_holds_its_numbers_in_words(ladder: Result) -> None:
    chart = fan_chart(ladder, level="trust", code="RGT").spec()
    stocks = ladder.frame("places", code="RGT", group="all", month=60).set_index("measure")
    assert rounded(float(stocks["mean"]["need"])) in chart["description"]
    assert rounded(float(stocks["q10.0"]["in_post"])) in chart["description"]
    assert "not a forecast" in json.dumps(chart["title"])
    with pytest.raises(KeyError, match="no place"):
        fan_chart(ladder, level="trust", code="RXX")
