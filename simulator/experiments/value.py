"""What a plan costs for each FTE that it gains: pounds and FTE of the same futures, paired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.experiments.compare import check_baselines, check_comparable
from simulator.experiments.futures import Cut, Name, run_futures
from simulator.experiments.layers import student
from simulator.model.compile import compile_scenario
from simulator.results.totals import YEAR

if TYPE_CHECKING:
    from simulator.experiments.simulate import Progress
    from simulator.scenario import Scenario

COSTS: Final = ("trust_cost", "cover", "levers")
"""What a trust pays: its staff, cover of vacancies, and the levers themselves."""


@dataclass(frozen=True, slots=True)
class Value:
    """Cost of each FTE-year that one scenario has beyond another.

    Attributes:
        place: Level and code.
        years: Years counted from the opening.
        price_year: NHS year of the prices.
        gained: Mean FTE-years gained in post.
        gained_half: Half-width of the 95 % interval of ``gained``.
        pounds: Mean extra pounds: staff, cover and levers together.
        levers: Mean extra pounds of the levers alone.
        each: Pounds for each FTE-year gained, or not a number where no gain is shown.
        each_half: Half-width of its 95 % interval.
        levers_each: Pounds of levers alone for each FTE-year gained.
    """

    place: Name
    years: int
    price_year: str
    gained: float
    gained_half: float
    pounds: float
    levers: float
    each: float
    each_half: float
    levers_each: float

    def lines(self) -> list[str]:
        """In plain words."""
        where = f"{self.place[1]}, first {self.years} years, {self.price_year} prices"
        gain = (
            f"{self.gained:+,.1f} FTE-years (95 % interval of the mean ± {self.gained_half:,.1f})"
        )
        if np.isnan(self.each):
            return [f"{where}: {gain}: no gain is shown, so it has no price"]
        return [
            f"{where}: {gain} for {pounds(self.pounds)} more, of which levers "
            f"{pounds(self.levers)}",
            f"  {pounds(self.each)} for each FTE-year gained (± {pounds(self.each_half)}), pay "
            f"included; the levers alone {pounds(self.levers_each)}",
        ]


def pounds(value: float) -> str:
    """Pounds as text, to three figures."""
    short = float(f"{value:.3g}")
    return f"{'-' if short < 0 else ''}£{abs(short):,.0f}"


def value(
    first: Scenario,
    second: Scenario,
    place: Name,
    *,
    years: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Value:
    """Cost of each FTE-year in post that ``second`` has beyond ``first``.

    FTE-years are the mean of the years' two ends. The ratio is that of the means; its interval is
    the delta method's, over draws (over replications where there is one draw).

    Args:
        first: The scenario compared with.
        second: The other one.
        place: Level and code.
        years: Years from the opening; by default all whole ones.
        workers: Processes; they change no number.
        progress: Told (done, total, words) of each run.

    Raises:
        NotComparableError: If the two cannot be paired.
        CutError: If the place is not in both.
    """
    check_comparable(first, (second,))
    specs = [compile_scenario(one) for one in (first, second)]
    check_baselines((first, second), specs)
    count = years or first.months // YEAR
    ends = tuple(YEAR * (year + 1) for year in range(count))
    cut = Cut((place,), ("in_post", *COSTS), ends, ("all",))
    runs = [run_futures(one, cut, workers=workers, progress=progress) for one in specs]
    change = (runs[1].values - runs[0].values).reshape(1 + len(COSTS), count, -1)
    fte = change[0] / 100.0
    gained = (fte[:-1].sum(axis=0) + fte[-1] / 2.0).astype(np.float64)  # no difference at month 0
    costs = change[1:, -1].astype(np.float64)
    draws = first.draws if first.draws > 1 else first.replications

    def by_draw(values: np.ndarray) -> np.ndarray:
        return np.asarray(values.reshape(-1, draws).mean(axis=0))

    gain, cost, levers = by_draw(gained), by_draw(costs.sum(axis=0)), by_draw(costs[2])
    wide = student(draws - 1) / np.sqrt(draws)
    half = float(wide * gain.std(ddof=1)) if draws > 1 else float("nan")
    mean, shown = float(gain.mean()), float(gain.mean()) > half
    each = float(cost.mean()) / mean if shown else float("nan")
    rest = cost - each * gain
    return Value(
        place=place,
        years=count,
        price_year=specs[0].costs.price_year,
        gained=mean,
        gained_half=half,
        pounds=float(cost.mean()),
        levers=float(levers.mean()),
        each=each,
        each_half=float(wide * rest.std(ddof=1) / mean) if shown else float("nan"),
        levers_each=float(levers.mean()) / mean if shown else float("nan"),
    )
