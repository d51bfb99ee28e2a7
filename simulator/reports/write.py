"""Write the reports of a stored result: all of them or none, never over somebody's own work."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final, Literal

from simulator.domain.digests import file_digest
from simulator.reports.reading import Report, ReportError
from simulator.results.folders import write_text
from simulator.results.result import Result
from simulator.scenario.problems import Problem

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
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise ReportError([Problem(str(target), "", "", "not a folder; name a folder")])
    known = _written_before(target, report)
    _check(target, names_of(report, kinds), known)
    target.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".report-", dir=target))
    try:
        made = [path for kind in KINDS if kind in kinds for path in _make(report, kind, building)]
        stated = {**known, **{path.name: file_digest(path) for path in made}}
        about = {
            "results_digest": result.digest,
            "place": report.place.code,
            "for_owner": for_owner,
            "files": dict(sorted(stated.items())),
        }
        write_text(building / _about(report), json.dumps(about, indent=2) + "\n")
        for path in (*made, building / _about(report)):
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


def _about(report: Report) -> str:
    """The file that lists what was written, by which an own file is told from another."""
    return f"{report.id}-files.json"


def _written_before(target: Path, report: Report) -> dict[str, str]:
    try:
        stated = json.loads((target / _about(report)).read_text(encoding="utf-8"))
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
