"""A Dask cluster that somebody else has started: the same work on other computers.

Tasks are pure and keyed by their content, so one that was under way on a worker that died is done
again elsewhere, and gives the same bytes. What all tasks share is itself a task: it travels once,
and is made again if the worker that holds it dies.
"""

from __future__ import annotations

import asyncio
import platform
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from importlib.metadata import version
from itertools import islice
from typing import Any, Final, TypeVar

from simulator.experiments.pool import using
from simulator.scenario.problems import Problem, shown
from simulator.scenario.reader import COMMAND_LINE

SharedT = TypeVar("SharedT")
JobT = TypeVar("JobT")
DoneT = TypeVar("DoneT")

PATIENCE: Final = 5.0
"""Seconds in which a scheduler must answer."""
AHEAD: Final = 3
"""Tasks handed to the cluster for each of its threads: enough to keep it at work."""
WHERE: Final = "--cluster"


class ClusterError(ValueError):
    """A cluster cannot be used; ``problems`` says why."""

    def __init__(self, *problems: Problem) -> None:
        """Hold the problems."""
        self.problems = problems
        super().__init__("; ".join(" ".join(one.message.split()) for one in problems))


class ClusterLostError(RuntimeError):
    """A cluster stopped before the work was done; the message says how."""


@contextmanager
def cluster(address: str) -> Iterator[int]:
    """Do the work of everything inside on a Dask cluster; yields its number of threads.

    Results are the same to the byte as those made here. Ctrl-C, or any error, takes back what the
    cluster has not begun.

    Args:
        address: Of a scheduler, such as ``tcp://10.0.0.5:8786``; ``tls://`` for one with
            certificates, which Dask's own settings name.

    Raises:
        ClusterError: If there is no such cluster, or its workers would not give the same numbers.
        ClusterLostError: If it stops before the work is done.
    """
    client = _connect(address)
    try:
        _check(client, address)
        threads = sum(client.nthreads().values())
        with using(Cluster(client, threads)):
            yield threads
    finally:
        with suppress(Exception):  # the work is done or given up: how it parts is no matter
            client.close(timeout=PATIENCE)


class Cluster:
    """Hands work to a cluster; made by :func:`cluster`."""

    def __init__(self, client: Any, threads: int) -> None:
        self.client, self.ahead = client, AHEAD * threads

    def run(
        self, work: Callable[[SharedT, JobT], DoneT], jobs: Iterator[JobT], shared: SharedT
    ) -> Iterator[tuple[int, DoneT]]:
        """Do jobs; yields (number of the job, what it gave) as they are done."""
        held = self.client.submit(_hold, shared)
        numbers: dict[Any, int] = {}
        todo = enumerate(jobs)

        def hand_out(most: int) -> list[Any]:
            new = {
                self.client.submit(_do, fingerprint(), work, held, job): number
                for number, job in islice(todo, most)
            }
            numbers.update(new)
            return list(new)

        pending = _dask().as_completed(hand_out(self.ahead), loop=self.client.loop)
        try:
            for done in pending:
                number, found = numbers.pop(done), _result(done)
                done.release()
                for one in hand_out(1):
                    pending.add(one)
                yield number, found
        finally:
            if numbers and self.client.status == "running":
                self.client.cancel(list(numbers), force=True)


_ALONE: Final = threading.Lock()
"""In a worker: its threads take turns, as the engines are written for one thread."""


def _hold(shared: SharedT) -> SharedT:
    return shared


def _do(wanted: dict[str, str], work: Callable[[Any, Any], Any], shared: Any, job: Any) -> Any:
    """In a worker: do one piece of work, if this computer is fit for it."""
    if fingerprint() != wanted:  # it joined after the others were looked at
        told = _differs(fingerprint(), wanted)
        raise ClusterLostError(f"a worker has joined that cannot give the same numbers: {told}")
    with _ALONE:
        return work(shared, job)


