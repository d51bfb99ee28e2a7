"""``workforce careers``: openings, outcomes of routes, pay, paths, one more place, own courses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from simulator.cli.guard import complain, guarded, progress_bar, refuse
from simulator.cli.options import Quiet, Workers, check_workers, examples, number, processors

if TYPE_CHECKING:
    import pandas as pd

    from simulator.experiments.careers import Careers

careers = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Openings, routes, pay, paths, one more place: for universities and applicants.",
    epilog=examples(
        "careers openings --region Y56 --group data",
        "careers card app_data_analyst_4 2027 --region Y56",
        "careers seat stp_clinical_informatics 2027 Y56",
    ),
)

Route = Annotated[str, typer.Argument(help="A route; `workforce careers routes` lists them.")]
Year = Annotated[int, typer.Argument(help="Calendar year in which people start.")]
Region = Annotated[
    str | None, typer.Option(help="Code of an NHS England region, such as Y56; ENG for England.")
]
UnderScenario = Annotated[
    str | None, typer.Option("--scenario", help="Id of a stored scenario; by default the baseline.")
]
Folder = Annotated[
    Path | None, typer.Option("--from", help="Folder of stored careers, in place of the usual one.")
]
Csv = Annotated[
    Path | None, typer.Option("--csv", metavar="FILE.csv", help="Also write the table as CSV.")
]
_CENSUS: Final = "scenarios/census/england-2026-03"


def _stored(folder: Path | None) -> Careers:
    from simulator.experiments.careers import read_careers

    return read_careers(folder)


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """Rows of a table, whose columns are attributes."""
    return list(frame.itertuples(index=False))


def _simulated(path: Path, region: str | None, workers: int | None, progress: Any) -> Careers:
    """Careers of a scenario simulated now: of one region, or of England with all regions."""
    from simulator.experiments.careers import count_careers
    from simulator.experiments.careers.course import CARD_SIZES
    from simulator.scenario import load_scenario

    scenario = load_scenario(path, CARD_SIZES)
    regions = None if region in (None, "ENG") else [str(region)]
    return count_careers(
        scenario, regions=regions, workers=workers or processors(), progress=progress
    )


def _check_csv(path: Path | None) -> None:
    if path is not None:
        from simulator.results.csvs import check_csv

        check_csv(path)


def _write(frame: pd.DataFrame, path: Path | None, what: str, made: dict[str, Any]) -> None:
    """Write a table with what made it beside it, if that is wanted."""
    if path is None:
        return
    from simulator.results.csvs import write_csv

    write_csv(frame, path, {"table": what, **made})
    print(f"Written to {path}")


def _made(results: Careers) -> dict[str, Any]:
    names = ("interval", "draws", "replications", "months", "seed", "opening", "code", "digest")
    made = {name: results.manifest.get(name) for name in names}
    return {**made, "scenarios": results.manifest["scenarios"]}


def _print_table(head: list[str], rows: list[list[str]]) -> None:
    """Print a plain table; the first column is words, the others numbers."""
    wide = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in (head, *rows):
        first, *rest = (
            text.ljust(size) if i == 0 else text.rjust(size)
            for i, (text, size) in enumerate(zip(row, wide, strict=True))
        )
        print("  ".join([first, *rest]).rstrip())


@careers.command("routes", epilog=examples("careers routes"))
def routes() -> None:
    """List the routes: short name, staff group, length and name."""
    with guarded():
        from simulator.experiments.careers import routes as names
        from simulator.model.intake import load_pathways

        title = names()
        for one in load_pathways():
            length = f"{one.duration} months"
            print(f"{one.id:<28} {one.group:<9} {length:<10} {title[one.id]}")


@careers.command(
    "openings",
    epilog=examples(
        "careers openings",
        "careers openings --region Y56 --group data --band 5",
        "careers openings --year 2030/31 --csv openings.csv",
    ),
)
def openings(
    region: Region = None,
    group: Annotated[str, typer.Option(help="clinical, data, digital, or all.")] = "all",
    band: Annotated[str, typer.Option(help="A band such as 5 or 8a, or all.")] = "all",
    year: Annotated[str | None, typer.Option(help="NHS year, such as 2030/31.")] = None,
    scenario: UnderScenario = None,
    csv: Csv = None,
    folder: Folder = None,
) -> None:
    """Posts that need somebody each year, for growth and to replace those who go.

    Under every stored scenario, with the range in 8 of 10 futures.
    """
    with guarded():
        _check_csv(csv)
        from simulator.experiments.careers import openings as opened
        from simulator.experiments.careers.opened import OPENING_WORDS

        results, where = _stored(folder), region or "ENG"
        frame = opened(results, scenario=scenario, region=where, group=group, band=band, year=year)
        for name, rows in frame.groupby("scenario", sort=False):
            print(
                f"\n{results.title(str(name))}: {where}, {group} staff, band {band}; posts a year"
            )
            _print_openings(rows, band)
        print()
        kinds = (
            list(OPENING_WORDS)
            if band != "all"
            else [k for k in OPENING_WORDS if k != "promotions"]
        )
        for kind in kinds:
            print(f"{kind:<16} {OPENING_WORDS[kind]}")
        print("In brackets: the range in 8 of 10 futures.")
        _write(frame, csv, "openings a year", _made(results))


def _print_openings(rows: pd.DataFrame, band: str) -> None:
    from simulator.experiments.careers.opened import OPENING_WORDS

    kinds = [one for one in OPENING_WORDS if one != "promotions" or band != "all"]
    cells = {
        (one.year, one.kind): f"{one.mean:,.0f} ({one.low:,.0f}-{one.high:,.0f})"
        for one in rows_of(rows)
    }
    years = sorted({year for year, _ in cells})
    table = [[year, *(cells.get((year, kind), "0") for kind in kinds)] for year in years]
    _print_table(["NHS year", *kinds], table)


@careers.command(
    "card",
    epilog=examples(
        "careers card app_data_analyst_4 2027",
        "careers card stp_bioinformatics 2028 --region Y56 --scenario funding-freeze",
        "careers card app_dtsp_6 2027 --region Y60 --simulate scenarios/high-leavers.toml",
    ),
)
def card(
    route: Route,
    year: Year,
    region: Region = None,
    scenario: UnderScenario = None,
    simulate: Annotated[
        Path | None,
        typer.Option(help="A scenario file of England to simulate now, in place of a stored one."),
    ] = None,
    csv: Csv = None,
    folder: Folder = None,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Of 100 people who start a route in a year: what becomes of them."""
    with guarded():
        check_workers(workers)
        _check_csv(csv)
        from simulator.experiments.careers import outcome_card

        if simulate is None:
            results = _stored(folder)
        else:
            with progress_bar(quiet=quiet) as progress:
                results = _simulated(simulate, region, workers, progress)
        found = outcome_card(route, year, region, scenario=scenario, results=results)
        print("\n".join(found.lines()))
        about = {"route": route, "year": year, "region": found.region, "scenario": found.scenario}
        _write(found.frame(), csv, "of 100 who start", {**about, **_made(results)})


