"""Stored counts of careers: tables, with the digests of what made them; quick to read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulator.domain.digests import Stamp, file_digest, folder_stamp
from simulator.model.intake import Pathway, load_pathways
from simulator.scenario.problems import Problem
from simulator.scenario.reader import COMMAND_LINE

if TYPE_CHECKING:
    import pandas as pd

FOLDER: Final = Path("scenarios/census/england-2026-03/careers")
MANIFEST: Final = "manifest.json"
STORIES: Final = "stories.json"
VERSION: Final = 1
TABLES: Final = {
    "cards": "scenario, route, region, year, outcome, months, of_100, low, high, people",
    "waits": "scenario, route, region, year, people, p10, median, p90",
    "paths": "scenario, route, region, years, from_band, to, of_100, low, high, people",
    "pay": "scenario, route, region, years, band, step, people",
    "openings": "scenario, region, group, band, year, kind, mean, low, high",
}
"""Tables and their columns; ``region`` is ``ENG`` for England."""
ENGLAND: Final = "ENG"


class CareersError(ValueError):
    """Stored careers are missing, damaged or of another version."""


class NotKnownError(ValueError):
    """A route, region, year or scenario that is not there; ``problems`` says all that is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems; there is at least one."""
        self.problems = tuple(problems)
        lines = [" ".join(line.strip() for line in one.lines()) for one in problems]
        super().__init__("; ".join(lines))


@dataclass(frozen=True)
class Careers:
    """Counts of careers under some scenarios.

    Attributes:
        manifest: What made them: scenarios with their digests, sizes, code, digests of the tables.
        tables: Tables by name, with the columns of :data:`TABLES`; words are categories.
        stories: Sample careers by route, as text and facts.
    """

    manifest: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(repr=False)
    stories: dict[str, list[dict[str, Any]]] = field(repr=False)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Ids of the scenarios, the baseline first."""
        return tuple(self.manifest["scenarios"])

    def title(self, scenario: str) -> str:
        """Title of a scenario."""
        return str(self.manifest["scenarios"][scenario]["title"])

    def frame(self, table: str, **where: str | int | Sequence[str]) -> pd.DataFrame:
        """Rows of a table whose columns have the values given; a value or a list of values."""
        frame = self.tables[table]
        for name, value in where.items():
            wanted = [value] if isinstance(value, str | int) else list(value)
            frame = frame.loc[frame[name].isin(wanted)]
        return frame.astype(dict.fromkeys(frame.select_dtypes("category"), object))

    def check(self, **asked: str | int | None) -> None:
        """Refuse what is not there.

        Args:
            asked: Values by ``scenario``, ``route``, ``region``, ``year`` (of a start).

        Raises:
            NotKnownError: With everything that is wrong.
        """
        cards = self.tables["cards"]
        known: dict[str, list[Any]] = {
            "scenario": list(self.scenarios),
            "route": list(routes()),
            "region": list(self.manifest["regions"]),
            "year": sorted(int(year) for year in cards["year"].unique()),
        }
        known["region"] += [ENGLAND] if ENGLAND not in known["region"] else []
        refuse_unknown({name: (value, known[name]) for name, value in asked.items()})


def refuse_unknown(asked: dict[str, tuple[Any, list[Any]]]) -> None:
    """Refuse values that are not among those known; None is nothing asked.

    Raises:
        NotKnownError: With everything that is wrong.
    """
    wrong = [
        Problem(
            COMMAND_LINE, name, str(value), f"not known; known are {', '.join(map(str, known))}"
        )
        for name, (value, known) in asked.items()
        if value is not None and value not in known
    ]
    if wrong:
        raise NotKnownError(wrong)


def routes() -> dict[str, str]:
    """Names of the routes, by pathway id, in the order of the evidence."""
    from simulator.evidence.tables import table_rows

    return {row["pathway"]: row["name"] for row in table_rows("pathways")}


def pathway_of(route: str) -> Pathway:
    """The pathway of a route.

    Raises:
        NotKnownError: If there is none.
    """
    refuse_unknown({"route": (route, list(routes()))})
    return next(one for one in load_pathways() if one.id == route)


def find_folder() -> Path:
    """Folder of the stored careers: below this folder, or beside the program.

    Raises:
        CareersError: If there is none.
    """
    beside = Path(__file__).resolve().parents[3]
    for above in (Path(), beside):
        if (above / FOLDER / MANIFEST).is_file():
            return above / FOLDER
    raise CareersError(f"{FOLDER}: no stored careers; make them with `workforce careers make`")


def find_scenarios() -> Path:
    """Folder of the scenarios: below this folder, or beside the program.

    Raises:
        CareersError: If there is none.
    """
    beside = Path(__file__).resolve().parents[3]
    for above in (Path(), beside):
        if (above / "scenarios" / "england.toml").is_file():
            return above / "scenarios"
    raise CareersError("scenarios/england.toml: not here; name the scenario's file")


def read_careers(folder: str | Path | None = None) -> Careers:
    """Read stored careers, once a process while they do not change.

    Args:
        folder: By default that of the census, see :func:`find_folder`.

    Raises:
        CareersError: If they are missing, or differ from what their manifest states.
    """
    source = Path(folder) if folder is not None else find_folder()
    return _read(source, folder_stamp(source))


@lru_cache(maxsize=4)
def _read(folder: Path, _: Stamp) -> Careers:
    import pandas as pd

    path = folder / MANIFEST
    if not path.is_file():
        raise CareersError(f"{folder}: no stored careers: there is no {MANIFEST}")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version, files = manifest["version"], manifest["files"]
    except (ValueError, KeyError, TypeError) as error:
        raise CareersError(f"{path}: not a manifest: {error}") from error
    if version != VERSION:
        raise CareersError(f"{path}: version {version}; this program reads version {VERSION}")
    for name in (*(f"{table}.parquet" for table in TABLES), STORIES):
        if not (folder / name).is_file() or file_digest(folder / name) != files.get(name):
            raise CareersError(
                f"{folder / name}: not the file that was written with the manifest; "
                "make it again with `workforce careers make`"
            )
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}
    stories = json.loads((folder / STORIES).read_text(encoding="utf-8"))
    return Careers(manifest, tables, stories)
