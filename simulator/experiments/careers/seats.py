"""What one more place on a route does to the shortfall of its region and its trusts.

One person more changes who competes with whom for years after, so that a single place is lost in
that noise. Therefore some places more are simulated with the same luck, and the difference is
divided by their number; that of half as many shows whether the effect is in proportion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import GROUPS, Money, TrainingFlow
from simulator.engines.arrays import make_layout, sum_block
from simulator.evidence.tables import table_rows
from simulator.evidence.trusts import load_trusts, opening_trusts
from simulator.experiments.careers.added import start_month, with_places
from simulator.experiments.careers.stored import find_scenarios, pathway_of, refuse_unknown
from simulator.experiments.layers import paired
from simulator.experiments.pool import run_many, same
from simulator.experiments.simulate import Progress, block_size
from simulator.model.compile import compile_scenario
from simulator.model.intake import Pathway, region_shares
from simulator.model.money import price_factor, price_year
from simulator.model.specification import Specification
from simulator.results.money import pounds_by_staff
from simulator.results.totals import YEAR
from simulator.scenario.dates import month_after

if TYPE_CHECKING:
    import pandas as pd

    from simulator.scenario import Scenario

CHOICES: Final = (10, 20, 40, 80, 160, 320)
"""Numbers of places that may be simulated for one."""
WANTED: Final = 0.05
"""Half-width, in FTE, of the interval of one place's effect: what the number of places aims at."""
PILOT: Final = 64
"""Futures of the pilot run that says how large the noise is."""
SIZES: Final = {"draws": 32, "replications": 256}
RETENTION: Final = 0.86
"""Leaving with the retention offer: the weaker of the two effects seen (levers.csv, peers)."""
CONVERSION: Final = "conversion_clinician_12"
_AUTHOR: Final = "One more place"


@dataclass(frozen=True, slots=True)
class SeatEffect:
    """Effect of one more place on a route in a year and region; it is filled for certain.

    Attributes:
        route: Pathway id, or a course's.
        name: Its name.
        year: Calendar year of the start.
        region: Code.
        seats: Places simulated for one, N.
        futures: Futures simulated, paired by luck.
        turned_away: Share of the places for which there was no supervisor.
        table: A row for the region and each trust and year end: ``level``, ``code``, ``place``,
            ``month``, ``date``; ``shortfall`` (FTE for one place; below zero: less shortfall),
            its 95 % interval ``low95`` and ``high95``, ``clear`` (the interval leaves zero out;
            otherwise too small to see), and ``half``, the same from half as many places.
        cost: Pounds of one place, without the trainee's pay.
        alternatives: What the money of one place does: ``what``, ``fte_years`` gained to the end
            of the run with ``low95`` and ``high95``, ``clear``, ``pounds`` spent in the run that
            was scaled.
        price_year: NHS year of the prices.
        notes: What a reader should know.
    """

    route: str
    name: str
    year: int
    region: str
    seats: int
    futures: int
    turned_away: float
    table: pd.DataFrame
    cost: float
    alternatives: pd.DataFrame
    price_year: str
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """The effect in plain words."""
        text = [
            f"One more place on {self.name}, start {self.year}, {self.region}: change of the "
            "shortfall (FTE; minus is less shortfall), 95 % interval of the mean",
            f"Measured with {self.seats} places more in {self.futures:,} futures of the same luck, "
            f"divided by {self.seats}; with {self.seats // 2} places beside it.",
        ]
        here = self.table[self.table["level"] == "region"]
        text += [_year_words(row) for row in _rows(here)]
        text += [
            self._trust_words(here),
            f"The money of one place (£{self.cost:,.0f} in {self.price_year} prices, without pay) "
            "gains, in FTE-years in post to the end of the run:",
        ]
        text += [
            f"  {row.what}: {row.fte_years:+.2f} ({row.low95:+.2f} to {row.high95:+.2f})"
            + ("" if row.clear else ": too small to see")
            for row in _rows(self.alternatives)
        ]
        return [*text, *(f"Note: {note}" for note in self.notes)]

    def _trust_words(self, here: pd.DataFrame) -> str:
        """In how many trusts the effect is seen in the year in which it is greatest."""
        best = here.iloc[int(here["shortfall"].abs().argmax())]
        trusts = self.table[
            (self.table["level"] == "trust") & (self.table["month"] == best["month"])
        ]
        return (
            f"Trusts in {best['date']}: shared out over {len(trusts)}, the effect is clear in "
            f"{int(trusts['clear'].sum())} and too small to see in the others."
        )


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples(index=False))


