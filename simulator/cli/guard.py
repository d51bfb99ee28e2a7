"""From exceptions to exit codes: what a user sees when something is wrong.

0 fine; 1 the run failed (engine, books, a difference found); 2 invalid input; 130 interrupted.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import typer

FAILED: Final = 1
INVALID: Final = 2
INTERRUPTED: Final = 130
TRACEBACK_SWITCH: Final = "WORKFORCE_TRACEBACK"
"""Environment variable: if set, failures show Python's traceback."""


def complain(lines: Iterable[str]) -> None:
    """Print lines on standard error."""
    for line in lines:
        print(line, file=sys.stderr)


@contextmanager
def guarded() -> Iterator[None]:
    """Turn every exception of a command into a message and an exit code."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except KeyboardInterrupt:
        complain(["Interrupted; nothing was written."])
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _close_output()
        raise typer.Exit(0) from None
    except Exception as error:
        if os.environ.get(TRACEBACK_SWITCH):
            raise
        lines, code = _explained(error)
        complain(lines)
        raise typer.Exit(code) from None


def _explained(error: Exception) -> tuple[list[str], int]:
    """Return what to say about an exception, and the exit code."""
    from simulator.scenario.problems import Problem, ScenarioError, one_screen, printable

    if isinstance(error, ScenarioError):
        return one_screen(error.problems), INVALID
    problems = getattr(error, "problems", None)
    if isinstance(error, ValueError) and isinstance(problems, list | tuple):
        told = [
            one if isinstance(one, Problem) else Problem(str(one), "", "", "") for one in problems
        ]
        return one_screen(told), INVALID
    text = next(iter(str(error).splitlines()), "no message")
    ours = type(error).__module__.startswith("simulator.")
    if ours and isinstance(error, ValueError):
        return textwrap.wrap(printable(text), 96), INVALID
    name = "" if ours else f"{type(error).__name__}: "
    return [
        *textwrap.wrap(f"The run failed: {name}{printable(text)}", 96)[:20],
        f"Set {TRACEBACK_SWITCH}=1 to see where.",
    ], FAILED


def _close_output() -> None:
    """Stop Python from complaining about a reader that has gone away."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def refuse(file: str, where: str, value: str, message: str) -> typer.Exit:
    """Say what is wrong with the input and return the exit to raise."""
    from simulator.scenario.problems import Problem, one_screen

    complain(one_screen([Problem(file, where, value, message)]))
    return typer.Exit(INVALID)


@contextmanager
def all_or_nothing(out: Path | None, mark: str) -> Iterator[None]:
    """Remove a new folder again if the work on it does not end well.

    Args:
        out: The folder to write, if any.
        mark: A file that shows that a folder was written by this program and may be replaced.
    """
    if out is None:
        yield
        return
    folder = out.absolute()
    replaced = (folder / mark).is_file()
    if not replaced:
        _check_target(folder, str(out))
    existed = folder.exists()
    try:
        yield
    except BaseException:
        if not replaced:
            _emptied(folder, keep=existed)
        raise


def _check_target(folder: Path, name: str) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise refuse(name, "--out", "", "there is something else here; name a new folder")
    above = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise refuse(name, "--out", "", f"nothing can be written in {above}; name another one")


def _emptied(folder: Path, *, keep: bool) -> None:
    if not folder.is_dir():
        return
    shutil.rmtree(folder, ignore_errors=True)
    if keep:
        folder.mkdir(exist_ok=True)


Report = Callable[[int, int, str], None]
"""Called with what is done, what there is to do, and what is going on."""


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Report]:
    """Show progress with the time left on standard error, if that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, total, text: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Starting", total=None)
        yield lambda done, total, text: bar.update(
            task, completed=done, total=total, description=escape(text)
        )
