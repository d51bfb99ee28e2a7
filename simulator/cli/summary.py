"""What a run says in a terminal: tables of 80 columns and plain sentences, also when piped."""

from __future__ import annotations

import math
import textwrap
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from simulator.charts.words import GROUP_WORDS, month_name, percent, place_name, rounded
from simulator.cli.argued import cost_lines, lever_lines, method_lines
from simulator.cli.precision import reached_words
from simulator.domain.words import BANDS, GROUPS
from simulator.scenario.dates import month_after

if TYPE_CHECKING:
    import pandas as pd

    from simulator.results.result import Result

LOW, HIGH = "q10.0", "q90.0"
WIDTH: Final = 80
YEARS: Final = (0, 1, 5, 10, 15)
MOST_PLACES: Final = 15
IMPLAUSIBLE: Final = 0.15
"""A vacancy rate above this is more than published rates have shown, and calls for a warning."""
LEVELS: Final = {"england": "region", "region": "trust", "ics": "trust", "trust": None}
"""Levels of places, and the level each is broken down by."""
FTE: Final = {
    "need": "Need",
    "funded": "Funded",
    "in_post": "In post",
    "vacancy": "Vacancy",
    "shortfall": "Shortfall",
}
FLOWS: Final = {
    "joined_experienced": "Experienced hires",
    "joined_graduate": "Newly qualified",
    "joined_converted": "Converted clinicians",
    "joined_returning": "Back from a break",
    "joined_international": "From abroad",
    "joined_outside": "From other trusts",
    "moved_in": "Moved in",
    "promoted_in": "Promoted",
    "left": "Left",
    "break": "Left for a break",
    "retired": "Retired",
    "moved_out": "Moved out",
    "opened": "Posts opened",
    "withdrawn": "Posts withdrawn",
}
JOINED: Final = tuple(name for name in FLOWS if name.startswith("joined"))
GONE: Final = ("left", "break", "retired")
ASSUMED: Final = {
    "supply.tightness": "experienced people who look for such posts at the start",
    "supply.growth": "growth of their number",
    "need.growth": "growth of need",
    "hiring.again_median_months": "wait after a failed advert",
    "leaving.move_share": "leavers who move to another trust",
}
"""Parameters that matter most, in words."""
NOT_FOR: Final = (
    "Not for: decisions about individual people, pay claims, judging a trust's performance, or "
    "quoting one number without its range."
)


def print_summary(result: Result, console: Console | None = None) -> None:
    """Print a result for a reader.

    Args:
        result: A result.
        console: Where to print; by default standard output, 80 columns at most when piped.
    """
    out = console or Console(highlight=False)
    story = _Story(result)
    for part in story.parts():
        if isinstance(part, Table):
            free = out.options.update(max_width=10 * WIDTH)
            if Measurement.get(out, free, part).maximum > out.width:
                part.padding = 0
            out.print(part)
        elif isinstance(part, str):
            indent = "    " if part.startswith("  ") else ""
            text = textwrap.fill(part, min(out.width, 96) - 1, subsequent_indent=indent)
            out.print(Text(text.encode(out.encoding, "replace").decode(out.encoding)))


@dataclass(frozen=True, slots=True)
class _Place:
    level: str
    code: str

    @property
    def name(self) -> str:
        return place_name(self.level, self.code)


