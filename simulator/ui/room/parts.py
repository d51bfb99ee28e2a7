"""What both pages of the room share: the store, messages, tables, and looking for news.

Streamlit reads most text as Markdown. What people typed is shown by ``st.text``, or passes
through :func:`simulator.ui.room.words.as_markdown` first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import streamlit as st

from simulator.scenario import ScenarioError
from simulator.ui.room import door
from simulator.ui.room.beliefs import FEWEST, pool
from simulator.ui.room.database import workshops_folder
from simulator.ui.room.records import Question, Range, Submission
from simulator.ui.room.store import Store
from simulator.ui.room.summary import MEASURES, cell, read_summary
from simulator.ui.room.words import RoomError, as_markdown

PARTICIPANT_PATH: Final = "room"
FACILITATOR_PATH: Final = "facilitator"
"""Where navigation puts the two pages."""
SEAT, CODE, FACILITATOR = "seat", "code", "facilitator"
"""Parameters of links."""
_EVERY: Final = 4.0
"""Seconds between two looks for news."""


def the_store() -> Store:
    """Return the workshops of this server; stops the page with a message if there are none."""
    try:
        return _store(workshops_folder())
    except RoomError as error:
        tell(error)
        st.stop()


@lru_cache(maxsize=4)
def _store(folder: Path) -> Store:
    return Store(folder)


def tell(error: RoomError | ScenarioError) -> None:
    """Show everything that was refused."""
    if isinstance(error, ScenarioError):
        lines = [" ".join(line.strip() for line in one.lines()) for one in error.problems]
    else:
        lines = error.problems
    st.error("\n".join(f"* {as_markdown(line)}" for line in lines))


def done(action: Callable[[], object]) -> None:
    """Do something the store may refuse: show why, or else the page as it is now."""
    try:
        action()
    except RoomError as error:
        tell(error)
        return
    st.rerun()


def visitor() -> tuple[str, ...]:
    """Return the names under which this visitor's wrong codes are kept."""
    address = st.context.ip_address
    return door.visitors(
        str(address) if address else None, str(st.session_state.get("visitor", ""))
    )


def watch(store: Store, workshop: int, *, everything: bool = False) -> None:
    """Show the page again when something has changed in the room."""
    seen = store.pulse(workshop, everything=everything)

    @st.fragment(run_every=_EVERY)
    def look() -> None:
        if store.pulse(workshop, everything=everything) != seen:
            st.rerun()

    look()


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Show a table; cells hold text that may have been typed."""
    import pandas as pd

    cells = [[as_markdown(str(value)) for value in row] for row in rows]
    frame = pd.DataFrame(cells, columns=list(columns))
    st.table(frame.set_index(columns[0]) if columns else frame)


def show_counts(question: Question) -> None:
    """Show a question with its votes counted."""
    st.text(question.text)
    table(("Answer", "Votes"), zip(question.options, question.counts, strict=True))


def show_submissions(submissions: Sequence[Submission]) -> None:
    """Show what the room submitted, side by side at the last month of each run."""
    if not submissions:
        st.write("Nothing has been submitted yet.")
        return
    rows = []
    for one in submissions:
        summary = read_summary(one.summary)
        date = summary.dates[-1] if summary else ""
        cells = [cell(summary.at(name, date)) if summary else "not run" for name in MEASURES]
        rows.append([f"{one.id}. {one.title}", one.name, date, *cells])
    st.caption("FTE at the last month: mean, and in brackets the range of 8 of 10 futures.")
    table(("Submission", "From", "Month", *MEASURES.values()), rows)
    for one in submissions:
        if one.note:
            st.text(f"{one.id}. {one.name}: {one.note}")


def show_pool(title: str, unit: str, ranges: Sequence[Range]) -> None:
    """Show what the room believes of one assumption, without names."""
    if len(ranges) < FEWEST:
        st.write(f"{len(ranges)} of {FEWEST} ranges needed before any is shown: {title}.")
        return
    found = pool(ranges)
    st.write(
        f"**{title}** ({unit}): the room's range is {found.low:.3g} to {found.high:.3g}, "
        f"likely {found.likely:.3g}. Eight of ten times the pool lies between "
        f"{found.pooled[0]:.3g} and {found.pooled[-1]:.3g}."
    )
    if found.split:
        st.warning(
            "The room is split: one range hides it. Submit one plan for each view and compare them."
        )
    numbers: list[Mapping[str, float]] = [
        {"low": one.low, "likely": one.likely, "high": one.high} for one in ranges
    ]
    rows = [
        (number, *(f"{value:g}" for value in one.values())) for number, one in enumerate(numbers, 1)
    ]
    table(("Range", "Low", "Likely", "High"), rows)
