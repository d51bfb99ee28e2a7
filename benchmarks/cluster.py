"""How much faster two workers of a Dask cluster are than one process, on one machine."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import interleave
from simulator.experiments.cluster import cluster
from simulator.experiments.compare import compare
from simulator.experiments.run import run_scenario
from simulator.scenario import load_scenario

ROOT: Final = Path(__file__).resolve().parent.parent
WORKERS: Final = 2


@contextmanager
def started(folder: Path) -> Iterator[str]:
    """A scheduler and two workers on this machine; the scheduler's address."""
    stated = folder / "scheduler.json"
    with ExitStack() as stack:

        def start(name: str, *options: str) -> None:
            command = [sys.executable, "-m", f"distributed.cli.{name}", "--no-dashboard", *options]
            quiet = subprocess.DEVNULL
            one = subprocess.Popen(command, cwd=ROOT, stdout=quiet, stderr=quiet, env=_here())
            stack.callback(one.wait)
            stack.callback(one.terminate)

        options = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(stated))
        start("dask_scheduler", *options)
        for _ in range(WORKERS):
            start("dask_worker", "--scheduler-file", str(stated), "--nthreads", "1")
        import distributed

        while not stated.is_file():
            time.sleep(0.1)
        time.sleep(0.5)
        with distributed.Client(scheduler_file=str(stated), set_as_default=False) as client:
            client.wait_for_workers(WORKERS, timeout=60)
            address = str(client.scheduler.address)
        yield address


def _here() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def works(replications: int) -> dict[str, Callable[[], Any]]:
    """What is timed, by name."""
    sizes: dict[str, object] = {"draws": 8, "replications": replications}
    england = load_scenario(ROOT / "scenarios/england.toml", sizes)
    lever = load_scenario(ROOT / "scenarios/high-leavers.toml", sizes)
    return {
        "run, England": lambda: run_scenario(england, workers=1),
        "compare, England": lambda: compare(england, lever, levels=["england"], years=[5]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print("| work | one process, s | two workers, s | times as fast |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name, started(Path(name)) as address:
        for words, work in works(given.replications).items():

            def there(work: Callable[[], Any] = work) -> None:
                with cluster(address):
                    work()

            found = interleave({"here": work, "there": there}, given.rounds, patience=200.0)
            here, far = found["here"], found["there"]
            print(f"| {words} | {here.words()} | {far.words()} | {here.over(far).words()} |")


if __name__ == "__main__":
    main()
