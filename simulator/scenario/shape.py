"""What the shape of a scenario gets wrong, in a planner's words."""

from __future__ import annotations

import copy
import datetime
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from simulator.scenario.problems import Problem
from simulator.scenario.reader import Layered, Path_
from simulator.scenario.schema import ScenarioFile, description_of, part_at

_TYPE_WORDS: Final = {
    "string_type": "text in quotes is expected",
    "int_type": "a whole number is expected",
    "float_type": "a number is expected",
    "bool_type": "true or false is expected",
    "tuple_type": "a list is expected",
    "dict_type": "a table is expected",
    "model_type": "a table is expected",
    "finite_number": "not a finite number",
}
_VALUE_WORDS: Final = {
    "string_pattern_mismatch": "not well formed",
    "literal_error": "not one of the values allowed",
    "greater_than_equal": "outside the range",
    "less_than_equal": "outside the range",
    "too_short": "it is empty",
    "string_too_short": "it is empty",
    "string_too_long": "the text is too long",
}
_LISTS: Final = frozenset(
    {"trusts", "ics", "regions", "groups", "pathways", "programmes", "census_rows"}
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is sound of a scenario, so that other checks can go on.

    Attributes:
        file: The sound parts.
        numbers: Place of each sound lever among all levers.
    """

    file: ScenarioFile
    numbers: tuple[int, ...]


def check_shape(layered: Layered) -> tuple[Draft, list[Problem]]:
    """Check keys, types and ranges; return the sound parts and all problems of shape."""
    content = copy.deepcopy(layered.content)
    levers = content.get("lever")
    numbers = tuple(range(len(levers))) if isinstance(levers, list) else ()
    problems: list[Problem] = []
    seen: set[Path_] = set()
    while True:
        try:
            return Draft(ScenarioFile.model_validate(content), numbers), problems
        except ValidationError as error:
            details = error.errors(include_url=False)
        paths = [tuple(detail["loc"]) for detail in details]
        for detail, path in zip(details, paths, strict=True):
            shown_path = _renumbered(path, numbers)
            if shown_path not in seen:
                seen.add(shown_path)
                problems.append(_in_words(layered, shown_path, detail))
        numbers = _prune(content, paths, numbers)


def _renumbered(path: Path_, numbers: tuple[int, ...]) -> Path_:
    if len(path) > 1 and path[0] == "lever" and isinstance(path[1], int):
        return ("lever", numbers[path[1]], *path[2:])
    return path


def _prune(
    content: dict[str, Any], paths: list[Path_], numbers: tuple[int, ...]
) -> tuple[int, ...]:
    """Take out the unsound parts (whole entries, else whole keys); returns the levers left."""
    levers: set[int] = set()
    for path in paths:
        key, rest = str(path[0]), path[1:]
        if key == "lever" and rest and isinstance(rest[0], int):
            levers.add(rest[0])
        elif key in ("parameters", "fitted") and rest and isinstance(content.get(key), dict):
            content[key].pop(rest[0], None)
        else:
            content.pop(key, None)
    if not levers or "lever" not in content:
        return numbers
    kept = [place for place in range(len(numbers)) if place not in levers]
    content["lever"] = [content["lever"][place] for place in kept]
    return tuple(numbers[place] for place in kept)


def _in_words(layered: Layered, path: Path_, detail: ErrorDetails) -> Problem:
    """Put one of pydantic's errors into words."""
    kind, value = detail["type"], detail["input"]
    right = description_of(path)
    if kind == "extra_forbidden":
        return layered.problem(path, value, _unknown_key(path))
    if kind == "missing":
        return layered.problem(path, None, f"missing; expected: {right}")
    wrong = _wrong(kind, value, path, detail)
    return layered.problem(path, value, f"{wrong}; expected: {right}" if right else wrong)


def _wrong(kind: str, value: object, path: Path_, detail: ErrorDetails) -> str:
    if kind == "tuple_type" and path[-1] in _LISTS:
        return "a list in square brackets is expected, even for one name"
    if kind in _TYPE_WORDS:
        return _TYPE_WORDS[kind] + _not_this(value)
    return _VALUE_WORDS.get(kind) or str(detail["msg"])


def _not_this(value: object) -> str:
    """Say what was found, where a spreadsheet's habit explains the mistake."""
    if isinstance(value, bool):
        return ", not true or false"
    if isinstance(value, str):
        return ", without quotes"
    if isinstance(value, float) and math.isfinite(value):
        return ", without a decimal point"
    if isinstance(value, datetime.date):
        return ": put the month in quotes"
    if isinstance(value, Mapping):
        return ", not a table"
    return ""


def _unknown_key(path: Path_) -> str:
    part = part_at(path)
    known = sorted(field.alias or key for key, field in part.model_fields.items())
    near = difflib.get_close_matches(str(path[-1]), known, n=1, cutoff=0.5)
    hint = f'did you mean "{near[0]}"? ' if near else ""
    return f"unknown key; {hint}known here: {', '.join(known)}"