class _Story:
    """Reads a result's tables and tells what they say, part by part."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.manifest = result.manifest
        self.scenario: dict[str, Any] = tomllib.loads(result.scenario_toml)
        self.months = int(self.manifest["months"])
        self.places = self._places()

    def parts(self) -> Iterator[str | Table]:
        """Everything to print, in order."""
        yield from self._headline()
        for place in self.places:
            yield from self._stocks(place)
        yield from self._meaning()
        yield from self._breakdown()
        yield from self._groups()
        if len(self.places) == 1:
            if self.places[0].level == "trust":
                yield from self._teams(self.places[0].code)
            yield from self._drivers(self.places[0])
            yield from cost_lines(self.result, self.places[0].level, self.places[0].code)
        yield from lever_lines(self.manifest.get("levers", ()))
        yield from method_lines(self.manifest.get("need_by_method"))
        yield from self._evidence()
        yield ""
        yield NOT_FOR

    # What was asked

    def _places(self) -> list[_Place]:
        """The places that were asked about, or else the widest in the tables; at most three."""
        asked = self.scenario["place"]
        names = {"trusts": "trust", "ics": "ics", "regions": "region"}
        wanted = [_Place(names[key], one) for key in names for one in asked.get(key, ())]
        if not wanted:
            wanted = [_Place("england", "ENG")]
        found = [place for place in wanted if len(self._cut(place))]
        for level in LEVELS:
            if not found:
                rows = self._all.loc[self._all["level"] == level, "code"]
                found = [_Place(level, code) for code in dict.fromkeys(rows)]
        return found[:3]

    @cached_property
    def _all(self) -> pd.DataFrame:
        """Rows of ``places`` at the months shown."""
        months = sorted({*self._shown, self._middle})
        return self.result.frame("places", month=months)  # type: ignore[arg-type]

    @property
    def _shown(self) -> list[int]:
        """Months shown: the opening, some whole years, and the end."""
        return sorted({*(12 * y for y in YEARS if 12 * y <= self.months), self.months})

    @property
    def _middle(self) -> int:
        """The month of the breakdowns: five years on, or the end if that is earlier."""
        return min(60, self.months)

    def _cut(self, place: _Place, group: str = "all") -> pd.DataFrame:
        frame = self._all
        keep = (frame["level"] == place.level) & (frame["code"] == place.code)
        return frame.loc[keep & (frame["group"] == group)]

    def _row(self, place: _Place, measure: str, month: int, group: str = "all") -> Any:
        frame = self._cut(place, group)
        return frame.loc[(frame["measure"] == measure) & (frame["month"] == month)].iloc[0]

    def _date(self, month: int) -> str:
        return month_name(month_after(self.manifest["opening"], month))

    # The parts

    def _headline(self) -> Iterator[str | Table]:
        facts = self.manifest
        yield ""
        yield f"{facts['scenario']['title']} ({facts['scenario']['id']})"
        yield (
            f"{self._date(0)} to {self._date(self.months)}, month by month. Staff counted: "
            "clinical informatics, data and analytics, and digital and information technology. "
            f"{facts['boundary']} "
            f"Census at the start: {facts['census']}"
            + (f"; own counts from {', '.join(facts['own_rows'])}." if facts["own_rows"] else ".")
        )
        yield f"Asked: {self.scenario['why']}"
        levers = self.scenario.get("lever", [])
        if levers:
            yield (
                "Levers: "
                + "; ".join(f"{one['title']}, from {month_name(one['start'])}" for one in levers)
                + "."
            )
        draws, runs = facts["draws"], facts["replications"]
        yield (
            f"Size: {draws:,} {'set' if draws == 1 else 'sets'} of parameters (draws), "
            f"{runs:,} simulated {'future' if runs == 1 else 'futures'} (replications) in all; "
            f"seed {facts['seed']}; {facts['engine']} engine."
        )
        if runs < 100:
            yield (
                f"With only {runs:,} futures the low and high figures are rough; "
                "use 256 or more for a paper."
            )

    def _stocks(self, place: _Place) -> Iterator[str | Table]:
        head = ("", "", *list(FTE.values())[:4], "Rate", "Shortfall")
        table = _table(head)
        for month in self._shown:
            rows = {measure: self._row(place, measure, month) for measure in FTE}
            sure = all(row[LOW] == row[HIGH] for row in rows.values())
            rate = _ratio(rows["vacancy"]["mean"], rows["funded"]["mean"])
            for statistic, words in (("mean", "mean"), (LOW, "low"), (HIGH, "high")):
                if statistic != "mean" and sure:
                    continue
                cells = {name: _bound(row, statistic) for name, row in rows.items()}
                first = self._date(month) if statistic == "mean" else ""
                table.add_row(
                    first,
                    words,
                    *(cells[name] for name in list(FTE)[:4]),
                    percent(rate) if statistic == "mean" else "",
                    cells["shortfall"],
                    end_section=statistic == HIGH or sure,
                )
        yield ""
        yield f"{place.name}: full-time equivalents (FTE) at the end of the month"
        yield table
        yield from self._people(place)

    def _meaning(self) -> Iterator[str]:
        """What the columns and the ranges mean."""
        yield (
            "Need: what services require, paid for or not. Vacancy: funded posts less staff in "
            "post. Shortfall: need less staff in post. Rate: mean vacancy over mean funded posts. "
            "Figures are rounded, so they may not add up."
        )
        yield self._interval_words(self.places[0])
        yield from reached_words(self.result, self.places[0].level, self.places[0].code)

    def _interval_words(self, place: _Place) -> str:
        """Say what the interval holds, and how much of it is doubt about parameters."""
        if self.manifest["replications"] == 1:
            return "One future only: there is no range. Run more replications."
        text = (
            "Low and high: 8 of 10 simulated futures lie between them, 1 of 10 below and 1 above. "
        )
        if self.manifest["draws"] == 1:
            return text + "They hold chance alone, as there is one set of parameters."
        text += "They hold both doubt about parameters and chance."
        month = self._middle
        shares = {
            name: float(self._row(place, name, month)["share_parameters"])
            for name in ("in_post", "vacancy")
        }
        if any(math.isnan(share) for share in shares.values()):
            return text + (
                " With one future for each set of parameters the two cannot be told apart; "
                "give at least twice as many replications as draws."
            )
        return text + (
            f" Parameters make {_most(shares['in_post'])} of the variance of staff in post in "
            f"{self._date(month)}, and {_most(shares['vacancy'])} of that of vacancy; the rest "
            "is chance."
        )

    def _people(self, place: _Place) -> Iterator[str]:
        """People and posts at the opening: means of whole numbers add up."""
        if place.level not in {"england", "trust"}:
            return
        where = {} if place.level == "england" else {"trust": place.code}
        frame = self.result.frame("cells", month=0, **where)
        people, vacant = (
            round(float(frame.loc[frame["measure"] == name, "mean"].sum()))
            for name in ("headcount", "vacant_posts")
        )
        yield (f"In people: {people:,} in post in {self._date(0)} and {vacant:,} posts vacant.")

    def _breakdown(self) -> Iterator[str | Table]:
        """The parts of the place, or several places side by side."""
        parts = self._parts_of()
        if not parts:
            return
        what = {"region": "Region", "ics": "Care system", "trust": "Trust"}[parts[0].level]
        more = ""
        if len(parts) > MOST_PLACES:
            parts.sort(key=lambda one: -float(self._row(one, "in_post", 0)["mean"]))
            more = f" (the {MOST_PLACES} largest of {len(parts)})"
            parts = parts[:MOST_PLACES]
        yield from self._compared(
            f"By {what.lower()}{more}", [(part.name, part, "all") for part in parts]
        )

    def _parts_of(self) -> list[_Place]:
        if len(self.places) != 1:
            return self.places
        finer = LEVELS[self.places[0].level]
        codes: list[_Place] = []
        while finer is not None:
            rows = self._all.loc[self._all["level"] == finer, "code"]
            codes = [_Place(finer, code) for code in dict.fromkeys(rows)]
            if len(codes) > 1:
                return codes
            finer = LEVELS[finer]
        return []

    def _groups(self) -> Iterator[str | Table]:
        if len(self.places) == 1:
            place = self.places[0]
            rows = [(GROUP_WORDS[group], place, group) for group in GROUPS]
            yield from self._compared(f"{place.name} by staff group", rows)

    def _compared(
        self, title: str, rows: Iterable[tuple[str, _Place, str]]
    ) -> Iterator[str | Table]:
        month, rates, places = self._middle, [], set()
        table = _table(
            ("", "Now", "In post", "low-high", "Rate", "Shortfall", "low-high"),
        )
        for words, place, group in rows:
            now = self._row(place, "in_post", 0, group)
            then = self._row(place, "in_post", month, group)
            gap = self._row(place, "shortfall", month, group)
            if not now["mean"] and not then["mean"]:
                continue
            vacancy = self._row(place, "vacancy", month, group)["mean"]
            funded = self._row(place, "funded", month, group)["mean"]
            rates.append(_ratio(vacancy, funded))
            places.add(place)
            table.add_row(
                words,
                rounded(now["mean"]),
                _bound(then, "mean"),
                _span(then, "-"),
                percent(rates[-1]),
                _bound(gap, "mean"),
                _span(gap, "-"),
            )
        yield ""
        yield f"{title}, FTE: now, and in {self._date(month)}"
        yield table
        if len(places) > 2 and max(rates) - min(rates) < 0.02 and not self.manifest["own_rows"]:
            yield (
                "The rates are alike because all of them start from the same national shares and "
                "rates; they say nothing about how places differ."
            )

    def _teams(self, code: str) -> Iterator[str | Table]:
        """A trust's teams in whole people."""
        month = self._middle
        frame = self.result.frame(
            "cells",
            trust=code,
            month=sorted({0, month}),  # type: ignore[arg-type]
        )
        table = _table(
            ("", "Band", "Now", "Then", "8 of 10 futures", "Vacant", "8 of 10 futures"),
        )
        smallest: tuple[int, str] | None = None
        for group in GROUPS:
            for band in BANDS:
                cell = frame.loc[(frame["group"] == group) & (frame["band"] == band)]
                if cell.empty:
                    continue
                now, then, vacant = (
                    cell.loc[(cell["measure"] == measure) & (cell["month"] == at)].iloc[0]
                    for measure, at in (
                        ("headcount", 0),
                        ("headcount", month),
                        ("vacant_posts", month),
                    )
                )
                middle = _whole(then["q50.0"])
                table.add_row(
                    GROUP_WORDS[group],
                    band,
                    _whole(now["q50.0"]),
                    middle,
                    _whole_span(then),
                    _whole(vacant["q50.0"]),
                    _whole_span(vacant),
                )
                words = (
                    f"{GROUP_WORDS[group]} band {band}: {middle} "
                    f"{'person' if middle == '1' else 'people'} in {self._date(month)} "
                    f"({_whole_span(then)} in 8 of 10 futures)."
                )
                size = int(now["q50.0"])
                if size > 0 and (smallest is None or size < smallest[0]):
                    smallest = (size, words)
        if smallest is not None:
            yield ""
            yield f"Teams in whole people: now, and then, in {self._date(month)}"
            yield table
            yield f"Then and vacant: the middle future. For example, {_lowered(smallest[1])}"

    # What drives it

    def _drivers(self, place: _Place) -> Iterator[str | Table]:
        flows = self.result.frame("flows", level=place.level, code=place.code, group="all")
        years = list(dict.fromkeys(flows["year"]))
        chosen = [years[number] for number in (0, 4, 9) if number < len(years)]
        if not chosen:
            return
        people = flows.set_index(["measure", "year"])
        table = _table(("", *chosen))
        for measure, words in FLOWS.items():
            rows = [people.loc[(measure, year)] for year in chosen]
            if any(row[HIGH] > 0 for row in rows):
                spans = [f"{_bound(row, 'mean')} ({_span(row, '-')})" for row in rows]
                table.add_row(words, *spans)
        yield ""
        yield f"{place.name}: people and posts a year, mean (low-high)"
        yield table
        if place.level == "england":
            yield "Moved in: from one trust to another; for England as a whole they cancel out."
        failed = [(year, people.loc[("rounds_failed", year)]) for year in chosen]
        yield (
            "Adverts that found nobody: "
            + "; ".join(f"{year} {_bound(row, 'mean')} ({_span(row, '-')})" for year, row in failed)
            + ". A vacancy is advertised again and again until somebody is found."
        )
        yield ""
        yield "What drives it. " + " ".join(self._reasons(place, people, len(years)))

    def _reasons(self, place: _Place, people: pd.DataFrame, years: int) -> Iterator[str]:
        """Sentences that the numbers support."""
        end = self._shown[-1]
        rises = {
            name: _growth(
                float(self._row(place, name, 0)["mean"]),
                float(self._row(place, name, end)["mean"]),
                end,
            )
            for name in ("need", "funded", "in_post")
        }
        yield (
            f"To {self._date(end)} mean need grows by {percent(rises['need'], 1)} a year, mean "
            f"funded posts by {percent(rises['funded'], 1)} and mean staff in post by "
            f"{percent(rises['in_post'], 1)}."
        )
        yield self._supply()
        total = people["mean"].groupby("measure").sum()

        def over(*measures: str) -> float:
            return float(sum(total.get(name, 0.0) for name in measures))

        joined, fresh = over(*JOINED), over("joined_graduate")
        if joined >= 20:
            yield f"Of 100 people who join, {100 * fresh / joined:.0f} are newly qualified."
        moves = place.level in {"trust", "ics"}
        came = joined + (over("moved_in") if moves else 0.0)
        went = over(*GONE) + (over("moved_out") if moves else 0.0)
        opened = over("opened") - over("withdrawn")
        yield (
            f"Over {years} {'year' if years == 1 else 'years'} {rounded(opened)} posts are added "
            f"on balance and {rounded(went)} people {'go' if moves else 'leave or retire'}, which "
            f"makes {rounded(opened + went)} posts to fill; {rounded(came)} people come."
        )
        gap = [self._row(place, "vacancy", month)["mean"] for month in (0, end)]
        if gap[1] <= 1.1 * gap[0] or opened + went <= came:
            return
        yield (
            f"So vacancy rises, from {rounded(gap[0])} to {rounded(gap[1])} FTE by "
            f"{self._date(end)}. This follows from the "
            "growth of need, of the money for posts and of the supply of candidates assumed here."
        )
        if _ratio(gap[1], self._row(place, "funded", end)["mean"]) > IMPLAUSIBLE:
            yield (
                "It is not a forecast: trusts would change posts, pay or plans long before so many "
                "stood empty. Read it as the size of the task that these assumptions set."
            )

    def _supply(self) -> str:
        """How the supply of candidates grows; its source is the library or the scenario."""
        from simulator.evidence.library import load_library

        override = self.scenario.get("parameters", {}).get("supply.growth", {})
        library = load_library().at("supply.growth", self.manifest["opening"])
        grade = "(assumption, grade D)"
        if "values" in override:
            return "The scenario gives its own growth of experienced candidates."
        if "value" in override:
            library, grade = float(override["value"]), "(the scenario's own figure)"
        return (
            f"Experienced candidates from outside the trusts are taken to grow by "
            f"{percent(library, 1)} a year {grade}."
        )

    def _evidence(self) -> Iterator[str | Table]:
        """Grades of the parameters, and the assumptions that matter most."""
        from simulator.evidence.library import load_library
        from simulator.scenario.used import drawn_parameters, used_parameters

        library = load_library()
        used = [library.get(name) for name in used_parameters(self.scenario)]
        varying = drawn_parameters(self.scenario)
        own = self.scenario.get("parameters", {})
        counts = {grade: sum(one.grade == grade for one in used) for grade in "ABCD"}
        yield ""
        yield (
            f"How sure. Of the {len(used)} parameters behind the numbers, {counts['A']} "
            f"are grade A (official, directly applicable), {counts['B']} B (official, with a "
            f"caveat), {counts['C']} C (another group, body or year) and {counts['D']} D "
            "(assumption)."
            + (f" The scenario replaces {len(own)} of them by its own." if own else "")
            + " Those that matter most:"
        )
        for name, words in ASSUMED.items():
            if library.get(name) not in used:
                continue
            one, value = library.get(name), own.get(name, {}).get("value")
            dated = [(each.start, each.value) for each in one.values]
            shown = _dated_value(dated if value is None else [("", value)], one.unit, self.manifest)
            source = "the scenario's own" if name in own else f"grade {one.grade}"
            ends = [own.get(name, {}).get(end, getattr(one, end)) for end in ("low", "high")]
            scale = 100 if one.unit in {"growth per year", "share"} else 1
            span = f"{scale * ends[0]:g} to {scale * ends[1]:g}" + (" %" if scale > 1 else "")
            drawn = f"varied from {span}" if name in varying else "held fixed here"
            yield f"  {words} ({name}): {shown}; {source}, {drawn}"
        if varying:
            yield (
                f"Low and high hold the doubt of the {len(varying)} parameters that vary "
                f"({', '.join(varying)}) and of "
                "differences between trusts. The other parameters are held at their values and "
                "the form of the model is taken as given, so true doubt is wider. "
                "`workforce evidence ID` shows the source and range of each."
            )
        else:
            yield "No parameter varies in this run, so true doubt is much wider."


