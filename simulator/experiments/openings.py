"""How long posts that fall vacant stay open, counted post by post.

Counted are posts whose holder leaves, moves or is promoted. Posts that are newly opened are not:
the spell log does not say when. A post that is withdrawn before it is filled counts as open.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import BANDS, GROUPS, How
from simulator.engines import arrays
from simulator.experiments.questions import share
from simulator.experiments.simulate import Progress
from simulator.model.compile import compile_scenario
from simulator.model.specification import Specification
from simulator.scenario.resolved import Scenario

if TYPE_CHECKING:
    import pandas as pd

YEARS: Final = 5
"""Posts that fall vacant in the first five years are followed."""
FOLLOWED: Final = 18
"""Months that each is followed."""
FEWEST: Final = 30
"""Vacancies below which nothing is said of a band."""
_NEVER: Final = 1 << 20


def time_open(
    scenario: Scenario, *, futures: int, progress: Progress | None = None
) -> pd.DataFrame:
    """Count how many posts are still open so many months after they fell vacant.

    Args:
        scenario: A scenario of a trust, or of few.
        futures: Futures followed; the first of the scenario's, at most all.
        progress: Told (done, total, words).

    Returns:
        Rows by ``group`` and ``band`` (``all`` for all together) and ``month`` since the post fell
        vacant, 0 to 18: ``vacancies`` counted, and the ``share`` of them still open, with the
        limits ``low`` and ``high`` of its 95 % interval. Without rows for bands with fewer than 30
        vacancies.
    """
    count = min(futures, scenario.replications)
    count -= count % scenario.draws or 0
    months = min(scenario.months, 12 * YEARS + FOLLOWED)
    spec = compile_scenario(scenario.model_copy(update={"months": months}))
    counted: list[NDArray[np.int64]] = []
    for number in range(count):
        trace = arrays.trace(spec, first=number, count=1, spells_of=number)
        counted.append(_counted(spec, trace.spells))
        if progress is not None:
            progress(number + 1, count, "following posts")
    return _table(np.stack(counted), scenario.draws)


def _counted(spec: Specification, spells: NDArray[np.void]) -> NDArray[np.int64]:
    """Vacancies of one future by group, band and months open, shape (3, 11, FOLLOWED + 2).

    The last column counts those that were open for longer than is followed.
    """
    ended = np.flatnonzero(
        (spells["ended"] != How.STILL_IN_POST)
        & (spells["end"] >= 1)
        & (spells["end"] <= spec.months - FOLLOWED)
    )
    after = np.minimum(ended + 1, len(spells) - 1)
    filled = (spells["slot"][after] == spells["slot"][ended]) & (
        spells["turn"][after] == spells["turn"][ended] + 1
    )
    waited = np.where(filled, spells["start"][after] - spells["end"][ended], _NEVER)
    cell = spec.slots.cell[spells["slot"][ended]]
    out = np.zeros((len(GROUPS), len(BANDS), FOLLOWED + 2), dtype=np.int64)
    at = (spec.cells.group[cell], spec.cells.band[cell], np.minimum(waited, FOLLOWED + 1))
    np.add.at(out, at, 1)
    return out


def _table(counted: NDArray[np.int64], draws: int) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for group, band, by_wait in _parts(counted):
        vacancies = by_wait.sum(axis=1)
        if vacancies.sum() < FEWEST:
            continue
        for month in range(FOLLOWED + 1):
            still = by_wait[:, month + 1 :].sum(axis=1)
            part = still.sum() / vacancies.sum()
            # A ratio of sums has the interval of its linear part.
            near = part + (still - part * vacancies) / vacancies.mean()
            found = share(near, draws)
            rows.append((group, band, month, int(vacancies.sum()), part, found.low, found.high))
    columns = ["group", "band", "month", "vacancies", "share", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _parts(counted: NDArray[np.int64]) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
    """Group, band and vacancies by future and wait, shape (N, FOLLOWED + 2), of each part."""
    yield "all", "all", counted.sum(axis=(1, 2))
    for i, group in enumerate(GROUPS):
        yield group, "all", counted[:, i].sum(axis=1)
        for j, band in enumerate(BANDS):
            yield group, band, counted[:, i, j]
