"""The careers page: a route, a region, and what is known and simulated of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import streamlit as st

from simulator.evidence.routes import Route, load_routes
from simulator.experiments.careers import CareersError, NotKnownError
from simulator.ui.careers import (
    balance,
    cards,
    course,
    openings,
    outcome,
    paths,
    pay,
    seat,
    take,
)
from simulator.ui.careers.asked import VIEWS, Asked, from_query, region_name, regions
from simulator.ui.careers.parts import pathway_row, start_years
from simulator.ui.parts import plain

_SHOWN: Final[dict[str, Callable[[Asked], None]]] = {
    "routes": cards.show,
    "openings": openings.show,
    "outcome": outcome.show,
    "pay": pay.show,
    "paths": paths.show,
    "seat": seat.show,
    "balance": balance.show,
    "course": course.show,
    "take": take.show,
}
_KEYS: Final = {
    "route": "careers.route",
    "region": "careers.region",
    "course": "careers.course",
    "year": "careers.year",
}
_STYLE: Final = "<style>[data-testid=stVegaLiteChart] {overflow-x: auto;}</style>"
"""On a telephone a wide chart is moved with the finger."""
_TABS, _FIRST = "careers.view", "careers.first"


def careers_page() -> None:
    """Show the page."""
    st.html(_STYLE)
    asked, told = from_query(_query(), start_years())
    for words in told:
        st.warning(plain(words))
    st.title("Careers in NHS informatics, data and digital")
    st.write(
        "Choose a way in and a region. See what it asks of you, and what may become of 100 people "
        "who take it. Nobody knows the future: each number has a range, and none is a promise."
    )
    asked = _choose(asked)
    names = list(VIEWS)
    first = st.session_state.setdefault(_FIRST, asked.view)  # another default is another widget
    tabs = st.tabs(list(VIEWS.values()), default=VIEWS[first], key=_TABS, on_change="rerun")
    for name, tab in zip(names, tabs, strict=True):
        if tab.open:
            asked = replace(asked, view=name)
            with tab:
                _one(_SHOWN[name], asked)
    st.query_params.from_dict(asked.query())
    _about()


def _query() -> dict[str, str]:
    """The choice so far: what was clicked, or else what the link says."""
    state = st.session_state
    query = dict(st.query_params)
    for name, key in _KEYS.items():
        if key in state:
            query[name] = str(state[key])
    return query


def _choose(asked: Asked) -> Asked:
    """Ask for a route, one of its courses, a region and a year."""
    routes, years = load_routes(), start_years()
    wide, middle, narrow, last = st.columns([5, 3, 3, 2], vertical_alignment="bottom")
    with wide:
        route = st.selectbox(
            "Route",
            list(routes),
            index=list(routes).index(asked.route),
            format_func=_named,
            key=_KEYS["route"],
        )
    with middle:
        pathway = _course(routes[route], asked.pathway)
    with narrow:
        codes = regions()
        region = st.selectbox(
            "Region",
            codes,
            index=codes.index(asked.region),
            format_func=region_name,
            key=_KEYS["region"],
        )
    year = asked.year
    if years:
        with last:
            year = st.selectbox("Start in", years, index=years.index(year), key=_KEYS["year"])
    return Asked(route, pathway, region, asked.view, year)


def _course(route: Route, pathway: str) -> str:
    """Which of a route's courses; most have one."""
    if len(route.pathways) < 2:
        st.text(f"For {route.for_whom}")
        return route.pathways[0] if route.pathways else ""
    return str(
        st.selectbox(
            "Which course",
            route.pathways,
            index=route.pathways.index(pathway) if pathway in route.pathways else 0,
            format_func=lambda one: str(pathway_row(one)["name"]),
            key=_KEYS["course"],
        )
    )


def _named(route: str) -> str:
    one = load_routes()[route]
    return one.name if one.status == "open" else f"{one.name} ({one.status})"


def _one(show: Callable[[Asked], None], asked: Asked) -> None:
    """Show a view, or say in words why it cannot be."""
    try:
        show(asked)
    except (CareersError, NotKnownError) as error:
        st.error(plain(str(error)))


def _about() -> None:
    with st.expander("What this is, and what it is not for"):
        st.write(
            "For people who choose a course, for those who advise them, and for universities. "
            "Published facts have a source, a year and a grade. Simulated figures are what the "
            "stated assumptions imply; nobody publishes how many people complete most of these "
            "routes, or where they work after. They say nothing about you as a person, and they "
            "are not an offer of a place or a post."
        )
        st.write(
            "*The health industry* in figures on graduates is not *NHS informatics*: it includes "
            "care homes, private firms and every kind of job. This is not a product of the NHS."
        )
