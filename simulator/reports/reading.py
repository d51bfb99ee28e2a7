"""What a stored result tells a reader, read once for every kind of report."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulator.charts.figure import Figure, amount, with_range
from simulator.charts.words import GROUP_WORDS, month_name, percent, place_name
from simulator.domain.words import GROUPS
from simulator.reports.disclosure import RULE, hidden, shareable
from simulator.results.measures import MEASURES
from simulator.scenario.dates import month_after
from simulator.scenario.problems import Problem, printable
from simulator.scenario.used import drawn_parameters, used_parameters

if TYPE_CHECKING:
    import pandas as pd

    from simulator.results.result import Result

LEVELS: Final = ("england", "region", "ics", "trust")
"""Levels of places, the widest first."""
YEARS: Final = (0, 1, 5, 10, 15)
STOCKS: Final = ("need", "funded", "in_post", "vacancy", "shortfall")
PURPOSE: Final = (
    "To show what stated assumptions imply for the need for clinical informatics, data and digital "
    "staff, the posts funded for them and the people in post, month by month, with ranges."
)
INTENDED: Final = (
    "Workforce plans of trusts, care systems, regions and universities: sizing a task, comparing "
    "plans, and finding out what an answer hangs on."
)
NOT_INTENDED: Final = (
    "Decisions about individual people, pay claims, judging a trust's performance, forecasts "
    "without their range, or taking a synthetic census for a payroll."
)
METHODS: Final = {
    "growth": "growth of establishment",
    "ratio": "ratio to trust size",
    "maturity": "digital maturity",
    "hee": "Health Education England's growth",
}
METHOD: Final = (
    "Every person and every post is followed month by month: posts are funded as need grows, with "
    "a lag; a vacancy waits for approval, may be filled by promotion, and is then advertised.",
    "Trusts of a region compete for the same experienced people, newly qualified people and "
    "colleagues who want to move.",
    "People leave and retire by age and tenure; trainees come through courses and apprenticeships.",
    "Doubtful parameters are drawn from stated ranges, and histories simulated within each draw; "
    "8 of 10 of the futures so made lie within a range.",
    "Two independent engines follow one written law and agree person for person.",
)


class ReportError(ValueError):
    """A report cannot be made as asked; ``problems`` says why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Hold the problems."""
        self.problems = tuple(problems)
        super().__init__("\n".join(line for one in problems for line in one.lines()))


@dataclass(frozen=True, slots=True)
class Facts:
    """What every file states of itself: name, digest and time of the numbers, and their size."""

    id: str
    title: str
    digest: str
    started: str
    draws: int
    replications: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the result."""

    level: str
    code: str

    @property
    def name(self) -> str:
        """Its name for a reader."""
        return place_name(self.level, self.code)


@dataclass(frozen=True, slots=True)
class Assumption:
    """A parameter of the run, from the library or the scenario's own.

    Attributes:
        id: Dotted name.
        title: In words.
        values: Value or dated values, as text.
        low: Lower end of its range.
        high: Upper end.
        unit: Unit of the values.
        varies: Whether it is drawn, or held fixed.
        grade: A to D; ``own`` for the scenario's own.
        kind: Published, derived, assumption, or the scenario's own.
        year: Year it describes.
        source: Titles of its sources, or author of the scenario's own.
        note: How it came about, or the author's reason.
        review_by: Month by which to look again.
    """

    id: str
    title: str
    values: str
    low: float
    high: float
    unit: str
    varies: bool
    grade: str
    kind: str
    year: int
    source: str
    note: str
    review_by: str

    @property
    def width(self) -> float:
        """Range over its middle: how doubtful it is, not how much it matters."""
        middle = abs(self.low + self.high) / 2
        return (self.high - self.low) / middle if middle else 0.0


