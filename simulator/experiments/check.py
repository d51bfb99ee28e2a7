"""Check runs of England against what has been published.

Every figure, its range and its source come out of the evidence library. A figure that was put into
the model, or to which the opening census was fitted, must come out again: that is called *input*.
Only a *test* can speak for or against the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import GROUPS, PEOPLE_IN, Flow, Money
from simulator.evidence.library import load_library
from simulator.evidence.tables import table_rows
from simulator.evidence.trusts import opening_trusts
from simulator.experiments.simulate import Progress, find_units
from simulator.model.census.walk import trust_size_factor
from simulator.model.specification import Specification
from simulator.model.steady import WEEKS_PER_MONTH, hire_pmf, interpolated_median, months_pmf
from simulator.results.result import Result
from simulator.scenario import Scenario, load_scenario
from simulator.scenario.dates import months_between

F64 = NDArray[np.float64]
Verdict = Literal["pass", "warn", "fail", "not observable"]
Basis = Literal["input", "test", "none"]

DRAWS: Final = 64
"""Draws and replications of a check: national figures need few."""
LIBRARY: Final = (("england-2020", 36), ("hee-data-driven", 48), ("england", 48))
"""Scenarios checked unless one is named, and the months that their figures need."""
LEAVERS: Final = (Flow.LEFT, Flow.BREAK, Flow.RETIRED, Flow.MOVED_OUT)
FROM_OUTSIDE: Final = tuple(flow for flow in PEOPLE_IN if flow != Flow.PROMOTED_IN)
SLACK: Final = 0.01
"""How near a published figure without a range must be met where a scenario puts it in."""


class CheckError(ValueError):
    """A run that published figures cannot be compared with; the message says which."""


@dataclass(frozen=True, slots=True)
class Seen:
    """England in a run, by replication; a stored result has its means as a single one.

    Attributes:
        scenario: Its id.
        opening: Opening month.
        need: FTE by month, shape (T + 1, N); likewise funded and in_post.
        heads: People in post by month, shape (T + 1, N).
        flows: People and posts over each year, shape (Y, flows, N).
        clinical: Clinical informaticians in post, FTE, shape (T + 1, J, N).
        cost: Cost to the NHS of one FTE in the first year, pounds of that year, or none.
        stages: Lengths of first round, later rounds and notice, months, or none.
    """

    scenario: str
    opening: str
    need: F64
    funded: F64
    in_post: F64
    heads: F64
    flows: F64
    clinical: F64
    cost: F64 | None = None
    stages: tuple[F64, F64, F64] | None = None

    def month(self, date: str) -> int | None:
        """Number of a month, or none if the run does not reach it."""
        month = months_between(self.opening, date)
        return month if 0 <= month < len(self.in_post) else None


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure and how to find it in a run.

    Attributes:
        id: Short name.
        title: What it is.
        percent: Is it shown in per cent.
        of: Its value by replication, or none if the run does not show it.
        published: The published value.
        low: Lowest value that the evidence allows.
        high: Highest.
        sources: Source ids.
        grade: Grade of the evidence.
        basis: ``input`` if it was put in, or fitted to; ``test`` if not.
        note: What to know, in words.
    """

    id: str
    title: str
    percent: bool
    of: Callable[[Seen], F64 | None]
    published: float
    low: float
    high: float
    sources: tuple[str, ...]
    grade: str
    basis: Basis
    note: str


@dataclass(frozen=True, slots=True)
class Check:
    """One figure of one run, judged.

    Attributes:
        figure: What is published.
        value: Mean over the futures, or none.
        low: Eight of ten futures lie above this and below ``high``, a tenth on either side.
        high: See ``low``.
        verdict: ``pass``: the mean lies in the range of the evidence; ``warn``: some of the eight
            in ten futures do; ``fail``: none does; ``not observable``: the run does not show it.
    """

    figure: Figure
    value: float | None
    low: float | None
    high: float | None
    verdict: Verdict

    @property
    def words(self) -> str:
        """The verdict, and whether the figure was put in."""
        if self.figure.basis == "input" and self.verdict in ("pass", "fail"):
            return "input, reproduced" if self.verdict == "pass" else "input, NOT reproduced"
        return self.verdict


@dataclass(frozen=True, slots=True)
class RunCheck:
    """All figures of one run, judged.

    Attributes:
        scenario: Id of the scenario.
        title: What was run, in words.
        checks: The figures in order.
    """

    scenario: str
    title: str
    checks: tuple[Check, ...]

    def of(self, figure: str) -> Check:
        """Return the check of a figure by its id.

        Raises:
            KeyError: If there is no such figure.
        """
        return {one.figure.id: one for one in self.checks}[figure]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Every run that was checked."""

    runs: tuple[RunCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether no figure of any run failed."""
        return all(one.verdict != "fail" for run in self.runs for one in run.checks)


