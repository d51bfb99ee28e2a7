"""The parameter library: every number the simulation uses, with unit, range, date and source."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from simulator.evidence.schema import (
    Grade,
    Kind,
    ParameterEntry,
    Shape,
    Unit,
    range_problems,
    read_entries,
    repeated_ids,
    rule_problems,
)
from simulator.evidence.sources import EVIDENCE_FOLDER, Source, load_sources, unknown_sources


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A value (in the unit of its parameter) and the first month in which it holds, YYYY-MM."""

    start: str
    value: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter with its provenance.

    Attributes:
        id: Dotted name, such as ``leaving.organisation_rate``.
        title: The parameter in words.
        unit: Unit of ``values``, ``low`` and ``high``.
        values: Dated values in order of date; each holds until the next.
        low: Lower bound of every dated value and of the draws.
        high: Upper bound of every dated value and of the draws.
        shape: Distribution of the draws: ``pert`` with the value as mode, ``uniform`` or ``fixed``.
        varies: Whether parameter draws sample it.
        sources: Source ids, see ``load_sources``.
        year: Year the figure describes (for an assumption, the year it was made).
        grade: A official and directly applicable, B scope caveat, C proxy, D assumption.
        kind: ``published``, ``derived`` or ``assumption``.
        note: How the value and the range came about.
        review_by: Month by which somebody should look again, YYYY-MM.
    """

    id: str
    title: str
    unit: Unit
    values: tuple[DatedValue, ...]
    low: float
    high: float
    shape: Shape
    varies: bool
    sources: tuple[str, ...]
    year: int
    grade: Grade
    kind: Kind
    note: str
    review_by: str

    @property
    def mode(self) -> float:
        """First dated value: the peak of the range when the library's range is drawn."""
        return self.values[0].value

    def at(self, month: str) -> float:
        """Return the value that holds in a month, in the parameter's unit.

        Args:
            month: YYYY-MM.

        Raises:
            ValueError: If the parameter has no value that early.
        """
        held = [dated.value for dated in self.values if dated.start <= month]
        if not held:
            raise ValueError(f"{self.id} has no value before {self.values[0].start}, asked {month}")
        return held[-1]


@dataclass(frozen=True, slots=True)
class Library:
    """All parameters, by id, in the order of the file."""

    parameters: Mapping[str, Parameter]

    def __iter__(self) -> Iterator[Parameter]:
        """Iterate over the parameters in file order."""
        return iter(self.parameters.values())

    def __len__(self) -> int:
        """Return the number of parameters."""
        return len(self.parameters)

    @property
    def ids(self) -> tuple[str, ...]:
        """All parameter ids in file order."""
        return tuple(self.parameters)

    def get(self, parameter_id: str) -> Parameter:
        """Return one parameter.

        Raises:
            KeyError: If there is no such id; the message offers the nearest ones.
        """
        if parameter_id in self.parameters:
            return self.parameters[parameter_id]
        near = difflib.get_close_matches(parameter_id, self.parameters, n=3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise KeyError(f"no parameter {parameter_id!r}{hint}")

    def at(self, parameter_id: str, month: str) -> float:
        """Return the value of a parameter in a month; errors as ``get`` and ``Parameter.at``."""
        return self.get(parameter_id).at(month)

    def filter(
        self,
        *,
        text: str = "",
        grade: Grade | None = None,
        kind: Kind | None = None,
        varies: bool | None = None,
    ) -> tuple[Parameter, ...]:
        """Return the parameters that meet every condition given, in file order.

        Args:
            text: Words looked for in id, title and note, in any case.
            grade: Evidence grade.
            kind: Published, derived or assumption.
            varies: Whether parameter draws sample it.
        """
        return tuple(
            one
            for one in self
            if text.casefold() in f"{one.id} {one.title} {one.note}".casefold()
            and grade in (None, one.grade)
            and kind in (None, one.kind)
            and varies in (None, one.varies)
        )

    def due(self, month: str) -> tuple[Parameter, ...]:
        """Return the parameters whose review month lies before ``month`` (YYYY-MM)."""
        return tuple(one for one in self if one.review_by < month)


@cache
def load_library() -> Library:
    """Return the library that ships with the package, read once a process.

    Raises:
        ValueError: If the file is malformed; the message lists every problem.
    """
    text = (EVIDENCE_FOLDER / "parameters.toml").read_text(encoding="utf-8")
    return parse_library(text, load_sources())


def parse_library(text: str, sources: Mapping[str, Source]) -> Library:
    """Read a parameter file and check all of it.

    Args:
        text: Content of a parameters.toml.
        sources: The sources that parameters may name.

    Raises:
        ValueError: If anything is wrong; the message lists every problem, one a line.
    """
    entries, problems = read_entries(_raw_entries(text), ParameterEntry, "parameter")
    problems += repeated_ids(entries, "parameter")
    for entry in entries:
        problems += range_problems(entry) + rule_problems(entry)
        for name in unknown_sources(tuple(entry.sources), sources):
            problems.append(f"parameter {entry.id}: source {name!r} is not in sources.csv")
    if problems:
        raise ValueError("the parameter library is not sound:\n" + "\n".join(problems))
    return Library(MappingProxyType({entry.id: _parameter(entry) for entry in entries}))


def _raw_entries(text: str) -> object:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"the parameter library is not readable as TOML: {error}") from error
    unknown = sorted(set(content) - {"parameter"})
    if unknown:
        raise ValueError(f"the parameter library has unknown tables: {', '.join(unknown)}")
    return content.get("parameter")


def _parameter(entry: ParameterEntry) -> Parameter:
    return Parameter(
        id=entry.id,
        title=entry.title,
        unit=entry.unit,
        values=tuple(DatedValue(dated.start, dated.value) for dated in entry.values),
        low=entry.low,
        high=entry.high,
        shape=entry.shape,
        varies=entry.varies,
        sources=tuple(entry.sources),
        year=entry.year,
        grade=entry.grade,
        kind=entry.kind,
        note=entry.note,
        review_by=entry.review_by,
    )
