"""How precisely a run knows its means, and how large a run a wanted precision takes.

The half-width of a mean's interval with D draws of R replications is t(D - 1) times the root of
(between + within / R) / D. More replications of the same draws remove chance but not the doubt that
lies between draws, so there is a floor below which only more draws lead.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.experiments.compare import make_cut, measure_words, place_titles
from simulator.experiments.futures import ALL, LEVELS, run_futures
from simulator.experiments.layers import layers, student
from simulator.experiments.simulate import Progress
from simulator.model.compile import compile_scenario
from simulator.results.totals import YEAR
from simulator.scenario.schema import MAX_DRAWS, MAX_REPLICATIONS

if TYPE_CHECKING:
    from simulator.results.result import Result
    from simulator.scenario.resolved import Scenario

MEASURES: Final = ("shortfall", "in_post")
FEWEST: Final = 2
"""Replications of a draw that are needed to tell chance from doubt about parameters."""
_TENTHS: Final = 2.5631
"""From the 10 % to the 90 % quantile of a normal distribution, in standard deviations."""


@dataclass(frozen=True, slots=True)
class Size:
    """A size of run: draws, and replications of each."""

    draws: int
    each: int

    @property
    def replications(self) -> int:
        """Replications in all."""
        return self.draws * self.each

    def words(self) -> str:
        """The size in words, and whether a scenario may be so large."""
        text = f"--draws {self.draws:d} --replications {self.replications:d}"
        if self.draws <= MAX_DRAWS and self.replications <= MAX_REPLICATIONS:
            return text
        return (
            f"{text}, more than a scenario may have "
            f"({MAX_DRAWS:,} draws, {MAX_REPLICATIONS:,} replications)"
        )


@dataclass(frozen=True, slots=True)
class Reached:
    """The precision of one mean.

    Attributes:
        words: What it is the mean of.
        place: Where.
        date: When, YYYY-MM.
        mean: The mean, in the measure's unit.
        half: Half-width of its 95 % interval.
        between: Variance between draws; not a number if it cannot be told apart from chance.
        within: Variance between replications of a draw.
        size: Draws and replications of the run.
    """

    words: str
    place: str
    date: str
    mean: float
    half: float
    between: float
    within: float
    size: Size

    def expected(self, size: Size) -> float:
        """Half-width that a run of another size would have, as far as this one can tell."""
        between = 0.0 if math.isnan(self.between) else self.between
        variance = (between + self.within / size.each) / size.draws
        independent = size.draws if size.draws > 1 else size.each
        return student(independent - 1) * math.sqrt(variance)

    @property
    def floor(self) -> float:
        """Half-width that more replications of the same draws cannot go below."""
        if math.isnan(self.between):
            return 0.0
        return student(self.size.draws - 1) * math.sqrt(self.between / self.size.draws)

    def needed(self, half: float, each: int) -> Size:
        """The fewest draws of ``each`` replications that reach a half-width.

        With a single draw there is chance alone, and it is the fewest replications of that draw.

        Args:
            half: The half-width wanted, in the measure's unit, above zero.
            each: Replications of a draw.
        """

        def size(number: int) -> Size:
            return Size(1, number) if self.size.draws == 1 else Size(number, each)

        most = 2
        while self.expected(size(most)) > half:
            most *= 2
        tried = range(most + 1)
        found = bisect_left(tried, True, lo=2, key=lambda n: self.expected(size(n)) <= half)
        return size(found)

    def lines(self, wanted: float | None = None) -> list[str]:
        """Say the precision reached, and what a wanted half-width would take, in plain words."""
        lines = [
            f"{self.words}, {self.place}, {self.date}: mean {self.mean:,.1f}, "
            f"known to {self._shown(self.half)} (95 %)"
        ]
        if wanted is None or math.isnan(self.half):
            return lines
        each = self.size.each
        plans = dict.fromkeys([self.needed(wanted, each), self._cheapest(wanted)])
        for plan in plans:
            lines.append(f"  {self._shown(wanted)} takes about {plan.words()}")
        if self.half > wanted and self.floor > wanted:
            lines.append(
                f"  more replications of the {self.size.draws} draws alone cannot go below "
                f"{self._shown(self.floor)}: take more draws"
            )
        return lines

    @staticmethod
    def _shown(half: float) -> str:
        return "no interval, with one future" if math.isnan(half) else f"± {half:,.3g}"

    def _cheapest(self, wanted: float) -> Size:
        """The fewest replications in all, with enough of each draw to tell chance from doubt."""
        return self.needed(wanted, FEWEST if self.size.each > 1 else 1)


def precision(
    scenario: Scenario,
    *,
    measures: Iterable[str] = MEASURES,
    levels: Iterable[str] | None = None,
    groups: Iterable[str] = (ALL,),
    bands: Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[Reached]:
    """Run a scenario and say how precisely it knows its means.

    A small run (at least 16 draws of 4 replications) is enough to plan a large one. The plan is
    itself an estimate: from D draws its number of draws is known to about 100 sqrt(2 / D) %.

    Args:
        scenario: The scenario.
        measures: By default shortfall and staff in post.
        levels: Levels of places; by default the widest that is reported.
        groups: Staff groups, and ``all``.
        bands: Bands, for ``headcount`` and ``vacant_posts``.
        years: Ends of years since the opening; by default the last.
        workers: Processes; they change no number.
        progress: Told (done, total, words).

    Raises:
        CutError: If what is asked for is not there.
    """
    spec = compile_scenario(scenario)
    found = {level for level, _ in spec.places.names}
    levels = levels or [next(level for level in LEVELS if level in found)]
    years = [spec.months // YEAR] if years is None else years
    cut = make_cut([spec], levels, groups, measures, bands, years)
    futures = run_futures(spec, cut, workers=workers, progress=progress)
    split = layers(futures.values / futures.scale[:, None], spec.draws)
    size = Size(spec.draws, spec.replications // spec.draws)
    labels = futures.labels()
    labels["place"] = place_titles(spec, labels)
    return [
        Reached(
            measure_words(row["measure"], row["group"], row["band"]),
            row["place"],
            row["date"],
            float(split.mean[number]),
            float(split.half[number]),
            float(split.between[number]),
            float(split.within[number]),
            size,
        )
        for number, (_, row) in enumerate(labels.iterrows())
    ]


def reached(
    result: Result, level: str, code: str, measure: str, *, group: str = ALL
) -> tuple[float, str]:
    """Half-width of the 95 % interval of a mean of a stored result, at its last year end.

    A result holds quantiles and the share of variance between draws, not variances: its standard
    deviation is taken from the range of 8 of 10 futures as if they were normal, which is good to
    about a tenth. :func:`precision` is exact.

    Returns:
        The half-width, not a number if the result cannot tell, and the month.
    """
    facts = result.manifest
    draws, count = int(facts["draws"]), int(facts["replications"])
    month = int(facts["months"]) // YEAR * YEAR
    where: dict[str, str] = {"level": level, "code": code, "measure": measure, "group": group}
    frame = result.frame("places", month=month, **where)
    if frame.empty or count < FEWEST:
        return math.nan, ""
    row = frame.iloc[0]
    deviation = (float(row["q90.0"]) - float(row["q10.0"])) / _TENTHS
    share = float(row["share_parameters"])
    if draws in (1, count) or deviation == 0:
        return student(count - 1) * deviation / math.sqrt(count), row["date"]
    variance = deviation**2 * (share / draws + (1 - share) / count)
    return student(draws - 1) * math.sqrt(variance), row["date"]
