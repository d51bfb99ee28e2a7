"""Staff groups of a trust as a run begins with them: what is estimated, and what is the trust's."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.domain.words import GROUPS
from simulator.model.compile import opening_census
from simulator.model.own import expected_leavers, prior_shape
from simulator.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Count:
    """One staff group at the opening.

    Attributes:
        posts: Funded posts.
        people: People in post.
        expected: People who leave the trust within a year, as the evidence has it.
        factor: How many times as many are taken to leave, the trust's own leavers weighed in.
    """

    posts: int
    people: int
    expected: float
    factor: float


def opening_counts(scenario: Scenario, trust: str) -> dict[str, Count]:
    """Count a trust's staff groups at the opening of a scenario."""
    census = opening_census(scenario)
    tenure = (census.fitted["tenure_first_year"], census.fitted["tenure_second_year"])
    moves, spread = (
        scenario.parameter(f"leaving.{name}").at(scenario.opening)
        for name in ("move_share", "trust_log_sd")
    )
    here = census.posts[census.posts["trust"] == trust]
    own = {one.group: one for one in scenario.own if one.trust == trust}
    found = {}
    for group in GROUPS:
        rows = here[here["group"] == group]
        people = rows[rows["state"] == "filled"]
        expected = expected_leavers(people, census.hazards, tenure, moves)
        mine, factor = own.get(group), 1.0
        if mine is not None and mine.leavers is not None and spread > 0:
            prior = prior_shape(spread)
            factor = (prior + mine.leavers) / (prior + expected)
        posts = len(rows) if mine is None or mine.posts is None else mine.posts
        found[group] = Count(posts, len(people), expected, factor)
    return found


def opening_rows(scenario: Scenario, trust: str) -> list[dict[str, str]]:
    """Posts of a trust at the opening, as rows of a table of text."""
    posts = opening_census(scenario).posts
    rows = posts[posts["trust"] == trust]
    rows = rows.assign(fte=[f"{one:.2f}" for one in rows["fte"]]).astype(object)
    blank = rows.where(rows.notna(), "")
    return [
        {str(name): str(value) for name, value in row.items()} for row in blank.to_dict("records")
    ]
