"""Loading a scenario: read, merge, check everything, and only then build."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

from simulator.domain.words import GROUPS
from simulator.evidence.library import load_library
from simulator.evidence.sources import load_sources, unknown_sources
from simulator.evidence.tables import table_rows
from simulator.scenario.dates import is_month
from simulator.scenario.facts import Facts, read_facts, resolve_tables
from simulator.scenario.geography import (
    Geography,
    geography_at,
    merging_trusts,
    modelled_trusts,
    reported_trusts,
)
from simulator.scenario.levers import Setting, check_levers, check_programmes
from simulator.scenario.numbers import check_fitted, check_parameters, range_of
from simulator.scenario.own import check_own
from simulator.scenario.problems import Problem, ScenarioError
from simulator.scenario.reader import Layered, inside, read_bytes, read_layers
from simulator.scenario.resolved import Scenario
from simulator.scenario.rows import LARGEST, check_rows, parse_rows
from simulator.scenario.schema import (
    REACHES,
    REQUIRED,
    Lever,
    Need,
    OwnNumbers,
    ParameterOverride,
    Place,
    Programme,
    Rest,
    ScenarioFile,
    description_of,
)
from simulator.scenario.shape import check_shape

STATED: Final = re.compile(r"-([0-9a-f]{16})\.csv$")
"""The digest in the name of a table that states its own."""
_Part = TypeVar("_Part", Place, Programme, Lever)


def load_scenario(
    path: str | Path,
    overrides: Mapping[str, object] | None = None,
    held: Mapping[str, str] | None = None,
) -> Scenario:
    """Read a scenario file and the files it extends, and check all of it.

    Args:
        path: The scenario file (TOML).
        overrides: Values laid over the file as a child would lay them, for instance
            ``{"draws": 8, "replications": 64}``.
        held: Texts of tables of posts that are in memory and in no file, by the name under which
            ``census_rows`` lists them.

    Raises:
        ScenarioError: With every problem found.
    """
    layered = read_layers(Path(path), overrides or {})
    draft, problems = check_shape(layered)
    problems += _missing(layered)
    problems += _counts(layered, draft.file)
    facts, found = _census(layered, draft.file)
    problems += found
    tables, found = _tables(layered, draft.file, facts, held or {})
    problems += found
    geography = geography_at(draft.file.opening) if draft.file.opening else None
    problems += _words(layered, draft.file)
    problems += _place(layered, draft.file, facts, geography)
    problems += _numbers(layered, draft.file, facts)
    setting = _setting(draft.file, facts, geography)
    problems += check_programmes(layered, draft.file.programme or (), setting)
    problems += check_own(layered, draft.file.own or (), tables.owner, setting)
    problems += check_levers(layered, draft.file.lever or (), draft.numbers, setting)
    if problems or facts is None or geography is None:
        raise ScenarioError(problems)
    return _build(layered, draft.file, facts, geography, tables)


def _missing(layered: Layered) -> list[Problem]:
    problems = [
        layered.problem((key,), None, f"missing; expected: {description_of((key,))}")
        for key in REQUIRED
        if key not in layered.content
    ]
    place = layered.content.get("place")
    england = isinstance(place, Mapping) and place.get("england") is True
    if "rest" not in layered.content and place is not None and not england:
        words = f"missing for a part of England; expected: {description_of(('rest',))}"
        problems.append(layered.problem(("rest",), None, words))
    return problems


def _words(layered: Layered, file: ScenarioFile) -> list[Problem]:
    """Check that sources are known and that the scenario in which this one fails is there."""
    problems = [
        layered.problem(("sources",), name, "no such source; `workforce evidence` lists them")
        for name in unknown_sources(file.sources or (), load_sources())
    ]
    if file.fails_in is not None:
        found, wrong = inside(layered.folder, layered.folder, file.fails_in)
        if found is not None and not found.is_file():
            wrong = "no such file; give the name of a scenario file in this folder"
        if wrong:
            problems.append(layered.problem(("fails_in",), file.fails_in, wrong))
    return problems


def _counts(layered: Layered, file: ScenarioFile) -> list[Problem]:
    draws, replications = file.draws, file.replications
    if draws is None or replications is None or replications % draws == 0:
        return []
    if draws > replications:
        words = f"fewer replications than draws ({draws}); each draw needs at least one"
    else:
        near = max(1, round(replications / draws)) * draws
        words = f"not a multiple of the {draws} draws; the nearest is {near}"
    return [layered.problem(("replications",), replications, words)]


def _census(layered: Layered, file: ScenarioFile) -> tuple[Facts | None, list[Problem]]:
    if file.census is None:
        return None, []
    facts, problems = read_facts(layered, file.census)
    if facts is not None and file.opening is not None and facts.opening != file.opening:
        words = f"the census opens in {facts.opening}; give that month or another census"
        problems.append(layered.problem(("opening",), file.opening, words))
    return facts, problems


@dataclass(frozen=True, slots=True)
class _Tables:
    """Tables of posts: their paths, digests of their bytes, whose posts each holds."""

    paths: tuple[Path, ...]
    digests: tuple[str, ...]
    owner: dict[str, str]
    held: dict[str, str]


def _tables(
    layered: Layered, file: ScenarioFile, facts: Facts | None, held: Mapping[str, str]
) -> tuple[_Tables, list[Problem]]:
    found, problems = resolve_tables(layered, file.census_rows or (), frozenset(held))
    owner: dict[str, str] = {}
    digests: list[str] = []
    kept: dict[str, str] = {}
    for name, path in found:
        try:
            content = held[name].encode() if name in held else read_bytes(path, name, LARGEST)
            rows = parse_rows(content, name)
        except ScenarioError as error:
            problems += error.problems
            continue
        digests.append(sha256(content).hexdigest())
        if name in held:
            kept[path.name] = held[name]
        problems += _renamed(name, digests[-1])
        if facts is not None:
            problems += check_rows(name, rows, facts.trusts)
        for trust in sorted({row["trust"] for row in rows}):
            if trust in owner:
                words = f"{owner[trust]} holds the posts of this trust too; keep one table"
                problems.append(Problem(name, "trust", trust, words))
            owner[trust] = name
    paths = tuple(path for _, path in found)
    return _Tables(paths, tuple(digests), owner, kept), problems


def _renamed(name: str, digest: str) -> list[Problem]:
    """Refuse a table whose name ends in the digest of another content."""
    stated = STATED.search(name)
    if stated is None or digest.startswith(stated[1]):
        return []
    words = f"the content has changed since the table was named; its digest is now {digest[:16]}"
    return [Problem(name, "", stated[1], words)]


def _place(
    layered: Layered, file: ScenarioFile, facts: Facts | None, geography: Geography | None
) -> list[Problem]:
    place = file.place
    if place is None:
        return []
    given = [kind for kind in (*REACHES, "england") if getattr(place, kind) is not None]
    if len(given) != 1:
        words = "give exactly one of trusts, ics, regions or england"
        here = f"; here are {' and '.join(given)}" if given else ""
        return [layered.problem(("place",), None, words + here)]
    if geography is None or not place.codes:
        return []
    known = geography.codes(place.kind)
    problems = []
    for number, code in enumerate(place.codes):
        path = ("place", place.kind, number)
        if code not in known:
            problems.append(layered.problem(path, code, geography.unknown(place.kind, code)))
        elif facts and not geography.members(place.kind, [code]) & facts.trusts:
            words = "not in the census; name what the census holds"
            problems.append(layered.problem(path, code, words))
    return problems


def _numbers(layered: Layered, file: ScenarioFile, facts: Facts | None) -> list[Problem]:
    problems = check_parameters(layered, file.parameters or {}, load_library())
    return problems + check_fitted(layered, file.fitted or {}, facts.fitted if facts else ())


def _setting(file: ScenarioFile, facts: Facts | None, geography: Geography | None) -> Setting:
    modelled = None
    if facts is not None and geography is not None and file.place is not None:
        _, simulated = _trusts(file, facts, geography)
        modelled = frozenset(simulated)
    return Setting(
        opening=file.opening,
        months=file.months,
        rest=_rest(file),
        geography=geography,
        modelled=modelled,
        census=facts.trusts if facts else None,
        pathways=frozenset(row["pathway"] for row in table_rows("pathways")),
        programmes=frozenset(one.id for one in file.programme or ()),
        kinds=frozenset(row["kind"] for row in table_rows("levers")),
        whole=file.place is not None and file.place.kind != "trusts",
    )


def _rest(file: ScenarioFile) -> Rest | None:
    """Return how the rest of England enters; for England there is none."""
    return None if file.place is None or file.place.kind == "england" else file.rest


def _trusts(
    file: ScenarioFile, facts: Facts, geography: Geography
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the trusts reported and those simulated."""
    assert file.place is not None
    merging = merging_trusts(facts.opening, file.months or 0) if is_month(facts.opening) else ()
    reported = reported_trusts(file.place, geography, facts.trusts, merging)
    return reported, modelled_trusts(reported, _rest(file), geography, facts.trusts)


