"""Freezes, breaks, kinds of candidates, attraction, pooled vacancies, supervision and pay steps.

Cases for the people engine, worked by hand from ``docs/method.md``.
"""

from __future__ import annotations

from dataclasses import replace
from math import floor
from typing import Any

import numpy as np
import pytest

from simulator.domain.words import (
    BANDS,
    Flow,
    How,
    Phase,
    PoolFlow,
    PoolStock,
    Stock,
    TrainingFlow,
)
from simulator.engines.people import simulate
from simulator.keyed import (
    Purpose,
    exponential,
    field,
    mix,
    name_key,
    number,
    replication_key,
    unit,
)
from simulator.model.specification import (
    Specification,
)
from tests.support.byhand import (
    AT_ONCE,
    ONE,
    WILLING,
    Cell,
    Cohort,
    build,
    cells_of,
    exits,
    happened,
    hiring,
    phase_of,
    pools,
    table,
    training,
    with_rivals,
)


@pytest.mark.unit
def test_a_frozen_post_waits_for_the_end_of_the_freeze() -> None:
    spec = build([ONE], months=8)
    spec.exits.hazard[:, :, 1] = AT_ONCE
    thaw = np.full((1, 9), 4, np.int32)
    spec = hiring(spec, frozen_share=1.0, thaw=thaw, approval_quantiles=table(2.0), success=1.0)
    trace = simulate(pools(spec, supply=9.0))
    # Vacant in 1, free again in 4, approved in 6, agreed in 7, started in 8.
    assert phase_of(trace, Stock.FROZEN) == [0, 1, 1, 1, 1, 1, 0, 0, 0]
    assert phase_of(trace, Stock.ADVERT) == [0, 0, 0, 0, 0, 0, 1, 0, 0]
    assert not any(phase_of(trace, Stock.APPROVAL))
    assert phase_of(trace, Stock.VACANT) == [0, 1, 1, 1, 1, 1, 1, 1, 0]


@pytest.mark.unit
def test_a_share_of_vacancies_is_frozen_and_can_be_withdrawn() -> None:
    spec = build([Cell("R1", "A", "data", "6", 400, 400)], months=2)
    spec.exits.hazard[:, :, 1] = AT_ONCE
    index = np.array([[[1.0, 1.0, 0.0]]])
    spec = hiring(spec, frozen_share=0.3, thaw=200, post_index=index, approval_quantiles=table(9.0))
    trace = simulate(spec)
    rep = replication_key(spec.seed, 0)
    low = [field(number(rep, int(k), Purpose.VACANCY, 1), 0, 22) for k in spec.slots.key]
    assert trace.stocks[0, 1, 0, Stock.FROZEN] == sum(x < 0.3 * 2**22 for x in low)
    # One post may be left: the establishment is rounded up by chance.
    assert happened(trace, Flow.WITHDRAWN)[2] in (399, 400)
    assert trace.stocks[0, 2, 0, Stock.FROZEN] <= 1


@pytest.mark.unit
def test_reasons_for_leaving() -> None:
    spec = exits(build([Cell("R1", "A", "data", "6", 300, 300)], months=1), AT_ONCE)
    retire = np.full_like(spec.exits.retire_share, 0.2)
    spec = exits(spec, AT_ONCE, retire_share=retire, break_share=0.5)
    trace = simulate(spec, spells_of=0)
    rep = replication_key(spec.seed, 0)
    chance = [unit(number(rep, int(key), Purpose.REASON, 0)) for key in spec.slots.key]
    expected = [
        How.RETIRED if u < 0.2 else How.BREAK if u < 0.2 + 0.8 * 0.5 else How.LEFT for u in chance
    ]
    assert trace.spells["ended"].tolist() == expected
    assert trace.flows[0, 1, 0, Flow.BREAK] == expected.count(How.BREAK)
    assert trace.pool_flows[0, 1, 1, PoolFlow.BREAKS] == expected.count(How.BREAK)
    assert trace.pool_stocks[0, 1, 1, PoolStock.ON_BREAK] == expected.count(How.BREAK)


