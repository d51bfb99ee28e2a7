"""Who is counted: job titles of the evidence by staff group."""

from __future__ import annotations

from functools import cache
from typing import Final

from simulator.evidence.tables import table_rows

_LADDERS: Final = {
    "information": "data",
    "technical": "digital",
    "management": "digital",
    "clinical science": "clinical",
    "clinical": "clinical",
}
_FAMILIES: Final = {
    "Data & engineering": "data",
    "AI & advanced analytics": "data",
    "Data governance & semantics": "data",
    "Architecture": "digital",
    "Platforms, cyber & operations": "digital",
    "Clinical informatics & assurance": "clinical",
}
OUT: Final = (
    "Clinicians who use systems but hold no informatics post; clerical and medical-records staff; "
    "people employed by suppliers, commissioners, national bodies or primary care; bank, agency "
    "and contract staff, who appear only as the cost of covering vacancies; board members on pay "
    "outside Agenda for Change."
)
BASIS: Final = (
    "Titles: national job profiles (grade B) and an illustrative catalogue of digital roles (grade "
    "D). The groups a title belongs to are this project's reading."
)


@cache
def counted(group: str) -> tuple[str, ...]:
    """Job titles counted in a staff group, with their bands."""
    found = [
        (row["role"], row["band_low"], row["band_high"])
        for row in table_rows("role_band_ladder")
        if _LADDERS.get(row["ladder"]) == group
    ]
    found += [
        (row["role"], row["afc_low"], row["afc_high"])
        for row in table_rows("role_catalogue")
        if _FAMILIES.get(row["family"]) == group
    ]
    return tuple(f"{role} ({_bands(low, high)})" for role, low, high in found)


def _bands(low: str, high: str) -> str:
    return f"band {low}" if not high or low == high else f"bands {low} to {high}"
