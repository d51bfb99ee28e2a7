"""Seek the weakest value of a lever with which a goal is met often enough.

All values share their draws and luck, so the share of futures that meet the goal moves with the
value alone. The search halves the range; it takes the share to rise in one direction, and says so
where the ends contradict that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from simulator.experiments.questions import Estimate, Goal, Question, ask, outcome, share
from simulator.experiments.simulate import Progress
from simulator.experiments.variants import vary
from simulator.scenario import Problem, Scenario, ScenarioError
from simulator.scenario.problems import shown
from simulator.scenario.reader import COMMAND_LINE

STEPS: Final = 128
"""Parts into which the range is cut, unless told otherwise."""
_MOST_STEPS: Final = 1 << 20

Status = Literal["not needed", "found", "whole range", "out of reach"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        status: ``not needed`` (the goal is met without the lever), ``found``, ``whole range`` (both
            ends meet it), or ``out of reach`` (neither end does).
        value: The weakest value tried that meets the goal; its interval inverts that of the
            probability, and ends at minus or plus infinity where the range does not hold it.
        step: Distance of neighbouring values, the precision of the search.
        lever: Id of the lever.
        question: The number sought for.
        goal: What is acceptable.
        probability: How often it must be met.
        without: How often it is met without the lever.
        tried: Each value tried, in order, and how often it meets the goal.
    """

    status: Status
    value: Estimate | None
    step: float
    lever: str
    question: Question
    goal: Goal
    probability: float
    without: Estimate
    tried: tuple[tuple[float, Estimate], ...]

    def lines(self) -> list[str]:
        """Say what was found."""
        aim = f"{self.question.words}: {self.goal.words} in {self.probability:.0%} of futures"
        return [
            f"Sought: {aim}",
            f"Without the lever it is so in {self.without.text('.0%')} of futures.",
            *self._answer(),
        ]

    def _answer(self) -> list[str]:
        if self.status == "not needed":
            return [f"The lever {self.lever} is not needed."]
        (first, at_first), (last, at_last) = self.tried[0], self.tried[-1]
        ends = f"{first:g} gives {at_first.text('.0%')}, {last:g} gives {at_last.text('.0%')}"
        if self.status == "out of reach":
            return [f"No value of {self.lever} from {first:g} to {last:g} reaches it: {ends}."]
        if self.status == "whole range":
            return [
                f"Both ends of the range reach it: {ends}. A weaker lever may do; widen the range."
            ]
        assert self.value is not None
        return [
            f"{self.lever} = {self.value.value:g} reaches it, in steps of {self.step:g}.",
            _interval(self.value),
        ]


def _interval(value: Estimate) -> str:
    """Say the interval of a value, which the range may not hold."""
    low, high = math.isfinite(value.low), math.isfinite(value.high)
    if math.isnan(value.low) or math.isnan(value.high):
        return "One future gives no interval."
    if low and high:
        return f"95 % interval of the value: {value.low:g} to {value.high:g}."
    if low or high:
        end = f"{value.low:g} and more" if low else f"{value.high:g} and less"
        return f"95 % interval of the value: {end}; its other end is outside the range."
    return "The 95 % interval of the value is wider than the range; use more draws."


