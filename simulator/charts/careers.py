"""Charts for people who choose a course: a hundred people, pay by year, openings, and bands.

Each returns a :class:`~simulator.charts.figure.Figure`: chart, words for those who do not see it,
numbers and finding.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from simulator.charts.figure import BLUE, INK, ORANGE, PURPLE, TEAL, Figure, styled

if TYPE_CHECKING:
    import pandas as pd

HUNDRED: Final = 100
GREY: Final = "#767676"
PAINTS: Final = (BLUE, TEAL, ORANGE, PURPLE, GREY)
"""Colours of the parts of a hundred, in their order."""
_PERSON: Final = (
    "M0,-1a0.34,0.34 0 1,1 0,0.68a0.34,0.34 0 1,1 0,-0.68Z"
    "M-0.6,1L-0.6,0.25Q-0.6,-0.24 0,-0.24Q0.6,-0.24 0.6,0.25L0.6,1Z"
)
"""A head and shoulders, as an SVG path within a square from -1 to 1."""
_STEP: Final = 36
"""Pixels from one person to the next."""
NEW, FREE = "new posts", "posts that fall free"
"""Two kinds of openings."""
ORDER: Final = (
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8a",
    "8b",
    "8c",
    "8d",
    "9",
    "on_break",
    "retired",
    "left",
)
LADDER: Final = (
    "#DCE8F2",
    "#C3D8E9",
    "#A9C7E0",
    "#8DB4D4",
    "#6F9FC7",
    "#4F87B5",
    "#346E9F",
    "#235985",
    "#184A72",
    "#12436D",
    "#0B2C49",
)
"""Bands from light to dark; text on the last ones is white."""
ON_DARK, ON_LIGHT = "#FFFFFF", "#000000"
"""Words in a bar, the same on a light and on a dark page."""
_DARK: Final = frozenset(LADDER[6:])
SOON: Final = 4
"""Years from the first to the one of which the finding speaks."""
SPACE: Final = 8
"""Of 100: the smallest part of a bar that has room for words."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a hundred people.

    Attributes:
        words: What happens to them, for the middle of a sentence: ``find an NHS post``.
        count: How many, on average; not rounded.
        low: How many in a poor future: one of ten is poorer.
        high: How many in a good future: one of ten is better.
    """

    words: str
    count: float
    low: float
    high: float


def hundred(parts: Sequence[Part]) -> list[int]:
    """Whole people for each part, 100 in all: the largest remainders are rounded up.

    Raises:
        ValueError: If the parts do not add up to 100, within one.
    """
    total = sum(one.count for one in parts)
    if abs(total - HUNDRED) > 1:
        raise ValueError(f"the parts add up to {total:.1f}, not to 100")
    whole = [int(one.count) for one in parts]
    short = HUNDRED - sum(whole)
    order = sorted(range(len(parts)), key=lambda n: whole[n] - parts[n].count)
    for number in order[:short]:
        whole[number] += 1
    return whole


def icon_array(
    parts: Sequence[Part], finding: str, details: Sequence[str], *, across: int = 10
) -> Figure:
    """Draw a hundred people, coloured by what becomes of them.

    Args:
        parts: At most five, in the order drawn; together 100 people. One that is nought keeps
            its colour and is left out.
        finding: What the picture shows, in a sentence without a full stop.
        details: What is counted, where and from which source.
        across: People in a row: 10 fit on a telephone, 20 on paper.

    Raises:
        ValueError: If the parts do not add up to 100, or there are more than five.
    """
    import pandas as pd

    if len(parts) > len(PAINTS):
        raise ValueError(f"{len(parts)} parts: at most {len(PAINTS)} can be told apart")
    counts = hundred(parts)
    people = [
        (number, words, paint)
        for number, (words, paint) in enumerate(
            (part.words, paint)
            for part, count, paint in zip(parts, counts, PAINTS, strict=False)
            for _ in range(count)
        )
    ]
    frame = pd.DataFrame(people, columns=["number", "words", "colour"])
    frame["column"], frame["row"] = frame["number"] % across, frame["number"] // across
    lines = [
        (paint, f"{count} {part.words} ({part.low:.0f} to {part.high:.0f})")
        for part, count, paint in zip(parts, counts, PAINTS, strict=False)
        if count or round(part.high)
    ]
    legend = pd.DataFrame(lines, columns=["colour", "words"])
    told = "; ".join(str(one) for one in legend["words"])
    text = f"Picture of 100 people who start. {told}. {' '.join(details)}"
    table = pd.DataFrame(
        {
            "of_100": [part.words for part in parts],
            "people": counts,
            "low": [part.low for part in parts],
            "high": [part.high for part in parts],
        }
    )
    chart = alt.vconcat(_people(frame, across), _legend(legend, across), spacing=6)
    return Figure(styled(chart, finding, details, text), text, table, f"{finding}.")


def _people(frame: pd.DataFrame, across: int) -> Any:
    rows = HUNDRED // across
    return (
        alt.Chart(frame)
        .mark_point(shape=_PERSON, filled=True, opacity=1, size=470)
        .encode(
            x=alt.X("column:Q", axis=None, scale=_across(across)),
            y=alt.Y("row:Q", axis=None, scale=alt.Scale(domain=[rows - 0.4, -0.6])),
            color=alt.Color("colour:N", scale=None),
        )
        .properties(width=_STEP * across, height=_STEP * rows)
    )


def _across(across: int) -> alt.Scale:
    return alt.Scale(domain=[-0.7, across - 0.3], nice=False)


def _legend(legend: pd.DataFrame, across: int) -> Any:
    """What the colours mean; long words on two lines where the picture is narrow."""
    lines = [textwrap.wrap(words, round(4.1 * across)) for words in legend["words"]]
    starts = [sum(len(one) + 0.4 for one in lines[:number]) for number in range(len(lines))]
    whole = sum(len(one) + 0.4 for one in lines)
    legend = legend.assign(words=["\n".join(one) for one in lines], row=starts)
    base = alt.Chart(legend).encode(
        y=alt.Y("row:Q", axis=None, scale=alt.Scale(domain=[whole - 0.4, -0.6], nice=False))
    )
    x = alt.X("at:Q", axis=None, scale=_across(across))
    marks = base.transform_calculate(at="0").mark_point(
        shape=_PERSON, filled=True, opacity=1, size=190
    )
    words = base.transform_calculate(at="0.8").mark_text(
        align="left", baseline="middle", fontSize=15, color=INK, lineBreak="\n"
    )
    return alt.layer(
        marks.encode(x=x, color=alt.Color("colour:N", scale=None)),
        words.encode(x=x, text="words:N"),
    ).properties(width=_STEP * across, height=19 * whole)


def openings_chart(frame: pd.DataFrame, titles: Mapping[str, str], what: str) -> Figure:
    """Draw openings a year, posts added and posts come free apart, a panel for each scenario.

    Args:
        frame: Columns scenario, band, year, kind, mean, low, high; one region, group and band.
        titles: Title of each scenario, in the order of the panels.
        what: Staff group, bands and place.
    """
    rows = frame.loc[frame["scenario"].isin(titles)].copy()
    rows["panel"] = [titles[one] for one in rows["scenario"]]
    rows["first"] = [str(one)[:4] for one in rows["year"]]
    whole = rows.loc[rows["kind"] == "openings"]
    years = sorted(whole["year"].unique())
    soon = years[min(SOON, len(years) - 1)]
    then = whole.loc[whole["year"] == soon]
    finding = (
        f"{what}: {then['low'].min():,.0f} to {then['high'].max():,.0f} openings in {soon}, "
        "by scenario and by luck"
    )
    details = [
        "Posts a year that open, in NHS trusts: bars are means, new posts below and posts that "
        "fall free above; the thin line holds 8 of 10 simulated futures. Not a forecast.",
    ]
    each: list[Any] = list(whole.itertuples())
    told = "; ".join(
        f"{titles[one.scenario]} {one.year}: {one.mean:,.0f} ({one.low:,.0f} to {one.high:,.0f})"
        for one in each
    )
    text = f"Bars of openings by year. {what}. {told}."
    panels = [_openings(rows.loc[rows["panel"] == one], one, whole) for one in titles.values()]
    columns = ["scenario", "year", "kind", "mean", "low", "high"]
    chart = alt.concat(*panels, columns=2, spacing=18)
    return Figure(styled(chart, finding, details, text), text, rows[columns], f"{finding}.")


def _opens(rows: pd.DataFrame) -> Any:
    """Kinds that add up to the openings: promotions open a post of one band, not of all."""
    in_band = (rows["kind"] == "promotions") & (rows["band"] != "all")
    return rows["kind"].isin(("growth", "leavers")) | in_band


def _openings(rows: pd.DataFrame, title: str, whole: pd.DataFrame) -> Any:
    top = float(whole["high"].max()) or 1.0
    scale = alt.Scale(domain=[min(0.0, float(rows["low"].min())), top])
    x = alt.X("first:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))
    bars = rows.loc[_opens(rows)].assign(
        part=lambda one: [NEW if kind == "growth" else FREE for kind in one["kind"]]
    )
    paint = alt.Scale(domain=[NEW, FREE], range=[BLUE, TEAL])
    mean = (
        alt.Chart(bars[["first", "part", "mean"]])
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("sum(mean):Q", title=None, scale=scale, axis=alt.Axis(format=",.0f")),
            color=alt.Color("part:N", scale=paint, legend=alt.Legend(title=None, orient="bottom")),
            order=alt.Order("part:N"),
        )
    )
    span = (
        alt.Chart(rows.loc[rows["kind"] == "openings", ["first", "low", "high"]])
        .mark_rule(color=INK, strokeWidth=1.8)
        .encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q")
    )
    lines = textwrap.wrap(title, 44)
    return alt.layer(mean, span).properties(
        width=370, height=180, title=alt.TitleParams(lines, fontSize=13, anchor="start")
    )


def pay_chart(fan: pd.DataFrame, what: str, price_year: str) -> Figure:
    """Draw pay by years since the first post.

    Args:
        fan: Columns years, p10, p25, p50, p75, p90 (pounds a year, full-time).
        what: Route, place and pay zone.
        price_year: NHS year of the pay points.
    """
    import pandas as pd

    sound = fan.sort_values("years")
    first, last = sound.iloc[0], sound.iloc[-1]
    finding = (
        f"The middle one of 100 with an NHS post earns £{_hundreds(first['p50'])} at first, and "
        f"£{_hundreds(last['p50'])} after {last['years']:g} years"
    )
    details = [
        f"{what}. Pay of those who hold an NHS post, full-time, pounds a year before tax, prices "
        f"of {price_year}. Stand 100 of them in a row by pay: the line is the middle one, the "
        "dark band the middle 50, the light band the middle 80. Simulated, not a promise.",
    ]
    told = "; ".join(
        f"after {row.years:g} years {row.p50:,.0f} ({row.p10:,.0f} to {row.p90:,.0f})"
        for row in sound.itertuples()
    )
    text = f"Fan chart of pay, pounds a year. {what}. {told}."
    x = alt.X(
        "years:Q",
        title="Years since the first post",
        axis=alt.Axis(grid=False, format="d"),
        scale=alt.Scale(domain=[float(first["years"]), float(last["years"])], nice=False),
    )
    axis = alt.Axis(format=",.0f", labelExpr="'£' + datum.label", tickCount=5)
    scale = alt.Scale(zero=False, nice=True)

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title=None, axis=axis, scale=scale)

    base = alt.Chart(sound)
    ends = pd.DataFrame(
        {
            "years": [last["years"]] * 3,
            "at": [last["p10"], last["p50"], last["p90"]],
            "words": ["10th lowest of 100", "the middle one", "10th highest of 100"],
        }
    )
    chart = alt.layer(
        base.mark_area(color=BLUE, opacity=0.18).encode(x=x, y=y("p10"), y2="p90:Q"),
        base.mark_area(color=BLUE, opacity=0.3).encode(x=x, y=y("p25"), y2="p75:Q"),
        base.mark_line(color=BLUE, strokeWidth=2.5).encode(x=x, y=y("p50")),
        alt.Chart(ends)
        .mark_text(align="left", dx=6, fontSize=13, color=INK)
        .encode(x=x, y=y("at"), text="words:N"),
    ).properties(width=720, height=330)
    return Figure(styled(chart, finding, details, text), text, sound, f"{finding}.")


def _hundreds(pounds: float) -> str:
    return f"{round(pounds / 100) * 100:,.0f}"


def paths_chart(frame: pd.DataFrame, what: str) -> Figure:
    """Draw where people are at their first post, and five and ten years after, of 100.

    Args:
        frame: Columns years, from_band, to (band_N, left, retired, on_break), of_100.
        what: Route and place.
    """
    total: pd.DataFrame = frame.groupby(["years", "to"])["of_100"].sum().reset_index()
    total["where"] = [_where(str(one)) for one in total["to"]]
    ranks = {name: number for number, name in enumerate(ORDER)}
    total["rank"] = [ranks.get(str(one).removeprefix("band_"), len(ranks)) for one in total["to"]]
    total = total.sort_values(["years", "rank"])
    total["when"] = [_when(float(one)) for one in total["years"]]
    total["words"] = [
        _fitting(where, of_100)
        for where, of_100 in zip(total["where"], total["of_100"], strict=True)
    ]
    total["ink"] = [ON_DARK if row in _DARK else ON_LIGHT for row in total["where"].map(_paint)]
    total["colour"] = total["where"].map(_paint)
    finding = _moved(total)
    details = [f"{what}. Of 100 people who found an NHS post, on average. Simulated."]
    told = ". ".join(
        f"{when}: " + ", ".join(f"{row.where} {row.of_100:.0f}" for row in part.itertuples())
        for when, part in total.groupby("when", sort=False)
    )
    text = f"Bars of where 100 people are. {what}. {told}."
    stacked = alt.Chart(total).transform_stack(
        stack="of_100", as_=["low", "high"], groupby=["when"], sort=[alt.SortField("rank")]
    )
    y = alt.Y("when:N", sort=None, title=None, axis=alt.Axis(labelLimit=200, ticks=False))
    x = alt.X("low:Q", title="of 100 people", scale=alt.Scale(domain=[0, 100], nice=False))
    chart = alt.layer(
        stacked.mark_bar(stroke="white", strokeWidth=1.5).encode(
            x=x, x2="high:Q", y=y, color=alt.Color("colour:N", scale=None)
        ),
        stacked.transform_calculate(middle="(datum.low + datum.high) / 2")
        .mark_text(fontSize=13)
        .encode(x=alt.X("middle:Q"), y=y, text="words:N", color=alt.Color("ink:N", scale=None)),
    ).properties(width=780, height={"step": 58})
    columns = ["years", "to", "of_100"]
    return Figure(styled(chart, finding, details, text), text, total[columns], f"{finding}.")


def _moved(total: pd.DataFrame) -> str:
    """How many are still in an NHS post at the last year shown, in words."""
    last = total.loc[total["years"] == total["years"].max()]
    out = last["to"].isin(["left", "retired", "on_break"])
    years = float(last["years"].iloc[0])
    return (
        f"Of 100 who found an NHS post, {last.loc[~out, 'of_100'].sum():.0f} hold one "
        f"{years:g} years later"
    )


def _fitting(where: str, of_100: float) -> str:
    """Words that fit into a part of a bar."""
    if of_100 >= SPACE:
        return f"{where}: {of_100:.0f}"
    short = where.removeprefix("Band ")
    return f"{short}: {of_100:.0f}" if of_100 >= SPACE / 2 and short != where else ""


def _when(years: float) -> str:
    return "At the first post" if years == 0 else f"{years:g} years later"


def _where(code: str) -> str:
    words = {"left": "Left", "retired": "Retired", "on_break": "On a break"}
    return words.get(code, f"Band {code.removeprefix('band_')}")


def _paint(where: str) -> str:
    if where == "Left":
        return "#D0D0D0"
    if where in {"Retired", "On a break"}:
        return "#E8E8E8"
    return LADDER[min(ORDER.index(where.removeprefix("Band ")), len(LADDER) - 1)]
