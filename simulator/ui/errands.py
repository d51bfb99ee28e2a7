"""Long questions of the pages: asked by a button, with progress, time left and a way to stop.

They run in two processes of their own, which give way to those that answer levers: one for what
takes some seconds, one for what takes longer. A question about a trust overtakes those about wider
places. An answer is kept by what was asked, so that whoever asks the same has it at once. A process
tells how far it is, and is told to stop, through small files in a folder that both sides know.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from simulator.domain.digests import digest_of
from simulator.scenario import Scenario, ScenarioError

State = Literal["waiting", "running", "done", "failed", "stopped"]
Told = Callable[[int, int, str], None]

KEPT: Final = 64
"""Answers kept."""
MOST: Final = 24
"""Questions that may wait."""
EACH: Final = 3
"""Of them, questions of one visitor."""
QUICK: Final = 12.0
"""Seconds up to which a question counts as quick."""
_RANK: Final = {"trust": 0, "ics": 1, "region": 2, "england": 3}
_PAUSE: Final = 0.2
"""Seconds between two words on progress."""


class StoppedError(RuntimeError):
    """Somebody stopped the question."""


class BusyError(RuntimeError):
    """Too much waits; the message is for the visitor."""


@dataclass(frozen=True, slots=True)
class Task:
    """A long question.

    Attributes:
        work: A function of :mod:`simulator.ui.work`; its last argument is told how far it is.
        args: The others.
        level: Level of the place, which decides who overtakes whom.
        runs: Simulations it takes.
        seconds: About how long that is on a free machine.
    """

    work: Callable[..., Any]
    args: tuple[Any, ...]
    level: str
    runs: int
    seconds: float

    @property
    def key(self) -> str:
        """The same for the same question."""
        parts = (self.work.__name__, *(_text(one) for one in self.args))
        return digest_of(part.encode() for part in parts)

    @property
    def quick(self) -> bool:
        """Does it take some seconds at most?"""
        return self.seconds <= QUICK


def _text(value: object) -> str:
    if isinstance(value, Scenario):
        return value.id + value.title + value.law_json()
    if isinstance(value, tuple):
        return "".join(f"({_text(one)})" for one in value)
    return repr(value)


@dataclass(slots=True, eq=False)
class Errand:
    """A question on its way.

    Attributes:
        task: The question.
        state: How far it is.
        began: When it began to run, of a steady clock.
        result: The answer, once it is there.
        error: Why there is none.
        visitors: Who waits for it.
    """

    task: Task
    state: State = "waiting"
    began: float = 0.0
    result: Any = None
    error: str = ""
    visitors: set[str] = field(default_factory=set)


class Errands:
    """The list of long questions, and the processes that work on them.

    Args:
        processes: Whether there are any; without, questions are answered where they are asked.
    """

    def __init__(self, *, processes: bool) -> None:
        """Begin with an empty list; the processes get ready in the background."""
        self._home = tempfile.TemporaryDirectory(prefix="workforce-")
        self._lock = threading.RLock()
        self._known: OrderedDict[str, Errand] = OrderedDict()
        self._active: list[Errand] = []  # with a process, which a stopped one leaves a little later
        self._pool: Executor | None = self._new_pool() if processes else None

    def _new_pool(self) -> Executor:
        pool = ProcessPoolExecutor(2, mp_context=mp.get_context("spawn"), initializer=_begin)
        for _ in range(2):
            pool.submit(_awake)
        return pool

    def close(self) -> None:
        """Stop the processes, and forget everything."""
        for key in list(self._known):
            (self.home / f"{key}.stop").touch()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._home.cleanup()

    @property
    def home(self) -> Path:
        """The folder that both sides know."""
        return Path(self._home.name)

    def find(self, key: str) -> Errand | None:
        """A question that was asked."""
        with self._lock:
            return self._known.get(key)

    def ask(self, visitor: str, task: Task) -> Errand:
        """Ask a question, unless the answer is there or on its way.

        Raises:
            BusyError: If too many wait.
        """
        with self._lock:
            found = self._known.get(task.key)
            if found is None or found.state in {"failed", "stopped"}:
                self._check(visitor)
                found = self._known[task.key] = Errand(task)
            found.visitors.add(visitor)
            self._known.move_to_end(task.key)
        self._next()
        return found

    def _check(self, visitor: str) -> None:
        open_ = [one for one in self._known.values() if one.state in {"waiting", "running"}]
        if len([one for one in open_ if visitor in one.visitors]) >= EACH:
            raise BusyError(f"You have {EACH} questions under way; stop one, or wait for it.")
        if len(open_) >= MOST:
            raise BusyError(f"{MOST} questions wait already; try again in some minutes.")

    def stop(self, visitor: str, key: str) -> None:
        """Stop a question, unless somebody else waits for it too."""
        with self._lock:
            found = self._known.get(key)
            if found is None or found.state not in {"waiting", "running"}:
                return
            found.visitors.discard(visitor)
            if found.visitors:
                return
            if found.state == "running":
                (self.home / f"{key}.stop").touch()
            found.state = "stopped"

    def ahead(self, key: str) -> int:
        """Questions that come before one that waits."""
        with self._lock:
            found = self._known[key]
            order = [one.task.key for one in self._waiting(quick=found.task.quick)]
            return (order.index(key) if key in order else 0) + self._busy(quick=found.task.quick)

    def progress(self, key: str) -> tuple[float, float | None]:
        """Part of a question that is done, and seconds left, if that can be said."""
        found = self.find(key)
        try:
            done, total = (int(one) for one in (self.home / key).read_text("ascii").split())
        except (OSError, ValueError):
            return 0.0, None
        part = min(done / max(total, 1), 1.0)
        if found is None or part < 0.02:
            return part, None
        return part, (time.monotonic() - found.began) * (1.0 - part) / part

    def _busy(self, *, quick: bool) -> bool:
        return any(one.task.quick == quick for one in self._active)

    def _waiting(self, *, quick: bool) -> list[Errand]:
        """What waits, in the order in which it comes."""
        waiting = [
            one
            for one in self._known.values()
            if one.state == "waiting" and one.task.quick == quick
        ]
        return sorted(waiting, key=lambda one: _RANK[one.task.level])

    def _next(self) -> None:
        """Begin what can begin."""
        for quick in (True, False):
            with self._lock:
                waiting = self._waiting(quick=quick)
                if not waiting or self._busy(quick=quick):
                    continue
                errand = waiting[0]
                errand.state, errand.began = "running", time.monotonic()
                self._active.append(errand)
                for old in (errand.task.key, f"{errand.task.key}.stop"):
                    (self.home / old).unlink(missing_ok=True)
            self._start(errand)

    def _start(self, errand: Errand) -> None:
        if self._pool is None:
            inner: Future[Any] = Future()
            try:
                inner.set_result(run(errand.task, str(self.home)))
            except Exception as error:  # noqa: BLE001 - it is told where the answer is looked for
                inner.set_exception(error)
            self._done(errand, inner)
            return
        try:
            inner = self._pool.submit(run, errand.task, str(self.home))
        except BrokenExecutor:
            self._pool = self._new_pool()
            inner = self._pool.submit(run, errand.task, str(self.home))
        inner.add_done_callback(lambda one: self._done(errand, one))

    def _done(self, errand: Errand, inner: Future[Any]) -> None:
        with self._lock:
            self._active.remove(errand)
            error = inner.exception()
            if isinstance(error, StoppedError) or errand.state == "stopped":
                errand.state = "stopped"
            elif error is not None:
                errand.state, errand.error = "failed", _words(error)
            else:
                errand.state, errand.result = "done", inner.result()
            finished = [
                key for key, one in self._known.items() if one.state not in {"waiting", "running"}
            ]
            for key in finished[: max(0, len(finished) - KEPT)]:
                del self._known[key]
        self._next()


def _words(error: BaseException) -> str:
    if isinstance(error, ScenarioError):
        return "; ".join(
            f"{one.where} {one.value}: {one.message}".strip() for one in error.problems
        )
    return (str(error).splitlines() or [type(error).__name__])[0][:400]


# In the process


def _begin() -> None:
    """Begin the process: it gives way to the others, and ends with the server."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server stops it
    with suppress(AttributeError, OSError):
        os.nice(10)
    parent = mp.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: mp.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _awake() -> None:
    """Make a process start now, not with the first question."""


def run(task: Task, home: str) -> Any:
    """Do a task.

    Raises:
        StoppedError: If it is to be stopped.
    """
    place = Path(home)
    note, stop = place / task.key, place / f"{task.key}.stop"
    last = 0.0

    def tell(done: int, total: int, _: str) -> None:
        nonlocal last
        if stop.exists():
            raise StoppedError
        if time.monotonic() - last > _PAUSE:
            last = time.monotonic()
            building = note.with_suffix(".part")
            building.write_text(f"{done} {total}", "ascii")
            building.replace(note)

    try:
        return task.work(*task.args, place, tell)
    finally:
        stop.unlink(missing_ok=True)


_OPEN: list[Errands] = []
_OPENING = threading.Lock()


def open_errands(*, processes: bool = False) -> Errands:
    """The server's errands, begun if they are not; in a test of a page, without processes."""
    with _OPENING:
        if not _OPEN:
            _OPEN.append(Errands(processes=processes))
        return _OPEN[0]


def close_errands() -> None:
    """Close the server's errands."""
    with _OPENING:
        while _OPEN:
            _OPEN.pop().close()
