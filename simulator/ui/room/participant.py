"""The participant's page: join, answer, submit, say what you believe, and see the room."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from simulator.domain.digests import digest_of
from simulator.evidence.library import load_library
from simulator.scenario import ScenarioError
from simulator.ui.room import beliefs, offer, predict
from simulator.ui.room.files import export_submission, read_submission
from simulator.ui.room.parts import (
    CODE,
    SEAT,
    done,
    show_counts,
    show_pool,
    show_submissions,
    tell,
    the_store,
    visitor,
    watch,
)
from simulator.ui.room.records import Question, Range, Seat, Workshop
from simulator.ui.room.store import STEPS, Store
from simulator.ui.room.summary import run_summary
from simulator.ui.room.words import NAME, NOTE, RoomError, Typed, as_markdown, cleaned
from simulator.ui.sent import sent

_LINK = "seat_link"


def participant_page() -> None:
    """Show the page of somebody who takes part in a workshop."""
    store = the_store()
    secret = st.query_params.get(SEAT) or st.session_state.get(_LINK)
    if not secret:
        _join(store)
        return
    try:
        seat = store.seated(secret)
        workshop = store.workshop(seat.workshop)
    except RoomError as error:
        _leave()
        tell(error)
        _join(store)
        return
    _sit(seat, secret)
    keep_draft()
    _room(store, workshop, seat)


def keep_draft() -> None:
    """Keep the plan on this visitor's pages as their seat's draft, if they have a seat.

    Cheap where nothing has changed: any page may call it at its end.
    """
    secret, draft = st.session_state.get(_LINK), offer.draft_text()
    if not secret or not draft or st.session_state.get("kept_draft") == draft:
        return
    try:
        store = the_store()
        store.keep_draft(store.seated(secret).id, draft)
    except RoomError:
        return  # a closed workshop keeps no drafts, and nothing on the page depends on one
    st.session_state["kept_draft"] = draft


def _sit(seat: Seat, secret: str) -> None:
    """Remember the seat in the visit and in the address, so that a reload brings it back."""
    if st.session_state.get(_LINK) != secret:
        st.session_state[_LINK] = secret
        offer.restore(seat.draft)
    if st.query_params.get(SEAT) != secret:
        st.query_params.from_dict({SEAT: secret})


def _leave() -> None:
    st.session_state.pop(_LINK, None)
    st.query_params.clear()


def _join(store: Store) -> None:
    st.title("Join a workshop")
    st.write(
        "The code is on the facilitator's screen. The room sees your name and what you submit. "
        "What you try before, nobody sees."
    )
    with st.form("join"):
        code = st.text_input("Code", value=st.query_params.get(CODE, "")[:20], max_chars=20)
        name = st.text_input("Your name, or the name of your team", max_chars=NAME)
        pressed = st.form_submit_button("Join")
    if not pressed:
        _without_room()
        return
    try:
        _, secret = store.join(code, name, visitor())
    except RoomError as error:
        tell(error)
        return
    st.session_state[_LINK] = secret
    st.query_params.from_dict({SEAT: secret})
    st.rerun()


def _without_room() -> None:
    """Offer the plan as a file, for a laptop that cannot reach the facilitator's."""
    if offer.current_plan() is None:
        return
    with st.expander("This laptop cannot reach the room"):
        st.write("Save your plan as a file, and hand it to the facilitator.")
        found = _shown(offer.current_offer)
        name = st.text_input("Your name on the file", max_chars=NAME)
        note = st.text_area("Why this plan?", max_chars=NOTE)
        if found is None or not name.strip():
            return
        try:
            name, note = cleaned(
                Typed(name, "name", NAME), Typed(note, "note", NOTE, lines=True, blank=True)
            )
        except RoomError as error:
            tell(error)
            return
        _save(found, name, note, "submission.toml")


def _save(found: offer.Offer, name: str, note: str, file: str) -> None:
    st.download_button(
        "Save as a file, to hand to the facilitator",
        export_submission(found.scenario.canonical_toml(), name, note),
        file_name=file,
        mime="application/toml",
    )