@pytest.mark.unit
def test_somebody_returns_from_a_break() -> None:
    spec = build([ONE], months=6)
    spec.exits.hazard[:, :, 1] = AT_ONCE
    spec = replace(spec, exits=replace(spec.exits, break_share=1.0))
    spec = pools(hiring(spec, success=1.0), return_rate=1.0, supply_loss=0.0)
    trace = simulate(spec, spells_of=0)
    # On a break from 1, looks for a post from 2, agrees a start in 3, is back in 4.
    away = trace.pool_stocks[0, :, 1]
    assert away[:, PoolStock.ON_BREAK].tolist() == [0, 1, 0, 0, 0, 0, 0]
    assert away[:, PoolStock.RETURNING].tolist() == [0, 0, 1, 0, 0, 0, 0]
    assert trace.pool_flows[0, 2, 1, PoolFlow.RETURNED] == 1
    assert trace.pool_flows[0, 3, 1, PoolFlow.HIRED_RETURNING] == 1
    assert happened(trace, Flow.JOINED_RETURNING) == {4: 1}
    assert trace.spells["began"].tolist() == [How.OPENING, How.JOINED_RETURNING]


@pytest.mark.unit
def test_people_on_a_break_by_hand() -> None:
    months = 30
    spec = build([ONE], months=months)
    spec = pools(spec, opening=(0, 0, 0, 50), return_rate=0.1, forget_rate=0.04, supply_loss=0.3)
    trace = simulate(spec)
    rep, key = replication_key(spec.seed, 0), int(spec.pools.key[1])
    away, looking = 50, 0
    for m in range(1, months + 1):
        back = floor(0.1 * away + unit(number(rep, key, Purpose.BREAKS, m)))
        gone = floor(0.04 * (away - back) + unit(number(rep, key, Purpose.BREAKS, m + 65536)))
        looking = floor(looking * 0.7 + unit(number(rep, key, Purpose.SUPPLY, m + 65536))) + back
        away -= back + gone
        stocks, flows = trace.pool_stocks[0, m, 1], trace.pool_flows[0, m, 1]
        assert (stocks[PoolStock.ON_BREAK], stocks[PoolStock.RETURNING]) == (away, looking)
        assert (flows[PoolFlow.RETURNED], flows[PoolFlow.FORGOTTEN]) == (back, gone)
    assert trace.pool_flows[0, :, 1, PoolFlow.FORGOTTEN].sum() > 3


@pytest.mark.unit
def test_returning_and_international_candidates_are_hired_first() -> None:
    six = Cell("R1", "A", "data", "6", 6, 6)
    spec = build([six], months=2, phases=dict.fromkeys(range(6), Phase.ADVERT))
    spec = pools(hiring(spec, success=1.0), opening=(2, 1, 1), supply_loss=0.0)
    trace = simulate(spec, spells_of=0)
    rep = replication_key(spec.seed, 0)
    score = [field(number(rep, int(k), Purpose.ROUND, 1 + 65536), 34, 30) for k in spec.slots.key]
    best = sorted(range(6), key=lambda s: score[s])
    order = [How.JOINED_RETURNING, How.JOINED_INTERNATIONAL, *[How.JOINED_EXPERIENCED] * 2]
    began = dict(zip(trace.spells["slot"].tolist(), trace.spells["began"].tolist(), strict=True))
    assert began == dict(zip(best[:4], order, strict=True))
    hired = (PoolFlow.HIRED_RETURNING, PoolFlow.HIRED_INTERNATIONAL, PoolFlow.HIRED_EXPERIENCED)
    assert trace.pool_flows[0, 1, 1, list(hired)].tolist() == [1, 1, 2]
    assert happened(trace, Flow.ROUNDS_FAILED) == {1: 2, 2: 2}


