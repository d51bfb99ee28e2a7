"""Small index tools for lists of unequal length; no loop over elements."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.intp]


def ranges(starts: Index, lengths: Index) -> tuple[Index, Index]:
    """Concatenate the ranges ``starts[i] .. starts[i] + lengths[i] - 1``.

    Returns:
        (positions, owners): the members in order, and for each the range it comes from.
    """
    owners = np.arange(len(lengths), dtype=np.intp).repeat(lengths)
    ends = lengths.cumsum()
    positions = np.arange(len(owners), dtype=np.intp)
    positions += (starts - ends + lengths)[owners]
    return positions, owners


def _gaps(starts: Index, count: int) -> Index:
    """Lengths of runs that begin at ``starts`` and end at ``count``."""
    ends = np.empty_like(starts)
    ends[:-1], ends[-1:] = starts[1:], count
    ends -= starts
    return ends


def rank_in_run(owners: Index) -> Index:
    """Rank 0, 1, ... of each member in its run of equal owners (owners ascending)."""
    count = len(owners)
    position = np.arange(count, dtype=np.intp)
    if count == 0:
        return position
    new = np.empty(count, dtype=np.bool_)
    new[0] = True
    np.not_equal(owners[1:], owners[:-1], out=new[1:])
    starts = new.nonzero()[0]
    return position - starts.repeat(_gaps(starts, count))


def best_in_run(scores: NDArray[np.uint64], owners: Index) -> tuple[Index, Index]:
    """Position of the highest score in each run of owners; the first where equal.

    Returns:
        (runs, positions): the owner of each run, and where its best member is.
    """
    if len(owners) == 0:
        return owners, owners
    starts = np.concatenate(([True], owners[1:] != owners[:-1])).nonzero()[0]
    best = np.maximum.reduceat(scores, starts)
    hits = (scores == best.repeat(_gaps(starts, len(owners)))).nonzero()[0]
    hits = hits[rank_in_run(owners[hits]) == 0]
    return owners[starts], hits