def _result(done: Any) -> Any:
    """Return what a task gave.

    Raises:
        ClusterLostError: If it could not be done for a reason that is the cluster's.
    """
    try:
        return done.result()
    except _dask().KilledWorker as error:
        raise ClusterLostError(
            f"{error.allowed_failures + 1} workers of the cluster died at the same piece of work, "
            "probably of too little memory: give each worker more, or run with fewer replications"
        ) from error
    except _dask().CancelledError as error:
        raise ClusterLostError(
            "the cluster's scheduler has stopped or forgotten the work; nothing was lost here: "
            "start it again and give the same command"
        ) from error


# --- is it fit? ---------------------------------------------------------------------------------


@cache
def fingerprint() -> dict[str, str]:
    """What can change a number: versions of Python, libraries and this program, by name."""
    from simulator.experiments.run import PACKAGES, code_digest, code_version

    return {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "processor": platform.machine(),
        **{name: version(name) for name in (*PACKAGES, "dask")},
        "workforce": f"{code_version()} (code {code_digest()[:12]})",
    }


def _differs(other: dict[str, str], ours: dict[str, str]) -> str:
    """Say how another computer differs from the one that hands out the work."""
    return ", ".join(
        f"{name} {other.get(name, 'none')}, here {ours[name]}"
        for name in ours
        if other.get(name) != ours[name]
    )


def _dask() -> Any:
    """Dask's module for clusters; it has too few types to be of use."""
    return import_module("distributed")


def _connect(address: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions that differ: _check says so
            dask = _dask()
    except ImportError:
        words = (
            'needs Dask, which is not installed; install it with pip install "dask[distributed]", '
            "the versions in constraints.txt, on every computer of the cluster"
        )
        raise _refused(address, words) from None
    import_module("dask").config.set({"distributed.admin.large-graph-warning-threshold": "1GiB"})
    try:
        with ThreadPoolExecutor(1) as apart:  # a notebook has a loop of its own in this thread
            apart.submit(asyncio.run, _probe(dask, address)).result()
    except Exception as error:  # noqa: BLE001 - whatever answers there may be anything at all
        words = (
            "no Dask scheduler can be reached there; give the address that it prints when it "
            f"starts, such as tcp://10.0.0.5:8786 ({_first_line(error)})"
        )
        raise _refused(address, words) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dask.Client(address, timeout=PATIENCE, set_as_default=False)


async def _probe(dask: Any, address: str) -> None:
    """Ask a scheduler who it is; a client that fails to connect is slow to give up, and noisy."""
    security = dask.Security().get_connection_args("client")
    async with (
        asyncio.timeout(PATIENCE),
        dask.rpc(address, timeout=PATIENCE, connection_args=security) as scheduler,
    ):
        found = await scheduler.identity()
    if found["type"] != "Scheduler":
        raise ValueError(f"it is a {found['type']}")


def _first_line(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer in {PATIENCE:g} s"
    return next(iter(str(error).splitlines()), type(error).__name__)


def _check(client: Any, address: str) -> None:
    """Refuse a cluster without workers, or a computer of it that cannot give the same numbers."""
    found = client.run(fingerprint, on_error="return")
    if not found:
        words = f"no worker has joined; start some with dask worker {address} --nthreads 1"
        raise _refused(address, words)
    try:
        every = {"the scheduler": client.run_on_scheduler(fingerprint)}
    except Exception as error:  # noqa: BLE001 - of any kind, as the scheduler raised it
        every = {"the scheduler": error}
    every |= {f"worker {name}": one for name, one in sorted(found.items())}
    problems = []
    for name, one in every.items():
        if isinstance(one, BaseException):
            words = f"{name} cannot run this program; install the same version there"
            problems.append(_problem(address, f"{words} ({_first_line(one)})"))
        elif one != fingerprint():
            words = f"{name} would not surely give the same numbers: {_differs(one, fingerprint())}"
            problems.append(_problem(address, words))
    if problems:
        raise ClusterError(*problems)


def _problem(address: str, words: str) -> Problem:
    return Problem(COMMAND_LINE, WHERE, shown(address), words)


def _refused(address: str, words: str) -> ClusterError:
    return ClusterError(_problem(address, words))
