"""Single lives: everybody who trained, from the start of the course to the last post.

One row for each trainee of each replication, and one for each spell in a post of those who were
hired; both engines give the same rows. Somebody who comes back from a career break is a new person
under the law, so a life ends with the break.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import TrainingFlow
from simulator.model.specification import NEVER, Training
from simulator.results.trace import Trace

EVENTS = {
    "dropped": TrainingFlow.DROPPED_OUT,
    "completed": TrainingFlow.COMPLETED,
    "sought": TrainingFlow.SOUGHT,
    "hired": TrainingFlow.HIRED,
    "gave_up": TrainingFlow.GAVE_UP,
}
"""Column of a life, by the event whose month it holds."""
LIFE_FIELDS = np.dtype(
    [
        ("replication", np.int32),
        ("row", np.int32),  # trainee row
        ("start", np.int16),  # month; <= 0 for trainees of the opening census
        *((name, np.int16) for name in EVENTS),  # month within the run, else NEVER
    ]
)
"""Trainees who start or are in the opening census; sorted by (replication, row)."""
LIFE_SPELL_FIELDS = np.dtype(
    [
        ("replication", np.int32),
        ("row", np.int32),
        ("slot", np.int32),
        ("start", np.int16),
        ("end", np.int16),  # T + 1 for those still in post
        ("began", np.int8),  # words.How
        ("ended", np.int8),  # words.How
    ]
)
"""Spells of these people; sorted by (replication, row, start)."""


@dataclass(frozen=True, slots=True)
class Lives:
    """Lives of some replications.

    Attributes:
        first: First replication.
        count: Replications, N.
        trainees: Dtype ``LIFE_FIELDS``.
        spells: Dtype ``LIFE_SPELL_FIELDS``.
    """

    first: int
    count: int
    trainees: NDArray[Any]
    spells: NDArray[Any]


def lives_of(trace: Trace, training: Training, replication: int) -> Lives:
    """Lives in the logs of one replication, event by event and spell by spell.

    Args:
        trace: With the logs of the replication.
        training: Whose rows the logs name.
        replication: Number of the replication.
    """
    status = training.row_status
    start = training.cohort_start[training.row_cohort]
    found: dict[int, dict[str, int]] = {
        int(row): {}
        for row in np.flatnonzero(status != 0)  # in the opening census
    }
    column = {int(flow): name for name, flow in EVENTS.items()}
    for row, month, event in trace.trainees.tolist():
        life = found.setdefault(row, {})
        if event in column:
            life[column[event]] = month
    for row in np.flatnonzero(status == 2):  # who waits already
        found[int(row)]["sought"] = 0
    trainees = np.array(
        [
            (replication, row, int(start[row]), *(life.get(name, NEVER) for name in EVENTS))
            for row, life in sorted(found.items())
        ],
        dtype=LIFE_FIELDS,
    )
    logged: Any = trace.spells
    mine = logged[logged["person_kind"] == 1]
    spells = np.zeros(len(mine), dtype=LIFE_SPELL_FIELDS)
    spells["replication"] = replication
    spells["row"] = mine["person_id"]
    for name in ("slot", "start", "end", "began", "ended"):
        spells[name] = mine[name]
    return Lives(replication, 1, trainees, np.sort(spells, order=["replication", "row", "start"]))
