"""What the process for long questions does: the functions behind the commands, on exported files.

Each function takes a folder in which scenarios are saved as a visitor would save them, and is told
how far it is.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    import pandas as pd

    from simulator.experiments.compare import Comparison
    from simulator.experiments.crosscheck import CrossCheck
    from simulator.experiments.explain import Explanation
    from simulator.experiments.peers import Peers
    from simulator.experiments.questions import Goal
    from simulator.experiments.robust import Robustness
    from simulator.experiments.seek import Found
    from simulator.experiments.stories import Story
    from simulator.experiments.tornado import Tornado

Told = Callable[[int, int, str], None]


@contextmanager
def saved(scenarios: Sequence[Scenario], home: Path) -> Iterator[list[Path]]:
    """Scenarios as files beside a copy of their tables; a trust's own tables go with the files."""
    files, own = [], []
    try:
        for number, scenario in enumerate(scenarios, 1):
            folder = scenario.source.parent
            for path in (scenario.census, *scenario.census_rows):
                target = home / path.relative_to(folder)
                if path in scenario.census_rows:
                    own.append(target)
                _copy(path, target, scenario.held.get(path.name))
            files.append(home / f"scenario-{os.getpid()}-{number}.toml")
            files[-1].write_text(scenario.canonical_toml(), "utf-8")
        yield files
    finally:
        for path in (*files, *own):
            path.unlink(missing_ok=True)


def _copy(path: Path, target: Path, text: str | None) -> None:
    """Copy a file or a folder, or write a text, unless it is there; whole or not at all."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=target.parent)) / target.name
    if text is not None:
        building.write_text(text, "utf-8", newline="")
    elif path.is_dir():
        shutil.copytree(path, building)
    else:
        shutil.copyfile(path, building)
    with suppress(OSError):  # the other process was first
        building.replace(target)
    shutil.rmtree(building.parent)


def compared(
    scenarios: tuple[Scenario, ...], place: tuple[str, str], _: Path, tell: Told
) -> Comparison:
    """``workforce compare``: differences of one place from the first scenario."""
    from dataclasses import replace

    from simulator.experiments.compare import compare

    found = compare(*scenarios, levels=[place[0]], progress=tell)
    return replace(found, table=found.frame(code=place[1]).reset_index(drop=True))


def explained(
    first: Scenario, second: Scenario, place: tuple[str, str], measure: str, _: Path, tell: Told
) -> Explanation:
    """``workforce explain``: a difference split among its edits, at the end of each fifth year."""
    from simulator.experiments.explain import explain

    years = [year for year in (5, 10, 15) if 12 * year <= first.months]
    return explain(first, second, measure=measure, levels=[place[0]], years=years, progress=tell)


def moving(
    scenario: Scenario, code: str, measure: str, date: str, home: Path, tell: Told
) -> Tornado:
    """``workforce sensitivity --one-at-a-time``: what moves a number."""
    from simulator.experiments.questions import ask
    from simulator.experiments.tornado import tornado

    question = ask(scenario, place=code, measure=measure, date=date)
    settings = {"draws": 1, "replications": scenario.replications}
    with saved([scenario], home) as (file,):
        return tornado(file, question, settings=settings, progress=tell)


def sought(
    scenario: Scenario,
    lever: str,
    values: tuple[float, float],
    steps: int,
    goal: Goal,
    probability: float,
    about: tuple[str, str, str],
    home: Path,
    tell: Told,
) -> Found:
    """``workforce seek``: the weakest value of a lever; ``about`` is place, measure and date."""
    from simulator.experiments.seek import seek

    code, measure, date = about
    with saved([scenario], home) as (file,):
        return seek(
            file,
            lever,
            goal,
            probability=probability,
            low=values[0],
            high=values[1],
            steps=steps,
            place=code,
            measure=measure,
            date=date,
            progress=tell,
        )


def weighed(
    scenarios: tuple[Scenario, ...],
    goal: Goal,
    about: tuple[str, str, str],
    futures: str,
    home: Path,
    tell: Told,
) -> Robustness:
    """``workforce robust``: policies against futures; ``futures`` names a file of them."""
    from simulator.experiments.robust import read_futures, robust

    code, measure, date = about
    named = read_futures(scenarios[0].source.parent / futures) if futures else ()
    with saved(scenarios, home) as files:
        return robust(
            files, goal, place=code, measure=measure, date=date, futures=named, progress=tell
        )


def agreed(scenario: Scenario, replications: int, _: Path, tell: Told) -> CrossCheck:
    """``workforce crosscheck``: both engines, every integer."""
    from simulator.experiments.crosscheck import crosscheck

    return crosscheck(scenario, replications=replications, progress=tell)


def against_the_world(folder: str, _: Path, tell: Told) -> pd.DataFrame:
    """``workforce check``: runs of England beside what has been published, a row a figure."""
    import pandas as pd

    from simulator.experiments.check import check

    rows: list[dict[str, Any]] = []
    for run in check(folder=folder, progress=tell).runs:
        for one in run.checks:
            figure = one.figure
            rows.append(
                {
                    "scenario": run.scenario,
                    "figure": figure.title,
                    "percent": figure.percent,
                    "seen": one.value,
                    "low": one.low,
                    "high": one.high,
                    "published": figure.published,
                    "published_low": figure.low,
                    "published_high": figure.high,
                    "source": f"{', '.join(figure.sources)} ({figure.grade})",
                    "verdict": one.words,
                    "test": figure.basis == "test",
                    "failed": one.verdict == "fail",
                    "note": figure.note,
                }
            )
    return pd.DataFrame(rows)


def open_posts(scenario: Scenario, futures: int, _: Path, tell: Told) -> pd.DataFrame:
    """How long posts that fall vacant stay open."""
    from simulator.experiments.openings import time_open

    return time_open(scenario, futures=futures, progress=tell)


def needed(scenario: Scenario, place: tuple[str, str], _: Path, tell: Told) -> pd.DataFrame:
    """Need of a place by every method."""
    from simulator.experiments.demand import need_by_method

    tell(0, 1, "projecting need")
    found = need_by_method(scenario, level=place[0])
    return found.loc[found["code"] == place[1]].reset_index(drop=True)


def told(scenario: Scenario, number: int, _: Path, tell: Told) -> Story:
    """A simulated career."""
    from simulator.experiments.stories import tell as story

    tell(0, 1, "following a person")
    return story(scenario, number)


def england(folder: str, draws: int, replications: int, _: Path, tell: Told) -> Peers:
    """England future by future, for ranks."""
    from simulator.experiments.peers import run_peers

    size = {"draws": draws, "replications": replications}
    return run_peers(load_scenario(Path(folder) / "england.toml", size), progress=tell)
