"""Pay: the published Agenda for Change points, and simulated pay of those who got a post."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.domain.words import BANDS
from simulator.evidence.tables import load_tables, table_rows
from simulator.experiments.careers.cards import Card
from simulator.experiments.careers.hundred import FEW
from simulator.experiments.careers.stored import ENGLAND, Careers, read_careers, refuse_unknown
from simulator.model.attraction import supplement

if TYPE_CHECKING:
    import pandas as pd

ZONES: Final = ("none", "fringe", "outer", "inner")
"""London pay zones."""
POINTS: Final = ("entry", "intermediate", "top")
SHARES: Final = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}


def pay_years() -> list[str]:
    """NHS years with a published table, oldest first."""
    return sorted({row["year"] for row in table_rows("afc_pay")})


def pay_points(nhs_year: str | None = None, london: str = "none") -> pd.DataFrame:
    """Published full-time pay of each band.

    Args:
        nhs_year: Such as ``2026/27``; by default the latest published.
        london: Pay zone, one of :data:`ZONES`.

    Returns:
        ``year``, ``band``, ``point`` (entry, intermediate, top; bands 2 to 4 have no intermediate),
        ``months_in_band`` from which it is paid, ``pounds`` a year, ``with_london``, and the
        ``source`` and ``grade`` of the table.

    Raises:
        NotKnownError: If there is no such year or zone.
    """
    import pandas as pd

    years = pay_years()
    refuse_unknown({"year": (nhs_year, years), "london": (london, list(ZONES))})
    year, info = nhs_year or years[-1], load_tables()["afc_pay"]
    pounds = {row["band"]: row for row in table_rows("afc_pay") if row["year"] == year}
    rows = []
    for step in table_rows("pay_steps"):
        basic = float(pounds[step["band"]][step["point"]])
        rows.append(
            {
                "year": year,
                "band": step["band"],
                "point": step["point"],
                "months_in_band": int(step["months_in_band"]),
                "pounds": basic,
                "with_london": round(basic + supplement(london, year, basic)),
                "source": "; ".join(info.sources),
                "grade": str(info.grade),
            }
        )
    return pd.DataFrame(rows)


def pay_fan(
    card: Card | str,
    london: str = "none",
    *,
    region: str | None = None,
    scenario: str | None = None,
    results: Careers | None = None,
) -> pd.DataFrame:
    """Pay by years since the first post, of those who are still in an NHS trust post.

    Band and time in the band come from single simulated careers; each pay point is that of the
    latest published year, so the fan shows careers, not future pay awards. Years of start are taken
    together. Full-time pay; a part-time post is paid in proportion.

    Args:
        card: A card of a stored route, or the route's id.
        london: Pay zone, one of :data:`ZONES`, the same in all years.
        region: Code; by default the card's, or England.
        scenario: Id; by default the card's, or the baseline.
        results: By default the stored ones.

    Returns:
        ``years`` (0 to 15), ``people`` (simulated, in post), ``p10``, ``p25``, ``p50``, ``p75``,
        ``p90`` (pounds a year; a fan over people and futures), ``in_post`` (share of those who
        got a post who are still in one) and ``too_few``. ``attrs["price_year"]`` is the NHS year
        of the pay table.

    Raises:
        NotKnownError: If there is no such route, zone, region or scenario.
    """
    import pandas as pd

    refuse_unknown({"london": (london, list(ZONES))})
    results = results or read_careers()
    if isinstance(card, Card):
        route, region, scenario = card.route, region or card.region, scenario or card.scenario
    else:
        route = card
        results.check(route=route, region=region, scenario=scenario)
    where = {"scenario": scenario or results.scenarios[0], "region": region or ENGLAND}
    counted = results.frame("pay", route=route, **where)
    pounds = _pounds(london)
    rows = []
    for years, each in counted.groupby("years"):
        here = each[each["band"] != ""]
        paid = np.array([pounds[b, s] for b, s in zip(here["band"], here["step"], strict=True)])
        people, all_people = int(here["people"].sum()), int(each["people"].sum())
        few = people < FEW
        fan = _quantiles(paid, here["people"].to_numpy()) if not few else [float("nan")] * 5
        rows.append([years, people, *fan, people / all_people, few])
    columns = ["years", "people", *SHARES, "in_post", "too_few"]
    frame = pd.DataFrame(rows, columns=columns)
    frame.attrs["price_year"] = pay_years()[-1]
    return frame


def _pounds(london: str) -> dict[tuple[str, int], float]:
    """Pay with London supplement by band and pay step, latest published year."""
    table = pay_points(london=london)
    out: dict[tuple[str, int], float] = {}
    for band in BANDS:
        points = table.loc[table["band"] == band, "with_london"].tolist()
        out.update({(band, step): float(points[min(step, len(points) - 1)]) for step in range(3)})
    return out


def _quantiles(pounds: np.ndarray, people: np.ndarray) -> list[float]:
    """Pay that the stated shares of people do not exceed."""
    order = np.argsort(pounds, kind="stable")
    sums = people[order].cumsum()
    return [
        float(pounds[order][np.searchsorted(sums, share * sums[-1])]) for share in SHARES.values()
    ]


__all__ = ["POINTS", "ZONES", "pay_fan", "pay_points", "pay_years"]
