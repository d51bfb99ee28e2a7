"""Compare scenarios future by future, with the same draws and the same luck in all.

Keyed numbers give each person, post and month of a replication the same luck in every scenario,
so the difference within a replication is the scenarios' own; what they share cancels out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulator.domain.digests import file_digest
from simulator.experiments.futures import (
    ALL,
    BY_BAND,
    FTE,
    LEVELS,
    Cut,
    CutError,
    Name,
    cut_problems,
    run_futures,
)
from simulator.experiments.layers import paired, signed
from simulator.experiments.simulate import Progress
from simulator.model.compile import compile_scenario
from simulator.model.specification import Specification
from simulator.results.measures import MEASURES as REGISTRY
from simulator.results.summaries import COLUMNS
from simulator.results.totals import YEAR
from simulator.scenario.problems import Problem
from simulator.scenario.reader import COMMAND_LINE

if TYPE_CHECKING:
    import pandas as pd

    from simulator.scenario.resolved import Scenario

MEASURES: Final = FTE
SETTINGS: Final = ("months", "draws", "replications", "seed")
"""What one scenario can be given from another, so that the two can be paired."""
FEW_DRAWS: Final = 8
MANY: Final = 20


class NotComparableError(ValueError):
    """Scenarios that cannot be paired; ``problems`` holds every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems; there is at least one."""
        self.problems = tuple(problems)
        text = "; ".join(" ".join(line.strip() for line in one.lines()) for one in problems)
        super().__init__(f"the scenarios cannot be compared: {text}")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Paired differences, each scenario less the first, at year ends.

    Attributes:
        first: Title and name of the first scenario.
        others: Titles and names of the others, by the names in the column ``scenario``.
        draws: Parameter draws of each.
        replications: Replications of each, paired by number.
        table: One row for each scenario, place, group, band, measure and year end: ``scenario``,
            ``level``, ``code``, ``place``, ``group``, ``band``, ``measure``, ``month``, ``date``;
            ``first`` and ``second`` (means); ``difference`` (mean of the paired differences) with
            ``low95`` and ``high95``; ``sd``, ``q10``, ``q50`` and ``q90`` of the differences
            across futures; ``share_above_zero`` and ``share_below_zero``; and ``clear``, whether
            the interval of the mean leaves zero out. FTE, or people, posts and events.
        notes: What a reader should know before believing the differences.
        about: What made the table: versions, digests, sizes.
    """

    first: str
    others: dict[str, str]
    draws: int
    replications: int
    table: pd.DataFrame
    notes: tuple[str, ...]
    about: dict[str, Any]

    def frame(self, **where: str | int | Sequence[str] | Sequence[int]) -> pd.DataFrame:
        """Rows of the table, e.g. ``level="region", measure="in_post"``.

        Raises:
            KeyError: If there is no such column.
        """
        return rows_where(self.table, **where)

    def lines(
        self,
        *,
        measure: str = "in_post",
        group: str = ALL,
        band: str = ALL,
        level: str | None = None,
    ) -> list[str]:
        """Say the differences at each year end in plain words, by default of the widest places."""
        frame = self.frame(measure=measure, group=group, band=band)
        levels = [one for one in LEVELS if (frame["level"] == one).any()]
        frame = frame.loc[frame["level"].isin([level] if level else levels[:1])]
        lines = []
        for name, rows in frame.groupby("scenario", sort=False):
            lines.append(f"{measure_words(measure, group, band)}: {self.others[str(name)]},")
            lines[-1] += f" less {self.first}"
            lines += [_sentence(row) for _, row in rows.iterrows()]
        return lines

    def write(self, path: str | Path) -> Path:
        """Write the table as CSV, with a JSON file beside it that says what made it.

        Raises:
            CsvError: If the file cannot be written or would replace something else.
        """
        from simulator.results.csvs import write_csv

        return write_csv(self.table, Path(path), self.about)


def rows_where(
    frame: pd.DataFrame, **where: str | int | Sequence[str] | Sequence[int]
) -> pd.DataFrame:
    """Rows of a table whose columns have the values given; a value or a list of values."""
    for name, value in where.items():
        wanted = [value] if isinstance(value, str | int) else list(value)
        frame = frame.loc[frame[name].isin(wanted)]
    return frame


def measure_words(measure: str, group: str, band: str = ALL) -> str:
    """Name a measure of a group and band, with its unit, for a reader."""
    one = REGISTRY[measure]
    text = f"{one.label}, {one.unit}"
    text += "" if group == ALL else f", {group} staff"
    return text + ("" if band == ALL else f", band {band}")


def interval_words(difference: float, low: float, high: float) -> str:
    """A mean difference with its interval, in words."""
    if np.isnan(low):
        return f"{signed(difference)}; one future, so there is no interval"
    return f"{signed(difference)} (95 % interval of the mean {signed(low)} to {signed(high)})"


