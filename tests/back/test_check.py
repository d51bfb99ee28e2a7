"""The model against what has been published: what it reaches, and how what it misses is said."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from simulator.cli.main import main
from simulator.domain.words import Flow
from simulator.evidence.library import load_library
from simulator.experiments import check as module
from simulator.experiments.check import (
    CheckError,
    CheckReport,
    RunCheck,
    Seen,
    check,
    figures,
    from_result,
    judge,
    run_england,
)
from simulator.experiments.run import run_scenario
from simulator.model.census.walk import growth_index, trust_size_factor
from simulator.scenario import load_scenario

pytestmark = pytest.mark.back

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
FEW = {"draws": 16, "replications": 16}
INPUTS = ("leaving.organisation_rate", "leaving.retirement_share", "promotion.rate")


@cache
def past() -> RunCheck:
    return judge(run_england(load_scenario(FOLDER / "england-2020.toml", FEW)))


def seen(*, opening: str = "2020-03", months: int = 36, futures: int = 4) -> Seen:
    """England made up: 1,000 people in 1,100 FTE of posts, 900 FTE in post, 100 vacancies."""
    size = (months + 1, futures)
    flows = np.zeros((months // 12, len(Flow), futures))
    flows[:, Flow.LEFT], flows[:, Flow.BREAK] = 50.0, 10.0
    flows[:, Flow.RETIRED], flows[:, Flow.MOVED_OUT] = 20.0, 20.0
    flows[:, Flow.PROMOTED_IN] = 80.0
    flows[:, Flow.JOINED_EXPERIENCED], flows[:, Flow.MOVED_IN] = 60.0, 20.0
    flows[:, Flow.ROUNDS_FAILED] = 20.0
    clinical = np.full((months + 1, 10, futures), 10.0)
    clinical[:, :3] = 8.0
    return Seen(
        scenario="made-up",
        opening=opening,
        need=np.full(size, 68_572.24),
        funded=np.full(size, 1_000.0),
        in_post=np.full(size, 900.0),
        heads=np.full(size, 1_000.0),
        flows=flows,
        clinical=clinical,
        cost=np.full(futures, 50_000.0),
        stages=(np.full(1024, 1.0), np.full(1024, 3.0), np.full(1024, 2.0)),
    )


def test_figures_are_worked_out_by_hand() -> None:
    run = judge(seen())
    values = {one.figure.id: one.value for one in run.checks}
    assert values["vacancy.rate.2022"] == pytest.approx(0.1)
    assert values["vacancies_tech"] == pytest.approx(100.0)
    assert values["stock.growth.observed"] == 0.0
    assert values["leaving.organisation_rate"] == pytest.approx(0.10)
    assert values["leaving.retirement_share"] == pytest.approx(0.20)
    assert values["promotion.rate"] == pytest.approx(0.08)
    assert values["clin.trusts_below_nine"] == pytest.approx(0.3)
    assert values["check.paybill"] == pytest.approx(50_000 * 46_009e-9)
    # four of five rounds pass: 0.8 start after three months, 0.16 after six; the median month is 3,
    # spread evenly over 2.5 to 3.5, and half of the chance is reached at 2.5 + 0.5 / 0.8
    assert values["hiring.time_to_hire_weeks"] == pytest.approx((2.5 + 0.625) * 365.25 / 84, 1e-3)
    assert values["demand_data_driven"] is None


def test_the_future_is_seen_by_runs_that_reach_it() -> None:
    run = judge(seen(opening="2026-03", months=48))
    assert run.of("demand_data_driven").value == pytest.approx(77_923, rel=1e-5)
    assert run.of("demand_data_driven").words == "input, reproduced"
    assert run.of("staff_2030").value == pytest.approx(900 / 0.88)
    assert run.of("vacancy.rate.2022").verdict == "not observable"
    assert run.of("check.paybill").verdict == "not observable"
    assert judge(seen(months=6)).of("promotion.rate").verdict == "not observable"


@pytest.mark.parametrize(
    ("rates", "verdict"),
    [
        ((0.07, 0.07, 0.07, 0.07), "pass"),
        ((0.12, 0.12, 0.08, 0.08), "warn"),  # two of four futures lie in 5 to 9 %
        ((0.12, 0.12, 0.12, 0.12), "fail"),
        ((0.02, 0.02, 0.02, 0.02), "fail"),
        ((0.02, 0.02, 0.02, 0.07), "warn"),
    ],
)
def test_a_verdict_says_where_mean_and_futures_lie(rates: tuple[float, ...], verdict: str) -> None:
    made = seen()
    made.in_post[:] = 1_000.0 * (1.0 - np.array(rates))
    found = judge(made).of("vacancy.rate.2022")
    assert found.verdict == verdict
    assert CheckReport((RunCheck("one", "one", (found,)),)).ok is (verdict != "fail")


def test_every_figure_has_source_range_and_basis() -> None:
    for one in figures():
        assert one.sources
        assert one.low < one.high, one.id
        assert one.low <= one.published <= one.high, one.id
        assert len(one.note) > 20, one.id
    assert {one.basis for one in figures()} == {"input", "test", "none"}
    assert [one.id for one in figures() if one.basis == "none"] == ["cover.agency_share"]


@pytest.mark.parametrize("figure", [*INPUTS, "group.clinical.share_of_trust_fte"])
def test_what_is_put_in_comes_out(figure: str) -> None:
    found = past().of(figure)
    assert found.figure.basis == "input"
    if figure == "promotion.rate":  # posts that are opened draw promotions after them
        assert found.verdict != "fail"
    else:
        assert found.words == "input, reproduced"


@pytest.mark.parametrize("figure", ["clin.trusts_below_nine", "check.paybill"])
def test_what_nobody_put_in_lies_in_the_range(figure: str) -> None:
    assert past().of(figure).figure.basis == "test"
    assert past().of(figure).verdict == "pass"


@pytest.mark.parametrize("figure", ["vacancy.rate.2022", "vacancies_tech", "stock.growth.observed"])
def test_two_years_of_growth_are_staffed_as_they_were(figure: str) -> None:
    assert past().of(figure).verdict == "pass"


def test_a_stored_result_is_judged_by_its_means() -> None:
    sizes = {"draws": 2, "replications": 2, "months": 24}
    scenario = load_scenario(FOLDER / "england-2020.toml", sizes)
    stored = {one.figure.id: one.value for one in judge(from_result(run_scenario(scenario))).checks}
    for one in judge(run_england(scenario)).checks:
        if one.figure.id in ("hiring.time_to_hire_weeks", "clin.trusts_below_nine"):
            continue  # needs the stages' lengths; and a share of means is no mean of shares
        assert stored[one.figure.id] == (
            None if one.value is None else pytest.approx(one.value, rel=0.02, abs=1e-3)
        )


def test_the_census_of_2020_is_that_of_the_published_stock() -> None:
    folder = FOLDER / "census" / "england-2020-03"
    with (folder / "reconciliation.csv").open(encoding="utf-8") as file:
        lines = {row["line"]: float(row["value"]) for row in csv.DictReader(file)}
    assert lines["England, 2020-01"] == 46_009
    # two months of 3.31 % a year
    assert lines["England, 2020-03"] == pytest.approx(46_009 * 1.0331 ** (2 / 12), abs=0.1)
    assert lines["in trusts: FTE in post"] == pytest.approx(0.88 * lines["England, 2020-03"], 1e-5)
    groups = [lines[f"{one}: FTE in post"] for one in ("clinical", "data", "digital")]
    assert sum(groups) == pytest.approx(lines["in trusts: FTE in post"], abs=0.2)
    with (folder / "posts.csv").open(encoding="utf-8") as file:
        states = [row["state"] for row in csv.DictReader(file)]
    assert len(states) == lines["establishment"]
    assert states.count("filled") == lines["people in post"]
    rate = lines["vacant posts"] / lines["establishment"]
    assert rate == pytest.approx(load_library().get("vacancy.rate.steady").mode, abs=1e-4)


def test_growth_runs_backwards_as_well() -> None:
    library = load_library()
    forward = np.array(growth_index(library, "2020-03", "2023-09"))
    back = np.array(growth_index(library, "2023-09", "2020-03"))
    assert forward * back == pytest.approx(np.ones(2))
    assert back[0] < 1.0
    assert trust_size_factor(library, "2026-03") == 1.0
    # six years of 2.82 % a year
    assert trust_size_factor(library, "2020-03") == pytest.approx(1.0282**-6)


def test_a_run_of_half_a_year_shows_nothing_but_its_opening() -> None:
    sizes = {"draws": 1, "replications": 1, "months": 6}
    run = judge(run_england(load_scenario(FOLDER / "england-2020.toml", sizes)))
    shown = [one.figure.id for one in run.checks if one.verdict != "not observable"]
    assert shown == ["group.clinical.share_of_trust_fte"]


def test_only_england_can_be_checked() -> None:
    with pytest.raises(CheckError, match="all of England"):
        check(load_scenario(FOLDER / "cambridge.toml"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere.toml", "no such file"),
        ("nowhere", "name a scenario"),
        (str(FOLDER / "cambridge.toml"), "all of England"),
        (str(FOLDER), "not a result folder"),
    ],
)
def test_the_command_refuses_what_it_cannot_check(
    name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", name, "--quiet"]) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""


@pytest.mark.parametrize(("rate", "code"), [(0.07, 0), (0.12, 1)])
def test_the_command_prints_a_table_and_fails_with_a_figure(
    rate: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = seen()
    made.in_post[:] = 1_000.0 * (1.0 - rate)
    kept = tuple(one for one in judge(made).checks if one.figure.id == "vacancy.rate.2022")
    report = CheckReport((RunCheck("made-up", "made-up from 2020-03: 4 futures", kept),))
    monkeypatch.setattr(module, "check", lambda *_, **__: report)
    assert main(["check", str(FOLDER / "england-2020.toml"), "--quiet"]) == code
    line = next(
        text for text in capsys.readouterr().out.splitlines() if text.startswith("vacancy rate")
    )
    for part in (f"{100 * rate:.1f} %", "7.1 %", "5.0 % to 9.0 %", "S5, S2"):
        assert part in line
    assert line.rstrip().endswith("NOT reproduced" if code else "input, reproduced")
