"""The examples of the help pages of searches run as they are written, and print what they say."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator.cli import robust, seek, sensitivity, sweep
from simulator.cli.main import main

pytestmark = pytest.mark.functional

ROOT = Path(__file__).parents[2]


def written(*pages: str) -> list[list[str]]:
    lines = [line.strip() for page in pages for line in page.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("workforce ")]


def tried(words: list[str]) -> Any:
    """A command to try; those that run many times over a large census are tried at night."""
    long = words[0] != "robust" and any("cambridge" in word for word in words)
    marks = [pytest.mark.nightly] if long else []
    return pytest.param(words, id=" ".join(words)[:60], marks=marks)


@pytest.mark.parametrize(
    "command", [tried(words) for words in written(seek.EPILOG, robust.EPILOG, sensitivity.EPILOG)]
)
def test_examples_run(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main([*command, "--quiet"]) == 0, capsys.readouterr().err
    captured = capsys.readouterr()
    assert captured.out.strip()
    if command[0] == "seek":
        assert "reaches it" in captured.out
    if command[0] == "robust":
        assert "Never terrible" in captured.out
    if "--sobol" in command:
        assert "64 runs, about" in captured.err
        assert "alone" in captured.out
    elif command[0] == "sensitivity":
        assert "the rest is chance" in captured.out
        assert "left out" in captured.out


def test_examples_of_sweeps_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    whole, part, query = (
        [word.replace("results/", f"{tmp_path}/") for word in words]
        for words in written(sweep.EPILOG)
    )
    assert main([*part, "--quiet"]) == 0
    assert "4 are stored" in capsys.readouterr().out
    assert main([*whole, "--quiet"]) == 0
    assert "12 are stored" in capsys.readouterr().out
    assert main(query) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("point,lever.retention.value,parameters.supply.growth,level,code")
    assert len(lines) == 1 + 12 * 5 * 2 * 4  # points, years, trusts, groups


@pytest.mark.parametrize("name", ["sweep", "seek", "robust", "sensitivity"])
def test_help_shows_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"workforce {name} scenarios/" in capsys.readouterr().out


NAMES = ("sweep", "seek", "robust", "sensitivity")


def test_the_page_for_planners_shows_the_same_commands() -> None:
    text = (ROOT / "docs" / "planner.md").read_text(encoding="utf-8")
    shown = [shlex.split(line)[2:] for line in text.splitlines() if line.startswith("$ workforce ")]
    mine = [words for words in shown if words[0] in NAMES]
    known = written(sweep.EPILOG, seek.EPILOG, robust.EPILOG, sensitivity.EPILOG)
    assert {words[0] for words in mine} == set(NAMES)
    assert [words for words in mine if words not in known] == []


def test_the_python_of_the_page_runs() -> None:
    text = (ROOT / "docs" / "planner.md").read_text(encoding="utf-8")
    (code,) = (one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if ".vary" in one)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert "the rest is chance" in done.stdout
    assert "retention = " in done.stdout
