"""Rows of the table of posts: who holds each post, or where its vacancy stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import BANDS, GROUPS
from simulator.keyed import Purpose, name_key, numbers, part_keys, replication_keys, units
from simulator.model.census.apportion import SEED, keyed_unit, systematic
from simulator.model.census.fit import RANGE_INDEX, Durations, Setting, Vacancies, all_rounds
from simulator.model.census.people import Staff
from simulator.model.census.tables import COLUMNS
from simulator.model.steady import OLDEST, remaining_pmf

if TYPE_CHECKING:
    import pandas as pd

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

PART_TIME: tuple[int, int, int] = (40, 60, 80)
"""FTE of part-time posts, hundredths, equally likely."""


def keyed_units(name: str, count: int) -> F64:
    """Return a keyed uniform for each of ``count`` parts of a named thing."""
    keys = part_keys(name_key(name), count)
    return units(numbers(replication_keys(SEED, 0, 1), keys, Purpose.CENSUS))


def strata(name: str, count: int) -> F64:
    """Return the mid-points (k + 0.5) / count in keyed order: a stratified sample of uniforms."""
    order = np.argsort(keyed_units(name, count), kind="stable")
    values = np.empty(count)
    values[order] = (np.arange(count) + 0.5) / max(count, 1)
    return values


def drawn(pmf: F64, chance: F64) -> I64:
    """Return draws from a distribution over 0, 1, ... at given uniforms."""
    edges = pmf.cumsum()
    return np.minimum(np.searchsorted(edges, chance * edges[-1], side="right"), len(pmf) - 1)


def part_time_share(fte_per_head: float) -> float:
    """Share of part-time posts: those have 0.6 on average, so 1 - 0.4 share = FTE per head."""
    return (1.0 - fte_per_head) / (1.0 - sum(PART_TIME) / (100.0 * len(PART_TIME)))


def fte_of(name: str, count: int, share: float) -> F64:
    """Return the FTE of posts in order: part time at even distances with a keyed start."""
    part = systematic(np.full(count, share), keyed_unit(f"part time|{name}")) > 0
    kind = np.floor(3.0 * strata(f"hours|{name}", int(part.sum()))).astype(np.int64)
    fte = np.ones(count)
    fte[part] = np.array(PART_TIME)[kind] / 100.0
    return fte


def post_rows(
    trusts: Sequence[str],
    setting: Setting,
    posts: I64,
    people: I64,
    staff: Staff,
    vacancies: Vacancies,
    durations: Durations,
) -> pd.DataFrame:
    """Return the table of posts in the order region, trust, group, band, serial.

    Args:
        trusts: Codes.
        setting: Regions and parameters.
        posts: Whole posts by trust, group and band.
        people: People by group and band.
        staff: The people.
        vacancies: Expected vacant posts by stage.
        durations: Fitted durations.
    """
    import pandas as pd

    order = sorted(range(len(trusts)), key=lambda t: (setting.region[t], trusts[t]))
    cells = [(t, g, b) for t in order for g, b in np.ndindex(people.shape)]
    size = np.array([posts[cell] for cell in cells])
    t, g, b = (np.repeat(part, size) for part in np.array(cells).T)
    serial = np.concatenate([np.arange(n) for n in size])
    frame = pd.DataFrame(
        {
            "trust": np.array(trusts)[t],
            "group": np.array(GROUPS)[g],
            "band": np.array(BANDS)[b],
            "serial": serial,
        }
    )
    where = (t, g, b)
    vacant = _vacant(where, posts, people, vacancies)
    share = part_time_share(setting.at("fte.per_head"))
    frame["fte"] = 1.0
    for name, chosen in (("filled", ~vacant), ("vacant", vacant)):
        frame.loc[chosen, "fte"] = fte_of(name, int(chosen.sum()), share)
    _add_vacancies(frame, where, vacant, setting, vacancies, durations)
    _add_people(frame, where, ~vacant, staff)
    return frame[list(COLUMNS["posts"])]


def _vacant(
    where: tuple[I64, I64, I64], posts: I64, people: I64, vacancies: Vacancies
) -> NDArray[np.bool_]:
    """Mark the vacant posts: systematic along the trusts of each group and band, keyed start."""
    t, g, b = where
    total = vacancies.total
    vacant = np.zeros(len(t), dtype=bool)
    for group, band in np.ndindex(people.shape):
        here = np.flatnonzero((g == group) & (b == band))
        empty = len(here) - int(people[group, band])
        if not empty:
            continue
        chance = np.maximum(total[t[here], group, band], 1e-9) / posts[t[here], group, band]
        expected = _up_to_one(chance, empty)
        start = keyed_unit(f"vacant|{group}|{band}")
        edges = np.floor(np.concatenate([[0.0], expected.cumsum()]) * (1 - 1e-12) + start)
        picked = np.diff(edges) > 0
        vacant[here[picked]] = True
        _shuffle(vacant, here, t[here], f"serial|{group}|{band}")
        if int(vacant[here].sum()) != empty:
            raise ArithmeticError(f"{GROUPS[group]} {BANDS[band]}: vacant posts do not add up")
    return vacant


def _up_to_one(chance: F64, total: int) -> F64:
    """Scale chances to a total, none above 1."""
    scaled = chance * (total / chance.sum())
    for _ in range(50):
        full = scaled >= 1.0
        if not (scaled > 1.0).any():
            break
        scaled[full] = 1.0
        rest = scaled[~full].sum()
        scaled[~full] *= (total - full.sum()) / rest
    return np.asarray(scaled, dtype=np.float64)


def _shuffle(vacant: NDArray[np.bool_], here: I64, trust: I64, name: str) -> None:
    """Spread the vacant posts of each trust's cell over its serials in keyed order."""
    order = np.lexsort((keyed_units(name, len(here)), trust))
    # ``here`` runs trust by trust, so sorting by trust keeps each trust's stretch in place.
    blocks = np.lexsort((np.arange(len(here)), trust))
    vacant[here[blocks]] = vacant[here[order]]


