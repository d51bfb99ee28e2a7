"""Weigh policies against futures: regret, and how often each is acceptable.

A policy is a scenario file. A future is what no policy decides: the library's parameters as drawn,
or a named table of changes laid over every policy. Policies share draws and luck, so that in each
future they differ by what they do alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, ValidationError

from simulator.experiments.points import Value, problems_of
from simulator.experiments.questions import (
    Estimate,
    Goal,
    Question,
    ask,
    estimate,
    outcome,
    resampled,
    resamples,
    share,
)
from simulator.experiments.simulate import Progress
from simulator.experiments.variants import vary, varying
from simulator.model.draws import sample
from simulator.scenario import Problem, Scenario, ScenarioError
from simulator.scenario.problems import shown
from simulator.scenario.reader import COMMAND_LINE, read_toml
from simulator.scenario.schema import Line, Slug, Strict

if TYPE_CHECKING:
    import pandas as pd

F64 = NDArray[np.float64]

STATED: Final = "as stated"
_SAME: Final = ("opening", "months", "seed", "draws", "replications", "census", "census_rows")
_FEWEST: Final = 6
"""Draws below which thirds of them say nothing."""


class Future(Strict):
    """A named future: changes laid over every policy."""

    id: Slug = Field(description="a name of small letters, digits and hyphens")
    title: Line = Field(description="the future in words")
    changes: dict[str, Value] = Field(
        min_length=1, description='values by address, such as { "parameters.supply.growth" = 0.0 }'
    )


class _FutureFile(Strict):
    future: Annotated[
        tuple[Future, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)
    ] = Field(min_length=1, description="named futures, each a [[future]] table")


def read_futures(path: str | Path) -> tuple[Future, ...]:
    """Read a file of named futures.

    Raises:
        ScenarioError: With every problem found.
    """
    try:
        futures = _FutureFile.model_validate(read_toml(Path(path), str(path))).future
    except ValidationError as error:
        raise ScenarioError(problems_of(error, str(path))) from error
    names = [one.id for one in futures]
    problems = [
        Problem(str(path), f"future[{i}].id", shown(name), "another future has this id")
        for i, name in enumerate(names)
        if name in names[:i] or name == STATED
    ]
    if problems:
        raise ScenarioError(problems)
    return futures


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one policy stands over all futures.

    Attributes:
        policy: Its title and id.
        mean: The number asked for, over all futures.
        acceptable: Share of simulated futures in which it is acceptable.
        regret: Its largest regret: in the future where it does worst against the best policy there,
            by how much; in the unit of the number.
        worst: That future.
        never_terrible: Share of resamples in which its largest regret is the smallest.
    """

    policy: str
    mean: Estimate
    acceptable: Estimate
    regret: Estimate
    worst: str
    never_terrible: float


@dataclass(frozen=True, slots=True)
class Robustness:
    """Policies against futures.

    Attributes:
        question: The number asked for.
        goal: What is acceptable.
        verdicts: One for each policy, in the order given.
        table: One row for each policy and future: ``policy``, ``future``, ``replications``, and
            ``mean``, ``regret`` and ``acceptable`` with their 95 % intervals (``_low``, ``_high``).
    """

    question: Question
    goal: Goal
    verdicts: tuple[Verdict, ...]
    table: pd.DataFrame

    @property
    def best(self) -> Verdict:
        """The policy whose largest regret is smallest."""
        return min(self.verdicts, key=lambda one: one.regret.value)

    def lines(self) -> list[str]:
        """Say how the policies stand."""
        lines = [f"{self.question.words}; acceptable: {self.goal.words}"]
        for one in self.verdicts:
            lines += [
                one.policy,
                f"    mean {one.mean.text()}",
                f"    acceptable in {one.acceptable.text('.0%')} of futures",
                f"    largest regret {one.regret.text()}, in the future: {one.worst}",
            ]
        best = self.best
        return [
            *lines,
            f"Never terrible (smallest largest regret): {best.policy}; so in "
            f"{best.never_terrible:.0%} of resamples of the futures.",
        ]


