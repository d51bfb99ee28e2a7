"""Reading scenario files: TOML, the files they extend, and paths that must stay in the folder."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from simulator.scenario.problems import Problem, ScenarioError, shown

LARGEST: Final = 2_000_000
"""Bytes above which a scenario file is refused unread."""
DEEPEST: Final = 8
"""Files that may extend each other in a chain."""
COMMAND_LINE: Final = "command line"
PATH_KEYS: Final = ("census", "census_rows")
_WHOLE: Final = ("place",)
"""Tables a child replaces whole: a place is exactly one kind."""
NUMBERED: Final = {"lever": ("id",), "programme": ("id",), "own": ("trust", "group")}
"""Lists of tables that a child adds to, and the keys that name an entry."""

OWN: Final = ("workshop", "sources", "fails_in")
"""Keys that describe one file alone: a file that extends it does not have them."""

Path_ = tuple[str | int, ...]


@dataclass(slots=True)
class Layered:
    """A scenario merged from its files.

    Attributes:
        top: The file that was asked for.
        content: Merged content, as TOML gave it.
        origin: The file each key or table entry was last set in.
        entry_origin: For each entry of a numbered list, its file and its place in that file.
        files: Files read, the outermost first.
    """

    top: Path
    content: dict[str, Any] = field(default_factory=dict)
    origin: dict[Path_, str] = field(default_factory=dict)
    entry_origin: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The folder that no path may leave."""
        return self.top.parent

    def problem(self, path: Path_, value: object, message: str) -> Problem:
        """Return a problem at a path of the merged content, put down to the file it stands in."""
        file, path = self._locate(path)
        return Problem(file, dotted(path), "" if value is None else shown(value), message)

    def _locate(self, path: Path_) -> tuple[str, Path_]:
        entries = self.entry_origin.get(str(path[0]), [])
        place = path[1] if len(path) > 1 else None
        if isinstance(place, int) and place < len(entries):
            file, number = entries[place]
            return file, (path[0], number, *path[2:])
        for length in range(len(path), 0, -1):
            if path[:length] in self.origin:
                return self.origin[path[:length]], path
        return self.name_of(self.top), path

    def name_of(self, file: Path) -> str:
        """Return a file as a planner names it: relative to the folder of the scenario."""
        return (
            file.relative_to(self.folder).as_posix() if self.folder in file.parents else str(file)
        )

    def base_of(self, key: str) -> Path:
        """Return the folder to which the path under a key is relative."""
        name = self.origin.get((key,), "")
        return self.folder if name == COMMAND_LINE else (self.folder / name).parent


def dotted(path: Path_) -> str:
    """Return a path as ``lever[2].start`` or ``parameters."need.growth".value``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            plain = step.replace("_", "").replace("-", "").isalnum() and step.isascii()
            text += ("." if text else "") + (step if plain else f'"{step}"')
    return text


def read_layers(path: Path, overrides: Mapping[str, object]) -> Layered:
    """Read a scenario file and those it extends, and merge them.

    Args:
        path: The scenario file.
        overrides: Values laid over the file, as a last child would.

    Raises:
        ScenarioError: If a file cannot be read, or the chain of files leaves the folder or
            goes in a circle.
    """
    layered = Layered(top=_resolved(path))
    chain: list[tuple[str, dict[str, Any]]] = []
    file: Path | None = layered.top
    while file is not None:
        name = layered.name_of(file) if chain else str(path)
        content = read_toml(file, name)
        layered.files.append(file)
        chain.append((layered.name_of(file), content))
        file = _extended(layered, file, content.pop("extends", None))
    for number, (name, content) in reversed(list(enumerate(chain))):
        kept = content if number == 0 else {k: v for k, v in content.items() if k not in OWN}
        _merge(layered, name, kept)
    _merge(layered, COMMAND_LINE, dict(overrides))
    return layered


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise ScenarioError([Problem(str(path), "", "", f"not a path: {error}")]) from error


_DEEP: Final = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){12}""")
"""A key inside so many keys that thousands of them take minutes to read."""
TOO_DEEP: Final = "keys inside keys, too many to follow; a scenario needs three at most"


