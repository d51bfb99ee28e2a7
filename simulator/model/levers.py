"""Levers as monthly factors, and the classes of cells that the same levers reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.domain.words import GROUPS
from simulator.evidence.trusts import Trust
from simulator.model.specification import F64, I32
from simulator.scenario.resolved import Scenario
from simulator.scenario.schema import Lever

CELL_TARGETS: Final = (
    "leaving",
    "retirement",
    "need",
    "funding",
    "time_to_hire",
    "round_success",
    "internal_share",
)


def reaches_trust(lever: Lever, trust: Trust) -> bool:
    """Does a lever's reach include a trust? A lever without a reach includes all."""
    for codes, code in (
        (lever.trusts, trust.code),
        (lever.ics, trust.ics_code),
        (lever.regions, trust.region_code),
    ):
        if codes is not None:
            return code in codes
    return True


def reaches_group(lever: Lever, group: str) -> bool:
    """Does a lever's reach include a staff group?"""
    return lever.groups is None or group in lever.groups


def factor_path(scenario: Scenario, lever: Lever) -> F64:
    """Factor of a multiplying lever in months 0 to T: 1 before it, its value at full ramp."""
    return 1.0 + (lever.value - 1.0) * np.array(scenario.lever_path(lever))


@dataclass(frozen=True, slots=True)
class LeverClasses:
    """Classes of cells; cells of a class have the same levers.

    Attributes:
        klass: Class of each (trust, group), shape (J, groups).
        paths: Factor by target, shape (K, T + 1).
    """

    klass: I32
    paths: dict[str, F64]


def lever_classes(scenario: Scenario, trusts: tuple[Trust, ...]) -> LeverClasses:
    """Sort (trust, group) pairs into classes by the levers that reach them."""
    levers = [lever for lever in scenario.lever if lever.target in CELL_TARGETS]
    reached: dict[tuple[bool, ...], int] = {}
    klass = np.zeros((len(trusts), len(GROUPS)), dtype=np.int32)
    for t, trust in enumerate(trusts):
        for g, group in enumerate(GROUPS):
            key = tuple(reaches_trust(one, trust) and reaches_group(one, group) for one in levers)
            klass[t, g] = reached.setdefault(key, len(reached))
    paths = {target: np.ones((len(reached), scenario.months + 1)) for target in CELL_TARGETS}
    for key, number in reached.items():
        for lever, reach in zip(levers, key, strict=True):
            if reach:
                paths[lever.target][number] *= factor_path(scenario, lever)
    return LeverClasses(klass, paths)