def _room(store: Store, workshop: Workshop, seat: Seat) -> None:
    st.title(as_markdown(workshop.title))
    st.text(f"You are {seat.name}, seat {seat.number}.")
    st.caption(
        "The address of this page is your seat: keep it, and do not pass it on. It brings you back "
        "after a reload, or from another device."
    )
    if workshop.closed:
        st.info("The workshop is closed. What was submitted is kept.")
    else:
        st.info(STEPS[workshop.step])
        watch(store, workshop.id)
    questions = store.questions(workshop.id)
    _questions(
        store, seat, [one for one in questions if one.closed is None and not workshop.closed]
    )
    if store.awaits_prediction(seat.id):
        st.write("What the room submitted is shown here once you have answered.")
        return
    if not workshop.closed:
        _submit(store, workshop, seat)
        _beliefs(store, workshop, seat)
    if not workshop.predict_first:
        predict.show_guesses(predict.of_room(store, workshop.id), beliefs.FEWEST)
    st.header("The room")
    show_submissions(store.submissions(workshop.id))
    for one in questions:
        if one.closed is not None or workshop.closed:
            show_counts(one)
    for name in workshop.assumptions:
        parameter = load_library().get(name)
        show_pool(parameter.title, parameter.unit, store.beliefs(workshop.id, name))
    for decision in store.decisions(workshop.id):
        ground = f", on submission {decision.submission}" if decision.submission else ""
        st.text(f"Decided ({decision.who}{ground}): {decision.text}")


def _questions(store: Store, seat: Seat, questions: list[Question]) -> None:
    if questions:
        st.header("Your answer")
        st.caption("The room sees counts. The facilitator's record holds who chose what.")
    for number, one in enumerate(questions, 1):
        own = store.own_vote(seat.id, one.id)
        with st.form(f"vote {one.id}"):
            st.text(one.text)
            chosen = st.radio(  # a label is read aloud with the backslashes that keep it plain
                f"Your answer to question {number}",
                range(len(one.options)),
                index=own,
                format_func=lambda number, one=one: as_markdown(one.options[number]),
                label_visibility="collapsed",
            )
            pressed = st.form_submit_button("Vote" if own is None else "Change my vote")
        if pressed and chosen is None:
            tell(RoomError("vote: choose one of the answers first"))
        elif pressed and chosen is not None:
            done(partial(store.vote, seat.id, one.id, chosen))
        if own is not None:
            st.text(f"You chose: {one.options[own]}. You can change it until the question closes.")


def _submit(store: Store, workshop: Workshop, seat: Seat) -> None:
    st.header("Your plan")
    found = _offered(workshop)
    if found is None:
        st.write("Choose your trust on the first page and set levers; then submit your plan here.")
        return
    st.text(found.scenario.title)
    note = st.text_area("Why this plan? The room sees it.", max_chars=NOTE, key="room note")
    if st.button("Submit to the room", type="primary"):
        own = workshop.uploads
        done(lambda: offer.submit(store, seat.id, found, note, own_rows=own))
    _save(found, seat.name, note, f"submission-{seat.number}.toml")


def _offered(workshop: Workshop) -> offer.Offer | None:
    """Return the scenario file chosen here, or the plan on the participant's pages."""
    if workshop.uploads:
        file = sent("A scenario file instead", type="toml", key="room file")
        if file is not None:
            return _shown(lambda: _uploaded(file.getvalue(), file.name))
    return _shown(offer.current_offer)


def _uploaded(content: bytes, name: str) -> offer.Offer:
    from simulator.ui.server import desk

    digest = digest_of([content])
    held = st.session_state.get("room upload")
    if held is None or held[0] != digest:  # a run takes seconds, and the page is shown often
        read = read_submission(content, name, desk().folder)
        held = (digest, offer.Offer(read.scenario, run_summary(read.scenario)))
        st.session_state["room upload"] = held
    found: offer.Offer = held[1]
    return found


def _shown(make: Callable[[], offer.Offer | None]) -> offer.Offer | None:
    """Return an offer, or say why there is none."""
    from simulator.ui.state import FailedError

    try:
        return make()
    except (RoomError, ScenarioError) as error:
        tell(error)
    except FailedError as error:
        st.error(as_markdown(str(error)))
    return None


def _beliefs(store: Store, workshop: Workshop, seat: Seat) -> None:
    if not workshop.assumptions:
        return
    st.header("What you believe")
    st.caption(
        "These numbers are assumptions: nobody publishes them. The room sees ranges without names."
    )
    for name in workshop.assumptions:
        parameter = load_library().get(name)
        own = store.own_belief(seat.id, name)
        shown = own or Range(parameter.low, parameter.mode, parameter.high)
        st.write(f"**{parameter.title}** ({parameter.unit})")
        st.caption(
            f"The library assumes {parameter.mode:g}, between {parameter.low:g} and "
            f"{parameter.high:g} (grade {parameter.grade})."
        )
        with st.form(f"belief {name}"):
            left, middle, right = st.columns(3)
            low = left.number_input("Low", value=shown.low, format="%g", key=f"{name} low")
            likely = middle.number_input(
                "Likely", value=shown.likely, format="%g", key=f"{name} likely"
            )
            high = right.number_input("High", value=shown.high, format="%g", key=f"{name} high")
            pressed = st.form_submit_button("State my range" if own is None else "Change my range")
        if pressed:
            belief = Range(low, likely, high)
            done(partial(beliefs.state, store, seat.id, name, belief))
