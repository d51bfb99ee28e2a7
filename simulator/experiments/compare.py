"""Compare two scenarios future by future, with the same draws and the same luck in both.

Keyed numbers give each person, post and month of a replication the same luck in both scenarios,
so the difference within a replication is the scenarios' own; what both share cancels out.
"""

from __future__ import annotations

import multiprocessing as mp
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from simulator.domain.digests import file_digest
from simulator.engines.arrays import make_layout, sum_block
from simulator.experiments.simulate import Progress, block_size, find_units
from simulator.model.compile import compile_scenario
from simulator.model.specification import Specification
from simulator.results.summaries import COLUMNS, PlaceSummary, place_totals
from simulator.results.totals import YEAR
from simulator.scenario.dates import month_after

if TYPE_CHECKING:
    import pandas as pd

    from simulator.scenario.resolved import Scenario

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

MEASURES: Final = ("need", "funded", "in_post", "vacancy", "shortfall")
QUANTILES: Final = (0.1, 0.5, 0.9)
CONFIDENCE: Final = 0.95
_SAME: Final = ("opening", "months", "seed", "draws", "replications")
_WIDEST_FIRST: Final = ("england", "region", "ics", "trust")


class NotComparableError(ValueError):
    """Two scenarios that cannot be paired; ``problems`` holds every reason."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("the scenarios cannot be compared: " + "; ".join(problems))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Paired differences, second scenario less first, in FTE at year ends.

    Attributes:
        first: Title and name of the first scenario.
        second: Title and name of the second scenario.
        draws: Parameter draws of each.
        replications: Replications of each, paired by number.
        table: One row for each place, group, measure and year end: ``level``, ``code``,
            ``group``, ``measure``, ``month``, ``date``; ``first`` and ``second`` (means);
            ``difference`` (mean of the paired differences) with ``low95`` and ``high95``;
            ``sd``, ``q10``, ``q50`` and ``q90`` of the differences across futures;
            ``share_above_zero`` and ``share_below_zero``; and ``clear``, whether the interval of
            the mean leaves zero out.
    """

    first: str
    second: str
    draws: int
    replications: int
    table: pd.DataFrame

    def frame(self, **where: str | int | Sequence[str] | Sequence[int]) -> pd.DataFrame:
        """Rows of the table, e.g. ``level="region", measure="in_post"``.

        Raises:
            KeyError: If there is no such column.
        """
        frame = self.table
        for name, value in where.items():
            wanted = [value] if isinstance(value, str | int) else list(value)
            frame = frame.loc[frame[name].isin(wanted)]
        return frame

    def lines(self, *, measure: str = "in_post", group: str = "all") -> list[str]:
        """Say the differences of the widest places at each year end, in plain words."""
        frame = self.frame(measure=measure, group=group)
        level = next((one for one in _WIDEST_FIRST if (frame["level"] == one).any()), "")
        return [
            f"{measure}, FTE: {self.second}, less {self.first}",
            *(_sentence(row) for _, row in frame.loc[frame["level"] == level].iterrows()),
        ]


def _sentence(row: pd.Series[Any]) -> str:
    where = f"{row['code']} {row['date']}: {row['difference']:+,.1f}"
    if np.isnan(row["low95"]):
        return f"{where}; one future, so there is no interval"
    text = f"{where} (95 % interval of the mean {row['low95']:+,.1f} to {row['high95']:+,.1f})"
    if row["low95"] == row["high95"] == 0.0:
        return f"{text}; no difference in any future"
    if not row["clear"]:
        return f"{text}; the interval includes zero: no difference is shown"
    side = "above" if row["difference"] > 0 else "below"
    return f"{text}; {side} zero in {100 * row[f'share_{side}_zero']:.0f} % of futures"


