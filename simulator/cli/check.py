"""Printing how runs compare with what has been published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.cli.guard import refuse

if TYPE_CHECKING:
    from simulator.experiments.check import Check, CheckReport, Figure
    from simulator.results.result import Result
    from simulator.scenario import Scenario

_HEAD: Final = ("Figure", "Seen", "8 of 10 futures", "Published", "Range", "Source", "Verdict")
_LEGEND: Final = (
    "pass: the mean lies in the range of the evidence; warn: it does not, but some of the eight in "
    "ten futures do; fail: none does.",
    "input: the figure was put into the model, or the opening was fitted to it, so it must come "
    "out again, and says nothing for the model.",
    "not observable: the run does not reach the date or does not show it, or nothing is published.",
)


def named(path: Path) -> Scenario | Result:
    """Read what a user names: a scenario file, or a folder of results."""
    if path.is_dir():
        from simulator.results.result import read_result

        return read_result(path)
    if path.suffix != ".toml":
        words = "name a scenario (a .toml file) or a folder of results"
        raise refuse(str(path), "", "", words)
    from simulator.scenario import load_scenario

    return load_scenario(path)


def library_folder() -> Path:
    """The folder of the scenario library, below the present one."""
    folder = Path("scenarios")
    if not (folder / "england-2020.toml").is_file():
        words = "no scenario library here; go to the project's folder, or name a scenario"
        raise refuse(str(folder / "england-2020.toml"), "", "", words)
    return folder


def print_report(report: CheckReport) -> None:
    """Print a table for each run, what to know of the figures that did not pass, and a legend."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=118, highlight=False)
    for run in report.runs:
        table = Table(*_HEAD, title=run.title, box=None, title_justify="left", pad_edge=False)
        seen = [one for one in run.checks if one.verdict != "not observable"]
        for one in seen:
            table.add_row(*_row(one))
        console.print(table)
        for one in seen:
            if one.verdict != "pass":
                note = f"  {one.verdict}: {one.figure.title}: {one.figure.note}."
                console.print(note, soft_wrap=True)
        hidden = [one.figure.title for one in run.checks if one not in seen]
        console.print(f"  not observable: {'; '.join(hidden) or 'none'}\n", soft_wrap=True)
    for line in _LEGEND:
        console.print(line, soft_wrap=True)


def _row(one: Check) -> tuple[str, ...]:
    figure = one.figure
    return (
        figure.title,
        _shown(figure, one.value),
        "" if one.low == one.high else f"{_shown(figure, one.low)} to {_shown(figure, one.high)}",
        _shown(figure, figure.published),
        f"{_shown(figure, figure.low)} to {_shown(figure, figure.high)}",
        f"{', '.join(figure.sources)} ({figure.grade})",
        one.words,
    )


def _shown(figure: Figure, value: float | None) -> str:
    if value is None:
        return ""
    if figure.percent:
        return f"{100 * value:.2f} %" if figure.high < 0.01 else f"{100 * value:.1f} %"
    return f"{value:,.0f}" if abs(figure.published) >= 1000 else f"{value:.3g}"
