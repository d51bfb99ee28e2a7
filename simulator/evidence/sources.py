"""The list of sources that every parameter and every table must name."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

EVIDENCE_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Source:
    """One source of evidence.

    Attributes:
        id: Short code by which parameters and tables name it.
        title: What it is, as found.
        publisher: Who published it; blank where the title says so.
        year: Year or years of publication, as text; blank if not stated.
        url: Address; blank if only a description was recorded.
        reading: R read directly, S reported by another, D derived, blank if recorded per row.
    """

    id: str
    title: str
    publisher: str
    year: str
    url: str
    reading: str


@cache
def load_sources() -> Mapping[str, Source]:
    """Return all sources by id, in file order.

    Raises:
        ValueError: If ids repeat or a source has no title; lists every problem.
    """
    with (EVIDENCE_FOLDER / "sources.csv").open(newline="", encoding="utf-8") as stream:
        rows = [Source(**row) for row in csv.DictReader(stream)]
    problems = [f"sources.csv: {row.id or '(no id)'} has no title" for row in rows if not row.title]
    seen: dict[str, Source] = {}
    for row in rows:
        if row.id in seen:
            problems.append(f"sources.csv: id {row.id!r} is used twice")
        seen[row.id] = row
    if problems:
        raise ValueError("\n".join(problems))
    return MappingProxyType(seen)


def unknown_sources(ids: tuple[str, ...], known: Mapping[str, Source]) -> list[str]:
    """Return the ids that name no known source, in their order."""
    return [source for source in ids if source not in known]
