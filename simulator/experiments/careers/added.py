"""More trainees in a compiled run: places on a route, or a whole course.

Trainees who are there already keep their names, and with them their luck: whoever is added comes
after them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.model.intake import Pathway, drop_out_hazard
from simulator.model.specification import NEVER, Specification, Training, freeze
from simulator.scenario.dates import month_after


def start_month(spec: Specification, pathway: Pathway, year: int) -> int | None:
    """Month of the run in which a pathway starts in a calendar year; None if it is outside."""
    for month in range(1, spec.months + 1):
        if month_after(spec.start, month) == f"{year}-{pathway.start_month:02d}":
            return month
    return None


def with_places(
    spec: Specification, pathway: Pathway, region: str, start: int, places: int
) -> Specification:
    """The same run with some more people who start a pathway in a region in a month.

    Whether somebody applies for these places is not asked: each is filled, as far as there is a
    supervisor.
    """
    line = spec.training.names.index((pathway.id, region))
    here = (spec.training.cohort_line == line) & (spec.training.cohort_start == start)
    cohort = int(np.flatnonzero(here)[0])
    mean = spec.training.cohort_mean.copy()
    first = int((spec.training.row_cohort == cohort).sum())
    mean[cohort] += places
    training = replace(spec.training, cohort_mean=mean)
    rows = _rows(spec, training, pathway, region, cohort, range(first, first + places))
    return _with(spec, training, rows)


def with_course(
    spec: Specification, course: Pathway, region: str, intake: float, starts: list[int]
) -> Specification:
    """The same run with a course of its own, whose cohorts start in the months given."""
    old = spec.training
    length = max(old.drop_hazard.shape[1], course.duration + 1)
    hazard = np.zeros((len(old.duration) + 1, length))
    hazard[:-1, : old.drop_hazard.shape[1]] = old.drop_hazard
    hazard[:-1, old.drop_hazard.shape[1] :] = old.drop_hazard[:, -1:]
    hazard[-1, 1:] = drop_out_hazard(course)
    line, cohort = len(old.names), len(old.cohort_line)
    keys = [
        keyed.name_key(f"cohort|{course.id}|{region}|{month_after(spec.start, start)}")
        for start in starts
    ]
    width = old.cohort_cdf.shape[1]
    training = replace(
        old,
        names=(*old.names, (course.id, region)),
        pathway=_longer(old.pathway, [len(old.duration)]),
        drop_hazard=hazard,
        duration=_longer(old.duration, [course.duration]),
        seek_share=_longer(old.seek_share, [course.seek_share]),
        supervised=_longer(old.supervised, [course.supervised]),
        converts=_longer(old.converts, [False]),
        cohort_line=_longer(old.cohort_line, [line] * len(starts)),
        cohort_start=_longer(old.cohort_start, starts),
        cohort_key=_longer(old.cohort_key, keys),
        cohort_mean=_longer(old.cohort_mean, [intake] * len(starts)),
        cohort_cdf=np.concatenate([old.cohort_cdf, np.full((len(starts), width), 2.0)]),
    )
    rows = [
        _rows(spec, training, course, region, cohort + number, range(int(np.floor(intake)) + 1))
        for number in range(len(starts))
    ]
    joined = {name: np.concatenate([one[name] for one in rows]) for name in rows[0]}
    return _with(spec, training, joined)


def _longer(old: NDArray[Any], more: list[Any]) -> NDArray[Any]:
    return np.concatenate([old, np.array(more, dtype=old.dtype)])


def _rows(
    spec: Specification,
    training: Training,
    pathway: Pathway,
    region: str,
    cohort: int,
    places: range,
) -> dict[str, NDArray[Any]]:
    """Trainee rows of some places of a cohort."""
    ready = int(training.cohort_start[cohort]) + pathway.duration
    pool = spec.pools.names.index((region, pathway.group, pathway.band_range))
    age = pathway.age + spec.cohort_offset - (ready - 1) // 12
    place = np.array(places, dtype=np.uint64)
    step = (place + np.uint64(1)) * np.uint64(keyed.STEP)
    count = len(places)
    return {
        "row_cohort": np.full(count, cohort),
        "row_place": place.astype(np.int32),
        "row_key": keyed.mix_array(training.cohort_key[cohort] + step),
        "row_pool": np.full(count, pool),
        "row_status": np.zeros(count),
        "row_ready": np.full(count, ready),
        "row_cohort_age": np.full(count, max(min(age, NEVER), 0)),
    }


def _with(spec: Specification, training: Training, more: dict[str, NDArray[Any]]) -> Specification:
    """The specification with more rows, in the order of the law."""
    rows = {
        name: np.concatenate([old, values.astype(old.dtype)])
        for name, values in more.items()
        for old in [getattr(training, name)]
    }
    line = training.cohort_line[rows["row_cohort"]]
    names = np.array([name for name, _ in training.names])
    _, rank = np.unique(names, return_inverse=True)
    order = np.lexsort(
        (
            rows["row_place"],
            training.cohort_start[rows["row_cohort"]],
            rank[line],
            rows["row_ready"],
            rows["row_pool"],
        )
    )
    sorted_rows: dict[str, Any] = {name: values[order] for name, values in rows.items()}
    made: Specification = freeze(replace(spec, training=replace(training, **sorted_rows)))
    return made
