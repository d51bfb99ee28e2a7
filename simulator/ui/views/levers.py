"""Levers: set them, and see at once what changes against doing nothing."""

from __future__ import annotations

from typing import Final

import streamlit as st

from simulator.charts.words import month_name
from simulator.model.deliverability import Flag, assess_levers
from simulator.scenario.dates import month_after
from simulator.ui import readings, specs, state, words
from simulator.ui.dials import DIALS, ELSEWHERE, NOT_HERE, Dial, offered
from simulator.ui.parts import (
    NOT_FOR,
    chart,
    chosen,
    dark,
    first_or_full,
    plain,
    sidebar,
    size_note,
)
from simulator.ui.plan import FIRST, MONTHS, OPENING, Choice, Plan, entry, resolve
from simulator.ui.room.participant import keep_draft
from simulator.ui.server import desk
from simulator.ui.worker import Answer

_START: Final = "2027-04"
_MEASURES: Final = {"shortfall": "Shortfall", "in_post": "Staff in post", "vacancy": "Vacancy"}
_COLOURS: Final = {"green": ":green[●]", "amber": ":orange[▲]", "red": ":red[■]"}
_FLAGS: Final = {
    "green": "within evidence",
    "amber": "beyond peers",
    "red": "outside evidence or too soon",
}
_YEARS: Final = tuple(str(year) for year in range(2026, 2041))


def show() -> None:
    """Show the page."""
    plan = chosen()
    if plan is None:
        return
    if plan.place.level == "trust":
        state.ahead(plan)
    sidebar(plan)
    st.title(plain(f"What would help {plan.place.name}?"))
    left, right = st.columns([4, 6], gap="medium")
    with left:
        _dials(plan)
    with right:
        _result(_ran(plan))


def _ran(plan: Plan) -> Plan:
    """The plan whose results are shown: for a wide place the one last run."""
    if plan.place.level == "trust":
        return plan
    ran: Plan | None = st.session_state.get("ran")
    if ran is None or ran.place != plan.place:
        ran = st.session_state["ran"] = plan
    if ran != plan:
        st.warning("These results are for the earlier settings. A run takes some seconds here.")
        st.button("Run with the new settings", type="primary", on_click=_run_now)
    return ran


def _run_now() -> None:
    st.session_state["ran"] = state.plan()


# Dials


def _dials(plan: Plan) -> None:
    one, two = st.columns(2)
    one.button(
        "Undo", on_click=state.undo, disabled=not st.session_state["history"], width="stretch"
    )
    two.button("Reset", on_click=state.reset, disabled=not plan.choices, width="stretch")
    flags = _flags(plan)
    kept = {choice.kind: choice for choice in plan.choices}
    with st.container(height=560, border=False):
        for kind in offered(plan.place.level):
            _dial(kind, kept.get(kind), flags.get(kind))
        _others(plan.place.level)


def _flags(plan: Plan) -> dict[str, Flag]:
    if not plan.choices:
        return {}
    found = assess_levers(resolve(desk().folder, plan, FIRST[plan.place.level]))
    return {one.lever.replace("-", "_"): one for one in found}


def _dial(kind: str, choice: Choice | None, flag: Flag | None) -> None:
    dial = DIALS[kind]
    amount = 0 if choice is None else choice.amount
    under = plain(words.evidence_words(dial, entry(kind)))
    if amount:
        under = plain(dial.shown(amount))
    if flag is not None:
        under += f" {_COLOURS[flag.colour]} {_FLAGS[flag.colour]}"
    label, more = st.columns([7, 2], vertical_alignment="top")
    label.markdown(f"**{dial.label}**  \n:small[{under}]")
    if amount and dial.alone:
        label.caption(plain(dial.alone))
    slider, number = st.columns([5, 2], vertical_alignment="center")
    with slider:
        st.slider(
            f"{dial.label}, per cent",
            dial.least,
            dial.most,
            key=_begin_at(kind, "slider", amount),
            on_change=_moved,
            args=(kind, "slider"),
            label_visibility="collapsed",
            format="%d%%",
        )
    with number:
        st.number_input(
            f"{dial.label}, per cent, as a number",
            dial.least,
            dial.most,
            step=1,
            key=_begin_at(kind, "number", amount),
            on_change=_moved,
            args=(kind, "number"),
            label_visibility="collapsed",
        )
    details = more.popover(
        "Details",
        type="tertiary",
        help="When, cost and evidence",
        key=_key(kind, "details"),
        on_change="rerun",  # what is in it is made when it is opened
    )
    if details.open:
        with details:
            _details(kind, dial, choice, flag)


def _key(kind: str, part: str) -> str:
    """Name of a widget. It is new whenever the page, not the visitor, has changed the value.

    A browser may report an old value of a widget that the page has set meanwhile; under an old
    name nobody takes it for a wish.
    """
    version = st.session_state["dials"]
    return f"dial.{kind}.{part}.{version.get('all', 0)}.{version.get((kind, part), 0)}"


