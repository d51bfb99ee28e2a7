"""The planners' pages in a real browser: long questions, files, and every page in every dress."""

from __future__ import annotations

import csv
import io
import re

import pytest

pytestmark = pytest.mark.browser

LEVERS = "?place=trust-RNA&retention_offer=15@2027-04&faster_hiring=20@2027-04"
PAGES = ("outlook", "compare", "matters", "peers", "method", "take-home")


def _save(page, label: str) -> bytes:
    """A file of the first chart."""
    page.get_by_role("button", name="Save").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(label)).click()
    content = download.value.path().read_bytes()
    page.keyboard.press("Escape")
    return content


def test_compare_runs_and_its_chart_is_saved_in_three_forms(page, address):
    """A button starts, the difference comes, and picture, drawing and numbers say the same."""
    page.goto(f"{address}/compare{LEVERS}")
    page.get_by_text("2 simulations, about").wait_for()
    page.get_by_role("button", name="Compare them").click()
    said = page.get_by_role("heading", name=re.compile("Your plan now raises staff in post by"))
    said.wait_for()
    shown = re.search(r"by ([\d.]+) FTE by March 2036", said.inner_text())
    assert shown is not None
    page.locator("[data-testid=stVegaLiteChart]").first.wait_for()
    assert _save(page, "Picture").startswith(b"\x89PNG")
    drawing = _save(page, "Drawing").decode()
    assert drawing.startswith("<svg") and "Your plan now raises staff" in drawing
    text = _save(page, "Numbers").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(re.sub("(?m)^#.*\n", "", text))))
    (row,) = [one for one in rows if one["date"].startswith("2036-03")]
    assert float(row["value"]) == pytest.approx(float(shown[1]), abs=0.06)
    assert float(row["low"]) < float(row["value"]) < float(row["high"])


def test_a_long_question_shows_how_far_it_is_and_can_be_stopped(page, address):
    page.goto(f"{address}/method{LEVERS}")
    page.get_by_role("tab", name="Against the world").click()
    page.get_by_text("3 simulations, about 60 s").wait_for()
    page.get_by_role("button", name="Check against what has been published").click()
    page.get_by_text(re.compile("3 simulations, .*done")).wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("You stopped it.").wait_for()
    page.get_by_role("button", name="Check against what has been published").wait_for()


def test_a_trust_is_answered_while_england_runs(page, address):
    """The engines of a trust are compared beside the long run; neither waits for the other."""
    page.goto(f"{address}/method{LEVERS}")
    page.get_by_role("tab", name="Against the world").click()
    page.get_by_role("button", name="Check against what has been published").click()
    page.get_by_role("button", name="Stop").wait_for()
    page.get_by_role("tab", name="Two engines").click()
    page.get_by_role("button", name="Compare the engines").click()
    page.get_by_role("heading", name=re.compile("whole numbers .* no difference")).wait_for()
    page.get_by_role("tab", name="Against the world").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("You stopped it.").wait_for()


@pytest.mark.parametrize(("width", "scheme"), [(1366, "dark"), (390, "light")])
def test_every_page_opens_without_an_error_and_fits(browser, address, width, scheme):
    """On a projector in the dark, and on a telephone: no error, nothing wider than the screen."""
    context = browser.new_context(viewport={"width": width, "height": 768}, color_scheme=scheme)
    visit = context.new_page()
    visit.set_default_timeout(30_000)
    wrong: list[str] = []
    visit.on("pageerror", lambda error: wrong.append(str(error)))
    for name in PAGES:
        visit.goto(f"{address}/{name}{LEVERS}")
        visit.locator("h1").first.wait_for()
        visit.wait_for_function("!document.querySelector('[data-testid=stSpinner]')")
        assert visit.locator("[data-testid=stException]").count() == 0, name
        wide = visit.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, name
    context.close()
    assert wrong == []
