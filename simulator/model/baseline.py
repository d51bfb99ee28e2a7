"""The rest of a region, replayed from the stored England baseline (``rest = "baseline"``).

The baseline is two tables in the census folder, written by ``workforce baseline`` from a run of all
of England: how available candidates were in each pool, and how many colleagues each kind of post
pulled. Only a digest-stamped baseline is used.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.domain.digests import Stamp, file_digest, folder_stamp
from simulator.domain.words import BANDS, GROUPS
from simulator.model.intake import load_pathways
from simulator.model.posts import Establishment
from simulator.model.specification import F64, Cells, Pools, Pulls, Replay

if TYPE_CHECKING:
    from simulator.scenario.resolved import Scenario

FOLDER: Final = "baseline"
AVAILABILITY: Final = (
    "ratio",
    "move",
    "graduate",
    "experienced",
    "converted",
    "returning",
    "international",
    "response",
    "move_response",
)
"""Columns of ``pools.csv`` (stage 5): what candidates leave of a round's success, the share of move
adverts' success that finds a willing colleague, and the chances of finding a graduate and an
experienced candidate, the share of graduates hired who are converted clinicians, the shares of
candidates hired who return from a break and who come from abroad, and how far the odds of the first
two follow a trust's attraction."""
STEP: Final = 3
"""Months that share a row of the tables."""
_TAIL: Final = 1e-12


class BaselineError(ValueError):
    """The England baseline is missing, damaged or too short."""


Row = dict[str, str]


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_digest(folder: Path) -> str:
    """Digest of a stored baseline, checked against its tables.

    Raises:
        BaselineError: If it is missing or its tables have changed since they were written.
    """
    manifest = folder / "manifest.toml"
    if not manifest.exists():
        raise BaselineError(
            f"{folder}: there is no England baseline; make one with `workforce baseline`"
        )
    stated = tomllib.loads(manifest.read_text(encoding="utf-8"))
    for name, digest in stated["tables"].items():
        if not (folder / name).exists() or file_digest(folder / name) != digest:
            raise BaselineError(
                f"{folder / name}: not the table that was written with the baseline; "
                "make it again with `workforce baseline`"
            )
    return str(stated["digest"])


@lru_cache(maxsize=4)
def _read_baseline(folder: Path, _: Stamp) -> tuple[str, tuple[Row, ...], tuple[Row, ...]]:
    """Digest and tables of a stored baseline; read once in a process while it does not change."""
    digest = read_digest(folder)
    pools = tuple(_rows(folder, "pools.csv"))
    missing = [name for name in AVAILABILITY if pools and name not in pools[0]]
    if missing:
        raise BaselineError(
            f"{folder / 'pools.csv'}: no column {', '.join(missing)}; it is of an earlier version; "
            "make it again with `workforce baseline`"
        )
    return digest, pools, tuple(_rows(folder, "pulls.csv"))


def compile_replay(
    scenario: Scenario, pools: Pools, cells: Cells, pulls: Pulls, census: Establishment
) -> Replay:
    """Availability in each pool and pulls from outside, month by month."""
    folder = scenario.census / FOLDER
    digest, pool_rows, pull_rows = _read_baseline(folder, folder_stamp(folder))
    months = scenario.months
    available = _availability(pool_rows, pools, months)
    mean = _arrivals(pull_rows, pulls, cells, census, months)
    staff = int(census.modelled.sum()) * len(GROUPS)
    return Replay(
        digest=digest,
        **dict(zip(AVAILABILITY, available, strict=True)),
        age=np.array([_graduate_age(group, one) for _, group, one in pools.names], dtype=np.int32),
        staff_key=_staff_keys(census),
        rival_cdf=_cdf(cells, mean, staff),
        rival_cells=_shares(cells, mean, staff),
    )


def _at_months(values: F64, months: int) -> F64:
    """Values by step of months as values in months 0 to T; the last one holds on."""
    step = (np.arange(months + 1) - 1).clip(0) // STEP
    return values[..., np.minimum(step, values.shape[-1] - 1)]


