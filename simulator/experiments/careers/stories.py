"""Sample careers: single people of the person-by-person engine, told as short stories."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from simulator.domain.words import BANDS, GROUP_NAMES, GROUPS, How
from simulator.evidence.trusts import load_trusts
from simulator.experiments.careers.stored import Careers, read_careers, refuse_unknown, routes
from simulator.keyed import mix_array
from simulator.model.specification import NEVER, Specification
from simulator.results.lives import Lives, lives_of
from simulator.scenario.dates import month_after

SAMPLE: Final = 10
REPLICATION: Final = 0
"""The future that is told: the first, as good as any other."""
FOLLOWED: Final = 120
"""Months from the start that a story must be able to show."""
_SALT: Final = np.uint64(0x53544F5259)
_MONTHS: Final = tuple(month_name)[1:]


@dataclass(frozen=True, slots=True)
class Story:
    """One simulated career. Nobody real.

    Attributes:
        route: Pathway id.
        region: Region of the course.
        scenario: Id of the scenario.
        title: One line.
        months: Month of each sentence, ``YYYY-MM``.
        sentences: What happened.
        person: Replication, cohort's start and place, which name the person in every run.
    """

    route: str
    region: str
    scenario: str
    title: str
    months: tuple[str, ...]
    sentences: tuple[str, ...]
    person: str

    @property
    def text(self) -> str:
        """The story as one paragraph."""
        return " ".join(self.sentences)


def sample_careers(
    route: str,
    n: int = SAMPLE,
    *,
    region: str | None = None,
    results: Careers | None = None,
) -> list[Story]:
    """Some sample careers of a route, the same ones every time.

    They are chosen by a keyed shuffle that knows nothing of how they turn out, among all who
    start early enough for ten years to be seen; so they show the ordinary as often as it happens.

    Args:
        route: Pathway id.
        n: How many, at most ten.
        region: Region of the course; by default any. A small route may have none there.
        results: By default the stored ones.

    Returns:
        Stories, fewer than ``n`` where the route has fewer people.

    Raises:
        NotKnownError: If there is no such route or region.
    """
    results = results or read_careers()
    results.check(route=route, region=region)
    refuse_unknown({"n": (n, list(range(1, SAMPLE + 1)))})
    found = [one for one in results.stories.get(route, []) if region in (None, one["region"])]
    return [
        Story(**{**one, "months": tuple(one["months"]), "sentences": tuple(one["sentences"])})
        for one in found[:n]
    ]


def make_stories(
    scenarios: Sequence[str], specs: Sequence[Specification], names: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Tell careers of every route, from the first scenario in which somebody takes it.

    Args:
        scenarios: Ids of the scenarios.
        specs: What they simulate; the person-by-person engine simulates one future of each.
        names: Pathway ids, in the order of the specifications.

    Returns:
        By route, up to ten of each region, shuffled.
    """
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for scenario, spec in zip(scenarios, specs, strict=True):
        missing = [name for name in names if not told[name] and _taken(spec, names.index(name))]
        if not missing:
            continue
        for story in _tell_all(scenario, spec, names, missing):
            told[story.route].append(asdict(story))
    return {name: stories for name, stories in told.items() if stories}


def _taken(spec: Specification, pathway: int) -> bool:
    """Can anybody start a pathway?"""
    training = spec.training
    of = training.pathway[training.cohort_line] == pathway
    return bool((training.cohort_mean[of & (training.cohort_start >= 1)] > 0).any())


def _tell_all(
    scenario: str, spec: Specification, names: Sequence[str], wanted: Sequence[str]
) -> list[Story]:
    from simulator.engines import people

    trace = people.simulate(spec, first=REPLICATION, count=1, spells_of=REPLICATION)
    lives = lives_of(trace, spec.training, REPLICATION)
    teller = Teller(scenario, spec, names, lives)
    trainees: Any = lives.trainees
    early = (trainees["start"] >= 1) & (trainees["start"] + FOLLOWED <= spec.months)
    rows = trainees["row"]
    order = np.argsort(mix_array(spec.training.row_key[rows] + _SALT), kind="stable")
    count: dict[tuple[str, str], int] = {}
    told = []
    for number in order[early[order]].tolist():
        route, region = teller.line(number)
        count[route, region] = count.get((route, region), 0) + 1
        if route in wanted and count[route, region] <= SAMPLE:
            told.append(teller.tell(number))
    return told


