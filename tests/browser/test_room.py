"""A whole workshop in a real browser: one facilitator, three participants, and a server killed.

Pictures of each step are kept in the folder that WORKFORCE_PICTURES names, if it does.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from simulator.ui.room.files import export_submission
from tests.browser.conftest import Server

TITLE = "Care system <b>2031</b> ![x](https://evil.example/x.png)"
NOTE = "Cheap & quick: <img src=x onerror=alert(1)> [press](javascript:alert(1))"
TRUSTS = {"Ann": "RGT", "Bob": "RNA", "Cem": "RR8"}


@pytest.fixture
def server(tmp_path):
    found = Server(tmp_path)
    yield found
    found.stop()


@pytest.fixture
def visit(browser, server):
    """Makes visits, each with a browser profile of its own; none may ask another host."""
    contexts, asked, said = [], [], []

    def visit_(path: str = ""):
        context = browser.new_context(
            viewport={"width": 1366, "height": 900}, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(45_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(server.address + path)
        return page

    yield visit_
    for number, context in enumerate(contexts):
        for page in context.pages:
            _picture(page, f"last-{number}")
        context.close()
    local = (server.address, server.address.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(local)] == []
    assert said == []


def _picture(page, name: str) -> None:
    folder = os.environ.get("WORKFORCE_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _go(page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def _press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def _check(page, name: str) -> None:
    """Tick a box by its words: the input itself lies under a drawing."""
    page.locator("[data-testid=stCheckbox] label", has_text=name).click()


def _step(page, name: str) -> None:
    page.get_by_role("radiogroup", name="Step").get_by_text(name, exact=True).click()


def _opened(page) -> str:
    """Open a workshop; returns its code."""
    page.get_by_label("Title").fill(TITLE)
    _press(page, "Open the workshop")
    code = page.get_by_role("heading", name=re.compile("Code:"))
    code.wait_for()
    return code.inner_text().removeprefix("Code:").strip()


def _joined(visit, code: str, name: str):
    """Join with the code, choose a trust; returns the page and the seat's link."""
    page = visit("/room")
    page.get_by_label("Code").fill(code.lower())
    page.get_by_label("Your name, or the name of your team").fill(name)
    _press(page, "Join")
    page.get_by_text(f"You are {name}, seat").wait_for()
    page.wait_for_url(re.compile("seat="))
    link = page.url
    return page, link


def _lever(page, label: str, value: int) -> None:
    box = page.get_by_label(f"{label}, per cent, as a number")
    box.fill(str(value))
    box.press("Enter")
    page.get_by_role("heading", name=re.compile("these levers")).wait_for()


def _guessed(lead, people) -> None:
    """Predict first: results wait for a guess, which then stands beside the model."""
    _step(lead, "Predict")
    lead.get_by_text("Predict first: answer the question").wait_for()
    _check(lead, "Predict first in this step")
    lead.get_by_text("0 have guessed").wait_for()
    for name, guess in zip(TRUSTS, (40, 90, 400), strict=True):
        page = people[name]
        _go(page, "Start")
        box = page.get_by_label("Your trust, care system or region")
        box.fill(TRUSTS[name])
        page.get_by_role("option", name=re.compile(rf"\({TRUSTS[name]},")).first.click()
        page.get_by_role("heading", name="Before you look").wait_for()
        _go(page, "Outlook")
        page.get_by_role("heading", name="Before you look").wait_for()
        assert page.locator("[data-testid=stVegaLiteChart]").count() == 0
        _picture(page, f"3-guess-{name}")
        page.get_by_label(re.compile("How many full-time equivalent staff")).fill(str(guess))
        _press(page, "This is my guess")
        page.get_by_text(f"You guessed a shortfall of {guess} FTE by March 2031").wait_for()
        page.locator("[data-testid=stVegaLiteChart]").first.wait_for()
    _picture(people["Ann"], "4-beside")


def _in_post(submission: dict) -> float:
    """Mean staff in post at the end of a submission's run, FTE."""
    rows = [one for one in submission["summary"]["rows"] if one["measure"] == "in_post"]
    return max(rows, key=lambda one: one["date"])["mean"]