def read_toml(file: Path, name: str) -> dict[str, Any]:
    """Read a TOML file of sensible size.

    Raises:
        ScenarioError: If it is missing, unreadable, empty or not TOML.
    """
    text = _decode(read_bytes(file, name), name)
    if not text.strip():
        empty = "the file is empty; scenarios/england.toml shows what a scenario holds"
        raise ScenarioError([Problem(name, "", "", empty)])
    return parse_toml(text, name)


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Read the text of a TOML file; problems are put down to ``name``.

    Raises:
        ScenarioError: If it is not TOML, or nests keys deeper than any scenario does.
    """

    def refuse(message: str) -> ScenarioError:
        return ScenarioError([Problem(name, "", "", message)])

    if _DEEP.search(text):
        raise refuse(TOO_DEEP)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refuse(
            f"not readable as TOML: {error}. Text stands in quotes, numbers and lists do not"
        ) from error
    except (ValueError, RecursionError) as error:
        raise refuse(
            "not readable as TOML: a number is too long or lists are nested too deep"
        ) from error


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ScenarioError(
            [
                Problem(
                    name,
                    f"line {line}",
                    f"byte {content[error.start]:#04x}",
                    "not UTF-8 text; save the file with the encoding UTF-8",
                )
            ]
        ) from error


def read_bytes(file: Path, name: str, largest: int = LARGEST) -> bytes:
    """Read a regular file of sensible size.

    Raises:
        ScenarioError: If it is missing, not a regular file, unreadable or too large.
    """
    try:
        if not file.exists():
            message = "no such file; check the name and the folder"
        elif not file.is_file():
            message = "this is not a file; name the .toml or .csv file itself"
        elif file.stat().st_size > largest:
            message = f"the file is larger than {largest:,} bytes; it is not what it should be"
        else:
            return file.read_bytes()
    except (OSError, ValueError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise ScenarioError([Problem(name, "", "", message)])


def _extended(layered: Layered, file: Path, extends: object) -> Path | None:
    if extends is None:
        return None

    def refuse(message: str) -> ScenarioError:
        return ScenarioError([Problem(layered.name_of(file), "extends", shown(extends), message)])

    if not isinstance(extends, str) or not extends:
        raise refuse('the name of another scenario file in quotes, such as "england.toml"')
    parent, message = inside(layered.folder, file.parent, extends)
    if parent is None:
        raise refuse(message)
    if parent in layered.files:
        raise refuse("these files extend each other in a circle; one must stand alone")
    if len(layered.files) >= DEEPEST:
        raise refuse(f"more than {DEEPEST} files extend each other; extend an earlier one")
    if not parent.is_file():
        raise refuse("no such file; give the path of a scenario file relative to this file")
    return parent


def inside(folder: Path, base: Path, relative: str) -> tuple[Path | None, str]:
    """Resolve a relative path that must stay inside a folder, links followed.

    Args:
        folder: The folder not to be left, resolved.
        base: The folder the path is relative to.
        relative: The path as written.

    Returns:
        The resolved path, or none and what is wrong.
    """
    if Path(relative).is_absolute():
        return None, "an absolute path; give a path relative to this file"
    try:
        found = (base / relative).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        return None, f"not a path: {error}"
    if found != folder and folder not in found.parents:
        return None, f"the path leaves the scenario folder {folder}; copy what it names into it"
    return found, ""


def _merge(layered: Layered, name: str, content: dict[str, Any]) -> None:
    for key, value in content.items():
        if key in NUMBERED and isinstance(value, list):
            _merge_entries(layered, name, key, value)
            continue
        layered.origin[key,] = name
        held = layered.content.get(key)
        if isinstance(value, Mapping) and isinstance(held, dict) and key not in _WHOLE:
            held.update(value)
        else:
            layered.content[key] = dict(value) if isinstance(value, Mapping) else value
        if isinstance(value, Mapping):
            layered.origin.update({(key, entry): name for entry in value})


def _merge_entries(layered: Layered, name: str, key: str, entries: list[Any]) -> None:
    """Append a file's entries; one with the name of an earlier file's entry takes its place."""
    held = layered.content.setdefault(key, [])
    if not isinstance(held, list):
        held = layered.content[key] = []
    origin = layered.entry_origin.setdefault(key, [])
    names = (_name(key, entry) for entry in held)
    places = {known: number for number, known in enumerate(names) if known}
    for number, entry in enumerate(entries):
        place = places.get(_name(key, entry))
        if place is None:
            held.append(entry)
            origin.append((name, number))
        else:
            held[place] = entry
            origin[place] = (name, number)


def _name(key: str, entry: object) -> tuple[str, ...]:
    """What names an entry of a numbered list; nothing if it is unsound."""
    found = [entry.get(one) for one in NUMBERED[key]] if isinstance(entry, Mapping) else [None]
    return tuple(map(str, found)) if all(isinstance(one, str) for one in found) else ()
