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
    "Clinicians who use systems but hold no informatics post",
    "Clerical and medical-records staff",
    "People employed by suppliers, commissioners, national bodies or primary care",
    "Bank, agency and contract staff, who appear only as the cost of covering vacancies",
    "Board members on pay outside Agenda for Change",
)
CODES: Final = (
    "The Electronic Staff Record files a post under an occupation code, a staff group, a job role "
    "and an area of work. Its guide says that the occupation code has no direct link to job role "
    "or area of work (S95, 2014), and no published list was found that says which codes, in the "
    "manual of June 2023 (S94), are the staff counted here. Choose your posts by title; the cost "
    "centres of informatics, information and IT in the ledger are a first list (assumption)."
)
BASIS: Final = (
    "Titles: national job profiles (grade B) and an illustrative catalogue of digital roles (grade "
    "D). The groups a title belongs to are this project's reading."
)


@cache
def counted(group: str) -> tuple[str, ...]:
    """Job titles counted in a staff group, with their bands."""
    return tuple(f"{role} ({bands})" for role, bands, _ in titles(group))


@cache
def titles(group: str) -> tuple[tuple[str, str, str], ...]:
    """Job titles counted in a staff group, their bands and the grade of the evidence."""
    found = [
        (row["role"], _bands(row["band_low"], row["band_high"]), "B")
        for row in table_rows("role_band_ladder")
        if _LADDERS.get(row["ladder"]) == group
    ]
    found += [
        (row["role"], _bands(row["afc_low"], row["afc_high"]), "D")
        for row in table_rows("role_catalogue")
        if _FAMILIES.get(row["family"]) == group
    ]
    return tuple(found)


def _bands(low: str, high: str) -> str:
    return f"band {low}" if not high or low == high else f"bands {low} to {high}"
