"""Problems of a scenario in a planner's words: file, field, value, and what would be right."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 96
SCREEN: Final = 36
"""Lines of problems printed before the rest is only counted: one screen."""
_LONGEST: Final = 60


def printable(text: str) -> str:
    """Return text with control characters written out: a file must not steer a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def shown(value: object) -> str:
    """Return a value as a TOML file would show it, on one line and shortened."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=True)
    except (TypeError, ValueError):
        text = str(value)
    text = printable(text.replace("NaN", "nan").replace("Infinity", "inf"))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a scenario.

    Attributes:
        file: The file to open, or ``command line``.
        where: Path of the field, such as ``lever[2].start``; blank if the whole file is meant.
            Entries of a list are counted from 0.
        value: What stands there, as :func:`shown` writes it; blank if nothing does.
        message: What is wrong and what would be right.
    """

    file: str
    where: str
    value: str
    message: str

    def lines(self) -> list[str]:
        """Return the problem as lines no wider than ``WIDTH``."""
        field = printable(self.where) + (f" = {self.value}" if self.value else "")
        head = f"{printable(self.file)}: {field}" if field else printable(self.file)
        text = textwrap.wrap(printable(self.message), WIDTH - 4)
        return [head, *("    " + line for line in text)]


class ScenarioError(ValueError):
    """A scenario that cannot be run, with all its problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems; there is at least one."""
        self.problems = list(problems)
        super().__init__("\n".join(line for one in self.problems for line in one.lines()))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[list[Problem]]]:
        """Let the error pass between processes."""
        return (ScenarioError, (self.problems,))


def one_screen(problems: Sequence[Problem], limit: int = SCREEN) -> list[str]:
    """Return the first problems that fit in ``limit`` lines, and how many more there are."""
    lines: list[str] = []
    for number, problem in enumerate(problems):
        block = problem.lines()
        if lines and len(lines) + len(block) > limit:
            more = len(problems) - number
            return [*lines, f"and {more} more problem{'s' * (more > 1)}"]
        lines += block
    return lines
