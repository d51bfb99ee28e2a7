"""Numbers of an answer as tables and charts show them: rows chosen and named, nothing computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from simulator.charts.figure import BLUE, HIGH, INK, LOW, ORANGE, TEAL, amount, span
from simulator.charts.flows import CAME, WENT
from simulator.charts.words import GROUP_WORDS, month_name, place_name, rounded
from simulator.domain.words import BANDS, GROUPS
from simulator.experiments.layers import signed
from simulator.results.measures import MEASURES
from simulator.scenario.dates import month_after
from simulator.ui.plan import OPENING
from simulator.ui.specs import GHOST, GROUP_COLOURS, METHOD_COLOURS

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
    frame: pd.DataFrame = _kept(table, where).to_pandas()
    for label in frame.select_dtypes("category"):
        frame[label] = frame[label].astype(str)
    return frame


def _kept(table: pa.Table, where: Mapping[str, object]) -> pa.Table:
    """Rows of a table, filtered once: a page asks for many."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kept = None
    for name, value in where.items():
        column = table.column(name)
        if isinstance(value, list | tuple):
            if pa.types.is_dictionary(column.type):
                column = pc.cast(column, pa.string())
            found = pc.is_in(column, value_set=pa.array(list(value)))
        else:
            found = pc.equal(column, pa.scalar(value))
        kept = found if kept is None else pc.and_(kept, found)
    return table if kept is None else table.filter(kept)


def stock(answer: Answer, measure: str, group: str = "all") -> pd.DataFrame:
    """A stock month by month, with the columns of the charts: ``date``, ``mean``, ``lo95``, ..."""
    frame = rows(answer.tables["places"], measure=measure, group=group)
    return frame.rename(columns=_QUANTILES)


def at(answer: Answer, measure: str, month: int, group: str = "all") -> dict[str, Any]:
    """Statistics of a stock at the end of a month, under the names of a result."""
    where = {"measure": measure, "group": group, "month": month}
    found: dict[str, Any] = _kept(answer.tables["places"], where).slice(0, 1).to_pylist()[0]
    return found


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


METHODS: Final = {
    "growth": "growth, as in this run",
    "ratio": "share of all staff",
    "maturity": "digital maturity",
    "hee": "Health Education England",
}
"""Ways to project need, in words."""