@careers.command(
    "pay",
    epilog=examples(
        "careers pay",
        "careers pay --london inner",
        "careers pay app_data_analyst_4 --london outer --region Y56",
    ),
)
def pay(
    route: Annotated[
        str | None, typer.Argument(help="A route: its simulated pay; none: the pay table.")
    ] = None,
    london: Annotated[
        str, typer.Option(help="London pay zone: none, fringe, outer or inner.")
    ] = "none",
    region: Region = None,
    scenario: UnderScenario = None,
    csv: Csv = None,
    folder: Folder = None,
) -> None:
    """Published pay by band, or the simulated pay of those who got a post by a route."""
    with guarded():
        _check_csv(csv)
        if route is None:
            _pay_points(london, csv)
            return
        from simulator.experiments.careers import pay_fan

        results = _stored(folder)
        frame = pay_fan(route, london, region=region, scenario=scenario, results=results)
        print(
            f"{route}: full-time pay by years since the first post, pay points of "
            f"{frame.attrs['price_year']}, London zone {london}; of those still in a trust post"
        )
        head = ["Years", "1 in 10 below", "1 in 4 below", "Half", "1 in 4 above", "1 in 10 above"]
        rows = [
            [f"{one.years}", *_fan_words(one), f"{100 * one.in_post:.0f} %"]
            for one in rows_of(frame)
        ]
        _print_table([*head, "Still in post"], rows)
        print("Single simulated careers; later pay awards are not in it.")
        _write(frame, csv, f"pay of {route}", _made(results))


