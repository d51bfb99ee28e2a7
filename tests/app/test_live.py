"""One run gives both the tables of a stored run and the differences of a comparison."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulator.experiments.compare import compare
from simulator.experiments.live import differences, run_live
from simulator.experiments.run import run_scenario
from simulator.experiments.variants import vary
from simulator.model.compile import compile_scenario
from simulator.results.result import table_digest

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SIZE = {"draws": 4, "replications": 8}


@pytest.mark.functional
@pytest.mark.parametrize(
    ("name", "place"),
    [("tiny-vacancy", ("trust", "RGT")), ("greater-manchester", ("ics", "QOP"))],
)
def test_tables_are_those_of_a_run(name, place):
    """Every bit of every table is the same, for one trust and for a region of several."""
    scenario = vary(SCENARIOS / f"{name}.toml", {"months": 24}, {"draws": 2, "replications": 4})
    live = run_live(compile_scenario(scenario), place)
    stored = run_scenario(scenario, workers=1)
    assert {one: table_digest(table) for one, table in live.tables.items()} == stored.manifest[
        "results"
    ]["tables"]


@pytest.mark.functional
def test_differences_are_those_of_a_comparison():
    """Paired differences agree with ``compare`` in every number."""
    base = vary(SCENARIOS / "tiny-vacancy.toml", {}, SIZE)
    other = vary(SCENARIOS / "tiny-vacancy.toml", {"parameters.need.growth": 0.09}, SIZE)
    runs = [run_live(compile_scenario(one), ("trust", "RGT")).futures for one in (base, other)]
    found = differences(*runs)
    wanted = compare(base, other).frame(level="trust", code="RGT")
    keys = ["measure", "group", "month"]
    found, wanted = (one.set_index(keys).sort_index() for one in (found, wanted))
    assert len(found) == len(wanted) > 0
    assert found["difference"].abs().max() > 0.5
    for column in ("first", "second", "difference", "low95", "high95", "q10", "share_above_zero"):
        np.testing.assert_allclose(found[column], wanted.loc[found.index, column], rtol=1e-12)


@pytest.mark.unit
def test_runs_of_two_sizes_are_not_paired():
    one, two = (
        run_live(
            compile_scenario(
                vary(
                    SCENARIOS / "tiny-vacancy.toml", {"months": 12}, {"draws": 2, "replications": n}
                )
            ),
            ("trust", "RGT"),
        ).futures
        for n in (2, 4)
    )
    with pytest.raises(ValueError, match="not paired"):
        differences(one, two)
