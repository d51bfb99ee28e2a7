"""Write the reports of a stored result: all of them or none, never over somebody's own work."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from simulator.domain.digests import file_digest
from simulator.reports.reading import Report, ReportError
from simulator.results.folders import write_text
from simulator.results.result import Result
from simulator.scenario.problems import Problem

if TYPE_CHECKING:
    from simulator.reports.difference import Difference

Kind = Literal["xlsx", "docx", "pptx", "csv"]
KINDS: Final[tuple[Kind, ...]] = ("xlsx", "docx", "pptx", "csv")


def write_reports(
    result: Result,
    folder: str | Path,
    *,
    kinds: Collection[Kind] = KINDS,
    place: str | None = None,
    for_owner: bool = False,
) -> list[Path]:
    """Write reports of a result.

    Files that an earlier call wrote, and nobody has changed since, are replaced.

    Args:
        result: From :func:`simulator.read_result`.
        folder: Made if it is not there.
        kinds: ``xlsx`` (workbook), ``docx`` (board paper), ``pptx`` (slides), ``csv`` (tables).
        place: Code of the place reported; by default the one asked about, or the widest.
        for_owner: Write all numbers although the result rests on a trust's own rows; otherwise
            small counts of such a result are hidden.

    Returns:
        The files written.

    Raises:
        ReportError: If the place is not in the result, or a file would replace something else.
        OSError: If a file cannot be written; nothing is left behind.
    """
    report = Report(result, place=place, for_owner=for_owner)
    about = {
        "results_digest": result.digest,
        "place": report.place.code,
        "for_owner": for_owner,
    }

    def make(building: Path) -> list[Path]:
        return [path for kind in KINDS if kind in kinds for path in _make(report, kind, building)]

    return _put(Path(folder), report.id, names_of(report, kinds), make, about)


def write_comparison(
    found: Difference,
    folder: str | Path,
    *,
    kinds: Collection[Kind] = KINDS,
) -> list[Path]:
    """Write reports of a comparison of scenarios, as :func:`write_reports` does of a result.

    Args:
        found: The comparison, as a reader meets it.
        folder: Made if it is not there.
        kinds: ``xlsx`` (workbook), ``docx`` (board paper), ``pptx`` (slides), ``csv`` (the table).

    Returns:
        The files written.

    Raises:
        ReportError: If a file would replace something else.
        OSError: If a file cannot be written; nothing is left behind.
    """
    from simulator.reports import difference_files as files

    writers = {"xlsx": files.write_workbook, "docx": files.write_paper, "pptx": files.write_slides}
    names = [f"{found.id}.{kind}" for kind in KINDS if kind in kinds]
    if "csv" in kinds:
        names.append(f"{found.id}.csv.about.json")

    def make(building: Path) -> list[Path]:
        for kind in KINDS:
            path = building / f"{found.id}.{kind}"
            if kind in kinds and kind == "csv":
                found.comparison.write(path)
            elif kind in kinds:
                writers[kind](found, path)
        return [building / name for name in names]

    about = {"results_digest": found.facts.digest, "place": found.place.code}
    return _put(Path(folder), found.id, names, make, about)


def _put(
    target: Path,
    name: str,
    names: Sequence[str],
    make: Callable[[Path], list[Path]],
    about: Mapping[str, object],
) -> list[Path]:
    """Let ``make`` write files in a folder apart, and put them in place: all or none."""
    if target.exists() and not target.is_dir():
        raise ReportError([Problem(str(target), "", "", "not a folder; name a folder")])
    listed = f"{name}-files.json"
    known = _written_before(target / listed)
    _check(target, names, known)
    target.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".report-", dir=target))
    try:
        made = make(building)
        stated = {**known, **{path.name: file_digest(path) for path in made}}
        every = {**about, "files": dict(sorted(stated.items()))}
        write_text(building / listed, json.dumps(every, indent=2) + "\n")
        for path in (*made, building / listed):
            path.replace(target / path.name)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return [target / path.name for path in made]


def names_of(report: Report, kinds: Collection[Kind]) -> list[str]:
    """Names of the files of a report."""
    names = [f"{report.id}.{kind}" for kind in KINDS if kind in kinds and kind != "csv"]
    if "csv" in kinds:
        for table in report.result.tables:
            names += [f"{report.id}-{table}.csv", f"{report.id}-{table}.csv-metadata.json"]
    return names


def _make(report: Report, kind: Kind, folder: Path) -> list[Path]:
    path = folder / f"{report.id}.{kind}"
    if kind == "xlsx":
        from simulator.reports.workbook import write_workbook

        write_workbook(report, path)
    elif kind == "docx":
        from simulator.reports.paper import write_paper

        write_paper(report, path)
    elif kind == "pptx":
        from simulator.reports.slides import write_slides

        write_slides(report, path)
    else:
        from simulator.reports.csvs import write_tables

        return write_tables(report, folder)
    return [path]


def _written_before(listed: Path) -> dict[str, str]:
    """Digests of files of an earlier call, by which an own file is told from another."""
    try:
        stated = json.loads(listed.read_text(encoding="utf-8"))
        return {str(name): str(digest) for name, digest in stated["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _check(target: Path, names: Iterable[str], known: dict[str, str]) -> None:
    """Refuse files that this program did not write, or that somebody has changed since."""
    problems = []
    for name in names:
        path = target / name
        if path.exists() and (not path.is_file() or known.get(name) != file_digest(path)):
            words = "there is something else here, or it was changed; move it or name another --to"
            problems.append(Problem(str(path), "", "", words))
    if problems:
        raise ReportError(problems)
