"""Run a specification: blocks of replications on processes, summed up as they finish.

Regions do not touch each other under the law, so each process has its own regions and keeps their
summaries; only totals of places that cross regions (England) travel. Block size and the number of
processes change nothing in the result.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing as mp
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import TrainingFlow
from simulator.engines.arrays import make_layout, sum_block
from simulator.experiments.pool import on_cluster, run_many, same
from simulator.model.specification import Specification
from simulator.results.summaries import (
    CellSummary,
    PlaceSummary,
    PlaceTotals,
    Series,
    place_totals,
)
from simulator.results.totals import YEAR, BlockTotals, PoolRecord

Progress = Callable[[int, int, str], None]
"""Called with (work done, work in all, words)."""

_TARGET: Final = 300_000
"""Opening posts x replications of a block: few enough for the cache, many enough for NumPy."""
_LEAST: Final = 32  # replications, however large the region: the fixed cost of a month is shared
_LARGEST: Final = 1024
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Options of glibc's mallopt."""


class RunFailedError(RuntimeError):
    """A run stopped with an error; the message says where."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Regions that are simulated together, and the places that lie wholly inside them."""

    regions: tuple[str, ...]
    places: NDArray[np.intp]
    posts: int


@dataclass(slots=True)
class UnitSummary:
    """Statistics of one unit, ready for tables."""

    cells: NDArray[np.intp]
    cell_statistics: NDArray[np.float32]
    places: NDArray[np.intp]
    fte_statistics: NDArray[np.float64]
    flow_statistics: NDArray[np.float64]
    money_statistics: NDArray[np.float64]
    trusts: NDArray[np.intp]
    moves: tuple[NDArray[np.float64], NDArray[np.float64]]  # mean and sd a year, (Y, J, J)
    training_lines: NDArray[np.intp]
    training_statistics: NDArray[np.float64]
    events: int
    pools: PoolRecord | None


@dataclass(slots=True)
class Summary:
    """Statistics of a run: one part for each unit, and the places that cross units."""

    units: list[UnitSummary] = field(default_factory=list)
    wide: PlaceSummary | None = None

    @property
    def events(self) -> int:
        """Events simulated: joinings, leavings, moves, promotions, completions, vacancies."""
        return sum(unit.events for unit in self.units)


def find_units(spec: Specification) -> tuple[list[Unit], NDArray[np.intp]]:
    """Units of a specification, one for each region, and the places that cross regions."""
    regions = sorted(set(spec.trust_region))
    of_trust = np.array([regions.index(region) for region in spec.trust_region])
    member = np.asarray(spec.places.member.any(axis=0), dtype=np.bool_)
    units, seen = [], np.zeros(len(member), dtype=np.bool_)
    for number, region in enumerate(regions):
        inside = member[:, of_trust == number].any(axis=1)
        inside &= ~member[:, of_trust != number].any(axis=1)
        seen |= inside
        cells = of_trust[spec.cells.trust] == number
        posts = int(spec.cells.posts[cells].sum())
        units.append(Unit((region,), np.flatnonzero(inside), posts))
    return units, np.flatnonzero(~seen)


