"""A result: tables of statistics with their manifest, in memory or in a folder.

Tables (all with the statistics of :data:`simulator.results.summaries.STATISTICS`):

* ``places``: level, code, group, month, date, measure: FTE stocks at the end of each month;
* ``flows``: level, code, group, year, measure: flows over each whole NHS year;
* ``cells``: trust, group, band, month, date, measure: headcount and vacant posts;
* ``training``: pathway, region, year, measure: flows of trainees and graduates;
* ``money``: level, code, group, year, measure: pounds in the prices of one NHS year;
* ``moves``: to, from, year: moves between modelled trusts, mean and standard deviation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from simulator.domain.digests import digest_of, file_digest
from simulator.results.folders import new_folder, write_text

if TYPE_CHECKING:
    import pandas as pd

TABLES: Final = ("places", "flows", "cells", "training", "money", "moves")
SCHEMA_VERSION: Final = 2
MANIFEST: Final = "manifest.json"
SCENARIO: Final = "scenario.toml"


class ResultError(ValueError):
    """A folder is not a result, or its files are damaged; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Labels:
    """One label column: categories, and the category of each row."""

    categories: Sequence[str]
    codes: NDArray[np.intp]

    def array(self) -> pa.DictionaryArray:
        """The column as a dictionary array."""
        index = pa.array(self.codes.astype(np.int16 if len(self.categories) < 32000 else np.int32))
        return pa.DictionaryArray.from_arrays(index, pa.array(list(self.categories), pa.string()))


def grid(*sizes: int) -> list[NDArray[np.intp]]:
    """Codes of each axis for the rows of an array in C order."""
    return [axis.ravel() for axis in np.indices(sizes, dtype=np.intp)]


def make_table(
    labels: Mapping[str, Labels | NDArray[np.signedinteger]],
    statistics: NDArray[np.floating],
    names: Sequence[str],
) -> pa.Table:
    """A table from label columns and statistics of shape (statistics, rows)."""
    columns: dict[str, pa.Array] = {
        name: one.array() if isinstance(one, Labels) else pa.array(one)
        for name, one in labels.items()
    }
    for name, values in zip(names, statistics, strict=True):
        plain = np.ascontiguousarray(values, dtype=np.float32)
        columns[name] = pa.array(plain, mask=np.isnan(plain))
    return pa.table(columns)


def table_digest(table: pa.Table) -> str:
    """SHA-256 of a table's content: names, labels and bits of the numbers, in row order.

    Labels are numbered by their first row, so that neither unused categories nor a round trip
    through a file matter.
    """
    parts: list[bytes] = []
    for name in table.column_names:
        column = table.column(name)
        parts.append(name.encode())
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string()).combine_chunks().dictionary_encode()
            parts.append("\0".join(column.dictionary.to_pylist()).encode())
            column = column.indices
        elif pa.types.is_floating(column.type):
            column = column.cast(pa.float32()).fill_null(float("nan"))
        parts.append(np.ascontiguousarray(column.to_numpy(zero_copy_only=False)).tobytes())
    return digest_of(parts)


@dataclass(slots=True)
class Result:
    """Statistics of a run.

    Attributes:
        manifest: What made the result: versions, inputs, seed, sizes and digests.
        tables: The tables by name.
        scenario_toml: The resolved scenario.
    """

    manifest: dict[str, Any]
    tables: dict[str, pa.Table]
    scenario_toml: str = ""
    folder: Path | None = field(default=None, compare=False)

    def frame(self, table: str, **where: str | int | Sequence[str]) -> pd.DataFrame:
        """Rows of a table as a labelled DataFrame.

        Args:
            table: One of :data:`TABLES`.
            where: Column values to keep, e.g. ``level="region", measure=["need", "in_post"]``.

        Raises:
            KeyError: If there is no such table or column.
        """
        if table not in self.tables:
            raise KeyError(f"no table {table!r}; there are {', '.join(self.tables)}")
        data = self.tables[table]
        unknown = [name for name in where if name not in data.column_names]
        if unknown:
            raise KeyError(f"no column {unknown[0]!r}; there are {', '.join(data.column_names)}")
        if where:
            import pyarrow.compute as pc

            keep = None
            for name, value in where.items():
                wanted = [value] if isinstance(value, str | int) else list(value)
                column = data.column(name)
                if pa.types.is_dictionary(column.type):
                    column = pc.cast(column, pa.string())
                hit = pc.is_in(column, value_set=pa.array(wanted))
                keep = hit if keep is None else pc.and_(keep, hit)
            data = data.filter(keep)
        frame: pd.DataFrame = data.unify_dictionaries().to_pandas()
        for label in frame.select_dtypes("category"):
            frame[label] = frame[label].astype(str)
        return frame

    @property
    def digest(self) -> str:
        """Digest of all tables: two runs with the same digest gave the same numbers."""
        return str(self.manifest["results"]["digest"])

    def write(self, folder: str | Path, *, csv: bool = False) -> Path:
        """Write the result to a new folder, all or nothing.

        Args:
            folder: Must not exist, or must hold an earlier result, which is replaced.
            csv: Also write each table as CSV.

        Raises:
            FileExistsError: If the folder holds something that is not a result.
            OSError: If it cannot be written; nothing is left behind.
        """
        target = Path(folder)
        with new_folder(target, MANIFEST) as building:
            files = {}
            for name, table in self.tables.items():
                path = building / f"{name}.parquet"
                pq.write_table(table, path, compression="zstd")
                files[path.name] = file_digest(path)
                if csv:
                    _write_csv(table, building / f"{name}.csv")
            write_text(building / SCENARIO, self.scenario_toml)
            stated = {**self.manifest, "files": files}
            write_text(building / MANIFEST, json.dumps(stated, indent=2, ensure_ascii=False) + "\n")
        self.folder = target
        return target


def _write_csv(table: pa.Table, path: Path) -> None:
    from pyarrow import csv as arrow_csv

    plain = pa.table(
        {
            name: column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    )
    arrow_csv.write_csv(plain, path)


def digests(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Digest of each table and of all of them."""
    each = {name: table_digest(table) for name, table in tables.items()}
    return {"digest": digest_of(text.encode() for text in each.values()), "tables": each}


def read_result(folder: str | Path) -> Result:
    """Read a result from a folder.

    Raises:
        ResultError: If a file is missing, or differs from what the manifest states.
    """
    source = Path(folder)
    path = source / MANIFEST
    if not path.is_file():
        raise ResultError(f"{source}: not a result folder: it has no {MANIFEST}")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        files = manifest["files"]
        if manifest["schema_version"] != SCHEMA_VERSION:
            raise ResultError(
                f"{path}: schema_version {manifest['schema_version']}; "
                f"this version reads {SCHEMA_VERSION}"
            )
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        if isinstance(error, ResultError):
            raise
        raise ResultError(f"{path}: not a manifest: {error}") from error
    tables = {}
    for name in TABLES:
        file = source / f"{name}.parquet"
        if not file.is_file() or file_digest(file) != files.get(file.name):
            what = "has changed since it was written" if file.is_file() else "is missing"
            raise ResultError(f"{file}: {what}; run the scenario again")
        tables[name] = pq.read_table(file)
    text = (source / SCENARIO).read_text(encoding="utf-8")
    return Result(manifest=manifest, tables=tables, scenario_toml=text, folder=source)