class Teller:
    """Tells lives of one future."""

    def __init__(
        self, scenario: str, spec: Specification, names: Sequence[str], lives: Lives
    ) -> None:
        """Take the lives, and the names of routes and trusts."""
        self.scenario, self.spec, self.names = scenario, spec, names
        self.trainees: Any = lives.trainees
        self.spells: Any = lives.spells
        self.first = np.searchsorted(lives.spells["row"], lives.trainees["row"])
        self.last = np.searchsorted(lives.spells["row"], lives.trainees["row"], side="right")
        self.trust = {one.code: one.name for one in load_trusts()}
        self.title = routes()

    def line(self, number: int) -> tuple[str, str]:
        """Route and region of a life's course."""
        training = self.spec.training
        line = training.cohort_line[training.row_cohort[self.trainees["row"][number]]]
        return self.names[training.pathway[line]], training.names[line][1]

    def tell(self, number: int) -> Story:
        """One life as a story."""
        route, region = self.line(number)
        life, spells = self.trainees[number], self.spells[self.first[number] : self.last[number]]
        events = [*self._course(life, route, region), *self._posts(spells)]
        training, row = self.spec.training, int(life["row"])
        place = int(training.row_place[row])
        return Story(
            route=route,
            region=region,
            scenario=self.scenario,
            title=self._summary(life, spells),
            months=tuple(self._date(month) for month, _ in events),
            sentences=tuple(text for _, text in events),
            person=f"future {REPLICATION}, {self._date(int(life['start']))}, place {place}",
        )

    def _date(self, month: int) -> str:
        return month_after(self.spec.start, month)

    def _when(self, month: int) -> str:
        year, number = self._date(month).split("-")
        return f"{_MONTHS[int(number) - 1]} {year}"

    def _course(self, life: Any, route: str, region: str) -> list[tuple[int, str]]:
        """From the start to finishing, and what comes of looking for a post."""
        start, done = int(life["start"]), int(life["completed"])
        name, where = self.title[route], region_name(region)
        events = [(start, f"Starts in {self._when(start)}: {name}, {where}.")]
        if life["dropped"] != NEVER:
            month = int(life["dropped"])
            return [*events, (month, f"Leaves the course in {self._when(month)}.")]
        if done == NEVER:
            return [*events, (self.spec.months, "Is still on the course.")]
        text = f"Finishes in {self._when(done)}"
        if life["sought"] == NEVER:
            return [*events, (done, f"{text} and takes work outside NHS trusts.")]
        events.append((done, f"{text} and looks for a post in an NHS trust."))
        if life["gave_up"] != NEVER:
            month = int(life["gave_up"])
            words = f"Takes other work in {self._when(month)}, after {_long(month - done)}."
            events.append((month, words))
        elif life["hired"] == NEVER:
            events.append((self.spec.months, "Still looks when the simulation ends."))
        else:
            month = int(life["hired"])
            events.append((month, f"Is offered a post in {self._when(month)}."))
        return events

    def _posts(self, spells: Any) -> list[tuple[int, str]]:
        events, before = [], ""
        for spell in spells:
            cell = int(self.spec.slots.cell[spell["slot"]])
            code = self.spec.trusts[self.spec.cells.trust[cell]]
            band = BANDS[self.spec.cells.band[cell]]
            start, trust = int(spell["start"]), self.trust[code]
            how, when = How(int(spell["began"])), self._when(start)
            if how is How.PROMOTED:
                where = "" if trust == before else f", at {trust}"
                events.append((start, f"Is promoted to band {band} in {when}{where}."))
            elif how is How.MOVED:
                events.append((start, f"Moves to {trust} in {when}, still band {band}."))
            else:
                group = GROUP_NAMES[GROUPS[self.spec.cells.group[cell]]].lower()
                events.append((start, f"Starts work in {when}: band {band}, {group}, at {trust}."))
            before = trust
        return events + ([self._end(spells[-1])] if len(spells) else [])

    def _end(self, spell: Any) -> tuple[int, str]:
        month, how = int(spell["end"]), How(int(spell["ended"]))
        if how is How.STILL_IN_POST:
            return self.spec.months, f"Is still in this post in {self._when(self.spec.months)}."
        words = {How.BREAK: "Begins a career break", How.RETIRED: "Retires"}
        return (
            month,
            f"{words.get(how, 'Leaves for work outside NHS trusts')} in {self._when(month)}.",
        )

    def _summary(self, life: Any, spells: Any) -> str:
        """The life in a line."""
        if len(spells) == 0:
            return next(words for name, words in _NO_POST if life[name] != NEVER)
        cells = self.spec.slots.cell[spells["slot"]]
        first, last = (BANDS[self.spec.cells.band[cell]] for cell in (cells[0], cells[-1]))
        end = min(int(spells[-1]["end"]), self.spec.months)
        length = _long(end - int(spells[0]["start"]))
        bands = f"Band {first}" if first == last else f"Band {first} to band {last}"
        trusts = len({int(self.spec.cells.trust[cell]) for cell in cells})
        return f"{bands} in {length}, {trusts} trust{'s' if trusts > 1 else ''}"


_NO_POST: Final = (
    ("dropped", "Leaves the course"),
    ("gave_up", "Finds no NHS trust post in time"),
    ("hired", "Offered a post"),
    ("sought", "Still looking"),
    ("completed", "Finishes, and works elsewhere"),
    ("start", "Still on the course"),
)


def region_name(code: str) -> str:
    """Name of a region, such as London."""
    names = {one.region_code: one.region for one in load_trusts()}
    return names.get(code, code)


def _long(months: int) -> str:
    """A length of time in words."""
    years, rest = divmod(max(months, 0), 12)
    parts = [
        f"{number} {word}{'' if number == 1 else 's'}"
        for number, word in ((years, "year"), (rest, "month"))
        if number
    ]
    return " and ".join(parts) or "less than a month"
