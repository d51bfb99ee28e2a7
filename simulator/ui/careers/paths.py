"""Paths and stories: bands after five and ten years, and ten simulated careers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from simulator.charts.careers import paths_chart
from simulator.experiments.careers import paths, sample_careers
from simulator.ui.careers.asked import ENGLAND, Asked
from simulator.ui.careers.parts import (
    RANGE,
    TOO_FEW,
    draw,
    not_simulated,
    pathway_row,
    simulated,
    stored,
    table,
)
from simulator.ui.parts import plain

if TYPE_CHECKING:
    import pandas as pd


def show(asked: Asked) -> None:
    """Show the view."""
    if not asked.pathway:
        not_simulated(asked.card.name, asked.card.net_new)
        return
    frame = paths(asked.pathway, asked.region, results=stored())
    name = str(pathway_row(asked.pathway)["name"])
    if frame.empty or bool(frame.loc[frame["years"] == 0, "too_few"].all()):
        st.info("Too few people on this route found a post here to say. Choose England.")
    else:
        draw(paths_chart(frame, f"{name}, {asked.place}"), "careers.paths")
        st.caption(
            "Of 100 people of this route who found an NHS post. Left: they went to other work, or "
            f"out of the NHS trusts. {RANGE}"
        )
        table(lambda: _table(frame), "The numbers, from band to band")
    _stories(asked)
    simulated(["england"], asked.pathway, pathway_row(asked.pathway)["sources"].split(";"), "")


def _stories(asked: Asked) -> None:
    st.subheader("Ten simulated careers")
    st.caption(
        "Invented people: each is one life of the simulation, picked by chance and not by how well "
        "it went. Nobody real is meant."
    )
    stories = sample_careers(asked.pathway, 10, region=_region(asked.region), results=stored())
    if not stories:
        st.info("No career of this route is stored for this region. Choose England.")
    for left, right in zip(stories[::2], [*stories[1::2], None], strict=False):
        for column, one in zip(st.columns(2), (left, right), strict=True):
            if one is not None:
                with column.container(border=True):
                    st.markdown(f"**{plain(one.title)}**")
                    st.write(plain(one.text))


def _region(code: str) -> str | None:
    return None if code == ENGLAND else code


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame.assign(
        first=[f"Band {one}" for one in frame["from_band"]],
        then=[place(str(one)) for one in frame["to"]],
        of=[
            TOO_FEW if few else f"{of:.0f} ({low:.0f} to {high:.0f})"
            for of, low, high, few in zip(
                frame["of_100"], frame["low"], frame["high"], frame["too_few"], strict=True
            )
        ],
    )
    names = {
        "first": "First post",
        "years": "Years after",
        "then": "Where they are",
        "of": "Of 100 (8 of 10 futures)",
        "people": "Simulated people",
    }
    return rows[list(names)].rename(columns=names).set_index("First post")


def place(code: str) -> str:
    """Where somebody is, in words."""
    words = {"left": "Left", "retired": "Retired", "on_break": "On a break"}
    return words.get(code, f"Band {code.removeprefix('band_')}")
