"""Split the difference of two scenarios among their edits: levers, parameters, ways of need.

One rule. The part of an edit is its effect alone: the first scenario with this edit, less the first
scenario. What the edits do together beyond that is a part of its own, the interaction: the whole
difference less all effects alone. So the parts add up to the difference in every future, in whole
hundredths of an FTE. Beside it stands the effect last: the second scenario less the second without
the edit; effects alone and last differ as far as the edit interacts with others.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from simulator.domain.words import PEOPLE_IN, PEOPLE_OUT, Flow
from simulator.experiments.compare import (
    NotComparableError,
    about,
    check_baselines,
    check_comparable,
    described,
    draw_notes,
    make_cut,
    measure_words,
    part_of,
    place_titles,
    rows_where,
)
from simulator.experiments.futures import ALL, FTE, LEVELS, TRAINING, Futures, run_futures
from simulator.experiments.layers import F64, layers, signed
from simulator.experiments.simulate import Progress
from simulator.model.compile import compile_scenario
from simulator.results.measures import MEASURES as REGISTRY
from simulator.results.totals import YEAR
from simulator.scenario.problems import Problem

if TYPE_CHECKING:
    import pandas as pd

    from simulator.scenario.resolved import Scenario

FIRST: Final = "first"
INTERACTION: Final = "interaction"
SECOND: Final = "second"
MOST_EDITS: Final = 40
_WORDS: Final = 52
"""Width of the first column of what is printed."""
_INSIDE: Final = {Flow.PROMOTED_IN, Flow.PROMOTED_OUT}
"""Within a trust and group, where they cancel."""
CAME: Final = tuple(flow.name.lower() for flow in PEOPLE_IN if flow not in _INSIDE)
WENT: Final = tuple(flow.name.lower() for flow in PEOPLE_OUT if flow not in _INSIDE)
ROUTES: Final = ("headcount", *CAME, *WENT, *TRAINING)
"""How people come and go: kept with every explanation, so that supply is split by route."""
_SAME: Final = frozenset({"place", "rest", "census", "census_rows"})
_NOT_LAW: Final = frozenset(
    {
        "id",
        "title",
        "why",
        "workshop",
        "sources",
        "fails_in",
        "source",
        "files",
        "notes",
        "reported",
        "modelled",
        "held",
        "row_digests",
    }
)
"""Fields that change no number, or follow from the place."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing in which the second scenario differs from the first.

    Attributes:
        name: Its name in tables, such as ``lever retention``.
        title: In words.
        field: The field of a scenario that holds it.
        key: Its id in that field; none if the field is edited whole.
    """

    name: str
    title: str
    field: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A difference split among edits.

    Attributes:
        first: Title and name of the first scenario.
        second: Title and name of the second.
        edits: In what they differ.
        draws: Parameter draws of each run.
        replications: Replications of each run, paired by number.
        table: One row for each place, group, band, measure, month and step. Steps are ``first``
            (the first scenario's mean), each edit (its effect alone), ``interaction`` and
            ``second`` (the second scenario's mean), in ``value`` with ``low95`` and ``high95``;
            ``last``, ``last_low95`` and ``last_high95`` are the edit's effect last, and ``changed``
            is the share of futures in which a part is not zero. ``total`` is the value added up
            over replications in ``unit``: the totals of the first, the edits and the interaction
            add up to that of the second exactly.
        notes: What a reader should know.
        about: What made the table: versions, digests, sizes.
    """

    first: str
    second: str
    edits: tuple[Edit, ...]
    draws: int
    replications: int
    table: pd.DataFrame
    notes: tuple[str, ...]
    about: dict[str, Any]

    def frame(self, **where: str | int | Sequence[str] | Sequence[int]) -> pd.DataFrame:
        """Rows of the table, e.g. ``measure="in_post", month=60``.

        Raises:
            KeyError: If there is no such column.
        """
        return rows_where(self.table, **where)

    def lines(
        self,
        *,
        measure: str = "in_post",
        group: str = ALL,
        band: str = ALL,
        level: str | None = None,
    ) -> list[str]:
        """Say how the difference comes about, for each month and place, by default the widest."""
        frame = self._level(self.frame(measure=measure, group=group, band=band), level)
        lines = [f"{measure_words(measure, group, band)}: {self.second}, against {self.first}"]
        for (place, date), steps in frame.groupby(["place", "date"], sort=False):
            lines.append(f"{f'{place}, {date}':<{_WORDS}} alone (95 % interval), and last")
            lines += [self._step(step) for _, step in steps.iterrows()]
        return lines

    def route_lines(self, *, group: str = ALL, level: str | None = None) -> list[str]:
        """Say by which routes people came and went in each part, by the last month kept."""
        month = int(self.table["month"].max())
        routes = [one for one in ROUTES if (self.table["measure"] == one).any()]
        frame = self._level(self.frame(measure=routes, group=group, band=ALL, month=month), level)
        frame = frame.loc[~frame["step"].isin([FIRST, SECOND]) & (frame["changed"] > 0)]
        lines = []
        for (place, step), rows in frame.groupby(["place", "step"], sort=False):
            lines.append(f"People by route, {place}: {self._words(str(step))}")
            for _, row in rows.iterrows():
                lines.append(f"  {REGISTRY[row['measure']].label:<{_WORDS - 2}} {_effect(row)}")
        return lines

    @staticmethod
    def _level(frame: pd.DataFrame, level: str | None) -> pd.DataFrame:
        levels = [one for one in LEVELS if (frame["level"] == one).any()]
        return frame.loc[frame["level"].isin([level] if level else levels[:1])]

    def _words(self, step: str) -> str:
        """A step in words."""
        named = {one.name: one.title for one in self.edits}
        named |= {INTERACTION: "What they do only together", FIRST: self.first}
        return named.get(step, self.second)

    def _step(self, step: pd.Series[Any]) -> str:
        """A step of the waterfall on one line."""
        words = textwrap.shorten(self._words(step["step"]), _WORDS - 4, placeholder="...")
        if step["step"] in {FIRST, SECOND}:
            return f"  {words:<{_WORDS - 2}} {step['value']:,.1f}"
        text = f"  {words:<{_WORDS - 2}} {_effect(step)}"
        alike = step["step"] == INTERACTION or (step["changed"] == 0 and step["last"] == 0)
        return text if alike else f"{text}, {signed(step['last'])}"

    def write(self, path: str | Path) -> Path:
        """Write the table as CSV, with a JSON file beside it that says what made it.

        Raises:
            CsvError: If the file cannot be written or would replace something else.
        """
        from simulator.results.csvs import write_csv

        return write_csv(self.table, Path(path), self.about)


