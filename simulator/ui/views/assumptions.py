"""Assumptions: every number behind a run, and what follows if one of them is another."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from simulator.charts.words import month_name
from simulator.evidence.library import Parameter, load_library
from simulator.experiments.layers import signed
from simulator.experiments.live import differences
from simulator.scenario import ParameterOverride, ScenarioError
from simulator.scenario.numbers import RUN_PARAMETERS, UNIT_BOUNDS
from simulator.scenario.used import REPLAYED, used_parameters
from simulator.ui import readings, state
from simulator.ui.assumed import (
    KINDS,
    library_table,
    scale_of,
    shown,
    sources_of,
    span_of,
    value_of,
)
from simulator.ui.parts import chosen, plain, sidebar
from simulator.ui.plan import OPENING, Plan, Size
from simulator.ui.worker import Answer

if TYPE_CHECKING:
    import pandas as pd

_MEASURES: Final = {"shortfall": "Shortfall", "in_post": "Staff in post", "vacancy": "Vacancy"}
_OF: Final = {"shortfall": "the shortfall", "in_post": "staff in post", "vacancy": "vacancy"}
_LATER: Final = (
    "Range",
    "Grade",
    "Kind",
    "Year",
    "About",
    "Unit",
    "Can be changed",
    "Source",
    "Id",
)
_ONE: Final = Size(2, 1)


def show() -> None:
    """Show the page."""
    plan = chosen()
    if plan is None:
        return
    sidebar(plan)
    st.title("What all of this rests on")
    _count(plan)
    left, right = st.columns([4, 5], gap="medium")
    with left:
        _change(plan)
    with right:
        _effect(plan)
    _every(plan)


def _count(plan: Plan) -> None:
    used = [load_library().get(name) for name in used_parameters(plan.content(_ONE))]
    kinds = Counter(KINDS[one.kind] for one in used)
    grades = Counter(one.grade for one in used)
    st.write(
        f"A run reads **{len(used)}** numbers: {kinds['published']} published, "
        f"{kinds['derived']} derived from published ones, {kinds['assumed']} assumed. By grade: "
        + ", ".join(f"{grade} {grades[grade]}" for grade in sorted(grades))
        + f". **{len(plan.assumed)}** of them "
        + ("is yours." if len(plan.assumed) == 1 else "are yours.")
    )
    st.caption(
        "A official and directly applicable, B official with a caveat, C another group, body or "
        "year, D an assumption, to be replaced by local knowledge."
    )


# Changing one


def _change(plan: Plan) -> None:
    st.header("Change one")
    replayed = REPLAYED if plan.place.level == "trust" else frozenset()
    acting = RUN_PARAMETERS & set(used_parameters(plan.content(_ONE)))
    names = sorted(acting - replayed, key=_title)
    name = st.selectbox(
        "Assumption",
        names,
        index=None,
        format_func=_title,
        placeholder="Type a word, such as leaving or supply",
        key="assumptions.name",
    )
    if replayed:
        told = "; ".join(sorted(_title(one).lower() for one in replayed & acting))
        st.caption(
            plain(
                "Not offered for a single trust, whose candidates come from a stored run of "
                f"England: {told}. Choose a care system or a region to change them."
            )
        )
    if name is not None:
        _editor(load_library().get(name), dict(plan.assumed).get(name))
    for text in st.session_state.pop("assumptions.wrong", ()):
        st.error(plain(text))
    _changed(plan)


def _title(name: str) -> str:
    return load_library().get(name).title


def _editor(one: Parameter, now: ParameterOverride | None) -> None:
    st.caption(
        plain(f"Now {value_of(one)}; plausible {span_of(one)}. Grade {one.grade}, {one.year}.")
    )
    with st.expander("Where it comes from"):
        st.write(plain(one.note))
        st.caption(plain(f"{sources_of(one)} Review by {month_name(one.review_by)}. Id: {one.id}."))
    scale, unit = scale_of(one.unit)
    with st.form(_key(f"{one.id}.form"), border=True):
        columns = st.columns(3)
        value = now.value if now and now.value is not None else one.at(OPENING)
        ends = {
            "value": ("Your value", value),
            "low": ("At least", one.low if now is None or now.low is None else now.low),
            "high": ("At most", one.high if now is None or now.high is None else now.high),
        }
        for column, (part, (label, number)) in zip(columns, ends.items(), strict=True):
            column.number_input(
                f"{label} ({unit})",
                value=round(number * scale, 6),
                format="%0.6g",
                step=None,
                key=_key(f"{one.id}.{part}"),
            )
        st.text_input(
            "Why this value", now.reason if now else "", 300, key=_key(f"{one.id}.reason")
        )
        st.text_input("Who says so", now.author if now else "", 80, key=_key(f"{one.id}.author"))
        st.form_submit_button("Change it", type="primary", on_click=_take, args=(one.id,))
    if len(one.values) > 1:
        st.caption("The library's value changes over time; yours holds in all months.")


def _key(part: str) -> str:
    """Name of a widget, new whenever the page, not the visitor, has changed what it shows."""
    return f"assumptions.{st.session_state['dials'].get('all', 0)}.{part}"


def _take(name: str) -> None:
    """Take a changed assumption, or say what is wrong with it."""
    kept = st.session_state
    one = load_library().get(name)
    given = {part: float(kept[_key(f"{name}.{part}")]) for part in ("value", "low", "high")}
    texts = {part: str(kept[_key(f"{name}.{part}")]).strip() for part in ("reason", "author")}
    wrong = _wrong(one, given, texts)
    if wrong:
        kept["assumptions.wrong"] = wrong
        return
    scale, _ = scale_of(one.unit)
    numbers = {part: round(number / scale, 10) for part, number in given.items()}
    try:
        state.assume(name, ParameterOverride.model_validate({**numbers, **texts}))
    except ScenarioError as error:
        kept["assumptions.wrong"] = [problem.message for problem in error.problems]


def _wrong(one: Parameter, given: dict[str, float], texts: dict[str, str]) -> list[str]:
    """What is wrong with a changed assumption, in the unit that the page shows."""
    scale, unit = scale_of(one.unit)
    limits = UNIT_BOUNDS[one.unit]
    low, high = limits.low * scale, limits.high * scale
    told = [
        f"{given[part]:g} is no possible value: {low:g} to {high:g} {unit} is."
        for part in given
        if not low <= given[part] <= high
    ]
    if not given["low"] <= given["value"] <= given["high"]:
        told.append(
            f"{given['value']:g} {unit} lies outside {given['low']:g} to {given['high']:g}: widen "
            "the range by the two numbers beside it."
        )
    if not texts["reason"]:
        told.append("Say why this value: nobody can judge it otherwise.")
    if not texts["author"]:
        told.append("Say who stands behind it: a name or a role.")
    return told


def _changed(plan: Plan) -> None:
    if not plan.assumed:
        return
    st.header("Changed")
    st.button("Undo", on_click=state.undo, disabled=not st.session_state["history"])
    for name, one in plan.assumed:
        library = load_library().get(name)
        text, button = st.columns([5, 2], vertical_alignment="center")
        value = "dated values" if one.value is None else shown(one.value, library.unit)
        text.markdown(
            f"**{plain(library.title)}**: {plain(value)}, library "
            f"{plain(shown(library.at(OPENING), library.unit))}  \n"
            f":small[{plain(one.reason)} ({plain(one.author)})]"
        )
        button.button(
            "Take back", key=_key(f"{name}.back"), on_click=state.assume, args=(name, None)
        )


# What follows


def _effect(plan: Plan) -> None:
    st.header("What follows")
    if not plan.assumed:
        st.write("Change an assumption: what follows from it appears here, as for a lever.")
        return
    if plan.place.level != "trust" and not st.button("Show what follows"):
        st.caption("A run takes some seconds here.")
        return
    with st.spinner("Simulating ...", show_time=True):
        before, after = state.pair(plan.plain, plan)
    measure = st.segmented_control(
        "Show",
        list(_MEASURES),
        format_func=_MEASURES.__getitem__,
        default="shortfall",
        key="assumptions.measure",
        required=True,
        label_visibility="collapsed",
    )
    st.markdown(f"**{plain(effect_words(before, after, measure))}**")
    st.table(effect_table(before, after, measure))
    st.caption(
        "FTE, with 8 of 10 futures in brackets. Change: mean of the paired differences between the "
        "same futures under the library's assumptions and under yours, with its 95 % interval. An "
        "assumption is no lever: levers are compared with doing nothing in the world you assume."
    )


def _rows(before: Answer, after: Answer, measure: str) -> dict[int, dict[str, Any]]:
    """Paired differences of all groups together, by month."""
    found = differences(before.futures, after.futures)
    kept = found.loc[(found["measure"] == measure) & (found["group"] == "all")]
    return {int(row["month"]): dict(row) for _, row in kept.iterrows()}


def effect_words(before: Answer, after: Answer, measure: str) -> str:
    """What the changed assumptions change after five years, and how sure that is."""
    row = _rows(before, after, measure)[60]
    what, when = _OF[measure], month_name(str(row["date"]))
    spread = f"95 % interval {signed(row['low95'])} to {signed(row['high95'])}"
    if not row["clear"]:
        return f"In {when} your assumptions make no clear difference to {what} ({spread})."
    share = max(row["share_above_zero"], row["share_below_zero"])
    more = "higher" if row["difference"] > 0 else "lower"
    return (
        f"Under your assumptions {what} in {when} is {signed(abs(row['difference']))[1:]} FTE "
        f"{more} ({spread}); it is {more} in {100 * share:.0f} of 100 futures."
    )


def effect_table(before: Answer, after: Answer, measure: str) -> pd.DataFrame:
    """A stock under the library's assumptions and under the visitor's, with the paired change."""
    import pandas as pd

    rows, found = _rows(before, after, measure), []
    for month in readings.months_shown(after)[1:]:
        row = rows[month]
        low, high = signed(row["low95"]), signed(row["high95"])
        found.append(
            {
                "End of": month_name(str(row["date"])),
                "Library's": readings.with_span(readings.at(before, measure, month)),
                "Yours": readings.with_span(readings.at(after, measure, month)),
                "Change": f"{signed(row['difference'])} ({low} to {high})",
            }
        )
    return pd.DataFrame(found).set_index("End of")


# All of them


def _every(plan: Plan) -> None:
    st.header("Every number")
    frame = library_table()
    search, about, kind = st.columns([4, 3, 3])
    text = search.text_input("Search", key="assumptions.search", placeholder="leaving, S30, cyber")
    chosen_heads = about.multiselect("About", sorted(set(frame["About"])), key="assumptions.about")
    chosen_kinds = kind.multiselect("Kind", list(KINDS.values()), key="assumptions.kind")
    found = frame.copy()
    found["Yours"] = [_yours(plan, name) for name in found.index]
    if text.strip():
        hit = found.apply(lambda row: text.strip().casefold() in _joined(row), axis=1)
        found = found.loc[hit]
    if chosen_heads:
        found = found.loc[found["About"].isin(chosen_heads)]
    if chosen_kinds:
        found = found.loc[found["Kind"].isin(chosen_kinds)]
    st.caption(f"{len(found)} of {len(frame)} numbers of the library.")
    st.dataframe(
        found.reset_index(),
        hide_index=True,
        height=420,
        column_order=("Assumption", "Value", "Yours", *_LATER),
        column_config={"Assumption": st.column_config.TextColumn(width="large")},
        key="assumptions.table",
    )
    st.download_button(
        "Download these (CSV)",
        lambda: found.to_csv(lineterminator="\n"),
        file_name="assumptions.csv",
        mime="text/csv",
        on_click="ignore",
    )


def _joined(row: Any) -> str:
    return " ".join(map(str, (row.name, *row))).casefold()


def _yours(plan: Plan, name: str) -> str:
    one = dict(plan.assumed).get(name)
    if one is None:
        return ""
    return "dated" if one.value is None else shown(one.value, load_library().get(name).unit)
