"""Openings: posts that come free or are added, year by year, under several scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from simulator.charts.careers import SOON, openings_chart
from simulator.charts.words import GROUP_WORDS
from simulator.domain.words import BANDS, GROUPS
from simulator.experiments.careers import openings
from simulator.reports.plain import between
from simulator.ui.careers.asked import Asked
from simulator.ui.careers.parts import RANGE, draw, pathway_row, simulated, stored, table
from simulator.ui.parts import plain

if TYPE_CHECKING:
    import pandas as pd

KINDS: Final = {
    "growth": "posts added",
    "leavers": "posts of people who left",
    "promotions": "posts of people promoted",
    "openings": "all openings",
    "withdrawn": "vacant posts withdrawn",
    "newly_qualified": "filled by newly qualified",
    "experienced": "filled by experienced people from outside",
    "promoted_in": "filled by promotion",
}


def show(asked: Asked) -> None:
    """Show the view."""
    group, band = _choose(asked)
    frame = openings(stored(), region=asked.region, group=group, band=band)
    base, *others = stored().scenarios
    titles = {base: "If nothing changes", **{name: stored().title(name) for name in others}}
    figure = openings_chart(frame, titles, _what(asked.place, group, band))
    draw(figure, f"careers.openings.{group}.{band}")
    told = [*_sentences(frame, titles), *_new(frame, stored().scenarios[0])]
    st.markdown("\n".join(f"* {plain(one)}" for one in told))
    st.caption(
        "An opening is a post that somebody new to it can take: one that is added, or one whose "
        "holder left the NHS trusts, took a break or retired. Where one band is chosen, posts "
        "of people promoted count too. A move from one trust to another opens no post in England. "
        + RANGE
    )
    table(lambda: _table(frame, titles), "The numbers, by scenario and year")
    simulated(list(titles), "", (), "Three or more scenarios, since no single one is the future.")


def _choose(asked: Asked) -> tuple[str, str]:
    left, right = st.columns([3, 1])
    mine = pathway_row(asked.pathway)["group"] if asked.pathway else "all"
    with left:
        group = st.segmented_control(
            "Staff group",
            ["all", *GROUPS],
            format_func=lambda one: GROUP_WORDS[one],
            default=mine,
            key=f"careers.group.{mine}",
            required=True,
        )
    with right:
        band = st.selectbox(
            "Band",
            ["all", *BANDS],
            format_func=lambda one: "All bands" if one == "all" else f"Band {one}",
            key="careers.band",
        )
    return group, band


def _what(place: str, group: str, band: str) -> str:
    bands = "all bands" if band == "all" else f"band {band}"
    return f"{GROUP_WORDS[group]}, {bands}, {place}"


def _sentences(frame: pd.DataFrame, titles: dict[str, str]) -> list[str]:
    """Openings in the fifth year under each scenario."""
    years = sorted(frame["year"].unique())
    year = years[min(SOON, len(years) - 1)]
    rows = frame.loc[(frame["year"] == year) & (frame["kind"] == "openings")]
    return [
        f"{titles[row.scenario]}: {between(row.low, row.high)} openings in {year} "
        f"({row.mean:,.0f} on average)."
        for row in rows.itertuples()
        if row.scenario in titles
    ]


def _new(frame: pd.DataFrame, base: str) -> list[str]:
    """How many posts the newly qualified fill, if nothing changes."""
    years = sorted(frame["year"].unique())
    year = years[min(SOON, len(years) - 1)]
    here = frame.loc[(frame["scenario"] == base) & (frame["year"] == year)]
    rows: list[Any] = list(here.loc[here["kind"] == "newly_qualified"].itertuples())
    return [
        f"Not all are for you: if nothing changes, people who have just qualified fill "
        f"{between(row.low, row.high)} posts in {year}; the others go to people with experience "
        "or are filled by promotion."
        for row in rows
    ]


def _table(frame: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for (scenario, year), part in frame.groupby(["scenario", "year"], sort=False):
        cells = {
            row.kind: f"{row.mean:,.0f} ({row.low:,.0f} to {row.high:,.0f})"
            for row in part.itertuples()
        }
        rows.append(
            {
                "Scenario": titles[str(scenario)],
                "Year": year,
                **{
                    KINDS[kind][:1].upper() + KINDS[kind][1:]: cells[kind]
                    for kind in KINDS
                    if kind in cells
                },
            }
        )
    return pd.DataFrame(rows).set_index("Scenario")
