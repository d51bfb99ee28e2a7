"""What a visitor of the careers page has chosen, kept in the address so that a link opens it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from simulator.charts.words import place_name
from simulator.evidence.routes import Route, load_routes
from simulator.evidence.trusts import opening_trusts
from simulator.ui.plan import OPENING

ENGLAND: Final = "ENG"
FIRST_ROUTE: Final = "APP_DA4"
VIEWS: Final = {
    "routes": "Route cards",
    "openings": "Openings",
    "outcome": "Outcome of 100 entrants",
    "pay": "Pay",
    "paths": "Paths and stories",
    "seat": "One more seat",
    "balance": "Regional balance",
    "course": "My course",
    "take": "Take away",
}
"""Views by the word a link calls them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A route, which of its courses, a region and a view.

    Attributes:
        route: Id of a route card.
        pathway: Id of the pathway simulated; blank for a route that is not simulated.
        region: Code of a region, or ``ENG``.
        view: A key of ``VIEWS``.
        year: Calendar year of the start; 0 if no results are stored.
    """

    route: str
    pathway: str
    region: str
    view: str
    year: int

    @property
    def card(self) -> Route:
        """The route's card."""
        return load_routes()[self.route]

    @property
    def place(self) -> str:
        """The region's name."""
        return region_name(self.region)

    def query(self) -> dict[str, str]:
        """The query of a link to this."""
        found = {"route": self.route, "region": self.region, "view": self.view}
        if self.year:
            found["year"] = str(self.year)
        if len(self.card.pathways) > 1:
            found["course"] = self.pathway
        return found


def regions() -> tuple[str, ...]:
    """England first, then its regions by name."""
    codes = {one.region_code for one in opening_trusts(OPENING)[0]}
    return ENGLAND, *sorted(codes, key=region_name)


def region_name(code: str) -> str:
    """A region's name."""
    return "England" if code == ENGLAND else place_name("region", code)


def from_query(query: Mapping[str, str], years: Sequence[int]) -> tuple[Asked, tuple[str, ...]]:
    """What a link asks for, and what in it is not known, in words.

    Args:
        query: Of the link.
        years: Years of start for which there are results.
    """
    told = []
    allowed = {
        "route": tuple(load_routes()),
        "region": regions(),
        "view": tuple(VIEWS),
        "year": tuple(str(one) for one in years),
    }
    usual = {"route": FIRST_ROUTE, "region": ENGLAND, "view": "routes", "year": "0"}
    if years:
        usual["year"] = str(years[1 % len(years)])
    for name, known in allowed.items():
        given = query.get(name)
        if given in known:
            usual[name] = given
        elif given is not None:
            told.append(f"The link's {name} is not known and is left out; choose one below.")
    pathways = load_routes()[usual["route"]].pathways
    course = query.get("course", "")
    if course not in pathways:
        course = pathways[0] if pathways else ""
    asked = Asked(usual["route"], course, usual["region"], usual["view"], int(usual["year"]))
    return asked, tuple(told)
