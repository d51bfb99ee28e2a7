"""Scenarios that stand beside the visitor's plan: no lever, kept plans, the room's, the library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from simulator.scenario import Scenario, ScenarioError, load_scenario
from simulator.ui.plan import Plan, Size, resolve

MOST: Final = 12
"""Plans kept in a visit."""
NAME: Final = 40
NOTE: Final = 200
"""Longest name and note, in characters."""
NOW: Final = "now"
NONE: Final = "none"
_KEPT: Final = "kept:"
_ROOM: Final = "room:"
_LIBRARY: Final = "library:"
_SEAT: Final = "seat_link"
"""Under this name a visit remembers its seat in a workshop."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan that the visitor keeps under a name, until the visit ends."""

    name: str
    note: str
    plan: Plan


def kept(plan: Plan) -> tuple[Kept, ...]:
    """Kept plans for the place of a plan."""
    found: tuple[Kept, ...] = st.session_state.get("kept", ())
    return tuple(one for one in found if one.plan.place == plan.place)


def keep(name: str, note: str, plan: Plan) -> str:
    """Keep a plan; a plan of the same name and place is replaced.

    Returns:
        What is wrong with the name or the number of plans, or nothing.
    """
    name, note = " ".join(name.split())[:NAME], " ".join(note.split())[:NOTE]
    if not name:
        return "Give the plan a name of at least one letter."
    others = tuple(
        one
        for one in st.session_state.get("kept", ())
        if (one.name, one.plan.place) != (name, plan.place)
    )
    if len(others) >= MOST:
        return f"{MOST} plans are kept already; drop one first."
    st.session_state["kept"] = (*others, Kept(name, note, plan))
    return ""


def drop(one: Kept) -> None:
    """Forget a kept plan."""
    st.session_state["kept"] = tuple(
        other for other in st.session_state.get("kept", ()) if other != one
    )


def shelf(folder: Path, plan: Plan, size: Size) -> dict[str, str]:
    """What can be set side by side: key and words of each."""
    found = {NONE: "No lever"}
    if plan.choices:
        found[NOW] = "Your plan now"
    found |= {f"{_KEPT}{one.name}": f"Kept: {one.name}" for one in kept(plan)}
    found |= {key: f"Room: {one.title}" for key, one in _room(folder, plan, size).items()}
    library = _library(folder, _world(plan), size)
    return found | {f"{_LIBRARY}{name}": f"Library: {one.title}" for name, one in library}


def scenario(key: str, folder: Path, plan: Plan, size: Size) -> Scenario:
    """The scenario of a key, under a name of its own.

    Raises:
        ScenarioError: If it is not sound.
    """
    if key.startswith(_LIBRARY):
        return dict(_library(folder, _world(plan), size))[key.removeprefix(_LIBRARY)]
    if key.startswith(_KEPT):
        one = next(one for one in kept(plan) if one.name == key.removeprefix(_KEPT))
        return named(resolve(folder, one.plan, size), one.name)
    if key.startswith(_ROOM):
        return _room(folder, plan, size)[key]
    if key == NOW:
        return named(resolve(folder, plan, size), "Your plan now")
    return named(resolve(folder, plan.base, size), "No lever")


def named(found: Scenario, name: str) -> Scenario:
    """A scenario under a name, and an id that follows from it."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "plan"
    return found.model_copy(update={"title": name, "id": slug[:60]})


def _room(folder: Path, plan: Plan, size: Size) -> dict[str, Scenario]:
    """What a workshop submitted for the plan's place, if the visitor has a seat and may see it."""
    secret = st.session_state.get(_SEAT)
    if not secret:
        return {}
    from simulator.ui.room.parts import the_store
    from simulator.ui.room.words import RoomError

    try:
        store = the_store()
        seat = store.seated(secret)
        hidden = store.awaits_prediction(seat.id)
        listed = () if hidden else store.submissions(seat.workshop)
    except RoomError:
        return {}
    base, found = resolve(folder, plan.base, size), {}
    same = {name: getattr(base, name) for name in ("draws", "replications", "seed")}
    for one in listed:
        scenario = _submitted(one.scenario, folder)
        if scenario is not None and all(
            getattr(scenario, name) == getattr(base, name)
            for name in ("place", "opening", "months", "census", "rest")
        ):
            title = f"{one.title}, {one.name} ({one.id})"
            found[f"{_ROOM}{one.id}"] = named(scenario.model_copy(update=same), title)
    return found


@lru_cache(maxsize=128)
def _submitted(text: str, folder: Path) -> Scenario | None:
    """A submission as a scenario; none if it cannot be read here."""
    from simulator.ui.room.files import scenario_of

    try:
        return scenario_of(text, "submission", folder)
    except ScenarioError:
        return None


def _world(plan: Plan) -> Plan:
    """What a plan of the library takes over: place, own numbers and assumptions."""
    return plan.base


_WORDS: Final = ("id", "title", "why", "lever")


@lru_cache(maxsize=64)
def _library(folder: Path, world: Plan, size: Size) -> tuple[tuple[str, Scenario], ...]:
    """Scenarios of the library that can be had for a place and differ from doing nothing there."""
    base = resolve(folder, world, size)
    content: dict[str, Any] = {
        name: value for name, value in world.content(size).items() if name not in _WORDS
    }
    held = {one.name: one.text for one in world.tables}
    found = []
    for file in sorted(folder.glob("*.toml")):
        try:
            one = load_scenario(file, content, held)
        except ScenarioError:
            continue  # its levers need another place than this
        if one.census == base.census and one.law_json() != base.law_json():
            found.append((file.stem, one))
    return tuple(found)
