"""The script that Streamlit runs for every click: navigation, and the frame of each page."""

from __future__ import annotations

import streamlit as st

from simulator.ui import state
from simulator.ui.careers import CAREERS_PATH
from simulator.ui.parts import frame
from simulator.ui.room.facilitator import facilitator_page
from simulator.ui.room.participant import participant_page
from simulator.ui.room.parts import FACILITATOR_PATH, PARTICIPANT_PATH
from simulator.ui.views import (
    assumptions,
    compare,
    levers,
    matters,
    method,
    outlook,
    peers,
    start,
    take_home,
    your_numbers,
)


def careers() -> None:
    """The careers page, read when somebody comes: planners do not wait for it."""
    from simulator.ui.careers.page import careers_page

    careers_page()


st.set_page_config(
    page_title="Clinical informatics workforce",
    page_icon="📈",
    layout="wide",
    initial_sidebar_state=250,
)
state.begin()
pages = {
    "start": st.Page(start.show, title="Start", url_path="start", default=True),
    "your-numbers": st.Page(your_numbers.show, title="Your numbers", url_path="your-numbers"),
    "outlook": st.Page(outlook.show, title="Outlook", url_path="outlook"),
    "levers": st.Page(levers.show, title="Levers", url_path="levers"),
    "compare": st.Page(compare.show, title="Compare", url_path="compare"),
    "matters": st.Page(matters.show, title="What matters", url_path="matters"),
    "peers": st.Page(peers.show, title="Peers", url_path="peers"),
    "method": st.Page(method.show, title="Method and quality", url_path="method"),
    "assumptions": st.Page(assumptions.show, title="Assumptions", url_path="assumptions"),
    "take-home": st.Page(take_home.show, title="Take home", url_path="take-home"),
    "workshop": st.Page(participant_page, title="Workshop", url_path=PARTICIPANT_PATH),
    "facilitator": st.Page(facilitator_page, title="Facilitator", url_path=FACILITATOR_PATH),
    "careers": st.Page(careers, title="Careers", url_path=CAREERS_PATH),
}
sections = {
    "For planners": (
        "start",
        "your-numbers",
        "outlook",
        "levers",
        "compare",
        "matters",
        "peers",
        "assumptions",
        "take-home",
        "method",
    ),
    "For a room": ("workshop", "facilitator"),
    "For students": ("careers",),
}
st.session_state["pages"] = pages
page = st.navigation(
    {head: [pages[name] for name in names] for head, names in sections.items()}, expanded=True
)
frame(page.run)
