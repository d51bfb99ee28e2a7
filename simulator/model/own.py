"""A trust's own numbers in place of the synthetic ones: posts, people, and how many leave.

Only whole people and whole posts are put in or taken out, by rule (method, section 7), so that
numbers equal to the estimates change nothing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import BANDS, GROUPS
from simulator.model.census import Census
from simulator.model.census.apportion import keyed_unit, largest_remainder
from simulator.model.draws import draw_units
from simulator.model.specification import F64
from simulator.model.steady import tenure_factors
from simulator.scenario.resolved import Scenario
from simulator.scenario.schema import OwnNumbers

if TYPE_CHECKING:
    import pandas as pd

I64 = NDArray[np.int64]

_LAST: Final = 1_000_000
"""A serial after all others: rows that are added follow those that were there."""
_AGES: Final = ["age", "tenure_months", "band_months", "trust", "band", "serial"]
"""Columns by which people and vacancies are put in order before every n-th is taken."""


# Posts and people -------------------------------------------------------------------------------


def with_own_numbers(census: Census, own: tuple[OwnNumbers, ...]) -> Census:
    """Put trusts' own counts of posts and people in place of the synthetic ones.

    Args:
        census: The synthetic census.
        own: Counts; entries with leavers alone change nothing here.

    Returns:
        The census with other posts; the same object for the same counts.
    """
    counted = tuple(one for one in own if one.counted)
    return _with_counts(census, counted) if counted else census


@lru_cache(maxsize=4)
def _with_counts(census: Census, own: tuple[OwnNumbers, ...]) -> Census:
    import pandas as pd

    posts = census.posts
    parts, touched = [], np.zeros(len(posts), dtype=np.bool_)
    for one in own:
        group = posts["group"].to_numpy() == one.group
        here = group & (posts["trust"].to_numpy() == one.trust)
        touched |= here
        parts.append(_counted(posts[here], posts[group], one))
    found = pd.concat([posts[~touched], *parts], ignore_index=True)
    return replace(census, posts=found)


def stated(own: OwnNumbers, posts: int, people: int) -> tuple[int, int]:
    """Posts and people of a group; one left out follows the other at the estimated vacancy rate.

    Args:
        own: The trust's own numbers.
        posts: Posts as estimated.
        people: People in them as estimated.
    """
    if own.posts is not None and own.people is not None:
        return own.posts, own.people
    if own.people is not None:
        return max(own.people, _nearest(own.people * posts / max(people, 1))), own.people
    if own.posts is not None:
        return own.posts, min(own.posts, _nearest(own.posts * people / max(posts, 1)))
    return posts, people


def _nearest(value: float) -> int:
    return int(np.floor(value + 0.5))


def _counted(here: pd.DataFrame, england: pd.DataFrame, own: OwnNumbers) -> pd.DataFrame:
    """Rows of a trust and group with the people and vacancies that are stated.

    People beyond the posts have a post each, without money behind it.
    """
    import pandas as pd

    model = here if len(here) else england
    posts, people = stated(own, len(model), int((model["state"] == "filled").sum()))
    mix, parts = _by_band(model), []
    for filled, total in ((True, people), (False, max(posts - people, 0))):
        rows, pool = (table[(table["state"] == "filled") == filled] for table in (here, england))
        by_band = _by_band(rows)
        spread = by_band if total < len(rows) or (filled and len(rows)) else mix
        moved = largest_remainder(spread.astype(np.float64), abs(total - len(rows)))
        name = f"own|{own.trust}|{own.group}|{'people' if filled else 'vacancies'}"
        change = moved if total > len(rows) else -moved
        parts += [
            _changed(rows, pool, band, int(n), name) for band, n in zip(BANDS, change, strict=True)
        ]
    found = pd.concat(parts, ignore_index=True)
    found["trust"], found["group"] = own.trust, own.group
    order = found["band"].map(BANDS.index).to_numpy(), found["serial"].to_numpy()
    found = found.iloc[np.lexsort(order[::-1])].reset_index(drop=True)
    found["serial"] = found.groupby("band").cumcount()
    return found


def _by_band(rows: pd.DataFrame) -> I64:
    counts = rows["band"].value_counts().reindex(list(BANDS), fill_value=0)
    return np.asarray(counts.to_numpy(), dtype=np.int64)


def _changed(
    rows: pd.DataFrame, pool: pd.DataFrame, band: str, change: int, name: str
) -> pd.DataFrame:
    """Rows of a band with some left out, or with some of England's added after them."""
    import pandas as pd

    mine = rows[rows["band"] == band]
    if change == 0:
        return mine
    if change < 0:
        return _every(mine, len(mine) + change, f"{name}|{band}")
    alike = pool[pool["band"] == band]
    added = _every(alike if len(alike) else pool, change, f"{name}|{band}")
    return pd.concat([mine, added.assign(band=band, serial=_LAST + np.arange(change))])