class Report:
    """A result as a reader meets it: sentences, tables, charts and what they rest on.

    Args:
        result: A stored result.
        place: Code of the place reported; by default the one asked about, or the widest.
        for_owner: Whether the reader owns the data, so that nothing is hidden.

    Raises:
        ReportError: If the result has no such place.
    """

    def __init__(
        self, result: Result, *, place: str | None = None, for_owner: bool = False
    ) -> None:
        self.protected = bool(result.manifest["own_rows"]) and not for_owner
        self._exact = result
        self.result = shareable(result) if self.protected else result
        self.manifest: Mapping[str, Any] = self.result.manifest
        self.scenario: dict[str, Any] = tomllib.loads(result.scenario_toml)
        self.months = int(self.manifest["months"])
        self.place = self._chosen(place)

    @property
    def facts(self) -> Facts:
        """What every file of this report states of itself."""
        one = self.manifest
        return Facts(
            self.id,
            self.title,
            str(one["results"]["digest"]),
            str(one["run"]["started"]),
            int(one["draws"]),
            int(one["replications"]),
        )

    # What and where

    @property
    def id(self) -> str:
        """Name of the scenario, for names of files."""
        return re.sub("[^a-z0-9-]", "", str(self.manifest["scenario"]["id"])) or "result"

    @property
    def title(self) -> str:
        """Title of the scenario."""
        title = printable(str(self.manifest["scenario"]["title"]))
        return title if self.place == self._chosen(None) else f"{self.place.name}: {title}"

    @property
    def question(self) -> str:
        """The question the scenario was made for."""
        return printable(str(self.scenario["why"]))

    @cached_property
    def known(self) -> list[Place]:
        """All places of the result, the widest first."""
        table = self.result.tables["places"]
        pairs = table.select(["level", "code"]).group_by(["level", "code"]).aggregate([])
        found = {Place(str(row["level"]), str(row["code"])) for row in pairs.to_pylist()}
        return sorted(found, key=lambda one: (LEVELS.index(one.level), one.code))

    def _chosen(self, code: str | None) -> Place:
        if code is not None:
            for one in self.known:
                if one.code == code:
                    return one
            words = f"not in this result; it holds {_listed([one.code for one in self.known])}"
            raise ReportError([Problem("command line", "--place", code, words)])
        asked = self.scenario["place"]
        names = {"trusts": "trust", "ics": "ics", "regions": "region"}
        wanted = [Place(names[key], one) for key in names for one in asked.get(key, ())]
        return next((one for one in wanted if one in self.known), self.known[0])

    @property
    def parts(self) -> list[Place]:
        """The places the reported one is made of, as far as the result holds them."""
        level = self.place.level
        for finer in LEVELS[LEVELS.index(level) + 1 :]:
            found = [one for one in self.known if one.level == finer and self.holds(one)]
            if len(found) > 1:
                return found
        return []

    def holds(self, part: Place) -> bool:
        """Whether the place reported is, or contains, another."""
        from simulator.evidence.trusts import load_trusts

        if self.place.level == "england":
            return True
        for trust in load_trusts():
            codes = {"trust": trust.code, "ics": trust.ics_code, "region": trust.region_code}
            if codes[part.level] == part.code:
                return codes[self.place.level] == self.place.code
        return False

    @property
    def shown(self) -> list[int]:
        """Months shown: the opening, some whole years, and the end."""
        return sorted({*(12 * year for year in YEARS if 12 * year <= self.months), self.months})

    @property
    def middle(self) -> int:
        """The month of the answer: five years on, or the end if that is earlier."""
        return min(60, self.months)

    def date(self, month: int) -> str:
        """A month of the run in words."""
        return month_name(month_after(str(self.manifest["opening"]), month))

    # Numbers

    @cached_property
    def _stocks(self) -> pd.DataFrame:
        months: Any = sorted({*self.shown, self.middle})
        frame = self.result.frame("places", month=months)
        return frame.set_index(["level", "code", "group", "measure", "month"]).sort_index()

    def row(
        self, measure: str, month: int, group: str = "all", place: Place | None = None
    ) -> dict[str, Any]:
        """Statistics of a stock in one of the months shown."""
        where = place or self.place
        key: Any = (where.level, where.code, group, measure, month)
        return dict(self._stocks.loc[key])

    @property
    def groups(self) -> list[str]:
        """The staff groups the place has."""
        return [
            one
            for one in GROUPS
            if any(self.row("need", month, one)["mean"] != 0 for month in self.shown)
        ]

    def opening_bands(self) -> dict[tuple[str, str, str], float]:
        """People and vacant posts at the opening by group, band and measure, added over trusts.

        Counts at the opening are known, so that they add up; small sums are hidden as counts are.
        """
        frame = self._exact.frame("cells", month=0)
        codes = [one.code for one in self.known if one.level == "trust" and self.holds(one)]
        sums = frame.loc[frame["trust"].isin(codes)].groupby(["group", "band", "measure"])["mean"]
        exact = sums.sum()
        values = exact.to_numpy(dtype=float)
        if self.protected:
            values = hidden(values, np.full(len(values), self.place.level == "england"))
        keys: Any = exact.index
        return dict(zip(keys, values.tolist(), strict=True))

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """The charts of a report, by name: outlook, shortfall, vacancy, flows, tiles."""
        from simulator.charts.fan import fan_chart, shortfall_chart, vacancy_chart
        from simulator.charts.flows import flow_chart
        from simulator.charts.tiles import tile_chart

        where = {"level": self.place.level, "code": self.place.code}
        found = {
            "outlook": fan_chart(self.result, **where),
            "shortfall": shortfall_chart(self.result, **where),
            "vacancy": vacancy_chart(self.result, **where),
        }
        if self.result.tables["flows"].num_rows:
            flows = flow_chart(self.result, **where)
            found |= {"flows": flows} if len(flows.table) else {}
        if self.place.level == "england" and sum(one.level == "ics" for one in self.known) > 1:
            found["tiles"] = tile_chart(self.result)
        return found

    # Words

    def answer(self) -> list[str]:
        """The answer in three sentences, each with its range."""
        month = self.middle
        need, staff = self.row("need", month), self.row("in_post", month)
        gap, vacancy = self.row("shortfall", month), self.row("vacancy", month)
        funded = self.row("funded", month)
        now = {one: self.row(one, 0) for one in ("need", "in_post", "shortfall")}
        return [
            f"By {self.date(month)} {self.place.name} needs {with_range(need)} full-time "
            f"equivalent (FTE) staff in clinical informatics, data and digital work; in "
            f"{self.date(0)} it is {amount(now['need']['mean'])}.",
            f"It would have {with_range(staff, ' FTE')} in post, against "
            f"{amount(now['in_post']['mean'])} now, so that it is short of "
            f"{with_range(gap, ' FTE')}, against {amount(now['shortfall']['mean'])} now.",
            f"Of {with_range(funded)} funded FTE, {with_range(vacancy)} would be vacant; "
            f"{self.doubt()}",
        ]

    def doubt(self) -> str:
        """How much of the range is doubt about parameters, as the end of a sentence."""
        share = float(self.row("shortfall", self.middle)["share_parameters"] or float("nan"))
        if self.manifest["replications"] == 1:
            return "this is one future only, so that there is no range."
        if self.manifest["draws"] == 1:
            return "the ranges hold chance alone, as there is one set of parameters."
        if math.isnan(share):
            return "the ranges hold doubt about parameters and chance together."
        return (
            f"doubt about parameters makes {_most(share)} of the variance of the shortfall, and "
            "chance the rest."
        )

    def other_methods(self) -> str:
        """How far other ways to project need differ, if the result says so for this place."""
        found = self.manifest.get("need_by_method") or {}
        keys = list(zip(*(found.get(name, ()) for name in ("level", "code", "month")), strict=True))
        key = (self.place.level, self.place.code, self.middle)
        if key not in keys:
            return ""
        row = keys.index(key)
        told = "; ".join(
            f"by {words} {amount(found[name][row])}"
            for name, words in METHODS.items()
            if name in found
        )
        return f"Need could be projected otherwise. In {self.date(self.middle)}, FTE: {told}."

    def caveats(self) -> list[str]:
        """What a reader must know before using a number."""
        counts = self.grades()
        found = [
            "These are consequences of assumptions, not forecasts. Eight of ten futures lie "
            "within a range; parameters held fixed and the form of the model are outside it, "
            "so that true doubt is wider.",
            f"Census at the start: {self.manifest['census']}.",
            str(self.manifest["boundary"]),
            "Supply is largely assumed: nobody publishes how many experienced people look for such "
            "posts (grade D).",
            f"Of {sum(counts.values())} parameters, {_counted(counts)}.",
            "It has not been tested against history: none is published by trust, group and band.",
        ]
        if self.manifest["replications"] < 100:
            found.append(
                f"With only {self.manifest['replications']:,} futures the ranges are rough; use "
                "256 or more for a paper."
            )
        found += [one for one in (self.other_methods(),) if one]
        found += [f"{one}." for one in self.manifest["notes"]]
        return [*found, RULE] if self.protected else found

    def identity(self) -> list[tuple[str, str]]:
        """What made the numbers."""
        facts = self.manifest
        return [
            ("Scenario", f"{self.title} ({self.id})"),
            ("Question", self.question),
            ("Place", f"{self.place.name} ({self.place.code})"),
            ("Period", f"{self.date(0)} to {self.date(self.months)}, month by month"),
            ("Draws and replications", f"{facts['draws']:,} and {facts['replications']:,}"),
            ("Seed", str(facts["seed"])),
            ("Engine", str(facts["engine"])),
            ("Run", str(facts["run"]["started"])),
            ("Version", f"{facts['code']['version']}, code {facts['code']['digest'][:16]}"),
            ("Scenario digest", str(facts["scenario"]["digest"])),
            ("Results digest", str(facts["results"]["digest"])),
            ("England baseline", str(facts["baseline"] or "not used")),
            ("Disclosure", "small counts hidden" if self.protected else "nothing hidden"),
        ]

    def reproduce(self) -> list[str]:
        """The commands that make the same numbers again."""
        facts = self.manifest
        name = str(facts["source"]).replace("\\", "/").rpartition("/")[2]
        return [
            f"workforce run {name} --draws {facts['draws']} --replications {facts['replications']} "
            f"--seed {facts['seed']} --out results/{self.id}",
            f"workforce verify results/{self.id}",
        ]

    # What it rests on

    @cached_property
    def assumptions(self) -> list[Assumption]:
        """The parameters behind the numbers, the scenario's own first."""
        from simulator.evidence.library import load_library

        own, library = self.scenario.get("parameters", {}), load_library()
        drawn = drawn_parameters(self.scenario)
        found = [
            _assumption(library.get(name), own.get(name), varies=name in drawn)
            for name in used_parameters(self.scenario)
        ]
        return sorted(found, key=lambda one: one.grade != "own")

    def grades(self) -> dict[str, int]:
        """How many parameters have each grade."""
        every = [one.grade for one in self.assumptions]
        return {grade: every.count(grade) for grade in ("A", "B", "C", "D", "own")}

    def doubtful(self, most: int = 6) -> list[Assumption]:
        """The parameters that vary with the widest ranges."""
        varying = [one for one in self.assumptions if one.varies]
        return sorted(varying, key=lambda one: -one.width)[:most]

    @property
    def levers(self) -> list[dict[str, Any]]:
        """The scenario's levers, with whether each can be delivered where the result says so."""
        flags = {one["lever"]: one for one in self.manifest.get("levers", ())}
        return [{**one, "flag": flags.get(one["id"])} for one in self.scenario.get("lever", [])]

    def definitions(self) -> list[tuple[str, str]]:
        """Words of the report and what they mean."""
        texts = {
            "need": "what services require, paid for or not",
            "funded": "posts that exist and have money behind them",
            "in_post": "people employed at the end of the month",
            "vacancy": "funded posts less staff in post; not the same as an advert",
            "shortfall": "need less staff in post, whether or not posts are funded",
        }
        return [
            *((MEASURES[one].label, f"FTE: {text}.") for one, text in texts.items()),
            ("FTE", "Full-time equivalent, also called whole-time equivalent."),
            ("Mean", "Over all simulated futures."),
            ("Low and high", "8 of 10 simulated futures lie between, 1 below and 1 above."),
            ("Draw", "One sampled set of the doubtful parameters: what is not known."),
            ("Replication", "One random history, given a draw: what nobody can know."),
            ("Share of parameters", "Share of variance that is doubt about parameters."),
            ("Stock", "A value at the end of a month."),
            ("Flow", "A count over twelve months."),
            ("Grade A", "Official and directly applicable evidence."),
            ("Grade B", "Official or near-official, with a caveat of scope."),
            ("Grade C", "Proxy: another staff group, body or year."),
            ("Grade D", "Assumption or analogy, to be replaced by local knowledge."),
            ("Grade own", "The scenario's own value, with its author and reason."),
            *((f"Group {one}", GROUP_WORDS[one]) for one in GROUPS),
        ]


