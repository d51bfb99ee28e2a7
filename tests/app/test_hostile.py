"""What strangers send to the page: names, floods, files, and texts that would do harm."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from pathlib import Path

import pytest

from simulator.scenario import ScenarioError
from simulator.ui import gate
from simulator.ui.gate import EACH, VISITS, Gate, is_served, policy, takes_files
from simulator.ui.link import from_link
from simulator.ui.room.files import LARGEST, read_submission
from simulator.ui.room.words import as_markdown

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"


def _scope(kind="http", path="/", client="192.0.2.7", method="GET", **headers):
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "path": path, "client": (client, 1), "headers": raw}
    return scope | ({"method": method} if kind == "http" else {})


def _asked(door: Gate, scope) -> tuple[int, str]:
    """Status and words of an answer; 200 if the page was asked, -1 for a line that was cut."""
    told: list[dict] = []

    async def send(message) -> None:
        told.append(message)

    async def receive():  # nobody asks for more
        return {"type": "http.disconnect"}

    asyncio.run(door(scope, receive, send))
    if not told:
        return 200, ""
    if told[0]["type"] == "websocket.close":
        return -1, str(told[0]["code"])
    return told[0]["status"], told[1]["body"].decode()


async def _page(scope, receive, send) -> None:
    """Stands in for the page."""


@pytest.fixture
def door(monkeypatch) -> Gate:
    monkeypatch.setenv(gate.HOSTS, "192.0.2.2,localhost,nhs-laptop.local")
    monkeypatch.setenv(gate.UPLOADS, "no")
    return Gate(_page)


@pytest.mark.app
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("192.0.2.2:8501", 200),
        ("NHS-laptop.local:8501", 200),
        ("localhost", 200),
        ("evil.example:8501", 421),
        ("192.0.2.2.evil.example", 421),
        ("evil.example@192.0.2.2", 200),  # the name is what stands after the user
        ("[", 421),
        ("", 421),
    ],
)
def test_the_page_answers_to_its_own_names_alone(door, host, status):
    assert _asked(door, _scope(host=host))[0] == status


@pytest.mark.app
def test_a_page_elsewhere_opens_no_line(door):
    own = _scope("websocket", host="192.0.2.2:8501", origin="http://192.0.2.2:8501")
    other = _scope("websocket", host="192.0.2.2:8501", origin="http://evil.example")
    assert _asked(door, own)[0] == 200
    assert _asked(door, other) == (-1, "1008")


@pytest.mark.app
def test_files_come_from_this_computer_alone(door):
    path = "/_stcore/upload_file/session/file"
    status, words = _asked(door, _scope(path=path, method="PUT", host="localhost"))
    assert (status, words) == (403, "Files are not taken from other computers here.")
    here = _scope(path=path, method="PUT", client="127.0.0.1", host="localhost")
    assert _asked(door, here)[0] == 200
    assert takes_files(None)
    assert not takes_files("192.0.2.7")


@pytest.mark.app
def test_the_server_tells_nobody_else_how_it_is(door):
    assert _asked(door, _scope(path="/_stcore/metrics", host="localhost"))[0] == 404


@pytest.mark.app
def test_a_flood_is_stopped_and_told_in_words(door):
    door.open["192.0.2.9"] = EACH
    status, words = _asked(door, _scope(client="192.0.2.9", host="localhost"))
    assert status == 503
    assert f"{VISITS} open pages ({EACH} of one address)" in words
    line = _scope("websocket", client="192.0.2.9", host="localhost")
    assert _asked(door, line) == (-1, "1013")
    assert _asked(door, _scope(client="192.0.2.8", host="localhost"))[0] == 200
    script = _scope(path="/static/js/a.js", client="192.0.2.9", host="localhost")
    assert _asked(door, script)[0] == 200
    door.open.update({f"192.0.2.{number}": 1 for number in range(10, 10 + VISITS - EACH)})
    assert _asked(door, _scope(client="192.0.2.8", host="localhost"))[0] == 503


@pytest.mark.app
def test_a_visit_that_ends_makes_room(door):
    assert _asked(door, _scope("websocket", host="localhost"))[0] == 200
    assert door.open.total() == 0


@pytest.mark.app
def test_only_the_page_s_own_script_may_run():
    page = b"<script>one = 1</script><script src='x.js'></script><script> </script>"
    found = policy(page)
    digest = base64.b64encode(hashlib.sha256(b"one = 1").digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in found
    assert is_served("anything")  # without names the page answers to all


@pytest.mark.app
def test_the_two_files_of_settings_are_one():
    """Streamlit reads one beside app.py, and one beside the package's own page."""
    inside = ROOT / "simulator" / "ui" / ".streamlit" / "config.toml"
    assert inside.read_bytes() == (ROOT / ".streamlit" / "config.toml").read_bytes()


