"""The pages for everybody: no rule of axe-core broken, the keyboard, narrow and enlarged screens.

What Streamlit itself breaks on a bare page is no fault of ours, and is found by the same means.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.conftest import free_port, wait_for

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core here")

PAGES = (
    *("start", "your-numbers", "outlook", "levers", "compare", "matters", "peers", "method"),
    *("assumptions", "take-home", "room", "facilitator", "careers"),
)
PLAN = "?place=trust-RGT&retention_offer=10@2027-04"
BARE = """
import pandas as pd
import streamlit as st

def show():
    st.title("Bare")
    st.write("Text")
    st.selectbox("Choose", ["a", "b"])
    st.slider("Slide", 0, 10)
    st.number_input("Number", 0, 10)
    st.radio("One", ["a", "b"], horizontal=True)
    st.segmented_control("Part", ["a", "b"])
    st.checkbox("Tick")
    st.popover("More", type="tertiary")
    st.table(pd.DataFrame({"a": ["1"]}))
    frame = pd.DataFrame({"x": [1, 2], "y": [1, 2]})
    mark = {"mark": "line", "encoding": {"x": {"field": "x"}, "y": {"field": "y"}}}
    st.vega_lite_chart(frame, mark, alt="A line")
    st.expander("Expand").write("x")
    st.tabs(["a", "b"])[0].write("x")
    st.file_uploader("File")
    with st.form("form"):
        st.text_area("Area")
        st.form_submit_button("Send")
    st.download_button("Save", "x")

st.set_page_config(page_title="Bare", layout="wide")
st.sidebar.caption("Side")
two = st.Page(lambda: None, title="Two", url_path="two")
st.navigation({"A": [st.Page(show, title="One")], "B": [two]}).run()
"""


def _ready(page) -> None:
    page.wait_for_selector("[data-test-script-state=notRunning] h1", timeout=60_000)
    page.wait_for_timeout(400)  # charts draw themselves


def _broken(page) -> dict[str, str]:
    """Rules of axe that a page breaks, each with one place."""
    found = axe.Axe().run(page).response["violations"]
    return {one["id"]: f"{one['help']}: {one['nodes'][0]['html'][:300]}" for one in found}


@pytest.fixture(scope="module")
def bare(browser, tmp_path_factory):
    """Rules that a bare page of Streamlit breaks."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "bare.py").write_text(BARE, encoding="utf-8")
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "bare.py", "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true"]
    command += ["--browser.gatherUsageStats", "false"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as server:
        try:
            wait_for(port)
            found: set[str] = set()
            for scheme in ("light", "dark"):
                context = browser.new_context(color_scheme=scheme)
                page = context.new_page()
                page.goto(f"http://127.0.0.1:{port}")
                _ready(page)
                found |= set(_broken(page))
                context.close()
        finally:
            server.terminate()
    return found


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.nightly)])
def test_no_page_breaks_a_rule_that_streamlit_keeps(browser, address, bare, scheme):
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": 1366, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    broken: dict[tuple[str, str], str] = {}
    for name in PAGES:
        page.goto(f"{address}/{name}{PLAN}")
        _ready(page)
        broken |= {(name, rule): what for rule, what in _broken(page).items() if rule not in bare}
    context.close()
    assert broken == {}


@pytest.mark.browser
def test_a_lever_is_moved_by_the_keyboard_alone(page, address):
    page.goto(f"{address}/levers?place=trust-RGT")
    _ready(page)
    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.innerText")
    assert "Skip" in skip
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == (
            "Retention offer, per cent, as a number"
        ):
            break
    else:
        pytest.fail("the first lever is not reached with the key Tab")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    page.get_by_text("12 % fewer people leave").first.wait_for()
    page.get_by_role("heading", name=re.compile("these levers")).wait_for()
    outline = page.evaluate(
        "getComputedStyle(document.activeElement.closest('[data-baseweb], div')).outlineStyle"
    )
    assert outline is not None


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "height"), [(320, 640), (683, 384)], ids=["320 px", "200 per cent"]
)
def test_nothing_lies_beyond_the_edge_of_a_narrow_screen(browser, address, width, height):
    """1366 x 768 at 200 per cent is 683 x 384 of the page's own pixels."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    wide = {}
    for name in ("start", "outlook", "levers", "room", "facilitator", "take-home"):
        page.goto(f"{address}/{name}{PLAN}")
        _ready(page)
        beyond = page.evaluate(
            "() => { const main = document.querySelector('[data-testid=stMain]');"
            " return main.scrollWidth - main.clientWidth; }"
        )
        if beyond > 1:
            wide[name] = beyond
    context.close()
    assert wide == {}


@pytest.mark.browser
def test_the_statement_names_what_axe_finds_on_a_bare_page(bare):
    statement = (Path(__file__).parents[2] / "docs" / "accessibility.md").read_text("utf-8")
    assert [rule for rule in sorted(bare) if rule not in statement] == []
