"""Measure speed and memory, print a table and write it to benchmarks/speed.md.

    python benchmarks/speed.py [--quick] [--full] [--only NAME]

The last line says how many bars were met; the command ends with status 1 if one was not.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.cases import CASES, FAILURES, Effort, Row

ROOT: Final = Path(__file__).resolve().parent.parent
TABLE: Final = ROOT / "benchmarks" / "speed.md"
PACKAGES: Final = ("numpy", "simpy", "starsim", "mesa")
HEAD: Final = "| figure | measured | bar | |\n|---|---|---|---|\n"


def main() -> int:
    """Run the cases asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds and replications")
    parser.add_argument("--full", action="store_true", help="also England at ten times its size")
    parser.add_argument(
        "--only", choices=CASES, action="append", help="this part alone; writes no file"
    )
    given = parser.parse_args()
    effort = Effort(quick=given.quick, full=given.full)
    rows: list[Row] = []
    start = time.perf_counter()
    head = heading(effort)
    print(head)
    print(HEAD, end="")
    for name in given.only or CASES:
        for row in measure(name, effort):
            print(line(row), flush=True)
            rows.append(row)
        if not given.only:
            write(head, rows, time.perf_counter() - start, finished=name == list(CASES)[-1])
    print("\n" + verdict(rows))
    return int(any(row.met is False for row in rows))


def measure(name: str, effort: Effort) -> Iterator[Row]:
    """Rows of a case; a case that cannot finish says why."""
    try:
        yield from CASES[name](effort)
    except FAILURES as error:
        text = " ".join(f"{type(error).__name__}: {error}".replace(str(ROOT), ".").split())
        yield Row(name, f"stopped: {text[:200]}", "to finish", met=False)


def line(row: Row) -> str:
    """A row as Markdown."""
    words = {True: "met", False: "**not met**", None: "not measured" if row.bar else ""}
    return f"| {row.what} | {row.measured} | {row.bar} | {words[row.met]} |"


def verdict(rows: Iterable[Row]) -> str:
    """How many bars were met."""
    barred = [row.met for row in rows if row.bar]
    unmet, unknown = barred.count(False), barred.count(None)
    return (
        f"{barred.count(True)} of {len(barred)} bars met, {unmet} not met, {unknown} not measured"
    )


def heading(effort: Effort) -> str:
    """When, what and on what; nothing that names the machine."""
    kind = "quick" if effort.quick else "full" if effort.full else "usual"
    found = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    lines = [
        f"{now}, commit {commit()}, {kind} run.",
        f"{', '.join(found)}; {os.cpu_count()} cores ({platform.machine()}), {busy()}.",
        "Median (least–most, rounds). Ratios are of measurements taken in turn in one run. Time is",
        "wall time for England, for processes and for one trust, and elsewhere the process's own.",
    ]
    return "\n".join(lines) + "\n"


def busy() -> str:
    """How much else ran when the run began."""
    try:
        return f"{os.getloadavg()[0]:.1f} other tasks running at the start"
    except OSError:
        return "load not known"


def commit() -> str:
    """The commit measured, and whether the tree differs from it."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", ".", ":!benchmarks")
        return git("rev-parse", "--short=12", "HEAD") + (", with changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "not known"


def write(head: str, rows: list[Row], took: float, *, finished: bool) -> None:
    """Write the table, with what is there so far."""
    parts = [
        "# Speed\n\nWritten by `python benchmarks/speed.py`; ",
        "`README.md` says what each row means.\n\n",
        head + "\n",
        HEAD,
        *(line(row) + "\n" for row in rows),
        f"\n{verdict(rows)}; {took:.0f} s{'' if finished else ' so far, not finished'}.\n",
    ]
    TABLE.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
