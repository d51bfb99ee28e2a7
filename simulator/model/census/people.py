"""People of the opening census: a keyed sample of the steady state of the law.

The joint distribution of age, tenure and months in band by group and band has no short formula,
because promotion carries age and tenure up the ladder. It is sampled instead: as many people
as the group and band has holders live under the hazards, moves and promotions of the steady
state, each leaver is replaced in the same month, and after enough years the people in post are
a sample of the stationary distribution. Every number is keyed, with the census's own seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.keyed import Purpose, name_key, numbers, part_keys, replication_keys, units
from simulator.model.census.apportion import SEED
from simulator.model.steady import AGES, YOUNGEST, Hazards, tenure_factors

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_EXIT, _CHOICE, _AGE, _MOVE, _IN = range(5)
_DRAWS: Final = 8


@dataclass(slots=True)
class Staff:
    """People in post, in blocks of (group, band); months count from the start of the sampling."""

    cell: I64  # group * bands + band
    age: I64  # years
    joined: I64  # month
    banded: I64  # month
    month: int


@dataclass(frozen=True, slots=True)
class Life:
    """What happens to people in the steady state; arrays by (group, band) cell.

    Attributes:
        hazards: Leaving and retiring by age and tenure.
        inside: Promotions into the cell per exit from it (moves among its trusts not counted).
        moving: Moves a year per head.
        ages: Cumulative shares of joiners by age, shape (cells, ages).
        min_months: Shortest time in band before a promotion.
        below: Cell of the next band below in the group, or -1.
    """

    hazards: Hazards
    inside: F64
    moving: F64
    ages: F64
    min_months: int
    below: I64


@dataclass(frozen=True, slots=True)
class Observed:
    """Means over the sampled months by cell: what the formulas of the ladder need."""

    exits: F64  # leaving and retiring, a year per head
    eligible: F64  # share of holders whose time in band is long enough


def first_staff(heads: I64, census: F64) -> Staff:
    """Return people with the steady ages and tenures, the same in every cell.

    Args:
        heads: People by cell.
        census: Steady population by age and tenure (``steady.Population.census``).
    """
    cell = np.repeat(np.arange(len(heads)), heads)
    chance = _units(len(cell), 0)
    edges = census.ravel().cumsum() / census.sum()
    state = np.minimum(np.searchsorted(edges, chance[_EXIT], side="right"), census.size - 1)
    age, tenure = np.divmod(state, census.shape[1])
    longer = tenure == census.shape[1] - 1
    limit = np.maximum(12 * age, tenure)
    spread = np.minimum(tenure + np.floor(-120.0 * np.log1p(-chance[_AGE])), limit)
    months = np.where(longer, spread, tenure).astype(np.int64)
    banded = np.minimum(months, np.floor(60 * chance[_MOVE]).astype(np.int64))
    return Staff(cell, age + YOUNGEST, -months, -banded, 0)


def _units(count: int, month: int) -> F64:
    keys = part_keys(name_key("census|people"), count)
    first = replication_keys(SEED, 0, 1)
    return np.stack(
        [units(numbers(first, keys, Purpose.CENSUS, month * _DRAWS + k)) for k in range(5)]
    )


def live(staff: Staff, life: Life, years: int) -> Observed:
    """Let the people live for some years, each ending with the opening month of the year.

    Args:
        staff: Changed in place.
        life: The steady state.
        years: Whole years.

    Returns:
        Means over the second half.
    """
    cells = len(life.inside)
    exits, eligible, heads = np.zeros(cells), np.zeros(cells), np.zeros(cells)
    for k in range(12 * years):
        hazard = _one_month(staff, life)
        if k >= 6 * years:
            ready = staff.month - staff.banded >= life.min_months
            exits += 12.0 * np.bincount(staff.cell, -np.expm1(-hazard), cells)
            eligible += np.bincount(staff.cell, ready, cells)
            heads += np.bincount(staff.cell, minlength=cells)
    heads = np.maximum(heads, 1.0)
    return Observed(exits / heads, eligible / heads)


def _one_month(staff: Staff, life: Life) -> F64:
    """Play one month in the order of the law; returns the monthly hazards it used."""
    staff.month += 1
    if staff.month % 12 == 1:
        staff.age += 1
    chance = _units(len(staff.cell), staff.month)
    tenure = np.minimum(staff.month - 1 - staff.joined, 24)
    at = np.minimum(staff.age, AGES[-1]) - YOUNGEST
    hazard = life.hazards.total[at] / 12.0 * tenure_factors(life.hazards.tenure)[tenure]
    empty = chance[_EXIT] < -np.expm1(-hazard)
    moved = ~empty & (chance[_MOVE] < life.moving[staff.cell] / 12.0)
    staff.joined[moved] = staff.month
    edges = np.searchsorted(staff.cell, np.arange(len(life.inside) + 1))
    for cell in range(len(life.inside) - 1, -1, -1):
        _fill(staff, life, cell, edges, empty, chance)
    return np.asarray(hazard, dtype=np.float64)


def _fill(
    staff: Staff, life: Life, cell: int, edges: I64, empty: NDArray[np.bool_], chance: F64
) -> None:
    """Fill the empty places of a cell from the band below or from outside the trusts."""
    block = slice(edges[cell], edges[cell + 1])
    places = edges[cell] + np.flatnonzero(empty[block])
    below = life.below[cell]
    if below >= 0 and len(places):
        inside = places[chance[_IN][places] < life.inside[cell]]
        lower = np.arange(edges[below], edges[below + 1])
        ready = staff.month - staff.banded[lower] >= life.min_months
        free = lower[ready & ~empty[lower]]
        chosen = free[np.argsort(chance[_CHOICE][free], kind="stable")][: len(inside)]
        taken = inside[: len(chosen)]
        staff.age[taken], staff.joined[taken] = staff.age[chosen], staff.joined[chosen]
        staff.banded[taken] = staff.month
        empty[taken], empty[chosen] = False, True
        places = edges[cell] + np.flatnonzero(empty[block])
    drawn = np.searchsorted(life.ages[cell], chance[_AGE][places], side="right")
    staff.age[places] = np.minimum(drawn, len(AGES) - 1) + YOUNGEST
    staff.joined[places] = staff.banded[places] = staff.month
    empty[places] = False
