"""The desk between pages and workers: who waits for what, and what is known already.

One process pool serves all visitors. An answer is known by a digest of the plan and its size, so
that thirty people who ask the same thing wait for one run. A visitor's new question takes the place
of the one still waiting. What takes long waits for what is quick, and leaves a worker free for it.
"""

from __future__ import annotations

import multiprocessing as mp
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from simulator.domain.digests import digest_of
from simulator.ui.plan import FIRST, Plan, Size, resolve
from simulator.ui.worker import Answer, answer, ready, reports

KEPT: Final = 160
"""Answers kept: about 1 MB each."""
QUIET: Final = 2.0
"""Seconds without a question from anybody after which the desk is idle."""


@dataclass(slots=True)
class _Job:
    key: str
    work: tuple[Any, ...]
    future: Future[Any]
    long: bool
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
        self._asked = -QUIET

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
        """An answer that is there already."""
        key = _key(plan, size)
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
        return self._take(visitor, _key(plan, size), work, long=_is_long(plan, size))

    def reports(self, visitor: str, plan: Plan, size: Size) -> Future[Any]:
        """Ask for the reports of a plan as a zip file."""
        scenario = resolve(self.folder, plan, size)
        return self._take(visitor, f"reports {_key(plan, size)}", (reports, scenario), long=True)

    def run(self, visitor: str, key: str, work: Callable[..., Any], *given: Any) -> Future[Any]:
        """Ask for a run that is no plan; visitors who ask for the same key share it.

        Args:
            visitor: Who asks; an earlier question of the same name that still waits is dropped.
            key: What is asked, as a digest.
            work: A function of a module, given ``given``.
            given: What it is given.
        """
        return self._take(visitor, f"run {key}", (work, *given))

    def idle(self) -> bool:
        """Is nobody waiting for anything, and has nobody asked for some seconds?

        Thirty people who try levers leave gaps that are shorter than the long run which would
        then stand in their way.
        """
        with self._lock:
            quiet = time.monotonic() - self._asked >= QUIET
            return quiet and not self._waiting and not self._running

    def _take(
        self, visitor: str, key: str, work: tuple[Any, ...], *, long: bool = False
    ) -> Future[Any]:
        with self._lock:
            self._asked = self._asked if long else time.monotonic()
            self._drop(visitor, key)
            if key in self._known:
                done: Future[Any] = Future()
                done.set_result(self._known[key])
                return done
            job = self._running.get(key) or self._waiting.get(key)
            if job is None:
                job = _Job(key, work, Future(), long)
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
                job = self._next()
                if job is None:
                    return
                del self._waiting[job.key]
                self._running[job.key] = job
            self._run(job)

    def _next(self) -> _Job | None:
        """What may start now: what is quick first, and what is long beside a free worker."""
        free = self.workers - len(self._running)
        if free <= 0:
            return None
        for job in self._waiting.values():
            if not job.long:
                return job
        if free == 1 < self.workers:
            return None
        return next(iter(self._waiting.values()), None)

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


def _key(plan: Plan, size: Size) -> str:
    """The same for the same question; nothing of the plan can be read from it."""
    texts = (repr((plan, size)), *(one.text for one in plan.tables))
    return digest_of(text.encode() for text in texts)


def _is_long(plan: Plan, size: Size) -> bool:
    return plan.place.level != "trust" or size.futures > FIRST["trust"].futures


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
