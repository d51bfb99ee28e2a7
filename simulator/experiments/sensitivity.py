"""Where the variance of a number comes from: chance, parameters, the way need is projected.

All is read from draws that were run anyway. What one thing at a time does is in ``tornado.py``;
Sobol indices, which also see how inputs act together, need runs of their own (``sobol.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from simulator.experiments.layers import CONFIDENCE
from simulator.experiments.questions import (
    Estimate,
    Question,
    estimate,
    outcome,
    resampled,
    resamples,
)
from simulator.experiments.simulate import Progress
from simulator.experiments.variants import varying
from simulator.model.draws import sample, trust_factors
from simulator.scenario import Scenario
from simulator.scenario.schema import Method

F64 = NDArray[np.float64]

TRUST_FACTORS: Final = {"leaving": "leaving.trust_log_sd", "hiring": "hiring.trust_log_sd"}
"""Factors drawn for each trust, and the parameter that says how far they spread."""
FEWEST: Final = 16
"""Draws below which parameters are not told apart."""
CLEAREST: Final = 0.5
"""Share of the variance of draws' means that must not be chance, to tell parameters apart."""


@dataclass(frozen=True, slots=True)
class Influence:
    """How much of the doubt about parameters one of them explains by itself.

    Attributes:
        name: Id of the parameter, or what was drawn for the trust alone.
        share: Squared rank correlation with the means of the draws, chance taken out.
        rises: Whether the number rises with it.
    """

    name: str
    share: Estimate
    rises: bool


@dataclass(frozen=True, slots=True)
class Importance:
    """Where the variance of a number over its futures comes from.

    Attributes:
        question: The number looked at.
        draws: Parameter draws, D.
        mean: The number.
        parameters: Share of variance between draws; the rest is chance. Not a number with one draw
            or a single replication of each.
        method: Share of variance between ways to project need, of futures spread evenly over
            them; nothing if it was not asked for.
        influences: Parameters, the most important first; none where there are too few draws, or too
            few replications to take chance out of them.
        together: Share of the doubt about parameters that all of them explain in a straight line
            of ranks; the rest is bends, interplay and what was not drawn by name.
    """

    question: Question
    draws: int
    mean: Estimate
    parameters: Estimate
    method: Estimate | None
    influences: tuple[Influence, ...]
    together: float

    def lines(self) -> list[str]:
        """Say where the variance comes from."""
        lines = [f"Mean of the futures: {self.mean.text()}"]
        if np.isnan(self.parameters.value):
            return [*lines, "With one draw, or one replication of each, doubt is not split."]
        lines.append(
            f"Share of variance that is doubt about parameters: {self.parameters.text('.0%')}; "
            "the rest is chance."
        )
        if self.method is not None:
            lines.append(
                "With futures spread evenly over the ways to project need, the way is "
                f"{self.method.text('.0%')} of the variance."
            )
        if not self.influences:
            words = "more draws" if self.draws < FEWEST else "more replications of each draw"
            return [*lines, f"Parameters are not told apart from so few futures; use {words}."]
        lines.append("Of the doubt about parameters, each explains by itself:")
        lines += [
            f"    {one.share.text('.0%')} {one.name} (more of it, "
            f"{'higher' if one.rises else 'lower'})"
            for one in self.influences
        ]
        if not np.isnan(self.together):
            lines.append(f"All of them together, in a straight line of ranks: {self.together:.0%}.")
        return lines


