"""Keyed numbers: integers and arrays give the same bits, and the bits behave as chance should.

Seeds are fixed, so every test gives the same answer each time. A test raises a false alarm for
one seed in a million (``ALARM``, shared among its checks); ``-s`` prints the smallest bias that
each sees with a chance of 99%.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, stats

from simulator import keyed
from simulator.keyed import MASK, STEP, Purpose

U64 = NDArray[np.uint64]

pytestmark = pytest.mark.unit

ALARM = 1e-6
POWER = 0.99
SIZE = 1 << 19
EDGES = (0, 1, 2, 255, 256, (1 << 11) - 1, 1 << 11, 1 << 32, 1 << 63, MASK - 1, MASK, STEP)

ROUND = 65536
"""Step of a round in a key index: turn + 65536 x round."""
CUTS = {
    "vacancy": ((54, 10), (22, 32)),
    "round": ((4, 10), (14, 20), (34, 30)),
    "offer": ((54, 10), (44, 10), (20, 20)),
    "available": ((0, 20), (20, 20)),
}
"""Fields that the law cuts out of one number (``docs/method.md``, stages 1 to 5)."""


def say(text: str) -> None:
    """Print a line, shown with ``-s``."""
    sys.stdout.write(text + "\n")


def bits_of(count: int, seed: int = 1) -> U64:
    """Random 64-bit integers, the edges first."""
    rest = np.random.default_rng(seed).integers(0, MASK, count, np.uint64, endpoint=True)
    return np.concatenate([np.array(EDGES, np.uint64), rest])


# --- the same bits from integers and arrays ---------------------------------------------------


def test_published_values_of_the_generator() -> None:
    """SplitMix64 with seed 1234567, and BLAKE2b as ``b2sum -l 64`` prints it."""
    published = (
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    )
    assert tuple(keyed.mix(1234567 + i * STEP) for i in range(1, 6)) == published
    printed = {"cell|RAL|data|5": "930eeba8e5dd1f75", "purpose:exit": "87ab8fed151a910a"}
    for name, digest in printed.items():
        assert keyed.name_key(name) == int.from_bytes(bytes.fromhex(digest), "little")
    assert keyed.name_key("purpose:exit") == Purpose.EXIT


def test_mix_and_units_agree_bit_by_bit() -> None:
    bits = bits_of(20_000)
    assert keyed.mix_array(bits.copy()).tolist() == [keyed.mix(b) for b in bits.tolist()]
    whole = keyed.units(bits).tolist()
    assert whole == [keyed.unit(b) for b in bits.tolist()]
    assert min(whole) == 0.0 and max(whole) == 1 - 2.0**-53


def test_exponentials_agree_bit_by_bit_and_are_finite() -> None:
    bits = bits_of(20_000)
    found = keyed.exponentials(bits).tolist()
    assert found == [keyed.exponential(b) for b in bits.tolist()]
    assert found[0] == 0.0 and max(found) == pytest.approx(53 * np.log(2))


@pytest.mark.parametrize("seed", [0, 1, 20_260_301, MASK])
def test_keys_of_replications_and_parts_agree(seed: int) -> None:
    for first in (0, 1, 999, 1 << 20):
        whole = keyed.replication_keys(seed, first, 70).tolist()
        assert whole == [keyed.replication_key(seed, first + i) for i in range(70)]
    assert keyed.part_keys(seed, 300).tolist() == [keyed.part_key(seed, i) for i in range(300)]


def test_numbers_agree_for_every_purpose_and_index() -> None:
    rng = np.random.default_rng(3)
    purposes = [v for k, v in vars(Purpose).items() if k.isupper()]
    assert len(set(purposes)) == len(purposes)
    for purpose in purposes:
        rep, thing = bits_of(40, seed=purpose), bits_of(40, seed=purpose ^ 1)[::-1]
        at = rng.integers(0, 228 * 65536, len(rep)).astype(np.uint64)
        at[:4] = 0, 1, 255 * 256 + 255, MASK
        pairs = list(zip(rep.tolist(), thing.tolist(), at.tolist(), strict=True))
        expected = [keyed.number(r, t, purpose, i) for r, t, i in pairs]
        assert keyed.numbers(rep, thing, purpose, at).tolist() == expected
        for index in (0, 1, 65_281, MASK):
            flat = keyed.numbers(rep, thing, purpose, index).tolist()
            assert flat == [keyed.number(r, t, purpose, index) for r, t, _ in pairs]


def test_numbers_broadcast_and_leave_their_inputs_alone() -> None:
    rep, thing, at = bits_of(5), bits_of(7, seed=2), bits_of(7, seed=3)
    copies = rep.copy(), thing.copy(), at.copy()
    table = keyed.numbers(rep[:, None], thing[None, :], Purpose.EXIT, at[None, :])
    for i, r in enumerate(rep.tolist()):
        row = zip(thing.tolist(), at.tolist(), strict=True)
        assert table[i].tolist() == [keyed.number(r, t, Purpose.EXIT, k) for t, k in row]
    for array, copy in zip((rep, thing, at), copies, strict=True):
        assert array.tolist() == copy.tolist()


def test_fields_and_promotion_scores_agree() -> None:
    bits = bits_of(2_000)
    for low, width in sorted({cut for cuts in CUTS.values() for cut in cuts} | {(63, 1), (0, 63)}):
        expected = [keyed.field(b, low, width) for b in bits.tolist()]
        assert keyed.fields(bits, low, width).tolist() == expected
        assert max(expected) < 1 << width
    other = bits_of(2_000, seed=9)[::-1].copy()
    pairs = zip(bits.tolist(), other.tolist(), strict=True)
    expected = [keyed.promotion_score(v, p) for v, p in pairs]
    assert keyed.promotion_scores(bits, other).tolist() == expected


def test_fields_of_one_number_do_not_overlap() -> None:
    for cuts in CUTS.values():
        for (low, width), (other, size) in combinations(cuts, 2):
            assert low + width <= other or other + size <= low


def test_logarithm_has_the_same_bits_at_every_length_and_offset() -> None:
    """Vector registers leave tails of every length: a number's log is the same in all of them."""
    bits = bits_of(90, seed=11)
    alone = np.array([keyed.exponential(b) for b in bits.tolist()])
    for length in range(1, 71):
        for offset in range(min(20, len(bits) - length)):
            part = slice(offset, offset + length)
            assert keyed.exponentials(bits[part]).tobytes() == alone[part].tobytes()
            assert keyed.exponentials(bits[part][::2]).tobytes() == alone[part][::2].tobytes()


