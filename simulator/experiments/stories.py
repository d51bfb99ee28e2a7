"""One simulated career told in sentences, out of the person-level engine's spell log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import BANDS, GROUP_NAMES, GROUPS, How
from simulator.engines import people
from simulator.model.compile import compile_scenario
from simulator.model.specification import Specification
from simulator.scenario.dates import month_after
from simulator.scenario.resolved import Scenario

_PERSON: Final = ("person_kind", "person_id", "person_turn")
_STRIDE: Final = 7919
"""A prime: neighbouring numbers tell of people far apart in the log."""
_BEGAN: Final = {
    How.OPENING: "is in post when the simulation opens, in",
    How.JOINED_EXPERIENCED: "joins with experience from elsewhere, in",
    How.JOINED_GRADUATE: "joins, newly qualified, in",
    How.JOINED_CONVERTED: "joins after converting from a clinical profession, in",
    How.JOINED_RETURNING: "joins after a career break, in",
    How.JOINED_INTERNATIONAL: "joins from abroad, in",
    How.JOINED_OUTSIDE: "joins from another trust, in",
    How.MOVED: "moves here from another trust, in",
    How.PROMOTED: "is promoted to",
}
_ENDED: Final = {
    How.LEFT: "leaves the NHS trusts",
    How.RETIRED: "retires",
    How.BREAK: "takes a career break",
    How.MOVED_OUT: "moves to another trust",
}


@dataclass(frozen=True, slots=True)
class Story:
    """A career.

    Attributes:
        future: Number of the future it comes from.
        people: People in that future who held two posts or more, of whom this is one.
        lines: The career in sentences.
    """

    future: int
    people: int
    lines: tuple[str, ...]


def tell(scenario: Scenario, number: int, *, future: int = 0) -> Story:
    """Tell the career of one simulated person who held two posts or more.

    Args:
        scenario: A scenario of a trust, or of few.
        number: Which person; the same number tells the same story.
        future: Replication.
    """
    spec = compile_scenario(scenario)
    trace = people.simulate(spec, first=future, count=1, spells_of=future)
    careers = _careers(trace.spells)
    if not careers:
        return Story(future, 0, ("In this future nobody holds two posts.",))
    rows = careers[number * _STRIDE % len(careers)]
    return Story(future, len(careers), tuple(_lines(spec, trace.spells, rows)))


def _careers(spells: NDArray[np.void]) -> list[NDArray[np.intp]]:
    """Rows of the log of each person with two spells or more, in order of time."""
    order = np.lexsort([spells["start"], *(spells[name] for name in reversed(_PERSON))])
    log = spells[order]
    new = np.ones(len(log), dtype=np.bool_)
    if len(log):
        new[1:] = np.any([log[name][1:] != log[name][:-1] for name in _PERSON], axis=0)
    parts = np.split(order, np.flatnonzero(new)[1:]) if len(log) else []
    return [part for part in parts if len(part) > 1]


def _lines(
    spec: Specification, spells: NDArray[np.void], rows: Sequence[int] | NDArray[np.intp]
) -> Iterator[str]:
    for row in rows:
        spell = spells[row]
        how, post = How(int(spell["began"])), _post(spec, spell)
        yield f"{_month(spec, int(spell['start']))}: {_BEGAN[how]} {post}{_stood(spells, row)}."
    last = spells[rows[-1]]
    ended = How(int(last["ended"]))
    if ended == How.STILL_IN_POST:
        yield f"{_month(spec, spec.months)}: still in that post when the simulation ends."
    else:
        yield f"{_month(spec, int(last['end']))}: {_ENDED.get(ended, 'goes')}."


def _post(spec: Specification, spell: Any) -> str:
    cell = int(spec.slots.cell[spell["slot"]])
    group = GROUP_NAMES[GROUPS[spec.cells.group[cell]]].lower()
    trust = spec.trusts[spec.cells.trust[cell]]
    where = f" at {trust}" if len(spec.trusts) > 1 else ""
    return f"band {BANDS[spec.cells.band[cell]]}, {group}{where}"


def _stood(spells: NDArray[np.void], row: int) -> str:
    """How long the post had stood empty, where the holder before is in the log."""
    spell = spells[row]
    if row == 0 or spells[row - 1]["slot"] != spell["slot"]:
        return ""
    if spells[row - 1]["turn"] != spell["turn"] - 1:
        return ""
    months = int(spell["start"] - spells[row - 1]["end"])
    return f"; the post had stood empty for {months} month{'s' * (months != 1)}"


def _month(spec: Specification, month: int) -> str:
    return month_after(spec.start, min(month, spec.months))
