"""What may be shared of a result that rests on a trust's own rows or numbers.

Counts below national level from 1 to 7 are hidden and all others given to the nearest 5, opening
stocks and projections alike. National counts are given to the nearest 5 too, so that the trust's
own cannot be had back by taking one export from another. Synthetic counts describe nobody and stay
as they are.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from simulator.results.result import Result

SMALLEST: Final = 8
"""The smallest count that is given."""
STEP: Final = 5
POUNDS: Final = 1_000
"""Pounds are given to the nearest of these."""
RULE: Final = (
    "This result rests on a trust's own rows or numbers. Counts from 1 to 7 below national level "
    "are shown as *, other counts to the nearest 5; money to the nearest £1,000, and as * for a "
    "group of fewer than 8 full-time equivalents. Figures may not add up."
)
_NOT_COUNTS: Final = {"share_parameters"}


def shareable(result: Result) -> Result:
    """Return a result with small counts hidden (not a number) and the others rounded.

    A result without a trust's own rows or numbers is returned as it is.
    """
    if not result.manifest["own_rows"]:
        return result
    tables = {
        name: _money(table, result) if name == "money" else _counts(table)
        for name, table in result.tables.items()
    }
    manifest = dict(result.manifest)
    if manifest.get("need_by_method"):
        manifest["need_by_method"] = _methods(manifest["need_by_method"])
    return Result(manifest, tables, result.scenario_toml, result.folder)


def hidden(values: NDArray[Any], national: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Counts as they may be shared, in any shape; hidden ones are not a number."""
    exact = np.asarray(values, dtype=np.float64)
    shown = np.round(exact / STEP) * STEP + 0.0
    small = (exact != 0) & (np.abs(exact) < SMALLEST) & ~national
    return np.where(small, np.nan, shown)


def _counts(table: pa.Table) -> pa.Table:
    national = _national(table)
    for name in _statistics(table):
        table = _replaced(table, name, hidden(_values(table, name), national))
    return table


def _money(table: pa.Table, result: Result) -> pa.Table:
    """Pounds: hidden for a group that is, or becomes, too small to be shown."""
    small = _small_groups(result)
    keys = zip(
        *(table.column(name).to_pylist() for name in ("level", "code", "group")), strict=True
    )
    gone = np.array([key in small for key in keys], dtype=np.bool_)
    for name in _statistics(table):
        values = np.round(_values(table, name) / POUNDS) * POUNDS
        table = _replaced(table, name, np.where(gone, np.nan, values))
    return table


def _small_groups(result: Result) -> set[tuple[str, str, str]]:
    """Places and groups below national level with fewer than 8 FTE in post in some month."""
    frame = result.frame("places", measure="in_post")
    lowest = (
        frame.loc[frame["level"] != "england"].groupby(["level", "code", "group"])["mean"].min()
    )
    return {(str(a), str(b), str(c)) for a, b, c in lowest[lowest < SMALLEST].index}


def _methods(lists: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Need by method, to the nearest 5."""
    words = {"level", "code", "month", "date"}
    return {
        name: values if name in words else [STEP * round(float(one) / STEP) for one in values]
        for name, values in lists.items()
    }


def _statistics(table: pa.Table) -> list[str]:
    return [
        field.name
        for field in table.schema
        if pa.types.is_floating(field.type) and field.name not in _NOT_COUNTS
    ]


def _national(table: pa.Table) -> NDArray[np.bool_]:
    if "level" not in table.column_names:
        return np.zeros(len(table), dtype=np.bool_)
    level = pc.cast(table.column("level"), pa.string())
    return np.asarray(pc.equal(level, "england").to_numpy(zero_copy_only=False), dtype=np.bool_)


def _values(table: pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(table.column(name).to_numpy(zero_copy_only=False), dtype=np.float64)


def _replaced(table: pa.Table, name: str, values: NDArray[np.float64]) -> pa.Table:
    column = pa.array(values.astype(np.float32), mask=np.isnan(values))
    return table.set_column(table.column_names.index(name), name, column)
