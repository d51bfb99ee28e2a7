"""The evidence library: nothing without unit, source, grade and review date; malformed refused."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from simulator.evidence.library import Library, load_library, parse_library
from simulator.evidence.sources import load_sources
from simulator.evidence.tables import (
    TABLES_FOLDER,
    load_table,
    load_tables,
    parse_tables,
    table_info,
    table_rows,
)
from simulator.evidence.trusts import (
    Trust,
    check_trusts,
    find_trusts,
    load_trusts,
    opening_trusts,
    transfers,
)

MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")
GROUPS = ("clinical", "data", "digital")
BANDS = ["2", "3", "4", "5", "6", "7", "8a", "8b", "8c", "8d", "9"]
GROUP_WEIGHT = {"clinical": 0.035, "data": 0.28, "digital": 0.685}
TOTAL_FTE = 1_396_250.0

SOUND = """
[[parameter]]
id = "leaving.rate"
title = "Leaving"
unit = "hazard per year"
values = [{ from = "2020-01", value = 0.09 }, { from = "2024-01", value = 0.08 }]
low = 0.07
high = 0.11
shape = "pert"
varies = true
sources = ["S30"]
year = 2018
grade = "B"
kind = "derived"
note = "for the tests"
review_by = "2027-11"
"""


def parsed(text: str) -> Library:
    """Read a parameter file against the shipped sources."""
    return parse_library(text, load_sources())


@pytest.mark.data
def test_every_parameter_has_unit_source_grade_review_date_and_note() -> None:
    for one in load_library():
        assert one.unit and one.title and one.note, one.id
        assert one.sources, one.id
        assert one.grade in "ABCD", one.id
        assert MONTH.match(one.review_by), one.id


@pytest.mark.data
def test_ranges_hold_every_dated_value_and_widths_fit_the_shape() -> None:
    for one in load_library():
        for dated in one.values:
            assert one.low <= dated.value <= one.high, one.id
        if one.varies:
            assert one.shape != "fixed" and one.low < one.high, one.id


@pytest.mark.data
def test_parameters_are_the_ones_the_model_asks_for() -> None:
    ids = set(load_library().ids)
    assert len(ids) == 89
    assert {"need.growth", "leaving.organisation_rate", "supply.tightness", "fte.per_head"} <= ids
    assert {f"hiring.newly_qualified_share.{name}" for name in ("entry", "middle", "senior")} <= ids


@pytest.mark.data
def test_assumptions_say_so_and_name_the_assumption_source() -> None:
    assumed = load_library().filter(kind="assumption")
    assert len(assumed) > 10
    for one in assumed:
        assert one.grade == "D", one.id
        assert one.note.startswith("assumption: nothing published"), one.id
        assert "ASSUMPTION" in one.sources, one.id


@pytest.mark.data
def test_published_and_derived_parameters_rest_on_a_source_from_outside() -> None:
    for one in load_library():
        if one.kind != "assumption":
            assert set(one.sources) - {"D", "ASSUMPTION"}, one.id


@pytest.mark.data
def test_all_sources_of_parameters_tables_and_rows_resolve() -> None:
    known = load_sources()
    named = {name for one in load_library() for name in one.sources}
    named |= {name for info in load_tables().values() for name in info.sources}
    for table_id, info in load_tables().items():
        columns = [name for name, unit in info.columns.items() if unit == "source ids"]
        for row in table_rows(table_id):
            named |= {name for column in columns for name in row[column].split(";") if name}
    assert len(named) > 60
    assert named <= set(known), sorted(named - set(known))


@pytest.mark.data
def test_rows_without_a_source_are_marked_as_not_found() -> None:
    for table_id, info in load_tables().items():
        columns = [name for name, unit in info.columns.items() if unit == "source ids"]
        for row in table_rows(table_id):
            if any(not row[column] for column in columns):
                marks = {row.get("confidence"), row.get("tag")}
                assert marks & {"not_found", "NF"}, (table_id, row)


@pytest.mark.data
def test_nothing_recollected_is_shipped() -> None:
    for table_id in load_tables():
        for row in table_rows(table_id):
            assert row.get("confidence") != "recollection", (table_id, row)
            assert row.get("tag") not in {"U", "R/U"}, (table_id, row)
            assert not any(re.search(r"\(U\)|- U\)", cell) for cell in row.values()), row


@pytest.mark.data
def test_every_table_has_units_sources_grade_licence_and_review_date() -> None:
    for table_id, info in load_tables().items():
        assert all(info.columns.values()), table_id
        assert info.sources and info.licence and info.note, table_id
        assert info.grade in "ABCD", table_id
        assert MONTH.match(info.review_by), table_id
    declared = {info.path.name for info in load_tables().values()}
    assert declared == {path.name for path in TABLES_FOLDER.glob("*.csv")}


@pytest.mark.data
def test_number_columns_read_as_numbers_and_words_stay_words() -> None:
    words = {"text", "code", "month", "source ids"}
    for table_id, info in load_tables().items():
        frame = load_table(table_id)
        assert list(frame.columns) == list(info.columns), table_id
        for name, unit in info.columns.items():
            if unit not in words:
                assert frame[name].dtype.kind in "if", (table_id, name)
    assert load_table("band_mix")["band"].tolist() == BANDS


@pytest.mark.data
def test_growth_parameters_repeat_the_published_series() -> None:
    rows = table_rows("infra_support_series")
    infra = [float(row["infrastructure_support_fte"]) for row in rows]
    total = [float(row["hchs_total_fte"]) for row in rows]
    library = load_library()
    assert library.get("stock.growth.assumed").mode == pytest.approx(
        (infra[-1] / infra[0]) ** (1 / 7) - 1, abs=5e-5
    )
    assert library.get("need.trust_size_growth").mode == pytest.approx(
        (total[-1] / total[0]) ** (1 / 7) - 1, abs=5e-5
    )
    for number in range(7):
        month = f"{rows[number]['year_august']}-08"
        growth = infra[number + 1] / infra[number] - 1
        assert library.at("stock.growth.observed", month) == pytest.approx(growth, abs=1e-4)


@pytest.mark.data
def test_derived_rates_repeat_their_arithmetic() -> None:
    flows = {(row["key"], row["period"]): row["value"] for row in table_rows("flows_proxy")}
    stock = {row["key"]: row["value"] for row in table_rows("informatics_stock_demand")}
    library = load_library()
    retired = float(flows["all_staff_leavers_retirement_age", "2022"])
    leavers = float(flows["all_staff_leavers", "2022 calendar year"])
    assert library.get("leaving.retirement_share").mode == pytest.approx(
        retired / leavers, abs=1e-3
    )
    baseline, vacancies = float(stock["stock_baseline"]), float(stock["vacancies_tech"])
    assert library.get("stock.england.2020").mode == baseline
    vacancy = vacancies / (vacancies + baseline)
    assert library.get("vacancy.rate.2022").mode == pytest.approx(vacancy, abs=5e-4)
    growth = (float(stock["demand_data_driven"]) / baseline) ** 0.1 - 1
    assert library.at("need.growth", "2026-03") == pytest.approx(growth, abs=5e-4)


@pytest.mark.data
def test_dated_values_hold_until_the_next_and_not_before_the_first() -> None:
    growth = load_library().get("need.growth")
    assert (growth.at("2026-03"), growth.at("2030-12"), growth.at("2031-01")) == (
        0.054,
        0.054,
        0.0346,
    )
    with pytest.raises(ValueError, match="no value before 2020-08"):
        growth.at("2019-12")


@pytest.mark.data
def test_library_is_searched_by_text_grade_kind_and_review_date() -> None:
    library = load_library()
    assert {one.id for one in library.filter(text="LEAVING.", grade="B")} == {
        "leaving.organisation_rate"
    }
    assert all(one.varies for one in library.filter(varies=True))
    assert library.due("2027-04") == ()
    assert {"pay.award", "oncost.ni_rate"} <= {one.id for one in library.due("2027-05")}
    assert len(library.due("2027-12")) == len(library)
    with pytest.raises(KeyError, match=r"did you mean.*promotion\.rate"):
        library.get("promotion.rates")


@pytest.mark.data
def test_joiner_ages_sum_to_one_and_groups_follow_each_other() -> None:
    rows = table_rows("joiner_age")
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1.0, abs=1e-9)
    for before, after in pairwise(rows):
        assert int(after["age_from"]) == int(before["age_to"]) + 1


@pytest.mark.data
def test_retirement_hazard_never_falls_with_age() -> None:
    rows = table_rows("retirement_by_age")
    steps = [(int(row["age"]), float(row["relative_hazard"])) for row in rows]
    assert steps == sorted(steps)
    assert (steps[0][1], steps[-1]) == (0.0, (75, 1.0))


@pytest.mark.data
def test_band_mixes_sum_to_one_and_keep_to_the_ladder_of_the_group() -> None:
    rows = table_rows("band_mix")
    assert [row["band"] for row in rows] == BANDS
    for group, lowest in zip(GROUPS, ("5", "4", "2"), strict=True):
        shares = {row["band"]: float(row[group]) for row in rows}
        assert sum(shares.values()) == pytest.approx(1.0, abs=1e-9)
        open_bands = BANDS[BANDS.index(lowest) :]
        assert all((shares[band] > 0) == (band in open_bands) for band in BANDS), group


@pytest.mark.data
def test_band_mix_is_the_proxy_times_the_weights() -> None:
    proxy = {row["band"]: float(row["combined_pct"]) for row in table_rows("band_mix_proxy")}
    proxy["2"] += proxy.pop("1")
    weights = {row["band"]: row for row in table_rows("band_mix_weights")}
    for group in GROUPS:
        raw = {band: proxy[band] * float(weights[band][group]) for band in BANDS}
        for row in table_rows("band_mix"):
            expected = raw[row["band"]] / sum(raw.values())
            assert float(row[group]) == pytest.approx(expected, abs=3e-4), (group, row["band"])


@pytest.mark.data
def test_mean_cost_of_the_mix_is_near_a_band_six() -> None:
    cost = {row["band"]: float(row["total_cost"]) for row in table_rows("afc_cost_per_wte")}
    mean = sum(
        GROUP_WEIGHT[group] * float(row[group]) * cost[row["band"]]
        for row in table_rows("band_mix")
        for group in GROUPS
    )
    assert mean == pytest.approx(cost["6"], rel=0.05)


@pytest.mark.data
def test_loaded_cost_is_the_sum_of_its_parts() -> None:
    for row in table_rows("afc_cost_per_wte"):
        parts = int(row["mid_salary"]) + int(row["employer_ni"]) + int(row["pension_23_78"])
        assert int(row["total_cost"]) == parts
        assert int(row["pension_23_78"]) == pytest.approx(int(row["mid_salary"]) * 0.2378, abs=1)


@pytest.mark.data
def test_pathways_are_coherent_and_give_hundreds_a_year() -> None:
    rows = table_rows("pathways")
    routes = {row["route_id"] for row in table_rows("routes")}
    completers = 0.0
    for row in rows:
        assert row["route_id"] in routes, row["pathway"]
        assert row["group"] in GROUPS and row["band_range"] in {"entry", "middle", "senior"}
        assert 1 <= int(row["start_month_of_year"]) <= 12
        assert int(row["duration_months"]) > 0 and 16 <= int(row["age_at_completion"]) <= 60
        completion, seek = float(row["completion"]), float(row["seek_nhs_share"])
        assert 0 < completion <= 1 and 0 < seek <= 1
        completers += int(row["places_per_year"]) * completion * seek
    assert len({row["pathway"] for row in rows}) == len(rows)
    assert 300 <= completers <= 900


@pytest.mark.data
def test_scientist_training_has_thirty_places_and_routes_without_headcount_stay_out() -> None:
    rows = table_rows("pathways")
    stp = [row for row in rows if row["route_id"].startswith("STP_")]
    assert sum(int(row["places_per_year"]) for row in stp) == 30
    assert {row["band_range"] for row in stp} == {"middle"}
    upskilling = {
        row["route_id"] for row in table_rows("routes") if row["net_new_headcount"] == "no"
    }
    assert upskilling >= {"DHLP", "TOPOL", "HSST"}
    assert not upskilling & {row["route_id"] for row in rows}


@pytest.mark.data
def test_apprenticeship_places_are_starts_times_the_visible_share() -> None:
    rows = [row for row in table_rows("pathways") if row["route_id"].startswith("APP_")]
    starts = {
        row["standard"]: row["starts"]
        for row in table_rows("apprenticeship_flows")
        if row["year"] == "2024/25"
    }
    assert len(rows) == 12
    for row in rows:
        assert row["starts_all_employers"] == starts[row["name"].split(": ")[1]]
        expected = int(row["starts_all_employers"]) * float(row["nhs_share_assumed"])
        assert int(row["places_per_year"]) == round(expected)
        assert row["grade"] == "D"


@pytest.mark.data
def test_trust_list_has_the_size_of_the_nhs() -> None:
    trusts = load_trusts()
    assert len(trusts) == len({one.code for one in trusts}) == 202
    assert len({one.region_code for one in trusts}) == len({one.region for one in trusts}) == 7
    assert len({one.ics_code for one in trusts}) == 42
    assert sum(one.fte for one in trusts) == pytest.approx(TOTAL_FTE, abs=0.01)
    assert sum(one.maturity is not None for one in trusts) == 127
    assert all(one.fte > 0 for one in trusts)


@pytest.mark.data
def test_exemplar_areas_repeat_their_table() -> None:
    trusts = load_trusts()
    counted = Counter(one.exemplar for one in trusts if one.exemplar)
    rows = table_rows("lhcre")
    assert counted == {row["lhcre"]: int(row["trusts_in_those_ics"]) for row in rows}
    for row in rows:
        inside = [one for one in trusts if one.exemplar == row["lhcre"]]
        assert {one.ics_code for one in inside} == set(row["ics_codes_2025_inferred"].split("+"))
        fte = sum(one.fte for one in inside)
        assert fte == pytest.approx(float(row["trust_fte_proxy_2025_03"]), abs=1)


@pytest.mark.data
@pytest.mark.parametrize(
    ("start", "count", "later"), [("2025-04", 202, 4), ("2026-03", 199, 1), ("2026-06", 198, 0)]
)
def test_merging_conserves_staff_and_beds(start: str, count: int, later: int) -> None:
    listed = load_trusts()
    trusts, aliases = opening_trusts(start)
    assert (len(trusts), len(aliases), len(transfers(start))) == (count, 202 - count, later)
    assert sum(one.fte for one in trusts) == pytest.approx(TOTAL_FTE, abs=0.01)
    assert sum(one.beds or 0 for one in trusts) == sum(one.beds or 0 for one in listed)
    assert not {one.code for one in trusts} & set(aliases)


@pytest.mark.data
def test_closing_trusts_go_where_the_announcements_say() -> None:
    assert opening_trusts("2026-03")[1] == {"RNK": "G6V2S", "RY2": "RWW", "RYV": "RY3"}
    assert transfers("2026-03") == [("2026-06", "RVJ", "RA7")]
    assert [move[0] for move in transfers("2025-04")] == ["2026-03"] * 3 + ["2026-06"]


def small(code: str, closed: str | None = None, successor: str | None = None) -> Trust:
    """A trust of 100 FTE for tests of merging."""
    return replace(load_trusts()[0], code=code, fte=100.0, closed=closed, successor=successor)


@pytest.mark.data
def test_chains_of_mergers_end_at_the_trust_that_is_open() -> None:
    chain = [small("A", "2024-03", "B"), small("B", "2025-03", "C"), small("C")]
    check_trusts(chain)
    assert opening_trusts("2024-06", chain)[1] == {"A": "B"}
    trusts, aliases = opening_trusts("2025-06", chain)
    assert aliases == {"A": "C", "B": "C"}
    assert [(one.code, one.fte) for one in trusts] == [("C", 300.0)]


@pytest.mark.data
@pytest.mark.parametrize(
    ("trusts", "message"),
    [
        ([("A", None, None), ("A", None, None)], "trust A is listed twice"),
        ([("A", "2025-03", None)], "closing month and successor go together"),
        ([("A", "2025-03", "X")], "successor X is not in the list"),
        ([("A", "2025-03", "B"), ("B", "2025-03", "A")], "lead back to itself"),
    ],
)
def test_unsound_trust_lists_are_refused(
    trusts: list[tuple[str, str | None, str | None]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_trusts([small(*one) for one in trusts])


@pytest.mark.data
def test_trusts_are_found_by_code_name_and_former_trust() -> None:
    assert [one.code for one in find_trusts("r0a", "2026-04")] == ["R0A"]
    assert [one.code for one in find_trusts("barts", "2026-04")] == ["R1H"]
    assert [one.code for one in find_trusts("RNK", "2026-04")] == ["G6V2S"]
    assert [one.code for one in find_trusts("Tavistock", "2025-04")] == ["RNK"]
    assert find_trusts("  ", "2026-04") == ()


@pytest.mark.data
def test_a_sound_library_is_read() -> None:
    one = parsed(SOUND).get("leaving.rate")
    assert (one.at("2023-12"), one.at("2024-01"), one.mode) == (0.09, 0.08, 0.09)


@pytest.mark.data
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("hazard per year", "furlongs", "unit: Input should be"),
        ("low = 0.07", "low = 0.2", "low 0.2 is above high 0.11"),
        ("low = 0.07", "low = 0.085", "value 0.08 from 2024-01 is outside"),
        ("low = 0.07", "low = -0.1", "hazard per year cannot be below 0"),
        ("high = 0.11", "high = inf", "high: Input should be a finite number"),
        ('["S30"]', "[]", "sources: List should have at least 1 item"),
        ('["S30"]', '["S999"]', "source 'S999' is not in sources.csv"),
        ('grade = "B"', 'grade = "E"', "grade: Input should be"),
        ('kind = "derived"', 'kind = "assumption"', "an assumption is grade D, not B"),
        ('shape = "pert"', 'shape = "fixed"', "needs a shape and a range with width"),
        ("varies = true", 'varies = "yes"', "varies: Input should be a valid boolean"),
        ('from = "2024-01"', 'from = "2019-01"', "dated values must be in order"),
        ('from = "2024-01"', 'from = "2024-13"', "values.1.from: String should match"),
        ('review_by = "2027-11"', "", "review_by: Field required"),
        ("year = 2018", "year = 2018\nowner = 1", "owner: Extra inputs are not permitted"),
        ("[[parameter]]", "[[parameters]]", "unknown tables: parameters"),
        ("low = 0.07", "low = ", "not readable as TOML"),
    ],
)
def test_malformed_libraries_are_refused(old: str, new: str, message: str) -> None:
    assert old in SOUND
    with pytest.raises(ValueError, match=re.escape(message)):
        parsed(SOUND.replace(old, new))


@pytest.mark.data
def test_shares_above_one_and_repeated_ids_are_refused() -> None:
    share = SOUND.replace("hazard per year", "share").replace("high = 0.11", "high = 1.2")
    with pytest.raises(ValueError, match="a share cannot exceed 1"):
        parsed(share)
    with pytest.raises(ValueError, match=r"leaving\.rate: id used twice"):
        parsed(SOUND + SOUND)
    with pytest.raises(ValueError, match=r"no \[\[parameter\]\] entries found"):
        parsed("")


@pytest.mark.data
def test_all_problems_are_listed_at_once() -> None:
    broken = SOUND.replace('grade = "B"', 'grade = "E"')
    second = SOUND.replace("leaving.rate", "other.rate").replace("low = 0.07", "low = 0.2")
    with pytest.raises(ValueError, match="not sound") as caught:
        parsed(broken + second)
    assert "leaving.rate: grade" in str(caught.value)
    assert "other.rate: low 0.2 is above high 0.11" in str(caught.value)
    assert "other.rate: value 0.09 from 2020-01" in str(caught.value)


@pytest.mark.data
def test_malformed_table_lists_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ages.csv").write_text("age,share\n20,1\n", encoding="utf-8")
    entry = """
[[table]]
id = "ages"
file = "ages.csv"
title = "Ages"
sources = ["S32"]
year = 2019
grade = "C"
note = "for the tests"
licence = "none"
review_by = "2027-11"
[table.columns]
age = "years"
share = "share"
"""
    assert parse_tables(entry, load_sources(), tmp_path)["ages"].grade == "C"
    cases = {
        'share = "share"': "columns age, share differ from the declared age",
        'grade = "C"': "grade: Field required",
        'sources = ["S32"]': "sources: Field required",
        'review_by = "2027-11"': "review_by: Field required",
    }
    for removed, message in cases.items():
        with pytest.raises(ValueError, match=message):
            parse_tables(entry.replace(removed, ""), load_sources(), tmp_path)
    with pytest.raises(ValueError, match=r"file none\.csv does not exist"):
        parse_tables(entry.replace("ages.csv", "none.csv"), load_sources(), tmp_path)


@pytest.mark.data
def test_unknown_tables_are_named_with_the_ones_there_are() -> None:
    with pytest.raises(KeyError, match="band_mix"):
        table_info("band_mixes")