def _every(rows: pd.DataFrame, count: int, name: str) -> pd.DataFrame:
    """So many rows at even distances in order of age and tenure, with a keyed start.

    More rows than there are repeat some.
    """
    order = rows.sort_values(_AGES, kind="stable")
    at = np.floor((np.arange(count) + keyed_unit(name)) * len(order) / max(count, 1))
    return order.iloc[np.minimum(at.astype(np.int64), max(len(order) - 1, 0))]


def funded_posts(counts: I64, codes: tuple[str, ...], own: tuple[OwnNumbers, ...]) -> I64:
    """Opening posts with money behind them: fewer than there are where people exceed posts.

    Args:
        counts: Opening posts, shape (J, groups, bands).
        codes: Codes of the J trusts.
        own: Trusts' own numbers.
    """
    funded = counts.copy()
    for one in own:
        if one.posts is None or one.people is None or one.trust not in codes:
            continue
        at = codes.index(one.trust), GROUPS.index(one.group)
        if one.people > one.posts:
            funded[at] = largest_remainder(counts[at].astype(np.float64), one.posts)
    return funded


# Leavers ----------------------------------------------------------------------------------------


def prior_shape(log_sd: float) -> float:
    """Shape (and rate) of the gamma distribution of trusts' factors: mean one, their variance.

    Args:
        log_sd: Spread of leaving between trusts, standard deviation of the logarithm, above 0.
    """
    return float(1.0 / np.expm1(log_sd**2))


def expected_leavers(
    people: pd.DataFrame, hazards: pd.DataFrame, tenure: tuple[float, float], move_share: float
) -> float:
    """People of a group who leave the trust within a year as the evidence has it, at factor one.

    Args:
        people: Filled posts.
        hazards: Annual hazards by age (``Census.hazards``).
        tenure: Factors on the hazard in the first and the second year in the trust.
        move_share: Moves to other trusts among all who leave.
    """
    first = int(hazards["age"].iloc[0])
    rate = (hazards["leaving"] + hazards["retiring"]).to_numpy(dtype=np.float64)
    at = np.clip(people["age"].to_numpy(dtype=np.int64) - first, 0, len(rate) - 1)
    factors = tenure_factors(tenure)
    since = np.minimum(people["tenure_months"].to_numpy(dtype=np.int64), len(factors) - 1)
    return float((rate[at] * factors[since]).sum() / (1.0 - move_share))


def leaving_factors(
    scenario: Scenario, census: Census, tenure: tuple[float, float], by_draw: F64
) -> dict[tuple[str, str], F64]:
    """Leaving factor of each (trust, group) whose leavers are known, by draw, shape (D,).

    Gamma-Poisson: before the trust's numbers its factor is one, give or take the spread between
    trusts; with L leavers seen and E expected it is gamma with shape a + L and rate a + E. With one
    draw it is the mean of that, (a + L) / (a + E).

    Args:
        scenario: With the trusts' own numbers.
        census: With their people in place.
        tenure: Factors on the hazard in the first and the second year.
        by_draw: The draws' leaving factor, by which more or fewer are expected to leave.
    """
    spread = scenario.parameter("leaving.trust_log_sd").at(scenario.opening)
    moves = scenario.parameter("leaving.move_share").at(scenario.opening)
    posts, found = census.posts, dict[tuple[str, str], F64]()
    for one in scenario.own:
        if one.leavers is None:
            continue
        if spread == 0.0:
            found[one.trust, one.group] = np.ones(scenario.draws)
            continue
        here = (posts["trust"] == one.trust) & (posts["group"] == one.group)
        people = posts[here & (posts["state"] == "filled")]
        expected = expected_leavers(people, census.hazards, tenure, moves)
        found[one.trust, one.group] = _posterior(scenario, one, spread, expected * by_draw)
    return found


def _posterior(scenario: Scenario, one: OwnNumbers, spread: float, expected: F64) -> F64:
    from scipy.special import gammaincinv

    shape = prior_shape(spread)
    seen = shape + float(one.leavers or 0)
    if scenario.draws == 1:
        return np.asarray(seen / (shape + expected))
    chance = draw_units(scenario.seed, scenario.draws, f"leaving|{one.trust}|{one.group}")
    return np.asarray(gammaincinv(seen, chance) / (shape + expected))
