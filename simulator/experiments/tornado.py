"""One thing at a time: each parameter at its low and high, each lever left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.experiments.pool import run_many
from simulator.experiments.questions import Estimate, Question, estimate, outcome_of
from simulator.experiments.simulate import Progress
from simulator.experiments.variants import held_at, vary, varying
from simulator.model.compile import compile_scenario
from simulator.model.specification import Specification
from simulator.scenario import Scenario

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Swing:
    """How far one thing moves the number, all else at its stated value.

    Attributes:
        name: Id of the parameter or lever.
        kind: ``parameter`` or ``lever``.
        low: Change with the parameter at its low; for a lever, without it.
        high: Change with the parameter at its high; for a lever it is nothing.
        at: The low and high of a parameter at the opening, in its unit.
    """

    name: str
    kind: str
    low: Estimate
    high: Estimate
    at: tuple[float, float] | None

    @property
    def size(self) -> float:
        """The larger of the two changes."""
        return max(abs(self.low.value), abs(self.high.value))


@dataclass(frozen=True, slots=True)
class Tornado:
    """Swings, the largest first, around the number with everything at its stated value."""

    question: Question
    stated: Estimate
    swings: tuple[Swing, ...]

    def lines(self) -> list[str]:
        """Say what moves the number."""
        lines = [f"All at its stated value: {self.stated.text()}"]
        for one in self.swings:
            if one.at is None:
                lines.append(f"{one.name}, left out: {one.low.text('+,.1f')}")
            else:
                low, high = one.at
                lines.append(
                    f"{one.name}: {one.low.text('+,.1f')} at {low:g}, "
                    f"{one.high.text('+,.1f')} at {high:g}"
                )
        return lines


def tornado(
    path: str | Path,
    question: Question,
    *,
    settings: Mapping[str, object] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Tornado:
    """Move each parameter to its low and high, and leave each lever out, one at a time.

    All runs have one draw, with everything at its stated value, and share their luck, so that
    intervals hold what chance alone leaves open.

    Args:
        path: The scenario file.
        question: The number looked at.
        settings: Values laid over the scenario; ``draws`` is 1 whatever it says.
        workers: Runs at a time; changes no number.
        progress: Told (done, total, words).
    """
    single = {**(settings or {}), "draws": 1}
    base = vary(path, {}, single)
    names = [("parameter", name) for name in varying(base)]
    names += [("lever", lever.id) for lever in base.lever]
    scenarios = [base]
    for kind, name in names:
        if kind == "lever":
            scenarios.append(vary(path, {f"lever.{name}.on": False}, single))
            continue
        parameter = base.parameter(name)
        for unit in (0.0, 1.0):
            held = held_at(parameter, base.opening, unit)
            scenarios.append(vary(path, {f"parameters.{name}": held}, single))
    values = outcomes(scenarios, question, workers, progress)
    stated, rest = values[0], iter(values[1:])
    swings = []
    for kind, name in names:
        low = estimate(next(rest) - stated, 1)
        if kind == "lever":
            swings.append(Swing(name, kind, low, Estimate(0.0, 0.0, 0.0), None))
        else:
            parameter = base.parameter(name)
            high = estimate(next(rest) - stated, 1)
            swings.append(Swing(name, kind, low, high, (parameter.low, parameter.high)))
    swings.sort(key=lambda one: -one.size)
    return Tornado(question, estimate(stated, 1), tuple(swings))


def outcomes(
    scenarios: Sequence[Scenario],
    question: Question,
    workers: int,
    progress: Progress | None,
) -> list[F64]:
    """Run scenarios for one number, several at a time; in the order given."""
    found: dict[int, F64] = {}
    done = run_many(_outcome, scenarios, workers, question, ready=compile_scenario)
    for number, values in done:
        found[number] = values
        if progress is not None:
            progress(len(found), len(scenarios), "simulating")
    return [found[number] for number in range(len(scenarios))]


def _outcome(question: Question, spec: Specification) -> F64:
    return outcome_of(spec, question)
