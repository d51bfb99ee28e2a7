"""Build the opening census of England from the evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import BAND_RANGES, BANDS, GROUPS
from simulator.evidence.library import Library
from simulator.evidence.sources import EVIDENCE_FOLDER
from simulator.evidence.trusts import Trust
from simulator.model.census.apportion import (
    band_mix,
    largest_remainder,
    systematic,
    trust_shares,
    whole_posts,
)
from simulator.model.census.fit import (
    RANGE_INDEX,
    SMALL_POOL,
    Durations,
    Flows,
    Setting,
    Vacancies,
    choose_success,
    exit_fit,
    read_pathways,
    regions_of,
    solve_flows,
    vacant_posts,
)
from simulator.model.census.people import Life, Observed, Staff, first_staff, live
from simulator.model.census.report import fitted_frame, reconciliation_frame
from simulator.model.census.rows import post_rows
from simulator.model.census.tables import Census
from simulator.model.census.training import graduate_rows, trainee_rows
from simulator.model.census.walk import National, national_walk, vacancy_rate
from simulator.model.steady import AGES, YOUNGEST, ExitFit

if TYPE_CHECKING:
    import pandas as pd

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

YEARS: Final = 15
"""Years each of the two samplings of people runs; the mean stay is about 14 years."""
_EVIDENCE: Final = (
    "parameters.toml",
    "tables/band_mix.csv",
    "tables/joiner_age.csv",
    "tables/pathways.csv",
    "tables/retirement_by_age.csv",
    "tables/trusts.csv",
)


@dataclass(frozen=True)
class Steady:
    """Everything fitted, and the people and posts that follow from it."""

    national: National
    exits: ExitFit
    setting: Setting
    flows: Flows
    durations: Durations
    vacancies: Vacancies
    posts: I64  # (trusts, groups, bands)
    people: I64  # (groups, bands)
    staff: Staff
    seen: Observed
    experienced_ages: F64


def build_census(opening: str, library: Library, trusts: Sequence[Trust]) -> Census:
    """Build the opening census.

    Args:
        opening: Opening month, YYYY-MM.
        library: The parameters.
        trusts: Trusts open at the opening (``opening_trusts``).
    """
    import pandas as pd

    steady = solve(opening, library, trusts)
    regions = steady.setting.regions
    region_fte = np.bincount(steady.setting.region, [one.fte for one in trusts])
    exits = steady.exits.hazards
    return Census(
        opening=opening,
        posts=post_rows(
            [one.code for one in trusts],
            steady.setting,
            steady.posts,
            steady.people,
            steady.staff,
            steady.vacancies,
            steady.durations,
        ),
        trainees=trainee_rows(steady.setting),
        graduates=graduate_rows(steady.setting, steady.flows),
        candidates=_candidates(steady),
        hazards=pd.DataFrame({"age": AGES, "leaving": exits.leaving, "retiring": exits.retiring}),
        joiner_ages=pd.DataFrame({"age": AGES, "share": steady.experienced_ages}),
        regions=pd.DataFrame(
            {"region": regions, "trust_fte": region_fte, "share": steady.setting.region_share}
        ),
        reconciliation=reconciliation_frame(
            steady.national, library, opening, steady.people, steady.posts
        ),
        fits=fitted_frame(
            steady.setting, steady.exits, steady.flows, steady.durations, steady.vacancies
        ),
        sources=evidence_digests(),
    )


def evidence_digests() -> dict[str, str]:
    """Return the sha256 digest of every evidence file that the census uses."""
    return {
        name: hashlib.sha256((EVIDENCE_FOLDER / name).read_bytes()).hexdigest()
        for name in _EVIDENCE
    }


def solve(opening: str, library: Library, trusts: Sequence[Trust]) -> Steady:
    """Fit the law to the evidence; first with a uniform vacancy rate, then with its own."""
    national = national_walk(opening, library, trusts)
    exits = exit_fit(opening, library)
    heads = np.array(national.heads)
    people = np.stack(
        [largest_remainder(m, int(n)) for m, n in zip(band_mix(), heads, strict=True)]
    )
    rate = vacancy_rate(library)
    shares = trust_shares(trusts, library.at("spread.trust_share", opening))
    regions, region, region_share = regions_of(trusts)
    posts = _posts(shares, people, people * rate / (1.0 - rate))
    setting = Setting(
        opening,
        library,
        regions,
        region,
        region_share,
        np.asarray(posts * (1.0 - rate), dtype=np.float64),
        read_pathways(),
    )
    times = choose_success(setting)
    first = Observed(
        np.full(people.size, exits.reached.leaving + exits.reached.retiring),
        np.full(people.size, 0.6),
    )
    flows = solve_flows(setting, first, times.success, 3)
    staff = first_staff(people.ravel(), exits.population.census)
    ages = _experienced_ages(setting, flows, exits)
    seen = live(staff, _life(setting, flows, exits, ages), YEARS)
    flows = solve_flows(setting, seen, times.success, 3, SMALL_POOL, flows)
    _, vacancies = vacant_posts(setting, flows, times)
    posts = _posts(shares, people, vacancies.total.sum(axis=0))
    setting = replace(setting, heads=_expected_heads(posts, people))
    flows = solve_flows(setting, seen, times.success, 2, SMALL_POOL, flows)
    times, vacancies = vacant_posts(setting, flows, times)
    ages = _experienced_ages(setting, flows, exits)
    seen = live(staff, _life(setting, flows, exits, ages), YEARS)
    return Steady(
        national, exits, setting, flows, times, vacancies, posts, people, staff, seen, ages
    )


def _posts(shares: F64, people: I64, vacant: NDArray[Any]) -> I64:
    """Return whole posts by trust, group and band for people and expected vacant posts."""
    empty = largest_remainder(vacant.ravel(), round(float(vacant.sum()))).reshape(people.shape)
    mix = (people + empty).astype(np.float64)
    return whole_posts(shares, mix, mix.sum(axis=1).astype(np.int64))


def _expected_heads(posts: I64, people: I64) -> F64:
    filled = people / np.maximum(posts.sum(axis=0), 1)
    return posts * filled


def _graduate_ages(setting: Setting, g: int, k: int) -> F64:
    ages = np.zeros(len(AGES))
    for one in setting.pathways:
        if (one.group, one.band_range) == (g, k):
            ages[one.age - YOUNGEST] += one.seekers
    return ages / max(ages.sum(), 1e-300)


def _hires(setting: Setting, flows: Flows) -> tuple[F64, F64]:
    """Return graduate and experienced hires a year by group and band range."""
    return (
        12.0 * flows.pool_values("graduates").sum(axis=0),
        12.0 * flows.pool_values("experienced").sum(axis=0),
    )


def _experienced_ages(setting: Setting, flows: Flows, exits: ExitFit) -> F64:
    """Return the ages of experienced joiners: all joiners less the graduates, never below 0."""
    graduates, experienced = _hires(setting, flows)
    taken = sum(
        (graduates[g, k] * _graduate_ages(setting, g, k) for g, k in np.ndindex(graduates.shape)),
        np.zeros(len(AGES)),
    )
    total = graduates.sum() + experienced.sum()
    left = np.maximum(exits.joiners * total - taken, 0.0)
    return np.asarray(left / left.sum(), dtype=np.float64)


def _life(setting: Setting, flows: Flows, exits: ExitFit, ages: F64) -> Life:
    """Return what the people of each group and band live under."""
    graduates, experienced = _hires(setting, flows)
    promoted = flows.stack("promoted_in").sum(axis=0)
    out = flows.stack("vacancies").sum(axis=0) - flows.stack("moves").sum(axis=0)
    heads = np.maximum(setting.heads.sum(axis=0), 1e-300)
    share = graduates / np.maximum(graduates + experienced, 1e-300)
    joiners = np.array(
        [
            [
                share[g, k] * _graduate_ages(setting, g, k) + (1.0 - share[g, k]) * ages
                for k in range(len(BAND_RANGES))
            ]
            for g in range(len(GROUPS))
        ]
    )[:, RANGE_INDEX]
    cells = np.arange(len(GROUPS) * len(BANDS)).reshape(len(GROUPS), len(BANDS))
    below = np.where(np.arange(len(BANDS)) > 0, cells - 1, -1)
    return Life(
        hazards=exits.hazards,
        inside=np.minimum(promoted / np.maximum(out, 1e-300), 1.0).ravel(),
        moving=(flows.stack("moves").sum(axis=0) / heads).ravel(),
        ages=joiners.reshape(cells.size, -1).cumsum(axis=1),
        min_months=int(setting.at("promotion.min_months")),
        below=below.ravel(),
    )


def _candidates(steady: Steady) -> pd.DataFrame:
    import pandas as pd

    stock = steady.flows.pool_values("stock")
    whole = systematic(stock.ravel())
    names = [
        (region, group, one)
        for region in steady.setting.regions
        for group in GROUPS
        for one in BAND_RANGES
    ]
    frame = pd.DataFrame(names, columns=["region", "group", "band_range"])
    frame["experienced"] = whole
    frame["supply"] = steady.flows.pool_values("supply").ravel()
    return frame
