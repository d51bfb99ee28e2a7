"""Pounds of a block of replications: people, vacancies and joiners times their rates."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import GROUPS, Flow, Money
from simulator.model.specification import Specification
from simulator.results.totals import YEAR, BlockTotals

I64 = NDArray[np.int64]

MILLS: Final = 100_000
"""Mills, thousandths of a penny, in a pound."""


def pounds_by_staff(spec: Specification, totals: BlockTotals) -> I64:
    """Costs by year and group of staff, whole pounds, shape (Y, len(Money), G, N).

    Rates are whole mills and are applied to whole hundredths of an FTE; each group of staff of a
    trust is then rounded to whole pounds, so that trusts, regions and the nation add up exactly.
    """
    costs = spec.costs
    cells, trusts = totals.cells, totals.trusts
    columns = (trusts[:, None] * len(GROUPS) + np.arange(len(GROUPS))).ravel()
    staff = np.searchsorted(columns, spec.cells.staff[cells])
    years, _, _, count = totals.step_fte.shape
    pay_class = costs.pay_class[cells]
    out = np.zeros((years, len(Money), len(columns), count), dtype=np.int64)
    for year in range(years):
        months = slice(YEAR * year + 1, YEAR * (year + 1) + 1)
        heads = totals.heads[months].sum(axis=0, dtype=np.int64)
        people = _by_staff(heads, staff, len(columns))
        item = out[year]
        for kind in (Money.PAY, Money.TRUST_COST, Money.NHS_COST):
            rate = costs.step[kind, pay_class, :, year]
            paid = np.einsum("cs,scn->cn", rate, totals.step_fte[year].astype(np.int64))
            item[kind] = _by_staff(paid, staff, len(columns)) + costs.head[kind, year] * people
        cover = costs.cover[pay_class, year][:, None] * totals.vacant_fte[year].astype(np.int64)
        item[Money.COVER] = _by_staff(cover, staff, len(columns))
        share = costs.lever_share[columns, year][:, None]
        levers = costs.lever_head[columns, year][:, None] * people
        levers += np.rint(share * item[Money.TRUST_COST]).astype(np.int64)
        levers += costs.lever_fixed[columns, year][:, None]
        joiners = costs.lever_joiner[:, columns, year]
        for flow in np.flatnonzero(joiners.any(axis=1)).tolist():
            levers += joiners[flow][:, None] * totals.flows[year, flow].astype(np.int64)
        item[Money.LEVERS] = levers
        converted = totals.flows[year, Flow.JOINED_CONVERTED].astype(np.int64)
        item[Money.DONORS] = costs.donor[year] * converted
    return (out + MILLS // 2) // MILLS


def _by_staff(values: I64, staff: NDArray[np.intp], columns: int) -> I64:
    """(C, N) added up by column: cells of a column follow each other."""
    out = np.zeros((columns, values.shape[-1]), dtype=np.int64)
    if len(staff):
        starts = np.flatnonzero(np.concatenate(([True], staff[1:] != staff[:-1])))
        out[staff[starts]] = np.add.reduceat(values, starts, axis=0)
    return out
