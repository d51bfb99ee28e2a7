"""Stage 5: adverts close, and find a graduate, an experienced candidate, a colleague or nobody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.domain.words import Channel, Flow, Phase
from simulator.engines.arrays.month import Month
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State, months_of
from simulator.engines.arrays.training import Trainees
from simulator.model.specification import F64, NEVER, U8

SCORE = 2.0**30
SHARE = 2.0**20
_PLACE_BITS = 18


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
    success: F64

    def pool(self, which: Index) -> Index:
        """Pools of some of the adverts."""
        return self.segment.take(which) % self.pools

    def passing(self, which: Index, ratio: F64) -> Index:
        """Which of some adverts pass, at a ratio for each of them: score < success x ratio."""
        bar = self.success.take(which)
        bar *= ratio
        bar *= SCORE
        return which.compress(self.score.take(which) < bar)


def _close(state: State, month: int, index: Index) -> Adverts:
    bits = state.round_numbers(index, keyed.Purpose.ROUND)
    cell = state.cell.take(index)
    return Adverts(
        index=index,
        segment=state.cell_segment.take(cell),
        pools=max(len(state.layout.pools), 1),
        score=keyed.fields(bits, 34, 30).astype(np.float64),
        channel=keyed.fields(bits, 14, 20).astype(np.float64),
        success=np.broadcast_to(
            state.path(state.layout.spec.hiring.success, month, cell), cell.shape
        ),
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
    state.channel[index[filled[0]]] = Channel.MOVE
    _agree(state, month.number, index.compress(agreed))
    failed = index.compress(~agreed)
    month.note(Flow.ROUNDS_FAILED, failed)
    month.advertised.append(failed)


def _moving(state: State, month: Month, adverts: Adverts, movers: Index) -> Index:
    """Move adverts that agree a start: as many as colleagues of the pool are willing to move."""
    layout, spec = state.layout, state.layout.spec
    if len(movers) == 0:
        return movers
    pools = len(layout.pools)
    heads = state.heads @ (layout.pool[:, None] == np.arange(pools)).astype(np.float64)
    key = spec.pools.key[layout.pools][None, :]
    bits = keyed.numbers(state.keys[:, None], key, keyed.Purpose.MOVERS, month.number)
    willing = np.floor(spec.hiring.mover_rate * heads + keyed.units(bits)).ravel()
    segment = adverts.segment.take(movers)
    ratio, _ = _ratio(willing, segment, spec.hiring.congestion)
    ranked = _rank(adverts, adverts.passing(movers, ratio.take(segment)))
    segment = adverts.segment.take(ranked)
    found = ranked.compress(_running_rank(segment, None) < willing.take(segment))
    if month.recorded:
        chances = np.bincount(adverts.pool(movers), adverts.success[movers], pools)
        month.pools["move_chances"] = chances.astype(np.float64)
        month.pools["moves"] = np.bincount(adverts.pool(found), minlength=pools).astype(np.float64)
    return found


def _replayed_moves(state: State, month: int, adverts: Adverts, movers: Index) -> Index:
    replay = state.layout.spec.replay
    assert replay is not None
    share = replay.move[state.layout.pools, month]
    return adverts.passing(movers, share.take(adverts.pool(movers)))


def _agree(state: State, month: int, index: Index) -> None:
    state.phase[index] = Phase.AGREED
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
    ratio = replay.ratio[layout.pools, month]
    others = adverts.passing(others, ratio.take(adverts.pool(others)))
    at = layout.pools[adverts.pool(others)]
    index = adverts.index[others]
    bits = state.round_numbers(index, keyed.Purpose.AVAILABLE)
    graduate = _open_to_graduates(state, adverts, others)
    low, high = keyed.fields(bits, 0, 20), keyed.fields(bits, 20, 20)
    graduate &= low.astype(np.float64) < replay.graduate[at, month] * SHARE
    found = graduate | (high.astype(np.float64) < replay.experienced[at, month] * SHARE)
    state.channel[index] = np.where(graduate, Channel.GRADUATE, Channel.EXPERIENCED)
    return others[found]


def _competed(state: State, month: Month, adverts: Adverts, others: Index, market: Market) -> Index:
    """Adverts compete for the pool; returns positions of adverts filled."""
    _renew_experienced(state, month.number)
    waiting, graduates = _waiting_graduates(state, month.number, market)
    if len(others) == 0:
        return others
    experienced = state.experienced.ravel()
    candidates = experienced + graduates
    congestion = state.layout.spec.hiring.congestion
    segment = adverts.segment.take(others)
    ratio, rivals = _ratio(candidates, segment, congestion)
    ranked = _rank(adverts, adverts.passing(others, ratio.take(segment)))
    segment = adverts.segment.take(ranked)
    open_to = _open_to_graduates(state, adverts, ranked)
    turn = _running_rank(segment, open_to)
    takes = open_to & (turn < graduates.take(segment))
    first = np.cumsum(graduates) - graduates
    chosen = waiting[first[segment[takes]] + turn[takes]]
    _hire_graduates(state, month.number, adverts.index[ranked[takes]], chosen, market)
    found = ~takes & (_running_rank(segment, ~takes) < experienced.take(segment))
    state.channel[adverts.index[ranked[found]]] = Channel.EXPERIENCED
    experienced -= np.bincount(segment[found], minlength=len(experienced))
    if month.recorded:
        _record(month, state, rivals, ratio, segment, open_to, takes, found)
    return ranked[takes | found]


def _waiting_graduates(state: State, month: int, market: Market) -> tuple[Index, Index]:
    """Positions of waiting graduates, in the order of their pools, and their number by segment."""
    rows, pools = max(market.hired.shape[1], 1), len(state.layout.pools)
    waiting = market.trainees.waiting(month, market.hired)
    segment = waiting // rows * pools + market.trainees.pool[waiting % rows]
    return waiting, np.bincount(segment, minlength=state.experienced.size)


def _ratio(candidates: F64, segment: Index, congestion: float) -> tuple[F64, Index]:
    """Candidates / (candidates + congestion x adverts) by segment, and the adverts."""
    rivals = np.bincount(segment, minlength=len(candidates))
    crowd = candidates + congestion * rivals
    return np.divide(candidates, crowd, out=np.zeros_like(crowd), where=crowd > 0), rivals


def _record(
    month: Month,
    state: State,
    rivals: Index,
    ratio: F64,
    segment: Index,
    open_to: NDArray[np.bool_],
    takes: NDArray[np.bool_],
    found: NDArray[np.bool_],
) -> None:
    """Availability by pool over the block's replications, for a baseline."""
    pools = len(state.layout.pools)

    def tally(chosen: NDArray[np.bool_]) -> F64:
        return np.bincount(segment[chosen] % pools, minlength=pools).astype(np.float64)

    month.pools = {
        "adverts": rivals.reshape(-1, pools).sum(axis=0).astype(np.float64),
        "ratio": (rivals * ratio).reshape(-1, pools).sum(axis=0),
        "asked": tally(open_to),
        "graduates": tally(takes),
        "left": tally(~takes),
        "experienced": tally(found),
    } | month.pools


