"""What the room believes of an assumption: many ranges pooled into one.

The rule is a linear opinion pool. Each seat's low, likely and high make a PERT distribution; the
pool is their average, every seat with the same weight. A scenario can hold a PERT and no average
of several, so what is written into it is the PERT from the least low to the greatest high with
the mean of the pool (its likely value at the nearest end if none inside gives that mean).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.evidence.library import Parameter, load_library
from simulator.scenario.numbers import RUN_PARAMETERS, UNIT_BOUNDS, outside
from simulator.scenario.toml_text import toml_text
from simulator.scenario.used import REPLAYED
from simulator.ui.room.records import Range
from simulator.ui.room.store import Store
from simulator.ui.room.words import RoomError

USUAL: Final = (
    "hiring.approval_median_months",
    "hiring.round_success_factor",
    "supply.growth",
)
"""Assumptions the room is asked about unless the facilitator chooses others: they decide most."""
AUTHOR: Final = "The room"
FEWEST: Final = 3
"""Seats that have stated a range before any is shown, so that none can be put down to a person."""
PROBABILITIES: Final = (0.1, 0.5, 0.9)
SPLIT: Final = 0.75
"""Least width of the written range for eight of ten against the pool's, or the room is split."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The room's belief about one assumption, in the assumption's unit.

    Attributes:
        seats: Ranges pooled.
        low: Least low.
        likely: Mode of the PERT that is written into a scenario.
        high: Greatest high.
        pooled: Quantiles of the pool at :data:`PROBABILITIES`.
        written: The same of the PERT that is written.
    """

    seats: int
    low: float
    likely: float
    high: float
    pooled: tuple[float, ...]
    written: tuple[float, ...]

    @property
    def split(self) -> bool:
        """Do camps in the room differ so much that one range hides it?"""
        return self.written[-1] - self.written[0] < SPLIT * (self.pooled[-1] - self.pooled[0])


def assumptions() -> tuple[Parameter, ...]:
    """Return the assumptions a room can be asked about.

    They are of grade D, read by every run, drawn as a PERT, and the same in all months.
    """
    return tuple(
        one
        for one in load_library().filter(grade="D", varies=True)
        if one.id in RUN_PARAMETERS
        and not one.id.startswith("need.")  # only one method of need reads each
        and one.shape == "pert"
        and len(one.values) == 1
    )


def state(store: Store, seat: int, assumption: str, belief: Range) -> None:
    """Keep a seat's belief, after a check against the bounds of the assumption's unit.

    Raises:
        RoomError: With everything that is wrong with it.
    """
    known = {one.id: one for one in assumptions()}
    if assumption not in known:
        raise RoomError(f"{assumption}: not an assumption to ask about; {', '.join(known)} are")
    bounds = UNIT_BOUNDS[known[assumption].unit]
    named = {"low": belief.low, "likely": belief.likely, "high": belief.high}
    problems = [
        f"{assumption}, {name} {value:g}: {words}"
        for name, value in named.items()
        if (words := outside(value, bounds))
    ]
    if problems:
        raise RoomError(*problems)
    store.believe(seat, assumption, belief)


def pool(ranges: Sequence[Range]) -> Pool:
    """Pool ranges by the rule at the head of this module.

    Raises:
        RoomError: If there are none.
    """
    if not ranges:
        raise RoomError("pool: nobody has stated a range yet")
    low, high = min(one.low for one in ranges), max(one.high for one in ranges)
    mean = sum((one.low + 4.0 * one.likely + one.high) / 6.0 for one in ranges) / len(ranges)
    likely = min(max((6.0 * mean - low - high) / 4.0, low), high)
    return Pool(
        seats=len(ranges),
        low=low,
        likely=likely,
        high=high,
        pooled=_quantiles(ranges),
        written=_quantiles([Range(low, likely, high)]),
    )


def _quantiles(ranges: Sequence[Range]) -> tuple[float, ...]:
    """Quantiles of an average of PERTs, by halving: its distribution function is monotone."""
    low = np.full(len(PROBABILITIES), min(one.low for one in ranges))
    high = np.full(len(PROBABILITIES), max(one.high for one in ranges))
    for _ in range(60):
        middle = (low + high) / 2.0
        below = _below(ranges, middle) < np.array(PROBABILITIES)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return tuple(float(one) for one in (low + high) / 2.0)


def _below(ranges: Sequence[Range], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of the pool below each value."""
    from scipy.special import betainc

    total = np.zeros_like(values)
    for one in ranges:
        width = one.high - one.low
        first = 1.0 + 4.0 * (one.likely - one.low) / width
        second = 1.0 + 4.0 * (one.high - one.likely) / width
        total += betainc(first, second, np.clip((values - one.low) / width, 0.0, 1.0))
    return total / len(ranges)


def without_effect(scenario: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the assumptions that change nothing in a scenario that replays its candidates.

    Args:
        scenario: The scenario, TOML.
        names: Assumptions.
    """
    replayed = tomllib.loads(scenario).get("rest") == "baseline"
    return tuple(name for name in names if replayed and name in REPLAYED)


def with_beliefs(scenario: str, pools: Mapping[str, Pool]) -> str:
    """Return a scenario (TOML) in which the room's beliefs take the place of the library's.

    Args:
        scenario: The scenario.
        pools: What the room believes, by assumption.
    """
    content: dict[str, Any] = tomllib.loads(scenario)
    held = content.setdefault("parameters", {})
    for name, one in pools.items():
        held[name] = {
            "value": one.likely,
            "low": one.low,
            "high": one.high,
            "reason": (
                f"What {one.seats} people in a workshop believe, pooled with equal weights: from "
                "the least low to the greatest high, with the mean of the pool."
            ),
            "author": AUTHOR,
        }
    return toml_text(content)
