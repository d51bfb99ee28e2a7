"""Trusts, care systems and regions at the opening month, and who is simulated and reported."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from simulator.evidence.trusts import Trust, load_trusts, opening_trusts, transfers
from simulator.scenario.dates import month_after
from simulator.scenario.schema import Place, Rest

Merging = tuple[tuple[str, str, str], ...]
"""Mergers as (month, closing code, successor)."""


@dataclass(frozen=True, slots=True)
class Geography:
    """The trusts open at the opening month, by code.

    Attributes:
        trusts: Open trusts by code, in order of code.
        aliases: For each code of a trust that had closed, the code that took it over.
        names: Name of every trust, closed ones included.
    """

    trusts: dict[str, Trust]
    aliases: dict[str, str]
    names: dict[str, str]

    def codes(self, kind: str) -> set[str]:
        """Return all codes of a kind: trusts (aliases included), ics or regions."""
        if kind == "trusts":
            return set(self.trusts) | set(self.aliases)
        if kind == "ics":
            return {one.ics_code for one in self.trusts.values()}
        return {one.region_code for one in self.trusts.values()}

    def unknown(self, kind: str, code: str) -> str:
        """Return what is wrong with a code that is not known."""
        near = difflib.get_close_matches(code.upper(), sorted(self.codes(kind)), n=3, cutoff=0.5)
        hint = f"; near it: {', '.join(self._named(kind, one) for one in near)}" if near else ""
        word = {"trusts": "trust", "ics": "care system", "regions": "region"}[kind]
        return f"no {word} has the code {code[:20]}{hint}"

    def members(self, kind: str, codes: Iterable[str]) -> set[str]:
        """Return the open trusts that codes of a kind stand for."""
        wanted = set(codes)
        if kind == "trusts":
            return {self.aliases.get(code, code) for code in wanted} & set(self.trusts)
        if kind == "england":
            return set(self.trusts)
        key = "ics_code" if kind == "ics" else "region_code"
        return {code for code, one in self.trusts.items() if getattr(one, key) in wanted}

    def _named(self, kind: str, code: str) -> str:
        if kind == "trusts":
            return f"{code} ({self.names[code]})"
        pairs = {one.ics_code: one.ics for one in self.trusts.values()}
        pairs |= {one.region_code: one.region for one in self.trusts.values()}
        return f"{code} ({pairs[code]})"


@cache
def geography_at(opening: str) -> Geography:
    """Return the trusts as they are at an opening month, YYYY-MM."""
    trusts, aliases = opening_trusts(opening)
    return Geography(
        {one.code: one for one in trusts}, aliases, {one.code: one.name for one in load_trusts()}
    )


def reported_trusts(
    place: Place, geography: Geography, census: frozenset[str], merging: Merging = ()
) -> tuple[str, ...]:
    """Return the trusts of the census that the place names, in order of code.

    A trust that merges with one of them within the horizon is added: its posts are counted in
    the successor from that month.
    """
    codes = geography.members(place.kind, place.codes)
    for _, old, new in merging:
        if old in codes or new in codes:
            codes |= {old, new}
    return tuple(sorted(codes & census))


def modelled_trusts(
    reported: tuple[str, ...], rest: Rest | None, geography: Geography, census: frozenset[str]
) -> tuple[str, ...]:
    """Return the trusts simulated: those reported, or with ``coupled`` their regions whole."""
    if rest != "coupled":
        return reported
    regions = {geography.trusts[code].region_code for code in reported}
    return tuple(sorted(geography.members("regions", regions) & census))


def merging_trusts(opening: str, months: int) -> Merging:
    """Return the mergers within the horizon as (month, closing code, successor)."""
    last = month_after(opening, months)
    return tuple(one for one in transfers(opening) if one[0] <= last)
