"""What is measured: one function for each part of the table."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks import small_model
from benchmarks.timing import OWN, Ran, Sample, figure, interleave, run_watched, seconds
from simulator import keyed
from simulator.engines import people
from simulator.experiments.baseline import make_baseline
from simulator.experiments.simulate import simulate
from simulator.model.compile import compile_scenario
from simulator.model.specification import Specification
from simulator.results.histograms import Histograms
from simulator.results.summaries import QUANTILES
from simulator.scenario import load_scenario

ROOT: Final = Path(__file__).resolve().parent.parent
SCENARIOS: Final = ROOT / "scenarios"
ENGLAND: Final = SCENARIOS / "england.toml"
PROCESSES: Final = 2
GIB: Final = float(1 << 30)
UNKNOWN: Final = "not known here: it needs /proc/PID/smaps_rollup"

BUFFER: Final = 100_000
DOUBLES: Final = 20_000_000
"""Doubles drawn before and after each run whose events are priced in them."""
PILOT: Final = 32
"""Replications of the run from which the length of a whole one is foreseen."""
PATIENCE: Final = 120.0
"""A run of England that is foreseen to take longer than this many seconds is not made."""
DRAWS: Final = 16
"""Draws of shortened runs of England."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    measured: str
    bar: str = ""
    met: bool | None = None
    """Whether the bar is met; None where there is none, or nothing was measured."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    quick: bool = False
    full: bool = False

    def rounds(self, usual: int) -> int:
        return max(1, usual // 3) if self.quick else usual


Case = Callable[[Effort], Iterator[Row]]
Works = dict[str, Callable[[], object]]


def at_most(what: str, sample: Sample, bar: float, unit: str) -> Row:
    return Row(what, sample.words(unit), f"≤ {bar:g}{unit}", sample.middle <= bar)


def at_least(what: str, sample: Sample, bar: float) -> Row:
    return Row(what, sample.words(" times"), f"≥ {bar:g} times", sample.middle >= bar)


# Unit costs ------------------------------------------------------------------------------


def doubles() -> Callable[[], object]:
    """Fill a buffer with random doubles: the unit in which events are priced."""
    generator, buffer = np.random.Generator(np.random.SFC64(1)), np.empty(BUFFER)
    return partial(generator.random, out=buffer)


def units(_: Effort) -> Iterator[Row]:
    """What the machine takes for one random double, one keyed number and one sorted number."""
    replication = keyed.replication_keys(1, 0, 1)
    things = keyed.part_keys(keyed.name_key("a cell"), BUFFER)
    unsorted = np.random.Generator(np.random.SFC64(2)).random(BUFFER)
    works: Works = {
        "a double of Generator(SFC64).random(out=buffer)": doubles(),
        "a keyed number": partial(keyed.numbers, replication, things, keyed.Purpose.EXIT),
        "a number of np.sort, 100,000 doubles": partial(np.sort, unsorted),
    }
    interleave(works, 3)
    for name, sample in interleave(works, 41, OWN).items():
        yield Row(name, sample.per(BUFFER).words(" ns", 1e9))


# England ---------------------------------------------------------------------------------


def run_england(replications: int, limit: float, draws: int = DRAWS) -> Ran:
    """Run england.toml in a process of its own, from reading the file to finished tables."""
    draws = min(draws, replications)
    numbers = ["--replications", str(replications), "--draws", str(draws)]
    command = [sys.executable, str(Path(__file__).parent / "england.py"), *numbers]
    return run_watched([*command, "--workers", str(PROCESSES)], limit)


def england(effort: Effort) -> Iterator[Row]:
    """The England scenario as shipped, on two processes."""
    stated = load_scenario(ENGLAND)
    whole, draws = stated.replications, stated.draws
    sizes = (PILOT // 2, PILOT) if effort.quick else (PILOT, 2 * PILOT)
    pilots = {size: run_england(size, 3 * PATIENCE) for size in sizes}
    work = _foresee(whole, {size: _at_work(run) for size, run in pilots.items()})
    wall = _foresee(whole, {size: run.seconds for size, run in pilots.items()})
    foreseen = max(wall, work / PROCESSES)  # a machine that gets busier or idler misleads the wall
    name = f"England as shipped ({whole:,} replications), wall time"
    if effort.quick or foreseen > PATIENCE:
        name += f", foreseen from runs of {sizes[0]} and {sizes[1]}"
        # What is foreseen can fail the bar and never meet it.
        yield Row(name, f"{figure(foreseen)} s", "≤ 60 s", False if foreseen > 60 else None)
        yield _work_row(work)
        for size, run in pilots.items():
            name = f"England, {size} replications, peak memory of all processes"
            yield Row(name, f"{figure(run.peak / GIB)} GiB" if run.peak else UNKNOWN)
        return
    runs = {size: run_england(size, 3 * PATIENCE, draws) for size in (whole // 4, whole)}
    took = runs[whole]
    yield at_most(name, Sample((took.seconds,)), 60, " s")
    yield _work_row(_at_work(took))
    if effort.full:
        runs[10 * whole] = run_england(10 * whole, 30 * PATIENCE, draws)
    yield from _memory_rows(runs)


def _foresee(whole: int, taken: dict[int, float]) -> float:
    """What a whole run will take, from two short ones: a line through both."""
    (small, first), (large, second) = sorted(taken.items())
    return second + (whole - large) * max(second - first, 0.0) / (large - small)


def _at_work(run: Ran) -> float:
    """Seconds that all processes of a run were at work."""
    return float(json.loads(run.output)["at_work"])


def _work_row(at_work: float) -> Row:
    return Row(
        "the same: time at work of all processes, and for each of two",
        f"{figure(at_work)} s, {figure(at_work / PROCESSES)} s",
    )


def _memory_rows(runs: dict[int, Ran]) -> Iterator[Row]:
    """Peak memory at the most replications, and how it grows with their number."""
    sizes = sorted(runs)
    peaks = [runs[size].peak for size in sizes]
    if None in peaks:
        yield Row("England, peak memory of all processes", UNKNOWN, "≤ 1 GiB")
        return
    known = [peak / GIB for peak in peaks if peak is not None]
    name = f"England, {sizes[-1]:,} replications, peak memory of all processes"
    yield at_most(name, Sample((known[-1],)), 1, " GiB")
    growth = known[-1] / known[-2]
    name = f"peak memory with {sizes[-1]:,} against {sizes[-2]:,} replications"
    text = f"{figure(growth)} times ({figure(known[-2])} to {figure(known[-1])} GiB)"
    yield Row(name, text, "≤ 1.15 times", growth <= 1.15)


@cache
def england_specification(replications: int) -> Specification:
    """England with fewer replications, and draws to match."""
    over = {"replications": replications, "draws": min(DRAWS, replications)}
    return compile_scenario(load_scenario(ENGLAND, overrides=over))


def processes(effort: Effort) -> Iterator[Row]:
    """What the second process brings."""
    spec = england_specification(16 if effort.quick else 128)
    works = {
        "one": lambda: simulate(spec, workers=1),
        "two": lambda: simulate(spec, workers=PROCESSES),
    }
    found = interleave(works, effort.rounds(3))
    name = f"England, {spec.replications} replications: two processes against one"
    cores = os.cpu_count() or 1
    note = "" if cores >= PROCESSES else f"; this machine has {cores} core"
    yield Row(name, found["one"].over(found["two"]).words(" times faster") + note)


# Events ----------------------------------------------------------------------------------


def events(effort: Effort) -> Iterator[Row]:
    """What an event costs, in random doubles drawn on the same machine at the same time."""
    spec = england_specification(32 if effort.quick else 64)
    draw, counted = doubles(), simulate(spec, workers=1).events
    works: Works = {
        "before": lambda: [draw() for _ in range(DOUBLES // BUFFER)],
        "run": lambda: simulate(spec, workers=1),
        "after": lambda: [draw() for _ in range(DOUBLES // BUFFER)],
    }
    found = interleave(works, effort.rounds(5), OWN)
    cost, unit = found["run"].per(counted), found["before"].plus(found["after"]).per(2 * DOUBLES)
    name = f"an event, England by region, {spec.replications} replications, one process"
    yield Row(name, cost.words(" ns", 1e9))
    yield at_most("the same in random doubles", cost.over(unit), 130, " doubles")


# One trust -------------------------------------------------------------------------------


@contextmanager
def dudley() -> Iterator[tuple[Path, str]]:
    """The scenario of one trust; without a stored England baseline, a copy with a small one."""
    if (SCENARIOS / "census" / "england-2026-03" / "baseline" / "manifest.toml").exists():
        yield SCENARIOS / "dudley.toml", ""
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "scenarios"
        shutil.copytree(SCENARIOS, copy)
        over = {"replications": 8, "draws": 8}
        make_baseline(load_scenario(copy / "england.toml", overrides=over), workers=PROCESSES)
        yield copy / "dudley.toml", " (on a baseline of 8 replications made for this)"


def trust(effort: Effort) -> Iterator[Row]:
    """What someone waits for who asks about one trust of median size."""
    with dudley() as (path, note):
        for draws, replications, bar in ((1, 1000, 0.25), (64, 1024, 0.5)):
            over = {"draws": draws, "replications": replications}
            spec = compile_scenario(load_scenario(path, overrides=over))
            work = partial(simulate, spec, workers=1)
            work()
            found = interleave({"run": work}, effort.rounds(7))
            each = replications // draws
            years = f"{spec.months // 12} years"
            name = f"one trust, {years}, {draws} draws × {each:,} replications, warm{note}"
            yield at_most(name.replace(" 1 draws", " 1 draw"), found["run"], bar, " s")
            own = interleave({"run": work}, effort.rounds(3), OWN)
            yield Row("the same: time at work", own["run"].words(" s"))
        load = Sample(
            tuple(seconds(lambda: compile_scenario(load_scenario(path))) for _ in range(3))
        )
        yield Row("one trust, reading and compiling the scenario", load.words(" s"))


# Engines ---------------------------------------------------------------------------------


def engines(effort: Effort) -> Iterator[Row]:
    """The people engine (SimPy) against the arrays engine (NumPy)."""
    spec = england_specification(32 if effort.quick else 64)
    works = {
        "people": lambda: people.simulate(spec, count=1),
        "arrays": lambda: simulate(spec, workers=1),
    }
    found = interleave(works, effort.rounds(3), OWN)
    each = found["arrays"].per(spec.replications)
    yield at_most("people engine, one replication of England", found["people"], 30, " s")
    yield Row("arrays engine, one replication of England, one process", each.words(" s"))
    yield at_least("arrays engine cheaper than people engine by", found["people"].over(each), 100)


# Other libraries -------------------------------------------------------------------------


def libraries(effort: Effort) -> Iterator[Row]:
    """One small staffing model here and in other libraries."""
    count = 16 if effort.quick else 100
    spec = small_model.ours(count)
    rivals = {
        "starsim, an agent for each post": ("starsim", small_model.starsim_posts, 40),
        "starsim, an agent for each person": ("starsim", small_model.starsim_people, 40),
        "mesa, an agent for each post": ("mesa", small_model.mesa_posts, 150),
    }
    here = {name: rival for name, rival in rivals.items() if find_spec(rival[0])}
    staff: dict[str, list[float]] = {name: [] for name in ["ours", *here]}
    works: Works = {"ours": lambda: staff["ours"].append(small_model.run_ours(spec))}
    for name, (_, model, _) in here.items():
        model(0)
        works[name] = lambda name=name, model=model: staff[name].append(  # type: ignore[misc]
            model(len(staff[name]) + 1)
        )
    found = interleave(works, effort.rounds(5), OWN)
    ours = found["ours"].per(count)
    label = f"small model, one replication of {small_model.POSTS:,} staff"
    yield Row(f"{label}: ours, in batches of {count}", _with_staff(ours, staff["ours"]))
    for name, (package, _, bar) in rivals.items():
        if name not in here:
            yield Row(f"{label}: {name}", f"{package} is not installed", f"≥ {bar} times")
            continue
        yield Row(f"{label}: {name}", _with_staff(found[name], staff[name]))
        yield at_least(f"ours cheaper than {name}, by", found[name].over(ours), bar)


def _with_staff(sample: Sample, staff: list[float]) -> str:
    """A time, and the staff in post that the model ended with, to show it is the same model."""
    mean, expected = float(np.mean(staff)), small_model.EXPECTED
    if abs(mean / expected - 1) > 0.01:
        raise ValueError(f"not the same model: {mean:,.0f} staff in post, expected {expected:,.0f}")
    return f"{sample.words(' ms', 1e3)}; ends with {mean:,.0f} staff"


# Quantiles -------------------------------------------------------------------------------


def quantiles(effort: Effort) -> Iterator[Row]:
    """Streaming exact histograms against np.quantile on samples that were kept."""
    series, samples, block = 5_000 if effort.quick else 20_000, 1024, 64
    generator = np.random.Generator(np.random.SFC64(3))
    means = generator.gamma(1.0, 12.0, series)[:, None]
    values = generator.poisson(means, (series, samples)).astype(np.int16)
    blocks = [np.ascontiguousarray(values[:, i : i + block]) for i in range(0, samples, block)]

    def streamed() -> object:
        histograms = Histograms(series)
        for part in blocks:
            histograms.add(part)
        return histograms.quantiles(QUANTILES)

    kept = partial(np.quantile, values, QUANTILES, axis=1)
    same = partial(kept, method="inverted_cdf")
    if not np.array_equal(np.asarray(streamed()), same()):
        raise ValueError("the quantiles of the histograms are not those of the samples")
    works: Works = {"streamed": streamed, "kept": kept, "same": same}
    found = interleave(works, effort.rounds(5), OWN)
    ours, cost = found["streamed"], series * samples
    name = f"quantiles of {series:,} series × {samples:,}, in blocks of {block}"
    yield Row(f"{name}, for a value", ours.per(cost).words(" ns", 1e9))
    yield at_least("ours faster than np.quantile, by", found["kept"].over(ours), 1)
    yield at_least("… than np.quantile(method='inverted_cdf'), by", found["same"].over(ours), 1)


CASES: Final[dict[str, Case]] = {
    "units": units,
    "england": england,
    "processes": processes,
    "trust": trust,
    "events": events,
    "engines": engines,
    "libraries": libraries,
    "quantiles": quantiles,
}

FAILURES: Final = (subprocess.SubprocessError, ValueError, RuntimeError, OSError)
"""What may stop a case; the others still run, and the table says what happened."""
