"""Read a census and refuse what is unsound, naming every problem at once."""

from __future__ import annotations

import csv
import io
import math
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulator.domain.digests import Stamp, folder_stamp
from simulator.domain.words import BAND_RANGES, BANDS, GROUPS
from simulator.evidence.tables import table_rows
from simulator.evidence.trusts import load_trusts, opening_trusts
from simulator.model.census.tables import COLUMNS, Census, file_name
from simulator.model.steady import OLDEST, YOUNGEST
from simulator.scenario.dates import is_month
from simulator.scenario.problems import Problem
from simulator.scenario.rows import HOLDER, STATES, VACANT

if TYPE_CHECKING:
    import pandas as pd

Check = Callable[[str], str]
"""Returns what would be right, or an empty text if the value is."""
Rows = list[tuple[int, dict[str, str]]]
"""Line number and fields of each row."""

LONGEST_MONTHS: Final = 720
_WHOLE: Final = re.compile(r"[0-9]{1,9}")
_DECIMAL: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?(e-[0-9]{1,3})?")
_FTE: Final = re.compile(r"[01](\.[0-9]{1,2})?")


class CensusError(ValueError):
    """A census that cannot be used, with all its problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems; there is at least one."""
        self.problems = list(problems)
        super().__init__("\n".join(line for one in self.problems for line in one.lines()))

    def __reduce__(self) -> tuple[type[CensusError], tuple[list[Problem]]]:
        """Let the error pass between processes."""
        return (CensusError, (self.problems,))


def read_census(folder: Path) -> Census:
    """Read a census folder.

    Args:
        folder: As :func:`write_census` leaves it.

    Returns:
        The census; its tables are shared by all who read the same files, so none may change them.

    Raises:
        CensusError: Listing every problem of every file.
    """
    return _read_census(folder, folder_stamp(folder))


@lru_cache(maxsize=4)
def _read_census(folder: Path, _: Stamp) -> Census:
    import pandas as pd

    problems: list[Problem] = []
    manifest = _toml(folder / "manifest.toml", problems)
    opening = _opening(manifest, problems)
    known = frozenset(one.code for one in opening_trusts(opening)[0])
    frames: dict[str, pd.DataFrame] = {}
    for table in COLUMNS:
        if table == "fitted":
            continue
        rows = _rows(folder / file_name(table), COLUMNS[table], problems)
        problems += _table_problems(table, rows, known)
        frames[table] = pd.DataFrame([row for _, row in rows], columns=list(COLUMNS[table]))
    fits = _fits(folder / file_name("fitted"), problems)
    if problems:
        raise CensusError(problems)
    typed = {table: _typed(table, frame) for table, frame in frames.items()}
    evidence = manifest.get("evidence", {})
    return Census(opening=opening, fits=fits, sources=dict(evidence), **typed)


def read_posts(path: Path, text: str | None = None) -> pd.DataFrame:
    """Read one table of posts, such as a trust's own.

    Args:
        path: A CSV file with the columns of ``posts.csv``.
        text: Its text, if it is in memory and not in the file.

    Raises:
        CensusError: Listing every problem of the file.
    """
    import pandas as pd

    problems: list[Problem] = []
    rows = _rows(path, COLUMNS["posts"], problems, text)
    known = frozenset(one.code for one in load_trusts())
    problems += _table_problems("posts", rows, known, path.name)
    if problems:
        raise CensusError(problems)
    return _typed("posts", pd.DataFrame([row for _, row in rows], columns=list(COLUMNS["posts"])))


def _rows(
    path: Path, columns: tuple[str, ...], problems: list[Problem], text: str | None = None
) -> Rows:
    """Read a file as text fields; rows of the wrong length are problems and left out."""
    try:
        if text is None:
            text = path.read_text(encoding="utf-8-sig")  # Excel writes a mark first
    except OSError:
        problems.append(Problem(path.name, "", "", "the file is missing or cannot be read"))
        return []
    except UnicodeDecodeError as error:
        problems.append(Problem(path.name, f"byte {error.start}", "", "save the file as UTF-8"))
        return []
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    if tuple(header) != columns:
        problems.append(
            Problem(path.name, "line 1", ",".join(header), f"must be {','.join(columns)}")
        )
        return []
    found: Rows = []
    for row in reader:
        if len(row) != len(columns):
            problems.append(
                Problem(
                    path.name,
                    f"line {reader.line_num}",
                    ",".join(row),
                    f"has {len(row)} fields and must have {len(columns)}",
                )
            )
        else:
            found.append((reader.line_num, dict(zip(columns, row, strict=True))))
    if not found:
        problems.append(Problem(path.name, "", "", "has no usable row"))
    return found


def _whole(low: int, high: int) -> Check:
    def check(text: str) -> str:
        if _WHOLE.fullmatch(text) and low <= int(text) <= high:
            return ""
        return f"must be a whole number from {low} to {high}"

    return check


