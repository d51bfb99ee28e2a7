"""What the page remembers of a visitor between two clicks, and how it waits for an answer.

Streamlit forgets a widget that is not on the page, so choices are kept under names of their own,
and widgets are set from them.
"""

from __future__ import annotations

import time
import uuid
from concurrent import futures
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from simulator.scenario import OwnNumbers, ParameterOverride, ScenarioError
from simulator.ui.dials import DIALS
from simulator.ui.link import address, from_link
from simulator.ui.plan import FIRST, FULL, Choice, Place, Plan, Size, resolve
from simulator.ui.server import desk
from simulator.ui.upload import Table
from simulator.ui.worker import Answer

UNDOS: Final = 50
PAUSE: Final = 3.0
"""Seconds without a change after which the full run may follow."""
_STEP: Final = 0.05
"""Seconds between two looks for a newer click."""


def begin() -> None:
    """Start a visit from the link it came with, once."""
    state = st.session_state
    if "visitor" in state:
        _address()
        return
    state["visitor"] = uuid.uuid4().hex
    plan, told = _sound(*from_link(dict(st.query_params)))
    state["plan"], state["told"], state["history"], state["ghost"] = plan, told, [], None
    state["changed"], state["dials"] = time.monotonic(), {}
    _remember()


def _sound(plan: Plan | None, told: tuple[str, ...]) -> tuple[Plan | None, tuple[str, ...]]:
    """A link's plan without numbers that no scenario could hold."""
    if plan is None or not (plan.own or plan.assumed):
        return plan, told
    try:
        resolve(desk().folder, plan, FIRST[plan.place.level])
    except ScenarioError:
        words = "The link's own numbers and assumptions contradict each other and are left out."
        return Plan(plan.place, plan.choices), (*told, words)
    return plan, told


def _address() -> None:
    """Put the plan in the address of another page, which comes bare."""
    now = plan()
    if now is not None and not st.query_params:
        st.query_params.from_dict(address(now))


def _remember() -> None:
    """Keep what belongs to trusts and to the world, not to the place that is looked at."""
    state, now = st.session_state, st.session_state.get("plan")
    kept: dict[str, Plan] = state.setdefault("trusts", {})
    if now is None:
        return
    state["assumed"] = now.assumed
    if now.place.level == "trust":
        kept[now.place.code] = now
    for code in {one.trust for one in now.own} - set(kept):
        mine = tuple(one for one in now.own if one.trust == code)
        kept[code] = Plan(Place("trust", code), own=mine)


def plan() -> Plan | None:
    """What the visitor has chosen, or none before there is a place."""
    found: Plan | None = st.session_state.get("plan")
    return found


def choose_place(place: Place | None) -> None:
    """Choose a place; levers are taken off, trusts' own numbers and assumptions stay."""
    state = st.session_state
    if place is None:
        state["plan"] = None
    else:
        here = [one for code, one in state["trusts"].items() if place.holds(code)]
        state["plan"] = Plan(
            place,
            own=tuple(own for one in here for own in one.own),
            assumed=state.get("assumed", ()),
            tables=tuple(table for one in here for table in one.tables),
        )
    state["history"], state["ghost"] = [], None
    _clear_dials()
    share()


def change(kind: str, choice: Choice | None) -> None:
    """Set one lever, or take it off, and remember what was before."""
    now = plan()
    assert now is not None
    kept = {one.kind: one for one in now.choices}
    kept.pop(kind, None)
    if choice is not None and choice.amount:
        kept[kind] = choice
    _step(replace(now, choices=tuple(kept[one] for one in DIALS if one in kept)))


def set_own(own: tuple[OwnNumbers, ...]) -> None:
    """Put a trust's own counts in place of those it gave before."""
    now = plan()
    assert now is not None
    _put(replace(now, own=own))


def set_table(table: Table | None) -> None:
    """Put a trust's own table of posts in place of its estimated ones, or take it away.

    Counts typed before are what the table replaces; leavers stay.
    """
    now = plan()
    assert now is not None
    if table is None:
        _put(replace(now, tables=()))
        return
    left = [
        one.model_copy(update={"posts": None, "people": None})
        for one in now.own
        if one.leavers is not None
    ]
    _put(replace(now, own=tuple(left), tables=(table,)))


