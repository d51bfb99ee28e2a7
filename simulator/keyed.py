"""Keyed, counter-based random numbers: the only source of chance in the project.

A number belongs to a named thing and is a pure function of

    (root seed, replication, thing, purpose, index)

so no number depends on the order of work, on the size of a block, or on what else is
in the scenario. The generator adds four well-mixed 64-bit keys and passes the sum
through the "variant 13" finaliser of David Stafford (the one in SplitMix64; Steele,
Lea and Flood 2014, doi:10.1145/2660193.2660195).

Every function has one meaning for Python integers (used by the people engine) and for
NumPy ``uint64`` arrays (used by the arrays engine); both give the same bits.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
F64 = NDArray[np.float64]

MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15
"""Odd constant (2^64 / golden ratio) by which an index moves a key."""

_M1 = 0xBF58476D1CE4E5B9
_M2 = 0x94D049BB133111EB
_TWO_M53 = 2.0**-53


@cache
def word(value: int) -> U64:
    """A 64-bit constant as an array without dimensions: NumPy takes those in half the time."""
    fixed = np.array(value, dtype=np.uint64)
    fixed.setflags(write=False)
    return fixed


_W30, _W27, _W31, _W11 = word(30), word(27), word(31), word(11)
_WM1, _WM2 = word(_M1), word(_M2)


def name_key(name: str) -> int:
    """64-bit key of a name, the same on every machine."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")


def mix(x: int) -> int:
    """Finalise one 64-bit integer."""
    x &= MASK
    x = ((x ^ (x >> 30)) * _M1) & MASK
    x = ((x ^ (x >> 27)) * _M2) & MASK
    return x ^ (x >> 31)


def mix_array(x: U64) -> U64:
    """Finalise an array of 64-bit integers **in place** and return it."""
    scratch = np.right_shift(x, _W30)
    np.bitwise_xor(x, scratch, x)
    np.multiply(x, _WM1, x)
    np.right_shift(x, _W27, scratch)
    np.bitwise_xor(x, scratch, x)
    np.multiply(x, _WM2, x)
    np.right_shift(x, _W31, scratch)
    return np.bitwise_xor(x, scratch, x)


class Purpose:
    """What a number is for. Each purpose is a key of its own."""

    EXIT = name_key("purpose:exit")
    REASON = name_key("purpose:reason")
    VACANCY = name_key("purpose:vacancy")
    ROUND = name_key("purpose:round")
    AVAILABLE = name_key("purpose:available")
    OFFER = name_key("purpose:offer")
    PULL = name_key("purpose:pull")
    TRY = name_key("purpose:try")
    POOLING = name_key("purpose:pooling")
    PROMOTION = name_key("purpose:promotion")
    POSTS = name_key("purpose:posts")
    SUPPLY = name_key("purpose:supply")
    BREAKS = name_key("purpose:breaks")
    MOVERS = name_key("purpose:movers")
    INTAKE = name_key("purpose:intake")
    STUDY = name_key("purpose:study")
    SEEK = name_key("purpose:seek")
    WAIT = name_key("purpose:wait")
    RIVALS = name_key("purpose:rivals")
    FTE = name_key("purpose:fte")
    DRAW = name_key("purpose:draw")
    CENSUS = name_key("purpose:census")


def replication_key(seed: int, replication: int) -> int:
    """Key of one replication; replications are numbered once through the whole run."""
    return mix(mix(seed) + (replication + 1) * STEP)


def replication_keys(seed: int, first: int, count: int) -> U64:
    """Keys of ``count`` replications from number ``first`` on, shape (count,)."""
    numbers = np.arange(first + 1, first + count + 1, dtype=np.uint64)
    return mix_array(word(mix(seed)) + numbers * word(STEP))


def part_key(name: int, serial: int) -> int:
    """Key of the ``serial``-th part of a named thing (a post of a cell, a place of a cohort)."""
    return mix(name + (serial + 1) * STEP)


def part_keys(name: int, count: int) -> U64:
    """Keys of parts 0 to ``count - 1`` of a named thing, shape (count,)."""
    numbers = np.arange(1, count + 1, dtype=np.uint64)
    return mix_array(np.uint64(name) + numbers * word(STEP))


def number(replication: int, thing: int, purpose: int, index: int = 0) -> int:
    """The 64-bit number of (replication key, thing key, purpose, index)."""
    return mix(replication + thing + purpose + index * STEP)


def numbers(replication: U64, thing: U64, purpose: int, index: U64 | int = 0) -> U64:
    """Arrays of keyed numbers; the arguments broadcast, the result is a new array."""
    if isinstance(index, int):
        keys = replication + thing
        keys += word((purpose + index * STEP) & MASK)
    else:
        step = index * word(STEP)
        step += word(purpose)
        keys = replication + (thing + step)
    return mix_array(keys)


def unit(bits: int) -> float:
    """Uniform in [0, 1) from the top 53 bits."""
    return (bits >> 11) * _TWO_M53


def units(bits: U64) -> F64:
    """Uniforms in [0, 1) from the top 53 bits of each number."""
    values = np.right_shift(bits, _W11).astype(np.float64)
    values *= _TWO_M53
    return values


def exponential(bits: int) -> float:
    """Unit exponential, through the same NumPy logarithm as :func:`exponentials`."""
    return float(-np.log(np.float64(1.0 - unit(bits))))


def exponentials(bits: U64) -> F64:
    """Unit exponentials."""
    values = units(bits)
    np.subtract(1.0, values, out=values)
    np.log(values, out=values)
    return np.negative(values, out=values)


def field(bits: int, low: int, width: int) -> int:
    """Bits ``low`` to ``low + width - 1`` of a number: independent small integers."""
    return (bits >> low) & ((1 << width) - 1)


def fields(bits: U64, low: int, width: int) -> U64:
    """Bits ``low`` to ``low + width - 1`` of each number."""
    chosen = np.right_shift(bits, word(low))
    chosen &= word((1 << width) - 1)
    return chosen


def promotion_score(vacancy: int, candidate: int) -> int:
    """Score of a candidate for a vacancy; the highest wins. Inputs are mixed keys."""
    return ((vacancy ^ candidate) * _M1) & MASK


def promotion_scores(vacancy: U64, candidate: U64) -> U64:
    """Scores of candidates for vacancies, pair by pair."""
    return np.bitwise_xor(vacancy, candidate) * _WM1
