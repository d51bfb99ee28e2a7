"""Each chart holds its numbers in title, alternative text and table, and is drawn offline."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator.charts import figure as figures
from simulator.charts.fan import fan_chart, shortfall_chart, vacancy_chart
from simulator.charts.figure import Figure, FigureError
from simulator.charts.flows import flow_chart
from simulator.charts.parts import tornado_chart, waterfall_chart
from simulator.charts.tiles import tile_chart
from simulator.charts.words import rounded
from simulator.experiments.explain import explain
from simulator.experiments.questions import Estimate, Question
from simulator.experiments.run import run_scenario
from simulator.experiments.tornado import Swing, Tornado
from simulator.results.result import Result
from simulator.scenario import load_scenario

pytestmark = pytest.mark.functional

SCENARIOS = Path(__file__).parents[2] / "scenarios"
LADDER = SCENARIOS / "tiny-ladder.toml"
RGT = {"level": "trust", "code": "RGT"}


@pytest.fixture(scope="module")
def ladder() -> Result:
    return run_scenario(load_scenario(LADDER, {"draws": 4, "replications": 64}), workers=1)


def by_measure(frame: Any) -> Any:
    """Rows by measure."""
    return frame.set_index("measure")


def title_of(figure: Figure) -> str:
    text = figure.spec()["title"]["text"]
    return text if isinstance(text, str) else " ".join(text)


def ranged(row: Any, unit: str = "") -> str:
    low, mean, high = (rounded(float(row[name])) for name in ("q10.0", "mean", "q90.0"))
    return f"{mean}{unit} ({low} to {high} in 8 of 10 futures)"


def check(figure: Figure) -> None:
    """What holds for every chart."""
    spec = figure.spec()
    assert spec["description"] == figure.alt
    assert len(figure.table)
    assert figure.sentence.endswith(".")
    assert "not a forecast" in figure.details
    svg = figure.svg()
    assert svg.startswith("<svg")
    assert not re.search(r"(href|src|url)\s*[=(]\s*[\"']?https?:", svg)
    assert figure.png(1.0, bare=True)[:8] == b"\x89PNG\r\n\x1a\n"


def contrast(colour: str) -> float:
    """Contrast of a colour with white, by the rule of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    bright = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 1.05 / (0.05 + 0.2126 * bright[0] + 0.7152 * bright[1] + 0.0722 * bright[2])


def test_words_in_charts_can_be_read() -> None:
    assert contrast("#FFFFFF") == pytest.approx(1.0)
    assert contrast("#000000") == pytest.approx(21.0)
    assert min(contrast(one) for one in figures.WORD_COLOUR.values()) >= 4.5


def test_fan_and_shortfall(ladder: Result) -> None:
    last = by_measure(ladder.frame("places", **RGT, group="all", month=60))
    told = ranged(last.loc["shortfall"], " FTE")
    for chart in (fan_chart, shortfall_chart):
        found = chart(ladder, **RGT)
        check(found)
        assert told in title_of(found)
    fan = fan_chart(ladder, **RGT)
    for measure in ("need", "funded", "in_post"):
        assert f"{rounded(float(last.loc[measure, 'q10.0']))} to " in fan.alt
    drawn = fan.table.loc[(fan.table["measure"] == "in_post") & (fan.table["month"] == 60)]
    assert drawn["mean"].tolist() == [last.loc["in_post", "mean"]]
    need = [one["mark"] for one in fan.spec()["layer"] if "strokeDash" in str(one["mark"])]
    assert [mark["color"] for mark in need if mark["strokeDash"]] == [figures.INK]
    with pytest.raises(KeyError, match="no place"):
        shortfall_chart(ladder, level="trust", code="RXX")


def test_vacancy_by_group(ladder: Result) -> None:
    found = vacancy_chart(ladder, **RGT)
    check(found)
    rows: Any = ladder.frame("places", **RGT, month=60, measure="vacancy").set_index("group")
    most = rows.drop("all")["mean"].idxmax()
    assert ranged(rows.loc[most], " FTE") in title_of(found)
    assert set(found.table["group"]) == {"clinical", "data", "digital"}


def test_flows_are_shown_apart_with_their_ranges(ladder: Result) -> None:
    found = flow_chart(ladder, **RGT)
    check(found)
    rows = ladder.frame("flows", **RGT, group="all")
    last = by_measure(rows.loc[rows["year"] == rows["year"].iloc[-1]])
    assert f"Retired {ranged(last.loc['retired'])}" in found.alt
    assert {"need", "in_post"}.isdisjoint(found.table["measure"])
    assert "moved_out" in set(found.table["measure"])


