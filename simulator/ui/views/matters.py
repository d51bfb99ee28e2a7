"""What matters: what moves a number most, what a target would take, what holds up everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from simulator.charts.parts import tornado_chart
from simulator.charts.words import month_name
from simulator.experiments.questions import Goal
from simulator.experiments.robust import Robustness, read_futures
from simulator.experiments.seek import Found
from simulator.experiments.variants import varying
from simulator.scenario.dates import month_after
from simulator.ui import readings, shelf, specs, weighed, words, work
from simulator.ui.dials import DIALS, offered
from simulator.ui.errands import Task
from simulator.ui.parts import (
    NOT_FOR,
    chart,
    chosen,
    dark,
    figure,
    first_or_full,
    long_answer,
    plain,
    sidebar,
    table,
)
from simulator.ui.plan import FIRST, OPENING, Choice, Plan, resolve
from simulator.ui.server import desk
from simulator.ui.views.compare import MOST, run_seconds
from simulator.ui.worker import Answer

_MEASURES: Final = {
    "shortfall": "Shortfall",
    "vacancy": "Vacancy",
    "in_post": "Staff in post",
    "need": "Need",
}
_YEARS: Final = {12 * year: f"{year} years" for year in (5, 10, 15)}
_FUTURES: Final = "futures/need.toml"
_START: Final = "2027-04"


def show() -> None:
    """Show the page."""
    plan = chosen()
    if plan is None:
        return
    sidebar(plan)
    st.title(plain(f"What matters for {plan.place.name}?"))
    answer, _ = first_or_full(plan)
    names = list(_TABS)
    for name, tab in zip(names, st.tabs(names, key="matters.tab", on_change="rerun"), strict=True):
        if tab.open:
            with tab:
                _TABS[name](plan, answer)
    st.caption(NOT_FOR)


def _after(where: Any, key: str) -> int:
    """Month that a question is about."""
    found = where.selectbox(
        "After", list(_YEARS), format_func=_YEARS.__getitem__, key=f"{key}.when"
    )
    return int(found)


# What moves it


def _moving(plan: Plan, answer: Answer) -> None:
    st.write(
        "Each uncertain parameter is put at its lowest and its highest, and each of your levers is "
        "left out, one at a time, with the same luck."
    )
    left, right = st.columns(2)
    measure = str(
        left.selectbox(
            "Number", list(_MEASURES), format_func=_MEASURES.__getitem__, key="moving.what"
        )
    )
    month = _after(right, "moving")
    size = FIRST[plan.place.level]
    scenario = resolve(desk().folder, plan, size)
    runs = 1 + 2 * len(varying(scenario)) + len(scenario.lever)
    seconds = runs * run_seconds(answer, plan, size)
    args = (scenario, plan.place.code, measure, month_after(OPENING, month))
    task = Task(work.moving, args, plan.place.level, runs, seconds)
    found = long_answer(task, "Find what moves it most")
    if found is not None:
        titles = {one.kind.replace("_", "-"): DIALS[one.kind].label for one in plan.choices}
        swings = [replace(one, name=titles.get(one.name, one.name)) for one in found.swings]
        found = replace(found, swings=tuple(swings))
        drawn = tornado_chart(found)
        figure(drawn, f"matters.moving.{measure}.{month}")
        table(weighed.swing_table(found), "The numbers: change from everything as stated")


# What it would take


def _taking(plan: Plan, answer: Answer) -> None:
    st.write(
        "How much of one lever brings the shortfall below a target, often enough? Your other "
        "levers stay as they are."
    )
    one, zero, two, three = st.columns(4)
    month = _after(zero, "taking")
    kind = str(
        one.selectbox(
            "Lever",
            offered(plan.place.level),
            format_func=lambda key: DIALS[key].label,
            key="taking.lever",
        )
    )
    goal = _target(two, answer, month, f"taking.goal.{plan.place.code}.{month}")
    often = three.slider("In how many of 100 futures", 50, 95, 80, 5, key="taking.often") / 100
    dial = DIALS[kind]
    scenario = resolve(desk().folder, _with(plan, kind), FIRST[plan.place.level])
    ends = sorted((dial.value(0), dial.value(dial.most)))
    about = (plan.place.code, "shortfall", month_after(OPENING, month))
    lever = kind.replace("_", "-")
    args = (scenario, lever, (ends[0], ends[1]), dial.most, goal, often, about)
    runs = 3 + 3 * dial.most.bit_length()
    seconds = runs * run_seconds(answer, plan, FIRST[plan.place.level])
    task = Task(work.sought, args, plan.place.level, runs, seconds)
    found: Found | None = long_answer(task, "Find out what it would take")
    if found is None:
        return
    said = words.seek_words(found, kind)
    st.header(plain(said))
    st.caption(
        f"Of 100 futures, those with a shortfall {plain(goal.words)} FTE, by amount of the lever; "
        f"lines are 95 % intervals. Without it: {plain(found.without.text('.0%'))}. It begins in "
        f"{month_name(scenario.lever[-1].start)}."
    )
    data = weighed.tried(found, kind)
    if len(data):
        chart(
            specs.dots(dark(), "share of futures that meet it", form=".0%"),
            data,
            None,
            words=said,
            key="matters.taking",
        )
        table(weighed.tried_table(data), "The amounts that were tried")


def _target(where: Any, answer: Answer, month: int, key: str) -> Goal:
    row = readings.at(answer, "shortfall", month)
    usual = float(max(1, round(0.9 * float(row["mean"]))))
    bound = where.number_input("Shortfall below, FTE", -9_999.0, 99_999.0, usual, 1.0, key=key)
    return Goal(float(bound))


def _with(plan: Plan, kind: str) -> Plan:
    """A plan in which a lever is as strong as its dial allows, last in the list."""
    dial = DIALS[kind]
    now = {one.kind: one for one in plan.choices}.get(kind)
    one = now or Choice(kind, dial.most, _START, dial.lasts)
    others = tuple(other for other in plan.choices if other.kind != kind)
    return replace(plan, choices=(*others, replace(one, amount=dial.most)))


# What holds up


def _holding(plan: Plan, answer: Answer) -> None:
    st.write(
        "Plans are set against futures that nobody decides: each uncertain parameter among its "
        "lowest and its highest third, and two named futures. Regret is how much worse a plan does "
        "than the best plan in the same future."
    )
    folder, size = desk().folder, FIRST[plan.place.level]
    listed = shelf.shelf(folder, plan, size)
    left, middle, right = st.columns([3, 1, 1])
    month = _after(middle, "holding")
    usual: list[str] = [key for key in (shelf.NONE, shelf.NOW) if key in listed]
    picked = left.multiselect(
        "Two to four plans",
        list(listed),
        default=usual,
        format_func=lambda key: plain(listed[key]),
        max_selections=MOST,
        key=f"holding.picked.{plan.place.code}.{bool(plan.choices)}",
    )
    goal = _target(right, answer, month, f"holding.goal.{plan.place.code}.{month}")
    named = st.toggle("Also slow need, and two months more for approval", True, key="holding.named")
    if len(picked) < 2:
        st.info("Choose another plan: keep plans on Compare, or take one of the library.")
        return
    scenarios = tuple(shelf.scenario(key, folder, plan, size) for key in picked)
    futures = len(read_futures(folder / _FUTURES)) if named else 0
    runs = len(scenarios) * (1 + futures)
    about = (plan.place.code, "shortfall", month_after(OPENING, month))
    args = (scenarios, goal, about, _FUTURES if named else "")
    seconds = 3.0 + runs * run_seconds(answer, plan, size)
    task = Task(work.weighed, args, plan.place.level, runs, seconds)
    found: Robustness | None = long_answer(task, "Weigh them")
    if found is not None:
        _verdicts(found)


def _verdicts(found: Robustness) -> None:
    said = words.robust_words(found)
    st.header(plain(said))
    st.caption(
        f"Acceptable: {plain(found.question.words)}, {plain(found.goal.words)}. Lines are 95 % "
        "intervals over the draws."
    )
    chart(
        specs.dots(dark(), "share of futures in which it is acceptable", form=".0%"),
        weighed.acceptable(found),
        None,
        words=said,
        key="matters.holding",
    )
    table(weighed.verdict_table(found), "How each plan stands", open_=True)
    table(weighed.regret_table(found), "Regret of each plan in each future, FTE")


_TABS: Final[dict[str, Callable[[Plan, Answer], None]]] = {
    "What moves it most": _moving,
    "What it would take": _taking,
    "What holds up": _holding,
}
