"""Stage 5: adverts close, and find a graduate, a candidate, a colleague or nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.domain.words import CANDIDATES, Channel, Flow
from simulator.engines.arrays.candidates import hire, renew_pools
from simulator.engines.arrays.codes import (
    AGREED,
    CONVERTED,
    EXPERIENCED,
    GRADUATE,
    INTERNATIONAL,
    MOVE,
    NEVER,
    RETURNING,
)
from simulator.engines.arrays.layout import NEUTRAL
from simulator.engines.arrays.month import Month
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State, months_of
from simulator.engines.arrays.training import Trainees
from simulator.model.specification import F64, U8
from simulator.results.totals import RAISED

SCORE: Final = 2.0**30
SHARE: Final = 2.0**20
CHANNELS: Final = np.array(
    [Channel.EXPERIENCED, Channel.RETURNING, Channel.INTERNATIONAL], dtype=np.uint8
)
"""Channel of a hire out of each stock of candidates."""
_SCORE_BITS: Final = 30
_PLACE_BITS: Final = 18
_SEGMENT_BITS: Final = 64 - _SCORE_BITS - _PLACE_BITS


@dataclass(slots=True)
class Market:
    """Graduates of a block, and when each was hired."""

    trainees: Trainees
    hired: U8  # (N, rows), NEVER while not hired


@dataclass(frozen=True, slots=True)
class Adverts:
    """Closing adverts of a month."""

    index: Index
    segment: Index  # replication x pools + pool
    pools: int  # of one replication
    score: F64
    channel: F64
    success: F64  # p: of the class and the draw
    attraction: F64  # of the cell

    def pool(self, which: Index) -> Index:
        """Pools of some of the adverts."""
        return self.segment.take(which) % self.pools

    def passing(self, which: Index, ratio: F64) -> Index:
        """Which of some adverts pass, at a ratio for each of them: score < p x ratio."""
        bar = self.success.take(which)
        bar *= ratio
        bar *= SCORE
        return which.compress(self.score.take(which) < bar)


def _close(state: State, month: int, index: Index) -> Adverts:
    layout, hiring = state.layout, state.layout.spec.hiring
    bits = state.round_numbers(index, keyed.Purpose.ROUND)
    cell = state.cell.take(index)
    return Adverts(
        index=index,
        segment=state.cell_segment.take(cell),
        pools=max(len(layout.pools), 1),
        score=keyed.fields(bits, 34, 30).astype(np.float64),
        channel=keyed.fields(bits, 14, 20).astype(np.float64),
        success=state.path(hiring.success, month, cell)
        * state.of_draw(hiring.success_factor, cell),
        attraction=layout.attractions[month].take(cell % layout.cell_count),
    )


def match(state: State, month: Month, index: Index, market: Market | None) -> None:
    """Close the adverts at ``index`` (ascending) and agree starts."""
    spec = state.layout.spec
    adverts = _close(state, month.number, index)
    moving = adverts.channel < spec.hiring.move_share * SHARE
    movers, others = moving.nonzero()[0], (~moving).nonzero()[0]
    if market is None:
        filled = [_replayed_moves(state, month.number, adverts, movers)]
        filled.append(_replayed(state, month.number, adverts, others))
    else:
        filled = [_moving(state, month, adverts, movers)]
        filled.append(_competed(state, month, adverts, others, market))
    agreed = np.zeros(len(index), dtype=np.bool_)
    agreed[filled[0]] = agreed[filled[1]] = True
    state.channel[index[filled[0]]] = MOVE
    _agree(state, month.number, index.compress(agreed))
    failed = index.compress(~agreed)
    month.note(month.posts, Flow.ROUNDS_FAILED, failed)
    month.advertised.append(failed)


def _moving(state: State, month: Month, adverts: Adverts, movers: Index) -> Index:
    """Move adverts that agree a start: as many as colleagues of the pool are willing to move."""
    layout, spec = state.layout, state.layout.spec
    if len(movers) == 0:
        return movers
    key = spec.pools.key[layout.pools][None, :]
    bits = keyed.numbers(state.keys[:, None], key, keyed.Purpose.MOVERS, month.number)
    rate = spec.hiring.mover_rate[state.draws][:, None]
    willing = np.floor(rate * state.pool_heads() + keyed.units(bits)).ravel()
    crowd = _crowd(state, adverts, movers)
    ratio = _share_of(willing, crowd, adverts, movers, adverts.attraction.take(movers))
    ranked = _rank(adverts, adverts.passing(movers, ratio))
    segment = adverts.segment.take(ranked)
    found = ranked.compress(_running_rank(segment, None) < willing.take(segment))
    if month.recorded:
        month.pools["move_chances"] = _by_pool(adverts, movers, adverts.success[movers])
        month.pools["moves"] = _by_pool(adverts, found)
        month.pools["move_adverts"] = _by_pool(adverts, movers)
        for name, at in (("move_ratio", NEUTRAL), ("move_ratio_high", RAISED * NEUTRAL)):
            seen = _share_of(willing, crowd, adverts, movers, at)
            month.pools[name] = _by_pool(adverts, movers, seen)
    return found


def _crowd(state: State, adverts: Adverts, which: Index) -> F64:
    """Congestion x A of some adverts, by segment."""
    segment, pools = adverts.segment.take(which), len(state.layout.pools)
    rivals = np.bincount(segment, adverts.attraction.take(which), minlength=state.count * pools)
    return rivals * state.layout.spec.hiring.congestion.take(state.draws).repeat(pools)


def _share_of(
    people: F64, crowd: F64, adverts: Adverts, which: Index, attraction: F64 | float
) -> F64:
    """Of some adverts, a X / (a X + congestion x A); X is the people of the advert's pool."""
    segment = adverts.segment.take(which)
    drawn = attraction * people.take(segment)
    whole = drawn + crowd.take(segment)
    return np.divide(drawn, whole, out=np.zeros_like(whole), where=whole > 0)