@pytest.mark.unit
def test_supply_of_each_kind_has_its_own_chance() -> None:
    spec = pools(build([ONE], months=20), supply=(0.5, 0.25, 1.5), supply_loss=0.2)
    trace = simulate(spec)
    rep, key, stocks = replication_key(spec.seed, 0), int(spec.pools.key[1]), [0, 0, 0]
    for m in range(1, 21):
        for k, rate in enumerate((0.5, 0.25, 1.5)):
            chance = unit(number(rep, key, Purpose.SUPPLY, m + 65536 * k))
            stocks[k] = floor(stocks[k] * 0.8 + rate + chance)
        assert trace.pool_stocks[0, m, 1, :3].tolist() == stocks


def two_trusts(phase: Phase, posts: int = 60) -> Specification:
    """Trusts A and B, all of whose posts are vacant; A draws candidates twice as strongly."""
    cells = [Cell("R1", trust, "data", "6", posts, posts) for trust in "AB"]
    spec = build(cells, months=2, phases=dict.fromkeys(range(2 * posts), phase))
    spec = cells_of(spec, attraction=np.array([1.4, 0.7]))
    return hiring(spec, attraction_path=1.1)


@pytest.mark.unit
def test_success_falls_with_rivals_and_rises_with_attraction() -> None:
    spec = hiring(two_trusts(Phase.ADVERT), success=0.8, congestion=0.9, success_factor=1.1)
    trace = simulate(pools(spec, opening=100, supply_loss=0.0))
    rep, a = replication_key(spec.seed, 0), [floor(1024 * x * 1.1 + 0.5) for x in (1.4, 0.7)]
    rivals = 60 * (a[0] + a[1])
    for cell in (0, 1):
        share = a[cell] * 100 / (a[cell] * 100 + 0.9 * rivals)
        keys = spec.slots.key[60 * cell : 60 * cell + 60].tolist()
        scores = [field(number(rep, key, Purpose.ROUND, 1 + 65536), 34, 30) for key in keys]
        passed = sum(score < 0.8 * 1.1 * share * 2**30 for score in scores)
        assert trace.stocks[0, 1, cell, Stock.AGREED] == passed
    assert trace.stocks[0, 1, 0, Stock.AGREED] > trace.stocks[0, 1, 1, Stock.AGREED]


