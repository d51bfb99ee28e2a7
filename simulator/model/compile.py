"""Compile a scenario, the evidence and the opening census into a specification.

Everything uncertain or chosen becomes a number here, once; the engines only read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator import keyed
from simulator.domain.words import BAND_RANGES, GROUPS
from simulator.evidence.trusts import Trust, opening_trusts, transfers
from simulator.model.baseline import compile_replay
from simulator.model.census import Census, read_census
from simulator.model.draws import relative, relative_to_fit, sample, trust_factors
from simulator.model.intake import compile_training, no_training
from simulator.model.levers import LeverClasses, factor_path, lever_classes, reaches_group
from simulator.model.places import compile_places
from simulator.model.posts import compile_cells, compile_slots, count_posts
from simulator.model.specification import (
    F64,
    I32,
    QUANTILES,
    Exits,
    Hiring,
    Places,
    Pools,
    Specification,
    freeze,
)
from simulator.model.steady import duration_quantiles
from simulator.scenario.dates import month_after, months_between
from simulator.scenario.resolved import Scenario

if TYPE_CHECKING:
    import pandas as pd


def compile_scenario(scenario: Scenario) -> Specification:
    """Compile a scenario.

    Args:
        scenario: Resolved and checked.

    Returns:
        The frozen specification of all its replications.

    Raises:
        CensusError: If the census folder holds something unsound.
    """
    census = with_own_rows(read_census(scenario.census), scenario)
    england = _canonical(opening_trusts(scenario.opening)[0])
    modelled = frozenset(scenario.modelled)
    regions = sorted({trust.region_code for trust in england if trust.code in modelled})
    around = tuple(trust for trust in england if trust.region_code in regions)
    trusts = tuple(trust for trust in around if trust.code in modelled)
    fitted = _fitted(scenario, census)
    classes = lever_classes(scenario, trusts)
    growth = _growth(scenario, classes)
    pools, pool_number = _pools(scenario, census, tuple(regions), fitted)
    establishment = count_posts(census.posts, around, modelled)
    cells, pulls = compile_cells(establishment, classes.klass, growth.posts, pool_number)
    slots = compile_slots(
        census.posts,
        cells,
        trusts,
        part_time_share=fitted["part_time_share"],
        min_months=round(fitted["min_months"]),
        months=scenario.months,
    )
    posts_fte = np.bincount(
        slots.cell, weights=np.where(slots.phase > 0, slots.fte, 0), minlength=len(cells.trust)
    )
    replay = None
    if scenario.rest == "baseline":
        training = no_training()
        replay = compile_replay(scenario, pools, cells, pulls, establishment)
    else:
        training = compile_training(
            scenario,
            england,
            tuple(regions),
            pool_number,
            _opening_training(census),
            scenario.parameter("graduates.give_up_hazard").at(scenario.opening),
        )
    return freeze(
        Specification(
            seed=scenario.seed,
            months=scenario.months,
            draws=scenario.draws,
            replications=scenario.replications,
            first_replication=0,
            trusts=tuple(trust.code for trust in trusts),
            trust_region=tuple(trust.region_code for trust in trusts),
            start=scenario.opening,
            cells=cells,
            slots=slots,
            exits=_exits(scenario, census, classes, trusts, fitted, cells.trust),
            hiring=_hiring(scenario, census, classes, trusts, fitted, growth.posts),
            pools=pools,
            pulls=pulls,
            replay=replay,
            training=training,
            places=_places(scenario, england, trusts),
            need_base=_need_base(scenario, trusts, cells.trust, cells.group, posts_fte / 100.0),
            need_index=growth.need,
        )
    )


def with_own_rows(census: Census, scenario: Scenario) -> Census:
    """Put a planner's own rows in place of those trusts' rows of the census."""
    if not scenario.census_rows:
        return census
    from dataclasses import replace

    import pandas as pd

    from simulator.model.census import read_posts

    own = pd.concat([read_posts(path) for path in scenario.census_rows])
    kept = census.posts[~census.posts["trust"].isin(set(own["trust"]))]
    return replace(census, posts=pd.concat([kept, own], ignore_index=True))


def _canonical(trusts: tuple[Trust, ...]) -> tuple[Trust, ...]:
    return tuple(sorted(trusts, key=lambda trust: (trust.region_code, trust.code)))


def _fitted(scenario: Scenario, census: Census) -> dict[str, float]:
    values = dict(census.fitted)
    values.update({name: one.value for name, one in scenario.fitted.items()})
    return values


@dataclass(frozen=True, slots=True)
class _Growth:
    posts: F64  # (K, D, T + 1) establishment relative to the opening
    need: F64  # (K, D, T + 1) need relative to the need of the opening establishment


def _growth(scenario: Scenario, classes: LeverClasses) -> _Growth:
    """Need by the scenario's method, and the establishment that follows it after a lag.

    With I the index of need, lag L and funded share s: establishment(m) / establishment(0) =
    I(m - L) / I(-L), and need(m) = establishment(0) / s x I(m) / I(-L). By the ratio method
    need(0) is the ratio's instead, and I grows with the size of trusts.
    """
    lag = round(scenario.parameter("need.funding_lag").at(scenario.opening))
    name = "need.growth" if scenario.need.method == "growth" else "need.trust_size_growth"
    months = np.arange(1 - lag, scenario.months + 1)
    dates = [month_after(scenario.opening, int(month)) for month in months]
    parameter = scenario.parameter(name)
    seed, draws = scenario.seed, scenario.draws
    by_date = {date: parameter.at(date) for date in dates}
    by_value = {value: sample(seed, draws, parameter, date) for date, value in by_date.items()}
    yearly = np.stack([by_value[by_date[date]] for date in dates], axis=1)
    start = np.ones((draws, 1))
    index = np.concatenate([start, np.cumprod((1.0 + yearly) ** (1.0 / 12.0), axis=1)], axis=1)
    need = index[None, :, lag:] * classes.paths["need"][:, None, :]
    ahead = np.concatenate([np.ones((len(need), lag)), classes.paths["need"]], axis=1)[
        :, : scenario.months + 1
    ]
    posts = index[None, :, : scenario.months + 1] * ahead[:, None, :]
    posts = posts * (classes.paths["funding"] * _funded_path(scenario))[:, None, :]
    posts = posts / posts[:, :, :1]
    if scenario.need.method == "growth":
        share = sample(seed, draws, scenario.parameter("need.funded_share"), scenario.opening)
        need = need / share[None, :, None]
    else:
        ratio = scenario.parameter("need.ratio.share_of_trust_fte")
        need = need / need[:, :, :1] * relative(seed, draws, ratio, scenario.opening)[None, :, None]
    return _Growth(posts=np.ascontiguousarray(posts), need=np.ascontiguousarray(need))


def _funded_path(scenario: Scenario) -> F64:
    """Funded share in months 0 to T; it moves in a straight line between its dates."""
    dated = scenario.parameter("need.funded_share").values
    months = [months_between(scenario.opening, one.start) for one in dated]
    path = np.interp(np.arange(scenario.months + 1), months, [one.value for one in dated])
    return np.asarray(path)


def _need_base(
    scenario: Scenario, trusts: tuple[Trust, ...], trust: I32, group: I32, posts: F64
) -> F64:
    """Opening FTE that the need index multiplies, by cell."""
    if scenario.need.method == "growth":
        return posts
    overall = scenario.parameter("need.ratio.share_of_trust_fte").at(scenario.opening)
    narrow = scenario.parameter("group.clinical.share_of_trust_fte").at(scenario.opening)
    staff = trust * len(GROUPS) + group
    by_staff = np.bincount(staff, weights=posts, minlength=len(trusts) * len(GROUPS))
    national = np.bincount(group, weights=posts, minlength=len(GROUPS))
    rest = national[1:].sum()
    ratios = np.array([narrow, *((overall - narrow) * national[1:] / max(rest, 1e-9))])
    size = np.array([one.fte for one in trusts])
    return np.asarray(size[trust] * ratios[group] * posts / by_staff[staff])


def _exits(
    scenario: Scenario,
    census: Census,
    classes: LeverClasses,
    trusts: tuple[Trust, ...],
    fitted: dict[str, float],
    cell_trust: I32,
) -> Exits:
    """Hazard tables by class, cohort and month, and the factors of draws and trusts."""
    ages = census.hazards["age"].to_numpy(dtype=np.int64)
    years = -(-scenario.months // 12)
    cohort = np.arange(int(ages.max()) + years + 2)[:, None]
    age = cohort - years + (np.arange(scenario.months + 1)[None, :] - 1) // 12
    row = np.clip(age, ages.min(), ages.max()) - ages.min()
    leaving = census.hazards["leaving"].to_numpy(dtype=np.float64)[row] / 12.0
    retiring = census.hazards["retiring"].to_numpy(dtype=np.float64)[row] / 12.0
    left = leaving[None] * classes.paths["leaving"][:, None, :]
    retired = retiring[None] * classes.paths["retirement"][:, None, :]
    hazard = left + retired
    share = np.divide(retired, hazard, out=np.zeros_like(hazard), where=hazard > 0)
    hazard[:, :, 0] = 0.0
    rate = scenario.parameter("leaving.organisation_rate")
    by_draw = relative_to_fit(scenario.seed, scenario.draws, rate, scenario.opening)
    spread = scenario.parameter("leaving.trust_log_sd").at(scenario.opening)
    codes = tuple(trust.code for trust in trusts)
    by_trust = trust_factors(scenario.seed, scenario.draws, "leaving", codes, spread)
    return Exits(
        hazard=hazard,
        retire_share=share,
        factor=by_draw[:, None] * by_trust[:, cell_trust],
        tenure=(fitted["tenure_first_year"], fitted["tenure_second_year"]),
    )


def _hiring(
    scenario: Scenario,
    census: Census,
    classes: LeverClasses,
    trusts: tuple[Trust, ...],
    fitted: dict[str, float],
    post_index: F64,
) -> Hiring:
    spread = scenario.parameter("hiring.trust_log_sd").at(scenario.opening)
    codes = tuple(trust.code for trust in trusts)
    by_trust = trust_factors(scenario.seed, scenario.draws, "hiring", codes, spread)
    delay = scenario.parameter("hiring.approval_median_months")
    by_draw = relative_to_fit(scenario.seed, scenario.draws, delay, scenario.opening)
    return Hiring(
        post_index=post_index,
        hire_factor=by_draw[:, None] * by_trust,
        hire_path=classes.paths["time_to_hire"],
        internal_share=np.minimum(fitted["internal_share"] * classes.paths["internal_share"], 1.0),
        success=np.minimum(fitted["round_success"] * classes.paths["round_success"], 1.0),
        approval_quantiles=duration_quantiles(fitted["approval_median"], fitted["approval_sigma"]),
        round_quantiles=duration_quantiles(fitted["round_median"], fitted["round_sigma"]),
        again_quantiles=duration_quantiles(fitted["again_median"], fitted["again_sigma"]),
        notice_quantiles=duration_quantiles(fitted["notice_median"], fitted["notice_sigma"]),
        joiner_ages=_age_quantiles(census.joiner_ages),
        min_months=round(fitted["min_months"]),
        move_share=fitted["move_share"],
        mover_rate=fitted["mover_rate"],
        congestion=fitted["congestion"],
    )


def _age_quantiles(ages: pd.DataFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Ages of joiners at the mid-points of 1,024 equal shares."""
    share = np.cumsum(ages["share"].to_numpy(dtype=np.float64))
    points = (np.arange(QUANTILES) + 0.5) / QUANTILES * share[-1]
    return ages["age"].to_numpy(dtype=np.int64)[np.searchsorted(share, points)]


