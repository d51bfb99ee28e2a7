"""Routes into the workforce as cards: what is published of each, fact by fact, and what is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final, cast

from simulator.evidence.schema import Grade
from simulator.evidence.sources import Source, load_sources
from simulator.evidence.tables import table_rows

NOT_PUBLISHED: Final = "not published"
FIELDS: Final = {
    "entry": "Who can apply",
    "months": "How long, in months",
    "study": "How you learn",
    "places": "Places a year",
    "per_place": "Applicants for each place",
    "completion": "Who completes",
    "pay": "Pay while you train",
    "cost": "What it costs you",
    "after": "Where it leads",
}
"""Fields of a card in the order of reading, and their words."""
STATUSES: Final = ("open", "funding cut", "closed", "no programme found", "not known")
HEADCOUNT: Final = {
    "yes": "Adds new people to the workforce.",
    "partly": "Adds some new people; many who take it already work in the NHS.",
    "no": "Adds nobody: it trains people who already work in the NHS.",
    "unknown": "Adds new people where the apprentice is a new recruit; the NHS share of all "
    "apprentices is not published.",
}
"""Whether a route adds headcount, in words."""
ALL_EMPLOYERS: Final = "England with all employers"
TAGS: Final = {
    "R": "read in the source",
    "S": "reported by another",
    "D": "derived or assumed",
    "NF": NOT_PUBLISHED,
    "R/D": "read in the source, in part derived",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement about a route.

    Attributes:
        value: In words; ``not published`` where nothing was found.
        year: Year it describes, ``n.d.`` if the source has no date, blank if not published.
        tag: R, S, D or NF, see ``TAGS``.
        grade: Grade of evidence; blank if not published.
        sources: Source ids.
        note: What to beware of; may be blank.
    """

    value: str
    year: str
    tag: str
    grade: Grade | str
    sources: tuple[str, ...]
    note: str

    @property
    def known(self) -> bool:
        """Was anything found?"""
        return self.tag != "NF"


MISSING: Final = Fact(NOT_PUBLISHED, "", "NF", "", (), "")


@dataclass(frozen=True, slots=True)
class Intake:
    """Places or starters of a year.

    Attributes:
        year: As published.
        places: Places or starters, or none.
        applicants: Applicants, or none.
        of: What is counted, in words.
        note: As in the table.
        tag: As for a fact.
        source: Source ids.
    """

    year: str
    places: int | None
    applicants: int | None
    of: str
    note: str
    tag: str
    source: str


@dataclass(frozen=True, slots=True)
class Route:
    """A way into the workforce, or a way to train within it.

    Attributes:
        id: Code, such as ``STP_CI``.
        name: Its name.
        kind: Apprenticeship, fellowship, ...
        for_whom: Who it is for, in words.
        provider: Who offers it.
        level: Level of the qualification (3 A level, 6 degree, 7 master's), in words.
        net_new: yes, no, partly or unknown, see ``HEADCOUNT``.
        status: One of ``STATUSES``.
        status_note: More on the status; may be blank.
        checked: Month in which the sources were looked at, YYYY-MM.
        sources: Source ids of the card.
        pathways: Ids of the pathways by which the model simulates it; often none or one.
        facts: What is known, by field.
        intakes: Places by year, oldest first.
    """

    id: str
    name: str
    kind: str
    for_whom: str
    provider: str
    level: str
    net_new: str
    status: str
    status_note: str
    checked: str
    sources: tuple[str, ...]
    pathways: tuple[str, ...]
    facts: Mapping[str, Fact]
    intakes: tuple[Intake, ...]

    @property
    def odds(self) -> bool:
        """Does the simulation follow all who start? Of degrees it follows only some graduates."""
        return bool(self.pathways) and self.kind != "first degree"

    @property
    def paid(self) -> bool:
        """Is the training itself a paid job?"""
        return self.kind in {"apprenticeship", "scientist training", "graduate scheme"}

    def fact(self, field: str) -> Fact:
        """A fact of the card, or that it is not published.

        Raises:
            KeyError: If there is no such field.
        """
        if field not in FIELDS:
            raise KeyError(f"no field {field!r}; there are {', '.join(FIELDS)}")
        return self.facts.get(field, MISSING)


@dataclass(frozen=True, slots=True)
class NamedCourse:
    """A course that a source names.

    Attributes:
        provider: University or trust.
        course: Its name.
        route: Id of the route it is on.
        region: Code of the region where it is taught.
        places: Places a year, or none: not published.
        year: Year of the source.
        sources: Source ids.
    """

    provider: str
    course: str
    route: str
    region: str
    places: int | None
    year: str
    sources: tuple[str, ...]


@cache
def load_courses() -> tuple[NamedCourse, ...]:
    """Return the courses that the evidence names, in the order of the table; not a full list."""
    return tuple(
        NamedCourse(
            row["provider"],
            row["course"],
            row["route_id"],
            row["region_code"],
            int(row["places"]) if row["places"] else None,
            row["year"],
            _ids(row["source_ids"]),
        )
        for row in table_rows("routes_courses")
    )


@cache
def load_routes() -> Mapping[str, Route]:
    """Return all routes by id, in the order of the table, read once a process.

    Raises:
        ValueError: If a row names an unknown route, field, status or source; lists them all.
    """
    rows, facts = table_rows("routes"), table_rows("routes_facts")
    problems = route_problems(rows, facts, load_sources())
    if problems:
        raise ValueError("the table of routes is not sound:\n" + "\n".join(problems))
    return MappingProxyType({row["route_id"]: _route(row, facts) for row in rows})


