"""The facilitator's page: open a room, lead it through its steps, and take the report home."""

from __future__ import annotations

import os
from functools import partial
from urllib.parse import urlsplit

import streamlit as st

from simulator.evidence.library import load_library
from simulator.scenario import ScenarioError
from simulator.ui.room import beliefs, offer, predict, report
from simulator.ui.room.address import is_page, link, qr_svg, room_address
from simulator.ui.room.files import read_submission
from simulator.ui.room.parts import (
    CODE,
    FACILITATOR,
    PARTICIPANT_PATH,
    SEAT,
    done,
    show_counts,
    show_pool,
    show_submissions,
    tell,
    the_store,
    watch,
)
from simulator.ui.room.records import Submission, Workshop
from simulator.ui.room.store import STEPS, Store
from simulator.ui.room.summary import run_summary
from simulator.ui.room.words import LINE, NAME, NOTE, RoomError, as_markdown
from simulator.ui.sent import sent

_LINK = "facilitator_link"
_FILE = " (file)"
_LOCAL = ("localhost", "127.0.0.1", "::1")
ROOM = "WORKFORCE_ROOM"
"""Environment variable: where others find this server, set by ``workforce app --room``."""


def facilitator_page() -> None:
    """Show the page of somebody who leads a workshop."""
    store = the_store()
    secret = st.query_params.get(FACILITATOR) or st.session_state.get(_LINK)
    if not secret:
        _open(store)
        return
    try:
        workshop = store.facilitated(secret)
    except RoomError as error:
        st.session_state.pop(_LINK, None)
        st.query_params.clear()
        tell(error)
        _open(store)
        return
    _remember(secret)
    _lead(store, workshop)


def _remember(secret: str) -> None:
    st.session_state[_LINK] = secret
    if st.query_params.get(FACILITATOR) != secret:
        st.query_params.from_dict({FACILITATOR: secret})


def _open(store: Store) -> None:
    st.title("Open a workshop")
    names = {one.id: one.title for one in beliefs.assumptions()}
    with st.form("open"):
        title = st.text_input("Title", max_chars=LINE)
        uploads = st.checkbox("Allow scenario files, and plans that rest on a trust's own posts")
        asked = st.multiselect(
            "Assumptions to ask the room about",
            list(names),
            default=[name for name in beliefs.USUAL if name in names],
            format_func=lambda name: names[name],
        )
        pressed = st.form_submit_button("Open the workshop")
    if not pressed:
        return
    try:
        _, secret = store.open_workshop(title, uploads=uploads, assumptions=asked)
    except RoomError as error:
        tell(error)
        return
    _remember(secret)
    st.rerun()


def _lead(store: Store, workshop: Workshop) -> None:
    st.title(as_markdown(workshop.title))
    if workshop.closed:
        st.info("This workshop is closed. It can be read, and nothing can be added.")
    else:
        watch(store, workshop.id, everything=True)
        _way_in(workshop)
        _steps(store, workshop)
    _people(store, workshop)
    _questions(store, workshop)
    _guesses(store, workshop)
    submissions = store.submissions(workshop.id)
    st.header("What the room submitted")
    show_submissions(submissions)
    if not workshop.closed:
        _hand_ins(store, workshop)
    _pools(store, workshop, submissions)
    _decisions(store, workshop, submissions)
    _home(store, workshop)


def _way_in(workshop: Workshop) -> None:
    """Show the code, the address and the QR code."""
    st.caption(
        "The address of this page leads the workshop: keep it to yourself. It brings you back here."
    )
    picture, words = st.columns([1, 2], vertical_alignment="center")
    with words:
        st.title(f"Code: {workshop.code[:3]} {workshop.code[3:]}")
        address = st.text_input(
            "Address that others use", value=_participants(), max_chars=LINE, key="address"
        )
    if not is_page(address):
        st.error("Address: it begins with http and names this computer, as in the browser's bar.")
        return
    parts, place = urlsplit(address), link(address, CODE, workshop.code)
    alt = f"Code to scan: opens {place}"
    picture.image(qr_svg(place, alt), alt=alt, width=260)
    words.code(place, language=None)
    if parts.hostname in _LOCAL:
        st.warning(
            "This address works on this computer only. Start the program for others "
            "(`workforce app --room`), or collect files: the facilitator's guide says "
            "how."
        )
    if parts.scheme == "http":
        st.caption(
            "Plain HTTP: others on this network can read what is sent. Use no secret numbers."
        )


