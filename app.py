"""The workshop page: ``streamlit run app.py``, or ``workforce app``."""

import streamlit as st

from simulator.ui.server import MIDDLEWARE, SCRIPT, lifespan

app = st.App(SCRIPT, lifespan=lifespan, middleware=MIDDLEWARE)
