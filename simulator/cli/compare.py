"""``workforce compare``: paired differences of scenarios, in words and as a table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from simulator.cli.guard import complain, guarded, progress_bar, refuse
from simulator.cli.options import (
    Cluster,
    Draws,
    Quiet,
    Replications,
    Seed,
    Workers,
    computing,
    examples,
    given,
)

if TYPE_CHECKING:
    from simulator.experiments.compare import Comparison
    from simulator.scenario import Problem, Scenario

WIDTH: Final = 96
LONGEST: Final = 60
"""Lines printed of a table before the rest is only counted."""
SHOWN: Final = (1, 5, 10, 15)
EPILOG: Final = examples(
    "compare scenarios/cambridge.toml scenarios/cambridge-retention.toml --years 5,10",
    "compare scenarios/cambridge.toml scenarios/cambridge-retention.toml "
    "--measure vacancy --measure left",
    "compare scenarios/cambridge.toml scenarios/cambridge-retention.toml "
    "--band 6 --band 7 --out bands.csv",
    "compare scenarios/cambridge.toml scenarios/cambridge-retention.toml --cost",
)

Level = Literal["england", "region", "ics", "trust"]
By = Annotated[
    Level | None, typer.Option("--by", help="Level of places; by default the widest in all.")
]
Groups = Annotated[
    list[str] | None,
    typer.Option("--group", help="all, clinical, data or digital; may be repeated."),
]
Bands = Annotated[
    list[str] | None,
    typer.Option("--band", help="A band, for headcount and vacant_posts; may be repeated."),
]
Years = Annotated[
    str | None, typer.Option("--years", help="Years from the opening, such as 1,5,10.")
]
Align = Annotated[
    bool,
    typer.Option("--align", help="Run the others with months, sizes and seed of the first."),
]
Out = Annotated[
    Path | None, typer.Option(help="New CSV file for the table; what made it is put beside it.")
]


def compare(
    scenarios: Annotated[
        list[Path], typer.Argument(help="Scenario files (TOML); the first is compared with.")
    ],
    by: By = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(help="need, funded, in_post, vacancy, shortfall, left, ...; repeatable."),
    ] = None,
    group: Groups = None,
    band: Bands = None,
    years: Years = None,
    draws: Draws = None,
    replications: Replications = None,
    seed: Seed = None,
    align: Align = False,
    out: Out = None,
    cost: Annotated[
        bool, typer.Option("--cost", help="Also the cost of each FTE-year gained.")
    ] = False,
    workers: Workers = None,
    cluster: Cluster = None,
    quiet: Quiet = False,
) -> None:
    """Run scenarios with the same luck and say what differs from the first, future by future."""
    with guarded(), computing(workers, cluster) as count:
        numbers = read_years(years)
        check_out(out)
        read = load_all(
            scenarios, given(draws=draws, replications=replications, seed=seed), align=align
        )
        with progress_bar(quiet=quiet) as progress:
            from simulator.experiments.compare import compare as run_compared

            found = run_compared(
                *read,
                levels=None if by is None else (by,),
                groups=group or ("all",),
                measures=measure or (("in_post",) if band is None else None),
                bands=band,
                years=numbers or fitting(read[0].months),
                workers=count,
                progress=progress,
            )
        print(f"{found.draws:,} draws, {found.replications:,} futures of each, paired by number")
        keys = found.table[["measure", "group", "band"]].drop_duplicates()
        told = [found.lines(measure=m, group=g, band=b) for m, g, b in keys.itertuples(index=False)]
        say([line for lines in told for line in ("", *lines)], found.notes)
        if cost:
            say_value(read, found, count, quiet=quiet)
        if out is not None:
            print(f"Written: {found.write(out)}")


def say_value(
    scenarios: Sequence[Scenario], found: Comparison, workers: int, *, quiet: bool
) -> None:
    """Say what each scenario costs for each FTE-year that it gains, in the widest place."""
    from simulator.experiments.value import value

    row = found.table.iloc[0]
    place = (str(row["level"]), str(row["code"]))
    print("\nCost of what is gained: staff, cover of vacancies and levers, to the trusts")
    for other in scenarios[1:]:
        with progress_bar(quiet=quiet) as progress:
            lines = value(scenarios[0], other, place, workers=workers, progress=progress).lines()
        say([f"{other.title}:", *lines], ())


def fitting(months: int) -> list[int]:
    """Years shown unless told otherwise: some round ones within the horizon."""
    return [year for year in SHOWN if 12 * year <= months]


def read_years(text: str | None) -> list[int] | None:
    """Read the option --years.

    Raises:
        typer.Exit: If it is no list of whole numbers from 1.
    """
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        words = "whole years from the opening with commas between them, such as 1,5,10"
        raise refuse("command line", "--years", text, words)
    return list(dict.fromkeys(sorted(int(part) for part in parts)))


def check_out(out: Path | None) -> None:
    """Refuse a table that could not be written, before anything is run."""
    if out is not None:
        from simulator.results.csvs import check_csv

        check_csv(out)


def load_all(
    paths: Sequence[Path], overrides: Mapping[str, object], *, align: bool
) -> list[Scenario]:
    """Read scenarios, the others with the settings of the first if ``align``.

    Raises:
        ScenarioError: With all problems of all files.
    """
    from simulator.scenario import ScenarioError, load_scenario

    found: list[Scenario] = []
    problems: list[Problem] = []
    settings = dict(overrides)
    for path in paths:
        if path.is_dir():
            problems.append(_folder(path))
            continue
        try:
            found.append(load_scenario(path, settings))
        except ScenarioError as error:
            problems += error.problems
            continue
        if align and len(found) == 1:
            from simulator.experiments.compare import settings_of

            settings = settings_of(found[0])
    if problems:
        raise ScenarioError(list(dict.fromkeys(problems)))
    complain(dict.fromkeys(f"Note: {note}" for one in found for note in one.notes))
    return found


def _folder(path: Path) -> Problem:
    """Say why a folder of results will not do."""
    from simulator.scenario.problems import Problem

    words = (
        "a folder; a stored result holds ranges, not the single futures that are paired: "
        "name the scenario file, and it is run now"
    )
    return Problem(str(path), "", "", words)


def say(lines: Sequence[str], notes: Iterable[str]) -> None:
    """Print lines, wrapped and not too many, and notes."""
    for line in lines[:LONGEST]:
        print(textwrap.fill(line, WIDTH, subsequent_indent="      ") if line else "")
    if len(lines) > LONGEST:
        print(f"  and {len(lines) - LONGEST:,} more lines; --out FILE.csv writes all")
    for note in notes:
        print(textwrap.fill(f"Note: {note}.", WIDTH, subsequent_indent="      "))
