"""Evidence on the market, money, demand and levers: sums, arithmetic, order and agreement."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from simulator.evidence.library import load_library
from simulator.evidence.sources import EVIDENCE_FOLDER
from simulator.evidence.tables import table_rows
from simulator.evidence.trusts import load_trusts

pytestmark = pytest.mark.data

OPENING = "2026-03"
LEVERS = {
    "training_places",
    "conversion_places",
    "retention_offer",
    "recruitment_premium",
    "faster_hiring",
    "better_adverts",
    "flexible_retirement",
    "return_to_practice",
    "international",
    "apprenticeship_share",
    "supervision_support",
    "pooling",
    "programme_delay",
    "programme_scale",
    "automation",
    "productivity",
    "funding",
    "freeze",
    "upskilling",
    "internal_first",
    "supply",
}
PHASES = ["procurement", "build", "go_live", "stabilise", "optimise"]
PROGRAMMES = {
    "epr",
    "shared_care_record",
    "record_content_standards",
    "data_standards_mandate",
    "security_assurance_safety",
    "record_user_survey",
}
FACTORS = {
    "hiring.round_success_factor": "hiring.round_success",
    "market.mover_factor": "leaving.move_share",
    "market.congestion_factor": "supply.congestion",
    "hiring.internal_factor": "promotion.internal_share",
}
"""Factors on fitted numbers, and the parameter whose range each one takes."""


def value(parameter: str, month: str = OPENING) -> float:
    """The library's value of a parameter."""
    return load_library().at(parameter, month)