def test_tiles_need_two_care_systems(ladder: Result) -> None:
    with pytest.raises(KeyError, match="care systems"):
        tile_chart(ladder)


def test_tiles_hold_every_region_and_care_system() -> None:
    scenario = SCENARIOS / "greater-manchester.toml"
    settings = {"draws": 2, "replications": 4, "months": 12}
    text = scenario.read_text(encoding="utf-8")
    assert 'ics = ["QOP"]' in text
    read = load_scenario(scenario, {**settings, "place": {"regions": ["Y62"]}})
    result = run_scenario(read, workers=1)
    found = tile_chart(result)
    check(found)
    assert set(found.table["code"]) == {"Y62", "QE1", "QOP", "QYG"}
    row = by_measure(result.frame("places", code="QOP", group="all", month=12))
    share = row.loc["shortfall", "mean"] / row.loc["need", "mean"]
    drawn = found.table.set_index("code")
    assert drawn.loc["QOP", "share"] == pytest.approx(share)
    assert f"Greater Manchester {ranged(row.loc['shortfall'])}" in found.alt
    whole = flow_chart(result, level="region", code="Y62")
    assert {"moved_in", "moved_out"}.isdisjoint(whole.table["measure"]), "none leaves the region"
    system = flow_chart(result, level="ics", code="QOP")
    assert "moved_in" in set(system.table["measure"])


def test_a_waterfall_adds_up(tmp_path: Path) -> None:
    sizes = {"draws": 4, "replications": 32}
    second = load_scenario(LADDER, sizes)
    first = second.model_copy(update={"lever": second.lever[:1]})
    found = explain(first, second, years=[5])
    drawn = waterfall_chart(found, place="RGT")
    check(drawn)
    steps = drawn.table
    parts = steps.loc[steps["kind"] == "part", "value"].sum()
    assert parts == pytest.approx(steps["value"].iloc[-1] - steps["value"].iloc[0])
    row = found.frame(measure="in_post", code="RGT", step="lever retention").iloc[0]
    told = f"{row['value']:+,.1f} ({row['low95']:+,.1f} to {row['high95']:+,.1f})"
    assert f"A fifth fewer leavers {told}" in drawn.alt
    with pytest.raises(FigureError, match="place RXX"):
        waterfall_chart(found, place="RXX")


def test_a_tornado_tells_its_swings() -> None:
    question = Question("trust", "RGT", "all", "shortfall", 60, "2031-03")
    nothing = Estimate(0.0, 0.0, 0.0)
    swings = (
        Swing("need.growth", "parameter", Estimate(-9, -10, -8), Estimate(12, 11, 13), (0.0, 0.1)),
        Swing("retention", "lever", Estimate(2, 1, 3), nothing, None),
        Swing("supply.growth", "parameter", nothing, nothing, (0.0, 0.03)),
    )
    found = tornado_chart(Tornado(question, Estimate(40, 39, 41), swings))
    check(found)
    assert "+12.0 (+11.0 to +13.0) at 0.1" in title_of(found)
    assert "retention, left out without it +2.0 (+1.0 to +3.0)" in found.alt
    assert "no effect" in found.alt
    assert found.table["value"].tolist() == [-9.0, 12.0, 2.0]


def test_the_documented_calls_run(tmp_path: Path) -> None:
    text = (SCENARIOS.parent / "docs" / "reports.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL))
    (tmp_path / "scenarios").symlink_to(SCENARIOS)
    (tmp_path / "results").mkdir()
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SCENARIOS.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert "FTE (" in run.stdout
    assert (tmp_path / "results/parts.png").stat().st_size > 10_000


def test_a_figure_saves_itself(ladder: Result, tmp_path: Path) -> None:
    found = vacancy_chart(ladder, **RGT)
    for name in ("a.svg", "a.png", "a.html", "a.csv"):
        assert found.save(tmp_path / name).stat().st_size > 1_000
    assert "<script src=" not in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert json.dumps(found.spec())
    shown = found._repr_mimebundle_()
    assert shown["text/plain"] == found.alt
    assert shown["image/svg+xml"].startswith("<svg")
    with pytest.raises(FigureError, match=r"\.png, \.svg, \.html or \.csv"):
        found.save(tmp_path / "a.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.html", "a.png", "a.svg"]
