"""Pounds: worked by hand for a few people, added up exactly, and what each kind of lever costs."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.domain.words import GROUPS, Flow, Money
from simulator.engines import people
from simulator.engines.arrays import make_layout, sum_block
from simulator.evidence.tables import table_rows
from simulator.evidence.trusts import opening_trusts
from simulator.experiments.people import block_totals, moves_by_year
from simulator.experiments.run import run_scenario
from simulator.experiments.simulate import find_units, simulate
from simulator.model.compile import compile_scenario
from simulator.model.intake import load_pathways
from simulator.model.specification import Specification
from simulator.results.money import pounds_by_staff
from simulator.results.summaries import place_totals
from simulator.results.totals import BlockTotals
from simulator.scenario import load_scenario

pytestmark = pytest.mark.functional

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
STATED = {"rationale": "a test of costs", "author": "tests"}

# A tiny census, worked by hand

HEADER = "trust,group,band,serial,fte,state,age,tenure_months,band_months,due_months,elapsed_months"
ROWS = f"""{HEADER}
RGT,digital,5,0,1.00,filled,40,60,18,,
RGT,digital,5,1,0.60,approval,,,,200,1
R1H,data,8a,0,1.00,filled,50,90,60,,
R1H,digital,2,0,0.50,filled,30,30,30,,
R1K,data,6,0,1.00,filled,30,0,0,,
"""
"""Somebody who reaches the next point in month 6, a post that stays empty, and three in London."""
ON_COST = 1 + 0.15 + 0.1438 + 0.005
"""Cost to the trust of a pound of pay: National Insurance, pension paid by the trust, levy."""


def nobody_leaves() -> list[dict[str, Any]]:
    return [
        {"id": name, "title": "Nobody goes", "target": name, "operation": "multiply", "value": 0}
        | {"start": "2026-03", **STATED}
        for name in ("leaving", "retirement")
    ]


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Specification:
    """Four people and a vacant post for two years in which nothing happens."""
    folder = tmp_path_factory.mktemp("few")
    census = folder / "census" / "tiny-survivors"
    shutil.copytree(SCENARIOS / "census" / "tiny-survivors", census)
    shutil.copy(SCENARIOS / "tiny-survivors.toml", folder)
    (census / "posts.csv").write_text(ROWS, encoding="utf-8")
    over = {"replications": 1, "lever": nobody_leaves()}
    return compile_scenario(load_scenario(folder / "tiny-survivors.toml", overrides=over))


def by_arrays(spec: Specification, regions: tuple[str, ...] | None = None) -> BlockTotals:
    everywhere = regions or tuple(sorted(set(spec.trust_region)))
    return sum_block(make_layout(spec, everywhere), 0, spec.replications)


def by_people(spec: Specification) -> list[BlockTotals]:
    trace = people.simulate(spec, count=1, spells_of=0)
    won = moves_by_year(spec, trace.spells)
    return [block_totals(spec, unit, trace, won) for unit in find_units(spec)[0]]


def pounds(spec: Specification, totals: BlockTotals) -> dict[tuple[str, str], np.ndarray]:
    """Costs of the first replication by trust and group, (years, items)."""
    found = pounds_by_staff(spec, totals)[..., 0]
    names = [(spec.trusts[trust], group) for trust in totals.trusts for group in GROUPS]
    return {name: found[:, :, column] for column, name in enumerate(names)}


def hand(pay: float, fte: float, people: int, real: float, threshold: float) -> list[float]:
    """Pay, cost to the trust and cost to the NHS of a year."""
    free = people * 0.15 * threshold
    bill = pay * fte * real
    return [bill, bill * ON_COST - free, bill * (ON_COST + 0.094) - free]


def test_the_pay_bill_of_a_few_people_is_that_worked_by_hand(few: Specification) -> None:
    """Band, pay step, London zone with its least and greatest amount, and the NI threshold."""
    assert few.costs.price_year == "2026/27"
    found = pounds(few, by_arrays(few))
    first = [
        # Band 5: five months at 32,073, and from the sixth, 24 months in the band, 34,592.
        ("RGT", "digital", (32_073 * 5 + 34_592 * 7) / 12, 1.0, 1),
        # Band 8a at the top; 20 % of it is more than the most an inner London supplement can be.
        ("R1H", "data", 64_750 + 8_746, 1.0, 1),
        # Half a band 2 post; 20 % is less than the least.
        ("R1H", "digital", 25_272 + 5_794, 0.5, 1),
        # Band 6, new in the band, in outer London: 15 %, between the two.
        ("R1K", "data", 39_959 * 1.15, 1.0, 1),
    ]
    for trust, group, pay, fte, staff in first:
        expected = hand(pay, fte, staff, 1.0, 5000.0)
        assert found[trust, group][0, :3] == pytest.approx(expected, abs=1.0), (trust, group)
    # A year later: pay by the award of 2.5 %, prices by 2 %, the threshold as it is in pounds.
    real = 1.025 / 1.02
    # In the last month the second is 24 months in band 6, and the supplement at its most.
    later = {"RGT": 34_592, "R1K": (39_959 * 1.15 * 11 + 42_170 + 6_137) / 12}
    for (trust, pay), group in zip(later.items(), ("digital", "data"), strict=True):
        expected = hand(pay, 1.0, 1, real, 5000.0 / 1.02)
        assert found[trust, group][1, :3] == pytest.approx(expected, abs=1.0), trust
    nobody = found["RGT", "clinical"]
    assert not nobody[:, : Money.LEVERS].any()


def test_cover_of_a_vacant_post_is_that_worked_by_hand(few: Specification) -> None:
    """0.6 FTE vacant all year, 35 % of it covered by a mix that costs 1.105 of somebody in post."""
    found = pounds(few, by_arrays(few))
    mix = 0.4 * 0.94 + 0.3 * 1.13 + 0.3 * 1.3
    in_post = 32_073 * ON_COST - 0.15 * 5000
    assert found["RGT", "digital"][0, Money.COVER] == pytest.approx(
        0.6 * 0.35 * mix * in_post, abs=1
    )
    assert sum(one[0, Money.COVER] for one in found.values()) == found["RGT", "digital"][0, 3]


def test_the_next_pay_point_comes_in_the_right_month(few: Specification) -> None:
    """24 months in band 5, of which 18 at the opening: the second point holds from month 6."""
    totals = by_arrays(few)
    cell = np.flatnonzero(few.cells.trust == few.trusts.index("RGT"))[0]
    row = np.flatnonzero(totals.cells == cell)[0]
    assert totals.step_fte[0, :, row, 0].tolist() == [500, 700, 0]
    assert totals.step_fte[1, :, row, 0].tolist() == [0, 1200, 0]
    assert totals.vacant_fte[:, row, 0].tolist() == [720, 720]


def test_both_engines_give_the_same_pounds(few: Specification) -> None:
    ladder = {"months": 36, "replications": 4}
    for spec in (few, compile_scenario(load_scenario(SCENARIOS / "tiny-ladder.toml", ladder))):
        one = {name: cost for part in by_people(spec) for name, cost in pounds(spec, part).items()}
        two = pounds(spec, by_arrays(spec))
        assert one.keys() == two.keys()
        assert all(np.array_equal(one[name], two[name]) for name in one)
        assert sum(cost[:, Money.NHS_COST].sum() for cost in one.values()) > 100_000


def test_results_of_both_engines_state_the_same_costs() -> None:
    sizes = {"months": 24, "draws": 2, "replications": 4}
    scenario = load_scenario(SCENARIOS / "tiny-ladder.toml", sizes)
    one, two = (
        run_scenario(scenario, engine=engine, workers=1).frame("money")
        for engine in ("arrays", "people")
    )
    assert one.equals(two)
    assert set(one["measure"]) == {item.name.lower() for item in Money}


# Adding up


def test_pounds_add_up_exactly() -> None:
    """Groups to all, and trusts to care systems, regions and England, to the last pound."""
    over = {"months": 24, "draws": 1, "replications": 2}
    spec = compile_scenario(load_scenario(SCENARIOS / "england.toml", overrides=over))
    places = np.arange(len(spec.places.names))
    parts = [
        place_totals(spec, places, by_arrays(spec, (r,))) for r in sorted(set(spec.trust_region))
    ]
    money = sum(part.money for part in parts)
    assert isinstance(money, np.ndarray)
    assert np.array_equal(money[:, :, :, :3].sum(axis=3), money[:, :, :, 3])
    levels = np.array([level for level, _ in spec.places.names])
    totals = {
        level: money[:, :, levels == level].sum(axis=2)
        for level in ("trust", "ics", "region", "england")
    }
    assert (totals["england"][:, : Money.LEVERS] > 0).all()
    assert all(np.array_equal(one, totals["england"]) for one in totals.values())


# What levers cost

PLACE = {"place": {"regions": ["Y58"]}, "rest": "coupled", "draws": 1, "replications": 2}
FIRST_YEAR = "2026-04"
DEFLATORS = {2024: 0.0253, 2025: 0.0345, 2026: 0.0248, 2023: 0.073, 2022: 0.0907, 2021: 0.04}
DEFLATORS |= {2020: 0.006, 2019: 0.017}
"""Growth of prices to each year, as published."""
RECORD = {
    "id": "record",
    "title": "A record",
    "kind": "epr",
    "go_live": "2029-03",
    "trusts": ["RA9", "RA7"],
    **STATED,
}


def run(levers: list[dict[str, Any]], months: int = 12) -> tuple[Specification, BlockTotals]:
    over = {**PLACE, "months": months, "programme": [RECORD], "lever": levers}
    spec = compile_scenario(load_scenario(SCENARIOS / "england.toml", overrides=over))
    return spec, by_arrays(spec)


def today(cost: float, year: int) -> float:
    """Pounds of a year in prices of 2026/27."""
    for later in range(year + 1, 2027):
        cost *= 1.0 + DEFLATORS[later]
    return cost


class Facts:
    """What a cost is worked out from: counts of a run, by replication."""

    def __init__(self, spec: Specification, totals: BlockTotals) -> None:
        self.trusts = len(spec.trusts)
        self.heads = totals.heads[1:13].sum(axis=(0, 1), dtype=np.int64) / 12.0
        self.trust_cost = pounds_by_staff(spec, totals)[0, Money.TRUST_COST].sum(axis=0)
        self.joined = {
            flow: totals.flows[0, flow].sum(axis=0) for flow in Flow if flow.name[:6] == "JOINED"
        }
        self.opening = totals.funded[0, :, 0].sum() / 100.0
        england = opening_trusts("2026-03")[0]
        here = sum(one.fte for one in england if one.code in spec.trusts)
        self.share = here / sum(one.fte for one in england)

    def places(self, names: tuple[str, ...] = (), *, supervised: bool = False) -> float:
        """Trainees of a year's places all through their course."""
        return self.share * sum(
            one.places * one.duration / 12.0
            for one in load_pathways()
            if (not names or one.id in names) and (one.supervised or not supervised)
        )

    def all_joined(self) -> Any:
        return sum(self.joined.values())


