"""Plain words, the pictures of careers and the printed sheet, on a small table of results."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from simulator.charts.careers import (
    Part,
    hundred,
    icon_array,
    openings_chart,
    paths_chart,
    pay_chart,
)
from simulator.evidence.routes import load_routes
from simulator.evidence.tables import table_rows
from simulator.experiments.careers import Card, Careers, Line
from simulator.reports.plain import (
    between,
    found_post,
    horizon,
    outcome,
    parts,
    reading_age,
    syllables,
)
from simulator.reports.sheet import data_csv, make_sheet, texts_of
from simulator.reports.sheet_page import sheet_docx

pytestmark = pytest.mark.functional

ROUTE, YEAR = "stp_clinical_informatics", 2027
OUTCOMES = {
    ("completed", 0): (85, 78, 91),
    ("dropped_out", 0): (15, 9, 22),
    ("elsewhere", 0): (9, 5, 13),
    ("post", 6): (40, 28, 50),
    ("post", 12): (55, 41, 64),
    ("post", 24): (62, 49, 70),
    ("waiting", 24): (6, 2, 11),
    ("gave_up", 24): (8, 3, 13),
}
SCENARIOS = {"england": "As now", "funding-freeze": "A freeze"}


def a_card(
    outcomes: Mapping[tuple[str, int], tuple[float, float, float]], people: int = 3_000
) -> Card:
    """A card of given outcomes."""
    rows = tuple(
        Line(name, name, months, mean, low, high, people, people < 30)
        for (name, months), (mean, low, high) in outcomes.items()
    )
    return Card(
        route=ROUTE,
        name="STP",
        group="clinical",
        year=YEAR,
        region="ENG",
        scenario="england",
        title="As now",
        people=people,
        futures=100,
        rows=rows,
        wait=(1.0, 6.0, 20.0),
    )


@pytest.fixture
def results() -> Careers:
    """Results of two scenarios for one route, in England and in London."""
    key = {"scenario": "england", "route": ROUTE}
    cards: list[dict[str, Any]] = []
    pay: list[dict[str, Any]] = []
    for region, people in (("ENG", 3_000), ("Y56", 20)):
        for (name, months), (mean, low, high) in OUTCOMES.items():
            spread = {"of_100": mean, "low": low, "high": high, "people": people}
            where = {"region": region, "year": YEAR, "outcome": name, "months": months}
            cards.append({**key, **where, **spread})
        for years, band in ((0, "6"), (10, "7")):
            rest = {"years": years, "band": band, "step": 0, "people": people}
            pay.append({**key, "region": region, **rest})
    openings = [
        {
            "scenario": scenario,
            "region": region,
            "group": "clinical",
            "band": "all",
            "year": f"{year}/{year - 1999}",
            "kind": kind,
            "mean": size * share,
            "low": size * share - 20,
            "high": size * share + 20,
        }
        for scenario, size in (("england", 300), ("funding-freeze", 200))
        for region in ("ENG", "Y56")
        for year in range(2026, 2032)
        for kind, share in (
            ("growth", 0.4),
            ("leavers", 0.6),
            ("openings", 1.0),
            ("newly_qualified", 0.1),
        )
    ]
    wait = {**key, "region": "ENG", "year": YEAR, "people": 3_000}
    tables = {
        "cards": pd.DataFrame(cards),
        "waits": pd.DataFrame([{**wait, "p10": 1.0, "median": 6.0, "p90": 20.0}]),
        "paths": pd.DataFrame(),
        "pay": pd.DataFrame(pay),
        "openings": pd.DataFrame(openings),
    }
    manifest = {
        "scenarios": {
            name: {"title": title, "digest": "ab" * 20} for name, title in SCENARIOS.items()
        },
        "regions": ["Y56"],
        "replications": 100,
        "code": {"version": "0.1.0"},
        "digest": "cd" * 32,
    }
    return Careers(manifest, tables, {})


def test_reading_age_is_the_formula_of_flesch_and_kincaid() -> None:
    """Six words of one syllable: grade 0.39 x 6 + 11.8 - 15.59 = -1.45, age five more."""
    assert reading_age("The cat sat on the mat.") == pytest.approx(3.55)
    long = reading_age("Informatics organisations continually reconsider establishment.")
    assert long > 20 > reading_age("Think of 100 people who start in 2027.") > 4
    with pytest.raises(ValueError, match="no words"):
        reading_age("...")


@pytest.mark.parametrize(
    ("word", "count"),
    [("the", 1), ("table", 2), ("place", 1), ("informatics", 4), ("people", 2), ("2027", 4)],
)
def test_syllables_are_groups_of_vowels(word: str, count: int) -> None:
    assert syllables(word) == count


def test_a_hundred_people_are_whole_and_a_hundred() -> None:
    thirds = [Part(str(n), 100 / 3, 0, 0) for n in range(3)]
    assert hundred(thirds) == [34, 33, 33]
    assert hundred([Part("a", 62.4, 0, 0), Part("b", 37.6, 0, 0)]) == [62, 38]
    assert hundred([Part("a", 99.9, 0, 0), Part("b", 0.1, 0, 0)]) == [100, 0]
    with pytest.raises(ValueError, match=r"add up to 90\.0"):
        hundred([Part("a", 90.0, 0, 0)])


def test_ranges_in_words() -> None:
    assert between(41.4, 60.2) == "between 41 and 60"
    assert between(1_000.1, 1_000.2) == "about 1,000"


def test_a_card_is_told_in_people_of_a_hundred_with_its_ranges() -> None:
    card = a_card(OUTCOMES)
    told = outcome(card, completion_known=False)
    assert told[0] == "Think of 100 people who start in 2027."
    assert told[1].startswith("85 finish the course. It could be between 78 and 91.")
    assert "not published" in told[1] and "not published" not in " ".join(outcome(card))
    assert "55 have found an NHS post within a year of the end." in " ".join(told)
    found = parts(card)
    assert found is not None and [one.count for one in found] == [62, 6, 8, 9, 15]
    assert found_post(card).startswith("Of 100 who start in 2027, 62 have found an NHS post within")


def test_a_run_that_ends_early_is_told_as_far_as_it_goes() -> None:
    early = {key: one for key, one in OUTCOMES.items() if key[1] < 24}
    early |= {("waiting", 12): (15, 9, 20), ("gave_up", 12): (6, 2, 9)}
    card = a_card(early)
    assert horizon(card) == 12
    assert found_post(card).endswith("55 have found an NHS post within a year of completing")
    assert horizon(a_card({("completed", 0): (85, 78, 91)})) is None
    assert "beyond the years" in outcome(a_card({("completed", 0): (85, 78, 91)}))[-1]


def test_the_picture_and_the_sentences_give_the_same_whole_people() -> None:
    """Rounded one by one 40.5, 2.5 and 18.5 would be a person too many or too few."""
    shares = {**OUTCOMES, ("post", 24): (40.6, 33, 47), ("post", 12): (40.5, 33, 47)}
    shares |= {("waiting", 24): (0.5, 0, 1), ("gave_up", 24): (2.4, 0, 4)}
    shares |= {("elsewhere", 0): (17.6, 9, 20), ("dropped_out", 0): (38.9, 30, 45)}
    shares[("completed", 0)] = (61.1, 55, 70)
    card = a_card(shares)
    found, told = parts(card), " ".join(outcome(card))
    assert found is not None and sum(hundred(found)) == 100
    number = hundred(found)[0]
    assert f", {number} have found" in found_post(card)
    assert f"{100 - hundred(found)[-1]} finish the course." in told
    assert told.count("have found an NHS post") == (1 if number == 40 else 2)


def test_times_that_change_nothing_are_not_repeated() -> None:
    same = {**OUTCOMES, ("post", 6): (62, 49, 70), ("post", 12): (62, 49, 70)}
    same |= {("waiting", 24): (0, 0, 0), ("gave_up", 24): (14, 3, 20)}
    told = " ".join(outcome(a_card(same)))
    assert told.count("have found an NHS post") == 1 and "Hardly anybody finds one later." in told
    assert "still look" not in told
    found = parts(a_card(same))
    assert found is not None
    figure = icon_array(found, "x", [])
    assert "still looking" not in figure.alt and "14 have stopped looking" in figure.alt


def test_too_few_people_are_neither_drawn_nor_counted() -> None:
    card = a_card(OUTCOMES, people=29)
    assert parts(card) is None
    assert outcome(card) == ["Only 29 simulated people start here in 2027: too few to say."]
    with pytest.raises(ValueError, match="too few"):
        found_post(card)


def test_the_picture_of_a_hundred_says_all_it_shows() -> None:
    card = a_card(OUTCOMES)
    found = parts(card)
    assert found is not None
    figure = icon_array(found, found_post(card), ["STP, England."])
    assert "62 have found an NHS post within 2 years of completing (49 to 70)" in figure.alt
    assert figure.table["people"].sum() == 100
    data = figure.spec()["datasets"].values()
    assert sum(len(one) == 100 for one in data) == 1
    with pytest.raises(ValueError, match="at most 5"):
        icon_array([Part(str(n), 100 / 6, 0, 0) for n in range(6)], "", [])


def test_charts_of_openings_pay_and_paths_say_their_numbers(results: Careers) -> None:
    frame = results.frame("openings", region="Y56")
    figure = openings_chart(frame, SCENARIOS, "Clinical informatics, all bands, London")
    assert "180 to 320 openings in 2030/31" in figure.sentence
    assert "A freeze 2030/31: 200 (180 to 220)" in figure.alt
    one = frame.loc[(frame["scenario"] == "england") & (frame["year"] == "2026/27")]
    promoted = one.iloc[:1].assign(kind="promotions", mean=50.0)
    for band, drawn in (("all", 300.0), ("6", 350.0)):  # a promotion opens a post of a band only
        posts = pd.concat([one, promoted]).assign(band=band)
        bars = openings_chart(posts, {"england": "As now"}, "x").spec()["datasets"].values()
        assert sum(row["mean"] for row in next(b for b in bars if "part" in b[0])) == drawn
    names = ("p10", "p25", "p50", "p75", "p90")
    rows = [{"years": n, **dict.fromkeys(names, 30000.0 + 1000 * n)} for n in range(16)]
    told = pay_chart(pd.DataFrame(rows), "STP", "2026/27").sentence
    assert "£30,000 at first" in told and "£45,000 after 15 years" in told
    moves = pd.DataFrame(
        [(0, "6", "6", 100.0), (10, "6", "7", 60.0), (10, "6", "8a", 5.0), (10, "6", "left", 35.0)],
        columns=["years", "from_band", "to", "of_100"],
    )
    figure = paths_chart(moves, "STP")
    assert "65 hold one 10 years later" in figure.sentence
    assert "10 years later: Band 7 60, Band 8a 5, Left 35" in figure.alt


def test_a_sheet_holds_facts_odds_openings_pay_and_how_to_make_it_again(results: Careers) -> None:
    sheet = make_sheet("STP_CI", ROUTE, "ENG", YEAR, results=results)
    told = "\n".join(texts_of(sheet))
    assert "Applicants for each place: 7.0 (NSHCS, 2023, T26, grade A)." in told
    assert "Who completes: not published" in told and "We assume this" in told
    assert "between 180 and 320 in 2030/31" in told
    assert "People who have just qualified fill between 10 and 50 of them." in told
    pay = {row["band"]: row for row in table_rows("afc_pay") if row["year"] == "2026/27"}
    first, later = (round(int(pay[band]["entry"]), -2) for band in ("6", "7"))
    assert f"At first, 8 of 10 with an NHS post earn about £{first:,}." in told
    assert f"After 10 years, 8 of 10 with an NHS post earn about £{later:,}." in told
    assert sheet.link == "/careers?route=STP_CI&region=ENG&view=outcome&year=2027"
    assert sheet.command == f"workforce careers card {ROUTE} 2027 --region ENG"
    assert "You have a job and pay while you train." in told
    assert "version 0.1.0" in sheet.citation and sheet.citation.endswith(
        "Results cdcdcdcdcdcdcdcd."
    )
    assert 5 < sheet.reading_age < 12


def test_a_degree_of_whose_graduates_only_some_are_followed_has_no_odds(results: Careers) -> None:
    sheet = make_sheet("GRAD_COMP", "graduate_computing", "ENG", YEAR, results=results)
    assert sheet.card is None and "no odds" in sheet.sentences[0]
    assert "100 who start" not in data_csv(sheet)


def test_the_numbers_of_a_sheet_are_those_of_the_results(results: Careers) -> None:
    sheet = make_sheet("STP_CI", ROUTE, "ENG", YEAR, results=results)
    rows = list(csv.DictReader(io.StringIO(data_csv(sheet))))
    of_100 = {(row["what"], row["months"]): row for row in rows if "who start" in row["basis"]}
    assert len(of_100) == len(OUTCOMES)
    posts = [row for row in rows if row["what"] == "posts: openings"]
    assert [float(row["value"]) for row in posts] == [300.0, 200.0]
    assert {row["grade"] for row in rows if "simulated" in row["basis"]} == {"D"}
    facts = [row for row in rows if row["basis"] == "not published"]
    assert [row["what"] for row in facts] == ["Who completes"]


def test_a_region_with_few_people_says_so_and_gives_no_odds(results: Careers) -> None:
    sheet = make_sheet("STP_CI", ROUTE, "Y56", YEAR, results=results)
    assert sheet.picture is None and sheet.pay is not None and sheet.pay.empty
    assert any("too few to say" in one for one in sheet.sentences)
    rows = list(csv.DictReader(io.StringIO(data_csv(sheet))))
    few = [row for row in rows if "too few to say" in row["basis"]]
    assert len(few) == len(OUTCOMES) and all(row["value"] == "" for row in few)


def test_own_rows_give_no_openings_below_national_level(results: Careers) -> None:
    results.manifest["own_rows"] = ["posts.csv"]
    london = make_sheet("STP_CI", ROUTE, "Y56", YEAR, results=results)
    assert london.posts is None and not any("open each year" in one for one in london.sentences)
    assert make_sheet("STP_CI", ROUTE, "ENG", YEAR, results=results).posts is not None


def test_every_route_has_a_sheet_and_the_longest_fit_one_page(
    results: Careers, tmp_path: Path
) -> None:
    office = shutil.which("soffice")
    pages = {"STP_CI": ROUTE, "HSST": "", "APP_AI7": "", "GMTS_HI": "", "CONV_CLIN": ""}
    for route in load_routes():
        sheet = make_sheet(route, pages.get(route, ""), "ENG", YEAR, results=results)
        assert sheet.route.id == route and sheet.sentences
        if route in pages:
            (tmp_path / f"{route}.docx").write_bytes(sheet_docx(sheet))
    if office is None:
        pytest.skip("no LibreOffice here to count pages")
    files = [str(tmp_path / f"{route}.docx") for route in pages]
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, *files], check=True, capture_output=True, timeout=120)
    for route in pages:
        content = (tmp_path / f"{route}.pdf").read_bytes()
        assert content.count(b"/Type/Page/") + content.count(b"/Type/Page\n") == 1, route
