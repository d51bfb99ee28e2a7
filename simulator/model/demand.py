"""Need and funded posts: methods of projecting need, programmes, and the funding that follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.domain.words import GROUPS
from simulator.evidence.trusts import Trust
from simulator.model.draws import relative, sample
from simulator.model.levers import LeverClasses
from simulator.model.programmes import surge_paths
from simulator.model.specification import F64, I32
from simulator.scenario.dates import month_after, months_between
from simulator.scenario.resolved import Scenario

GROWTH_OF: Final = {
    "growth": "need.growth",
    "ratio": "need.trust_size_growth",
    "hee": "need.hee.growth",
}
"""Parameter by which need grows, by method; by digital maturity each trust has its own path."""
LOWEST_SCORE: Final = 1.0
HIGHEST_SCORE: Final = 5.0
"""Digital maturity scores; the analogy takes them for stages 0 to 4 of adoption."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Indices of a scenario's need and establishment by class, draw and month."""

    posts: F64  # (K, D, T + 1) establishment relative to the opening
    need: (
        F64  # (K, D, T + 1) need relative to the FTE of the opening establishment, or to need_base
    )


def compile_growth(scenario: Scenario, classes: LeverClasses) -> Growth:
    """Need by the scenario's method, and the establishment that follows it after a lag.

    With I the index of need, lag L and funded share s: establishment(m) / establishment(0) =
    I(m - L) / I(-L) x s(m) / s(0), and need(m) = establishment(0) / s(0) x I(m) / I(-L). By the
    ratio method need(0) is the ratio's instead. Programmes come on top, without a lag.
    """
    lag = round(scenario.parameter("need.funding_lag").at(scenario.opening))
    index = _index(scenario, classes, lag)
    levers = classes.paths["need"]
    ahead = np.concatenate([np.ones((len(levers), lag)), levers], axis=1)[:, : scenario.months + 1]
    surge = surge_paths(scenario, classes)
    need = index[:, :, lag:] * (levers[:, None, :] + surge)
    posts = index[:, :, : scenario.months + 1] * ahead[:, None, :]
    posts = posts * (classes.paths["funding"] * _funded_path(scenario))[:, None, :]
    posts = posts / posts[:, :, :1]
    funded = scenario.parameter("programme.funded_share").at(scenario.opening)
    posts = posts * (1.0 + funded * (surge - surge[:, :, :1]))
    seed, draws = scenario.seed, scenario.draws
    if scenario.need.method == "ratio":
        ratio = scenario.parameter("need.ratio.share_of_trust_fte")
        need = need / need[:, :, :1] * relative(seed, draws, ratio, scenario.opening)[None, :, None]
    else:
        share = sample(seed, draws, scenario.parameter("need.funded_share"), scenario.opening)
        need = need / share[None, :, None]
    return Growth(posts=np.ascontiguousarray(posts), need=np.ascontiguousarray(need))


def _index(scenario: Scenario, classes: LeverClasses, lag: int) -> F64:
    """Index of need from month -lag, where it is 1, to T, shape (K or 1, D, lag + T + 1)."""
    if scenario.need.method == "maturity":
        return _maturity_index(scenario, classes, lag)
    parameter = scenario.parameter(GROWTH_OF[scenario.need.method])
    dates = [month_after(scenario.opening, month) for month in range(1 - lag, scenario.months + 1)]
    seed, draws = scenario.seed, scenario.draws
    by_date = {date: parameter.at(date) for date in dates}
    date_of = {value: date for date, value in by_date.items()}
    by_value = {value: sample(seed, draws, parameter, date) for value, date in date_of.items()}
    yearly = np.stack([by_value[by_date[date]] for date in dates], axis=1)
    steps = np.cumprod((1.0 + yearly) ** (1.0 / 12.0), axis=1)
    return np.concatenate([np.ones((draws, 1)), steps], axis=1)[None]


def _maturity_index(scenario: Scenario, classes: LeverClasses, lag: int) -> F64:
    """Need that follows a trust's digital maturity, by the analogy of staff for each hospital bed.

    The staff for a bed rise in a straight line from the least to the most mature stage; a trust's
    score rises by the draw's progress a year until it is the highest. The change from month -lag on
    counts, not the level, since no United Kingdom figure ties scores to staff.
    """
    seed, draws = scenario.seed, scenario.draws
    low, high, progress = (
        sample(seed, draws, scenario.parameter(f"need.maturity.{name}"), scenario.opening)
        for name in ("fte_per_bed_low", "fte_per_bed_high", "progress")
    )
    years = np.arange(-lag, scenario.months + 1) / 12.0
    score = classes.maturity[:, None, None] + progress[None, :, None] * years
    stage = (np.clip(score, LOWEST_SCORE, HIGHEST_SCORE) - LOWEST_SCORE) / (
        HIGHEST_SCORE - LOWEST_SCORE
    )
    staff = low[None, :, None] + (high - low)[None, :, None] * stage
    return np.asarray(staff / staff[:, :, :1])


def _funded_path(scenario: Scenario) -> F64:
    """Funded share in months 0 to T; it moves in a straight line between its dates."""
    dated = scenario.parameter("need.funded_share").values
    months = [months_between(scenario.opening, one.start) for one in dated]
    path = np.interp(np.arange(scenario.months + 1), months, [one.value for one in dated])
    return np.asarray(path)


def need_base(
    scenario: Scenario, trusts: tuple[Trust, ...], trust: I32, group: I32, posts: F64
) -> F64:
    """Opening FTE that the need index multiplies, by cell.

    Args:
        scenario: Its method decides.
        trusts: Trusts modelled.
        trust: Trust of each cell.
        group: Staff group of each cell.
        posts: Opening posts of each cell, FTE.
    """
    if scenario.need.method != "ratio":
        return posts
    overall = scenario.parameter("need.ratio.share_of_trust_fte").at(scenario.opening)
    narrow = scenario.parameter("group.clinical.share_of_trust_fte").at(scenario.opening)
    staff = trust * len(GROUPS) + group
    by_staff = np.bincount(staff, weights=posts, minlength=len(trusts) * len(GROUPS))
    national = np.bincount(group, weights=posts, minlength=len(GROUPS))
    rest = national[1:].sum()
    ratios = np.array([narrow, *((overall - narrow) * national[1:] / max(rest, 1e-9))])
    size = np.array([one.fte for one in trusts])
    return np.asarray(size[trust] * ratios[group] * posts / by_staff[staff])
