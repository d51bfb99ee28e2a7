"""England future by future: how short each trust, care system and region is, and ranks with doubt.

A place's rank differs between futures, so it has an interval. A stored run keeps quantiles, from
which no rank follows; :func:`run_peers` keeps need and staff in post of every place in every
future, at two dates, small enough to ship beside the census. To make the stored run again:
``python -m simulator.experiments.peers scenarios/england.toml`` (a minute or two).
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator import evidence
from simulator.domain.digests import digest_of, file_digest
from simulator.experiments.futures import Cut, Name, run_futures
from simulator.experiments.run import code_version
from simulator.experiments.simulate import Progress
from simulator.model.compile import compile_scenario
from simulator.results.folders import new_folder, write_text
from simulator.scenario import load_scenario
from simulator.scenario.dates import month_after
from simulator.scenario.resolved import Scenario

if TYPE_CHECKING:
    import pandas as pd

F64 = NDArray[np.float64]

FOLDER: Final = "peers"
"""Folder of the stored run, in the folder of the census."""
MONTHS: Final = (60, 120)
SIZE: Final = {"draws": 64, "replications": 256}
"""Size of the stored run."""
_TABLE: Final = "futures.parquet"
_MANIFEST: Final = "manifest.toml"
_MEASURES: Final = ("need", "in_post")


class PeersError(ValueError):
    """The stored run of England is missing, damaged or of another scenario; the message says it."""


@dataclass(frozen=True, slots=True)
class Peers:
    """Need and staff in post of P places at M months in N futures.

    Attributes:
        names: Level and code of each place.
        months: Months since the opening.
        opening: Opening month, YYYY-MM.
        need: Hundredths FTE, shape (M, P, N).
        in_post: Likewise.
        draws: Parameter draws; future i belongs to draw i mod ``draws``.
        law: Digest of what the run rests on.
    """

    names: tuple[Name, ...]
    months: tuple[int, ...]
    opening: str
    need: NDArray[np.int64]
    in_post: NDArray[np.int64]
    draws: int
    law: str

    @property
    def futures(self) -> int:
        """N."""
        return int(self.need.shape[-1])

    def date(self, month: int) -> str:
        """A month as YYYY-MM."""
        return month_after(self.opening, month)


def law_of(scenario: Scenario) -> str:
    """Digest of what the stored run rests on: the scenario without its size, census, parameters."""
    same = scenario.model_copy(update={"draws": 1, "replications": 1})
    files = [path for path in sorted(scenario.census.iterdir()) if path.is_file()]
    files.append(Path(evidence.__file__).with_name("parameters.toml"))
    return digest_of([same.law_json().encode(), *(file_digest(one).encode() for one in files)])


def run_peers(scenario: Scenario, *, workers: int = 1, progress: Progress | None = None) -> Peers:
    """Run England and keep need and staff in post of every place in every future.

    Args:
        scenario: All of England, without levers, at the size wanted.
        workers: Processes; change no number.
        progress: Told (done, total, words).

    Raises:
        PeersError: If the scenario is for a part of England or too short.
    """
    if scenario.place.kind != "england" or scenario.months < max(MONTHS):
        words = f"peers need all of England for {max(MONTHS)} months or more, as england.toml has"
        raise PeersError(f"{scenario.source.name}: {words}")
    spec = compile_scenario(scenario)
    cut = Cut(tuple(spec.places.names), _MEASURES, MONTHS, ("all",))
    found = run_futures(spec, cut, workers=workers, progress=progress)
    shape = (len(_MEASURES), len(MONTHS), len(cut.places), scenario.replications)
    need, in_post = found.values.reshape(shape)
    return Peers(
        cut.places, MONTHS, scenario.opening, need, in_post, scenario.draws, law_of(scenario)
    )


def write_peers(peers: Peers, folder: Path) -> Path:
    """Store a run, with digests and what made it; returns the folder written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {
        "level": [level for level, _ in peers.names],
        "code": [code for _, code in peers.names],
    }
    for name, values in zip(_MEASURES, (peers.need, peers.in_post), strict=True):
        for number, month in enumerate(peers.months):
            rows = values[number].astype(np.int32)
            columns[f"{name}.{month}"] = pa.FixedSizeListArray.from_arrays(
                pa.array(rows.ravel()), peers.futures
            )
    with new_folder(folder, _MANIFEST) as building:
        pq.write_table(pa.table(columns), building / _TABLE, compression="zstd", version="2.6")
        lines = [
            "# Need and staff in post of every place in every future of a run of England.",
            "# Hundredths FTE. Made by `python -m simulator.experiments.peers`.",
            f'digest = "{file_digest(building / _TABLE)}"',
            f'law = "{peers.law}"',
            f'code_version = "{code_version()}"',
            f'opening = "{peers.opening}"',
            f"draws = {peers.draws}",
            f"replications = {peers.futures}",
            f"months = {list(peers.months)}",
        ]
        write_text(building / _MANIFEST, "\n".join(lines) + "\n")
    return folder