def _by_pool(adverts: Adverts, which: Index, values: F64 | None = None) -> F64:
    """Count some adverts, or add up a value of each, over the block's replications."""
    counted = np.bincount(adverts.pool(which), values, minlength=adverts.pools)
    return counted.astype(np.float64)


def _replayed_moves(state: State, month: int, adverts: Adverts, movers: Index) -> Index:
    replay = state.layout.spec.replay
    assert replay is not None
    share = _replayed_share(state, month, adverts, movers, replay.move, replay.move_response)
    return adverts.passing(movers, share)


def _replayed_share(
    state: State, month: int, adverts: Adverts, which: Index, share: F64, response: F64
) -> F64:
    """q(x) of some adverts: a share of the baseline at the attraction of each."""
    pools, pool = state.layout.pools, adverts.pool(which)
    neutral = share[pools, month].take(pool)
    drawn = adverts.attraction.take(which) / NEUTRAL - 1.0
    drawn *= response[pools, month].take(pool)
    drawn += 1.0
    drawn *= neutral
    return np.asarray(drawn / (drawn + (1.0 - neutral)))


def _agree(state: State, month: int, index: Index) -> None:
    state.phase[index] = AGREED
    pick = keyed.fields(state.numbers(index, keyed.Purpose.OFFER), 54, 10)
    notice = months_of(state.layout.spec.hiring.notice_quantiles, pick)
    state.due[index] = np.minimum(month + notice, NEVER)


def _open_to_graduates(state: State, adverts: Adverts, which: Index) -> NDArray[np.bool_]:
    layout, spec = state.layout, state.layout.spec
    newly = spec.pools.newly_qualified[layout.pools]
    share = (spec.hiring.move_share + newly) * SHARE
    return adverts.channel.take(which) < share.take(adverts.pool(which))


def _replayed(state: State, month: int, adverts: Adverts, others: Index) -> Index:
    """Pool availability from the stored baseline; returns positions of adverts filled."""
    layout, replay = state.layout, state.layout.spec.replay
    assert replay is not None
    ratio = _replayed_share(state, month, adverts, others, replay.ratio, replay.response)
    others = adverts.passing(others, ratio)
    at = layout.pools.take(adverts.pool(others))
    index = adverts.index.take(others)
    bits = state.round_numbers(index, keyed.Purpose.AVAILABLE)
    low, high, kind = (keyed.fields(bits, bit, 20).astype(np.float64) for bit in (0, 20, 40))
    graduate = _open_to_graduates(state, adverts, others)
    graduate &= low < replay.graduate[:, month].take(at) * SHARE
    found = graduate | (high < replay.experienced[:, month].take(at) * SHARE)
    returning, abroad = (
        share[:, month].take(at) for share in (replay.returning, replay.international)
    )
    channel = np.full(len(index), EXPERIENCED)
    channel[kind < (returning + abroad) * SHARE] = INTERNATIONAL
    channel[kind < returning * SHARE] = RETURNING
    channel[graduate] = GRADUATE
    channel[graduate & (kind < replay.converted[:, month].take(at) * SHARE)] = CONVERTED
    state.channel[index] = channel
    return others[found]


