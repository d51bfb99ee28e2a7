"""Every fault put into one engine is seen by the comparison with the other.

Each is one changed line, of the kind that somebody who misreads the law would write. A fault that
no world shows fails its test: the worlds below are there to show all of them.
"""

from __future__ import annotations

import sys
from functools import cache

import pytest

from simulator.engines import arrays, people
from simulator.experiments import crosscheck
from simulator.model.specification import Specification
from simulator.results.books import BooksError
from tests.support.faulty import Fault, faulty_engine
from tests.support.generated import World, build

pytestmark = pytest.mark.crosscheck

WORLDS = {
    "coupled": World(
        seed=11,
        trusts=3,
        posts=8,
        months=48,
        leaving=0.4,
        internal_share=0.9,
        min_months=3,
        move_share=0.45,
        mover_rate=0.2,
        supply=0.4,
        intake=3.0,
        varying=0.6,
        vacant=0.3,
    ),
    "replayed": World(
        seed=12, trusts=3, posts=8, months=48, leaving=0.4, varying=0.6, min_months=30, replay=True
    ),
    "shrinking": World(
        seed=13, trusts=3, posts=8, months=36, leaving=0.5, dip=0.6, vacant=0.5, varying=0.8
    ),
    "crowded": World(
        seed=14,
        trusts=4,
        groups=(1,),
        bands=(3, 4),
        posts=3,
        months=60,
        leaving=0.5,
        gaps=0.0,
        internal_share=0.9,
        min_months=1,
        move_share=0.7,
        mover_rate=1.0,
        vacant=0.4,
    ),
}
REPLICATIONS = 2

