"""Outlook: what awaits the place, chart by chart, each with a table and a sentence."""

from __future__ import annotations

from typing import Final

import streamlit as st

from simulator.charts.words import GROUP_WORDS, month_name
from simulator.domain.words import GROUPS
from simulator.ui import readings, specs, words
from simulator.ui.parts import (
    chart,
    chosen,
    dark,
    first_or_full,
    plain,
    sidebar,
    size_note,
    table,
)
from simulator.ui.plan import Plan
from simulator.ui.worker import Answer

_TABS: Final = ("Staff and posts", "Shortfall", "Vacancies", "Coming and going", "Teams", "Cost")


def show() -> None:
    """Show the page."""
    plan = chosen()
    if plan is None:
        return
    sidebar(plan)
    answer, size = first_or_full(plan)
    what = " with your levers" if plan.choices else " if nothing changes"
    st.title(plain(f"{plan.place.name}{what}"))
    tabs = _TABS if plan.place.level == "trust" else tuple(t for t in _TABS if t != "Teams")
    shown = {
        "Staff and posts": _staff,
        "Shortfall": _shortfall,
        "Vacancies": _vacancies,
        "Coming and going": _flows,
        "Teams": _teams,
        "Cost": _cost,
    }
    for name, tab in zip(
        tabs, st.tabs(list(tabs), key="outlook.tab", on_change="rerun"), strict=True
    ):
        if tab.open:
            with tab:
                shown[name](plan, answer)
    size_note(plan, size)


def _staff(plan: Plan, answer: Answer) -> None:
    group = st.segmented_control(
        "Staff group",
        ["all", *GROUPS],
        format_func=lambda one: GROUP_WORDS[one],
        default="all",
        key="outlook.group",
        required=True,
    )
    data = readings.fan(answer, "in_post", group, lines=True)
    st.subheader(plain(words.staff_words(plan, answer, group)))
    st.caption(
        "Full-time equivalents (FTE) at the end of the month. Lines are means; the bands hold "
        "half, 8 of 10 and 95 of 100 futures."
    )
    chart(
        specs.fan(dark(), lines=True, compared=False),
        data,
        readings.fan_ends(data, "staff in post"),
        words=words.staff_alt(plan, answer, group),
        key=f"outlook.staff.{group}",
    )
    table(readings.stock_table(answer, group), "The numbers: mean, and 8 of 10 futures")


def _shortfall(plan: Plan, answer: Answer) -> None:
    data = readings.fan(answer, "shortfall")
    st.subheader(plain(words.gap_words(plan, answer)))
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
    st.subheader(plain(words.vacancy_words(plan, answer)))
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


def _flows(plan: Plan, answer: Answer) -> None:
    years = readings.years(answer)
    year = st.select_slider("Year", years, value=years[min(4, len(years) - 1)], key="outlook.year")
    data = readings.flows(answer, year)
    st.subheader(plain(words.people_words(plan, answer, year)))
    st.caption("People in twelve months. Bars are means; the dark line holds 8 of 10 futures.")
    chart(
        specs.flows(dark()),
        data,
        None,
        words=words.people_words(plan, answer, year),
        key="outlook.flows",
    )
    table(readings.flow_table(answer, year), "The numbers")


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
    st.subheader(plain(f"Teams in whole people, now and in {when}"))
    st.caption(
        "A team of three cannot lose 0.4 of a person. People then: as many futures lie above "
        "as below. Odds: how likely at least one post is vacant at that time."
    )
    st.table(readings.teams(answer, month))


def _cost(plan: Plan, answer: Answer) -> None:
    st.subheader(plain(words.cost_words(plan, answer)))
    st.caption(
        f"Prices of {answer.price_year}, mean and 8 of 10 futures. Cost to the trust: pay with "
        "employer's National Insurance, pension and levy. Cover of vacancies and cost of levers "
        "rest on assumptions (grade D)."
    )
    st.table(readings.cost_table(answer))
