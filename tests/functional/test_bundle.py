"""A bundle runs again elsewhere to the bit, has the same bytes, and is opened with care."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from numpy._core._multiarray_umath import (  # type: ignore[import-not-found]
    __cpu_dispatch__,
    __cpu_features__,
)

from simulator.cli.main import main
from simulator.experiments.bundle import BundleError, make_bundle, opened
from simulator.experiments.run import run_scenario
from simulator.experiments.verify import verify
from simulator.model.baseline import BaselineError
from simulator.results.result import read_result
from simulator.scenario import load_scenario

pytestmark = pytest.mark.functional

ROOT = Path(__file__).resolve().parents[2]
SIZES = {"draws": 2, "replications": 6}


def planner(folder: Path, *, own: bool = False) -> Path:
    """A planner's folder with a copy of the ladder that extends another file, and its result."""
    shutil.copytree(ROOT / "scenarios/census/tiny-ladder", folder / "census/tiny-ladder")
    shutil.copy(ROOT / "scenarios/tiny-ladder.toml", folder)
    rows = 'census_rows = ["ours.csv"]\n' if own else ""
    if own:
        lines = (folder / "census/tiny-ladder/posts.csv").read_text("utf-8").splitlines()
        ours = [lines[0], *(line for line in lines if line.startswith("RGT,"))]
        (folder / "ours.csv").write_text("\n".join(ours) + "\n", encoding="utf-8")
    (folder / "mine.toml").write_text(
        f'id = "mine"\ntitle = "=1+1 mine"\nwhy = "Ours"\nextends = "tiny-ladder.toml"\n{rows}',
        encoding="utf-8",
    )
    run_scenario(load_scenario(folder / "mine.toml", SIZES), workers=1, out=folder / "result")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A planner's folder, and a bundle of its result far from it."""
    folder = planner(tmp_path_factory.mktemp("planner"))
    target = tmp_path_factory.mktemp("elsewhere") / "mine.zip"
    return folder, make_bundle(folder / "result", target)


def test_a_bundle_is_identical_elsewhere(made: tuple[Path, Path], tmp_path: Path) -> None:
    folder, bundle = made
    away = tmp_path / "away"
    folder.rename(away)
    try:
        report = verify(bundle, workers=1)
    finally:
        away.rename(folder)
    assert report.ok, report.lines()
    assert report.digest == read_result(folder / "result").digest


def test_it_names_everything_and_no_path_of_the_disk(made: tuple[Path, Path]) -> None:
    folder, bundle = made
    with zipfile.ZipFile(bundle) as archive:
        names = set(archive.namelist())
        text = b"".join(archive.read(name) for name in names)
        readme = archive.read("README.md").decode()
    result = read_result(folder / "result")
    assert {f"scenario/{name}" for name in result.manifest["inputs"]} <= names
    assert {f"result/{name}.parquet" for name in result.tables} <= names
    assert str(folder).encode() not in text
    assert "workforce verify" in readme
    assert result.digest in readme


def test_its_bytes_are_the_same_again(made: tuple[Path, Path], tmp_path: Path) -> None:
    folder, bundle = made
    again = make_bundle(folder / "result", tmp_path / "again.zip")
    assert again.read_bytes() == bundle.read_bytes()
    assert make_bundle(folder / "result", again).read_bytes() == bundle.read_bytes()


def test_fewer_cpu_features_change_nothing(made: tuple[Path, Path]) -> None:
    used = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
    if not used:
        pytest.skip("this processor has no feature that NumPy could switch off")
    found = subprocess.run(
        [sys.executable, "-m", "simulator.cli.main", "verify", str(made[1]), "--quiet"],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(used)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, (used, found.stdout, found.stderr[-2000:])
    assert "identical" in found.stdout


def rewritten(bundle: Path, target: Path, change: dict[str, bytes]) -> Path:
    """A bundle in which some files have another content, or are added."""
    with zipfile.ZipFile(bundle) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, **change}.items():
            archive.writestr(name, content)
    return target


def test_a_changed_input_is_a_difference(made: tuple[Path, Path], tmp_path: Path) -> None:
    name = "scenario/tiny-ladder.toml"
    with zipfile.ZipFile(made[1]) as archive:
        text = archive.read(name).decode()
    changed = rewritten(
        made[1], tmp_path / "a.zip", {name: text.replace("value = 0.8", "value = 0.2").encode()}
    )
    report = verify(changed, workers=1)
    assert not report.ok
    assert report.differences[0].startswith("table ")


