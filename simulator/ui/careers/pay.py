"""Pay: what each band pays, and what those who found a post earn over fifteen years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from simulator.charts.careers import pay_chart
from simulator.experiments.careers import pay_fan, pay_points
from simulator.reports.sheet import LONDON, ZONES
from simulator.ui.careers.asked import ENGLAND, Asked
from simulator.ui.careers.parts import draw, not_simulated, pathway_row, simulated, stored, table
from simulator.ui.parts import plain

if TYPE_CHECKING:
    import pandas as pd

_OF_REGION: Final = {
    ENGLAND: ("none", "fringe", "outer", "inner"),
    LONDON: ("inner", "outer"),
    "Y59": ("none", "fringe"),
    "Y61": ("none", "fringe"),
}
"""Pay zones that a region has; the others have none."""


def show(asked: Asked) -> None:
    """Show the view."""
    zones = _OF_REGION.get(asked.region, ("none",))
    london = st.segmented_control(
        "Where the post is",
        zones,
        format_func=lambda one: ZONES[one],
        default=zones[0],
        key=f"careers.london.{'.'.join(zones)}",
        required=True,
    )
    points = pay_points(london=london)
    if asked.pathway:
        fan = pay_fan(asked.pathway, london, region=asked.region, results=stored())
        _fan(asked, fan, london)
    else:
        not_simulated(asked.card.name, asked.card.net_new)
    st.subheader(plain(f"Pay by band, {points['year'].iloc[0]}, {ZONES[london]}"))
    st.table(_points(points))
    st.caption(
        "Agenda for Change, pounds a year before tax, full-time. Each band has an entry point; "
        "most have a middle and a top point, reached by years in the band."
    )
    simulated(
        ["england"] if asked.pathway else [],
        asked.pathway,
        {one for cell in points["source"] for one in str(cell).split(";")},
        f"Pay points: grade {points['grade'].iloc[0]}. Pay over the years: prices of "
        f"{points['year'].iloc[0]}, no rise with inflation, so only band and years count.",
    )


def _fan(asked: Asked, fan: pd.DataFrame, london: str) -> None:
    sound = fan.loc[~fan["too_few"]]
    if len(sound) < 2:
        st.info("Too few people on this route are simulated here to say. Choose England.")
        return
    name = str(pathway_row(asked.pathway)["name"])
    year = str(fan.attrs["price_year"])
    figure = pay_chart(sound, f"{name}, {asked.place}, {ZONES[london]}", year)
    draw(figure, f"careers.pay.{london}")
    st.caption(
        "Only people who found an NHS post, and only while they hold one: those who left are not "
        "in the picture, so this is not what 100 entrants earn."
    )
    table(lambda: _fan_table(fan), "The numbers by year")


def _fan_table(fan: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    each: list[Any] = list(fan.itertuples())
    rows = [
        {
            "Years since the first post": f"{row.years:g}",
            "The middle one of 100": "too few to say" if row.too_few else f"£{row.p50:,.0f}",
            "The middle 80 of 100": "" if row.too_few else f"£{row.p10:,.0f} to £{row.p90:,.0f}",
            "Still in an NHS post, of 100": f"{100 * row.in_post:.0f}",
            "Simulated people": f"{row.people:,}",
        }
        for row in each
    ]
    return pd.DataFrame(rows).set_index("Years since the first post")


def _points(points: pd.DataFrame) -> pd.DataFrame:
    """Entry, intermediate and top of each band, in pounds."""
    wide = points.pivot_table(
        index="band", columns="point", values="with_london", aggfunc="first", sort=False
    )
    names = {"entry": "Entry", "intermediate": "Middle", "top": "Top"}
    wide = wide[[one for one in names if one in wide.columns]].rename(columns=names)
    wide.index = wide.index.rename("Band")
    return wide.map(lambda one: f"£{one:,.0f}" if one > 0 else "")
