"""The compiled, frozen specification that both engines read; nothing else passes between
a scenario and an engine. Section numbers refer to ``docs/method.md``.

Letters in shapes: T months, D draws, C cells, S slots (posts), P pools, K classes (groups of
cells that the same levers reach), A cohorts (years of birth), L pathway lines, R trainee rows,
G groups of staff of one trust, J trusts modelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import GROUPS

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]

TRIES: Final = 4
"""Tries of a pull (stage 3)."""
CALLS: Final = 16
"""Calls of an inside round before all candidates are scored (stage 4)."""
QUANTILES: Final = 1024
"""Length of a duration's or an age's quantile table, indexed by a 10-bit field."""
MAX_MONTHS: Final = 228
"""Longest horizon: month numbers and cohorts must fit a byte."""
TENURE_BREAKS: Final = (12, 24)
"""Months of tenure at which the tenure factor changes (section 5)."""
NEVER: Final = 255
"""Month number that means never."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells and their posts, in slot order (region, trust, group, band, serial)."""

    trust: I32  # (C,) index into Specification.trusts
    group: I32  # (C,) index into words.GROUPS
    band: I32  # (C,) index into words.BANDS
    pool: I32  # (C,) index into Specification.pools
    klass: I32  # (C,) lever class
    staff: I32  # (C,) index of (trust, group), trust * len(GROUPS) + group
    below: I32  # (C,) cell of the next band below in the same trust and group, or -1
    option: I32  # (C,) index into Pulls of (region, group, band)
    attraction: F64  # (C,) of the trust to candidates, about 1
    key: U64  # (C,)
    first: I32  # (C,) first slot
    slots: I32  # (C,) number of slots: every serial it can reach in any draw
    posts: I32  # (C,) opening posts
    funded: I32  # (C,) opening posts with money behind them, n: fewer where over-established


@dataclass(frozen=True, slots=True)
class Slots:
    """Posts, with their state in the opening census."""

    cell: I32  # (S,)
    key: U64  # (S,)
    fte: I32  # (S,) hundredths of a full-time equivalent
    phase: U8  # (S,) words.Phase; never AGREED with channel GRADUATE or MOVE
    due: U8  # (S,) month of the next step of a vacant post (>= 1), else 0
    cohort: U8  # (S,) of the holder
    origin: I32  # (S,) month (<= 0) in which the holder joined the trust
    eligible: U8  # (S,) first month in which the holder may be promoted (<= 254)
    band_start: I32  # (S,) month (<= 0) since which the holder has been in the band


@dataclass(frozen=True, slots=True)
class Exits:
    """Leaving and retirement (section 5)."""

    hazard: F64  # (K, A, T + 1) monthly hazard at factor 1 in month m; [..., 0] = 0
    retire_share: F64  # (K, A, T + 1) share of exits that are retirements
    factor: F64  # (D, C)
    tenure: tuple[float, float]  # factors in the first and second year of tenure
    break_share: float  # share of exits other than retirements that are career breaks


@dataclass(frozen=True, slots=True)
class Hiring:
    """The life of a vacancy and the market (stages 1, 3, 4 and 5)."""

    post_index: F64  # (K, D, T + 1) establishment relative to the opening; [..., 0] = 1
    hire_factor: F64  # (D, J)
    hire_path: F64  # (K, T + 1)
    internal_share: F64  # (K, T + 1)
    internal_factor: F64  # (D,)
    success: F64  # (K, T + 1)
    success_factor: F64  # (D,)
    attraction_path: F64  # (K, T + 1) factor on the attraction of a trust
    frozen_share: F64  # (K, T + 1) share of the vacancies that start in month m that are frozen
    thaw: I32  # (K, T + 1) month in which a post frozen in month m is free again (> m)
    pooled_share: F64  # (K, T + 1) share of vacancies offered inside to the whole care system
    approval_quantiles: F64  # (QUANTILES,) months
    round_quantiles: F64  # (QUANTILES,) months, of the first round
    again_quantiles: F64  # (QUANTILES,) months, of a later round with the pause before it
    notice_quantiles: F64  # (QUANTILES,) months
    joiner_ages: I64  # (QUANTILES,) years
    min_months: int
    move_share: float
    mover_rate: F64  # (D,) colleagues willing to move, a month and head
    congestion: F64  # (D,)
    step_months: I32  # (bands, 2) months in the band before the second and the third pay point


@dataclass(frozen=True, slots=True)
class Pools:
    """Regional pools of candidates, ordered by region, group, band range."""

    names: tuple[tuple[str, str, str], ...]  # (P) (region code, group, band range)
    key: U64  # (P,)
    opening: I32  # (P, stocks) words.PoolStock at the opening
    supply: F64  # (candidate stocks, P, T + 1) arriving in month m, by words.CANDIDATES
    return_rate: F64  # (P, T + 1) share of those on a break who look for a post again
    forget_rate: float  # share of the others who never will, a month
    supply_factor: F64  # (D, T + 1)
    supply_loss: float
    newly_qualified: F64  # (P,)


@dataclass(frozen=True, slots=True)
class Pulls:
    """Options of a pull: for each (region, group, band), its trusts and their weights.

    Option o covers entries first[o] to first[o + 1] - 1, in trust order.
    """

    first: I32  # (O + 1,)
    cell: I32  # (entries,) cell of the trust in this group and band, -1 outside the model
    trust: I32  # (entries,) index of the trust if modelled, else -1
    key: U64  # (entries,) the trust's key
    weight: F64  # (entries,) opening posts, > 0; outside the model divided by attraction


