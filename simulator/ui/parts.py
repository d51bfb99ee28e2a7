"""Parts that pages share: frame, charts with words and files, long questions, the note on size."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from simulator.scenario import ScenarioError
from simulator.ui import specs, state
from simulator.ui.errands import BusyError, Errand, Task, open_errands
from simulator.ui.plan import FULL, Plan, Size, basis
from simulator.ui.room.predict import before_results
from simulator.ui.text import plain
from simulator.ui.worker import Answer

if TYPE_CHECKING:
    import pandas as pd

    from simulator.charts.figure import Figure

__all__ = [
    "NOT_FOR",
    "chart",
    "chosen",
    "dark",
    "figure",
    "first_or_full",
    "frame",
    "go",
    "long_answer",
    "plain",
    "seconds_words",
    "sidebar",
    "size_note",
    "table",
]

NOT_FOR: Final = (
    "Not for decisions about individual people, pay claims, judging a trust's performance, or "
    "quoting a number without its range."
)


_STYLE: Final = """<style>
.stMainBlockContainer {padding-top: 3.6rem; padding-bottom: 3rem; max-width: 1500px;}
[data-testid="stCaptionContainer"] {color: inherit; opacity: .82;}
[data-testid="stSidebarHeader"] {height: 2.4rem;}
</style>"""
"""Less air above the title, and captions dark enough to be read from the back of a room."""


_NIGHT: Final = """<style>
[data-testid="stBaseButton-primary"] p, [data-testid="stBaseButton-primaryFormSubmit"] p,
[data-testid="stMultiSelect"] span[title] {color: #14181C;}
</style>"""
"""Dark words on the light blue of the dark theme: white ones could not be read."""


def dark() -> bool:
    """Is the page dark?"""
    return st.context.theme.type == "dark"


def frame(page: Callable[[], None]) -> None:
    """Show a page; say in words what went wrong, if anything does."""
    st.html(_STYLE + _NIGHT * dark())
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
        st.caption(plain(basis(plan)))


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
    """Draw a chart with its alternative text, and offer it as picture and numbers.

    Args:
        spec: From :mod:`simulator.ui.specs`.
        data: Its numbers.
        ends: Words at the ends of its lines, if it has any.
        words: What it shows, read aloud.
        key: Name of the chart on the page.
    """
    named = {"main": data} if ends is None else {"main": data, "ends": ends}
    drawn = {**spec, "data": {"name": "main"}, "datasets": named}
    st.vega_lite_chart(None, drawn, theme=None, alt=words, key=key)
    details = _source()

    def paper() -> dict[str, Any]:
        return specs.paper(spec, named, words, details)

    _files(
        key,
        png=lambda: specs.png(paper()),
        svg=lambda: specs.svg(paper()),
        csv=lambda: _csv(data, words, details),
    )


def figure(found: Figure, key: str, *, drop: Sequence[str] = ()) -> None:
    """Draw a figure of :mod:`simulator.charts` with its words, its table and its files.

    Args:
        found: The figure.
        key: Name of the chart on the page.
        drop: Columns of its table that only say where bars lie.
    """
    st.header(plain(found.sentence))
    st.vega_lite_chart(
        None, specs.on_page(found.spec(), dark()), theme=None, alt=found.alt, key=key
    )
    st.caption(plain(found.details))
    numbers = found.table.drop(columns=list(drop))
    _files(key, png=found.png, svg=found.svg, csv=lambda: _csv(numbers, found.alt, found.details))


def _source() -> str:
    """Where the numbers of a chart come from, for a picture that stands alone."""
    from simulator.ui.dials import DIALS

    plan = state.plan()
    if plan is None:
        return ""
    levers = "; ".join(DIALS[one.kind].shown(one.amount) for one in plan.choices) or "no lever"
    told = f"{plan.place.name}, {levers}. What the stated assumptions imply, not a forecast."
    return f"{told} {OWNED}" if plan.own or plan.tables else told


OWNED: Final = (
    "Rests on the trust's own numbers, with small counts: for the trust itself. What Take home "
    "offers may be shared."
)
"""Said on every chart that is saved from own numbers."""


def _csv(data: pd.DataFrame, words: str, details: str) -> bytes:
    """Numbers with what they are, in lines that begin with ``#``."""
    head = "".join(f"# {one}\n" for one in (words, details) if one)
    return (head + data.to_csv(index=False, lineterminator="\n")).encode("utf-8-sig")


def _files(
    key: str, *, png: Callable[[], bytes], svg: Callable[[], str], csv: Callable[[], bytes]
) -> None:
    """Offer a chart as files, made when somebody opens the offer.

    Streamlit can make a file on the click too, but the click fails where the page is just being
    drawn again; a file that is there has an address that stays.
    """
    box = st.popover("Save", type="tertiary", key=f"{key}.save", on_change="rerun")
    if not box.open:
        return
    with box:
        numbers = csv()
        kept = st.session_state.get("files")
        if kept is None or kept[0] != (key, numbers):
            with st.spinner("Drawing ..."):
                kept = (key, numbers), png(), svg().encode()
            st.session_state["files"] = kept
        for ending, content in zip(_FILES, (*kept[1:], numbers), strict=True):
            label, mime = _FILES[ending]
            st.download_button(
                f"{label} (.{ending})",
                content,
                file_name=f"{key.replace('.', '-')}.{ending}",
                mime=mime,
                on_click="ignore",
                key=f"{key}.save.{ending}",
            )


_FILES: Final = {
    "png": ("Picture", "image/png"),
    "svg": ("Drawing", "image/svg+xml"),
    "csv": ("Numbers", "text/csv"),
}


def long_answer(task: Task, label: str, *, at_once: bool = False) -> Any | None:
    """The answer to a long question, or none before there is one.

    Before, it states the size and offers a button; meanwhile, how far it is and how to stop.

    Args:
        task: The question.
        label: What the button says.
        at_once: Ask without a button: for what takes a second or two.
    """
    errands, visitor = open_errands(), st.session_state["visitor"]
    found = errands.find(task.key)
    if found is None and at_once:
        with suppress(BusyError):
            found = errands.ask(visitor, task)
            _short_wait(found)
    if found is not None and found.state == "done":
        return found.result
    if found is not None and found.state in {"waiting", "running"}:
        _under_way(task)
        return None
    if found is not None and found.state == "failed":
        st.error(plain(f"The question was not answered: {found.error}"))
    if found is not None and found.state == "stopped":
        st.warning("You stopped it.")
    st.caption(f"{_runs(task)}, about {seconds_words(task.seconds)} on a free machine.")
    if st.button(label, type="primary", key=f"ask.{task.key}"):
        try:
            errands.ask(visitor, task)
        except BusyError as error:
            st.error(plain(str(error)))
            return None
        st.rerun()
    return None


def _short_wait(found: Errand) -> None:
    """Wait a little, so that a quick answer needs no second look."""
    until = time.monotonic() + 1.5
    while found.state in {"waiting", "running"} and time.monotonic() < until:
        time.sleep(0.02)
        st.session_state.get("visitor")  # here Streamlit breaks off for a newer click


def _runs(task: Task) -> str:
    return f"{task.runs:,} simulation{'s' * (task.runs != 1)}"


def seconds_words(seconds: float) -> str:
    """A time for a reader."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"


@st.fragment(run_every=0.7)
def _under_way(task: Task) -> None:
    errands = open_errands()
    found = errands.find(task.key)
    if found is None or found.state not in {"waiting", "running"}:
        st.rerun()
    ahead = errands.ahead(task.key)
    if found.state == "waiting":
        st.progress(0.0, f"{_runs(task)}. Waiting for {ahead} other{'s' * (ahead != 1)}.")
    else:
        part, left = errands.progress(task.key)
        so_far = time.monotonic() - found.began
        left = max(task.seconds - so_far, 1.0) if left is None else left
        st.progress(
            part,
            f"{_runs(task)}, {100 * part:.0f} % done after {seconds_words(so_far)}, about "
            f"{seconds_words(left)} left.",
        )
    st.button(
        "Stop",
        on_click=errands.stop,
        args=(st.session_state["visitor"], task.key),
        key=f"stop.{task.key}",
    )


def table(frame: pd.DataFrame, label: str, *, open_: bool = False) -> None:
    """A table beside a chart."""
    with st.expander(label, expanded=open_):
        st.table(frame)


def first_or_full(plan: Plan) -> tuple[Answer, Size]:
    """The answer to a plan, with a word while it is made; a room may let it wait for a guess."""
    before_results(plan)
    with st.spinner("Simulating ...", show_time=True):
        return state.answered(plan)
