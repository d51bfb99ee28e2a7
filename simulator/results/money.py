"""Pounds of a block of replications: people, vacancies and joiners times their rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import Money
from simulator.model.specification import Costs

I64 = NDArray[np.int64]


def money_by_staff(
    costs: Costs,
    cells: NDArray[np.intp],
    staff: NDArray[np.intp],
    step_fte: I64,
    heads: I64,
    vacant_fte: I64,
    flows: I64,
    columns: NDArray[np.intp],
) -> I64:
    """Costs by year and group of staff, in mills, shape (Y, len(Money), G, N).

    Whole numbers throughout, so that groups, trusts, regions and the nation add up.

    Args:
        costs: Rates of the specification.
        cells: Numbers of the cells, shape (C,).
        staff: Column G of each cell, shape (C,).
        step_fte: Hundredths-FTE-months in post by pay step, shape (Y, 3, C, N).
        heads: Person-months in post, shape (Y, C, N).
        vacant_fte: Hundredths-FTE-months of vacant posts, shape (Y, C, N).
        flows: Flows by year, shape (Y, flows, G, N).
        columns: Number of each column G among all groups of staff of the specification.
    """
    years, _, _, count = step_fte.shape
    out = np.zeros((years, len(Money), len(columns), count), dtype=np.int64)
    pay_class = costs.pay_class[cells]
    for year in range(years):
        rate = costs.step[:, pay_class, :, year]  # (3, C, 3)
        by_cell = np.einsum("mcs,scn->mcn", rate, step_fte[year])
        by_cell += costs.head[:, year, None, None] * heads[year][None]
        cover = costs.cover[pay_class, year][:, None] * vacant_fte[year]
        people = np.zeros((len(columns), count), dtype=np.int64)
        np.add.at(people, staff, heads[year])
        for item in (Money.PAY, Money.TRUST_COST, Money.NHS_COST):
            np.add.at(out[year, item], staff, by_cell[item])
        np.add.at(out[year, Money.COVER], staff, cover)
        levers = out[year, Money.LEVERS]
        levers += costs.lever_head[columns, year][:, None] * people
        share = costs.lever_share[columns, year][:, None]
        levers += np.rint(share * out[year, Money.TRUST_COST]).astype(np.int64)
        levers += costs.lever_fixed[columns, year][:, None]
        joiners = costs.lever_joiner[:, columns, year]
        for flow in np.flatnonzero(joiners.any(axis=1)).tolist():
            levers += joiners[flow][:, None] * flows[year, flow]
    return out
