"""Openings: posts that will need somebody, for growth and to replace those who go.

*Growth*: funded posts that the establishment opens. *Leavers*: posts whose holder leaves the trusts
(other work, career break, retirement). Somebody who moves to another trust, or is promoted, leaves
one post and fills another: in all bands together neither opens a post. In one band a promotion
does, as the post below falls vacant. *Openings* are growth and leavers; of one band also promotions
out of it. *Withdrawn* are vacant posts given up when money falls; they are not taken off. Beside
them is told how posts were filled: newly qualified, experienced (with those back from a break and
from abroad), promoted in. Openings of a year may be filled in the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.domain.words import BANDS, GROUPS
from simulator.experiments.careers.stored import Careers, read_careers, refuse_unknown
from simulator.experiments.careers.tables import ALL, KINDS, OPENINGS

if TYPE_CHECKING:
    import pandas as pd

OPENING_WORDS: Final = {
    "growth": "posts added by the establishment",
    "leavers": "posts whose holder left the trusts (other work, career break, retirement)",
    "promotions": "posts whose holder was promoted (opens a post of this band, not of all)",
    "openings": "openings: growth and leavers, and in one band promotions",
    "withdrawn": "vacant posts withdrawn for want of money",
    "newly_qualified": "filled by the newly qualified (converted clinicians too)",
    "experienced": "filled by experienced candidates (back from a break and from abroad too)",
    "promoted_in": "filled by promotion from the band below",
}


def openings(
    results: Careers | None = None,
    *,
    scenario: str | None = None,
    region: str | None = None,
    group: str | None = None,
    band: str | None = None,
    year: str | None = None,
) -> pd.DataFrame:
    """Openings a year by scenario, region, staff group, band and kind.

    Args:
        results: By default the stored ones.
        scenario: Id; by default all scenarios.
        region: Code, ``ENG`` for England; by default all.
        group: Staff group, or ``all``; by default every one.
        band: Band, or ``all``; by default every one.
        year: NHS year such as ``2030/31``; by default all.

    Returns:
        ``scenario``, ``region``, ``group``, ``band``, ``year`` (NHS year), ``kind`` (see
        :data:`OPENING_WORDS`), ``mean`` posts a year, and ``low`` and ``high``: the range in 8 of
        10 futures. A row that is not there is nought in all futures.

    Raises:
        NotKnownError: If something asked for is not there.
    """
    results = results or read_careers()
    results.check(scenario=scenario, region=region)
    table = results.tables["openings"]
    refuse_unknown(
        {
            "group": (group, [*GROUPS, ALL]),
            "band": (band, [*BANDS, ALL]),
            "year": (year, sorted(table["year"].unique())),
        }
    )
    asked = {"scenario": scenario, "region": region, "group": group, "band": band, "year": year}
    chosen = {name: value for name, value in asked.items() if value is not None}
    return results.frame("openings", **chosen).reset_index(drop=True)


__all__ = ["KINDS", "OPENINGS", "OPENING_WORDS", "openings"]
