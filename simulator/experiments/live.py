"""Run a scenario once and keep both its tables and its single futures.

A stored run keeps quantiles only, and a comparison single futures only. A page that answers at once
needs both of one run: :func:`run_live` plays every block once and lets both read it. The tables are
those of :func:`~simulator.experiments.run.run_scenario`, and the differences those of
:func:`~simulator.experiments.compare.compare`, to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from simulator.experiments.futures import FTE, Cut, Futures, Name
from simulator.experiments.layers import paired
from simulator.experiments.simulate import Summary, UnitRun, block_size, find_units
from simulator.experiments.tables import make_tables
from simulator.model.specification import Specification
from simulator.results.summaries import PlaceSummary, PlaceTotals, place_totals
from simulator.results.totals import YEAR

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Live:
    """One run of a scenario.

    Attributes:
        tables: All tables of the run, as in a stored result.
        futures: Need, funded posts, staff in post, vacancy and shortfall of one place in every
            replication, at year ends.
    """

    tables: dict[str, pa.Table]
    futures: Futures


def run_live(spec: Specification, place: Name) -> Live:
    """Run all replications in this process.

    Args:
        spec: The specification.
        place: Level and code of the place of which single futures are kept.

    Raises:
        ValueError: If the specification does not report the place.
        BooksError: If people or posts do not add up.
    """
    units, wide = find_units(spec)
    size = block_size(spec, max((unit.posts for unit in units), default=1))
    runs = [UnitRun(spec, unit) for unit in units]
    whole = PlaceSummary(spec, wide) if len(wide) else None
    row = np.array([spec.places.names.index(place)], dtype=np.intp)
    kept: list[PlaceTotals] = []
    for first in range(0, spec.replications, size):
        parts, wide_parts = [], []
        for run in runs:
            totals = run.play(first, min(size, spec.replications - first), None)
            parts.append(place_totals(spec, row, totals))
            if whole is not None:
                wide_parts.append(place_totals(spec, wide, totals))
        kept.append(_sum(parts))
        if whole is not None:
            whole.add(_sum(wide_parts))
    tables = make_tables(spec, Summary([run.summary() for run in runs], whole))
    return Live(tables, _futures(spec, place, kept))


def _sum(parts: Sequence[PlaceTotals]) -> PlaceTotals:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _futures(spec: Specification, place: Name, blocks: Sequence[PlaceTotals]) -> Futures:
    """The measures of one place at year ends, in the order of a cut."""
    months = tuple(range(YEAR, spec.months + 1, YEAR))
    cut = Cut((place,), FTE, months)
    ends = list(months)
    funded, in_post = (
        np.concatenate([getattr(block, name)[ends] for block in blocks], axis=-1)
        for name in ("funded", "in_post")
    )
    row = np.array([spec.places.names.index(place)], dtype=np.intp)
    draws = np.arange(spec.replications) % spec.draws
    need = PlaceSummary(spec, row).need[ends][..., draws]
    values = [need, funded, in_post, funded - in_post, need - in_post]
    stacked = np.concatenate([one.reshape(-1, spec.replications) for one in values])
    return Futures(cut, spec.start, spec.draws, stacked)


def differences(base: Futures, other: Futures) -> pd.DataFrame:
    """Paired differences of two runs of one size, the second less the first.

    Returns:
        A row for each group, measure and year end, with the means ``first`` and ``second`` and the
        columns of :func:`~simulator.experiments.layers.paired`.

    Raises:
        ValueError: If the runs differ in place, months, draws or replications.
    """
    one, two = ((run.cut, run.start, run.draws, run.values.shape) for run in (base, other))
    if one != two:
        raise ValueError("the two runs differ in place, months or size, so they are not paired")
    columns: dict[str, Any] = paired((other.values - base.values) / base.scale[:, None], base.draws)
    return base.labels().assign(
        first=base.values.mean(axis=1) / base.scale,
        second=other.values.mean(axis=1) / base.scale,
        **columns,
    )
