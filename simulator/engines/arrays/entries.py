"""Entries of a year's ledgers, kept month by month and read at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from simulator.domain.words import Flow
from simulator.engines.arrays.block import PEOPLE, Ledger
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import Held, State
from simulator.model.specification import F64, I32

_POSTS: Final = np.zeros(len(Flow))
_POSTS[Flow.OPENED], _POSTS[Flow.WITHDRAWN] = 1.0, -1.0
_CHANGES: Final = _POSTS != 0


@dataclass(frozen=True, slots=True)
class Change:
    """FTE that comes (positive) and goes, entry by entry, in hundredths."""

    month: Index
    cell: I32
    fte: F64
    start: Held  # month in which the holder came to the band; of people only


@dataclass(slots=True)
class Entries:
    """Ledgers of the months of a year so far, and since when each person has been in the band."""

    months: list[int] = field(default_factory=list)
    people: list[Ledger] = field(default_factory=list)
    posts: list[Ledger] = field(default_factory=list)
    starts: list[Held] = field(default_factory=list)

    def add(self, state: State, month: int, people: Ledger, posts: Ledger) -> None:
        """Keep a month's ledgers."""
        self.months.append(month)
        self.people.append(people)
        self.posts.append(posts)
        self.starts.append(state.band_start.take(people.index))

    def year(self, state: State, staff: Index) -> tuple[Change, Change, Index]:
        """Change of staff in post, of funded posts, and the code of every event.

        Args:
            state: The block; the FTE of a post never changes.
            staff: Column of each flat cell; a code is column x flows + flow.
        """
        people, posts = _joined(self.people), _joined(self.posts)
        in_post = Change(
            self._months(self.people),
            people.cell,
            PEOPLE.take(people.flow) * state.fte.take(people.index),
            np.concatenate(self.starts),
        )
        some = _CHANGES.take(posts.flow).nonzero()[0]
        funded = Change(
            self._months(self.posts).take(some),
            posts.cell.take(some),
            _POSTS.take(posts.flow.take(some)) * state.fte.take(posts.index.take(some)),
            np.empty(0, dtype=np.int16),
        )
        codes = staff.take(np.concatenate([people.cell, posts.cell]))
        codes *= len(Flow)
        codes += np.concatenate([people.flow, posts.flow])
        return in_post, funded, codes

    def _months(self, ledgers: list[Ledger]) -> Index:
        lengths = [len(ledger.index) for ledger in ledgers]
        return np.array(self.months, dtype=np.intp).repeat(lengths)


def _joined(ledgers: list[Ledger]) -> Ledger:
    return Ledger(
        np.concatenate([one.flow for one in ledgers]),
        np.concatenate([one.index for one in ledgers]),
        np.concatenate([one.cell for one in ledgers]),
    )