_SUBPROCESS = """
import json, numpy as np
from numpy._core._multiarray_umath import __cpu_features__ as features
from simulator import keyed
bits = np.array(json.loads(input()), np.uint64)
tails = [keyed.exponentials(bits[k:k + n]).tolist() for n in range(1, 71) for k in range(3)]
alone = [keyed.exponential(b) for b in bits.tolist()]
same = all(t == alone[k:k + n] for t, (n, k) in
           zip(tails, [(n, k) for n in range(1, 71) for k in range(3)], strict=True))
print(json.dumps({
    "on": [name for name, on in features.items() if on],
    "mixed": keyed.mix_array(bits.copy()).tolist(),
    "logs": [x.hex() for x in keyed.exponentials(bits).tolist()],
    "same": same,
}))
"""


def _families() -> dict[str, list[str]]:
    """Vector instructions that this machine has beyond NumPy's baseline, by family."""
    numpy_core: Any = import_module("numpy._core._multiarray_umath")

    on = [name for name in numpy_core.__cpu_dispatch__ if numpy_core.__cpu_features__[name]]
    wide = [name for name in on if name.startswith(("AVX512", "X86_V4"))]
    return {"AVX512": wide, "AVX512 and AVX2": on}


@pytest.mark.parametrize("family", ["AVX512", "AVX512 and AVX2"])
def test_without_vector_instructions_integers_are_the_same_and_logs_within_one_ulp(
    family: str,
) -> None:
    off = _families()[family]
    if not off:
        pytest.skip(f"this machine has no {family}")
    bits = bits_of(5_000, seed=13)
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(off)}
    done = subprocess.run(
        [sys.executable, "-c", _SUBPROCESS],
        input=json.dumps(bits.tolist()),
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=120,
    )
    there = json.loads(done.stdout)
    assert not set(off) & set(there["on"])
    assert there["mixed"] == keyed.mix_array(bits.copy()).tolist()
    assert there["same"], "a log depends on the length of its array"
    here = keyed.exponentials(bits)
    logs = np.array([float.fromhex(x) for x in there["logs"]])
    apart = np.abs(logs.view(np.int64) - here.view(np.int64))
    assert apart.max() <= 1
    say(f"without {family}: {int((apart > 0).sum())} of {len(bits)} logs differ, by one ulp")


