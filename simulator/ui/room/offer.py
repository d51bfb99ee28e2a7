"""What a participant can show to the room: the plan on their screen, or a scenario file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from simulator.experiments.variants import law_digest
from simulator.scenario import Scenario
from simulator.ui.room.store import Store
from simulator.ui.room.summary import Summary
from simulator.ui.room.words import LINE, RoomError

_PLAN: Final = "plan"


@dataclass(frozen=True, slots=True)
class Offer:
    """A scenario with its summary; none where it was not run."""

    scenario: Scenario
    summary: Summary | None


def current_plan() -> object | None:
    """Return the plan on the participant's pages, or none before there is a place."""
    import streamlit as st

    return st.session_state.get(_PLAN)


def current_offer() -> Offer | None:
    """Return the plan on the participant's pages with the numbers they see, or none.

    Raises:
        FailedError: If its run failed.
        ScenarioError: If the plan is not sound.
    """
    from simulator.ui.plan import resolve
    from simulator.ui.room.summary import summarise
    from simulator.ui.server import desk
    from simulator.ui.state import answered, plan

    wanted = plan()
    if wanted is None:
        return None
    answer, size = answered(wanted)
    scenario = resolve(desk().folder, wanted, size)
    place = (wanted.place.level, wanted.place.code)
    return Offer(scenario, summarise(scenario, answer.tables["places"], *place))


def submit(store: Store, seat: int, offer: Offer, note: str, *, own_rows: bool) -> int:
    """Show an offer to the room; returns the submission's number.

    Args:
        store: The store.
        seat: The seat.
        offer: What is shown.
        note: Why.
        own_rows: Whether the workshop allows plans that rest on a trust's own posts.

    Raises:
        RoomError: With everything the room refuses.
    """
    scenario = offer.scenario
    if scenario.census_rows and not own_rows:
        raise RoomError(
            "plan: it rests on your trust's own posts, and all in the room see what is submitted; "
            "submit one without them, or ask the facilitator to allow it"
        )
    summary = "" if offer.summary is None else offer.summary.model_dump_json()
    title, text = scenario.title[:LINE], scenario.canonical_toml()
    return store.submit(seat, title, text, law_digest(scenario), summary, note)


def draft_text() -> str:
    """Return the plan on the participant's pages as a draft, blank if there is none."""
    from simulator.ui.link import to_link
    from simulator.ui.state import plan

    wanted = plan()
    return urlencode(to_link(wanted)) if wanted else ""


def restore(draft: str) -> None:
    """Put a draft back on the participant's pages, if they show no plan yet."""
    import streamlit as st

    from simulator.ui.link import from_link

    if draft and current_plan() is None:
        found, _ = from_link(dict(parse_qsl(draft)))
        if found is not None:
            st.session_state[_PLAN] = found
            st.session_state.setdefault("history", [])
            st.session_state.setdefault("ghost", None)
