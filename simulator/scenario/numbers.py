"""Overrides of parameters and of fitted numbers: known names, units, ranges."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from simulator.evidence.library import DatedValue, Library, Parameter
from simulator.scenario.problems import Problem
from simulator.scenario.reader import Layered, Path_
from simulator.scenario.schema import FittedOverride, ParameterOverride


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of a unit, both included, and how to say them."""

    low: float
    high: float
    words: str


SHARE: Final = Bounds(0, 1, "a share is between 0 and 1")
HAZARD: Final = Bounds(0, 12, "a hazard per year is between 0 and 12; 9 % a year is written 0.09")
MONTHS: Final = Bounds(0, 1200, "months are between 0 and 1200")
SPREAD: Final = Bounds(0, 3, "the standard deviation of a logarithm is between 0 and 3")
FACTOR: Final = Bounds(0, 20, "a factor is between 0 and 20; 10 % more is written 1.1")
COUNT: Final = Bounds(0, 1e7, "a number from 0 to 10,000,000")

UNIT_BOUNDS: Final = {
    "share": SHARE,
    "annual probability": Bounds(0, 1, "a probability is between 0 and 1"),
    "per month": Bounds(0, 1, "a share a month is between 0 and 1"),
    "hazard per year": HAZARD,
    "ratio to average stock": Bounds(0, 3, "a ratio to the average stock is between 0 and 3"),
    "growth per year": Bounds(-0.5, 1, "growth per year is between -0.5 and 1"),
    "months": MONTHS,
    "weeks": Bounds(0, 520, "weeks are between 0 and 520"),
    "years": Bounds(0, 100, "years are between 0 and 100"),
    "factor": FACTOR,
    "log-sd": SPREAD,
    "FTE per head": Bounds(0, 1.5, "FTE per head is between 0 and 1.5"),
    "FTE per bed": Bounds(0, 5, "FTE per bed is between 0 and 5"),
    "FTE": COUNT,
    "heads": COUNT,
    "GBP": Bounds(0, 1e12, "pounds are between 0 and 1,000,000,000,000"),
}
FITTED_BOUNDS: Final = {
    "approval_median": MONTHS,
    "approval_sigma": SPREAD,
    "round_median": MONTHS,
    "round_sigma": SPREAD,
    "again_median": MONTHS,
    "again_sigma": SPREAD,
    "notice_median": MONTHS,
    "notice_sigma": SPREAD,
    "round_success": SHARE,
    "congestion": Bounds(0, 1000, "congestion is between 0 and 1000"),
    "supply_loss": SHARE,
    "internal_share": SHARE,
    "move_share": SHARE,
    "mover_rate": SHARE,
    "min_months": Bounds(0, 228, "a whole number of months between 0 and 228"),
    "tenure_first_year": FACTOR,
    "tenure_second_year": FACTOR,
    "newly_qualified_entry": SHARE,
    "newly_qualified_middle": SHARE,
    "newly_qualified_senior": SHARE,
    "part_time_share": SHARE,
}
"""Fitted numbers of a census that a scenario may override."""
WHOLE: Final = frozenset({"min_months"})


def outside(value: float, bounds: Bounds) -> str:
    """Return what is wrong with a value in its unit, or nothing."""
    if bounds.low <= value <= bounds.high:
        return ""
    if bounds.high <= 3 and 1 < value <= 100:
        return f"{bounds.words}; {value:g} % is written {value / 100:g}"
    return bounds.words


RUN_PARAMETERS: Final = frozenset(
    {
        "breaks.forget_hazard",
        "breaks.return_hazard",
        "breaks.share_of_leavers",
        "graduates.give_up_hazard",
        "group.clinical.share_of_trust_fte",
        "hiring.approval_median_months",
        "hiring.internal_factor",
        "hiring.round_success_factor",
        "hiring.trust_log_sd",
        "international.arrivals_share",
        "leaving.organisation_rate",
        "leaving.trust_log_sd",
        "market.congestion_factor",
        "market.mover_factor",
        "market.pay_elasticity",
        "market.remote_share",
        "market.reputation_weight",
        "need.funded_share",
        "need.funding_lag",
        "need.growth",
        "need.hee.growth",
        "need.maturity.fte_per_bed_high",
        "need.maturity.fte_per_bed_low",
        "need.maturity.progress",
        "need.ratio.share_of_trust_fte",
        "need.trust_size_growth",
        "programme.funded_share",
        "programme.slip_months",
        "supply.growth",
        "supply.tightness",
        "training.completion_factor",
        "training.trainees_per_supervisor",
    }
)
"""Parameters that a run reads and a scenario may replace."""
PRICES: Final = ("cover.", "money.", "oncost.", "pay.", "prices.")
"""How the names of prices, pay and on-costs begin: a run reads them, a scenario keeps them."""