FAULTS = [
    # The people engine.
    Fault(
        "people.clock",
        "EXITS: Final = 8",
        "EXITS: Final = 15",
        "stages swapped: people leave after the starts and moves",
    ),
    Fault(
        "people.careers",
        "bisect_left(total, total[month] + rest / tenure, month + 1, last))",
        "bisect_left(total, total[month] + rest / tenure, month + 1, last) + 1)",
        "an exit a month late",
    ),
    Fault(
        "people.careers",
        "person.origin + TENURE_BREAKS[0],",
        "person.origin + TENURE_BREAKS[0] + 1,",
        "the first year of tenure has 13 months",
    ),
    Fault(
        "people.careers",
        "person.cohort, world.month)",
        "person.cohort, world.month - 1)",
        "retirement share of the month before",
    ),
    Fault(
        "people.careers",
        "person.origin = month",
        "pass",
        "a mover keeps the origin",
    ),
    Fault(
        "people.careers",
        "max(person.eligible, month + 1)",
        "max(person.eligible, month)",
        "a mover can be promoted in the same month",
    ),
    Fault(
        "people.careers",
        "person.eligible = month + tables.spec.hiring.min_months",
        "person.eligible = month + tables.spec.hiring.min_months - 1",
        "months before a promotion off by one",
    ),
    Fault(
        "people.inside",
        "person.eligible <= month",
        "person.eligible < month",
        "eligible from the month after",
    ),
    Fault(
        "people.inside",
        "offers.sort(key=attrgetter('slot'))",
        "offers.sort(key=attrgetter('slot'), reverse=True)",
        "of two vacancies that choose one person the later wins",
    ),
    Fault(
        "people.vacancies",
        "inside = vacancy.below >= 0",
        "inside = vacancy.below >= -1",
        "an empty band below leaks to another trust",
    ),
    Fault(
        "people.inside",
        "tables.internal[klass]",
        "tables.internal[0]",
        "internal share of the wrong class",
    ),
    Fault(
        "people.vacancies",
        "tables.hire_path[tables.klass[cell]][world.month]",
        "tables.hire_path[tables.klass[cell]][world.month - 1]",
        "path of time to hire of the month before",
    ),
    Fault(
        "people.vacancies",
        "months(1.0, world.tables.notice",
        "months(world.hire_factor[world.tables.trust[vacancy.cell]], world.tables.notice",
        "notice scaled by the trust's factor",
    ),
    Fault(
        "people.vacancies",
        "Purpose.OFFER, vacancy.turn)\n    vacancy.due",
        "Purpose.VACANCY, vacancy.turn)\n    vacancy.due",
        "notice from another purpose's number",
    ),
    Fault(
        "people.month",
        "vacant[change:]",
        "vacant[:-change]",
        "the lowest vacant posts are withdrawn",
    ),
    Fault(
        "people.market",
        "stocks[kind] -= len(served)",
        "stocks[kind] -= 0",
        "candidates are not used up by hires",
    ),
    Fault(
        "people.market",
        "drawn / (drawn + crowd) if drawn",
        "drawn / (drawn + crowd * (1 - 1 / len(adverts))) if drawn",
        "an advert does not compete with itself",
    ),
    Fault(
        "people.market",
        "rank(world, adverts, willing)[:willing]",
        "rank(world, adverts, willing)",
        "more colleagues move than are willing",
    ),
    Fault(
        "people.market",
        "Purpose.SUPPLY, month + SECOND * kind)",
        "Purpose.SUPPLY, month)",
        "all kinds of candidates from one number",
    ),
    Fault(
        "people.moves",
        "scores[own] = np.inf",
        "pass",
        "a trust may pull from itself",
    ),
    Fault(
        "people.moves",
        " or slot in taken:",
        ":",
        "a colleague who is taken is pulled again",
    ),
    Fault(
        "people.training",
        "max(1, ceil(12.0 * exponential(bits) / rows.give_up))",
        "max(1, ceil(12.0 * exponential(bits) / rows.give_up)) + 1",
        "graduates give up a month late",
    ),
    Fault(
        "people.training",
        "studied + 1 + done if drops",
        "studied + 2 + done if drops",
        "drop-out a month late",
    ),
    Fault(
        "people.world",
        "self.turn[slot] += 1",
        "self.turn[slot] += slot % 2",
        "a vacancy does not take the next turn",
    ),
    Fault(
        "people.world",
        "if month > self.months:",
        "if month >= self.months:",
        "nothing happens in the last month",
    ),
    Fault(
        "people.clock",
        "TRAINING: Final = 0",
        "TRAINING: Final = 2",
        "cohorts start before others leave room with the supervisors",
    ),
    Fault(
        "people.careers",
        "retire + (1.0 - retire) * exits.break_share",
        "retire + exits.break_share",
        "breaks are a share of all exits",
    ),
    Fault(
        "people.careers",
        "person.band_start = month",
        "pass",
        "a promotion keeps the pay point",
    ),
    Fault(
        "people.careers",
        "if trust != trust_before:",
        "if how is How.MOVED:",
        "who is promoted in another trust keeps the origin",
    ),
    Fault(
        "people.inside",
        "tables.pooled[klass][world.month]",
        "tables.pooled[klass][world.month - 1]",
        "share of pooled vacancies of the month before",
    ),
    Fault(
        "people.inside",
        "np.uint64(base))) / weight",
        "np.uint64(base))) * weight",
        "small trusts of the care system are asked more often",
    ),
    Fault(
        "people.vacancies",
        "tables.thaw[klass][world.month]",
        "tables.thaw[klass][world.month - 1]",
        "a freeze ends with that of the month before",
    ),
    Fault(
        "people.vacancies",
        "month - served)",
        "month)",
        "people from outside begin at the first pay point",
    ),
    Fault(
        "people.month",
        "HELD = (FROZEN, APPROVAL, ADVERT)",
        "HELD = (APPROVAL, ADVERT)",
        "frozen posts are not withdrawn",
    ),
    Fault(
        "people.market",
        "pools.return_rate.item(pool, month) * away",
        "pools.return_rate.item(pool, month) * (away + flows[PoolFlow.BREAKS])",
        "people return in the month in which they leave",
    ),
    Fault(
        "people.market",
        "in HIRED:",
        "in HIRED[::-1]:",
        "experienced candidates are hired first",
    ),
    Fault(
        "people.market",
        "sum(attraction.values())",
        "NEUTRAL * len(attraction)",
        "rivals are counted and not weighed",
    ),
    Fault(
        "people.moves",
        "option.weight * NEUTRAL / drawn",
        "option.weight * drawn / NEUTRAL",
        "the more attractive lose more",
    ),
    Fault(
        "people.training",
        "floor(rate * (middle + senior)) - enrolled",
        "floor(rate * (middle + senior))",
        "supervisors take new trainees each month",
    ),
    Fault(
        "people.training",
        "self.training.drop_factor[draw]",
        "self.training.drop_factor[0]",
        "factor on dropping out of the first draw",
    ),
    # The arrays engine.
    Fault(
        "arrays.block",
        "    let_go(state, month, due.compress(phase == FILLED))\n"
        "    start_work(state, month, due.compress(phase == AGREED))\n",
        "    start_work(state, month, due.compress(phase == AGREED))\n"
        "    let_go(state, month, due.compress(phase == FILLED))\n",
        "stages swapped: people leave after the starts and moves",
    ),
    Fault(
        "arrays.stages",
        "hiring.post_index[:, state.draws, month.number]",
        "hiring.post_index[:, state.draws, month.number - 1]",
        "establishment of the month before",
    ),
    Fault(
        "arrays.stages",
        "(position[free][::-1], owner[free][::-1])",
        "(position[free], owner[free])",
        "the lowest vacant posts are withdrawn",
    ),
    Fault(
        "arrays.exits",
        "_hazard_row(state, index) * width + month)",
        "_hazard_row(state, index) * width + month - 1)",
        "retirement share of the month before",
    ),
    Fault(
        "arrays.stages",
        "state.origin[target] = month.number",
        "state.origin[target] = state.origin[source]",
        "a mover keeps the origin",
    ),
    Fault(
        "arrays.stages",
        "np.maximum(state.eligible[source], month.number + 1)",
        "np.maximum(state.eligible[source], month.number)",
        "a mover can be promoted in the same month",
    ),
    Fault(
        "arrays.inside",
        "month.number + state.layout.spec.hiring.min_months",
        "month.number + state.layout.spec.hiring.min_months - 1",
        "months before a promotion off by one",
    ),
    Fault(
        "arrays.stages",
        "share / 2 ** 20 * 60.0",
        "share / 2 ** 20 * 48.0",
        "people from outside have served up to four years",
    ),
    Fault(
        "arrays.inside",
        "hiring.internal_share, month",
        "hiring.internal_share[[0] * 9], month",
        "internal share of the wrong class",
    ),
    Fault(
        "arrays.inside",
        "some = below >= 0",
        "some = below >= -9",
        "an empty band below leaks to another trust",
    ),
    Fault(
        "arrays.inside",
        "state.first_to_choose(winner[found])",
        "np.sort(len(found) - 1 - state.first_to_choose(winner[found][::-1]))",
        "of two vacancies that choose one person the later wins",
    ),
    Fault(
        "arrays.exits",
        "found[found > spec.months] = NEVER",
        "found += 1\n    found[found > spec.months] = NEVER",
        "an exit a month late",
    ),
    Fault(
        "arrays.exits",
        "found[found > spec.months] = NEVER",
        "found[found >= spec.months] = NEVER",
        "nobody leaves in the last month",
    ),
    Fault(
        "arrays.exits",
        "np.maximum(origin + years, month)",
        "np.maximum(origin + years + (years == 12), month)",
        "the first year of tenure has 13 months",
    ),
    Fault(
        "arrays.state",
        "hiring.hire_path, month",
        "hiring.hire_path, month - 1",
        "path of time to hire of the month before",
    ),
    Fault(
        "arrays.state",
        "state.turn[index] += 1",
        "state.turn[index] += state.turn[index] < 2",
        "a vacancy does not take the next turn",
    ),
    Fault(
        "arrays.market",
        "months_of(state.layout.spec.hiring.notice_quantiles, pick)",
        "months_of(state.layout.spec.hiring.notice_quantiles, pick, state.hire_factor[0])",
        "notice scaled by the trust's factor",
    ),
    Fault(
        "arrays.market",
        "return rivals * ",
        "return np.maximum(rivals - 1024.0, 0.0) * ",
        "an advert does not compete with itself",
    ),
    Fault(
        "arrays.market",
        "_running_rank(segment, None) < willing.take(segment)",
        "_running_rank(segment, None) <= willing.take(segment)",
        "a colleague more moves than is willing",
    ),
    Fault(
        "arrays.market",
        "first[segment[takes]] + turn[takes]",
        "first[segment[takes]] + graduates[segment[takes]] - 1 - turn[takes]",
        "the graduates who came last are hired first",
    ),
    Fault(
        "arrays.candidates",
        "state.pools[:len(CANDIDATES)] -= hires",
        "pass",
        "candidates are not used up by hires",
    ),
    Fault(
        "arrays.market",
        "replay.experienced[:, month]",
        "replay.experienced[:, month - 1]",
        "replayed availability of the month before",
    ),
    Fault(
        "arrays.pulls",
        "cell == own[:, None]",
        "cell == -9",
        "a trust may pull from itself",
    ),
    Fault(
        "arrays.pulls",
        "state.phase[target[hit]] = APPROVAL",
        "pass",
        "a colleague who is taken is pulled again",
    ),
    Fault(
        "arrays.pulls",
        "hit[state.first_to_choose(target[hit])]",
        "hit[np.sort(len(hit) - 1 - state.first_to_choose(target[hit][::-1]))]",
        "of two posts that pull one colleague the later wins",
    ),
    Fault(
        "arrays.outside",
        "tries(state, source, flat, base)",
        "tries(state, source, flat, base + np.uint64(1))",
        "outside trusts try with other numbers",
    ),
    Fault(
        "arrays.training",
        "study_month + self.start[of]",
        "study_month + self.start[of] + 1",
        "drop-out a month late",
    ),
    Fault(
        "arrays.training",
        "self.gives_up > month",
        "self.gives_up >= month",
        "who gives up is still hired in that month",
    ),
    Fault(
        "arrays.training",
        "np.where(self.status[of] == 1, -self.start[of], 0)",
        "np.where(self.status[of] == 1, 0, 0)",
        "opening trainees can drop out in months already studied",
    ),
    Fault(
        "arrays.state",
        "fields(bits, 0, 22)",
        "fields(bits, 1, 22)",
        "another part of the number decides what is frozen",
    ),
    Fault(
        "arrays.state",
        "hiring.thaw[:, month]",
        "hiring.thaw[:, month - 1]",
        "a freeze ends with that of the month before",
    ),
    Fault(
        "arrays.state",
        "due[frozen] = thaw + delay[frozen]",
        "due[frozen] = thaw",
        "approval does not follow a freeze",
    ),
    Fault(
        "arrays.block",
        "(phase == APPROVAL) | (phase == FROZEN)",
        "phase == APPROVAL",
        "frozen posts stay frozen",
    ),
    Fault(
        "arrays.stages",
        "np.isin(list(Phase), (Phase.FROZEN, Phase.APPROVAL, Phase.ADVERT))",
        "np.isin(list(Phase), (Phase.APPROVAL, Phase.ADVERT))",
        "frozen posts are not withdrawn",
    ),
    Fault(
        "arrays.exits",
        "retire + (1.0 - retire) * ",
        "retire + ",
        "breaks are a share of all exits",
    ),
    Fault(
        "arrays.stages",
        "state.band_start[outside] = month - served",
        "state.band_start[outside] = month",
        "people from outside begin at the first pay point",
    ),
    Fault(
        "arrays.stages",
        "state.band_start[target] = state.band_start[source]",
        "state.band_start[target] = month.number",
        "a mover begins again at the first pay point",
    ),
    Fault(
        "arrays.inside",
        "state.band_start[filled] = month.number",
        "pass",
        "a promotion keeps the pay point of whoever had the post",
    ),
    Fault(
        "arrays.inside",
        "state.origin[filled[moved]] = month",
        "pass",
        "who is promoted in another trust keeps the origin",
    ),
    Fault(
        "arrays.inside",
        "hiring.internal_factor, cell",
        "hiring.internal_factor[::-1], cell",
        "factor on the inside round of another draw",
    ),
    Fault(
        "arrays.candidates",
        "rate * away + returns",
        "rate * (away + 1) + returns",
        "one more is on a break than is",
    ),
    Fault(
        "arrays.candidates",
        "away -= returned",
        "pass",
        "who has returned may be lost, and stays on a break",
    ),
    Fault(
        "arrays.candidates",
        "kind[rank < returning] = PoolStock.RETURNING",
        "kind[rank >= abroad - returning] = PoolStock.RETURNING",
        "candidates from abroad are hired before those who return",
    ),
    Fault(
        "arrays.market",
        "np.bincount(segment, adverts.attraction.take(which), minlength",
        "1024.0 * np.bincount(segment, minlength",
        "rivals are counted and not weighed",
    ),
    Fault(
        "arrays.market",
        "kind < returning * SHARE",
        "kind < abroad * SHARE",
        "replayed shares of the kinds of candidates swapped",
    ),
    Fault(
        "arrays.layout",
        "pulls.weight * NEUTRAL / drawn",
        "pulls.weight * drawn / NEUTRAL",
        "the more attractive lose more",
    ),
    Fault(
        "arrays.training",
        "place >= starts[:, None]",
        "place > starts[:, None]",
        "one more trainee than there are supervisors",
    ),
    Fault(
        "arrays.training",
        "heads[:, :, 1:]",
        "heads[:, :, :]",
        "staff of the entry bands supervise",
    ),
    Fault(
        "arrays.training",
        "left -= starts",
        "pass",
        "each cohort has all supervisors to itself",
    ),
    Fault(
        "arrays.training",
        "self.dropped[:, rows] > month",
        "self.dropped[:, rows] >= month",
        "a supervisor is not free in the month of a drop-out",
    ),
]