def _participants() -> str:
    """Return the address of the participant's page, as seen by others as far as can be guessed."""
    given = os.environ.get(ROOM)
    if given:
        return f"{given}/{PARTICIPANT_PATH}"
    own = urlsplit(st.context.url or "http://localhost:8501/")
    host = own.netloc
    found = room_address() if own.hostname in _LOCAL else None
    if found:
        host = found if own.port is None else f"{found}:{own.port}"
    return f"{own.scheme}://{host}/{PARTICIPANT_PATH}"


def _steps(store: Store, workshop: Workshop) -> None:
    names = list(STEPS)
    step = st.radio(
        "Step",
        names,
        index=names.index(workshop.step),
        format_func=str.capitalize,
        horizontal=True,
    )
    if step != workshop.step:
        done(lambda: store.go_to(workshop.id, step))
    st.info(STEPS[workshop.step])
    first = st.checkbox(
        "Predict first in this step: results wait until each participant has guessed",
        value=workshop.predict_first,
    )
    if first != workshop.predict_first:
        done(lambda: store.predict(workshop.id, first))
    allowed = st.checkbox(
        "Scenario files and plans on own posts are allowed", value=workshop.uploads
    )
    if allowed != workshop.uploads:
        done(lambda: store.allow_uploads(workshop.id, allowed))


def _people(store: Store, workshop: Workshop) -> None:
    seats = store.seats(workshop.id)
    st.header(f"{len(seats)} participant{'s' * (len(seats) != 1)}")
    if seats:
        st.text(", ".join(seat.name for seat in seats))
    if workshop.closed:
        return
    made: dict[str, str] = st.session_state.setdefault("made seats", {})
    with st.expander("Somebody cannot use the code"):
        with st.form("seat", clear_on_submit=True):
            name = st.text_input("Their name", max_chars=NAME)
            if st.form_submit_button("Make a seat"):
                try:
                    seat, secret = store.add_seat(workshop.id, name)
                except RoomError as error:
                    tell(error)
                else:
                    made[seat.name] = secret
        if made:
            st.write("Give each link to that person alone. Only this visit shows it.")
        address = st.session_state["address"]
        for owner, secret in made.items() if is_page(address) else ():
            st.text(owner)
            st.code(link(address, SEAT, secret), language=None)


def _questions(store: Store, workshop: Workshop) -> None:
    questions = store.questions(workshop.id)
    st.header("Questions")
    for one in questions:
        if one.closed is None and not workshop.closed:
            st.text(one.text)
            st.write(f"{sum(one.counts)} have answered. The room sees counts once it is closed.")
            if st.button("Close and show", key=f"close {one.id}"):
                done(partial(store.close_question, workshop.id, one.id))
        else:
            show_counts(one)
    if workshop.closed:
        return
    with st.form("ask", clear_on_submit=True):
        text = st.text_input("A new question, as narrow as it can be", max_chars=LINE)
        lines = st.text_area("Answers to choose from, one a line")
        plans = st.checkbox("The answers are the plans submitted")
        if st.form_submit_button("Ask"):
            options = [line for line in lines.splitlines() if line.strip()]
            if plans:
                found = store.submissions(workshop.id)
                options = [f"{one.id}. {one.title}"[:LINE] for one in found]
            done(lambda: store.ask(workshop.id, text, options))


def _guesses(store: Store, workshop: Workshop) -> None:
    guesses = predict.of_room(store, workshop.id)
    if workshop.predict_first:
        st.write(f"{len(guesses)} have guessed. The room sees guesses once this step is over.")
    else:
        predict.show_guesses(guesses, beliefs.FEWEST)


def _hand_ins(store: Store, workshop: Workshop) -> None:
    """Take in files of laptops that could not connect; each is taken once, whole or not at all."""
    box = st.expander("Files from laptops that cannot connect")
    with box, st.form("files", clear_on_submit=True):
        files = sent("Submissions", type="toml", accept_multiple_files=True)
        if st.form_submit_button("Take in"):
            st.session_state["handed in"] = [
                _handed_in(store, workshop, file.getvalue(), file.name) for file in files or ()
            ]
    for told in st.session_state.get("handed in", ()):  # outside: a new page shuts what was open
        if isinstance(told, str):
            st.success(told)
        else:
            tell(told)


