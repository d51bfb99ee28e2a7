"""A trust's own table of posts, loaded in the page: screened, checked, and held in memory alone.

Nothing here repeats a value of the table: a message names its line and its column.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from simulator.domain.words import BANDS, GROUPS
from simulator.scenario import Problem, ScenarioError
from simulator.scenario.rows import COLUMNS, MOST_PROBLEMS, Row, check_rows, parse_rows

LARGEST: Final = 2_000_000
"""Bytes above which a table is refused unread: some 40,000 posts."""
FILE: Final = "your table"
_PERSONAL: Final = (
    (re.compile(r"name|initial|title"), "a name"),
    (re.compile(r"^ni$|nino|national.?insurance|^ni.?(no|num)"), "a National Insurance number"),
    (re.compile(r"nhs.?(no|num)"), "an NHS number"),
    (re.compile(r"e.?mail"), "an e-mail address"),
    (re.compile(r"birth|^dob$|d\.o\.b"), "a date of birth"),
    (re.compile(r"post.?code|address|phone|mobile"), "an address"),
    (
        re.compile(r"employee|assignment|payroll|staff.?(no|num|id)|person|gender|ethnic"),
        "a person",
    ),
)
"""What a column is called that tells of a person."""
_SHAPES: Final = (
    (re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+"), "an e-mail address"),
    (
        re.compile(r"\b[A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]\b", re.I),
        "a National Insurance number",
    ),
    (re.compile(r"\b\d{3}[\s-]?\d{3}[\s-]?\d{4}\b"), "an NHS number"),
    (re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-](19|20)?\d{2}\b|\b(19|20)\d{2}-\d{2}-\d{2}"), "a date"),
    (re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b", re.I), "a postcode"),
    (re.compile(r"[A-Za-z]{2,}[,\s]+[A-Za-z]{2,}"), "a name"),
)
"""What a value looks like that tells of a person."""


@dataclass(frozen=True, slots=True)
class Table:
    """A checked table of one trust's posts.

    Attributes:
        trust: Its code.
        text: The table as CSV, in order; it is in no file.
    """

    trust: str
    text: str = field(repr=False)

    @property
    def digest(self) -> str:
        """First 16 digits of the SHA-256 of the text."""
        return sha256(self.text.encode()).hexdigest()[:16]

    @property
    def file(self) -> str:
        """The name to save it under, which states its digest."""
        return f"own-{self.trust.lower()}-{self.digest}.csv"

    @property
    def name(self) -> str:
        """The name under which a scenario lists it."""
        return f"tables/{self.file}"


def read_table(content: bytes, trust: str) -> Table:
    """Check a table that somebody loads.

    Args:
        content: CSV with the columns of a census's posts.
        trust: Code of the one trust whose posts it may hold.

    Raises:
        ScenarioError: With every problem, none of which repeats a value.
    """
    problems = list(_size(content)) or list(_screened(content))
    if problems:
        raise ScenarioError(problems[:MOST_PROBLEMS])
    try:
        rows = parse_rows(content, FILE)
    except ScenarioError as error:
        raise ScenarioError([_silent(one) for one in error.problems]) from None
    others = sorted({row["trust"] for row in rows} - {trust})
    problems = [
        Problem(FILE, f"line {row['line']}, trust", "", f"the table must hold {trust} alone")
        for row in rows
        if row["trust"] != trust
    ]
    problems += [_silent(one) for one in check_rows(FILE, rows, frozenset({trust, *others}))]
    if problems:
        raise ScenarioError(problems[:MOST_PROBLEMS])
    return Table(trust, _text(rows))


def _size(content: bytes) -> Iterator[Problem]:
    if len(content) > LARGEST:
        words = f"{len(content):,} bytes; a table of one trust's posts has at most {LARGEST:,}"
        yield Problem(FILE, "", "", words)
    elif not content.strip():
        yield Problem(FILE, "", "", "the file is empty")
    elif content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield Problem(FILE, "", "", 'UTF-16 text; in Excel save as "CSV UTF-8"')
    elif content[:4] == b"PK\x03\x04":
        yield Problem(FILE, "", "", 'a workbook, not a table; in Excel save as "CSV UTF-8"')


def _screened(content: bytes) -> Iterator[Problem]:
    """What seems to tell of a person: columns by their names, values by their shapes."""
    text = content.decode("utf-8-sig", errors="replace")
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        return  # said where the table is read
    header = lines[0] if lines else []
    for number, name in enumerate(header, 1):
        found = None if name in COLUMNS else _called(name)
        if found:
            words = f"seems to hold {found}; take the column out: nobody is to be named"
            yield Problem(FILE, f"column {number}", "", words)
    first = 1 if set(header) & set(COLUMNS) else 0
    for line, cells in enumerate(lines[first:], first + 1):
        for number, cell in enumerate(cells, 1):
            found = next((words for shape, words in _SHAPES if shape.search(cell)), None)
            if found:
                words = f"looks like {found}, and is not shown; take it out: nobody is to be named"
                yield Problem(FILE, f"line {line}, column {number}", "", words)


def _called(name: str) -> str | None:
    return next((what for words, what in _PERSONAL if words.search(name.strip().lower())), None)


def _silent(problem: Problem) -> Problem:
    """A problem without the value; of the first line, whose words may be values, only the rule."""
    words = problem.message
    if problem.where == "line 1":
        words = f"the first line must be {','.join(COLUMNS)}"
    elif problem.where.startswith("serial of"):
        return Problem(FILE, "serial", "", words)
    return Problem(FILE, problem.where, "", words)


def _text(rows: list[Row]) -> str:
    """Rows in order of group, band and serial: one text for one table."""
    order = sorted(
        rows,
        key=lambda row: (
            GROUPS.index(row["group"]),
            BANDS.index(row["band"]),
            int(row["serial"]),
        ),
    )
    store = io.StringIO()
    writer = csv.writer(store, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([row[name] for name in COLUMNS] for row in order)
    return store.getvalue()


def counted(table: Table) -> list[tuple[str, str, int, int]]:
    """Group, band, posts and people of a table, in order: what is shown of it."""
    rows = parse_rows(table.text.encode(), table.file)
    posts = Counter((row["group"], row["band"]) for row in rows)
    people = Counter((row["group"], row["band"]) for row in rows if row["state"] == "filled")
    return [(group, band, count, people[group, band]) for (group, band), count in posts.items()]


def pattern(rows: list[Row]) -> str:
    """Rows as the text of a table, to be filled in by the trust."""
    return _text(rows)
