"""Numbers of an answer as tables and charts show them: rows chosen and named, nothing computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from simulator.charts.figure import BLUE, HIGH, INK, LOW, ORANGE, TEAL, amount, span
from simulator.charts.flows import CAME, WENT
from simulator.charts.words import GROUP_WORDS, month_name, rounded
from simulator.domain.words import BANDS, GROUPS
from simulator.experiments.layers import signed
from simulator.results.measures import MEASURES
from simulator.ui.specs import GHOST, GROUP_COLOURS

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from simulator.ui.worker import Answer

STOCKS: Final = ("need", "funded", "in_post", "vacancy", "shortfall")
YEARS: Final = (0, 1, 5, 10, 15)
QUARTER: Final = 3
_QUANTILES: Final = {
    "q02.5": "lo95",
    "q10.0": "lo80",
    "q25.0": "lo50",
    "q75.0": "hi50",
    "q90.0": "hi80",
    "q97.5": "hi95",
}
"""Columns of a result as a chart names them, whose names may hold no dot."""


def rows(table: pa.Table, **where: object) -> pd.DataFrame:
    """Rows of a table of an answer."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, value in where.items():
        column = table.column(name)
        if isinstance(value, list | tuple):
            if pa.types.is_dictionary(column.type):
                column = pc.cast(column, pa.string())
            kept = pc.is_in(column, value_set=pa.array(list(value)))
        else:
            kept = pc.equal(column, pa.scalar(value))
        table = table.filter(kept)
    frame: pd.DataFrame = table.to_pandas()
    for label in frame.select_dtypes("category"):
        frame[label] = frame[label].astype(str)
    return frame


def stock(answer: Answer, measure: str, group: str = "all") -> pd.DataFrame:
    """A stock month by month, with the columns of the charts: ``date``, ``mean``, ``lo95``, ..."""
    frame = rows(answer.tables["places"], measure=measure, group=group)
    return frame.rename(columns=_QUANTILES)


def at(answer: Answer, measure: str, month: int, group: str = "all") -> dict[str, Any]:
    """Statistics of a stock at the end of a month, under the names of a result."""
    frame = rows(answer.tables["places"], measure=measure, group=group, month=month)
    return dict(frame.iloc[0])


def fan(
    answer: Answer,
    measure: str,
    group: str = "all",
    *,
    lines: bool = False,
    base: Answer | None = None,
    ghost: Answer | None = None,
) -> pd.DataFrame:
    """Data of a fan chart, every third month."""
    import pandas as pd

    frame = stock(answer, measure, group)
    data = frame[["month", "date", "mean", *_QUANTILES.values()]].copy()
    if lines:
        for name in ("need", "funded"):
            data[name] = stock(answer, name, group)["mean"].to_numpy()
    for name, other in (("base", base), ("ghost", ghost)):
        if base is not None or ghost is not None:
            found = None if other is None else stock(other, measure, group)["mean"].to_numpy()
            data[name] = float("nan") if found is None else found
    data["date"] = pd.to_datetime(data["date"])
    return data.loc[data["month"] % QUARTER == 0].drop(columns="month").reset_index(drop=True)


def ends(texts: Sequence[tuple[float, str, str]], date: Any, height: float) -> pd.DataFrame:
    """Words at the right end of lines, kept apart: value, words and colour of each."""
    import pandas as pd

    gap, placed, found = height * 0.06, float("inf"), []
    for value, words, paint in sorted(texts, key=lambda one: -one[0]):
        placed = min(value, placed - gap)
        found.append((date, placed, words, paint))
    return pd.DataFrame(found, columns=["date", "at", "words", "colour"])


