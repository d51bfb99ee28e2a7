"""The few facts of a census that a scenario is checked against, read without the census itself."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from simulator.scenario.problems import Problem
from simulator.scenario.reader import Layered, inside

FILES: Final = (
    "manifest.toml",
    "posts.csv",
    "trainees.csv",
    "graduates.csv",
    "candidates.csv",
    "hazards.csv",
    "joiner_ages.csv",
    "regions.csv",
    "reconciliation.csv",
    "fitted.toml",
)
"""Files of a census folder."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a scenario needs to know of its census.

    Attributes:
        folder: The census folder, resolved.
        opening: Opening month, blank if the manifest names none.
        trusts: Codes of the trusts with posts.
        fitted: Names of the values in fitted.toml.
        files: Files of the folder, in the order of :data:`FILES`.
    """

    folder: Path
    opening: str
    trusts: frozenset[str]
    fitted: tuple[str, ...]
    files: tuple[Path, ...]


def read_facts(layered: Layered, census: str) -> tuple[Facts | None, list[Problem]]:
    """Read the facts of a census folder.

    Args:
        layered: The merged scenario.
        census: The folder as the scenario names it.
    """
    folder, wrong = inside(layered.folder, layered.base_of("census"), census)
    if folder is None:
        return None, [layered.problem(("census",), census, wrong)]
    if not folder.is_dir():
        words = "no such folder; give the census folder relative to this file"
        return None, [layered.problem(("census",), census, words)]
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        words = f"not a whole census: it lacks {', '.join(missing)}"
        return None, [layered.problem(("census",), census, words)]
    outside = [name for name in FILES if (folder / name).resolve().parent != folder]
    if outside:
        words = f"{', '.join(outside)} links out of the census folder; copy the file into it"
        return None, [layered.problem(("census",), census, words)]
    try:
        return _facts(folder), []
    except (OSError, ValueError) as error:
        words = f"the census cannot be read: {error}; `workforce census check` says more"
        return None, [layered.problem(("census",), census, words)]


def _facts(folder: Path) -> Facts:
    manifest = _toml(folder / "manifest.toml")
    return Facts(
        folder=folder,
        opening=str(manifest.get("opening", "")),
        trusts=_trusts(folder / "posts.csv"),
        fitted=tuple(sorted(_toml(folder / "fitted.toml"))),
        files=tuple(folder / name for name in FILES),
    )


def _trusts(posts: Path) -> frozenset[str]:
    """Codes in the first column, read again when the file has changed."""
    held = posts.stat()
    return _trusts_of(posts, held.st_mtime_ns, held.st_size)


@lru_cache(maxsize=8)
def _trusts_of(posts: Path, _time: int, _size: int) -> frozenset[str]:
    """The file is large, so lines are not taken apart further."""
    lines = posts.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0].split(",", 1)[0] != "trust":
        raise ValueError("the first column of posts.csv must be trust")
    return frozenset(line.split(",", 1)[0] for line in lines[1:] if line)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def resolve_tables(
    layered: Layered, tables: Sequence[str], held: frozenset[str] = frozenset()
) -> tuple[list[tuple[str, Path]], list[Problem]]:
    """Resolve the tables of posts; returns (name, path) of those that may be read.

    Args:
        layered: The merged scenario.
        tables: Their names.
        held: Names of those that are in memory and need no file.
    """
    found: list[tuple[str, Path]] = []
    problems: list[Problem] = []
    for place, name in enumerate(tables):
        path, wrong = inside(layered.folder, layered.base_of("census_rows"), name)
        if path is not None and name not in held and not path.is_file():
            wrong = "no such file; give the path of a CSV table relative to this file"
        if wrong or path is None:
            problems.append(layered.problem(("census_rows", place), name, wrong))
        else:
            found.append((name, path))
    return found, problems
