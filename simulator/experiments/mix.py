"""Seek the mix of levers with which a goal is met most often, of those that a budget buys.

A mix gives each lever an amount: 0 is without it, 1 its strongest value. Every mix on a coarse grid
is run, then finer steps around the best. The cost is taken to rise with each amount, so that what
is stronger than a mix too dear is not run. All mixes share their draws and luck.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.experiments.futures import LEVELS, Cut, Name, run_futures
from simulator.experiments.pool import run_many
from simulator.experiments.questions import Estimate, Goal, Question, ask, estimate, share
from simulator.experiments.simulate import Progress
from simulator.experiments.value import pounds
from simulator.experiments.variants import vary
from simulator.model.compile import compile_scenario
from simulator.model.money import lever_entry
from simulator.model.specification import Specification
from simulator.scenario import Problem, Scenario, ScenarioError
from simulator.scenario.problems import shown
from simulator.scenario.reader import COMMAND_LINE
from simulator.scenario.schema import Lever

I64 = NDArray[np.int64]
Mix = tuple[int, ...]
"""Amount of each lever, in the finest steps."""

STEPS: Final = 4
ROUNDS: Final = 2
"""How often the steps around the best mix are halved."""
MOST_MIXES: Final = 1000
_LISTED: Final = 5

Status = Literal["not needed", "found", "out of reach"]


@dataclass(frozen=True, slots=True)
class Dial:
    """A lever and the values between which it is sought: without effect, and at its strongest."""

    lever: str
    weak: float
    strong: float

    def value(self, amount: float) -> float:
        """The lever's value at an amount from 0 to 1."""
        return self.weak + (self.strong - self.weak) * amount


@dataclass(frozen=True, slots=True)
class Tried:
    """One mix.

    Attributes:
        values: Value of each lever; none where it is left out.
        chance: Share of futures that meet the goal.
        cost: Mean cost of the levers sought, pounds added up from the opening.
    """

    values: dict[str, float | None]
    chance: Estimate
    cost: Estimate

    @property
    def words(self) -> str:
        """The mix in words."""
        return ", ".join(
            f"{name} = {value:g}" if value is not None else f"no {name}"
            for name, value in self.values.items()
        )

    def line(self) -> str:
        """The mix, how often it meets the goal and what it costs."""
        cost = f"{pounds(self.cost.value)} ({pounds(self.cost.low)} to {pounds(self.cost.high)})"
        if math.isnan(self.cost.low):
            cost = pounds(self.cost.value)
        return f"{self.words}: so in {self.chance.text('.0%')} of futures, for {cost}"