def check(
    what: Scenario | Result | None = None,
    *,
    folder: str | Path = "scenarios",
    progress: Progress | None = None,
) -> CheckReport:
    """Check a scenario, a stored result or the scenario library against published figures.

    Args:
        what: A scenario of England, which is run with 64 futures, or a result of one; without it
            the library's scenario of the past and two of the future are run.
        folder: Where the scenario library is.
        progress: Told (done, total, words).

    Raises:
        CheckError: If the scenario is not one of all of England.
        ScenarioError: If a scenario of the library cannot be read.
    """
    if isinstance(what, Result):
        return CheckReport((judge(from_result(what)),))
    sizes: dict[str, object] = {"draws": DRAWS, "replications": DRAWS}
    if what is not None:
        scenarios = [what.model_copy(update=sizes)]
    else:
        scenarios = [
            load_scenario(Path(folder) / f"{name}.toml", {**sizes, "months": months})
            for name, months in LIBRARY
        ]
    runs = []
    for number, scenario in enumerate(scenarios):
        if progress is not None:
            progress(number, len(scenarios), f"simulating {scenario.id}")
        runs.append(judge(run_england(scenario)))
    return CheckReport(tuple(runs))


def run_england(scenario: Scenario) -> Seen:
    """Simulate a scenario of England and keep the national figures of every replication.

    Raises:
        CheckError: If it is not one of all of England.
    """
    from simulator.engines.arrays import make_layout, sum_block
    from simulator.model.compile import compile_scenario
    from simulator.results.money import pounds_by_staff

    _england_only(scenario.id, scenario.place.kind)
    spec = compile_scenario(scenario)
    count = spec.replications
    stocks = np.zeros((3, spec.months + 1, count))
    flows = np.zeros((spec.months // 12, len(Flow), count))
    clinical: list[F64] = []
    cost = np.zeros(count)
    for unit in find_units(spec)[0]:
        totals = sum_block(make_layout(spec, unit.regions), 0, count)
        stocks[0] += totals.funded.sum(axis=1) / 100.0
        stocks[1] += totals.in_post.sum(axis=1) / 100.0
        stocks[2] += totals.heads.sum(axis=1)
        flows += totals.flows.sum(axis=2)
        clinical.append(totals.in_post[:, :: len(GROUPS)] / 100.0)
        cost += pounds_by_staff(spec, totals)[:1, Money.NHS_COST].sum(axis=(0, 1))
    hiring = spec.hiring
    return Seen(
        scenario=scenario.id,
        opening=scenario.opening,
        need=_need(spec),
        funded=stocks[0],
        in_post=stocks[1],
        heads=stocks[2],
        flows=flows,
        clinical=np.concatenate(clinical, axis=1),
        cost=cost / stocks[1, 1:13].mean(axis=0) if len(flows) else None,
        stages=(hiring.round_quantiles, hiring.again_quantiles, hiring.notice_quantiles),
    )


def _england_only(name: str, kind: str) -> None:
    if kind != "england":
        raise CheckError(
            f"{name}: published figures are of all of England; name a scenario or a result with "
            "[place] england = true, such as scenarios/england.toml"
        )


def _need(spec: Specification) -> F64:
    base = np.bincount(spec.cells.klass, spec.need_base, len(spec.need_index))
    by_draw = np.einsum("k,kdt->td", base, spec.need_index)
    return np.asarray(by_draw[:, np.arange(spec.replications) % spec.draws])


def from_result(result: Result) -> Seen:
    """Read the national means of a stored result.

    Raises:
        CheckError: If it is not one of all of England.
    """
    import tomllib

    scenario = tomllib.loads(result.scenario_toml)
    _england_only(result.manifest["scenario"]["id"], next(iter(scenario["place"])))
    places = result.frame("places", level="england", group="all")
    stocks = places.pivot_table(index="month", columns="measure", values="mean")
    frame = result.frame("flows", level="england", group="all")
    years = frame.pivot_table(index="year", columns="measure", values="mean", sort=False)
    people = result.frame("cells", measure="headcount").groupby("month")["mean"].sum()
    own = result.frame("places", level="trust", group="clinical", measure="in_post")
    clinical = own.pivot_table(index="month", columns="code", values="mean")
    names = [flow.name.lower() for flow in Flow]
    money = result.frame("money", level="england", group="all", measure=Money.NHS_COST.name.lower())
    in_post = stocks["in_post"].to_numpy(dtype=np.float64)[:, None]
    return Seen(
        scenario=result.manifest["scenario"]["id"],
        opening=result.manifest["opening"],
        need=stocks["need"].to_numpy(dtype=np.float64)[:, None],
        funded=stocks["funded"].to_numpy(dtype=np.float64)[:, None],
        in_post=in_post,
        heads=people.to_numpy(dtype=np.float64)[:, None],
        flows=years.reindex(columns=names).to_numpy(dtype=np.float64)[:, :, None],
        clinical=clinical.to_numpy(dtype=np.float64)[:, :, None],
        cost=money["mean"].to_numpy(dtype=np.float64)[:1] / in_post[1:13].mean(axis=0)
        if len(money)
        else None,
    )


def judge(seen: Seen) -> RunCheck:
    """Judge every figure of a run."""
    futures = seen.in_post.shape[1]
    words = f"{futures} futures" if futures > 1 else "the means of a stored result, without ranges"
    checks = tuple(_judge(seen, figure) for figure in figures())
    return RunCheck(seen.scenario, f"{seen.scenario} from {seen.opening}: {words}", checks)


def _judge(seen: Seen, figure: Figure) -> Check:
    values = figure.of(seen)
    if values is None:
        return Check(figure, None, None, None, "not observable")
    mean = float(values.mean())
    low, high = (float(one) for one in np.quantile(values, (0.1, 0.9)))
    verdict: Verdict = "fail"
    if figure.low <= mean <= figure.high:
        verdict = "pass"
    elif low <= figure.high and high >= figure.low:
        verdict = "warn"
    return Check(figure, mean, low, high, verdict)


# Figures ---------------------------------------------------------------------------------------


@cache
def figures() -> tuple[Figure, ...]:
    """All figures that runs are checked against, out of the evidence library."""
    return (
        _parameter(
            "vacancy rate, 2022",
            "vacancy.rate.2022",
            _vacancy_rate,
            "input",
            "the rate of an opening without growth was chosen so that this comes out with it",
        ),
        _vacancies(),
        _parameter(
            "growth of staff in post, year to August 2021",
            "stock.growth.observed",
            _growth,
            "test",
            "published of infrastructure support staff in trusts, a wider group",
        ),
        _parameter(
            "leaver rate",
            "leaving.organisation_rate",
            _leaver_rate,
            "input",
            "hazards are fitted to it; proxy: NHS Digital",
        ),
        _parameter(
            "retirements among leavers",
            "leaving.retirement_share",
            _retirement_share,
            "input",
            "hazards are fitted to it; proxy: all staff",
        ),
        _parameter(
            "promotion rate",
            "promotion.rate",
            _promotion_rate,
            "input",
            "the share offered inside is fitted to it; proxy: NHS Digital",
        ),
        _parameter(
            "median time to hire, weeks",
            "hiring.time_to_hire_weeks",
            _time_to_hire,
            "input",
            "lengths are fitted to it; the rounds that fail are the run's; proxy: all staff",
            percent=False,
        ),
        _parameter(
            "agency share of cover",
            "cover.agency_share",
            lambda _: None,
            "none",
            "nothing to compare with: agency spending is published for all staff together",
        ),
        _parameter(
            "clinical informaticians among trust staff",
            "group.clinical.share_of_trust_fte",
            _clinical_share,
            "input",
            "the opening census is built with it",
        ),
        _parameter(
            "trusts with fewer than nine of them, 2023",
            "clin.trusts_below_nine",
            _below_nine,
            "test",
            "trusts' sizes and their spread decide it; 60 trusts answered the survey",
        ),
        _parameter(
            "pay bill of 46,009 FTE, £bn of 2020",
            "check.paybill",
            _pay_bill,
            "test",
            "pay points, bands and on-costs decide it; no total was put in",
            percent=False,
            scale=1e-9,
        ),
        *_of_2030(),
    )


def _parameter(
    title: str,
    name: str,
    of: Callable[[Seen], F64 | None],
    basis: Basis,
    note: str,
    *,
    percent: bool = True,
    scale: float = 1.0,
) -> Figure:
    """A figure whose value, range and source are a parameter of the library."""
    found = load_library().get(name)
    low, high = found.low * scale, found.high * scale
    last = found.values[-1].value * scale
    return Figure(
        name, title, percent, of, last, low, high, found.sources, found.grade, basis, note
    )


@cache
def _published(key: str) -> tuple[float, str]:
    """Value and source of a national figure."""
    for row in table_rows("informatics_stock_demand"):
        if row["key"] == key:
            return float(row["value"]), row["source_id"]
    raise KeyError(key)


def _vacancies() -> Figure:
    rate = load_library().get("vacancy.rate.2022")
    count, source = _published("vacancies_tech")
    low, high = (count * one / rate.mode for one in (rate.low, rate.high))
    note = "a survey of trust leaders; the range is that of the rate"
    return Figure(
        "vacancies_tech",
        "vacancies, 2022, FTE",
        False,
        _vacant,
        count,
        low,
        high,
        (source,),
        "B",
        "input",
        note,
    )


def _of_2030() -> tuple[Figure, Figure]:
    target, source = _published("demand_data_driven")
    need = Figure(
        "demand_data_driven",
        "need in March 2030, FTE",
        False,
        _need_2030,
        target,
        target * (1.0 - SLACK),
        target * (1.0 + SLACK),
        (source,),
        "B",
        "input",
        "in trusts, and the share assumed to be outside them",
    )
    staff = Figure(
        "staff_2030",
        "staff in post in March 2030, FTE, below 77,923",
        False,
        _staff_2030,
        target,
        0.0,
        target,
        (source,),
        "B",
        "test",
        "a scenario that found everybody by then would have assumed it",
    )
    return need, staff


def _year_2022(seen: Seen) -> slice | None:
    first, last = seen.month("2022-01"), seen.month("2022-12")
    return None if first is None or last is None else slice(first, last + 1)


def _vacancy_rate(seen: Seen) -> F64 | None:
    year = _year_2022(seen)
    if year is None:
        return None
    return np.asarray(1.0 - seen.in_post[year].mean(axis=0) / seen.funded[year].mean(axis=0))


def _vacant(seen: Seen) -> F64 | None:
    year = _year_2022(seen)
    return None if year is None else np.asarray((seen.funded - seen.in_post)[year].mean(axis=0))


def _growth(seen: Seen) -> F64 | None:
    first, last = seen.month("2020-08"), seen.month("2021-08")
    if first is None or last is None:
        return None
    return np.asarray(seen.in_post[last] / seen.in_post[first] - 1.0)


def _yearly(seen: Seen, flows: Sequence[Flow]) -> F64 | None:
    """Flows over the average number of people, in the third year or the last of a shorter run."""
    year = min(len(seen.flows), 3) - 1
    if year < 0:
        return None
    heads = seen.heads[12 * year + 1 : 12 * year + 13].mean(axis=0)
    return np.asarray(seen.flows[year, list(flows)].sum(axis=0) / heads)


def _leaver_rate(seen: Seen) -> F64 | None:
    return _yearly(seen, LEAVERS)


def _retirement_share(seen: Seen) -> F64 | None:
    retired, all_leavers = _yearly(seen, (Flow.RETIRED,)), _yearly(seen, LEAVERS)
    return None if retired is None or all_leavers is None else retired / all_leavers


def _promotion_rate(seen: Seen) -> F64 | None:
    return _yearly(seen, (Flow.PROMOTED_IN,))


def _time_to_hire(seen: Seen) -> F64 | None:
    """Median weeks from advert to start: the stages' lengths, and the rounds that failed."""
    found, failed = _yearly(seen, FROM_OUTSIDE), _yearly(seen, (Flow.ROUNDS_FAILED,))
    if seen.stages is None or found is None or failed is None:
        return None
    first, again, notice = (months_pmf(one) for one in seen.stages)
    passing = found / (found + failed)
    months = [
        interpolated_median(hire_pmf(first, again, notice, float(one), rounds=12))
        for one in passing
    ]
    return np.array(months) * WEEKS_PER_MONTH


def _clinical_share(seen: Seen) -> F64 | None:
    trusts = opening_trusts(seen.opening)[0]
    staff = sum(one.fte for one in trusts) * trust_size_factor(load_library(), seen.opening)
    return np.asarray(seen.clinical[0].sum(axis=0) / staff)


def _below_nine(seen: Seen) -> F64 | None:
    month = seen.month("2023-01")
    if month is None:
        return None
    usual, _ = _published("clin_inf_baseline_per_trust")
    return np.asarray((seen.clinical[month] < usual).mean(axis=0))


def _pay_bill(seen: Seen) -> F64 | None:
    if seen.cost is None or not seen.opening.startswith("2020"):
        return None
    stock, _ = _published("stock_baseline")
    return np.asarray(seen.cost * stock * 1e-9)


def _in_england(seen: Seen, fte: F64) -> F64 | None:
    """FTE in trusts and outside them in March 2030."""
    month = seen.month("2030-03")
    if month is None:
        return None
    outside = load_library().at("stock.share_outside_trusts", seen.opening)
    return np.asarray(fte[month] / (1.0 - outside))


def _need_2030(seen: Seen) -> F64 | None:
    return _in_england(seen, seen.need)


def _staff_2030(seen: Seen) -> F64 | None:
    return _in_england(seen, seen.in_post)
