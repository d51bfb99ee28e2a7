"""The NHS trusts of England, and the mergers that change the list during a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from simulator.evidence.tables import table_rows


@dataclass(frozen=True, slots=True)
class Trust:
    """One NHS trust.

    Attributes:
        code: Organisation Data Service code.
        name: Name in title case.
        org_type: Acute, Mental Health, Community Provider Trust or Ambulance.
        region_code: NHS England region code.
        region: NHS England region.
        ics_code: Care system code of 2025.
        ics: Care system.
        exemplar: Local health and care record exemplar area, blank if none (our inference).
        fte: All staff, FTE, March 2025; a proxy, about 3 % high.
        beds: General and acute beds; ``None`` if not published.
        maturity: Overall digital maturity 2025, score 1 to 5; ``None`` if not published.
        central_functions_share: Share of staff in central functions, June 2018, or ``None``.
        closed: Month of closing, YYYY-MM, or ``None`` for a trust that stays open.
        successor: Code of the trust that takes over a closed one, or ``None``.
        source: Source ids, separated by semicolons.
        as_of: Month the FTE describes, YYYY-MM.
    """

    code: str
    name: str
    org_type: str
    region_code: str
    region: str
    ics_code: str
    ics: str
    exemplar: str
    fte: float
    beds: float | None
    maturity: float | None
    central_functions_share: float | None
    closed: str | None
    successor: str | None
    source: str
    as_of: str


@cache
def load_trusts() -> tuple[Trust, ...]:
    """Return all trusts of the list, closing ones included, in order of code.

    Raises:
        ValueError: If codes repeat or a closing trust has no successor in the list.
    """
    trusts = tuple(sorted((_trust(row) for row in table_rows("trusts")), key=lambda one: one.code))
    check_trusts(trusts)
    return trusts


def check_trusts(trusts: Sequence[Trust]) -> None:
    """Check that a list of trusts can be merged.

    Raises:
        ValueError: Listing every repeated code, missing successor and merger in a circle.
    """
    by_code = {one.code: one for one in trusts}
    codes = [one.code for one in trusts]
    problems = [
        f"trust {code} is listed twice" for code in sorted(by_code) if codes.count(code) > 1
    ]
    for one in trusts:
        if (one.closed is None) != (one.successor is None):
            problems.append(f"trust {one.code}: closing month and successor go together")
        elif one.successor is not None and one.successor not in by_code:
            problems.append(f"trust {one.code}: successor {one.successor} is not in the list")
        elif _goes_in_a_circle(one, by_code):
            problems.append(f"trust {one.code}: its successors lead back to itself")
    if problems:
        raise ValueError("the list of trusts is not sound:\n" + "\n".join(problems))


def opening_trusts(
    start_month: str, trusts: Sequence[Trust] | None = None
) -> tuple[tuple[Trust, ...], dict[str, str]]:
    """Return the trusts at the start of a simulation, earlier closures merged.

    FTE and beds of a trust closed in or before the start month go to the trust that is open
    in its place; that trust keeps its own maturity score and central functions share.

    Args:
        start_month: First month of the simulation, YYYY-MM.
        trusts: The list to merge; the shipped list by default.

    Returns:
        The open trusts in order of code, and the code each closed trust is now found under.
    """
    listed = load_trusts() if trusts is None else tuple(trusts)
    by_code = {one.code: one for one in listed}
    gone = [one for one in listed if _closed_by(one, start_month)]
    aliases = {one.code: _open_successor(one, by_code, start_month) for one in gone}
    open_now = {one.code: one for one in listed if one.code not in aliases}
    for one in gone:
        open_now[aliases[one.code]] = _merged(open_now[aliases[one.code]], one)
    return tuple(open_now[code] for code in sorted(open_now)), aliases


def transfers(
    start_month: str, trusts: Sequence[Trust] | None = None
) -> list[tuple[str, str, str]]:
    """Return the closures after the start month as (month, from code, to code), in order.

    Args:
        start_month: First month of the simulation, YYYY-MM.
        trusts: The list to read; the shipped list by default.
    """
    listed = load_trusts() if trusts is None else tuple(trusts)
    by_code = {one.code: one for one in listed}
    return sorted(
        (one.closed, one.code, _open_successor(one, by_code, one.closed))
        for one in listed
        if one.closed is not None and one.closed > start_month
    )


def find_trusts(query: str, start_month: str) -> tuple[Trust, ...]:
    """Search the trusts open at the start by code, by part of a name, or by a former trust.

    A closed trust's code or name finds the trust that took it over.

    Args:
        query: Code or part of a name, in any case.
        start_month: First month of the simulation, YYYY-MM.
    """
    open_now, aliases = opening_trusts(start_month)
    wanted = query.strip().casefold()
    if not wanted:
        return ()
    matching = {one.code for one in load_trusts() if _matches(one, wanted)}
    codes = {aliases.get(code, code) for code in matching}
    return tuple(one for one in open_now if one.code in codes)


def _matches(trust: Trust, wanted: str) -> bool:
    return trust.code.casefold() == wanted or wanted in trust.name.casefold()


def _closed_by(trust: Trust, month: str) -> bool:
    return trust.closed is not None and trust.closed <= month


def _open_successor(trust: Trust, by_code: Mapping[str, Trust], month: str) -> str:
    """Follow successors to the one that is still open in ``month``; the list has no circles."""
    current = trust
    while current.successor is not None and (current is trust or _closed_by(current, month)):
        current = by_code[current.successor]
    return current.code


def _goes_in_a_circle(trust: Trust, by_code: Mapping[str, Trust]) -> bool:
    current: Trust | None = trust
    for _ in range(len(by_code) + 1):
        if current is None or current.successor is None:
            return False
        current = by_code.get(current.successor)
    return True


def _merged(successor: Trust, closed: Trust) -> Trust:
    known = [beds for beds in (successor.beds, closed.beds) if beds is not None]
    return replace(successor, fte=successor.fte + closed.fte, beds=sum(known) if known else None)


def _number(text: str) -> float | None:
    return float(text) if text else None


def _trust(row: Mapping[str, str]) -> Trust:
    return Trust(
        code=row["code"],
        name=row["name"],
        org_type=row["type"],
        region_code=row["region_code"],
        region=row["region"],
        ics_code=row["ics_code"],
        ics=row["ics"],
        exemplar=row["record_exemplar"],
        fte=float(row["fte"]),
        beds=_number(row["beds"]),
        maturity=_number(row["maturity_overall_2025"]),
        central_functions_share=_number(row["central_functions_share_2018"]),
        closed=row["closed"] or None,
        successor=row["successor"] or None,
        source=row["source"],
        as_of=row["as_of"],
    )