@dataclass(frozen=True, slots=True)
class Mixed:
    """What a search for a mix found.

    Attributes:
        status: ``not needed`` (the goal is met without the levers), ``found``, or ``out of reach``
            (no mix tried within the budget meets it often enough).
        best: The mix within the budget that meets the goal most often, the cheapest of equals.
        again: How often that mix meets it with another seed: the most of many is a little too much.
        rivals: Other mixes within the budget that are not shown to be worse, the cheapest first.
        cheapest: The cheapest mix tried that meets the goal often enough, if any does.
        without: How often it is met without the levers.
        tried: Every mix run, within the budget or not.
        dials: The levers and their ranges.
        step: The finest step, as a share of a lever's range.
        budget: Pounds.
        price_year: NHS year of the prices.
        costed: Place whose costs are meant, and the levers that have none in the catalogue.
    """

    question: Question
    goal: Goal
    probability: float
    status: Status
    best: Tried
    again: Estimate
    rivals: tuple[Tried, ...]
    cheapest: Tried | None
    without: Estimate
    tried: tuple[Tried, ...]
    dials: tuple[Dial, ...]
    step: float
    budget: float
    price_year: str
    costed: tuple[str, tuple[str, ...]]

    def lines(self) -> list[str]:
        """Say what was found, and how it was searched."""
        place, free = self.costed
        aim = f"{self.question.words}: {self.goal.words} in {self.probability:.0%} of futures"
        lines = [
            f"Sought: {aim}",
            f"Budget: {pounds(self.budget)} in all, opening to {self.question.date}, in {place}, "
            f"{self.price_year} prices; of each mix the mean cost over futures counts.",
            *(f"The catalogue has no cost for {name}: it is taken to be free." for name in free),
            f"Without these levers it is so in {self.without.text('.0%')} of futures.",
        ]
        if self.status == "not needed":
            return [*lines, "These levers are not needed."]
        return [*lines, *self._answer(), *self._how()]

    def _answer(self) -> list[str]:
        lines = [f"Best within the budget: {self.best.line()}."]
        lines.append(f"  With other luck the same mix: {self.again.text('.0%')}.")
        if self.status == "out of reach":
            lines.append(f"No mix within the budget reaches {self.probability:.0%}.")
        if self.cheapest is not None and self.cheapest != self.best:
            lines.append(f"Cheapest tried that reaches {self.probability:.0%}: ")
            lines[-1] += f"{self.cheapest.line()}."
        if self.rivals:
            lines.append(
                f"{len(self.rivals)} others are not shown to be worse. Of them these meet it more "
                "often than all that cost less:"
            )
            lines += [f"  {one.line()}" for one in _worth_their_price(self.rivals)[-_LISTED:]]
        else:
            lines.append("Every other mix tried within the budget is shown to be worse.")
        return lines

    def _how(self) -> list[str]:
        ranges = ", ".join(f"{one.lever} {one.weak:g} to {one.strong:g}" for one in self.dials)
        return [
            f"Searched {len(self.tried)} mixes of {ranges}: a grid, then steps of {self.step:.3g} "
            "of a range around the best of it; between steps, and far from that best, a better "
            "mix may have been missed."
        ]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one mix gave: whether each future met the goal, and what its levers cost there."""

    hits: NDArray[np.bool_]
    costs: I64


def seek_mix(
    path: str | Path,
    levers: Sequence[str],
    goal: Goal,
    *,
    budget: float,
    probability: float,
    place: str | None = None,
    group: str = "all",
    measure: str = "shortfall",
    date: str | None = None,
    steps: int = STEPS,
    rounds: int = ROUNDS,
    settings: Mapping[str, object] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Mixed:
    """Seek the mix of levers within a budget with which a goal is met most often.

    Args:
        path: A scenario file that has the levers.
        levers: Ids of two or more levers, each with the ends of its value if not from no effect to
            the file's own value: ``retention`` or ``retention:0.8:1``.
        goal: What is acceptable.
        budget: Pounds that the levers sought may cost from the opening to the date, as the mean
            over futures, in the widest place that the scenario reports.
        probability: Share of futures in which the goal must be met.
        place: As for :func:`simulator.experiments.questions.ask`, like group, measure and date.
        group: A staff group, or ``all``.
        measure: The number that is to be acceptable.
        date: The end of a year of the run.
        steps: Parts into which each range is cut at first.
        rounds: How often the steps around the best mix are halved.
        settings: Values laid over the scenario, such as draws and replications.
        workers: Processes; change no number.
        progress: Told (done, total, words); the total is the most that may be run.

    Raises:
        ScenarioError: With everything that is wrong.
    """
    scenario = vary(path, {}, settings)
    dials = _dials(scenario, levers, (budget, probability, steps, rounds))
    for one in dials:
        for end in (one.weak, one.strong):
            vary(path, {f"lever.{one.lever}.value": end}, settings)
    question = ask(scenario, place=place, group=group, measure=measure, date=date)
    mixes = _Mixes(path, settings, dials, steps << rounds, question, goal, workers)
    mixes.most, mixes.progress = _most(len(dials), steps, rounds), progress
    none = (0,) * len(dials)
    mixes.look([none])
    if mixes.chance(none).value < probability:
        _search(mixes, budget, steps, rounds)
    return _found(mixes, scenario, budget, probability)


def _most(levers: int, steps: int, rounds: int) -> int:
    """Mixes that may be run."""
    return int((steps + 1) ** levers + rounds * (3**levers - 1))


def _dials(
    scenario: Scenario, texts: Sequence[str], asked: tuple[float, float, int, int]
) -> tuple[Dial, ...]:
    """Read the levers, and check what is asked.

    Raises:
        ScenarioError: With everything that is wrong.
    """
    budget, probability, steps, rounds = asked
    most = _most(len(texts), max(steps, 0), max(rounds, 0))
    names = [text.partition(":")[0] for text in texts]
    problems = [
        Problem(COMMAND_LINE, where, shown(value), words)
        for where, value, wrong, words in (
            ("--lever", texts, len(texts) < 2, "a mix is of two levers or more"),
            ("--lever", texts, len(set(names)) < len(names), "a lever is named twice"),
            ("--budget", budget, not 0 <= budget < math.inf, "pounds, such as 250k or 5m"),
            ("--probability", probability, not 0 < probability < 1, "a share between 0 and 1"),
            ("--steps", steps, steps < 1, "a whole number, at least 1"),
            ("--rounds", rounds, rounds < 0, "a whole number, at least 0"),
            (
                "--steps",
                steps,
                most > MOST_MIXES,
                f"up to {most:,} mixes; at most {MOST_MIXES:,} are run: take fewer steps or levers",
            ),
        )
        if wrong
    ]
    held = {lever.id: lever for lever in scenario.lever}
    found = []
    for text, name in zip(texts, names, strict=True):
        if name not in held:
            words = f"no such lever in the scenario; it has {', '.join(sorted(held)) or 'none'}"
            problems.append(Problem(COMMAND_LINE, "--lever", shown(name), words))
            continue
        dial = _dial(text, held[name])
        if dial is None:
            words = "give the ends of its value, two different numbers, such as retention:0.8:1"
            problems.append(Problem(COMMAND_LINE, "--lever", shown(text), words))
        else:
            found.append(dial)
    if problems:
        raise ScenarioError(problems)
    return tuple(found)


def _dial(text: str, lever: Lever) -> Dial | None:
    """The range of a lever: what is given, or from no effect to its value; none if unsound."""
    nothing = 1.0 if lever.operation == "multiply" else 0.0
    parts = text.split(":")[1:]
    try:
        ends = [float(one) for one in parts] or [nothing, lever.value]
    except ValueError:
        return None
    if len(ends) != 2 or ends[0] == ends[1] or not all(map(math.isfinite, ends)):
        return None
    if not parts and lever.operation == "set" and lever.target == "places":
        return None  # places set to none are no lever left out
    weak, strong = sorted(ends, key=lambda end: abs(end - nothing))
    return Dial(lever.id, weak, strong)


class _Mixes:
    """Mixes that were run, each once."""

    def __init__(
        self,
        path: str | Path,
        settings: Mapping[str, object] | None,
        dials: tuple[Dial, ...],
        fine: int,
        question: Question,
        goal: Goal,
        workers: int,
    ) -> None:
        self.path, self.settings, self.dials, self.fine = path, settings, dials, fine
        self.question, self.goal, self.workers = question, goal, workers
        spec = compile_scenario(self.scenario((0,) * len(dials)))
        self.draws, self.price_year = spec.draws, spec.costs.price_year
        names = sorted(spec.places.names, key=lambda name: LEVELS.index(name[0]))
        self.widest = names[0]
        self.cut = Cut(
            tuple(dict.fromkeys((self.widest, (question.level, question.code)))),
            tuple(dict.fromkeys((question.measure, "levers"))),
            (question.month,),
            tuple(dict.fromkeys(("all", question.group))),
        )
        self.known: dict[Mix, _Seen] = {}
        self.progress: Progress | None = None
        self.most = 0

    def values(self, mix: Mix) -> dict[str, float | None]:
        """Value of each lever; none where it is left out."""
        return {
            one.lever: one.value(amount / self.fine) if amount else None
            for one, amount in zip(self.dials, mix, strict=True)
        }

    def scenario(self, mix: Mix, settings: Mapping[str, object] | None = None) -> Scenario:
        """The scenario with a mix."""
        changes: dict[str, object] = {
            f"lever.{name}.{'on' if value is None else 'value'}": False if value is None else value
            for name, value in self.values(mix).items()
        }
        return vary(self.path, changes, settings or self.settings)

    def look(self, mixes: Iterable[Mix]) -> None:
        """Run mixes that are not known."""
        todo = [mix for mix in dict.fromkeys(mixes) if mix not in self.known]
        scenarios = [self.scenario(mix) for mix in todo]
        for number, values in run_many(
            _values, scenarios, self.workers, self.cut, ready=compile_scenario
        ):
            self.known[todo[number]] = self.seen(values)
            if self.progress is not None:
                done = len(self.known)
                self.progress(done, max(done, self.most), "seeking a mix")

    def seen(self, values: I64) -> _Seen:
        """What the numbers kept of a run say."""
        asked = self.question
        number = values[_row(self.cut, asked.measure, (asked.level, asked.code), asked.group)]
        scale = 100.0 if asked.unit == "FTE" else 1.0
        return _Seen(
            self.goal.met(number / scale), values[_row(self.cut, "levers", self.widest, "all")]
        )

    def chance(self, mix: Mix) -> Estimate:
        """How often a mix meets the goal."""
        return share(self.known[mix].hits, self.draws)

    def cost(self, mix: Mix) -> Estimate:
        """What the levers sought cost in a mix, beyond what others of the scenario cost."""
        none = self.known[(0,) * len(self.dials)].costs
        return estimate(self.known[mix].costs - none, self.draws)

    def within(self, budget: float) -> list[Mix]:
        """Mixes within the budget, the best first and of equals the cheapest."""
        found = [mix for mix in self.known if self.cost(mix).value <= budget]
        return sorted(found, key=lambda mix: (-self.chance(mix).value, self.cost(mix).value))


def _row(cut: Cut, measure: str, place: Name, group: str) -> int:
    """Row of a number that a cut keeps; one month, and all bands together."""
    before = sum(
        int(np.prod(cut.shape_of(one))) for one in cut.measures[: cut.measures.index(measure)]
    )
    row = cut.places_of(measure).index(place)
    return before + row * len(cut.groups) + cut.groups.index(group)


def _values(cut: Cut, spec: Specification) -> I64:
    return run_futures(spec, cut).values


def _search(mixes: _Mixes, budget: float, steps: int, rounds: int) -> None:
    """Run the grid, weak mixes first, and then finer steps around the best."""
    unit, size = mixes.fine // steps, len(mixes.dials)

    def look(some: Iterable[Mix]) -> None:
        dear = [mix for mix in mixes.known if mixes.cost(mix).value > budget]
        mixes.look(mix for mix in some if not any(_stronger(mix, one) for one in dear))

    grid = sorted(itertools.product(range(steps + 1), repeat=size), key=sum)
    for _, level in itertools.groupby(grid, key=sum):
        look(tuple(unit * amount for amount in mix) for mix in level)
    for _ in range(rounds):
        unit //= 2
        best = mixes.within(budget)[0]
        near = itertools.product(*(range(a - unit, a + unit + 1, unit) for a in best))
        look(mix for mix in near if all(0 <= amount <= mixes.fine for amount in mix))


def _stronger(mix: Mix, other: Mix) -> bool:
    """Has a mix at least as much of every lever as another?"""
    return all(a >= b for a, b in zip(mix, other, strict=True))


def _found(mixes: _Mixes, scenario: Scenario, budget: float, probability: float) -> Mixed:
    def told(mix: Mix) -> Tried:
        return Tried(mixes.values(mix), mixes.chance(mix), mixes.cost(mix))

    ranked = mixes.within(budget)
    best, none = ranked[0], (0,) * len(mixes.dials)
    seed = {**(mixes.settings or {}), "seed": scenario.seed + 1}
    again = mixes.seen(_values(mixes.cut, compile_scenario(mixes.scenario(best, seed))))
    hits = mixes.known[best].hits.astype(np.int64)
    worse = {mix: estimate(hits - mixes.known[mix].hits, mixes.draws) for mix in ranked[1:]}
    rivals = sorted((told(mix) for mix in worse if not worse[mix].low > 0), key=_price)
    enough = [told(mix) for mix in ranked if mixes.chance(mix).value >= probability]
    status: Status = "found" if enough else "out of reach"
    free = tuple(
        lever.id
        for lever in scenario.lever
        if lever.id in {one.lever for one in mixes.dials} and _costs_nothing(lever)
    )
    return Mixed(
        mixes.question,
        mixes.goal,
        probability,
        "not needed" if mixes.chance(none).value >= probability else status,
        told(best),
        share(again.hits, mixes.draws),
        tuple(rivals),
        min(enough, key=_price, default=None),
        mixes.chance(none),
        tuple(told(mix) for mix in mixes.known),
        mixes.dials,
        1 / mixes.fine,
        budget,
        mixes.price_year,
        (mixes.widest[1], free),
    )


def _worth_their_price(mixes: Sequence[Tried]) -> list[Tried]:
    """Those of mixes, the cheapest first, that meet the goal more often than all before."""
    found: list[Tried] = []
    for one in mixes:
        if not found or one.chance.value > found[-1].chance.value:
            found.append(one)
    return found


def _price(one: Tried) -> float:
    return one.cost.value


def _costs_nothing(lever: Lever) -> bool:
    row = lever_entry(lever)
    return row is None or not float(row["cost"] or 0)
