"""Exact streaming histograms of many integer series: quantiles without keeping replications.

Each series has a window of bins that widens when a value falls outside it, so nothing is clipped
and no pilot run is needed. Adding values in another order gives the same counts.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

_MARGIN: Final = 2


class Histograms:
    """Counts of integer values of ``series`` series in bins of a whole width.

    Args:
        series: Number of series.
        most: Most values a series will get; decides how wide counts are.
        widths: Width of the bins of each series, shape (series,); 1 keeps every value.
    """

    def __init__(self, series: int, most: int, widths: I64 | None = None) -> None:
        self.dtype = np.uint16 if most < 1 << 16 else np.uint32
        self.width = np.ones(series, dtype=np.int64) if widths is None else widths
        self.unit = widths is None
        self.low = np.zeros(series, dtype=np.int64)
        self.size = np.zeros(series, dtype=np.int64)
        self.counts = np.zeros(0, dtype=self.dtype)
        self.offset = np.zeros(series, dtype=np.int64)
        self.values = 0

    def add(self, values: NDArray[np.signedinteger]) -> None:
        """Add one block of values, shape (series, N)."""
        bins = values.astype(np.int64)
        if not self.unit:
            bins = np.floor(bins * (1.0 / self.width)[:, None]).astype(np.int64)
        low, high = bins.min(axis=1), bins.max(axis=1)
        if self.values == 0 or (low < self.low).any() or (high >= self.low + self.size).any():
            self._widen(low, high)
        bins += (self.offset - self.low)[:, None]
        np.add.at(self.counts, bins.ravel(), self.dtype(1))
        self.values += values.shape[1]

    def _widen(self, low: I64, high: I64) -> None:
        """Move windows so that they hold low .. high, with some room where they grew."""
        old_low, old_size, old_offset, old = self.low, self.size, self.offset, self.counts
        first = self.values == 0
        start = low if first else np.minimum(low, old_low)
        stop = high + 1 if first else np.maximum(high + 1, old_low + old_size)
        room = _MARGIN + (stop - start) // 4
        new_low = start - np.where(first | (start < old_low), room, 0)
        new_high = stop + np.where(first | (stop > old_low + old_size), room, 0)
        self.low, self.size = new_low, new_high - new_low
        self.offset = np.cumsum(self.size) - self.size
        self.counts = np.zeros(int(self.size.sum()), dtype=self.dtype)
        if not first:
            shift = self.offset + old_low - new_low - old_offset
            self.counts[np.arange(len(old)) + np.repeat(shift, old_size)] = old

    def quantiles(self, shares: tuple[float, ...]) -> F64:
        """Quantiles, shape (len(shares), series): the smallest value with at least that share.

        With bins wider than one, the middle of the bin.
        """
        running = np.cumsum(self.counts, dtype=np.int64)
        before = np.where(self.offset > 0, running[self.offset - 1], 0)
        out = np.empty((len(shares), len(self.low)))
        for i, share in enumerate(shares):
            rank = max(int(np.ceil(share * self.values - 1e-9)), 1)
            bins = np.searchsorted(running, before + rank) - self.offset + self.low
            out[i] = bins * self.width + (self.width - 1) / 2.0
        return out


class Moments:
    """Sums of series by draw: means, and the share of variance that lies between draws."""

    def __init__(self, series: int, draws: int) -> None:
        self.draws = draws
        self.sums = np.zeros((series, draws), dtype=np.float64)
        self.squares = np.zeros(series, dtype=np.float64)
        self.counts = np.zeros(draws, dtype=np.int64)

    def add(self, values: NDArray[np.signedinteger], first_replication: int) -> None:
        """Add values of shape (series, N) of replications first, first + 1, ...; all exact."""
        done = 0
        while done < values.shape[1]:
            draw = (first_replication + done) % self.draws
            step = min(self.draws - draw, values.shape[1] - done)
            part = values[:, done : done + step].astype(np.float64)
            self.sums[:, draw : draw + step] += part
            self.squares += np.einsum("ij,ij->i", part, part)
            self.counts[draw : draw + step] += 1
            done += step

    def means(self) -> F64:
        """Mean of each series over all replications."""
        return np.asarray(self.sums.sum(axis=1) / self.counts.sum())

    def share_between(self) -> F64:
        """Share of each series' variance that is due to parameters (between draws), 0 to 1.

        One-way analysis of variance; not a number with one draw or one replication a draw,
        and where a series does not vary.
        """
        total, draws = int(self.counts.sum()), self.draws
        if draws < 2 or total <= draws:
            return np.full(len(self.sums), np.nan)
        by_draw = self.sums / self.counts
        within = self.squares - (self.sums**2 / self.counts).sum(axis=1)
        within = np.maximum(within, 0.0) / (total - draws)
        between = by_draw.var(axis=1, ddof=1) - within * (1.0 / self.counts).mean()
        between = np.maximum(between, 0.0)
        whole = between + within
        return np.divide(between, whole, out=np.full(len(whole), np.nan), where=whole > 1e-9)