def _competed(state: State, month: Month, adverts: Adverts, others: Index, market: Market) -> Index:
    """Adverts compete for the pool; returns positions of adverts filled."""
    renew_pools(state, month)
    waiting, graduates = _waiting_graduates(state, month.number, market)
    if len(others) == 0:
        return others
    candidates = state.pools[: len(CANDIDATES)].sum(axis=0).ravel()
    people = candidates + graduates
    crowd = _crowd(state, adverts, others)
    ratio = _share_of(people, crowd, adverts, others, adverts.attraction.take(others))
    ranked = _rank(adverts, adverts.passing(others, ratio))
    segment = adverts.segment.take(ranked)
    open_to = _open_to_graduates(state, adverts, ranked)
    turn = _running_rank(segment, open_to)
    takes = open_to & (turn < graduates.take(segment))
    first = graduates.cumsum() - graduates
    chosen = waiting[first[segment[takes]] + turn[takes]]
    _hire_graduates(state, month.number, adverts.index[ranked[takes]], chosen, market)
    rank = _running_rank(segment, ~takes)
    found = ~takes & (rank < candidates.take(segment))
    kind = hire(state, month, segment[found], rank[found])
    state.channel[adverts.index[ranked[found]]] = CHANNELS.take(kind)
    if month.recorded:
        neutral, raised = (
            _share_of(people, crowd, adverts, others, at) for at in (NEUTRAL, RAISED * NEUTRAL)
        )
        month.pools |= {
            "adverts": _by_pool(adverts, others),
            "ratio": _by_pool(adverts, others, neutral),
            "ratio_high": _by_pool(adverts, others, raised),
            "asked": _by_pool(adverts, ranked[open_to]),
            "graduates": _by_pool(adverts, ranked[takes]),
            "left": _by_pool(adverts, ranked[~takes]),
        } | _hires(state, adverts, ranked[takes | found])
    return ranked[takes | found]


def _waiting_graduates(state: State, month: int, market: Market) -> tuple[Index, Index]:
    """Positions of waiting graduates, in the order of their pools, and their number by segment."""
    rows, pools = max(market.hired.shape[1], 1), len(state.layout.pools)
    waiting = market.trainees.waiting(month, market.hired)
    segment = waiting // rows * pools + market.trainees.pool[waiting % rows]
    return waiting, np.bincount(segment, minlength=state.count * pools)


def _hires(state: State, adverts: Adverts, filled: Index) -> dict[str, F64]:
    """Hires by pool, for a baseline: of candidates, and by those channels that it tells apart."""
    channel = state.channel.take(adverts.index.take(filled))
    kinds = {
        "experienced": CHANNELS.tolist(),
        "converted": [Channel.CONVERTED],
        "returning": [Channel.RETURNING],
        "international": [Channel.INTERNATIONAL],
    }
    return {
        name: _by_pool(adverts, filled.compress(np.isin(channel, chosen)))
        for name, chosen in kinds.items()
    }


def _rank(adverts: Adverts, which: Index) -> Index:
    """Order adverts by (segment, score, slot order): one sort of distinct integers."""
    segment = adverts.segment.take(which)
    if len(which) >> _PLACE_BITS or int(segment.max(initial=0)) >> _SEGMENT_BITS:
        return which[np.lexsort((which, adverts.score[which], segment))]
    key = segment.astype(np.uint64)
    key <<= keyed.word(_SCORE_BITS)
    key |= adverts.score.take(which).astype(np.uint64)
    key <<= keyed.word(_PLACE_BITS)
    key |= np.arange(len(which), dtype=np.uint64)
    key.sort()
    key &= keyed.word((1 << _PLACE_BITS) - 1)
    return which.take(key.view(np.intp))


def _running_rank(segment: Index, chosen: NDArray[np.bool_] | None) -> Index:
    """Rank of each chosen member (all if None) among the chosen of its segment (ascending)."""
    sizes = np.bincount(segment)
    first = (sizes.cumsum() - sizes).take(segment)
    if chosen is None:
        return np.arange(len(segment)) - first
    before: Index = chosen.cumsum() - chosen
    return before - before.take(first)


def _hire_graduates(state: State, month: int, index: Index, trainee: Index, market: Market) -> None:
    training = state.layout.spec.training
    market.hired.ravel()[trainee] = month
    row = trainee % max(market.hired.shape[1], 1)
    converts = training.converts.take(market.trainees.pathway.take(row))
    row += state.layout.rows.start
    state.channel[index] = np.where(converts, CONVERTED, GRADUATE)
    state.cohort[index] = training.row_cohort_age[row]
    if state.names is not None:
        state.names[index] = -1 - row
