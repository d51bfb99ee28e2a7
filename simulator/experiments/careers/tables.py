"""Counts as tables: one region under one scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulator.domain.words import BANDS, GROUPS, Flow
from simulator.experiments.careers.counted import (
    AFTER_COMPLETION,
    GONE,
    OUTCOMES,
    PATH_YEARS,
    PAY_YEARS,
    STEPS,
    TO,
    Counts,
    observable,
    start_years,
)
from simulator.experiments.careers.hundred import RANGE, of_hundred
from simulator.model.money import nhs_year
from simulator.model.specification import Specification
from simulator.scenario.dates import month_after

if TYPE_CHECKING:
    import pandas as pd

ALL: Final = "all"
KINDS: Final = {
    "growth": (Flow.OPENED,),
    "leavers": (Flow.LEFT, Flow.BREAK, Flow.RETIRED),
    "promotions": (Flow.PROMOTED_OUT,),
    "withdrawn": (Flow.WITHDRAWN,),
    "newly_qualified": (Flow.JOINED_GRADUATE, Flow.JOINED_CONVERTED),
    "experienced": (
        Flow.JOINED_EXPERIENCED,
        Flow.JOINED_RETURNING,
        Flow.JOINED_INTERNATIONAL,
        Flow.JOINED_OUTSIDE,
    ),
    "promoted_in": (Flow.PROMOTED_IN,),
}
"""Events of posts that are counted as openings, and what became of them."""
OPENINGS: Final = "openings"
WAIT_SHARES: Final = {"p10": 0.1, "median": 0.5, "p90": 0.9}


def region_tables(
    spec: Specification, routes: tuple[str, ...], scenario: str, region: str, counts: Counts
) -> dict[str, pd.DataFrame]:
    """All tables of a region (or of England) under a scenario.

    Args:
        spec: What was simulated.
        routes: Pathway ids, in the order of the specification.
        scenario: Id of the scenario.
        region: Code of the region.
        counts: Its counts.
    """
    where = {"scenario": scenario, "region": region}
    tables = {
        "cards": _cards(spec, routes, counts),
        "waits": _waits(spec, routes, counts),
        "paths": _paths(spec, routes, counts),
        "pay": _pay(routes, counts),
        "openings": _openings(spec, counts),
    }
    return {name: table.assign(**where) for name, table in tables.items()}


def _frame(rows: list[dict[str, Any]], columns: str) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=columns.split())


def _cards(spec: Specification, routes: tuple[str, ...], counts: Counts) -> pd.DataFrame:
    seen, rows = observable(spec), []
    for p, route in enumerate(routes):
        people = np.repeat(counts.people[p][:, None], len(OUTCOMES), axis=1)
        shape = people.shape[:2]
        hits, asked = (part.reshape(-1, people.shape[-1]) for part in (counts.hits[p], people))
        found = of_hundred(hits, asked, spec.draws)
        share, low, high = (part.reshape(shape) for part in found)
        for y, year in enumerate(start_years(spec)):
            total = int(counts.people[p, y].sum())
            if total == 0:
                continue
            rows += [
                {
                    "route": route,
                    "year": year,
                    "outcome": name,
                    "months": months,
                    "of_100": share[y, o],
                    "low": low[y, o],
                    "high": high[y, o],
                    "people": total,
                }
                for o, (name, months) in enumerate(OUTCOMES)
                if seen[p, y, o]
            ]
    return _frame(rows, "route year outcome months of_100 low high people")


def _waits(spec: Specification, routes: tuple[str, ...], counts: Counts) -> pd.DataFrame:
    """Months from completion to the first post, where the run shows two years after completion."""
    seen, rows = observable(spec)[:, :, OUTCOMES.index(("post", AFTER_COMPLETION[-1]))], []
    for p, route in enumerate(routes):
        for y, year in enumerate(start_years(spec)):
            each = counts.waits[p, y]
            total = int(each.sum())
            if total and seen[p, y]:
                sums = each.cumsum()
                quantiles = {
                    name: int(np.searchsorted(sums, share * total))
                    for name, share in WAIT_SHARES.items()
                }
                rows.append({"route": route, "year": year, "people": total, **quantiles})
    return _frame(rows, "route year people p10 median p90")


def _paths(spec: Specification, routes: tuple[str, ...], counts: Counts) -> pd.DataFrame:
    rows = []
    for p, route in enumerate(routes):
        for k, years in enumerate(PATH_YEARS):
            hits = counts.paths[p, k]
            total = hits.sum(axis=0)
            some = np.flatnonzero(hits.any(axis=1))
            people = np.repeat(total[None], len(some), axis=0)
            found = of_hundred(hits[some], people, spec.draws)
            for pair, share, low, high in zip(some.tolist(), *found, strict=True):
                first, to = divmod(pair, len(TO))
                rows.append(
                    {
                        "route": route,
                        "years": years,
                        "from_band": BANDS[first],
                        "to": TO[to],
                        "of_100": share,
                        "low": low,
                        "high": high,
                        "people": int(total.sum()),
                    }
                )
    return _frame(rows, "route years from_band to of_100 low high people")


def _pay(routes: tuple[str, ...], counts: Counts) -> pd.DataFrame:
    rows = []
    for p, route in enumerate(routes):
        for years in range(PAY_YEARS):
            for one in np.flatnonzero(counts.pay[p, years]).tolist():
                band, step = ("", 0) if one == GONE else (BANDS[one // STEPS], one % STEPS)
                people = int(counts.pay[p, years, one])
                rows.append(
                    {"route": route, "years": years, "band": band, "step": step, "people": people}
                )
    return _frame(rows, "route years band step people")


def _openings(spec: Specification, counts: Counts) -> pd.DataFrame:
    """Openings by group, band and NHS year; ``all`` for all groups or bands together."""
    rows = []
    shape = (len(GROUPS), len(BANDS), counts.flows.shape[-1])
    for year in range(spec.months // 12):
        name = nhs_year(month_after(spec.start, 12 * year + 1))
        flows = {
            kind: counts.flows[year, list(of)].sum(axis=0).reshape(shape)
            for kind, of in KINDS.items()
        }
        for g, group in enumerate((*GROUPS, ALL)):
            for b, band in enumerate((*BANDS, ALL)):
                of = {kind: _part(values, g, b) for kind, values in flows.items()}
                moved = 0 if band == ALL else of["promotions"]
                of[OPENINGS] = of["growth"] + of["leavers"] + moved
                rows += [
                    {"group": group, "band": band, "year": name, "kind": kind, **_spread(values)}
                    for kind, values in of.items()
                    if values.any()
                ]
    return _frame(rows, "group band year kind mean low high")


def _part(values: np.ndarray[Any, Any], group: int, band: int) -> np.ndarray[Any, Any]:
    """A group and band of (groups, bands, N); the last number means all."""
    some = values if group == len(GROUPS) else values[group : group + 1]
    some = some if band == len(BANDS) else some[:, band : band + 1]
    return np.asarray(some.sum(axis=(0, 1)))


def _spread(values: np.ndarray[Any, Any]) -> dict[str, float]:
    low, high = np.quantile(values, RANGE, method="inverted_cdf")
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}


__all__ = ["ALL", "KINDS", "OPENINGS", "region_tables"]
