"""Stage 5, before adverts close: people come back from breaks, and candidates come and go."""

from __future__ import annotations

from typing import Final

import numpy as np

from simulator import keyed
from simulator.domain.words import CANDIDATES, PoolFlow, PoolStock
from simulator.engines.arrays.month import Month
from simulator.engines.arrays.ragged import Index
from simulator.engines.arrays.state import State
from simulator.model.specification import F64

_SECOND: Final = 65536
"""How far the index of a month's second number is ahead of the first."""
_NUMBERS: Final = (
    *((keyed.Purpose.SUPPLY, _SECOND * kind) for kind in CANDIDATES),
    (keyed.Purpose.BREAKS, 0),
    (keyed.Purpose.BREAKS, _SECOND),
)
"""Purpose and index, less the month, of a pool's numbers: by stock, who returns, who is lost."""


def renew_pools(state: State, month: Month) -> None:
    """Move the stocks of all pools on by a month."""
    flows = np.zeros((len(PoolFlow), *state.pools.shape[1:]))
    month.pool_flows = flows
    *arrive, returns, is_lost = _units(state, month.number)
    _end_breaks(state, month, flows, returns, is_lost)
    looking = state.pools[: len(CANDIDATES)]
    looking *= 1.0 - state.layout.spec.pools.supply_loss
    looking += _arriving(state, month.number)
    looking += np.stack(arrive)
    np.floor(looking, out=looking)
    looking[PoolStock.RETURNING] += flows[PoolFlow.RETURNED]


def _units(state: State, month: int) -> F64:
    """Uniforms of each pool, shape (len(_NUMBERS), N, P)."""
    key = state.layout.spec.pools.key[state.layout.pools]
    at = [(purpose + (month + ahead) * keyed.STEP) & keyed.MASK for purpose, ahead in _NUMBERS]
    of_pool = state.keys[:, None] + key[None, :]
    return keyed.units(keyed.mix_array(of_pool + np.array(at, dtype=np.uint64)[:, None, None]))


def _arriving(state: State, month: int) -> F64:
    pools = state.layout.spec.pools
    mean = pools.supply[:, state.layout.pools, month]
    return mean[:, None, :] * pools.supply_factor[state.draws, month][None, :, None]


def _end_breaks(state: State, month: Month, flows: F64, returns: F64, is_lost: F64) -> None:
    """Some of those on a break return and some are lost; this month's leavers follow them."""
    pools = state.layout.spec.pools
    away = state.pools[PoolStock.ON_BREAK]
    rate = pools.return_rate[state.layout.pools, month.number]
    returned = np.floor(rate * away + returns)
    away -= returned
    lost = np.floor(pools.forget_rate * away + is_lost)
    segment = state.cell_segment.take(state.cell.take(month.breaks))
    flows[PoolFlow.BREAKS] = np.bincount(segment, minlength=away.size).reshape(away.shape)
    flows[PoolFlow.RETURNED], flows[PoolFlow.FORGOTTEN] = returned, lost
    away += flows[PoolFlow.BREAKS] - lost


def hire(state: State, month: Month, segment: Index, rank: Index) -> Index:
    """Take candidates out of the pools: returning ones first, then international, experienced.

    Args:
        state: The block.
        month: The month.
        segment: Flat pool of each hire.
        rank: Rank 0, 1, ... of each hire in its pool, below the pool's candidates.

    Returns:
        (hires,) the stock that each comes from.
    """
    stocks = [state.pools[kind].ravel() for kind in CANDIDATES]
    returning = stocks[PoolStock.RETURNING].take(segment)
    abroad = returning + stocks[PoolStock.INTERNATIONAL].take(segment)
    kind = np.full(len(rank), PoolStock.EXPERIENCED, dtype=np.intp)
    kind[rank < abroad] = PoolStock.INTERNATIONAL
    kind[rank < returning] = PoolStock.RETURNING
    taken = np.bincount(segment * len(CANDIDATES) + kind, minlength=3 * stocks[0].size)
    taken = taken.reshape(*state.pools.shape[1:], len(CANDIDATES))
    hires = np.moveaxis(taken, -1, 0)
    state.pools[: len(CANDIDATES)] -= hires
    if month.pool_flows is not None:
        month.pool_flows[PoolFlow.HIRED_EXPERIENCED :] = hires
    return kind
