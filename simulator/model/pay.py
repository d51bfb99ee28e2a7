"""Pay steps: how long somebody is in a band before each pay point."""

from __future__ import annotations

from typing import Final

import numpy as np

from simulator.domain.words import BANDS
from simulator.evidence.tables import table_rows
from simulator.model.specification import I32

NO_STEP: Final = 10_000
"""Months before a pay point that a band does not have."""


def step_months() -> I32:
    """Months in the band before the second and the third pay point, shape (bands, 2)."""
    months = np.full((len(BANDS), 2), NO_STEP, dtype=np.int32)
    for row in table_rows("pay_steps"):
        if int(row["step"]) > 0:
            months[BANDS.index(row["band"]), int(row["step"]) - 1] = int(row["months_in_band"])
    return months