def importance(
    scenario: Scenario,
    question: Question,
    *,
    methods: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> Importance:
    """Read from one run which parameters its draws hang on, and how much is chance.

    Args:
        scenario: The scenario, with several draws of several replications each.
        question: The number looked at.
        methods: Also run the other ways to project need.
        workers: Processes; change no number.
        progress: Told (done, total, words).
    """
    values = outcome(scenario, question, workers=workers, progress=progress)
    method = _method_share(scenario, question, values, workers, progress) if methods else None
    influences, together = influences_of(values, inputs_of(scenario, question), scenario)
    return Importance(
        question,
        scenario.draws,
        estimate(values, scenario.draws),
        _unchancy(values, scenario.draws)[0],
        method,
        influences,
        together,
    )


def _unchancy(values: F64, draws: int) -> tuple[Estimate, Estimate]:
    """How much is not chance of the variance of single futures, and of the means of draws.

    Analysis of variance in one way; the intervals are those of its F ratio, for normal values.

    Args:
        values: Of each replication, shape (N,).
        draws: D.
    """
    from scipy.special import fdtri

    unknown = Estimate(float("nan"), float("nan"), float("nan"))
    each = len(values) // draws
    if draws == 1 or each == 1:
        return unknown, unknown
    by_draw = values.reshape(each, draws)
    within = float(by_draw.var(axis=0, ddof=1).mean())
    between = each * float(by_draw.mean(axis=0).var(ddof=1))
    if between + within <= 1e-9:
        return unknown, unknown
    tail, degrees = (1 - CONFIDENCE) / 2, (draws - 1, draws * (each - 1))
    quantiles = 1.0, fdtri(*degrees, 1 - tail), fdtri(*degrees, tail)

    def part(size: int, quantile: float) -> float:
        """Share of the variance of means of ``size`` futures of a draw."""
        extra = max(between - quantile * within, 0.0) * size / each
        return extra / (extra + quantile * within) if within > 0 else 1.0

    one, mean = ([part(size, float(q)) for q in quantiles] for size in (1, each))
    return Estimate(*one), Estimate(*mean)


def _method_share(
    scenario: Scenario,
    question: Question,
    values: F64,
    workers: int,
    progress: Progress | None,
) -> Estimate:
    """Share of variance between ways to project need, if futures were spread evenly over them."""
    parts = [values]
    for method in get_args(Method):
        if method != scenario.need.method:
            need = scenario.need.model_copy(update={"method": method})
            other = scenario.model_copy(update={"need": need})
            parts.append(outcome(other, question, workers=workers, progress=progress))
    every = np.stack(parts)
    units = scenario.draws if scenario.draws > 1 else every.shape[1]
    by_unit = every.reshape(len(every), -1, units)

    def of(picked: NDArray[np.intp]) -> float:
        some = by_unit[:, :, picked].reshape(len(every), -1)
        between, whole = some.mean(axis=1).var(), some.var()
        return float(between / whole) if whole > 0 else float("nan")

    again = np.array([of(row) for row in resamples(units, scenario.seed)])
    return resampled(of(np.arange(units)), again)


def inputs_of(scenario: Scenario, question: Question) -> dict[str, F64]:
    """What was drawn, by name, shape (D,) each: parameters, and for one trust its own factors."""
    seed, draws = scenario.seed, scenario.draws
    found = {
        name: sample(seed, draws, scenario.parameter(name), scenario.opening)
        for name in varying(scenario)
    }
    if question.level == "trust":
        for name, spread in TRUST_FACTORS.items():
            log_sd = scenario.parameter(spread).at(scenario.opening)
            factors = trust_factors(seed, draws, name, (question.code,), log_sd)
            found[f"{name} of {question.code} beside others"] = factors[:, 0]
    return found


def influences_of(
    values: F64, inputs: Mapping[str, F64], scenario: Scenario
) -> tuple[tuple[Influence, ...], float]:
    """Squared rank correlations of inputs with the means of draws, chance taken out.

    The means of draws hold chance too, which weakens correlations by the share of their variance
    that is not chance; and D draws correlate a little by accident. Both are corrected for.

    Args:
        values: Of each replication, shape (N,).
        inputs: Of each draw, shape (D,).
        scenario: Gives draws and seed.

    Returns:
        The influences, the largest first, and the share that all explain together.
    """
    from scipy.stats import rankdata

    draws = scenario.draws
    moving = {name: one for name, one in inputs.items() if np.ptp(one) > 0}
    clean = _unchancy(values, draws)[1]
    if draws < FEWEST or not moving or not clean.value >= CLEAREST:
        return (), float("nan")
    x = np.stack([rankdata(one) for one in moving.values()])
    y = rankdata(values.reshape(-1, draws).mean(axis=0))
    picked = resamples(draws, scenario.seed)
    again = np.stack([_correlations(x[:, row], y[row]) for row in picked])
    plain = _correlations(x, y)
    influences = [
        Influence(name, _squared(plain[i], again[:, i], draws, clean), bool(plain[i] > 0))
        for i, name in enumerate(moving)
    ]
    influences.sort(key=lambda one: -one.share.value)
    return tuple(influences), _together(x, y, clean.value)


def _correlations(x: F64, y: F64) -> F64:
    """Correlation of each row of x (P, D) with y (D,)."""
    x = x - x.mean(axis=1, keepdims=True)
    y = y - y.mean()
    size = np.sqrt((x**2).sum(axis=1) * (y**2).sum())
    return np.asarray(np.divide(x @ y, size, out=np.zeros(len(x)), where=size > 0))


def _squared(plain: float, again: F64, draws: int, clean: Estimate) -> Estimate:
    """Share explained, from a correlation with its bootstrap values.

    ``clean`` is the share of the variance of the means of draws that is not chance. The limits
    take the correlation and it both at their own, so they are rather too wide.
    """
    limits = resampled(plain, again)
    squares = sorted((limits.low**2, limits.high**2))
    low = 0.0 if limits.low < 0 < limits.high else squares[0] / max(clean.high, 1e-9)
    high = squares[1] / max(clean.low, 1e-9)
    accident = (1 - plain**2) / (draws - 2)
    value = min(max(plain**2 - accident, 0.0) / clean.value, 1.0)
    return Estimate(value, min(low, value), min(max(high, value), 1.0))


def _together(x: F64, y: F64, clean: float) -> float:
    """Share that all inputs explain in a straight line, corrected for their number."""
    count, draws = x.shape
    if draws <= count + 2:
        return float("nan")
    design = np.vstack([np.ones(draws), x]).T
    left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    unexplained = (left @ left) / (draws - count - 1) / y.var(ddof=1)
    return float(min(max(1 - unexplained, 0.0) / clean, 1.0))
