"""The page in a real browser: from a name to an answer, a lever, and the same numbers at home."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request

import pytest

from simulator.charts.figure import amount, span
from simulator.results.result import read_result


def _row(page, when: str) -> list[str]:
    """Cells of a table's row."""
    cells = page.locator("tr", has_text=when).first.locator("td, th")
    cells.nth(3).wait_for()
    return [cell.strip() for cell in cells.all_inner_texts()]


@pytest.mark.browser
def test_from_a_name_to_the_same_numbers_at_home(page, address, scenarios, tmp_path):
    """Start, Outlook, Levers, a change, a download, and the command in a fresh process."""
    page.goto(address)
    page.get_by_label("Your trust, care system or region").fill("CUH")
    page.get_by_role("option", name=re.compile("Cambridge University Hospitals")).click()
    page.get_by_role("heading", name=re.compile("If nothing changes: Cambridge")).wait_for()
    assert "By March 2031 Cambridge University Hospitals needs" in page.content()

    page.get_by_role("link", name="Outlook", exact=True).click()
    page.get_by_role("heading", name=re.compile("is short of|may be short")).wait_for()
    chart = page.locator("[data-testid=stVegaLiteChart]").first
    chart.wait_for()
    assert "Fan chart, Cambridge" in chart.evaluate("one => one.outerHTML")

    page.get_by_role("link", name="Levers", exact=True).click()
    box = page.get_by_label("Retention offer, per cent, as a number")
    box.fill("15")
    box.press("Enter")
    page.get_by_role("heading", name=re.compile("these levers lower the shortfall")).wait_for()
    first = _row(page, "March 2031")
    assert first[1] != first[2]
    box.fill("5")
    box.press("Enter")
    page.wait_for_function(
        "text => ![...document.querySelectorAll('td')].some(cell => cell.innerText === text)",
        arg=first[3],
    )
    page.get_by_text("Full run:").wait_for()
    shown = _row(page, "March 2031")
    assert abs(_number(shown[3])) < abs(_number(first[3]))
    assert "retention_offer=5%402027-04" in page.url or "retention_offer=5@2027-04" in page.url

    page.get_by_role("link", name="Take home", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the scenario").click()
    file = scenarios / "workshop-browser-test.toml"
    download.value.save_as(file)
    try:
        told = _run(file, tmp_path / "out")
    finally:
        file.unlink()
    assert "1,024 simulated futures" in told
    frame = read_result(tmp_path / "out").frame(
        "places", level="trust", code="RGT", group="all", measure="shortfall", month=60
    )
    row = dict(frame.iloc[0])
    assert shown[2] == f"{amount(row['mean'])} ({span(row)})"


def _run(file, out) -> str:
    command = [sys.executable, "-m", "simulator.cli.main", "run", str(file), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return re.sub(r"\s+", " ", done.stdout)


def _number(text: str) -> float:
    return float(text.split(maxsplit=1)[0].replace(",", ""))


@pytest.mark.browser
def test_undo_takes_one_step_back(page, address):
    """A dial that the page sets gets a new name, so for a moment the old one is there too."""
    page.goto(f"{address}/levers?place=trust-RNA&faster_hiring=20@2027-04")
    box = page.get_by_label("Faster hiring, per cent, as a number")

    def stands_at(value: str) -> None:
        box.and_(page.locator(f"[value='{value}']")).wait_for()
        page.wait_for_function(
            "label => document.querySelectorAll(`[aria-label='${label}']`).length === 1",
            arg="Faster hiring, per cent, as a number",
        )
        assert box.input_value() == value

    stands_at("20")
    box.fill("30")
    box.press("Enter")
    page.get_by_text("30 % less time to hire").first.wait_for()
    page.get_by_role("button", name="Undo").click()
    stands_at("20")
    page.get_by_role("button", name="Reset").click()
    stands_at("0")
    page.wait_for_url(lambda url: "faster_hiring" not in url)


@pytest.mark.browser
def test_a_hostile_link_is_answered_in_words(page, address):
    """What an address holds is never drawn, and never a traceback."""
    page.goto(f"{address}/?place=%21%5Bx%5D%28https%3A%2F%2Fexample.org%2Fx.png%29")
    page.get_by_text("The link names no place that is known").wait_for()
    page.goto(f"{address}/levers?place=trust-RNA&freeze=999@2027-04")
    page.get_by_text("setting of Vacancy freeze cannot be used").wait_for()
    assert "Traceback" not in page.content()
    assert page.locator("img[src*=example]").count() == 0


@pytest.mark.browser
def test_every_answer_carries_security_headers(browser, address):
    with urllib.request.urlopen(address, timeout=10) as answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
