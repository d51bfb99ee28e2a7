"""Take home: the scenario as a file, the command that gives the same numbers, and the tables."""

from __future__ import annotations

import streamlit as st

from simulator.experiments.variants import law_digest
from simulator.ui import readings, state
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
        f"The file holds the place, the levers and the size of the run on screen: {size.words()}. "
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
    st.header("The tables")
    st.write("All numbers behind the charts, as CSV: statistics by month or year.")
    columns = st.columns(len(answer.tables))
    for column, table in zip(columns, answer.tables, strict=True):
        column.download_button(
            f"{readings.TABLE_WORDS[table]} (CSV)",
            readings.csv_text(answer, table),
            file_name=f"{scenario.id}-{table}.csv",
            mime="text/csv",
            on_click="ignore",
            key=f"take.{table}",
        )
    _reports(plan, size, scenario.id)
    st.header("The link")
    st.write("The address of this page opens the same place and levers on another laptop.")
    st.caption(plain(f"Law digest {law_digest(scenario)[:16]}, seed {scenario.seed}."))
    size_note(plan, size)


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
