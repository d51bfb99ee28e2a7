"""Compile a scenario, the evidence and the opening census into a specification.

Everything uncertain or chosen becomes a number here, once; the engines only read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from simulator.domain.words import GROUPS
from simulator.evidence.trusts import Trust, opening_trusts, transfers
from simulator.model.attraction import trust_attraction
from simulator.model.baseline import compile_replay
from simulator.model.census import Census, read_census
from simulator.model.demand import compile_growth, need_base
from simulator.model.draws import relative_to_fit, sample, trust_factors
from simulator.model.intake import compile_training, no_training
from simulator.model.levers import LeverClasses, lever_classes
from simulator.model.money import compile_costs
from simulator.model.own import leaving_factors, with_own_numbers
from simulator.model.pay import step_months
from simulator.model.places import compile_places
from simulator.model.pools import break_share, compile_pools
from simulator.model.posts import compile_cells, compile_slots, count_posts
from simulator.model.specification import (
    F64,
    QUANTILES,
    Cells,
    Exits,
    Hiring,
    Places,
    Specification,
    freeze,
)
from simulator.model.steady import duration_quantiles
from simulator.scenario.dates import months_between
from simulator.scenario.resolved import Scenario
from simulator.scenario.schema import Method, Need

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
    census = opening_census(scenario)
    england = _canonical(opening_trusts(scenario.opening)[0])
    modelled = frozenset(scenario.modelled)
    regions = sorted({trust.region_code for trust in england if trust.code in modelled})
    around = tuple(trust for trust in england if trust.region_code in regions)
    trusts = tuple(trust for trust in around if trust.code in modelled)
    fitted = _fitted(scenario, census)
    classes = lever_classes(scenario, trusts)
    growth = compile_growth(scenario, classes)
    pools = compile_pools(scenario, census, tuple(regions), fitted)
    pool_number = {name: number for number, name in enumerate(pools.names)}
    establishment = count_posts(census.posts, around, modelled, scenario.own)
    cells, pulls, partners = compile_cells(
        establishment,
        classes.klass,
        growth.posts,
        pool_number,
        trust_attraction(scenario, around),
    )
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
    funded_fte = posts_fte / 100.0 * cells.funded / cells.posts
    replay = None
    if scenario.rest == "baseline":
        training = no_training(scenario.draws)
        replay = compile_replay(scenario, pools, cells, pulls, establishment)
    else:
        training = compile_training(
            scenario,
            england,
            tuple(regions),
            pool_number,
            _opening_training(census),
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
            exits=_exits(scenario, census, classes, trusts, fitted, cells),
            hiring=_hiring(scenario, census, classes, trusts, fitted, growth.posts),
            pools=pools,
            pulls=pulls,
            partners=partners,
            replay=replay,
            training=training,
            places=_places(scenario, england, trusts),
            costs=compile_costs(scenario, trusts, cells, posts_fte / 100.0),
            need_base=need_base(scenario, trusts, cells.trust, cells.group, funded_fte),
            need_index=growth.need,
        )
    )


def with_method(scenario: Scenario, spec: Specification, method: Method) -> Specification:
    """The specification with need projected by another method; only its need is of use."""
    other = scenario.model_copy(update={"need": Need(method=method)})
    by_code = {trust.code: trust for trust in opening_trusts(scenario.opening)[0]}
    trusts = tuple(by_code[code] for code in spec.trusts)
    classes = lever_classes(other, trusts)
    cells, slots = spec.cells, spec.slots
    fte = np.bincount(
        slots.cell, weights=np.where(slots.phase > 0, slots.fte, 0), minlength=len(cells.trust)
    )
    return replace(
        spec,
        cells=replace(cells, klass=classes.klass[cells.trust, cells.group]),
        need_base=need_base(
            other, trusts, cells.trust, cells.group, fte / 100.0 * cells.funded / cells.posts
        ),
        need_index=compile_growth(other, classes).need,
    )


def opening_census(scenario: Scenario) -> Census:
    """The scenario's census with what trusts know of themselves in place.

    Raises:
        CensusError: If the census folder holds something unsound.
    """
    synthetic = with_own_numbers(read_census(scenario.census), scenario.own)
    return with_own_rows(synthetic, scenario)


def with_own_rows(census: Census, scenario: Scenario) -> Census:
    """Put a planner's own rows in place of those trusts' rows of the census."""
    if not scenario.census_rows:
        return census
    import pandas as pd

    from simulator.model.census import read_posts

    held = scenario.held
    own = pd.concat([read_posts(path, held.get(path.name)) for path in scenario.census_rows])
    kept = census.posts[~census.posts["trust"].isin(set(own["trust"]))]
    return replace(census, posts=pd.concat([kept, own], ignore_index=True))


def _canonical(trusts: tuple[Trust, ...]) -> tuple[Trust, ...]:
    return tuple(sorted(trusts, key=lambda trust: (trust.region_code, trust.code)))


def _fitted(scenario: Scenario, census: Census) -> dict[str, float]:
    values = dict(census.fitted)
    values.update({name: one.value for name, one in scenario.fitted.items()})
    return values


def _exits(
    scenario: Scenario,
    census: Census,
    classes: LeverClasses,
    trusts: tuple[Trust, ...],
    fitted: dict[str, float],
    cells: Cells,
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
    by_cell = by_trust[:, cells.trust]
    tenure = (fitted["tenure_first_year"], fitted["tenure_second_year"])
    for (code, group), own in leaving_factors(scenario, census, tenure, by_draw).items():
        if code in codes:
            here = (cells.trust == codes.index(code)) & (cells.group == GROUPS.index(group))
            by_cell[:, here] = own[:, None]
    return Exits(
        hazard=hazard,
        retire_share=share,
        factor=by_draw[:, None] * by_cell,
        tenure=tenure,
        break_share=break_share(scenario),
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
        internal_factor=_factor(scenario, "hiring.internal_factor"),
        success=np.minimum(fitted["round_success"] * classes.paths["round_success"], 1.0),
        success_factor=_factor(scenario, "hiring.round_success_factor"),
        attraction_path=classes.paths["attraction"],
        frozen_share=classes.shares["frozen"],
        thaw=classes.thaw,
        pooled_share=classes.shares["pooling"],
        approval_quantiles=duration_quantiles(fitted["approval_median"], fitted["approval_sigma"]),
        round_quantiles=duration_quantiles(fitted["round_median"], fitted["round_sigma"]),
        again_quantiles=duration_quantiles(fitted["again_median"], fitted["again_sigma"]),
        notice_quantiles=duration_quantiles(fitted["notice_median"], fitted["notice_sigma"]),
        joiner_ages=_age_quantiles(census.joiner_ages),
        min_months=round(fitted["min_months"]),
        move_share=fitted["move_share"],
        mover_rate=fitted["mover_rate"] * _factor(scenario, "market.mover_factor"),
        congestion=fitted["congestion"] * _factor(scenario, "market.congestion_factor"),
        step_months=step_months(),
    )


def _factor(scenario: Scenario, name: str) -> F64:
    """Draws of a factor on a fitted number, shape (D,)."""
    return sample(scenario.seed, scenario.draws, scenario.parameter(name), scenario.opening)


def _age_quantiles(ages: pd.DataFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Ages of joiners at the mid-points of 1,024 equal shares."""
    share = np.cumsum(ages["share"].to_numpy(dtype=np.float64))
    points = (np.arange(QUANTILES) + 0.5) / QUANTILES * share[-1]
    return ages["age"].to_numpy(dtype=np.int64)[np.searchsorted(share, points)]


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