def _year_words(row: Any) -> str:
    """The effect in the region in one year."""
    if row.shortfall == row.low95 == row.high95 == 0.0:
        return f"  {row.date}: no difference in any future"
    seen = "" if row.clear else "; too small to see"
    return (
        f"  {row.date}: {row.shortfall:+.2f} ({row.low95:+.2f} to {row.high95:+.2f}), with half as "
        f"many {row.half:+.2f}{seen}"
    )


@dataclass(frozen=True, slots=True)
class Played:
    """What is kept of a run of one region: in hundredths FTE, pounds and people.

    Attributes:
        in_post: Staff in post at the opening and year ends by trust, (Y + 1, J, N).
        levers: Pounds of levers, all years, (N,).
        started: Trainees who started the line, (N,).
        turned_away: Trainees of the line for whom there was no supervisor, (N,).
    """

    in_post: NDArray[np.int64]
    levers: NDArray[np.int64]
    started: NDArray[np.int64]
    turned_away: NDArray[np.int64]

    def fte_years(self) -> NDArray[np.float64]:
        """FTE-years in post of the region: each year the mean of its two ends, (N,)."""
        ends = self.in_post.sum(axis=1) / 100.0
        return np.asarray((ends[:-1] + ends[1:]).sum(axis=0) / 2.0)


Job = tuple[int, int, int]
"""Number of the run, first replication, replications."""


class _Player:
    """Plays blocks of one region under several specifications."""

    def __init__(self, specs: Sequence[Specification], region: str, line: int) -> None:
        self.specs, self.line = list(specs), line
        self.layouts = [make_layout(spec, (region,)) for spec in specs]

    def play(self, job: Job) -> tuple[Job, Played]:
        number, first, count = job
        spec = self.specs[number]
        totals = sum_block(self.layouts[number], first, count)
        trusts = totals.in_post.shape[1] // len(GROUPS)
        ends = totals.in_post[::YEAR].astype(np.int64)
        training = totals.training[:, :, self.line].sum(axis=0, dtype=np.int64)
        return job, Played(
            in_post=ends.reshape(len(ends), trusts, len(GROUPS), count).sum(axis=2),
            levers=pounds_by_staff(spec, totals)[:, Money.LEVERS].sum(axis=(0, 1)),
            started=training[TrainingFlow.STARTED],
            turned_away=training[TrainingFlow.TURNED_AWAY],
        )


