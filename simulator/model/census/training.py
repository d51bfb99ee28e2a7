"""Trainees and waiting graduates of the opening census."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.model.census.apportion import keyed_unit, systematic
from simulator.model.census.fit import Setting
from simulator.model.steady import still_enrolled
from simulator.scenario.dates import month_after

if TYPE_CHECKING:
    import pandas as pd

    from simulator.model.census.fit import Flows, Pathway


def started_before(opening: str, start_month: int) -> int:
    """Months before the opening in which the latest cohort started, 0 to 11."""
    return (int(opening[5:7]) - start_month) % 12


def trainee_rows(setting: Setting) -> pd.DataFrame:
    """Return whole people still enrolled, by pathway, region and month of start.

    A cohort that started k months ago has intake x completion^(k / duration) left; one that
    started ``duration`` months ago completed in the opening month. Each cohort's national number is
    the nearest whole one, split over the regions with a keyed start.
    """
    import pandas as pd

    rows = []
    for one in setting.pathways:
        for k in range(started_before(setting.opening, one.start_month), one.duration, 12):
            left = one.intake * still_enrolled(one.completion, k, one.duration)
            start = month_after(setting.opening, -k)
            exact = setting.region_share * (round(left) if left >= 1 else left)
            counts = systematic(exact, keyed_unit(f"enrolled|{one.id}|{start}"))
            rows += [
                (one.id, region, start, int(count))
                for region, count in zip(setting.regions, counts, strict=True)
                if count
            ]
    return pd.DataFrame(rows, columns=["pathway", "region", "start", "enrolled"])


def graduate_rows(setting: Setting, flows: Flows) -> pd.DataFrame:
    """Return whole graduates waiting at the opening, by pathway, region and month of start.

    The waiting of a pool who completed in one month are split over its pathways that complete in
    that month by their numbers of seekers.
    """
    import pandas as pd

    names: list[tuple[str, str, str]] = []
    expected: list[float] = []
    for (r, g, k), pool in flows.pools.items():
        paths = [p for p in setting.pathways if (p.group, p.band_range) == (g, k)]
        for months, people in enumerate(pool.waiting):
            for path, share in _completing(paths, months):
                start = month_after(setting.opening, -months - path.duration)
                names.append((path.id, setting.regions[r], start))
                expected.append(float(people) * share)
    counts = systematic(np.array(expected))
    rows = [(*name, int(count)) for name, count in zip(names, counts, strict=True) if count]
    rows.sort()
    return pd.DataFrame(rows, columns=["pathway", "region", "start", "waiting"])


def _completing(paths: list[Pathway], months: int) -> list[tuple[Pathway, float]]:
    """Return the pathways that completed some months ago, and each one's share of seekers."""
    found = [path for path in paths if path.ready == (11 - months) % 12]
    total = sum(path.seekers for path in found)
    return [(path, path.seekers / total) for path in found]
