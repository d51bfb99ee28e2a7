"""What a comparison of scenarios tells a reader: the difference first, and where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from simulator.charts.differences import COLOURS, difference_chart
from simulator.charts.figure import Figure, amount
from simulator.charts.words import month_name
from simulator.domain.digests import digest_of
from simulator.experiments.compare import Comparison, compare
from simulator.experiments.layers import signed
from simulator.experiments.value import COSTS
from simulator.reports.reading import LEVELS, METHOD, STOCKS, Facts, Place, ReportError
from simulator.results.measures import MEASURES
from simulator.results.totals import YEAR
from simulator.scenario.problems import Problem
from simulator.scenario.reader import COMMAND_LINE

if TYPE_CHECKING:
    import pandas as pd

    from simulator.experiments.simulate import Progress
    from simulator.scenario import Scenario

TOLD: Final = ("in_post", "shortfall", "vacancy")
"""Measures of the answer, in order."""
DRAWN: Final = ("in_post", "shortfall")
_FEW: Final = 100
"""Futures below which a spread is rough."""


class Difference:
    """Scenarios compared with the first of them, as a reader meets them.

    Args:
        scenarios: The first, and at most four others.
        comparison: What :func:`compare_for_report` made of them.
        place: Code of the place reported; by default the widest.
        for_owner: Whether the reader owns the data. A difference of a few people tells of single
            people, so that nothing of a trust's own rows is given to others.

    Raises:
        ReportError: If the place is not in all, or the numbers are not to be shared.
    """

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        comparison: Comparison,
        *,
        place: str | None = None,
        for_owner: bool = False,
    ) -> None:
        self.first, self.others = scenarios[0], tuple(scenarios[1:])
        self.comparison = comparison
        if not for_owner and any(one["own_rows"] for one in comparison.about["scenarios"]):
            words = (
                "a comparison of a trust's own rows tells of single people and cannot be rounded; "
                "--for-owner writes it for the owner of the data, who keeps it"
            )
            raise ReportError([Problem(COMMAND_LINE, "--compare", "", words)])
        self.place = self._chosen(place)
        self.started = datetime.now(UTC).isoformat(timespec="seconds")

    def _chosen(self, code: str | None) -> Place:
        pairs = self.comparison.table[["level", "code"]].drop_duplicates()
        known = [Place(str(a), str(b)) for a, b in pairs.itertuples(index=False)]
        known.sort(key=lambda one: LEVELS.index(one.level))
        found = [one for one in known if code in (None, one.code)]
        if not found:
            names = ", ".join(one.code for one in known[:15])
            words = f"no such place is in all scenarios; give one of {names}"
            raise ReportError([Problem(COMMAND_LINE, "--place", f'"{code}"', words)])
        return found[0]

    # What it is

    @property
    def id(self) -> str:
        """Name of its files."""
        return "-and-".join(one.id for one in (self.first, *self.others))[:100]

    @property
    def title(self) -> str:
        """The scenarios in words."""
        others = " and ".join(one.title for one in self.others)
        return f"What changes: {others}, against {self.first.title}"

    @property
    def facts(self) -> Facts:
        """What every file states of itself."""
        digest = digest_of([self.comparison.table.to_csv(index=False).encode()])
        sizes = self.comparison.draws, self.comparison.replications
        return Facts(self.id, self.title, digest, self.started, *sizes)

    def title_of(self, name: str) -> str:
        """Title of a scenario, by its name in the table."""
        return self.comparison.others[name].rpartition(" (")[0]

    # Numbers

    @property
    def months(self) -> list[int]:
        """Months shown: some round years within the horizon."""
        whole = self.first.months // YEAR
        return [YEAR * year for year in sorted({1, 5, 10, 15, whole}) if year <= whole]

    @property
    def middle(self) -> int:
        """The month of the answer: five years on, or the last year end."""
        return min(5, self.first.months // YEAR) * YEAR

    def rows(self, **where: Any) -> pd.DataFrame:
        """Rows of the place; by default of all staff groups together."""
        wanted = {"group": "all", **where}
        return self.comparison.frame(level=self.place.level, code=self.place.code, **wanted)

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """Charts, by measure."""
        where = {"level": self.place.level, "code": self.place.code}
        return {one: difference_chart(self.comparison, **where, measure=one) for one in DRAWN}

    # Words

    def answer(self) -> list[str]:
        """What each scenario changes by the middle month, a sentence for each number."""
        month = self.middle
        return [
            self.sentence(row)
            for one in TOLD
            for _, row in self.rows(measure=one, month=month).iterrows()
        ]

    def sentence(self, row: Any) -> str:
        """One difference in words: how large, how sure, or that there is none."""
        label = MEASURES[str(row["measure"])].label.partition(" (")[0]
        when = f"{month_name(str(row['date']))}: "
        if len(self.others) > 1:
            when = f"{self.title_of(str(row['scenario']))}, {when}"
        levels = f"{amount(row['second'])} in place of {amount(row['first'])}"
        kind = said(row)
        if kind == "none":
            return f"{when}{label.lower()} is the same in every future, {amount(row['first'])} FTE."
        if kind == "not shown":
            return (
                f"{when}no difference in {label.lower()} is shown: {signed(row['difference'])} "
                f"FTE, with a 95 % interval from {signed(row['low95'])} to "
                f"{signed(row['high95'])} that holds zero; {levels}."
            )
        return f"{when}{label.lower()} {self._change(row)}; {levels}."

    @staticmethod
    def _change(row: Any) -> str:
        """A difference that is shown, in words."""
        up = row["difference"] > 0
        share = row["share_above_zero" if up else "share_below_zero"]
        return (
            f"is {signed(row['difference']).lstrip('+-')} FTE {'higher' if up else 'lower'} "
            f"(95 % interval of the mean {signed(row['low95'])} to {signed(row['high95'])}), and "
            f"{'higher' if up else 'lower'} in {100 * share:.0f} of 100 futures"
        )

    def caveats(self) -> list[str]:
        """What a reader must know before using a difference."""
        made = self.comparison.about["scenarios"]
        found = [
            "All scenarios have the same parameters and the same luck, future by future, so that a "
            "difference is what the scenarios do. It is known better than either number by itself.",
            "The 95 % interval is that of the mean difference. Single futures differ more: see the "
            "columns with 8 of 10 futures.",
            "These are consequences of assumptions, not forecasts. How far a lever works is itself "
            "mostly assumed; the intervals do not hold that doubt.",
            f"Census at the start: {made[0]['census']}.",
            *dict.fromkeys(str(one["boundary"]) for one in made),
        ]
        if self.comparison.replications < _FEW:
            found.append(
                f"With only {self.comparison.replications:,} futures intervals are wide; use 256 "
                "or more for a paper."
            )
        return found + [f"{note[:1].upper()}{note[1:]}." for note in self.comparison.notes]

    def method(self) -> tuple[str, ...]:
        """How the numbers came about."""
        return METHOD

    @cached_property
    def levers(self) -> list[tuple[str, Any, Any]]:
        """Levers that the first scenario does not have as they are: title, lever, flag."""
        from simulator.model.deliverability import assess_levers

        return [
            (one.title, lever, flag)
            for one in self.others
            for lever, flag in zip(one.lever, assess_levers(one), strict=True)
            if lever not in self.first.lever
        ]

    def costs(self) -> pd.DataFrame:
        """Differences in pounds, added up from the opening; empty if they were not kept."""
        frame = self.rows(month=self.months)
        return frame.loc[frame["measure"].isin(COSTS)]

    def reproduce(self) -> list[str]:
        """The command that makes the same numbers again."""
        names = " ".join(one.source.name for one in (self.first, *self.others))
        one = self.first
        return [
            f"workforce report --compare {names} --to reports/{self.id} --draws {one.draws} "
            f"--replications {one.replications} --seed {one.seed}"
        ]


def said(row: Any) -> str:
    """Whether a difference is ``shown``, ``not shown``, or ``none`` in any future."""
    if row["share_above_zero"] == row["share_below_zero"] == 0:
        return "none"
    return "shown" if row["clear"] else "not shown"


def compare_for_report(
    scenarios: Sequence[Scenario], *, workers: int = 1, progress: Progress | None = None
) -> Comparison:
    """Compare scenarios for all that a report shows.

    Raises:
        ReportError: If there are more of them than a chart can tell apart.
        NotComparableError: If they cannot be paired.
    """
    if len(scenarios) > 1 + len(COLOURS):
        words = f"{len(scenarios)} scenarios; a report tells at most {1 + len(COLOURS)} apart"
        raise ReportError([Problem(COMMAND_LINE, "--compare", "", words)])
    measures = (*STOCKS, *COSTS)
    return compare(*scenarios, measures=measures, workers=workers, progress=progress)
