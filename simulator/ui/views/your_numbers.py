"""Your numbers: what a trust knows of its own staff groups, typed or loaded, for the estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from simulator.charts.words import GROUP_WORDS, month_name
from simulator.domain.words import GROUPS
from simulator.scenario import OwnNumbers, Scenario, ScenarioError
from simulator.scenario.dates import month_after
from simulator.scenario.schema import MAX_STAFF
from simulator.ui import state, words
from simulator.ui.counts import Count, opening_counts, opening_rows
from simulator.ui.link import SEND_FILE, complete
from simulator.ui.parts import chosen, first_or_full, go, plain, sidebar, size_note
from simulator.ui.plan import FIRST, OPENING, Place, Plan, basis, mark, resolve
from simulator.ui.sent import sent
from simulator.ui.server import desk
from simulator.ui.upload import Table, counted, pattern, read_table

if TYPE_CHECKING:
    import pandas as pd

_TOLD: Final = 12
"""Problems of a table that are shown."""
_FIELDS: Final = {
    "posts": "Funded posts",
    "people": "People in post",
    "leavers": "Left in 12 months",
}
_SOURCE: Final = "Electronic Staff Record"
_MONTHS: Final = tuple(month_after(OPENING, one) for one in range(-12, 13))


def show() -> None:
    """Show the page."""
    plan = chosen()
    if plan is None:
        return
    sidebar(plan)
    if plan.place.level != "trust":
        st.title("Your numbers")
        st.write("Own numbers belong to one trust. Choose the trust, type them, and come back:")
        go("start", "Choose a trust")
        st.caption(plain(basis(plan)))
        return
    st.title(plain(f"Your numbers: {plan.place.name}"))
    before = opening_counts(_scenario(Plan(plan.place, assumed=plan.assumed)), plan.place.code)
    _typed(plan, before)
    if plan.own or plan.tables:
        _table(plan)
        _meaning(plan)
        _projection(plan)
    _loading(plan)


def _scenario(plan: Plan) -> Scenario:
    return resolve(desk().folder, plan, FIRST[plan.place.level])


# Typing


def _typed(plan: Plan, before: dict[str, Count]) -> None:
    st.write(
        "Type what you know, and leave the rest blank: a blank stays estimated. Count posts and "
        "people, not full-time equivalents. *Left* is everybody who left the trust in the last "
        "twelve months, for whatever reason, another trust and retirement included."
    )
    mine = {one.group: one for one in plan.own}
    locked = bool(plan.tables)
    with st.form(_key("form"), border=True):
        for group in GROUPS:
            _line(group, mine.get(group), before[group], locked)
        month, source, button = st.columns([2, 4, 3], vertical_alignment="bottom")
        first = plan.own[0] if plan.own else None
        month.selectbox(
            "Numbers of",
            _MONTHS,
            index=_MONTHS.index(first.as_of) if first and first.as_of in _MONTHS else 12,
            format_func=month_name,
            key=_key("month"),
        )
        source.text_input(
            "Where they come from",
            first.source if first else _SOURCE,
            max_chars=120,
            key=_key("source"),
        )
        button.form_submit_button(
            "Use these numbers", type="primary", on_click=_use, args=(plan.place,), width="stretch"
        )
    for text in st.session_state.pop("own.wrong", ()):
        st.error(plain(text))
    left, right, _ = st.columns([2, 2, 5])
    left.button("Undo", on_click=state.undo, disabled=not st.session_state["history"])
    if plan.own:
        right.button("Take all out", on_click=state.set_own, args=((),))


def _line(group: str, mine: OwnNumbers | None, before: Count, locked: bool) -> None:
    name, *columns = st.columns([3, 2, 2, 2], vertical_alignment="bottom")
    estimates = {
        "posts": str(before.posts),
        "people": str(before.people),
        "leavers": f"{before.expected:.1f}",
    }
    name.markdown(
        f"**{plain(GROUP_WORDS[group])}**  \n:small[estimated: {estimates['posts']} posts, "
        f"{estimates['people']} people, {plain(estimates['leavers'])} leave a year]"
    )
    for column, (field, label) in zip(columns, _FIELDS.items(), strict=True):
        column.number_input(
            f"{label}, {GROUP_WORDS[group]}" if group != GROUPS[0] else label,
            0,
            MAX_STAFF,
            value=None if mine is None else getattr(mine, field),
            step=1,
            placeholder=f"estimate {estimates[field]}",
            label_visibility="visible" if group == GROUPS[0] else "collapsed",
            key=_key(f"{group}.{field}"),
            disabled=locked and field != "leavers",
        )


def _key(part: str) -> str:
    """Name of a widget, new whenever the page, not the visitor, has changed what it shows."""
    place = state.plan()
    code = place.place.code if place else ""
    return f"own.{code}.{st.session_state['dials'].get('all', 0)}.{part}"


def _use(place: Place) -> None:
    """Take what was typed, or say what is wrong with it."""
    kept = st.session_state
    found = []
    for group in GROUPS:
        given = {field: kept.get(_key(f"{group}.{field}")) for field in _FIELDS}
        if any(value is not None for value in given.values()):
            source = str(kept.get(_key("source")) or "").strip() or "not said"
            as_of = kept.get(_key("month")) or OPENING
            found.append(
                OwnNumbers(trust=place.code, group=group, as_of=as_of, source=source, **given)
            )
    try:
        state.set_own(tuple(found))
    except ScenarioError as error:
        kept["own.wrong"] = [_told(found, one.where, one.message) for one in error.problems]


def _told(found: list[OwnNumbers], where: str, message: str) -> str:
    """A problem in the words of the form."""
    number, _, field = where.removeprefix("own[").partition("].")
    if number.isdigit() and int(number) < len(found):
        group = GROUP_WORDS[found[int(number)].group]
        return f"{group}, {_FIELDS.get(field, field).lower()}: {message}"
    return f"{where}: {message}"


# What is made of it


def _table(plan: Plan) -> None:
    import pandas as pd

    after = opening_counts(_scenario(plan), plan.place.code)
    mine: dict[str, OwnNumbers] = {one.group: one for one in plan.own}
    found = []
    for group, count in after.items():
        one = mine.get(group)
        posts, people = (_whose(plan, one, field) for field in ("posts", "people"))
        found.append(
            {
                "Staff group": GROUP_WORDS[group],
                "Funded posts": f"{count.posts} ({posts})",
                "People in post": f"{count.people} ({people})",
                "Vacant": _vacant(count),
                "Leave in a year": f"{count.expected * count.factor:.1f} "
                + ("(yours, weighed)" if one and one.leavers is not None else "(estimated)"),
            }
        )
    st.table(pd.DataFrame(found).set_index("Staff group"))


def _whose(plan: Plan, one: OwnNumbers | None, field: str) -> str:
    if plan.tables:
        return "yours"
    if one is None or not one.counted:
        return "estimated"
    return "yours" if getattr(one, field) is not None else "estimated from yours"


def _vacant(count: Count) -> str:
    over = count.people - count.posts
    return f"{over} more people than posts" if over > 0 else str(-over)


def _meaning(plan: Plan) -> None:
    told = ["Each post is as your table has it."] if plan.tables else []
    if any(one.counted for one in plan.own):
        told.append(
            "Bands, ages and time in post stay as estimated: people are added or taken out evenly "
            "over them, as whole people."
        )
    after = opening_counts(_scenario(plan), plan.place.code)
    for one in plan.own:
        count = after[one.group]
        if one.leavers is not None:
            told.append(
                f"{GROUP_WORDS[one.group]}: {one.leavers} left where {count.expected:.1f} would be "
                "expected. One year of a small team says little, so it is weighed against the "
                f"spread between trusts: {count.factor:.2f} times the usual rate is used."
            )
        if count.people > count.posts:
            told.append(
                f"{GROUP_WORDS[one.group]}: {count.people} people for {count.posts} posts. Nobody "
                "is dismissed; as people leave, they are not replaced until the posts are met."
            )
    with st.expander("What is made of your numbers"):
        for text in told:
            st.write(plain(text))


def _projection(plan: Plan) -> None:
    answer, size = first_or_full(plan.base)
    st.header("What follows, if nothing changes")
    for sentence, evidence in words.outlook(plan, answer):
        whose = plain(f"{evidence} Staff at the start: {mark(plan)}.")
        st.markdown(f"**{plain(sentence)}** :small[{whose}]")
    st.caption(plain(basis(plan)))
    one, two, _ = st.columns([1, 1, 2])
    with one:
        go("outlook", "See the outlook in charts →")
    with two:
        go("levers", "Try what would help →")
    if complete(plan):
        st.caption("The link in the address bar holds your numbers: whoever has it can read them.")
    else:
        st.caption(SEND_FILE)
    size_note(plan.base, size)


# A table of posts


def _loading(plan: Plan) -> None:
    with st.expander("Load a table of posts instead", expanded=bool(plan.tables)):
        st.write(
            "One line for each post, with band, age and time in post, and nobody's name. The table "
            "stays on the computer that runs this page, in memory, and is forgotten with this "
            "visit. Tables that seem to name people are refused."
        )
        st.download_button(
            "Download a pattern: your estimated posts",
            lambda: pattern(opening_rows(_scenario(Plan(plan.place)), plan.place.code)),
            file_name=f"posts-{plan.place.code.lower()}.csv",
            mime="text/csv",
            on_click="ignore",
        )
        for table in plan.tables:
            _loaded(table)
        if not plan.tables:
            given = sent("Your table (CSV)", type="csv", key=_key("upload"))
            if given is not None:
                _offered(given.getvalue(), plan.place.code)


def _offered(content: bytes, trust: str) -> None:
    try:
        table = read_table(content, trust)
    except ScenarioError as error:
        told = [f"{one.where}: {one.message}".removeprefix(": ") for one in error.problems]
        more = [f"and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
        st.error("  \n".join(plain(text) for text in [*told[:_TOLD], *more]))
        return
    st.write("Checked. This is what it holds:")
    st.table(_preview(table))
    st.button("Use this table", type="primary", on_click=state.set_table, args=(table,))


def _loaded(table: Table) -> None:
    st.table(_preview(table))
    st.write(
        plain(
            "The scenario of this plan names the table by its digest. To run it elsewhere, save "
            f"the checked table as {table.name} in the folder of scenarios. It tells of single "
            "posts: keep it with the owner of the data."
        )
    )
    one, two, _ = st.columns([2, 2, 3])
    one.download_button(
        "Download the checked table",
        table.text,
        file_name=table.file,
        mime="text/csv",
        on_click="ignore",
    )
    two.button("Take the table out", on_click=state.set_table, args=(None,))


def _preview(table: Table) -> pd.DataFrame:
    """Posts and people by group and band."""
    import pandas as pd

    columns = ["Staff group", "Band", "Posts", "People"]
    found = pd.DataFrame(counted(table), columns=columns)
    found["Staff group"] = [GROUP_WORDS[one] for one in found["Staff group"]]
    return found.set_index("Staff group")
