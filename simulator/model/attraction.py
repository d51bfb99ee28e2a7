"""How strongly each trust draws candidates, against the others of its region."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from simulator.evidence.tables import table_rows
from simulator.evidence.trusts import Trust, load_trusts
from simulator.model.specification import F64
from simulator.scenario.resolved import Scenario

YEAR: Final = "2026/27"
MIDDLE_PAY: Final = 48_117.0
"""Top of band 6 in 2026/27, pounds: the pay at which London supplements are compared."""


@cache
def load_zones() -> dict[str, str]:
    """London pay zone of each trust: inner, outer, fringe or none."""
    return {row["code"]: row["zone"] for row in table_rows("hcas_zones")}


def supplement(zone: str, year: str, pay: float) -> float:
    """London supplement on a yearly full-time pay, between its least and its greatest, pounds.

    Args:
        zone: inner, outer, fringe or none.
        year: NHS year of the table, such as 2026/27.
        pay: Basic pay of that year, pounds.
    """
    for row in table_rows("hcas"):
        if row["year"] == year and row["zone"].split("_")[0] == zone:
            share = float(row["percent"]) / 100.0 * pay
            return min(max(share, float(row["min_gbp"])), float(row["max_gbp"]))
    return 0.0


def trust_attraction(scenario: Scenario, trusts: Sequence[Trust]) -> F64:
    """Attraction of each trust, with mean one by region, weighted by staff, shape (J,).

    Pay with London supplement to the power of the elasticity, times exp(weight x reputation), where
    reputation is the digital maturity score in standard deviations; 0 where there is none.
    """
    elasticity = scenario.parameter("market.pay_elasticity").at(scenario.opening)
    weight = scenario.parameter("market.reputation_weight").at(scenario.opening)
    scores = np.array([one.maturity for one in load_trusts() if one.maturity is not None])
    pay = np.array(
        [1.0 + supplement(load_zones()[one.code], YEAR, MIDDLE_PAY) / MIDDLE_PAY for one in trusts]
    )
    reputation = np.array(
        [
            0.0 if one.maturity is None else (one.maturity - scores.mean()) / scores.std()
            for one in trusts
        ]
    )
    drawn = pay**elasticity * np.exp(weight * reputation)
    regions = np.array([one.region_code for one in trusts])
    staff = np.array([one.fte for one in trusts])
    for region in set(regions.tolist()):
        here = regions == region
        drawn[here] /= (drawn[here] * staff[here]).sum() / staff[here].sum()
    return np.asarray(drawn)
