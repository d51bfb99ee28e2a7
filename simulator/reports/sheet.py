"""One side of A4 on a route in a region, for a careers stand: text, numbers and a Word page.

The same texts stand on the careers page. Real counts follow :mod:`simulator.reports.disclosure`:
results that rest on a trust's own rows give no openings below national level.
:mod:`simulator.reports.sheet_page` makes the Word page of it.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from simulator.charts.careers import SOON, icon_array
from simulator.charts.figure import lowered
from simulator.charts.words import GROUP_WORDS, month_name, place_name
from simulator.evidence.routes import FIELDS, TAGS, Fact, Route, find_route
from simulator.evidence.sources import load_sources
from simulator.reports.plain import between, found_post, outcome, parts, reading_age

if TYPE_CHECKING:
    import pandas as pd

    from simulator.charts.figure import Figure
    from simulator.experiments.careers import Card, Careers

ENGLAND: Final = "ENG"
COMMAND: Final = "workforce careers --help"
FACTS: Final = ("entry", "months", "pay", "cost", "places", "per_place", "completion")
"""Facts of the card that go on the page."""
RANGE_WORDS: Final = (
    "We cannot know the future. So we ran it many times. Each range holds 8 of 10 of those runs."
)
PAID: Final = "You have a job and pay while you train. The odds are for the post after it."
CAVEATS: Final = (
    "Only posts in informatics, data and digital teams count here. Other NHS posts do not.",
    "These are not promises. They show what would follow from what we assume.",
    "Nobody counts all who finish, or where they work. Where we had to guess, we say so.",
)
LONDON: Final = "Y56"
ZONES: Final = {
    "none": "outside London",
    "fringe": "on the fringe of London",
    "outer": "in outer London",
    "inner": "in inner London",
}
"""Pay zones in words."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What goes on the page.

    Attributes:
        route: The route's card.
        place: Name of the region.
        card: Outcome of a hundred, or none for a route that is not simulated.
        picture: A hundred people, or none where too few are simulated.
        sentences: What becomes of a hundred, openings and pay, in plain words.
        posts: Openings of the staff group in one year, by scenario and kind, or none.
        pay: Pay by years since the first post, where enough people are simulated, or none.
        link: Path and query of the careers page that shows the same.
        command: The command that prints the same; blank for a route that is not simulated.
        citation: How to cite it.
        reading_age: Age at which the sentences are understood, years.
    """

    route: Route
    place: str
    card: Card | None
    picture: Figure | None
    sentences: tuple[str, ...]
    posts: pd.DataFrame | None
    pay: pd.DataFrame | None
    link: str
    command: str
    citation: str
    reading_age: float

    @property
    def title(self) -> str:
        """Route and place."""
        several = len(self.route.pathways) > 1
        name = self.card.name if self.card and several else self.route.name
        return f"{name}: {self.place}"


def make_sheet(
    route: str, pathway: str, region: str, year: int, *, results: Careers | None = None
) -> Sheet:
    """Gather what goes on the page.

    Args:
        route: Id of a route card.
        pathway: Id of the pathway by which it is simulated; blank for none.
        region: Code of a region, or ``ENG``.
        year: Calendar year of the start.
        results: Stored results of careers; the shipped ones by default.

    Raises:
        KeyError: If there is no such route.
        NotKnownError: If there are no results for the pathway, region and year.
    """
    from simulator.experiments.careers import outcome_card, read_careers

    found = read_careers() if results is None else results
    pathway = pathway if find_route(route).odds else ""
    card = outcome_card(pathway, year, region, results=found) if pathway else None
    place = "England" if region == ENGLAND else place_name("region", region)
    posts = None if card is None else _openings(card, found)
    fan = None if card is None else _pay(card, found)
    told = _sentences(find_route(route), card, place, posts, fan)
    view = "outcome" if pathway else "routes"
    query = {"route": route, "region": region, "view": view, "year": str(year)}
    if len(find_route(route).pathways) > 1:
        query["course"] = pathway
    return Sheet(
        route=find_route(route),
        place=place,
        card=card,
        picture=None if card is None else _picture(card, place),
        sentences=tuple(told),
        posts=posts,
        pay=fan,
        link=f"/careers?{urlencode(query)}",
        command=_command(pathway, region, year),
        citation=_citation(find_route(route), place, year, found),
        reading_age=reading_age(" ".join((*told, RANGE_WORDS, *CAVEATS))),
    )


def _sentences(
    route: Route,
    card: Card | None,
    place: str,
    posts: pd.DataFrame | None,
    fan: pd.DataFrame | None,
) -> list[str]:
    """Outcome, openings and pay; none for a route that is not simulated."""
    if card is None:
        return ["This route is not in the simulation, so we give no odds for it."]
    paid = [PAID] if route.paid else []
    told = paid + outcome(card, completion_known=route.fact("completion").known)
    if posts is not None:
        told += _opening_words(posts, card.group, place, card.scenario)
    return told if fan is None else told + _pay_words(fan)


def _command(pathway: str, region: str, year: int) -> str:
    return f"workforce careers card {pathway} {year} --region {region}" if pathway else ""


def _citation(route: Route, place: str, year: int, found: Careers) -> str:
    manifest = found.manifest
    return (
        f"NHS clinical-informatics workforce simulator, version {manifest['code']['version']}: "
        f"{route.name}, {place}, start {year}. Evidence checked {month_name(route.checked)}. "
        f"Results {str(manifest['digest'])[:16]}."
    )


def _picture(card: Card, place: str) -> Figure | None:
    found = parts(card)
    if found is None:
        return None
    details = [f"{card.name}, {place}. {card.people:,} simulated people, not counted ones."]
    return icon_array(found, found_post(card), details, across=20)


def _openings(card: Card, found: Careers) -> pd.DataFrame | None:
    """Openings of the staff group in the fifth year, or none where they may not be shared."""
    from simulator.experiments.careers import openings

    if card.region != ENGLAND and found.manifest.get("own_rows"):
        return None
    frame = openings(found, region=card.region, group=card.group, band="all")
    years = sorted(frame["year"].unique())
    return frame.loc[frame["year"] == years[min(SOON, len(years) - 1)]] if years else None


def _opening_words(frame: pd.DataFrame, group: str, place: str, baseline: str) -> list[str]:
    rows = frame.loc[frame["kind"] == "openings"]
    new = frame.loc[(frame["kind"] == "newly_qualified") & (frame["scenario"] == baseline)]
    low, high = float(rows["low"].min()), float(rows["high"].max())
    taken: list[Any] = list(new.itertuples())
    return [
        f"Posts for {lowered(GROUP_WORDS[group])} staff open each year. In {place} it could be "
        f"{between(low, high)} in {rows['year'].iloc[0]}. It depends on how much money there is.",
        *(
            f"People who have just qualified fill {between(row.low, row.high)} of them."
            for row in taken
        ),
    ]


def _pay(card: Card, found: Careers) -> pd.DataFrame:
    from simulator.experiments.careers import pay_fan

    zone = "inner" if card.region == LONDON else "none"
    fan = pay_fan(card, zone, results=found)
    sound = fan.loc[~fan["too_few"]]
    sound.attrs = {**fan.attrs, "zone": ZONES[zone]}
    return sound


def _pay_words(sound: pd.DataFrame) -> list[str]:
    told = []
    for years, when in ((0, "At first"), (10, "After 10 years")):
        row = sound.loc[sound["years"] == years]
        if len(row):
            low, high = float(row["p10"].iloc[0]), float(row["p90"].iloc[0])
            told.append(f"{when}, 8 of 10 with an NHS post earn {_pounds(low, high)}.")
    if told:
        told.append(
            f"Pay is for full-time work {sound.attrs['zone']}, at prices of "
            f"{sound.attrs['price_year']}."
        )
    return told


def _pounds(low: float, high: float) -> str:
    low, high = (round(one / 100) * 100 for one in (low, high))
    return f"about £{low:,.0f}" if low == high else f"£{low:,.0f} to £{high:,.0f}"


def texts_of(sheet: Sheet) -> list[str]:
    """The whole text of the page, a paragraph a line."""
    facts = [f"{head}: {told} ({basis})." for head, told, basis in facts_of(sheet.route)]
    return [
        sheet.title,
        f"{sheet.route.status.capitalize()}. {sheet.route.status_note}".strip(),
        *facts,
        *sheet.sentences,
        *([] if sheet.card is None else [RANGE_WORDS, *CAVEATS]),
        f"Cite as: {sheet.citation}",
    ]


def facts_of(route: Route) -> list[tuple[str, str, str]]:
    """Head, value and basis of each fact on the page."""
    rows = []
    for field in FACTS:
        fact = route.fact(field)
        if "ASSUMPTION" in fact.sources:
            basis = "assumed, grade D"
        elif fact.known:
            basis = f"{_publisher(fact)}{fact.year}, {', '.join(fact.sources)}, grade {fact.grade}"
        else:
            basis = "looked for, not found"
        rows.append((FIELDS[field], fact.value, basis))
    return rows


def _publisher(fact: Fact) -> str:
    named = load_sources()[fact.sources[0]].publisher
    return f"{named.split(';')[0].split(' (')[0]}, " if named else ""


def data_csv(sheet: Sheet) -> str:
    """All facts and simulated numbers of the page, with source and grade, as CSV."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        ["what", "months", "value", "low", "high", "people", "year", "grade", "sources", "basis"]
    )
    for field, words in FIELDS.items():
        fact = sheet.route.fact(field)
        row = [fact.value, "", "", "", fact.year, fact.grade, ";".join(fact.sources)]
        writer.writerow([words, "", *row, TAGS[fact.tag]])
    for one in () if sheet.card is None else sheet.card.rows:
        cells = ["", "", ""] if one.too_few else [one.of_100, one.low, one.high]
        basis = "simulated, of 100 who start" + ("; too few to say" if one.too_few else "")
        scenario = f"scenario {sheet.card.scenario}" if sheet.card else ""
        year = sheet.card.year if sheet.card else ""
        writer.writerow([one.label, one.months, *cells, one.people, year, "D", scenario, basis])
    writer.writerows(_simulated_rows(sheet))
    writer.writerow(["citation", "", sheet.citation, *[""] * 7])
    return stream.getvalue()


def _simulated_rows(sheet: Sheet) -> list[list[Any]]:
    """Openings by scenario, and pay by years since the first post."""
    rows: list[list[Any]] = []
    posts: list[Any] = [] if sheet.posts is None else list(sheet.posts.itertuples())
    for one in posts:
        cells = [f"{value:.1f}" for value in (one.mean, one.low, one.high)]
        scenario = f"scenario {one.scenario}"
        rows.append(
            [f"posts: {one.kind}", "", *cells, "", one.year, "D", scenario, "simulated, a year"]
        )
    if sheet.pay is None:
        return rows
    fan: list[Any] = list(sheet.pay.itertuples())
    year, zone = sheet.pay.attrs["price_year"], sheet.pay.attrs["zone"]
    basis = (
        f"simulated, pounds a year full-time {zone}: middle, 10th lowest and 10th highest of 100"
    )
    for one in fan:
        cells = [f"{value:.0f}" for value in (one.p50, one.p10, one.p90)]
        head = ["pay after the first post", round(12 * one.years)]
        rows.append([*head, *cells, one.people, year, "D", "S22;T83", basis])
    return rows
