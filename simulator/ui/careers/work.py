"""Runs of the careers page in the server's workers, and how far they are.

A worker writes how far it is into a small file, which the page reads: a pool passes no messages.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from simulator.domain.digests import digest_of
from simulator.experiments.careers import Card, Course, SeatEffect, seat_effect
from simulator.ui.parts import plain
from simulator.ui.server import desk

_JOBS: Final = "careers.jobs"
SIZES: Final = {"months": 228, "draws": 32, "replications": 256}
"""Size of the run for a course of one's own."""
_KEPT: Final = 12
"""Results a visit keeps."""


@dataclass(frozen=True, slots=True)
class _Job:
    future: Future[Any]
    told: Path


def seat(route: str, year: int, place: str, told: str) -> SeatEffect:
    """What one more place does; run in a worker."""
    return seat_effect(route, year, place, progress=_teller(told))


def course_card(course: Course, year: int, told: str) -> Card:
    """Outcome of a university's own course; run in a worker."""
    return course.card(year, sizes=dict(SIZES), progress=_teller(told))


def course_seat(course: Course, year: int, told: str) -> SeatEffect:
    """What one more place on a university's own course does; run in a worker."""
    return course.seat(year, progress=_teller(told))


def _teller(told: str) -> Callable[[int, int, str], None]:
    def tell(done: int, total: int, words: str) -> None:
        with suppress(OSError):  # how far it is matters less than the run
            Path(told).write_text(f"{done} {total} {words}", encoding="utf-8")

    return tell


def asked(name: str, words: str, run: Callable[..., Any], *given: Any) -> Any | None:
    """A button that starts a run, then its progress, then its result.

    Args:
        name: Name of the button, unique on the page.
        words: What the button says.
        run: A function of this module; the file for its progress is added.
        given: What it is given; the result is known by it.

    Returns:
        The result, or none while there is none.
    """
    jobs: dict[str, _Job] = st.session_state.setdefault(_JOBS, {})
    key = digest_of([f"{run.__name__} {given!r}".encode()])
    job = jobs.get(key)
    if job is None:
        if not st.button(words, key=name, type="primary"):
            return None
        job = _start(key, run, given)
        jobs[key] = job
        while len(jobs) > _KEPT:
            del jobs[next(iter(jobs))]
    if not job.future.done():
        _watch(job)
        return None
    return _result(jobs, key)


@lru_cache(maxsize=1)
def _folder() -> tempfile.TemporaryDirectory[str]:
    """A folder of this server alone, which goes with it."""
    return tempfile.TemporaryDirectory(prefix="workforce-careers-")


def _start(key: str, run: Callable[..., Any], given: tuple[Any, ...]) -> _Job:
    told = Path(_folder().name) / key[:16]
    visitor = f"{st.session_state.get('visitor', 'careers')} careers {key}"
    return _Job(desk().run(visitor, key, run, *given, str(told)), told)


def _result(jobs: dict[str, _Job], key: str) -> Any | None:
    job = jobs[key]
    job.told.unlink(missing_ok=True)
    error = None if job.future.cancelled() else job.future.exception()
    if job.future.cancelled() or error is not None:
        del jobs[key]
        reason = "it was stopped" if error is None else str(error).splitlines()[0][:300]
        st.error(plain(f"The run did not finish: {reason}"))
        return None
    return job.future.result()


@st.fragment(run_every=0.7)
def _watch(job: _Job) -> None:
    """Show how far a run is, and the page anew when it is done."""
    if job.future.done():
        st.rerun()
    share, words = 0.0, "waiting for a free worker"
    with suppress(OSError, ValueError):
        done, total, words = job.told.read_text(encoding="utf-8").split(" ", 2)
        share = min(1.0, int(done) / max(1, int(total)))
    st.progress(share, text=plain(f"Simulating: {words}, {share:.0%}"))
