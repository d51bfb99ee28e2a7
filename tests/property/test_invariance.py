"""What must change nothing: other regions, groups, replications, months, draws, blocks, order.

Every result is compared by the name of its cell, pool or pathway line, in both engines.
"""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator import keyed
from simulator.domain.words import GROUPS
from simulator.engines import arrays, people
from simulator.experiments.simulate import simulate
from simulator.keyed import Purpose, replication_key
from simulator.model.compile import compile_scenario
from simulator.model.specification import Specification, freeze
from simulator.results.trace import Trace
from simulator.scenario.loader import load_scenario
from tests.support.generated import World, build
from tests.support.parts import (
    Name,
    by_name,
    differing,
    region_of,
    select,
    shorten,
    spells_by_name,
    thing_names,
)

pytestmark = pytest.mark.property

SCENARIOS = Path(__file__).parents[2] / "scenarios"
LADDER = SCENARIOS / "tiny-ladder.toml"
ENGINES: dict[str, Callable[..., Trace]] = {"people": people.simulate, "arrays": arrays.trace}
WORLDS = {
    "coupled": World(seed=21, trusts=3, groups=(0, 1, 2), leaving=0.4, vacant=0.3, mover_rate=0.3),
    "replayed": World(seed=22, trusts=3, groups=(0, 1, 2), leaving=0.4, vacant=0.3, replay=True),
    "dipping": World(seed=23, trusts=3, groups=(0, 2), leaving=0.5, dip=0.5, poisson_intake=True),
}
PURPOSES = {value: name for name, value in vars(Purpose).items() if name.isupper()}

every_engine = pytest.mark.parametrize("engine", ENGINES)
every_world = pytest.mark.parametrize("world", WORLDS)


def run(engine: str, spec: Specification, first: int = 0, count: int = 2) -> Trace:
    """Simulate, with the spell log of the last replication."""
    return ENGINES[engine](spec, first=first, count=count, spells_of=first + count - 1)


def assert_same(
    one: Mapping[Name, np.ndarray], two: Mapping[Name, np.ndarray], names: Sequence[Name]
) -> None:
    """The named series are alike, and something happens in them."""
    assert names
    wrong = [" ".join(name) for name in names if not np.array_equal(one[name], two[name])]
    assert not wrong
    assert sum(int(one[name].sum()) for name in names if name[0] == "flows") > 50


# Regions and groups of staff do not touch each other.


@every_engine
@every_world
@pytest.mark.parametrize("region", ["Y0", "Y1"])  # before and after the other in slot order
def test_a_trust_in_another_region_changes_nothing(engine: str, world: str, region: str) -> None:
    whole = build(WORLDS[world])
    here = [t for t, of in enumerate(whole.trust_region) if of == region]
    there = [t for t, of in enumerate(whole.trust_region) if of != region]
    alone = select(whole, here)
    less = select(whole, sorted([*here, there[0]]))
    one, two, three = (by_name(spec, run(engine, spec)) for spec in (alone, less, whole))
    names = [name for name in three if region_of(whole, name) == region]
    assert sorted(names) == sorted(one)
    assert_same(one, two, names)
    assert_same(one, three, names)


@every_engine
@every_world
def test_a_trust_of_the_same_region_does_change_results(engine: str, world: str) -> None:
    # else the test before could not fail: trusts of a region do compete
    whole = build(WORLDS[world])
    two, three = (by_name(s, run(engine, s)) for s in (select(whole, [0, 1]), whole))
    cells = [name for name in two if name[0] in ("stocks", "flows")]
    assert any(not np.array_equal(two[name], three[name]) for name in cells)


@every_engine
@every_world
def test_a_group_of_staff_changes_nothing_in_the_others(engine: str, world: str) -> None:
    whole = build(WORLDS[world])
    every = range(len(whole.trusts))
    less = select(whole, every, groups=(0, 2)) if world != "dipping" else select(whole, every, (2,))
    one, two = by_name(whole, run(engine, whole)), by_name(less, run(engine, less))
    names = [name for name in two if name[0] not in ("trained", "training")]
    assert_same(one, two, names)
    if whole.replay is None:
        assert_same_lines(whole, less, one, two)


