"""Parameter draws: bounded by construction, keyed by (seed, draw, parameter)."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from simulator import keyed
from simulator.evidence.library import Parameter, load_library
from simulator.evidence.tables import table_rows
from simulator.model.specification import F64

BOUND: Final = 2.5
"""Trust factors are log-normal, cut at this many standard deviations, with mean one."""


def draw_units(seed: int, draws: int, name: str) -> F64:
    """Uniforms of a parameter, one for each draw, shape (D,)."""
    thing = np.array([keyed.name_key(f"parameter|{name}")], dtype=np.uint64)
    root = np.array([keyed.mix(seed)], dtype=np.uint64)
    index = np.arange(draws, dtype=np.uint64)
    return keyed.units(keyed.numbers(root, thing, keyed.Purpose.DRAW, index))


@cache
def load_correlations() -> tuple[tuple[str, ...], F64]:
    """Names of the parameters that are correlated, in order, and the matrix of their normal scores.

    Raises:
        ValueError: If the matrix is not positive definite.
    """
    rows = table_rows("correlations")
    names = sorted({row[end] for row in rows for end in ("first", "second")})
    matrix = np.eye(len(names))
    for row in rows:
        i, j = names.index(row["first"]), names.index(row["second"])
        matrix[i, j] = matrix[j, i] = float(row["correlation"])
    if names and float(np.linalg.eigvalsh(matrix).min()) <= 0.0:
        raise ValueError("correlations.csv: the correlations contradict each other")
    return tuple(names), matrix


def joint_units(seed: int, draws: int, name: str) -> F64:
    """Probabilities of a parameter by draw, correlated as the evidence says, shape (D,).

    A Gaussian copula: each correlated parameter's own uniform becomes a normal score, scores are
    mixed by the lower triangular (Cholesky) root of the matrix in the order of names, and become
    probabilities again. A parameter without correlation keeps its own uniform, so one more
    parameter changes no other's.
    """
    from scipy.special import ndtr, ndtri

    names, matrix = load_correlations()
    if name not in names:
        return draw_units(seed, draws, name)
    row = np.linalg.cholesky(matrix)[names.index(name)]
    score = np.zeros(draws)
    for other, weight in zip(names, row.tolist(), strict=True):
        if weight != 0.0:
            units = draw_units(seed, draws, other)
            score += weight * ndtri(np.maximum(units, 2.0**-54))
    return np.asarray(ndtr(score))


def quantile(parameter: Parameter, value: float, units: F64) -> F64:
    """Value of a parameter at given probabilities, by its shape.

    A PERT distribution is a beta distribution on [low, high] with mode ``value`` and shape
    parameters that add up to six; it has no mass outside its bounds.

    Args:
        parameter: Gives shape, low and high.
        value: The mode, in the parameter's unit.
        units: Probabilities in [0, 1).
    """
    from scipy.special import betaincinv

    low, high = parameter.low, parameter.high
    if parameter.shape == "fixed" or high <= low:
        return np.full(len(units), value)
    if parameter.shape == "uniform":
        return low + (high - low) * units
    first = 1.0 + 4.0 * (value - low) / (high - low)
    second = 1.0 + 4.0 * (high - value) / (high - low)
    return np.asarray(low + (high - low) * betaincinv(first, second, units))


def sample(seed: int, draws: int, parameter: Parameter, month: str) -> F64:
    """Values of a parameter in a month, one for each draw, shape (D,).

    With a single draw, and for parameters that do not vary, every value is the stated one.
    A parameter has one probability for a draw in all months: a high draw is high throughout.
    """
    value = parameter.at(month)
    if draws == 1 or not parameter.varies:
        return np.full(draws, value)
    return quantile(parameter, value, joint_units(seed, draws, parameter.id))


def relative(seed: int, draws: int, parameter: Parameter, month: str) -> F64:
    """Draws of a parameter as factors on its stated value, shape (D,)."""
    return sample(seed, draws, parameter, month) / parameter.at(month)


def relative_to_fit(seed: int, draws: int, parameter: Parameter, month: str) -> F64:
    """Draws of a parameter as factors on the library's value, to which the census was fitted.

    A scenario's own value so becomes a factor on what was fitted, shape (D,).
    """
    return sample(seed, draws, parameter, month) / load_library().at(parameter.id, month)


def trust_factors(seed: int, draws: int, name: str, trusts: tuple[str, ...], log_sd: float) -> F64:
    """Factors of trusts, mean one, for each draw and trust, shape (D, J).

    With a single draw all are one.
    """
    from scipy.special import ndtr, ndtri

    if draws == 1 or log_sd == 0.0:
        return np.ones((draws, len(trusts)))
    things = np.array([keyed.name_key(f"{name}|{code}") for code in trusts], dtype=np.uint64)
    seeds = np.full(1, keyed.mix(seed), dtype=np.uint64)
    index = np.arange(draws, dtype=np.uint64)[:, None]
    u = keyed.units(keyed.numbers(seeds, things[None, :], keyed.Purpose.DRAW, index))
    low, high = ndtr(-BOUND), ndtr(BOUND)
    factors = np.exp(log_sd * ndtri(low + u * (high - low)))
    cut = (ndtr(BOUND - log_sd) - ndtr(-BOUND - log_sd)) / (high - low)
    return np.asarray(factors / (np.exp(log_sd**2 / 2) * cut))