def _renew_experienced(state: State, month: int) -> None:
    layout, pools = state.layout, state.layout.spec.pools
    bits = keyed.numbers(
        state.keys[:, None], pools.key[layout.pools][None, :], keyed.Purpose.SUPPLY, month
    )
    arriving = pools.supply[layout.pools, month] * pools.supply_factor[state.draws, month][:, None]
    kept = state.experienced * (1.0 - pools.supply_loss)
    np.floor(kept + arriving + keyed.units(bits), out=state.experienced)


def _rank(adverts: Adverts, which: Index) -> Index:
    """Order adverts by (segment, score, slot order): one sort of distinct integers."""
    if len(which) >= 1 << _PLACE_BITS:
        return which[np.lexsort((which, adverts.score[which], adverts.segment[which]))]
    key = adverts.segment.take(which).astype(np.uint64)
    key <<= np.uint64(30)
    key |= adverts.score.take(which).astype(np.uint64)
    key <<= np.uint64(_PLACE_BITS)
    key |= np.arange(len(which), dtype=np.uint64)
    key.sort()
    key &= np.uint64((1 << _PLACE_BITS) - 1)
    return which.take(key.astype(np.intp))


def _running_rank(segment: Index, chosen: NDArray[np.bool_] | None) -> Index:
    """Rank of each chosen member (all if None) among the chosen of its segment (ascending)."""
    sizes = np.bincount(segment)
    first = (sizes.cumsum() - sizes).take(segment)
    if chosen is None:
        return np.arange(len(segment)) - first
    before: Index = chosen.cumsum() - chosen
    return before - before.take(first)


def _hire_graduates(state: State, month: int, index: Index, trainee: Index, market: Market) -> None:
    rows = state.layout.rows
    market.hired.ravel()[trainee] = month
    row = trainee % max(market.hired.shape[1], 1) + rows.start
    state.channel[index] = Channel.GRADUATE
    state.cohort[index] = state.layout.spec.training.row_cohort_age[row]
    if state.names is not None:
        state.names[index] = -1 - row
