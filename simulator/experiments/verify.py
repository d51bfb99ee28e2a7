"""Run a stored result again and say identical, or name the first difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from simulator.experiments.run import run_scenario
from simulator.experiments.simulate import Progress
from simulator.results.result import Result, ResultError, read_result
from simulator.scenario import load_scenario

_COMPARED: Final = (
    "schema_version",
    "code",
    "scenario",
    "inputs",
    "opening",
    "months",
    "seed",
    "draws",
    "replications",
    "boundary",
    "baseline",
    "events",
)
"""Keys of a manifest that are compared; time, machine, packages and paths are not."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found.

    Attributes:
        ok: Whether every number is identical.
        differences: What differs, the first difference of each table first.
        notes: Differences that did not change a number, such as another version of the code.
        digest: Digest of the new run.
    """

    ok: bool
    differences: tuple[str, ...]
    notes: tuple[str, ...]
    digest: str

    def lines(self) -> list[str]:
        """The report as lines of text."""
        verdict = "identical: every number is the same" if self.ok else "DIFFERENT"
        return [
            f"{verdict} (results digest {self.digest[:16]})",
            *(f"  {text}" for text in self.differences),
            *(f"  note: {text}" for text in self.notes),
        ]


def verify(
    folder: str | Path,
    *,
    scenario: str | Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Run a stored result again and compare.

    Args:
        folder: A result folder, or a bundle of one (a zip file).
        scenario: The scenario file; by default the path stored with the result.
        workers: Processes; change no number.
        progress: Told (done, total, words).

    Raises:
        ResultError: If the folder is not a sound result, or its scenario cannot be found.
        BundleError: If the file is not a sound bundle.
        ScenarioError: If the scenario is no longer sound.
    """
    if Path(folder).is_file():
        from simulator.experiments.bundle import opened

        with opened(folder) as found:
            return verify(
                found.result,
                scenario=found.scenario if scenario is None else scenario,
                workers=workers,
                progress=progress,
            )
    stored = read_result(folder)
    source = Path(scenario) if scenario is not None else _source(stored)
    sizes = {key: stored.manifest[key] for key in ("draws", "replications", "seed")}
    again = run_scenario(
        load_scenario(source, overrides=sizes),
        engine=stored.manifest["engine"],
        workers=workers,
        progress=progress,
    )
    notes = tuple(_manifest_differences(stored.manifest, again.manifest))
    if stored.digest == again.digest and _digests_hold(stored):
        return Verification(True, (), notes, again.digest)
    differences = tuple(
        text
        for name, table in stored.tables.items()
        if (text := first_difference(name, table, again.tables[name]))
    )
    if not differences:
        differences = ("the digests differ although every table is the same",)
    return Verification(False, differences, notes, again.digest)


def _digests_hold(stored: Result) -> bool:
    from simulator.results.result import digests

    return bool(digests(stored.tables) == stored.manifest["results"])


def _source(stored: Result) -> Path:
    source = Path(stored.manifest["source"])
    if not source.is_file():
        raise ResultError(
            f"{source}: the scenario of this result is not there; name it with --scenario"
        )
    return source


def _manifest_differences(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for key in _COMPARED:
        if old.get(key) != new.get(key):
            yield f"manifest {key}: stored {old.get(key)}, now {new.get(key)}"


def first_difference(name: str, old: pa.Table, new: pa.Table) -> str:
    """Name the first difference between two tables in words, or return nothing."""
    if old.column_names != new.column_names or len(old) != len(new):
        return (
            f"table {name}: stored {len(old):,} rows with columns {', '.join(old.column_names)}; "
            f"now {len(new):,} rows with columns {', '.join(new.column_names)}"
        )
    first: tuple[int, str] | None = None
    for column in old.column_names:
        wrong = np.flatnonzero(_differs(old.column(column), new.column(column)))
        if len(wrong) and (first is None or wrong[0] < first[0]):
            first = (int(wrong[0]), column)
    if first is None:
        return ""
    row, column = first
    labels = [c for c in old.column_names if pa.types.is_dictionary(old.column(c).type)]
    where = ", ".join(f"{label} {old.column(label)[row].as_py()}" for label in labels)
    return (
        f"table {name}, row {row} ({where}), {column}: "
        f"stored {old.column(column)[row].as_py()}, now {new.column(column)[row].as_py()}"
    )


def _differs(old: pa.ChunkedArray, new: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.bool_]]:
    def plain(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        return np.asarray(column.to_numpy())

    left, right = plain(old), plain(new)
    wrong = left != right
    if left.dtype.kind == "f":
        wrong &= ~(np.isnan(left) & np.isnan(right))
    return np.asarray(wrong)
