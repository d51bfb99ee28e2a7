"""What scenarios change, year by year: paired differences from the first with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from simulator.charts.figure import (
    BLUE,
    INK,
    ORANGE,
    PURPLE,
    TEAL,
    WIDTH,
    Figure,
    end_labels,
    place_words,
    styled,
    time_axis,
)
from simulator.charts.words import month_name
from simulator.experiments.layers import signed
from simulator.results.measures import MEASURES

if TYPE_CHECKING:
    import pandas as pd

    from simulator.experiments.compare import Comparison

COLOURS: Final = (BLUE, ORANGE, PURPLE, TEAL)
_HEIGHT: Final = 260


def difference_chart(
    comparison: Comparison, *, level: str, code: str, measure: str = "in_post"
) -> Figure:
    """Draw the mean difference of each scenario from the first, with its 95 % interval.

    Args:
        comparison: From :func:`simulator.compare`, of at most five scenarios.
        level: Level of the place.
        code: Its code.
        measure: A measure that the comparison holds.

    Raises:
        KeyError: If the comparison has no such place or measure.
        ValueError: If there are more scenarios than colours that can be told apart.
    """
    frame = comparison.frame(level=level, code=code, measure=measure, group="all", band="all")
    if frame.empty:
        raise KeyError(f"the comparison has no {measure} of {level} {code}")
    names = list(dict.fromkeys(frame["scenario"]))
    if len(names) > len(COLOURS):
        raise ValueError(f"{len(names)} differences; at most {len(COLOURS)} can be told apart")
    one = MEASURES[measure]
    label = one.label.partition(" (")[0]
    last = frame.loc[frame["month"] == frame["month"].max()]
    finding = "; ".join(_finding(row, comparison.others, len(names)) for _, row in last.iterrows())
    finding = f"{label}, {month_name(str(last['date'].iloc[0]))}: {finding}"
    details = [
        f"Difference from {comparison.first}, {one.unit}, {place_words(level, code)}. Lines are "
        "means of the paired differences; bands are the 95 % intervals of these means, which are "
        "narrower than the spread of single futures.",
        "What the stated assumptions imply, not a forecast. "
        f"{comparison.draws:,} draws, {comparison.replications:,} futures of each scenario.",
    ]
    chart = _drawn(frame, comparison, names)
    return Figure(
        styled(chart.properties(width=WIDTH, height=_HEIGHT), finding, details, finding),
        f"Line chart of differences. {finding}.",
        frame.reset_index(drop=True),
        f"{finding}.",
    )


def _finding(row: Any, titles: dict[str, str], count: int) -> str:
    """What one scenario changes at the end, in words."""
    name = "" if count == 1 else f"{titles[str(row['scenario'])]} "
    if row["share_above_zero"] == row["share_below_zero"] == 0:
        return f"{name}no difference in any future"
    span = f"({signed(row['low95'])} to {signed(row['high95'])})"
    if not row["clear"]:
        return f"{name}no difference is shown, {signed(row['difference'])} {span}"
    side = "higher" if row["difference"] > 0 else "lower"
    return f"{name}{signed(row['difference']).lstrip('+-')} {side} {span}"


def _drawn(frame: pd.DataFrame, comparison: Comparison, names: Sequence[str]) -> Any:
    import pandas as pd

    zero = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color=INK, strokeDash=[4, 3])
    layers: list[Any] = [zero.encode(y="y:Q")]
    texts = []
    for name, colour in zip(names, COLOURS, strict=False):
        rows = frame.loc[frame["scenario"] == name]
        base = alt.Chart(rows[["date", "difference", "low95", "high95"]])
        axis = alt.Axis(format="+,.0f" if rows["difference"].abs().max() >= 10 else "+,.1f")
        y = alt.Y("low95:Q", title=None, axis=axis)
        layers.append(
            base.mark_area(color=colour, opacity=0.2).encode(x=time_axis(), y=y, y2="high95:Q")
        )
        middle = alt.Y("difference:Q", title=None, axis=axis)
        layers.append(
            base.mark_line(color=colour, point={"color": colour}).encode(x=time_axis(), y=middle)
        )
        title = comparison.others[name].rpartition(" (")[0]
        short = title if len(title) <= 28 else f"{title[:25]}..."
        texts.append((float(rows["difference"].iloc[-1]), short, colour))
    if len(names) > 1:
        height = float(frame["high95"].max() - min(frame["low95"].min(), 0.0)) or 1.0
        layers.append(end_labels(texts, str(frame["date"].iloc[-1]), height))
    return alt.layer(*layers)