HOSTILE = (
    "![x](https://evil.example/x.png)",
    "[press](javascript:alert(1))",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "$\\href{https://evil.example}{x}$",
    ":material/bomb: `code` ~~gone~~ <https://evil.example>",
    "# heading\n\n* list\n\n---",
    "a | b\n--|--",
    "https://evil.example WWW.evil.example me@evil.example",
)


@pytest.mark.app
@pytest.mark.parametrize("text", HOSTILE)
def test_no_mark_of_markdown_is_left_alone(text):
    """Every mark of punctuation has a backslash before it, and there is one line."""
    shown = as_markdown(text)
    assert "\n" not in shown
    assert not re.search(r"\w(@|\\?:\\?/\\?/)|www\\?\.", shown)
    bare = shown.replace("\\\\", "")
    marks = set("\\`*_{}[]()#+-.!|<>~:$&")
    for place, char in enumerate(bare):
        if char in marks - {"\\"}:
            assert bare[place - 1] == "\\", (char, shown)


@pytest.mark.app
@pytest.mark.parametrize(
    "query",
    [
        {"place": "trust-RGT", "retention_offer": "1e9@2027-04"},
        {"place": "trust-RGT", "retention_offer": "-0@2027-04"},
        {"place": "trust-RGT", "retention_offer": "10@9999-12"},
        {"place": "trust-RGT", "retention_offer": "10@0000-00"},
        {"place": "trust-RGT", "retention_offer": "1٠@2027-04"},
        {"place": "trust-RGT", "retention_offer": "10@2027-04x999"},
        {"place": "trust-RGT", "freeze": "50@2027-04x0"},
        {"place": "trust-RGT", "training_places": "50@2027-04"},
        {"place": "trust-RGT", "retention_offer": "10@2027-04\x00"},
        {"place": "trust-RGT", "retention_offer": "9" * 100_000},
    ],
)
def test_a_lever_of_a_link_made_by_hand_is_left_out_in_words(query):
    plan, told = from_link(query)
    assert plan is not None
    assert plan.choices == ()
    assert len(told) == 1
    assert "left out" in told[0]


@pytest.mark.app
@pytest.mark.parametrize(
    "place", ["trust-../../etc", "england-", "ics-ENG", "x" * 10_000, "-", "trust-rgt'--"]
)
def test_a_place_of_a_link_made_by_hand_is_no_place(place):
    plan, told = from_link({"place": place})
    assert plan is None
    assert told == ("The link names no place that is known; choose one below.",)


BOMB = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><l>&b;</l>'


@pytest.mark.app
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04" + bytes(500), "not"),
        (BOMB, "not readable as TOML"),
        ("title = 'ä'".encode("utf-16"), "not UTF-8"),
        ("title = 'ä'".encode("latin-1"), "not UTF-8"),
        (b"x = " + b"[" * 50_000, "not readable as TOML"),
        (b"a." * 60_000 + b"b = 1", "keys inside keys"),
        (b"x = {" + b'"a" . ' * 30_000 + b"b = 1}", "keys inside keys"),
        (b"y = " + b"{a = " * 500 + b"1" + b"}" * 500, ""),
        (b"w" * 190_000, "not readable as TOML"),
        (b" " * (LARGEST + 1), "at most"),
        (b"", "empty"),
        (b'extends = "../../../etc/passwd"', ""),
        (b'extends = "/etc/passwd"', ""),
        (b"replications = 1000000000\ndraws = 1000000000", ""),
        (b"months = 99999", ""),
        (b'title = "' + b"x" * 100_000 + b'"', ""),
    ],
)
def test_a_file_that_does_harm_is_refused_in_words(content, words):
    with pytest.raises(ScenarioError) as told:
        read_submission(content, "bad.toml", SCENARIOS)
    lines = " ".join(" ".join(one.lines()) for one in told.value.problems)
    assert words in lines
    assert len(lines) < 5_000
    assert "Traceback" not in lines