def assert_same_lines(
    whole: Specification,
    less: Specification,
    one: Mapping[Name, np.ndarray],
    two: Mapping[Name, np.ndarray],
) -> None:
    """Pathway lines that lead into the groups kept are alike."""
    cohorts = less.training.row_cohort
    lines = {less.training.names[less.training.cohort_line[c]] for c in cohorts}
    names = [name for name in two if name[0] in ("trained", "training") and name[1:] in lines]
    assert names
    assert all(np.array_equal(one[name], two[name]) for name in names)
    assert sum(int(one[name].sum()) for name in names) > 20
    assert len(whole.training.row_key) >= len(less.training.row_key)


@every_engine
@every_world
def test_the_order_of_regions_changes_nothing(engine: str, world: str) -> None:
    spec = build(WORLDS[world])
    turned = select(spec, [3, 4, 5, 0, 1, 2])
    one, two = run(engine, spec), run(engine, turned)
    series = by_name(spec, one)
    assert_same(series, by_name(turned, two), list(series))
    assert spells_by_name(spec, one) == spells_by_name(turned, two)


@every_engine
def test_the_order_of_trusts_changes_nothing_without_moves(engine: str) -> None:
    # With moves, and with vacancies that are pooled, the order decides which of two posts of
    # different trusts gets the colleague whom both have chosen.
    spec = build(replace(WORLDS["coupled"], move_share=0.0, pooled=0.0))
    turned = select(spec, [2, 0, 1, 5, 4, 3])
    one, two = run(engine, spec), run(engine, turned)
    series = by_name(spec, one)
    assert_same(series, by_name(turned, two), list(series))
    assert spells_by_name(spec, one) == spells_by_name(turned, two)


SERIES = (
    "stocks",
    "flows",
    "training_stocks",
    "training_flows",
    "pool_stocks",
    "pool_flows",
    "won",
)
"""What a trace holds for each replication."""

# Replications, months and draws.


@every_engine
@every_world
def test_replications_do_not_depend_on_where_a_run_begins(engine: str, world: str) -> None:
    spec = build(WORLDS[world])
    long = run(engine, spec, 0, 5)
    part = run(engine, spec, 2, 3)
    for name in SERIES:
        assert np.array_equal(getattr(long, name)[2:], getattr(part, name)), name
    assert np.array_equal(long.spells, part.spells)
    assert not np.array_equal(long.stocks[1:4], part.stocks)


@every_engine
@every_world
def test_more_replications_change_no_replication(engine: str, world: str) -> None:
    spec = build(WORLDS[world])
    more = freeze(replace(spec, replications=10 * spec.replications))
    one, two = by_name(spec, run(engine, spec)), by_name(more, run(engine, more, count=3))
    assert_same(one, {name: values[:2] for name, values in two.items()}, list(one))


@every_engine
@every_world
@pytest.mark.parametrize("months", [13, 24, 35])
def test_a_longer_horizon_changes_no_earlier_month(engine: str, world: str, months: int) -> None:
    spec = build(WORLDS[world])
    short = shorten(spec, months)
    assert short.cohort_offset <= spec.cohort_offset
    one, two = by_name(spec, run(engine, spec)), by_name(short, run(engine, short))
    assert_same({name: values[:, : months + 1] for name, values in one.items()}, two, list(two))


@every_engine
@every_world
def test_the_number_of_draws_changes_only_whose_factors_apply(engine: str, world: str) -> None:
    spec = build(WORLDS[world])
    assert spec.draws == 2

    def doubled(values: np.ndarray, axis: int = 0) -> np.ndarray:
        return np.concatenate([values, values], axis=axis)

    hiring = replace(
        spec.hiring,
        post_index=doubled(spec.hiring.post_index, 1),
        hire_factor=doubled(spec.hiring.hire_factor),
        internal_factor=doubled(spec.hiring.internal_factor),
        success_factor=doubled(spec.hiring.success_factor),
        mover_rate=doubled(spec.hiring.mover_rate),
        congestion=doubled(spec.hiring.congestion),
    )
    drop_factor = doubled(spec.training.drop_factor)
    more = freeze(
        replace(
            spec,
            draws=4,
            exits=replace(spec.exits, factor=doubled(spec.exits.factor)),
            hiring=hiring,
            pools=replace(spec.pools, supply_factor=doubled(spec.pools.supply_factor)),
            training=replace(spec.training, drop_factor=drop_factor),
            need_index=doubled(spec.need_index, 1),
        )
    )
    one, two = (by_name(s, run(engine, s, count=4)) for s in (spec, more))
    assert_same(one, two, list(one))


