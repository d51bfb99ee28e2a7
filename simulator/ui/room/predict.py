"""Predict first: what people guess before they see a result, and the guess beside the model.

The question is the same for all: how many FTE will the place be short of, five years on, if nothing
changes? While the facilitator lets the room predict first, a seat sees no result before it has
guessed. A guess is kept with what the model said, and does not change afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.charts.words import month_name, place_name
from simulator.scenario.dates import month_after
from simulator.ui.room.records import open_workshop_of
from simulator.ui.room.store import Store
from simulator.ui.room.words import RoomError

if TYPE_CHECKING:
    from simulator.ui.plan import Plan

MONTH: Final = 60
"""Month that is guessed."""
MOST: Final = 1_000_000.0
_LINK: Final = "seat_link"


@dataclass(frozen=True, slots=True)
class Guess:
    """A guessed shortfall with the model's, FTE; ``low`` and ``high`` hold 8 of 10 futures.

    ``place`` is level and code, such as ``trust-RGT``.
    """

    place: str
    value: float
    mean: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Does the guess lie where eight of ten futures do?"""
        return self.low <= self.value <= self.high


def keep(store: Store, seat: int, guess: Guess) -> None:
    """Keep a seat's guess; the first for a place counts.

    Raises:
        RoomError: If it is no number a place could be short of.
    """
    if not (math.isfinite(guess.value) and abs(guess.value) <= MOST):
        raise RoomError(f"guess: {guess.value:g} is no number of staff")
    with store.database.writing() as rows:
        open_workshop_of(rows, seat)
        rows.execute(
            "INSERT INTO guess (seat, place, value, mean, low, high, time) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (seat, guess.place, guess.value, guess.mean, guess.low, guess.high, store.time()),
        )


def own(store: Store, seat: int, place: str) -> Guess | None:
    """Return a seat's guess about a place, or none."""
    with store.database.reading() as rows:
        found = rows.execute(
            "SELECT place, value, mean, low, high FROM guess WHERE seat = ? AND place = ? "
            "ORDER BY id LIMIT 1",
            (seat, place),
        ).fetchone()
    return None if found is None else Guess(*found)


def of_room(store: Store, workshop: int) -> tuple[Guess, ...]:
    """Return the first guess of each seat about each place, without names, in order of places."""
    with store.database.reading() as rows:
        found = rows.execute(
            "SELECT guess.place, value, mean, low, high FROM guess "
            "JOIN seat ON seat.id = guess.seat WHERE seat.workshop = ? AND guess.id = "
            "(SELECT MIN(id) FROM guess AS first WHERE first.seat = guess.seat "
            "AND first.place = guess.place) ORDER BY guess.place, value",
            (workshop,),
        ).fetchall()
    return tuple(Guess(*row) for row in found)


def beside(guess: Guess) -> str:
    """Say a guess and the model together."""
    where = "inside" if guess.inside else "below" if guess.value < guess.low else "above"
    return (
        f"You guessed a shortfall of {guess.value:,.0f} FTE by {_when()}. The model says "
        f"{guess.mean:,.0f} ({guess.low:,.0f} to {guess.high:,.0f} in 8 of 10 futures): your guess "
        f"lies {where} that range."
    )


def _when() -> str:
    from simulator.ui.plan import OPENING

    return month_name(month_after(OPENING, MONTH))


# Pages


def before_results(plan: Plan) -> None:
    """Ask a seat to guess before it sees a result; with a guess, show it beside the model.

    Does nothing for visitors without a seat. Ends the page while a guess is awaited.
    """
    import streamlit as st

    from simulator.ui.room.parts import the_store, watch

    secret = st.session_state.get(_LINK)
    if not secret:
        return
    store = the_store()
    try:
        seat = store.seated(secret)
        workshop = store.workshop(seat.workshop)
    except RoomError:
        return  # a page of results is there without a room too
    guess = own(store, seat.id, _place(plan))
    if guess is not None:
        st.info(beside(guess))
    elif workshop.predict_first and not workshop.closed:
        _ask(store, seat.id, plan)
        watch(store, workshop.id)
        st.stop()


def _place(plan: Plan) -> str:
    return f"{plan.place.level}-{plan.place.code}"


def _ask(store: Store, seat: int, plan: Plan) -> None:
    import streamlit as st

    from simulator.ui.room.parts import done

    st.subheader("Before you look")
    with st.form("guess"):
        value = st.number_input(
            f"How many full-time equivalent staff will {plan.place.name} be short of by {_when()}, "
            "if nothing changes?",
            min_value=-100_000,
            max_value=100_000,
            value=None,
            step=1,
            placeholder="A whole number",
        )
        pressed = st.form_submit_button("This is my guess", type="primary")
    st.caption("Once three have guessed, the room sees places and guesses without names.")
    if pressed and value is None:
        st.error("Give a number first: results wait for your guess.")
    elif pressed and value is not None:
        done(lambda: keep(store, seat, _with_model(plan, float(value))))


def _with_model(plan: Plan, value: float) -> Guess:
    from simulator.ui import readings, state

    answer, _ = state.answered(plan.base)
    row = readings.at(answer, "shortfall", MONTH)
    return Guess(_place(plan), value, row["mean"], row["q10.0"], row["q90.0"])


def show_guesses(guesses: Sequence[Guess], fewest: int) -> None:
    """Show what the room guessed beside the model, without names."""
    import streamlit as st

    from simulator.ui.room.parts import table

    if not guesses:
        return
    st.header("Guesses and the model")
    if len(guesses) < fewest:
        st.write(f"{len(guesses)} of {fewest} guesses needed before any is shown.")
        return
    inside = sum(one.inside for one in guesses)
    st.write(
        f"{inside} of {len(guesses)} guesses lie inside the range that holds 8 of 10 futures. "
        f"Shortfall in FTE by {_when()}, if nothing changes:"
    )
    table(
        ("Place", "Guess", "Model", "8 of 10 futures"),
        (
            (
                place_name(*one.place.split("-", 1)),
                f"{one.value:,.0f}",
                f"{one.mean:,.0f}",
                f"{one.low:,.0f} to {one.high:,.0f}",
            )
            for one in guesses
        ),
    )
