"""Sweeps: points, storage that survives anything, and reading all as one table."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow.parquet as pq
import pytest

from simulator.cli.main import main
from simulator.experiments import sweep as sweeps
from simulator.experiments.points import changes_of, read_sweep_file
from simulator.experiments.run import run_scenario
from simulator.experiments.sweep import PLAN, RUNS, SweepError, read_sweep, sweep
from simulator.experiments.variants import vary
from simulator.scenario import ScenarioError

pytestmark = pytest.mark.functional

ROOT = Path(__file__).parents[2]
SWEEP = ROOT / "scenarios" / "sweeps" / "tiny-retention.toml"
LADDER = ROOT / "scenarios" / "tiny-ladder.toml"
NOBODY = 65534
"""A user who may write nowhere but in the folder for passing things."""


def written(folder: Path, text: str) -> Path:
    """A sweep file over the ladder, in a folder of its own."""
    path = folder / "mine.toml"
    scenario = Path(os.path.relpath(LADDER, folder)).as_posix()
    head = f'id = "mine"\ntitle = "Mine"\nscenario = "{scenario}"\n'
    path.write_text(head + text, encoding="utf-8")
    return path


GROWTH = '[[vary]]\nwhat = "parameters.supply.growth"\n'
SMALL = "[settings]\ndraws = 1\nreplications = 2\nmonths = 24\n"


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a sweep with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sweep that ships with the scenarios, run without a stop."""
    folder = tmp_path_factory.mktemp("sweep") / "whole"
    done = sweep(SWEEP, folder)
    assert (done.points, done.runs, done.done, done.new) == (12, 12, 12, 12)
    return folder


def test_all_points_are_read_as_one_table(whole: Path) -> None:
    found = read_sweep(whole, measure="in_post", month=60, group="all", code="RGT")
    varied = found[["lever.retention.value", "parameters.supply.growth"]]
    values = list(varied.itertuples(index=False, name=None))
    assert values == [(v, g) for v in (1.0, 0.9, 0.8, 0.6) for g in (0.0, 0.02, 0.03)]
    assert found["point"].tolist() == list(range(1, 13))
    by_value = found.groupby("lever.retention.value")["mean"].mean()
    assert by_value[0.6] > by_value[1.0]  # fewer leavers, more staff
    everything = read_sweep(whole)
    assert len(everything) == 12 * 5 * 5 * 2 * 4  # points, measures, years, trusts, groups


def test_a_stored_point_is_what_a_run_gives(whole: Path) -> None:
    changes = {"lever.retention.value": 0.8, "parameters.supply.growth": 0.03}
    scenario = vary(LADDER, changes, {"draws": 4, "replications": 16})
    run = run_scenario(scenario, workers=1).frame("places")
    stored = read_sweep(whole)
    stored = stored[stored["point"] == 9]
    keys = ["level", "code", "group", "measure", "month"]
    joined = stored.merge(run, on=keys, how="left", validate="one_to_one", suffixes=("", "_run"))
    assert np.allclose(joined["mean"], joined["mean_run"], rtol=1e-6, atol=1e-4)
    both = joined[["share_parameters", "share_parameters_run"]].dropna()
    assert np.allclose(both["share_parameters"], both["share_parameters_run"], atol=1e-3)
    assert (stored["low95"] <= stored["mean"]).all()


def test_a_run_says_what_it_is(whole: Path) -> None:
    plan = json.loads((whole / PLAN).read_text(encoding="utf-8"))
    assert plan["points"][0]["changes"]["lever.retention.value"] == 1.0
    name = plan["points"][0]["run"]
    stated = json.loads(pq.read_schema(whole / RUNS / f"{name}.parquet").metadata[b"workforce"])
    assert stated["law_digest"] == name
    assert stated["law"]["seed"] == stated["manifest"]["seed"] == 3