def _begin_at(kind: str, part: str, value: object) -> str:
    """Name of a widget that begins at a value."""
    key = _key(kind, part)
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def _moved(kind: str, part: str) -> None:
    """Take what a dial was set to."""
    kept = st.session_state
    now = {one.kind: one for one in kept["plan"].choices}.get(kind)
    amount = now.amount if now else 0
    if part in _PAIR:
        amount = int(kept[_key(kind, part)])
    start = _start_of(kind, now)
    lasts = DIALS[kind].lasts
    if lasts is not None:
        lasts = int(kept.get(_key(kind, "lasts"), now.lasts if now and now.lasts else lasts))
    if part in _PAIR:
        other = kind, _PAIR[part]
        kept["dials"][other] = kept["dials"].get(other, 0) + 1
    state.change(kind, Choice(kind, amount, start, lasts))


_PAIR: Final = {"slider": "number", "number": "slider"}


def _start_of(kind: str, now: Choice | None) -> str:
    year, month = (st.session_state.get(_key(kind, part)) for part in ("year", "month"))
    if year is None or month is None:
        return now.start if now else _START
    wanted = f"{year}-{int(month):02d}"
    last = month_after(OPENING, MONTHS)
    return min(max(wanted, month_after(OPENING, 1)), last)


def _details(kind: str, dial: Dial, choice: Choice | None, flag: Flag | None) -> None:
    start = _START if choice is None else choice.start
    at = _begin_at(kind, "year", start[:4]), _begin_at(kind, "month", int(start[5:7]))
    year, month = st.columns(2)
    year.selectbox("From year", _YEARS, key=at[0], on_change=_moved, args=(kind, "year"))
    month.selectbox(
        "Month",
        range(1, 13),
        format_func=lambda one: month_name(f"2026-{one:02d}").split()[0],
        key=at[1],
        on_change=_moved,
        args=(kind, "month"),
    )
    if dial.lasts is not None:
        kept = dial.lasts if choice is None or choice.lasts is None else choice.lasts
        st.number_input(
            "Months it lasts",
            1,
            120,
            key=_begin_at(kind, "lasts", kept),
            on_change=_moved,
            args=(kind, "lasts"),
        )
    for sentence in words.lever_words(kind, dial, entry(kind)):
        st.caption(plain(sentence))
    if flag is not None:
        told = "; ".join(flag.reasons) or "inside the range of the evidence, with time to act"
        st.caption(f"{_COLOURS[flag.colour]} {plain(_FLAGS[flag.colour])}: {plain(told)}.")


def _others(level: str) -> None:
    with st.expander("Levers not offered here, and why"):
        listed = {**(NOT_HERE if level == "trust" else {}), **ELSEWHERE}
        for kind, why in listed.items():
            st.caption(f"**{plain(entry(kind)['title'])}**: {plain(why)}")


# Results


def _result(plan: Plan) -> None:
    answer, size = first_or_full(plan)
    base = state.at_size(plan.base, size)
    measure = st.segmented_control(
        "Show",
        list(_MEASURES),
        format_func=_MEASURES.__getitem__,
        default="shortfall",
        key="levers.measure",
        required=True,
        label_visibility="collapsed",
    )
    if plan.choices and answer.changes is not None:
        headline, detail = words.change_words(answer, measure, 10)
        st.header(plain(headline))
        st.caption(plain(detail))
    else:
        st.header(plain(words.gap_words(plan, answer)))
        st.caption("Move a lever: the change against doing nothing appears here.")
    ghost = _ghost(plan, size)
    data = readings.fan(answer, measure, base=base if plan.choices else None, ghost=ghost)
    compared = "base" in data.columns
    label = "with levers" if plan.choices else _MEASURES[measure].lower()
    chart(
        specs.fan(dark(), lines=False, compared=compared, height=300),
        data,
        readings.fan_ends(data, label),
        words=" ".join(words.change_words(answer, measure, 10)).strip()
        or words.gap_words(plan, answer),
        key=f"levers.chart.{compared}",
    )
    if plan.choices and base is not None:
        st.table(readings.change_table(base, answer, measure), border="horizontal")
        st.caption(
            "FTE, with 8 of 10 futures in brackets. Change: mean of the paired differences between "
            "the same futures with and without levers, with its 95 % interval."
        )
        st.write(plain(words.lever_cost(answer)))
    st.caption(NOT_FOR)
    size_note(plan, size)
    keep_draft()


def _ghost(plan: Plan, size: object) -> Answer | None:
    """The answer to the settings before, if it is another plan and known at this size."""
    before: Plan | None = st.session_state["ghost"]
    if before is None or before in (plan, plan.base) or before.place != plan.place:
        return None
    return state.at_size(before, size)  # type: ignore[arg-type]