def check_parameters(
    layered: Layered, overrides: dict[str, ParameterOverride], library: Library
) -> list[Problem]:
    """Check every override of a library parameter."""
    problems: list[Problem] = []
    for name, override in overrides.items():
        path: Path_ = ("parameters", name)
        if name not in library.parameters:
            words = f"no such parameter{_near(name, library.ids)}; `workforce evidence` lists all"
            problems.append(layered.problem(path, None, words))
            continue
        if name not in RUN_PARAMETERS:
            why = (
                "prices, pay and on-costs are alike in all scenarios and cannot be replaced"
                if name.startswith(PRICES)
                else "this number is used when the census is built, not in a run, so it would "
                "change nothing"
            )
            words = f"{why}; give one of {', '.join(sorted(RUN_PARAMETERS))}, or a [fitted] value"
            problems.append(layered.problem(path, name, words))
            continue
        problems += _check_override(layered, path, override, library.get(name))
    return problems


def _check_override(
    layered: Layered, path: Path_, override: ParameterOverride, parameter: Parameter
) -> list[Problem]:
    problems: list[Problem] = []
    if (override.value is None) == (override.values is None):
        words = "give either value or values (dated), one of the two"
        problems.append(layered.problem(path, None, words))
    bounds = UNIT_BOUNDS[parameter.unit]
    for key, number in _numbers(override):
        wrong = outside(number, bounds)
        if wrong:
            problems.append(layered.problem((*path, *key), number, wrong))
    starts = [dated.start for dated in override.values or ()]
    if starts != sorted(set(starts)):
        words = "dated values must be in order of month, one a month"
        problems.append(layered.problem((*path, "values"), starts, words))
    return problems or _check_range(layered, path, override, parameter)


def _numbers(override: ParameterOverride) -> Iterator[tuple[Path_, float]]:
    for key in ("value", "low", "high"):
        number = getattr(override, key)
        if number is not None:
            yield (key,), number
    for place, dated in enumerate(override.values or ()):
        yield ("values", place, "value"), dated.value


def _check_range(
    layered: Layered, path: Path_, override: ParameterOverride, parameter: Parameter
) -> list[Problem]:
    low, high = range_of(override, parameter)
    if low > high:
        key = "low" if override.low is not None else "high"
        words = f"the range {low:g} to {high:g} is empty; low is at most high"
        return [layered.problem((*path, key), getattr(override, key), words)]
    missing = [key for key in ("low", "high") if getattr(override, key) is None]
    hint = f"; give {' and '.join(missing)} too if you mean it" if missing else ""
    outside_range = f"outside the range {low:g} to {high:g} ({parameter.unit}){hint}"
    problems = [
        layered.problem((*path, *key), number, outside_range)
        for key, number in _numbers(override)
        if key[-1] == "value" and not low <= number <= high
    ]
    for dated in kept_values(override, parameter):
        if not low <= dated.value <= high:
            words = (
                f"before it the library's {dated.value:g} of {dated.start} holds, outside the "
                f"range {low:g} to {high:g}; widen the range or start with {dated.start}"
            )
            problems.append(layered.problem((*path, "values", 0, "from"), dated.start, words))
    return problems


def kept_values(override: ParameterOverride, parameter: Parameter) -> tuple[DatedValue, ...]:
    """Return the library's values that hold before the first dated value of an override."""
    if not override.values:
        return ()
    return tuple(one for one in parameter.values if one.start < override.values[0].start)


def range_of(override: ParameterOverride, parameter: Parameter) -> tuple[float, float]:
    """Return the range of an override; the library's where it names none."""
    return (
        parameter.low if override.low is None else override.low,
        parameter.high if override.high is None else override.high,
    )


def check_fitted(
    layered: Layered, overrides: dict[str, FittedOverride], known: Iterable[str]
) -> list[Problem]:
    """Check every override of a fitted number of the census.

    Args:
        layered: The merged scenario.
        overrides: The overrides by name.
        known: Names of single numbers in the census's fitted.toml.
    """
    names = sorted(set(known) & set(FITTED_BOUNDS)) or sorted(FITTED_BOUNDS)
    problems: list[Problem] = []
    for name, override in overrides.items():
        if name not in names:
            words = f"no such fitted number{_near(name, names)}; known: {', '.join(names)}"
            problems.append(layered.problem(("fitted", name), None, words))
            continue
        wrong = outside(override.value, FITTED_BOUNDS[name])
        if not wrong and name in WHOLE and not override.value.is_integer():
            wrong = FITTED_BOUNDS[name].words
        if wrong:
            problems.append(layered.problem(("fitted", name, "value"), override.value, wrong))
    return problems


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=2)
    return f"; did you mean {' or '.join(near)}?" if near else ""
