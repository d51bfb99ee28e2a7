"""Both engines agree person for person on generated worlds, from the ordinary to the extreme."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import Phase, given, settings

from simulator.domain.words import Flow, How, PoolFlow, PoolStock, Stock, TrainingFlow
from simulator.engines import arrays, people
from simulator.experiments.crosscheck import CrossCheck, compare_traces
from simulator.model.specification import Specification
from simulator.results.trace import Trace
from tests.support.generated import World, build, draw_world, worlds

pytestmark = pytest.mark.crosscheck

SEED = 20260331
EXTREME = 5
"""One world in so many has extreme choices."""
REPLICATIONS = 2
KINDS = (
    *(flow.name.lower() for flow in Flow),
    *(f"training_{flow.name.lower()}" for flow in TrainingFlow),
    *(f"pool_{flow.name.lower()}" for flow in PoolFlow),
    *(f"stock_{stock.name.lower()}" for stock in Stock),
    *(f"pool_stock_{stock.name.lower()}" for stock in PoolStock),
    "promoted_elsewhere",
)
"""Kinds of flow, as a comparison names them, and of stock; and promotions to another trust."""


def compare(world: World) -> CrossCheck:
    """Run both engines; a difference names the world."""
    spec, last = build(world), REPLICATIONS - 1
    report = CrossCheck(REPLICATIONS)
    one = people.simulate(spec, count=REPLICATIONS, spells_of=last)
    two = arrays.trace(spec, count=REPLICATIONS, spells_of=last)
    compare_traces(spec, one, two, report)
    assert report.ok, "\n".join([world.changed(), *report.lines()])
    for prefix, kinds, stocks in (
        ("stock_", Stock, one.stocks),
        ("pool_stock_", PoolStock, one.pool_stocks),
    ):
        for kind in kinds:
            report.events[prefix + kind.name.lower()] = int(stocks[..., kind].any())
    report.events["promoted_elsewhere"] = promoted_elsewhere(spec, one)
    return report


def promoted_elsewhere(spec: Specification, trace: Trace) -> int:
    """Promotions to another trust in the spell log."""
    person = ["person_kind", "person_id", "person_turn"]
    spells = np.sort(trace.spells, order=[*person, "start"])
    trust = spec.cells.trust[spec.slots.cell[spells["slot"]]]
    follows = (spells[person][1:] == spells[person][:-1]) & (trust[1:] != trust[:-1])
    return int((follows & (spells["began"][1:] == How.PROMOTED)).sum())


@dataclass
class Tally:
    """What the generated worlds had in them."""

    worlds: int = 0
    broad: int = 0
    integers: int = 0
    spells: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def add(self, world: World, report: CrossCheck) -> None:
        """Count a world that has been compared."""
        self.worlds += 1
        self.integers += report.compared
        self.spells += report.spells
        self.seen.update(kind for kind in KINDS if report.events[kind])
        self.broad += is_broad(world, report)

    def lines(self) -> list[str]:
        """The tally as lines of text."""
        return [
            f"{self.worlds} generated worlds, {self.broad} of them broad; "
            f"{self.integers:,} integers and {self.spells:,} spells compared",
            *(f"  {kind:<26} in {self.seen[kind]:>4} worlds" for kind in KINDS),
        ]


def is_broad(world: World, report: CrossCheck) -> bool:
    """Three or more trusts in two or more regions, with moves, promotions and regional pools."""
    busy = ("moved_in", "promoted_in", "joined_experienced")
    coupled = not world.replay and all(report.events[kind] for kind in busy)
    return coupled and world.regions >= 2 and world.trusts >= 3


def play(count: int) -> Tally:
    """Compare the engines on the first worlds of a fixed series."""
    rng, tally = np.random.default_rng(SEED), Tally()
    for number in range(count):
        world = draw_world(rng, SEED + number, broad=number % EXTREME > 0)
        tally.add(world, compare(world))
    return tally


def check_tally(tally: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    """Half of the worlds are broad, and a fifth of them have each kind of flow."""
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(tally.lines()) + "\n")
    rare = {kind: tally.seen[kind] for kind in KINDS if tally.seen[kind] * 5 < tally.worlds}
    assert tally.broad * 2 >= tally.worlds
    assert not rare


def test_sixty_generated_worlds(capsys: pytest.CaptureFixture[str]) -> None:
    check_tally(play(60), capsys)


@pytest.mark.nightly
def test_generated_worlds_of_the_night(capsys: pytest.CaptureFixture[str]) -> None:
    check_tally(play(240), capsys)


@settings(max_examples=12, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(world=worlds())
def test_any_combination_of_choices(world: World) -> None:
    compare(world)


@pytest.mark.nightly
@settings(max_examples=400, derandomize=True)
@given(world=worlds())
def test_generated_combinations_of_the_night(world: World) -> None:
    compare(world)


EXTREMES = {
    "no posts": World(posts=0),
    "no cells": World(gaps=1.0),
    "a group without posts": World(empty=(1,)),
    "a group that the pools know only": World(groups=(1,), empty=(0,)),
    "one post in a cell": World(posts=1, vacant=0.0),
    "everybody leaves at once": World(leaving=1000.0),
    # the arrays engine once cut the sums of hazards at a level that these hazards pass
    "hazards that add up to a great sum": World(
        seed=2,
        regions=1,
        trusts=1,
        groups=(0,),
        bands=(5,),
        gaps=0.0,
        posts=10,
        draws=1,
        leaving=40.0,
        varying=0.0,
    ),
    "nobody leaves": World(leaving=0.0),
    "nobody is hired": World(success=0.0, supply=0.0, intake=0.0, internal_share=0.0),
    "no candidates": World(supply=0.0, intake=0.0, mover_rate=0.0),
    "one month": World(months=1),
    "two months": World(months=2),
    "the longest horizon": World(months=228, trusts=1, posts=3, regions=1),
    "posts go and come back": World(dip=0.6, leaving=0.6, months=60),
    "all posts go and come back": World(dip=1.0, leaving=2.0, months=48),
    "a shrinking establishment": World(growth=-0.4, leaving=0.6, vacant=0.5),
    "paths that jump": World(varying=0.9, trusts=3),
    "gaps in the ladder": World(gaps=0.5, bands=(2, 3, 4, 5, 6, 7), internal_share=1.0),
    "one trust in each region": World(trusts=1, regions=3, move_share=0.6),
    "every advert is for colleagues": World(move_share=1.0, mover_rate=1.0, trusts=3),
    "promotion after a month": World(min_months=1, internal_share=1.0, leaving=0.6),
    "Poisson intakes": World(poisson_intake=True, intake=4.0),
    "nobody gives up": World(give_up=0.0, success=0.2),
    "the rest is replayed": World(replay=True, trusts=3, months=60),
    "one trust, the rest replayed": World(replay=True, trusts=1, regions=1, months=60),
    "one class of levers": World(alike=True, trusts=3),
    "one class of levers, the rest replayed": World(alike=True, trusts=3, replay=True),
    "five draws": World(draws=5, replay=True),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_extreme_worlds(name: str) -> None:
    compare(EXTREMES[name])
