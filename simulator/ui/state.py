"""What the page remembers of a visitor between two clicks, and how it waits for an answer.

Streamlit forgets a widget that is not on the page, so choices are kept under names of their own,
and widgets are set from them.
"""

from __future__ import annotations

import time
import uuid
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from simulator.ui.dials import DIALS
from simulator.ui.link import from_link, to_link
from simulator.ui.plan import FIRST, FULL, Choice, Place, Plan, Size
from simulator.ui.server import desk
from simulator.ui.worker import Answer

UNDOS: Final = 50
PAUSE: Final = 3.0
"""Seconds without a change after which the full run may follow."""
_STEP: Final = 0.01
"""Seconds between two looks for an answer."""


def begin() -> None:
    """Start a visit from the link it came with, once."""
    state = st.session_state
    if "visitor" in state:
        return
    state["visitor"] = uuid.uuid4().hex
    plan, told = from_link(dict(st.query_params))
    state["plan"], state["told"], state["history"], state["ghost"] = plan, told, [], None
    state["changed"], state["dials"] = time.monotonic(), {}


def plan() -> Plan | None:
    """What the visitor has chosen, or none before there is a place."""
    found: Plan | None = st.session_state.get("plan")
    return found


def choose_place(place: Place | None) -> None:
    """Choose a place; levers that do not act there are taken off, and all begins anew."""
    state = st.session_state
    if place is None:
        state["plan"] = None
    else:
        state["plan"] = Plan(place)
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
    st.session_state["changed"] = time.monotonic()
    st.query_params.from_dict(to_link(now) if now else {})


# Answers


class FailedError(RuntimeError):
    """A run did not finish; the message is for the visitor."""


def wait(future: Future[Any]) -> Any:
    """Wait for an answer, but let a newer click go first.

    Raises:
        FailedError: If the run failed.
    """
    while not future.done():
        time.sleep(_STEP)
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