def _decimal(low: float, high: float) -> Check:
    def check(text: str) -> str:
        if _DECIMAL.fullmatch(text) and low <= float(text) <= high:
            return ""
        return f"must be a number from {low:g} to {high:g}"

    return check


def _one_of(known: Sequence[str], what: str) -> Check:
    allowed = frozenset(known)
    words = f"must be {what}"

    def check(text: str) -> str:
        return "" if text in allowed else words

    return check


def _fte(text: str) -> str:
    if _FTE.fullmatch(text) and 0.0 < float(text) <= 1.0:
        return ""
    return "must be an FTE from 0.01 to 1.00 in hundredths"


def _month(text: str) -> str:
    return "" if is_month(text) else "must be a month written YYYY-MM"


def _blank(reason: str) -> Check:
    def check(text: str) -> str:
        return f"must be blank for a {reason} post" if text else ""

    return check


def _anything(text: str) -> str:
    return ""


def _checks(table: str, trusts: frozenset[str]) -> Mapping[str, Check]:
    """Return the check of each column that does not depend on the row."""
    region = _one_of([one.region_code for one in load_trusts()], "a region code such as Y56")
    group = _one_of(GROUPS, f"one of {', '.join(GROUPS)}")
    people = _whole(0, 1_000_000)
    course = {
        "pathway": _one_of(
            [row["pathway"] for row in table_rows("pathways")], "a pathway of the evidence"
        ),
        "region": region,
        "start": _month,
    }
    age = _whole(YOUNGEST, OLDEST)
    ranges = _one_of(BAND_RANGES, f"one of {', '.join(BAND_RANGES)}")
    tables: dict[str, dict[str, Check]] = {
        "posts": {
            "trust": _one_of(sorted(trusts), "the code of a trust open at the opening"),
            "group": group,
            "band": _one_of(BANDS, f"one of {', '.join(BANDS)}"),
            "serial": people,
            "fte": _fte,
            "state": _one_of(STATES, f"one of {', '.join(STATES)}"),
        },
        "trainees": {**course, "enrolled": people},
        "graduates": {**course, "waiting": people},
        "candidates": {
            "region": region,
            "group": group,
            "band_range": ranges,
            "experienced": people,
            "supply": _decimal(0, 1e6),
        },
        "hazards": {"age": age, "leaving": _decimal(0, 12), "retiring": _decimal(0, 12)},
        "joiner_ages": {"age": age, "share": _decimal(0, 1)},
        "regions": {"region": region, "trust_fte": _decimal(0, 1e8), "share": _decimal(0, 1)},
        "reconciliation": {"line": _anything},
    }
    return tables[table]


_MONTHS: Final = _whole(0, LONGEST_MONTHS)
_HOLDER: Final[Mapping[str, Check]] = {
    "age": _whole(YOUNGEST, OLDEST),
    "tenure_months": _MONTHS,
    "band_months": _MONTHS,
    **dict.fromkeys(VACANT, _blank("filled")),
}
_VACANCY: Final[Mapping[str, Check]] = {
    **dict.fromkeys(HOLDER, _blank("vacant")),
    "due_months": _whole(1, 228),
    "elapsed_months": _MONTHS,
}


def _table_problems(
    table: str, rows: Rows, trusts: frozenset[str], name: str = ""
) -> list[Problem]:
    file = name or file_name(table)
    found: list[Problem] = []
    fixed = _checks(table, trusts)
    for line, row in rows:
        _add_wrong(found, file, line, row, fixed)
        if table == "posts":
            checks = _HOLDER if row["state"] == "filled" else _VACANCY
            if row["state"] in STATES:
                _add_wrong(found, file, line, row, checks)
    if table == "posts":
        return found + _serial_problems(rows, file)
    return found + _repeated(table, rows, file) + _share_problems(table, rows, file)


def _add_wrong(
    found: list[Problem], file: str, line: int, row: Mapping[str, str], checks: Mapping[str, Check]
) -> None:
    for column, check in checks.items():
        wrong = check(row[column])
        if wrong:
            found.append(Problem(file, f"line {line}, {column}", row[column] or "blank", wrong))


def _serial_problems(rows: Rows, file: str) -> list[Problem]:
    """Serials of a trust, group and band are 0, 1, ... without repeats or gaps."""
    seen: dict[tuple[str, str, str], dict[int, int]] = defaultdict(dict)
    found: list[Problem] = []
    for line, row in rows:
        if not _WHOLE.fullmatch(row["serial"]):
            continue
        serial = int(row["serial"])
        cell = seen[row["trust"], row["group"], row["band"]]
        if serial in cell:
            words = f"the same trust, group, band and serial stand in line {cell[serial]}"
            found.append(Problem(file, f"line {line}, serial", row["serial"], words))
        cell.setdefault(serial, line)
    for (trust, group, band), cell in seen.items():
        if max(cell) != len(cell) - 1:
            gap = next(k for k in range(len(cell)) if k not in cell)
            words = (
                f"serials of {trust} {group} {band} must run from 0 without gaps; {gap} is missing"
            )
            found.append(Problem(file, f"line {cell[max(cell)]}, serial", str(max(cell)), words))
    return found


