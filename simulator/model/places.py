"""Places in which results are added up: trusts, care systems, regions and England."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.evidence.trusts import Trust
from simulator.model.specification import Places

LEVELS = ("trust", "ics", "region", "england")


def _codes_of(trust: Trust) -> tuple[tuple[str, str, str], ...]:
    """(level, code, title) of every place that holds a trust."""
    return (
        ("trust", trust.code, trust.name),
        ("ics", trust.ics_code, trust.ics),
        ("region", trust.region_code, trust.region),
        ("england", "ENG", "England"),
    )


def compile_places(
    england: Sequence[Trust],
    modelled: Sequence[Trust],
    reported: frozenset[str],
    transfers: Sequence[tuple[int, str, str]],
    months: int,
) -> Places:
    """Places of a run: each reported trust, and each larger place that is reported whole.

    Args:
        england: All trusts at the opening.
        modelled: Trusts simulated, in order.
        reported: Codes of the trusts asked about.
        transfers: (month, code, successor): from that month's end a trust counts in its successor.
        months: T.
    """
    titles: dict[tuple[str, str], str] = {}
    whole: dict[tuple[str, str], bool] = {}
    for trust in england:
        for level, code, title in _codes_of(trust):
            titles[level, code] = title
            whole[level, code] = whole.get((level, code), True) and trust.code in reported
    names = sorted(
        (name for name, reported_whole in whole.items() if reported_whole),
        key=lambda name: (LEVELS.index(name[0]), name[1]),
    )
    dates = sorted({month for month, _, _ in transfers if 1 <= month <= months})
    member = np.zeros((len(dates) + 1, len(names), len(modelled)), dtype=np.bool_)
    by_code = {trust.code: trust for trust in england}
    for number, date in enumerate([0, *dates]):
        moved = {code: successor for month, code, successor in transfers if month <= date}
        for column, trust in enumerate(modelled):
            home = by_code[moved.get(trust.code, trust.code)]
            holders = {(level, code) for level, code, _ in _codes_of(home)}
            for row, name in enumerate(names):
                member[number, row, column] = name in holders
    epoch = np.searchsorted(dates, np.arange(months + 1), side="right")
    return Places(
        names=tuple(names),
        titles=tuple(titles[name] for name in names),
        member=member,
        epoch=epoch.astype(np.int32),
    )
