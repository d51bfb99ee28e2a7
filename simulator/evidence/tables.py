"""Tables of evidence: CSV files, each with units, sources and a grade in tables.toml."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from simulator.evidence.schema import Grade, TableEntry, read_entries, repeated_ids
from simulator.evidence.sources import EVIDENCE_FOLDER, Source, load_sources, unknown_sources

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

TABLES_FOLDER: Final = EVIDENCE_FOLDER / "tables"
TEXT_UNITS: Final = frozenset({"text", "code", "month", "source ids"})
"""Units of columns that are words: read as text even where they look like numbers."""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """What a table is and where it comes from.

    Attributes:
        id: Name used in the program.
        path: The CSV file.
        title: The table in words.
        columns: Unit of each column, in file order; ``text`` and ``code`` are words.
        sources: Source ids, see ``load_sources``.
        year: Year the table describes.
        grade: A official and directly applicable, B scope caveat, C proxy, D assumption.
        note: How it came about and what to beware of.
        licence: Terms under which the figures may be used.
        review_by: Month by which somebody should look again, YYYY-MM.
    """

    id: str
    path: Path
    title: str
    columns: Mapping[str, str]
    sources: tuple[str, ...]
    year: int
    grade: Grade
    note: str
    licence: str
    review_by: str


@cache
def load_tables() -> Mapping[str, TableInfo]:
    """Return the description of every table by id, read once a process.

    Raises:
        ValueError: If tables.toml is malformed; the message lists every problem.
    """
    text = (TABLES_FOLDER / "tables.toml").read_text(encoding="utf-8")
    return parse_tables(text, load_sources(), TABLES_FOLDER)


def parse_tables(text: str, sources: Mapping[str, Source], folder: Path) -> Mapping[str, TableInfo]:
    """Read a tables.toml and check it against its folder and the sources.

    Args:
        text: Content of a tables.toml.
        sources: The sources that tables may name.
        folder: Where the CSV files lie.

    Raises:
        ValueError: If anything is wrong; the message lists every problem, one a line.
    """
    try:
        raw = tomllib.loads(text).get("table")
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"the list of tables is not readable as TOML: {error}") from error
    entries, problems = read_entries(raw, TableEntry, "table")
    problems += repeated_ids(entries, "table")
    for entry in entries:
        for name in unknown_sources(tuple(entry.sources), sources):
            problems.append(f"table {entry.id}: source {name!r} is not in sources.csv")
        problems += _header_problems(entry, folder)
    if problems:
        raise ValueError("the evidence tables are not sound:\n" + "\n".join(problems))
    return MappingProxyType({entry.id: _info(entry, folder) for entry in entries})


def table_info(table_id: str) -> TableInfo:
    """Return the description of one table.

    Raises:
        KeyError: If there is no such table.
    """
    tables = load_tables()
    if table_id not in tables:
        raise KeyError(f"no table {table_id!r}; there are {', '.join(sorted(tables))}")
    return tables[table_id]


def table_rows(table_id: str) -> list[dict[str, str]]:
    """Return a table as rows of text, blank where the evidence has no figure.

    Raises:
        KeyError: If there is no such table.
    """
    return [dict(row) for row in _read_rows(table_info(table_id).path)]


@cache
def _read_rows(path: Path) -> tuple[dict[str, str], ...]:
    """Rows of a table of the package, which does not change while it is in use."""
    with path.open(newline="", encoding="utf-8") as stream:
        return tuple(csv.DictReader(stream))


def load_table(table_id: str) -> pd.DataFrame:
    """Return a table as a data frame: words as text, figures as numbers, blanks missing.

    Raises:
        KeyError: If there is no such table.
    """
    import pandas as pd  # slow to load; callers that need rows only never pay for it

    info = table_info(table_id)
    words = {name: str for name, unit in info.columns.items() if unit in TEXT_UNITS}
    return pd.read_csv(info.path, dtype=words, keep_default_na=False, na_values=[""])


def _header_problems(entry: TableEntry, folder: Path) -> list[str]:
    path = folder / entry.file
    if not path.is_file():
        return [f"table {entry.id}: file {entry.file} does not exist"]
    with path.open(newline="", encoding="utf-8") as stream:
        header = next(csv.reader(stream), [])
    if header != list(entry.columns):
        return [
            f"table {entry.id}: columns {', '.join(header)} differ from the declared "
            f"{', '.join(entry.columns)}"
        ]
    return []


def _info(entry: TableEntry, folder: Path) -> TableInfo:
    return TableInfo(
        id=entry.id,
        path=folder / entry.file,
        title=entry.title,
        columns=MappingProxyType(dict(entry.columns)),
        sources=tuple(entry.sources),
        year=entry.year,
        grade=entry.grade,
        note=entry.note,
        licence=entry.licence,
        review_by=entry.review_by,
    )