def _availability(rows: Sequence[Row], pools: Pools, months: int) -> F64:
    """The columns of ``AVAILABILITY`` by pool and month, shape (columns, P, T + 1)."""
    number = {name: i for i, name in enumerate(pools.names)}
    steps = 1 + max(int(row["step"]) for row in rows)
    table = np.ones((len(AVAILABILITY), len(number), steps))
    for row in rows:
        at = number.get((row["region"], row["group"], row["band_range"]))
        if at is not None:
            table[:, at, int(row["step"])] = [min(float(row[name]), 1.0) for name in AVAILABILITY]
    return _at_months(table, months)


def _arrivals(
    rows: Sequence[Row], pulls: Pulls, cells: Cells, census: Establishment, months: int
) -> F64:
    """Mean pulls that reach each cell from trusts outside, shape (C, T + 1).

    A pull of trust o chooses trust c with weight w_c / (W - w_o), and pulls are taken to come from
    trusts in proportion to their posts.
    """
    region = {trust.code: trust.region_code for trust in census.trusts}
    codes = [trust.code for i, trust in enumerate(census.trusts) if census.modelled[i]]
    option_of = {
        (region[codes[cells.trust[c]]], GROUPS[cells.group[c]], BANDS[cells.band[c]]): cells.option[
            c
        ]
        for c in range(len(cells.trust))
    }
    steps = 1 + max(int(row["step"]) for row in rows)
    total = np.zeros((len(pulls.first) - 1, steps))
    for row in rows:
        option = option_of.get((row["region"], row["group"], row["band"]))
        if option is not None:
            total[option, int(row["step"])] = float(row["pulls"])
    share = np.zeros(len(cells.trust))
    for option in range(len(total)):
        entries = slice(pulls.first[option], pulls.first[option + 1])
        weight, cell = pulls.weight[entries].copy(), pulls.cell[entries]
        weight[cell >= 0] /= cells.attraction[cell[cell >= 0]]
        whole = weight.sum()
        away = weight[(cell < 0) & (weight < whole)]
        reach = float((away / whole / (whole - away)).sum()) if len(away) else 0.0
        share[cell[cell >= 0]] = weight[cell >= 0] * reach
    return _at_months(total, months)[cells.option] * share[:, None]


def _staff_keys(census: Establishment) -> NDArray[np.uint64]:
    codes = [trust.code for i, trust in enumerate(census.trusts) if census.modelled[i]]
    names = [f"staff|{code}|{group}" for code in codes for group in GROUPS]
    return np.array([keyed.name_key(name) for name in names], dtype=np.uint64)


def _by_staff(cells: Cells, mean: F64, staff: int) -> F64:
    total = np.zeros((staff, mean.shape[1]))
    np.add.at(total, cells.staff, mean)
    return total


def _cdf(cells: Cells, mean: F64, staff: int) -> F64:
    """Cumulative Poisson distribution of pulls by (trust, group) and month, padded with 2."""
    from scipy.stats import poisson

    total = _by_staff(cells, mean, staff)
    width = int(poisson.isf(_TAIL, max(float(total.max()), 1e-9))) + 1
    cdf = np.array(poisson.cdf(np.arange(width), total[..., None]))
    cdf[cdf >= 1.0 - _TAIL] = 2.0
    return np.asarray(cdf)


def _shares(cells: Cells, mean: F64, staff: int) -> F64:
    """Cumulative share of each cell within its trust and group; the last one is above one."""
    total = _by_staff(cells, mean, staff)[cells.staff]
    share = np.divide(mean, total, out=np.zeros_like(mean), where=total > 0)
    running = np.cumsum(share, axis=0)
    starts = np.flatnonzero(np.concatenate(([True], cells.staff[1:] != cells.staff[:-1])))
    lengths = np.diff(np.append(starts, len(cells.staff)))
    before = np.repeat(running[starts] - share[starts], lengths, axis=0)
    out = running - before
    out[starts + lengths - 1] = 2.0
    return np.asarray(out)


def _graduate_age(group: str, band_range: str) -> int:
    """Age at which most graduates of a pool complete: the mean of its pathways by places."""
    ages = [
        (pathway.age, pathway.places)
        for pathway in load_pathways()
        if (pathway.group, pathway.band_range) == (group, band_range)
    ]
    weight = sum(places for _, places in ages)
    return round(sum(age * places for age, places in ages) / weight) if weight else 25
