"""Many pieces of work side by side: in processes of this computer, or on a cluster.

Nothing else knows where work is done. A piece of work is a pure function of what all pieces share
and of its own job, so that where and in what order the pieces are done changes no number.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from simulator.experiments.cluster import Cluster

SharedT = TypeVar("SharedT")
JobT = TypeVar("JobT")
ReadyT = TypeVar("ReadyT")
DoneT = TypeVar("DoneT")

_CLUSTER: ContextVar[Cluster | None] = ContextVar("cluster", default=None)


@contextmanager
def using(cluster: Cluster) -> Iterator[None]:
    """Do all work of this thread on a cluster."""
    before = _CLUSTER.set(cluster)
    try:
        yield
    finally:
        _CLUSTER.reset(before)


def on_cluster() -> bool:
    """Is work done on a cluster?"""
    return _CLUSTER.get() is not None


def run_many(
    work: Callable[[SharedT, ReadyT], DoneT],
    jobs: Sequence[JobT],
    workers: int,
    shared: SharedT,
    *,
    ready: Callable[[JobT], ReadyT],
) -> Iterator[tuple[int, DoneT]]:
    """Do jobs, several at a time; yields (number of the job, what it gave) as they are done.

    Args:
        work: A function of a module, so that another process can find it by name.
        jobs: What is to be done.
        workers: Processes; with one the work is done here. A cluster has its own.
        shared: What every piece of work needs; sent to a process once.
        ready: Makes of a job what is handed to ``work``. It may read this computer's files, and so
            is called on this computer, or in a process of it.

    Raises:
        ClusterLostError: If the cluster cannot do the work.
    """
    cluster = _CLUSTER.get()
    count = min(workers, len(jobs))
    if cluster is not None:
        yield from cluster.run(work, (ready(job) for job in jobs), shared)
    elif count <= 1:
        yield from ((number, work(shared, ready(job))) for number, job in enumerate(jobs))
    else:
        yield from _in_processes(work, jobs, count, shared, ready)


def same(job: JobT) -> JobT:
    """For jobs that are ready as they are."""
    return job


def _in_processes(
    work: Callable[..., DoneT], jobs: Sequence[Any], count: int, shared: Any, ready: Any
) -> Iterator[tuple[int, DoneT]]:
    context = mp.get_context("fork" if "fork" in mp.get_all_start_methods() else "spawn")
    with ProcessPoolExecutor(
        count, mp_context=context, initializer=_begin, initargs=(work, shared, ready)
    ) as pool:
        numbers = {pool.submit(_do, job): number for number, job in enumerate(jobs)}
        try:
            for done in as_completed(list(numbers)):
                yield numbers.pop(done), done.result()  # not kept: what was given may be large
        finally:
            for one in numbers:
                one.cancel()


_KEPT: list[Any] = []
"""In a worker process: the work, what all of it shares, and what makes a job ready."""


def _begin(*kept: Any) -> None:
    _KEPT[:] = kept
    _follow_parent()


def _do(job: Any) -> Any:
    work, shared, ready = _KEPT
    return work(shared, ready(job))


def _follow_parent() -> None:
    """In a worker: leave Ctrl-C to the parent, and end when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = mp.parent_process()

    def watch() -> None:
        assert parent is not None
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
