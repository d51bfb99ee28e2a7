"""Numbers of places and of published figures as tables and charts show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.charts.words import percent, place_name, rounded
from simulator.evidence.library import load_library
from simulator.results.measures import MEASURES

if TYPE_CHECKING:
    import pandas as pd

    from simulator.experiments.crosscheck import CrossCheck


def share_span(row: Any) -> str:
    """A share of need with the range that holds 8 of 10 futures."""
    low, high = row["share_low"], row["share_high"]
    return f"{percent(row['share'])} ({100 * low:.0f} to {100 * high:.0f})"


def plain_span(row: Any, value: str, low: str, high: str) -> str:
    """A number with its range."""
    return f"{rounded(row[value])} ({rounded(row[low])} to {rounded(row[high])})"


def ranking(frame: pd.DataFrame, mine: set[str]) -> pd.DataFrame:
    """Data of the chart of places by shortfall."""
    import pandas as pd

    return pd.DataFrame(
        {
            "name": _place_names(frame),
            "value": frame["share"],
            "low": frame["share_low"],
            "high": frame["share_high"],
            "mine": frame["code"].isin(mine),
        }
    )


def _place_names(frame: pd.DataFrame) -> list[str]:
    pairs = zip(frame["level"], frame["code"], strict=True)
    return [place_name(str(level), str(code)) for level, code in pairs]


def rank_table(frame: pd.DataFrame, mine: set[str]) -> pd.DataFrame:
    """Places with the range of their rank, and the chance to be in the worst fifth."""
    import pandas as pd

    rows_: list[Any] = [row for _, row in frame.iterrows()]
    names = [
        f"{name} (yours)" if code in mine else name
        for name, code in zip(_place_names(frame), frame["code"], strict=True)
    ]
    return pd.DataFrame(
        {
            "Place": names,
            "Share of need": [share_span(row) for row in rows_],
            "Shortfall, FTE": [plain_span(row, "mean", "low", "high") for row in rows_],
            "Rank, 8 of 10 futures": [
                f"{row['rank_low']:.0f} to {row['rank_high']:.0f}" for row in rows_
            ],
            "In the worst fifth": [f"{100 * row['worst']:.0f} of 100 futures" for row in rows_],
        }
    ).set_index("Place")


def tiles(frame: pd.DataFrame, grid: Mapping[tuple[str, str], tuple[int, int]]) -> pd.DataFrame:
    """Data of the tiles of regions and care systems."""
    import textwrap

    keys = list(zip(frame["level"], frame["code"], strict=True))
    lines = [[*textwrap.wrap(name, 18), "", ""] for name in _place_names(frame)]
    rows_: list[Any] = [row for _, row in frame.iterrows()]
    return frame[["level", "code", "share", "share_low", "share_high"]].assign(
        row=[grid[key][0] for key in keys],
        column=[grid[key][1] for key in keys],
        first=[one[0] for one in lines],
        second=[one[1] for one in lines],
        told=[percent(row["share"]) for row in rows_],
        span=[f"{100 * row['share_low']:.0f} to {100 * row['share_high']:.0f}" for row in rows_],
        region=frame["level"] == "region",
        ink=frame["share"] > 0.5 * frame["share"].max(),
    )


# Quality


def check_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Figures of a run of England beside what has been published."""
    import pandas as pd

    rows_: list[Any] = [row for _, row in frame.iterrows()]

    def shown(row: Any, name: str) -> str:
        value = row[name]
        if row["percent"]:
            return (
                f"{100 * value:.2f} %" if row["published_high"] < 0.01 else f"{100 * value:.1f} %"
            )
        return f"{value:,.0f}" if abs(row["published"]) >= 1000 else f"{value:.3g}"

    def ranged(row: Any, value: str, low: str, high: str) -> str:
        return f"{shown(row, value)} ({shown(row, low)} to {shown(row, high)})"

    return pd.DataFrame(
        {
            "Figure": [row["figure"] for row in rows_],
            "Seen (8 of 10 futures)": [ranged(row, "seen", "low", "high") for row in rows_],
            "Published (range)": [
                ranged(row, "published", "published_low", "published_high") for row in rows_
            ],
            "Source": [row["source"] for row in rows_],
            "Verdict": [row["verdict"] for row in rows_],
            "Note": [row["note"] for row in rows_],
        }
    ).set_index("Figure")


def event_table(found: CrossCheck) -> pd.DataFrame:
    """What happened in both engines, over all futures compared."""
    import pandas as pd

    events = {name: count for name, count in found.events.items() if count and name in MEASURES}
    return pd.DataFrame(
        {
            "Event": [MEASURES[name].label for name in events],
            "Times": [f"{count:,}" for count in events.values()],
        }
    ).set_index("Event")


def grade_table() -> pd.DataFrame:
    """Parameters of the library by grade of evidence."""
    import pandas as pd

    grades: list[str] = [one.grade for one in load_library().parameters.values()]
    named = {
        "A": "official and directly applicable",
        "B": "official with a caveat",
        "C": "another group, body or year",
        "D": "an assumption",
    }
    return pd.DataFrame(
        {
            "Grade": list(named),
            "What it means": list(named.values()),
            "Parameters": [grades.count(one) for one in named],
        }
    ).set_index("Grade")
