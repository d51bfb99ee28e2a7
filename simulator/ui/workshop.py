"""The script that Streamlit runs for every click: navigation, and the frame of each page."""

from __future__ import annotations

import streamlit as st

from simulator.ui import state
from simulator.ui.parts import frame
from simulator.ui.room.facilitator import facilitator_page
from simulator.ui.room.participant import participant_page
from simulator.ui.room.parts import FACILITATOR_PATH, PARTICIPANT_PATH
from simulator.ui.views import levers, outlook, start, take_home

st.set_page_config(
    page_title="Clinical informatics workforce",
    page_icon="📈",
    layout="wide",
    initial_sidebar_state=250,
)
state.begin()
pages = {
    "start": st.Page(start.show, title="Start", url_path="start", default=True),
    "outlook": st.Page(outlook.show, title="Outlook", url_path="outlook"),
    "levers": st.Page(levers.show, title="Levers", url_path="levers"),
    "take-home": st.Page(take_home.show, title="Take home", url_path="take-home"),
    "workshop": st.Page(participant_page, title="Workshop", url_path=PARTICIPANT_PATH),
    "facilitator": st.Page(facilitator_page, title="Facilitator", url_path=FACILITATOR_PATH),
}
st.session_state["pages"] = pages
page = st.navigation(list(pages.values()))
frame(page.run)