def _build(
    layered: Layered,
    file: ScenarioFile,
    facts: Facts,
    geography: Geography,
    tables: _Tables,
) -> Scenario:
    assert file.place is not None
    reported, modelled = _trusts(file, facts, geography)
    names = ("id", "title", "why", "opening", "months", "draws", "replications", "seed")
    given: dict[str, Any] = {name: getattr(file, name) for name in names}
    return Scenario(
        **given,
        workshop=file.workshop,
        sources=file.sources or (),
        fails_in=file.fails_in,
        census=facts.folder,
        census_rows=tables.paths,
        row_digests=tables.digests,
        held=tables.held,
        place=_merged(file.place, geography),
        rest=_rest(file),
        need=file.need or Need(),
        parameters=_ranged(file.parameters or {}),
        fitted=dict(sorted((file.fitted or {}).items())),
        programme=tuple(_merged(one, geography) for one in file.programme or ()),
        own=_sorted(file.own or (), geography),
        lever=tuple(_merged(lever, geography) for lever in file.lever or ()),
        reported=reported,
        modelled=modelled,
        source=layered.top,
        files=(*layered.files, *tables.paths, *facts.files),
        notes=_notes(file, geography, reported),
    )


def _ranged(overrides: Mapping[str, ParameterOverride]) -> dict[str, ParameterOverride]:
    """Put the library's range where an override names none."""
    ranged = {}
    for name in sorted(overrides):
        low, high = range_of(overrides[name], load_library().get(name))
        ranged[name] = overrides[name].model_copy(update={"low": low, "high": high})
    return ranged


