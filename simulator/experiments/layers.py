"""Means over futures that come in two layers: draws, and replications within each draw.

Replications of one draw share its parameters, so they are not independent of each other; draws
are. With D draws of R replications the variance of a mean is (between + within / R) / D, where
*between* is the variance of the draws' true means (doubt about parameters) and *within* that of
replications of one draw (chance). The observed means of the draws hold both, so Student's interval
on these D numbers has its nominal cover whatever the two are. With a single draw nothing but
chance varies, and replications count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

QUANTILES: Final = (0.1, 0.5, 0.9)
CONFIDENCE: Final = 0.95
_CHUNK: Final = 4_000_000
"""Numbers worked on at once."""


def signed(value: float) -> str:
    """A difference with its sign to one place, or more where it would vanish."""
    if value == 0:
        return "0"
    places = next((n for n in (1, 2, 3) if round(abs(value), n) > 0), 4)
    return f"{value:+,.{places}f}"


def student(degrees: int) -> float:
    """Half-width of the interval of a mean, in standard errors."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2)) if degrees > 0 else float("nan")


@dataclass(frozen=True, slots=True)
class Layers:
    """Mean and variance of some series, by layer.

    Attributes:
        mean: Mean over all replications, shape (rows,).
        half: Half-width of its 95 % interval; not a number with a single replication.
        between: Variance between draws, chance taken out; not a number if it cannot be told apart
            from chance (a single draw, or a single replication of each).
        within: Variance between replications of a draw; with a single replication of each draw,
            variance between replications.
        draws: D.
        each: R, replications of each draw.
    """

    mean: F64
    half: F64
    between: F64
    within: F64
    draws: int
    each: int


def layers(values: F64, draws: int) -> Layers:
    """Split the variance of series between and within draws.

    Args:
        values: Shape (rows, N); replication i belongs to draw i mod ``draws``.
        draws: D; N is a multiple of it.
    """
    rows, count = values.shape
    each = count // draws
    mean = values.mean(axis=1)
    by_draw = values.reshape(rows, each, draws)
    unknown = np.full(rows, np.nan)
    of_draw = by_draw.mean(axis=1)
    within = by_draw.var(axis=1, ddof=1).mean(axis=1) if each > 1 else unknown
    if draws == 1:
        half = student(count - 1) * np.sqrt(within / count) if count > 1 else unknown
        return Layers(mean, half, unknown, within, draws, each)
    observed = of_draw.var(axis=1, ddof=1)
    half = student(draws - 1) * np.sqrt(observed / draws)
    if each == 1:
        return Layers(mean, half, unknown, observed, draws, each)
    between = np.maximum(observed - within / each, 0.0)
    return Layers(mean, half, between, within, draws, each)


def paired(differences: F64, draws: int) -> dict[str, NDArray[Any]]:
    """Statistics of paired differences, each row a series over replications.

    Args:
        differences: Shape (rows, N); replication i belongs to draw i mod ``draws``.
        draws: Number of draws, D.

    Returns:
        By name, each of shape (rows,): the mean ``difference`` with ``low95`` and ``high95``;
        ``sd``, ``q10``, ``q50``, ``q90``, ``share_above_zero`` and ``share_below_zero`` over
        futures; and ``clear``, whether the interval leaves zero out.
    """
    step = max(1, _CHUNK // max(differences.shape[1], 1))
    parts = [
        _paired(differences[first : first + step], draws)
        for first in range(0, max(len(differences), 1), step)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _paired(differences: F64, draws: int) -> dict[str, NDArray[Any]]:
    rows, count = differences.shape
    found = layers(differences, draws)
    low, high = found.mean - found.half, found.mean + found.half
    spread = differences.std(axis=1, ddof=1) if count > 1 else np.full(rows, np.nan)
    quantiles = np.quantile(differences, QUANTILES, axis=1, method="inverted_cdf")
    return {
        "difference": found.mean,
        "low95": low,
        "high95": high,
        "sd": spread,
        **{f"q{share * 100:.0f}": row for share, row in zip(QUANTILES, quantiles, strict=True)},
        "share_above_zero": (differences > 0).mean(axis=1),
        "share_below_zero": (differences < 0).mean(axis=1),
        "clear": (low > 0) | (high < 0),
    }
