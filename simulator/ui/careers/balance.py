"""Regional balance: openings in each region beside the training that is published there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from simulator.charts.words import GROUP_WORDS
from simulator.domain.words import GROUPS
from simulator.evidence.routes import NOT_PUBLISHED, load_courses
from simulator.experiments.careers import openings
from simulator.ui.careers.asked import ENGLAND, Asked, region_name, regions
from simulator.ui.careers.parts import RANGE, simulated, sources_table, stored, table
from simulator.ui.parts import plain

if TYPE_CHECKING:
    import pandas as pd


def show(asked: Asked) -> None:
    """Show the view."""
    frame = openings(stored(), scenario="england")
    years = list(dict.fromkeys(frame["year"]))
    left, right = st.columns([3, 2])
    with left:
        group = st.segmented_control(
            "Staff group",
            ["all", *GROUPS],
            format_func=lambda one: GROUP_WORDS[one],
            default="all",
            key="careers.balance.group",
            required=True,
        )
    with right:
        year = st.select_slider(
            "Year", years, value=years[min(4, len(years) - 1)], key="careers.balance.year"
        )
    st.subheader(plain(f"{GROUP_WORDS[group]}: demand and supply by region, {year}"))
    rows = frame.loc[(frame["group"] == group) & (frame["band"] == "all") & (frame["year"] == year)]
    st.table(_balance(rows))
    st.caption(
        "Openings and newly qualified: simulated, grade D. The simulation shares out England's "
        "places by the size of each region's trusts, since places by region are not published; "
        "so its supply is no measure of what local courses give. *None seen* does not mean "
        f"that there is no course. {RANGE}"
    )
    _courses(asked)
    simulated(["england"], "", (), "")


def _balance(rows: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    named = load_courses()
    found = []
    for code in regions():
        part = {row.kind: row for row in rows.loc[rows["region"] == code].itertuples()}
        mine = [one for one in named if one.region == code]
        found.append(
            {
                "Region": region_name(code),
                "Openings": _range(part.get("openings")),
                "Filled by newly qualified (simulated)": _range(part.get("newly_qualified")),
                "Places on local courses": _places(code),
                "Courses in our sources": "" if code == ENGLAND else str(len(mine) or "none seen"),
            }
        )
    return pd.DataFrame(found).set_index("Region")


def _range(row: Any) -> str:
    return (
        "too few to say" if row is None else f"{row.mean:,.0f} ({row.low:,.0f} to {row.high:,.0f})"
    )


def _places(code: str) -> str:
    """Places published for a region: a sum of none is not nought, it is not published."""
    places = [one.places for one in load_courses() if one.region == code]
    known = [one for one in places if one is not None]
    return f"{sum(known):,} on {len(known)} courses" if known else NOT_PUBLISHED


def _courses(asked: Asked) -> None:
    import pandas as pd

    mine = [one for one in load_courses() if asked.region in (ENGLAND, one.region)]
    if not mine:
        st.write(plain(f"No course in {asked.place} is named in the evidence."))
        return
    frame = pd.DataFrame(
        [
            {
                "University or trust": one.provider,
                "Course": one.course,
                "Region": region_name(one.region),
                "Places a year": NOT_PUBLISHED if one.places is None else f"{one.places:,}",
                "Year seen": one.year,
                "Source": ", ".join(one.sources),
            }
            for one in mine
        ]
    ).set_index("University or trust")
    table(lambda: frame, f"Courses in {asked.place} that the evidence names (not a full list)")
    with st.expander("Sources of the courses"):
        sources_table(one for course in mine for one in course.sources)
