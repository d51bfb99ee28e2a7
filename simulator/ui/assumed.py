"""Every number of the evidence library as the page shows it: value, range, unit and source."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from simulator.charts.words import month_name
from simulator.evidence.library import Parameter, load_library
from simulator.evidence.sources import load_sources
from simulator.scenario.numbers import RUN_PARAMETERS
from simulator.ui.plan import OPENING

if TYPE_CHECKING:
    import pandas as pd

_PER_CENT: Final = frozenset(
    {
        "share",
        "annual probability",
        "growth per year",
        "ratio to average stock",
        "hazard per year",
        "per month",
    }
)
"""Units shown as per cent."""
_HEADS: Final = {
    "breaks": "Career breaks",
    "graduates": "Training",
    "group": "Staff at the start",
    "hiring": "Hiring",
    "international": "Candidates",
    "leaving": "Leaving",
    "market": "Market",
    "need": "Need and money",
    "programme": "Programmes",
    "supply": "Candidates",
    "training": "Training",
    "stock": "Staff at the start",
    "fte": "Staff at the start",
    "money": "Cost",
    "pay": "Cost",
    "oncost": "Cost",
    "prices": "Cost",
    "cover": "Cost",
}
"""What the first part of a parameter's name is about."""
KINDS: Final = {"published": "published", "derived": "derived", "assumption": "assumed"}


@cache
def library_table() -> pd.DataFrame:
    """Every parameter with value, range, unit, source, grade and date, by id."""
    import pandas as pd

    rows = {
        one.id: {
            "Assumption": one.title,
            "About": _about(one.id),
            "Value": shown(_now(one), one.unit),
            "Range": span_of(one),
            "Unit": one.unit,
            "Grade": one.grade,
            "Kind": KINDS[one.kind],
            "Year": one.year,
            "Source": sources_of(one),
            "Can be changed": "yes" if one.id in RUN_PARAMETERS else "no",
        }
        for one in load_library()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("Id")


def _about(name: str) -> str:
    return _HEADS.get(name.partition(".")[0], "Other")


def _now(one: Parameter) -> float:
    held = [dated.value for dated in one.values if dated.start <= OPENING]
    return held[-1] if held else one.values[0].value


def scale_of(unit: str) -> tuple[float, str]:
    """What a value is multiplied by to be shown, and the unit it is shown in."""
    return (100.0, "per cent") if unit in _PER_CENT else (1.0, unit)


def shown(value: float, unit: str) -> str:
    """A value for a reader: shares and rates as per cent."""
    if unit in _PER_CENT:
        return f"{100 * value:.4g} %"
    return f"£{value:,.6g}" if unit == "GBP" else f"{value:,.6g}"


def span_of(one: Parameter) -> str:
    """The plausible range of a parameter for a reader."""
    return f"{shown(one.low, one.unit)} to {shown(one.high, one.unit)}"


def value_of(one: Parameter) -> str:
    """The value at the opening, and those that follow with their months."""
    later = [other for other in one.values if other.start > OPENING]
    steps = [f"{shown(other.value, one.unit)} from {month_name(other.start)}" for other in later]
    return ", ".join([shown(_now(one), one.unit), *steps])


def sources_of(one: Parameter) -> str:
    """Id and title of each source, or that it is an assumption."""
    return "; ".join(f"{name} {load_sources()[name].title}" for name in one.sources) + "."
