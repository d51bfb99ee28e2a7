"""Times and memory that can be compared on a machine that others use too.

Ratios are taken in one interleaved run (A B A B ...): a slow spell of the machine slows both.
"""

from __future__ import annotations

import math
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Sample:
    """Repeated measurements of one figure."""

    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        return median(self.values)

    def per(self, amount: float) -> Sample:
        """The same measurements, each divided by an amount."""
        return Sample(tuple(value / amount for value in self.values))

    def plus(self, other: Sample) -> Sample:
        """Sums, round by round."""
        return Sample(tuple(a + b for a, b in zip(self.values, other.values, strict=True)))

    def over(self, other: Sample) -> Sample:
        """Ratios, round by round."""
        return Sample(tuple(a / b for a, b in zip(self.values, other.values, strict=True)))

    def words(self, unit: str = "", scale: float = 1.0) -> str:
        """Median, and the least and the most where there is more than one measurement."""
        text = f"{figure(self.middle * scale)}{unit}"
        if len(self.values) == 1:
            return f"{text} (1 round)"
        low, high = figure(min(self.values) * scale), figure(max(self.values) * scale)
        return f"{text} ({low}–{high}, {len(self.values)} rounds)"


def figure(value: float) -> str:
    """A number with three significant figures, never in powers of ten."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


Clock = Callable[[], float]
WALL: Final[Clock] = time.perf_counter
OWN: Final[Clock] = time.process_time
"""Time that this process was at work: waiting for a core that others use does not count."""


def seconds(work: Callable[[], object], clock: Clock = WALL) -> float:
    """Time of one call."""
    start = clock()
    work()
    return clock() - start


def interleave(
    works: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Clock = WALL,
    patience: float = 60.0,
) -> dict[str, Sample]:
    """Time several pieces of work in turn, at most ``rounds`` times over.

    No round is begun that would probably end after ``patience`` seconds; there is always one.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    start = time.perf_counter()
    for done in range(rounds):
        if done and (time.perf_counter() - start) * (done + 1) / done > patience:
            break
        for name, work in works.items():
            times[name].append(seconds(work, clock))
    return {name: Sample(tuple(values)) for name, values in times.items()}


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that has ended."""

    output: str
    seconds: float
    peak: int | None
    """Most bytes held at once by the process and its children; None where it cannot be known."""


def run_watched(command: Sequence[str], limit: float, every: float = 0.2) -> Ran:
    """Run a command and watch the memory of all its processes together.

    Memory is the proportional set size: a page that processes share is counted once.

    Raises:
        subprocess.TimeoutExpired: After ``limit`` seconds.
        subprocess.CalledProcessError: If the command fails.
    """
    start, peak = time.perf_counter(), 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            while process.poll() is None:
                peak = max(peak, _memory(process.pid))
                if time.perf_counter() - start > limit:
                    raise subprocess.TimeoutExpired(command, limit)
                time.sleep(every)
            took = time.perf_counter() - start
            output = process.stdout.read() if process.stdout else ""
        finally:
            if process.poll() is None:  # end its children too
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Ran(output, took, peak or None)


def _memory(process: int) -> int:
    """Proportional set size of a process and all below it, in bytes; 0 where it is not known."""
    parents = _parents()
    family, new = {process}, {process}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - family
        family |= new
    return sum(_proportional(member) for member in family)


def _parents() -> dict[int, int]:
    """Parent of each process of this machine."""
    parents: dict[int, int] = {}
    if not _PROC.is_dir():
        return parents
    for entry in os.scandir(_PROC):
        if entry.name.isdigit():
            try:
                stat = Path(entry.path, "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    return parents


def _proportional(process: int) -> int:
    try:
        lines = (_PROC / str(process) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