def methods(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Data of the chart of need by every way to project it, and its words."""
    import pandas as pd

    data = frame[["date", *METHODS, "low", "high"]].copy()
    data["date"] = pd.to_datetime(data["date"])
    last = data.iloc[-1]
    texts = [(float(last[name]), METHODS[name], METHOD_COLOURS[name]) for name in METHODS]
    return data, ends(texts, last["date"], float(data["high"].max()))


def method_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Need by every way to project it after some years, and the spread between them."""
    rows_ = frame.loc[frame["month"].isin([12 * year for year in YEARS])]
    table = {
        "End of": [month_name(str(one)) for one in rows_["date"]],
        **{METHODS[name].capitalize(): rows_[name].map(rounded) for name in METHODS},
        "From least to greatest": (rows_["high"] - rows_["low"]).map(rounded),
    }
    import pandas as pd

    return pd.DataFrame(table).set_index("End of")


def lasting(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Data of the chart of posts still open by staff group, and its words."""
    import pandas as pd

    data = frame.loc[(frame["band"] == "all") & (frame["group"] != "all")]
    shown = [group for group in GROUPS if group in set(data["group"])]
    names = [
        (_KEY[0], _KEY[1] - number * _KEY[2], GROUP_WORDS[group], GROUP_COLOURS[group])
        for number, group in enumerate(shown)
    ]
    columns = ["group", "month", "share", "low", "high", "vacancies"]
    return data[columns].reset_index(drop=True), pd.DataFrame(
        names, columns=["date", "at", "words", "colour"]
    )


_KEY: Final = (12, 0.92, 0.09)
"""Where the names of staff groups stand in that chart: month, share, and the step down."""


def lasting_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Posts still open after three, six and twelve months, by staff group."""
    import pandas as pd

    found = []
    for group in ("all", *GROUPS):
        mine = (frame["group"] == group) & (frame["band"] == "all")
        part = frame.loc[mine].set_index("month")
        if part.empty:
            continue
        row = {"Staff group": GROUP_WORDS[group]}
        for month in (3, 6, 12):
            row[f"Still open after {month} months"] = of_100(part.loc[month])
        row["Vacancies followed"] = f"{int(part['vacancies'].max()):,}"
        found.append(row)
    return pd.DataFrame(found).set_index("Staff group")


def of_100(row: Any) -> str:
    """A share with its interval, of a hundred."""
    low, high = 100 * float(row["low"]), 100 * float(row["high"])
    return f"{100 * float(row['share']):.0f} of 100 ({low:.0f} to {high:.0f})"


def moves(answer: Answer, year: str) -> pd.DataFrame:
    """People won from and lost to other trusts in a year, by trust, the greatest gain first."""
    import pandas as pd

    frame = rows(answer.tables["moves"], year=year)
    frame = frame.loc[frame.groupby("code")[HIGH].transform("max") > 0]
    sign = frame["measure"].map({"moved_in": 1, "moved_out": -1})
    data = pd.DataFrame(
        {
            "name": [place_name("trust", code) for code in frame["code"]],
            "way": frame["measure"].map({"moved_in": "won", "moved_out": "lost"}),
            "value": frame["mean"] * sign,
            "low": frame[LOW] * sign,
            "high": frame[HIGH] * sign,
        }
    )
    net = data.groupby("name")["value"].transform("sum")
    return data.assign(net=net).sort_values(["net", "name"], ascending=[False, True], kind="stable")


def move_table(data: pd.DataFrame) -> pd.DataFrame:
    """People won and lost by trust, with ranges."""
    import pandas as pd

    found = []
    for name, part in data.groupby("name", sort=False):
        cells = {"Trust": name}
        for way in ("won", "lost"):
            for _, row in part.loc[part["way"] == way].iterrows():
                near, far = sorted((abs(row["low"]), abs(row["high"])))
                cells[way.capitalize()] = (
                    f"{rounded(abs(row['value']))} ({rounded(near)} to {rounded(far)})"
                )
        found.append(cells)
    return pd.DataFrame(found).set_index("Trust")


def bands(answer: Answer, group: str, month: int) -> pd.DataFrame:
    """People of a staff group of a trust by band, now and in a month."""
    import pandas as pd

    frame = rows(answer.tables["cells"], group=group, measure="headcount", month=[0, month])
    numbers: Any = frame.set_index(["band", "month"]).sort_index()
    found = []
    for band in BANDS:
        if (band, month) in numbers.index:
            now, then = numbers.loc[(band, 0)], numbers.loc[(band, month)]
            found.append((f"Band {band}", now["mean"], then["mean"], then[LOW], then[HIGH]))
    return pd.DataFrame(found, columns=["name", "now", "value", "low", "high"])


def rounds(answer: Answer) -> pd.DataFrame:
    """Vacancies that began and advertising rounds that failed, in some years."""
    import pandas as pd

    listed, found = years(answer), []
    for number in sorted({min(one, len(listed)) - 1 for one in YEARS[1:]}):
        frame = rows(answer.tables["flows"], group="all", year=listed[number])
        by: Any = frame.set_index("measure")
        found.append(
            {
                "Year": listed[number],
                "Vacancies that began": with_span(by.loc["vacancies"]),
                "Adverts that found nobody": with_span(by.loc["rounds_failed"]),
            }
        )
    return pd.DataFrame(found).set_index("Year")


def cost_fan(answer: Answer, measure: str) -> pd.DataFrame:
    """Data of the fan chart of a cost: millions of pounds, at the end of each year."""
    import pandas as pd

    frame = rows(answer.tables["money"], group="all", measure=measure).rename(columns=_QUANTILES)
    listed = years(answer)
    frame["date"] = [month_after(OPENING, 12 * (listed.index(one) + 1)) for one in frame["year"]]
    data = frame[["date", "mean", *_QUANTILES.values()]].sort_values("date")
    data["date"] = pd.to_datetime(data["date"])
    numbers = [name for name in data.columns if name != "date"]
    data[numbers] = data[numbers] / 1e6
    return data.reset_index(drop=True)


def years(answer: Answer) -> list[str]:
    """Names of the years of flows and costs, in order."""
    return list(dict.fromkeys(answer.tables["flows"].column("year").to_pylist()))


def change(answer: Answer, measure: str, year: int) -> dict[str, Any]:
    """The paired difference from the plan without levers at the end of a year."""
    frame = answer.changes
    assert frame is not None
    wanted = {"measure": measure, "group": "all", "month": 12 * year}
    keep = [frame[name].to_numpy() == value for name, value in wanted.items()]
    return dict(frame.iloc[int((keep[0] & keep[1] & keep[2]).nonzero()[0][0])])


def cost(answer: Answer, measure: str, year: str) -> dict[str, Any]:
    """A cost of a year, in pounds."""
    where = {"measure": measure, "group": "all", "year": year}
    found: dict[str, Any] = _kept(answer.tables["money"], where).slice(0, 1).to_pylist()[0]
    return found


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


def teams(
    answer: Answer, month: int, group: str, lasting_: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Each team of a staff group of a trust in whole people: now, and in a month, with its odds.

    Args:
        answer: Of a trust.
        month: Months since the opening.
        group: Staff group.
        lasting_: How long posts stay open, if that is known.
    """
    import pandas as pd

    frame = rows(answer.tables["cells"], month=[0, month])
    slow = {} if lasting_ is None else _slow(lasting_)
    numbers: Any = frame.set_index(["group", "band", "measure", "month"]).sort_index()
    found = []
    for band in BANDS:
        if (group, band, "headcount", month) not in numbers.index:
            continue
        now = numbers.loc[(group, band, "headcount", 0)]
        then = numbers.loc[(group, band, "headcount", month)]
        gone = numbers.loc[(group, band, "vacant_posts", month)]
        row = {
            "Band": band,
            "People now": f"{now['mean']:.0f}",
            "People then": f"{then['q50.0']:.0f}",
            "8 of 10 futures": f"{then[LOW]:.0f} to {then[HIGH]:.0f}",
            "Vacant posts": f"{gone['q50.0']:.0f}",
            "8 of 10 futures ": f"{gone[LOW]:.0f} to {gone[HIGH]:.0f}",
            "Odds of a vacant post": _odds(gone),
        }
        if lasting_ is not None:
            row["Not filled within six months"] = slow.get((group, band), "too few")
        found.append(row)
    return pd.DataFrame(found).set_index("Band") if found else pd.DataFrame()


def _slow(frame: pd.DataFrame) -> dict[tuple[str, str], str]:
    """How often a post is not filled within six months, by group and band, in words."""
    part = frame.loc[frame["month"] == 6]
    return {(str(row["group"]), str(row["band"])): of_100(row) for _, row in part.iterrows()}


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
        .set_axis(["Way", "Source or reason", "Mean", "Low", "High"], axis=1)
        .set_index("Way")
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
    "moves": "Moves between trusts by year",
}


def csv_text(table: pa.Table) -> str:
    """A table of a result as CSV."""
    return str(rows(table).to_csv(index=False, lineterminator="\n"))
