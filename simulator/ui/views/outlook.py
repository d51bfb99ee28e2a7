"""Outlook: what awaits the place, chart by chart, each with a table and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from simulator.charts.figure import BLUE
from simulator.charts.words import GROUP_WORDS, month_name
from simulator.domain.words import GROUPS
from simulator.results.measures import MEASURES
from simulator.ui import readings, specs, words, work
from simulator.ui.errands import Task
from simulator.ui.parts import (
    chart,
    chosen,
    dark,
    first_or_full,
    long_answer,
    plain,
    sidebar,
    size_note,
    table,
)
from simulator.ui.plan import FIRST, Plan, resolve
from simulator.ui.server import desk
from simulator.ui.worker import Answer

if TYPE_CHECKING:
    import pandas as pd

_OF_TRUSTS: Final = ("Teams",)
"""Tabs that only a single trust has."""
_POSTS_A_SECOND: Final = 120
"""Posts of a trust whose fate in 64 futures is followed in a second."""


def show() -> None:
    """Show the page."""
    plan = chosen()
    if plan is None:
        return
    sidebar(plan)
    answer, size = first_or_full(plan)
    what = " with your levers" if plan.choices else " if nothing changes"
    st.title(plain(f"{plan.place.name}{what}"))
    wide = plan.place.level != "trust"
    tabs = [name for name in _TABS if not (wide and name in _OF_TRUSTS)]
    for name, tab in zip(tabs, st.tabs(tabs, key="outlook.tab", on_change="rerun"), strict=True):
        if tab.open:
            with tab:
                _TABS[name](plan, answer)
    size_note(plan, size)


def _staff(plan: Plan, answer: Answer) -> None:
    group = _group_control("outlook.group", ("all", *GROUPS))
    data = readings.fan(answer, "in_post", group, lines=True)
    st.header(plain(words.staff_words(plan, answer, group)))
    st.caption(
        "Full-time equivalents (FTE) at the end of the month. Lines are means; the bands hold "
        f"half, 8 of 10 and 95 of 100 futures. {plain(words.need_doubt(answer))}"
    )
    chart(
        specs.fan(dark(), lines=True, compared=False),
        data,
        readings.fan_ends(data, "staff in post"),
        words=words.staff_alt(plan, answer, group),
        key=f"outlook.staff.{group}",
    )
    table(readings.stock_table(answer, group), "The numbers: mean, and 8 of 10 futures")


def _group_control(key: str, groups: tuple[str, ...]) -> str:
    found = st.segmented_control(
        "Staff group",
        groups,
        format_func=lambda one: GROUP_WORDS[one],
        default=groups[0],
        key=key,
        required=True,
    )
    return str(found)


def _need(plan: Plan, answer: Answer) -> None:
    place = (plan.place.level, plan.place.code)
    scenario = resolve(desk().folder, plan, FIRST[plan.place.level])
    task = Task(work.needed, (scenario, place), plan.place.level, 4, 2.0)
    frame = long_answer(task, "Project need by four methods", at_once=True)
    if frame is None:
        return
    data, ends = readings.methods(frame)
    said = words.method_words(plan, frame)
    st.header(plain(said))
    st.caption(
        "Need in FTE by four methods, each put at today's need, so that they differ by how they "
        "grow. Lines are means over what is doubtful within a method; the band is the spread "
        f"between methods, which no run holds. {plain(words.need_doubt(answer))}"
    )
    chart(specs.methods(dark()), data, ends, words=said, key="outlook.need")
    table(readings.method_table(frame), "The numbers by method")


def _shortfall(plan: Plan, answer: Answer) -> None:
    data = readings.fan(answer, "shortfall")
    st.header(plain(words.gap_words(plan, answer)))
    st.caption("Shortfall: need less staff in post, FTE at the end of the month.")
    chart(
        specs.fan(dark(), lines=False, compared=False),
        data,
        readings.fan_ends(data, "shortfall"),
        words=words.gap_words(plan, answer),
        key="outlook.shortfall",
    )
    table(readings.group_table(answer, "shortfall"), "The numbers by staff group")


def _vacancies(plan: Plan, answer: Answer) -> None:
    data, ends = readings.by_group(answer, "vacancy")
    st.header(plain(words.vacancy_words(plan, answer)))
    st.caption(
        "Vacancy: funded posts less staff in post, FTE at the end of the month. Lines are "
        "means; bands hold 8 of 10 futures."
    )
    chart(
        specs.by_group(dark()),
        data,
        ends,
        words=words.vacancy_words(plan, answer),
        key="outlook.vacancy",
    )
    table(readings.group_table(answer, "vacancy"), "The numbers by staff group")
    table(readings.rounds(answer), "Vacancies and adverts in a year")
    st.header("How long posts stay open")
    frame = _lasting(plan, answer)
    if frame is not None:
        said = words.lasting_words(plan, frame)
        st.subheader(plain(said))
        st.caption(
            "Posts whose holder leaves, moves or is promoted in the first five years, each "
            "followed for 18 months. Bands are 95 % intervals. A post withdrawn before it is "
            "filled counts as open; newly opened posts are not followed."
        )
        curve, names = readings.lasting(frame)
        chart(specs.lasting(dark()), curve, names, words=said, key="outlook.lasting")
        table(readings.lasting_table(frame), "The numbers by staff group, of 100 posts")


def _lasting(plan: Plan, answer: Answer) -> pd.DataFrame | None:
    """How long posts of a trust stay open, once it has been counted."""
    if plan.place.level != "trust":
        st.write("Single posts are followed for a trust: choose one on Start.")
        return None
    size = FIRST["trust"]
    scenario = resolve(desk().folder, plan, size)
    seconds = readings.at(answer, "funded", 0)["mean"] / _POSTS_A_SECOND
    task = Task(work.open_posts, (scenario, size.futures), "trust", size.futures, seconds)
    found: pd.DataFrame | None = long_answer(task, "Count how long posts stay open")
    return found


def _flows(plan: Plan, answer: Answer) -> None:
    years = readings.years(answer)
    year = st.select_slider("Year", years, value=years[min(4, len(years) - 1)], key="outlook.year")
    data = readings.flows(answer, year)
    st.header(plain(words.people_words(plan, answer, year)))
    st.caption("People in twelve months. Bars are means; the dark line holds 8 of 10 futures.")
    chart(
        specs.flows(dark()),
        data,
        None,
        words=words.people_words(plan, answer, year),
        key="outlook.flows",
    )
    table(readings.flow_table(answer, year), "The numbers")
    st.header("Won from and lost to other trusts")
    if plan.place.level == "trust":
        st.write(plain(words.own_moves(answer, year)))
    elif plan.place.level == "england":
        st.write("Two hundred trusts do not fit one picture: choose a region or a care system.")
    else:
        _moves(plan, answer, year)


def _moves(plan: Plan, answer: Answer, year: str) -> None:
    data = readings.moves(answer, year)
    said = words.move_words(plan, data, year)
    st.header(plain(said))
    st.caption("People in twelve months. Bars are means; the dark line holds 8 of 10 futures.")
    if len(data):
        chart(specs.moves(dark()), data, None, words=said, key="outlook.moves")
        table(readings.move_table(data), "The numbers by trust")


def _teams(plan: Plan, answer: Answer) -> None:
    months = readings.months_shown(answer)[1:]
    month = st.segmented_control(
        "After",
        months,
        format_func=lambda one: f"{one // 12} year{'s' * (one > 12)}",
        default=60,
        key="outlook.month",
        required=True,
    )
    when = month_name(str(readings.at(answer, "need", month)["date"]))
    group = _group_control("outlook.team", GROUPS)
    data = readings.bands(answer, group, month)
    said = words.band_words(plan, data, group, when)
    st.header(plain(said))
    st.caption(
        f"People by band. Bars: mean in {when}; the dark line holds 8 of 10 futures; the upright "
        "mark is today."
    )
    if len(data):
        chart(specs.by_band(dark()), data, None, words=said, key=f"outlook.bands.{group}")
    st.header(plain(f"Teams in whole people, now and in {when}"))
    st.caption(
        "A team of three cannot lose 0.4 of a person. People then: as many futures lie above "
        "as below. Odds: how likely at least one post is vacant at that time. Not filled within "
        "six months: of 100 posts that fall vacant in the first five years, with a 95 % interval; "
        "too few: fewer than 30 were seen."
    )
    frame = _lasting(plan, answer)
    if frame is not None:
        st.markdown(f"**{plain(words.slow_words(frame, group))}**")
    found = readings.teams(answer, month, group, frame)
    if len(found):
        st.table(found)


def _cost(plan: Plan, answer: Answer) -> None:
    st.header(plain(words.cost_words(plan, answer)))
    st.caption(
        f"Prices of {answer.price_year}, mean and 8 of 10 futures. Cost to the trust: pay with "
        "employer's National Insurance, pension and levy. Cover of vacancies and cost of levers "
        "rest on assumptions (grade D)."
    )
    measure = st.segmented_control(
        "Cost",
        readings.COSTS,
        format_func=lambda one: MEASURES[one].label,
        default="trust_cost",
        key="outlook.cost",
        required=True,
    )
    data = readings.cost_fan(answer, measure)
    last: Any = data.iloc[-1]
    names = readings.ends(
        [(float(last["mean"]), "mean", BLUE), (float(last["hi80"]), "8 of 10 futures", BLUE)],
        last["date"],
        max(float(data["hi95"].max()), 1e-9),
    )
    st.caption(f"{MEASURES[measure].label}, millions of pounds in the twelve months to each March.")
    chart(
        specs.fan(dark(), lines=False, compared=False, height=300, form=",.1f"),
        data,
        names,
        words=f"{MEASURES[measure].label}: {words.cost_words(plan, answer)}",
        key=f"outlook.cost.{measure}",
    )
    st.table(readings.cost_table(answer))


_TABS: Final[dict[str, Callable[[Plan, Answer], None]]] = {
    "Staff and posts": _staff,
    "Need": _need,
    "Shortfall": _shortfall,
    "Vacancies": _vacancies,
    "Coming and going": _flows,
    "Teams": _teams,
    "Cost": _cost,
}
