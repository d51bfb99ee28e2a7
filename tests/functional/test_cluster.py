"""Work on a real Dask cluster of two worker processes gives the bytes of work done here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

import simulator
from simulator.cli.main import main
from simulator.experiments import cluster as module
from simulator.experiments import run as run_module
from simulator.experiments.cluster import ClusterError, ClusterLostError, cluster
from simulator.experiments.sweep import sweep

pytest.importorskip("distributed")
pytestmark = pytest.mark.functional

ROOT = Path(__file__).parents[2]
LADDER, WEAKER = "scenarios/tiny-ladder.toml", "scenarios/weaker.toml"
SWEEP = ROOT / "scenarios/sweeps/tiny-retention.toml"
SIZES = ("--draws", "8", "--replications", "64")
COMMANDS = {
    "run": ("run", LADDER, *SIZES),
    "compare": ("compare", LADDER, WEAKER, *SIZES, "--measure", "left"),
    "explain": ("explain", LADDER, WEAKER, *SIZES),
    "precision": ("precision", LADDER, *SIZES),
    "seek": (
        *("seek", LADDER, "--lever", "retention", "--low", "0.2", "--high", "1", "--place", "RGT"),
        *("--measure", "in_post", "--above", "27", "--probability", "0.6", "--steps", "4", *SIZES),
    ),
    "robust": ("robust", LADDER, WEAKER, "--below", "5", *SIZES),
    "sensitivity": (
        *("sensitivity", LADDER, "--sobol", "--base", "2", "--replications", "8"),
        *("--input", "retention:0.5:1", "--input", "supply.growth"),
    ),
}


@contextmanager
def process(name: str, *options: str, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A scheduler or a worker, ended at the end."""
    with (cwd / f"{name}-{time.monotonic_ns()}.log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{name}", "--no-dashboard", *options],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=cwd,
            stdout=log,
            stderr=log,
        )
        try:
            yield running
        finally:
            running.kill()
            running.wait()


def worker(address: str, folder: Path) -> Any:
    options = ("--nthreads", "1", "--no-nanny", "--host", "127.0.0.1")
    return process("dask_worker", address, *options, cwd=folder)


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """A scheduler on a free port; its address."""
    stated = folder / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(stated))
    with process("dask_scheduler", *options, cwd=folder):
        for _ in range(600):
            if stated.is_file() and stated.read_text(encoding="utf-8").endswith("}"):
                break
            time.sleep(0.05)
        yield str(json.loads(stated.read_text(encoding="utf-8"))["address"])


