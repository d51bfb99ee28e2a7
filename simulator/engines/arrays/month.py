"""What one month of a block has done so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from simulator.domain.words import PEOPLE_IN, PEOPLE_OUT, Flow, Phase
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State
from simulator.model.specification import F64, NEVER

NOBODY = np.empty(0, dtype=np.intp)


@dataclass(slots=True)
class Month:
    """What a month has done so far: events by flow, and what is worked out at its end.

    Turns, delays and exit months of everything that begins in a month are drawn together at
    its end: none of them can fall due before the next month.
    """

    number: int
    flows: dict[Flow, list[Index]] = field(default_factory=dict)
    vacated: list[Index] = field(default_factory=list)  # posts that are opened come first
    advertised: list[Index] = field(default_factory=list)
    started: list[Index] = field(default_factory=list)
    moves: list[tuple[Index, Index]] = field(default_factory=list)  # flat positions: to, from
    pool_flows: F64 | None = None  # (pool flows, N, P) unless replayed
    pools: dict[str, F64] = field(default_factory=dict)
    recorded: bool = False

    def note(self, flow: Flow, index: Index) -> None:
        """Record events of one flow at flat positions."""
        if len(index):
            self.flows.setdefault(flow, []).append(index)

    def people(self) -> tuple[Index, Index]:
        """Flow and flat position of every arrival in and departure from a post."""
        return _listed([(flow, self.flows.get(flow, [])) for flow in (*PEOPLE_IN, *PEOPLE_OUT)])

    def posts(self) -> tuple[Index, Index]:
        """Flow and flat position of everything else: of vacancies, posts and failed rounds."""
        rest = (Flow.OPENED, Flow.WITHDRAWN, Flow.ROUNDS_FAILED)
        entries = [(flow, self.flows.get(flow, [])) for flow in rest]
        return _listed([(Flow.VACANCIES, self.vacated), *entries])


def _listed(entries: list[tuple[Flow, list[Index]]]) -> tuple[Index, Index]:
    flows = [flow for flow, parts in entries for _ in parts]
    parts = [part for _, parts in entries for part in parts]
    lengths = [len(part) for part in parts]
    return np.repeat(np.array(flows, dtype=np.intp), lengths), gather(parts)


def gather(parts: list[Index]) -> Index:
    """One array of all positions."""
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else NOBODY


def vacate(state: State, month: Month, index: Index) -> None:
    """Empty posts now; their vacancies are drawn at the end of the month."""
    state.phase[index] = Phase.APPROVAL
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
