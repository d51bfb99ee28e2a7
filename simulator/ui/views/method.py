"""Method and quality: the law in pictures, and whether the program keeps it and fits the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import streamlit as st

from simulator.charts.words import month_name
from simulator.experiments.crosscheck import CrossCheck
from simulator.experiments.stories import Story
from simulator.ui import drawings, ranked, readings, work
from simulator.ui.errands import Task
from simulator.ui.parts import (
    NOT_FOR,
    chosen,
    dark,
    first_or_full,
    long_answer,
    plain,
    sidebar,
    table,
)
from simulator.ui.plan import FIRST, Plan, resolve
from simulator.ui.server import desk
from simulator.ui.worker import Answer

if TYPE_CHECKING:
    import pandas as pd

_STORIES: Final = 20
_WIDTH: Final = 560
"""Width of a drawing, pixels; narrower where the page is."""
LIMITS: Final = (
    (
        "Supply",
        "How many experienced people look for such posts, how fast they grow and how long they "
        "look, nobody publishes: assumptions, grade D. Vacancy more than five years out hangs on "
        "them more than on anything measured.",
    ),
    (
        "Nothing gives way",
        "Pay, plans and funded posts do not respond to vacancy, and candidates do not respond to a "
        "tight market. Vacancy far above the published 7.1 % of 2022 shows a conflict between "
        "assumptions.",
    ),
    (
        "Trusts are more alike than in life",
        "Size is a trust's own; bands, rates and tightness are national shares with a drawn "
        "factor, until a trust loads its own numbers.",
    ),
    (
        "Ranges are too narrow",
        "They hold the parameters that vary and chance; not the parameters held fixed, nor the "
        "form of the model.",
    ),
    (
        "No back-test by trust, group and band",
        "Published series do not hold such staff by trust and band over time; history tests the "
        "model only for England as a whole.",
    ),
    (
        "Agreement of two engines is not validity",
        "They share the law, the inputs and the census: they show that the program does what the "
        "law says, not that the law is right.",
    ),
)
"""What is not shown, as in the validation document."""


def show() -> None:
    """Show the page."""
    plan = chosen()
    if plan is None:
        return
    sidebar(plan)
    st.title("Method and quality")
    answer, _ = first_or_full(plan)
    names = list(_TABS)
    for name, tab in zip(names, st.tabs(names, key="method.tab", on_change="rerun"), strict=True):
        if tab.open:
            with tab:
                _TABS[name](plan, answer)
    st.caption(NOT_FOR)


def _law(_: Plan, __: Answer) -> None:
    st.header("Every month passes through seven stages, in this order")
    _draw(drawings.month(dark()))
    st.write(
        "Within a stage, choices are made against the state at its start and take effect together. "
        "Nobody moves twice in a month. Each random number belongs to a named person, post or "
        "trainee, so that a lever leaves the luck of all others as it was."
    )
    st.header("The life of a post")
    _draw(drawings.post(dark()))
    st.write(
        "A holder leaves, moves or is promoted, and the post falls vacant. It waits for approval, "
        "is offered inside to the band below, and else advertised; an advert that finds nobody is "
        "followed by another. The document on the method states all of it to the last tie-break."
    )


def _draw(found: drawings.Drawing) -> None:
    st.image(found.svg, alt=found.words, width=_WIDTH)


def _world(plan: Plan, _: Answer) -> None:
    st.write(
        "England is run from March 2020, when its staff were published, and twice from the "
        "present, and set beside what has been published. A figure that was put into the model "
        "must come out again and is called input; only a test can speak for or against the model."
    )
    task = Task(work.against_the_world, (str(desk().folder),), "england", 3, 60.0)
    frame: pd.DataFrame | None = long_answer(task, "Check against what has been published")
    if frame is None:
        return
    seen = frame.loc[frame["verdict"] != "not observable"]
    tests, failed = seen.loc[seen["test"]], seen.loc[seen["failed"]]
    st.header(
        f"{len(tests)} tests and {len(seen) - len(tests)} inputs: {len(failed)} of them failed, "
        f"{int((seen['verdict'] == 'warn').sum())} warn"
    )
    for scenario in dict.fromkeys(seen["scenario"]):
        part = seen.loc[seen["scenario"] == scenario]
        st.markdown(f"**{plain(str(scenario))}**")
        st.table(ranked.check_table(part))
    st.caption(
        "Pass: the mean lies in the range of the evidence. Warn: it does not, but some of 8 in 10 "
        "futures do. Fail: none does. Letters are grades of evidence, from A official to D assumed."
    )


def _engines(plan: Plan, answer: Answer) -> None:
    st.write(
        "Two programs follow one law and share no code of it: one follows each person and post in "
        "SimPy, the other moves all futures at once in NumPy. Every whole number of every month, "
        "and every spell of every person, must be the same in both."
    )
    count = int(
        st.number_input("Futures to compare", 1, 20, 2, key="method.replications", width=220)
    )
    scenario = resolve(desk().folder, plan, FIRST[plan.place.level])
    posts = float(readings.at(answer, "funded", 0)["mean"]) * len(scenario.modelled)
    posts /= max(1, len(scenario.reported))
    seconds = 2.0 + count * posts / 1500.0
    task = Task(
        work.agreed,
        (scenario, min(count, scenario.replications)),
        plan.place.level,
        2 * count,
        seconds,
    )
    found: CrossCheck | None = long_answer(task, "Compare the engines")
    if found is None:
        return
    verdict = "no difference" if found.ok else f"{found.total:,} differences"
    st.header(
        plain(
            f"{found.compared:,} whole numbers and {found.spells:,} spells compared in "
            f"{found.replications} futures of {plan.place.name}: {verdict}"
        )
    )
    for line in found.differences:
        st.error(plain(line))
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.counts.items() if count)
    st.caption(plain(f"Followed one by one: {kinds}."))
    table(ranked.event_table(found), "What happened, and was the same in both")


def _story(plan: Plan, __: Answer) -> None:
    if plan.place.level != "trust":
        st.info("A career is told for a trust: choose one on Start.")
        return
    st.write(
        "One simulated person of this trust, out of the engine that follows each person. Nobody "
        "real: staff at the start are made from published totals."
    )
    number = int(st.number_input("Person", 1, _STORIES, 1, key="method.person", width=220))
    scenario = resolve(desk().folder, plan, FIRST["trust"])
    task = Task(work.told, (scenario, number), "trust", 1, 2.0)
    story: Story | None = long_answer(task, "Tell a career", at_once=True)
    if story is None:
        return
    st.header(f"Person {number} of the {story.people} who hold two posts or more in this future")
    for line in story.lines:
        when, _, what = line.partition(": ")
        if what:
            st.markdown(f"**{plain(month_name(when))}**: {plain(what)}")
        else:
            st.write(plain(line))


def _limits(_: Plan, __: Answer) -> None:
    st.header("What is not shown")
    for title, sentence in LIMITS:
        st.markdown(f"**{plain(title)}.** {plain(sentence)}")
    table(ranked.grade_table(), "How much of the evidence is published, and how much assumed")


_TABS: Final[dict[str, Callable[[Plan, Answer], None]]] = {
    "The law": _law,
    "Against the world": _world,
    "Two engines": _engines,
    "One career": _story,
    "Limits": _limits,
}