@cache
def world(name: str) -> Specification:
    return build(WORLDS[name])


def differs(name: str) -> bool:
    """Does the comparison see anything wrong in a world? Books that do not balance are wrong."""
    try:
        report = crosscheck.crosscheck_specification(
            world(name), replications=REPLICATIONS, batch=REPLICATIONS
        )
    except (BooksError, KeyError):  # a key error of the spell log: who ends no spell ends one
        return True
    return not report.ok


@pytest.mark.parametrize("engine", ["people", "arrays"])
@pytest.mark.parametrize("name", WORLDS)
def test_without_a_fault_the_engines_agree(
    name: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a copy loaded like a faulty one: what is caught below is the fault and not the copying
    docstring = {"people": "What happens once a month", "arrays": "What one month of a block"}
    copy = faulty_engine(Fault(f"{engine}.month", docstring[engine], "Copy", "another docstring"))
    assert copy not in (people, arrays)
    monkeypatch.setattr(crosscheck, engine, copy)
    assert not differs(name)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.module}: {fault.why}")
def test_every_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = fault.package.rpartition(".")[2]
    monkeypatch.setattr(crosscheck, engine, faulty_engine(fault))
    assert any(differs(name) for name in WORLDS), f"no world shows: {fault.why}"


def test_about_half_of_the_faults_are_in_each_engine() -> None:
    people = sum(fault.module.startswith("people.") for fault in FAULTS)
    assert len(FAULTS) >= 20
    assert 0.4 <= people / len(FAULTS) <= 0.6


@pytest.mark.parametrize("old", ["nothing like this", "import"])
def test_a_fault_must_be_found_exactly_once(old: str) -> None:
    with pytest.raises(ValueError, match="not changed once"):
        faulty_engine(Fault("people.market", old, "anything", "no such text, or too many"))


def test_the_sound_engine_stays_in_place() -> None:
    before = sys.modules["simulator.engines.people.market"]
    copy = faulty_engine(FAULTS[0])
    assert sys.modules["simulator.engines.people.market"] is before
    assert sys.modules["simulator.engines.people"] is people
    assert copy.simulate is not people.simulate
