"""Sweeps: many variants of a scenario, each stored at once, so that a stopped sweep goes on.

A sweep's folder holds ``sweep.json`` (what is run, written first) and one Parquet file for each run
in ``runs``, named by the digest of all in the scenario that can change a number. A file appears
whole or not at all and holds no time or machine, so an interrupted sweep ends with the same bytes.
One process at a time works in a folder: it holds ``sweep.lock``, which the system frees when the
process ends, however it ends.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from simulator.experiments.futures import FTE, Cut, run_futures
from simulator.experiments.layers import paired
from simulator.experiments.points import Point, SweepFile, read_points
from simulator.experiments.pool import run_many
from simulator.experiments.questions import reported
from simulator.experiments.run import law_manifest
from simulator.experiments.simulate import Progress
from simulator.experiments.variants import law_digest
from simulator.model.compile import compile_scenario
from simulator.model.specification import Specification
from simulator.results.histograms import Spread
from simulator.results.result import Labels, grid, make_table
from simulator.results.summaries import COLUMNS
from simulator.results.totals import YEAR
from simulator.scenario import Scenario
from simulator.scenario.dates import month_after

if TYPE_CHECKING:
    import pandas as pd

PLAN: Final = "sweep.json"
RUNS: Final = "runs"
LOCK: Final = "sweep.lock"
SCHEMA_VERSION: Final = 1
STATISTICS: Final = ("mean", "low95", "high95", "q10", "q50", "q90", "share_parameters")
"""The mean over futures with its 95 % interval, quantiles of the futures, and the share of their
variance that is doubt about parameters."""
_PART: Final = ".part"


class SweepError(ValueError):
    """A folder does not hold this sweep, or cannot hold it; the message says why."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How far a sweep is.

    Attributes:
        folder: Where it is stored.
        points: Points of the sweep.
        runs: Different runs among them; points that come to the same scenario share one.
        done: Runs that are stored.
        new: Runs of this call.
    """

    folder: Path
    points: int
    runs: int
    done: int
    new: int

    def lines(self) -> list[str]:
        """Say how far the sweep is."""
        text = f"{self.points:,} points, {self.runs:,} different runs: {self.done:,} are stored"
        if self.done < self.runs:
            return [f"{text} in {self.folder}.", "The same command continues with the others."]
        return [f"{text} in {self.folder}."]


def sweep(
    file: str | Path,
    out: str | Path,
    *,
    limit: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Swept:
    """Run a sweep, or go on with one that was stopped.

    Args:
        file: The sweep file (TOML).
        out: Folder of the sweep: a new or empty one, or one that holds this sweep.
        limit: At most so many runs in this call.
        workers: Runs at a time; changes no number.
        progress: Told (done, total, words).

    Raises:
        ScenarioError: If the file or any of its points is unsound; nothing is run.
        SweepError: If the folder holds something else, or another process is at work in it.
        OSError: If a run cannot be written; the runs stored before stay.
    """
    swept, points = read_points(Path(file), progress)
    folder = Path(out)
    runs = {law_digest(point.scenario): point.scenario for point in points}
    plan = _plan(swept, points)
    _check(folder, plan)
    (folder / RUNS).mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        _open(folder, plan)
        missing = [name for name in runs if not _path(folder, name).is_file()]
        todo = missing[:limit]
        stored = len(runs) - len(missing)
        jobs = [runs[name] for name in todo]
        done = run_many(_run_one, jobs, workers, None, ready=_ready)
        for new, (number, content) in enumerate(done, 1):
            _write(_path(folder, todo[number]), content)
            if progress is not None:
                progress(new, len(todo), f"{stored + new:,} of {len(runs):,} runs stored")
    return Swept(folder, len(points), len(runs), stored + len(todo), len(todo))


def _path(folder: Path, name: str) -> Path:
    return folder / RUNS / f"{name}.parquet"


def _plan(file: SweepFile, points: Sequence[Point]) -> str:
    """What is run, as JSON: one text for one sweep with one version of code and inputs."""
    first = points[0].scenario
    manifest = law_manifest(first, compile_scenario(first))
    plan = {
        "schema_version": SCHEMA_VERSION,
        "code": manifest["code"],
        "inputs": manifest["inputs"],
        "baseline": manifest["baseline"],
        "sweep": file.model_dump(mode="json", exclude_none=True),
        "points": [
            {"run": law_digest(point.scenario), "changes": dict(point.changes)} for point in points
        ],
    }
    return json.dumps(plan, indent=1, ensure_ascii=False) + "\n"


def _check(folder: Path, plan: str) -> None:
    """See that a folder is new, empty, or holds this sweep."""
    path = folder / PLAN
    if path.is_file():
        _same_plan(path, plan)
    elif folder.exists() and not _unused(folder):
        raise SweepError(f"{folder}: there is something else here; choose another folder")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder; SQLite's locks work on every system.

    Raises:
        SweepError: If another process is at work in it.
    """
    path = folder / LOCK
    path.open("ab").close()
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("PRAGMA journal_mode = OFF")  # nothing is written, so nothing is kept
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise SweepError(
                f"{folder}: another process is running this sweep now; wait until it has ended, or "
                "stop it and give the same command again"
            ) from None
        yield


def _open(folder: Path, plan: str) -> None:
    """Make the folder ready: write the plan, or see that it is the one already there."""
    _check(folder, plan)
    path = folder / PLAN
    if not path.is_file():
        _write(path, plan.encode())
    for stale in (folder / RUNS).glob(f"*{_PART}"):
        stale.unlink(missing_ok=True)


def _unused(folder: Path) -> bool:
    """Is a folder empty, but for what a sweep stopped at its very beginning leaves?"""
    known = {RUNS, LOCK, PLAN + _PART}
    return folder.is_dir() and {one.name for one in folder.iterdir()} <= known


