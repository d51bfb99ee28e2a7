"""Paired comparison: the interval keeps its word, and every number is that of the runs."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

import simulator
from simulator.cli.main import main
from simulator.domain.digests import file_digest
from simulator.domain.words import BANDS, Flow
from simulator.evidence.tables import table_rows
from simulator.experiments.compare import NotComparableError, settings_of
from simulator.experiments.futures import Cut, CutError, run_futures
from simulator.experiments.layers import paired
from simulator.model.compile import compile_scenario
from simulator.results.measures import FLOW_MEASURES
from simulator.scenario.resolved import Scenario

pytestmark = pytest.mark.functional

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
LADDER, SURVIVORS = SCENARIOS / "tiny-ladder.toml", SCENARIOS / "tiny-survivors.toml"
WHY = {"reason": "a test", "author": "tests"}
ALARM = 1e-6
"""Chance that a test of cover fails although the interval is right. Seeds are fixed."""
SPREAD = 0.35
"""Log-sd of the trust's factor where parameters vary."""


def lever(value: float, target: str = "leaving", name: str = "one") -> dict[str, Any]:
    return {
        "id": name,
        "title": f"{target} x {value}",
        "target": target,
        "operation": "multiply",
        "value": value,
        "start": "2026-03",
        "rationale": "a test",
        "author": "tests",
    }


def survivors(value: float, draws: int = 1, each: int = 64, **more: Any) -> Scenario:
    """Forty people whose hazard of leaving is 0.12 a year x value, and vary with draws."""
    spread = {"value": SPREAD, "low": SPREAD, "high": SPREAD, **WHY}
    return simulator.load_scenario(
        SURVIVORS,
        {
            "draws": draws,
            "replications": draws * each,
            "lever": [lever(value)],
            "parameters": {"leaving.trust_log_sd": spread},
            **more,
        },
    )


def in_post(scenario: Scenario) -> np.ndarray:
    """Staff in post after two years in each replication."""
    cut = Cut((("trust", "RGT"),), ("in_post",), (24,), ("all",))
    return run_futures(compile_scenario(scenario), cut).values[0] / 100.0


def stay(value: float, factor: float = 1.0) -> float:
    """Mean number of the forty who are still in post after two years."""
    return 40.0 * math.exp(-0.24 * value * factor)


def true_difference(value: float) -> float:
    """Mean difference over the distributions of the draws' factors, by quadrature."""
    law = simulator.load_scenario(SURVIVORS).parameter("leaving.organisation_rate")
    stated = law.at("2026-03")
    low, mode, high = law.low / stated, 1.0, law.high / stated
    width = high - low
    rate = stats.beta(1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width, low, width)
    normal = stats.truncnorm(-2.5, 2.5)
    scale = quad(lambda z: math.exp(SPREAD * z) * normal.pdf(z), -2.5, 2.5)[0]

    def given(z: float) -> float:
        trust = math.exp(SPREAD * z) / scale
        inner = quad(
            lambda f: (stay(value, f * trust) - stay(1.0, f * trust)) * rate.pdf(f), low, high
        )
        return float(inner[0] * normal.pdf(z))

    return quad(given, -2.5, 2.5)[0]


