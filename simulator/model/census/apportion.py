"""Apportionment of national totals to trusts, groups and bands in whole posts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import BANDS, GROUPS
from simulator.evidence.tables import table_rows
from simulator.evidence.trusts import Trust
from simulator.keyed import Purpose, name_key, number, replication_key, unit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

SEED = 202603
"""Root seed of the census; it never meets the seed of a run."""


def keyed_unit(name: str, index: int = 0) -> float:
    """Return the census's uniform number of a named thing."""
    return unit(number(replication_key(SEED, 0), name_key(name), Purpose.CENSUS, index))


def trust_factors(trusts: Sequence[Trust], log_sd: float) -> tuple[F64, list[str]]:
    """Return each trust's informatics staff relative to its size, and where that comes from.

    The central functions share of June 2018, relative to the mean, shrunk on the log scale so
    that its standard deviation is at most ``log_sd``; a keyed lognormal factor where it is missing.

    Args:
        trusts: Trusts at the opening.
        log_sd: Spread between trusts (``spread.trust_share``).
    """
    from scipy.special import ndtri

    known = np.array([one.central_functions_share or np.nan for one in trusts])
    logs = np.log(known)
    sd = float(np.nanstd(logs, ddof=1))
    centred = (logs - np.nanmean(logs)) * min(1.0, log_sd / sd)
    origin = []
    for k, one in enumerate(trusts):
        if np.isnan(centred[k]):
            centred[k] = log_sd * ndtri(keyed_unit(f"trust|{one.code}"))
            origin.append("keyed lognormal")
        else:
            origin.append("central functions share 2018")
    return np.exp(centred), origin


def trust_shares(trusts: Sequence[Trust], log_sd: float) -> F64:
    """Return each trust's share of a group's national total: trust FTE x factor."""
    weights = np.array([one.fte for one in trusts]) * trust_factors(trusts, log_sd)[0]
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def band_mix() -> F64:
    """Return the band mix of each group, shape (groups, bands), rows adding up to 1."""
    rows = {row["band"]: row for row in table_rows("band_mix")}
    mix = np.array([[float(rows[band][group]) for band in BANDS] for group in GROUPS])
    return np.asarray(mix / mix.sum(axis=1, keepdims=True), dtype=np.float64)


def largest_remainder(expected: F64, total: int) -> I64:
    """Round to whole numbers with a given sum; earlier entries win equal remainders."""
    scaled = expected * (total / expected.sum())
    whole = np.floor(scaled + 1e-9).astype(np.int64)
    order = np.argsort(-(scaled - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole


def systematic(expected: F64, start: float = 0.5) -> I64:
    """Round along a line: the running total is rounded, so every stretch keeps its sum within 1.

    Args:
        expected: Expected counts in order.
        start: Keyed start in [0, 1); 0.5 rounds the running total to the nearest.
    """
    edges = np.floor(np.concatenate([[0.0], expected.cumsum()]) + start + 1e-9)
    return np.diff(edges).astype(np.int64)


def controlled_rounding(expected: F64, rows: I64, columns: I64, name: str) -> I64:
    """Round a table so that both margins are kept and every entry moves by less than 1.

    The table is first fitted to the margins (iterative proportional fitting), then a transport
    problem picks which entries round up: the largest remainders, as far as the margins allow.

    Args:
        expected: The table, >= 0; an entry of 0 stays 0.
        rows: Whole row sums.
        columns: Whole column sums, with the same total.
        name: Name of the table; keys the ties.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_matrix

    table = _fitted_to(expected, rows, columns)
    floor = np.floor(table + 1e-7)
    part = np.clip(table - floor, 0.0, 1.0)
    at_row, at_column = np.nonzero(part > 0)
    count = len(at_row)
    ties = np.array([keyed_unit(name, k) for k in range(count)]) * 1e-4
    ones, entries = np.ones(2 * count), np.tile(np.arange(count), 2)
    margin = np.concatenate([at_row, at_column + len(rows)])
    right = np.concatenate([rows - floor.sum(axis=1), columns - floor.sum(axis=0)])
    shape = (len(right), count)
    table_margins: Any = coo_matrix((ones, (margin, entries)), shape=shape).tocsr()
    solved = linprog(
        ties - part[at_row, at_column],
        A_eq=table_margins,
        b_eq=right,
        bounds=(0.0, 1.0),
        method="highs-ds",
    )
    if not solved.success:
        raise ArithmeticError(f"{name}: the margins cannot be kept: {solved.message}")
    whole = floor.astype(np.int64)
    whole[at_row, at_column] += np.rint(np.asarray(solved.x)).astype(np.int64)
    return whole


def _fitted_to(expected: F64, rows: I64, columns: I64) -> F64:
    table = expected.astype(np.float64)
    for _ in range(500):
        table = table * (rows / np.maximum(table.sum(axis=1), 1e-300))[:, None]
        table = table * (columns / np.maximum(table.sum(axis=0), 1e-300))
    return table


def whole_posts(shares: F64, mix: F64, posts: I64) -> I64:
    """Return whole posts by trust, group and band.

    Trust totals and group totals are kept first, then within each group those of its trusts and
    of its bands, so that every total is the nearest whole number to its expectation.

    Args:
        shares: Share of each trust in a group's total, shape (trusts,).
        mix: Posts by group and band, expected, shape (groups, bands).
        posts: Posts of each group, whole.
    """
    by_group = shares[:, None] * posts
    trust_total = largest_remainder(by_group.sum(axis=1), int(posts.sum()))
    rows = controlled_rounding(by_group, trust_total, posts, "trust and group")
    tables = []
    for g, group in enumerate(GROUPS):
        columns = largest_remainder(mix[g], int(posts[g]))
        tables.append(controlled_rounding(np.outer(rows[:, g], mix[g]), rows[:, g], columns, group))
    return np.stack(tables, axis=1)