def find_route(route_id: str) -> Route:
    """Return one route.

    Raises:
        KeyError: If there is none of that id.
    """
    routes = load_routes()
    if route_id not in routes:
        raise KeyError(f"no route {route_id!r}; there are {', '.join(routes)}")
    return routes[route_id]


def route_problems(
    rows: list[dict[str, str]], facts: list[dict[str, str]], sources: Mapping[str, Source]
) -> list[str]:
    """Return all that is wrong with the two tables of routes."""
    ids = {row["route_id"] for row in rows}
    found = [f"routes.csv: {row['route_id']} is listed twice" for row in _repeated(rows)]
    for row in rows:
        where = f"routes.csv: {row['route_id']}"
        if row["status"] not in STATUSES:
            found.append(f"{where}: status {row['status']!r} is none of {', '.join(STATUSES)}")
        if row["net_new_headcount"] not in HEADCOUNT:
            found.append(f"{where}: net_new_headcount {row['net_new_headcount']!r} is not known")
        found += _unsourced(where, row, sources)
    for row in facts:
        where = f"routes_facts.csv: {row['route_id']} {row['field']}"
        if row["route_id"] not in ids:
            found.append(f"{where}: no such route")
        if row["field"] not in FIELDS:
            found.append(f"{where}: no such field")
        if row["tag"] not in TAGS or row["grade"] not in "ABCD" or not row["value"]:
            found.append(f"{where}: value, tag or grade is missing or not known")
        found += _unsourced(where, row, sources)
    return found


def _repeated(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    ids = [row["route_id"] for row in rows]
    return [row for number, row in enumerate(rows) if row["route_id"] in ids[:number]]


def _unsourced(where: str, row: Mapping[str, str], sources: Mapping[str, Source]) -> list[str]:
    named = _ids(row["source_ids"])
    if not named:
        return [f"{where}: no source"]
    return [f"{where}: source {one!r} is not in sources.csv" for one in named if one not in sources]


def _ids(text: str) -> tuple[str, ...]:
    return tuple(one for one in text.split(";") if one)


def _route(row: Mapping[str, str], facts: list[dict[str, str]]) -> Route:
    route_id = row["route_id"]
    known = {one["field"]: _fact(one) for one in facts if one["route_id"] == route_id}
    intakes = _history(route_id, row["wider"]) + _starts(row["standard"])
    completed = _completed(row["standard"])
    if completed is not None:
        known["completion"] = completed
    if intakes and "places" not in known:
        known["places"] = _latest(intakes)
    return Route(
        id=route_id,
        name=row["name"],
        kind=row["kind"],
        for_whom=row["for_whom"],
        provider=row["provider"],
        level=row["level"],
        net_new=row["net_new_headcount"],
        status=row["status"],
        status_note=row["status_note"],
        checked=row["checked"],
        sources=_ids(row["source_ids"]),
        pathways=tuple(
            one["pathway"] for one in table_rows("pathways") if one["route_id"] == route_id
        ),
        facts=MappingProxyType(known),
        intakes=intakes,
    )


def _fact(row: Mapping[str, str]) -> Fact:
    return Fact(
        row["value"],
        row["year"],
        row["tag"],
        cast("Grade", row["grade"]),
        _ids(row["source_ids"]),
        row["note"],
    )


def _history(route_id: str, wider: str) -> tuple[Intake, ...]:
    """Places of the route, and of the scheme it is a part of."""
    words = {route_id: "this route"}
    if wider:
        words[wider] = "the whole scheme, all its subjects"
    return tuple(
        Intake(
            row["year"],
            int(row["places_or_starters"]) if row["places_or_starters"] else None,
            int(row["applicants"]) if row["applicants"] else None,
            words[row["route_id"]],
            row["note"],
            row["tag"],
            row["source_id"],
        )
        for name in (wider, route_id)
        for row in table_rows("route_intake_history")
        if name and row["route_id"] == name
    )


def _starts(standard: str) -> tuple[Intake, ...]:
    """Starters of an apprenticeship, in England with all employers; part years are left out."""
    return tuple(
        Intake(row["year"], int(row["starts"]), None, ALL_EMPLOYERS, "", "R", "T31")
        for row in table_rows("apprenticeship_flows")
        if standard and row["standard"] == standard and "_" not in row["year"]
    )


def _latest(intakes: tuple[Intake, ...]) -> Fact:
    last = intakes[-1]
    if last.of.startswith("the whole"):
        return Fact(
            f"{NOT_PUBLISHED} for this stream alone",
            last.year,
            "NF",
            "",
            _ids(last.source),
            f"All subjects together: {last.places:,}." if last.places else "",
        )
    if last.of == ALL_EMPLOYERS:
        words = f"{last.places:,} started in {last.of}; the NHS share is {NOT_PUBLISHED}"
        return Fact(words, last.year, last.tag, "B", _ids(last.source), last.note)
    return Fact(f"{last.places:,}", last.year, last.tag, "A", _ids(last.source), last.note)


def _completed(standard: str) -> Fact | None:
    """Range of the completion of an apprenticeship over two years and two ways to derive it."""
    rows = [
        row
        for row in table_rows("apprenticeship_completion_derived")
        if row["standard"] == standard
    ]
    if not standard or not rows:
        return None
    names = ("raw_completion_pct", "calibrated_completion_pct")
    rates = [float(row[name]) for row in rows for name in names]
    years = " and ".join(row["year"] for row in rows)
    return Fact(
        f"between {min(rates):.0f} and {max(rates):.0f} of 100",
        years,
        "D",
        "D",
        ("T31",),
        "Derived from numbers on the register, all employers; the official rate of a single "
        "apprenticeship was not read.",
    )