def play(
    specs: Sequence[Specification],
    region: str,
    line: int = 0,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[Played]:
    """Simulate one region under several specifications of the same size.

    Args:
        specs: Of England or a part that holds the region, with equal draws and replications.
        region: Its code.
        line: Number of the pathway line whose trainees are counted.
        workers: Processes; they change no number.
        progress: Told (blocks done, blocks in all, words).
    """
    count = specs[0].replications
    of_region = np.array([one == region for one in specs[0].trust_region])
    posts = int(specs[0].cells.posts[of_region[specs[0].cells.trust]].sum())
    size = block_size(specs[0], posts)
    jobs = [
        (number, first, min(size, count - first))
        for number in range(len(specs))
        for first in range(0, count, size)
    ]
    parts: list[dict[int, Played]] = [{} for _ in specs]
    played = run_many(_Player.play, jobs, workers, _Player(specs, region, line), ready=same)
    for done, (_, ((number, first, _), part)) in enumerate(played, start=1):
        parts[number][first] = part
        if progress is not None:
            progress(done, len(jobs), "simulating more places")
    return [_joined([part[first] for first in sorted(part)]) for part in parts]


def _joined(parts: Sequence[Played]) -> Played:
    return Played(
        *(
            np.concatenate([getattr(part, name) for part in parts], axis=-1)
            for name in Played.__slots__
        )
    )


def seat_effect(
    route: str,
    year: int,
    place: str,
    *,
    seats: int | None = None,
    scenario: str | Path | None = None,
    sizes: dict[str, int] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> SeatEffect:
    """What one more place does to the shortfall, with its interval; simulated now.

    Args:
        route: Pathway id.
        year: Calendar year of the start.
        place: Code of the region in which the place is; its trusts are told too.
        seats: Places to simulate for one; by default as many as make the interval useful.
        scenario: File; by default ``england.toml``.
        sizes: ``draws`` and ``replications``; by default 32 and 256.
        workers: Processes; they change no number.
        progress: Told (done, total, words).

    Raises:
        NotKnownError: If there is no such route, region or year of a start.
        ScenarioError: If the scenario cannot be used.
    """
    from simulator.scenario import load_scenario

    path = Path(scenario) if scenario is not None else find_scenarios() / "england.toml"
    loaded = load_scenario(path, dict(sizes or SIZES))
    return seat_effect_of(
        loaded,
        compile_scenario(loaded),
        pathway_of(route),
        pathway_of_name(route),
        year,
        place,
        seats=seats,
        workers=workers,
        progress=progress,
    )


def pathway_of_name(route: str) -> str:
    """Name of a route."""
    from simulator.experiments.careers.stored import routes

    return routes()[route]


def seat_effect_of(
    scenario: Scenario,
    spec: Specification,
    pathway: Pathway,
    name: str,
    year: int,
    region: str,
    *,
    seats: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> SeatEffect:
    """The same for a pathway of a compiled run, such as a university's own course.

    Raises:
        NotKnownError: If the region or year is not simulated.
    """
    start = start_month(spec, pathway, year)
    known = sorted(set(spec.trust_region))
    last = int(month_after(spec.start, spec.months)[:4])
    years = [one for one in range(int(spec.start[:4]), last) if start_month(spec, pathway, one)]
    refuse_unknown({"region": (region, known), "year": (year, years)})
    assert start is not None
    line = spec.training.names.index((pathway.id, region))
    notes = list(_notes(pathway, year, region, scenario))
    count = seats or _choose(spec, pathway, region, start, line, workers)
    more = [with_places(spec, pathway, region, start, some) for some in (count, count // 2)]
    levers = _alternatives(scenario, pathway, year, region, count)
    others = [compile_scenario(_with_levers(scenario, one)) for one in levers.values()]
    runs = play([spec, *more, *others], region, line, workers=workers, progress=progress)
    base, full, half = runs[:3]
    cost = place_cost(scenario, pathway)
    gained = {"this place": (full, count * cost)}
    gained |= {
        what: (run, float((run.levers - base.levers).mean()))
        for what, run in zip(levers, runs[3:], strict=True)
    }
    extra = full.started - base.started
    return SeatEffect(
        route=pathway.id,
        name=name,
        year=year,
        region=region,
        seats=count,
        futures=spec.replications,
        turned_away=float(1.0 - extra.mean() / count),
        table=_table(spec, region, base, (full, count), (half, count // 2)),
        cost=cost,
        alternatives=_money_table(base, gained, cost, spec.draws),
        price_year=price_year(scenario),
        notes=tuple(notes),
    )


def _choose(
    spec: Specification, pathway: Pathway, region: str, start: int, line: int, workers: int
) -> int:
    """The least number of places with which a place's effect is expected to be known well."""
    from dataclasses import replace

    count = min(PILOT, spec.replications)
    pilot = replace(spec, replications=count - count % min(spec.draws, count))
    more = with_places(pilot, pathway, region, start, CHOICES[2])
    base, full = play([pilot, more], region, line, workers=workers)
    noise = (full.in_post - base.in_post).sum(axis=1).std(axis=-1).max() / 100.0
    half = 2.0 * noise / np.sqrt(spec.replications)
    return next((one for one in CHOICES if half / one <= WANTED), CHOICES[-1])


def _table(
    spec: Specification,
    region: str,
    base: Played,
    full: tuple[Played, int],
    half: tuple[Played, int],
) -> pd.DataFrame:
    """Change of the shortfall for one place, by region and trust and year end."""
    import pandas as pd

    codes = [
        code for code, one in zip(spec.trusts, spec.trust_region, strict=True) if one == region
    ]
    names = {one.code: one.name for one in load_trusts()}
    change, less = (
        -_with_region((run.in_post - base.in_post)[1:]) / 100.0 / places
        for run, places in (full, half)
    )
    years, places, futures = change.shape
    found: dict[str, Any] = paired(change.reshape(-1, futures), spec.draws)
    months = np.repeat(YEAR * np.arange(1, years + 1), places)
    frame = pd.DataFrame(
        {
            "level": ["region", *["trust"] * len(codes)] * years,
            "code": [region, *codes] * years,
            "place": [_region_name(region), *(names[code] for code in codes)] * years,
            "month": months,
            "date": [month_after(spec.start, int(month)) for month in months],
            "shortfall": found["difference"],
            "low95": found["low95"],
            "high95": found["high95"],
            "clear": found["clear"],
            "half": less.reshape(-1, futures).mean(axis=1),
        }
    )
    return frame.sort_values(["level", "code", "month"], ignore_index=True)


def _region_name(code: str) -> str:
    return next(one.region for one in load_trusts() if one.region_code == code)


def _with_region(change: NDArray[np.int64]) -> NDArray[np.float64]:
    """Trusts' numbers with the region's before them, (Y, 1 + J, N)."""
    whole = change.sum(axis=1, keepdims=True)
    return np.concatenate([whole, change], axis=1).astype(np.float64)


def _money_table(
    base: Played, gained: dict[str, tuple[Played, float]], cost: float, draws: int
) -> pd.DataFrame:
    """FTE-years that the money of one place gains, spent in each way."""
    import pandas as pd

    rows = []
    for what, (run, pounds) in gained.items():
        scale = cost / pounds if pounds > 0 else float("nan")
        each = (run.fte_years() - base.fte_years()) * scale
        found = paired(each[None], draws)
        rows.append(
            {
                "what": what,
                "pounds": pounds,
                "fte_years": float(found["difference"][0]),
                "low95": float(found["low95"][0]),
                "high95": float(found["high95"][0]),
                "clear": bool(found["clear"][0]),
            }
        )
    return pd.DataFrame(rows)


def place_cost(scenario: Scenario, pathway: Pathway) -> float:
    """Pounds of one place over the whole course, in the prices of the run, without pay."""
    kind = "conversion_places" if pathway.donor else "training_places"
    row = next(row for row in table_rows("levers") if row["kind"] == kind)
    factor = price_factor(scenario, int(row["cost_price_year"]))
    return float(row["cost"]) * factor * pathway.duration / YEAR


def _alternatives(
    scenario: Scenario, pathway: Pathway, year: int, region: str, seats: int
) -> dict[str, dict[str, Any]]:
    """Levers in the region, in the NHS year of the start, on which the money could be spent."""
    share = region_shares(opening_trusts(scenario.opening)[0])[region]
    common = {
        "start": f"{year}-04",
        "end": f"{year + 1}-03",
        "regions": [region],
        "rationale": "The same money, spent otherwise",
        "author": _AUTHOR,
    }
    found = {
        "a retention offer for a year": {
            "id": "seat-retention",
            "title": "Retention offer",
            "kind": "retention_offer",
            "target": "leaving",
            "operation": "multiply",
            "value": RETENTION,
            **common,
        }
    }
    if pathway.id != CONVERSION:
        found["places for clinicians who convert"] = {
            "id": "seat-conversion",
            "title": "Conversion places",
            "kind": "conversion_places",
            "target": "places",
            "operation": "add",
            "value": seats / share,
            "pathways": [CONVERSION],
            **common,
        }
    return found


def _with_levers(scenario: Scenario, lever: dict[str, Any]) -> Scenario:
    """The scenario with one lever more, checked as a file is."""
    from simulator.scenario import load_scenario

    settings = {
        name: getattr(scenario, name) for name in ("months", "draws", "replications", "seed")
    }
    return load_scenario(scenario.source, {**settings, "lever": [lever]})


def _notes(pathway: Pathway, year: int, region: str, scenario: Scenario) -> list[str]:
    notes = ["the place is taken to be filled; who would otherwise have started is not asked"]
    if np.isfinite(pathway.applicants):
        notes.append(
            f"there were {pathway.applicants:,.0f} applicants for {pathway.places:,.0f} places a "
            "year in England"
        )
    if pathway.supervised:
        notes.append("who finds no supervisor is turned away, and then the place does nothing")
    notes.append(
        f"retention is the offer of levers.csv for one year from April {year} at {RETENTION} times "
        "the leaving rate; its cost and effect are scaled to the money of one place"
    )
    return notes


__all__ = ["SIZES", "Played", "SeatEffect", "place_cost", "play", "seat_effect", "seat_effect_of"]