def seek(
    path: str | Path,
    lever: str,
    goal: Goal,
    *,
    probability: float,
    low: float,
    high: float,
    place: str | None = None,
    group: str = "all",
    measure: str = "shortfall",
    date: str | None = None,
    steps: int = STEPS,
    settings: Mapping[str, object] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Found:
    """Seek the weakest value of a lever with which a goal is met often enough.

    Args:
        path: A scenario file that has the lever.
        lever: Id of the lever.
        goal: What is acceptable.
        probability: Share of futures in which it must be met.
        low: Lowest value allowed.
        high: Highest value allowed.
        place: As for :func:`simulator.experiments.questions.ask`, like group, measure and date.
        group: A staff group, or ``all``.
        measure: The number that is to be acceptable.
        date: The end of a year of the run.
        steps: Parts into which the range is cut.
        settings: Values laid over the scenario, such as draws and replications.
        workers: Processes; change no number.
        progress: Told (done, total, words).

    Raises:
        ScenarioError: With everything that is wrong.
    """
    problems = [
        Problem(COMMAND_LINE, where, shown(value), words)
        for where, value, wrong, words in (
            ("--probability", probability, not 0 < probability < 1, "a share between 0 and 1"),
            ("--low", low, not low < high, f"not below the highest value {high:g}"),
            ("--steps", steps, not 1 <= steps <= _MOST_STEPS, f"from 1 to {_MOST_STEPS:,}"),
        )
        if wrong
    ]
    if problems:
        raise ScenarioError(problems)
    switched_off = vary(path, {f"lever.{lever}.on": False}, settings)
    for end in (low, high):
        vary(path, {f"lever.{lever}.value": end}, settings)
    question = ask(switched_off, place=place, group=group, measure=measure, date=date)
    shares = _Shares(Path(path), settings, lever, question, goal, workers, (low, high, steps))
    shares.tell(progress)
    without = shares.of(switched_off)
    status: Status = "not needed"
    value = None
    if without.value < probability:
        status, value = _search(shares, steps, probability)
    tried = tuple((shares.value(number), shares.known[number]) for number in sorted(shares.known))
    step = (high - low) / steps
    return Found(status, value, step, lever, question, goal, probability, without, tried)


class _Shares:
    """How often each value meets the goal, run once each."""

    def __init__(
        self,
        path: Path,
        settings: Mapping[str, object] | None,
        lever: str,
        question: Question,
        goal: Goal,
        workers: int,
        grid: tuple[float, float, int],
    ) -> None:
        self.path, self.settings, self.lever = path, settings, lever
        self.question, self.goal, self.workers, self.grid = question, goal, workers, grid
        self.known: dict[int, Estimate] = {}
        self.progress: Progress | None = None

    def tell(self, progress: Progress | None) -> None:
        """Say whom to tell how far the search is."""
        self.progress = progress

    def value(self, number: float) -> float:
        """Value of the lever at a step; infinities stay."""
        low, high, steps = self.grid
        return low + (high - low) * number / steps if math.isfinite(number) else number

    def of(self, scenario: Scenario) -> Estimate:
        """Run a scenario."""
        values = outcome(scenario, self.question, workers=self.workers)
        if self.progress is not None:
            most = 3 + 3 * math.ceil(math.log2(max(self.grid[2], 2)))
            done = len(self.known) + 1
            self.progress(done, max(done, most), "seeking")
        return share(self.goal.met(values), scenario.draws)

    def at(self, number: int) -> Estimate:
        """Share at a step."""
        if number not in self.known:
            change = {f"lever.{self.lever}.value": self.value(number)}
            self.known[number] = self.of(vary(self.path, change, self.settings))
        return self.known[number]


def _search(shares: _Shares, steps: int, probability: float) -> tuple[Status, Estimate | None]:
    """Return the status, and the value sought with its interval."""
    ends = shares.at(0), shares.at(steps)
    meets = [end.value >= probability for end in ends]
    if all(meets):
        return "whole range", None
    if not any(meets):
        return "out of reach", None
    weak, strong = (0, steps) if meets[1] else (steps, 0)

    def root(limit: Callable[[Estimate], float]) -> float:
        """Weakest value at which a limit of the probability is high enough."""
        if math.isnan(limit(shares.at(weak))):
            return math.nan
        if limit(shares.at(weak)) >= probability:
            return math.copysign(math.inf, weak - strong)
        if limit(shares.at(strong)) < probability:
            return math.copysign(math.inf, strong - weak)
        fails, does = weak, strong
        while abs(does - fails) > 1:
            middle = (fails + does) // 2
            if limit(shares.at(middle)) >= probability:
                does = middle
            else:
                fails = middle
        return does

    value = shares.value(root(lambda one: one.value))
    limits = (shares.value(root(lambda one: one.high)), shares.value(root(lambda one: one.low)))
    low, high = limits if meets[1] else limits[::-1]
    return "found", Estimate(value, low, high)