def test_a_limit_and_more_processes_change_no_byte(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "part"
    first = sweep(SWEEP, out, limit=5, workers=2)
    assert (first.done, first.new) == (5, 5)
    assert "continues" in first.lines()[-1]
    assert len(read_sweep(out, measure="need")["point"].unique()) == 5
    (out / RUNS / "left-over.parquet.part").write_bytes(b"half")
    rest = sweep(SWEEP, out, workers=2)
    assert (rest.done, rest.new) == (12, 7)
    assert content(out) == content(whole)
    assert sweep(SWEEP, out).new == 0


def kill_at(file: Path, out: Path, seconds: float) -> bool:
    """Run a sweep, kill it with its workers after a while; False if it was quicker."""
    arguments = ["sweep", str(file), "--out", str(out), "--workers", "2", "--quiet"]
    running = subprocess.Popen(
        [sys.executable, "-m", "simulator.cli.main", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    try:
        assert running.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        workers = psutil.Process(running.pid).children(recursive=True)
        running.send_signal(signal.SIGKILL)
        running.wait()
        _, alive = psutil.wait_procs(workers, timeout=20)  # they follow their parent
        assert alive == []
        return True
    return False


@pytest.mark.parametrize(
    ("points", "times", "latest"),
    [(40, 4, 0.6), pytest.param(500, 20, 0.15, marks=pytest.mark.nightly)],
    ids=["short", "long"],
)
def test_kills_at_any_moment_change_no_byte(
    points: int, times: int, latest: float, tmp_path: Path
) -> None:
    growth = [round(i * 0.03 / points, 6) for i in range(points)]
    text = f"{SMALL}{GROWTH}values = {growth}\n"
    file, whole, out = written(tmp_path, text), tmp_path / "whole", tmp_path / "killed"
    start = time.perf_counter()
    assert kill_at(file, whole, 600) is False
    seconds = time.perf_counter() - start
    chance, stored = random.Random(20260331), []
    for _ in range(times):
        if kill_at(file, out, chance.uniform(0.03, latest) * seconds):
            done = list((out / RUNS).glob("*.parquet"))
            stored.append(len(done))
            for path in done:
                pq.read_table(path)  # whole, or not there
    assert stored, "every sweep was over before it could be killed"
    assert kill_at(file, out, 600) is False
    assert content(out) == content(whole)


def test_control_c_keeps_what_is_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []
    real = sweeps._run_one

    def third_is_interrupted(shared: None, run: Any) -> bytes:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(run.digest)
        return real(shared, run)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeps, "_run_one", third_is_interrupted)
        words = ["sweep", str(SWEEP), "--out", str(tmp_path / "out"), "--workers", "1", "--quiet"]
        assert main(words) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert len(list((tmp_path / "out" / RUNS).iterdir())) == 2


def test_a_full_disk_leaves_no_half_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, real, calls = tmp_path / "out", os.fsync, []

    def full(number: int) -> None:
        calls.append(number)
        real(number)
        if len(calls) == 4:  # the plan, two runs, and half of a third
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    words = ["sweep", str(SWEEP), "--out", str(out), "--workers", "1", "--quiet"]
    assert main(words) == 1
    err = capsys.readouterr().err
    assert "No space left on device" in err
    assert "No half file is left" in err
    assert [path.suffix for path in (out / RUNS).iterdir()] == [".parquet"] * 2
    monkeypatch.undo()
    assert sweep(SWEEP, out).new == 10


@contextmanager
def as_nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """From the moment a sweep turns to its folder, be somebody who may not write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    real = sweeps._check

    def check(folder: Path, plan: str) -> None:
        os.seteuid(NOBODY)
        real(folder, plan)

    monkeypatch.setattr(sweeps, "_check", check)
    try:
        yield
    finally:
        os.seteuid(0)
        monkeypatch.undo()


@pytest.mark.parametrize("there", [False, True], ids=["new", "begun"])
def test_a_folder_that_may_not_be_written_is_named(
    there: bool, whole: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as name:  # nobody may enter the folders of pytest
        folder = Path(name)
        if there:
            shutil.copytree(whole, folder / "out")
            for path in ((folder / "out").rglob("*"), [folder / "out"]):
                for one in path:
                    one.chmod(0o555 if one.is_dir() else 0o444)
        folder.chmod(0o555)
        with as_nobody(monkeypatch):
            assert main(["sweep", str(SWEEP), "--out", str(folder / "out"), "--quiet"]) == 1
        folder.chmod(0o755)
        for one in (folder / "out", folder / "out" / RUNS) if there else ():
            one.chmod(0o755)
    told = capsys.readouterr().err
    assert "cannot be written: Permission denied" in told
    assert str(folder / "out") in told


def test_one_process_at_a_time_works_in_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    sweep(SWEEP, out, limit=1)
    holds = (
        "import sys, time; from pathlib import Path; from simulator.experiments import sweep\n"
        "with sweep._alone(Path(sys.argv[1])):\n    print('mine', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", holds, str(out)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        assert main(["sweep", str(SWEEP), "--out", str(out), "--quiet"]) == 2
        assert "another process is running this sweep now" in " ".join(
            capsys.readouterr().err.split()
        )
        other.kill()  # with no time to tidy up
        other.wait()
    assert sweep(SWEEP, out).new == 11


def test_a_folder_below_a_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    out = tmp_path / "file" / "out"
    assert main(["sweep", str(SWEEP), "--out", str(out), "--quiet"]) == 1
    assert "cannot be written: Not a directory" in capsys.readouterr().err


def test_another_sweep_is_not_mixed_in(whole: Path, tmp_path: Path) -> None:
    file = written(tmp_path, SMALL + GROWTH + "values = [0.0]\n")
    with pytest.raises(SweepError, match="another sweep is stored here"):
        sweep(file, whole)
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(SweepError, match="something else"):
        sweep(file, tmp_path)


def test_points_that_come_to_the_same_share_a_run(tmp_path: Path) -> None:
    axis = '[[vary]]\nwhat = "lever.retention.on"\nvalues = [false, true]\n'
    value = '[[vary]]\nwhat = "lever.retention.value"\nvalues = [0.5, 0.9]\n'
    done = sweep(written(tmp_path, SMALL + axis + value), tmp_path / "out")
    assert (done.points, done.runs) == (4, 3)
    found = read_sweep(tmp_path / "out", measure="in_post", code="RGT", group="all", month=24)
    assert len(found) == 4
    assert found["mean"][0] == found["mean"][1]


@pytest.mark.parametrize("kind", ["latin-hypercube", "sobol"])
def test_samples_are_even_and_repeat(kind: str, tmp_path: Path) -> None:
    text = (
        f'points = "{kind}"\ncount = 16\nseed = 4\n'
        + GROWTH
        + "low = 0.0\nhigh = 0.032\n"
        + '[[vary]]\nwhat = "need.method"\nvalues = ["growth", "ratio"]\n'
    )
    file = read_sweep_file(written(tmp_path, text))
    points = changes_of(file)
    numbers = sorted(float(one["parameters.supply.growth"]) for one in points)
    assert [int(number / 0.002) for number in numbers] == list(range(16))  # one in each part
    assert sorted(str(one["need.method"]) for one in points) == ["growth"] * 8 + ["ratio"] * 8
    assert changes_of(file) == points
    other = read_sweep_file(written(tmp_path, text.replace("seed = 4", "seed = 5")))
    assert changes_of(other) != points


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "vary"),
        (GROWTH, "give either values, or low and high"),
        (GROWTH + "low = 0.0\n", "give either values, or low and high"),
        (GROWTH + "low = 0.0\nhigh = 0.1\n", "a grid needs values"),
        ('points = "sobol"\ncount = 12\n' + GROWTH + "values = [0.0]\n", "powers of two"),
        ('points = "sobol"\n' + GROWTH + "values = [0.0]\n", "how many points"),
        (
            'points = "latin-hypercube"\ncount = 4\n' + GROWTH + "low = 1.0\nhigh = 0.1\n",
            "not below high",
        ),
        ((GROWTH + "values = [0.0]\n") * 2, "varied twice"),
        (GROWTH + f"values = {[0.0] * 150}\n" + GROWTH.replace("supply.growth", "need.growth")
         + f"values = {[0.0] * 150}\n", "22,500 combinations"),
        (GROWTH + "values = [9.0, 8.0]\n", "growth per year is between"),
        (GROWTH + "values = [nan]\n", "finite"),
        ("colour = 1\n" + GROWTH + "values = [0.0]\n", "colour"),
        ("[settings]\ndraws = 3\nreplications = 4\n" + GROWTH + "values = [0.0]\n", "multiple"),
    ],
)  # fmt: skip
def test_an_unsound_sweep_runs_nothing(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        sweep(written(tmp_path, text), tmp_path / "out")
    assert words in " ".join(str(caught.value).split())
    assert all("mine.toml" in one.file for one in caught.value.problems)
    assert not (tmp_path / "out").exists()


def test_what_is_not_stored_is_said(tmp_path: Path, whole: Path) -> None:
    with pytest.raises(SweepError, match="no sweep is stored"):
        read_sweep(tmp_path)
    with pytest.raises(KeyError, match="no column 'colour'"):
        read_sweep(whole, colour="red")
    assert main(["sweep", str(SWEEP), "--out", str(tmp_path), "--query", "staff"]) == 2
