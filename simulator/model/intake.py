"""Training pathways as cohorts and trainee rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simulator import keyed
from simulator.evidence.tables import table_rows
from simulator.evidence.trusts import Trust
from simulator.model.draws import sample
from simulator.model.levers import factor_path
from simulator.model.pools import supervision
from simulator.model.specification import F64, I32, NEVER, U64, Training
from simulator.scenario.dates import month_after, months_between
from simulator.scenario.resolved import Scenario

PoolNumbers = Mapping[tuple[str, str, str], int]
Counts = Mapping[tuple[str, str, str], int]
"""People by (pathway, region code, start YYYY-MM)."""


@dataclass(frozen=True, slots=True)
class Pathway:
    """One training pathway; places and applicants are national and yearly."""

    id: str
    group: str
    band_range: str
    duration: int  # months
    start_month: int  # of the year
    places: float
    applicants: float  # infinite where they do not limit
    completion: float  # share of starters
    seek_share: float  # share of completers
    age: int  # at completion
    supervised: bool  # do trainees need a supervisor in a trust
    donor: str  # profession that loses those who complete; blank for none


def load_pathways() -> tuple[Pathway, ...]:
    """Pathways of the evidence, in the order of the table."""
    return tuple(
        Pathway(
            id=row["pathway"],
            group=row["group"],
            band_range=row["band_range"],
            duration=int(row["duration_months"]),
            start_month=int(row["start_month_of_year"]),
            places=float(row["places_per_year"]),
            applicants=float(row["applicants_per_year"] or "inf"),
            completion=float(row["completion"]),
            seek_share=float(row["seek_nhs_share"]),
            age=int(row["age_at_completion"]),
            supervised=row["supervised"] == "yes",
            donor=row["donor"],
        )
        for row in table_rows("pathways")
    )


def drop_out_hazard(pathway: Pathway) -> float:
    """Constant annual hazard that leaves the share ``completion`` after the whole duration."""
    return float(-np.log(pathway.completion) * 12.0 / pathway.duration)


def region_shares(trusts: tuple[Trust, ...]) -> dict[str, float]:
    """Each region's share of the FTE of England's trusts: the assumed share of places."""
    total = sum(trust.fte for trust in trusts)
    shares: dict[str, float] = {}
    for trust in trusts:
        shares[trust.region_code] = shares.get(trust.region_code, 0.0) + trust.fte / total
    return shares


@dataclass(frozen=True, slots=True)
class _Rules:
    give_up_hazard: float  # a year
    drop_factor: F64  # (D,)
    supervision: F64  # (desks, T + 1)


@dataclass(frozen=True, slots=True)
class _Cohort:
    line: int
    pathway: Pathway
    region: str
    start: int
    mean: float
    rows: int
    status: int


def no_training(draws: int) -> Training:
    """Training of a run in which the rest of England is replayed: none is simulated."""
    return _assemble((), {}, {}, [], _Rules(0.0, np.ones(draws), np.zeros((0, 1))), "2000-01", 0)


def compile_training(
    scenario: Scenario,
    england: tuple[Trust, ...],
    regions: tuple[str, ...],
    pools: PoolNumbers,
    opening: tuple[Counts, Counts],
) -> Training:
    """Cohorts of every pathway in the regions simulated.

    Args:
        scenario: Levers on places and applicants.
        england: All trusts, whose FTE shares out national places among regions.
        regions: Codes of the regions simulated.
        pools: Number of each pool.
        opening: Trainees enrolled, and graduates waiting, in the opening census.
    """
    pathways = load_pathways()
    shares = region_shares(england)
    lines = {
        (pathway.id, region): number
        for number, (pathway, region) in enumerate(
            (pathway, region) for pathway in pathways for region in regions
        )
    }
    cohorts: list[_Cohort] = []
    for pathway in pathways:
        for region in regions:
            line = lines[pathway.id, region]
            cohorts += _opening_cohorts(scenario, pathway, region, line, opening)
            cohorts += _future_cohorts(scenario, pathway, region, line, shares)
    completion = scenario.parameter("training.completion_factor")
    rules = _Rules(
        scenario.parameter("graduates.give_up_hazard").at(scenario.opening),
        1.0 / sample(scenario.seed, scenario.draws, completion, scenario.opening),
        supervision(scenario, regions),
    )
    return _assemble(pathways, lines, pools, cohorts, rules, scenario.opening, scenario.months)


def _opening_cohorts(
    scenario: Scenario, pathway: Pathway, region: str, line: int, opening: tuple[Counts, Counts]
) -> Iterator[_Cohort]:
    for status, counts in enumerate(opening, start=1):
        for (name, where, start), people in counts.items():
            if (name, where) == (pathway.id, region) and people > 0:
                month = months_between(scenario.opening, start)
                yield _Cohort(line, pathway, region, month, 0.0, people, status)


def _future_cohorts(
    scenario: Scenario, pathway: Pathway, region: str, line: int, shares: Mapping[str, float]
) -> Iterator[_Cohort]:
    share = shares.get(region, 0.0)
    for month in range(1, scenario.months + 1):
        if int(month_after(scenario.opening, month)[5:]) != pathway.start_month:
            continue
        places = _with_levers(scenario, pathway, region, month, "places", pathway.places)
        applicants = pathway.applicants
        if np.isfinite(applicants):
            applicants = _with_levers(scenario, pathway, region, month, "applicants", applicants)
        mean = max(0.0, min(places, applicants) * share)
        yield _Cohort(line, pathway, region, month, mean, int(np.floor(mean)) + 1, 0)


def _with_levers(
    scenario: Scenario, pathway: Pathway, region: str, month: int, target: str, value: float
) -> float:
    """National yearly places or applicants of a pathway with the levers that reach a region."""
    for lever in scenario.lever:
        if lever.target != target or (lever.pathways and pathway.id not in lever.pathways):
            continue
        if lever.groups and pathway.group not in lever.groups:
            continue
        if lever.regions and region not in lever.regions:
            continue
        force = scenario.lever_path(lever)[month]
        if lever.operation == "multiply":
            value *= float(factor_path(scenario, lever)[month])
        elif lever.operation == "add":
            value += lever.value * force
        elif force > 0:
            value += (lever.value - value) * force
    return value


def _assemble(
    pathways: tuple[Pathway, ...],
    lines: Mapping[tuple[str, str], int],
    pools: PoolNumbers,
    cohorts: list[_Cohort],
    rules: _Rules,
    opening: str,
    months: int,
) -> Training:
    longest = max((pathway.duration for pathway in pathways), default=1)
    hazard = np.zeros((len(pathways), longest + 1))
    for p, pathway in enumerate(pathways):
        hazard[p, 1:] = drop_out_hazard(pathway)
    number = {pathway.id: p for p, pathway in enumerate(pathways)}
    keys = [
        keyed.name_key(f"cohort|{one.pathway.id}|{one.region}|{month_after(opening, one.start)}")
        for one in cohorts
    ]
    rows = _rows(cohorts, pools, -(-months // 12))
    return Training(
        names=tuple(lines),
        pathway=np.array([number[name] for name, _ in lines], dtype=np.int32),
        drop_hazard=hazard,
        duration=np.array([pathway.duration for pathway in pathways], dtype=np.int32),
        seek_share=np.array([pathway.seek_share for pathway in pathways]),
        supervised=np.array([pathway.supervised for pathway in pathways], dtype=np.bool_),
        converts=np.array([bool(pathway.donor) for pathway in pathways], dtype=np.bool_),
        drop_factor=rules.drop_factor,
        supervision=rules.supervision,
        give_up_hazard=rules.give_up_hazard,
        cohort_line=_ints([one.line for one in cohorts]),
        cohort_start=_ints([one.start for one in cohorts]),
        cohort_key=np.array(keys, dtype=np.uint64),
        cohort_mean=np.array([one.mean for one in cohorts], dtype=np.float64),
        cohort_cdf=np.full((len(cohorts), 1), 2.0),
        row_cohort=rows[:, 0].astype(np.int32),
        row_place=rows[:, 1].astype(np.int32),
        row_key=_row_keys(keys, rows),
        row_pool=rows[:, 2].astype(np.int32),
        row_status=rows[:, 4].astype(np.uint8),
        row_ready=rows[:, 3].astype(np.int32),
        row_cohort_age=rows[:, 5].astype(np.uint8),
    )


def _ints(values: list[int]) -> I32:
    return np.array(values, dtype=np.int32)


def _row_keys(keys: list[int], rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> U64:
    cohort = np.array(keys, dtype=np.uint64)[rows[:, 0]] if keys else np.empty(0, dtype=np.uint64)
    serial = (rows[:, 1] + 1).astype(np.uint64)
    return keyed.mix_array(cohort + serial * np.uint64(keyed.STEP))


def _rows(
    cohorts: list[_Cohort], pools: PoolNumbers, offset: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Trainee rows (cohort, place, pool, ready, status, cohort of age) in row order."""
    order = []
    for number, one in enumerate(cohorts):
        pathway = one.pathway
        pool = pools[one.region, pathway.group, pathway.band_range]
        ready = one.start + pathway.duration
        age = min(pathway.age + offset - (ready - 1) // 12, NEVER)
        for place in range(one.rows):
            sort = (pool, ready, pathway.id, one.start, place)
            order.append((sort, (number, place, pool, ready, one.status, max(age, 0))))
    order.sort()
    return np.array([row for _, row in order], dtype=np.int64).reshape(-1, 6)
