"""Two scenarios with one seed share their luck, so a small difference is seen."""

from __future__ import annotations

import pytest

from benchmarks.shared_luck import BARS, measure

REGION = {"place": {"regions": ["Y58"]}, "rest": "coupled"}
TOLERANCE = 1.15
"""With 96 futures a ratio of two intervals has a standard error of about a tenth of itself."""


@pytest.mark.functional
def test_shared_luck_narrows_the_interval_of_a_difference() -> None:
    """At equal replications, against independent seeds; one draw, so all that differs is luck."""
    for one in measure(REGION, {"draws": 1, "replications": 96}):
        assert one.ratio < BARS[one.factor] * TOLERANCE, one
        assert one.difference > 2 * one.paired > 0, one