# Keyed numbers.


class Listener:
    """Hears every keyed number that an engine asks for."""

    def __init__(self) -> None:
        self.asked: dict[tuple[int, int, int, int], int] = {}
        self.mixed: set[int] = set()

    def one(self, replication: int, thing: int, purpose: int, index: int = 0) -> int:
        """Stands in for ``keyed.number``."""
        value = _NUMBER(replication, thing, purpose, index)
        self.asked[replication, thing, purpose, index] = value
        return value

    def many(self, replication: Any, thing: Any, purpose: int, index: Any = 0) -> np.ndarray:
        """Stands in for ``keyed.numbers``."""
        values = _NUMBERS(replication, thing, purpose, index)
        parts = (np.broadcast_to(part, values.shape) for part in (replication, thing, index))
        columns = [part.ravel().tolist() for part in parts]
        for r, t, i, value in zip(*columns, values.ravel().tolist(), strict=True):
            self.asked[r, t, purpose, i] = value
        return values

    def mix_array(self, keys: np.ndarray) -> np.ndarray:
        """Stands in for ``keyed.mix_array``."""
        values = _MIX_ARRAY(keys)
        self.mixed.update(values.ravel().tolist())
        return values

    def named(self, spec: Specification, count: int) -> dict[tuple[Any, ...], int]:
        """The numbers by (replication, name of the thing, purpose, index)."""
        names = thing_names(spec)
        of_key = {replication_key(spec.seed, r): r for r in range(count)}
        return {
            (of_key[r], names[t], PURPOSES[p], i): value
            for (r, t, p, i), value in self.asked.items()
        }


_NUMBER, _NUMBERS, _MIX_ARRAY = keyed.number, keyed.numbers, keyed.mix_array


def numbers_of(engine: str, spec: Specification, count: int = 2) -> dict[tuple[Any, ...], int]:
    """Run an engine and listen to the keyed numbers it asks for.

    The people engine asks for a number by its parts, which have names. The arrays engine adds up
    keys ahead, so its numbers are those of the people engine that it makes as well.
    """
    heard = Listener()
    modules = [m for name, m in sys.modules.items() if name.startswith("simulator.engines.people")]
    with pytest.MonkeyPatch.context() as patch:
        for module in modules:
            for name, listener in (("number", heard.one), ("numbers", heard.many)):
                if hasattr(module, name):
                    patch.setattr(module, name, listener)
        run("people", spec, count=count)
    named = heard.named(spec, count)
    if engine == "people":
        return named
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyed, "mix_array", heard.mix_array)
        run("arrays", spec, count=count)
    return {name: value for name, value in named.items() if value in heard.mixed}


@every_engine
@every_world
def test_a_new_trust_of_a_region_changes_no_keyed_number(engine: str, world: str) -> None:
    whole = build(WORLDS[world])
    less = select(whole, [0, 1, 3, 4, 5])  # a trust fewer in the first region
    one, two = numbers_of(engine, whole), numbers_of(engine, less)
    shared = one.keys() & two.keys()
    assert len(shared) > 1_000
    assert {name[1][0] for name in shared} >= {"cell", "post"}
    assert not [name for name in shared if one[name] != two[name]]
    assert one.keys() - two.keys()  # the new trust has numbers of its own


