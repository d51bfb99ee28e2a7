"""Draws: the copula joins the parameters it names as the table says, and no others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest, spearmanr

from simulator.evidence.library import load_library
from simulator.evidence.tables import table_rows
from simulator.model import draws
from simulator.model.draws import draw_units, joint_units, load_correlations, sample

pytestmark = pytest.mark.unit

DRAWS = 4096
PAIRS = [
    (row["first"], row["second"], float(row["correlation"])) for row in table_rows("correlations")
]


@pytest.mark.parametrize(("first", "second", "correlation"), PAIRS)
def test_ranks_are_correlated_as_the_table_says(
    first: str, second: str, correlation: float
) -> None:
    """A Gaussian copula with correlation r has rank correlation 6 / pi arcsin(r / 2)."""
    found = spearmanr(joint_units(7, DRAWS, first), joint_units(7, DRAWS, second)).statistic
    expected = 6.0 / np.pi * np.arcsin(correlation / 2.0)
    assert abs(found - expected) < 4.0 / np.sqrt(DRAWS)


def test_each_correlated_probability_is_uniform() -> None:
    for name in load_correlations()[0]:
        assert kstest(joint_units(7, DRAWS, name), "uniform").pvalue > 1e-4, name


def test_pairs_that_the_table_does_not_name_are_independent() -> None:
    named = {frozenset(pair[:2]) for pair in PAIRS}
    names = load_correlations()[0]
    units = {name: joint_units(7, DRAWS, name) for name in (*names, "hiring.internal_factor")}
    for i, first in enumerate(units):
        for second in list(units)[:i]:
            if frozenset((first, second)) not in named:
                rank = spearmanr(units[first], units[second]).statistic
                assert abs(rank) < 4.0 / np.sqrt(DRAWS), (first, second)


def test_a_parameter_without_correlation_keeps_its_own_units() -> None:
    for one in load_library():
        if one.varies and one.id not in load_correlations()[0]:
            assert np.array_equal(joint_units(3, 64, one.id), draw_units(3, 64, one.id)), one.id


def test_one_more_parameter_changes_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    names, matrix = load_correlations()
    before = {one.id: joint_units(3, 64, one.id) for one in load_library()}
    wider = np.eye(len(names) + 1)
    wider[:-1, :-1] = matrix
    wider[-1, 0] = wider[0, -1] = 0.4
    monkeypatch.setattr(draws, "load_correlations", lambda: ((*names, "zone.new"), wider))
    assert all(np.array_equal(joint_units(3, 64, name), one) for name, one in before.items())
    assert spearmanr(joint_units(3, DRAWS, "zone.new"), joint_units(3, DRAWS, names[0]))[0] > 0.3


def test_draws_stay_in_their_range_and_a_single_draw_is_the_stated_value() -> None:
    for one in load_library():
        if one.varies:
            found = sample(3, 512, one, "2026-03")
            assert one.low <= found.min() < found.max() <= one.high, one.id
            assert sample(3, 1, one, "2026-03").tolist() == [one.at("2026-03")]