# --- chance ------------------------------------------------------------------------------------


def sequences(size: int) -> dict[str, U64]:
    """Numbers of ``size`` neighbouring keys, one thing varied at a time."""
    key, rep = keyed.part_key(keyed.name_key("cell|RAL|data|5"), 0), keyed.replication_key(1, 0)
    one, at = np.array([key], np.uint64), np.arange(size, dtype=np.uint64)
    many = keyed.part_keys(keyed.name_key("cell|RAL|data|5"), size)
    reps = keyed.replication_keys(1, 0, size)
    alone = np.array([rep], np.uint64)
    return {
        "replications": keyed.numbers(reps, one, Purpose.EXIT, 1),
        "posts": keyed.numbers(alone, many, Purpose.EXIT, 1),
        "turns": keyed.numbers(alone, one, Purpose.EXIT, at),
        "rounds": keyed.numbers(alone, one, Purpose.ROUND, at * np.uint64(ROUND) + np.uint64(1)),
        "replication keys": reps.copy(),
        "post keys": many.copy(),
    }


def neighbours(size: int) -> dict[str, tuple[U64, U64]]:
    """Numbers of two neighbouring keys, over many replications or posts."""
    key = keyed.name_key("cell|RAL|data|5")
    first, second = (np.array([keyed.part_key(key, i)], np.uint64) for i in (0, 1))
    reps = keyed.replication_keys(1, 0, size + 1)
    exits = keyed.numbers(reps, first, Purpose.EXIT, 1)
    return {
        "replications": (exits[:-1], exits[1:]),
        "posts": (exits, keyed.numbers(reps, second, Purpose.EXIT, 1)),
        "turns": (exits, keyed.numbers(reps, first, Purpose.EXIT, 2)),
        "purposes": (exits, keyed.numbers(reps, first, Purpose.REASON, 1)),
        "rounds": (
            keyed.numbers(reps, first, Purpose.ROUND, 1 + ROUND),
            keyed.numbers(reps, first, Purpose.ROUND, 1 + 2 * ROUND),
        ),
        "turns of rounds": (
            keyed.numbers(reps, first, Purpose.ROUND, 1 + ROUND),
            keyed.numbers(reps, first, Purpose.ROUND, 2 + ROUND),
        ),
        "trusts in a pull": (
            keyed.mix_array(exits + np.uint64(keyed.name_key("trust|RAL"))),
            keyed.mix_array(exits + np.uint64(keyed.name_key("trust|RAN"))),
        ),
        "tries": (
            keyed.mix_array(exits + np.uint64(Purpose.TRY)),
            keyed.mix_array(exits + np.uint64((Purpose.TRY + STEP) & MASK)),
        ),
    }


