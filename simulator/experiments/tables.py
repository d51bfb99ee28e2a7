"""A run's statistics as tables."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from simulator.domain.words import BANDS, GROUPS, Flow, Money, TrainingFlow
from simulator.experiments.simulate import Summary, UnitSummary
from simulator.model.specification import Specification
from simulator.results.measures import CELL_MEASURES, PLACE_MEASURES
from simulator.results.result import Labels, grid, make_table
from simulator.results.summaries import COLUMNS, STATISTICS
from simulator.scenario.dates import month_after

_FTE: Final = [measure.id for measure in PLACE_MEASURES]
_SHARE: Final = STATISTICS.index("share_parameters")


def make_tables(spec: Specification, summary: Summary) -> dict[str, pa.Table]:
    """All tables of a run, in the order of :data:`simulator.results.result.TABLES`."""
    parts = [
        (unit.places, unit.fte_statistics, unit.flow_statistics, unit.money_statistics)
        for unit in summary.units
        if len(unit.places)
    ]
    if summary.wide is not None:
        wide = summary.wide
        wide_parts = (wide.fte_statistics(), wide.flow_statistics(), wide.money_statistics())
        parts.append((wide.places, *wide_parts))
    flows, money = [flow.name.lower() for flow in Flow], [item.name.lower() for item in Money]
    return {
        "places": pa.concat_tables([_places(spec, where, fte) for where, fte, _, _ in parts]),
        "flows": pa.concat_tables([_yearly(spec, part[0], flows, part[2]) for part in parts]),
        "cells": pa.concat_tables([_cells(spec, unit) for unit in summary.units]),
        "training": pa.concat_tables([_training(spec, unit) for unit in summary.units]),
        "money": pa.concat_tables([_yearly(spec, part[0], money, part[3]) for part in parts]),
        "moves": pa.concat_tables([_moves(spec, unit) for unit in summary.units]),
    }


def _dates(spec: Specification) -> list[str]:
    return [month_after(spec.start, month) for month in range(spec.months + 1)]


def nhs_years(spec: Specification) -> list[str]:
    """Names of the whole years of a run, each of twelve months from the opening.

    A year from April to March is an NHS year, written 2026/27; others by their last month.
    """
    names = []
    for year in range(spec.months // 12):
        last = month_after(spec.start, 12 * (year + 1))
        start = int(last[:4]) - 1
        is_nhs_year = last.endswith("-03")
        names.append(f"{start}/{(start + 1) % 100:02d}" if is_nhs_year else f"year to {last}")
    return names


def _place_labels(
    spec: Specification, places: NDArray[np.intp], row: NDArray[np.intp]
) -> dict[str, Labels]:
    names = [spec.places.names[place] for place in places]
    levels = sorted({level for level, _ in names})
    level = np.array([levels.index(one) for one, _ in names], dtype=np.intp)
    return {
        "level": Labels(levels, level[row]),
        "code": Labels([code for _, code in names], row),
    }


def _tidy(statistics: NDArray[np.float64]) -> NDArray[np.float64]:
    """Statistics by row, the variance share to three places (its last bits mean nothing)."""
    flat = statistics.reshape(len(statistics), -1)
    flat[_SHARE] = np.round(flat[_SHARE], 3)
    return flat


def _places(spec: Specification, places: NDArray[np.intp], fte: NDArray[np.float64]) -> pa.Table:
    measures, _, months, count, columns = fte.shape
    place, column, measure, month = grid(count, columns, measures, months)
    ordered = np.ascontiguousarray(fte.transpose(1, 3, 4, 0, 2))
    return make_table(
        {
            **_place_labels(spec, places, place),
            "group": Labels(COLUMNS, column),
            "measure": Labels(_FTE, measure),
            "month": month.astype(np.int16),
            "date": Labels(_dates(spec), month),
        },
        _tidy(ordered),
        STATISTICS,
    )


def _moves(spec: Specification, unit: UnitSummary) -> pa.Table:
    """Moves a year between two trusts, without pairs that never had one."""
    mean, spread = unit.moves
    years, to, source = np.nonzero(mean)
    codes = [spec.trusts[number] for number in unit.trusts]
    return make_table(
        {
            "to": Labels(codes, to),
            "from": Labels(codes, source),
            "year": Labels(nhs_years(spec), years),
        },
        np.stack([mean[years, to, source], spread[years, to, source]]),
        ("mean", "sd"),
    )


def _yearly(
    spec: Specification,
    places: NDArray[np.intp],
    measures: list[str],
    values: NDArray[np.float64],
) -> pa.Table:
    _, years, kinds, count, columns = values.shape
    place, column, kind, year = grid(count, columns, kinds, years)
    ordered = np.ascontiguousarray(values.transpose(0, 3, 4, 2, 1))
    return make_table(
        {
            **_place_labels(spec, places, place),
            "group": Labels(COLUMNS, column),
            "measure": Labels(measures, kind),
            "year": Labels(nhs_years(spec), year),
        },
        _tidy(ordered),
        STATISTICS,
    )


def _cells(spec: Specification, unit: UnitSummary) -> pa.Table:
    measures, _, months, count = unit.cell_statistics.shape
    cell, measure, month = grid(count, measures, months)
    cells = unit.cells[cell]
    ordered = np.ascontiguousarray(unit.cell_statistics.transpose(1, 3, 0, 2))
    return make_table(
        {
            "trust": Labels(spec.trusts, spec.cells.trust[cells].astype(np.intp)),
            "group": Labels(GROUPS, spec.cells.group[cells].astype(np.intp)),
            "band": Labels(BANDS, spec.cells.band[cells].astype(np.intp)),
            "measure": Labels([one.id for one in CELL_MEASURES], measure),
            "month": month.astype(np.int16),
            "date": Labels(_dates(spec), month),
        },
        ordered.reshape(len(STATISTICS) - 1, -1),
        STATISTICS[:-1],
    )


def _labels(names: list[str], row: NDArray[np.intp]) -> Labels:
    """Labels of rows by names that may be repeated."""
    categories = list(dict.fromkeys(names))
    code = np.array([categories.index(name) for name in names], dtype=np.intp)
    return Labels(categories, code[row])


def _training(spec: Specification, unit: UnitSummary) -> pa.Table:
    years, lines = nhs_years(spec), unit.training_lines
    statistics = unit.training_statistics
    if not statistics.size:
        statistics = np.empty((len(STATISTICS), len(years), len(TrainingFlow), 0))
    line, kind, year = grid(len(lines), len(TrainingFlow), len(years))
    names = [spec.training.names[number] for number in lines]
    ordered = np.ascontiguousarray(statistics.transpose(0, 3, 2, 1))
    return make_table(
        {
            "pathway": _labels([name for name, _ in names], line),
            "region": _labels([region for _, region in names], line),
            "measure": Labels([f"training_{flow.name.lower()}" for flow in TrainingFlow], kind),
            "year": Labels(years, year),
        },
        _tidy(ordered),
        STATISTICS,
    )
