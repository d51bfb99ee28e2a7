"""Take away: a page to print, the numbers, how to cite them, and how to make them again."""

from __future__ import annotations

import streamlit as st

from simulator.reports.sheet import COMMAND, Sheet, data_csv, make_sheet, texts_of
from simulator.reports.sheet_page import sheet_docx
from simulator.ui.careers.asked import Asked
from simulator.ui.careers.parts import stored
from simulator.ui.parts import plain

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def show(asked: Asked) -> None:
    """Show the view."""
    sheet = make_sheet(asked.route, asked.pathway, asked.region, asked.year, results=stored())
    name = f"{asked.route.lower().replace('_', '-')}-{asked.region.lower()}-{asked.year}"
    st.header("A page to print")
    st.write(plain(f"{sheet.title}. One side of A4 in Word, for a stand or a noticeboard."))
    left, right = st.columns(2)
    with left:
        if st.button("Make the page", type="primary", key="careers.make"):
            st.session_state["careers.sheet"] = (name, sheet_docx(sheet))
        made = st.session_state.get("careers.sheet")
        if made is not None and made[0] == name:
            st.download_button(
                "Download the page (Word)", made[1], f"{name}.docx", _WORD, on_click="ignore"
            )
    with right:
        st.download_button(
            "Download the numbers (CSV)",
            data_csv(sheet),
            f"{name}.csv",
            "text/csv",
            on_click="ignore",
        )
    _text(sheet)
    st.header("Make it again")
    st.write("The address of this page opens the same route and region. The command:")
    st.code(sheet.command or COMMAND, language=None, wrap_lines=True)
    st.write("To cite it:")
    st.code(sheet.citation, language=None, wrap_lines=True)


def _text(sheet: Sheet) -> None:
    st.header("The text, to copy")
    st.code("\n".join(texts_of(sheet)), language=None, wrap_lines=True)
    st.caption(
        f"A reader of about {sheet.reading_age:.0f} can follow this text (formula of Flesch and "
        "Kincaid; counted, not tried with readers)."
    )