def chi_square(counts: NDArray[Any]) -> float:
    """Two-sided chance of counts that should be equal: too even is as wrong as too uneven."""
    expected = counts.sum() / counts.size
    value = float(((counts - expected) ** 2).sum() / expected)
    tail = stats.chi2(counts.size - 1)
    return min(1.0, 2 * min(float(tail.sf(value)), float(tail.cdf(value))))


def seen_by_chi_square(bins: int, size: int, alarm: float) -> float:
    """Root-mean-square relative bias of the bins that is seen with a chance of ``POWER``."""
    limit = stats.chi2.isf(alarm / 2, bins - 1)
    top = optimize.brentq(lambda x: stats.ncx2.sf(limit, bins - 1, x) - POWER, 1e-3, 1e5)
    return float(np.sqrt(top / size))


def joint(*parts: NDArray[Any]) -> NDArray[np.intp]:
    """Counts of the joint values of small integers, each below 16."""
    code = np.zeros(len(parts[0]), np.int64)
    for part in parts:
        code = code * 16 + part.astype(np.int64)
    return np.bincount(code, minlength=16 ** len(parts))


def judge(chances: dict[Any, float], sees: str) -> None:
    """All chances of one test together raise a false alarm with probability ``ALARM``."""
    least = min(chances.values())
    say(f"false alarms {ALARM:g} for {len(chances)} checks, least {least:.2g}; {sees}")
    off = {name: chance for name, chance in chances.items() if not chance >= ALARM / len(chances)}
    assert not off


def uniform_chances(named: dict[str, U64]) -> dict[Any, float]:
    """Chances that numbers are uniform: three bytes in 256 bins, and the unit by KS."""
    chances: dict[Any, float] = {}
    for name, numbers in named.items():
        for low in (0, 28, 56):
            counts = np.bincount(keyed.fields(numbers, low, 8).astype(np.intp), minlength=256)
            chances[name, low] = chi_square(counts)
        sample = keyed.units(numbers[: 1 << 17])
        chances[name, "ks"] = float(stats.kstest(sample, "uniform", method="asymp").pvalue)
    return chances


def test_numbers_are_uniform() -> None:
    chances = uniform_chances(sequences(SIZE))
    rms = seen_by_chi_square(256, SIZE, ALARM / len(chances))
    gap = (stats.kstwobign.isf(ALARM / len(chances)) + 2) / np.sqrt(1 << 17)
    judge(chances, f"sees bins off by {rms:.2%} (rms) and a gap of {gap:.4f} in the distribution")


def test_a_bias_in_one_bin_is_seen() -> None:
    """The check can fail: one number in 50 of one bin goes to its neighbour."""
    numbers = sequences(SIZE)["replications"]
    here = np.flatnonzero(keyed.fields(numbers, 56, 8) == 7)[::4]
    numbers[here] += np.uint64(1 << 56)
    with pytest.raises(AssertionError):
        judge(uniform_chances({"tampered": numbers}), "")


def test_exponentials_have_their_distribution() -> None:
    chances = {
        name: float(stats.kstest(keyed.exponentials(x[: 1 << 17]), "expon", method="asymp").pvalue)
        for name, x in sequences(1 << 17).items()
    }
    gap = (stats.kstwobign.isf(ALARM / len(chances)) + 2) / np.sqrt(1 << 17)
    judge(chances, f"sees a gap of {gap:.4f} in the distribution")


def pair_chances(pairs: dict[str, tuple[U64, U64]]) -> dict[Any, float]:
    """Chances of no correlation, and of no dependence of the top and the low four bits."""
    chances: dict[Any, float] = {}
    for name, (one, two) in pairs.items():
        r = float(np.corrcoef(keyed.units(one), keyed.units(two))[0, 1])
        chances[name, "correlation"] = float(2 * stats.norm.sf(abs(r) * np.sqrt(len(one))))
        for low, other in ((60, 60), (60, 0), (0, 60), (0, 0), (34, 34)):
            counts = joint(keyed.fields(one, low, 4), keyed.fields(two, other, 4))
            chances[name, low, other] = chi_square(counts)
    return chances


