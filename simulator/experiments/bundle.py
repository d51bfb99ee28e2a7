"""One zip file with everything that a stored result needs to be run again, elsewhere and later.

The bytes depend on the result and its inputs alone: names are in order, times are fixed, nothing is
compressed (the tables are already).
"""

from __future__ import annotations

import json
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from simulator.domain.digests import digest_of, file_digest
from simulator.model.baseline import FOLDER as BASELINE
from simulator.model.baseline import read_digest
from simulator.results.result import MANIFEST, SCENARIO, Result, read_result
from simulator.scenario import ScenarioError, load_scenario
from simulator.scenario.problems import Problem
from simulator.scenario.resolved import Scenario

README: Final = "README.md"
INPUTS: Final = "scenario"
RESULT: Final = "result"
MOST_FILES: Final = 500
LARGEST: Final = 2_000_000_000
"""Bytes of all files of a bundle above which it is refused."""
_TIME: Final = (1980, 1, 1, 0, 0, 0)


class BundleError(ValueError):
    """A bundle cannot be made or opened; ``problems`` says why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Hold the problems."""
        self.problems = tuple(problems)
        super().__init__("\n".join(line for one in problems for line in one.lines()))


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle that has been unpacked: its result folder and its scenario file."""

    result: Path
    scenario: Path


def make_bundle(
    result: str | Path,
    target: str | Path,
    *,
    scenario: str | Path | None = None,
    for_owner: bool = False,
) -> Path:
    """Put a stored result and everything it was made from into one zip file.

    Args:
        result: A result folder.
        target: The zip file to make; an earlier bundle of the same result is replaced.
        scenario: The scenario file; by default the path stored with the result.
        for_owner: Make it although it holds a trust's own rows.

    Raises:
        ResultError: If the folder is not a sound result.
        BundleError: If the scenario or its inputs are not those of the result, if it holds a
            trust's own rows, or if the file would replace something else.
    """
    folder, path = Path(result), Path(target)
    stored = read_result(folder)
    source = Path(scenario or stored.manifest["source"])
    problems = _refusals(stored, path, for_owner=for_owner)
    try:
        read = load_scenario(source, _sizes(stored))
    except ScenarioError as error:
        problems += error.problems
        raise BundleError(problems) from error
    problems += _changes(stored, read)
    if problems:
        raise BundleError(problems)
    files = {**_inputs(read), **_result_files(stored, folder, source.name)}
    files[README] = _readme(stored, source.name).encode()
    _write(path, files)
    return path


def _sizes(stored: Result) -> dict[str, object]:
    return {key: stored.manifest[key] for key in ("draws", "replications", "seed")}


def _refusals(stored: Result, path: Path, *, for_owner: bool) -> list[Problem]:
    problems = []
    if path.suffix != ".zip":
        problems.append(Problem(str(path), "", "", "the name of a bundle must end in .zip"))
    elif path.exists() and _digest_in(path) != stored.digest:
        words = "there is something else here, not a bundle of this result; choose another name"
        problems.append(Problem(str(path), "", "", words))
    if not path.parent.is_dir():
        problems.append(Problem(str(path), "", "", f"there is no folder {path.parent}; make it"))
    own = stored.manifest["own_rows"]
    if own and not for_owner:
        words = (
            "a bundle would hold a trust's own rows, post by post; give --for-owner if it stays "
            "with the owner of the data"
        )
        problems.append(Problem(str(stored.folder), "own_rows", ", ".join(own), words))
    return problems


def _digest_in(path: Path) -> str:
    """The results digest of a bundle, blank if the file is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = json.loads(archive.read(f"{RESULT}/{MANIFEST}"))
        return str(manifest["results"]["digest"])
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return ""


def _changes(stored: Result, read: Scenario) -> list[Problem]:
    """Whatever is no longer as it was when the result was made."""
    problems = []
    now = {path.relative_to(read.source.parent).as_posix(): path for path in read.files}
    for name, digest in stored.manifest["inputs"].items():
        if name not in now:
            words = "the scenario does not name this file any more; run it again"
            problems.append(Problem(name, "", "", words))
        elif file_digest(now[name]) != digest:
            words = "it has changed since the result was made; run the scenario again"
            problems.append(Problem(name, "", "", words))
    if (
        read.rest == "baseline"
        and read_digest(read.census / BASELINE) != stored.manifest["baseline"]
    ):
        words = "another baseline than the result replayed; run the scenario again"
        problems.append(Problem(str(read.census / BASELINE), "", "", words))
    digest = digest_of([read.canonical_json().encode()])
    if not problems and digest != stored.manifest["scenario"]["digest"]:
        words = (
            "the result was made with values laid over this file (other than draws, replications "
            "and seed); write them into a scenario file and run that"
        )
        problems.append(Problem(str(read.source), "", "", words))
    return problems