def _merged(part: _Part, geography: Geography) -> _Part:
    """Put today's code in place of the code of a trust that has merged."""
    if part.trusts is None:
        return part
    codes = dict.fromkeys(geography.aliases.get(code, code) for code in part.trusts)
    return part.model_copy(update={"trusts": tuple(codes)})


def _sorted(own: tuple[OwnNumbers, ...], geography: Geography) -> tuple[OwnNumbers, ...]:
    """Put own numbers in order, under today's codes of trusts that have merged."""
    codes = geography.aliases
    today = (one.model_copy(update={"trust": codes.get(one.trust, one.trust)}) for one in own)
    return tuple(sorted(today, key=lambda one: (one.trust, GROUPS.index(one.group))))


def _notes(file: ScenarioFile, geography: Geography, reported: tuple[str, ...]) -> tuple[str, ...]:
    parts: list[Place | Programme | Lever] = [
        *((file.place,) if file.place else ()),
        *(file.programme or ()),
        *(file.lever or ()),
    ]
    merged = dict.fromkeys(
        code for part in parts for code in part.trusts or () if code in geography.aliases
    )
    names = geography.names
    past = [
        f"{code} ({names[code]}) has merged; it is now part of "
        f"{geography.aliases[code]} ({names[geography.aliases[code]]})"
        for code in merged
    ]
    to_come = [
        f"{old} ({names[old]}) merges into {new} ({names[new]}) in {month}; both are simulated"
        for month, old, new in merging_trusts(file.opening or "", file.months or 0)
        if file.place and file.place.kind == "trusts" and {old, new} <= set(reported)
    ]
    return (*past, *to_come)