def _pools(
    scenario: Scenario, census: Census, regions: tuple[str, ...], fitted: dict[str, float]
) -> tuple[Pools, dict[tuple[str, str, str], int]]:
    names = [(r, g, one) for r in regions for g in GROUPS for one in BAND_RANGES]
    number = {name: i for i, name in enumerate(names)}
    supply = np.zeros((len(names), scenario.months + 1))
    opening = np.zeros(len(names), dtype=np.int32)
    columns = ["region", "group", "band_range", "experienced", "supply"]
    for region, group, one, people, arriving in census.candidates[columns].itertuples(index=False):
        if (region, group, one) in number:
            supply[number[region, group, one]] = float(arriving)
            opening[number[region, group, one]] = int(people)
    for lever in (lever for lever in scenario.lever if lever.target == "supply"):
        for (region, group, _), at in number.items():
            if reaches_group(lever, group) and (not lever.regions or region in lever.regions):
                supply[at] *= factor_path(scenario, lever)
    tightness = scenario.parameter("supply.tightness")
    growth = sample(
        scenario.seed, scenario.draws, scenario.parameter("supply.growth"), scenario.opening
    )
    years = np.arange(scenario.months + 1) / 12.0
    factor = relative_to_fit(scenario.seed, scenario.draws, tightness, scenario.opening)
    return Pools(
        names=tuple(names),
        key=np.array([keyed.name_key("pool|" + "|".join(n)) for n in names], dtype=np.uint64),
        opening=opening,
        supply=supply,
        supply_factor=factor[:, None] * (1.0 + growth[:, None]) ** years[None, :],
        supply_loss=fitted["supply_loss"],
        newly_qualified=np.array([fitted[f"newly_qualified_{one}"] for _, _, one in names]),
    ), number


def _opening_training(
    census: Census,
) -> tuple[dict[tuple[str, str, str], int], dict[tuple[str, str, str], int]]:
    def counts(table: pd.DataFrame, column: str) -> dict[tuple[str, str, str], int]:
        rows = table[["pathway", "region", "start", column]].itertuples(index=False)
        return {(str(p), str(r), str(s)): int(n) for p, r, s, n in rows}

    return counts(census.trainees, "enrolled"), counts(census.graduates, "waiting")


def _places(scenario: Scenario, england: tuple[Trust, ...], trusts: tuple[Trust, ...]) -> Places:
    dated = [
        (months_between(scenario.opening, month), old, new)
        for month, old, new in transfers(scenario.opening)
    ]
    return compile_places(england, trusts, frozenset(scenario.reported), dated, scenario.months)
