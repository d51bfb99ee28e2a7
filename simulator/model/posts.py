"""Cells and posts of the modelled trusts, from the opening census."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.domain.words import BAND_RANGE_OF, BANDS, GROUPS, Phase
from simulator.evidence.trusts import Trust
from simulator.model.own import funded_posts
from simulator.model.specification import F64, I32, NEVER, U64, Cells, Partners, Pulls, Slots
from simulator.scenario.schema import OwnNumbers

if TYPE_CHECKING:
    import pandas as pd

_PHASES: Final = {
    "filled": Phase.FILLED,
    "approval": Phase.APPROVAL,
    "advert": Phase.ADVERT,
    "agreed": Phase.AGREED,
}
PART_TIME: Final = (40, 60, 80)
"""FTE of part-time posts, hundredths, equally likely (method, section 6)."""


@dataclass(frozen=True, slots=True)
class Establishment:
    """Opening posts of England by cell, and where each modelled trust's cells are.

    Attributes:
        counts: Opening posts, shape (J, groups, bands), of every trust of the regions simulated.
        trusts: Those trusts, in order.
        modelled: Which of them are simulated.
        funded: Posts with money behind them, likewise: fewer where a trust is over-established.
    """

    counts: NDArray[np.int64]
    trusts: tuple[Trust, ...]
    modelled: NDArray[np.bool_]
    funded: NDArray[np.int64]


def count_posts(
    posts: pd.DataFrame,
    trusts: Sequence[Trust],
    modelled: frozenset[str],
    own: tuple[OwnNumbers, ...] = (),
) -> Establishment:
    """Count opening posts by trust, group and band, and those that trusts say are funded."""
    number = {trust.code: i for i, trust in enumerate(trusts)}
    here = posts[posts["trust"].isin(list(number))]
    counts = np.zeros((len(trusts), len(GROUPS), len(BANDS)), dtype=np.int64)
    index = (
        here["trust"].map(number).to_numpy(),
        here["group"].map({g: i for i, g in enumerate(GROUPS)}).to_numpy(),
        here["band"].map({b: i for i, b in enumerate(BANDS)}).to_numpy(),
    )
    np.add.at(counts, index, 1)
    simulated = np.array([trust.code in modelled for trust in trusts], dtype=np.bool_)
    funded = funded_posts(counts, tuple(number), own)
    return Establishment(counts, tuple(trusts), simulated, funded)


def compile_cells(
    census: Establishment,
    klass: I32,
    post_index: F64,
    pools: Mapping[tuple[str, str, str], int],
    attraction: F64,
) -> tuple[Cells, Pulls, Partners]:
    """Cells with posts, in slot order, and the trusts a post can pull colleagues from.

    Args:
        census: Opening posts; ``klass`` (J, groups) gives each pair's lever class.
        klass: Lever classes of the modelled trusts.
        post_index: (K, D, T + 1) establishment relative to the opening.
        pools: Number of each pool.
        attraction: Of every trust of the regions simulated, in order, shape (J,).
    """
    chosen = np.flatnonzero(census.modelled)
    t, g, b = np.nonzero(census.counts[chosen])
    posts, funded = (
        table[chosen][t, g, b].astype(np.int32) for table in (census.counts, census.funded)
    )
    trusts = [census.trusts[i] for i in chosen]
    number = {key: i for i, key in enumerate(zip(t.tolist(), g.tolist(), b.tolist(), strict=True))}
    names = [(trusts[i].code, GROUPS[j], BANDS[k]) for i, j, k in number]
    klass = klass[t, g]
    peak = post_index.max(axis=(1, 2))
    slots = np.maximum(posts, np.floor(funded * peak[klass]).astype(np.int32) + 1)
    pulls, option = _compile_pulls(
        census, number, [trust.region_code for trust in trusts], attraction
    )
    where = [
        pools[trusts[i].region_code, group, BAND_RANGE_OF[band]]
        for (i, _, _), (_, group, band) in zip(number, names, strict=True)
    ]
    cells = Cells(
        trust=t.astype(np.int32),
        group=g.astype(np.int32),
        band=b.astype(np.int32),
        pool=np.array(where, dtype=np.int32),
        klass=klass.astype(np.int32),
        staff=(t * len(GROUPS) + g).astype(np.int32),
        below=np.array([number.get((i, j, k - 1), -1) for i, j, k in number], dtype=np.int32),
        option=option,
        attraction=attraction[chosen][t],
        key=np.array([keyed.name_key("cell|" + "|".join(n)) for n in names], dtype=np.uint64),
        first=(np.cumsum(slots) - slots).astype(np.int32),
        slots=slots.astype(np.int32),
        posts=posts,
        funded=funded,
    )
    return cells, pulls, _compile_partners(cells, trusts)


def _compile_partners(cells: Cells, trusts: Sequence[Trust]) -> Partners:
    """For each cell, the cells below it in the trusts of its care system (stage 4)."""
    by_staff: dict[tuple[str, int], dict[int, list[int]]] = {}
    for cell, (trust, group) in enumerate(
        zip(cells.trust.tolist(), cells.group.tolist(), strict=True)
    ):
        system = by_staff.setdefault((trusts[trust].ics_code, group), {})
        system.setdefault(trust, []).append(cell)
    first, entries = [0], list[int]()
    for cell, (trust, group) in enumerate(
        zip(cells.trust.tolist(), cells.group.tolist(), strict=True)
    ):
        for others in by_staff[trusts[trust].ics_code, group].values():
            below = [one for one in others if cells.band[one] < cells.band[cell]]
            entries += below[-1:]
        first.append(len(entries))
    chosen = np.array(entries, dtype=np.int32)
    keys = np.array([keyed.name_key(f"trust|{one.code}") for one in trusts], dtype=np.uint64)
    return Partners(
        first=np.array(first, dtype=np.int32),
        cell=chosen,
        key=keys[cells.trust[chosen]],
        weight=cells.posts[chosen].astype(np.float64),
    )


def _compile_pulls(
    census: Establishment,
    number: dict[tuple[int, int, int], int],
    regions: list[str],
    attraction: F64,
) -> tuple[Pulls, I32]:
    """Options by (region, group, band) over all trusts of the region, modelled or not.

    A trust outside the modelled part has its attraction in its weight, since that never changes.
    """
    column = np.cumsum(census.modelled) - 1
    option: dict[tuple[str, int, int], int] = {}
    for i, j, k in number:
        option.setdefault((regions[i], j, k), len(option))
    first, entries = [0], []
    for region, j, k in option:
        for trust_number, trust in enumerate(census.trusts):
            posts = int(census.counts[trust_number, j, k])
            if trust.region_code == region and posts > 0:
                inside = bool(census.modelled[trust_number])
                at = int(column[trust_number]) if inside else -1
                key = keyed.name_key(f"trust|{trust.code}")
                weight = float(posts) if inside else posts / float(attraction[trust_number])
                entries.append((number[at, j, k] if inside else -1, at, key, weight))
        first.append(len(entries))
    columns = list(zip(*entries, strict=True)) if entries else [(), (), (), ()]
    pulls = Pulls(
        first=np.array(first, dtype=np.int32),
        cell=np.array(columns[0], dtype=np.int32),
        trust=np.array(columns[1], dtype=np.int32),
        key=np.array(columns[2], dtype=np.uint64),
        weight=np.array(columns[3], dtype=np.float64),
    )
    return pulls, np.array([option[regions[i], j, k] for i, j, k in number], dtype=np.int32)


def compile_slots(
    posts: pd.DataFrame,
    cells: Cells,
    trusts: Sequence[Trust],
    *,
    part_time_share: float,
    min_months: int,
    months: int,
) -> Slots:
    """Every post a cell can reach, with the opening state of those in the census."""
    cell = np.repeat(np.arange(len(cells.slots)), cells.slots)
    serial = (np.arange(len(cell)) - cells.first[cell]).astype(np.uint64)
    key = keyed.mix_array(cells.key[cell] + (serial + np.uint64(1)) * np.uint64(keyed.STEP))
    slots = {
        "phase": np.zeros(len(cell), dtype=np.int64),
        "due": np.zeros(len(cell), dtype=np.int64),
        "cohort": np.zeros(len(cell), dtype=np.int64),
        "origin": np.zeros(len(cell), dtype=np.int64),
        "eligible": np.zeros(len(cell), dtype=np.int64),
        "band_start": np.zeros(len(cell), dtype=np.int64),
        "fte": _later_fte(key, part_time_share),
    }
    here = posts[posts["trust"].isin([trust.code for trust in trusts])]
    at = _slot_of(here, cells, trusts)
    slots["phase"][at] = here["state"].map({k: int(v) for k, v in _PHASES.items()}).to_numpy()
    slots["due"][at] = here["due_months"].fillna(0).to_numpy(dtype=np.int64)
    offset = -(-months // 12)  # an age in month 0: all birthdays fall in month 1
    slots["cohort"][at] = here["age"].fillna(0).to_numpy(dtype=np.int64) + offset + 1
    slots["origin"][at] = -here["tenure_months"].fillna(0).to_numpy(dtype=np.int64)
    wait = min_months - here["band_months"].fillna(0).to_numpy(dtype=np.int64)
    slots["eligible"][at] = np.clip(wait, 0, NEVER - 1)
    slots["band_start"][at] = -here["band_months"].fillna(0).to_numpy(dtype=np.int64)
    slots["fte"][at] = np.rint(here["fte"].to_numpy(dtype=np.float64) * 100).astype(np.int64)
    return Slots(
        cell=cell.astype(np.int32),
        key=key,
        fte=slots["fte"].astype(np.int32),
        phase=slots["phase"].astype(np.uint8),
        due=np.minimum(slots["due"], NEVER).astype(np.uint8),
        cohort=slots["cohort"].astype(np.uint8),
        origin=slots["origin"].astype(np.int32),
        eligible=slots["eligible"].astype(np.uint8),
        band_start=slots["band_start"].astype(np.int32),
    )


def _slot_of(posts: pd.DataFrame, cells: Cells, trusts: Sequence[Trust]) -> NDArray[np.int64]:
    """Slot of each census row."""
    table = np.full((len(trusts), len(GROUPS), len(BANDS)), -1, dtype=np.int64)
    table[cells.trust, cells.group, cells.band] = cells.first
    first = table[
        posts["trust"].map({trust.code: i for i, trust in enumerate(trusts)}).to_numpy(),
        posts["group"].map({group: i for i, group in enumerate(GROUPS)}).to_numpy(),
        posts["band"].map({band: i for i, band in enumerate(BANDS)}).to_numpy(),
    ]
    return np.asarray(first + posts["serial"].to_numpy(dtype=np.int64))


def _later_fte(key: U64, part_time_share: float) -> NDArray[np.int64]:
    """FTE of posts that are not in the opening census, hundredths."""
    u = keyed.units(keyed.mix_array(key + np.uint64(keyed.Purpose.FTE)))
    if part_time_share <= 0:
        return np.full(len(key), 100, dtype=np.int64)
    pick = np.minimum(u * len(PART_TIME) / part_time_share, len(PART_TIME) - 1).astype(np.int64)
    return np.where(u < part_time_share, np.array(PART_TIME)[pick], 100)
