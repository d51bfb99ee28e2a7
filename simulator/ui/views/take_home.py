"""Take home: the scenario as a file, the command that gives the same numbers, and the tables."""

from __future__ import annotations

import streamlit as st

from simulator.experiments.variants import law_digest
from simulator.reports.disclosure import RULE, shareable
from simulator.results.result import Result
from simulator.ui import readings, shelf, state
from simulator.ui.link import SEND_FILE, complete
from simulator.ui.parts import chosen, first_or_full, plain, sidebar, size_note
from simulator.ui.plan import Plan, Size, resolve
from simulator.ui.server import desk


def show() -> None:
    """Show the page."""
    plan = chosen()
    if plan is None:
        return
    sidebar(plan)
    answer, size = first_or_full(plan)
    scenario = resolve(desk().folder, plan, size)
    name = f"{scenario.id}.toml"
    st.title("Take it home")
    st.header("The scenario")
    st.write(
        "The file holds the place, the levers, your own numbers and assumptions, and the size of "
        f"the run on screen: {size.words()}. "
        "Save it in the folder `scenarios` of the program; this command then prints the same "
        "numbers:"
    )
    st.code(f"workforce run scenarios/{name}", language=None, wrap_lines=True)
    st.download_button(
        "Download the scenario",
        scenario.canonical_toml(),
        file_name=name,
        mime="application/toml",
        on_click="ignore",
    )
    _beside(plan, size)
    st.header("The tables")
    st.write("All numbers behind the charts, as CSV: statistics by month or year.")
    if plan.own or plan.tables:
        st.caption(
            "They rest on your own numbers and hide nothing: keep them with the owner of the data. "
            "The reports below are for sharing, and hide small counts."
        )
    own = list(scenario.own_names)
    tables = shareable(Result({"own_rows": own}, answer.tables)).tables
    if own:
        st.caption(plain(RULE))
    columns = st.columns(len(tables))
    for column, table in zip(columns, tables, strict=True):
        column.download_button(
            f"{readings.TABLE_WORDS[table]} (CSV)",
            readings.csv_text(tables[table]),
            file_name=f"{scenario.id}-{table}.csv",
            mime="text/csv",
            on_click="ignore",
            key=f"take.{table}",
        )
    _own_table(plan)
    _reports(plan, size, scenario.id)
    st.header("The link")
    st.write(
        "The address of this page opens the same on another laptop."
        if complete(plan)
        else SEND_FILE
    )
    st.caption(plain(f"Law digest {law_digest(scenario)[:16]}, seed {scenario.seed}."))
    size_note(plan, size)


def _own_table(plan: Plan) -> None:
    """The table of posts that the scenario names: it is in no file until it is saved."""
    for table in plan.tables:
        st.download_button(
            f"Your checked table of posts, to be saved as {table.name} beside the scenario",
            table.text,
            file_name=table.file,
            mime="text/csv",
            on_click="ignore",
        )


def _beside(plan: Plan, size: Size) -> None:
    """The plans that it can be compared with, as files, and the command that compares them."""
    others = {one.name: one.plan for one in shelf.kept(plan) if one.plan != plan}
    if plan.choices:
        others = {"No lever": plan.base, **others}
    if not others:
        return
    st.header("The plans beside it")
    folder = desk().folder
    names = []
    for number, (name, other) in enumerate(others.items()):
        scenario = shelf.named(resolve(folder, other, size), name)
        names.append(f"{scenario.id}.toml")
        st.download_button(
            plain(f"Download: {name}"),
            scenario.canonical_toml(),
            file_name=names[-1],
            mime="application/toml",
            on_click="ignore",
            key=f"take.beside.{number}",
        )
    st.write("With all of them in the folder `scenarios`, this command sets them side by side:")
    mine = f"{resolve(folder, plan, size).id}.toml"
    listed = " ".join(f"scenarios/{name}" for name in (names[0], mine, *names[1:]))
    st.code(f"workforce compare {listed}", language=None, wrap_lines=True)


def _reports(plan: Plan, size: Size, name: str) -> None:
    st.header("Workbook, board paper and slides")
    key = ("take.reports", plan, size)
    ready = st.session_state.get("reports")
    if ready is not None and ready[0] == key:
        st.download_button(
            "Download the reports",
            ready[1],
            file_name=f"{name}-reports.zip",
            mime="application/zip",
            on_click="ignore",
        )
        return
    st.write("Excel, Word and PowerPoint with the charts, made now; it takes some seconds.")
    if st.button("Make the reports"):
        with st.spinner("Writing ..."):
            content = state.wait(desk().reports(st.session_state["visitor"], plan, size))
        st.session_state["reports"] = (key, content)
        st.rerun()