def compare(
    a: Scenario,
    b: Scenario,
    *,
    levels: Iterable[str] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Comparison:
    """Run two scenarios replication by replication and give the difference, ``b`` less ``a``.

    Args:
        a: The scenario compared with, usually without levers.
        b: The other one.
        levels: Levels of places (``trust``, ``ics``, ``region``, ``england``); by default all, but
            no trusts where all of England is compared.
        workers: Processes, at most one for each region; change no number.
        progress: Told (done, total, words).

    Raises:
        NotComparableError: If opening, months, seed, draws, replications or census differ, if no
            year is whole, or if no place is in both.
    """
    problems = list(_mismatches(a, b))
    if problems:
        raise NotComparableError(problems)
    specs = compile_scenario(a), compile_scenario(b)
    wide = specs[0].places.names, specs[1].places.names
    if levels is None:
        england = ("england", "ENG") in wide[0]
        levels = [one for one in _WIDEST_FIRST if not (england and one == "trust")]
    wanted = set(levels)
    names = [name for name in wide[0] if name in set(wide[1]) and name[0] in wanted]
    if not names:
        raise NotComparableError([f"no place of level {', '.join(sorted(wanted))} is in both"])
    values = [_year_ends(spec, names, workers, _half(progress, i)) for i, spec in enumerate(specs)]
    return Comparison(
        f"{a.title} ({a.id})",
        f"{b.title} ({b.id})",
        a.draws,
        a.replications,
        _table(specs[0], names, values[0], values[1]),
    )


def _mismatches(a: Scenario, b: Scenario) -> Iterator[str]:
    for name in _SAME:
        one, two = getattr(a, name), getattr(b, name)
        if one != two:
            yield f"{name}: {one} and {two}"
    if _census(a) != _census(b):
        yield f"census: {a.census.name} and {b.census.name} do not hold the same tables"
    if a.months < YEAR and b.months < YEAR:
        yield f"months: {a.months}; differences are given at the end of whole years"


def _census(scenario: Scenario) -> list[str]:
    """Digests of the opening census and of own rows."""
    tables = (path for path in scenario.files if path.suffix != ".toml")
    found = (*tables, scenario.census / "fitted.toml")
    return sorted(file_digest(path) for path in found if path.is_file())


def _half(progress: Progress | None, part: int) -> Callable[[int, int], None]:
    """Progress of one of the two runs, as part of both."""

    def tell(done: int, total: int) -> None:
        if progress is not None:
            progress(part * total + done, 2 * total, "comparing")

    return tell


def _year_ends(
    spec: Specification,
    names: Sequence[tuple[str, str]],
    workers: int,
    tell: Callable[[int, int], None],
) -> I64:
    """Measures at year ends, hundredths FTE, shape (measures, years, places, columns, N)."""
    places = np.array([spec.places.names.index(name) for name in names], dtype=np.intp)
    months = np.arange(YEAR, spec.months + 1, YEAR)
    units, _ = find_units(spec)
    total = np.zeros((2, len(months), len(places), len(COLUMNS), spec.replications), np.int64)
    jobs = [(unit.regions, unit.posts) for unit in units]
    for done, part in enumerate(_parts(spec, places, months, jobs, workers), start=1):
        total += part
        tell(done, len(jobs))
    in_post, funded = total
    draws = np.arange(spec.replications) % spec.draws
    need = PlaceSummary(spec, places).need[months][..., draws]
    return np.stack([need, funded, in_post, funded - in_post, need - in_post])


def _parts(
    spec: Specification,
    places: NDArray[np.intp],
    months: NDArray[np.intp],
    jobs: Sequence[tuple[tuple[str, ...], int]],
    workers: int,
) -> Iterator[I64]:
    """What each unit adds to the places, in whatever order it is done."""
    count = min(workers, len(jobs))
    if count <= 1:
        yield from (_unit(spec, places, months, *job) for job in jobs)
        return
    context = mp.get_context("fork" if "fork" in mp.get_all_start_methods() else "spawn")
    with ProcessPoolExecutor(
        count, mp_context=context, initializer=_remember, initargs=(spec, places, months)
    ) as pool:
        yield from pool.map(_remembered, jobs)


_KEPT: list[tuple[Specification, NDArray[np.intp], NDArray[np.intp]]] = []
"""In a worker process: what all its jobs share."""


def _remember(spec: Specification, places: NDArray[np.intp], months: NDArray[np.intp]) -> None:
    _KEPT[:] = [(spec, places, months)]


def _remembered(job: tuple[tuple[str, ...], int]) -> I64:
    return _unit(*_KEPT[0], *job)


def _unit(
    spec: Specification,
    places: NDArray[np.intp],
    months: NDArray[np.intp],
    regions: tuple[str, ...],
    slots: int,
) -> I64:
    """In post and funded of one unit's part of the places, at year ends, block by block."""
    layout, size, blocks = make_layout(spec, regions), block_size(spec, slots), []
    for first in range(0, spec.replications, size):
        totals = sum_block(layout, first, min(size, spec.replications - first))
        whole = place_totals(spec, places, totals)
        blocks.append(np.stack([whole.in_post[months], whole.funded[months]]))
    return np.concatenate(blocks, axis=-1)


def _table(
    spec: Specification, names: Sequence[tuple[str, str]], one: I64, two: I64
) -> pd.DataFrame:
    import pandas as pd

    years = range(YEAR, spec.months + 1, YEAR)
    labels = pd.MultiIndex.from_product(
        [MEASURES, years, range(len(names)), COLUMNS], names=["measure", "month", "place", "group"]
    )
    frame = labels.to_frame(index=False)
    place = frame.pop("place")
    frame.insert(0, "level", [names[number][0] for number in place])
    frame.insert(1, "code", [names[number][1] for number in place])
    frame.insert(4, "date", [month_after(spec.start, month) for month in frame["month"]])
    first = one.reshape(-1, spec.replications) / 100.0
    second = two.reshape(-1, spec.replications) / 100.0
    return frame.assign(
        first=first.mean(axis=1), second=second.mean(axis=1), **paired(second - first, spec.draws)
    )


def paired(differences: F64, draws: int) -> dict[str, NDArray[Any]]:
    """Statistics of paired differences, each row a series over replications.

    Replications of one draw share its parameters, so the interval of the mean counts draws, not
    replications, as independent; with a single draw it counts replications.

    Args:
        differences: Shape (rows, N); replication i belongs to draw i mod ``draws``.
        draws: Number of draws, D.
    """
    rows, count = differences.shape
    mean = differences.mean(axis=1)
    by_draw = differences.reshape(rows, -1, draws).mean(axis=1) if draws > 1 else differences
    size = by_draw.shape[1]
    if size > 1:
        half = stdtrit(size - 1, (1 + CONFIDENCE) / 2) * by_draw.std(axis=1, ddof=1) / size**0.5
    else:
        half = np.full(rows, np.nan)
    low, high = mean - half, mean + half
    spread = differences.std(axis=1, ddof=1) if count > 1 else np.full(rows, np.nan)
    quantiles = np.quantile(differences, QUANTILES, axis=1, method="inverted_cdf")
    return {
        "difference": mean,
        "low95": low,
        "high95": high,
        "sd": spread,
        **{f"q{share * 100:.0f}": row for share, row in zip(QUANTILES, quantiles, strict=True)},
        "share_above_zero": (differences > 0).mean(axis=1),
        "share_below_zero": (differences < 0).mean(axis=1),
        "clear": (low > 0) | (high < 0),
    }
