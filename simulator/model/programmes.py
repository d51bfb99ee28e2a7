"""Programmes: dated surges of need, trust by trust, whose dates can slip."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from simulator import keyed
from simulator.domain.words import GROUPS
from simulator.evidence.tables import table_rows
from simulator.evidence.trusts import Trust
from simulator.model.draws import sample
from simulator.model.levers import LeverClasses, reaches_trust
from simulator.model.specification import F64
from simulator.scenario.dates import months_between
from simulator.scenario.levers import OF_PROGRAMMES
from simulator.scenario.resolved import Scenario
from simulator.scenario.schema import Lever, Programme

LONGEST_SLIP: Final = 4.0
"""A slip is cut at this many times its mean: bounded, like every draw."""
UNTIL_GO_LIVE: Final = ("procurement", "build")


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a programme: its length and the extra need, as a share of the group's need."""

    name: str
    months: int
    extra: tuple[float, ...]  # by words.GROUPS


@cache
def load_profiles() -> dict[str, tuple[Phase, ...]]:
    """Phases of each kind of programme, in order."""
    profiles: dict[str, tuple[Phase, ...]] = {}
    for row in table_rows("programmes"):
        phase = Phase(row["phase"], int(row["months"]), tuple(float(row[one]) for one in GROUPS))
        profiles[row["kind"]] = (*profiles.get(row["kind"], ()), phase)
    return profiles


def surge_paths(scenario: Scenario, classes: LeverClasses) -> F64:
    """Extra need of each class as a share of its need, shape (K, D, T + 1)."""
    surge = np.zeros((len(classes.examples), scenario.draws, scenario.months + 1))
    for number, (trust, group) in enumerate(classes.examples):
        for programme in scenario.programme:
            if not reaches_trust(programme, trust):
                continue
            slips = slip_months(scenario, programme, trust.code)
            levers = [one for one in scenario.lever if reaches_programme(one, programme, trust)]
            for draw, slip in enumerate(slips):
                surge[number, draw] += _path(scenario, programme, levers, group, int(slip))
    return surge


def slip_months(scenario: Scenario, programme: Programme, code: str) -> F64:
    """Months by which a trust's go-live slips, whole, one for each draw, shape (D,).

    Exponential with the draw's mean, cut at four times it; keyed by (draw, programme, trust). With
    a single draw nothing slips.
    """
    draws = scenario.draws
    if draws == 1 or not programme.slips:
        return np.zeros(draws)
    mean = sample(
        scenario.seed, draws, scenario.parameter("programme.slip_months"), scenario.opening
    )
    thing = np.array([keyed.name_key(f"slip|{programme.id}|{code}")], dtype=np.uint64)
    seeds = np.full(draws, keyed.mix(scenario.seed), dtype=np.uint64)
    bits = keyed.numbers(seeds, thing, keyed.Purpose.DRAW, np.arange(draws, dtype=np.uint64))
    return np.floor(mean * np.minimum(keyed.exponentials(bits), LONGEST_SLIP))


def reaches_programme(lever: Lever, programme: Programme, trust: Trust) -> bool:
    """Does a lever move or scale a programme in a trust?"""
    if lever.target not in OF_PROGRAMMES:
        return False
    named = lever.programmes is None or programme.id in lever.programmes
    return named and reaches_trust(lever, trust) and reaches_trust(programme, trust)


def first_month(scenario: Scenario, programme: Programme, delay: float = 0.0) -> int:
    """Month in which a programme's first phase begins; below 1: before the simulation."""
    before = sum(
        phase.months for phase in load_profiles()[programme.kind] if phase.name in UNTIL_GO_LIVE
    )
    return months_between(scenario.opening, programme.go_live) - before + round(delay)


def _path(
    scenario: Scenario, programme: Programme, levers: list[Lever], group: int, slip: int
) -> F64:
    """Extra need in months 0 to T; procurement keeps its date, go-live and what follows slip.

    The phase before go-live lasts the longer, at its own rate.
    """
    delay = sum(one.value for one in levers if one.target == "programme_delay")
    scale = programme.scale
    for lever in levers:
        scale *= lever.value if lever.target == "programme_scale" else 1.0
    path = np.zeros(scenario.months + 1)
    month = first_month(scenario, programme, delay)
    for phase in load_profiles()[programme.kind]:
        longer = slip if phase.name == "build" else 0
        end = month + phase.months + longer
        path[max(month, 0) : max(end, 0)] += scale * phase.extra[group]
        month = end
    return path