def _assumption(one: Any, own: Mapping[str, Any] | None, *, varies: bool) -> Assumption:
    from simulator.evidence.sources import load_sources

    given = own or {}
    dated = given.get("values") or [
        {"from": each.start, "value": each.value} for each in one.values
    ]
    if "value" in given:
        values = f"{given['value']:g}"
    elif len(dated) == 1:
        values = f"{dated[0]['value']:g}"
    else:
        values = "; ".join(f"{each['value']:g} from {each['from']}" for each in dated)
    low, high = float(given.get("low", one.low)), float(given.get("high", one.high))
    sources = load_sources()
    titles = "; ".join(sources[name].title for name in one.sources)
    return Assumption(
        id=one.id,
        title=one.title,
        values=values,
        low=low,
        high=high,
        unit=one.unit,
        varies=varies,
        grade=one.grade if own is None else "own",
        kind=one.kind if own is None else "the scenario's own",
        year=one.year,
        source=titles if own is None else printable(str(given.get("author", ""))),
        note=one.note if own is None else printable(str(given.get("reason", ""))),
        review_by=one.review_by,
    )


def _most(share: float) -> str:
    return "nearly all" if share > 0.985 else percent(share)


def _counted(counts: Mapping[str, int]) -> str:
    words = {
        "A": "grade A (official, directly applicable)",
        "B": "B (official, with a caveat)",
        "C": "C (another group, body or year)",
        "D": "D (assumption)",
        "own": "the scenario's own",
    }
    return ", ".join(f"{counts[one]} {words[one]}" for one in words if counts[one] or one == "A")


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(codes[:8]) + (f" and {len(codes) - 8} more" if len(codes) > 8 else "")
