"""Exact streaming histograms of many integer series: quantiles without keeping replications.

Each series has a window of bins; what falls outside is kept aside until there is enough of it to
widen the windows, so nothing is clipped and no pilot run is needed. Adding values in another
order gives the same counts.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

_MARGIN: Final = 2
_SPILL: Final = 0.02
"""Values outside the windows, relative to the bins, at which windows are widened."""
_MOST: Final = 64
"""Values of a series that are counted at once: fewer than a byte holds above what is carried."""
_CHUNK: Final = 2048
"""Series that are moved together when windows widen."""


class Histograms:
    """Counts of integer values of ``series`` series in bins of a whole width.

    Counts are bytes, or two bytes where every value has a bin; whatever they cannot hold is carried
    to a short sorted list.

    Args:
        series: Number of series.
        widths: Width of the bins of each series, shape (series,); 1 keeps every value.
        anchors: A value of each series that is the middle of a bin, and so is reported exactly.
    """

    def __init__(self, series: int, widths: I64 | None = None, anchors: I64 | None = None) -> None:
        """Start with no value and no window."""
        self.anchor = np.zeros(series, dtype=np.int64) if anchors is None else anchors
        self.width = np.ones(series, dtype=np.int64) if widths is None else widths
        self.unit = widths is None
        self.low = np.zeros(series, dtype=np.int64)
        self.size = np.zeros(series, dtype=np.int64)
        self.offset = np.zeros(series, dtype=np.int64)
        self.dtype = np.uint16 if self.unit else np.uint8
        self.full = 1 << 15 if self.unit else 1 << 7  # a count this high is handed to the carry
        self.counts: NDArray[Any] = np.zeros(0, dtype=self.dtype)
        self.unsorted: list[tuple[I64, I64]] = []  # carries not yet merged
        self.carried = np.zeros(0, dtype=np.int64)  # bins, ascending
        self.carry = np.zeros(0, dtype=np.int64)  # what each carries
        self.spilled: list[tuple[I64, I64]] = []  # series and bins outside the windows
        self.values = 0

    @property
    def nbytes(self) -> int:
        """Memory of the counts."""
        return self.counts.nbytes + self.carried.nbytes + self.carry.nbytes

    def add(self, values: NDArray[np.signedinteger]) -> None:
        """Add one block of values, shape (series, N)."""
        for first in range(0, values.shape[1], _MOST):
            self._add(values[:, first : first + _MOST])

    def _add(self, values: NDArray[np.signedinteger]) -> None:
        if self.values == 0:
            bins = self._bins(values, slice(None))
            self._widen(bins.min(axis=1), bins.max(axis=1))
        for begin in range(0, len(values), _CHUNK):
            self._add_some(values, slice(begin, begin + _CHUNK))
        self.values += values.shape[1]
        if sum(len(row) for row, _ in self.spilled) > _SPILL * len(self.counts):
            self.settle()

    def _bins(self, values: NDArray[np.signedinteger], some: slice) -> I64:
        bins = values[some].astype(np.int64)
        if not self.unit:
            bins -= self.anchor[some, None]
            bins = np.rint(bins * (1.0 / self.width[some])[:, None]).astype(np.int64)
        return bins

    def _add_some(self, values: NDArray[np.signedinteger], some: slice) -> None:
        """Count a chunk of series; set aside what lies outside their windows."""
        bins = self._bins(values, some)
        place = bins - self.low[some, None]
        outside = (place < 0) | (place >= self.size[some, None])
        place += self.offset[some, None]
        if not outside.any():
            self._count(place.ravel())
            return
        which = np.flatnonzero(outside)
        row = which // bins.shape[1] + some.start
        self.spilled.append((row, bins.ravel().take(which)))
        self._count(place.ravel().compress(~outside.ravel()))

    def _count(self, flat: I64) -> None:
        np.add.at(self.counts, flat, self.dtype(1))
        full = flat.compress(self.counts.take(flat) >= self.full)
        if len(full):
            full = np.unique(full)
            self.counts[full] -= self.dtype(self.full)
            self._carry(full, np.full(len(full), self.full, dtype=np.int64))

    def settle(self) -> None:
        """Widen windows to what has fallen outside them, and count that."""
        if not self.spilled:
            return
        row = np.concatenate([row for row, _ in self.spilled])
        bins = np.concatenate([bins for _, bins in self.spilled])
        self.spilled = []
        low, high = self.low.copy(), self.low + self.size - 1
        np.minimum.at(low, row, bins)
        np.maximum.at(high, row, bins)
        self._widen(low, high)
        flat = bins - self.low[row] + self.offset[row]
        self._carry(*np.unique(flat, return_counts=True))

    def _carry(self, bins: I64, amounts: I64) -> None:
        """Add amounts to the carry of distinct bins; they are merged when there are many."""
        self.unsorted.append((bins, amounts))
        if sum(len(bins) for bins, _ in self.unsorted) > max(len(self.carried), 1 << 16):
            self._merge()

    def _merge(self) -> None:
        if not self.unsorted:
            return
        every = np.concatenate([self.carried, *(bins for bins, _ in self.unsorted)])
        total = np.concatenate([self.carry, *(amounts for _, amounts in self.unsorted)])
        self.unsorted = []
        self.carried, back = np.unique(every, return_inverse=True)
        self.carry = np.zeros(len(self.carried), dtype=np.int64)
        np.add.at(self.carry, back, total)

    def _widen(self, low: I64, high: I64) -> None:
        """Move windows so that they hold low .. high, with some room where they grew."""
        self._merge()
        old_low, old_size, old_offset, old = self.low, self.size, self.offset, self.counts
        first = self.values == 0
        start = low if first else np.minimum(low, old_low)
        stop = high + 1 if first else np.maximum(high + 1, old_low + old_size)
        room = _MARGIN + (stop - start) // 8
        new_low = start - np.where(first | (start < old_low), room, 0)
        new_high = stop + np.where(first | (stop > old_low + old_size), room, 0)
        self.low, self.size = new_low, new_high - new_low
        self.offset = np.cumsum(self.size) - self.size
        self.counts = np.zeros(int(self.size.sum()), dtype=self.dtype)
        shift = self.offset + old_low - new_low - old_offset
        if len(self.carried):
            owner = np.searchsorted(old_offset, self.carried, side="right") - 1
            self.carried = self.carried + shift[owner]
        for begin in range(0, 0 if first else len(low), _CHUNK):
            some = slice(begin, begin + _CHUNK)
            span = slice(int(old_offset[begin]), int((old_offset[some] + old_size[some])[-1]))
            target = np.arange(span.start, span.stop)
            target += np.repeat(shift[some], old_size[some])
            self.counts[target] = old[span]

    def quantiles(self, shares: tuple[float, ...]) -> F64:
        """Quantiles, shape (len(shares), series): the smallest value with at least that share.

        With bins wider than one, the middle of the bin.
        """
        self.settle()
        self._merge()
        ranks = [max(int(np.ceil(share * self.values - 1e-9)), 1) for share in shares]
        out = np.empty((len(shares), len(self.low)))
        for begin in range(0, len(self.low), _CHUNK):
            some = slice(begin, begin + _CHUNK)
            out[:, some] = self._ranked(some, ranks)
        return out * self.width + self.anchor

    def _ranked(self, some: slice, ranks: list[int]) -> NDArray[np.int64]:
        """Bin of the value of each rank, of some series."""
        offset, size = self.offset[some], self.size[some]
        base, end = int(offset[0]), int(offset[-1] + size[-1])
        counts = self.counts[base:end].astype(np.int64)
        here = slice(*np.searchsorted(self.carried, [base, end]))
        counts[self.carried[here] - base] += self.carry[here]
        running = np.cumsum(counts)
        before = np.arange(len(offset)) * self.values
        wanted = before[None, :] + np.array(ranks)[:, None]
        return np.searchsorted(running, wanted) - (offset - base) + self.low[some]


class Means:
    """Exact means of integer series."""

    def __init__(self, series: int) -> None:
        """Start with no value."""
        self.sums = np.zeros(series, dtype=np.int64)
        self.values = 0

    def add(self, values: NDArray[np.signedinteger]) -> None:
        """Add values of shape (series, N)."""
        self.sums += values.sum(axis=1, dtype=np.int64)
        self.values += values.shape[1]

    def means(self) -> F64:
        """Mean of each series over all replications."""
        return np.asarray(self.sums / self.values)


class Spread:
    """Share of the variance of some series that lies between parameter draws."""

    def __init__(self, series: int, draws: int) -> None:
        """Start with no value."""
        self.draws = draws
        self.sums = np.zeros((series, draws), dtype=np.float64)
        self.squares = np.zeros(series, dtype=np.float64)
        self.counts = np.zeros(draws, dtype=np.int64)

    def add(self, values: NDArray[np.signedinteger], draws: NDArray[np.intp]) -> None:
        """Add values of shape (series, N); ``draws`` (N,) says to which draw each belongs."""
        exact = values.astype(np.float64)
        order = np.argsort(draws, kind="stable")
        starts = np.flatnonzero(np.diff(draws[order], prepend=-1))
        self.sums[:, draws[order][starts]] += np.add.reduceat(exact[:, order], starts, axis=1)
        self.squares += np.einsum("ij,ij->i", exact, exact)
        self.counts += np.bincount(draws, minlength=self.draws)

    def share_between(self) -> F64:
        """Share of each series' variance that is due to parameters (between draws), 0 to 1.

        One-way analysis of variance; not a number with one draw or one replication a draw,
        and where a series does not vary.
        """
        total, draws = int(self.counts.sum()), self.draws
        if draws < 2 or total <= draws or not self.counts.all():
            return np.full(len(self.sums), np.nan)
        by_draw = self.sums / self.counts
        within = self.squares - (self.sums**2 / self.counts).sum(axis=1)
        within = np.maximum(within, 0.0) / (total - draws)
        between = by_draw.var(axis=1, ddof=1) - within * (1.0 / self.counts).mean()
        between = np.maximum(between, 0.0)
        whole = between + within
        return np.divide(between, whole, out=np.full(len(whole), np.nan), where=whole > 1e-9)
