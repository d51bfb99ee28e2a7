"""A sweep file: which scenario, what is varied, and the points that follow from it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError

from simulator.experiments.simulate import Progress
from simulator.experiments.variants import SETTINGS, vary
from simulator.scenario import Problem, Scenario, ScenarioError
from simulator.scenario.problems import shown
from simulator.scenario.reader import dotted, read_toml
from simulator.scenario.schema import Line, RelativePath, Slug, Strict

MOST_POINTS: Final = 20_000
_MANY: Final = 40
"""Problems after which further points are not checked."""
_DIGITS: Final = 6
_TYPES: Final = frozenset({"bool", "int", "float", "str"})
"""Steps that pydantic adds to the place of a value which may be of several types."""

Value = bool | int | float | str


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class Axis(Strict):
    """One thing that is varied, and its values."""

    what: str = Field(description="an address such as lever.retention.value or parameters.ID")
    values: Annotated[tuple[Value, ...] | None, BeforeValidator(_as_tuple)] = Field(
        None, min_length=1, description="a list of values, such as [0.8, 0.9, 1.0]"
    )
    low: float | None = Field(None, description="lowest number of a sample")
    high: float | None = Field(None, description="highest number of a sample")

    def at(self, unit: float) -> Value:
        """Return the value at a position in [0, 1) along the axis."""
        if self.values is not None:
            return self.values[int(unit * len(self.values))]
        assert self.low is not None
        assert self.high is not None
        return round(self.low + (self.high - self.low) * unit, _DIGITS)


class SweepFile(Strict):
    """What a sweep file holds."""

    id: Slug = Field(description="a name of small letters, digits and hyphens")
    title: Line = Field(description="the sweep in one line")
    scenario: RelativePath = Field(description="a scenario file, relative to this file")
    points: Literal["grid", "latin-hypercube", "sobol"] = Field(
        "grid", description='"grid" (every combination), "latin-hypercube" or "sobol" (a sample)'
    )
    count: int | None = Field(None, ge=1, le=MOST_POINTS, description="points of a sample")
    seed: int = Field(1, ge=0, le=2**63 - 1, description="seed of a sample, a whole number")
    settings: dict[Literal["seed", "months", "draws", "replications"], int] = Field(
        default_factory=dict, description=f"settings of all runs: {', '.join(SETTINGS)}"
    )
    vary: Annotated[tuple[Axis, ...], BeforeValidator(_as_tuple)] = Field(
        min_length=1, description="what is varied, each a [[vary]] table"
    )


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a sweep: what is changed, and the scenario that follows."""

    changes: Mapping[str, Value]
    scenario: Scenario


def read_sweep_file(path: Path) -> SweepFile:
    """Read and check a sweep file.

    Raises:
        ScenarioError: With every problem found.
    """
    content = read_toml(path, str(path))
    try:
        file = SweepFile.model_validate(content)
    except ValidationError as error:
        raise ScenarioError(problems_of(error, str(path))) from error
    problems = [Problem(str(path), where, value, words) for where, value, words in _wrong(file)]
    if problems:
        raise ScenarioError(problems)
    return file


def problems_of(error: ValidationError, name: str) -> list[Problem]:
    """Put pydantic's errors on a file into a planner's words."""
    return [
        Problem(
            name,
            dotted(
                tuple(one for one in detail["loc"] if one not in {"bool", "int", "float", "str"})
            ),
            "" if detail["type"] == "missing" else shown(detail["input"]),
            detail["msg"],
        )
        for detail in error.errors(include_url=False)
    ]


def _wrong(file: SweepFile) -> list[tuple[str, str, str]]:
    found = []
    names = [axis.what for axis in file.vary]
    for number, axis in enumerate(file.vary):
        where = f"vary[{number}]"
        ranged = (axis.low is not None) + (axis.high is not None)
        if names.index(axis.what) != number:
            found.append((f"{where}.what", shown(axis.what), "is varied twice; keep one"))
        if (axis.values is None) == (ranged == 0) or ranged == 1:
            found.append((where, "", "give either values, or low and high"))
        elif ranged and file.points == "grid":
            found.append((where, "", "a grid needs values; low and high are for a sample"))
        elif axis.low is not None and axis.high is not None and axis.low >= axis.high:
            found.append((f"{where}.low", shown(axis.low), f"not below high, {axis.high:g}"))
    if file.points != "grid" and file.count is None:
        found.append(("count", "", f"missing; how many points the {file.points} sample has"))
    if file.points == "sobol" and file.count is not None and file.count & (file.count - 1):
        words = "a Sobol sample is balanced at powers of two only: 16, 32, 64, ..."
        found.append(("count", shown(file.count), words))
    size = grid_size(file)
    if size > MOST_POINTS:
        words = f"{size:,} combinations; at most {MOST_POINTS:,} are run"
        found.append(("vary", "", f"{words}: take fewer values, or a sample"))
    return found


def grid_size(file: SweepFile) -> int:
    """Return how many points a sweep has."""
    if file.points != "grid":
        return file.count or 0
    size = 1
    for axis in file.vary:
        size *= len(axis.values or ())
    return size


def changes_of(file: SweepFile) -> list[dict[str, Value]]:
    """Return the changes of each point, in order: the last axis of a grid turns fastest."""
    names = [axis.what for axis in file.vary]
    rows: Any
    if file.points == "grid":
        rows = itertools.product(*(axis.values or () for axis in file.vary))
    else:
        rows = ([axis.at(u) for axis, u in zip(file.vary, row, strict=True)] for row in _even(file))
    return [dict(zip(names, row, strict=True)) for row in rows]


def _even(file: SweepFile) -> list[list[float]]:
    """Return a seeded, even sample of the unit cube: (points, axes)."""
    from scipy.stats import qmc

    size = len(file.vary)
    if file.points == "sobol":
        sample = qmc.Sobol(size, rng=file.seed).random(file.count or 0)
    else:
        sample = qmc.LatinHypercube(size, rng=file.seed).random(file.count or 0)
    rows: list[list[float]] = sample.tolist()
    return rows


def read_points(path: Path, progress: Progress | None = None) -> tuple[SweepFile, list[Point]]:
    """Read a sweep file and check the scenario of every point.

    Args:
        path: The sweep file.
        progress: Told (done, total, words).

    Raises:
        ScenarioError: With the problems of the file and of all points.
    """
    file = read_sweep_file(path)
    target = path.parent / file.scenario
    points: list[Point] = []
    problems: dict[Problem, None] = {}
    every: list[dict[str, Value]] = changes_of(file)
    settings: dict[str, object] = {str(name): one for name, one in file.settings.items()}
    for number, changes in enumerate(every):
        try:
            points.append(Point(changes, vary(target, changes, settings, named=str(path))))
        except ScenarioError as error:
            problems.update(dict.fromkeys(error.problems))
            if len(problems) >= _MANY:
                break
        if progress is not None:
            progress(number + 1, len(every), "checking points")
    if problems:
        raise ScenarioError(list(problems))
    return file, points
