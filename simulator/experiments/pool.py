"""Many runs side by side, each in a process of its own."""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

JobT = TypeVar("JobT")
DoneT = TypeVar("DoneT")


def run_many(
    work: Callable[[JobT], DoneT], jobs: Sequence[JobT], workers: int
) -> Iterator[tuple[int, DoneT]]:
    """Do jobs, several at a time; yields (number of the job, what it gave) as they are done.

    Args:
        work: A function of a module, so that a process can find it by name.
        jobs: What it is called with, one at a time.
        workers: Processes; with one the work is done here.
    """
    count = min(workers, len(jobs))
    if count <= 1:
        yield from ((number, work(job)) for number, job in enumerate(jobs))
        return
    context = mp.get_context("fork" if "fork" in mp.get_all_start_methods() else "spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_follow_parent) as pool:
        numbers = {pool.submit(work, job): number for number, job in enumerate(jobs)}
        try:
            for done in as_completed(numbers):
                yield numbers[done], done.result()
        finally:
            for one in numbers:
                one.cancel()


def _follow_parent() -> None:
    """In a worker: leave Ctrl-C to the parent, and end when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = mp.parent_process()

    def watch() -> None:
        assert parent is not None
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
