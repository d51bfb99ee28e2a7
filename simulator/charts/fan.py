"""A fan chart: staff in post with its doubt, beside need and funded posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import altair as alt

from simulator.charts.words import GROUP_WORDS, month_name, percent, place_name, rounded

if TYPE_CHECKING:
    import pandas as pd

    from simulator.results.result import Result

BLUE: Final = "#12436D"
TEAL: Final = "#28A197"
DARK: Final = "#1B1B1B"
_BANDS: Final = (
    ("q02.5", "q97.5", 0.14),
    ("q10.0", "q90.0", 0.18),
    ("q25.0", "q75.0", 0.26),
)
_WIDTH: Final = 640
_HEIGHT: Final = 330


def fan_chart(result: Result, *, level: str, code: str, group: str = "all") -> alt.LayerChart:
    """Draw staff in post as a fan, with the means of need and funded posts.

    Args:
        result: A result.
        level: ``trust``, ``ics``, ``region`` or ``england``.
        code: The place's code, as in the result's table ``places``.
        group: ``clinical``, ``data``, ``digital`` or ``all``.

    Returns:
        A chart with title, subtitle and a description (alternative text) that hold the numbers.

    Raises:
        KeyError: If the result has no such place or group.
    """
    frame = result.frame("places", level=level, code=code, group=group)
    if frame.empty:
        raise KeyError(f"the result has no place {level} {code} with group {group!r}")
    lines = frame.pivot_table(index="date", columns="measure", values="mean").reset_index()
    fan = frame.loc[frame["measure"] == "in_post"]
    bands = [_band(fan, *band) for band in _BANDS]
    layers = [
        *bands,
        _line(lines, "in_post", BLUE, []),
        _line(lines, "funded", TEAL, []),
        _line(lines, "need", "white", [], width=4.5),
        _line(lines, "need", DARK, [7, 4]),
        *_labels(frame, lines, fan),
    ]
    title, subtitle = _words(result, frame, level, code, group)
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(
            width=_WIDTH,
            height=_HEIGHT,
            title=alt.TitleParams(title, subtitle=subtitle),
            description=_alternative(frame, level, code, group),
        )
        .configure(font="Arial, Helvetica, sans-serif", background="white")  # first: it replaces
        .configure_axis(labelColor=DARK, titleColor=DARK, gridColor="#E3E3E3", labelFontSize=12)
        .configure_title(
            anchor="start", color=DARK, subtitleColor=DARK, fontSize=17, subtitleFontSize=12.5
        )
        .configure_view(stroke=None)
    )
    return chart


def _time() -> Any:
    return alt.X(
        "date:T",
        title=None,
        axis=alt.Axis(format="%Y", tickCount="year", grid=False, labelFlush=True),
    )


def _amount(field: str) -> Any:
    return alt.Y(f"{field}:Q", title=None, scale=alt.Scale(zero=True), axis=alt.Axis(format=",.0f"))


def _band(fan: pd.DataFrame, low: str, high: str, opacity: float) -> alt.Chart:
    part = fan[["date", low, high]].set_axis(["date", "low", "high"], axis=1)
    area = alt.Chart(part).mark_area(color=BLUE, opacity=opacity)
    chart: alt.Chart = area.encode(x=_time(), y=_amount("low"), y2="high:Q")
    return chart


def _line(
    lines: pd.DataFrame, measure: str, colour: str, dash: list[int], width: float = 2.2
) -> alt.Chart:
    line = alt.Chart(lines[["date", measure]]).mark_line(
        color=colour, strokeDash=dash, strokeWidth=width, clip=True
    )
    chart: alt.Chart = line.encode(x=_time(), y=_amount(measure))
    return chart


def _labels(
    frame: pd.DataFrame, lines: pd.DataFrame, fan: pd.DataFrame
) -> list[alt.Chart | alt.LayerChart]:
    """Words at the right end of each line, kept apart, and at each band."""
    import pandas as pd

    last = lines.iloc[-1]
    end = fan.iloc[-1]
    texts = [
        (float(last["need"]), "need", DARK),
        (float(last["funded"]), "funded posts", "#1A6F68"),
        (float(end["q97.5"]), "95 of 100 futures", BLUE),
        (float(end["q90.0"]), "8 of 10 futures", BLUE),
        (float(last["in_post"]), "staff in post", BLUE),
    ]
    top = max(float(frame["mean"].max()), float(fan["q97.5"].max()))
    gap, placed = top * 0.055, float("inf")
    charts: list[alt.Chart | alt.LayerChart] = []
    for value, words, colour in sorted(texts, key=lambda one: -one[0]):
        placed = min(value, placed - gap)
        data = pd.DataFrame({"date": [last["date"]], "at": [placed], "words": [words]})
        weight: Literal["normal", "bold"] = "normal" if "futures" in words else "bold"
        charts.append(
            alt.Chart(data)
            .mark_text(align="left", dx=7, color=colour, fontSize=12, fontWeight=weight, clip=False)
            .encode(x=_time(), y=_amount("at"), text="words:N")
        )
    return charts


def _ends(frame: pd.DataFrame, measure: str) -> tuple[Any, Any]:
    part = frame.loc[frame["measure"] == measure].sort_values("month")
    return part.iloc[0], part.iloc[-1]


def _words(
    result: Result, frame: pd.DataFrame, level: str, code: str, group: str
) -> tuple[list[str], list[str]]:
    """Title: the finding. Subtitle: measure, unit, place, source."""
    staff, need = _ends(frame, "in_post"), _ends(frame, "need")
    year = staff[1]["date"][:4]

    def change(ends: tuple[Any, Any]) -> str:
        if not ends[0]["mean"]:
            return f"reaches {rounded(ends[1]['mean'])}"
        share = ends[1]["mean"] / ends[0]["mean"] - 1
        return f"{'grows' if share >= 0 else 'falls'} by {percent(abs(share))}"

    title = f"By {year} need {change(need)}; staff in post {change(staff)}, if the assumptions hold"
    what = "" if group == "all" else f" of {GROUP_WORDS[group].lower()}"
    manifest = result.manifest
    subtitle = [
        f"Full-time equivalent staff{what}, end of month, {place_name(level, code)}. Lines are "
        "means. Bands hold half, 8 of 10 and 95 of 100 futures.",
        f"Need has its own doubt: {rounded(need[1]['q10.0'])} to {rounded(need[1]['q90.0'])} "
        f"in {year} in 8 of 10 futures.",
        f"What the stated assumptions imply, not a forecast. Synthetic census. Scenario "
        f"{manifest['scenario']['id']}, {manifest['draws']} draws, "
        f"{manifest['replications']:,} replications.",
    ]
    return [title], subtitle


def _alternative(frame: pd.DataFrame, level: str, code: str, group: str) -> str:
    """Alternative text, with the numbers."""
    parts = []
    for measure, words in (
        ("need", "Need"),
        ("funded", "funded posts"),
        ("in_post", "staff in post"),
    ):
        first, last = _ends(frame, measure)
        parts.append(
            f"{words} {rounded(first['mean'])} in {month_name(first['date'])} and "
            f"{rounded(last['mean'])} in {month_name(last['date'])} "
            f"({rounded(last['q10.0'])} to {rounded(last['q90.0'])} in 8 of 10 futures)"
        )
    return (
        f"Fan chart, {place_name(level, code)}, {GROUP_WORDS[group].lower()}, "
        f"full-time equivalents: {'; '.join(parts)}."
    )
