"""Stage 0: trainees. Their life up to the hire is fixed by keyed numbers, so it is worked out
for all months at once; only the hire, in the market, depends on the rest of the month."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.domain.words import TrainingFlow, TrainingStock
from simulator.engines.arrays.layout import Layout
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State
from simulator.model.specification import F64, NEVER, U8

Months = NDArray[np.int16]


class Trainees:
    """Months of each trainee's events in each replication, shape (N, rows); NEVER if none."""

    def __init__(self, state: State) -> None:
        layout = state.layout
        training, rows = layout.spec.training, layout.rows
        self.line = training.cohort_line[training.row_cohort[rows]].astype(np.intp)
        self.status = training.row_status[rows]
        self.ready = training.row_ready[rows].astype(np.int16)
        self.start = training.cohort_start[training.row_cohort[rows]].astype(np.int16)
        self.pool = np.searchsorted(layout.pools, training.row_pool[rows]).astype(np.intp)
        self.pathway = training.pathway[self.line].astype(np.intp)
        enrolled = self._starts(state)
        self.enrolled = enrolled
        dropped = self._drop_month(state)
        self.dropped = np.where(enrolled & (dropped <= self.ready), dropped, NEVER)
        completes = enrolled & (self.dropped == NEVER) & (self.status != 2)
        bits = keyed.numbers(state.keys[:, None], self._keys(layout), keyed.Purpose.SEEK)
        seeks = keyed.units(bits) < training.seek_share[self.pathway]
        self.completes = completes
        waits = (completes & seeks) | (self.status == 2)
        ready = np.clip(self.ready, 0, NEVER)
        self.waits_from = np.where(waits, ready, NEVER).astype(np.uint8)
        self.gives_up = np.where(waits, self._give_up_month(state), NEVER).astype(np.uint8)

    @staticmethod
    def _keys(layout: Layout) -> NDArray[np.uint64]:
        return layout.spec.training.row_key[layout.rows][None, :]

    def _starts(self, state: State) -> NDArray[np.bool_]:
        """Who is a trainee at all: opening trainees, and places below the intake."""
        training, rows = state.layout.spec.training, state.layout.rows
        cohorts = training.row_cohort[rows]
        numbers, back = np.unique(cohorts, return_inverse=True)
        bits = keyed.numbers(
            state.keys[:, None], training.cohort_key[numbers][None, :], keyed.Purpose.INTAKE
        )
        u = keyed.units(bits)
        intake = np.floor(training.cohort_mean[numbers] + u)
        cdf = training.cohort_cdf[numbers]
        poisson = cdf[:, 0] <= 1.0
        for column in range(cdf.shape[1] if poisson.any() else 0):
            if column == 0:
                intake[:, poisson] = 0.0
            intake[:, poisson] += cdf[poisson, column] <= u[:, poisson]
        places = training.row_place[rows]
        return (self.status != 0) | (places[None, :] < intake[:, back])

    def _drop_month(self, state: State) -> NDArray[np.intp]:
        """Month in which the drop-out hazard is spent, far away if it never is."""
        training = state.layout.spec.training
        bits = keyed.numbers(state.keys[:, None], self._keys(state.layout), keyed.Purpose.STUDY)
        energy = keyed.exponentials(bits)
        month = np.full(energy.shape, 10_000, dtype=np.intp)
        for pathway in np.unique(self.pathway):
            of = np.flatnonzero(self.pathway == pathway)
            hazard = np.cumsum(training.drop_hazard[pathway] / 12.0)
            hazard = hazard[: training.duration[pathway] + 1]
            studied = np.where(self.status[of] == 1, -self.start[of], 0).astype(np.intp)
            spent = energy[:, of] + hazard[np.minimum(studied, len(hazard) - 1)]
            study_month = np.searchsorted(hazard, spent)
            over = study_month >= len(hazard)
            month[:, of] = np.where(over, 10_000, study_month + self.start[of])
        return month

    def _give_up_month(self, state: State) -> F64:
        hazard = state.layout.spec.training.give_up_hazard
        begin = np.maximum(self.ready, 0)
        if hazard == 0.0:
            return np.full((state.count, len(begin)), float(NEVER))
        bits = keyed.numbers(state.keys[:, None], self._keys(state.layout), keyed.Purpose.WAIT)
        months = np.ceil(12.0 * keyed.exponentials(bits) / hazard)
        return np.minimum(begin + np.maximum(months, 1.0), float(NEVER))

    def waiting(self, month: int, hired: U8) -> Index:
        """Flat positions (replication, row) of graduates who wait in a month, in row order."""
        here = (self.waits_from <= month) & (self.gives_up > month)
        here &= hired == NEVER
        return np.flatnonzero(here)

    def flows(self, hired: U8, months: int, lines: int) -> NDArray[np.int32]:
        """Training flows, shape (N, months + 1, lines, flows)."""
        count = len(hired)
        out = np.zeros((count, months + 1, lines, len(TrainingFlow)), dtype=np.int32)
        new = self.enrolled & (self.status == 0)
        sought = (self.waits_from != NEVER) & (self.status != 2)
        gave_up = np.where(hired == NEVER, self.gives_up, NEVER)
        for flow, month in (
            (TrainingFlow.STARTED, np.where(new, self.start, NEVER)),
            (TrainingFlow.DROPPED_OUT, self.dropped),
            (TrainingFlow.COMPLETED, np.where(self.completes, self.ready, NEVER)),
            (TrainingFlow.SOUGHT, np.where(sought, self.waits_from, NEVER)),
            (TrainingFlow.HIRED, hired),
            (TrainingFlow.GAVE_UP, gave_up),
        ):
            replication, row = np.nonzero((month >= 1) & (month <= months))
            code = (replication * (months + 1) + month[replication, row]) * lines
            code += self.line[row]
            size = count * (months + 1) * lines
            out[..., flow] = np.bincount(code, minlength=size).reshape(count, months + 1, lines)
        return out

    def stocks(self, hired: U8, months: int, lines: int) -> NDArray[np.int32]:
        """Training stocks counted person by person, shape (N, months + 1, lines, stocks)."""
        out = np.zeros((len(hired), months + 1, lines, len(TrainingStock)), dtype=np.int32)
        begin = np.where(self.status == 0, self.start, 0)
        leave = np.where(self.enrolled, np.minimum(self.dropped, self.ready), begin)
        leave = np.where(self.status == 2, begin, leave)
        gone = np.minimum(hired, self.gives_up)
        for month in range(months + 1):
            enrolled = (begin <= month) & (month < leave)
            waiting = (self.waits_from <= month) & (month < gone)
            for stock, here in (
                (TrainingStock.ENROLLED, enrolled),
                (TrainingStock.WAITING, waiting),
            ):
                replication, row = np.nonzero(here)
                code = replication * lines + self.line[row]
                counted = np.bincount(code, minlength=len(hired) * lines)
                out[:, month, :, stock] = counted.reshape(len(hired), lines)
        return out
