"""The command ``workforce``: parse, call, print. Heavy modules are imported inside commands."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from simulator.cli.app import EPILOG as _APP
from simulator.cli.app import app as _app
from simulator.cli.bundle import EPILOG as _BUNDLE
from simulator.cli.bundle import bundle as _bundle
from simulator.cli.careers import careers as _careers
from simulator.cli.compare import EPILOG as _COMPARE
from simulator.cli.compare import compare as _compare
from simulator.cli.explain import EPILOG as _EXPLAIN
from simulator.cli.explain import explain as _explain
from simulator.cli.guard import FAILED, INVALID, all_or_nothing, complain, guarded, progress_bar
from simulator.cli.guard import refuse as _refuse
from simulator.cli.kit import EPILOG as _KIT
from simulator.cli.kit import kit as _kit
from simulator.cli.options import Cluster, Quiet, ScenarioArgument, Workers
from simulator.cli.options import check_workers as _check_workers
from simulator.cli.options import computing as _computing
from simulator.cli.options import examples as _examples
from simulator.cli.options import load as _load
from simulator.cli.options import number as _number
from simulator.cli.options import processors as _processors
from simulator.cli.precision import EPILOG as _PRECISION
from simulator.cli.precision import precision as _precision
from simulator.cli.report import EPILOG as _REPORT
from simulator.cli.report import report as _report
from simulator.cli.robust import EPILOG as _ROBUST
from simulator.cli.robust import robust as _robust
from simulator.cli.seek import EPILOG as _SEEK
from simulator.cli.seek import seek as _seek
from simulator.cli.sensitivity import EPILOG as _SENSITIVITY
from simulator.cli.sensitivity import sensitivity as _sensitivity
from simulator.cli.sweep import EPILOG as _SWEEP
from simulator.cli.sweep import sweep as _sweep

if TYPE_CHECKING:
    from simulator.scenario import Scenario

COMPARED: Final = 20
"""Replications compared by a crosscheck unless told otherwise."""


app = typer.Typer(
    name="workforce",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="""Simulate the clinical informatics workforce of the NHS in England, month by month.

    Exit codes: 0 fine, 1 the run failed or a difference was found, 2 invalid input.""",
    epilog=_examples(
        "validate scenarios/cambridge.toml",
        "run scenarios/cambridge.toml --out results/cambridge",
        "verify results/cambridge",
    ),
)
census = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Build, check or show an opening census.",
    epilog=_examples(
        "census check scenarios/census/england-2026-03",
        "census show scenarios/census/england-2026-03",
    ),
)
app.add_typer(census, name="census")
app.add_typer(_careers, name="careers")
app.command("app", epilog=_APP)(_app)
app.command("compare", epilog=_COMPARE)(_compare)
app.command("explain", epilog=_EXPLAIN)(_explain)
app.command("precision", epilog=_PRECISION)(_precision)
app.command("sweep", epilog=_SWEEP)(_sweep)
app.command("seek", epilog=_SEEK)(_seek)
app.command("robust", epilog=_ROBUST)(_robust)
app.command("sensitivity", epilog=_SENSITIVITY)(_sensitivity)
app.command("report", epilog=_REPORT)(_report)
app.command("bundle", epilog=_BUNDLE)(_bundle)
app.command("kit", epilog=_KIT)(_kit)

FolderArgument = Annotated[Path, typer.Argument(help="A census folder.")]


@app.command(
    epilog=_examples(
        "run scenarios/cambridge.toml",
        "run scenarios/cambridge.toml --draws 8 --replications 64",
        "run scenarios/england.toml --out results/england --workers 4",
    )
)
def run(
    scenario: ScenarioArgument,
    out: Annotated[
        Path | None, typer.Option(help="New folder for the results; none: print only.")
    ] = None,
    engine: Annotated[
        Literal["arrays", "people"], typer.Option(help="The engine; both give the same numbers.")
    ] = "arrays",
    draws: Annotated[int | None, _number("Parameter draws, in place of the scenario's.")] = None,
    replications: Annotated[
        int | None, _number("Replications in all, in place of the scenario's.")
    ] = None,
    seed: Annotated[int | None, _number("Root seed, in place of the scenario's.")] = None,
    workers: Workers = None,
    cluster: Cluster = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="Also write the tables as CSV; needs --out.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario and print its results."""
    with guarded(), _computing(workers, cluster) as count:
        if csv and out is None:
            words = "needs --out FOLDER, where the tables are to be written"
            raise _refuse("command line", "--csv", "", words)
        given = {"draws": draws, "replications": replications, "seed": seed}
        read = _load(scenario, {key: one for key, one in given.items() if one is not None})
        with all_or_nothing(out, "manifest.json"), progress_bar(quiet=quiet) as progress:
            from simulator.experiments.run import run_scenario

            result = run_scenario(
                read,
                engine=engine,
                workers=count,
                out=out,
                csv=csv,
                progress=progress,
            )
        from simulator.cli.summary import print_summary

        print_summary(result)


