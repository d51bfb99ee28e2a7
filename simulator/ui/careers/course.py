"""My course: a university's own course, typed or from a file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import streamlit as st

from simulator.charts.words import GROUP_WORDS
from simulator.domain.words import GROUPS
from simulator.experiments.careers import Card, Course, CourseError, SeatEffect, read_courses
from simulator.ui.careers import work
from simulator.ui.careers.asked import ENGLAND, Asked, region_name, regions
from simulator.ui.careers.outcome import show_card
from simulator.ui.careers.parts import simulated
from simulator.ui.careers.seat import show_effect
from simulator.ui.parts import plain
from simulator.ui.sent import sent

_BANDS: Final = {
    "entry": "First posts (bands 2 to 5)",
    "middle": "Bands 6 and 7",
    "senior": "Bands 8a and above",
}
_MOST: Final = 100_000
"""Bytes of a file of courses."""
_FILE: Final = """\
[[course]]
id = "my_msc"
name = "MSc Health Informatics"
group = "data"          # clinical, data or digital
region = "Y56"
intake = 30
completion = 0.8        # share who finish
seek_share = 0.5        # share of those who then look for an NHS trust post
months = 12
"""


def show(asked: Asked) -> None:
    """Show the view."""
    st.write(
        "For universities: what becomes of your own students, and what one more place does. "
        "What you type stays in this visit and is kept nowhere."
    )
    how = st.segmented_control(
        "Your course",
        ["Type it", "From a file"],
        default="Type it",
        key="careers.how",
        required=True,
    )
    course = _typed(asked) if how == "Type it" else _from_file()
    if course is None:
        return
    card = work.asked(
        "careers.course.run", "Simulate 100 of my students", work.course_card, course, asked.year
    )
    if isinstance(card, Card):
        show_card(card, region_name(course.region))
    effect = work.asked(
        "careers.course.seat",
        "Simulate one more seat on my course",
        work.course_seat,
        course,
        asked.year,
    )
    if isinstance(effect, SeatEffect):
        show_effect(effect)
    simulated(
        ["england"],
        "",
        (),
        "The shares of your course are yours, grade D until they are published; the rest is as in "
        "the scenario.",
    )


def _typed(asked: Asked) -> Course | None:
    codes = [one for one in regions() if one != ENGLAND]
    left, middle, right = st.columns(3)
    with left:
        name = st.text_input("Name of the course", "My course", max_chars=80)
        group = st.selectbox("Staff group", GROUPS, index=1, format_func=lambda g: GROUP_WORDS[g])
        region = st.selectbox(
            "Region of the course",
            codes,
            index=codes.index(asked.region) if asked.region in codes else 0,
            format_func=region_name,
        )
    with middle:
        intake = st.number_input("Students who start each year", 1, 2_000, 30)
        completion = st.number_input("Of 100, how many complete", 1, 100, 80)
        seek = st.number_input("Of 100 who complete, how many look for an NHS post", 1, 100, 50)
    with right:
        months = st.number_input("Months", 1, 72, 12)
        band = st.selectbox("First posts", list(_BANDS), format_func=lambda b: _BANDS[b])
        age = st.number_input("Age at the end", 18, 60, 24)
    given = {
        "id": "my_course",
        "name": name.strip() or "My course",
        "group": group,
        "region": region,
        "intake": int(intake),
        "completion": completion / 100,
        "seek_share": seek / 100,
        "months": int(months),
        "band_range": band,
        "age": int(age),
    }
    return _made(given)


def _made(given: dict[str, Any]) -> Course | None:
    try:
        return Course(**given)
    except CourseError as error:
        _refused(error)
        return None


def _from_file() -> Course | None:
    st.write("A TOML file with a table for each course, or a CSV file with a line for each:")
    st.code(_FILE, language="toml")
    given = sent("File of courses", type=["toml", "csv"], key="careers.file")
    if given is None:
        return None
    content = given.getvalue()
    if len(content) > _MOST:
        st.error(f"The file holds {len(content):,} bytes; at most {_MOST:,} are read.")
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"courses{Path(given.name).suffix.lower()}"
        path.write_bytes(content)
        try:
            courses = read_courses(path)
        except CourseError as error:
            _refused(error)
            return None
    names = [one.name for one in courses]
    number = st.selectbox("Course", range(len(courses)), format_func=lambda n: plain(names[n]))
    return courses[number]


def _refused(error: CourseError) -> None:
    """Say all that is wrong at once."""
    st.error("\n".join(f"* {plain(str(one))}" for one in error.problems))
