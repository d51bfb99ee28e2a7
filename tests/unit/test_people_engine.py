"""The people engine on cases small enough to work by hand from ``docs/method.md``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from math import ceil, floor
from typing import Any

import numpy as np
import pytest
import simpy

from simulator.domain.words import (
    Flow,
    How,
    Phase,
    PoolFlow,
    PoolStock,
    Stock,
    TrainingFlow,
    TrainingStock,
)
from simulator.engines.people import clock, simulate
from simulator.keyed import (
    MASK,
    STEP,
    Purpose,
    exponential,
    field,
    mix,
    number,
    numbers,
    promotion_score,
    replication_key,
    unit,
    units,
)
from simulator.model.specification import (
    CALLS,
    TRIES,
    Specification,
)
from tests.support.byhand import (
    AGES,
    AT_ONCE,
    NEVER_LEAVES,
    ONE,
    WILLING,
    Cell,
    Cohort,
    build,
    exits,
    happened,
    hiring,
    phase_of,
    pools,
    table,
    training,
    with_rivals,
    world_of_two_regions,
)


@pytest.mark.unit
def test_nothing_happens_without_cause() -> None:
    trace = simulate(build([ONE]), spells_of=0)
    assert not trace.flows.any()
    assert phase_of(trace, Stock.HEADCOUNT) == [1] * 25
    assert trace.spells.tolist() == [(0, 0, 0, 0, 0, 0, 25, How.OPENING, How.STILL_IN_POST)]
    assert trace.counts == {"staff": 1, "vacancies": 0, "trainees": 0, "graduates": 0}


@pytest.mark.unit
def test_exit_at_once_and_the_reason() -> None:
    left = simulate(exits(build([ONE]), AT_ONCE), spells_of=0)
    assert happened(left, Flow.LEFT) == {1: 1}
    assert left.spells["end"].tolist() == [1]
    spec = exits(build([ONE]), AT_ONCE)
    share = np.ones_like(spec.exits.retire_share)
    spec = replace(spec, exits=replace(spec.exits, retire_share=share))
    assert happened(simulate(spec), Flow.RETIRED) == {1: 1}


@pytest.mark.unit
def test_exit_month_is_the_first_that_reaches_the_threshold() -> None:
    spec = build([Cell("R1", "A", "data", "6", 400, 400)], months=60)
    rng = np.linspace(0.001, 0.05, AGES * 61).reshape(1, AGES, 61)
    origin = -(np.arange(400, dtype=np.int32) % 40)
    spec = replace(spec, slots=replace(spec.slots, origin=origin))
    spec = replace(
        spec, exits=replace(spec.exits, hazard=rng, tenure=(2.0, 0.5), factor=np.full((1, 1), 0.9))
    )
    trace = simulate(spec, first=3, spells_of=3)
    rep = replication_key(spec.seed, 3)
    for spell in trace.spells[trace.spells["turn"] == 0]:
        slot = int(spell["slot"])
        threshold = exponential(number(rep, int(spec.slots.key[slot]), Purpose.EXIT, 0))
        total, end = 0.0, 61
        for m in range(1, 61):
            k = m - int(origin[slot])
            tenure = 2.0 if k <= 12 else 0.5 if k <= 24 else 1.0
            total += 0.9 * float(rng[0, int(spec.slots.cohort[slot]), m]) * tenure
            if total >= threshold:
                end = m
                break
        assert spell["end"] == end


@pytest.mark.unit
def test_survival_under_a_constant_hazard() -> None:
    spec = exits(build([Cell("R1", "A", "data", "6", 4000, 4000)], months=12), 0.05)
    spec = hiring(spec, approval_quantiles=table(99.0))
    trace = simulate(spec)
    expected = 4000 * np.exp(-0.05 * np.arange(13))
    assert np.abs(trace.stocks[0, :, 0, Stock.HEADCOUNT] - expected).max() < 4 * 32


@pytest.mark.unit
def test_life_of_a_vacancy_month_by_month() -> None:
    spec = exits(build([ONE], months=8), NEVER_LEAVES)
    spec.exits.hazard[:, :, 1] = AT_ONCE
    spec = pools(hiring(spec, success=1.0), opening=5, supply=5.0)
    trace = simulate(spec, spells_of=0)
    # Vacant and in approval in 1, advertised in 2, agreed in 3, started in 4.
    assert phase_of(trace, Stock.APPROVAL) == [0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert phase_of(trace, Stock.ADVERT) == [0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert phase_of(trace, Stock.AGREED) == [0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert happened(trace, Flow.JOINED_EXPERIENCED) == {4: 1}
    middle, found = 1, PoolStock.EXPERIENCED
    assert trace.pool_stocks[0, :4, middle, found].tolist() == [5, 5, 5, 4]
    assert trace.pool_flows[0, :, middle, PoolFlow.HIRED_EXPERIENCED].tolist()[:4] == [0, 0, 0, 1]
    assert trace.spells.tolist() == [
        (0, 0, 0, 0, 0, 0, 1, How.OPENING, How.LEFT),
        (0, 0, 1, 0, 1, 4, 9, How.JOINED_EXPERIENCED, How.STILL_IN_POST),
    ]
    assert trace.counts == {"staff": 2, "vacancies": 1, "trainees": 0, "graduates": 0}


@pytest.mark.unit
@pytest.mark.parametrize(("due", "cohort"), [(11, 32), (12, 31)])
def test_joiners_are_born_in_the_year_of_their_age(due: int, cohort: int) -> None:
    spec = build([ONE], months=20, phases={0: Phase.AGREED})  # H = 2
    spec.slots.due[0] = due + 1  # ages turn in month 13
    spec.exits.hazard[0, cohort] = AT_ONCE
    trace = simulate(spec, spells_of=0)
    assert trace.spells.tolist() == [
        (0, 0, 1, 0, 1, due + 1, due + 2, How.JOINED_EXPERIENCED, How.LEFT)
    ]


@pytest.mark.unit
def test_failed_rounds_are_advertised_again_at_once() -> None:
    spec = build([ONE], months=8, phases={0: Phase.ADVERT})
    spec.slots.due[0] = 2
    trace = simulate(
        hiring(spec, round_quantiles=table(2.4), again_quantiles=table(2.4), hire_factor=1.1)
    )
    assert happened(trace, Flow.ROUNDS_FAILED) == {2: 1, 5: 1, 8: 1}
    assert phase_of(trace, Stock.ADVERT) == [1] * 9


@pytest.mark.unit
def test_posts_open_by_lowest_serial_and_are_withdrawn_by_highest() -> None:
    cell = Cell("R1", "A", "data", "6", 3, 8)
    spec = build([cell], months=4, phases={1: Phase.APPROVAL, 2: Phase.ADVERT})
    spec.slots.due[1:3] = 9
    index = np.array([[[1.0, 2.0, 1.0, 0.34, 1.0]]])
    chance = unit(number(replication_key(7, 0), int(spec.cells.key[0]), Purpose.POSTS))
    trace = simulate(hiring(spec, post_index=index, approval_quantiles=table(9.0)))
    funded = [floor(3 * x + chance) for x in index[0, 0, 1:]]
    assert phase_of(trace, Stock.POSTS)[1:] == [max(1, f) for f in funded]
    assert happened(trace, Flow.OPENED)[1] == funded[0] - 3
    assert happened(trace, Flow.WITHDRAWN)[2] == funded[0] - funded[1]
    # The advert has a higher serial than the older approval: it goes first in month 3.
    assert phase_of(trace, Stock.ADVERT)[2:4] == [1, 0]
    assert phase_of(trace, Stock.HEADCOUNT) == [1] * 5


@pytest.mark.unit
def test_reopened_post_has_the_next_turn() -> None:
    cell = Cell("R1", "A", "data", "6", 1, 1)
    spec = build([cell], months=9, phases={0: Phase.APPROVAL})
    spec.slots.due[0] = 3
    index = np.array([[[1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]])
    spec = pools(hiring(spec, success=1.0, post_index=index), supply=9.0)
    trace = simulate(spec, spells_of=0)
    assert happened(trace, Flow.WITHDRAWN) == {1: 1}
    assert happened(trace, Flow.OPENED) == {2: 1}
    assert trace.spells[["turn", "start", "person_turn"]].tolist() == [(2, 5, 2)]


def promotion_case(eligible: Sequence[int]) -> Specification:
    cells = [Cell("R1", "A", "data", "5", 5, 5), Cell("R1", "A", "data", "6", 2, 2)]
    spec = build(cells, months=3, phases={5: Phase.APPROVAL, 6: Phase.APPROVAL})
    spec.slots.due[6] = 2
    spec.slots.eligible[:5] = eligible
    return hiring(spec, internal_share=1.0)


def best_candidate(spec: Specification, slot: int, among: Sequence[int], top: int = 5) -> int:
    """Who is called first, and if no call names a candidate, who has the highest score."""
    rep = replication_key(spec.seed, 0)
    vacancy = number(rep, int(spec.slots.key[slot]), Purpose.PROMOTION, 1)
    for k in range(CALLS):
        called = floor(unit(mix(vacancy + Purpose.TRY + k * STEP)) * top)
        if called in among:
            return called
    scores = {s: promotion_score(vacancy, (rep + int(spec.slots.key[s])) & MASK) for s in among}
    return max(scores, key=lambda s: scores[s])


@pytest.mark.unit
def test_promotion_of_the_highest_score_among_the_eligible() -> None:
    spec = promotion_case([1, 1, 2, 2, 99])
    trace = simulate(spec, spells_of=0)
    first = best_candidate(spec, 5, [0, 1])
    second = best_candidate(spec, 6, [s for s in range(4) if s != first])
    promoted = trace.spells[trace.spells["slot"] >= 5]
    assert promoted["person_id"].tolist() == [first, second]
    assert promoted["start"].tolist() == [1, 2]
    assert happened(trace, Flow.PROMOTED_IN, 1) == {1: 1, 2: 1}
    assert happened(trace, Flow.PROMOTED_OUT, 0) == {1: 1, 2: 1}
    assert happened(trace, Flow.VACANCIES, 0) == {1: 1, 2: 1}
    assert trace.counts["staff"] == 5


@pytest.mark.unit
def test_two_vacancies_want_the_same_person() -> None:
    spec = promotion_case([1, 99, 99, 99, 99])
    spec.slots.due[6] = 1
    trace = simulate(spec, spells_of=0)
    assert happened(trace, Flow.PROMOTED_IN, 1) == {1: 1}
    assert phase_of(trace, Stock.ADVERT, 1)[1] == 1
    assert trace.spells[trace.spells["slot"] == 5]["person_id"].tolist() == [0]


@pytest.mark.unit
def test_promoted_people_wait_the_minimum_again() -> None:
    cells = [Cell("R1", "A", "data", band, 1, 1) for band in ("5", "6", "7")]
    spec = build(cells, months=12, phases={1: Phase.APPROVAL, 2: Phase.APPROVAL})
    spec.slots.due[2] = 4
    early = simulate(hiring(spec, internal_share=1.0, min_months=3))
    late = simulate(hiring(spec, internal_share=1.0, min_months=4))
    assert happened(early, Flow.PROMOTED_IN, 2) == {4: 1}
    assert happened(late, Flow.PROMOTED_IN, 2) == {}


@pytest.mark.unit
def test_move_between_two_trusts() -> None:
    cells = [Cell("R1", "A", "data", "6", 1, 1), Cell("R1", "B", "data", "6", 1, 1)]
    spec = build(cells, months=6, phases={0: Phase.ADVERT})
    trace = simulate(hiring(spec, success=1.0, move_share=1.0), spells_of=0)
    # Advert closes in 1, start in 2; the post left behind is approved in 3 and closes in 4 ...
    assert happened(trace, Flow.MOVED_IN, 0) == {2: 1}
    assert happened(trace, Flow.MOVED_OUT, 1) == {2: 1}
    # ... and in 5 it pulls the same person back.
    assert happened(trace, Flow.MOVED_IN, 1) == {5: 1}
    assert trace.spells.tolist() == [
        (0, 1, 0, 0, 1, 2, 5, How.MOVED, How.MOVED_OUT),
        (0, 1, 0, 1, 0, 0, 2, How.OPENING, How.MOVED_OUT),
        (0, 1, 0, 1, 1, 5, 7, How.MOVED, How.STILL_IN_POST),
    ]
    assert trace.counts["staff"] == 1


@pytest.mark.unit
def test_failed_pull_is_advertised_again() -> None:
    spec = build([ONE, WILLING], months=6, phases={0: Phase.ADVERT})
    trace = simulate(hiring(spec, success=1.0, move_share=1.0))
    assert phase_of(trace, Stock.AGREED) == [0, 1, 0, 1, 0, 1, 0]
    assert phase_of(trace, Stock.ADVERT) == [1, 0, 1, 0, 1, 0, 1]


@pytest.mark.unit
def test_pull_from_outside_the_model() -> None:
    spec = build([ONE, WILLING], months=6, phases={0: Phase.ADVERT}, outside=[("R1", "Z", 1.0)])
    trace = simulate(hiring(spec, success=1.0, move_share=1.0), spells_of=0)
    assert happened(trace, Flow.JOINED_OUTSIDE) == {2: 1}
    assert trace.spells["began"].tolist() == [How.JOINED_OUTSIDE, How.OPENING]
    assert trace.counts["staff"] == 2


@pytest.mark.unit
def test_tries_of_competing_pulls() -> None:
    cells = [Cell("R1", "A", "data", "6", 6, 6), Cell("R1", "B", "data", "6", 5, 9)]
    spec = build(cells, months=2, phases=dict.fromkeys(range(6), Phase.ADVERT))
    trace = simulate(hiring(spec, success=1.0, move_share=1.0), spells_of=0)
    rep, taken, open_ = replication_key(spec.seed, 0), {}, list(range(6))
    bases = {s: number(rep, int(spec.slots.key[s]), Purpose.PULL, 1 + 65536) for s in open_}
    for k in range(TRIES):
        for slot in list(open_):
            serial = floor(unit(mix(bases[slot] + Purpose.TRY + k * STEP)) * 5)
            if serial not in taken:
                taken[serial] = slot
                open_.remove(slot)
    moved = trace.spells[trace.spells["began"] == How.MOVED]
    assert sorted(taken.items()) == sorted(
        zip((moved["person_id"] - 6).tolist(), moved["slot"].tolist(), strict=True)
    )
    assert len(taken) > 2
    assert trace.stocks[0, 2, 0, Stock.ADVERT] == len(open_)


@pytest.mark.unit
def test_market_hires_by_score_until_nobody_is_left() -> None:
    spec = build(
        [Cell("R1", "A", "data", "6", 6, 6)],
        months=2,
        phases=dict.fromkeys(range(6), Phase.ADVERT),
    )
    spec = pools(hiring(spec, success=1.0), opening=2, supply_loss=0.0)
    trace = simulate(spec, spells_of=0)
    rep = replication_key(spec.seed, 0)
    score = [field(number(rep, int(k), Purpose.ROUND, 1 + 65536), 34, 30) for k in spec.slots.key]
    best = sorted(range(6), key=lambda s: score[s])[:2]
    assert sorted(trace.spells["slot"].tolist()) == sorted(best)
    assert happened(trace, Flow.ROUNDS_FAILED) == {1: 4, 2: 4}


@pytest.mark.unit
def test_congestion_lowers_success() -> None:
    spec = build(
        [Cell("R1", "A", "data", "6", 400, 400)],
        months=1,
        phases=dict.fromkeys(range(400), Phase.ADVERT),
    )
    spec = pools(hiring(spec, success=0.5, congestion=1.0), opening=1200, supply_loss=0.0)
    agreed = simulate(spec).stocks[0, 1, 0, Stock.AGREED]
    assert abs(int(agreed) - 400 * 0.5 * 0.75) < 4 * 10


@pytest.mark.unit
def test_graduate_is_hired_after_completion() -> None:
    cells = [Cell("R1", "A", "data", "5", 1, 1)]
    spec = build(
        cells, months=12, phases={0: Phase.ADVERT}, cohorts=[Cohort("R1", 1, 3)], duration=4
    )
    spec = pools(hiring(spec, success=1.0), newly_qualified=1.0)
    trace = simulate(spec, spells_of=0)
    studying = trace.training_stocks[0, :, 0, TrainingStock.ENROLLED].tolist()
    waiting = trace.training_stocks[0, :, 0, TrainingStock.WAITING].tolist()
    assert studying == [0, 3, 3, 3, 3, *[0] * 8]
    assert waiting == [*[0] * 5, *[2] * 8]
    assert trace.training_flows[0, 5, 0, TrainingFlow.HIRED] == 1
    assert happened(trace, Flow.JOINED_GRADUATE) == {6: 1}
    assert trace.spells.tolist() == [(1, 0, 0, 0, 1, 6, 13, How.JOINED_GRADUATE, How.STILL_IN_POST)]
    assert trace.counts == {"staff": 1, "vacancies": 1, "trainees": 3, "graduates": 3}


@pytest.mark.unit
def test_training_by_hand() -> None:
    cohorts = [Cohort("R1", 2, 40), Cohort("R1", -5, 40, 1), Cohort("R1", -20, 40, 2)]
    spec = build([Cell("R1", "A", "data", "5", 1, 1)], months=40, cohorts=cohorts)
    drop = np.full((1, 13), 0.3)
    spec = training(spec, drop_hazard=drop, seek_share=np.array([0.5]), give_up_hazard=0.6)
    spec = training(spec, drop_factor=np.array([1.5]))
    trace = simulate(spec)
    rep, t = replication_key(spec.seed, 0), spec.training
    expected = np.zeros((41, len(TrainingFlow)), int)
    for row, key in enumerate(t.row_key.tolist()):
        start, status = cohorts[t.row_cohort[row]].start, t.row_status[row]
        patience = ceil(12 * exponential(number(rep, key, Purpose.WAIT)) / 0.6)
        ready = start + 12
        if status == 2:
            ready = 0
        else:
            expected[max(start, 0), TrainingFlow.STARTED] += status == 0
            first = max(0, -start)
            threshold = exponential(number(rep, key, Purpose.STUDY))
            drops = [j for j in range(first + 1, 13) if (j - first) * 0.025 * 1.5 >= threshold]
            if drops:
                expected[start + drops[0], TrainingFlow.DROPPED_OUT] += 1
                continue
            expected[ready, TrainingFlow.COMPLETED] += 1
            if unit(number(rep, key, Purpose.SEEK)) >= 0.5:
                continue
            expected[ready, TrainingFlow.SOUGHT] += 1
        if ready + patience <= 40:
            expected[ready + patience, TrainingFlow.GAVE_UP] += 1
    assert (trace.training_flows[0, :, 0] == expected).all()
    assert trace.training_stocks[0, 0, 0].tolist() == [40, 40]


@pytest.mark.unit
def test_poisson_intake_counts_the_entries_not_above_the_chance() -> None:
    cdf = np.array([[0.1, 0.3, 0.6, 0.9, 2.0]])
    spec = build(
        [Cell("R1", "A", "data", "5", 1, 1)], months=2, cohorts=[Cohort("R1", 1, 5)], duration=6
    )
    spec = training(spec, cohort_cdf=cdf)
    trace = simulate(spec, count=30)
    key = int(spec.training.cohort_key[0])
    for r in range(30):
        chance = unit(number(replication_key(spec.seed, r), key, Purpose.INTAKE))
        started = int((cdf[0] <= chance).sum())
        assert trace.training_flows[r, 1, 0, TrainingFlow.STARTED] == started


@pytest.mark.unit
def test_rivals_take_people_of_the_group() -> None:
    spec = with_rivals(build([Cell("R1", "A", "data", "6", 8, 8)], months=6))
    spec = hiring(spec, approval_quantiles=table(99.0))
    trace = simulate(spec, spells_of=0)
    rep = replication_key(spec.seed, 0)
    assert spec.replay is not None
    key = int(spec.replay.staff_key[spec.cells.staff[0]])
    filled, expected = set(range(8)), {}
    for m in range(1, 7):
        chance = unit(number(rep, key, Purpose.RIVALS, m * 65536))
        pulled = int((spec.replay.rival_cdf[0, m] <= chance).sum())
        gone: set[int] = set()
        pulls = [number(rep, key, Purpose.RIVALS, m * 65536 + j) for j in range(1, pulled + 1)]
        for k in range(TRIES):
            for base in list(pulls):
                serial = floor(unit(mix(base + Purpose.TRY + k * STEP)) * 8)
                if serial in filled - gone:
                    gone.add(serial)
                    pulls.remove(base)
        filled -= gone
        expected[m] = len(gone)
    assert happened(trace, Flow.MOVED_OUT) == {m: n for m, n in expected.items() if n}
    assert How.MOVED_OUT in trace.spells["ended"].tolist()


@pytest.mark.unit
@pytest.mark.parametrize("replayed", [False, True])
def test_everything_at_once_balances(replayed: bool) -> None:
    spec = world_of_two_regions()
    if replayed:
        spec = with_rivals(spec)
    trace = simulate(spec, count=3, spells_of=1)  # the books are checked inside
    total = trace.flows.sum(axis=(0, 1, 2))
    absent = [] if replayed else [Flow.JOINED_CONVERTED]
    assert np.flatnonzero(total == 0).tolist() == absent
    assert (trace.stocks.sum(axis=(0, 1, 2)) > 0).all()
    assert (trace.pool_flows.sum(axis=(0, 1, 2)) > 0).all() != replayed
    assert trace.pool_flows.any() == trace.pool_stocks.any() == (not replayed)
    assert (trace.training_flows.sum(axis=(0, 1, 2)) > 0).all() != replayed
    assert (trace.won.sum(axis=(1, 2)) == trace.flows[..., Flow.MOVED_IN].sum(axis=(1, 2))).all()
    assert not trace.won[:, np.eye(5, dtype=bool)].any()
    spells = trace.spells
    order = np.lexsort((spells["turn"], spells["slot"]))
    assert (order == np.arange(len(spells))).all()
    assert len(np.unique(spells[["slot", "turn"]])) == len(spells)
    in_post = (spells["ended"] == How.STILL_IN_POST).sum()
    assert in_post == trace.stocks[1, -1, :, Stock.HEADCOUNT].sum()
    # A person's spells follow each other without a gap or an overlap.
    named = np.sort(spells, order=["person_kind", "person_id", "person_turn", "start"])
    same = (named["person_id"][1:] == named["person_id"][:-1]) & (
        (named["person_turn"][1:] == named["person_turn"][:-1])
        & (named["person_kind"][1:] == named["person_kind"][:-1])
    )
    assert (named["start"][1:][same] == named["end"][:-1][same]).all()
    assert not (trace.training_flows.any() and replayed)


class LastComeFirstServed(simpy.Environment):
    """A plain SimPy environment that turns round the order of events at one time."""

    def __init__(self, months: int) -> None:
        super().__init__()
        self._eid = count(0, -1)


@pytest.mark.unit
@pytest.mark.parametrize("replayed", [False, True])
@pytest.mark.parametrize("environment", [lambda _: simpy.Environment(), LastComeFirstServed])
def test_order_of_events_within_a_tick_does_not_matter(
    replayed: bool, environment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = world_of_two_regions()
    if replayed:
        spec = with_rivals(spec)
    expected = simulate(spec, spells_of=0)
    monkeypatch.setattr(clock, "Agenda", environment)
    found = simulate(spec, spells_of=0)
    assert (found.flows == expected.flows).all()
    assert (found.stocks == expected.stocks).all()
    assert (found.training_flows == expected.training_flows).all()
    assert (found.pool_stocks == expected.pool_stocks).all()
    assert (found.pool_flows == expected.pool_flows).all()
    assert (found.won == expected.won).all()
    assert (found.spells == expected.spells).all()
    assert found.counts == expected.counts


@pytest.mark.unit
def test_replications_do_not_depend_on_the_block() -> None:
    spec = world_of_two_regions(months=18)
    together = simulate(spec, first=4, count=3, spells_of=5)
    alone = simulate(spec, first=5, spells_of=5)
    assert (together.flows[1] == alone.flows[0]).all()
    assert (together.spells == alone.spells).all()
    assert alone.first_replication == 5
    assert not simulate(spec, spells_of=3).spells.size


@pytest.mark.unit
def test_a_trust_in_another_region_changes_nothing() -> None:
    extra = [Cell("R0", "X", "data", band, 6, 9) for band in ("5", "6", "7")]
    plain = simulate(world_of_two_regions(), count=2)
    wider = simulate(with_extra_region(extra), count=2)
    assert (wider.flows[:, :, 3:] == plain.flows).all()
    assert (wider.stocks[:, :, 3:] == plain.stocks).all()
    assert (wider.training_flows == plain.training_flows).all()


def with_extra_region(extra: Sequence[Cell]) -> Specification:
    """The world of two regions with more cells in front; its opening posts are kept."""
    plain, wider = world_of_two_regions(), world_of_two_regions(extra=extra)
    shift = sum(c.slots for c in extra)
    phase, due = wider.slots.phase.copy(), wider.slots.due.copy()
    phase[shift:], due[shift:] = plain.slots.phase, plain.slots.due
    phase[:shift] = wider.slots.phase[-shift:]
    due[:shift] = 1
    return replace(wider, slots=replace(wider.slots, phase=phase, due=due))


@pytest.mark.unit
def test_funded_posts_follow_need() -> None:
    spec = build([Cell("R1", "A", "data", "6", 10, 40)], months=12)
    index = 1.0 + 0.08 * np.arange(13)
    trace = simulate(hiring(spec, post_index=index[None, None]), count=40)
    keys = numbers(
        np.array([replication_key(7, r) for r in range(40)], np.uint64),
        spec.cells.key,
        Purpose.POSTS,
    )
    expected = np.floor(10 * index[None] + units(keys)[:, None])
    assert (trace.stocks[:, :, 0, Stock.POSTS] == expected)[:, 1:].all()


@pytest.mark.unit
def test_progress_is_reported() -> None:
    done: list[int] = []
    simulate(build([ONE], months=5), count=2, tick=done.append)
    assert sum(done) == 10