def test_neighbouring_keys_are_independent() -> None:
    chances = pair_chances(neighbours(SIZE))
    for name, numbers in sequences(SIZE).items():
        chances |= pair_chances({f"lag 1, {name}": (numbers[:-1], numbers[1:])})
        chances |= pair_chances({f"lag 2, {name}": (numbers[:-2], numbers[2:])})
    alarm = ALARM / len(chances)
    r = (stats.norm.isf(alarm / 2) + stats.norm.ppf(POWER)) / np.sqrt(SIZE)
    rms = seen_by_chi_square(256, SIZE, alarm)
    judge(chances, f"sees a correlation of {r:.4f} and pairs off by {rms:.2%} (rms)")


def test_a_weak_dependence_is_seen() -> None:
    """The check can fail: one pair in 64 has the same number twice."""
    one, two = neighbours(SIZE)["posts"]
    two[::64] = one[::64]
    with pytest.raises(AssertionError):
        judge(pair_chances({"tampered": (one, two)}), "")


def test_fields_of_one_number_are_independent() -> None:
    chances: dict[Any, float] = {}
    for name, numbers in sequences(SIZE).items():
        for use, cuts in CUTS.items():
            tops = [keyed.fields(numbers, low + width - 4, 4) for low, width in cuts]
            lows = [keyed.fields(numbers, low, 4) for low, _ in cuts]
            chances[name, use, "top"] = chi_square(joint(*tops))
            chances[name, use, "low"] = chi_square(joint(*lows))
            for (i, one), (j, two) in combinations(enumerate(tops + lows), 2):
                chances[name, use, i, j] = chi_square(joint(one, two))
    rms = seen_by_chi_square(256, SIZE, ALARM / len(chances))
    judge(chances, f"sees pairs off by {rms:.2%} (rms)")


@pytest.mark.parametrize("part", ["mix", "replication", "index"])
def test_every_flipped_bit_changes_every_bit_half_the_time(part: str) -> None:
    size = 1 << 15
    base = bits_of(size, seed=17)[-size:]
    key, purpose = np.array([keyed.name_key("cell|RAL|data|5")], np.uint64), Purpose.ROUND
    masks = np.uint64(1) << np.arange(64, dtype=np.uint64)
    if part == "index":
        masks = masks[:24]  # the largest index is below 2^24
        base &= np.uint64((1 << 24) - 1)
    key_of = {
        "mix": lambda x: keyed.mix_array(x.copy()),
        "replication": lambda x: keyed.numbers(x, key, purpose),
        "index": lambda x: keyed.numbers(key, key, purpose, x),
    }[part]
    worst = flip_chance(key_of, base, masks)
    reach = stats.norm.isf(ALARM / 64 / len(masks) / 2) + stats.norm.ppf(POWER)
    judge({part: worst}, f"sees a chance of {0.5 + reach * 0.5 / np.sqrt(size):.4f} of one bit")


def flip_chance(function: Callable[[U64], U64], base: U64, masks: U64) -> float:
    """Chance, over all pairs of bits, that no output bit flips less or more than half the time."""
    worst = 0.0
    for mask in masks:
        apart = function(base) ^ function(base ^ mask)
        bytes_ = apart.astype("<u8").view(np.uint8).reshape(len(base), 8)
        flips = np.unpackbits(bytes_, axis=1, bitorder="little").mean(axis=0)
        worst = max(worst, float(np.abs(flips - 0.5).max()) * 2 * np.sqrt(len(base)))
    return min(1.0, float(2 * stats.norm.sf(worst)) * 64 * len(masks))


def test_a_weaker_finaliser_is_seen() -> None:
    """The check can fail: one of the two multiplications left out."""

    def weak(x: U64) -> U64:
        x = (x ^ (x >> np.uint64(27))) * np.uint64(keyed._M2)
        return x ^ (x >> np.uint64(31))

    masks = np.uint64(1) << np.arange(64, dtype=np.uint64)
    with pytest.raises(AssertionError):
        judge({"weak": flip_chance(weak, bits_of(1 << 12), masks)}, "")