def _handed_in(
    store: Store, workshop: Workshop, content: bytes, file: str
) -> str | RoomError | ScenarioError:
    """Take in a file, and return what to say of it: the page may be shown anew at any moment."""
    try:
        name = hand_in(store, workshop, content, file)
    except (RoomError, ScenarioError) as error:
        return error
    return f"{as_markdown(file)}: taken in for {as_markdown(name)}."


def hand_in(store: Store, workshop: Workshop, content: bytes, file: str) -> str:
    """Take in one submission's file and run it; returns the name under which it stands.

    Args:
        store: The store.
        workshop: The workshop.
        content: The file's bytes.
        file: Its name.

    Raises:
        ScenarioError: If the file is not sound.
        RoomError: If the room refuses it.
    """
    from simulator.ui.server import desk

    read = read_submission(content, file, desk().folder)
    # Whoever hands in a file is not thereby the person in the room who has that name.
    name = (read.name or file.removesuffix(".toml"))[: NAME - len(_FILE)] + _FILE
    taken = offer.Offer(read.scenario, run_summary(read.scenario))
    own = {seat.name: seat.id for seat in store.seats(workshop.id)}
    seat = own[name] if name in own else store.add_seat(workshop.id, name)[0].id
    offer.submit(store, seat, taken, read.note, own_rows=workshop.uploads)
    return name


def _pools(store: Store, workshop: Workshop, submissions: tuple[Submission, ...]) -> None:
    if not workshop.assumptions:
        return
    st.header("What the room believes")
    pools = {}
    for name in workshop.assumptions:
        ranges, parameter = store.beliefs(workshop.id, name), load_library().get(name)
        show_pool(parameter.title, parameter.unit, ranges)
        if len(ranges) >= beliefs.FEWEST:
            pools[name] = beliefs.pool(ranges)
    if pools and submissions:
        st.caption(report.RULE)
        chosen = st.selectbox(
            "Write the room's ranges into", submissions, format_func=_title, key="pool into"
        )
        idle = beliefs.without_effect(chosen.scenario, tuple(pools))
        if idle:
            named = ", ".join(load_library().get(name).title.lower() for name in idle)
            st.warning(
                f"In this plan of a single trust, candidates are as in a stored run: {named}: none "
                "of this changes a number there. Choose a plan of a care system or a region."
            )
        st.download_button(
            "Save the scenario with the room's ranges",
            beliefs.with_beliefs(chosen.scenario, pools),
            file_name=f"room-{chosen.id}.toml",
            mime="application/toml",
        )


def _title(submission: Submission | None) -> str:
    """Words of a submission in a list, which shows text as it is."""
    if submission is None:
        return "no submission"
    return f"{submission.id}. {submission.title} ({submission.name})"


def _decisions(store: Store, workshop: Workshop, submissions: tuple[Submission, ...]) -> None:
    st.header("Decisions")
    for one in store.decisions(workshop.id):
        ground = f", on submission {one.submission}" if one.submission else ""
        st.text(f"{one.text} ({one.who}{ground})")
    if workshop.closed:
        return
    with st.form("decide", clear_on_submit=True):
        text = st.text_area("What is decided", max_chars=NOTE)
        who = st.text_input("Who stands for it", max_chars=LINE)
        run = st.selectbox("Supported by", [None, *submissions], format_func=_title)
        if st.form_submit_button("Write down"):
            number = run.id if run else None
            done(lambda: store.decide(workshop.id, text, who, number))


def _home(store: Store, workshop: Workshop) -> None:
    st.header("Take home")
    data = report.closing(store, workshop.id)
    st.download_button("Report (Markdown)", report.as_text(data), "workshop.md", "text/markdown")
    st.download_button("Report (JSON)", report.as_json(data), "workshop.json", "application/json")
    st.download_button("Numbers (CSV)", report.submissions_csv(data), "submissions.csv", "text/csv")
    st.download_button(
        "Record with every vote and event, for you alone (JSON)",
        report.as_json(report.record(store, workshop.id)),
        "record.json",
        "application/json",
    )
    if not workshop.closed:
        sure = st.checkbox("I want to end this workshop; nothing can be added afterwards")
        if st.button("Close the workshop", disabled=not sure):
            done(lambda: store.close(workshop.id))
    elif st.button("Forget all names, for good"):
        done(lambda: store.forget_names(workshop.id))
