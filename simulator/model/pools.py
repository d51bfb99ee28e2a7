"""Regional pools of candidates: who looks for a post, who is on a break, and who arrives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator import keyed
from simulator.domain.words import BAND_RANGE_OF, BAND_RANGES, CANDIDATES, GROUPS, PoolStock
from simulator.model.draws import relative_to_fit, sample
from simulator.model.levers import factor_path, reaches_group
from simulator.model.specification import F64, Pools
from simulator.scenario.resolved import Scenario

if TYPE_CHECKING:
    from simulator.model.census import Census

PoolName = tuple[str, str, str]
"""Region code, staff group and band range."""
_SUPPLY_OF: Final = {"supply": PoolStock.EXPERIENCED, "international": PoolStock.INTERNATIONAL}


def pool_names(regions: tuple[str, ...]) -> tuple[PoolName, ...]:
    """Pools of the regions, in order."""
    return tuple((r, g, one) for r in regions for g in GROUPS for one in BAND_RANGES)


def break_share(scenario: Scenario) -> float:
    """Share of exits other than retirements that are career breaks.

    The evidence counts breaks among all who leave an employer; moves and retirements are not exits
    for a break.
    """
    others = 1.0 - _moved_and_retired(scenario)
    share = scenario.parameter("breaks.share_of_leavers").at(scenario.opening)
    return min(share / others, 1.0)


def _moved_and_retired(scenario: Scenario) -> float:
    return sum(
        scenario.parameter(name).at(scenario.opening)
        for name in ("leaving.move_share", "leaving.retirement_share")
    )


def monthly_share(hazard: float) -> float:
    """Probability a month of an annual hazard."""
    return float(-np.expm1(-hazard / 12.0))


def compile_pools(
    scenario: Scenario, census: Census, regions: tuple[str, ...], fitted: Mapping[str, float]
) -> Pools:
    """Pools of the regions simulated.

    The census states each pool's arrivals as one stream. Here it is split: those who return from
    a break, in the steady state, and those from abroad are taken out of it, so that the sum stays
    what the census was fitted with.
    """
    names = pool_names(regions)
    months = scenario.months + 1
    arriving, waiting = _arrivals(scenario, census)
    local = np.array([arriving.get(name, 0.0) for name in names])
    breaks = _breaks(scenario, census)
    leaving = np.array([breaks.get(name, 0.0) for name in names])
    back, lost = (
        monthly_share(scenario.parameter(f"breaks.{name}_hazard").at(scenario.opening))
        for name in ("return", "forget")
    )
    away = leaving / (back + (1.0 - back) * lost) if back + lost > 0 else np.zeros(len(names))
    returning = np.minimum(away * back, local)
    abroad = local * scenario.parameter("international.arrivals_share").at(scenario.opening)
    supply = np.zeros((len(CANDIDATES), len(names), months))
    supply[PoolStock.EXPERIENCED] = np.maximum(local - returning - abroad, 0.0)[:, None]
    supply[PoolStock.INTERNATIONAL] = abroad[:, None]
    opening = np.zeros((len(names), len(PoolStock)), dtype=np.int32)
    total = np.array([waiting.get(name, 0) for name in names])
    safe = np.maximum(local, 1e-12)
    for stock, part in ((PoolStock.RETURNING, returning), (PoolStock.INTERNATIONAL, abroad)):
        opening[:, stock] = np.floor(total * part / safe + 0.5)
    opening[:, PoolStock.EXPERIENCED] = np.maximum(total - opening.sum(axis=1), 0)
    opening[:, PoolStock.ON_BREAK] = np.floor(away + 0.5)
    rate = np.full((len(names), months), back)
    for number, (region, group, _) in enumerate(names):
        for target, stock in _SUPPLY_OF.items():
            supply[stock, number] *= _levers(scenario, target, region, group)
        hazard = scenario.parameter("breaks.return_hazard").at(scenario.opening)
        rate[number] = -np.expm1(-hazard * _levers(scenario, "returning", region, group) / 12.0)
    return Pools(
        names=names,
        key=np.array([keyed.name_key("pool|" + "|".join(n)) for n in names], dtype=np.uint64),
        opening=opening,
        supply=supply,
        return_rate=rate,
        forget_rate=lost,
        supply_factor=_supply_factor(scenario),
        supply_loss=fitted["supply_loss"],
        newly_qualified=np.array([fitted[f"newly_qualified_{one}"] for _, _, one in names]),
    )


def supervision(scenario: Scenario, regions: tuple[str, ...]) -> F64:
    """Trainees each member of staff in the middle and senior bands can have in charge, by desk."""
    each = scenario.parameter("training.trainees_per_supervisor").at(scenario.opening)
    return np.array(
        [
            each * _levers(scenario, "supervision", region, group)
            for region in regions
            for group in GROUPS
        ]
    )


def _levers(scenario: Scenario, target: str, region: str, group: str) -> F64:
    """Product of the levers on a target that reach a region and group, months 0 to T."""
    path = np.ones(scenario.months + 1)
    for lever in scenario.lever:
        here = lever.regions is None or region in lever.regions
        if lever.target == target and here and reaches_group(lever, group):
            path *= factor_path(scenario, lever)
    return path


def _supply_factor(scenario: Scenario) -> F64:
    """Factor on arrivals by draw and month, shape (D, T + 1)."""
    tightness, growth = (scenario.parameter(f"supply.{name}") for name in ("tightness", "growth"))
    yearly = sample(scenario.seed, scenario.draws, growth, scenario.opening)
    factor = relative_to_fit(scenario.seed, scenario.draws, tightness, scenario.opening)
    years = np.arange(scenario.months + 1) / 12.0
    return np.asarray(factor[:, None] * (1.0 + yearly[:, None]) ** years[None, :])


def _arrivals(
    scenario: Scenario, census: Census
) -> tuple[dict[PoolName, float], dict[PoolName, int]]:
    """Monthly arrivals of each pool of England, and candidates who wait at the opening.

    The share of candidates who can work for any region is spread over regions by their arrivals'
    weight in posts.
    """
    columns = ["region", "group", "band_range", "experienced", "supply"]
    arriving: dict[PoolName, float] = {}
    waiting: dict[PoolName, int] = {}
    for region, group, one, people, supply in census.candidates[columns].itertuples(index=False):
        arriving[region, group, one] = float(supply)
        waiting[region, group, one] = int(people)
    remote = scenario.parameter("market.remote_share").at(scenario.opening)
    if remote == 0.0:
        return arriving, waiting
    posts = _posts(scenario.opening, census, False)
    for group in GROUPS:
        for one in BAND_RANGES:
            names = [name for name in arriving if name[1:] == (group, one)]
            total = sum(arriving[name] for name in names)
            weight = sum(posts.get(name, 0) for name in names)
            for name in names if weight else []:
                share = posts.get(name, 0) / weight
                arriving[name] = (1.0 - remote) * arriving[name] + remote * total * share
    return arriving, waiting


@lru_cache(maxsize=8)
def _posts(opening: str, census: Census, filled: bool) -> dict[PoolName, int]:
    """Opening posts, or staff in post, of each pool of England."""
    from simulator.evidence.trusts import opening_trusts

    region = {one.code: one.region_code for one in opening_trusts(opening)[0]}
    table = census.posts
    counts: dict[PoolName, int] = {}
    columns = [table[name].to_list() for name in ("trust", "group", "band", "state")]
    sizes = Counter(zip(*columns, strict=True))
    for (trust, group, band, state), size in sizes.items():
        if filled and state != "filled":
            continue
        if trust in region:
            name = (region[trust], group, BAND_RANGE_OF[band])
            counts[name] = counts.get(name, 0) + int(size)
    return counts


def _breaks(scenario: Scenario, census: Census) -> dict[PoolName, float]:
    """Expected exits for a break a month from each pool at the opening."""
    rate = scenario.parameter("leaving.organisation_rate").at(scenario.opening)
    rate *= scenario.parameter("breaks.share_of_leavers").at(scenario.opening) / 12.0
    return {name: rate * size for name, size in _posts(scenario.opening, census, True).items()}
