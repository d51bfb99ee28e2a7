"""What a difference or a number is made of: waterfall and tornado."""

from __future__ import annotations

import json
import math
import textwrap
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from simulator.charts.figure import (
    BLUE,
    INK,
    PURPLE,
    TEAL,
    Figure,
    FigureError,
    lowered,
    styled,
)
from simulator.charts.words import month_name
from simulator.experiments.compare import measure_words
from simulator.experiments.explain import FIRST, INTERACTION, SECOND

if TYPE_CHECKING:
    import pandas as pd

    from simulator.experiments.explain import Explanation
    from simulator.experiments.questions import Estimate
    from simulator.experiments.tornado import Tornado

_WIDTH: Final = 760
_TOGETHER: Final = "What they do only together"


def waterfall_chart(
    explanation: Explanation,
    *,
    measure: str = "in_post",
    group: str = "all",
    band: str = "all",
    place: str | None = None,
    month: int | None = None,
) -> Figure:
    """Draw how the edits of a scenario add up to its difference from another.

    Args:
        explanation: From :func:`simulator.explain`.
        measure: What was split.
        group: Staff group.
        band: Band.
        place: Code of the place; by default the first in the table, the widest.
        month: Months since the opening; by default the last kept.

    Raises:
        FigureError: If the explanation has no such numbers.
    """
    rows = explanation.frame(measure=measure, group=group, band=band)
    if place is not None:
        rows = rows.loc[rows["code"] == place]
    rows = rows.loc[rows["month"] == (rows["month"].max() if month is None else month)]
    if rows.empty:
        words = f"measure {measure}, group {group}, band {band}, place {place}, month {month}"
        raise FigureError(f"the explanation holds nothing for {words}")
    rows = rows.loc[rows["code"] == rows["code"].iloc[0]]
    steps = _steps(explanation, rows)
    what = measure_words(measure, group, band)
    where, when = str(rows["place"].iloc[0]), month_name(str(rows["date"].iloc[0]))
    parts = steps.loc[steps["kind"] == "part"]
    told = "; ".join(f"{one.step} {_signed(one)}" for one in parts.itertuples())
    largest: Any = parts.iloc[int(parts["value"].abs().to_numpy().argmax())]
    sentence = (
        f"Most of what {explanation.second} changes by {when} is {lowered(str(largest['step']))}: "
        f"{_signed(largest)} {what.split(', ')[1]}"
    )
    details = [
        f"{what}, {where}, {when}. Each part alone; thin lines are 95 % intervals of the mean of "
        "paired differences, or of the mean. The parts add up. The axis does not begin at zero.",
        f"{explanation.draws:,} draws, {explanation.replications:,} futures of each scenario, "
        "paired. What the stated assumptions imply, not a forecast.",
    ]
    first, last = steps.iloc[0], steps.iloc[-1]
    text = (
        f"Waterfall, {what}, {where}, {when}: {first['step']} {_plain(first)}; {told}; "
        f"{last['step']} {_plain(last)}."
    )
    return Figure(
        styled(_waterfall(steps), sentence, details, text, _WIDTH), text, steps, f"{sentence}."
    )


def _steps(explanation: Explanation, rows: pd.DataFrame) -> pd.DataFrame:
    """Steps with where each bar begins and ends."""
    import pandas as pd

    titles = {one.name: one.title for one in explanation.edits} | {
        INTERACTION: _TOGETHER,
        FIRST: explanation.first,
        SECOND: explanation.second,
    }
    found, level = [], 0.0
    each: list[Any] = list(rows.itertuples())
    for row in each:
        total = row.step in {FIRST, SECOND}
        begin = 0.0 if total else level
        level = float(row.value) if total else level + float(row.value)
        if row.step == INTERACTION and row.changed == 0:
            continue
        found.append(
            {
                "step": titles[str(row.step)],
                "kind": "total" if total else "part",
                "value": float(row.value),
                "low": float(row.low95),
                "high": float(row.high95),
                "begin": begin,
                "end": level,
            }
        )
    return pd.DataFrame(found)


def _waterfall(steps: pd.DataFrame) -> Any:
    import pandas as pd

    total = steps["kind"] == "total"
    bars = steps.assign(
        colour=[
            BLUE if one else (TEAL if value >= 0 else PURPLE)
            for one, value in zip(total, steps["value"], strict=True)
        ],
        from_=steps["end"] - steps["value"] + steps["low"],
        to=steps["end"] - steps["value"] + steps["high"],
        words=[_plain(one) if one.kind == "total" else _signed(one) for one in steps.itertuples()],
    ).rename(columns={"from_": "low_end", "to": "high_end"})
    edges = pd.concat([bars["begin"], bars["end"], bars["low_end"], bars["high_end"]]).dropna()
    inner = edges[edges != 0]
    room = max(float(inner.max() - inner.min()), 1e-6)
    low = min(float(inner.min()), float(inner.max())) - 0.35 * room
    scale = alt.Scale(domain=[low, float(inner.max()) + 0.75 * room], zero=False, nice=False)
    bars["begin"] = bars["begin"].where(~total, max(low, 0.0) if low > 0 else 0.0)
    bars["right"] = bars[["begin", "end", "high_end"]].max(axis=1)
    order = list(steps["step"])
    base = alt.Chart(bars).encode(y=_names("step", order))
    x = alt.X("begin:Q", title=None, scale=scale, axis=alt.Axis(format=",.0f"))
    return alt.layer(
        base.mark_bar(height=20).encode(
            x=x, x2="end:Q", color=alt.Color("colour:N", scale=None, legend=None)
        ),
        base.mark_rule(color=INK, strokeWidth=1.6).encode(x="low_end:Q", x2="high_end:Q"),
        base.mark_text(align="left", dx=6, fontSize=12, color=INK).encode(
            x="right:Q", text="words:N"
        ),
    ).properties(width=_WIDTH - 250, height=34 * len(steps))