def documented(heading: str) -> set[str]:
    """Words in backticks in the first column of a table in the library's README."""
    text = (EVIDENCE_FOLDER / "README.md").read_text(encoding="utf-8")
    rows = text.split(f"| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return {word for row in rows for word in row.split("|")[1].split("`")[1::2]}


# Parameters ------------------------------------------------------------------------------------


def test_shares_of_cover_add_up_to_one() -> None:
    shares = [value(f"cover.{one}_share") for one in ("bank", "agency", "contractor")]
    assert sum(shares) == pytest.approx(1.0, abs=1e-12)


def test_premiums_of_agency_and_bank_repeat_their_arithmetic() -> None:
    six = next(row for row in table_rows("afc_cost_per_wte") if row["band"] == "6")
    loaded = float(six["total_cost"]) / float(six["mid_salary"])
    assert value("cover.agency_premium") == pytest.approx(1.55 / loaded, abs=5e-3)
    assert value("cover.bank_premium") == pytest.approx(1.55 / loaded / 1.2, abs=5e-3)


def test_premium_of_contractors_is_the_mean_of_the_catalogue() -> None:
    cost = {row["band"]: float(row["total_cost"]) for row in table_rows("afc_cost_per_wte")}
    bands = list(cost)
    premiums = []
    for row in table_rows("role_catalogue"):
        if row["contract_day_rate_gbp"]:
            span = bands[bands.index(row["afc_low"]) : bands.index(row["afc_high"]) + 1]
            mean = sum(cost[band] for band in span) / len(span)
            premiums.append(220 * float(row["contract_day_rate_gbp"]) / mean)
    assert len(premiums) == 12
    assert value("cover.contractor_premium") == pytest.approx(np.mean(premiums), abs=5e-3)
    premium = load_library().get("cover.contractor_premium")
    assert premium.low == pytest.approx(min(premiums), abs=5e-3)
    assert premium.high >= max(premiums)


def test_growth_of_the_national_study_turns_its_stock_into_its_need() -> None:
    stock = {row["key"]: row["value"] for row in table_rows("informatics_stock_demand")}
    grown = float(stock["stock_baseline"]) * (1 + value("need.hee.growth")) ** 10
    assert grown == pytest.approx(float(stock["demand_data_driven"]), rel=2e-4)


def test_staff_a_bed_repeat_the_table_of_other_countries() -> None:
    rows = {row["metric"]: float(row["value"]) for row in table_rows("international")}
    for end, stage in (("low", 0), ("high", 4)):
        found = rows[f"IT FTE per bed at EMRAM stage {stage}"]
        assert value(f"need.maturity.fte_per_bed_{end}") == found


def test_pay_awards_repeat_the_on_costs_table_and_the_pay_points() -> None:
    stated = {row["item"]: float(row["value"]) / 100 for row in table_rows("oncosts")}
    for year in (2024, 2025, 2026):
        award = value("pay.award", f"{year}-04")
        assert award == pytest.approx(stated[f"afc_award_{year}_{year - 1999}"])
    points = {(row["year"], row["band"]): row for row in table_rows("afc_pay")}
    for band in ("4", "6", "8a", "9"):
        for point in ("entry", "top"):
            before = float(points["2025/26", band][point])
            after = float(points["2026/27", band][point])
            assert after / before - 1 == pytest.approx(value("pay.award", "2026-04"), abs=2e-4)


def test_on_cost_parameters_repeat_their_table_and_give_the_loaded_cost() -> None:
    stated = {row["item"]: float(row["value"]) for row in table_rows("oncosts")}
    rate, threshold = value("oncost.ni_rate"), value("oncost.ni_threshold")
    trust, central = value("oncost.pension_trust"), value("oncost.pension_central")
    assert rate == stated["employer_ni_rate"] / 100
    assert threshold == stated["employer_ni_threshold"]
    assert trust == pytest.approx(stated["employer_pension_paid_by_trust"] / 100)
    assert trust + central == pytest.approx(stated["employer_pension_total"] / 100)
    for row in table_rows("afc_cost_per_wte"):
        pay = float(row["mid_salary"])
        loaded = pay * (1 + trust + central) + rate * (pay - threshold)
        assert loaded == pytest.approx(float(row["total_cost"]), abs=2)


def test_factors_on_fitted_numbers_are_one_and_take_the_range_of_what_was_fitted() -> None:
    library = load_library()
    for name, base in FACTORS.items():
        factor, fitted = library.get(name), library.get(base)
        assert factor.mode == 1.0 and factor.varies, name
        assert factor.low == pytest.approx(fitted.low / fitted.mode, abs=6e-3), name
        assert factor.high == pytest.approx(fitted.high / fitted.mode, abs=6e-3), name
    completion = library.get("training.completion_factor")
    assert completion.mode == 1.0 and completion.varies


def test_seven_of_ten_people_on_a_break_come_back_after_two_years_on_average() -> None:
    back, lost = value("breaks.return_hazard"), value("breaks.forget_hazard")
    assert back / (back + lost) == pytest.approx(0.7)
    assert 1 / (back + lost) == pytest.approx(2.0)


# Levers ----------------------------------------------------------------------------------------


def test_every_kind_of_lever_is_there_once_and_its_target_and_cost_unit_are_documented() -> None:
    rows = table_rows("levers")
    assert len(rows) == len(LEVERS)
    assert {row["kind"] for row in rows} == LEVERS
    assert {row["target"] for row in rows} == documented("target")
    assert {row["cost_unit"] for row in rows} <= documented("cost unit")


def test_ranges_of_levers_hold_no_effect_and_what_peers_have_reached() -> None:
    for row in table_rows("levers"):
        low, high = float(row["low"]), float(row["high"])
        neutral = {"multiply": 1.0, "add": 0.0, "set": 0.0}[row["operation"]]
        assert low < high and low <= neutral <= high, row["kind"]
        assert bool(row["peer_low"]) == bool(row["peer_high"]), row["kind"]
        if row["peer_low"]:
            assert low <= float(row["peer_low"]) <= float(row["peer_high"]) <= high, row["kind"]
        assert float(row["cost"]) >= 0 and 2016 <= int(row["cost_price_year"]) <= 2026


def test_levers_on_training_take_the_lead_of_the_pathway_and_say_so() -> None:
    for row in table_rows("levers"):
        own = row["lead_months"] == ""
        assert own == (row["target"] == "places" or row["kind"] == "upskilling"), row["kind"]
        assert not own or "duration" in row["note"], row["kind"]


def test_assumed_rows_of_the_new_tables_are_grade_d_and_every_row_has_source_and_year() -> None:
    for table in ("levers", "programmes", "correlations", "pay_steps", "hcas_zones"):
        for row in table_rows(table):
            assert row["source"] and row["grade"] in {"B", "C", "D"}, (table, row)
            assert 2000 <= int(row["year"]) <= 2026, (table, row)
            if row["source"] == "ASSUMPTION":
                assert row["grade"] == "D", (table, row)


# Programmes and correlations -------------------------------------------------------------------


def test_phases_of_programmes_are_in_order_and_shares_are_shares() -> None:
    phases: dict[str, list[int]] = {}
    for row in table_rows("programmes"):
        phases.setdefault(row["kind"], []).append(PHASES.index(row["phase"]))
        assert int(row["months"]) > 0
        assert all(0 < float(row[group]) <= 1 for group in ("clinical", "data", "digital"))
    assert set(phases) == PROGRAMMES
    assert all(before < after for one in phases.values() for before, after in pairwise(one))
    assert phases["epr"] == [0, 1, 2, 3, 4]


def test_need_of_a_record_programme_peaks_at_go_live() -> None:
    epr = {row["phase"]: row for row in table_rows("programmes") if row["kind"] == "epr"}
    for group in ("clinical", "data", "digital"):
        assert max(epr, key=lambda phase: float(epr[phase][group])) == "go_live"


def test_correlations_are_of_parameters_that_vary_and_make_a_positive_definite_matrix() -> None:
    rows = table_rows("correlations")
    names = sorted({row[end] for row in rows for end in ("first", "second")})
    assert all(load_library().get(name).varies for name in names)
    pairs = [frozenset((row["first"], row["second"])) for row in rows]
    assert len(set(pairs)) == len(rows) and all(len(pair) == 2 for pair in pairs)
    matrix = np.eye(len(names))
    for row in rows:
        i, j = names.index(row["first"]), names.index(row["second"])
        matrix[i, j] = matrix[j, i] = float(row["correlation"])
    assert np.linalg.eigvalsh(matrix).min() > 0.1


@pytest.mark.parametrize(
    ("first", "second", "sign"),
    [
        ("leaving.organisation_rate", "supply.tightness", -1),
        ("need.growth", "supply.growth", 1),
        ("hiring.approval_median_months", "supply.tightness", -1),
    ],
)
def test_signs_of_correlations_are_the_argued_ones(first: str, second: str, sign: int) -> None:
    found = {
        (row["first"], row["second"]): float(row["correlation"])
        for row in table_rows("correlations")
    }
    assert np.sign(found[first, second]) == sign


# Pay steps, zones, pathways --------------------------------------------------------------------


def test_pay_steps_are_the_points_and_years_of_the_pay_scale() -> None:
    steps: dict[str, list[tuple[int, str, int]]] = {}
    for row in table_rows("pay_steps"):
        step = (int(row["step"]), row["point"], int(row["months_in_band"]))
        steps.setdefault(row["band"], []).append(step)
    scale = table_rows("afc_pay")
    assert {row["band"] for row in scale} == set(steps)
    for row in scale:
        expected = [("entry", 0)]
        if row["intermediate"]:
            expected.append(("intermediate", 12 * int(row["years_entry_to_intermediate"])))
        expected.append(("top", 12 * int(row["years_to_top"])))
        assert steps[row["band"]] == [(i, *one) for i, one in enumerate(expected)], row["band"]
        pay = [float(row[point]) for _, point, _ in steps[row["band"]]]
        assert pay == sorted(pay)


def test_every_trust_has_one_zone_and_london_has_no_trust_without_supplement() -> None:
    zones = {row["code"]: row["zone"] for row in table_rows("hcas_zones")}
    trusts = load_trusts()
    assert len(table_rows("hcas_zones")) == len(trusts)
    assert set(zones) == {one.code for one in trusts}
    paid = {row["zone"].removesuffix("_london") for row in table_rows("hcas")}
    assert set(zones.values()) == paid | {"none"}
    for one in trusts:
        assert (one.region == "London") == (zones[one.code] in {"inner", "outer"}), one.code
        if zones[one.code] == "fringe":
            assert one.region in {"South East", "East of England"}, one.code


def test_pathways_say_who_is_supervised_and_which_profession_loses() -> None:
    rows = {row["pathway"]: row for row in table_rows("pathways")}
    assert {row["supervised"] for row in rows.values()} == {"yes", "no"}
    assert {row["kind"] for row in rows.values()} <= {"qualifying", "conversion", "upskilling"}
    assert [name for name, row in rows.items() if row["donor"]] == ["conversion_clinician_12"]
    clinicians = rows["conversion_clinician_12"]
    assert (clinicians["donor"], clinicians["kind"]) == ("nursing", "conversion")
    assert (clinicians["places_per_year"], clinicians["duration_months"]) == ("0", "12")
    employed = [name for name in rows if name.startswith(("app_", "stp_", "gmts_"))]
    assert all(rows[name]["supervised"] == "yes" for name in employed)
