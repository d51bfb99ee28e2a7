"""Parts that pages share: frame and messages, charts with their words, the note on the size."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from simulator.scenario import ScenarioError
from simulator.ui import state
from simulator.ui.plan import FULL, Plan, Size
from simulator.ui.worker import Answer

if TYPE_CHECKING:
    import pandas as pd

_MARKS: Final = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]()#+-.!|<>~:$&"})
NOT_FOR: Final = (
    "Not for decisions about individual people, pay claims, judging a trust's performance, or "
    "quoting a number without its range."
)


_STYLE: Final = """<style>
.stMainBlockContainer {padding-top: 2.6rem; padding-bottom: 3rem; max-width: 1500px;}
[data-testid="stCaptionContainer"] {color: inherit; opacity: .82;}
[data-testid="stSidebarHeader"] {height: 2.4rem;}
</style>"""
"""Less air above the title, and captions dark enough to be read from the back of a room."""


def plain(text: str) -> str:
    """Text that came from somewhere else, for Markdown: nothing in it is a command."""
    return text.translate(_MARKS).replace("\n", " ")


def dark() -> bool:
    """Is the page dark?"""
    return st.context.theme.type == "dark"


def frame(page: Callable[[], None]) -> None:
    """Show a page; say in words what went wrong, if anything does."""
    st.html(_STYLE)
    for words in st.session_state.pop("told", None) or ():
        st.warning(plain(words))
    st.session_state["told"] = ()
    try:
        page()
    except ScenarioError as error:
        for problem in error.problems[:8]:
            st.error(plain(f"{problem.where} {problem.value}: {problem.message}"))
        st.info("Undo the last change, or choose other numbers.")
    except state.FailedError as error:
        st.error(plain(str(error)))


def chosen() -> Plan | None:
    """The visitor's plan; a page without one sends the visitor to Start."""
    found = state.plan()
    if found is None:
        st.title("Choose a place first")
        st.write("Everything here is about one trust, care system or region.")
        go("start", "Go to Start")
    return found


def go(name: str, words: str) -> None:
    """A link to another page."""
    st.page_link(st.session_state["pages"][name], label=words)


def sidebar(plan: Plan) -> None:
    """What the page is about, in the sidebar."""
    from simulator.ui.dials import DIALS

    with st.sidebar:
        st.subheader(plain(plan.place.name), divider="gray")
        if plan.choices:
            st.caption("Levers: " + "; ".join(DIALS[o.kind].shown(o.amount) for o in plan.choices))
        else:
            st.caption("No lever")


def size_note(plan: Plan, size: Size) -> None:
    """Say how large the run on screen is, and put the full one in its place when it is there."""
    if size == FULL[plan.place.level]:
        with st.sidebar:
            st.caption(f"Full run: {size.words()}.")
        return
    with st.sidebar:
        _refining(plan, size)


@st.fragment(run_every=1.5)
def _refining(plan: Plan, size: Size) -> None:
    full = FULL[plan.place.level]
    if plan == state.plan() and state.refine(plan):
        st.rerun()
    st.caption(
        f"First answer: {size.words()}. A full run of {full.futures:,} futures follows here."
    )


def chart(
    spec: dict[str, Any],
    data: pd.DataFrame,
    ends: pd.DataFrame | None,
    *,
    words: str,
    key: str,
) -> None:
    """Draw a chart with its alternative text."""
    named = {"main": data} if ends is None else {"main": data, "ends": ends}
    spec = {**spec, "data": {"name": "main"}, "datasets": named}
    st.vega_lite_chart(None, spec, theme=None, alt=words, key=key)


def table(frame: pd.DataFrame, label: str, *, open_: bool = False) -> None:
    """A table beside a chart."""
    with st.expander(label, expanded=open_):
        st.table(frame)


def first_or_full(plan: Plan) -> tuple[Answer, Size]:
    """The answer to a plan, with a word while it is made."""
    with st.spinner("Simulating ...", show_time=True):
        return state.answered(plan)
