"""The national walk: from the published stock of 2020 to people in trusts at the opening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from simulator.domain.words import GROUPS
from simulator.evidence.library import Library
from simulator.evidence.trusts import Trust
from simulator.scenario.dates import month_after, months_between

OBSERVED: Final = "stock.growth.observed"
ASSUMED: Final = "stock.growth.assumed"
VACANCY: Final = "vacancy.rate.steady"
LIST_MONTH: Final = "2026-03"
"""Month that the trusts' staff of the list stand for: March 2025, about 3 % high."""


def vacancy_rate(library: Library) -> float:
    """Vacancy rate that every census is fitted to, whatever its opening: that without growth."""
    return library.get(VACANCY).values[0].value


def trust_size_factor(library: Library, opening: str) -> float:
    """Staff of all trusts at an opening relative to the list's, by their published growth."""
    growth = library.at("need.trust_size_growth", opening)
    return float((1.0 + growth) ** (months_between(LIST_MONTH, opening) / 12.0))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the reconciliation."""

    line: str
    value: float
    unit: str
    grade: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class National:
    """Staff in post in trusts at the opening.

    Attributes:
        lines: The walk, line by line.
        fte: FTE by group, in the order of ``GROUPS``.
        heads: People by group, whole.
        months: First month and opening month, YYYY-MM.
    """

    lines: tuple[Line, ...]
    fte: tuple[float, ...]
    heads: tuple[int, ...]


def growth_index(library: Library, first: str, last: str) -> tuple[float, float]:
    """Return observed and assumed growth factors of the stock between two months.

    Each month from ``first`` to the one before ``last`` grows by (1 + g)^(1/12), g the dated annual
    growth: the observed series up to the month before the assumed one begins. Back in time, with
    ``last`` before ``first``, the factors are those of the way forward, turned over.

    Args:
        library: The parameters.
        first: YYYY-MM of the stock.
        last: YYYY-MM to carry it to.
    """
    if last < first:
        observed, assumed = growth_index(library, last, first)
        return 1.0 / observed, 1.0 / assumed
    turn = library.get(ASSUMED).values[0].start
    observed = assumed = 1.0
    for k in range(months_between(first, last)):
        month = month_after(first, k)
        if month < turn:
            observed *= (1.0 + library.at(OBSERVED, month)) ** (1 / 12)
        else:
            assumed *= (1.0 + library.at(ASSUMED, month)) ** (1 / 12)
    return observed, assumed


def national_walk(opening: str, library: Library, trusts: Sequence[Trust]) -> National:
    """Walk from the stock of 2020 to the three groups in trusts.

    Args:
        opening: Opening month, YYYY-MM.
        library: The parameters.
        trusts: Trusts open at the opening.
    """
    lines, in_trusts, outside = _total_lines(opening, library)
    per_head = library.at("fte.per_head", opening)
    trust_fte = sum(one.fte for one in trusts) * trust_size_factor(library, opening)
    clinical = library.at("group.clinical.share_of_trust_fte", opening) * trust_fte
    data = _data_heads(opening, library, outside) * per_head
    fte = (clinical, data, in_trusts - clinical - data)
    heads = tuple(round(one / per_head) for one in fte)
    names = ("group.clinical.share_of_trust_fte", "group.data.stock_2023", "stock.england.2020")
    moved = "" if opening == LIST_MONTH else f", then moved to {opening} with all staff's growth"
    known = library.get("group.data.stock_2023").values[0].start
    notes = (
        f"0.14 % of {trust_fte:,.0f} FTE of all staff (March 2025 list, about 3 % high, which "
        f"about cancels a year of growth{moved}); the narrow group",
        f"13,000 heads of September 2023 carried {'forward' if opening > known else 'back'} "
        "with the same growth, outside share taken off, times FTE per head",
        "the rest",
    )
    for group, value, people, name, note in zip(GROUPS, fte, heads, names, notes, strict=True):
        lines.append(_line(library, f"{group}: FTE in post", value, "FTE", name, note))
        lines.append(
            _line(
                library,
                f"{group}: people",
                people,
                "heads",
                "fte.per_head",
                f"FTE / {per_head:g}, rounded",
            )
        )
    return National(tuple(lines), fte, heads)


def _line(library: Library, line: str, value: float, unit: str, parameter: str, note: str) -> Line:
    found = library.get(parameter)
    return Line(line, value, unit, found.grade, parameter, note)


def _total_lines(opening: str, library: Library) -> tuple[list[Line], float, float]:
    stock = library.get("stock.england.2020")
    start, value = stock.values[0].start, stock.values[0].value
    observed, assumed = growth_index(library, start, opening)
    outside = library.at("stock.share_outside_trusts", opening)
    total = value * observed * assumed
    turn = library.get(ASSUMED).values[0].start
    lines = [
        _line(library, f"England, {start}", value, "FTE", stock.id, stock.title),
        _line(
            library,
            f"growth observed to {min(turn, opening)}",
            value * (observed - 1.0),
            "FTE",
            OBSERVED,
            f"factor {observed:.4f}",
        ),
        _line(
            library,
            f"growth assumed to {opening}",
            value * observed * (assumed - 1.0),
            "FTE",
            ASSUMED,
            f"factor {assumed:.4f}",
        ),
        Line(f"England, {opening}", total, "FTE", "D", "sum", "sum of the lines above"),
        _line(
            library,
            "outside trusts",
            -total * outside,
            "FTE",
            "stock.share_outside_trusts",
            f"{100 * outside:g} % in national bodies, support units and care boards",
        ),
        Line(
            "in trusts: FTE in post",
            total * (1.0 - outside),
            "FTE",
            "D",
            "sum",
            "the opening stock",
        ),
    ]
    return lines, total * (1.0 - outside), outside


def _data_heads(opening: str, library: Library, outside: float) -> float:
    known = library.get("group.data.stock_2023").values[0]
    observed, assumed = growth_index(library, known.start, opening)
    return known.value * observed * assumed * (1.0 - outside)
