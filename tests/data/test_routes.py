"""Route cards: nothing without a source, published figures repeated, gaps said and not filled."""

from __future__ import annotations

import pytest

from simulator.evidence.routes import (
    FIELDS,
    HEADCOUNT,
    MISSING,
    NOT_PUBLISHED,
    STATUSES,
    TAGS,
    find_route,
    load_routes,
    route_problems,
)
from simulator.evidence.sources import load_sources
from simulator.evidence.tables import table_rows

pytestmark = pytest.mark.data


def test_every_route_has_a_card_with_status_date_and_source() -> None:
    routes = load_routes()
    assert len(routes) == 29
    for one in routes.values():
        assert one.status in STATUSES and one.net_new in HEADCOUNT, one.id
        assert one.checked == "2026-11" and one.sources, one.id
        assert set(one.facts) <= set(FIELDS), one.id


def test_every_fact_has_year_tag_grade_and_source_or_says_it_is_not_published() -> None:
    known = load_sources()
    for route in load_routes().values():
        for field in FIELDS:
            fact = route.fact(field)
            assert fact.tag in TAGS, (route.id, field)
            if fact.known:
                assert fact.year and fact.grade in {"A", "B", "C", "D"}, (route.id, field)
                assert fact.sources and set(fact.sources) <= set(known), (route.id, field)
            else:
                assert NOT_PUBLISHED in fact.value, (route.id, field)
            if "ASSUMPTION" in fact.sources:
                assert fact.grade == "D", (route.id, field)


def test_each_pathway_of_the_model_has_exactly_one_card() -> None:
    carded = [pathway for one in load_routes().values() for pathway in one.pathways]
    assert sorted(carded) == sorted(row["pathway"] for row in table_rows("pathways"))
    for one in load_routes().values():
        assert not (one.net_new == "no" and one.pathways), one.id


def test_applicants_for_each_place_repeat_the_published_counts() -> None:
    history = {(row["route_id"], row["year"]): row for row in table_rows("route_intake_history")}
    for route, key in {
        "DHLP": ("DHLP", "2021"),
        "GMTS_HI": ("GMTS_ALL", "2009"),
        "GIH": ("GIH", "2018"),
    }.items():
        row = history[key]
        ratio = int(row["applicants"]) / int(row["places_or_starters"])
        shown = float(find_route(route).fact("per_place").value)
        assert shown == pytest.approx(ratio, rel=0.02), route
    for route in ("STP_CI", "STP_CBG", "STP_CSC"):  # published: posts follow from the ratio
        row = history[route, "2023"]
        posts = int(row["applicants"]) / float(find_route(route).fact("per_place").value)
        assert f"implies {posts:.0f}" in find_route(route).fact("places").note


def test_completion_of_apprenticeships_is_the_range_of_both_years_and_both_ways() -> None:
    assert find_route("APP_DA4").fact("completion").value == "between 38 and 52 of 100"
    assert find_route("APP_SD4").fact("completion").value == "between 46 and 86 of 100"
    assert find_route("APP_DE5").fact("completion") is MISSING
    starts = find_route("APP_DA4").fact("places")
    assert starts.value.startswith("7,136 ") and "not published" in starts.value
    assert [one.places for one in find_route("APP_DA4").intakes] == [5376, 6746, 7136]


def test_health_industry_shares_repeat_the_table_and_are_never_called_jobs_in_the_nhs() -> None:
    shares = {
        row["subject"]: row
        for row in table_rows("leo_health_share")
        if row["qualification"] == "First degree" and row["years_after_grad"] == "1"
    }
    for route, subject in {
        "GRAD_COMP": "Computing",
        "GRAD_MATHS": "Mathematical sciences",
    }.items():
        row, fact = shares[subject], find_route(route).fact("after")
        numbers = (float(row[name]) * 10 for name in ("share_pct", "ci95_low", "ci95_high"))
        share, low, high = (round(one) for one in numbers)
        assert f"{share} of 1,000" in fact.value and f"({low} to {high})" in fact.value
        assert "health industry" in fact.value and "care homes" in fact.note
        assert "not a job" in fact.note


def test_what_is_closed_or_cut_says_since_when() -> None:
    by_status = {
        status: {one.id for one in load_routes().values() if one.status == status}
        for status in STATUSES
    }
    assert by_status["closed"] == {"GIH"}
    assert by_status["funding cut"] == {"APP_AI7", "APP_DTSS7"}
    assert "31 March 2024" in find_route("GIH").status_note
    assert "January 2026" in find_route("APP_AI7").status_note


def test_all_that_is_wrong_with_the_tables_is_said_at_once() -> None:
    rows, facts = table_rows("routes")[:2], table_rows("routes_facts")[:1]
    rows[0]["status"], rows[1]["net_new_headcount"] = "perhaps", "some"
    rows[1]["source_ids"] = "T999"
    facts[0].update(field="shoe_size", grade="E", source_ids="")
    told = "\n".join(route_problems([*rows, rows[0]], facts, load_sources()))
    for words in ("listed twice", "'perhaps'", "'some'", "'T999'", "no such field", "no source"):
        assert words in told
    assert "value, tag or grade" in told


def test_unknown_names_are_refused_with_what_there_is() -> None:
    with pytest.raises(KeyError, match="STP_CI"):
        find_route("STP")
    with pytest.raises(KeyError, match="per_place"):
        find_route("STP_CI").fact("ratio")
