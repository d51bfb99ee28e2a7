"""Joiners by source and leavers by reason, a panel each, with their ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import altair as alt

from simulator.charts.figure import (
    BLUE,
    HIGH,
    LOW,
    PURPLE,
    Figure,
    lowered,
    place_rows,
    place_words,
    source_words,
    styled,
    with_range,
)

if TYPE_CHECKING:
    import pandas as pd

    from simulator.results.result import Result

CAME: Final = {
    "joined_experienced": "Experienced",
    "joined_graduate": "Newly qualified",
    "joined_converted": "Converted clinicians",
    "joined_returning": "Back from a break",
    "joined_international": "From abroad",
    "joined_outside": "Trusts not modelled",
    "moved_in": "From other trusts",
}
WENT: Final = {
    "left": "Left",
    "break": "Career break",
    "retired": "Retired",
    "moved_out": "To other trusts",
}
_MOVES: Final = {"moved_in", "moved_out"}
_PANEL: Final = (150, 100)
_ACROSS: Final = 4
_WIDTH: Final = 760
_SHORT: Final = "indexof(datum.label, '/') > 0 ? slice(datum.label, 2) : slice(datum.label, 8)"
"""2026/27 as 26/27, and a year that does not end in March by its last month."""


def flow_chart(result: Result, *, level: str, code: str, group: str = "all") -> Figure:
    """Draw people who join by source and leave by reason, year by year.

    Each source and reason has a panel of its own, all on one scale, with the range that holds 8 of
    10 futures. Moves between trusts are shown for a trust or a care system only: within a
    region they take nobody away.

    Args:
        result: A result of at least a year.
        level: ``trust``, ``ics``, ``region`` or ``england``.
        code: The place's code.
        group: ``clinical``, ``data``, ``digital`` or ``all``.

    Raises:
        KeyError: If the result has no flows of such a place or group.
    """
    frame = place_rows(result, "flows", level, code, group)
    came, went = _part(frame, CAME, level), _part(frame, WENT, level)
    top = max(1.0, float(frame.loc[frame["measure"].isin([*CAME, *WENT]), HIGH].max()))
    charts = [
        _panels(part, words, colour, top)
        for part, words, colour in (
            (came, "People who join, by source", BLUE),
            (went, "People who leave, by reason", PURPLE),
        )
        if len(part)
    ]
    year = str(frame["year"].iloc[-1])
    sentence = f"In {year} {place_words(level, code, group)}: {_most(came, 'join', year)}; "
    sentence += _most(went, "leave", year)
    details = [
        f"People a year. Lines are means; bands hold 8 of 10 futures. One scale. "
        f"{source_words(result.manifest)}"
    ]
    told = "; ".join(_told(part, year) for part in (came, went))
    text = (
        f"Small panels of people a year who join and leave, {place_words(level, code, group)}. "
        f"In {year}: {told}."
    )
    import pandas as pd

    table = pd.concat([came, went], ignore_index=True)
    hidden = bool(frame["mean"].isna().any())
    chart: Any = alt.vconcat(*charts, spacing=18) if charts else _empty(hidden)
    return Figure(styled(chart, sentence, details, text, _WIDTH), text, table, f"{sentence}.")


def _part(frame: pd.DataFrame, words: dict[str, str], level: str) -> pd.DataFrame:
    """Rows of the flows in words, without those that never happen."""
    rows = frame.loc[frame["measure"].isin(words)]
    if level in {"region", "england"}:
        rows = rows.loc[~rows["measure"].isin(_MOVES)]
    ever = rows.groupby("measure")[HIGH].max()
    rows = rows.loc[rows["measure"].isin(ever[ever > 0].index)]
    columns = ["group", "measure", "year", "mean", LOW, HIGH]
    return rows[columns].assign(flow=rows["measure"].map(words)).reset_index(drop=True)


def _panels(part: pd.DataFrame, title: str, colour: str, top: float) -> Any:
    order = list(dict.fromkeys(part["flow"]))
    data = part.assign(low=part[LOW], high=part[HIGH])
    years = list(dict.fromkeys(part["year"]))
    shown = [years[number] for number in dict.fromkeys((0, len(years) // 2, -1))]
    axis = alt.Axis(
        values=shown,
        labelAngle=0,
        grid=False,
        labelFontSize=11,
        labelExpr=_SHORT,
        labelOverlap=True,
    )
    x = alt.X("year:O", title=None, axis=axis)
    scale = alt.Scale(domain=[0, top], nice=True)
    base = alt.Chart(data).encode(x=x)
    area = base.mark_area(color=colour, opacity=0.3).encode(
        y=alt.Y("low:Q", title=None, scale=scale, axis=alt.Axis(format=",.0f", tickCount=4)),
        y2="high:Q",
    )
    mean = base.mark_line(color=colour, point={"color": colour, "size": 14}).encode(
        y=alt.Y("mean:Q", title=None, scale=scale)
    )
    header = alt.Header(title=None, labelAnchor="start", labelFontWeight="bold")
    return (
        alt.layer(area, mean)
        .properties(width=_PANEL[0], height=_PANEL[1])
        .facet(facet=alt.Facet("flow:N", sort=order, header=header), columns=_ACROSS)
        .properties(title=alt.TitleParams(title, fontSize=13, anchor="start"))
    )


def _empty(hidden: bool) -> Any:
    import pandas as pd

    words = "Too few people to be shown." if hidden else "Nobody joins or leaves in any future."
    data = pd.DataFrame({"words": [words]})
    return alt.Chart(data).mark_text(fontSize=13).encode(text="words:N")


def _most(part: pd.DataFrame, verb: str, year: str) -> str:
    rows = part.loc[part["year"] == year].dropna(subset=["mean"])
    if rows.empty:
        return f"nobody, or too few to show, who {verb}"
    row: Any = rows.iloc[int(rows["mean"].to_numpy().argmax())]
    return f"most who {verb} are {_in_sentence(row['flow'])}, {with_range(row, ' people')}"


def _told(part: pd.DataFrame, year: str) -> str:
    rows: list[Any] = [row for _, row in part.loc[part["year"] == year].iterrows()]
    return "; ".join(f"{row['flow']} {with_range(row)}" for row in rows) or "nobody"


def _in_sentence(text: str) -> str:
    words = {"Left": "leavers for other work", "Retired": "people who retire"}
    return words.get(text, lowered(text))
