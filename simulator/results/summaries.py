"""Summaries of a run: quantiles of every series, added up block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import GROUPS, Flow, Money
from simulator.model.specification import Specification
from simulator.results.histograms import F64, Histograms, Means, Spread
from simulator.results.money import pounds_by_staff
from simulator.results.totals import YEAR, BlockTotals

QUANTILES: Final = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
FTE_STEP: Final = 10
"""Width of the narrowest bin of FTE measures, in hundredths: 0.1 FTE."""
POUNDS_STEP: Final = 100
"""Width of the narrowest bin of costs, in pounds."""
COLUMNS: Final = (*GROUPS, "all")
STATISTICS: Final = ("mean", *(f"q{share * 100:04.1f}" for share in QUANTILES), "share_parameters")
"""Statistics of a series. ``share_parameters`` is the share of variance that lies between draws; it
is given for stocks at the end of each year of the run."""


class Series:
    """Quantiles and means of one measure over a set of series.

    Args:
        series: Number of series.
        spread_of: Series of which the share of variance between draws is wanted.
        draws: Parameter draws.
    """

    def __init__(self, series: int, spread_of: NDArray[np.intp], draws: int) -> None:
        """Start with no value."""
        self.series = series
        self.spread_of = spread_of
        self.histograms: Histograms | None = None
        self.means = Means(series)
        self.spread = Spread(len(spread_of), draws)

    def add(
        self,
        values: NDArray[np.int64],
        draws: NDArray[np.intp],
        bins: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    ) -> None:
        """Add values of shape (series, N); ``bins`` are the widths and anchors of the bins."""
        if self.histograms is None:
            self.histograms = Histograms(self.series, *(bins or ()))
        self.histograms.add(values)
        self.means.add(values)
        self.spread.add(values[self.spread_of], draws)

    def statistics(self) -> F64:
        """Statistics, shape (len(STATISTICS), series)."""
        assert self.histograms is not None
        shares = np.full(self.series, np.nan)
        shares[self.spread_of] = self.spread.share_between()
        quantiles = self.histograms.quantiles(QUANTILES)
        return np.concatenate([self.means.means()[None], quantiles, shares[None]])


class CellSummary:
    """Exact quantiles of headcount and vacant posts, by cell and month, of one block of regions."""

    def __init__(self, cells: NDArray[np.intp], months: int) -> None:
        """Make room for the cells of a layout."""
        self.cells = cells
        series = (months + 1) * len(cells)
        self.shape = (months + 1, len(cells))
        self.histograms = (Histograms(series), Histograms(series))
        self.sums = np.zeros((2, series), dtype=np.int64)

    def add(self, totals: BlockTotals) -> None:
        """Add a block."""
        for i, values in enumerate((totals.heads, totals.vacant)):
            rows = values.reshape(-1, values.shape[-1])
            self.histograms[i].add(rows)
            self.sums[i] += rows.sum(axis=1, dtype=np.int64)

    def statistics(self) -> NDArray[np.float32]:
        """Statistics without the variance share, shape (2, statistics, T + 1, C)."""
        out = np.empty((2, len(STATISTICS) - 1, *self.shape), dtype=np.float32)
        for i, histograms in enumerate(self.histograms):
            out[i, 0] = (self.sums[i] / histograms.values).reshape(self.shape)
            out[i, 1:] = histograms.quantiles(QUANTILES).reshape(-1, *self.shape)
        return out


class PlaceSummary:
    """FTE by month and flows by year of some places, each accumulated on its own total.

    Args:
        spec: The specification.
        places: Rows of ``spec.places`` to add up.
    """

    FTE = ("funded", "in_post", "vacancy", "shortfall")

    def __init__(self, spec: Specification, places: NDArray[np.intp]) -> None:
        """Make room for the places."""
        self.spec, self.places = spec, places
        self.years = spec.months // YEAR
        rows = len(places) * len(COLUMNS)
        self.shape = (spec.months + 1, len(places), len(COLUMNS))
        draws = spec.draws
        ends = np.arange(0, spec.months + 1, YEAR)
        year_ends = (ends[:, None] * rows + np.arange(rows)).ravel()
        self.fte = [Series((spec.months + 1) * rows, year_ends, draws) for _ in self.FTE]
        flows = self.years * len(Flow) * rows
        self.flows = Series(flows, np.arange(0), draws)
        costs = self.years * len(Money) * rows
        self.money = Series(costs, np.arange(costs), draws)
        self.need = place_need(spec, places)

    def add(self, totals: PlaceTotals) -> None:
        """Add a block of whole totals."""
        first, count = totals.first_replication, totals.in_post.shape[-1]
        draws = (first + np.arange(count)) % self.spec.draws
        need = self.need[..., draws]
        values = {
            "funded": totals.funded,
            "in_post": totals.in_post,
            "vacancy": totals.funded - totals.in_post,
            "shortfall": need - totals.in_post,
        }
        months = self.spec.months + 1
        widths = np.tile(self._widths(totals.funded[0, ..., 0]), months)
        for name, series in zip(self.FTE, self.fte, strict=True):
            known = name != "shortfall"  # which differs between draws from the start
            opening = values[name][0, ..., 0].ravel() * known
            bins = (widths, np.tile(opening, months))
            series.add(values[name].reshape(-1, count), draws, bins)
        if self.years:
            self.flows.add(totals.flows.reshape(-1, count), draws)
            money = totals.money.reshape(-1, count)
            about = money[:, 0].copy()
            self.money.add(money, draws, (np.maximum(POUNDS_STEP, np.abs(about) // 1000), about))

    def _widths(self, funded: NDArray[np.int64]) -> NDArray[np.int64]:
        """Bins of 0.1 FTE, or of 0.1 % of the place's opening funded posts if that is more."""
        return np.maximum(FTE_STEP, funded.ravel() // 1000)

    def fte_statistics(self) -> F64:
        """FTE, shape (5 measures, statistics, T + 1, places, columns)."""
        out = np.empty((len(self.FTE) + 1, len(STATISTICS), *self.shape))
        out[0] = _need_statistics(self.need)
        for i, series in enumerate(self.fte, start=1):
            out[i] = series.statistics().reshape(-1, *self.shape)
        out[:, :-1] /= 100.0
        return out

    def flow_statistics(self) -> F64:
        """Flows, shape (statistics, years, flows, places, columns)."""
        shape = (len(STATISTICS), self.years, len(Flow), *self.shape[1:])
        return self.flows.statistics().reshape(shape) if self.years else np.empty(shape)

    def money_statistics(self) -> F64:
        """Costs in pounds, shape (statistics, years, len(Money), places, columns)."""
        shape = (len(STATISTICS), self.years, len(Money), *self.shape[1:])
        return self.money.statistics().reshape(shape) if self.years else np.empty(shape)


def _need_statistics(need: NDArray[np.int64]) -> F64:
    """Need varies between draws only, and each draw has equally many replications: exact."""
    ordered = np.sort(need, axis=-1)
    draws = need.shape[-1]
    ranks = [max(int(np.ceil(share * draws - 1e-9)), 1) - 1 for share in QUANTILES]
    between = np.where(ordered[..., -1] > ordered[..., 0], 1.0, np.nan)
    return np.stack([need.mean(axis=-1), *(ordered[..., rank] for rank in ranks), between])


def place_need(spec: Specification, places: NDArray[np.intp]) -> NDArray[np.int64]:
    """Need by month, place, column and draw, hundredths FTE; a few draws at a time."""
    cells, groups = spec.cells, len(GROUPS)
    trusts = np.flatnonzero(spec.places.member[:, places].any(axis=(0, 1)))
    here = np.flatnonzero(np.isin(cells.trust, trusts))
    column = np.searchsorted(trusts, cells.trust[here]) * groups + cells.group[here]
    base = np.zeros((len(trusts) * groups, len(spec.need_index)))
    np.add.at(base, (column, cells.klass[here]), spec.need_base[here] * 100.0)
    parts = []
    for first in range(0, spec.draws, 8):
        index = spec.need_index[:, first : first + 8]
        by_staff = np.rint(np.einsum("gk,kdt->tgd", base, index)).astype(np.int64)
        parts.append(sum_places(spec, places, by_staff, trusts, spec.places.epoch))
    return np.concatenate(parts, axis=-1)


def sum_places(
    spec: Specification,
    places: NDArray[np.intp],
    values: NDArray[np.signedinteger],
    trusts: NDArray[np.intp],
    epoch: NDArray[np.integer],
) -> NDArray[np.int64]:
    """Add up (rows, G, N) by place: (rows, places, columns, N), the last column all groups.

    A trust that has closed is counted in its successor from the month of its transfer.

    Args:
        spec: Gives the membership of places.
        places: Rows of ``spec.places``.
        values: Whole numbers by trust and group.
        trusts: Trusts of the columns G, each with all groups.
        epoch: Epoch of membership of each row.
    """
    groups = len(GROUPS)
    by_trust = values.reshape(len(values), len(trusts), groups, -1).transpose(1, 0, 2, 3)
    shape = (len(values), len(places), groups + 1, values.shape[-1])
    out = np.empty(shape, dtype=np.int64)
    for one in np.unique(epoch):
        rows = np.flatnonzero(epoch == one)
        member = spec.places.member[one][np.ix_(places, trusts)].astype(np.float64)
        part = by_trust[:, rows].astype(np.float64)
        summed = (member @ part.reshape(len(trusts), -1)).reshape(-1, *part.shape[1:])
        out[rows, :, :groups] = np.rint(summed).transpose(1, 0, 2, 3)
    out[:, :, groups] = out[:, :, :groups].sum(axis=2)
    return out


@dataclass(frozen=True, slots=True)
class PlaceTotals:
    """Totals of places in one block of replications; parts of a place can be added."""

    first_replication: int
    in_post: NDArray[np.int64]  # (T + 1, places, columns, N) hundredths FTE
    funded: NDArray[np.int64]
    flows: NDArray[np.int64]  # (Y, flows, places, columns, N)
    money: NDArray[np.int64]  # (Y, len(Money), places, columns, N) pounds

    def __add__(self, other: PlaceTotals) -> PlaceTotals:
        return PlaceTotals(
            self.first_replication,
            self.in_post + other.in_post,
            self.funded + other.funded,
            self.flows + other.flows,
            self.money + other.money,
        )


def place_totals(spec: Specification, places: NDArray[np.intp], totals: BlockTotals) -> PlaceTotals:
    """Totals of places (or of the part of them in this block)."""
    months = spec.places.epoch
    years, kinds = totals.flows.shape[:2]
    ends = np.minimum((np.arange(years) + 1) * YEAR, spec.months)
    flat = totals.flows.reshape(years * kinds, *totals.flows.shape[2:])
    flows = sum_places(spec, places, flat, totals.trusts, np.repeat(months[ends], kinds))
    pounds = pounds_by_staff(spec, totals)
    flat = pounds.reshape(years * len(Money), *pounds.shape[2:])
    money = sum_places(spec, places, flat, totals.trusts, np.repeat(months[ends], len(Money)))
    return PlaceTotals(
        totals.first_replication,
        sum_places(spec, places, totals.in_post, totals.trusts, months),
        sum_places(spec, places, totals.funded, totals.trusts, months),
        flows.reshape(years, kinds, *flows.shape[1:]),
        money.reshape(years, len(Money), *money.shape[1:]),
    )
