"""Levers as monthly factors, and the classes of cells that the same levers reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from simulator.domain.words import GROUPS
from simulator.evidence.trusts import Trust
from simulator.model.specification import F64, I32
from simulator.scenario.dates import months_between
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
    "attraction",
)
"""Targets whose levers multiply a path of the classes they reach."""
SHARE_TARGETS: Final = ("frozen", "pooling")
"""Targets whose levers set a share, at its full value while the lever is in force."""


class Reach(Protocol):
    """What names a part of England: a lever, or a programme."""

    @property
    def trusts(self) -> tuple[str, ...] | None:
        """Codes of trusts."""

    @property
    def ics(self) -> tuple[str, ...] | None:
        """Codes of care systems."""

    @property
    def regions(self) -> tuple[str, ...] | None:
        """Codes of regions."""


def reaches_trust(one: Reach, trust: Trust) -> bool:
    """Does a reach include a trust? Without codes it includes all."""
    for codes, code in (
        (one.trusts, trust.code),
        (one.ics, trust.ics_code),
        (one.regions, trust.region_code),
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
    """Classes of cells; cells of a class have the same levers, programmes and path of need.

    Attributes:
        klass: Class of each (trust, group), shape (J, groups).
        examples: A trust and the number of a group of each class.
        paths: Factor by multiplying target, shape (K, T + 1).
        shares: Share by setting target, shape (K, T + 1).
        thaw: Month in which a post frozen in a month is free again, shape (K, T + 1).
        maturity: Digital maturity score by class, shape (K,).
    """

    klass: I32
    examples: tuple[tuple[Trust, int], ...]
    paths: dict[str, F64]
    shares: dict[str, F64]
    thaw: I32
    maturity: F64


def lever_classes(scenario: Scenario, trusts: tuple[Trust, ...]) -> LeverClasses:
    """Sort (trust, group) pairs into classes by what reaches them."""
    levers = [one for one in scenario.lever if one.target in (*CELL_TARGETS, *SHARE_TARGETS)]
    scores = _maturity(trusts)
    reached: dict[tuple[object, ...], int] = {}
    examples: list[tuple[Trust, int]] = []
    klass = np.zeros((len(trusts), len(GROUPS)), dtype=np.int32)
    for t, trust in enumerate(trusts):
        own = _own_path(scenario, trust, scores[t])
        for g, group in enumerate(GROUPS):
            key = (
                *(reaches_trust(one, trust) and reaches_group(one, group) for one in levers),
                *(() if own is None else (own, g)),
            )
            klass[t, g] = reached.setdefault(key, len(reached))
            if klass[t, g] == len(examples):
                examples.append((trust, g))
    return _class_paths(scenario, levers, klass, examples, scores, trusts)


def _own_path(scenario: Scenario, trust: Trust, score: float) -> object:
    """What tells a trust's need from that of others with the same levers; none: nothing."""
    if any(reaches_trust(one, trust) for one in scenario.programme):
        return trust.code  # dates slip trust by trust
    return score if scenario.need.method == "maturity" else None


def _maturity(trusts: tuple[Trust, ...]) -> list[float]:
    """Digital maturity scores; a trust without one has the median of those that have."""
    from simulator.evidence.trusts import load_trusts

    known = [one.maturity for one in load_trusts() if one.maturity is not None]
    median = float(np.median(known))
    return [median if one.maturity is None else one.maturity for one in trusts]


def _class_paths(
    scenario: Scenario,
    levers: list[Lever],
    klass: I32,
    examples: list[tuple[Trust, int]],
    scores: list[float],
    trusts: tuple[Trust, ...],
) -> LeverClasses:
    size = (len(examples), scenario.months + 1)
    paths = {target: np.ones(size) for target in CELL_TARGETS}
    shares = {target: np.zeros(size) for target in SHARE_TARGETS}
    thaw = np.broadcast_to(np.arange(1, size[1] + 1), size).astype(np.int32)
    for number, (trust, g) in enumerate(examples):
        for lever in levers:
            if not (reaches_trust(lever, trust) and reaches_group(lever, GROUPS[g])):
                continue
            if lever.target in CELL_TARGETS:
                factor = factor_path(scenario, lever)
                paths[lever.target][number] *= factor ** _power(scenario, lever)
                continue
            force = np.array(scenario.lever_path(lever))
            share = shares[lever.target][number]
            np.maximum(share, lever.value * force, out=share)
            if lever.target == "frozen":
                thaw[number, force > 0] = np.maximum(
                    thaw[number, force > 0], after(scenario, lever)
                )
    number_of = {trust.code: i for i, trust in enumerate(trusts)}
    maturity = np.array([scores[number_of[trust.code]] for trust, _ in examples])
    return LeverClasses(klass, tuple(examples), paths, shares, thaw, maturity)


def _power(scenario: Scenario, lever: Lever) -> float:
    """A premium on pay draws candidates by the elasticity of attraction to pay."""
    if lever.target != "attraction":
        return 1.0
    return scenario.parameter("market.pay_elasticity").at(scenario.opening)


def after(scenario: Scenario, lever: Lever) -> int:
    """First month after a lever; one beyond the horizon if it stays."""
    end = None if lever.end is None else months_between(scenario.opening, lever.end)
    return min(end if end is not None else scenario.months, scenario.months) + 1