def batches(values: np.ndarray, draws: int, of: int) -> np.ndarray:
    """Cut a run of many draws into small runs of ``of`` draws each: a row for each."""
    by_draw = values.reshape(-1, draws // of, of)
    return np.ascontiguousarray(by_draw.transpose(1, 0, 2)).reshape(draws // of, -1)


def within_alarm(hits: int, tries: int, chance: float) -> bool:
    """Whether a count is one that the binomial law gives but once in a million."""
    low, high = (float(stats.binom.ppf(tail, tries, chance)) for tail in (ALARM / 2, 1 - ALARM / 2))
    return bool(low <= hits <= high)


def covered(rows: np.ndarray, draws: int, truth: float) -> int:
    found = paired(rows, draws)
    return int(((found["low95"] <= truth) & (truth <= found["high95"])).sum())


def test_the_interval_covers_a_known_difference_where_chance_is_all() -> None:
    """512 small runs of 64 futures: 40 (e^-0.216 - e^-0.24) = 0.764 more people stay."""
    before, after = (in_post(survivors(value, each=32_768)) for value in (1.0, 0.9))
    truth, rows = stay(0.9) - stay(1.0), (after - before).reshape(512, 64)
    assert abs(rows.mean() - truth) < 4.9 * rows.std() / rows.size**0.5
    assert within_alarm(covered(rows, 1, truth), 512, 0.95)
    unpaired = (after - np.roll(before, 1)).reshape(512, 64)  # another future of the first
    assert paired(unpaired, 1)["sd"].mean() > 3 * paired(rows, 1)["sd"].mean()


def test_the_interval_covers_a_known_difference_where_parameters_vary() -> None:
    """192 small runs of 8 draws of 32 futures; counting futures as independent would fail."""
    draws = 1536
    before, after = (in_post(survivors(value, draws, 32)) for value in (1.0, 0.9))
    truth, rows = true_difference(0.9), batches(after - before, draws, 8)
    of_draw = (after - before).reshape(-1, draws).mean(axis=0)
    assert abs(of_draw.mean() - truth) < 4.9 * of_draw.std() / draws**0.5
    assert within_alarm(covered(rows, 8, truth), len(rows), 0.95)
    assert not within_alarm(covered(rows, 1, truth), len(rows), 0.95)


def test_no_difference_is_shown_at_its_nominal_rate() -> None:
    """The same law with other draws and other luck: 5 of 100 intervals leave zero out."""
    draws = 1536
    one, two = (in_post(survivors(1.0, draws, 8, seed=seed)) for seed in (5, 6))
    found = paired(batches(two - one, draws, 8), 8)
    assert within_alarm(int(found["clear"].sum()), len(found["clear"]), 0.05)
    alone = paired((two - one)[: 192 * 64].reshape(192, 64), 1)
    assert 0 < alone["clear"].sum() < len(alone["clear"])


def test_a_lever_that_reaches_nobody_makes_no_difference_in_any_future() -> None:
    one = survivors(1.0)
    two = survivors(1.0, lever=[lever(1.0), lever(3.0, "retirement", "two")])
    found = simulator.compare(one, two)  # nobody retires
    assert (found.table["difference"] == 0).all()
    assert all("no difference in any future" in line for line in found.lines()[1:])


def test_what_includes_zero_is_said_to_show_nothing() -> None:
    found = simulator.compare(survivors(1.0, each=8), survivors(0.999, each=8), levels=["trust"])
    row = found.frame(measure="in_post", group="all", month=24).iloc[0]
    assert row["low95"] <= 0 <= row["high95"]
    assert not row["clear"]
    words = found.lines()[-1]
    assert ("no difference in any future" in words) == (row["sd"] == 0)
    assert ("no difference is shown" in words) == (row["sd"] > 0)


def ladder(factor: float = 0.8, **more: Any) -> Scenario:
    sizes = {"draws": 2, "replications": 6, "months": 36}
    return simulator.load_scenario(LADDER, {**sizes, "lever": [lever(factor)], **more})


def test_several_scenarios_each_less_the_first() -> None:
    one, two, three = (ladder(value) for value in (1.0, 0.6, 0.2))
    both = simulator.compare(one, two, three, workers=2)
    assert list(both.others) == ["tiny-ladder#1", "tiny-ladder#2"]
    for name, other in zip(both.others, (two, three), strict=True):
        alone = simulator.compare(one, other).table.drop(columns="scenario")
        rows = both.frame(scenario=name).drop(columns="scenario").reset_index(drop=True)
        assert rows.equals(alone)


def test_bands_add_up_and_are_those_of_the_run() -> None:
    one, two = ladder(1.0), ladder(0.5)
    bands = [*BANDS, "all"]
    found = simulator.compare(one, two, bands=bands, measures=["headcount", "vacant_posts"])
    rows = found.frame(level="trust", group="data")
    table: Any = rows.set_index(["measure", "month", "code", "band"])
    cells = simulator.run(two).frame("cells", group="data")
    cells = cells.loc[cells["month"].isin([12, 24, 36])]
    for key, cell in cells.groupby(["month", "measure", "trust"]):
        month, measure, trust = key
        means = table.loc[(measure, month, trust), "second"]
        by_band = cell.set_index("band")["mean"].reindex(list(BANDS)).fillna(0.0)
        assert np.allclose(means[list(BANDS)], by_band, atol=1e-4)
        assert means["all"] == pytest.approx(by_band.sum(), abs=1e-3)


def test_flows_are_counted_from_the_opening() -> None:
    flows = [flow.name.lower() for flow in Flow]
    assert {one.id for one in FLOW_MEASURES} >= set(flows)
    one, two = ladder(1.0), ladder(0.5)
    found = simulator.compare(one, two, measures=flows, years=[3], groups=["all"])
    run = simulator.run(two).frame("flows", group="all")
    sums: Any = run.groupby(["level", "code", "measure"])["mean"].sum()
    for _, row in found.table.iterrows():
        assert row["second"] == pytest.approx(sums[row["level"], row["code"], row["measure"]])
    assert (found.frame(measure="left")["difference"] < 0).all()


def test_training_is_counted_by_region() -> None:
    sizes = {"draws": 1, "replications": 2, "months": 24}
    place = {"place": {"regions": ["Y58"]}, "rest": "coupled"}
    scenario = simulator.load_scenario(SCENARIOS / "england.toml", {**sizes, **place})
    spec = compile_scenario(scenario)
    measures, groups = ("training_started", "training_completed"), ("clinical", "data", "all")
    cut = Cut((("region", "Y58"), ("ics", "QUY")), measures, (24,), groups)
    found = run_futures(spec, cut)
    labels = found.labels().assign(mean=found.values.mean(axis=1))
    assert set(labels["code"]) == {"Y58"}  # trainees belong to regions
    run = simulator.run(scenario).frame("training", region="Y58")
    group_of = {row["pathway"]: row["group"] for row in table_rows("pathways")}
    run["group"] = run["pathway"].map(group_of)
    for _, row in labels.iterrows():
        rows = run.loc[run["measure"] == row["measure"]]
        rows = rows if row["group"] == "all" else rows.loc[rows["group"] == row["group"]]
        assert row["mean"] == pytest.approx(rows["mean"].sum(), rel=1e-6)
        assert row["mean"] > 0


def test_everything_wrong_with_a_question_is_said_at_once() -> None:
    with pytest.raises(CutError) as caught:
        simulator.compare(ladder(), ladder(), bands=["77"], measures=["pay"], years=[4])
    told = {(one.where, one.value) for one in caught.value.problems}
    assert told == {("--measure", "pay"), ("--band", "77"), ("--years", "4")}


def test_settings_of_the_first_make_scenarios_comparable() -> None:
    one = ladder()
    two = simulator.load_scenario(LADDER, {"draws": 4, "replications": 8, "seed": 9})
    with pytest.raises(NotComparableError):
        simulator.compare(one, two)
    again = simulator.load_scenario(LADDER, settings_of(one))
    assert simulator.compare(one, again, years=[1]).replications == 6


SMALL = ["--draws", "2", "--replications", "4", "--quiet"]


def test_the_command_writes_a_table_and_what_made_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "table.csv"
    command = ["compare", str(LADDER), str(LADDER), *SMALL, "--out", str(out), "--by", "trust"]
    assert main(command) == 0
    assert main(command) == 0  # its own table may be replaced
    text = capsys.readouterr().out
    assert "no difference in any future" in text
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert {row["level"] for row in rows} == {"trust"}
    about = json.loads((tmp_path / "table.csv.about.json").read_text(encoding="utf-8"))
    assert about["sha256"] == file_digest(out)
    assert about["rows"] == len(rows)
    assert [one["replications"] for one in about["scenarios"]] == [4, 4]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.csv", "table.csv.about.json"]


@pytest.mark.parametrize("name", ["mine.csv", "table.txt", "no/table.csv"])
def test_the_command_replaces_nothing_of_others(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.csv").write_text("mine", encoding="utf-8")
    command = ["compare", str(LADDER), str(LADDER), *SMALL, "--out", str(tmp_path / name)]
    assert main(command) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]
    assert (tmp_path / "mine.csv").read_text(encoding="utf-8") == "mine"


def test_the_command_names_every_mismatch_and_aligns(capsys: pytest.CaptureFixture[str]) -> None:
    vacancy = str(SCENARIOS / "tiny-vacancy.toml")
    assert main(["compare", str(SURVIVORS), vacancy]) == 2
    told = capsys.readouterr().err
    assert all(word in told for word in ("months", "replications", "seed", "census", "--align"))
    assert main(["compare", str(SURVIVORS), vacancy, "--align"]) == 2
    told = capsys.readouterr().err
    assert "census" in told
    assert "months" not in told
    command = ["compare", str(LADDER), str(LADDER), *SMALL, "--align", "--years", "5"]
    assert main(command) == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--years", "x"], "--years"),
        (["--years", "9"], "--years"),
        (["--group", "nurses"], "--group"),
        (["--by", "ics"], "--by"),
    ],
)
def test_the_command_refuses_what_is_not_there(
    more: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", str(SURVIVORS), str(SURVIVORS), "--replications", "2", *more]
    assert main(command) == 2
    assert words in capsys.readouterr().err


def test_a_folder_of_results_is_refused_kindly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(LADDER), str(tmp_path)]) == 2
    assert "name the" in capsys.readouterr().err
