"""Fan charts: stocks of a place with their doubt, month by month."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from simulator.charts.figure import (
    BANDS,
    BLUE,
    HIGH,
    INK,
    LOW,
    ORANGE,
    PURPLE,
    TEAL,
    WIDTH,
    Figure,
    amount,
    band,
    end_labels,
    first_and_last,
    line,
    lowered,
    place_rows,
    place_words,
    source_words,
    span,
    styled,
    with_range,
)
from simulator.charts.words import GROUP_WORDS, month_name, place_name
from simulator.domain.words import GROUPS

if TYPE_CHECKING:
    import pandas as pd

    from simulator.results.result import Result

_HEIGHT: Final = 330
_SHOWN: Final = {"need": "Need", "funded": "funded posts", "in_post": "staff in post"}
_COLUMNS: Final = ["group", "measure", "month", "date", "mean", *(q for b in BANDS for q in b[:2])]
_GROUP_COLOURS: Final = dict(zip(GROUPS, (PURPLE, BLUE, ORANGE), strict=True))


def fan_chart(result: Result, *, level: str, code: str, group: str = "all") -> Figure:
    """Draw staff in post as a fan, with the means of need and funded posts.

    Args:
        result: A result.
        level: ``trust``, ``ics``, ``region`` or ``england``.
        code: The place's code, as in the result's table ``places``.
        group: ``clinical``, ``data``, ``digital`` or ``all``.

    Raises:
        KeyError: If the result has no such place or group.
    """
    frame = place_rows(result, "places", level, code, group)
    need, funded, staff = (frame.loc[frame["measure"] == one] for one in _SHOWN)
    layers = [
        *(band(staff, *one) for one in BANDS),
        line(staff, BLUE),
        line(funded, TEAL),
        line(need, "white", width=4.5),
        line(need, INK, [7, 4]),
        _fan_labels(need, funded, staff),
    ]
    sentence = shortfall_words(frame, level, code, group)
    last = first_and_last(need)[1]
    details = [
        f"Full-time equivalent staff, end of month, {place_words(level, code, group)}. Lines are "
        "means. Bands hold half, 8 of 10 and 95 of 100 futures.",
        f"Need has its own doubt: {span(last)} in {last['date'][:4]} in 8 of 10 futures.",
        source_words(result.manifest),
    ]
    parts = [
        f"{words} {_from_to(frame.loc[frame['measure'] == measure])}"
        for measure, words in _SHOWN.items()
    ]
    text = f"Fan chart, {place_words(level, code, group)}, full-time equivalents: "
    text += f"{'; '.join(parts)}."
    chart = alt.layer(*layers).properties(width=WIDTH, height=_HEIGHT)
    return Figure(
        styled(chart, f"{sentence}, if the assumptions hold", details, text),
        text,
        frame.loc[frame["measure"].isin(_SHOWN), _COLUMNS].reset_index(drop=True),
        f"{sentence}.",
    )


def shortfall_chart(result: Result, *, level: str, code: str, group: str = "all") -> Figure:
    """Draw the shortfall, need less staff in post, as a fan.

    Args and errors as for :func:`fan_chart`.
    """
    frame = place_rows(result, "places", level, code, group)
    rows = frame.loc[frame["measure"] == "shortfall"]
    last = first_and_last(rows)[1]
    texts = [
        (float(last["mean"]), "shortfall", PURPLE),
        (float(last["q97.5"]), "95 of 100 futures", PURPLE),
        (float(last[HIGH]), "8 of 10 futures", PURPLE),
    ]
    layers = [
        *(band(rows, *one, PURPLE) for one in BANDS),
        line(rows, PURPLE),
        end_labels(texts, last["date"], _range([rows])),
    ]
    sentence = shortfall_words(frame, level, code, group)
    details = [
        "Shortfall: need less staff in post, full-time equivalents, end of month, "
        f"{place_words(level, code, group)}. The line is the mean. Bands hold half, 8 of 10 and 95 "
        "of 100 futures.",
        source_words(result.manifest),
    ]
    text = (
        f"Fan chart of the shortfall, {place_words(level, code, group)}, full-time equivalents: "
        f"{_from_to(rows)}."
    )
    return Figure(
        styled(alt.layer(*layers).properties(width=WIDTH, height=260), sentence, details, text),
        text,
        rows[_COLUMNS].reset_index(drop=True),
        f"{sentence}.",
    )


def vacancy_chart(result: Result, *, level: str, code: str) -> Figure:
    """Draw vacancy by staff group, each with the range that holds 8 of 10 futures.

    Args and errors as for :func:`fan_chart`.
    """
    import pandas as pd

    groups = {one: place_rows(result, "places", level, code, one) for one in GROUPS}
    rows = {one: part.loc[part["measure"] == "vacancy"] for one, part in groups.items()}
    ends = {one: first_and_last(part)[1] for one, part in rows.items()}
    texts = [
        (float(last["mean"]), lowered(GROUP_WORDS[one]), _GROUP_COLOURS[one])
        for one, last in ends.items()
    ]
    date = ends[GROUPS[0]]["date"]
    layers = [
        *(band(part, LOW, HIGH, 0.2, _GROUP_COLOURS[one]) for one, part in rows.items()),
        *(line(part, _GROUP_COLOURS[one]) for one, part in rows.items()),
        end_labels(texts, date, _range(list(rows.values()))),
    ]
    sentence = _vacancy_words(ends, month_name(date))
    details = [
        "Vacancy: funded posts less staff in post, full-time equivalents, end of month, "
        f"{place_name(level, code)}. Lines are means; bands hold 8 of 10 futures.",
        source_words(result.manifest),
    ]
    told = "; ".join(f"{GROUP_WORDS[one]} {_from_to(part)}" for one, part in rows.items())
    text = f"Vacancy by staff group, {place_name(level, code)}, full-time equivalents: {told}."
    return Figure(
        styled(alt.layer(*layers).properties(width=WIDTH, height=260), sentence, details, text),
        text,
        pd.concat([part[_COLUMNS] for part in rows.values()], ignore_index=True),
        f"{sentence}.",
    )


def _vacancy_words(ends: Mapping[str, Any], when: str) -> str:
    """Where most vacancy is; or what can be said, where too little of it can be shown."""
    told = {one: with_range(last, " FTE") for one, last in ends.items()}
    sizes = {one: float(last["mean"]) for one, last in ends.items()}
    if any(math.isnan(size) for size in sizes.values()) or max(sizes.values()) <= 0:
        each = "; ".join(f"{lowered(GROUP_WORDS[one])} {text}" for one, text in told.items())
        return f"Vacancy in {when}: {each}"
    most = max(sizes, key=lambda one: sizes[one])
    return f"By {when} most vacancy is in {lowered(GROUP_WORDS[most])}: {told[most]}"


def shortfall_words(frame: pd.DataFrame, level: str, code: str, group: str) -> str:
    """The finding of a place: how far staff fall short of need in the last month, with its range.

    Args:
        frame: Rows of the place and group in the table ``places``.
        level: Level of the place.
        code: Code of the place.
        group: Staff group.
    """
    last = first_and_last(frame.loc[frame["measure"] == "shortfall"])[1]
    where, when = place_words(level, code, group), month_name(last["date"])
    if last[HIGH] < 0:
        more = {"mean": -last["mean"], LOW: -last[HIGH], HIGH: -last[LOW]}
        return f"By {when} {where} has {with_range(more, ' FTE')} more than it needs"
    if last[LOW] <= 0:
        return (
            f"By {when} {where} may be short of staff or not: the mean shortfall is "
            f"{with_range(last, ' FTE')}"
        )
    return f"By {when} {where} is short of {with_range(last, ' FTE')}"


def _from_to(rows: pd.DataFrame) -> str:
    first, last = first_and_last(rows)
    return (
        f"{amount(first['mean'])} in {month_name(first['date'])} and {amount(last['mean'])} in "
        f"{month_name(last['date'])} ({span(last)} in 8 of 10 futures)"
    )


def _fan_labels(need: pd.DataFrame, funded: pd.DataFrame, staff: pd.DataFrame) -> alt.Chart:
    end = first_and_last(staff)[1]
    texts: list[tuple[float, str, str]] = [
        (float(first_and_last(need)[1]["mean"]), "need", INK),
        (float(first_and_last(funded)[1]["mean"]), "funded posts", TEAL),
        (float(end["q97.5"]), "95 of 100 futures", BLUE),
        (float(end[HIGH]), "8 of 10 futures", BLUE),
        (float(end["mean"]), "staff in post", BLUE),
    ]
    return end_labels(texts, end["date"], _range([need, funded, staff]))


def _range(parts: list[Any]) -> float:
    """Height of an axis that shows zero, all means and all of the first band."""
    tops = [float(part[["mean", "q97.5"]].max().max()) for part in parts]
    lows = [float(part[["mean", "q02.5"]].min().min()) for part in parts]
    return max(0.0, *tops) - min(0.0, *lows)