def _fan_words(row: Any) -> list[str]:
    if row.too_few:
        return ["too few to say", *[""] * 4]
    return [f"£{getattr(row, name):,.0f}" for name in ("p10", "p25", "p50", "p75", "p90")]


def _pay_points(london: str, csv: Path | None) -> None:
    from simulator.experiments.careers import pay_points

    frame = pay_points(london=london)
    first = frame.iloc[0]
    print(f"Agenda for Change {first['year']}, full time, pounds a year; London zone {london}")
    _print_table(
        ["Band", "Point", "Months in band", "England", "With London"],
        [
            [
                one.band,
                one.point,
                f"{one.months_in_band}",
                f"{one.pounds:,.0f}",
                f"{one.with_london:,.0f}",
            ]
            for one in rows_of(frame)
        ],
    )
    print(f"Source {first['source']}, grade {first['grade']}")
    _write(frame, csv, "Agenda for Change pay", {"year": first["year"], "source": first["source"]})


@careers.command("paths", epilog=examples("careers paths app_data_analyst_4 --region Y56"))
def paths(
    route: Route,
    region: Region = None,
    scenario: UnderScenario = None,
    csv: Csv = None,
    folder: Folder = None,
) -> None:
    """Of 100 who got a post by a route: first band, and where they are 5 and 10 years later."""
    with guarded():
        _check_csv(csv)
        from simulator.experiments.careers import paths as flows

        results = _stored(folder)
        frame = flows(route, region, scenario=scenario, results=results)
        for years, rows in frame.groupby("years"):
            print(
                f"\n{years} years after the first post, of 100 who got one "
                f"({rows['people'].iloc[0]:,} simulated people):"
            )
            if rows["too_few"].any():
                print("  too few to say")
                continue
            for one in rows_of(rows[rows["high"] > 0]):
                to = one.to.replace("_", " ") if not one.to[0].isdigit() else f"band {one.to}"
                print(
                    f"  {one.of_100:>3.0f} ({one.low:.0f} to {one.high:.0f})  "
                    f"began in band {one.from_band}, now {to}"
                )
        print("\nIn brackets: the range in 8 of 10 futures.")
        _write(frame, csv, f"paths of {route}", _made(results))


@careers.command("stories", epilog=examples("careers stories stp_bioinformatics --count 3"))
def stories(
    route: Route,
    region: Region = None,
    count: Annotated[int, number("How many, at most 10.")] = 10,
    folder: Folder = None,
) -> None:
    """Tell sample careers: simulated people, the same ones every time; nobody real."""
    with guarded():
        from simulator.experiments.careers import sample_careers

        told = sample_careers(route, count, region=region, results=_stored(folder))
        for one in told:
            print(f"{one.title}\n  {one.text}\n  ({one.person}; scenario {one.scenario})\n")
        if len(told) < count:
            print(f"Only {len(told)} people of this route start early enough to be told of.")


