"""The desk between pages and workers: who waits for what, and what is known already.

One process pool serves all visitors. An answer is known by a digest of the scenario's law, which
holds its size, and of the place, so that thirty people who ask the same thing wait for one run. A
visitor's new question takes the place of the one still waiting.
"""

from __future__ import annotations

import multiprocessing as mp
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from simulator.domain.digests import digest_of
from simulator.ui.plan import Plan, Size, resolve
from simulator.ui.worker import Answer, answer, ready, reports

KEPT: Final = 256
"""Answers kept: about 1 MB each."""


@dataclass(slots=True)
class _Job:
    key: str
    work: tuple[Any, ...]
    future: Future[Any]
    visitors: set[str] = field(default_factory=set)


class Desk:
    """Takes questions and gives answers.

    Args:
        folder: The scenario folder.
        workers: Processes; with none, questions are answered where they are asked.
    """

    def __init__(self, folder: Path, workers: int) -> None:
        """Open the desk; workers get ready in the background."""
        self.folder, self.workers = folder, max(workers, 1)
        self._pool: Executor | None = self._new_pool() if workers else None
        self._lock = threading.RLock()
        self._known: OrderedDict[str, Answer] = OrderedDict()
        self._waiting: OrderedDict[str, _Job] = OrderedDict()
        self._running: dict[str, _Job] = {}

    def _new_pool(self) -> Executor:
        pool = ProcessPoolExecutor(
            self.workers,
            mp_context=mp.get_context("spawn"),
            initializer=ready,
            initargs=(str(self.folder),),
        )
        for _ in range(self.workers):
            pool.submit(_awake)
        return pool

    def close(self) -> None:
        """Stop the workers."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def known(self, plan: Plan, size: Size) -> Answer | None:
        """An answer that is there already.

        Raises:
            ScenarioError: If the plan is not sound.
        """
        key = self._key(plan, size)
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
            return found

    def ask(self, visitor: str, plan: Plan, size: Size) -> Future[Any]:
        """Ask for an answer; an earlier question of the visitor that still waits is dropped.

        A plan with levers is compared with the plan without: ask for that one first.

        Raises:
            ScenarioError: If the plan is not sound.
        """
        scenario = resolve(self.folder, plan, size)
        base = self.known(plan.base, size) if plan.choices else None
        place = (plan.place.level, plan.place.code)
        work = (answer, scenario, place, None if base is None else base.futures)
        return self._take(visitor, self._key(plan, size), work)

    def reports(self, visitor: str, plan: Plan, size: Size) -> Future[Any]:
        """Ask for the reports of a plan as a zip file."""
        scenario = resolve(self.folder, plan, size)
        return self._take(visitor, f"reports {self._key(plan, size)}", (reports, scenario))

    def idle(self) -> bool:
        """Is nobody waiting for anything?"""
        with self._lock:
            return not self._waiting and not self._running

    def _key(self, plan: Plan, size: Size) -> str:
        scenario = resolve(self.folder, plan, size)
        return _digest(scenario.law_json(), plan.place.code)

    def _take(self, visitor: str, key: str, work: tuple[Any, ...]) -> Future[Any]:
        with self._lock:
            self._drop(visitor, key)
            if key in self._known:
                done: Future[Any] = Future()
                done.set_result(self._known[key])
                return done
            job = self._running.get(key) or self._waiting.get(key)
            if job is None:
                job = _Job(key, work, Future())
                self._waiting[key] = job
            job.visitors.add(visitor)
        self._start()
        return job.future

    def _drop(self, visitor: str, but: str) -> None:
        """Drop a visitor's earlier questions that wait, unless somebody else waits too."""
        for key, job in list(self._waiting.items()):
            if key != but and visitor in job.visitors:
                job.visitors.discard(visitor)
                if not job.visitors:
                    del self._waiting[key]
                    job.future.cancel()

    def _start(self) -> None:
        """Start what waits while a worker is free."""
        while True:
            with self._lock:
                if not self._waiting or len(self._running) >= self.workers:
                    return
                key, job = self._waiting.popitem(last=False)
                self._running[key] = job
            self._run(job)

    def _run(self, job: _Job) -> None:
        if self._pool is None:
            inner: Future[Any] = Future()
            try:
                inner.set_result(job.work[0](*job.work[1:]))
            except Exception as error:  # noqa: BLE001 - it is raised where the answer is read
                inner.set_exception(error)
            self._done(job, inner)
            return
        try:
            started = self._pool.submit(*job.work)
        except BrokenExecutor:  # a worker was killed: those who asked then were told
            self._pool = self._new_pool()
            started = self._pool.submit(*job.work)
        started.add_done_callback(lambda inner: self._done(job, inner))

    def _done(self, job: _Job, inner: Future[Any]) -> None:
        with self._lock:
            self._running.pop(job.key, None)
            error = inner.exception()
            if error is None and isinstance(inner.result(), Answer):
                self._known[job.key] = inner.result()
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
        with suppress(Exception):
            if error is not None:
                job.future.set_exception(error)
            else:
                job.future.set_result(inner.result())
        self._start()


def _awake() -> None:
    """Make a worker start now, not with the first question."""


@lru_cache(maxsize=1024)
def _digest(law: str, code: str) -> str:
    return digest_of(text.encode() for text in (law, code))


_OPEN: list[Desk] = []
_OPENING = threading.Lock()


def open_desk(make: Callable[[], Desk]) -> Desk:
    """The server's desk, opened if it is not."""
    with _OPENING:
        if not _OPEN:
            _OPEN.append(make())
        return _OPEN[0]


def close_desk() -> None:
    """Close the server's desk."""
    with _OPENING:
        while _OPEN:
            _OPEN.pop().close()