def block_size(spec: Specification, posts: int) -> int:
    """Replications of a block: a power of two that keeps a block in cache."""
    wanted = max(_TARGET // max(posts, 1), _LEAST)
    size = min(1 << int(np.log2(wanted)), _LARGEST)
    return max(1, min(size, spec.replications))


class UnitRun:
    """Simulates the blocks of one unit and keeps their summaries."""

    def __init__(self, spec: Specification, unit: Unit, *, pools: bool = False) -> None:
        self.spec, self.unit, self.pools = spec, unit, pools
        self.layout = make_layout(spec, unit.regions)
        self.cells = CellSummary(self.layout.cells, spec.months)
        self.places = PlaceSummary(spec, unit.places) if len(unit.places) else None
        names = spec.training.names
        lines = [i for i, (_, region) in enumerate(names) if region in unit.regions]
        self.lines = np.array(lines, dtype=np.intp)
        self.years = spec.months // YEAR
        series = self.years * len(TrainingFlow) * len(lines)
        self.training = Series(series, np.arange(series), spec.draws)
        self.events = 0
        trusts = len(self.layout.trusts)
        self.won = np.zeros((2, self.years, trusts, trusts), dtype=np.int64)
        self.record: PoolRecord | None = None

    def play(self, first: int, count: int, tick: Callable[[int], None] | None) -> BlockTotals:
        """Simulate one block and add it up."""
        totals = sum_block(self.layout, first, count, pools=self.pools, tick=tick)
        self.take(totals)
        return totals

    def take(self, totals: BlockTotals) -> None:
        """Add up a block."""
        count = totals.heads.shape[-1]
        self.cells.add(totals)
        if self.places is not None:
            self.places.add(place_totals(self.spec, self.unit.places, totals))
        if self.training.series:
            by_line = totals.training[:, :, self.lines].reshape(-1, count).astype(np.int64)
            draws = (totals.first_replication + np.arange(count)) % self.spec.draws
            self.training.add(by_line, draws)
        self.events += totals.events
        self.won += totals.won
        self._record(totals.pools)

    def _record(self, record: PoolRecord | None) -> None:
        if record is None:
            return
        if self.record is None:
            self.record = record
            return
        for name in PoolRecord.__dataclass_fields__:
            getattr(self.record, name)[...] += getattr(record, name)

    def _moves(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation over replications of the moves a year, to x from."""
        mean, square = self.won / max(self.spec.replications, 1)
        return mean, np.sqrt(np.maximum(square - mean**2, 0.0))

    def summary(self) -> UnitSummary:
        """Statistics of everything added."""
        empty = np.empty((0,))
        shape = (-1, self.years, len(TrainingFlow), len(self.lines))
        training = self.training
        return UnitSummary(
            cells=self.cells.cells,
            cell_statistics=self.cells.statistics(),
            places=self.unit.places,
            fte_statistics=self.places.fte_statistics() if self.places else empty,
            flow_statistics=self.places.flow_statistics() if self.places else empty,
            money_statistics=self.places.money_statistics() if self.places else empty,
            trusts=self.layout.trusts,
            moves=self._moves(),
            training_lines=self.lines,
            training_statistics=training.statistics().reshape(shape) if training.series else empty,
            events=self.events,
            pools=self.record,
        )


def _blocks(replications: int, size: int) -> Iterator[tuple[int, int]]:
    for first in range(0, replications, size):
        yield first, min(size, replications - first)


def simulate(
    spec: Specification,
    *,
    workers: int | None = None,
    size: int | None = None,
    pools: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Simulate all replications of a specification with the arrays engine.

    Args:
        spec: The specification.
        workers: Processes; by default one for each core, at most one for each region.
        size: Replications of a block; by default what suits the cache. It changes no result.
        pools: Whether to record the availability of candidates, for a baseline.
        progress: Told how far the run is.

    Raises:
        RunFailedError: When a process stops with an error.
        BooksError: When books do not balance.
    """
    units, wide = find_units(spec)
    _keep_memory()
    size = size or block_size(spec, max((unit.posts for unit in units), default=1))
    count = min(workers or os.cpu_count() or 1, max(len(units), 1))
    wide_summary = PlaceSummary(spec, wide) if len(wide) else None
    counter = _Counter(len(units) * spec.replications * spec.months, progress)
    gather = _WideTotals(wide_summary, len(units))
    if on_cluster():
        found = _run_elsewhere(_UnitWork(spec, wide, size, pools), units, gather, counter)
        return Summary(found, wide_summary)
    if count == 1:
        runs = [UnitRun(spec, unit, pools=pools) for unit in units]
        for first, number in _blocks(spec.replications, size):
            for run in runs:
                totals = run.play(first, number, partial(counter.month, number))
                if wide_summary is not None:
                    gather.add(place_totals(spec, wide, totals))
        return Summary([run.summary() for run in runs], wide_summary)
    parts = _share_out(units, count)
    told = _Pool(spec, parts, wide, size, pools).run(gather, counter)
    order = {unit.regions: i for i, unit in enumerate(units)}
    summaries = sorted(told, key=lambda item: order[item[0]])
    return Summary([summary for _, summary in summaries], wide_summary)


def _share_out(units: list[Unit], count: int) -> list[list[Unit]]:
    """Share units among processes: the largest first, to whoever has least."""
    parts: list[list[Unit]] = [[] for _ in range(count)]
    load = [0] * count
    for unit in sorted(units, key=lambda unit: -unit.posts):
        least = load.index(min(load))
        parts[least].append(unit)
        load[least] += unit.posts
    return [part for part in parts if part]


class _Counter:
    """Counts replication-months done."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.done, self.total, self.progress = 0, max(total, 1), progress

    def month(self, replications: int, _: int) -> None:
        """One month of a block is done."""
        self.add(replications)

    def add(self, amount: int) -> None:
        """Some replication-months are done."""
        self.done += amount
        if self.progress is not None:
            self.progress(self.done, self.total, "simulating")


class _WideTotals:
    """Adds up the parts of places that cross units, block by block."""

    def __init__(self, summary: PlaceSummary | None, parts: int) -> None:
        self.summary, self.parts = summary, parts
        self.open: dict[int, tuple[int, PlaceTotals]] = {}

    def add(self, totals: PlaceTotals) -> None:
        first = totals.first_replication
        count, sofar = self.open.pop(first, (0, None))
        whole = totals if sofar is None else sofar + totals
        if count + 1 < self.parts:
            self.open[first] = (count + 1, whole)
        elif self.summary is not None:
            self.summary.add(whole)


@dataclass(frozen=True, slots=True)
class _UnitWork:
    """What all units of a run share."""

    spec: Specification
    wide: NDArray[np.intp]
    size: int
    pools: bool

    def play(self, unit: Unit) -> tuple[UnitSummary, list[PlaceTotals]]:
        """Run a unit: its summary, and what each block adds to places that cross units."""
        _keep_memory()
        run = UnitRun(self.spec, unit, pools=self.pools)
        parts = []
        for first, number in _blocks(self.spec.replications, self.size):
            totals = run.play(first, number, None)
            if len(self.wide):
                parts.append(place_totals(self.spec, self.wide, totals))
        return run.summary(), parts


def _run_elsewhere(
    work: _UnitWork, units: list[Unit], gather: _WideTotals, counter: _Counter
) -> list[UnitSummary]:
    """Run units on a cluster, the largest first; summaries in the order of units."""
    order = sorted(range(len(units)), key=lambda i: -units[i].posts)
    jobs = [units[i] for i in order]
    found: dict[int, tuple[UnitSummary, list[PlaceTotals]]] = {}
    for number, played in run_many(_UnitWork.play, jobs, 1, work, ready=same):
        found[order[number]] = played
        counter.add(work.spec.replications * work.spec.months)
    for block in zip(*(parts for _, parts in found.values()), strict=True):
        for part in block:
            gather.add(part)
    return [found[i][0] for i in range(len(units))]


@dataclass(frozen=True, slots=True)
class _Failure:
    text: str


class _Pool:
    """Processes that each run their units; they end with this one, whatever happens."""

    def __init__(
        self,
        spec: Specification,
        parts: list[list[Unit]],
        wide: NDArray[np.intp],
        size: int,
        pools: bool,
    ) -> None:
        context: Any = mp.get_context("fork" if "fork" in mp.get_all_start_methods() else "spawn")
        self.processes, self.pipes = [], []
        for part in parts:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(
                target=_work, args=(spec, part, wide, size, pools, theirs), daemon=True
            )
            process.start()
            theirs.close()
            self.processes.append(process)
            self.pipes.append(ours)

    def run(
        self, gather: _WideTotals, counter: _Counter
    ) -> list[tuple[tuple[str, ...], UnitSummary]]:
        """Collect what the processes send until all have finished."""
        found: list[tuple[tuple[str, ...], UnitSummary]] = []
        pending = list(self.pipes)
        try:
            while pending:
                for pipe in wait(pending):
                    assert isinstance(pipe, Connection)
                    try:
                        message = pipe.recv()
                    except EOFError:
                        pending.remove(pipe)
                        self._check(self.pipes.index(pipe))
                        continue
                    self._take(message, gather, counter, found)
        finally:
            for process in self.processes:
                process.terminate()
                process.join()
        return found

    def _check(self, number: int) -> None:
        process = self.processes[number]
        process.join()
        if process.exitcode:
            raise RunFailedError(f"a worker process stopped (exit code {process.exitcode})")

    @staticmethod
    def _take(
        message: object,
        gather: _WideTotals,
        counter: _Counter,
        found: list[tuple[tuple[str, ...], UnitSummary]],
    ) -> None:
        if isinstance(message, _Failure):
            raise RunFailedError(message.text)
        if isinstance(message, int):
            counter.add(message)
        elif isinstance(message, PlaceTotals):
            gather.add(message)
        elif isinstance(message, tuple):
            found.append(message)


def _keep_memory() -> None:
    """Ask glibc to keep freed arrays: giving them back and faulting them in again is slow."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, 1 << 26)
        library.mallopt(_MMAP_THRESHOLD, 1 << 25)


def _work(
    spec: Specification,
    units: list[Unit],
    wide: NDArray[np.intp],
    size: int,
    pools: bool,
    pipe: Connection,
) -> None:
    """Run units in a process of their own, all units of a block before the next block."""
    _keep_memory()
    gc.freeze()  # what the parent has read stays: there is nothing in it to collect
    try:
        runs = [UnitRun(spec, unit, pools=pools) for unit in units]
        for first, number in _blocks(spec.replications, size):
            for run in runs:
                totals = run.play(first, number, None)
                pipe.send(number * spec.months)
                if len(wide):
                    pipe.send(place_totals(spec, wide, totals))
        while runs:
            run = runs.pop(0)
            pipe.send((run.unit.regions, run.summary()))
    except KeyboardInterrupt:
        pass
    except Exception as error:  # noqa: BLE001 - every failure must reach the parent
        pipe.send(_Failure(f"{error}\n{traceback.format_exc()}"))
    finally:
        pipe.close()
