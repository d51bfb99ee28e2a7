"""Compare: two to four scenarios side by side, difference first, and what makes the difference."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import streamlit as st

from simulator.charts.parts import waterfall_chart
from simulator.experiments.compare import Comparison
from simulator.experiments.explain import Explanation
from simulator.scenario import Scenario
from simulator.ui import shelf, specs, weighed, words, work
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
from simulator.ui.plan import FIRST, Plan, Size
from simulator.ui.server import desk
from simulator.ui.worker import Answer

MOST: Final = 4
SIZES: Final = {
    "trust": {"Quick": Size(32, 2), "Careful": Size(64, 4)},
    "ics": {"Quick": Size(8, 1), "Careful": Size(32, 2)},
    "region": {"Quick": Size(8, 1), "Careful": Size(32, 2)},
    "england": {"Quick": Size(8, 1), "Careful": Size(32, 1)},
}
_MEASURES: Final = {
    "in_post": "Staff in post",
    "shortfall": "Shortfall",
    "vacancy": "Vacancy",
    "funded": "Funded posts",
    "need": "Need",
}


def show() -> None:
    """Show the page."""
    plan = chosen()
    if plan is None:
        return
    sidebar(plan)
    st.title(plain(f"Plans for {plan.place.name}, side by side"))
    _keeping(plan)
    answer, _ = first_or_full(plan.base)
    found = _choose(plan)
    if found is None:
        return
    scenarios, size = found
    place = (plan.place.level, plan.place.code)
    seconds = run_seconds(answer, plan, size) * len(scenarios)
    task = Task(work.compared, (scenarios, place), plan.place.level, len(scenarios), seconds)
    comparison = long_answer(task, "Compare them")
    if comparison is not None:
        _differences(comparison)
        _parts(plan, scenarios, comparison, run_seconds(answer, plan, size))
    st.caption(NOT_FOR)


def run_seconds(answer: Answer, plan: Plan, size: Size) -> float:
    """About how long one run of a size takes, from the run of the answer."""
    futures = answer.futures.values.shape[-1]
    first = FIRST[plan.place.level].futures
    return float(max(0.15, answer.seconds * max(size.futures, first / 2) / max(futures, 1)))


def _keeping(plan: Plan) -> None:
    """Keep the plan under a name, and drop kept ones."""
    held = shelf.kept(plan)
    with st.expander(f"Keep this plan as ... ({len(held)} kept for this place)"):
        with st.form("keep", clear_on_submit=True):
            name = st.text_input("Name", max_chars=shelf.NAME)
            note = st.text_input("Note: why this plan?", max_chars=shelf.NOTE)
            pressed = st.form_submit_button("Keep")
        if pressed:
            wrong = shelf.keep(name, note, plan)
            if not wrong:
                st.rerun()
            st.error(wrong)
        for one in held:
            left, right = st.columns([6, 1], vertical_alignment="center")
            levers = words.lever_list(one.plan)
            left.markdown(f"**{plain(one.name)}**: {plain(levers)}  \n{plain(one.note)}")
            right.button("Drop", key=f"drop.{one.name}", on_click=shelf.drop, args=(one,))
        st.caption("Plans are kept until you close the page, and nobody else sees them.")


def _choose(plan: Plan) -> tuple[tuple[Scenario, ...], Size] | None:
    """What is compared, and at which size; nothing while fewer than two are chosen."""
    folder, level = desk().folder, plan.place.level
    left, right = st.columns([5, 1.4])
    with right:
        kind = str(
            st.radio(
                "How careful",
                list(SIZES[level]),
                captions=[f"{one.futures} futures each" for one in SIZES[level].values()],
                key="compare.size",
            )
        )
    size = SIZES[level][kind]
    offered = shelf.shelf(folder, plan, size)
    usual: list[str] = [key for key in (shelf.NONE, shelf.NOW) if key in offered]
    usual += [f"kept:{one.name}" for one in shelf.kept(plan) if one.plan != plan]
    with left:
        picked = st.multiselect(
            "Two to four; the others are compared with the first",
            list(offered),
            default=usual[:MOST],
            format_func=lambda key: plain(offered[key]),
            max_selections=MOST,
            key=f"compare.picked.{plan.place.code}.{len(shelf.kept(plan))}.{bool(plan.choices)}",
        )
    if len(picked) < 2:
        st.info(
            "Choose another one. Set levers on Levers to have a plan of your own; scenarios of the "
            "library that cannot be had for this place are not listed."
        )
        return None
    return tuple(shelf.scenario(key, folder, plan, size) for key in picked), size


def _differences(found: Comparison) -> None:
    measure = st.segmented_control(
        "Show",
        list(_MEASURES),
        format_func=_MEASURES.__getitem__,
        default="in_post",
        key="compare.measure",
        required=True,
    )
    said = [words.gain_words(found, name, measure) for name in found.others]
    for sentence in said:
        st.header(plain(sentence))
    st.caption(
        f"Mean of the paired differences from {plain(weighed.bare(found.first))}, FTE, with its "
        f"95 % interval; {found.replications} futures of each, with the same luck in all."
    )
    data, ends = weighed.gains(found, measure)
    chart(specs.gains(dark()), data, ends, words=" ".join(said), key=f"compare.{measure}")
    table(weighed.gain_table(found, measure), "The differences by year", open_=True)
    table(weighed.gain_measures(found), "The differences by measure, after ten years")
    for note in found.notes:
        st.caption(plain(f"{note[0].upper()}{note[1:]}."))


def _parts(plan: Plan, scenarios: tuple[Scenario, ...], found: Comparison, seconds: float) -> None:
    st.header("Which lever does it?")
    names = list(found.others)
    one, two, three = st.columns(3)
    name = one.selectbox(
        "Of the scenario", names, format_func=lambda key: plain(weighed.bare(found.others[key]))
    )
    measure = two.selectbox("In", list(_MEASURES), format_func=_MEASURES.__getitem__)
    second = scenarios[1 + names.index(name)]
    runs = _runs(scenarios[0], second)
    if isinstance(runs, str):
        st.info(plain(runs))
        return
    place = (plan.place.level, plan.place.code)
    args = (scenarios[0], second, place, str(measure))
    task = Task(work.explained, args, plan.place.level, runs, seconds * runs)
    explanation: Explanation | None = long_answer(task, "Split the difference by lever")
    if explanation is None:
        return
    months: list[Any] = sorted(explanation.table["month"].unique())
    month = three.selectbox(
        "After", months, index=len(months) // 2, format_func=lambda m: f"{m // 12} years"
    )
    named = replace(
        explanation,
        first=weighed.bare(explanation.first),
        second=weighed.bare(explanation.second),
    )
    drawn = waterfall_chart(named, measure=str(measure), place=plan.place.code, month=int(month))
    figure(drawn, f"compare.parts.{name}.{measure}.{month}", drop=("begin", "end"))
    table(
        weighed.part_table(named, str(measure), plan.place.code, int(month)),
        "The parts: they add up exactly",
        open_=True,
    )


def _runs(first: Scenario, second: Scenario) -> int | str:
    """Simulations that it takes to split a difference, or why it cannot be split."""
    from simulator.experiments.compare import NotComparableError
    from simulator.experiments.explain import find_edits

    try:
        edits = len(find_edits(first, second))
    except NotComparableError as error:
        return "; ".join(one.message for one in error.problems)
    return 2 if edits == 1 else 4 if edits == 2 else 2 * edits + 2
