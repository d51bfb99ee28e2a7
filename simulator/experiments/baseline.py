"""Make the England baseline that scenarios for a part of England replay."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.domain.digests import digest_of, file_digest
from simulator.domain.words import BANDS, GROUPS
from simulator.experiments.run import law_manifest
from simulator.experiments.simulate import Progress, Summary, simulate
from simulator.model.baseline import AVAILABILITY, FOLDER, STEP
from simulator.model.compile import compile_scenario
from simulator.model.specification import Specification
from simulator.results.folders import new_folder, write_text
from simulator.results.totals import RAISED, YEAR, PoolRecord
from simulator.scenario.resolved import Scenario

MANIFEST = "manifest.toml"


class NotEnglandError(ValueError):
    """A baseline is made from a scenario of all of England."""


def make_baseline(
    scenario: Scenario, *, workers: int | None = None, progress: Progress | None = None
) -> Path:
    """Run England and store how available candidates were, in the census folder.

    Args:
        scenario: A scenario of all of England, without levers.
        workers: Processes; change no number.
        progress: Told (done, total, words).

    Returns:
        The folder written.

    Raises:
        NotEnglandError: If the scenario is for a part of England or has levers.
    """
    if scenario.rest is not None or scenario.lever:
        raise NotEnglandError(
            f"{scenario.source}: a baseline needs all of England and no lever, as england.toml has"
        )
    spec = compile_scenario(scenario)
    summary = simulate(spec, workers=workers, pools=True, progress=progress)
    folder = scenario.census / FOLDER
    pools, pulls = _tables(spec, [unit.pools for unit in summary.units if unit.pools])
    law = law_manifest(scenario, spec)
    tables = {"pools.csv": pools, "pulls.csv": pulls, "trusts.csv": _trusts(spec, summary)}
    with new_folder(folder, MANIFEST) as building:
        for name, text in tables.items():
            write_text(building / name, text)
        files = {name: file_digest(building / name) for name in tables}
        digest = digest_of(text.encode() for text in files.values())
        lines = [
            "# How available candidates were in a run of all of England; replayed by scenarios",
            '# with rest = "baseline". Made by `workforce baseline`.',
            f'digest = "{digest}"',
            f'law_digest = "{law["scenario"]["law_digest"]}"',
            f'code_version = "{law["code"]["version"]}"',
            f"seed = {spec.seed}",
            f"draws = {spec.draws}",
            f"replications = {spec.replications}",
            f"months = {spec.months}",
            "",
            "[tables]",
            *(f'"{name}" = "{text}"' for name, text in files.items()),
        ]
        write_text(building / MANIFEST, "\n".join(lines) + "\n")
    return folder


def _tables(spec: Specification, records: list[PoolRecord]) -> tuple[str, str]:
    """The two tables as CSV text."""
    regions = sorted({name[0] for name in spec.pools.names})
    pools, pulls = io.StringIO(newline=""), io.StringIO(newline="")
    pool_rows = csv.writer(pools, lineterminator="\n")
    pool_rows.writerow(["region", "group", "band_range", "step", *AVAILABILITY])
    pull_rows = csv.writer(pulls, lineterminator="\n")
    pull_rows.writerow(["region", "group", "band", "step", "pulls"])
    names = _option_names(spec)
    for region, record in zip(regions, records, strict=True):
        mine = [name for name in spec.pools.names if name[0] == region]
        shares = _shares(record)
        for number, (code, group, band_range) in enumerate(mine):
            for step in range(shares.shape[1]):
                values = (f"{value:.5f}" for value in shares[:, step, number])
                pool_rows.writerow([code, group, band_range, step, *values])
        made = _by_step(record.pulls) / STEP / spec.replications
        for option, name in enumerate(names):
            if name[0] == region:
                for step in range(len(made)):
                    pull_rows.writerow([*name, step, f"{made[step, option]:.6f}"])
    return pools.getvalue(), pulls.getvalue()


def _trusts(spec: Specification, summary: Summary) -> str:
    """Mean headcount of each trust at each year's end: what a trust run alone should agree with."""
    rows = io.StringIO(newline="")
    table = csv.writer(rows, lineterminator="\n")
    table.writerow(["trust", "month", "headcount"])
    for unit in summary.units:
        heads = unit.cell_statistics[0, 0].astype(np.float64)
        trust = spec.cells.trust[unit.cells]
        for number in np.unique(trust):
            mine = heads[:, trust == number].sum(axis=1)
            for month in range(0, spec.months + 1, YEAR):
                table.writerow([spec.trusts[number], month, f"{mine[month]:.3f}"])
    return rows.getvalue()


def _option_names(spec: Specification) -> list[tuple[str, str, str]]:
    names = [("", "", "")] * (len(spec.pulls.first) - 1)
    cells = spec.cells
    for cell in range(len(cells.trust)):
        region = spec.trust_region[cells.trust[cell]]
        names[cells.option[cell]] = (region, GROUPS[cells.group[cell]], BANDS[cells.band[cell]])
    return names


def _by_step(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Months 1 to T added up by steps of ``STEP`` months; an unfinished step is left out."""
    steps = (len(values) - 1) // STEP
    return np.asarray(values[1 : steps * STEP + 1].reshape(steps, STEP, -1).sum(axis=1))


def _shares(record: PoolRecord) -> NDArray[np.float64]:
    """Availability, shape (len(AVAILABILITY), steps, P).

    Where nothing was asked for, candidates are taken to be there, and nobody to be of a source.
    """

    def share(
        part: NDArray[np.float64], whole: NDArray[np.float64], otherwise: float = 1.0
    ) -> NDArray[np.float64]:
        top, bottom = _by_step(part), _by_step(whole)
        return np.divide(top, bottom, out=np.full_like(top, otherwise), where=bottom > 0)

    return np.stack(
        [
            share(record.ratio, record.adverts),
            share(record.moves, record.move_chances),
            share(record.graduates, record.asked),
            share(record.experienced, record.left),
            share(record.converted, record.graduates, 0.0),
            share(record.returning, record.experienced, 0.0),
            share(record.international, record.experienced, 0.0),
            _response(record.ratio, record.ratio_high, record.adverts),
            _response(record.move_ratio, record.move_ratio_high, record.move_adverts),
        ]
    )


def _response(
    neutral: NDArray[np.float64], high: NDArray[np.float64], adverts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far the odds of a mean ratio follow attraction: 1 where every advert sees the same.

    A mean over futures in which candidates are now many and now few follows it less.
    """
    count = _by_step(adverts)
    mean, raised = (
        np.divide(_by_step(part), count, out=np.ones_like(count), where=count > 0)
        for part in (neutral, high)
    )
    doubtful = (mean > 0.0) & (raised < 1.0)
    odds, above = (
        np.divide(one, 1.0 - one, out=np.ones_like(one), where=doubtful) for one in (mean, raised)
    )
    followed = (above / odds - 1.0) / (RAISED - 1.0)
    return np.where(doubtful, np.clip(followed, 0.0, 1.0), 1.0)
