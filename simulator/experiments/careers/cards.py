"""The outcome card: of 100 people who start a route in a year, what becomes of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulator.domain.words import BANDS
from simulator.experiments.careers.counted import AFTER_COMPLETION, AFTER_START
from simulator.experiments.careers.hundred import FEW
from simulator.experiments.careers.stored import ENGLAND, Careers, pathway_of, read_careers, routes

if TYPE_CHECKING:
    import pandas as pd

WORDS: Final = {
    "completed": "finish the course",
    "dropped_out": "leave the course before its end",
    "elsewhere": "finish, and take work outside NHS trusts without looking for a trust post",
    "post": "are in their first NHS trust post within {months} months of finishing",
    "waiting": "still wait for an NHS trust post {months} months after finishing",
    "gave_up": "looked for an NHS trust post but took other work within {months} months",
    "in_post": "work in an NHS trust {years} years after they started",
    "studying": "are still on the course {years} years after they started",
    "not_completed": "have left the course, {years} years after they started",
    "other_work": "finished but work outside NHS trusts, {years} years after they started",
    "waiting_post": "wait for an NHS trust post, {years} years after they started",
    "on_break": "are on a career break from NHS trusts, {years} years after they started",
    "left": "have left NHS trusts for other work, {years} years after they started",
    "retired": "have retired, {years} years after they started",
    **{f"band_{band}": f"work in band {band} {{years}} years after they started" for band in BANDS},
}
"""What each outcome says, after "of 100 who start, N"."""
BREAK_NOTE: Final = (
    "Somebody on a career break may come back; the simulation then counts a new person, so later "
    "years count the break itself."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One outcome of a card.

    Attributes:
        outcome: Id, a key of :data:`WORDS`.
        label: In words, to follow "of 100 who start, N".
        months: After finishing (``post``, ``waiting``, ``gave_up``) or after the start; else 0.
        of_100: Mean number of 100 who start; not a number if too few.
        low: Least number in 8 of 10 futures.
        high: Greatest number in 8 of 10 futures.
        people: Simulated people who started, on whom it rests.
        too_few: Fewer than 30 of them: too few to say.
    """

    outcome: str
    label: str
    months: int
    of_100: float
    low: float
    high: float
    people: int
    too_few: bool

    def sentence(self) -> str:
        """The line for a reader."""
        if self.too_few:
            return f"  too few to say how many {self.label} ({self.people} simulated people)"
        number = f"{self.of_100:.0f}" if self.of_100 >= 0.95 or not self.of_100 else "fewer than 1"
        return f"  {number:>3} ({self.low:.0f} to {self.high:.0f}) {self.label}"


