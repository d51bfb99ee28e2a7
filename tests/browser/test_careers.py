"""The careers page in a real browser: a route, a hundred people, a page to print, a bad link."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import pytest

pytestmark = pytest.mark.browser


def _open(page, address: str, query: str = "") -> None:
    page.goto(f"{address}/careers{query}")
    page.get_by_role("heading", name="Careers in NHS informatics, data and digital").wait_for()


def _choose(page, label: str, words: str) -> None:
    """Choose from a list by typing, as a visitor does."""
    page.get_by_label(label, exact=True).first.fill(words)
    page.get_by_role("option", name=words).first.click()


def test_a_student_reads_a_card_then_odds_and_takes_a_page_home(page, address, tmp_path):
    """A card with its gaps, a hundred people with words, the same numbers on paper and in CSV."""
    _open(page, address)
    _choose(page, "Route", "Scientist Training Programme, clinical informatics")
    page.get_by_role(
        "heading", name="Scientist Training Programme, clinical informatics"
    ).wait_for()
    assert page.locator("tr", has_text="Who completes").get_by_text("not published").count() == 1
    _choose(page, "Route", "Apprenticeship level 4: Data Analyst")
    page.get_by_text("7,136 started in England with all employers").first.wait_for()
    page.get_by_role("tab", name="Outcome of 100 entrants").click()
    finding = page.get_by_role("heading", name=re.compile(r"Of 100 who start in \d+, \d+"))
    finding.wait_for()
    number = re.findall(r"\d+", finding.inner_text())[2]
    chart = page.locator("[data-testid=stVegaLiteChart]").first
    chart.wait_for()
    assert f"{number} have found an NHS post" in chart.evaluate("one => one.outerHTML")
    page.get_by_text("All routes side by side").click()
    row = page.locator("tr", has_text="Apprenticeship level 4: Data Analyst").first
    row.wait_for()
    assert f"{number} (" in row.inner_text()
    page.get_by_text("Where this comes from").click()
    page.get_by_text("Grade D: the numbers rest on").wait_for()
    page.wait_for_url(re.compile("route=APP_DA4.*view=outcome"))

    page.get_by_role("tab", name="Take away").click()
    page.get_by_role("button", name="Make the page").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the page (Word)").click()
    download.value.save_as(tmp_path / "page.docx")
    with zipfile.ZipFile(tmp_path / "page.docx") as paper:
        text = paper.read("word/document.xml").decode()
    assert f"{number} have found an NHS post" in text and "Cite as" in text
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the numbers (CSV)").click()
    download.value.save_as(tmp_path / "numbers.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "numbers.csv").read_text())))
    assert next(row for row in rows if row["what"] == "Who completes")["grade"] == "D"
    assert any("of 100 who start" in row["basis"] for row in rows)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("openings", "An opening is a post"),
        ("pay", "Agenda for Change, pounds a year before tax"),
        ("paths", "Ten simulated careers"),
        ("balance", "None seen"),
    ],
)
def test_a_link_opens_each_view(page, address, view, words):
    _open(page, address, f"?route=MSC_HI&course=msc_health_data_science&region=Y62&view={view}")
    page.get_by_text(words).first.wait_for()
    assert page.get_by_label("Which course").first.input_value() == "MSc health data science"
    assert "Traceback" not in page.content()


def test_a_route_that_adds_nobody_has_a_card_and_no_odds(page, address):
    _open(page, address, "?route=TOPOL&view=outcome")
    page.get_by_text("is not simulated: it trains people who already work in the NHS").wait_for()


def test_a_hostile_link_and_a_bad_file_are_answered_in_words(page, address, tmp_path):
    _open(page, address, "?route=%3Cscript%3E&region=..%2F..&view=![x](https://example.org/x.png)")
    for name in ("route", "region", "view"):
        page.get_by_text(f"The link's {name} is not known").wait_for()
    assert page.locator("img[src*=example]").count() == 0
    page.get_by_role("tab", name="My course").click()
    page.get_by_text("From a file", exact=True).click()
    file = tmp_path / "courses.csv"
    file.write_text("id,name,group,region,intake\nX Y,![x](https://e.org/x),sea,Y99,many\n")
    page.locator("input[type=file]").set_input_files(file)
    alert = page.get_by_role("alert").first
    alert.wait_for()
    for word in ("intake", "group", "region"):
        assert word in alert.inner_text()
    assert page.locator("img[src*='e.org']").count() == 0
    assert "Traceback" not in page.content()
