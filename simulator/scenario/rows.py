"""Tables of posts that a planner puts in place of a trust's rows in the census."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from simulator.domain.words import BANDS, GROUPS
from simulator.scenario.problems import Problem, ScenarioError, shown
from simulator.scenario.reader import read_bytes

COLUMNS: Final = (
    "trust",
    "group",
    "band",
    "serial",
    "fte",
    "state",
    "age",
    "tenure_months",
    "band_months",
    "due_months",
    "elapsed_months",
)
STATES: Final = ("filled", "approval", "advert", "agreed")
LARGEST: Final = 50_000_000
MOST_PROBLEMS: Final = 50
"""Problems of one table after which the rest of it is not checked."""
_FTE: Final = re.compile(r"[01](\.[0-9]{1,2})?")
HOLDER: Final = ("age", "tenure_months", "band_months")
VACANT: Final = ("due_months", "elapsed_months")

Row = dict[str, str]
Cell = tuple[str, str, str]
Wrong = tuple[str, str]
"""Column and what is wrong there."""


def read_rows(path: Path, name: str) -> list[Row]:
    """Read a table of posts as text, column by column.

    Args:
        path: The CSV file.
        name: The file as the scenario names it, for messages.

    Raises:
        ScenarioError: If the file is not such a table.
    """
    return parse_rows(read_bytes(path, name, LARGEST), name)


def parse_rows(content: bytes, name: str) -> list[Row]:
    """Take a table of posts apart, as :func:`read_rows` does.

    Args:
        content: CSV, UTF-8, with or without the mark that Excel puts first.
        name: The file as the scenario names it, for messages.

    Raises:
        ScenarioError: If it is not such a table.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        value = f"byte {content[error.start]:#04x}"
        words = 'not UTF-8 text; in Excel save as "CSV UTF-8"'
        raise ScenarioError([Problem(name, f"line {line}", value, words)]) from error
    try:
        return _rows(text, name)
    except csv.Error as error:
        raise ScenarioError([Problem(name, "", "", f"not a CSV table: {error}")]) from error


def _rows(text: str, name: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(reader, [])
    wrong = _header_problem(header)
    if wrong:
        raise ScenarioError([Problem(name, "line 1", shown(",".join(header)), wrong)])
    rows: list[Row] = []
    problems: list[Problem] = []
    for cells in reader:
        if len(cells) != len(COLUMNS):
            words = f"{len(cells)} columns where the first line has {len(COLUMNS)}"
            if not cells:
                words = "an empty line; delete it"
            value = shown(",".join(cells))
            problems.append(Problem(name, f"line {reader.line_num}", value, words))
            continue
        rows.append(dict(zip(COLUMNS, cells, strict=True)) | {"line": str(reader.line_num)})
    if not rows and not problems:
        problems.append(Problem(name, "", "", "the table has no rows; give a line for each post"))
    if problems:
        raise ScenarioError(problems[:MOST_PROBLEMS])
    return rows


def _header_problem(header: list[str]) -> str:
    expected = f"the first line must be {','.join(COLUMNS)}"
    if not header:
        return f"the file is empty; {expected}"
    if len(header) == 1 and ";" in header[0]:
        return f"columns are separated by semicolons; use commas, and {expected}"
    missing = [name for name in COLUMNS if name not in header]
    extra = [name for name in header if name not in COLUMNS]
    parts = [f"lacks {', '.join(missing)}"] * bool(missing)
    parts += [f"does not know {', '.join(extra)}"] * bool(extra)
    if parts:
        return f"the table {' and '.join(parts)}; {expected}"
    return "" if tuple(header) == COLUMNS else f"columns in another order; {expected}"


def check_rows(name: str, rows: list[Row], trusts: frozenset[str]) -> list[Problem]:
    """Check a table of posts.

    Args:
        name: The file as the scenario names it.
        rows: Its rows.
        trusts: Codes of the trusts in the census.
    """
    problems: list[Problem] = []
    serials: dict[Cell, set[str]] = {}
    for row in rows:
        cell = (row["trust"], row["group"], row["band"])
        wrongs = list(_row(row, trusts))
        if row["serial"] in serials.setdefault(cell, set()):
            wrongs.append(("serial", "another post of this trust, group and band has it"))
        serials[cell].add(row["serial"])
        for column, words in wrongs:
            where = f"line {row['line']}, {column}"
            problems.append(Problem(name, where, shown(row[column]), words))
        if len(problems) >= MOST_PROBLEMS:
            return problems
    return problems or list(_gaps(name, serials))


def _gaps(name: str, serials: dict[Cell, set[str]]) -> Iterator[Problem]:
    for cell, found in sorted(serials.items()):
        missing = sorted(set(range(len(found))) - {int(serial) for serial in found})
        if missing:
            words = f"serials count 0, 1, 2, ... without a gap; {missing[0]} is missing"
            yield Problem(name, f"serial of {' '.join(cell)}", shown(len(found)), words)


def _row(row: Row, trusts: frozenset[str]) -> Iterator[Wrong]:
    if row["trust"] not in trusts:
        yield "trust", "not a trust of the census; give the code of one that is open"
    if row["group"] not in GROUPS:
        yield "group", f"expected: {', '.join(GROUPS)}"
    if row["band"] not in BANDS:
        yield "band", f"expected: {', '.join(BANDS)}"
    yield from _count(row, "serial", 0, 99_999, "a whole number")
    yield from _fte(row)
    if row["state"] not in STATES:
        yield "state", f"expected: {', '.join(STATES)}"
    elif row["state"] == "filled":
        yield from _filled(row)
    else:
        yield from _vacant(row)


def _fte(row: Row) -> Iterator[Wrong]:
    if not _FTE.fullmatch(row["fte"]) or not 0 < float(row["fte"]) <= 1:
        yield "fte", "FTE from 0.01 to 1 in whole hundredths, with a decimal point, such as 0.6"


def _filled(row: Row) -> Iterator[Wrong]:
    yield from _count(row, "age", 16, 75, "whole years")
    for column in HOLDER[1:]:
        yield from _count(row, column, 0, 720, "whole months")
    for column in VACANT:
        if row[column]:
            yield column, "blank for a filled post"


def _vacant(row: Row) -> Iterator[Wrong]:
    yield from _count(row, "due_months", 1, 228, "whole months")
    yield from _count(row, "elapsed_months", 0, 720, "whole months")
    for column in HOLDER:
        if row[column]:
            yield column, "blank for a vacant post"


def _count(row: Row, column: str, low: int, high: int, word: str) -> Iterator[Wrong]:
    """Check a whole number of months, years or posts."""
    text = row[column]
    whole = text.isascii() and text.isdigit() and len(text) < 10
    if not whole or not low <= int(text) <= high:
        yield column, f"expected: {word} from {low} to {high}"