def _same_plan(path: Path, plan: str) -> None:
    held = path.read_text(encoding="utf-8")
    if held == plan:
        return
    try:
        old, new = json.loads(held), json.loads(plan)
        different = [name for name in new if old.get(name) != new[name]]
    except (ValueError, AttributeError):
        different = ["everything: it is damaged"]
    raise SweepError(
        f"{path}: another sweep is stored here (different: {', '.join(different)}); its runs do "
        "not go together with new ones. Name a new folder"
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file beside its place, make sure it is on disk, and put it in place."""
    part = path.with_name(path.name + _PART)
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


# --- running -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Run:
    """One variant: what is run, the digest that names it, and what it says of itself, as JSON."""

    spec: Specification
    digest: str
    text: str


def _ready(scenario: Scenario) -> _Run:
    """Read all that a variant needs."""
    spec, digest = compile_scenario(scenario), law_digest(scenario)
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "law_digest": digest,
        "law": json.loads(scenario.law_json()),
        "manifest": law_manifest(scenario, spec),
    }
    return _Run(spec, digest, json.dumps(manifest, sort_keys=True, ensure_ascii=False))


def _run_one(_: None, run: _Run) -> bytes:
    """Run one variant: its year ends as the bytes of a Parquet file."""
    table = year_end_table(run.spec, run.digest).replace_schema_metadata({"workforce": run.text})
    stream = pa.BufferOutputStream()
    pq.write_table(table, stream, compression="zstd")
    content: bytes = stream.getvalue().to_pybytes()
    return content


def year_end_table(spec: Specification, run: str) -> pa.Table:
    """Run a specification and give statistics of its places at year ends, in FTE."""
    names, ends = reported(spec), range(YEAR, spec.months + 1, YEAR)
    futures = run_futures(spec, Cut(names, FTE, tuple(ends)))
    measure, year, place, column = grid(len(FTE), len(ends), len(names), len(COLUMNS))
    levels = sorted({level for level, _ in names})
    level = np.array([levels.index(one) for one, _ in names], dtype=np.intp)
    labels: dict[str, Labels | NDArray[np.signedinteger]] = {
        "run": Labels([run], np.zeros(len(measure), dtype=np.intp)),
        "level": Labels(levels, level[place]),
        "code": Labels([code for _, code in names], place),
        "group": Labels(COLUMNS, column),
        "measure": Labels(FTE, measure),
        "month": ((year + 1) * YEAR).astype(np.int16),
        "date": Labels([month_after(spec.start, month) for month in ends], year),
    }
    found = paired(futures.values / 100.0, spec.draws)
    spread = Spread(len(futures.values), spec.draws)
    spread.add(futures.values, np.arange(spec.replications) % spec.draws)
    keys = ("difference", "low95", "high95", "q10", "q50", "q90")
    return make_table(
        labels, np.stack([*(found[key] for key in keys), spread.share_between()]), STATISTICS
    )


# --- reading -----------------------------------------------------------------------------------


def read_sweep(folder: str | Path, **where: str | int | Sequence[str]) -> pd.DataFrame:
    """Read what is stored of a sweep: one row for each point, place, group, measure and year end.

    Args:
        folder: The folder of a sweep; runs that are still missing are left out.
        where: Column values to keep, e.g. ``measure="shortfall", month=60``.

    Returns:
        ``point`` (from 1), a column for each thing that was varied, ``level``, ``code``, ``group``,
        ``measure``, ``month``, ``date``, and the columns of :data:`STATISTICS`.

    Raises:
        SweepError: If the folder holds no sweep, or a file of it is damaged.
        KeyError: If there is no such column.
    """
    import pandas as pd

    source = Path(folder)
    points = _read_points(source)
    found = points.loc[[_path(source, run).is_file() for run in points["run"]]]
    table = _dataset(source, sorted(set(found["run"])), where)
    rows = table.to_pandas()
    for name in rows.select_dtypes("category"):
        rows[name] = rows[name].astype(str)
    merged = pd.merge(found, rows, on="run", how="inner", sort=False)
    return merged.sort_values("point", kind="stable").drop(columns="run").reset_index(drop=True)


def _read_points(folder: Path) -> pd.DataFrame:
    import pandas as pd

    path = folder / PLAN
    if not path.is_file():
        raise SweepError(f"{folder}: no sweep is stored here: it has no {PLAN}")
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
        rows = [{"run": one["run"], **one["changes"]} for one in plan["points"]]
    except (ValueError, KeyError, TypeError) as error:
        raise SweepError(f"{path}: not the plan of a sweep: {error}") from error
    frame = pd.DataFrame(rows)
    frame.insert(0, "point", np.arange(1, len(frame) + 1))
    return frame


def _dataset(folder: Path, runs: Sequence[str], where: Mapping[str, Any]) -> pa.Table:
    """All stored runs as one table."""
    import pyarrow.dataset as ds

    if not runs:
        raise SweepError(f"{folder}: no run is stored yet; the sweep goes on with workforce sweep")
    keep = None
    for name, value in where.items():
        wanted = [value] if isinstance(value, str | int) else list(value)
        hit = ds.field(name).cast(pa.string()).isin([str(one) for one in wanted])
        keep = hit if keep is None else keep & hit
    try:
        data = ds.dataset([str(_path(folder, run)) for run in runs], format="parquet")
        unknown = [name for name in where if name not in data.schema.names]
        if unknown:
            known = ", ".join(data.schema.names)
            raise KeyError(f"no column {unknown[0]!r}; there are {known}")
        table = data.to_table(filter=keep)
    except (pa.ArrowInvalid, OSError) as error:
        raise SweepError(f"{folder}: a run cannot be read: {error}") from error
    return table.unify_dictionaries()
