"""A trust puts its own posts in place of the synthetic ones."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from simulator.domain.words import Phase
from simulator.experiments.run import run_scenario
from simulator.model.compile import compile_scenario
from simulator.scenario import load_scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
SMALL = {"draws": 1, "replications": 8, "months": 24}
OURS = [
    ["RNA", "data", "5", "0", "1.00", "filled", "31", "14", "14", "", ""],
    ["RNA", "data", "5", "1", "0.60", "filled", "44", "80", "30", "", ""],
    ["RNA", "data", "6", "0", "1.00", "advert", "", "", "", "2", "3"],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planner's own copy of the scenarios with a table of Dudley's posts."""
    target = tmp_path_factory.mktemp("planner") / "scenarios"
    shutil.copytree(SCENARIOS, target)
    with (SCENARIOS / "census/england-2026-03/posts.csv").open(encoding="utf-8") as file:
        header = next(csv.reader(file))
    (target / "tables").mkdir(exist_ok=True)
    for encoding in ("utf-8", "utf-8-sig"):
        path = target / "tables" / f"dudley-{encoding}.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows([header, *OURS])
        (target / f"own-{encoding}.toml").write_text(
            f'id = "own"\ntitle = "Our own"\nwhy = "Ours"\nextends = "dudley.toml"\n'
            f'census_rows = ["tables/{path.name}"]\n',
            encoding="utf-8",
        )
    return target


@pytest.mark.functional
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_own_rows_replace_all_rows_of_the_trust(folder: Path, encoding: str) -> None:
    scenario = load_scenario(folder / f"own-{encoding}.toml", overrides=SMALL)
    spec = compile_scenario(scenario)
    assert spec.cells.posts.sum() == len(OURS)
    assert (spec.slots.phase == Phase.FILLED).sum() == 2
    assert sorted(spec.slots.fte[spec.slots.phase > 0].tolist()) == [60, 100, 100]
    result = run_scenario(scenario)
    assert result.manifest["census"].startswith("synthetic, except for the trusts")
    assert f"tables/dudley-{encoding}.csv" in result.manifest["inputs"]
    opening = result.frame("places", code="RNA", group="all", month=0, measure="in_post")
    assert opening["mean"].tolist() == pytest.approx([1.6])


@pytest.mark.functional
def test_without_own_rows_the_result_says_synthetic(folder: Path) -> None:
    result = run_scenario(load_scenario(folder / "dudley.toml", overrides=SMALL))
    assert result.manifest["census"] == "synthetic until a trust loads its own"
