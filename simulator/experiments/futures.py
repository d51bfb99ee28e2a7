"""Run a scenario and keep every future: chosen numbers of each replication, at year ends.

A stored result holds quantiles. To pair scenarios, to split a difference, to search or to weigh
precision, the single replications are needed; a :class:`Cut` says which numbers of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import BANDS, GROUPS, Flow, Money, TrainingFlow
from simulator.engines.arrays import make_layout, sum_block
from simulator.engines.arrays.layout import Layout
from simulator.evidence.tables import table_rows
from simulator.experiments.pool import run_many, same
from simulator.experiments.simulate import Progress, block_size, find_units
from simulator.model.specification import Specification
from simulator.results.money import pounds_by_staff
from simulator.results.summaries import COLUMNS, place_need, sum_places
from simulator.results.totals import YEAR, BlockTotals
from simulator.scenario.dates import month_after
from simulator.scenario.problems import Problem
from simulator.scenario.reader import COMMAND_LINE

if TYPE_CHECKING:
    import pandas as pd

I64 = NDArray[np.int64]
Name = tuple[str, str]
"""Level and code of a place."""

ALL: Final = "all"
LEVELS: Final = ("england", "region", "ics", "trust")
"""Levels of places, the widest first."""
FTE: Final = ("need", "funded", "in_post", "vacancy", "shortfall")
BY_BAND: Final = ("headcount", "vacant_posts")
FLOWS: Final = {flow.name.lower(): flow for flow in Flow}
TRAINING: Final = {f"training_{flow.name.lower()}": flow for flow in TrainingFlow}
MONEY: Final = {item.name.lower(): item for item in Money}
KNOWN: Final = (*FTE, *BY_BAND, *FLOWS, *TRAINING, *MONEY)
"""Measures that can be kept."""
_MADE_OF: Final = {
    "need": (),
    "vacancy": ("funded", "in_post"),
    "shortfall": ("in_post",),
}
"""Measures that follow from others, and from need, which is known for each draw."""
MOST_NUMBERS: Final = 100_000_000
"""Numbers kept of one scenario at most (0.8 GB)."""


class CutError(ValueError):
    """What was asked for is not there, or is too much; ``problems`` says all that is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems; there is at least one."""
        self.problems = tuple(problems)
        lines = [" ".join(line.strip() for line in one.lines()) for one in problems]
        super().__init__("; ".join(lines))


@dataclass(frozen=True, slots=True)
class Cut:
    """Which numbers of every replication are kept.

    Attributes:
        places: Level and code of each place.
        measures: Ids of measures. Stocks are counted at the end of the month; flows and pounds are
            added up from the opening to that month; flows of training are known for regions and
            England.
        months: Ends of years, each a multiple of 12.
        groups: Staff groups, ``all`` for all together.
        bands: Bands of the measures that are known by band (``headcount``, ``vacant_posts``);
            ``all`` for all together. The others have ``all`` only.
    """

    places: tuple[Name, ...]
    measures: tuple[str, ...]
    months: tuple[int, ...]
    groups: tuple[str, ...] = COLUMNS
    bands: tuple[str, ...] = (ALL,)

    def bands_of(self, measure: str) -> tuple[str, ...]:
        """Bands for which a measure is kept."""
        return self.bands if measure in BY_BAND else (ALL,)

    def places_of(self, measure: str) -> tuple[Name, ...]:
        """Places for which a measure is kept."""
        if measure not in TRAINING:
            return self.places
        return tuple(place for place in self.places if place[0] in {"england", "region"})

    def shape_of(self, measure: str) -> tuple[int, int, int, int]:
        """Bands, months, places and groups of a measure."""
        bands, places = self.bands_of(measure), self.places_of(measure)
        return len(bands), len(self.months), len(places), len(self.groups)

    @property
    def rows(self) -> int:
        """Series kept."""
        return sum(int(np.prod(self.shape_of(measure))) for measure in self.measures)


def cut_problems(cut: Cut, spec: Specification) -> list[Problem]:
    """Everything for which a specification cannot fill a cut."""
    years = spec.months // YEAR
    problems = [
        *_unknown("--measure", cut.measures, KNOWN),
        *_unknown("--group", cut.groups, COLUMNS),
        *_unknown("--band", cut.bands, (*BANDS, ALL)),
        *(
            _wrong("--by", f"{level} {code}", "the scenario does not report this place")
            for level, code in cut.places
            if (level, code) not in spec.places.names
        ),
        *(
            _wrong("--years", f"{month / YEAR:g}", f"give whole years from 1 to {years}")
            for month in cut.months
            if month % YEAR or not YEAR <= month <= years * YEAR
        ),
    ]
    if not problems and cut.places and not cut.rows:
        words = "nothing is left: no year is whole, or no place has these measures"
        problems.append(_wrong("--years", "", words))
    if not problems and cut.rows * spec.replications > MOST_NUMBERS:
        words = (
            f"{cut.rows:,} series of {spec.replications:,} futures do not fit in memory; "
            "ask for fewer years, measures, groups or bands, or a wider level of places"
        )
        problems.append(_wrong("--by", "", words))
    return problems


def _wrong(option: str, value: str, words: str) -> Problem:
    return Problem(COMMAND_LINE, option, value, words)


def _unknown(option: str, given: Sequence[str], known: Sequence[str]) -> Iterator[Problem]:
    for one in given:
        if one not in known:
            yield _wrong(option, one, f"not known; known are {', '.join(known)}")


@dataclass(frozen=True)
class Futures:
    """Chosen numbers of every replication of one scenario.

    Attributes:
        cut: What was kept.
        start: The opening month.
        draws: Parameter draws, D; replication i belongs to draw i mod D.
        values: Whole numbers, shape (rows, N): hundredths FTE, people, posts, events, pounds. Rows
            are in order of measure, band, month, place and group, as the cut lists them.
    """

    cut: Cut
    start: str
    draws: int
    values: I64

    @cached_property
    def scale(self) -> NDArray[np.float64]:
        """What the numbers of each row are divided by: 100 where they are FTE, shape (rows,)."""
        sizes = [int(np.prod(self.cut.shape_of(one))) for one in self.cut.measures]
        units = [100.0 if one in FTE else 1.0 for one in self.cut.measures]
        return np.repeat(units, sizes)

    def labels(self) -> pd.DataFrame:
        """What each row is: ``level``, ``code``, ``group``, ``band``, ``measure``, ``month``."""
        import pandas as pd

        cut, rows = self.cut, []
        for measure in cut.measures:
            rows += [
                (level, code, group, band, measure, month, month_after(self.start, month))
                for band in cut.bands_of(measure)
                for month in cut.months
                for level, code in cut.places_of(measure)
                for group in cut.groups
            ]
        names = ["level", "code", "group", "band", "measure", "month", "date"]
        return pd.DataFrame(rows, columns=names)


def run_futures(
    spec: Specification,
    cut: Cut,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Futures:
    """Run all replications of a specification and keep what a cut names.

    Args:
        spec: The specification.
        cut: What is kept.
        workers: Processes; they change no number.
        progress: Told (blocks done, blocks in all, words).

    Raises:
        CutError: If the specification has no such numbers.
        BooksError: If people or posts do not add up.
    """
    problems = cut_problems(cut, spec)
    if problems:
        raise CutError(problems)
    basic = _basic(cut.measures)
    total = {one: np.zeros((*cut.shape_of(one), spec.replications), np.int64) for one in basic}
    jobs = [
        (unit.regions, first, min(size, spec.replications - first))
        for unit in find_units(spec)[0]
        for size in [block_size(spec, unit.posts)]
        for first in range(0, spec.replications, size)
    ]
    played = run_many(_Player.play, jobs, workers, _Player(spec, cut), ready=same)
    for done, (_, (first, parts)) in enumerate(played, start=1):
        for one, part in parts.items():
            total[one][..., first : first + part.shape[-1]] += part
        if progress is not None:
            progress(done, len(jobs), "simulating")
    total.update(_made(spec, cut, total))
    values = [total[one].reshape(-1, spec.replications) for one in cut.measures]
    return Futures(cut, spec.start, spec.draws, np.concatenate(values))


def _basic(measures: Sequence[str]) -> list[str]:
    """Measures that are counted, not made of others."""
    found = [part for one in measures for part in _MADE_OF.get(one, (one,))]
    return list(dict.fromkeys(found))


def _made(spec: Specification, cut: Cut, total: dict[str, I64]) -> dict[str, I64]:
    """Measures that follow from those counted."""
    made: dict[str, I64] = {}
    if "vacancy" in cut.measures:
        made["vacancy"] = total["funded"] - total["in_post"]
    if {"need", "shortfall"} & set(cut.measures):
        known = place_need(spec, _numbers(spec, cut.places))
        draws = np.arange(spec.replications) % spec.draws
        need = known[list(cut.months)][:, :, _columns(cut)][None, ..., draws]
        made["need"] = np.asarray(need, dtype=np.int64)
        if "shortfall" in cut.measures:
            made["shortfall"] = made["need"] - total["in_post"]
    return made


def _numbers(spec: Specification, places: Sequence[Name]) -> NDArray[np.intp]:
    return np.array([spec.places.names.index(place) for place in places], dtype=np.intp)


def _columns(cut: Cut) -> list[int]:
    return [COLUMNS.index(group) for group in cut.groups]


Job = tuple[tuple[str, ...], int, int]
"""Regions, first replication and number of replications of a block."""
Part = tuple[int, dict[str, I64]]
"""First replication of a block, and what it adds to each measure that is counted."""


class _Player:
    """Plays blocks and cuts out what is kept; the layout of the last regions is at hand."""

    def __init__(self, spec: Specification, cut: Cut) -> None:
        self.spec, self.cut = spec, cut
        self.basic = _basic(cut.measures)
        self.layout: tuple[tuple[str, ...], Layout] | None = None

    def play(self, job: Job) -> Part:
        regions, first, count = job
        if self.layout is None or self.layout[0] != regions:
            self.layout = regions, make_layout(self.spec, regions)
        totals = sum_block(self.layout[1], first, count)
        return first, {one: self._counted(one, totals) for one in self.basic}

    def _counted(self, measure: str, totals: BlockTotals) -> I64:
        """A measure of one block: (bands, months, places, groups, N)."""
        if measure in BY_BAND:
            values = totals.heads if measure == "headcount" else totals.vacant
            return _sum_cells(self.spec, self.cut, values, totals.cells)
        if measure in TRAINING:
            return self._training(totals.training[:, TRAINING[measure]])[None]
        if measure in FLOWS or measure in MONEY:
            years = (
                totals.flows[:, FLOWS[measure]]
                if measure in FLOWS
                else pounds_by_staff(self.spec, totals)[:, MONEY[measure]]
            )
            ends = YEAR * np.arange(1, len(years) + 1)
            since = self._places(years, totals, ends).cumsum(axis=0)
            return np.asarray(since[np.array(self.cut.months) // YEAR - 1][None])
        stock = totals.in_post if measure == "in_post" else totals.funded
        months = np.array(self.cut.months)
        return self._places(stock[months], totals, months)[None]

    def _places(
        self, values: NDArray[np.signedinteger], totals: BlockTotals, months: NDArray[np.int_]
    ) -> I64:
        """Add up (rows, trusts and groups, N) by place and group."""
        places, epoch = _numbers(self.spec, self.cut.places), self.spec.places.epoch[months]
        summed = sum_places(self.spec, places, values, totals.trusts, epoch)
        return summed[:, :, _columns(self.cut)]

    def _training(self, by_line: NDArray[np.int32]) -> I64:
        """Add up (years, lines, N) by place and group, from the opening to each month."""
        years = np.array(self.cut.months) // YEAR - 1
        since = by_line.cumsum(axis=0, dtype=np.int64)[years]
        group_of = {row["pathway"]: row["group"] for row in table_rows("pathways")}
        places = self.cut.places_of("training_started")
        out = np.zeros((len(since), len(places), len(self.cut.groups), since.shape[-1]), np.int64)
        assert self.layout is not None
        for line, (pathway, region) in enumerate(self.spec.training.names):
            if region not in self.layout[0]:
                continue
            rows = [i for i, (_, code) in enumerate(places) if code in {region, "ENG"}]
            columns = [i for i, g in enumerate(self.cut.groups) if g in {group_of[pathway], ALL}]
            out[np.ix_(range(len(since)), rows, columns)] += since[:, None, None, line]
        return out


def _sum_cells(
    spec: Specification, cut: Cut, values: NDArray[np.int16], cells: NDArray[np.intp]
) -> I64:
    """Add up (T + 1, cells, N) by band, month, place and group."""
    trust, group, band = (
        part[cells] for part in (spec.cells.trust, spec.cells.group, spec.cells.band)
    )
    places, (bands, months, _, groups) = _numbers(spec, cut.places), cut.shape_of("headcount")
    out = np.zeros((bands, months, len(places), groups, values.shape[-1]), dtype=np.int64)
    in_band = [np.ones(len(cells), bool) if b == ALL else band == BANDS.index(b) for b in cut.bands]
    in_group = [
        np.ones(len(cells), bool) if g == ALL else group == GROUPS.index(g) for g in cut.groups
    ]
    for row, month in enumerate(cut.months):
        member = spec.places.member[spec.places.epoch[month]][places].astype(np.float64)
        for b, of_band in enumerate(in_band):
            for g, of_group in enumerate(in_group):
                some = np.flatnonzero(of_band & of_group)
                part = values[month, some].astype(np.float64)  # exact: far below 2 ** 53
                out[b, row, :, g] = np.rint(member[:, trust[some]] @ part)
    return out
