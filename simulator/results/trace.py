"""What an engine reports when it is asked for everything: integer stocks and flows of every
month and replication, and the logs of one replication. Small runs and cross-checks only."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SPELL_FIELDS = np.dtype(
    [
        ("person_kind", np.int8),  # 0: named by a spell, 1: named by a trainee row
        ("person_id", np.int64),  # slot, or trainee row
        ("person_turn", np.int64),  # turn of the naming spell, 0 for trainees
        ("slot", np.int64),
        ("turn", np.int64),
        ("start", np.int64),  # month; 0 for opening staff
        ("end", np.int64),  # month; T + 1 for those still in post
        ("began", np.int8),  # words.How
        ("ended", np.int8),  # words.How
    ]
)
"""One row for each spell; sorted by (slot, turn)."""
TRAINEE_FIELDS = np.dtype(
    [
        ("row", np.int64),  # trainee row
        ("month", np.int64),
        ("event", np.int8),  # words.TrainingFlow
    ]
)
"""One row for each event of a trainee's life up to the hire; sorted by (row, month, event)."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Integers of every month; N replications, T months, C cells, L lines, P pools."""

    first_replication: int
    stocks: NDArray[np.int32]  # (N, T + 1, C, len(words.Stock)), month 0 is the opening
    flows: NDArray[np.int32]  # (N, T + 1, C, len(words.Flow)), month 0 is zero
    training_stocks: NDArray[np.int32]  # (N, T + 1, L, len(words.TrainingStock))
    training_flows: NDArray[np.int32]  # (N, T + 1, L, len(words.TrainingFlow))
    pool_stocks: NDArray[np.int32]  # (N, T + 1, P, len(words.PoolStock)); zero in a replay
    pool_flows: NDArray[np.int32]  # (N, T + 1, P, len(words.PoolFlow)); zero in a replay
    won: NDArray[np.int32]  # (N, J, J) moves over all months, to trust (row) from trust (column)
    spells: NDArray[np.void]  # spell log of the replication asked for, dtype SPELL_FIELDS
    counts: dict[str, int]  # processes the people engine used, by kind; empty for arrays
    trainees: NDArray[np.void] = field(  # events of trainees of that replication, TRAINEE_FIELDS
        default_factory=lambda: np.empty(0, dtype=TRAINEE_FIELDS)
    )
