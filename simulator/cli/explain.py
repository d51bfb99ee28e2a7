"""``workforce explain``: a difference split among levers and other edits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from simulator.cli.compare import (
    Align,
    Bands,
    By,
    Groups,
    Out,
    Years,
    check_out,
    load_all,
    read_years,
    say,
)
from simulator.cli.guard import guarded, progress_bar
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

EPILOG: Final = examples(
    "explain scenarios/cambridge.toml scenarios/cambridge-retention.toml",
    "explain scenarios/cambridge.toml scenarios/cambridge-retention.toml "
    "--measure vacancy --years 5 --out parts.csv",
)


def explain(
    first: Annotated[Path, typer.Argument(help="The scenario compared with (TOML).")],
    second: Annotated[Path, typer.Argument(help="The scenario whose levers are weighed (TOML).")],
    by: By = None,
    measure: Annotated[
        str | None, typer.Option(help="What is split: in_post, vacancy, shortfall, left, ...")
    ] = None,
    group: Groups = None,
    band: Bands = None,
    years: Years = None,
    draws: Draws = None,
    replications: Replications = None,
    seed: Seed = None,
    align: Align = False,
    out: Out = None,
    workers: Workers = None,
    cluster: Cluster = None,
    quiet: Quiet = False,
) -> None:
    """Split the difference of two scenarios among the levers and other edits of the second.

    Each part is the effect of one edit alone; what they do only together is a part of its own.
    """
    with guarded(), computing(workers, cluster) as count:
        numbers = read_years(years)
        check_out(out)
        sizes = given(draws=draws, replications=replications, seed=seed)
        read = load_all([first, second], sizes, align=align)
        split = measure or ("in_post" if band is None else "headcount")
        with progress_bar(quiet=quiet) as progress:
            from simulator.experiments.explain import explain as run_explained

            found = run_explained(
                *read,
                measure=split,
                levels=None if by is None else (by,),
                groups=group or ("all",),
                bands=band,
                years=numbers,
                workers=count,
                progress=progress,
            )
        print(f"{found.draws:,} draws, {found.replications:,} futures of each, paired by number")
        lines: list[str] = []
        for one in dict.fromkeys(group or ("all",)):
            for of_band in dict.fromkeys(band or ("all",)):
                lines += ["", *found.lines(measure=split, group=one, band=of_band)]
            routes = found.route_lines(group=one)
            lines += ["", *routes] if routes else []
        say(lines, found.notes)
        if out is not None:
            print(f"Written: {found.write(out)}")