@every_world
def test_both_engines_use_the_same_numbers(world: str) -> None:
    spec = build(WORLDS[world])
    one, two = (numbers_of(engine, spec) for engine in ENGINES)
    # the arrays engine leaves out what begins too late to fall due
    assert len(two) > 0.9 * len(one)
    assert {name[2] for name in one} == {name[2] for name in two}
    assert len(set(one.values())) == len(one)
    replayed = {"AVAILABLE", "RIVALS"}
    trained = {"SUPPLY", "BREAKS", "MOVERS", "INTAKE", "STUDY", "SEEK", "WAIT"}
    always = {"EXIT", "REASON", "VACANCY", "ROUND", "OFFER", "PULL", "POSTS"}
    always |= {"POOLING", "PROMOTION"}
    asked = {purpose for _, _, purpose, _ in one}
    assert asked == always | (replayed if spec.replay is not None else trained)


@every_engine
@every_world
def test_a_hazard_of_one_class_leaves_all_other_luck(engine: str, world: str) -> None:
    spec = build(WORLDS[world])
    hazard = spec.exits.hazard.copy()
    klass = int(spec.cells.klass[0])  # a class is some groups of one region
    hazard[klass] *= 1.3
    other = freeze(replace(spec, exits=replace(spec.exits, hazard=hazard)))
    one, two = by_name(spec, run(engine, spec)), by_name(other, run(engine, other))
    reached = {GROUPS[g] for g in spec.cells.group[spec.cells.klass == klass]}
    kept = [n for n in one if region_of(spec, n) != "Y0"]
    kept += [n for n in one if n[0] in ("stocks", "flows") and n[2] not in reached]
    assert_same(one, two, kept)
    assert any(not np.array_equal(one[name], two[name]) for name in one if name not in kept)
    luck = numbers_of(engine, spec), numbers_of(engine, other)
    shared = luck[0].keys() & luck[1].keys()
    assert not [name for name in shared if luck[0][name] != luck[1][name]]
    assert len(shared) > len(luck[0]) / 2


# Blocks and processes.


@pytest.fixture(scope="module")
def small() -> Specification:
    return freeze(replace(build(WORLDS["coupled"]), replications=14))


@pytest.mark.parametrize(("size", "workers"), [(1, 1), (3, 1), (14, 1), (5, 2), (None, 2)])
@pytest.mark.parametrize("pools", [False, True])
def test_blocks_and_workers_change_no_summary(
    small: Specification, size: int | None, workers: int, pools: bool
) -> None:
    usual = simulate(small, size=4, workers=1, pools=pools)
    other = simulate(small, size=size, workers=workers, pools=pools)
    if pools:  # sums of ratios of replications, added up in another order
        assert_close_pools(usual, other)
    assert usual.wide is not None
    assert other.wide is not None
    assert differing(usual.units, other.units, "units") == []
    wide = [(s.fte_statistics(), s.flow_statistics()) for s in (usual.wide, other.wide)]
    assert differing(wide[0], wide[1], "England") == []
    assert usual.events == other.events > 1_000


def assert_close_pools(usual: Any, other: Any) -> None:
    """Records of pools agree up to rounding; takes them out of the summaries."""
    for one, two in zip(usual.units, other.units, strict=True):
        for name in type(one.pools).__dataclass_fields__:
            assert getattr(one.pools, name) == pytest.approx(getattr(two.pools, name), rel=1e-12)
        assert one.pools.adverts.sum() > 0
        one.pools = two.pools = None


@every_engine
@every_world
def test_replications_together_or_one_by_one(engine: str, world: str) -> None:
    spec = build(WORLDS[world])
    together = run(engine, spec, 0, 3)
    alone = [run(engine, spec, r, 1) for r in range(3)]
    for name in SERIES:
        parts = np.concatenate([getattr(trace, name) for trace in alone])
        assert np.array_equal(getattr(together, name), parts), name
    assert np.array_equal(together.spells, alone[-1].spells)


# Scenarios: what a planner writes, from the file to the engines.


def compiled(path: Path, **overrides: object) -> Specification:
    return compile_scenario(load_scenario(path, overrides=overrides))


def ladder_beside_its_census(folder: Path) -> str:
    """Copy the ladder's census into a folder; returns the text of the scenario."""
    shutil.copytree(SCENARIOS / "census" / "tiny-ladder", folder / "census" / "tiny-ladder")
    return LADDER.read_text(encoding="utf-8")