def test_keys_collide_no_more_than_chance() -> None:
    """A million (replication, thing) pairs: none shares 64 bits, and 32 bits as often as chance."""
    reps = keyed.replication_keys(1, 0, 1_000)
    names = [f"cell|R{i // 50:02}|data|{i % 50}" for i in range(50)]
    things = np.concatenate([keyed.part_keys(keyed.name_key(n), 20) for n in names])
    whole = keyed.numbers(reps[:, None], things[None, :], Purpose.EXIT, 1).ravel()
    sums = (reps[:, None] + things[None, :]).ravel()
    size = len(whole)
    assert size == 1_000_000
    chances: dict[Any, float] = {}
    for name, values in (("numbers", whole), ("sums of keys", sums)):
        assert len(np.unique(values)) == size
        for low in (0, 16, 32):
            cut = np.sort(keyed.fields(values, low, 32))
            runs = np.diff(np.flatnonzero(np.concatenate(([True], cut[1:] != cut[:-1], [True]))))
            pairs = int((runs * (runs - 1) // 2).sum())
            law = stats.poisson(size * (size - 1) / 2 / 2**32)
            chances[name, low] = float(min(1.0, 2 * min(law.cdf(pairs), law.sf(pairs - 1))))
    expected = size * (size - 1) / 2 / 2**32
    more = 7.5 * np.sqrt(expected)
    judge(chances, f"expects {expected:.0f} collisions, sees about {more:.0f} more")


# --- promotion ---------------------------------------------------------------------------------


def candidates(trust: str, number: int, reps: U64, turn: int = 1) -> U64:
    """Candidates' parts of the score (stage 4), replications x candidates: sums of keys."""
    posts = keyed.part_keys(keyed.name_key(f"cell|{trust}|data|5"), number)
    return reps[:, None] + posts[None, :] + np.uint64(turn * STEP & MASK)


def vacancies(trust: str, reps: U64, turn: int = 1) -> U64:
    """Vacancies' parts of the score."""
    post = np.array([keyed.part_key(keyed.name_key(f"cell|{trust}|data|6"), 0)], np.uint64)
    return keyed.numbers(reps, post, Purpose.PROMOTION, turn)


def winners(vacancy: U64, marks: U64) -> NDArray[np.intp]:
    """Place of the winner for each vacancy."""
    return keyed.promotion_scores(vacancy[:, None], marks).argmax(axis=1)


NUMBERS = (2, 3, 4, 5, 7, 8, 13, 20, 50)


def test_candidates_win_equally_often_over_replications() -> None:
    """One vacancy and one cell over many replications: nobody's post is luckier than another's."""
    size, chances = 1 << 16, {}
    reps = keyed.replication_keys(2, 0, size)
    for trust in ("RAL", "RAN", "R1H"):
        for number in NUMBERS:
            won = winners(vacancies(trust, reps), candidates(trust, number, reps))
            chances[trust, number] = chi_square(np.bincount(won, minlength=number))
    alarm = ALARM / len(chances)
    few, many = (seen_by_chi_square(n, size, alarm) for n in (2, 50))
    judge(chances, f"sees chances off by {few:.2%} among 2 and by {many:.2%} among 50 (rms)")


def test_fixed_candidates_win_equally_often() -> None:
    """The same candidates in one replication, with the same turns, for very many vacancies."""
    size, chances = 1 << 16, {}
    at = np.arange(1, size + 1, dtype=np.uint64)
    for rep in (0, 1, 77):
        key = keyed.replication_keys(2, rep, 1)
        for number in NUMBERS:
            post = np.array([keyed.part_key(keyed.name_key("cell|RAL|data|6"), 0)], np.uint64)
            vacancy = keyed.numbers(key, post, Purpose.PROMOTION, at)
            won = winners(vacancy, candidates("RAL", number, key))
            chances[rep, number] = chi_square(np.bincount(won, minlength=number))
    few = seen_by_chi_square(2, size, ALARM / len(chances))
    judge(chances, f"sees chances off by {few:.2%} among 2 (rms)")


def test_candidates_of_many_cells_win_equally_often() -> None:
    """Other candidates for every vacancy: no place in the cell is luckier."""
    size, chances = 1 << 15, {}
    names = keyed.mix_array(np.arange(size, dtype=np.uint64) + np.uint64(7))
    key = keyed.replication_keys(2, 0, 1)
    for number in NUMBERS:
        serial = np.arange(1, number + 1, dtype=np.uint64) * np.uint64(STEP)
        marks = keyed.mix_array(names[:, None] + serial) + key + np.uint64(3 * STEP & MASK)
        vacancy = keyed.numbers(key, keyed.mix_array(names + np.uint64(5)), Purpose.PROMOTION, 2)
        chances[number] = chi_square(np.bincount(winners(vacancy, marks), minlength=number))
    few = seen_by_chi_square(2, size, ALARM / len(chances))
    judge(chances, f"sees chances off by {few:.2%} among 2 (rms)")


def test_a_long_career_is_no_advantage() -> None:
    """Candidates in different turns: a post with a high turn is no luckier."""
    size, chances = 1 << 16, {}
    reps = keyed.replication_keys(2, 0, size)
    for number in NUMBERS:
        marks = candidates("RAL", number, reps, turn=0)
        marks += np.arange(number, dtype=np.uint64) * np.uint64(STEP)
        won = winners(vacancies("RAL", reps), marks)
        chances[number] = chi_square(np.bincount(won, minlength=number))
    few = seen_by_chi_square(2, size, ALARM / len(chances))
    judge(chances, f"sees chances off by {few:.2%} among 2 (rms)")


def test_promotions_of_neighbouring_vacancies_are_independent() -> None:
    """Who wins one vacancy says nothing about who wins the next, among the same candidates."""
    size, chances = 1 << 17, {}
    reps = keyed.replication_keys(2, 0, size)
    for number in (2, 3, 5, 16):
        marks = candidates("RAL", number, reps)
        one, two = (winners(vacancies("RAL", reps, turn), marks) for turn in (1, 2))
        counts = np.bincount(one * number + two, minlength=number**2)
        chances["next vacancy", number] = chi_square(counts)
        counts = np.bincount(one[:-1] * number + one[1:], minlength=number**2)
        chances["next replication", number] = chi_square(counts)
    rms = seen_by_chi_square(4, size, ALARM / len(chances))
    judge(chances, f"sees pairs of winners off by {rms:.2%} (rms) among 2")


def test_a_lucky_candidate_is_seen() -> None:
    """The check can fail: comparing the vacancy's and the candidate's keys without the product."""
    key = keyed.replication_keys(2, 0, 1)
    vacancy = bits_of(1 << 16, seed=19)
    won = (vacancy[:, None] ^ candidates("RAL", 5, key)).argmax(axis=1)
    with pytest.raises(AssertionError):
        judge({"no product": chi_square(np.bincount(won, minlength=5))}, "")


@pytest.mark.nightly
def test_full_counts_of_promotions_and_numbers() -> None:
    """The same checks with sixteen times the numbers."""
    size = 16 * SIZE
    chances = uniform_chances(sequences(size)) | pair_chances(neighbours(size))
    for number in (2, 3, 5, 8, 20):
        parts = np.array_split(keyed.replication_keys(2, 0, 1 << 21), 32)
        won = sum(
            np.bincount(
                winners(vacancies("RAL", p), candidates("RAL", number, p)), minlength=number
            )
            for p in parts
        )
        chances["promotion", number] = chi_square(np.asarray(won))
    rms = seen_by_chi_square(256, size, ALARM / len(chances))
    judge(chances, f"sees bins off by {rms:.2%} (rms)")
