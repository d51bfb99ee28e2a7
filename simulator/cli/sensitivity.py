"""``workforce sensitivity``: what a number hangs on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.asking import Date, Draws, Group, Measure, Place, Replications, Seed
from simulator.cli.guard import Report, complain, guarded, progress_bar, refuse
from simulator.cli.options import (
    Cluster,
    Quiet,
    ScenarioArgument,
    Workers,
    computing,
    examples,
    given,
    number,
)

if TYPE_CHECKING:
    from simulator.experiments.questions import Question
    from simulator.experiments.sobol import Input

EPILOG = examples(
    "sensitivity scenarios/tiny-ladder.toml --draws 32 --replications 512",
    "sensitivity scenarios/cambridge-retention.toml --date 2031-03 --draws 32 --replications 64",
    "sensitivity scenarios/tiny-ladder.toml --sobol --base 16 --input retention:0.5:1 "
    "--input supply.growth --replications 16",
)


def sensitivity(
    scenario: ScenarioArgument,
    place: Place = None,
    group: Group = "all",
    measure: Measure = "shortfall",
    date: Date = None,
    methods: Annotated[
        bool, typer.Option("--methods", help="Also run the other ways to project need.")
    ] = False,
    sobol: Annotated[
        bool, typer.Option("--sobol", help="Sobol indices, from runs of their own.")
    ] = False,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            help="For --sobol: a parameter's id, or a lever's with the ends of its value "
            "(retention:0.5:1). By default the parameters that matter most, at most eight.",
        ),
    ] = None,
    base: Annotated[int, number("For --sobol: points of the design, a power of two.")] = 64,
    draws: Draws = None,
    replications: Replications = None,
    seed: Seed = None,
    workers: Workers = None,
    cluster: Cluster = None,
    quiet: Quiet = False,
) -> None:
    """Say what a number hangs on: chance, parameters and levers.

    First the shares of variance, read from the draws of one run; then each parameter at its low
    and high, and each lever left out, one at a time with the same luck.
    """
    with guarded(), computing(workers, cluster) as count:
        if inputs and not sobol:
            raise refuse("command line", "--input", inputs[0], "goes with --sobol")
        settings = given(draws=draws, replications=replications, seed=seed)
        from simulator.experiments.questions import ask
        from simulator.experiments.sensitivity import importance
        from simulator.experiments.tornado import tornado
        from simulator.experiments.variants import vary

        read = vary(scenario, {}, settings)
        question = ask(read, place=place, group=group, measure=measure, date=date)
        lines = [question.words, ""]
        with progress_bar(quiet=quiet) as progress:
            if sobol and inputs:
                lines += _sobol(scenario, question, inputs, base, settings, count, progress)
            else:
                shares = importance(
                    read, question, methods=methods, workers=count, progress=progress
                )
                lines += shares.lines()
            if sobol and not inputs:
                chosen = [one.name for one in shares.influences if one.name in read_ids()][:8]
                lines += ["", *_sobol(scenario, question, chosen, base, settings, count, progress)]
            elif not sobol:
                swings = tornado(
                    scenario, question, settings=settings, workers=count, progress=progress
                )
                lines += ["", *swings.lines()]
        print("\n".join(lines))


def read_ids() -> tuple[str, ...]:
    """Return the ids of the evidence library."""
    from simulator.evidence.library import load_library

    return load_library().ids


def _sobol(
    scenario: Path,
    question: Question,
    names: list[str],
    base: int,
    settings: dict[str, object],
    workers: int,
    progress: Report,
) -> list[str]:
    """Say how many runs it takes and how long, and then run."""
    from simulator.experiments.questions import outcome
    from simulator.experiments.sobol import Input, check_inputs, runs_of, sobol

    inputs: list[Input] = [Input.read(name) for name in names]
    single = check_inputs(scenario, inputs, base, settings)
    start = time.perf_counter()
    outcome(single, question)
    seconds = (time.perf_counter() - start) * runs_of(inputs, base) / workers
    complain(
        [
            f"Sobol indices of {len(inputs)} inputs: {runs_of(inputs, base):,} runs, about "
            f"{_duration(seconds)}."
        ]
    )
    found = sobol(
        scenario,
        question,
        inputs,
        base=base,
        settings=settings,
        workers=workers,
        progress=progress,
    )
    return found.lines()


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"
