"""One small staffing model in several libraries, as short as each library allows.

54,000 posts, all filled. Every month a holder leaves with probability 1 - exp(-0.02). Whoever
leaves in month m is replaced in month m + 6. How many staff are in post in each of 120 months?
In the long run a post is filled for 50.5 of 56.5 months, so 89.4 % of the posts are.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator import keyed
from simulator.domain.words import GROUPS, Phase
from simulator.experiments.simulate import Summary, simulate
from simulator.model.compile import compile_scenario
from simulator.model.specification import Places, Specification, freeze
from simulator.scenario import load_scenario

POSTS: Final = 54_000
TRUSTS: Final = 200
MONTHS: Final = 120
HAZARD: Final = 0.02
DELAY: Final = 6
EXPECTED: Final = POSTS * (1 / -np.expm1(-HAZARD)) / (1 / -np.expm1(-HAZARD) + DELAY)
"""Staff in post in the long run."""

_SCENARIO: Final = Path(__file__).resolve().parent.parent / "scenarios" / "tiny-vacancy.toml"


def ours(replications: int) -> Specification:
    """The model as a specification: the scenario tiny-vacancy, 200 trusts of 270 posts each.

    It has this hazard and a vacancy of 2 + 3 + 1 months already. Candidates never run out, and
    nobody trains.
    """
    base = compile_scenario(load_scenario(_SCENARIO))
    posts = POSTS // TRUSTS
    first = np.arange(TRUSTS, dtype=np.int32) * posts
    names = tuple(f"T{number:03}" for number in range(TRUSTS))
    key = np.array([keyed.name_key(f"cell|{name}|digital|5") for name in names], np.uint64)
    cell, group = base.cells, int(base.cells.group[0])

    def each(value: NDArray[Any], count: int = TRUSTS) -> NDArray[Any]:
        return np.repeat(value[:1], count)

    number = np.arange(TRUSTS, dtype=np.int32)
    cells = replace(
        cell,
        trust=number,
        group=each(cell.group),
        band=each(cell.band),
        pool=each(cell.pool),
        klass=each(cell.klass),
        staff=(number * len(GROUPS) + group).astype(np.int32),
        below=each(cell.below),
        option=each(cell.option),
        attraction=np.ones(TRUSTS),
        key=key,
        first=first,
        slots=np.full(TRUSTS, posts, np.int32),
        posts=np.full(TRUSTS, posts, np.int32),
        funded=np.full(TRUSTS, posts, np.int32),
    )
    filled = int(np.flatnonzero(base.slots.phase == Phase.FILLED)[0])
    slots = replace(
        base.slots,
        cell=np.repeat(number, posts),
        key=np.concatenate([keyed.part_keys(int(one), posts) for one in key]),
        **{
            name: np.repeat(getattr(base.slots, name)[filled], POSTS)
            for name in ("fte", "phase", "due", "cohort", "origin", "eligible", "band_start")
        },
    )
    epochs = int(base.places.epoch.max()) + 1
    return freeze(  # type: ignore[no-any-return]
        replace(
            base,
            replications=replications,
            trusts=names,
            trust_region=base.trust_region * TRUSTS,
            cells=cells,
            slots=slots,
            exits=replace(base.exits, factor=np.ones((1, TRUSTS))),
            hiring=replace(base.hiring, hire_factor=np.ones((1, TRUSTS))),
            pools=replace(base.pools, supply=base.pools.supply * POSTS / 30),
            pulls=replace(
                base.pulls,
                first=np.array([0, TRUSTS], np.int32),
                cell=number,
                trust=number,
                key=key,
                weight=np.full(TRUSTS, float(posts)),
            ),
            partners=replace(
                base.partners,
                first=np.zeros(TRUSTS + 1, np.int32),
                **{name: getattr(base.partners, name)[:0] for name in ("cell", "key", "weight")},
            ),
            training=_nobody(base),
            costs=_no_costs(base),
            places=Places(
                (("england", "England"),),
                ("All trusts",),
                np.ones((epochs, 1, TRUSTS), np.bool_),
                base.places.epoch,
            ),
            need_base=np.full(TRUSTS, float(posts)),
        )
    )


def _no_costs(spec: Specification) -> Any:
    """No lever costs anything, and everybody is paid as in the first cell."""
    costs, columns = spec.costs, TRUSTS * len(GROUPS)
    years = costs.head.shape[-1]
    return replace(
        costs,
        pay_class=np.repeat(costs.pay_class[:1], TRUSTS),
        lever_head=np.zeros((columns, years), np.int64),
        lever_share=np.zeros((columns, years)),
        lever_joiner=np.zeros((len(costs.lever_joiner), columns, years), np.int64),
        lever_fixed=np.zeros((columns, years), np.int64),
    )


def _nobody(spec: Specification) -> Any:
    """Training without cohorts and rows."""
    training = spec.training
    empty = {
        name: getattr(training, name)[:0]
        for name in training.__slots__
        if name.startswith(("cohort_", "row_"))
    }
    return replace(training, names=(), pathway=training.pathway[:0], **empty)


def staff_of(summary: Summary) -> float:
    """Mean staff in post at the end of a run of :func:`ours`."""
    return float(sum(unit.cell_statistics[0, 0, MONTHS].sum() for unit in summary.units))


def run_ours(spec: Specification) -> float:
    """Run on one process; quantiles of every trust and month, books and all."""
    return staff_of(simulate(spec, workers=1))


def starsim_posts(seed: int) -> float:
    """Starsim, an agent for each post: a post is filled or waits, no agent comes or goes."""
    ss: Any = import_module("starsim")

    class Staff(ss.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.leave = ss.bernoulli(p=float(-np.expm1(-HAZARD)))
            self.define_states(
                ss.BoolState("in_post", default=True), ss.FloatArr("due", default=np.inf)
            )

        def init_results(self) -> None:
            super().init_results()
            self.define_results(ss.Result("staff", dtype=int))

        def step(self) -> None:
            start = (self.due <= self.ti).uids
            leave = self.leave.filter(self.in_post)
            self.in_post[leave] = False
            self.due[leave] = self.ti + DELAY
            self.in_post[start] = True
            self.due[start] = np.inf

        def update_results(self) -> None:
            self.results.staff[self.ti] = np.count_nonzero(self.in_post)

    return float(_starsim(Staff(), seed).staff[MONTHS])


def starsim_people(seed: int) -> float:
    """Starsim, an agent for each person: who leaves is removed, who joins is a new agent."""
    ss: Any = import_module("starsim")

    class Staff(ss.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.leave = ss.bernoulli(p=float(-np.expm1(-HAZARD)))
            self.due = np.zeros(MONTHS + DELAY + 1, dtype=int)

        def init_results(self) -> None:
            super().init_results()
            self.define_results(ss.Result("staff", dtype=int))

        def step(self) -> None:
            leave = self.leave.filter()
            self.sim.people.request_death(leave)
            self.due[self.ti + DELAY] = len(leave)
            self.sim.people.grow(int(self.due[self.ti]))

        def update_results(self) -> None:
            self.results.staff[self.ti] = np.count_nonzero(self.sim.people.alive)

    return float(_starsim(Staff(), seed).staff[MONTHS])


def _starsim(module: Any, seed: int) -> Any:
    ss: Any = import_module("starsim")

    sim = ss.Sim(
        n_agents=POSTS,
        modules=module,
        start=2026,
        dur=ss.years(MONTHS // 12),
        dt=ss.month,
        rand_seed=seed,
        verbose=0,
    )
    sim.run()
    return sim.results.staff


def mesa_posts(seed: int) -> float:
    """Mesa, an agent for each post, stepped once a month."""
    mesa: Any = import_module("mesa")

    leave = float(-np.expm1(-HAZARD))

    class Post(mesa.Agent):  # type: ignore[misc]
        def __init__(self, model: Any) -> None:
            super().__init__(model)
            self.filled, self.due = True, 0

        def step(self) -> None:
            if self.filled:
                if self.random.random() < leave:
                    self.filled, self.due = False, self.model.month + DELAY
            elif self.due == self.model.month:
                self.filled = True

    class Staff(mesa.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(seed=seed)
            self.month = 0
            self.staff: list[int] = []
            Post.create_agents(self, POSTS)

        def step(self) -> None:
            self.month += 1
            self.agents.do("step")
            self.staff.append(sum(agent.filled for agent in self.agents))

    model = Staff()
    for _ in range(MONTHS):
        model.step()
    return float(model.staff[-1])