@app.command(
    epilog=_examples(
        "validate scenarios/cambridge.toml",
        "validate scenarios/*.toml --all",
    )
)
def validate(
    scenarios: Annotated[list[Path], typer.Argument(help="Scenario files (TOML).")],
    everything: Annotated[
        bool, typer.Option("--all", help="Print every problem, even beyond one screen.")
    ] = False,
) -> None:
    """Check scenarios and the tables they name without running them."""
    with guarded():
        from simulator.scenario import Problem, ScenarioError, load_scenario, one_screen

        problems: list[Problem] = []
        for path in scenarios:
            try:
                print("\n".join(_described(path, load_scenario(path))))
            except ScenarioError as error:
                problems += error.problems
        problems = list(dict.fromkeys(problems))
        if problems:
            complain(one_screen(problems, sys.maxsize) if everything else one_screen(problems))
            raise typer.Exit(INVALID)


@app.command(
    epilog=_examples(
        "crosscheck scenarios/tiny-ladder.toml",
        "crosscheck scenarios/cambridge.toml --replications 4",
    )
)
def crosscheck(
    scenario: ScenarioArgument,
    replications: Annotated[
        int | None, _number("Replications compared; by default 20 or all.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Run both engines and compare every integer of every month."""
    with guarded():
        read = _load(scenario, {})
        if replications is not None and not 1 <= replications <= read.replications:
            words = f"a whole number from 1 to {read.replications}, as the scenario has them"
            raise _refuse("command line", "--replications", str(replications), words)
        count = replications or min(COMPARED, read.replications)
        with progress_bar(quiet=quiet) as progress:
            from simulator.experiments.crosscheck import crosscheck as compare

            report = compare(read, replications=count, progress=progress)
        _print_report(report.lines(), ok=report.ok)


@app.command(
    epilog=_examples(
        "verify results/cambridge",
    )
)
def verify(
    result: Annotated[Path, typer.Argument(help="A folder of results, or a bundle of one.")],
    scenario: Annotated[
        Path | None, typer.Option(help="The scenario file, if it is not where it was.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Run a stored result again and say "identical", or name the first difference."""
    with guarded():
        if not result.exists():
            words = "no such folder or bundle; give what --out named in workforce run"
            raise _refuse(str(result), "", "", words)
        with progress_bar(quiet=quiet) as progress:
            from simulator.experiments.verify import verify as compare

            report = compare(result, scenario=scenario, progress=progress)
        _print_report(report.lines(), ok=report.ok)


@app.command(
    "check",
    epilog=_examples(
        "check",
        "check scenarios/england-2020.toml",
        "check results/england",
    ),
)
def check_history(
    what: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RESULT or SCENARIO]",
            help="A folder of results or a scenario of England; by default the library's.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Compare runs of England with what has been published; exit code 1 if a check fails."""
    with guarded():
        from simulator.cli.check import library_folder, named, print_report

        folder = library_folder() if what is None else Path()
        given = None if what is None else named(what)
        with progress_bar(quiet=quiet) as progress:
            from simulator.experiments.check import check as compare

            report = compare(given, folder=folder, progress=progress)
        print_report(report)
        if not report.ok:
            raise typer.Exit(FAILED)


@app.command(
    epilog=_examples(
        "baseline scenarios/england.toml",
    )
)
def baseline(
    scenario: ScenarioArgument,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Run all of England and store what scenarios for a part of it replay."""
    with guarded():
        _check_workers(workers)
        read = _load(scenario, {})
        with progress_bar(quiet=quiet) as progress:
            from simulator.experiments.baseline import make_baseline

            folder = make_baseline(read, workers=workers or _processors(), progress=progress)
        print(f"Written: {folder}")


@app.command(
    epilog=_examples(
        "evidence",
        "evidence need.growth",
        "evidence --grade D --kind assumption",
        "evidence --text retirement --csv",
    )
)
def evidence(
    name: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One parameter, in full.")
    ] = None,
    grade: Annotated[
        Literal["A", "B", "C", "D"] | None, typer.Option(help="Only this grade of evidence.")
    ] = None,
    kind: Annotated[
        Literal["published", "derived", "assumption"] | None, typer.Option(help="Only this kind.")
    ] = None,
    text: Annotated[str, typer.Option(help="Only what holds these words.")] = "",
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, with sources and notes.")] = False,
) -> None:
    """List the parameters with their range, grade and source, or show one in full."""
    with guarded():
        from simulator.cli.evidence import print_csv, print_list, print_one
        from simulator.evidence.library import load_library

        library = load_library()
        found = library.filter(text=text, grade=grade, kind=kind)
        if name is not None:
            if name not in library.parameters:
                raise _refuse("command line", "ID", name, _nearest(name, library.ids))
            found = (library.get(name),)
        if csv:
            print_csv(found)
        elif name is not None:
            print_one(found[0])
        else:
            print_list(found)


@app.command(
    epilog=_examples(
        "schema > scenario.schema.json",
    )
)
def schema() -> None:
    """Print the JSON Schema of a scenario file, for editors."""
    with guarded():
        import json

        from simulator.scenario import json_schema

        print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@census.command(epilog=_examples("census build scenarios/census/england-2026-03 --opening 2026-03"))
def build(
    folder: Annotated[Path, typer.Argument(help="A new folder for the census.")],
    opening: Annotated[str, typer.Option(help="The opening month, YYYY-MM.")] = "2026-03",
) -> None:
    """Build the opening census of England from the evidence."""
    with guarded():
        from simulator.scenario.dates import is_month

        if not is_month(opening):
            words = "a month written YYYY-MM, such as 2026-03"
            raise _refuse("command line", "--opening", opening, words)
        with all_or_nothing(folder, "manifest.toml"):
            from simulator.cli.census import build_into

            print("\n".join(build_into(folder, opening)))


@census.command(epilog=_examples("census check scenarios/census/england-2026-03"))
def check(folder: FolderArgument) -> None:
    """Check every row of a census and print all problems."""
    with guarded():
        from simulator.cli.census import read

        read(folder)
        print(f"{folder}: sound")


@census.command(epilog=_examples("census show scenarios/census/england-2026-03"))
def show(folder: FolderArgument) -> None:
    """Print the size of a census: posts, people, vacancies, trainees and candidates."""
    with guarded():
        from simulator.cli.census import described, read

        print("\n".join(described(read(folder))))


def _described(path: Path, scenario: Scenario) -> list[str]:
    """Say in a few lines what a sound scenario will do."""
    reported, simulated = len(scenario.reported), len(scenario.modelled)
    overrides = len(scenario.parameters) + len(scenario.fitted)
    runs = f"{_many(scenario.draws, 'draw')}, {_many(scenario.replications, 'replication')}"
    rest = "" if scenario.rest is None else f", rest {scenario.rest}"
    return [
        f"{path}: sound",
        f"    {_many(scenario.months, 'month')} from {scenario.opening}, {runs}, "
        f"seed {scenario.seed}",
        f"    {_many(reported, 'trust')} reported, {simulated} simulated{rest}",
        f"    {_many(len(scenario.lever), 'lever')}, {_many(overrides, 'override')}",
        *(f"    Note: {note}" for note in scenario.notes),
    ]


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")


def _print_report(lines: Sequence[str], *, ok: bool) -> None:
    print("\n".join(lines))
    if not ok:
        raise typer.Exit(FAILED)


def _nearest(name: str, ids: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, ids, n=3)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return f"no such parameter{hint} `workforce evidence` lists all"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="workforce")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        complain(["Interrupted; nothing was written."])
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
