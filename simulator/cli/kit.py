"""``workforce kit``: a folder from which a computer without internet installs the simulator."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from simulator.cli.guard import FAILED, all_or_nothing, complain, guarded, refuse
from simulator.cli.options import examples

EPILOG: Final = examples("kit kit-windows --platform windows", "kit stick --python 3.12")
MARK: Final = "READ-ME.txt"
_TAGS: Final = {
    "this": (),
    "windows": ("win_amd64",),
    "mac": ("macosx_11_0_arm64", "macosx_12_0_arm64", "macosx_13_0_arm64", "macosx_14_0_arm64"),
    "linux": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
}
"""What wheels are for, by platform."""
_WORDS: Final = {
    "windows": "Windows on 64-bit Intel or AMD",
    "mac": "macOS 14 or later on Apple silicon",
    "linux": "Linux on 64-bit Intel or AMD (glibc 2.28 or later)",
}
_PROJECT: Final = "nhs-informatics-workforce"
_SHELL: Final = """#!/bin/sh
# Installs from this folder alone, once, and serves the workshop page.
set -e
cd "$(dirname "$0")"
test -x .venv/bin/workforce || {{
  {python} -m venv .venv
  .venv/bin/python -m pip install --quiet --no-index -f wheels {project}
}}
exec .venv/bin/workforce app --scenarios scenarios "$@"
"""
_BATCH: Final = """@echo off
rem Installs from this folder alone, once, and serves the workshop page.
cd /d "%~dp0"
if not exist .venv\\Scripts\\workforce.exe (
  py -{version} -m venv .venv || exit /b 1
  .venv\\Scripts\\python -m pip install -q --no-index -f wheels {project} || exit /b 1
)
.venv\\Scripts\\workforce app --scenarios scenarios %*
"""
_READ_ME: Final = """The workforce simulator, to be installed without internet

For {platform}, with Python {version} from python.org or your IT department. Nothing else is needed.

1. Copy this folder to the computer that will serve the room.
2. {start}
   The first start installs it into .venv in this folder and takes a minute or two.
3. For a room add --room: {room}

Wheels in the folder wheels: {count}. Scenarios in the folder scenarios.
"""


def kit(
    folder: Annotated[Path, typer.Argument(help="A new folder, such as on a memory stick.")],
    platform: Annotated[
        Literal["this", "windows", "mac", "linux"],
        typer.Option(help="What the other computer is; by default as this one."),
    ] = "this",
    python: Annotated[
        str | None, typer.Option(metavar="3.N", help="Its Python; by default as here.")
    ] = None,
    source: Annotated[
        Path, typer.Option(help="The project's folder, with pyproject.toml and scenarios.")
    ] = Path(),
    wheels: Annotated[
        Path | None,
        typer.Option(help="A folder of wheels to take all from, with no internet here either."),
    ] = None,
) -> None:
    """Make a folder of wheels, scenarios and a start script; needs internet, its user does not."""
    with guarded():
        version = _checked(python, source, wheels)
        with all_or_nothing(folder, MARK):
            (folder / "wheels").mkdir(parents=True, exist_ok=True)
            _collect(folder / "wheels", source, _asked(platform, version, source, wheels))
            shutil.copytree(source / "scenarios", folder / "scenarios", dirs_exist_ok=True)
            _scripts(folder, platform, version)
        count = len(list((folder / "wheels").glob("*.whl")))
        print(f"Written: {folder} ({count} wheels). {MARK} says how to start it.")


def _checked(python: str | None, source: Path, wheels: Path | None) -> str:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    version = python or here
    major, _, minor = version.partition(".")
    if major != "3" or not minor.isdigit() or int(minor) < 11:
        raise refuse("command line", "--python", version, "a version from 3.11 on, such as 3.12")
    if not (source / "pyproject.toml").is_file() or not (source / "scenarios").is_dir():
        words = "not the project's folder: pyproject.toml and scenarios are not both there"
        raise refuse("command line", "--source", str(source), words)
    if wheels is not None and not wheels.is_dir():
        raise refuse("command line", "--wheels", str(wheels), "no such folder")
    return version


def _asked(platform: str, version: str, source: Path, wheels: Path | None) -> list[str]:
    """What pip is asked for beside the project itself."""
    found = [part for tag in _TAGS[platform] for part in ("--platform", tag)]
    found += ["--python-version", version, "--only-binary", ":all:"]
    if wheels is not None:
        return [*found, "--no-index", "-f", str(wheels)]
    return [*found, "--constraint", str(source / "constraints.txt")]


def _collect(into: Path, source: Path, asked: Sequence[str]) -> None:
    """Build the project's own wheel, and fetch those it needs."""
    own = ["wheel", "--no-deps", "--wheel-dir", str(into), str(source)]
    offline = "--no-index" in asked
    _pip([*own, "--no-build-isolation"] if offline else own)
    (built,) = into.glob(f"{_PROJECT.replace('-', '_')}-*.whl")
    _pip(["download", "--dest", str(into), *asked, str(built)])


def _pip(arguments: Sequence[str]) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.startswith("ERROR")][-3:]
        complain([f"pip {arguments[0]} did not finish.", *(last or done.stderr.splitlines()[-3:])])
        raise typer.Exit(FAILED)


def _scripts(folder: Path, platform: str, version: str) -> None:
    """Write the start script and the page that says what it is for."""
    windows = platform == "windows" or (platform == "this" and sys.platform == "win32")
    name = "start.bat" if windows else "start.sh"
    script = (_BATCH if windows else _SHELL).format(
        python=f"python{version}", version=version, project=_PROJECT
    )
    (folder / name).write_text(script, encoding="utf-8", newline="\r\n" if windows else "\n")
    (folder / name).chmod(0o755)
    call = name if windows else f"sh {name}"
    told = _READ_ME.format(
        platform=_WORDS.get(platform, f"computers such as the one that made it ({sys.platform})"),
        version=version,
        start=f"Double-click {name}." if windows else f"Run {call} in a terminal.",
        room=f"{call} --room",
        count=len(list((folder / "wheels").glob("*.whl"))),
    )
    (folder / MARK).write_text(told, encoding="utf-8")