@pytest.mark.browser
@pytest.mark.nightly
def test_a_whole_workshop(visit, server, tmp_path):
    lead = visit("/facilitator")
    code = _opened(lead)
    leading = lead.url
    assert lead.locator("img[src*=evil]").count() == 0
    assert lead.inner_text("h1 >> nth=0").replace("\u2060", "") == TITLE
    assert lead.locator("a[href^=http][href*=evil]").count() == 0
    _picture(lead, "1-open")

    # Three join by code; a fourth with a wrong code is told so.
    people, links = {}, {}
    for name in TRUSTS:
        people[name], links[name] = _joined(visit, code, name)
    stranger = visit("/room")
    stranger.get_by_label("Code").fill("BBBBBB")
    stranger.get_by_label("Your name, or the name of your team").fill("Eve")
    _press(stranger, "Join")
    stranger.get_by_text("no open workshop has it").wait_for()
    lead.get_by_role("heading", name="3 participants").wait_for()
    _picture(lead, "2-joined")

    _guessed(lead, people)
    lead.get_by_text("3 have guessed").wait_for()
    _step(lead, "Explore")
    lead.get_by_role("heading", name="Guesses and the model").wait_for()
    lead.get_by_text(re.compile("of 3 guesses lie inside")).wait_for()
    _picture(lead, "5-guesses")

    # Levers and a draft; a reload and the server's death bring the same seat and plan back.
    for name, value in zip(TRUSTS, (10, 15, 20), strict=True):
        _go(people[name], "Levers")
        _lever(people[name], "Retention offer", value)
        _go(people[name], "Workshop")
        people[name].get_by_text(f"You are {name}, seat").wait_for()
    server.stop(kill=True)
    server.start()
    for name in TRUSTS:
        people[name].context.close()
        people[name] = visit(links[name].removeprefix(server.address))
        people[name].get_by_text(f"You are {name}, seat").wait_for()
        people[name].reload()
        people[name].get_by_role("button", name="Submit to the room").wait_for()
    lead = visit(leading.removeprefix(server.address))
    lead.get_by_role("heading", name="3 participants").wait_for()

    # Submissions, with a file of a laptop that could not connect.
    _step(lead, "Submit")
    for name in TRUSTS:
        people[name].get_by_label("Why this plan? The room sees it.").fill(f"{NOTE} {name}")
        _press(people[name], "Submit to the room")
        people[name].get_by_text(f"{NOTE} {name}").first.wait_for()
        assert people[name].locator("img[src=x]").count() == 0
    with people["Ann"].expect_download() as download:
        _press(people["Ann"], "Save as a file, to hand to the facilitator")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    scenario = text[text.index("\n\n") + 2 :] if "\n\n" in text else text
    file = tmp_path / "dana.toml"
    file.write_text(export_submission(scenario, "Dana", "From afar"), encoding="utf-8")
    broken = tmp_path / "broken.toml"
    broken.write_text("months = 'many'\n", encoding="utf-8")
    lead.get_by_text("Files from laptops that cannot connect").click()
    lead.locator("input[type=file]").set_input_files([file, broken])
    _press(lead, "Take in")
    lead.get_by_text(re.compile("taken in for Dana")).wait_for()
    lead.get_by_text(re.compile("broken.toml.*months")).first.wait_for()
    _picture(lead, "6-submitted")

    # Beliefs, pooled and run again.
    _step(lead, "Beliefs")
    for number, name in enumerate(TRUSTS):
        page = people[name]
        forms = page.locator("[data-testid=stForm]", has=page.get_by_label("Likely"))
        for form, values, step in ((0, (0.0, 0.01, 0.02), 0.01), (2, (6.0, 7.0, 9.0), 1.0)):
            for label, least in zip(("Low", "Likely", "High"), values, strict=True):
                forms.nth(form).get_by_label(label, exact=True).fill(f"{least + step * number:g}")
            forms.nth(form).get_by_role("button", name="State my range").click()
            forms.nth(form).get_by_role("button", name="Change my range").wait_for()
    lead.get_by_text(re.compile("the room's range is 0 to 0.04")).wait_for()
    lead.get_by_text(re.compile("the room's range is 6 to 11")).wait_for()
    lead.get_by_text(re.compile("candidates are as in a stored run: growth of the")).wait_for()
    with lead.expect_download() as download:
        _press(lead, "Save the scenario with the room's ranges")
    pooled = tmp_path / "pooled.toml"
    download.value.save_as(pooled)
    assert "What 3 people in a workshop believe" in pooled.read_text(encoding="utf-8")
    if not lead.locator("input[type=file]").is_visible():
        lead.get_by_text("Files from laptops that cannot connect").click()
    lead.locator("input[type=file]").set_input_files([pooled])
    _press(lead, "Take in")
    lead.get_by_text(re.compile("taken in for pooled")).wait_for()

    # A vote and a decision.
    _step(lead, "Vote")
    lead.get_by_label("A new question, as narrow as it can be").fill("Which plan?")
    _check(lead, "The answers are the plans submitted")
    _press(lead, "Ask")
    for name in TRUSTS:
        answers = people[name].get_by_role("radiogroup", name="Your answer to question 1")
        answers.locator("label").nth(1).click()
        _press(people[name], "Vote")
        people[name].get_by_text("You chose: 2.").wait_for()
    lead.get_by_text("3 have answered").wait_for()
    _press(lead, "Close and show")
    _step(lead, "Decide")
    lead.get_by_label("What is decided").fill("Retention first <script>alert(2)</script>")
    lead.get_by_label("Who stands for it").fill("Bob")
    _press(lead, "Write down")
    lead.get_by_text(re.compile("Retention first .*Bob")).first.wait_for()
    people["Cem"].get_by_text(re.compile("Decided .Bob.*Retention first")).wait_for()
    _picture(people["Cem"], "7-decided")

    # The report.
    _check(lead, "I want to end this workshop")
    _press(lead, "Close the workshop")
    lead.get_by_text("This workshop is closed.").wait_for()
    with lead.expect_download() as download:
        _press(lead, "Report (JSON)")
    report = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert [one["name"] for one in report["submissions"]] == [
        *TRUSTS,
        "Dana (file)",
        "pooled (file)",
    ]
    assert report["workshop"]["title"] == TITLE
    assert sum(report["questions"][0]["votes"].values()) == 3
    assert report["decisions"][0]["who"] == "Bob"
    assert all(one["summary"] for one in report["submissions"])
    first, pooled_run = report["submissions"][0], report["submissions"][4]
    assert _in_post(pooled_run) < _in_post(first) - 5.0  # approval takes months more
    _picture(lead, "8-closed")
