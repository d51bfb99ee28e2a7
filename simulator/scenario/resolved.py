"""A scenario that has been read, merged and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from simulator.evidence.library import DatedValue, Parameter, load_library
from simulator.scenario.dates import months_between
from simulator.scenario.numbers import kept_values, range_of
from simulator.scenario.schema import (
    FittedOverride,
    Lever,
    Need,
    OwnNumbers,
    ParameterOverride,
    Place,
    Programme,
    Rest,
)
from simulator.scenario.toml_text import toml_text

_WORDS = frozenset(
    {
        "id",
        "title",
        "why",
        "workshop",
        "sources",
        "fails_in",
        "reason",
        "author",
        "rationale",
        "census",
        "census_rows",
        "as_of",
        "source",
    }
)


class Scenario(BaseModel):
    """A scenario, fully resolved and frozen; :func:`simulator.scenario.load_scenario` makes it.

    Attributes:
        id: Short name; like title and why it never affects a result.
        title: The scenario in one line.
        why: The question it answers.
        workshop: A paragraph for a workshop, or none.
        sources: Ids of sources in the evidence library.
        fails_in: File of the scenario in which this one fails, or none.
        opening: Opening month (month 0), YYYY-MM.
        months: Months simulated, T.
        draws: Parameter draws, D.
        replications: Replications in all, a multiple of ``draws``.
        seed: Root seed.
        census: Census folder, resolved.
        census_rows: Tables of posts whose trusts replace those trusts' rows, resolved.
        row_digests: SHA-256 of each of these tables.
        held: Texts of those of the tables that are in no file, by file name.
        place: The part of England asked about, aliases of merged trusts resolved.
        rest: How the rest of England enters; none for England.
        need: How need is projected.
        parameters: Overrides of library parameters by id, in order of id.
        fitted: Overrides of the census's fitted numbers by name, in order of name.
        own: Trusts' own counts of staff groups, in order of trust and group, aliases resolved.
        programme: Programmes in order, aliases of merged trusts resolved.
        lever: Levers in order, aliases of merged trusts resolved.
        reported: Codes of the trusts in the place, in order.
        modelled: Codes of the trusts simulated, in order.
        source: The file that was asked for, resolved.
        files: All input files: scenario files first, then tables of posts, then the census.
        notes: What a planner should know, such as trusts that have merged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    id: str
    title: str
    why: str
    workshop: str | None
    sources: tuple[str, ...]
    fails_in: str | None
    opening: str
    months: int
    draws: int
    replications: int
    seed: int
    census: Path
    census_rows: tuple[Path, ...]
    row_digests: tuple[str, ...]
    held: Mapping[str, str] = Field(repr=False)
    place: Place
    rest: Rest | None
    need: Need
    parameters: Mapping[str, ParameterOverride]
    fitted: Mapping[str, FittedOverride]
    own: tuple[OwnNumbers, ...]
    programme: tuple[Programme, ...]
    lever: tuple[Lever, ...]
    reported: tuple[str, ...]
    modelled: tuple[str, ...]
    source: Path
    files: tuple[Path, ...]
    notes: tuple[str, ...]

    def parameter(self, name: str) -> Parameter:
        """Return a parameter of the evidence library with this scenario's override in place.

        Raises:
            KeyError: If the library has no such parameter.
        """
        parameter = load_library().get(name)
        override = self.parameters.get(name)
        return parameter if override is None else overridden(parameter, override)

    def lever_path(self, lever: Lever, months: int | None = None) -> list[float]:
        """Return how much of a lever is in force at months 0 to T, each from 0 to 1.

        Nothing before its start; then a straight rise that is complete ``ramp_months`` later
        (at once if that is 0); all of it up to and including its end; nothing after.

        Args:
            lever: One of the scenario's levers.
            months: T; the scenario's own if not given.
        """
        start = months_between(self.opening, lever.start)
        end = None if lever.end is None else months_between(self.opening, lever.end)
        path = []
        for month in range((self.months if months is None else months) + 1):
            if month < start or (end is not None and month > end):
                path.append(0.0)
            elif month >= start + lever.ramp_months:
                path.append(1.0)
            else:
                path.append((month - start) / lever.ramp_months)
        return path

    def canonical_toml(self) -> str:
        """Return the resolved scenario as a TOML file that stands alone in the same folder."""
        return toml_text(self._content())

    def canonical_json(self) -> str:
        """Return the resolved scenario as JSON with sorted keys: one text for one scenario."""
        return _json(self._content())

    def law_json(self) -> str:
        """Return only what can change a number, as JSON: no names, words, authors or paths.

        With the content of the census and its tables, it decides every result.
        """
        tables = {"rows": self.row_digests} if self.row_digests else {}
        return _json(_without_words(self._content()) | {"trusts": self.modelled, **tables})

    @property
    def own_names(self) -> tuple[str, ...]:
        """Tables and counts that are trusts' own: what is made of them is theirs to share."""
        typed = dict.fromkeys(f"numbers stated by {one.trust}" for one in self.own)
        return (*(path.name for path in self.census_rows), *typed)

    def _content(self) -> dict[str, Any]:
        folder = self.source.parent
        content: dict[str, Any] = {
            "id": self.id,
            "title": self.title,
            "why": self.why,
            "workshop": self.workshop,
            "sources": list(self.sources),
            "fails_in": self.fails_in,
            "opening": self.opening,
            "months": self.months,
            "draws": self.draws,
            "replications": self.replications,
            "seed": self.seed,
            "census": self.census.relative_to(folder).as_posix(),
            "census_rows": [path.relative_to(folder).as_posix() for path in self.census_rows],
            "rest": self.rest,
            "place": _plain(self.place),
            "need": _plain(self.need),
            "parameters": {name: _plain(self.parameters[name]) for name in sorted(self.parameters)},
            "fitted": {name: _plain(self.fitted[name]) for name in sorted(self.fitted)},
            "own": [_plain(one) for one in self.own],
            "programme": [_plain(programme) for programme in self.programme],
            "lever": [_plain(lever) for lever in self.lever],
        }
        return {key: value for key, value in content.items() if value not in (None, [], {})}


def overridden(parameter: Parameter, override: ParameterOverride) -> Parameter:
    """Return a library parameter with an override in place.

    A single value holds in all months. Dated values hold from their months; before the first
    the library's values stay.
    """
    low, high = range_of(override, parameter)
    if override.value is not None:
        values: tuple[DatedValue, ...] = (DatedValue(parameter.values[0].start, override.value),)
    else:
        own = (DatedValue(one.start, one.value) for one in override.values or ())
        values = (*kept_values(override, parameter), *own)
    varies = parameter.varies and low < high
    shape = parameter.shape if low < high else "fixed"
    return replace(parameter, values=values, low=low, high=high, shape=shape, varies=varies)


def _plain(part: BaseModel) -> dict[str, Any]:
    return part.model_dump(mode="json", by_alias=True, exclude_none=True)


def _without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_words(one) for key, one in value.items() if key not in _WORDS}
    return [_without_words(one) for one in value] if isinstance(value, list) else value


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
