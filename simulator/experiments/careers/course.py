"""A university's own course: its outcome card, and what one more place on it does."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from simulator.domain.words import BAND_RANGES, GROUPS
from simulator.evidence.trusts import load_trusts
from simulator.experiments.careers.added import start_month, with_course
from simulator.experiments.careers.cards import Card, card_of
from simulator.experiments.careers.making import count_region, manifest_of
from simulator.experiments.careers.seats import SIZES, SeatEffect, seat_effect_of
from simulator.experiments.careers.stored import (
    Careers,
    find_scenarios,
    refuse_unknown,
    routes,
)
from simulator.experiments.careers.tables import region_tables
from simulator.experiments.simulate import Progress
from simulator.model.compile import compile_scenario
from simulator.model.intake import Pathway
from simulator.model.specification import Specification
from simulator.scenario.problems import Problem, shown
from simulator.scenario.reader import COMMAND_LINE

MOST: Final = 2_000
LONGEST: Final = 84
CARD_SIZES: Final = {"months": 228, "draws": 64, "replications": 512}


class CourseError(ValueError):
    """A course cannot be used; ``problems`` says all that is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems; there is at least one."""
        self.problems = tuple(problems)
        lines = [" ".join(line.strip() for line in one.lines()) for one in problems]
        super().__init__("; ".join(lines))


@dataclass(frozen=True, slots=True)
class Course:
    """A course that trains for posts of NHS trusts, every year.

    Attributes:
        id: Short name of small letters, digits and ``_``; names its people's luck.
        name: Its name.
        group: Staff group of the posts it leads to: clinical, data or digital.
        region: Code of the region.
        intake: People who start a year, 1 to 2,000.
        completion: Share of starters who finish, above 0 to 1.
        seek_share: Share of those who finish who look for an NHS trust post, 0 to 1.
        months: Length, 1 to 84.
        start_month: Month of the year in which it starts, 1 to 12.
        band_range: Bands of the posts it leads to: entry (2 to 5), middle (6 and 7) or senior.
        supervised: Do trainees need a supervisor in a trust.
        age: Typical age on finishing, 18 to 60.

    Raises:
        CourseError: With everything that is wrong.
    """

    id: str
    name: str
    group: str
    region: str
    intake: float
    completion: float = 0.8
    seek_share: float = 0.5
    months: int = 12
    start_month: int = 9
    band_range: str = "entry"
    supervised: bool = False
    age: int = 23

    def __post_init__(self) -> None:
        """Check all fields."""
        problems = course_problems(asdict(self), COMMAND_LINE, "")
        if problems:
            raise CourseError(problems)

    @property
    def pathway(self) -> Pathway:
        """The course as a pathway of the law."""
        return Pathway(
            id=self.id,
            group=self.group,
            band_range=self.band_range,
            duration=self.months,
            start_month=self.start_month,
            places=float(self.intake),
            applicants=float("inf"),
            completion=self.completion,
            seek_share=self.seek_share,
            age=self.age,
            supervised=self.supervised,
            donor="",
        )

    def specification(self, spec: Specification, year: int) -> Specification:
        """A compiled run of England in which the course starts every year from ``year`` on.

        Raises:
            NotKnownError: If the year is outside the run.
        """
        first, last = int(spec.start[:4]), int(spec.start[:4]) + spec.months // 12
        months = {one: start_month(spec, self.pathway, one) for one in range(first, last + 1)}
        known = [one for one, month in months.items() if month is not None]
        refuse_unknown({"year": (year, known)})
        starts = [month for one, month in months.items() if month is not None and one >= year]
        return with_course(spec, self.pathway, self.region, float(self.intake), starts)

    def card(
        self,
        year: int,
        *,
        scenario: str | Path | None = None,
        sizes: dict[str, int] | None = None,
        workers: int = 1,
        progress: Progress | None = None,
    ) -> Card:
        """Of 100 who start the course in a year; simulated now, with everything else going on.

        Raises:
            NotKnownError: If the year is outside the run.
            ScenarioError: If the scenario cannot be used.
        """
        return card_of(
            self.careers(year, scenario=scenario, sizes=sizes, workers=workers, progress=progress),
            self.id,
            self.name,
            self.group,
            year,
            self.region,
            _scenario_id(scenario),
        )

    def careers(
        self,
        year: int,
        *,
        scenario: str | Path | None = None,
        sizes: dict[str, int] | None = None,
        workers: int = 1,
        progress: Progress | None = None,
    ) -> Careers:
        """Counts of all routes of the region with the course among them, for any of the tables."""
        from simulator.scenario import load_scenario

        loaded = load_scenario(_path(scenario), dict(sizes or CARD_SIZES))
        spec = self.specification(compile_scenario(loaded), year)
        counts = count_region(spec, self.region, workers=workers, progress=progress)
        names = (*routes(), self.id)
        tables = region_tables(spec, names, loaded.id, self.region, counts)
        return Careers(manifest_of([loaded], [spec], [self.region]), tables, {})

    def seat(
        self,
        year: int,
        *,
        seats: int | None = None,
        scenario: str | Path | None = None,
        sizes: dict[str, int] | None = None,
        workers: int = 1,
        progress: Progress | None = None,
    ) -> SeatEffect:
        """What one more place on the course does; see :func:`seat_effect`."""
        from simulator.scenario import load_scenario

        loaded = load_scenario(_path(scenario), dict(sizes or SIZES))
        spec = self.specification(compile_scenario(loaded), year)
        return seat_effect_of(
            loaded,
            spec,
            self.pathway,
            self.name,
            year,
            self.region,
            seats=seats,
            workers=workers,
            progress=progress,
        )


def _path(scenario: str | Path | None) -> Path:
    return Path(scenario) if scenario is not None else find_scenarios() / "england.toml"


def _scenario_id(scenario: str | Path | None) -> str:
    return str(tomllib.loads(_path(scenario).read_text(encoding="utf-8"))["id"])


_RIGHT: Final = {
    "id": "give a short name of small letters, digits and _, not that of a route",
    "name": "give a name of 1 to 200 characters",
    "group": f"give one of {', '.join(GROUPS)}",
    "region": "give the code of an NHS England region: ",
    "intake": f"give a number of people from 1 to {MOST:,}",
    "completion": "give a share above 0 and up to 1",
    "seek_share": "give a share from 0 to 1",
    "months": f"give a whole number of months from 1 to {LONGEST}",
    "start_month": "give a whole number from 1 (January) to 12",
    "band_range": f"give one of {', '.join(BAND_RANGES)}",
    "supervised": "give true or false",
    "age": "give a whole number of years from 18 to 60",
}


def _regions() -> list[str]:
    return sorted({one.region_code for one in load_trusts()})


def _number(value: Any, low: float, high: float, *, whole: bool = False) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return low <= value <= high and (not whole or value == int(value))


def _fits(name: str, value: Any) -> bool:
    """Is the value of a field right?"""
    match name:
        case "id":
            text = isinstance(value, str) and 0 < len(value) <= 64 and value[0].isalpha()
            good = text and all(c.isdigit() or c == "_" or "a" <= c <= "z" for c in value)
            return good and value not in routes()
        case "name":
            return isinstance(value, str) and 0 < len(value.strip()) <= 200
        case "group":
            return value in GROUPS
        case "region":
            return value in _regions()
        case "band_range":
            return value in BAND_RANGES
        case "supervised":
            return isinstance(value, bool)
        case _:
            low, high, whole = _BOUNDS[name]
            return _number(value, low, high, whole=whole)


_LEAST: Final = 1e-3
_BOUNDS: Final = {
    "intake": (1, MOST, False),
    "completion": (_LEAST, 1, False),
    "seek_share": (0, 1, False),
    "months": (1, LONGEST, True),
    "start_month": (1, 12, True),
    "age": (18, 60, True),
}


def course_problems(values: dict[str, Any], file: str, where: str) -> list[Problem]:
    """Everything that is wrong with the fields of a course.

    Args:
        values: By field; all fields of :class:`Course` that are not given are missing.
        file: What a problem is put down to.
        where: Address of the course in it, such as ``course[1].``.
    """
    known = {one.name: one for one in fields(Course)}
    problems = [
        Problem(
            file, f"{where}{name}", shown(values[name]), f"not known; known are {', '.join(known)}"
        )
        for name in values
        if name not in known
    ]
    for name, one in known.items():
        right = _RIGHT[name] + (", ".join(_regions()) if name == "region" else "")
        if name not in values:
            if one.default is MISSING:
                problems.append(Problem(file, f"{where}{name}", "", f"missing; {right}"))
        elif not _fits(name, values[name]):
            problems.append(Problem(file, f"{where}{name}", shown(values[name]), right))
    return problems


def read_courses(path: str | Path) -> list[Course]:
    """Read courses from a TOML file (tables ``[[course]]``) or a CSV file with a header.

    Raises:
        CourseError: With every problem of the file.
    """
    source = Path(path)
    rows, problems = _rows(source)
    names = [row.get("id") for row in rows]
    for number, row in enumerate(rows):
        where = f"course[{number}]."
        problems += course_problems(row, source.name, where)
        if names.count(row.get("id")) > 1 and row.get("id") is not None:
            words = "given to two courses; each needs its own"
            problems.append(Problem(source.name, f"{where}id", shown(row["id"]), words))
    if not rows and not problems:
        problems.append(Problem(source.name, "", "", "no course in it; give [[course]] or a CSV"))
    if problems:
        raise CourseError(problems)
    return [Course(**row) for row in rows]


def _rows(source: Path) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Fields of each course of a file, or what is wrong with the file."""
    try:
        text = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        words = f"cannot be read as UTF-8 text: {error.__class__.__name__}"
        return [], [Problem(str(source), "", "", words)]
    if source.suffix.lower() == ".csv":
        read = csv.DictReader(text.splitlines())
        return [
            {name: _typed(name, value) for name, value in row.items() if name and value}
            for row in read
        ], []
    try:
        found = tomllib.loads(text).get("course", [])
    except tomllib.TOMLDecodeError as error:
        return [], [Problem(source.name, "", "", f"not readable as TOML: {error}")]
    if not (isinstance(found, list) and all(isinstance(one, dict) for one in found)):
        return [], [Problem(source.name, "course", shown(found), "give tables [[course]]")]
    return found, []


def _typed(name: str, text: str) -> Any:
    """A cell of a CSV file as the field's kind of value; the text itself if it is not one."""
    if name == "supervised":
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
    if name not in _BOUNDS:
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
