"""Start: what this is, which place, and what awaits it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from simulator.charts.words import GROUP_WORDS
from simulator.domain.words import GROUPS
from simulator.ui import roles, state, words
from simulator.ui.parts import NOT_FOR, first_or_full, go, plain, sidebar, size_note
from simulator.ui.places import choices, label
from simulator.ui.plan import Plan, basis, mark

_SHOWN: Final = {
    "trust": "This trust is simulated; the other trusts of its region are as in a stored run of "
    "England and do not respond.",
    "ics": "The whole region around the care system is simulated, since its trusts compete for the "
    "same people.",
    "region": "All trusts of the region are simulated together.",
    "england": "All trusts of England are simulated together.",
}
_GRADES: Final = (
    "Grades of evidence: A official and directly applicable, B official with a caveat, C another "
    "group, body or year, D an assumption."
)


def show() -> None:
    """Show the page."""
    st.title("Will there be enough informatics, data and digital staff?")
    st.write(
        "Choose your trust and see its next 15 years: staff needed, posts funded and people in "
        "post, each with the range in which 8 of 10 simulated futures lie. Then try what helps."
    )
    _choose()
    plan = state.plan()
    if plan is not None:
        sidebar(plan)
        _outlook(plan)
    _about()
    _counted()


def _choose() -> None:
    plan, listed = state.plan(), choices()
    st.selectbox(
        "Your trust, care system or region",
        list(listed),
        index=None if plan is None else list(listed).index(label(plan.place)),
        placeholder="Type a name, a code or initials, such as Leeds, RGT or CUH",
        key="start.place",
        on_change=_chosen,
    )


def _chosen() -> None:
    words_ = st.session_state["start.place"]
    state.choose_place(None if words_ is None else choices()[words_])


def _outlook(plan: Plan) -> None:
    answer, size = first_or_full(plan.base)
    st.header(plain(f"If nothing changes: {plan.place.name}"))
    for sentence, evidence in words.outlook(plan, answer):
        whose = plain(f"{evidence} Staff at the start: {mark(plan)}.")
        st.markdown(f"**{plain(sentence)}** :small[{whose}]")
    st.caption(f"{plain(basis(plan))} {_SHOWN[plan.place.level]} {_GRADES}")
    own, left, right, _ = st.columns([1.3, 1, 1, 1])
    with own:
        go("your-numbers", "Type your own numbers →")
    with left:
        go("outlook", "See the outlook in charts →")
    with right:
        go("levers", "Try what would help →")
    size_note(plan.base, size)


def _about() -> None:
    with st.expander("What this is, and what it is not for"):
        st.write(
            "A simulator follows every post and every person month by month: who joins, is "
            "promoted, moves, leaves or retires, and how long posts stand empty. What it shows are "
            "consequences of stated assumptions, not forecasts: nobody publishes how many "
            "experienced people look for such posts, so supply is largely assumed (grade D)."
        )
        st.write(
            "It is for workforce planners and HR leaders who size a task or compare plans, and for "
            f"universities that plan courses. {NOT_FOR} This is not a product of the NHS."
        )


def _counted() -> None:
    import pandas as pd

    with st.expander("Who is counted"):
        st.write(
            "Staff of NHS trusts on Agenda for Change bands, in three groups. Job titles of "
            "national profiles and of a catalogue of digital roles, where the evidence holds them; "
            "titles that mean the same count too."
        )
        columns = ["Job title", "Bands", "Grade"]
        for group, tab in zip(GROUPS, st.tabs([GROUP_WORDS[one] for one in GROUPS]), strict=True):
            tab.table(pd.DataFrame(roles.titles(group), columns=columns).set_index("Job title"))
        st.markdown("**Not counted**")
        st.markdown("\n".join(f"- {plain(one)}" for one in roles.OUT))
        st.markdown("**In your staff record**")
        st.write(plain(roles.CODES))
        st.caption(roles.BASIS)
