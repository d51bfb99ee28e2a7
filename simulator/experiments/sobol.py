"""Sobol indices: the share of variance that each input causes, alone and with others.

SciPy makes the design and the indices; here inputs get their meaning, and runs their number.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.experiments.layers import CONFIDENCE
from simulator.experiments.questions import Estimate, Question
from simulator.experiments.simulate import Progress
from simulator.experiments.tornado import outcomes
from simulator.experiments.variants import held_at, vary
from simulator.scenario import Problem, Scenario, ScenarioError
from simulator.scenario.problems import shown
from simulator.scenario.reader import COMMAND_LINE

F64 = NDArray[np.float64]

MOST_INPUTS: Final = 8
BASE: Final = 64
"""Points of the design unless told otherwise: a power of two."""
MOST_BASE: Final = 1 << 16
_RESAMPLES: Final = 500


@dataclass(frozen=True, slots=True)
class Input:
    """One input: a parameter over its range by its shape, or a lever's value between two ends.

    Attributes:
        name: Id of a parameter, or of a lever.
        ends: The ends of a lever's value, evenly between; none for a parameter.
    """

    name: str
    ends: tuple[float, float] | None = None

    @classmethod
    def read(cls, text: str) -> Input:
        """Read ``supply.growth`` or ``retention:0.8:1``.

        Raises:
            ScenarioError: If it is neither.
        """
        name, *ends = text.split(":")
        try:
            if not ends:
                return cls(name)
            low, high = (float(one) for one in ends)
            if low < high:
                return cls(name, (low, high))
        except ValueError:
            pass
        words = "give a parameter's id, or a lever's with the ends of its value, such as pay:0.8:1"
        raise ScenarioError([Problem(COMMAND_LINE, "--input", shown(text), words)])

    def change(self, scenario: Scenario, unit: float) -> dict[str, object]:
        """Return the change that puts the input at a position in [0, 1]."""
        if self.ends is not None:
            low, high = self.ends
            return {f"lever.{self.name}.value": low + (high - low) * unit}
        held = held_at(scenario.parameter(self.name), scenario.opening, unit)
        return {f"parameters.{self.name}": held}


@dataclass(frozen=True, slots=True)
class Index:
    """Indices of one input: its share of variance alone, and with all it acts together with."""

    name: str
    first: Estimate
    total: Estimate


@dataclass(frozen=True, slots=True)
class Indices:
    """Sobol indices of a number, the largest total first."""

    question: Question
    runs: int
    indices: tuple[Index, ...]

    def lines(self) -> list[str]:
        """Say the indices."""
        return [
            f"Shares of variance, from {self.runs:,} runs (the mean over the same luck in each):",
            *(
                f"    {one.name}: alone {one.first.text('.0%')}, "
                f"with others {one.total.text('.0%')}"
                for one in self.indices
            ),
        ]


def runs_of(inputs: Sequence[Input], base: int) -> int:
    """Return the number of runs that indices need."""
    return base * (len(inputs) + 2)


def check_inputs(
    path: str | Path,
    inputs: Sequence[Input],
    base: int,
    settings: Mapping[str, object] | None = None,
) -> Scenario:
    """Check inputs and size; returns the scenario with one draw, which all runs vary.

    Raises:
        ScenarioError: With everything that is wrong.
    """
    problems = []
    if not 1 <= len(inputs) <= MOST_INPUTS:
        words = f"give 1 to {MOST_INPUTS} inputs; here are {len(inputs)}"
        problems.append(Problem(COMMAND_LINE, "--input", "", words))
    if not 2 <= base <= MOST_BASE or base & (base - 1):
        words = f"a power of two from 2 to {MOST_BASE:,}, such as 64"
        problems.append(Problem(COMMAND_LINE, "--base", shown(base), words))
    scenario = vary(path, {}, {**(settings or {}), "draws": 1})
    levers = {lever.id for lever in scenario.lever}
    for number, one in enumerate(inputs):
        if one.name in {other.name for other in inputs[:number]}:
            problems.append(Problem(COMMAND_LINE, "--input", shown(one.name), "is given twice"))
        problems += _unusable(path, scenario, levers, one)
    if problems:
        raise ScenarioError(problems)
    return scenario


def _unusable(path: str | Path, scenario: Scenario, levers: set[str], one: Input) -> list[Problem]:
    if one.ends is None:
        try:
            if scenario.parameter(one.name).low < scenario.parameter(one.name).high:
                return []
            words = "it has no range"
        except KeyError as error:
            words = str(error.args[0])
        return [Problem(COMMAND_LINE, "--input", shown(one.name), words)]
    if one.name not in levers:
        words = f"no such lever in the scenario; it has {', '.join(sorted(levers)) or 'none'}"
        return [Problem(COMMAND_LINE, "--input", shown(one.name), words)]
    for unit in (0.0, 1.0):
        vary(path, one.change(scenario, unit))
    return []


def sobol(
    path: str | Path,
    question: Question,
    inputs: Sequence[Input],
    *,
    base: int = BASE,
    settings: Mapping[str, object] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Indices:
    """Run a design over inputs and give the Sobol indices of the mean of a number.

    Args:
        path: The scenario file.
        question: The number looked at.
        inputs: At most eight; all else is at its stated value.
        base: Points of the design; runs are base x (inputs + 2).
        settings: Values laid over the scenario; ``draws`` is 1 whatever it says.
        workers: Runs at a time; changes no number.
        progress: Told (done, total, words).

    Raises:
        ScenarioError: With everything that is wrong with the inputs.
    """
    scenario = check_inputs(path, inputs, base, settings)
    single = {**(settings or {}), "draws": 1}
    total, done = runs_of(inputs, base), 0

    def tell(part: int, _: int, words: str) -> None:
        if progress is not None:
            progress(done + part, total, words)

    def model(units: F64) -> F64:
        nonlocal done
        scenarios = []
        for column in units.T:
            changes: dict[str, object] = {}
            for one, unit in zip(inputs, column, strict=True):
                changes |= one.change(scenario, float(unit))
            scenarios.append(vary(path, changes, single))
        values = outcomes(scenarios, question, workers, tell)
        done += len(values)
        return np.array([one.mean() for one in values])

    names = [one.name for one in inputs]
    return Indices(question, total, sobol_indices_of(model, names, base, scenario.seed))


def sobol_indices_of(
    model: Callable[[F64], F64], names: Sequence[str], base: int, seed: int
) -> tuple[Index, ...]:
    """Sobol indices of a function on the unit cube, with bootstrap intervals.

    Args:
        model: Takes points of shape (inputs, points) and gives (points,) values.
        names: Names of the inputs.
        base: Points of the design, a power of two.
        seed: Seed of the design.
    """
    from scipy.stats import sobol_indices, uniform

    size = len(names)

    def called(points: F64) -> F64:
        return model(points.reshape(size, -1)).reshape(1, *points.shape[1:])

    dists: Any = [uniform(0.0, 1.0)] * size
    found = sobol_indices(func=called, n=base, dists=dists, rng=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of inputs that move nothing, told as such below
        again: Any = found.bootstrap(confidence_level=CONFIDENCE, n_resamples=_RESAMPLES)
    first, total = again.first_order.confidence_interval, again.total_order.confidence_interval
    indices = [
        Index(
            name,
            _estimate(found.first_order[i], first.low[i], first.high[i]),
            _estimate(found.total_order[i], total.low[i], total.high[i]),
        )
        for i, name in enumerate(names)
    ]
    return tuple(sorted(indices, key=lambda one: -one.total.value))


def _estimate(value: float, low: float, high: float) -> Estimate:
    """An index; one that is the same in every resample has no doubt about it."""
    if np.isnan(low):
        return Estimate(float(value), float(value), float(value))
    return Estimate(float(value), float(low), float(high))
