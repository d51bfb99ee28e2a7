"""What one month of a block has done so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from simulator.domain.words import Flow
from simulator.engines.arrays.codes import APPROVAL, NEVER
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State
from simulator.model.specification import F64

Event = tuple[int | Index, Index]
"""Flow of some events, or the flow of each, and their flat positions."""
NOBODY = np.empty(0, dtype=np.intp)


@dataclass(slots=True)
class Month:
    """What a month has done so far: events, and what is worked out at its end.

    Turns, delays and exit months of everything that begins in a month are drawn together at
    its end: none of them can fall due before the next month.
    """

    number: int
    came: list[Event] = field(default_factory=list)
    went: list[Event] = field(default_factory=list)
    posts: list[Event] = field(default_factory=list)  # and failed rounds
    breaks: Index = field(default_factory=lambda: NOBODY)
    opened: int = 0  # of ``vacated``, those that have been opened
    vacated: list[Index] = field(default_factory=list)  # posts that are opened come first
    advertised: list[Index] = field(default_factory=list)
    started: list[Index] = field(default_factory=list)
    moves: list[tuple[Index, Index]] = field(default_factory=list)  # flat positions: to, from
    pool_flows: F64 | None = None  # (pool flows, N, P) unless replayed
    pools: dict[str, F64] = field(default_factory=dict)
    recorded: bool = False

    def note(self, events: list[Event], flow: int | Index, index: Index) -> None:
        """Record events at flat positions: of one flow, or each of its own."""
        if len(index):
            events.append((flow, index))

    def of_people(self) -> tuple[Index, Index]:
        """Flow and flat position of every arrival in and departure from a post."""
        return _listed(self.came + self.went)

    def of_posts(self) -> tuple[Index, Index]:
        """Flow and flat position of everything else: of vacancies, posts and failed rounds."""
        return _listed([(Flow.VACANCIES, index) for index in self.vacated] + self.posts)


def _listed(events: list[Event]) -> tuple[Index, Index]:
    if not events:
        return NOBODY, NOBODY
    index = np.concatenate([one for _, one in events])
    flows, at = np.empty(len(index), dtype=np.intp), 0
    for flow, one in events:
        flows[at : at + len(one)] = flow
        at += len(one)
    return flows, index


def gather(parts: list[Index]) -> Index:
    """One array of all positions."""
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else NOBODY


def vacate(state: State, month: Month, index: Index) -> None:
    """Empty posts now; their vacancies are drawn at the end of the month."""
    state.phase[index] = APPROVAL
    state.eligible[index] = NEVER
    month.vacated.append(index)


def moves_between(state: State, month: Month) -> Index:
    """Moves of a month as codes (replication x trusts + to) x trusts + from."""
    layout, trusts = state.layout, len(state.layout.trusts)
    codes = []
    for to, source in month.moves:
        replication, cell = np.divmod(state.cell.take(to), layout.cell_count)
        won, lost = layout.trust[cell], layout.trust[state.cell.take(source) % layout.cell_count]
        codes.append((replication * trusts + won) * trusts + lost)
    return gather(codes)