def _names(field: str, order: list[str]) -> alt.Y:
    """Names up the side, long ones on two lines."""
    lines = {one: textwrap.wrap(one, 34) for one in order}
    cut = {one: [*some[:1], *(f"{x} ..." for x in some[1:2])] for one, some in lines.items()}
    shown = {one: some if len(some) < 3 else cut[one] for one, some in lines.items()}
    axis = alt.Axis(
        labelExpr=f"{json.dumps(shown)}[datum.label]",
        labelLimit=260,
        domain=False,
        ticks=False,
        labelFontSize=12,
    )
    return alt.Y(f"{field}:N", sort=order, title=None, axis=axis)


def tornado_chart(tornado: Tornado, *, most: int = 12) -> Figure:
    """Draw what each parameter at its low and high, and each lever left out, does to a number.

    Args:
        tornado: From :func:`simulator.tornado`.
        most: Bars drawn, the widest first; what moves nothing is named, not drawn.
    """
    frame = _ends(tornado, most)
    idle = [_title(one.name) for one in tornado.swings if one.size == 0]
    question, stated = tornado.question, tornado.stated
    what = f"{question.words}. With everything at its stated value: {stated.text()}"
    told = "; ".join(f"{one.name} {one.setting} {_signed(one)}" for one in frame.itertuples())
    told += f"; no effect: {', '.join(idle)}" if idle else ""
    sentence = _tornado_words(frame)
    details = [
        f"Change of {what}.",
        "One at a time, with the same luck: purple at the low value, green at the high one, blue a "
        "lever left out. Thin lines are 95 % intervals and hold chance alone. "
        + (f"No effect: {', '.join(idle)}. " if idle else "")
        + "What the stated assumptions imply, not a forecast.",
    ]
    text = f"Tornado chart. {what}. Changes: {told or 'none'}."
    table = frame.drop(columns="colour")
    return Figure(
        styled(_tornado(frame), sentence, details, text, _WIDTH), text, table, f"{sentence}."
    )


def _ends(tornado: Tornado, most: int) -> pd.DataFrame:
    """The ends of each bar, one a row."""
    import pandas as pd

    rows: list[tuple[Any, ...]] = []
    for one in tornado.swings[:most]:
        name = _title(one.name)
        if one.size == 0:
            continue
        if one.at is None:
            rows.append((f"{name}, left out", "without it", *_numbers(one.low), BLUE))
            continue
        for end, at, colour in ((one.low, one.at[0], PURPLE), (one.high, one.at[1], TEAL)):
            rows.append((name, f"at {at:g}", *_numbers(end), colour))
    columns = ["name", "setting", "value", "low", "high", "colour"]
    return pd.DataFrame(rows, columns=columns)


def _numbers(one: Estimate) -> tuple[float, float, float]:
    return one.value, one.low, one.high


def _title(name: str) -> str:
    """A parameter in words; a lever keeps its id."""
    from simulator.evidence.library import load_library

    library = load_library()
    return library.get(name).title if name in library.parameters else name


def _tornado_words(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "Nothing moves the number"
    name = str(frame["name"].iloc[0])
    ends = frame.loc[frame["name"] == name]
    told = " and ".join(f"{_signed(one)} {one.setting}" for one in ends.itertuples())
    return f"{name} moves the number most: {told}"


def _tornado(frame: pd.DataFrame) -> Any:
    order = list(dict.fromkeys(frame["name"]))
    reach = float(frame[["low", "high", "value"]].abs().max().max()) if len(frame) else 1.0
    scale = alt.Scale(domain=[-1.9 * reach, 1.9 * reach], nice=False)
    base = alt.Chart(frame.assign(zero=0.0)).encode(y=_names("name", order))
    x = alt.X("zero:Q", title=None, scale=scale, axis=alt.Axis(format="+,.0f", grid=True))
    colour = alt.Color("colour:N", scale=None, legend=None)
    texts = [
        alt.Chart(_side(frame, up))
        .mark_text(align="left" if up else "right", dx=5 if up else -5, fontSize=11, color=INK)
        .encode(y=_names("name", order), x=alt.X("at:Q", scale=scale), text="words:N")
        for up in (False, True)
    ]
    return alt.layer(
        base.mark_bar(height=18, opacity=0.85).encode(x=x, x2="value:Q", color=colour),
        base.mark_rule(color=INK, strokeWidth=1.4).encode(x="low:Q", x2="high:Q"),
        *texts,
    ).properties(width=_WIDTH - 250, height=max(36, 36 * len(order)))


def _side(frame: pd.DataFrame, up: bool) -> pd.DataFrame:
    """Words at one side of each bar, and where they stand."""
    import pandas as pd

    rows = frame.loc[(frame["value"] >= 0) == up]
    found = []
    for name, ends in rows.groupby("name", sort=False):
        words = "; ".join(f"{one.value:+,.1f} {one.setting}" for one in ends.itertuples())
        edges = ends[["value", "low", "high"]]
        found.append((name, words, edges.max().max() if up else edges.min().min()))
    return pd.DataFrame(found, columns=["name", "words", "at"])


def _plain(row: Any) -> str:
    """A mean with its interval."""
    if math.isnan(row.low):
        return f"{row.value:,.1f} (one future, no interval)"
    return f"{row.value:,.1f} ({row.low:,.1f} to {row.high:,.1f})"


def _signed(row: Any) -> str:
    """A change with its interval."""
    if math.isnan(row.low):
        return f"{row.value:+,.1f} (one future, no interval)"
    return f"{row.value:+,.1f} ({row.low:+,.1f} to {row.high:+,.1f})"
