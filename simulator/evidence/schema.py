"""What a parameter or table entry must look like in its file; all problems are found at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Grade = Literal["A", "B", "C", "D"]
Kind = Literal["published", "derived", "assumption"]
Shape = Literal["pert", "uniform", "fixed"]
Unit = Literal[
    "hazard per year",
    "annual probability",
    "ratio to average stock",
    "growth per year",
    "share",
    "per month",
    "months",
    "weeks",
    "years",
    "GBP",
    "FTE",
    "FTE per head",
    "FTE per bed",
    "heads",
    "factor",
    "log-sd",
]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Text = Annotated[str, Field(min_length=1)]
AT_MOST_ONE: Final = frozenset({"share", "annual probability", "per month"})
EntryT = TypeVar("EntryT", bound=BaseModel)
MAY_BE_NEGATIVE: Final = frozenset({"growth per year"})


class _Entry(BaseModel):
    """Settings shared by all entries: unknown fields, wrong types and infinities are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class DatedValueEntry(_Entry):
    """A value and the first month in which it holds."""

    start: Month = Field(alias="from")
    value: float


class ParameterEntry(_Entry):
    """One ``[[parameter]]`` of parameters.toml."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")]
    title: Text
    unit: Unit
    values: Annotated[list[DatedValueEntry], Field(min_length=1)]
    low: float
    high: float
    shape: Shape
    varies: bool
    sources: Annotated[list[Text], Field(min_length=1)]
    year: Annotated[int, Field(ge=1948, le=2100)]
    grade: Grade
    kind: Kind
    note: Text
    review_by: Month


class TableEntry(_Entry):
    """One ``[[table]]`` of tables.toml; ``columns`` maps each column to its unit."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    file: Annotated[str, Field(pattern=r"^[a-z0-9_]+\.csv$")]
    title: Text
    columns: Annotated[dict[str, Text], Field(min_length=1)]
    sources: Annotated[list[Text], Field(min_length=1)]
    year: Annotated[int, Field(ge=1948, le=2100)]
    grade: Grade
    note: Text
    licence: Text
    review_by: Month


def read_entries(raw: object, kind: type[EntryT], word: str) -> tuple[list[EntryT], list[str]]:
    """Check every raw entry and return the sound ones with the problems of the others.

    Args:
        raw: What the TOML file holds under ``word``.
        kind: The entry model.
        word: ``parameter`` or ``table``, for the messages.
    """
    if not isinstance(raw, list) or not raw:
        return [], [f"no [[{word}]] entries found"]
    entries: list[EntryT] = []
    problems: list[str] = []
    for number, item in enumerate(raw, start=1):
        try:
            entries.append(kind.model_validate(item))
        except ValidationError as error:
            problems += _in_words(error, _name_of(item, number, word))
    return entries, problems


def _name_of(item: object, number: int, word: str) -> str:
    if isinstance(item, Mapping) and "id" in item:
        return f"{word} {item['id']}"
    return f"{word} number {number}"


def _in_words(error: ValidationError, name: str) -> list[str]:
    return [
        f"{name}: {'.'.join(str(part) for part in detail['loc'])}: {detail['msg']}"
        for detail in error.errors()
    ]


def repeated_ids(entries: list[Any], word: str) -> list[str]:
    """Return one problem for every id that occurs more than once."""
    ids = [entry.id for entry in entries]
    return [
        f"{word} {name}: id used twice" for name in sorted({i for i in ids if ids.count(i) > 1})
    ]


def range_problems(entry: ParameterEntry) -> list[str]:
    """Return what is wrong with the numbers of a parameter that is well formed."""
    problems: list[str] = []
    if entry.low > entry.high:
        problems.append(f"low {entry.low} is above high {entry.high}")
    for dated in entry.values:
        if not entry.low <= dated.value <= entry.high:
            problems.append(
                f"value {dated.value} from {dated.start} is outside {entry.low} to {entry.high}"
            )
    numbers = [entry.low, entry.high, *(dated.value for dated in entry.values)]
    if entry.unit in AT_MOST_ONE and max(numbers) > 1:
        problems.append(f"a {entry.unit} cannot exceed 1")
    floor = -1.0 if entry.unit in MAY_BE_NEGATIVE else 0.0
    if min(numbers) < floor:
        problems.append(f"a {entry.unit} cannot be below {floor:g}")
    return [f"parameter {entry.id}: {problem}" for problem in problems]


def rule_problems(entry: ParameterEntry) -> list[str]:
    """Return where dates, shape, kind and grade of a parameter contradict each other."""
    problems: list[str] = []
    starts = [dated.start for dated in entry.values]
    if starts != sorted(set(starts)):
        problems.append("dated values must be in order, one a month")
    if entry.varies and (entry.shape == "fixed" or entry.low == entry.high):
        problems.append("it varies between draws, so it needs a shape and a range with width")
    if entry.kind == "assumption" and entry.grade != "D":
        problems.append(f"an assumption is grade D, not {entry.grade}")
    return [f"parameter {entry.id}: {problem}" for problem in problems]