APPRENTICES = ("app_data_technician_3", "app_data_analyst_4")
CASES: dict[str, tuple[dict[str, Any], Any]] = {
    "training_places": ({"value": 1.5}, lambda f: today(9500, 2023) * 0.5 * f.places()),
    "conversion_places": (
        {"value": 120, "operation": "add", "pathways": ["conversion_clinician_12"]},
        lambda f: today(15000, 2022) * 120 * f.share,
    ),
    "retention_offer": ({"value": 0.86}, lambda f: 500 * f.heads),
    "recruitment_premium": ({"value": 1.15}, lambda f: 0.15 * f.trust_cost),
    "faster_hiring": ({"value": 0.7}, lambda f: 500 * f.all_joined()),
    "better_adverts": ({"value": 1.1}, lambda f: today(1500, 2023) * f.all_joined()),
    "flexible_retirement": ({"value": 0.8}, lambda f: 20000 * f.trusts),
    "return_to_practice": (
        {"value": 2.0},
        lambda f: today(2000, 2020) * 0.5 * f.joined[Flow.JOINED_RETURNING],
    ),
    "international": (
        {"value": 1.6},
        lambda f: today(11000, 2021) * 0.375 * f.joined[Flow.JOINED_INTERNATIONAL],
    ),
    "apprenticeship_share": (
        {"value": 2.0, "pathways": list(APPRENTICES)},
        lambda f: today(9500, 2023) * f.places(APPRENTICES),
    ),
    "supervision_support": (
        {"value": 1.5},
        lambda f: today(13260, 2024) * 0.5 * f.places(supervised=True),
    ),
    "pooling": ({"value": 0.4, "operation": "set"}, lambda f: 50000 * f.trusts),
    "programme_delay": (
        {"value": 3, "operation": "add"},
        lambda f: today(6_000_000, 2025) * 2 * 3 / 12,  # two trusts have a record
    ),
    "programme_scale": ({"value": 1.2}, lambda f: 0),  # what it needs is in the pay
    "automation": ({"value": 0.9}, lambda f: 20000 * 0.1 * f.opening),
    "productivity": ({"value": 0.97}, lambda f: 5000 * 0.03 * f.opening),
    "funding": ({"value": 1.1}, lambda f: 0),  # what it buys is in the pay
    "freeze": ({"value": 0.5, "operation": "set"}, lambda f: 0),
    "upskilling": ({"value": 1.1}, lambda f: today(13300, 2018) * 0.5 * f.heads),
    "internal_first": ({"value": 1.2}, lambda f: 0),
    "supply": (
        {"value": 1.25},
        lambda f: today(1500, 2023) * 0.2 * f.joined[Flow.JOINED_EXPERIENCED],
    ),
}
"""Value of a lever of each kind, and its cost in the first year by hand."""