def fan_ends(data: pd.DataFrame, word: str) -> pd.DataFrame:
    """Words of a fan chart's lines."""
    last = data.iloc[-1]
    texts = [
        (float(last["mean"]), word, BLUE),
        (float(last["hi80"]), "8 of 10 futures", BLUE),
    ]
    if last["hi95"] > last["hi80"]:  # few futures cannot tell the two bands apart
        texts.append((float(last["hi95"]), "95 of 100 futures", BLUE))
    for name, words, paint in (
        ("need", "need", INK),
        ("funded", "funded posts", TEAL),
        ("base", "without levers", ORANGE),
        ("ghost", "the run before", GHOST),
    ):
        if name in data.columns and last[name] == last[name]:
            texts.append((float(last[name]), words, paint))
    values = data.drop(columns="date")
    height = max(0.0, float(values.max().max())) - min(0.0, float(values.min().min()))
    return ends(texts, last["date"], height)


def by_group(answer: Answer, measure: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Data of a chart by staff group, and its words."""
    import pandas as pd

    parts, texts = [], []
    for group in GROUPS:
        frame = stock(answer, measure, group)
        part = frame.loc[frame["month"] % QUARTER == 0, ["group", "date", "mean", "lo80", "hi80"]]
        parts.append(part)
        texts.append((float(part["mean"].iloc[-1]), GROUP_WORDS[group], GROUP_COLOURS[group]))
    data = pd.concat(parts, ignore_index=True)
    data["date"] = pd.to_datetime(data["date"])
    height = float(data["hi80"].max()) - min(0.0, float(data["lo80"].min()))
    return data, ends(texts, data["date"].iloc[-1], height)


def flows(answer: Answer, year: str) -> pd.DataFrame:
    """People who came and went in a year, with words for each source and reason."""
    words = {**CAME, **WENT}
    frame = rows(answer.tables["flows"], group="all", year=year, measure=list(words))
    frame = frame.rename(columns=_QUANTILES)
    order = list(words)
    frame["order"] = [order.index(one) for one in frame["measure"]]
    frame = frame.sort_values("order")
    frame["flow"] = [words[one] for one in frame["measure"]]
    frame["way"] = ["came" if one in CAME else "went" for one in frame["measure"]]
    frame = frame.loc[frame["hi95"] > 0]
    return frame[["way", "flow", "mean", "lo80", "hi80"]].reset_index(drop=True)


def years(answer: Answer) -> list[str]:
    """Names of the years of flows and costs, in order."""
    return list(dict.fromkeys(answer.tables["flows"].column("year").to_pylist()))


def change(answer: Answer, measure: str, year: int) -> dict[str, Any]:
    """The paired difference from the plan without levers at the end of a year."""
    frame = answer.changes
    assert frame is not None
    keep = (frame["measure"] == measure) & (frame["group"] == "all") & (frame["month"] == 12 * year)
    return dict(frame.loc[keep].iloc[0])


def cost(answer: Answer, measure: str, year: str) -> dict[str, Any]:
    """A cost of a year, in pounds."""
    found = rows(answer.tables["money"], measure=measure, group="all", year=year)
    return dict(found.iloc[0])


# Tables for reading


def with_span(row: Mapping[str, Any]) -> str:
    """A mean and the range that holds 8 of 10 futures, in one cell."""
    return f"{amount(row['mean'])} ({span(row)})"


def months_shown(answer: Answer) -> list[int]:
    """Months of the tables: the opening and some whole years, as far as the run goes."""
    last = max(answer.futures.cut.months)
    return [12 * year for year in YEARS if 12 * year <= last]


def stock_table(answer: Answer, group: str = "all") -> pd.DataFrame:
    """All stocks at the opening and after some years."""
    import pandas as pd

    found = []
    for month in months_shown(answer):
        cells = {name: at(answer, name, month, group) for name in STOCKS}
        date = month_name(str(cells["need"]["date"]))
        texts = {MEASURES[name].label: with_span(row) for name, row in cells.items()}
        found.append({"End of": date, **texts})
    return pd.DataFrame(found).set_index("End of")


def group_table(answer: Answer, measure: str) -> pd.DataFrame:
    """A stock by staff group at the opening and after some years."""
    import pandas as pd

    found = []
    for month in months_shown(answer):
        cells = {GROUP_WORDS[one]: at(answer, measure, month, one) for one in GROUPS}
        date = month_name(str(next(iter(cells.values()))["date"]))
        found.append({"End of": date, **{name: with_span(row) for name, row in cells.items()}})
    return pd.DataFrame(found).set_index("End of")


def teams(answer: Answer, month: int) -> pd.DataFrame:
    """Each team of a trust in whole people: now, and in a month, with its odds."""
    import pandas as pd

    frame = rows(answer.tables["cells"], month=[0, month])
    numbers: Any = frame.set_index(["group", "band", "measure", "month"]).sort_index()
    found = []
    for group in GROUPS:
        for band in BANDS:
            if (group, band, "headcount", month) not in numbers.index:
                continue
            now = numbers.loc[(group, band, "headcount", 0)]
            then = numbers.loc[(group, band, "headcount", month)]
            gone = numbers.loc[(group, band, "vacant_posts", month)]
            found.append(
                {
                    "Staff group": GROUP_WORDS[group],
                    "Band": band,
                    "People now": f"{now['mean']:.0f}",
                    "People then": f"{then['q50.0']:.0f}",
                    "8 of 10 futures": f"{then[LOW]:.0f} to {then[HIGH]:.0f}",
                    "Vacant posts": f"{gone['q50.0']:.0f}",
                    "8 of 10 futures ": f"{gone[LOW]:.0f} to {gone[HIGH]:.0f}",
                    "Odds of a vacant post": _odds(gone),
                }
            )
    return pd.DataFrame(found)


def _odds(row: Any) -> str:
    """How likely a post is vacant, as far as the quantiles of a whole number can say."""
    shares = {"q90.0": 10, "q75.0": 25, "q50.0": 50, "q25.0": 75, "q10.0": 90, "q02.5": 97}
    least = [share for name, share in shares.items() if row[name] >= 1]
    if not least:
        return "below 1 in 10"
    return {
        10: "1 in 10 or more",
        25: "1 in 4 or more",
        50: "half or more",
        75: "3 in 4 or more",
    }.get(max(least), "9 in 10 or more")


def change_table(base: Answer, answer: Answer, measure: str) -> pd.DataFrame:
    """A stock with and without levers after some years, and the paired change."""
    import pandas as pd

    found = []
    for month in months_shown(answer)[1:]:
        row = change(answer, measure, month // 12)
        low, high = signed(row["low95"]), signed(row["high95"])
        found.append(
            {
                "End of": month_name(str(row["date"])),
                "Without levers": with_span(at(base, measure, month)),
                "With levers": with_span(at(answer, measure, month)),
                "Change": f"{signed(row['difference'])} ({low} to {high})",
            }
        )
    return pd.DataFrame(found).set_index("End of")


def flow_table(answer: Answer, year: str) -> pd.DataFrame:
    """People who came and went in a year."""
    frame = flows(answer, year)
    return (
        frame.assign(
            mean=[rounded(one) for one in frame["mean"]],
            lo80=[rounded(one) for one in frame["lo80"]],
            hi80=[rounded(one) for one in frame["hi80"]],
            way=["joined" if one == "came" else "went" for one in frame["way"]],
        )
        .set_axis(["", "Source or reason", "Mean", "Low", "High"], axis=1)
        .set_index("")
    )


COSTS: Final = ("trust_cost", "nhs_cost", "cover", "levers")


def cost_table(answer: Answer) -> pd.DataFrame:
    """Costs of some years, in pounds."""
    import pandas as pd

    from simulator.ui.words import pounds, pounds_span

    found, listed = [], years(answer)
    for number in sorted({min(one, len(listed)) - 1 for one in YEARS[1:]}):
        cells = {"Year": listed[number]}
        for name in COSTS:
            row = cost(answer, name, listed[number])
            cells[MEASURES[name].label] = f"{pounds(row['mean'])} ({pounds_span(row)})"
        found.append(cells)
    return pd.DataFrame(found).set_index("Year")


TABLE_WORDS: Final = {
    "places": "Stocks by month",
    "flows": "People by year",
    "money": "Costs by year",
    "cells": "Teams by month",
}


def csv_text(answer: Answer, table: str) -> str:
    """A table of an answer as CSV."""
    return str(rows(answer.tables[table]).to_csv(index=False, lineterminator="\n"))