def test_names_and_words_never_enter_a_key(tmp_path: Path) -> None:
    changed = ladder_beside_its_census(tmp_path)
    for old, new in (
        ('id = "tiny-ladder"', 'id = "another"'),
        ('title = "Two trusts, three bands, one training pathway"', 'title = "Other words"'),
        ('id = "retention"', 'id = "kept"'),
        ('title = "A fifth fewer leavers"', 'title = "Fewer"'),
        ('rationale = "A lever that reaches one of the two trusts."', 'rationale = "None"'),
    ):
        assert changed.count(old) == 1
        changed = changed.replace(old, new)
    path = tmp_path / "another.toml"
    path.write_text(changed, encoding="utf-8")
    assert differing(compiled(LADDER), compiled(path)) == []


@every_engine
def test_a_seed_does_enter_keys(engine: str) -> None:
    spec = compiled(LADDER)
    other = freeze(replace(spec, seed=spec.seed + 1))
    traces = [run(engine, spec) for spec in (spec, other)]
    assert not np.array_equal(traces[0].flows, traces[1].flows)


@every_engine
def test_more_months_of_a_scenario_change_no_earlier_month(engine: str) -> None:
    long, short = compiled(LADDER), compiled(LADDER, months=30)
    one, two = by_name(long, run(engine, long, 4, 8)), by_name(short, run(engine, short, 4, 8))
    assert_same({name: values[:, :31] for name, values in one.items()}, two, list(two))


@every_engine
def test_more_draws_of_a_scenario_change_no_earlier_draw(engine: str) -> None:
    few, many = compiled(LADDER), compiled(LADDER, draws=16)
    assert (few.draws, many.draws) == (4, 16)
    one, two = by_name(few, run(engine, few, 0, 4)), by_name(many, run(engine, many, 0, 4))
    assert_same(one, two, list(one))


def test_the_order_of_trusts_in_a_scenario_changes_nothing() -> None:
    def spec(*trusts: str) -> Specification:
        place = {"trusts": list(trusts)}
        size = {"months": 12, "draws": 1, "replications": 1}
        return compiled(SCENARIOS / "cambridge.toml", place=place, rest="coupled", **size)

    assert differing(spec("RGT", "RGN"), spec("RGN", "RGT")) == []


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_table(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def own_rows(folder: Path, rows: list[dict[str, str]]) -> Specification:
    """The ladder with a planner's own table of posts."""
    text = ladder_beside_its_census(folder)
    write_table(folder / "posts.csv", rows)
    path = folder / "own.toml"
    old, new = '"census/tiny-ladder"', '"census/tiny-ladder"\ncensus_rows = ["posts.csv"]'
    path.write_text(text.replace(old, new), encoding="utf-8")
    return compiled(path)


POSTS = SCENARIOS / "census" / "tiny-ladder" / "posts.csv"


def test_the_order_of_rows_in_a_table_of_posts_changes_nothing(tmp_path: Path) -> None:
    rows = read_table(POSTS)
    same = own_rows(tmp_path / "one", rows)
    turned = own_rows(tmp_path / "two", rows[::-1])
    assert differing(same, turned) == []
    assert differing(same, compiled(LADDER)) == []


@every_engine
def test_a_new_trust_of_a_census_changes_no_keyed_number(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "three.toml"
    path.write_text(ladder_beside_its_census(tmp_path), encoding="utf-8")
    rows = read_table(POSTS)
    rows += [{**row, "trust": "RGP"} for row in rows if row["trust"] == "RGT"]
    write_table(tmp_path / "census" / "tiny-ladder" / "posts.csv", rows)
    old, new = compiled(LADDER), compiled(path)
    assert set(new.trusts) - set(old.trusts) == {"RGP"}
    assert set(new.trust_region) == set(old.trust_region)  # one region, coupled
    one, two = numbers_of(engine, old, 4), numbers_of(engine, new, 4)
    shared = one.keys() & two.keys()
    assert len(shared) > 1_000
    assert not [name for name in shared if one[name] != two[name]]
    posts = {name[1] for name in shared if name[1][0] == "post"}
    opening = {name for name in thing_names(old).values() if name[0] == "post"}
    assert len(posts) > len(opening) / 2
