"""What a plan costs for each FTE that it gains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulator.experiments.compare import compare
from simulator.experiments.value import COSTS, value
from simulator.scenario import load_scenario

pytestmark = pytest.mark.functional

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
SIZES = {"draws": 8, "replications": 32, "months": 48}
PLACE = ("trust", "RGT")


def test_the_cost_is_that_of_the_paired_difference() -> None:
    one, two = (
        load_scenario(SCENARIOS / f"{name}.toml", SIZES)
        for name in ("cambridge", "cambridge-retention")
    )
    found = value(one, two, PLACE)
    table = compare(one, two, measures=["in_post", *COSTS], groups=["all"]).table
    last = table[table["month"] == 48].set_index("measure")["difference"]
    ends = table[table["measure"] == "in_post"]["difference"].to_numpy()
    assert found.pounds == pytest.approx(sum(last[name] for name in COSTS), rel=1e-9)
    assert found.levers == pytest.approx(last["levers"], rel=1e-9)
    assert found.levers > 0
    assert found.gained == pytest.approx(ends[:-1].sum() + ends[-1] / 2, rel=1e-9)
    assert found.each == pytest.approx(found.pounds / found.gained, rel=1e-9)
    assert 0 < found.each_half < found.each
    assert "for each FTE-year gained" in "\n".join(found.lines())


def test_nothing_gained_has_no_price() -> None:
    same = load_scenario(SCENARIOS / "cambridge.toml", SIZES)
    found = value(same, same, PLACE, years=2)
    assert (found.gained, found.pounds) == (0.0, 0.0)
    assert np.isnan(found.each)
    assert "no gain is shown" in found.lines()[0]
