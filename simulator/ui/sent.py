"""Files that a visitor sends in, where the server takes them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from simulator.ui.gate import takes_files


def sent(label: str, **given: Any) -> Any:
    """Ask for a file, or say why none is taken.

    Args:
        label: What it is.
        given: As for ``st.file_uploader``.
    """
    if takes_files(st.context.ip_address):
        return st.file_uploader(label, **given)
    st.caption(
        f"{label}: files are taken on the computer that serves this page alone. Whoever started it "
        "can allow them (`workforce app --room --uploads`)."
    )
    return None
