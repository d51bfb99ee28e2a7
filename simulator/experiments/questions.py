"""What is asked of a scenario: one number of each future, and how sure its mean is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.experiments.futures import FTE, KNOWN, LEVELS, TRAINING, Cut, Name, run_futures
from simulator.experiments.layers import CONFIDENCE, layers
from simulator.experiments.simulate import Progress
from simulator.model.compile import compile_scenario
from simulator.model.specification import Specification
from simulator.results.measures import MEASURES
from simulator.results.summaries import COLUMNS
from simulator.results.totals import YEAR
from simulator.scenario import Problem, Scenario, ScenarioError
from simulator.scenario.dates import month_after
from simulator.scenario.problems import shown
from simulator.scenario.reader import COMMAND_LINE

F64 = NDArray[np.float64]

RESAMPLES: Final = 1000
_RESAMPLE: Final = keyed.name_key("purpose:resample")


@dataclass(frozen=True, slots=True)
class Question:
    """One number of a future: a measure of a place at the end of a year of the run.

    A flow is added up from the opening to that month.
    """

    level: str
    code: str
    group: str
    measure: str
    month: int
    date: str

    @property
    def unit(self) -> str:
        """Unit of the number."""
        return "FTE" if self.measure in FTE else MEASURES[self.measure].unit

    @property
    def words(self) -> str:
        """The number in words."""
        group = "" if self.group == "all" else f" ({self.group})"
        name = MEASURES[self.measure].label
        return f"{name}, {self.code}{group}, end of {self.date}, {self.unit}"

    @property
    def cut(self) -> Cut:
        """What a run keeps for it."""
        place = (self.level, self.code)
        return Cut((place,), (self.measure,), (self.month,), (self.group,))


def ask(
    scenario: Scenario,
    *,
    place: str | None = None,
    group: str = "all",
    measure: str = "shortfall",
    date: str | None = None,
) -> Question:
    """Check a question against a scenario.

    Args:
        scenario: The scenario.
        place: Code of a trust, care system or region, or ``ENG``; the widest if not given.
        group: A staff group, or ``all``.
        measure: Such as need, funded, in_post, vacancy, shortfall, left or headcount.
        date: Month (YYYY-MM) at the end of a whole year of the run; the last if not given.

    Raises:
        ScenarioError: With everything that is wrong.
    """
    ends = {month_after(scenario.opening, m): m for m in range(YEAR, scenario.months + 1, YEAR)}
    names = sorted(compile_scenario(scenario).places.names, key=lambda n: LEVELS.index(n[0]))
    codes = {code: level for level, code in names if level in _levels_of(measure)}
    place = place if place is not None or not codes else next(iter(codes))
    date = date if date is not None or not ends else list(ends)[-1]
    problems = [
        Problem(COMMAND_LINE, f"--{name}", shown(value), _not_among(value, known, words))
        for name, value, known, words in (
            ("place", place, codes, "no such place is reported by the scenario"),
            ("group", group, COLUMNS, "no such staff group"),
            ("measure", measure, KNOWN, "no such measure"),
            ("date", date, ends, "not the end of a whole year of the run"),
        )
        if value not in known
    ]
    if problems or place is None or date is None:
        raise ScenarioError(problems)
    return Question(codes[place], place, group, measure, ends[date], date)


def _levels_of(measure: str) -> tuple[str, ...]:
    return ("england", "region") if measure in TRAINING else LEVELS


def _not_among(value: object, known: Iterable[object], words: str) -> str:
    names = [str(one) for one in known]
    near = difflib.get_close_matches(str(value), names, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    more = ", ..." if len(names) > 15 else ""
    return f"{words}{hint}; give one of {', '.join(names[:15]) or 'none'}{more}"


def reported(spec: Specification) -> tuple[Name, ...]:
    """Places reported: (level, code); of all England no single trusts."""
    names = spec.places.names
    england = ("england", "ENG") in names
    return tuple(name for name in names if not (england and name[0] == "trust"))


def outcome(
    scenario: Scenario,
    question: Question,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> F64:
    """Run a scenario for one number: its value in each replication, shape (N,), in its unit.

    Args:
        scenario: The scenario.
        question: From :func:`ask`; other variants of the same scenario may share it.
        workers: Processes; change no number.
        progress: Told (done, total, words).
    """
    return outcome_of(compile_scenario(scenario), question, workers=workers, progress=progress)


def outcome_of(
    spec: Specification,
    question: Question,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> F64:
    """Run a specification for one number, as :func:`outcome` does a scenario."""
    found = run_futures(spec, question.cut, workers=workers, progress=progress)
    return np.asarray(found.values[0] / found.scale[0])


@dataclass(frozen=True, slots=True)
class Goal:
    """What is acceptable: a number below a bound, or above it."""

    bound: float
    above: bool = False

    @property
    def words(self) -> str:
        """The goal in words."""
        return f"{'above' if self.above else 'below'} {self.bound:,g}"

    def met(self, values: F64) -> NDArray[np.bool_]:
        """Whether each value is acceptable."""
        return values > self.bound if self.above else values < self.bound


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval; the bounds are not numbers where there is none."""

    value: float
    low: float
    high: float

    def text(self, form: str = ",.1f") -> str:
        """The value and its interval."""
        if np.isnan(self.low):
            return f"{self.value:{form}} (no interval: one future)"
        return f"{self.value:{form}} ({self.low:{form}} to {self.high:{form}})"


def estimate(values: NDArray[Any], draws: int) -> Estimate:
    """Mean of values over replications with its 95 % interval.

    Draws count as independent; replications only where there is a single draw.
    """
    found = layers(np.asarray(values, dtype=np.float64)[None], draws)
    mean, half = float(found.mean[0]), float(found.half[0])
    return Estimate(mean, mean - half, mean + half)


def share(hits: NDArray[np.bool_], draws: int) -> Estimate:
    """Share of futures in which something holds, with its 95 % interval, within 0 and 1."""
    found = estimate(hits, draws)
    return Estimate(found.value, max(found.low, 0.0), min(found.high, 1.0))


@cache
def resamples(count: int, seed: int) -> NDArray[np.intp]:
    """Bootstrap samples of ``count`` things with replacement, shape (RESAMPLES, count)."""
    index = np.arange(RESAMPLES * count, dtype=np.uint64)
    start = np.full(1, keyed.mix(seed), dtype=np.uint64)
    found = keyed.units(keyed.numbers(start, np.zeros(1, np.uint64), _RESAMPLE, index))
    return np.floor(found * count).astype(np.intp).reshape(RESAMPLES, count)


def resampled(value: float, values: F64) -> Estimate:
    """A value with the limits of the middle 95 % of its bootstrap values."""
    if not np.isfinite(values).any():
        return Estimate(value, float("nan"), float("nan"))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return Estimate(value, float(low), float(high))