def assume(name: str, value: ParameterOverride | None) -> None:
    """Put a value in place of the library's, or the library's back."""
    now = plan()
    assert now is not None
    kept = dict(now.assumed)
    kept.pop(name, None)
    if value is not None:
        kept[name] = value
    _put(replace(now, assumed=tuple(sorted(kept.items()))))


def _put(new: Plan) -> None:
    """Take a plan on if a scenario can hold it.

    Raises:
        ScenarioError: With every problem; nothing is changed.
    """
    resolve(desk().folder, new, FIRST[new.place.level])
    _step(new)
    _clear_dials()


def _step(new: Plan) -> None:
    state = st.session_state
    now = state["plan"]
    if new == now:
        return
    state["history"] = [*state["history"], now][-UNDOS:]
    state["ghost"] = now
    state["plan"] = new
    share()


def undo() -> None:
    """Go one step back."""
    state = st.session_state
    if state["history"]:
        state["ghost"] = state["plan"]
        state["plan"] = state["history"].pop()
        _clear_dials()
        share()


def reset() -> None:
    """Take all levers off."""
    now = plan()
    if now is not None and now.choices:
        _step(now.base)
        _clear_dials()


def _clear_dials() -> None:
    """Give all dials new names, so that they begin at what is chosen now."""
    st.session_state["dials"] = {"all": st.session_state["dials"].get("all", 0) + 1}


def share() -> None:
    """Put the plan in the address, so that the link opens it."""
    now = plan()
    _remember()
    st.session_state["changed"] = time.monotonic()
    st.query_params.from_dict(address(now) if now else {})


# Answers


class FailedError(RuntimeError):
    """A run did not finish; the message is for the visitor."""


def wait(future: Future[Any]) -> Any:
    """Wait for an answer, but let a newer click go first.

    Raises:
        FailedError: If the run failed.
    """
    while not future.done():
        futures.wait([future], _STEP)
        st.session_state.get("visitor")  # here Streamlit breaks off for a newer click
    if future.cancelled():
        raise FailedError("A newer question took its place.")
    error = future.exception()
    if error is not None:
        raise FailedError(f"The run did not finish: {str(error).splitlines()[0][:300]}")
    return future.result()


def answered(wanted: Plan) -> tuple[Answer, Size]:
    """The best answer there is: the full one if it is known, or else the first, run now.

    Raises:
        FailedError: If the run failed.
        ScenarioError: If the plan is not sound.
    """
    at, place = desk(), wanted.place
    full = FULL[place.level]
    found = at.known(wanted, full)
    if found is not None and (wanted == wanted.base or at.known(wanted.base, full)):
        return found, full
    first = FIRST[place.level]
    visitor = st.session_state["visitor"]
    if wanted.choices and at.known(wanted.base, first) is None:
        wait(at.ask(visitor, wanted.base, first))
    found = at.known(wanted, first) or wait(at.ask(visitor, wanted, first))
    return found, first


def pair(one: Plan, two: Plan) -> tuple[Answer, Answer]:
    """Answers of one size to two plans of a place, so that their futures can be paired.

    Raises:
        FailedError: If a run failed.
        ScenarioError: If a plan is not sound.
    """
    at, level = desk(), one.place.level
    known = [at.known(plan, FULL[level]) for plan in (one, two)]
    if known[0] is not None and known[1] is not None:
        return known[0], known[1]
    return _first(one), _first(two)


def _first(wanted: Plan) -> Answer:
    at, size, visitor = desk(), FIRST[wanted.place.level], st.session_state["visitor"]
    found: Answer = at.known(wanted, size) or wait(at.ask(visitor, wanted, size))
    return found


def ahead(wanted: Plan) -> None:
    """Ask now for what :func:`answered` will wait for, while the page draws something else."""
    at, first = desk(), FIRST[wanted.place.level]
    if at.known(wanted, FULL[wanted.place.level]) is None and at.known(wanted.base, first):
        at.ask(st.session_state["visitor"], wanted, first)


def at_size(wanted: Plan, size: Size) -> Answer | None:
    """An answer of one size, if it is there."""
    return desk().known(wanted, size)


def refine(wanted: Plan) -> bool:
    """Let the full run follow when all is quiet; tells whether it is there."""
    if time.monotonic() - st.session_state["changed"] < PAUSE:
        return False
    at, full = desk(), FULL[wanted.place.level]
    for one in dict.fromkeys((wanted.base, wanted)):
        if at.known(one, full) is None:
            if at.idle():
                at.ask(f"{st.session_state['visitor']} full", one, full)
            return False
    return True
