"""Of a hundred people: a share with the range in which eight of ten futures lie.

Three kinds of chance make one hundred differ from another: each person's own, the luck that all of
one future share (vacancies, rivals), and what is not known about the parameters. How much people
of one future are alike is estimated from the simulated futures (the intraclass correlation of an
analysis of variance); the number among a hundred people of one future is then beta-binomial. Where
futures hold one person each, the futures of a draw are taken together. The doubt that is left
because only so many people were simulated is added.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

HUNDRED: Final = 100
FEW: Final = 30
"""Simulated people below which nothing is said."""
RANGE: Final = (0.1, 0.9)
_ALONE: Final = 1e-6
"""Least correlation: as good as none, and the formulas hold."""
_MOST: Final = 0.999
_CHUNK: Final = 20_000


def likeness(hits: NDArray[np.integer], people: NDArray[np.integer]) -> tuple[F64, F64]:
    """Intraclass correlation of some series, and the design effect of their mean.

    Args:
        hits: People to whom the outcome came, (S, N); columns are futures.
        people: People asked, (S, N).

    Returns:
        The correlation (not a number where each future has one person at most) and 1 + (mean size
        - 1) x correlation, both (S,).
    """
    n = people.astype(np.float64)
    total, hit = n.sum(axis=1), hits.sum(axis=1).astype(np.float64)
    clusters = (people > 0).sum(axis=1).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        square = np.where(people > 0, hits.astype(np.float64) ** 2 / n, 0.0).sum(axis=1)
        between = (square - hit**2 / total) / (clusters - 1.0)
        within = (hit - square) / (total - clusters)
        size = (total - (n**2).sum(axis=1) / total) / (clusters - 1.0)
        found = (between - within) / (between + (size - 1.0) * within)
    certain = (hit == 0) | (hit == total)
    found = np.where(certain, 0.0, found)
    found = np.where(total - clusters < FEW, np.nan, np.clip(found, 0.0, _MOST))
    return found, 1.0 + (np.nan_to_num(size, nan=1.0) - 1.0) * np.nan_to_num(found)


def of_hundred(
    hits: NDArray[np.integer], people: NDArray[np.integer], draws: int
) -> tuple[F64, F64, F64]:
    """Mean number of a hundred, and the range of eight in ten futures.

    Args:
        hits: People to whom the outcome came, (S, N); future i belongs to draw i mod ``draws``.
        people: People asked, (S, N).
        draws: D; N is a multiple of it.

    Returns:
        Number of a hundred, low and high, each (S,); not a number where nobody was asked.
    """
    alike, effect = likeness(hits, people)
    lone = np.flatnonzero(np.isnan(alike))
    if len(lone) and draws > 1:
        by_draw = [part[lone].reshape(len(lone), -1, draws).sum(axis=1) for part in (hits, people)]
        alike[lone], effect[lone] = likeness(*by_draw)
    total = people.sum(axis=1).astype(np.float64)
    hit = hits.sum(axis=1).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        # What is not known because only so many people were simulated.
        alike = np.clip(np.nan_to_num(alike) + effect / total, _ALONE, _MOST)
        # Half a person each way: what nobody of thirty had is not impossible.
        low, high = beta_binomial((hit + 0.5) / (total + 1.0), alike)
        low[total == 0] = high[total == 0] = np.nan
        return HUNDRED * hit / total, low, high


def beta_binomial(share: F64, alike: F64) -> tuple[F64, F64]:
    """Tenth and ninetieth percentile of the number of a hundred, (S,); shares between 0 and 1."""
    low, high = np.zeros(len(share)), np.zeros(len(share))
    for first in range(0, len(share), _CHUNK):
        some = slice(first, first + _CHUNK)
        sums = _cumulative(share[some], alike[some])
        low[some] = (sums < RANGE[0]).sum(axis=1)
        high[some] = (sums < RANGE[1]).sum(axis=1)
    return low, high


def _cumulative(share: F64, alike: F64) -> F64:
    """Cumulative distribution of the number of a hundred, (S, 101)."""
    from scipy.special import betaln, gammaln

    weight = (1.0 - alike) / alike
    a, b = (share * weight)[:, None], ((1.0 - share) * weight)[:, None]
    k = np.arange(HUNDRED + 1.0)
    ways = gammaln(HUNDRED + 1.0) - gammaln(k + 1.0) - gammaln(HUNDRED - k + 1.0)
    return np.asarray(np.exp(ways + betaln(k + a, HUNDRED - k + b) - betaln(a, b)).cumsum(axis=1))
