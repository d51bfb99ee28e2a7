"""Every parameter of a specification moves what it should, in the direction it should.

``LEVERS`` is a table: a field of the specification, a low and a high value, an output, the sign of
the effect and its least size. Both engines run it on one small world with shared luck, and
must agree. A field that is neither in the table nor named as structure fails the build, so a
parameter that moves nothing cannot be added unseen. Then come the extremes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from simulator import keyed
from simulator.domain.words import (
    CANDIDATES,
    GROUPS,
    JOINED_BY,
    Flow,
    Phase,
    PoolFlow,
    PoolStock,
    Stock,
    TrainingFlow,
    TrainingStock,
)
from simulator.experiments.simulate import simulate
from simulator.model.specification import (
    MAX_MONTHS,
    Cells,
    Costs,
    Exits,
    Hiring,
    Partners,
    Places,
    Pools,
    Pulls,
    Replay,
    Slots,
    Specification,
    Training,
    freeze,
)
from simulator.results.trace import Trace
from tests.support.closed import AGES, ENGINES, Cell, Cohort, abundant, alter, make

pytestmark = pytest.mark.functional

RUNS: Final = 3
"""Replications of each run of the table."""
MONTHS: Final = 36
BANDS: Final = {"4": 12, "5": 10, "6": 8, "7": 6}
"""Posts of each of three trusts, by band."""
OLD: Final = 72
"""Above the age of 70, at which everybody in this world goes."""
VACANT: Final = (Phase.APPROVAL, Phase.ADVERT, Phase.AGREED)

# --- a small world with everything going on -----------------------------------------------------


def cells_of(scale: float = 1.0) -> list[Cell]:
    return [
        Cell(band, int(posts * scale), 2 * posts, trust=trust)
        for trust in "ABC"
        for band, posts in BANDS.items()
    ]


@cache
def world(
    months: int = MONTHS,
    *,
    scale: float = 1.0,
    duration: int = 9,
    poisson: float | None = None,
    start: int = 0,
    due: int = 2,
    empty: int = 3,
) -> Specification:
    """One region, three trusts, four bands, trainees; ``empty`` posts in 36 are vacant."""
    size = sum(2 * posts for posts in BANDS.values())
    serials = [sum(2 * n for n in list(BANDS.values())[:b]) for b in range(3)][: max(empty, 0)]
    phases = {
        t * size + serial: (phase, due)
        for t in range(3)
        for serial, phase in zip(serials, VACANT, strict=False)
    }
    cohorts = [Cohort(-duration - 1, 3, 2), Cohort(-4, 4, 1)]
    for c in range(2 + start, MONTHS - duration, 4):
        places = 5 if poisson is None else 20
        cohorts.append(Cohort(c, places, mean=poisson or 3.5, poisson=poisson is not None))
    cells = cells_of(scale)
    spec = make(cells, months, duration=duration, cohorts=cohorts, phases=phases, outside=8.0)
    return live(spec)


def live(spec: Specification) -> Specification:
    """Switch everything on."""
    age = np.arange(AGES)[:, None] - spec.cohort_offset
    hazard = np.where(age >= 70, 1.0, 0.025) * np.ones(spec.months + 1)
    hazard[:, 0] = 0.0
    changes = {
        "exits.hazard": hazard,
        "exits.retire_share": 0.2,
        "exits.tenure": (1.5, 1.2),
        "hiring.internal_share": 0.5,
        "hiring.success": 0.7,
        "hiring.approval_quantiles": np.linspace(1, 3, 1024),
        "hiring.round_quantiles": np.linspace(1, 2, 1024),
        "hiring.again_quantiles": np.linspace(1, 3, 1024),
        "hiring.notice_quantiles": np.linspace(1, 3, 1024),
        "hiring.min_months": 4,
        "hiring.move_share": 0.3,
        "hiring.mover_rate": 0.05,
        "hiring.congestion": 0.5,
        "pools.opening": 2,
        "pools.supply": 1.0,
        "pools.supply_loss": 0.3,
        "pools.newly_qualified": 0.3,
        "training.drop_hazard": 0.2,
        "training.seek_share": 0.8,
        "training.give_up_hazard": 1.0,
    }
    return alter(spec, changes)


def with_breaks() -> Specification:
    """The same world in which half of those who leave take a break, and few return."""
    return alter(world(), {"exits.break_share": 0.5, "pools.return_rate": 0.05})


def with_freezes() -> Specification:
    """The same world in which half of the vacancies are frozen."""
    return alter(world(), {"hiring.frozen_share": 0.5})


def supervised() -> Specification:
    """The same world with few supervisors for trainees."""
    return alter(world(), {"training.supervised": True, "training.supervision": 0.05})


def pooled() -> Specification:
    """The same world in which pooled vacancies ask the first trust, where alone staff may rise."""
    first = world().cells.trust == 0
    of_first = first[world().slots.cell]
    changes = {
        "slots.eligible": np.where(of_first, 1, 254),
        "partners.weight": np.where(first[world().partners.cell], 100.0, 0.01),
        "hiring.pooled_share": 1.0,
    }
    return alter(world(), changes)


def newcomers_only() -> Specification:
    """The same world in which none of the opening staff may be promoted."""
    return alter(world(), {"slots.eligible": 254})


def replayed(spec: Specification | None = None) -> Specification:
    """The same world with the rest of the region replayed."""
    spec = spec or world()
    months, pools, staff = spec.months, len(spec.pools.names), spec.staff_count
    present = np.isin(np.arange(staff), spec.cells.staff)
    replay = Replay(
        digest="made by hand",
        ratio=np.full((pools, months + 1), 0.8),
        move=np.full((pools, months + 1), 0.8),
        graduate=np.full((pools, months + 1), 0.5),
        experienced=np.full((pools, months + 1), 0.7),
        converted=np.full((pools, months + 1), 0.3),
        returning=np.full((pools, months + 1), 0.1),
        international=np.full((pools, months + 1), 0.2),
        response=np.full((pools, months + 1), 0.8),
        move_response=np.full((pools, months + 1), 0.8),
        age=np.full(pools, 24, np.int32),
        staff_key=np.array(
            [keyed.name_key(f"staff|{t}|{g}") for t in spec.trusts for g in GROUPS], np.uint64
        ),
        rival_cdf=rivals(months, present, 0.3),
        rival_cells=shares(spec, np.array([0.25, 0.5, 0.75, 2.0])),
    )
    return freeze(replace(spec, replay=replay))


def drawn_apart() -> Specification:
    """The replayed world, where the trusts are far less attractive than the rest of the region."""
    return alter(replayed(), {"hiring.attraction_path": 0.2})


def rivals(months: int, present: NDArray[np.bool_], mean: float) -> NDArray[np.float64]:
    """Cumulative distributions of the pulls from outside, padded with 2."""
    cdf = np.full((len(present), months + 1, 16), 2.0)
    means = np.where(present, mean, 0.0)[:, None]
    cdf[:, :, :15] = np.asarray(stats.poisson.cdf(np.arange(15), means))[:, None]
    return cdf


def rivals_of(spec: Specification, mean: float) -> NDArray[np.float64]:
    present = np.isin(np.arange(spec.staff_count), spec.cells.staff)
    return rivals(spec.months, present, mean)


def shares(spec: Specification, by_band: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cumulative shares of the bands, the same in each trust."""
    each = np.tile(by_band, len(spec.cells.trust) // len(by_band))
    return np.repeat(each[:, None], spec.months + 1, axis=1)


# --- outputs -----------------------------------------------------------------------------------


def flow(*which: Flow) -> Callable[[Trace], float]:
    return lambda trace: float(trace.flows[..., list(which)].sum())


def at_end(stock: Stock) -> Callable[[Trace], float]:
    return lambda trace: float(trace.stocks[:, -1, :, stock].sum())


def trainees(which: TrainingFlow) -> Callable[[Trace], float]:
    return lambda trace: float(trace.training_flows[..., which].sum())


def studying(which: TrainingStock) -> Callable[[Trace], float]:
    return lambda trace: float(trace.training_stocks[..., which].sum())


def at_opening(stock: Stock) -> Callable[[Trace], float]:
    return lambda trace: float(trace.stocks[:, 0, :, stock].sum())


def months_vacant(trace: Trace) -> float:
    """Post-months vacant for each vacancy that began."""
    vacant = trace.stocks[:, 1:, :, Stock.VACANT].sum()
    return float(vacant / max(trace.flows[..., Flow.VACANCIES].sum(), 1))


def candidates(trace: Trace) -> float:
    return float(trace.pool_stocks[:, 1:, :, CANDIDATES].sum())


def candidates_at_first(trace: Trace) -> float:
    return float(trace.pool_stocks[:, :2, :, CANDIDATES].sum())


def at_third_step(trace: Trace) -> float:
    return float(trace.stocks[:, -1, :, Stock.STEP_2_FTE].sum())


def on_break(trace: Trace) -> float:
    return float(trace.pool_stocks[:, 1:, :, PoolStock.ON_BREAK].sum())


def returned(trace: Trace) -> float:
    return float(trace.pool_flows[..., PoolFlow.RETURNED].sum())


def lost_by(cells: slice) -> Callable[[Trace], float]:
    return lambda trace: float(trace.flows[:, :, cells, Flow.MOVED_OUT].sum())


OUT: Final = (Flow.LEFT, Flow.BREAK, Flow.RETIRED)
JOINED: Final = [*JOINED_BY.values(), Flow.JOINED_OUTSIDE]
OUTPUTS: Final[dict[str, Callable[[Trace], float]]] = {
    "staff at the end": at_end(Stock.HEADCOUNT),
    "posts at the end": at_end(Stock.POSTS),
    "vacancies at the end": at_end(Stock.VACANT),
    "FTE in post at the end": at_end(Stock.IN_POST_FTE),
    "staff at the opening": at_opening(Stock.HEADCOUNT),
    "leavers": flow(*OUT),
    "leavers before retirement": flow(Flow.LEFT),
    "retirements": flow(Flow.RETIRED),
    "promotions": flow(Flow.PROMOTED_IN),
    "moves": flow(Flow.MOVED_IN, Flow.JOINED_OUTSIDE),
    "hires of graduates": flow(Flow.JOINED_GRADUATE),
    "hires from outside trusts": flow(Flow.JOINED_OUTSIDE),
    "experienced hires": flow(Flow.JOINED_EXPERIENCED),
    "hires of converted clinicians": flow(Flow.JOINED_CONVERTED),
    "hires of people who return": flow(Flow.JOINED_RETURNING),
    "hires from abroad": flow(Flow.JOINED_INTERNATIONAL),
    "career breaks": flow(Flow.BREAK),
    "people on a break": on_break,
    "returns from a break": returned,
    "FTE at the third pay point": at_third_step,
    "rounds failed": flow(Flow.ROUNDS_FAILED),
    "lost to outside trusts": flow(Flow.MOVED_OUT),
    "moves out of the first trust": lost_by(slice(0, 4)),
    "moves out of the lowest band": lost_by(slice(0, None, 4)),
    "months vacant": months_vacant,
    "candidates": candidates,
    "candidates at first": candidates_at_first,
    "starters": trainees(TrainingFlow.STARTED),
    "drop-outs": trainees(TrainingFlow.DROPPED_OUT),
    "completers": trainees(TrainingFlow.COMPLETED),
    "seekers": trainees(TrainingFlow.SOUGHT),
    "graduates who give up": trainees(TrainingFlow.GAVE_UP),
    "months of study": studying(TrainingStock.ENROLLED),
}


# --- the table ---------------------------------------------------------------------------------


class Lever(NamedTuple):
    """A row: with ``high`` in place of ``low`` the output changes by ``sign`` x ``least`` or more.

    ``least`` is about a third of the change found; outputs are sums over ``RUNS`` replications.
    """

    path: str
    low: Any
    high: Any
    output: str
    sign: int
    least: float
    base: Callable[[], Specification] = world


def half_of(_: Specification, old: NDArray[Any]) -> NDArray[Any]:
    return old // 2


def whole_of(_: Specification, old: NDArray[Any]) -> NDArray[Any]:
    return old


@dataclass(frozen=True)
class Built:
    """A value that shapes the world when it is built."""

    name: str
    value: Any

    def world(self) -> Specification:
        return world(**{self.name: self.value})


def opening(value: int) -> Callable[[Specification], Any]:
    """Give opening staff a value; vacant posts keep theirs."""

    def fill(spec: Specification, old: NDArray[Any]) -> NDArray[Any]:
        return np.where(spec.slots.phase == Phase.FILLED, value, old)

    return fill  # type: ignore[return-value]


def first_trust(value: float) -> Any:
    """Weight of the first trust in every pull."""
    return lambda spec, old: np.where(spec.pulls.trust == 0, value, old)


def attraction_of_first(value: float) -> Any:
    """Attraction of the first trust."""
    return lambda spec, old: np.where(spec.cells.trust == 0, value, old)


def partner_first(value: float) -> Any:
    """Weight of the first trust among the partners of a pooled vacancy."""
    return lambda spec, old: np.where(spec.cells.trust[spec.partners.cell] == 0, value, 1.0)


def by_kind(*rates: float) -> NDArray[np.float64]:
    """Candidates a month of each kind."""
    return np.array(rates)[:, None, None]


def months_of_freeze(value: int) -> Any:
    """Freezes that end so many months after a vacancy begins."""
    return lambda spec, old: np.arange(spec.months + 1) + value


def from_month_1(value: float) -> Any:
    """A path that begins at 1."""
    return lambda spec, old: np.concatenate(
        [np.ones((*old.shape[:-1], 1)), np.full((*old.shape[:-1], spec.months), value)], axis=-1
    )


def applied(lever: Lever, value: Any) -> Specification:
    """The lever's world with the lever at a value."""
    if isinstance(value, Built):
        return value.world()
    spec = lever.base()
    if callable(value):
        old = spec
        for name in lever.path.split("."):
            old = getattr(old, name)
        value = value(spec, old)
    return alter(spec, {lever.path: value})


H: Final = -(-MONTHS // 12)
LEVERS: Final = (
    # Leaving and retirement
    Lever("exits.hazard", 0.01, 0.05, "leavers", +1, 97),
    Lever("exits.hazard", 0.01, 0.05, "staff at the end", -1, 56),
    Lever("exits.hazard", 0.01, 0.05, "vacancies at the end", +1, 56),
    Lever("exits.retire_share", 0.1, 0.5, "retirements", +1, 31),
    Lever("exits.retire_share", 0.1, 0.5, "leavers before retirement", -1, 31),
    Lever("exits.factor", 0.5, 2.0, "leavers", +1, 87),
    Lever("exits.tenure", (1.0, 1.0), (4.0, 1.0), "leavers", +1, 26),
    Lever("exits.tenure", (1.0, 1.0), (1.0, 4.0), "leavers", +1, 9),
    Lever("exits.break_share", 0.1, 0.5, "career breaks", +1, 25),
    # Posts
    Lever("hiring.post_index", from_month_1(1.0), from_month_1(1.5), "posts at the end", +1, 54),
    Lever("hiring.post_index", from_month_1(1.0), from_month_1(1.5), "staff at the end", +1, 17),
    Lever("hiring.post_index", from_month_1(0.5), from_month_1(1.0), "staff at the end", +1, 28),
    Lever("cells.posts", Built("scale", 0.5), Built("scale", 1.0), "posts at the end", +1, 54),
    Lever("cells.funded", half_of, whole_of, "posts at the end", +1, 18),
    # Hiring
    Lever("hiring.hire_factor", 0.5, 2.0, "months vacant", +1, 1.4),
    Lever("hiring.hire_factor", 0.5, 2.0, "staff at the end", -1, 15),
    Lever("hiring.hire_path", 0.5, 2.0, "months vacant", +1, 1.4),
    Lever("hiring.internal_share", 0.1, 0.9, "promotions", +1, 72),
    Lever("hiring.success", 0.3, 0.9, "staff at the end", +1, 11),
    Lever("hiring.success", 0.3, 0.9, "rounds failed", -1, 191),
    Lever("hiring.success", 0.3, 0.9, "months vacant", -1, 0.9),
    Lever("hiring.approval_quantiles", 1.0, 5.0, "months vacant", +1, 0.9),
    Lever("hiring.round_quantiles", 1.0, 5.0, "months vacant", +1, 0.6),
    Lever("hiring.again_quantiles", 1.0, 5.0, "months vacant", +1, 0.4),
    Lever("hiring.notice_quantiles", 1.0, 5.0, "months vacant", +1, 0.6),
    Lever("hiring.joiner_ages", 30, OLD, "leavers", +1, 31),
    Lever("hiring.min_months", 1, 30, "promotions", -1, 6, newcomers_only),
    Lever("hiring.move_share", 0.1, 0.6, "moves", +1, 35),
    Lever("hiring.mover_rate", 0.005, 0.5, "moves", +1, 28),
    Lever("hiring.congestion", 0.0, 5.0, "months vacant", +1, 1.5),
    Lever("hiring.congestion", 0.0, 5.0, "rounds failed", +1, 295),
    Lever("hiring.internal_factor", 0.2, 1.8, "promotions", +1, 70),
    Lever("hiring.success_factor", 0.4, 1.2, "rounds failed", -1, 202),
    Lever(
        "cells.attraction",
        attraction_of_first(0.3),
        attraction_of_first(3.0),
        "moves out of the first trust",
        -1,
        7,
    ),
    Lever("hiring.attraction_path", 0.3, 3.0, "rounds failed", -1, 151, replayed),
    Lever("hiring.frozen_share", 0.0, 0.8, "months vacant", +1, 0.2),
    Lever(
        "hiring.thaw",
        months_of_freeze(1),
        months_of_freeze(12),
        "months vacant",
        +1,
        1.1,
        with_freezes,
    ),
    Lever("hiring.pooled_share", 0.0, 1.0, "promotions", +1, 3, pooled),
    Lever(
        "partners.weight", partner_first(0.01), partner_first(100.0), "promotions", +1, 11, pooled
    ),
    Lever("hiring.step_months", (24, 60), (3, 12), "FTE at the third pay point", +1, 2000),
    # Candidates
    Lever("pools.return_rate", 0.01, 0.3, "returns from a break", +1, 21, with_breaks),
    Lever("pools.forget_rate", 0.0, 0.5, "people on a break", -1, 296, with_breaks),
    Lever("pools.opening", 0, 20, "candidates at first", +1, 68),
    Lever("pools.supply", 0.2, 3.0, "experienced hires", +1, 30),
    Lever("pools.supply", 0.2, 3.0, "vacancies at the end", -1, 19),
    Lever(
        "pools.supply", by_kind(1.0, 0.0, 0.0), by_kind(1.0, 0.0, 3.0), "hires from abroad", +1, 9
    ),
    Lever("pools.supply_factor", 0.2, 3.0, "experienced hires", +1, 30),
    Lever("pools.supply_loss", 0.05, 0.95, "candidates", -1, 394),
    Lever("pools.newly_qualified", 0.0, 0.7, "hires of graduates", +1, 19),
    Lever(
        "pulls.weight", first_trust(1.0), first_trust(100.0), "moves out of the first trust", +1, 10
    ),
    # Training
    Lever("training.drop_hazard", 0.0, 1.0, "drop-outs", +1, 14),
    Lever("training.drop_hazard", 0.0, 1.0, "hires of graduates", -1, 8),
    Lever("training.seek_share", 0.2, 1.0, "seekers", +1, 21),
    Lever("training.seek_share", 0.2, 1.0, "hires of graduates", +1, 14),
    Lever("training.give_up_hazard", 0.0, 6.0, "graduates who give up", +1, 11),
    Lever("training.give_up_hazard", 0.0, 6.0, "hires of graduates", -1, 9),
    Lever("training.drop_factor", 0.2, 4.0, "drop-outs", +1, 10),
    Lever("training.supervised", False, True, "starters", -1, 22, supervised),
    Lever("training.supervision", 0.02, 0.5, "starters", +1, 25, supervised),
    Lever("training.converts", False, True, "hires of converted clinicians", +1, 17),
    Lever("training.cohort_mean", 1.0, 4.5, "starters", +1, 25),
    Lever("training.cohort_mean", 1.0, 4.5, "hires of graduates", +1, 12),
    Lever("training.cohort_cdf", Built("poisson", 1.0), Built("poisson", 6.0), "starters", +1, 37),
    Lever(
        "training.duration", Built("duration", 5), Built("duration", 12), "months of study", +1, 130
    ),
    Lever("training.duration", Built("duration", 5), Built("duration", 12), "completers", -1, 7),
    Lever("training.cohort_start", Built("start", 0), Built("start", 12), "starters", -1, 10),
    Lever("training.row_cohort_age", 23 + H, OLD + H, "leavers", +1, 9),
    # The opening census
    Lever("slots.cohort", opening(40 + H), opening(OLD + H), "leavers", +1, 52),
    Lever("slots.origin", opening(-120), opening(0), "leavers", +1, 5),
    Lever("slots.eligible", opening(1), opening(30), "promotions", -1, 15),
    Lever("slots.band_start", opening(0), opening(-120), "FTE at the third pay point", +1, 2600),
    Lever("slots.fte", 60, 100, "FTE in post at the end", +1, 3013),
    Lever("slots.due", Built("due", 1), Built("due", 24), "months vacant", +1, 0.6),
    Lever("slots.phase", Built("empty", 3), Built("empty", 0), "staff at the opening", +1, 9),
    # The rest of the region, replayed
    Lever("replay.ratio", 0.2, 1.0, "rounds failed", -1, 220, replayed),
    Lever("replay.move", 0.2, 1.0, "moves", +1, 37, replayed),
    Lever("replay.response", 0.0, 1.0, "rounds failed", +1, 10, drawn_apart),
    Lever("replay.move_response", 0.0, 1.0, "moves", -1, 5, drawn_apart),
    Lever("replay.graduate", 0.0, 1.0, "hires of graduates", +1, 37, replayed),
    Lever("replay.experienced", 0.0, 1.0, "experienced hires", +1, 59, replayed),
    Lever("replay.converted", 0.0, 1.0, "hires of converted clinicians", +1, 20, replayed),
    Lever("replay.returning", 0.0, 0.5, "hires of people who return", +1, 23, replayed),
    Lever("replay.international", 0.0, 0.5, "hires from abroad", +1, 23, replayed),
    Lever("replay.age", 24, OLD, "leavers", +1, 14, replayed),
    Lever(
        "replay.rival_cdf",
        lambda spec, _: rivals_of(spec, 0.0),
        lambda spec, _: rivals_of(spec, 1.0),
        "lost to outside trusts",
        +1,
        116,
        replayed,
    ),
    Lever(
        "replay.rival_cells",
        lambda spec, _: shares(spec, np.array([0.0, 0.0, 0.0, 2.0])),
        lambda spec, _: shares(spec, np.array([2.0, 2.0, 2.0, 2.0])),
        "moves out of the lowest band",
        +1,
        33,
        replayed,
    ),
    # The horizon
    Lever("months", Built("months", 12), Built("months", MONTHS), "leavers", +1, 60),
)

STRUCTURE: Final = {
    "seed": "luck: see test_another_seed_is_other_luck",
    "draws": "see test_each_draw_has_its_own_levels",
    "replications": "how many are run",
    "first_replication": "where a part of a run begins; the engines are told by argument",
    "trusts": "names",
    "trust_region": "names",
    "start": "a name: the calendar month that tables show",
    **dict.fromkeys(
        [f"cells.{n}" for n in ("trust", "group", "band", "pool", "klass", "staff", "below")],
        "index",
    ),
    **dict.fromkeys([f"cells.{n}" for n in ("option", "key", "first", "slots")], "index"),
    **dict.fromkeys(["slots.cell", "slots.key", "pools.names", "pools.key"], "index"),
    **dict.fromkeys([f"pulls.{n}" for n in ("first", "cell", "trust", "key")], "index"),
    **dict.fromkeys([f"partners.{n}" for n in ("first", "cell", "key")], "index"),
    **dict.fromkeys(["replay.digest", "replay.staff_key"], "index"),
    **dict.fromkeys([f"costs.{f.name}" for f in fields(Costs)], "summaries read it, not engines"),
    **dict.fromkeys(
        [f"training.{n}" for n in ("names", "pathway", "cohort_line", "cohort_key")], "index"
    ),
    **dict.fromkeys(
        [f"training.row_{n}" for n in ("cohort", "place", "key", "pool", "status")], "index"
    ),
    "training.row_ready": "start + duration, both in the table",
    **dict.fromkeys([f"places.{n}" for n in ("names", "titles", "member", "epoch")], "index"),
}
"""Fields that are no parameters, with the reason."""
NEED: Final = ("need_base", "need_index")
"""Fields that only summaries read: see test_need_moves_the_shortfall."""
PARTS: Final = {
    "cells": Cells,
    "slots": Slots,
    "exits": Exits,
    "hiring": Hiring,
    "pools": Pools,
    "pulls": Pulls,
    "partners": Partners,
    "costs": Costs,
    "replay": Replay,
    "training": Training,
    "places": Places,
}


def every_field() -> set[str]:
    """Paths of all fields of a specification and its parts."""
    paths = set()
    for item in fields(Specification):
        part = PARTS.get(item.name)
        paths |= {f"{item.name}.{f.name}" for f in fields(part)} if part else {item.name}
    return paths


def test_the_table_covers_every_parameter() -> None:
    """A field that neither moves anything nor is structure fails here."""
    table = {lever.path for lever in LEVERS}
    assert every_field() == table | set(STRUCTURE) | set(NEED)
    assert not table & set(STRUCTURE)
    assert {lever.output for lever in LEVERS} <= set(OUTPUTS)


_DONE: dict[tuple[str, str, str], Trace] = {}


def run_lever(lever: Lever, end: str, engine: str) -> Trace:
    """Run one end of a lever, once for all outputs."""
    value = getattr(lever, end)
    name = (lever.path, repr(value), engine)
    if name not in _DONE:
        _DONE[name] = ENGINES[engine](applied(lever, value), count=RUNS)
    return _DONE[name]


@pytest.mark.parametrize("number", range(len(LEVERS)), ids=[f"{x.path}-{x.output}" for x in LEVERS])
def test_lever_moves_its_output(number: int) -> None:
    """In both engines, by the least size and in the direction; the engines agree."""
    lever = LEVERS[number]
    measure = OUTPUTS[lever.output]
    found: dict[str, list[float]] = {
        engine: [measure(run_lever(lever, end, engine)) for end in ("low", "high")]
        for engine in ENGINES
    }
    low, high = found["arrays"]
    assert found["people"] == found["arrays"]
    assert lever.sign * (high - low) >= lever.least, f"{lever.output}: {low:g} to {high:g}"


# --- what is no lever of the engines -----------------------------------------------------------


def totals(trace: Trace) -> dict[str, float]:
    return {name: measure(trace) for name, measure in OUTPUTS.items()}


@pytest.mark.parametrize("engine", ENGINES)
def test_another_seed_is_other_luck(engine: str) -> None:
    one, two = (ENGINES[engine](alter(world(), {"seed": seed}), count=1) for seed in (1, 2))
    assert not np.array_equal(one.flows, two.flows)
    again = ENGINES[engine](alter(world(), {"seed": 1}), count=1)
    assert np.array_equal(one.flows, again.flows)


@pytest.mark.parametrize("engine", ENGINES)
def test_each_draw_has_its_own_levels(engine: str) -> None:
    """With two draws, replications 0 and 2 have the first one's levels, 1 and 3 the second's."""
    spec = world()
    pair: dict[str, Any] = {
        "draws": 2,
        "exits.factor": np.array([[1.0], [3.0]]) * np.ones((2, len(spec.cells.trust))),
        "hiring.hire_factor": np.array([[1.0], [2.0]]) * np.ones((2, 3)),
        "hiring.post_index": np.ones((1, 2, MONTHS + 1)),
        "hiring.internal_factor": np.array([1.0, 0.5]),
        "hiring.success_factor": np.array([1.0, 0.8]),
        "hiring.mover_rate": np.array([0.05, 0.2]),
        "hiring.congestion": np.array([0.5, 2.0]),
        "pools.supply_factor": np.array([[1.0], [0.2]]) * np.ones((2, MONTHS + 1)),
        "training.drop_factor": np.array([1.0, 3.0]),
        "need_index": np.ones((1, 2, MONTHS + 1)),
    }
    both = ENGINES[engine](alter(spec, pair), count=4)
    for draw in range(2):
        names = [name for name in pair if name not in ("draws", "need_index", "hiring.post_index")]
        alone = alter(spec, {name: pair[name][draw : draw + 1] for name in names})
        single = ENGINES[engine](alone, count=4)
        assert np.array_equal(both.flows[draw::2], single.flows[draw::2])
        assert np.array_equal(both.stocks[draw::2], single.stocks[draw::2])


@pytest.mark.parametrize("path", NEED)
def test_need_moves_the_shortfall(path: str) -> None:
    """Need changes no person and no post; need and shortfall rise by the same FTE."""
    spec = world(12)
    places = Places(
        (("trust", "A"), ("england", "E")),
        ("A", "England"),
        np.array([[[True, False, False], [True, True, True]]]),
        np.zeros(13, np.int32),
    )
    spec = replace(spec, places=freeze(places), replications=4)
    old = getattr(spec, path)
    more = 1.5 * old if path == "need_base" else np.where(np.arange(13) > 0, 1.5 * old, old)
    need, _, in_post, vacancy, shortfall = range(5)
    found = []
    for one in (spec, alter(spec, {path: more})):
        unit = simulate(one, workers=1).units[0]
        found.append(unit.fte_statistics[:, 0])  # means: measure, month, place, column
    low, high = found
    posts = float(spec.need_base.sum())
    assert (high - low)[need, 12, 1].max() == pytest.approx(0.5 * posts, abs=0.02)
    assert (high - low)[shortfall, 12, 1].max() == pytest.approx(0.5 * posts, abs=0.02)
    assert np.array_equal(low[in_post], high[in_post])
    assert np.array_equal(low[vacancy], high[vacancy])


# --- extremes ----------------------------------------------------------------------------------


def both(spec: Specification, count: int = 2) -> Trace:
    """Run both engines, which must agree; returns the trace."""
    one, two = (run(spec, count=count) for run in ENGINES.values())
    for name in ("stocks", "flows", "training_stocks", "training_flows", "pool_stocks"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    return two


def calm(changes: dict[str, Any]) -> Specification:
    """A world without changes of posts, vacancies at the opening, or retirement by age."""
    return alter(world(empty=0), {"exits.hazard": 0.02, **changes})


def test_nobody_leaves_without_hazard() -> None:
    found = totals(both(calm({"exits.hazard": 0.0})))
    assert found["leavers"] == found["promotions"] == found["moves"] == 0
    assert found["staff at the end"] == found["staff at the opening"] == 2 * 108


@pytest.mark.parametrize("path", ["exits.factor", "exits.hazard"])
def test_everybody_leaves_in_month_1_with_a_huge_hazard(path: str) -> None:
    trace = both(calm({path: 1e6}))
    assert trace.flows[:, 1, :, [Flow.LEFT, Flow.RETIRED]].sum() == 2 * 108
    assert not trace.stocks[:, 1, :, Stock.HEADCOUNT].any()
    left = trace.flows[..., [Flow.LEFT, Flow.RETIRED]].sum(axis=-1)
    came = trace.flows[..., JOINED].sum(axis=-1)
    assert np.array_equal(left[:, 2:].sum(axis=2), came[:, 1:-1].sum(axis=2))  # a month each


def test_a_factor_of_zero_keeps_everybody() -> None:
    found = totals(both(calm({"exits.factor": 0.0})))
    assert found["leavers"] == 0


def test_a_tenure_factor_of_zero_keeps_joiners_for_a_year() -> None:
    spec = calm({"exits.tenure": (0.0, 0.0), "slots.origin": 0, "exits.hazard": 0.1})
    left = both(spec).flows[..., [Flow.LEFT, Flow.RETIRED]].sum(axis=(0, 2, 3))
    assert not left[:25].any()
    assert left[25:].any()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_or_no_exits_are_retirements(share: float) -> None:
    found = totals(both(calm({"exits.retire_share": share})))
    assert found["leavers"] > 0
    assert found["retirements"] == share * found["leavers"]


@pytest.mark.parametrize("growing", [False, True])
def test_no_posts(growing: bool) -> None:
    """Cells without posts stay empty however the index grows; trainees find nothing."""
    changes = {"hiring.post_index": from_month_1(2.0)(world(), np.ones((1, 1, MONTHS + 1)))}
    trace = both(alter(world(scale=0.0, empty=0), changes if growing else {}))
    assert not trace.stocks[..., Stock.HEADCOUNT].any()
    assert not trace.flows[..., JOINED].any()
    assert not trace.training_flows[..., TrainingFlow.HIRED].any()
    assert trace.training_flows[..., TrainingFlow.SOUGHT].any()


def test_the_establishment_can_go_to_nothing() -> None:
    """Posts are withdrawn as they fall vacant; nobody is dismissed, nobody is hired."""
    index = np.concatenate([[1.0], np.zeros(MONTHS)])
    trace = both(calm({"hiring.post_index": index, "exits.hazard": 0.1}))
    posts, heads = trace.stocks[..., Stock.POSTS], trace.stocks[..., Stock.HEADCOUNT]
    left = trace.flows[..., [Flow.LEFT, Flow.RETIRED]].sum(axis=-1)
    assert np.array_equal(heads[:, 0] - left.cumsum(axis=1)[:, -1], heads[:, -1])
    assert np.array_equal(posts[:, 2:], heads[:, 1:-1])  # withdrawn in the month after
    assert not trace.flows[..., JOINED].any()


def test_no_success_hires_nobody_outside() -> None:
    trace = both(calm({"hiring.success": 0.0}))
    assert not trace.flows[..., [*JOINED, Flow.MOVED_IN]].any()
    assert trace.flows[..., Flow.PROMOTED_IN].any()
    assert trace.flows[..., Flow.ROUNDS_FAILED].any()


def test_full_success_and_ample_supply_never_fail() -> None:
    spec = abundant(calm({"hiring.move_share": 0.0, "hiring.internal_share": 0.0}))
    spec = alter(spec, {"hiring.congestion": 0.0})
    assert totals(both(spec))["rounds failed"] == 0


def test_no_candidates_at_all() -> None:
    """Without supply, graduates and movers, only promotions fill posts."""
    changes = {
        "pools.supply": 0.0,
        "pools.opening": 0,
        "pools.newly_qualified": 0.0,
        "hiring.mover_rate": 0.0,
        "hiring.success": 1.0,
    }
    trace = both(calm(changes))
    # floor(0 + u) = 0: no candidate appears out of rounding
    assert not trace.pool_stocks.any()
    assert not trace.flows[..., [*JOINED, Flow.MOVED_IN]].any()
    assert trace.flows[..., Flow.PROMOTED_IN].any()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_internal_share_of_nothing_and_everything(share: float) -> None:
    """With everything offered inside, and somebody eligible, only the lowest band hires outside."""
    changes = {"hiring.internal_share": share, "hiring.min_months": 1, "exits.hazard": 0.002}
    trace = both(calm(changes), count=4)
    promoted = trace.flows[..., Flow.PROMOTED_IN].sum(axis=(0, 1)).reshape(3, 4)
    joined = trace.flows[..., [*JOINED, Flow.MOVED_IN]].sum(axis=(0, 1, 3)).reshape(3, 4)
    assert not promoted[:, 0].any()
    if share:
        assert promoted[:, 1:].sum() > 0
        assert joined[:, 1:].sum() == 0
        assert joined[:, 0].sum() > 0
    else:
        assert promoted.sum() == 0
        assert joined[:, 1:].sum() > 0


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_move_share_of_nothing_and_everything(share: float) -> None:
    found = totals(both(calm({"hiring.move_share": share})))
    hired = found["experienced hires"] + found["hires of graduates"]
    assert (found["moves"] > 0) == bool(share)
    assert (hired > 0) == (not share)


def test_one_month() -> None:
    trace = both(world(1))
    assert trace.stocks.shape[1] == 2
    assert trace.flows[:, 1].any()


def test_the_longest_horizon() -> None:
    """228 months: month numbers and cohorts still fit a byte."""
    spec = world(MAX_MONTHS)
    assert spec.months == MAX_MONTHS
    assert both(spec, count=1).flows[:, -12:, :, Flow.VACANCIES].any()


def test_nobody_starts_or_waits_without_intake_or_patience() -> None:
    found = totals(both(calm({"training.cohort_mean": 0.0})))
    assert found["starters"] == 0
    changes = {"training.give_up_hazard": 1e9, "pools.newly_qualified": 0.0}
    trace = both(calm(changes))
    sought = trace.training_flows[:, 1:-1, :, TrainingFlow.SOUGHT]
    gave_up = trace.training_flows[:, 2:, :, TrainingFlow.GAVE_UP]
    assert np.array_equal(sought, gave_up)  # after one month


def test_everybody_drops_out_at_once() -> None:
    trace = both(calm({"training.drop_hazard": 1e9}))
    started = trace.training_flows[:, 1:-1, :, TrainingFlow.STARTED]
    dropped = trace.training_flows[:, 2:, :, TrainingFlow.DROPPED_OUT]
    assert np.array_equal(started, dropped)
    assert not trace.training_flows[..., TrainingFlow.COMPLETED].any()


@pytest.mark.parametrize("quantile", [0.0, 1e6])
def test_durations_of_nothing_last_a_month_and_endless_ones_never_end(quantile: float) -> None:
    names = [f"hiring.{n}_quantiles" for n in ("approval", "round", "again", "notice")]
    trace = both(abundant(calm({"hiring.internal_share": 0.0, **dict.fromkeys(names, quantile)})))
    joined = trace.flows[..., [*JOINED, Flow.MOVED_IN]].sum(axis=(0, 2, 3))
    began = trace.flows[..., Flow.VACANCIES].sum(axis=(0, 2))
    if quantile:
        assert not joined.any()
    else:
        assert joined.any()
        assert not joined[:4].any()  # vacated in 1; approved, advertised and joined by 4
        assert began[1] > 0


def test_a_world_without_pathways() -> None:
    """No pathway line at all."""
    spec = make([Cell("5", 4)], 3)
    training = replace(
        spec.training, names=(), pathway=np.zeros(0, np.int32), cohort_line=np.zeros(0, np.int32)
    )
    trace = both(replace(spec, training=training))
    assert trace.training_flows.shape[2] == 0


def test_the_parts_of_a_specification_are_all_known() -> None:
    """The table's names of parts are those of the specification."""
    found = {f.name: f.type for f in fields(Specification) if f.name in PARTS}
    assert set(found) == set(PARTS)
    assert all(part.__name__ in str(found[name]) for name, part in PARTS.items())
    whole = {f.name for f in fields(Specification) if f.name not in PARTS}
    assert whole == every_field() - {path for path in every_field() if "." in path}