def _effect(row: pd.Series[Any]) -> str:
    """An effect with its interval."""
    if row["changed"] == 0:
        return "no change in any future"
    if math.isnan(row["low95"]):
        return f"{signed(row['value'])} (one future, so no interval)"
    return f"{signed(row['value'])} ({signed(row['low95'])} to {signed(row['high95'])})"


def explain(
    first: Scenario,
    second: Scenario,
    *,
    measure: str = "in_post",
    levels: Iterable[str] | None = None,
    groups: Iterable[str] = (ALL,),
    bands: Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Explanation:
    """Split the difference of two scenarios, ``second`` less ``first``, among their edits.

    With E edits it takes 2 E + 2 runs (4 for two edits, 2 for one), all with the same luck.

    Args:
        first: The scenario compared with.
        second: The other; it must differ in a lever, a parameter, a fitted number or need.
        measure: What is split; flows such as ``left`` are counted from the opening. People by
            route are split besides.
        levels: Levels of places; by default all, but no trusts where all of England is explained.
        groups: Staff groups, and ``all``.
        bands: Bands, for ``headcount`` and ``vacant_posts``; by default all together.
        years: Ends of years since the opening; by default the last.
        workers: Processes; they change no number.
        progress: Told (done, total, words).

    Raises:
        NotComparableError: If the two cannot be paired, or differ in nothing that can be split.
        CutError: If what is asked for is not there.
    """
    check_comparable(first, [second])
    edits = find_edits(first, second)
    whole = frozenset(edits)
    wanted = [frozenset[Edit](), *(frozenset({one}) for one in edits)]
    wanted += [*(whole - {one} for one in edits), whole]
    variants = {some: variant(first, second, edits, some) for some in dict.fromkeys(wanted)}
    specs = {some: compile_scenario(one) for some, one in variants.items()}
    ends = [specs[frozenset()], specs[whole]]
    check_baselines([first, second], ends)
    years = [first.months // YEAR] if years is None else years
    measures = dict.fromkeys((measure, *(ROUTES if bands is None else ())))
    cut = make_cut(ends, levels, tuple(groups), measures, bands, tuple(years))
    found: dict[frozenset[Edit], Futures] = {}
    for number, (some, spec) in enumerate(specs.items()):
        tell = part_of(progress, number, len(specs))
        found[some] = run_futures(spec, cut, workers=workers, progress=tell)
    return Explanation(
        described(first),
        described(second),
        edits,
        first.draws,
        first.replications,
        _table(found, edits, place_titles(ends[0], found[whole].labels())),
        tuple(draw_notes(first.draws, first.replications)),
        about("the second scenario's difference from the first, by edit", [first, second], ends),
    )


def find_edits(first: Scenario, second: Scenario) -> tuple[Edit, ...]:
    """In what the second scenario differs from the first, in the order of its fields.

    Raises:
        NotComparableError: If it differs in nothing, or in what cannot be split.
    """
    file, edits, problems = second.source.name, list[Edit](), list[Problem]()
    for name in type(second).model_fields:
        one, two = getattr(first, name), getattr(second, name)
        if one == two or name in _NOT_LAW:
            continue
        if name in _SAME:
            words = f"another {name} than in {first.source.name}; only edits of one place are split"
            problems.append(Problem(file, name, "", words))
        else:
            edits += _edits(name, one, two)
    if not problems and not edits:
        words = (
            f"it has no lever, parameter or number that {first.source.name} does not have, "
            "so there is no difference to explain"
        )
        problems.append(Problem(file, "", "", words))
    if len(edits) > MOST_EDITS:
        words = f"differs in {len(edits)} levers and numbers; {MOST_EDITS} at most can be split"
        problems.append(Problem(file, "", "", words))
    if problems:
        raise NotComparableError(problems)
    return tuple(edits)


def _edits(field: str, one: Any, two: Any) -> Iterator[Edit]:
    """Edits of one field: of each entry that differs, or of the field as a whole."""
    before, after = _entries(one), _entries(two)
    if before is None or after is None:
        yield Edit(field, _whole_words(field, one, two), field, None)
        return
    for key in dict.fromkeys((*after, *before)):
        old, new = before.get(key), after.get(key)
        if _law(old) != _law(new):
            name = {"parameters": "parameter", "fitted": "fitted number"}.get(field, field)
            yield Edit(f"{name} {key}", _entry_words(field, key, old, new), field, key)


def _entries(value: Any) -> dict[str, Any] | None:
    """Entries of a field by id, or nothing if it is one thing."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple) and all(hasattr(one, "id") for one in value):
        return {one.id: one for one in value}
    return None


def _law(entry: Any) -> Any:
    """What of an entry can change a number."""
    if not isinstance(entry, BaseModel):
        return entry
    words = {"title", "rationale", "reason", "author"}
    return entry.model_dump(exclude=words & set(type(entry).model_fields))


def _whole_words(field: str, one: Any, two: Any) -> str:
    """A field that is edited whole, in words."""
    if not isinstance(one, BaseModel) or not isinstance(two, BaseModel):
        return f"{field}: {two}, not {one}"
    old, new = one.model_dump(), two.model_dump()
    changed = [f"{name} {new[name]}, not {old[name]}" for name in new if new[name] != old[name]]
    return f"{field}: {'; '.join(changed)}"


def _entry_words(field: str, key: str, old: Any, new: Any) -> str:
    """An entry that is edited, in words."""
    title = getattr(new or old, "title", None) or f"{field} {key}"
    if new is None:
        return f"{title}, taken away"
    value = getattr(new, "value", None)
    if not hasattr(new, "title") and value is not None:
        title += f" = {value:g}"
    return str(title) if old is None else f"{title}, changed"


def variant(
    first: Scenario, second: Scenario, edits: Sequence[Edit], some: frozenset[Edit]
) -> Scenario:
    """Return the first scenario with some of the edits that lead to the second.

    With none it is the first scenario itself, with all the second.
    """
    if not some:
        return first
    if len(some) == len(edits):
        return second
    changed: dict[str, Any] = {}
    for field in dict.fromkeys(edit.field for edit in edits):
        of_field = [edit for edit in edits if edit.field == field]
        taken = {edit.key for edit in of_field if edit in some}
        one, two = getattr(first, field), getattr(second, field)
        if of_field[0].key is None:
            changed[field] = two if taken else one
        else:
            changed[field] = _mixed(one, two, taken, {edit.key for edit in of_field})
    return second.model_copy(update=changed)


def _mixed(one: Any, two: Any, taken: set[str | None], edited: set[str | None]) -> Any:
    """Entries of the second field, but those edited and not taken as they are in the first.

    Order is the second's, since additions and settings of places depend on it.
    """
    before, after = _entries(one) or {}, _entries(two) or {}
    kept = {}
    for key in dict.fromkeys((*before, *after)) if not set(before) <= set(after) else after:
        source = after if key in taken or key not in edited else before
        if key in source:
            kept[key] = source[key]
    return dict(sorted(kept.items())) if isinstance(two, Mapping) else tuple(kept.values())


def _table(
    found: Mapping[frozenset[Edit], Futures], edits: Sequence[Edit], titles: list[str]
) -> pd.DataFrame:
    import pandas as pd

    none, whole = frozenset[Edit](), frozenset(edits)
    first, second = found[none], found[whole]
    labels = first.labels()
    labels.insert(2, "place", titles)
    labels["unit"] = ["hundredths FTE" if one in FTE else "people" for one in labels["measure"]]
    scale, draws = first.scale[:, None], first.draws
    alone = [found[frozenset({one})].values - first.values for one in edits]
    last = [second.values - found[whole - {one}].values for one in edits]
    together = second.values - first.values - sum(alone)
    parts = []
    steps = [FIRST, *(one.name for one in edits), INTERACTION, SECOND]
    for number, numbers in enumerate([first.values, *alone, together, second.values]):
        values = _with_interval(numbers / scale, draws, "")
        if 0 < number <= len(edits):
            values |= _with_interval(last[number - 1] / scale, draws, "last_")
        values["changed"] = (numbers != 0).mean(axis=1)
        parts.append(labels.assign(step=steps[number], total=numbers.sum(axis=1), **values))
    table = pd.concat(parts, keys=range(len(parts)), names=["part", "row"])
    return table.sort_index(level=["row", "part"], kind="stable").reset_index(drop=True)


def _with_interval(values: F64, draws: int, prefix: str) -> dict[str, F64]:
    """Mean and 95 % interval of each row, under names of columns."""
    got = layers(values, draws)
    name = "last" if prefix else "value"
    return {
        name: got.mean,
        f"{prefix}low95": got.mean - got.half,
        f"{prefix}high95": got.mean + got.half,
    }