def robust(
    policies: Sequence[str | Path],
    goal: Goal,
    *,
    place: str | None = None,
    group: str = "all",
    measure: str = "shortfall",
    date: str | None = None,
    futures: Sequence[Future] = (),
    by: Sequence[str] | None = None,
    settings: Mapping[str, object] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Robustness:
    """Weigh policies against futures.

    Args:
        policies: Scenario files, at least two.
        goal: What is acceptable. More is better if it asks for a number above its bound.
        place: As for :func:`simulator.experiments.questions.ask`, like group, measure and date.
        group: A staff group, or ``all``.
        measure: The number asked for.
        date: The end of a year of the run.
        futures: Named futures, beside the one of the scenarios as they stand.
        by: Parameters whose lowest and highest third of draws are futures of their own; by default
            all that vary.
        settings: Values laid over every scenario, such as draws and replications.
        workers: Processes; change no number.
        progress: Told (done, total, words).

    Raises:
        ScenarioError: With everything that is wrong.
    """
    plans = [(STATED, {}), *((one.id, dict(one.changes)) for one in futures)]
    scenarios = [
        [vary(path, changes, settings, named=f"future {name}") for name, changes in plans]
        for path in policies
    ]
    stated = [row[0] for row in scenarios]
    _check(stated)
    question = ask(stated[0], place=place, group=group, measure=measure, date=date)
    for other in stated[1:]:
        ask(other, place=question.code, group=group, measure=measure, date=question.date)
    total = len(policies) * len(plans)
    values = np.empty((len(policies), len(plans), stated[0].replications))
    for i, row in enumerate(scenarios):
        for j, scenario in enumerate(row):
            values[i, j] = outcome(scenario, question, workers=workers)
            if progress is not None:
                progress(i * len(plans) + j + 1, total, "weighing policies")
    names = [f"{one.title} ({one.id})" for one in stated]
    groups = _groups(stated[0], by)
    futures_of = [
        (_words(plan, name, plans), j, mask)
        for j, (plan, changes) in enumerate(plans)
        for name, parameter, mask in groups
        if f"parameters.{parameter}" not in changes
    ]
    return _weigh(names, futures_of, values, stated[0], question, goal)


def _check(policies: Sequence[Scenario]) -> None:
    problems = []
    if len(policies) < 2:
        words = "one policy alone cannot be weighed; give at least two scenario files"
        problems.append(Problem(COMMAND_LINE, "", "", words))
    for other in policies[1:]:
        for name in _SAME:
            one, two = getattr(policies[0], name), getattr(other, name)
            if one != two:
                words = f"{policies[0].id} has {one}; policies share this, give it as an option"
                problems.append(Problem(str(other.source.name), name, shown(str(two)), words))
    if problems:
        raise ScenarioError(problems)


Mask = NDArray[np.bool_]
"""Which draws a future holds, shape (D,)."""


def _groups(scenario: Scenario, by: Sequence[str] | None) -> list[tuple[str, str, Mask]]:
    """Futures among the draws: all, and the lowest and highest third by each parameter."""
    draws = scenario.draws
    groups = [("all draws", "", np.ones(draws, dtype=np.bool_))]
    known = varying(scenario)
    unknown = [name for name in by or () if name not in known]
    if unknown:
        words = f"not a parameter that varies; give one of {', '.join(known)}"
        raise ScenarioError([Problem(COMMAND_LINE, "--by", shown(n), words) for n in unknown])
    if draws < _FEWEST:
        return groups
    third = draws // 3
    for name in known if by is None else by:
        parameter = scenario.parameter(name)
        order = np.argsort(sample(scenario.seed, draws, parameter, scenario.opening), kind="stable")
        for words, some in (("low", order[:third]), ("high", order[-third:])):
            groups.append((f"{words} {name}", name, np.isin(np.arange(draws), some)))
    return groups


def _weigh(
    policies: Sequence[str],
    futures_of: Sequence[tuple[str, int, Mask]],
    values: F64,
    scenario: Scenario,
    question: Question,
    goal: Goal,
) -> Robustness:
    """Make verdicts.

    Args:
        policies: Names of the policies.
        futures_of: Words, plan and draws of each future.
        values: The number, shape (policies, plans, N).
        scenario: Gives draws and seed.
        question: What the number is.
        goal: What is acceptable.
    """
    draws = scenario.draws
    units = draws if draws > 1 else values.shape[-1]
    of_unit = values.reshape(*values.shape[:2], -1, units).mean(axis=2)
    futures = [words for words, _, _ in futures_of]
    plan = np.array([number for _, number, _ in futures_of])
    masks = np.array([m if draws > 1 else np.ones(units, bool) for _, _, m in futures_of], float)
    counts = np.ones((1, units))
    picked = resamples(units, scenario.seed)
    weights = np.stack([np.bincount(row, minlength=units) for row in picked]).astype(np.float64)
    means = _means(of_unit[:, plan], masks, counts)[0]  # (policies, futures)
    again = _means(of_unit[:, plan], masks, weights)  # (resamples, policies, futures)
    regrets, regrets_again = _regret(means, goal), _regret(again, goal)
    largest = np.nanmax(regrets_again, axis=-1)
    winner = np.argmin(largest, axis=-1)
    hits = goal.met(values)
    verdicts = tuple(
        Verdict(
            policy,
            estimate(values[i].mean(axis=0), draws),
            share(hits[i].mean(axis=0), draws),
            resampled(float(regrets[i].max()), largest[:, i]),
            futures[int(regrets[i].argmax())],
            float((winner == i).mean()),
        )
        for i, policy in enumerate(policies)
    )
    accepted = hits.reshape(*values.shape[:2], -1, units).mean(axis=2)
    met = accepted[:, plan]
    columns = {
        "mean": (means, again),
        "regret": (regrets, regrets_again),
        "acceptable": (_means(met, masks, counts)[0], _means(met, masks, weights)),
    }
    sizes = masks.sum(axis=1) * (values.shape[-1] / units)
    table = _table(policies, futures, sizes, columns)
    return Robustness(question, goal, verdicts, table)


def _words(plan: str, group: str, plans: Sequence[object]) -> str:
    return group if len(plans) == 1 else f"{plan}, {group}"


def _means(of_unit: F64, masks: F64, weights: F64) -> F64:
    """Weighted means of values (policies, futures, units): (weightings, policies, futures)."""
    top = np.einsum("bu,fu,pfu->bpf", weights, masks, of_unit, optimize=True)
    bottom = (weights @ masks.T)[:, None, :]
    return np.asarray(np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0))


def _regret(means: F64, goal: Goal) -> F64:
    """How much worse each policy is than the best one in the same future."""
    if goal.above:
        return np.asarray(means.max(axis=-2, keepdims=True) - means)
    return np.asarray(means - means.min(axis=-2, keepdims=True))


def _table(
    policies: Sequence[str],
    futures: Sequence[str],
    sizes: F64,
    columns: Mapping[str, tuple[F64, F64]],
) -> pd.DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for i, policy in enumerate(policies):
        for j, future in enumerate(futures):
            row: dict[str, Any] = {
                "policy": policy,
                "future": future,
                "replications": int(sizes[j]),
            }
            for name, (value, again) in columns.items():
                found = resampled(float(value[i, j]), again[:, i, j])
                row |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
            rows.append(row)
    return pd.DataFrame(rows)
