"""Every example of every help page and every command of the documents runs as it is written."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from simulator.cli import robust, seek, sensitivity, sweep
from simulator.cli.main import app, main

pytestmark = pytest.mark.functional

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/planner.md", "docs/reports.md", "docs/validation.md")
SIZES = ("--draws", "2", "--replications", "4")
SMALL = {
    **dict.fromkeys(("run", "compare", "explain", "precision", "seek", "robust"), SIZES),
    "sensitivity": SIZES,
    "report --compare": SIZES,
    "crosscheck": ("--replications", "2"),
}
"""Options that make a command quick: the last one given counts."""
NOT_RUN = {
    "app": "serves until it is stopped; tests of its own start it",
    "kit": "fetches packages; tests of its own make one",
}
ADDRESS = "tcp://10.0.0.5:8786"
"""Stands for a cluster in examples, which tests of their own start."""


def written(*pages: str) -> list[list[str]]:
    lines = [line.strip() for page in pages for line in page.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("workforce ")]


def commands(group: Any, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group with its name."""
    yield names, group
    for name, one in getattr(group, "commands", {}).items():
        yield from commands(one, *names, name)


EVERY = dict(commands(typer.main.get_command(app)))


AS_THEY_ARE = [
    words
    for words in written(seek.EPILOG, robust.EPILOG, sensitivity.EPILOG)
    if "tiny" in words[1] or words[0] == "robust"
]
"""Examples that are quick enough to be run at full size in every run of the tests."""


def documented() -> list[list[str]]:
    """Commands of the pages, as lists of words."""
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in PAGES]
    lines = [line for text in texts for line in text.splitlines()]
    return [shlex.split(line)[2:] for line in lines if line.startswith("$ workforce ")]


def examples() -> list[Any]:
    """Every different example and documented command, as a case; the long ones at night."""
    every = [words for one in EVERY.values() for words in written(one.epilog or "")]
    found = {
        re.sub(r"--to \S+", "--to ...", " ".join(words)): words
        for words in (*every, *documented())
        if words[0] not in NOT_RUN and words not in AS_THEY_ARE
    }
    return [
        pytest.param(words, id=text[:70], marks=[pytest.mark.nightly] if _long(words) else [])
        for text, words in found.items()
        if ADDRESS not in words
    ]


def _long(words: list[str]) -> bool:
    """Does it take all of England, or many runs?"""
    far = words[0] in {"check", "baseline", "careers"} or words[:2] == ["census", "build"]
    many = words[0] in {"sensitivity", "seek"} and "cambridge" in " ".join(words)
    england = any("england" in word for word in words[1:]) and words[0] != "census"
    return far or many or england


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planner's folder with the scenarios and some stored results."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, sizes in (("cambridge", SIZES), ("tiny-ladder", SIZES)):
            out = ["--out", f"results/{name.removeprefix('tiny-')}", "--quiet"]
            assert main(["run", f"scenarios/{name}.toml", *out, *sizes]) == 0
        assert main(["bundle", "results/cambridge", "cambridge.zip"]) == 0
    return folder


@pytest.mark.parametrize("words", examples())
def test_examples_run(
    words: list[str],
    desk: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(desk)
    if "results/england" in words and not Path("results/england").exists():
        assert main(["run", "scenarios/england.toml", "--out", "results/england", *SIZES]) == 0
    kind = "report --compare" if "--compare" in words else words[0]
    if ">" in words:
        words = words[: words.index(">")]  # the shell's
    words = [name for word in words for name in _globbed(word)]
    words = [*words, *SMALL.get(kind, ())]
    code = main(words)
    told = capsys.readouterr()
    assert code == 0 or (words[0], code) == ("check", 1), told.err  # so few futures may miss
    assert told.out.strip()


def _globbed(word: str) -> list[str]:
    return sorted(map(str, Path().glob(word))) if "*" in word else [word]


@pytest.mark.parametrize("names", EVERY, ids=lambda names: " ".join(names) or "workforce")
def test_every_help_page_has_examples(
    names: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*names, "--help"]) == 0
    shown = written(capsys.readouterr().out)
    assert any(tuple(words[: len(names)]) == names for words in shown), "no example"


def full_size(*pages: str) -> list[Any]:
    """Examples as they are; those that run many times over a large census are tried at night."""
    return [
        pytest.param(
            words,
            id=" ".join(words)[:60],
            marks=[] if words in AS_THEY_ARE else [pytest.mark.nightly],
        )
        for words in written(*pages)
    ]


@pytest.mark.parametrize("command", full_size(seek.EPILOG, robust.EPILOG, sensitivity.EPILOG))
def test_examples_of_full_size_find_what_they_seek(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main([*command, "--quiet"]) == 0, capsys.readouterr().err
    captured = capsys.readouterr()
    if "--budget" in command:
        assert "Best within the budget" in captured.out
        assert "Cheapest tried" in captured.out or "No mix" not in captured.out
    elif command[0] == "seek":
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


def test_the_python_of_the_page_runs() -> None:
    text = (ROOT / "docs" / "planner.md").read_text(encoding="utf-8")
    (code,) = (one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if ".vary" in one)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert "the rest is chance" in done.stdout
    assert "retention = " in done.stdout
