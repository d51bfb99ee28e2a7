"""The few numbers of a run that the room sees beside a submission."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from simulator.ui.room.words import RoomError

if TYPE_CHECKING:
    import pyarrow as pa

    from simulator.scenario import Scenario

MEASURES: Final = {
    "need": "Need",
    "funded": "Funded posts",
    "in_post": "Staff in post",
    "vacancy": "Vacancy",
    "shortfall": "Shortfall",
}
"""Measures of a summary, all in FTE, with their names."""
ENGLAND: Final = ("england", "ENG")
_EVERY: Final = 60
_LARGEST: Final = 4_096
"""Replications x trusts, over 180 months, that a page runs while somebody waits: some seconds."""


class Row(BaseModel):
    """One measure at the end of one month, FTE; none where a small count is hidden.

    ``low`` and ``high`` hold eight of ten simulated futures.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    measure: str
    date: str
    mean: float | None
    low: float | None
    high: float | None


class Summary(BaseModel):
    """What a run says of one place, with what made it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    level: str
    code: str
    draws: int
    replications: int
    version: str
    rows: tuple[Row, ...]

    def at(self, measure: str, date: str) -> Row | None:
        """Return a row, if there is one."""
        for row in self.rows:
            if (row.measure, row.date) == (measure, date):
                return row
        return None

    @property
    def dates(self) -> tuple[str, ...]:
        """Months of the summary in order."""
        return tuple(sorted({row.date for row in self.rows}))


def place_of(scenario: Scenario) -> tuple[str, str] | None:
    """Return level and code of the one place a scenario is about; none if it names several."""
    if scenario.place.kind == "england":
        return ENGLAND
    level = {"trusts": "trust", "ics": "ics", "regions": "region"}[scenario.place.kind]
    return (level, scenario.place.codes[0]) if len(scenario.place.codes) == 1 else None


def summarise(scenario: Scenario, places: pa.Table, level: str, code: str) -> Summary:
    """Return the summary of one place, at the opening, every fifth year and the end.

    Counts that rest on a trust's own rows are hidden or rounded as in anything that is shared.

    Args:
        scenario: What was run.
        places: The table ``places`` of its result.
        level: Level of the place.
        code: Its code.

    Raises:
        RoomError: If the table does not hold the place.
    """
    from simulator.experiments.run import code_version
    from simulator.reports.disclosure import shareable
    from simulator.results.result import Result

    own = {"own_rows": [path.name for path in scenario.census_rows]}
    result = shareable(Result(own, {"places": places}))
    wanted = {"level": level, "code": code, "group": "all"}
    frame = result.frame("places", **wanted, measure=list(MEASURES))
    frame = frame[(frame["month"] % _EVERY == 0) | (frame["month"] == scenario.months)]
    if frame.empty:
        raise RoomError(f"plan: its run says nothing of {level} {code} as a whole")
    names = {"mean": "mean", "q10.0": "low", "q90.0": "high"}
    rows = frame[["measure", "date", *names]].rename(columns=names).to_dict("records")
    return Summary(
        level=level,
        code=code,
        draws=scenario.draws,
        replications=scenario.replications,
        version=code_version(),
        rows=tuple(Row.model_validate({k: _number(v) for k, v in row.items()}) for row in rows),
    )


def run_summary(scenario: Scenario) -> Summary | None:
    """Run a scenario that came as a file; none if it is too large for a page, or names many places.

    Runs in this process: files come where devices cannot connect, so nobody else waits.

    Raises:
        RoomError: If the run does not finish, or says nothing of the place.
    """
    from simulator.experiments.run import run_scenario

    place = place_of(scenario)
    size = scenario.replications * len(scenario.modelled) * scenario.months / 180
    if place is None or size > _LARGEST:
        return None
    try:
        result = run_scenario(scenario, workers=1)
    except (ValueError, RuntimeError) as error:
        raise RoomError(f"plan: its run did not finish: {error}") from error
    return summarise(scenario, result.tables["places"], *place)


def _number(value: object) -> object:
    """Round an FTE to what can be told apart; a hidden one, not a number, is none."""
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else round(value, 2)


def read_summary(text: str) -> Summary | None:
    """Read a stored summary; none if the submission was not run, or by a version without it."""
    try:
        return Summary.model_validate_json(text) if text else None
    except ValueError:
        return None


def cell(row: Row | None) -> str:
    """Return a row as ``mean (low to high)``, ``*`` where it is hidden."""
    if row is None:
        return ""
    mean, low, high = (
        "*" if value is None else f"{value:,.0f}" for value in (row.mean, row.low, row.high)
    )
    return f"{mean} ({low} to {high})"