@pytest.mark.parametrize(
    "name",
    [
        "../out.txt",
        "scenario/../../out.txt",
        "/out.txt",
        "C:/out.txt",
        "scenario\\..\\out.txt",
        "result/./x",
        "elsewhere/x",
        "scenario/a\nb",
    ],
)
def test_names_that_lead_out_are_refused(
    name: str, made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = rewritten(made[1], tmp_path / "bad.zip", {name: b"x"})
    assert main(["verify", str(bad)]) == 2
    assert "leads out of it" in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*")] == ["bad.zip"]


def test_links_are_refused(made: tuple[Path, Path], tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    shutil.copy(made[1], bad)
    with zipfile.ZipFile(bad, "a") as archive:
        entry = zipfile.ZipInfo("scenario/link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(BundleError, match="leads out"), opened(bad):
        pass


def test_what_is_no_bundle_is_refused(
    made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tmp_path / "a.zip"
    text.write_text("not a zip file", encoding="utf-8")
    with pytest.raises(BundleError, match="not a bundle that can be read"):
        verify(text)
    with zipfile.ZipFile(text, "w") as archive:
        archive.writestr("README.md", "empty")
    with pytest.raises(BundleError, match="no sound manifest"):
        verify(text)
    monkeypatch.setattr("simulator.experiments.bundle.LARGEST", 1_000)
    with pytest.raises(BundleError, match="1,000 bytes"):
        verify(made[1])


def test_a_lie_about_the_size_is_found(made: tuple[Path, Path], tmp_path: Path) -> None:
    added = rewritten(made[1], tmp_path / "a.zip", {"scenario/z": b"x" * 99})
    content = bytearray(added.read_bytes())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        at = archive.start_dir
    where = content.rindex(b"scenario/z") - 46
    assert where > at
    content[where + 24 : where + 28] = (5).to_bytes(4, "little")
    lying = tmp_path / "b.zip"
    lying.write_bytes(content)
    with pytest.raises(BundleError), opened(lying):
        pass


def test_changed_inputs_are_all_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = planner(tmp_path / "planner")
    for name in ("tiny-ladder.toml", "census/tiny-ladder/regions.csv"):
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write("\n# later\n" if name.endswith("toml") else "\n")
    target = tmp_path / "a.zip"
    assert main(["bundle", str(folder / "result"), str(target)]) == 2
    told = capsys.readouterr().err
    assert "tiny-ladder.toml" in told
    assert "regions.csv" in told
    assert not target.exists()


def test_values_laid_over_the_file_are_refused(tmp_path: Path) -> None:
    folder = planner(tmp_path / "planner")
    read = load_scenario(folder / "mine.toml", {**SIZES, "months": 24})
    run_scenario(read, workers=1, out=folder / "short")
    with pytest.raises(BundleError, match="laid over"):
        make_bundle(folder / "short", tmp_path / "a.zip")


def test_something_else_is_never_replaced(
    made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "letter.zip"
    mine.write_text("keep me", encoding="utf-8")
    result = str(made[0] / "result")
    assert main(["bundle", result, str(mine)]) == 2
    assert "something else" in capsys.readouterr().err
    assert mine.read_text(encoding="utf-8") == "keep me"
    assert main(["bundle", result, str(tmp_path / "a.tar")]) == 2
    assert main(["bundle", str(tmp_path / "no"), str(tmp_path / "a.zip")]) == 2
    assert main(["bundle", result, str(tmp_path / "no/a.zip")]) == 2


def test_own_rows_leave_only_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = planner(tmp_path / "planner", own=True)
    target = tmp_path / "a.zip"
    assert main(["bundle", str(folder / "result"), str(target)]) == 2
    assert "--for-owner" in capsys.readouterr().err
    assert not target.exists()
    assert main(["bundle", str(folder / "result"), str(target), "--for-owner"]) == 0
    with zipfile.ZipFile(target) as archive:
        assert "ours.csv" in archive.read("README.md").decode()
        assert json.loads(archive.read("result/manifest.json"))["source"] == "scenario/mine.toml"
        assert "scenario/ours.csv" in archive.namelist()
    assert verify(target, workers=1).ok


def test_a_part_of_england_takes_its_baseline_along(tmp_path: Path) -> None:
    read = load_scenario(ROOT / "scenarios/dudley.toml", SIZES)
    run_scenario(read, workers=1, out=tmp_path / "result")
    bundle = make_bundle(tmp_path / "result", tmp_path / "dudley.zip")
    with zipfile.ZipFile(bundle) as archive:
        names = [name for name in archive.namelist() if "/baseline/" in name]
    assert len(names) == 4
    report = verify(bundle, workers=1)
    assert report.ok, report.lines()
    with opened(bundle) as found:
        pools = found.scenario.parent / "census/england-2026-03/baseline/pools.csv"
        lines = pools.read_text(encoding="utf-8").splitlines()
        pools.write_text("\n".join([*lines[:-1], lines[-1] + "1"]) + "\n", encoding="utf-8")
        with pytest.raises(BaselineError, match=r"pools\.csv"):
            verify(found.result, scenario=found.scenario, workers=1)
