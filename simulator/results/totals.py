"""What a block of replications hands over: integer totals by cell, and by trust and group.

Letters: T months, Y whole years, C cells of the block, G columns of (trust, group) of the block,
L pathway lines, N replications. Replications are last, so that a series is a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

I16 = NDArray[np.int16]
I32 = NDArray[np.int32]

YEAR: Final = 12
RAISED: Final = 1.25
"""Attraction, beside 1, at which a baseline records what candidates leave of a round's success."""


@dataclass(frozen=True, slots=True)
class PoolRecord:
    """How available candidates were, added up over replications; only for a baseline."""

    adverts: NDArray[np.float64]  # (T + 1, P) closing adverts that are not moves
    ratio: NDArray[np.float64]  # (T + 1, P) the candidates' ratio at attraction 1024, added up
    ratio_high: NDArray[np.float64]  # (T + 1, P) the same at attraction 1280
    asked: NDArray[np.float64]  # (T + 1, P) passing adverts open to the newly qualified
    graduates: NDArray[np.float64]  # (T + 1, P) of them, those that found a graduate
    converted: NDArray[np.float64]  # (T + 1, P) graduates found who are converted clinicians
    left: NDArray[np.float64]  # (T + 1, P) passing adverts left for candidates
    experienced: NDArray[np.float64]  # (T + 1, P) of them, those that found one of any stock
    returning: NDArray[np.float64]  # (T + 1, P) candidates found who return from a break
    international: NDArray[np.float64]  # (T + 1, P) candidates found who come from abroad
    move_chances: NDArray[np.float64]  # (T + 1, P) success of closing move adverts, added up
    moves: NDArray[np.float64]  # (T + 1, P) of them, those that agreed a start
    move_adverts: NDArray[np.float64]  # (T + 1, P) closing move adverts
    move_ratio: NDArray[np.float64]  # (T + 1, P) their ratio at attraction 1024, added up
    move_ratio_high: NDArray[np.float64]  # (T + 1, P) the same at attraction 1280
    pulls: NDArray[np.float64]  # (T + 1, O) pulls made


@dataclass(frozen=True, slots=True)
class BlockTotals:
    """Totals of one block."""

    first_replication: int
    cells: NDArray[np.intp]  # (C,) numbers in the specification
    trusts: NDArray[np.intp]  # (J,) numbers in the specification; G = J x groups
    heads: I16  # (T + 1, C, N) staff in post
    vacant: I16  # (T + 1, C, N) vacant posts
    in_post: I32  # (T + 1, G, N) hundredths FTE
    funded: I32  # (T + 1, G, N) hundredths FTE
    flows: I32  # (Y, flows, G, N) over 12 months
    training: I32  # (Y, training flows, L, N) over 12 months
    step_fte: I32  # (Y, 3, C, N) hundredths-FTE-months in post, by pay step
    vacant_fte: I32  # (Y, C, N) hundredths-FTE-months of vacant posts
    won: NDArray[np.int64]  # (2, Y, J, J) moves to (row) from (column): sum over N, sum of squares
    events: int
    pools: PoolRecord | None