def _sentence(row: pd.Series[Any]) -> str:
    text = interval_words(row["difference"], row["low95"], row["high95"])
    text = f"  {row['place']}, {row['date']}: {text}"
    if np.isnan(row["low95"]):
        return text
    if row["share_above_zero"] == row["share_below_zero"] == 0.0:
        return f"{text}; no difference in any future"
    if not row["clear"]:
        return f"{text}; the interval includes zero: no difference is shown"
    side = "above" if row["difference"] > 0 else "below"
    return f"{text}; {side} zero in {100 * row[f'share_{side}_zero']:.0f} % of futures"


def compare(
    first: Scenario,
    *others: Scenario,
    levels: Iterable[str] | None = None,
    groups: Iterable[str] = COLUMNS,
    measures: Iterable[str] | None = None,
    bands: Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Comparison:
    """Run scenarios replication by replication and give the differences from the first.

    Args:
        first: The scenario compared with, usually without levers.
        others: The others, at least one.
        levels: Levels of places (``trust``, ``ics``, ``region``, ``england``); by default all, but
            no trusts where all of England is compared.
        groups: Staff groups, and ``all``.
        measures: By default need, funded posts, staff in post, vacancy and shortfall in FTE; flows
            such as ``left`` are counted from the opening.
        bands: Bands, for ``headcount`` and ``vacant_posts``; by default all together.
        years: Ends of years since the opening (1, 2, ...); by default all.
        workers: Processes; they change no number.
        progress: Told (done, total, words).

    Raises:
        NotComparableError: If opening, months, seed, draws, replications, census or the stored
            run of England differ.
        CutError: If no place is in all, or what is asked for is not there.
    """
    check_comparable(first, others)
    specs = [compile_scenario(one) for one in (first, *others)]
    check_baselines((first, *others), specs)
    cut = make_cut(specs, levels, groups, measures, bands, years)
    runs = len(specs)
    base = run_futures(specs[0], cut, workers=workers, progress=part_of(progress, 0, runs))
    labels = base.labels()
    labels.insert(2, "place", place_titles(specs[0], labels))
    names = _names(others)
    tables = []
    for number, (name, spec) in enumerate(zip(names, specs[1:], strict=True), start=1):
        tell = part_of(progress, number, runs)
        values = run_futures(spec, cut, workers=workers, progress=tell).values
        frame = labels.assign(
            first=base.values.mean(axis=1) / base.scale,
            second=values.mean(axis=1) / base.scale,
            **paired((values - base.values) / base.scale[:, None], first.draws),
        )
        frame.insert(0, "scenario", name)
        tables.append(frame)
    return Comparison(
        described(first),
        {name: described(one) for name, one in zip(names, others, strict=True)},
        first.draws,
        first.replications,
        _joined(tables),
        tuple(_notes(first, others, len(tables[0]))),
        about("paired differences, each scenario less the first", (first, *others), specs),
    )


def described(scenario: Scenario) -> str:
    """Title and name of a scenario."""
    return f"{scenario.title} ({scenario.id})"


def _names(scenarios: Sequence[Scenario]) -> list[str]:
    """Ids of scenarios, numbered where one is repeated."""
    ids = [one.id for one in scenarios]
    return [
        one if ids.count(one) == 1 else f"{one}#{ids[: number + 1].count(one)}"
        for number, one in enumerate(ids)
    ]


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(tables, ignore_index=True)


def settings_of(scenario: Scenario) -> dict[str, object]:
    """Return overrides for :func:`load_scenario` that give another scenario the same settings."""
    return {name: getattr(scenario, name) for name in SETTINGS}


def check_comparable(first: Scenario, others: Sequence[Scenario]) -> None:
    """Refuse scenarios that differ in what must be the same.

    Raises:
        NotComparableError: With every reason.
    """
    problems = [problem for other in others for problem in _mismatches(first, other)]
    if not others:
        words = "nothing to compare with; name at least two scenarios"
        problems = [Problem(first.source.name, "", "", words)]
    if problems:
        raise NotComparableError(problems)


def _mismatches(first: Scenario, other: Scenario) -> Iterator[Problem]:
    file, base = other.source.name, first.source.name
    for name in ("opening", *SETTINGS):
        one, two = getattr(first, name), getattr(other, name)
        if one != two:
            words = f"{one} in {base}; both must be the same"
            words += "" if name == "opening" else "; --align takes those of the first scenario"
            yield Problem(file, name, str(two), words)
    if _census(first) != _census(other):
        words = f"its tables are not those of {first.census.name} in {base}; use one census"
        yield Problem(file, "census", other.census.name, words)


def _census(scenario: Scenario) -> list[str]:
    """Digests of the opening census and of own rows."""
    tables = (path for path in scenario.files if path.suffix != ".toml")
    found = (*tables, scenario.census / "fitted.toml")
    return sorted(file_digest(path) for path in found if path.is_file())


def check_baselines(scenarios: Sequence[Scenario], specs: Sequence[Specification]) -> None:
    """Refuse scenarios that replay the rest of England from different stored runs.

    Raises:
        NotComparableError: With every reason.
    """
    replays = [spec.replay for spec in specs]
    problems = [
        Problem(
            one.source.name,
            "rest",
            "baseline",
            f"replays another run of England than {scenarios[0].source.name}; use one baseline",
        )
        for one, replay in zip(scenarios, replays, strict=True)
        if replay and replays[0] and replay.digest != replays[0].digest
    ]
    if problems:
        raise NotComparableError(problems)


def make_cut(
    specs: Sequence[Specification],
    levels: Iterable[str] | None,
    groups: Iterable[str],
    measures: Iterable[str] | None,
    bands: Iterable[str] | None,
    years: Iterable[int] | None,
) -> Cut:
    """Numbers to keep, of the places that all specifications report.

    Raises:
        CutError: If there is no such place, or a specification has no such numbers.
    """
    chosen = tuple(bands or (ALL,))
    by_band = tuple(measures or (FTE if bands is None else BY_BAND[:1]))
    problems = [
        Problem(COMMAND_LINE, "--measure", one, f"not known by band; {' and '.join(BY_BAND)} are")
        for one in by_band
        if chosen != (ALL,) and one not in BY_BAND
    ]
    levels = tuple(levels or ())
    places = _shared(specs, levels)
    if not places:
        words = "in all scenarios" if len(specs) > 1 else "reported by the scenario"
        words = f"no such place is {words}; choose another level"
        problems.append(Problem(COMMAND_LINE, "--by", ", ".join(levels), words))
    whole = range(1, min(spec.months for spec in specs) // YEAR + 1)
    months = tuple(YEAR * year for year in (whole if years is None else years))
    cut = Cut(places, by_band, months, tuple(groups), chosen)
    problems += [problem for spec in specs for problem in cut_problems(cut, spec)]
    if problems:
        raise CutError(list(dict.fromkeys(problems)))
    return cut


def _shared(specs: Sequence[Specification], levels: Sequence[str]) -> tuple[Name, ...]:
    """Places that all report, the widest level first."""
    names = [name for name in specs[0].places.names if all(name in s.places.names for s in specs)]
    england = ("england", "ENG") in names
    wanted = levels or [one for one in LEVELS if not (england and one == "trust")]
    return tuple(name for level in wanted for name in names if name[0] == level)


def place_titles(spec: Specification, labels: pd.DataFrame) -> list[str]:
    """Names of the places of a table's rows."""
    titles = dict(zip(spec.places.names, spec.places.titles, strict=True))
    return [titles[name] for name in zip(labels["level"], labels["code"], strict=True)]


def part_of(progress: Progress | None, part: int, parts: int) -> Progress:
    """Progress of one of several runs, as part of all."""

    def tell(done: int, total: int, words: str) -> None:
        if progress is not None:
            progress(1000 * part + 1000 * done // max(total, 1), 1000 * parts, words)

    return tell


def _notes(first: Scenario, others: Sequence[Scenario], rows: int) -> Iterator[str]:
    for other in others:
        if other.rest != first.rest or other.modelled != first.modelled:
            yield (
                f"{first.id} and {other.id} do not simulate the same trusts in the same way "
                "(place, rest), so the difference is not the levers' alone"
            )
    yield from draw_notes(first.draws, first.replications)
    if rows > MANY:
        yield (
            f"if none of these {rows:,} differences were real, about {rows * 0.05:,.0f} would be "
            "shown by luck: an interval misses in 5 of 100 cases"
        )


def draw_notes(draws: int, replications: int) -> Iterator[str]:
    """Say what the number of draws does to an interval."""
    if draws == 1 and replications > 1:
        yield "one draw: the interval holds chance alone, not doubt about parameters"
    elif draws < FEW_DRAWS and replications > 1:
        yield (
            f"with {draws} draws the interval is wide: draws, not replications, count as "
            f"independent; use {FEW_DRAWS} or more"
        )


def about(
    what: str, scenarios: Sequence[Scenario], specs: Sequence[Specification]
) -> dict[str, Any]:
    """What made a table: versions, inputs and sizes of every scenario, in order."""
    from simulator.experiments.run import law_manifest

    made = [law_manifest(one, spec) for one, spec in zip(scenarios, specs, strict=True)]
    return {"table": what, "interval": "95 %, of the mean over draws", "scenarios": made}