def _add_vacancies(
    frame: pd.DataFrame,
    where: tuple[I64, I64, I64],
    vacant: NDArray[np.bool_],
    setting: Setting,
    vacancies: Vacancies,
    durations: Durations,
) -> None:
    """Give each vacant post its stage, the months until its next step, and those gone by."""
    t, g, b = (part[vacant] for part in where)
    stages = np.stack(
        [part[t, g, b] for part in (vacancies.approval, vacancies.advert, vacancies.agreed)]
    )
    stage = _stages(stages / stages.sum(axis=0))
    success = vacancies.success[setting.region[t], g, RANGE_INDEX[b]]
    approval, first, again, notice = durations.pmfs()
    stages_pmf = (approval, all_rounds(first, again, float(success.mean())), notice)
    due, elapsed = np.zeros(len(t), dtype=np.int64), np.zeros(len(t), dtype=np.int64)
    for k, name in enumerate(("approval", "advert", "agreed")):
        chosen = np.flatnonzero(stage == k)
        due[chosen] = drawn(remaining_pmf(stages_pmf[k]), strata(f"due|{name}", len(chosen)))
        elapsed[chosen] = _since(stages_pmf[k], due[chosen], f"since|{name}")
        if k:
            elapsed[chosen] += _before(stages_pmf, success[chosen], k, name)
    names = np.array(["approval", "advert", "agreed"])
    frame["state"] = "filled"
    frame.loc[vacant, "state"] = names[stage]
    for column, values in (("due_months", due), ("elapsed_months", elapsed)):
        frame[column] = np.zeros(len(frame), dtype=np.int64)
        frame.loc[vacant, column] = values
        frame[column] = frame[column].astype("Int64").mask(~vacant)


def _stages(shares: F64) -> I64:
    """Choose a stage for each vacancy so that every stretch keeps its expected numbers."""
    first = systematic(shares[0], keyed_unit("stage|approval")) > 0
    stage = np.zeros(shares.shape[1], dtype=np.int64)
    rest = np.flatnonzero(~first)
    advert = shares[1, rest] / (shares[1, rest] + shares[2, rest])
    stage[rest] = np.where(systematic(advert, keyed_unit("stage|advert")) > 0, 1, 2)
    return stage


def _since(pmf: F64, due: I64, name: str) -> I64:
    """Months since the stage began, given those to go: P(e) in proportion to P(D = e + due)."""
    chance = keyed_units(name, len(due))
    since = np.zeros(len(due), dtype=np.int64)
    for k in np.unique(due):
        here = due == k
        since[here] = drawn(pmf[k:], chance[here])
    return since


def _before(pmfs: tuple[F64, F64, F64], success: F64, stage: int, name: str) -> I64:
    """Months of the stages before: the approval, failed rounds, and the round that succeeded."""
    count = len(success)
    months = drawn(pmfs[0], keyed_units(f"approval before|{name}", count))
    chance = keyed_units(f"failed rounds|{name}", count)
    failed = np.floor(np.log1p(-chance) / np.log1p(-np.clip(success, 1e-6, 1 - 1e-6)))
    rounds = np.minimum(failed.astype(np.int64), 36) + (stage - 1)
    for n in range(int(rounds.max(initial=0))):
        length = drawn(pmfs[1], keyed_units(f"round {n}|{name}", count))
        months += np.where(rounds > n, length, 0)
    return months


def _add_people(
    frame: pd.DataFrame, where: tuple[I64, I64, I64], filled: NDArray[np.bool_], staff: Staff
) -> None:
    """Seat the people of each group and band in its filled posts, in keyed order."""
    import pandas as pd

    _, g, b = where
    cell = g * len(BANDS) + b
    seats = np.flatnonzero(filled)
    seats = seats[np.argsort(cell[seats], kind="stable")]
    order = np.lexsort((keyed_units("seats", len(staff.cell)), staff.cell))
    if not np.array_equal(cell[seats], staff.cell[order]):
        raise ArithmeticError("people and filled posts differ by group and band")
    columns = {
        "age": np.minimum(staff.age, OLDEST),
        "tenure_months": staff.month - staff.joined,
        "band_months": staff.month - staff.banded,
    }
    for column, values in columns.items():
        seated = np.zeros(len(frame), dtype=np.int64)
        seated[seats] = values[order]
        frame[column] = pd.Series(seated).astype("Int64").mask(~filled)
