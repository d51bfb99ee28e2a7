"""The specification as plain Python lists, made once for all replications of a run.

Reading a list is several times faster than reading one element of a NumPy array, and the engine
reads single elements only.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.model.specification import Specification

NEUTRAL: Final = 1024
"""Attraction of a trust that draws candidates neither more nor less than others."""


class Option:
    """The trusts among which a pull of one (region, group, band) chooses, in trust order."""

    __slots__ = ("cell", "key", "place", "weight")

    def __init__(self, spec: Specification, option: int) -> None:
        """Select the option's trusts that have posts."""
        pulls = spec.pulls
        part = slice(int(pulls.first[option]), int(pulls.first[option + 1]))
        chosen = pulls.weight[part] > 0
        self.key: NDArray[np.uint64] = pulls.key[part][chosen]
        self.weight: NDArray[np.float64] = pulls.weight[part][chosen]
        self.cell: NDArray[np.int32] = pulls.cell[part][chosen]
        trusts: list[int] = pulls.trust[part][chosen].tolist()
        self.place: dict[int, int] = {trust: i for i, trust in enumerate(trusts) if trust >= 0}


class Tables:
    """Lists of the cells, posts and tables of a specification."""

    __slots__ = (
        "_cumulative",
        "again",
        "ages",
        "approval",
        "attraction",
        "below",
        "cells_of_staff",
        "factor_tenure",
        "first",
        "frozen",
        "hire_path",
        "internal",
        "klass",
        "notice",
        "options",
        "partners",
        "pool",
        "pooled",
        "rounds",
        "slot_cell",
        "slot_fte",
        "slot_key",
        "slots",
        "spec",
        "success",
        "thaw",
        "trust",
        "which_option",
    )

    def __init__(self, spec: Specification) -> None:
        """Convert the arrays of a specification."""
        self.spec = spec
        cells, hiring = spec.cells, spec.hiring
        self.trust: list[int] = cells.trust.tolist()
        self.pool: list[int] = cells.pool.tolist()
        self.klass: list[int] = cells.klass.tolist()
        self.below: list[int] = cells.below.tolist()
        self.first: list[int] = cells.first.tolist()
        self.slots: list[int] = cells.slots.tolist()
        self.which_option: list[int] = cells.option.tolist()
        self.slot_cell: list[int] = spec.slots.cell.tolist()
        self.slot_fte: list[int] = spec.slots.fte.tolist()
        self.slot_key: list[int] = spec.slots.key.tolist()
        self.hire_path: list[list[float]] = hiring.hire_path.tolist()
        self.internal: list[list[float]] = hiring.internal_share.tolist()
        self.success: list[list[float]] = hiring.success.tolist()
        self.frozen: list[list[float]] = hiring.frozen_share.tolist()
        self.thaw: list[list[int]] = hiring.thaw.tolist()
        self.pooled: list[list[float]] = hiring.pooled_share.tolist()
        self.approval: list[float] = hiring.approval_quantiles.tolist()
        self.rounds: list[float] = hiring.round_quantiles.tolist()
        self.again: list[float] = hiring.again_quantiles.tolist()
        self.notice: list[float] = hiring.notice_quantiles.tolist()
        self.ages: list[int] = hiring.joiner_ages.tolist()
        self.factor_tenure = (float(spec.exits.tenure[0]), float(spec.exits.tenure[1]), 1.0)
        self.attraction = attraction(spec)
        self.options = [Option(spec, o) for o in range(len(spec.pulls.first) - 1)]
        self.partners: list[int] = spec.partners.first.tolist()
        self.cells_of_staff: dict[int, list[int]] = {}
        for cell, staff in enumerate(cells.staff.tolist()):
            self.cells_of_staff.setdefault(staff, []).append(cell)
        self._cumulative: dict[tuple[int, int], list[float]] = {}

    def cumulative(self, klass: int, cohort: int) -> list[float]:
        """Sums of the monthly hazard from month 0 to each month, at factor 1."""
        found = self._cumulative.get((klass, cohort))
        if found is None:
            hazard: list[float] = self.spec.exits.hazard[klass, cohort].tolist()
            found = self._cumulative[klass, cohort] = list(accumulate(hazard))
        return found


def attraction(spec: Specification) -> NDArray[np.int64]:
    """How strongly each cell's trust draws candidates, (C + 1, T + 1).

    The last row is that of a trust outside the model, whose cell is -1 in ``Pulls``.
    """
    paths = spec.hiring.attraction_path[spec.cells.klass]
    inside = np.floor(NEUTRAL * spec.cells.attraction[:, None] * paths + 0.5)
    outside = np.full((1, spec.months + 1), NEUTRAL)
    return np.maximum(1, np.concatenate([inside, outside])).astype(np.int64)
