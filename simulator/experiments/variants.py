"""Variants of a scenario, changed in memory and checked as a file is.

A change is an address and a value, so that sweeps, futures and pages all write the same thing:

    lever.retention.value = 0.9          any key of a lever; also lever.retention.on = false
    parameters.supply.growth = 0.03      this value in all months and all draws
    fitted.congestion = 0.5              a fitted number of the census
    need.method = "ratio"                how need is projected
    seed = 7                             also months, draws and replications
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from simulator.domain.digests import digest_of
from simulator.evidence.library import Parameter
from simulator.model.draws import quantile
from simulator.scenario import Problem, Scenario, ScenarioError, load_scenario
from simulator.scenario.numbers import RUN_PARAMETERS
from simulator.scenario.problems import shown
from simulator.scenario.reader import COMMAND_LINE, read_layers
from simulator.scenario.used import drawn_parameters

SETTINGS: Final = ("seed", "months", "draws", "replications")
KINDS: Final = ("lever.ID.KEY", "parameters.ID", "fitted.NAME", "need.method", *SETTINGS)
SWITCH: Final = "on"
LEVER_KEYS: Final = (SWITCH, "value", "start", "end", "ramp_months")
"""What may be changed of a lever. What it does, and for whom, is another lever."""
_PATHS: Final = frozenset({"need.funded_share"})
"""Parameters whose dated values are a path, of which the draws move the level."""
_WORDS: Final = {"reason": "Value of a variant", "author": "The variant"}


def vary(
    path: str | Path,
    changes: Mapping[str, object],
    settings: Mapping[str, object] | None = None,
    *,
    named: str = COMMAND_LINE,
) -> Scenario:
    """Return a scenario file with changes in place, checked in full.

    Args:
        path: The scenario file.
        changes: Values by address, as at the head of this module. A parameter may also be given
            as a table, as a scenario file has it.
        settings: Values laid over the file first, as a child file would lay them.
        named: What problems with the changes are put down to.

    Raises:
        ScenarioError: With every problem found.
    """
    content = read_layers(Path(path), settings or {}).content
    overrides: dict[str, Any] = copy.deepcopy(dict(settings or {}))
    problems: list[Problem] = []
    off: set[str] = set()
    for address, value in changes.items():
        wrong = _lay(overrides, off, content, address.split("."), value)
        if wrong:
            problems.append(Problem(named, address, shown(value), wrong))
    try:
        scenario = load_scenario(path, overrides)
    except ScenarioError as error:
        found = [_renamed(one, named) for one in error.problems if not _echo(one, changes)]
        raise ScenarioError([*problems, *found]) from error
    if problems:
        raise ScenarioError(problems)
    return without(scenario, off) if off else scenario


def without(scenario: Scenario, levers: set[str]) -> Scenario:
    """Return a scenario without some of its levers; what is left was checked before."""
    kept = tuple(lever for lever in scenario.lever if lever.id not in levers)
    return scenario.model_copy(update={"lever": kept})


def _echo(problem: Problem, changes: Mapping[str, object]) -> bool:
    """Is it told of a bound that only repeats the value of a change?"""
    name, _, key = problem.where.replace('"', "").rpartition(".")
    return key in {"low", "high"} and name in changes and not isinstance(changes[name], Mapping)


def _renamed(problem: Problem, named: str) -> Problem:
    if problem.file != COMMAND_LINE:
        return problem
    return Problem(named, problem.where, problem.value, problem.message)


def _lay(
    overrides: dict[str, Any],
    off: set[str],
    content: Mapping[str, Any],
    steps: Sequence[str],
    value: object,
) -> str:
    """Lay one change over; returns what is wrong with its address, or nothing."""
    kind, name = steps[0], ".".join(steps[1:])
    if kind in SETTINGS and not name:
        overrides[kind] = value
    elif kind == "need" and name == "method":
        overrides["need"] = {"method": value}
    elif kind == "fitted" and name:
        overrides.setdefault(kind, {})[name] = {"value": value, **_WORDS}
    elif kind == "parameters" and name:
        fixed = {"value": value, "low": value, "high": value}
        table = value if isinstance(value, Mapping) else fixed
        overrides.setdefault(kind, {})[name] = {**_WORDS, **table}
    elif kind == "lever" and len(steps) == 3:
        return _lay_lever(overrides, off, content, steps[1], steps[2], value)
    else:
        return f"no such address; give one of {', '.join(KINDS)}"
    return ""


def _lay_lever(
    overrides: dict[str, Any],
    off: set[str],
    content: Mapping[str, Any],
    name: str,
    key: str,
    value: object,
) -> str:
    held = {one.get("id"): one for one in content.get("lever", ()) if isinstance(one, Mapping)}
    laid = overrides.setdefault("lever", [])
    lever = next((one for one in laid if one["id"] == name), held.get(name))
    if lever is None:
        return f"no such lever in the scenario; it has {_listed(map(str, held))}"
    if key not in LEVER_KEYS:
        return f"not to be changed in a variant; give one of {', '.join(LEVER_KEYS)}"
    if key == SWITCH:
        if not isinstance(value, bool):
            return "true or false is expected"
        off.update(() if value else (name,))
        return ""
    laid[:] = [one for one in laid if one["id"] != name] + [{**lever, key: value}]
    return ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def law_digest(scenario: Scenario) -> str:
    """Digest of all in a scenario that can change a number."""
    return digest_of([scenario.law_json().encode()])


def varying(scenario: Scenario) -> tuple[str, ...]:
    """Parameters that are drawn and that this scenario reads, in the order of the library."""
    content = tomllib.loads(scenario.canonical_toml())
    read = drawn_parameters(content | {"draws": 2})  # of a single draw too: what would be drawn
    return tuple(name for name in read if name in RUN_PARAMETERS)


def held_at(parameter: Parameter, opening: str, unit: float) -> dict[str, object]:
    """Return a parameter held at one probability of its range, as a table of a scenario file.

    As in the draws, every dated value is at that probability; of a path only the level is drawn.

    Args:
        parameter: The parameter, as the scenario has it.
        opening: Opening month.
        unit: Probability, from 0 (its low) to 1 (its high).
    """
    units = np.array([unit])
    if parameter.id in _PATHS:
        level = float(quantile(parameter, parameter.at(opening), units)[0])
        ratio = level / parameter.at(opening)
        found = [(one.start, one.value * ratio) for one in parameter.values]
    else:
        found = [(o.start, float(quantile(parameter, o.value, units)[0])) for o in parameter.values]
    numbers = [value for _, value in found]
    dated = [{"from": start, "value": value} for start, value in found]
    return {"values": dated, "low": min(numbers), "high": max(numbers)}