@careers.command(
    "seat",
    epilog=examples(
        "careers seat app_data_analyst_4 2027 Y56",
        "careers seat stp_clinical_informatics 2027 Y62 --seats 20 --csv seat.csv",
    ),
)
def seat(
    route: Route,
    year: Year,
    region: Annotated[str, typer.Argument(help="Code of the region of the place.")],
    seats: Annotated[int | None, number("Places simulated for one; by default chosen.")] = None,
    draws: Annotated[int, number("Parameter draws.")] = 32,
    replications: Annotated[int, number("Futures, a multiple of the draws.")] = 256,
    scenario: Annotated[
        Path | None, typer.Option(help="A scenario file of England; by default england.toml.")
    ] = None,
    csv: Csv = None,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """What one more place does to the shortfall, year by year; simulated now, about a minute.

    Measured as some places more with the same luck, divided by their number; beside it, what the
    same money does in retention and in conversion.
    """
    with guarded():
        check_workers(workers)
        _check_csv(csv)
        _check_seats(seats)
        with progress_bar(quiet=quiet) as progress:
            from simulator.experiments.careers import seat_effect

            found = seat_effect(
                route,
                year,
                region,
                seats=seats,
                scenario=scenario,
                sizes={"draws": draws, "replications": replications},
                workers=workers or processors(),
                progress=progress,
            )
        print("\n".join(found.lines()))
        _write(found.table, csv, f"one more place on {route}", _seat_about(found))


def _check_seats(seats: int | None) -> None:
    if seats is not None and not 2 <= seats <= 1000:
        raise refuse("command line", "--seats", str(seats), "a whole number from 2 to 1000")


def _seat_about(found: Any) -> dict[str, Any]:
    names = ("route", "year", "region", "seats", "futures", "turned_away", "cost", "price_year")
    return {name: getattr(found, name) for name in names}


@careers.command(
    "course",
    epilog=examples(
        "careers course 2027 --file courses.toml",
        'careers course 2027 --name "MSc Health Data" --group data --region Y56 --intake 40 '
        "--completion 0.85 --seek 0.4 --months 12",
        "careers course 2027 --file courses.csv --seat",
    ),
)
def course(
    year: Year,
    file: Annotated[
        Path | None, typer.Option(help="Courses: TOML with [[course]] tables, or CSV.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the course.")] = "Own course",
    group: Annotated[str, typer.Option(help="clinical, data or digital.")] = "data",
    region: Annotated[str, typer.Option(help="Code of its region.")] = "Y56",
    intake: Annotated[float, typer.Option(help="People who start a year.")] = 30,
    completion: Annotated[float, typer.Option(help="Share who finish.")] = 0.8,
    seek: Annotated[float, typer.Option(help="Share who then look for an NHS trust post.")] = 0.5,
    months: Annotated[int, number("Length in months.")] = 12,
    seat: Annotated[
        bool, typer.Option("--seat", help="Also what one more place on it does.")
    ] = False,
    csv: Csv = None,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """A university's own course: of 100 who start, and what one more place does; simulated now."""
    with guarded():
        check_workers(workers)
        _check_csv(csv)
        from simulator.experiments.careers import Course, read_courses

        if file is not None:
            courses = read_courses(file)
        else:
            one = Course("own_course", name, group, region, intake, completion, seek, months)
            courses = [one]
        cards = []
        for one in courses:
            with progress_bar(quiet=quiet) as progress:
                many = workers or processors()
                found = one.card(year, workers=many, progress=progress)
                effect = one.seat(year, workers=many, progress=progress) if seat else None
            print("\n".join([*found.lines(), *(effect.lines() if effect else []), ""]))
            cards.append(found.frame().assign(course=one.id, year=year, region=one.region))
        _write_courses(cards, csv)


def _write_courses(cards: list[pd.DataFrame], csv: Path | None) -> None:
    import pandas as pd

    _write(pd.concat(cards, ignore_index=True), csv, "of 100 who start a course", {})


@careers.command("make", epilog=examples("careers make", "careers make --out /tmp/careers"))
def make(
    out: Annotated[
        Path, typer.Option(help="Folder of the stored careers; an earlier one is replaced.")
    ] = Path(_CENSUS) / "careers",
    draws: Annotated[int, number("Parameter draws.")] = 64,
    replications: Annotated[int, number("Futures, a multiple of the draws.")] = 1024,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Simulate all routes under four scenarios and store them; goes on where it was stopped."""
    with guarded():
        check_workers(workers)
        from simulator.experiments.careers import make_careers
        from simulator.experiments.careers.making import SCENARIOS, SETTINGS
        from simulator.experiments.careers.stored import find_scenarios
        from simulator.results.folders import check_target
        from simulator.scenario import load_scenario

        check_target(out, "manifest.json")
        settings = {**SETTINGS, "draws": draws, "replications": replications}
        loaded = [load_scenario(find_scenarios() / f"{name}.toml", settings) for name in SCENARIOS]
        with progress_bar(quiet=quiet) as progress:
            folder = make_careers(loaded, out, workers=workers or processors(), progress=progress)
        complain([f"Stored careers in {folder}"])