def of_kind(kind: str, **more: Any) -> dict[str, Any]:
    target = next(row["target"] for row in table_rows("levers") if row["kind"] == kind)
    named = {"id": "one", "title": "One lever", "kind": kind, "target": target}
    return {"operation": "multiply", "start": FIRST_YEAR, **named, **STATED, **more}


@cache
def without() -> np.ndarray:
    spec, totals = run([])
    return pounds_by_staff(spec, totals)[:, Money.LEVERS]


def test_every_kind_of_lever_is_costed() -> None:
    assert set(CASES) == {row["kind"] for row in table_rows("levers")}
    assert not without().any()


@pytest.mark.parametrize("kind", CASES)
def test_a_lever_costs_what_the_catalogue_says(kind: str) -> None:
    more, cost = CASES[kind]
    spec, totals = run([of_kind(kind, **more)])
    found = pounds_by_staff(spec, totals)[0, Money.LEVERS]
    expected = np.broadcast_to(cost(Facts(spec, totals)), found.shape[1])
    rounding = 0.6 * found.shape[0]  # each trust and group is in whole pounds
    assert np.abs(found.sum(axis=0) - expected).max() < rounding, (found.sum(axis=0), expected)


def test_a_lever_costs_for_as_long_and_as_far_as_it_is_in_force() -> None:
    """From October half a year's cost; one group and one trust of many their part."""
    later = run([of_kind("flexible_retirement", value=0.8, start="2026-10")], months=24)
    cost = pounds_by_staff(*later)[:, Money.LEVERS].sum(axis=1)[:, 0]
    trusts = len(later[0].trusts)
    assert cost.tolist() == pytest.approx([20000 * trusts / 2, 20000 * trusts], abs=trusts * 2)
    narrow = of_kind("retention_offer", value=0.86, trusts=["RA9"], groups=["data"])
    spec, totals = run([narrow])
    reached = (spec.cells.trust == spec.trusts.index("RA9")) & (spec.cells.group == 1)
    heads = totals.heads[1:13][:, reached[totals.cells]].sum(axis=(0, 1), dtype=np.int64)
    found = pounds_by_staff(spec, totals)[0, Money.LEVERS]
    assert found.sum(axis=0) == pytest.approx(500 * heads / 12, abs=1)


