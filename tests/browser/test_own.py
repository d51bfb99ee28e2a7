"""A new visitor's own numbers: from the start page to a projection within two minutes."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest

from simulator.charts.figure import amount, span
from simulator.results.result import read_result

TWO_MINUTES = 120.0
_NUMBERS = (
    ("Funded posts", "24"),
    ("People in post", "20"),
    ("Left in 12 months", "5"),
    ("Funded posts, Data and analytics", "90"),
    ("People in post, Data and analytics", "80"),
    ("Funded posts, Digital and IT", "300"),
    ("People in post, Digital and IT", "306"),
)


@pytest.mark.browser
def test_own_numbers_from_start_to_outlook_within_two_minutes(page, address, scenarios, tmp_path):
    """Typed as a person types, read in the outlook, opened from the link, run from the file."""
    began = time.monotonic()
    page.goto(address)
    page.get_by_label("Your trust, care system or region").fill("CUH")
    page.get_by_role("option", name=re.compile("Cambridge University Hospitals")).click()
    page.get_by_role("heading", name=re.compile("If nothing changes: Cambridge")).wait_for()
    page.get_by_role("link", name=re.compile("Type your own numbers")).click()
    page.get_by_role("heading", name="Your numbers: Cambridge University Hospitals").wait_for()
    for label, number in _NUMBERS:
        page.get_by_label(label, exact=True).press_sequentially(number, delay=60)
    page.get_by_role("button", name="Use these numbers").click()
    page.get_by_role("heading", name="What follows, if nothing changes").wait_for()
    page.get_by_text("Staff at the start: yours", exact=False).first.wait_for()
    page.get_by_role("link", name=re.compile("See the outlook in charts")).click()
    page.get_by_role("heading", name=re.compile("is short of|may be short")).wait_for()
    page.locator("[data-testid=stVegaLiteChart]").first.wait_for()
    assert time.monotonic() - began < TWO_MINUTES
    assert "yours for clinical informatics (24 posts, 20 people, 5 left" in _text(page)

    link = page.url
    page.get_by_role("link", name="Start", exact=True).click()
    page.get_by_text("Full run:").wait_for()
    said = _text(page)
    page.get_by_role("link", name="Take home", exact=True).click()
    page.get_by_text("1,024 futures").first.wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the scenario").click()
    file = scenarios / "workshop-browser-own.toml"
    download.value.save_as(file)
    try:
        assert "[[own]]" in file.read_text(encoding="utf-8")
        _run(file, tmp_path / "out")
    finally:
        file.unlink()
    frame = read_result(tmp_path / "out").frame(
        "places", level="trust", code="RGT", group="all", measure="in_post", month=60
    )
    row = dict(frame.iloc[0])
    assert f"have {amount(row['mean'])} ({span(row)} in 8 of 10 futures) in post" in said

    page.goto(link)
    page.get_by_text("yours for clinical informatics (24 posts", exact=False).first.wait_for()


@pytest.mark.browser
def test_a_table_with_names_is_refused_and_nothing_of_it_is_shown(page, address, tmp_path):
    file = tmp_path / "staff.csv"
    file.write_text("Surname,trust,band\nSmithson,RGT,6\n", encoding="utf-8")
    page.goto(f"{address}/your-numbers?place=trust-RGT")
    page.get_by_text("Load a table of posts instead").click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text("take the column out").wait_for()
    assert "Smithson" not in _text(page)


def _text(page) -> str:
    return re.sub(r"\s+", " ", page.locator("body").inner_text())


def _run(file, out) -> None:
    command = [sys.executable, "-m", "simulator.cli.main", "run", str(file), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
