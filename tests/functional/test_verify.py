"""A stored result can be run again to the bit, here and with fewer CPU features."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy._core._multiarray_umath import (  # type: ignore[import-not-found]
    __cpu_dispatch__,
    __cpu_features__,
)

from simulator.domain.digests import file_digest
from simulator.experiments.run import run_scenario
from simulator.experiments.verify import first_difference, verify
from simulator.results.result import ResultError, digests, read_result
from simulator.scenario import load_scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
LADDER = SCENARIOS / "tiny-ladder.toml"
SMALL = {"draws": 4, "replications": 16}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored result."""
    folder = tmp_path_factory.mktemp("results") / "ladder"
    run_scenario(load_scenario(LADDER, overrides=SMALL), out=folder)
    return folder


@pytest.mark.functional
def test_a_result_is_identical_when_run_again(stored: Path) -> None:
    report = verify(stored)
    assert report.ok, report.lines()
    assert report.digest == read_result(stored).digest


@pytest.mark.functional
def test_both_engines_give_the_same_tables() -> None:
    scenario = load_scenario(LADDER, overrides=SMALL)
    arrays = run_scenario(scenario, engine="arrays")
    people = run_scenario(scenario, engine="people")
    assert arrays.manifest["results"] == people.manifest["results"]
    assert arrays.manifest["events"] == people.manifest["events"]


@pytest.mark.functional
def test_another_seed_gives_other_numbers(stored: Path) -> None:
    other = run_scenario(load_scenario(LADDER, overrides={**SMALL, "seed": 12}))
    assert other.digest != read_result(stored).digest
    assert first_difference("places", read_result(stored).tables["places"], other.tables["places"])


def forged(folder: Path, target: Path) -> Path:
    """A copy of a result in which one number was changed and the digests were made to fit."""
    result = read_result(folder)
    table = result.tables["places"]
    position = table.column_names.index("mean")
    values = table.column("mean").to_pylist()
    values[100] += 1.0
    changed = table.set_column(position, "mean", pa.array(values, pa.float32()))
    result.tables["places"] = changed
    result.manifest["results"] = digests(result.tables)
    result.write(target)
    return target


@pytest.mark.functional
def test_a_changed_number_is_named(stored: Path, tmp_path: Path) -> None:
    report = verify(forged(stored, tmp_path / "forged"))
    assert not report.ok
    assert "table places, row 100" in report.differences[0]
    assert "mean: stored" in report.differences[0]


@pytest.mark.functional
def test_a_changed_file_is_refused(stored: Path, tmp_path: Path) -> None:
    result = read_result(stored)
    result.write(tmp_path / "copy")
    path = tmp_path / "copy" / "flows.parquet"
    pq.write_table(result.tables["places"], path)
    with pytest.raises(ResultError, match=r"flows\.parquet: has changed"):
        read_result(tmp_path / "copy")
    manifest = json.loads((tmp_path / "copy" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"]["flows.parquet"] != file_digest(path)
    path.unlink()
    with pytest.raises(ResultError, match="is missing"):
        read_result(tmp_path / "copy")


@pytest.mark.functional
def test_a_result_never_replaces_something_else(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(FileExistsError, match="something else"):
        run_scenario(load_scenario(LADDER, overrides=SMALL), out=tmp_path / "mine")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "letter.txt"]


@pytest.mark.functional
def test_fewer_cpu_features_change_nothing(stored: Path) -> None:
    used = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
    if not used:
        pytest.skip("this processor has no feature that NumPy could switch off")
    code = (
        "import sys; from simulator.experiments.verify import verify; "
        f"report = verify({str(stored)!r}); print(report.lines()); sys.exit(not report.ok)"
    )
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(used)}
    found = subprocess.run(
        [sys.executable, "-W", "error::ImportWarning", "-c", code],
        env=environment,
        cwd=SCENARIOS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, (used, found.stdout, found.stderr[-2000:])
