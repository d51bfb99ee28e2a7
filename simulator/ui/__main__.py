"""Serve the page: ``python -m simulator.ui``, which ``workforce app`` does too."""

from __future__ import annotations

import sys

import streamlit as st

from simulator.ui.server import MIDDLEWARE, SCRIPT, lifespan

app = st.App(SCRIPT, lifespan=lifespan, middleware=MIDDLEWARE)

if __name__ == "__main__":
    address, port = sys.argv[1:3]
    sys.argv[1:] = []
    given = {"server.address": address, "server.port": int(port)}
    # The command says where the page is; the welcome asks a host outside for this one's address.
    app.run(config={**given, "logger.hideWelcomeMessage": True})