def _inputs(read: Scenario) -> dict[str, bytes]:
    """The scenario's files, as they lie in its folder; with the England baseline it replays."""
    folder = read.source.parent
    paths = [path for path in read.files if path.is_file()]
    if read.rest == "baseline":
        paths += sorted((read.census / BASELINE).glob("*"))
    return {f"{INPUTS}/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in paths}


def _result_files(stored: Result, folder: Path, scenario: str) -> dict[str, bytes]:
    """The result's files; its manifest names the scenario within the bundle, no path of a disk."""
    manifest: dict[str, Any] = {**stored.manifest, "source": f"{INPUTS}/{scenario}"}
    names = [SCENARIO, *(f"{name}.parquet" for name in stored.tables)]
    files = {f"{RESULT}/{name}": (folder / name).read_bytes() for name in names}
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    return {**files, f"{RESULT}/{MANIFEST}": text.encode()}


def _readme(stored: Result, scenario: str) -> str:
    facts = stored.manifest
    own = facts["own_rows"]
    warning = (
        f"\n**This bundle holds a trust's own rows ({', '.join(own)}), post by post. Keep it with "
        "the owner of the data.**\n"
        if own
        else ""
    )
    return f"""# {facts["scenario"]["title"]}

A simulation of the clinical informatics workforce, with everything it was made from.
{warning}
With version {facts["code"]["version"]} of the simulator (Python package nhs-informatics-workforce)
installed, one command runs it again and says whether every number is identical:

    workforce verify BUNDLE.zip

where BUNDLE.zip is this file. Its results digest must be

    {stored.digest}

| folder | what |
|---|---|
| `{INPUTS}/` | the scenario, `{scenario}`, with the files it extends, its census and its tables |
| `{RESULT}/` | tables (Parquet), the resolved scenario, and the manifest: versions, digests |

{facts["draws"]:,} draws, {facts["replications"]:,} replications, seed {facts["seed"]}; code
{facts["code"]["digest"]}.

Not for: decisions about individual people, pay claims, judging a trust's performance, or quoting
one number without its range.
"""


def _write(path: Path, files: dict[str, bytes]) -> None:
    """Write a zip file whole or not at all, with the same bytes for the same content."""
    building = path.with_name(f".{path.name}.part")
    try:
        with zipfile.ZipFile(building, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, _TIME)
                entry.create_system = 3  # whatever the system, so that the bytes are the same
                entry.external_attr = (stat.S_IFREG | 0o644) << 16
                archive.writestr(entry, files[name])
        building.replace(path)
    finally:
        building.unlink(missing_ok=True)


@contextmanager
def opened(path: str | Path) -> Iterator[Opened]:
    """Unpack a bundle for a while.

    Nothing is unpacked from a file that is not a sound bundle: too large, or with names that
    lead out of its folder.

    Raises:
        BundleError: If the file is not a sound bundle.
    """
    source = Path(path)
    with tempfile.TemporaryDirectory(prefix="workforce-bundle-") as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(source) as archive:
                _unpack(source, archive, folder)
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
            raise _refused(source, "", f"not a bundle that can be read: {error}") from error
        yield _found(source, folder)


def _refused(source: Path, where: str, words: str) -> BundleError:
    return BundleError([Problem(str(source), where, "", words)])


def _unpack(source: Path, archive: zipfile.ZipFile, folder: Path) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > LARGEST:
        words = f"more than {MOST_FILES} files or {LARGEST:,} bytes; it is not a bundle"
        raise _refused(source, "", words)
    wrong = [entry.filename for entry in entries if not _sound(entry)]
    if wrong or len({name.casefold() for name in names}) < len(names):
        words = "a name in the zip file leads out of it or is there twice; it is not a bundle"
        raise _refused(source, repr(wrong[0])[1:-1] if wrong else "", words)
    for entry in entries:
        target = folder / entry.filename
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as stream, target.open("wb") as file:
            content = stream.read(entry.file_size + 1)  # never more than was said
            if len(content) != entry.file_size:
                raise _refused(source, entry.filename, "larger than it says; it is not a bundle")
            file.write(content)


def _sound(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a plain file inside one of the bundle's folders."""
    name = entry.filename
    path = PurePosixPath(name)
    mode = entry.external_attr >> 16
    return (name == README or (len(path.parts) > 1 and path.parts[0] in {INPUTS, RESULT})) and not (
        ".." in path.parts
        or path.as_posix() != name
        or any(char in name for char in '\\:*?"<>|')
        or not name.isprintable()
        or (stat.S_IFMT(mode) not in {0, stat.S_IFREG})
    )


def _found(source: Path, folder: Path) -> Opened:
    """The result and the scenario of an unpacked bundle."""
    result = folder / RESULT
    try:
        manifest = json.loads((result / MANIFEST).read_text(encoding="utf-8"))
        name = str(manifest["source"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _refused(source, "", "not a bundle: it has no sound manifest") from error
    scenario = (folder / name).resolve()
    if not scenario.is_file() or (folder / INPUTS).resolve() not in scenario.parents:
        raise _refused(source, f"{RESULT}/{MANIFEST}", "the scenario it names is not in the bundle")
    return Opened(result, scenario)
