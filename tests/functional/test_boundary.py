"""A trust run alone agrees with the England run that its surroundings are replayed from."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from simulator.experiments.simulate import simulate
from simulator.model.baseline import FOLDER, read_digest
from simulator.model.compile import compile_scenario
from simulator.scenario import load_scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
BASELINE = SCENARIOS / "census" / "england-2026-03" / FOLDER
TRUSTS = ("RNA", "RGT", "R0A", "RTG", "RYR", "R1F", "RX9", "RAL", "RTD", "RH8")
"""Ten trusts of all sizes, types and regions."""


def england_means() -> dict[tuple[str, int], float]:
    with (BASELINE / "trusts.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["trust"], int(row["month"])): float(row["headcount"])
            for row in csv.DictReader(file)
        }


def alone(code: str, replications: int) -> np.ndarray:
    """Mean headcount of a trust run alone, by month."""
    place = {"place": {"trusts": [code]}, "rest": "baseline", "replications": replications}
    scenario = load_scenario(SCENARIOS / "england.toml", overrides=place)
    summary = simulate(compile_scenario(scenario), workers=1)
    return np.asarray(summary.units[0].cell_statistics[0, 0].sum(axis=1))


@pytest.mark.functional
@pytest.mark.parametrize("code", TRUSTS)
def test_a_trust_alone_agrees_with_its_england_run(code: str) -> None:
    expected = england_means()
    heads = alone(code, 512)
    for month in range(0, 181, 12):
        mean = expected[code, month]
        away = heads[month] - mean
        assert abs(away) <= max(0.02 * mean, 0.5), (code, month, heads[month], mean)


@pytest.mark.functional
def test_the_baseline_is_what_its_manifest_says() -> None:
    assert len(read_digest(BASELINE)) == 64
