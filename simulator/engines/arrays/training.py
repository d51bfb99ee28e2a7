"""Stage 0: trainees. Their life up to the hire is fixed by keyed numbers, so it is worked out
for all months at once; only the hire, in the market, and the start of those who need a supervisor
depend on the rest of the month."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.domain.words import BAND_RANGES, TrainingFlow, TrainingStock
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
        self.cohort = training.row_cohort[rows].astype(np.intp)
        self.line = training.cohort_line[training.row_cohort[rows]].astype(np.intp)
        self.status = training.row_status[rows]
        self.ready = training.row_ready[rows].astype(np.int16)
        self.start = training.cohort_start[training.row_cohort[rows]].astype(np.int16)
        self.pool = np.searchsorted(layout.pools, training.row_pool[rows]).astype(np.intp)
        self.pathway = training.pathway[self.line].astype(np.intp)
        enrolled = self._starts(state)
        self.enrolled = enrolled
        self.turned_away: list[tuple[Index, Index]] = []  # replications, rows
        self.desk = self.pool // len(BAND_RANGES)
        self.supervised = training.supervised[self.pathway]
        self.intakes = self._supervised_intakes()
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

    def _supervised_intakes(self) -> dict[int, list[Index]]:
        """Rows of each supervised cohort that starts in a month, in cohort order, by month."""
        intakes: dict[int, list[Index]] = {}
        for cohort in np.unique(self.cohort[self.supervised & (self.status == 0)]):
            rows = np.flatnonzero(self.cohort == cohort)
            intakes.setdefault(int(self.start[rows[0]]), []).append(rows)
        return intakes

    def supervise(self, state: State, month: int) -> None:
        """Turn away the supervised trainees of a month for whom there is no supervisor."""
        intakes = self.intakes.get(month, [])
        if not intakes:
            return
        room = self._room(state, month)
        for rows in intakes:
            left = room[:, self.desk[rows[0]]]
            comes = self.enrolled[:, rows]
            starts = np.minimum(comes.sum(axis=1), left)
            left -= starts
            place = state.layout.spec.training.row_place[state.layout.rows][rows]
            replication, which = np.nonzero(comes & (place >= starts[:, None]))
            self._turn_away(replication, rows[which])

    def _room(self, state: State, month: int) -> NDArray[np.intp]:
        """Trainees for whom each desk has room, shape (N, desks)."""
        layout = state.layout
        heads = state.pool_heads().reshape(state.count, -1, len(BAND_RANGES))
        desks = layout.pools[:: len(BAND_RANGES)] // len(BAND_RANGES)
        rate = layout.spec.training.supervision[desks, month]
        room = np.floor(rate * heads[:, :, 1:].sum(axis=2))
        rows = np.flatnonzero(self.supervised & (self.start < month) & (self.ready > month))
        here = self.enrolled[:, rows] & (self.dropped[:, rows] > month)
        replication, which = np.nonzero(here & (self.status[rows] != 2))
        code = replication * len(desks) + self.desk[rows[which]]
        room -= np.bincount(code, minlength=room.size).reshape(room.shape)
        return np.maximum(room, 0).astype(np.intp)

    def _turn_away(self, replication: Index, row: Index) -> None:
        self.turned_away.append((replication, row))
        for does in (self.enrolled, self.completes):
            does[replication, row] = False
        for when in (self.dropped, self.waits_from, self.gives_up):
            when[replication, row] = NEVER

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
        factor = training.drop_factor[state.draws]
        with np.errstate(divide="ignore"):  # a factor of nought: nobody ever drops out
            energy /= factor[:, None]
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

    def events(self, hired: U8) -> tuple[tuple[TrainingFlow, NDArray[Any]], ...]:
        """Month of each event of each trainee, shape (N, rows); out of the run if it is not."""
        new = self.enrolled & (self.status == 0)
        sought = (self.waits_from != NEVER) & (self.status != 2)
        return (
            (TrainingFlow.STARTED, np.where(new, self.start, NEVER)),
            (TrainingFlow.DROPPED_OUT, self.dropped),
            (TrainingFlow.COMPLETED, np.where(self.completes, self.ready, NEVER)),
            (TrainingFlow.SOUGHT, np.where(sought, self.waits_from, NEVER)),
            (TrainingFlow.HIRED, hired),
            (TrainingFlow.GAVE_UP, np.where(hired == NEVER, self.gives_up, NEVER)),
        )

    def flows(self, hired: U8, periods: int, lines: int, length: int = 1) -> NDArray[np.int32]:
        """Training flows of each period of ``length`` months, (N, periods + 1, lines, flows)."""
        count = len(hired)
        shape = (count, periods + 1, lines, len(TrainingFlow))
        last, codes = periods * length, []

        def add(flow: TrainingFlow, replication: Index, row: Index, month: NDArray[Any]) -> None:
            period = (month + (length - 1)) // length
            code = (replication * shape[1] + period) * lines + self.line[row]
            codes.append(code * len(TrainingFlow) + flow)

        for flow, when in self.events(hired):
            replication, row = np.nonzero((when >= 1) & (when <= last))
            add(flow, replication, row, when[replication, row].astype(np.intp))
        for replication, row in self.turned_away:
            inside = self.start[row] <= last
            add(TrainingFlow.TURNED_AWAY, replication[inside], row[inside], self.start[row[inside]])
        counted = np.bincount(np.concatenate(codes), minlength=int(np.prod(shape)))
        return counted.reshape(shape).astype(np.int32)

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
