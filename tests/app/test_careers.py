"""What a link of the careers page asks for, and runs that tell how far they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.evidence.routes import load_routes
from simulator.ui.careers import work
from simulator.ui.careers.asked import ENGLAND, VIEWS, from_query, regions

pytestmark = pytest.mark.app

YEARS = (2026, 2027, 2028)


@pytest.mark.parametrize("route", list(load_routes()))
def test_a_link_leads_back_to_what_was_asked(route):
    for region in regions():
        query = {"route": route, "region": region, "view": "pay", "year": "2028"}
        asked, told = from_query(query, YEARS)
        assert told == () and (asked.route, asked.region, asked.view) == (route, region, "pay")
        assert from_query(asked.query(), YEARS) == (asked, ())
        assert asked.year == 2028


def test_one_of_several_courses_is_kept_and_another_route_begins_at_its_first():
    asked, _ = from_query({"route": "MSC_HI", "course": "msc_health_data_science"}, YEARS)
    assert asked.pathway == "msc_health_data_science"
    asked, told = from_query({"route": "STP_CI", "course": "msc_health_data_science"}, YEARS)
    assert asked.pathway == "stp_clinical_informatics" and told == ()


def test_what_is_not_known_is_named_and_the_rest_is_used():
    wrong = {"route": "<b>", "region": "Y99", "view": "x", "year": "1999"}
    asked, told = from_query(wrong, YEARS)
    assert len(told) == 4 and not any("<b>" in one for one in told)
    assert (asked.region, asked.view, asked.year) == (ENGLAND, next(iter(VIEWS)), 2027)


def test_without_results_there_are_cards_and_no_year():
    asked, told = from_query({"route": "TOPOL"}, ())
    assert told == () and asked.year == 0 and asked.pathway == ""
    assert asked.card.fact("entry").known and "year" not in asked.query()


def test_a_worker_writes_how_far_it_is_and_a_lost_file_stops_nothing(tmp_path: Path):
    tell = work._teller(str(tmp_path / "told"))
    tell(3, 8, "futures in London")
    assert (tmp_path / "told").read_text() == "3 8 futures in London"
    work._teller(str(tmp_path / "gone" / "told"))(1, 2, "x")