def test_a_delay_costs_once_and_only_where_a_programme_is() -> None:
    delay = of_kind("programme_delay", value=6, operation="add", start="2026-10")
    spec, totals = run([delay], months=24)
    found = pounds_by_staff(spec, totals)[:, Money.LEVERS, :, 0]
    by_trust = found.reshape(2, -1, len(GROUPS)).sum(axis=2)
    paid = {spec.trusts[trust] for trust in np.flatnonzero(by_trust.any(axis=0))}
    assert paid == {"RA9", "RA7"}
    expected = today(6_000_000, 2025) / 2
    assert by_trust.max(axis=1).tolist() == pytest.approx([expected, 0.0], abs=2)


@pytest.mark.functional
def test_a_donor_profession_loses_a_year_of_a_nurse_for_each_who_converts() -> None:
    """Top of band 6 in 2026/27: 48,117, of which 0.92 FTE; National Insurance above 5,000."""
    lever = {
        "id": "convert",
        "title": "Conversion",
        "target": "places",
        "operation": "add",
        "value": 4_000.0,
        "start": "2026-04",
        "pathways": ["conversion_clinician_12"],
        "rationale": "a test",
        "author": "tests",
    }
    changes = {"place": {"trusts": ["R1F", "RYR"]}, "rest": "coupled", "lever": [lever]}
    sizes = {"draws": 1, "replications": 4, "months": 36}
    spec = compile_scenario(load_scenario(SCENARIOS / "england.toml", {**changes, **sizes}))
    summary = simulate(spec, workers=1)
    unit = summary.units[0]
    flow = unit.flow_statistics[0, :, Flow.JOINED_CONVERTED].sum(axis=(1, 2))
    pounds = unit.money_statistics[0, :, Money.DONORS].sum(axis=(1, 2))
    each = 0.92 * 48_117 * (1 + 0.15 + 0.1438 + 0.005) - 0.15 * 5_000
    assert flow[2] > 0
    assert spec.costs.donor[0] == pytest.approx(each * 100_000, rel=1e-6)
    assert pounds[0] == pytest.approx(flow[0] * each, abs=len(unit.places))
    assert pounds[2] > 0