_KEYS: Final = {
    "trainees": 3,
    "graduates": 3,
    "candidates": 3,
    "hazards": 1,
    "joiner_ages": 1,
    "regions": 1,
}
"""Number of leading columns that name a row."""


def _repeated(table: str, rows: Rows, file: str) -> list[Problem]:
    seen: dict[tuple[str, ...], int] = {}
    found = []
    for line, row in rows:
        if table not in _KEYS:
            break
        key = tuple(row[column] for column in COLUMNS[table][: _KEYS[table]])
        if key in seen:
            words = f"stands in line {seen[key]} already"
            found.append(Problem(file, f"line {line}", ",".join(key), words))
        seen.setdefault(key, line)
    return found


def _share_problems(table: str, rows: Rows, file: str) -> list[Problem]:
    """Shares add up to 1, and tables by age hold every age."""
    found = []
    if table in ("joiner_ages", "regions"):
        total = sum(float(r["share"]) for _, r in rows if _DECIMAL.fullmatch(r["share"]))
        if rows and not math.isclose(total, 1.0, abs_tol=1e-4):
            found.append(Problem(file, "share", f"{total:.6f}", "the shares must add up to 1"))
    if table in ("hazards", "joiner_ages"):
        ages = {row["age"] for _, row in rows}
        missing = [str(a) for a in range(YOUNGEST, OLDEST + 1) if str(a) not in ages]
        if rows and missing:
            words = f"must hold every age from {YOUNGEST} to {OLDEST}"
            found.append(Problem(file, "age", f"no {', '.join(missing[:5])}", words))
    return found


def _toml(path: Path, problems: list[Problem]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        problems.append(Problem(path.name, "", "", "the file is missing or cannot be read"))
    except ValueError as error:
        problems.append(Problem(path.name, "", "", f"not readable as TOML: {error}"))
    return {}


def _opening(manifest: Mapping[str, Any], problems: list[Problem]) -> str:
    opening = manifest.get("opening")
    if isinstance(opening, str) and is_month(opening):
        return opening
    if manifest:
        words = "must be the opening month written YYYY-MM"
        problems.append(Problem("manifest.toml", "opening", str(opening), words))
    return "9999-12"


def _fits(path: Path, problems: list[Problem]) -> pd.DataFrame:
    """Read the fitted values, each a table that may say what it was fitted to."""
    import pandas as pd

    content = _toml(path, problems)
    rows = []
    for name, fit in content.items():
        value: Any = fit.get("value") if isinstance(fit, dict) else None
        if type(value) not in (int, float) or not 0 <= value < math.inf:
            words = "must be a number, not below 0"
            problems.append(Problem(path.name, f"{name}.value", str(value), words))
            continue
        nothing = {"unit": "", "fitted_to": "", "target": math.nan, "reached": math.nan, "note": ""}
        rows.append({"name": name, **nothing, **fit, "value": float(value)})
    problems += [
        Problem(path.name, f"{name}.value", "nothing", "this fitted value is missing")
        for name in NEEDED
        if content and name not in content
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS["fitted"]))


NEEDED: Final = (
    "tenure_first_year",
    "tenure_second_year",
    "part_time_share",
    "internal_share",
    "min_months",
    "approval_median",
    "approval_sigma",
    "round_median",
    "round_sigma",
    "again_median",
    "again_sigma",
    "mover_rate",
    "notice_median",
    "notice_sigma",
    "round_success",
    "move_share",
    "congestion",
    "supply_loss",
    *(f"newly_qualified_{one}" for one in BAND_RANGES),
)
"""Fitted values without which nothing can be simulated."""

_WORDS: Final = frozenset(
    {
        "trust",
        "group",
        "band",
        "state",
        "pathway",
        "region",
        "start",
        "band_range",
        "line",
        "unit",
        "grade",
        "source",
        "note",
    }
)
_REAL: Final = frozenset({"fte", "supply", "leaving", "retiring", "share", "trust_fte", "value"})


def _typed(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Turn checked text into words, whole numbers (blank: missing) and real numbers."""
    import pandas as pd

    typed = frame.copy()
    for column in typed.columns:
        if column in _REAL:
            typed[column] = typed[column].astype(float)
        elif column not in _WORDS:
            blank = table == "posts" and column in (*HOLDER, *VACANT)
            numbers = pd.to_numeric(typed[column].replace("", None))
            typed[column] = numbers.astype("Int64") if blank else numbers.astype("int64")
    return typed
