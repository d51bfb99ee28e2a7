"""Route cards: what is published about each way in, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from simulator.charts.words import month_name
from simulator.evidence.routes import FIELDS, HEADCOUNT, TAGS, Route, load_routes
from simulator.evidence.tables import table_rows
from simulator.ui.careers.asked import Asked
from simulator.ui.careers.parts import GRADES, sources_table, table
from simulator.ui.parts import plain

if TYPE_CHECKING:
    import pandas as pd

_MARKS: Final = {
    "open": "● Open",
    "funding cut": "▲ Funding cut",
    "closed": "■ Closed",
    "no programme found": "■ No programme found",
    "not known": "? Not known whether open",
}


def show(asked: Asked) -> None:
    """Show the card of the route chosen, then all routes, then registers and bodies."""
    _card(asked.card)
    _history(asked.card)
    _all()
    _bodies()


def _card(route: Route) -> None:
    st.header(plain(route.name))
    st.markdown(f"**{plain(_MARKS[route.status])}** {plain(route.status_note)}")
    st.markdown(f"**{plain(HEADCOUNT[route.net_new])}**")
    st.table(_facts(route))
    st.caption(
        f"{plain(route.kind.capitalize())}, {plain(_level(route.level))}. Offered by "
        f"{plain(route.provider)}. Checked in {month_name(route.checked)}. "
        "*Not published* means: looked for, and not found."
    )
    with st.expander("Where this comes from"):
        st.caption(f"Grades of evidence: {GRADES}")
        ids = [one for field in FIELDS for one in route.fact(field).sources]
        sources_table([*ids, *route.sources])


def _level(level: str) -> str:
    return level if level.startswith("no ") else f"level {level}"


def _facts(route: Route) -> pd.DataFrame:
    """Facts of a card with year, source and grade."""
    import pandas as pd

    rows = []
    for field, words in FIELDS.items():
        fact = route.fact(field)
        told = fact.value if fact.known else f"*{fact.value}*"
        rows.append(
            {
                words: plain(told).replace("\\*", "*"),
                "Year": plain(fact.year),
                "Source and grade": _basis(fact.sources, fact.grade, fact.tag),
                "Beware": plain(fact.note),
            }
        )
    heads = ["What is published", "Year", "Source and grade", "Beware"]
    frame = pd.DataFrame([list(row.values()) for row in rows], columns=heads)
    frame.index = pd.Index(list(FIELDS.values()), name="What")
    return frame


def _basis(sources: tuple[str, ...], grade: str, tag: str) -> str:
    if not sources or tag == "NF":
        return ", ".join(sources)
    return f"{', '.join(sources)}; {grade}, {TAGS[tag]}"


def _history(route: Route) -> None:
    import pandas as pd

    if not route.intakes:
        return
    frame = pd.DataFrame(
        [
            {
                "Year": one.year,
                "Counted": one.of,
                "Places or starters": "" if one.places is None else f"{one.places:,}",
                "Applicants": "not published" if one.applicants is None else f"{one.applicants:,}",
                "Beware": one.note,
                "Source": f"{one.source}, {TAGS[one.tag]}",
            }
            for one in route.intakes
        ]
    ).set_index("Year")
    table(lambda: frame, "Places and applicants year by year")


def _all() -> None:
    import pandas as pd

    frame = pd.DataFrame(
        [
            {
                "Route": one.name,
                "For": one.for_whom,
                "Status": _MARKS[one.status],
                "Months": one.fact("months").value,
                "Applicants a place": one.fact("per_place").value,
                "Adds people": one.net_new,
            }
            for one in load_routes().values()
        ]
    ).set_index("Route")
    table(lambda: frame, f"All {len(frame)} routes side by side")


def _bodies() -> None:
    import pandas as pd

    frame = pd.DataFrame(
        [
            {
                "Body": row["body"],
                "What it is": row["type"] or "not published",
                "Levels": row["levels"],
                "Members or registrants": row["number"] or "not published",
                "As of": row["as_of"],
                "Beware": row["note"],
                "Source": row["source_id"],
            }
            for row in table_rows("registration_bodies")
        ]
    ).set_index("Body")
    table(lambda: frame, "Registers and professional bodies")