def wait_for(address: str, count: int) -> None:
    with module._dask().Client(address, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=60)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a cluster of two workers."""
    folder = tmp_path_factory.mktemp("cluster")
    with scheduler(folder) as address, worker(address, folder), worker(address, folder):
        wait_for(address, 2)
        yield address


def two_ladders(folder: Path) -> None:
    """The ladder, and the same with half of its retention, below a folder."""
    there = folder / "scenarios"
    shutil.copytree(ROOT / "scenarios/census/tiny-ladder", there / "census/tiny-ladder")
    text = (ROOT / LADDER).read_text(encoding="utf-8")
    (folder / LADDER).write_text(text, encoding="utf-8")
    (folder / WEAKER).write_text(text.replace("value = 0.8", "value = 0.9"), encoding="utf-8")


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_prints_the_same(
    name: str,
    running: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two_ladders(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main([*COMMANDS[name], "--workers", "1", "--quiet"]) == 0, capsys.readouterr().err
    here = capsys.readouterr().out
    done, real = [], module.Cluster.run

    def counted(self: Any, *arguments: Any) -> Iterator[tuple[int, Any]]:
        for one in real(self, *arguments):
            done.append(one[0])
            yield one

    monkeypatch.setattr(module.Cluster, "run", counted)
    assert main([*COMMANDS[name], "--cluster", running, "--quiet"]) == 0
    there = capsys.readouterr().out
    assert there == here
    assert done, "the cluster did nothing"


def test_england_is_shared_out_by_region_and_has_the_same_digest(running: str) -> None:
    sizes: dict[str, object] = {"months": 12, "draws": 2, "replications": 4}
    england = simulator.load_scenario(ROOT / "scenarios/england.toml", sizes)
    here = simulator.run(england, workers=1)
    told: list[int] = []
    with cluster(running) as threads:
        there = simulator.run(england, progress=lambda done, total, _: told.append(done))
    assert threads == 2
    assert told == [part * 12 * 4 for part in range(1, 8)], "one task for each of seven regions"
    assert there.digest == here.digest
    assert there.manifest["events"] == here.manifest["events"]


def test_a_worker_that_dies_loses_nothing(tmp_path: Path) -> None:
    sweep(SWEEP, tmp_path / "here")
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(tmp_path))
        doomed = stack.enter_context(worker(address, tmp_path))
        stack.enter_context(worker(address, tmp_path))
        wait_for(address, 2)
        stack.enter_context(cluster(address))
        killed_at: list[int] = []

        def kill(done: int, total: int, words: str) -> None:
            if words.endswith("stored") and not killed_at:
                doomed.send_signal(signal.SIGKILL)
                doomed.wait()
                killed_at.append(done)

        found = sweep(SWEEP, tmp_path / "there", progress=kill)
        with module._dask().Client(address, set_as_default=False) as client:
            left = len(client.scheduler_info()["workers"])
    assert killed_at == [1]
    assert left == 1
    assert found.new == 12
    assert content(tmp_path / "there") == content(tmp_path / "here")


def test_control_c_takes_back_what_is_not_begun(
    running: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from simulator.experiments import sweep as sweeps

    real = sweeps._write

    def interrupted(path: Path, text: bytes) -> None:
        if path.suffix == ".parquet":
            raise KeyboardInterrupt
        real(path, text)

    monkeypatch.setattr(sweeps, "_write", interrupted)
    out = tmp_path / "out"
    assert main(["sweep", str(SWEEP), "--out", str(out), "--cluster", running, "--quiet"]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    with module._dask().Client(running, set_as_default=False) as client:
        for _ in range(100):
            left = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
            if not left:
                break
            time.sleep(0.1)
    assert left == 0
    monkeypatch.undo()
    assert main(["sweep", str(SWEEP), "--out", str(out), "--cluster", running, "--quiet"]) == 0


def test_a_scheduler_that_stops_is_named(tmp_path: Path) -> None:
    with ExitStack() as stack:
        running = stack.enter_context(ExitStack())
        address = running.enter_context(scheduler(tmp_path))
        running.enter_context(worker(address, tmp_path))
        wait_for(address, 1)
        stack.enter_context(cluster(address))

        def stop(done: int, total: int, words: str) -> None:
            if words.endswith("stored"):
                running.close()

        with pytest.raises(ClusterLostError, match="stopped"):
            sweep(SWEEP, tmp_path / "out", progress=stop)


def test_other_versions_are_refused_by_name(
    running: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "code_digest", lambda: "f" * 64)
        module.fingerprint.cache_clear()
        assert main(["run", LADDER, "--cluster", running, "--quiet"]) == 2
    module.fingerprint.cache_clear()
    told = " ".join(capsys.readouterr().err.split())
    assert told.count("would not surely give the same numbers: workforce") == 3
    assert "here 0" in told
    assert "(code ffffffffffff)" in told
    with pytest.raises(ClusterLostError, match="cannot give the same numbers: Python 3"):
        module._do({"Python": "2.7"}, lambda shared, job: None, None, None)


def test_a_cluster_that_cannot_be_used_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    command = ["run", LADDER, "--quiet", "--cluster"]
    for address, words in (
        ("tcp://127.0.0.1:9", "no Dask scheduler can be reached there"),
        ("somewhere", "missing port number"),
        ("tls://127.0.0.1:9", "check your TLS configuration"),
    ):
        assert main([*command, address]) == 2
        told = " ".join(capsys.readouterr().err.split())
        assert words in told
        assert f'--cluster = "{address}"' in told
    assert main([*command, "tcp://127.0.0.1:9", "--workers", "2"]) == 2
    assert "either --workers or --cluster" in capsys.readouterr().err
    monkeypatch.undo()
    with scheduler(tmp_path) as address, pytest.raises(ClusterError, match="no worker has joined"):
        cluster(address).__enter__()


def test_work_that_kills_every_worker_is_given_up_in_words() -> None:
    class Done:
        def result(self) -> None:
            raise module._dask().KilledWorker("task", None, 3)

    with pytest.raises(ClusterLostError, match="4 workers of the cluster died at the same piece"):
        module._result(Done())


def test_it_says_when_dask_is_not_installed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["run", LADDER, "--cluster", "tcp://127.0.0.1:9", "--quiet"]) == 2
    assert 'pip install "dask[distributed]"' in " ".join(capsys.readouterr().err.split())