def _dated_value(dated: list[tuple[str, float]], unit: str, manifest: dict[str, Any]) -> str:
    """A parameter's value at the opening, and what it changes to within the run."""
    opening = manifest["opening"]
    end = month_after(opening, manifest["months"])
    held = [one for one in dated if one[0] <= opening][-1:]
    later = [one for one in dated if opening < one[0] <= end]
    texts = [
        _with_unit(value, unit) + (f" from {month_name(start)}" if start > opening else "")
        for start, value in [*held, *later]
    ]
    return ", ".join(texts)


def _with_unit(value: float, unit: str) -> str:
    if unit == "growth per year":
        return f"{percent(value, 1)} a year"
    if unit == "share":
        return percent(value)
    return f"{value:g} times replacement" if unit == "factor" else f"{value:g} {unit}"


def _table(columns: Iterable[str]) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
        pad_edge=False,
    )
    for number, name in enumerate(columns):
        text = number == 0 or not name or name == "Band"
        table.add_column(name, justify="left" if text else "right", no_wrap=number > 0)
    return table


def _bound(row: Any, statistic: str) -> str:
    """A statistic as text; the mean of a small count stays within its interval."""
    value = float(row["mean"] if row[LOW] == row[HIGH] and row["mean"] >= 10 else row[statistic])
    if statistic == "mean" and 0 <= value < 10 and row[HIGH] >= row[LOW]:
        value = min(max(round(value), round(row[LOW])), round(row[HIGH]))
    return rounded(value)


def _span(row: Any, joint: str = " to ") -> str:
    return f"{rounded(row[LOW])}{joint}{rounded(row[HIGH])}"


def _most(share: float) -> str:
    return "nearly all" if share > 0.985 else percent(share)


def _whole(value: float) -> str:
    return f"{round(float(value)):,}"


def _whole_span(row: Any) -> str:
    return f"{_whole(row[LOW])} to {_whole(row[HIGH])}"


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _ratio(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else float("nan")


def _growth(first: float, last: float, months: int) -> float:
    """Growth a year between two stocks."""
    return (last / first) ** (12 / months) - 1 if first > 0 and last > 0 else float("nan")
