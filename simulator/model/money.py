"""Money: what people, vacancies and levers cost a year, in the prices of one NHS year."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from simulator.domain.words import BANDS, GROUPS, PEOPLE_IN, Flow
from simulator.evidence.tables import table_rows
from simulator.evidence.trusts import Trust
from simulator.model.attraction import load_zones, supplement
from simulator.model.intake import load_pathways
from simulator.model.levers import reaches_group, reaches_trust
from simulator.model.programmes import reaches_programme
from simulator.model.specification import F64, I32, I64, Cells, Costs
from simulator.scenario.dates import month_after
from simulator.scenario.levers import OF_PROGRAMMES
from simulator.scenario.resolved import Scenario
from simulator.scenario.schema import Lever

MILLS: Final = 100_000
"""Mills in a pound."""
YEAR: Final = 12
DONOR_BAND: Final = "6"
POINTS: Final = ("entry", "intermediate", "top")
_JOINED_BY: Final = {
    "returning": Flow.JOINED_RETURNING,
    "international": Flow.JOINED_INTERNATIONAL,
    "supply": Flow.JOINED_EXPERIENCED,
}
"""Joiners that a supply lever is there for; its cost falls on its own share of them."""
JOINERS: Final = tuple(flow for flow in PEOPLE_IN if flow.name.startswith("JOINED"))


def nhs_year(month: str) -> str:
    """NHS year (April to March) of a month, such as 2026/27."""
    start = int(month[:4]) - (month[5:] < "04")
    return f"{start}/{(start + 1) % 100:02d}"


def run_years(scenario: Scenario) -> list[str]:
    """First month of each whole year of the run."""
    return [
        month_after(scenario.opening, YEAR * year + 1) for year in range(scenario.months // YEAR)
    ]


def price_year(scenario: Scenario) -> str:
    """The NHS year in whose prices money is stated: that of the first simulated month."""
    return nhs_year(month_after(scenario.opening, 1))


def _product(scenario: Scenario, name: str, first: int, last: int) -> float:
    """Product of 1 + the yearly value over the Aprils after ``first`` up to ``last``."""
    parameter = scenario.parameter(name)
    product = 1.0
    for year in range(first + 1, last + 1):
        product *= 1.0 + parameter.at(f"{year}-04")
    return product


def price_factor(scenario: Scenario, year: int) -> float:
    """Factor that puts prices of the NHS year that starts in ``year`` into those of the run."""
    target = int(price_year(scenario)[:4])
    if target >= year:
        return _product(scenario, "prices.gdp_deflator", year, target)
    return 1.0 / _product(scenario, "prices.gdp_deflator", target, year)


@cache
def _published_years() -> tuple[int, ...]:
    """NHS years with a published pay table, by the year in which they start."""
    return tuple(sorted({int(row["year"][:4]) for row in table_rows("afc_pay")}))


@cache
def _published_pay(year: int, band: str, step: int, zone: str) -> float:
    """Published yearly full-time pay with London supplement, pounds of the year."""
    name = f"{year}/{(year + 1) % 100:02d}"
    rows = [row for row in table_rows("afc_pay") if row["year"] == name and row["band"] == band]
    points = [float(rows[0][point]) for point in POINTS if rows[0][point]]
    basic = points[min(step, len(points) - 1)]
    return basic + supplement(zone, name, basic)


@dataclass(frozen=True, slots=True)
class _PayOfYear:
    """Pay of an NHS year in the prices of the run.

    Pay of a year without a published table is the nearest published one moved by the stated
    awards.
    """

    base: int
    awards: float
    since: bool  # whether the awards came after the published table, or before it
    prices: float

    def pay(self, band: str, step: int, zone: str) -> float:
        """Yearly full-time pay with London supplement, pounds."""
        published = _published_pay(self.base, band, step, zone)
        pay = published * self.awards if self.since else published / self.awards
        return pay * self.prices


def _pay_of_year(scenario: Scenario, year: int) -> _PayOfYear:
    known = _published_years()
    base = min(max(year, known[0]), known[-1])
    awards = _product(scenario, "pay.award", min(base, year), max(base, year))
    return _PayOfYear(base, awards, year >= base, price_factor(scenario, year))


def real_pay(scenario: Scenario, band: str, step: int, zone: str, year: int) -> float:
    """Yearly full-time pay with London supplement, in the prices of the run, pounds."""
    return _pay_of_year(scenario, year).pay(band, step, zone)


@dataclass(frozen=True, slots=True)
class _Rates:
    """Shares of pay, and the pay free of National Insurance, in a year."""

    trust: float
    central: float
    insurance: float
    threshold: float


def _rates(scenario: Scenario, month: str) -> _Rates:
    def at(name: str) -> float:
        return scenario.parameter(name).at(month)

    insurance = at("oncost.ni_rate")
    trust = 1.0 + insurance + at("oncost.pension_trust") + at("money.apprenticeship_levy")
    threshold = at("oncost.ni_threshold") * price_factor(scenario, int(nhs_year(month)[:4]))
    return _Rates(trust, at("oncost.pension_central"), insurance, threshold)


def compile_costs(
    scenario: Scenario, trusts: tuple[Trust, ...], cells: Cells, posts_fte: F64
) -> Costs:
    """Rates of everything that costs money.

    Args:
        scenario: Years, prices, awards and levers.
        trusts: Trusts modelled.
        cells: Their cells.
        posts_fte: Opening posts of each cell, FTE.
    """
    zone_of = [load_zones()[trust.code] for trust in trusts]
    zones = sorted(set(zone_of))
    classes = [(band, zone) for zone in zones for band in BANDS]
    number = np.array([zones.index(zone) for zone in zone_of], dtype=np.int32)
    starts = run_years(scenario)
    step = np.zeros((3, len(classes), 3, len(starts)))
    head = np.zeros((3, len(starts)))
    cover = np.zeros((len(classes), len(starts)))
    usual = _cover_factor(scenario)
    for y, month in enumerate(starts):
        rates = _rates(scenario, month)
        paid = _pay_of_year(scenario, int(nhs_year(month)[:4]))
        free = rates.insurance * rates.threshold
        head[1:, y] = -free / YEAR
        for q, (band, zone) in enumerate(classes):
            pay = np.array([paid.pay(band, s, zone) for s in range(3)])
            share = np.array([1.0, rates.trust, rates.trust + rates.central])
            step[:, q, :, y] = share[:, None] * pay / (YEAR * 100.0)
            cover[q, y] = usual * (rates.trust * pay[0] - free) / (YEAR * 100.0)
    levers = _LeverCosts(scenario, trusts, cells, posts_fte)
    return Costs(
        price_year=price_year(scenario),
        pay_class=(number[cells.trust] * len(BANDS) + cells.band).astype(np.int32),
        step=_mills(step),
        head=_mills(head),
        cover=_mills(cover),
        lever_head=_mills(levers.head),
        lever_share=levers.share,
        lever_joiner=_mills(levers.joiner),
        lever_fixed=_mills(levers.fixed),
        donor=_mills(np.array([_donor_cost(scenario, month) for month in starts])),
    )


def _donor_cost(scenario: Scenario, month: str) -> float:
    """A year's cost to the trust of the post that a converting clinician leaves, pounds.

    A registered nurse at the top of band 6, of the usual FTE for each head: an assumption, grade D.
    """
    rates = _rates(scenario, month)
    pay = real_pay(scenario, DONOR_BAND, 2, "none", int(nhs_year(month)[:4]))
    per_head = scenario.parameter("fte.per_head").at(scenario.opening)
    return per_head * rates.trust * pay - rates.insurance * rates.threshold


def _mills(pounds: F64) -> I64:
    return np.rint(pounds * MILLS).astype(np.int64)


def _cover_factor(scenario: Scenario) -> float:
    """Cost of cover of a vacant post, as a share of the cost of somebody in it."""

    def at(name: str) -> float:
        return scenario.parameter(f"cover.{name}").at(scenario.opening)

    kinds = ("bank", "agency", "contractor")
    mix = sum(at(f"{kind}_share") * at(f"{kind}_premium") for kind in kinds)
    return at("share_of_vacancy") * mix


class _LeverCosts:
    """Costs of the scenario's levers by group of staff and year, pounds.

    A lever's cost is its catalogue entry's, for as long and as far as it is in force. Extra posts
    are not a cost of a lever: their pay is in the pay bill.
    """

    def __init__(
        self, scenario: Scenario, trusts: tuple[Trust, ...], cells: Cells, posts_fte: F64
    ) -> None:
        self.scenario, self.trusts = scenario, trusts
        size = (len(trusts) * len(GROUPS), scenario.months // YEAR)
        self.head, self.share, self.fixed = (np.zeros(size) for _ in range(3))
        self.joiner = np.zeros((len(Flow), *size))
        self.need = np.bincount(cells.staff, weights=posts_fte, minlength=size[0])
        for lever in scenario.lever:
            row = lever_entry(lever)
            if row is not None and row["cost"]:
                self._add(lever, row)

    def _add(self, lever: Lever, row: dict[str, str]) -> None:
        cost = float(row["cost"]) * price_factor(self.scenario, int(row["cost_price_year"]))
        reach = np.array(
            [
                self._concerns(lever, trust) and reaches_group(lever, group)
                for trust in self.trusts
                for group in GROUPS
            ],
            dtype=np.float64,
        )
        path = np.array(self.scenario.lever_path(lever))[1 : self.fixed.shape[1] * YEAR + 1]
        yearly = path.reshape(-1, YEAR).mean(axis=1)
        force = reach[:, None] * yearly
        unit, saved = row["cost_unit"], max(1.0 - lever.value, 0.0)
        if unit == "per_head_year":
            self.head += cost * force / YEAR
        elif unit == "percent_of_pay":
            self.share += max(lever.value - 1.0, 0.0) * float(row["cost"]) * force
        elif unit == "per_joiner":
            self._per_joiner(lever, cost * force)
        elif unit == "per_place_year":
            self._per_place(lever, cost, reach, path)
        elif unit == "per_trust_year":
            self._per_trust(lever, cost * reach, yearly)
        elif lever.target == "need":
            self.fixed += cost * saved * self.need[:, None] * force

    def _concerns(self, lever: Lever, trust: Trust) -> bool:
        """Does a lever reach a trust; one on programmes, a trust that has such a programme?"""
        if lever.target in OF_PROGRAMMES:
            return any(reaches_programme(lever, one, trust) for one in self.scenario.programme)
        return reaches_trust(lever, trust)

    def _per_joiner(self, lever: Lever, cost: F64) -> None:
        flow = _JOINED_BY.get(lever.target)
        if flow is None:
            for each in JOINERS:
                self.joiner[each] += cost
        elif lever.value > 1.0:
            self.joiner[flow] += cost * (lever.value - 1.0) / lever.value

    def _per_trust(self, lever: Lever, cost: F64, yearly: F64) -> None:
        """A cost of each trust, shared among the groups reached; a delay costs once, by length."""
        reached = (cost > 0).reshape(-1, len(GROUPS)).sum(axis=1)
        each = (cost / np.maximum(np.repeat(reached, len(GROUPS)), 1))[:, None]
        if lever.target == "programme_delay":
            first = np.flatnonzero(yearly > 0)[:1]
            self.fixed[:, first] += each * abs(lever.value) / YEAR
        else:
            self.fixed += each * yearly

    def _per_place(self, lever: Lever, cost: float, reach: F64, path: F64) -> None:
        """Places bought: extra places of the pathways, or people on a course."""
        yearly = path.reshape(-1, YEAR).mean(axis=1)
        if lever.target == "internal_share":
            effect = self.scenario.parameter("upskilling.promotion_effect")
            gain = effect.at(self.scenario.opening) - 1.0
            share = min(max(lever.value - 1.0, 0.0) / gain, 1.0) if gain > 0 else 0.0
            self.head += cost * share * reach[:, None] * yearly / YEAR
            return
        for pathway in load_pathways():
            named = lever.pathways is None or pathway.id in lever.pathways
            supervising = lever.target == "supervision"
            if not named or not reaches_group(lever, pathway.group):
                continue
            if supervising and not pathway.supervised:
                continue
            if lever.operation == "multiply":
                places = pathway.places * (lever.value - 1.0)
            else:
                places = lever.value - (pathway.places if lever.operation == "set" else 0.0)
            years = pathway.duration / YEAR
            self.fixed += (
                cost * max(places, 0.0) * years * self._weights(lever, pathway.group, yearly)
            )

    def _weights(self, lever: Lever, group: str, yearly: F64) -> F64:
        """Share of a national cost that falls on each group of staff, by trusts' staff."""
        from simulator.evidence.trusts import opening_trusts

        england = sum(one.fte for one in opening_trusts(self.scenario.opening)[0])
        share = np.zeros((len(self.trusts), len(GROUPS)))
        for number, trust in enumerate(self.trusts):
            if reaches_trust(lever, trust):
                share[number, GROUPS.index(group)] = trust.fte / england
        return share.ravel()[:, None] * yearly


def lever_entry(lever: Lever) -> dict[str, str] | None:
    """Entry of the catalogue for a lever: of its kind, or the first of its target."""
    rows = table_rows("levers")
    if lever.kind is not None:
        return next((dict(row) for row in rows if row["kind"] == lever.kind), None)
    conversion = (
        lever.target == "places"
        and lever.pathways
        and all("conversion_clinician" in name for name in lever.pathways)
    )
    wanted = "conversion_places" if conversion else None
    for row in rows:
        if row["target"] == lever.target and wanted in (None, row["kind"]):
            return dict(row)
    return None


__all__ = ["I32", "MILLS", "compile_costs", "lever_entry", "nhs_year", "price_year", "real_pay"]
