"""A submission as a file, for laptops that cannot connect: a scenario with a head of three lines.

The head stands in comments, so the file is a scenario as any other: ``workforce run`` takes it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulator.scenario import Problem, Scenario, ScenarioError, load_scenario
from simulator.scenario.problems import shown
from simulator.scenario.reader import COMMAND_LINE, TOO_DEEP, inside, parse_toml
from simulator.scenario.toml_text import toml_text
from simulator.ui.room.words import NAME, NOTE, RoomError, Typed, cleaned

BASE: Final = "england.toml"
"""The scenario without levers that a file is laid over if it extends none."""
LARGEST: Final = 200_000
"""Bytes above which a file is refused unread."""
_MARK: Final = "#: "
_FORMAT: Final = 1


class _Head(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    submission: int = Field(ge=_FORMAT, le=_FORMAT)
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class Imported:
    """A submission read from a file; name and note are blank if it is a plain scenario."""

    name: str
    note: str
    scenario: Scenario


def export_submission(scenario: str, name: str, note: str) -> str:
    """Return the text of a submission's file.

    Args:
        scenario: The scenario, TOML.
        name: Who submits it.
        note: Why.
    """
    head = toml_text({"submission": _FORMAT, "name": name, "note": note})
    return "".join(_MARK + line for line in head.splitlines(keepends=True)) + "\n" + scenario


def read_submission(content: bytes, file: str, folder: Path) -> Imported:
    """Read a submission's file, or a scenario's, and check all of it.

    Args:
        content: The file's bytes.
        file: Its name, for messages.
        folder: The folder of scenarios in which it is to be understood.

    Raises:
        ScenarioError: With every problem of head and scenario.
    """
    text = _decoded(content, file)
    head, problems = _head(text, file)
    scenario = None
    try:
        scenario = scenario_of(text, file, folder)
    except ScenarioError as error:
        problems += error.problems
    if problems or scenario is None:
        raise ScenarioError(problems)
    return Imported(head.name, head.note, scenario)


def scenario_of(text: str, file: str, folder: Path) -> Scenario:
    """Return a scenario from its text, understood as a file in a folder of scenarios.

    Args:
        text: TOML.
        file: What problems are put down to.
        folder: The folder, with :data:`BASE` in it.

    Raises:
        ScenarioError: With every problem.
    """
    parsed = parse_toml(text, file)
    extends = parsed.pop("extends", BASE)
    base, wrong = _base(extends, folder)
    if wrong:
        raise ScenarioError([Problem(file, "extends", shown(extends), wrong)])
    try:
        found = load_scenario(base, parsed)
    except ScenarioError as error:
        raise ScenarioError([_named(one, file) for one in error.problems]) from error
    except RecursionError as error:
        raise ScenarioError([Problem(file, "", "", TOO_DEEP)]) from error
    return found.model_copy(update=_own_words(parsed))


def _own_words(parsed: Mapping[str, Any]) -> dict[str, Any]:
    """Words that describe one file alone are this file's, not those of the file it extends."""
    return {
        "workshop": parsed.get("workshop"),
        "sources": tuple(parsed.get("sources", ())),
        "fails_in": parsed.get("fails_in"),
    }


def _decoded(content: bytes, file: str) -> str:
    words = ""
    if len(content) > LARGEST:
        words = f"{len(content):,} bytes; a submission has at most {LARGEST:,}"
    elif not content.strip():
        words = "the file is empty; export the submission again"
    else:
        try:
            return content.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            words = "not UTF-8 text; choose the .toml file that was exported"
    raise ScenarioError([Problem(file, "", "", words)])


def _head(text: str, file: str) -> tuple[_Head, list[Problem]]:
    """Read the head; without one the file is a plain scenario."""
    blank = _Head(submission=_FORMAT, name="", note="")
    lines = [line for line in text.splitlines() if line.startswith(_MARK)]
    if not lines:
        return blank, []
    try:
        head = _Head.model_validate(
            tomllib.loads("\n".join(line.removeprefix(_MARK) for line in lines))
        )
        cleaned(
            Typed(head.name, "name", NAME), Typed(head.note, "note", NOTE, lines=True, blank=True)
        )
    except ValidationError as error:
        return blank, [
            Problem(file, f"head, {'.'.join(map(str, one['loc']))}", "", one["msg"])
            for one in error.errors()
        ]
    except RoomError as error:
        return blank, [Problem(file, "head", "", words) for words in error.problems]
    except ValueError as error:
        return blank, [Problem(file, "head", "", f"not readable as TOML: {error}")]
    return head, []


def _base(extends: object, folder: Path) -> tuple[Path, str]:
    folder = folder.resolve()
    if not isinstance(extends, str) or not extends:
        return folder, 'give the name of another scenario file in quotes, such as "england.toml"'
    found, wrong = inside(folder, folder, extends)
    if found is not None and not found.is_file():
        wrong = f"no such file in the folder of scenarios; {BASE} is the usual one"
    elif found is not None and found.parent != folder:
        wrong = "not in the folder of scenarios itself; extend one that is"
    return found or folder, wrong


def _named(problem: Problem, file: str) -> Problem:
    if problem.file != COMMAND_LINE:
        return problem
    return Problem(file, problem.where, problem.value, problem.message)