def read_peers(folder: Path, law: str) -> Peers:
    """Read a stored run.

    Args:
        folder: The folder.
        law: Digest that it must rest on, from :func:`law_of`.

    Raises:
        PeersError: If it is missing, has changed since it was written, or rests on something else.
    """
    import pyarrow.parquet as pq

    manifest, path = folder / _MANIFEST, folder / _TABLE
    if not manifest.is_file() or not path.is_file():
        raise PeersError(f"{folder}: no stored run of England")
    stated = tomllib.loads(manifest.read_text(encoding="utf-8"))
    if stated["digest"] != file_digest(path):
        raise PeersError(f"{path}: not the table that was written with its manifest")
    if stated["law"] != law:
        raise PeersError(f"{folder}: of other assumptions or another census than those in use now")
    table = pq.read_table(path)
    names = zip(table.column("level").to_pylist(), table.column("code").to_pylist(), strict=True)
    months, count = tuple(stated["months"]), stated["replications"]

    def values(name: str) -> NDArray[np.int64]:
        columns = [table.column(f"{name}.{month}").combine_chunks() for month in months]
        rows = [one.flatten().to_numpy().reshape(-1, count) for one in columns]
        return np.stack(rows).astype(np.int64)

    need, in_post = (values(name) for name in _MEASURES)
    return Peers(
        tuple(names), months, stated["opening"], need, in_post, stated["draws"], stated["law"]
    )


def standing(peers: Peers, names: Sequence[Name], month: int) -> pd.DataFrame:
    """How short some places are at a month, and how they rank among each other.

    A share is shortfall over need; rank 1 has the greatest. ``low`` and ``high`` hold 8 of 10
    futures.

    Args:
        peers: A run of England.
        names: Level and code of the places compared.
        month: One of its months.

    Returns:
        One row a place, the greatest ``share`` first: ``level``, ``code``; ``mean``, ``low`` and
        ``high`` of the shortfall, FTE; ``share``, ``share_low`` and ``share_high``; ``rank_low``
        and ``rank_high``; ``worst``: share of futures in which the place is in the worst fifth.

    Raises:
        KeyError: If a place or the month is not in the run.
    """
    import pandas as pd
    from scipy.stats import rankdata

    if month not in peers.months:
        raise KeyError(f"the run of England holds months {peers.months}, not {month}")
    index = [peers.names.index(name) if name in peers.names else -1 for name in names]
    if -1 in index:
        raise KeyError(f"the run of England has no place {names[index.index(-1)]}")
    at = peers.months.index(month)
    need = peers.need[at, index] / 100.0
    short = need - peers.in_post[at, index] / 100.0
    share = short / np.maximum(need, 1e-9)
    rank = rankdata(-share, axis=0, method="average")
    fifth = max(1.0, len(index) / 5)
    frame = pd.DataFrame(
        {
            "level": [level for level, _ in names],
            "code": [code for _, code in names],
            "mean": short.mean(axis=1),
            **_span(short, ""),
            "share": short.sum(axis=1) / need.sum(axis=1),
            **_span(share, "share_"),
            **_span(rank, "rank_"),
            "worst": (rank <= fifth).mean(axis=1),
        }
    )
    return frame.sort_values("share", ascending=False, kind="stable").reset_index(drop=True)


def main(path: str) -> None:
    """Run a scenario of England at the size that is stored, and store it beside the census."""
    scenario = load_scenario(path, SIZE)
    write_peers(run_peers(scenario, workers=os.cpu_count() or 1), scenario.census / FOLDER)


def _span(values: F64, prefix: str) -> dict[str, F64]:
    low, high = np.quantile(values, (0.1, 0.9), axis=1, method="inverted_cdf")
    return {f"{prefix}low": low, f"{prefix}high": high}


if __name__ == "__main__":
    main(sys.argv[1])