@pytest.mark.unit
def test_posts_pull_from_the_less_attractive() -> None:
    cells = [Cell("R1", trust, "data", "6", 40, 40) for trust in "ABC"]
    spec = build(cells, months=2, phases=dict.fromkeys(range(40), Phase.ADVERT))
    spec = cells_of(spec, attraction=np.array([1.0, 2.0, 0.5]))
    spec = hiring(spec, success=1.0, move_share=1.0)
    trace = simulate(spec, spells_of=0)
    rep, chosen = replication_key(spec.seed, 0), {}
    for slot, key in enumerate(spec.slots.key[:40].tolist()):
        base = number(rep, key, Purpose.PULL, 1 + 65536)
        scores = [
            exponential(mix(base + name_key(f"trust|{trust}"))) / (40 * 1024 / a)
            for trust, a in (("B", 2048), ("C", 512))
        ]
        chosen[slot] = 1 if scores[0] < scores[1] else 2
    moved = trace.spells[trace.spells["began"] == How.MOVED]
    found = (moved["person_id"] // 40).tolist()
    assert found == [chosen[s] for s in moved["slot"].tolist()]
    assert trace.won[0].tolist() == [[0, found.count(1), found.count(2)], [0, 0, 0], [0, 0, 0]]
    assert found.count(2) > 2 * found.count(1)


@pytest.mark.unit
def test_a_pooled_vacancy_is_filled_from_another_trust() -> None:
    cells = [
        Cell("R1", "A", "data", "5", 3, 3),
        Cell("R1", "A", "data", "6", 8, 8),
        Cell("R1", "B", "data", "4", 1, 1),
        Cell("R1", "B", "data", "5", 9, 9),
    ]
    spec = build(cells, months=1, phases=dict.fromkeys(range(3, 11), Phase.APPROVAL))
    spec = hiring(spec, internal_share=1.0, pooled_share=0.6)
    trace = simulate(spec, spells_of=0)
    rep, asked = replication_key(spec.seed, 0), {}
    for slot in range(3, 11):
        z = number(rep, int(spec.slots.key[slot]), Purpose.POOLING, 1)
        scores = [
            exponential(mix(z + name_key(f"trust|{trust}"))) / posts
            for trust, posts in (("A", 3), ("B", 9))
        ]
        pooled = field(z, 0, 22) < 0.6 * 2**22
        asked[slot] = "B" if pooled and scores[1] < scores[0] else "A"
    promoted = trace.spells[trace.spells["began"] == How.PROMOTED]
    came = {s: "A" if p < 3 else "B" for s, p in promoted[["slot", "person_id"]].tolist()}
    assert came.items() <= asked.items()
    assert set(came.values()) == {"A", "B"}
    assert happened(trace, Flow.PROMOTED_OUT, 3) == {1: list(came.values()).count("B")}
    assert not happened(trace, Flow.MOVED_OUT, 3)
    assert not trace.won.any()


@pytest.mark.unit
@pytest.mark.parametrize(("pooled", "ends"), [(0.0, 7), (1.0, 2)])
def test_who_is_promoted_to_another_trust_is_new_there(pooled: float, ends: int) -> None:
    below = "AB"[int(pooled)]
    cells = [Cell("R1", "A", "data", "6", 1, 1), Cell("R1", below, "data", "5", 1, 1)]
    spec = build(cells, months=6, phases={0 if pooled else 1: Phase.APPROVAL})
    # Only somebody in the first year in a trust leaves, and does so at once.
    spec = exits(spec, 1e-9, tenure=(1e18, 1.0))
    spec = hiring(spec, internal_share=1.0, pooled_share=pooled)
    trace = simulate(spec, spells_of=0)
    promoted = trace.spells[trace.spells["began"] == How.PROMOTED]
    assert promoted[["start", "end"]].tolist() == [(1, ends)]


@pytest.mark.unit
def test_factors_belong_to_the_draw_of_the_replication() -> None:
    cells = [Cell("R1", "A", "data", "5", 200, 200), Cell("R1", "A", "data", "6", 100, 100)]
    phases = dict.fromkeys(range(200, 300), Phase.APPROVAL)
    spec = build(cells, months=1, draws=2, phases=phases)
    spec = hiring(spec, internal_share=0.5, internal_factor=np.array([0.5, 3.0]))
    trace = simulate(spec, count=4)
    promoted = trace.flows[:, 1, 1, Flow.PROMOTED_IN].tolist()
    advertised = trace.stocks[:, 1, 1, Stock.ADVERT].tolist()
    for r, share in enumerate((0.25, 1.0, 0.25, 1.0)):
        rep = replication_key(spec.seed, r)
        numbers_ = [number(rep, int(k), Purpose.VACANCY, 1) for k in spec.slots.key[200:]]
        offered = sum(field(n, 22, 32) < share * 2**32 for n in numbers_)
        assert advertised[r] >= 100 - offered
        assert promoted[r] == 100 - advertised[r] > 0.7 * offered


@pytest.mark.unit
def test_trainees_start_only_with_supervisors() -> None:
    cells = [
        Cell("R1", "A", "data", "5", 9, 9),
        Cell("R1", "A", "data", "6", 2, 2),
        Cell("R1", "A", "data", "8a", 1, 1),
        Cell("R1", "A", "digital", "6", 9, 9),
    ]
    cohorts = [Cohort("R1", 1, 5), Cohort("R1", 3, 5), Cohort("R1", 5, 2), Cohort("R1", 6, 5)]
    spec = build(cells, months=6, cohorts=cohorts, duration=4)
    rate = np.zeros_like(spec.training.supervision)
    rate[0] = 1.2  # 1.2 x 3 heads: room for three
    spec = training(spec, supervised=np.ones(1, np.bool_), supervision=rate)
    trace = simulate(spec)
    flows = trace.training_flows[0, :, 0]
    assert flows[:, TrainingFlow.STARTED].tolist() == [0, 3, 0, 0, 0, 2, 1]
    assert flows[:, TrainingFlow.TURNED_AWAY].tolist() == [0, 2, 0, 5, 0, 0, 4]
    assert flows[:, TrainingFlow.COMPLETED].tolist() == [0, 0, 0, 0, 0, 3, 0]
    free = simulate(training(spec, supervised=np.zeros(1, np.bool_)))
    assert free.training_flows[0, :, 0, TrainingFlow.STARTED].tolist() == [0, 5, 0, 5, 0, 2, 5]
    assert not free.training_flows[..., TrainingFlow.TURNED_AWAY].any()


@pytest.mark.unit
def test_supervisors_are_those_of_the_month_before() -> None:
    cells = [Cell("R1", "A", "data", "6", 4, 4)]
    spec = build(cells, months=3, cohorts=[Cohort("R1", 2, 6), Cohort("R1", 3, 6)])
    spec.exits.hazard[:, :, 2] = AT_ONCE  # all go in 2
    rate = np.ones_like(spec.training.supervision)
    trace = simulate(training(spec, supervised=np.ones(1, np.bool_), supervision=rate))
    assert trace.training_flows[0, :, 0, TrainingFlow.STARTED].tolist() == [0, 0, 4, 0]


@pytest.mark.unit
def test_a_clinician_who_converts_is_counted_apart() -> None:
    spec = build(
        [Cell("R1", "A", "data", "5", 1, 1)],
        months=4,
        phases={0: Phase.ADVERT},
        cohorts=[Cohort("R1", -20, 3, 2)],
    )
    spec = pools(hiring(spec, success=1.0), newly_qualified=1.0)
    trace = simulate(training(spec, converts=np.ones(1, np.bool_)), spells_of=0)
    assert happened(trace, Flow.JOINED_CONVERTED) == {2: 1}
    assert not trace.flows[..., Flow.JOINED_GRADUATE].any()
    assert trace.spells["began"].tolist() == [How.JOINED_CONVERTED]


@pytest.mark.unit
def test_pay_steps() -> None:
    cells = [Cell("R1", "A", "data", "5", 2, 2), Cell("R1", "A", "data", "6", 1, 1)]
    spec = build(cells, months=9, phases={2: Phase.APPROVAL})
    spec.slots.due[2] = 4
    spec.slots.band_start[:2] = [0, -4]
    spec.slots.eligible[:2] = [1, 99]
    spec.slots.fte[:] = [60, 80, 100]
    steps = np.tile(np.array([3, 6], np.int32), (len(BANDS), 1))
    trace = simulate(hiring(spec, internal_share=1.0, step_months=steps))
    # The first rises in 3 and is promoted in 4; the second is between the steps until 2.
    assert phase_of(trace, Stock.STEP_1_FTE) == [80, 80, 0, 60, 0, 0, 0, 0, 0, 0]
    assert phase_of(trace, Stock.STEP_2_FTE) == [0, 0, *[80] * 8]
    assert phase_of(trace, Stock.STEP_1_FTE, 1) == [0, 0, 0, 0, 0, 0, 0, 100, 100, 100]
    assert phase_of(trace, Stock.IN_POST_FTE, 1) == [0, 0, 0, 0, *[100] * 6]


@pytest.mark.unit
def test_a_mover_keeps_the_pay_step() -> None:
    cells = [Cell("R1", "A", "data", "6", 1, 1), Cell("R1", "B", "data", "6", 1, 1)]
    spec = build(cells, months=4, phases={0: Phase.ADVERT})
    spec.slots.band_start[1] = 0
    steps = np.tile(np.array([2, 4], np.int32), (len(BANDS), 1))
    trace = simulate(hiring(spec, success=1.0, move_share=1.0, step_months=steps))
    assert happened(trace, Flow.MOVED_IN, 0) == {2: 1}
    assert phase_of(trace, Stock.STEP_1_FTE, 0) == [0, 0, 100, 100, 0]
    assert phase_of(trace, Stock.STEP_2_FTE, 0) == [0, 0, 0, 0, 100]
    assert trace.won[0].tolist() == [[0, 1], [0, 0]]


@pytest.mark.unit
def test_somebody_from_outside_has_served_in_the_band() -> None:
    posts = 60
    cells = [Cell("R1", "A", "data", "6", posts, posts), WILLING]
    phases = dict.fromkeys(range(posts), Phase.ADVERT)
    spec = build(cells, months=2, phases=phases, outside=[("R1", "Z", 1.0)])
    steps = np.tile(np.array([10, 35], np.int32), (len(BANDS), 1))
    trace = simulate(hiring(spec, success=1.0, move_share=1.0, step_months=steps))
    rep = replication_key(spec.seed, 0)
    keys = spec.slots.key[:posts].tolist()
    share = [field(number(rep, key, Purpose.OFFER, 1), 20, 20) / 2**20 for key in keys]
    served = [floor(v * 60) for v in share]
    assert trace.stocks[0, 2, 0, Stock.STEP_1_FTE] == 100 * sum(10 <= n < 35 for n in served)
    assert trace.stocks[0, 2, 0, Stock.STEP_2_FTE] == 100 * sum(n >= 35 for n in served)


@pytest.mark.unit
def test_replayed_market_by_hand() -> None:
    spec = with_rivals(pools(two_trusts(Phase.ADVERT, 200), newly_qualified=0.6))
    assert spec.replay is not None
    levels = {"ratio": 0.7, "move": 0.5, "graduate": 0.5, "experienced": 0.8, "converted": 0.4}
    levels |= {"returning": 0.3, "international": 0.25}
    paths = spec.replay.ratio.shape
    tables: dict[str, Any] = {name: np.full(paths, value) for name, value in levels.items()}
    spec = replace(spec, replay=replace(spec.replay, **tables))
    spec = hiring(spec, success=0.9, success_factor=0.9, move_share=0.2)
    trace = simulate(spec, spells_of=0)
    rep, expected = replication_key(spec.seed, 0), {}
    for slot, key in enumerate(spec.slots.key.tolist()):
        a = floor(1024 * (1.4, 0.7)[slot // 200] * 1.1 + 0.5) / 1024
        z = number(rep, key, Purpose.ROUND, 1 + 65536)
        found = number(rep, key, Purpose.AVAILABLE, 1 + 65536)
        channel, kind = field(z, 14, 20) / 2**20, field(found, 40, 20) / 2**20
        level = 0.5 if channel < 0.2 else 0.7
        chance = 0.9 * 0.9 * a * level / (a * level + 1 - level)
        if field(z, 34, 30) >= chance * 2**30 or channel < 0.2:
            continue
        if channel < 0.8 and field(found, 0, 20) / 2**20 < 0.5:
            expected[slot] = How.JOINED_CONVERTED if kind < 0.4 else How.JOINED_GRADUATE
        elif field(found, 20, 20) / 2**20 < 0.8:
            expected[slot] = (
                How.JOINED_RETURNING
                if kind < 0.3
                else How.JOINED_INTERNATIONAL
                if kind < 0.55
                else How.JOINED_EXPERIENCED
            )
    began = dict(zip(trace.spells["slot"].tolist(), trace.spells["began"].tolist(), strict=True))
    assert began == expected
    assert len(set(expected.values())) == 5
    assert not trace.pool_stocks.any()
