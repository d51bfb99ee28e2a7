"""The tables of a census: their columns, and how they are written."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulator.scenario.rows import COLUMNS as POST_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = {
    "posts": POST_COLUMNS,
    "trainees": ("pathway", "region", "start", "enrolled"),
    "graduates": ("pathway", "region", "start", "waiting"),
    "candidates": ("region", "group", "band_range", "experienced", "supply"),
    "hazards": ("age", "leaving", "retiring"),
    "joiner_ages": ("age", "share"),
    "regions": ("region", "trust_fte", "share"),
    "reconciliation": ("line", "value", "unit", "grade", "source", "note"),
    "fitted": ("name", "value", "unit", "fitted_to", "target", "reached", "note"),
}
"""Columns of each table; ``fitted`` is written as TOML, the others as CSV."""
_DECIMALS: Final = {"fte": 2, "supply": 6, "leaving": 6, "retiring": 6, "share": 8, "trust_fte": 1}


@dataclass(frozen=True, eq=False)
class Census:
    """An opening census.

    Attributes:
        opening: Opening month, YYYY-MM; month 0 is its end.
        posts: One row a post. FTE; months of tenure and in band of the holder, or months until
            the next step (1 = in month 1) and since the vacancy began.
        trainees: People enrolled, by pathway, region and month of start.
        graduates: People waiting for a post, likewise.
        candidates: Experienced candidates by pool: people at the opening, and arriving a month.
        hazards: Annual hazards by age at factor 1.
        joiner_ages: Ages of experienced joiners.
        regions: Share of each region in trusts' staff, by which training places are split.
        reconciliation: The walk from the published stock to the opening.
        fits: Scalars of the law with the target each was fitted to (``fitted.toml``).
        sources: Digests of the evidence files used, by name.
    """

    opening: str
    posts: pd.DataFrame
    trainees: pd.DataFrame
    graduates: pd.DataFrame
    candidates: pd.DataFrame
    hazards: pd.DataFrame
    joiner_ages: pd.DataFrame
    regions: pd.DataFrame
    reconciliation: pd.DataFrame
    fits: pd.DataFrame
    sources: dict[str, str]

    @property
    def fitted(self) -> dict[str, float]:
        """The fitted scalars by name."""
        return dict(zip(self.fits["name"], self.fits["value"].astype(float), strict=True))


def file_name(table: str) -> str:
    """Return the file of a table."""
    return f"{table}.toml" if table == "fitted" else f"{table}.csv"


def write_census(census: Census, folder: Path) -> None:
    """Write a census as readable files, with a manifest of digests.

    Args:
        census: The census.
        folder: Created if it does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digests = {}
    for table in COLUMNS:
        text = (
            _fitted_text(census.fits)
            if table == "fitted"
            else _csv_text(getattr(census, table)[list(COLUMNS[table])])
        )
        data = text.encode("utf-8")
        (folder / file_name(table)).write_bytes(data)
        digests[file_name(table)] = hashlib.sha256(data).hexdigest()
    (folder / "manifest.toml").write_bytes(_manifest(census, digests).encode("utf-8"))


def _csv_text(frame: pd.DataFrame) -> str:
    shown = frame.copy()
    for column, decimals in _DECIMALS.items():
        if column in shown:
            shown[column] = [f"{value:.{decimals}f}" for value in shown[column]]
    if "value" in shown:
        shown["value"] = [f"{value:.1f}" for value in shown["value"]]
    return str(shown.to_csv(index=False, lineterminator="\n"))


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if float(value).is_integer() and abs(value) < 1e9:
        return str(int(value))
    return f"{float(value):.6f}".rstrip("0").rstrip(".")


def _fitted_text(frame: pd.DataFrame) -> str:
    lines = ["# Scalars of the law, fitted to the evidence under a constant establishment.", ""]
    for row in frame.to_dict("records"):
        lines.append(f"[{row['name']}]")
        for column in COLUMNS["fitted"][1:]:
            value = row[column]
            if value != "" and not (isinstance(value, float) and math.isnan(value)):
                lines.append(f"{column} = {_toml(value)}")
        lines.append("")
    return "\n".join(lines)


def _manifest(census: Census, digests: dict[str, str]) -> str:
    lines = [
        f'opening = "{census.opening}"',
        'status = "synthetic until a trust loads its own"',
        'command = "python -m simulator.model.census"',
        "",
        "[tables]",
        *(f'"{name}" = "{digest}"' for name, digest in sorted(digests.items())),
        "",
        "[evidence]",
        *(f'"{name}" = "{digest}"' for name, digest in sorted(census.sources.items())),
        "",
    ]
    return "\n".join(lines)
