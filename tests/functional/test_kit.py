"""The kit: a folder that installs without internet, and what is said if it cannot be made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from simulator.cli import kit as kits
from simulator.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def asked(monkeypatch):
    """What pip is asked for, without asking."""
    found: list[list[str]] = []

    def pip(arguments) -> None:
        found.append(list(arguments))
        if arguments[0] == "wheel":
            name = "nhs_informatics_workforce-0.1.0-py3-none-any.whl"
            (Path(arguments[arguments.index("--wheel-dir") + 1]) / name).write_bytes(b"")

    monkeypatch.setattr(kits, "_pip", pip)
    return found


@pytest.mark.functional
def test_a_kit_for_windows_holds_what_its_page_says(asked, tmp_path, capsys):
    folder = tmp_path / "kit"
    command = ["kit", str(folder), "--platform", "windows", "--python", "3.12"]
    assert main([*command, "--source", str(ROOT)]) == 0
    assert "1 wheels" in capsys.readouterr().out
    told = asked[1]
    assert told[told.index("--platform") + 1] == "win_amd64"
    assert told[told.index("--python-version") + 1] == "3.12"
    assert str(ROOT / "constraints.txt") in told
    script = (folder / "start.bat").read_bytes()
    assert b"py -3.12 -m venv .venv" in script
    assert b"--no-index -f wheels nhs-informatics-workforce" in script
    assert script.count(b"\r\n") == script.count(b"\n") > 5
    assert (folder / "scenarios" / "england.toml").is_file()
    page = (folder / "READ-ME.txt").read_text(encoding="utf-8")
    assert "Windows on 64-bit Intel or AMD, with Python 3.12" in page


@pytest.mark.functional
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--python", "2.7"], "a version from 3.11 on"),
        (["--python", "3.x"], "a version from 3.11 on"),
        (["--wheels", "nowhere"], "no such folder"),
        (["--source", "nowhere"], "not the project's folder"),
    ],
)
def test_a_kit_that_cannot_be_made_leaves_nothing(asked, tmp_path, capsys, options, words):
    folder = tmp_path / "kit"
    given = options if "--source" in options else ["--source", str(ROOT), *options]
    assert main(["kit", str(folder), *given]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert not folder.exists()
    assert asked == []


@pytest.mark.functional
def test_what_pip_says_is_passed_on_and_nothing_is_half_written(tmp_path, capsys):
    """A folder of wheels that lacks everything: even the project's own cannot be built."""
    empty, folder = tmp_path / "empty", tmp_path / "kit"
    empty.mkdir()
    source = tmp_path / "source"
    (source / "scenarios").mkdir(parents=True)
    (source / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    command = ["kit", str(folder), "--source", str(source), "--wheels", str(empty)]
    assert main(command) == 1
    assert "pip wheel did not finish" in capsys.readouterr().err
    assert not folder.exists()


@pytest.mark.functional
@pytest.mark.nightly
def test_a_kit_installs_without_internet_and_runs(tmp_path):
    """Needs a package registry to make the kit, and none to use it."""
    folder = tmp_path / "kit"
    if main(["kit", str(folder), "--source", str(ROOT)]) != 0:
        pytest.skip("no package registry here")
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    wheels = ["--no-index", "-f", str(folder / "wheels")]
    subprocess.run(
        [python, "-m", "pip", "install", "-q", *wheels, "nhs-informatics-workforce"], check=True
    )
    done = subprocess.run(
        [python.with_name("workforce"), "run", "scenarios/tiny-ladder.toml", "--quiet"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "staff in post" in done.stdout.lower()