@dataclass(frozen=True, slots=True)
class Partners:
    """Cells whose holders a pooled vacancy is offered to (stage 4).

    Cell c covers entries first[c] to first[c + 1] - 1, in trust order: of each modelled trust of
    its care system, the cell of the same group at the highest band below its own.
    """

    first: I32  # (C + 1,)
    cell: I32  # (entries,)
    key: U64  # (entries,) the trust's key
    weight: F64  # (entries,) opening posts of the cell, > 0


@dataclass(frozen=True, slots=True)
class Replay:
    """The rest of the region, replayed from the England baseline (``rest = "baseline"``)."""

    digest: str
    ratio: F64  # (P, T + 1)
    move: F64  # (P, T + 1)
    response: F64  # (P, T + 1) of the odds of ratio to attraction, 0 to 1
    move_response: F64  # (P, T + 1) of the odds of move
    graduate: F64  # (P, T + 1)
    experienced: F64  # (P, T + 1)
    converted: F64  # (P, T + 1) share of graduates hired who are converted clinicians
    returning: F64  # (P, T + 1) share of candidates hired who return from a break
    international: F64  # (P, T + 1) share of candidates hired who come from abroad
    age: I32  # (P,) age of a graduate who joins
    staff_key: U64  # (G,) key of trust and group
    rival_cdf: F64  # (G, T + 1, N) cumulative Poisson distribution of pulls, padded with 2.0
    rival_cells: F64  # (C, T + 1) cumulative share within the cell's trust and group


@dataclass(frozen=True, slots=True)
class Training:
    """Pathway lines and their trainees; rows are in row order (stage 5)."""

    names: tuple[tuple[str, str], ...]  # (L) (pathway, region code)
    pathway: I32  # (L,) index into drop_hazard
    drop_hazard: F64  # (pathways, longest duration + 1) annual hazard; [:, 0] unused
    duration: I32  # (pathways,) months
    seek_share: F64  # (pathways,)
    supervised: NDArray[np.bool_]  # (pathways,) do trainees need a supervisor in a trust
    converts: NDArray[np.bool_]  # (pathways,) are trainees clinicians who change profession
    drop_factor: F64  # (D,) factor on drop_hazard
    supervision: F64  # (P / band ranges, T + 1) trainees for each head of middle and senior bands
    give_up_hazard: float  # a year
    cohort_line: I32  # (H,) cohorts: line
    cohort_start: I32  # (H,) month of the start (<= 0: in the opening census)
    cohort_key: U64  # (H,)
    cohort_mean: F64  # (H,) min(places, applicants); unused for opening cohorts
    cohort_cdf: F64  # (H, N) cumulative distribution of a Poisson intake; first column > 1: dated
    row_cohort: I32  # (R,)
    row_place: I32  # (R,)
    row_key: U64  # (R,)
    row_pool: I32  # (R,)
    row_status: (
        U8  # (R,) 0: starts if place < intake; 1: enrolled at opening; 2: waiting at opening
    )
    row_ready: I32  # (R,) month of completion
    row_cohort_age: U8  # (R,) cohort (year of birth) of the graduate


@dataclass(frozen=True, slots=True)
class Costs:
    """What a run costs (section 8): whole mills, a mill being a thousandth of a penny.

    Y counts whole years of the run, Q pay classes (a band and a London zone), G groups of staff of
    one trust. Rates by step are for one hundredth of a full-time equivalent over a month.
    """

    price_year: str  # the NHS year in whose prices everything is stated
    pay_class: I32  # (C,)
    step: I64  # (3, Q, 3, Y) pay, cost to the trust, cost to the NHS; by pay step
    head: I64  # (3, Y) for each person and month: the part of pay that is free of contributions
    cover: I64  # (Q, Y) for one hundredth FTE vacant over a month
    lever_head: I64  # (G, Y) for each person and month
    lever_share: F64  # (G, Y) as a share of the cost to the trust
    lever_joiner: I64  # (flows, G, Y) for each joiner, by words.Flow
    lever_fixed: I64  # (G, Y) a year
    donor: I64  # (Y,) for each clinician who converts


@dataclass(frozen=True, slots=True)
class Places:
    """Where results are added up. A trust's row moves to its successor at a transfer."""

    names: tuple[tuple[str, str], ...]  # (U) (level, code), level in trust, ics, region, england
    titles: tuple[str, ...]  # (U)
    member: NDArray[np.bool_]  # (epochs, U, J) does the trust count in the place
    epoch: I32  # (T + 1,) epoch of each month


@dataclass(frozen=True, slots=True)
class Specification:
    """Everything an engine needs; arrays are read-only."""

    seed: int
    months: int
    draws: int
    replications: int
    first_replication: int
    trusts: tuple[str, ...]  # (J,) codes
    trust_region: tuple[str, ...]  # (J,)
    start: str  # the opening month, YYYY-MM
    cells: Cells
    slots: Slots
    exits: Exits
    hiring: Hiring
    pools: Pools
    pulls: Pulls
    partners: Partners
    replay: Replay | None
    training: Training
    places: Places
    costs: Costs
    need_base: F64  # (C,) FTE at the opening
    need_index: F64  # (K, D, T + 1) need relative to the opening

    @property
    def cohort_offset(self) -> int:
        """H of section 5: age in month m = cohort - H + (m - 1) // 12."""
        return -(-self.months // 12)

    @property
    def staff_count(self) -> int:
        """G: number of (trust, group) pairs."""
        return len(self.trusts) * len(GROUPS)

    def draw_of(self, replication: int) -> int:
        """Draw to which a replication belongs."""
        return replication % self.draws


def freeze(value: Any) -> Any:
    """Make every array below a dataclass read-only; returns the value."""
    for name in getattr(type(value), "__slots__", ()):
        item = getattr(value, name)
        if isinstance(item, np.ndarray):
            item.setflags(write=False)
        elif hasattr(type(item), "__dataclass_fields__"):
            freeze(item)
    return value