@dataclass(frozen=True, slots=True)
class Card:
    """What becomes of those who start a route in a year, counted from single simulated lives.

    Attributes:
        route: Pathway id, or a course's.
        name: Its name.
        group: Staff group of the posts it leads to.
        year: Calendar year of the start.
        region: Code, ``ENG`` for England.
        scenario: Id of the scenario.
        title: Its title.
        people: Simulated people who started.
        futures: Futures simulated.
        rows: Outcomes that lie within the run, in order; see :data:`WORDS`.
        wait: Months from finishing to the first post, of those who got one within the run: the
            wait that one in ten, half, and nine in ten do not exceed; not numbers if too few.
    """

    route: str
    name: str
    group: str
    year: int
    region: str
    scenario: str
    title: str
    people: int
    futures: int
    rows: tuple[Line, ...]
    wait: tuple[float, float, float]

    @property
    def too_few(self) -> bool:
        """Does it rest on fewer than 30 simulated people?"""
        return self.people < FEW

    def line(self, outcome: str, months: int = 0) -> Line | None:
        """The line of an outcome, or None where the run ends before it."""
        found = (one for one in self.rows if (one.outcome, one.months) == (outcome, months))
        return next(found, None)

    def frame(self) -> pd.DataFrame:
        """The lines as a table with the fields of :class:`Line`."""
        import pandas as pd

        return pd.DataFrame([asdict(one) for one in self.rows], columns=list(Line.__slots__))

    def lines(self) -> list[str]:
        """The card in plain words."""
        head = [
            f"{self.name}: of 100 who start in {self.year}, {self.region}",
            f"Scenario: {self.title}. Rests on {self.people:,} simulated people in "
            f"{self.futures:,} futures. In brackets: the range in 8 of 10 futures.",
        ]
        if self.too_few:
            return [*head, f"Too few to say: fewer than {FEW} simulated people started."]
        return [*head, *self._early(), *self._later(), BREAK_NOTE]

    def _early(self) -> list[str]:
        early = ("completed", "dropped_out", "elsewhere", "post", "waiting", "gave_up")
        lines = [one.sentence() for one in self.rows if one.outcome in early]
        if np.isfinite(self.wait[1]):
            lines.append(
                f"  Of those who get a post, half start work within {self.wait[1]:.0f} months of "
                f"finishing; one in ten wait {self.wait[2]:.0f} months or more."
            )
        return lines

    def _later(self) -> list[str]:
        lines = []
        for months in AFTER_START:
            here = [one for one in self.rows if one.months == months and one.outcome in _STATES]
            if not here:
                lines.append(f"{months // 12} years after the start: beyond the months simulated.")
                continue
            lines.append(f"{months // 12} years after the start:")
            lines += [one.sentence() for one in here if one.high > 0]
        return lines


_STATES: Final = frozenset(
    {"in_post", "studying", "not_completed", "other_work", "waiting_post", "on_break"}
    | {"left", "retired"}
    | {f"band_{band}" for band in BANDS}
)


def outcome_card(
    route: str,
    year: int,
    region: str | None = None,
    *,
    scenario: str | None = None,
    results: Careers | None = None,
) -> Card:
    """What becomes of 100 people who start a route in a year.

    Args:
        route: Pathway id, see :func:`~simulator.experiments.careers.routes`.
        year: Calendar year of the start.
        region: Code; by default England.
        scenario: Id; by default the baseline.
        results: By default the stored ones.

    Raises:
        NotKnownError: If there is no such route, year, region or scenario.
        CareersError: If there are no stored careers.
    """
    results = results or read_careers()
    results.check(route=route, year=year, region=region, scenario=scenario)
    pathway = pathway_of(route)
    return card_of(
        results,
        route,
        routes()[route],
        pathway.group,
        year,
        region or ENGLAND,
        scenario or results.scenarios[0],
    )


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples(index=False))


def card_of(
    results: Careers, route: str, name: str, group: str, year: int, region: str, scenario: str
) -> Card:
    """The card of a route or course that is in the results; empty if nobody started."""
    where: dict[str, str | int] = {
        "scenario": scenario,
        "route": route,
        "region": region,
        "year": year,
    }
    cards, waits = (results.frame(table, **where) for table in ("cards", "waits"))
    people = int(cards["people"].iloc[0]) if len(cards) else 0
    few = people < FEW
    rows = tuple(
        Line(
            outcome=one.outcome,
            label=WORDS[one.outcome].format(months=one.months, years=one.months // 12),
            months=int(one.months),
            of_100=float("nan") if few else float(one.of_100),
            low=float("nan") if few else float(one.low),
            high=float("nan") if few else float(one.high),
            people=people,
            too_few=few,
        )
        for one in _rows(cards)
    )
    known = len(waits) > 0 and int(waits["people"].iloc[0]) >= FEW
    p10, median, p90 = (
        float(waits[name].iloc[0]) if known else float("nan") for name in ("p10", "median", "p90")
    )
    return Card(
        route=route,
        name=name,
        group=group,
        year=year,
        region=region,
        scenario=scenario,
        title=results.title(scenario),
        people=people,
        futures=int(results.manifest["replications"]),
        rows=rows,
        wait=(p10, median, p90),
    )


__all__ = ["AFTER_COMPLETION", "BREAK_NOTE", "WORDS", "Card", "Line", "card_of", "outcome_card"]
