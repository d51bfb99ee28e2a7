"""Building, checking and showing an opening census."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simulator.domain.words import GROUP_NAMES, GROUPS
from simulator.scenario.problems import Problem, ScenarioError

if TYPE_CHECKING:
    from simulator.model.census import Census


def read(folder: Path) -> Census:
    """Read a census and check all of it.

    Raises:
        ScenarioError: If there is no such folder.
        CensusError: With everything that is wrong in it.
    """
    if not folder.is_dir():
        words = "no such folder; give the folder of a census"
        raise ScenarioError([Problem(str(folder), "", "", words)])
    from simulator.model.census import read_census

    return read_census(folder)


def build_into(folder: Path, opening: str) -> list[str]:
    """Build the census of England into a folder; returns its description."""
    from simulator.evidence.library import load_library
    from simulator.evidence.trusts import opening_trusts
    from simulator.model.census import read_census
    from simulator.model.census.build import build_census
    from simulator.model.census.tables import write_census

    write_census(build_census(opening, load_library(), opening_trusts(opening)[0]), folder)
    return described(read_census(folder))


def described(census: Census) -> list[str]:
    """Say in a few lines what a census holds."""
    posts = census.posts
    filled = posts["state"] == "filled"
    lines = [
        f"Opening month {census.opening}; trusts: {posts['trust'].nunique():,}",
        f"{'':<34}{'posts':>10}{'people':>10}{'vacant':>10}{'FTE':>12}",
    ]
    for name in (*GROUPS, ""):
        here = posts["group"] == name if name else posts["group"].notna()
        people = int((here & filled).sum())
        fte = float(posts.loc[here, "fte"].sum())
        title = GROUP_NAMES[name] if name else "All groups"
        count = int(here.sum())
        lines.append(f"{title:<34}{count:>10,}{people:>10,}{count - people:>10,}{fte:>12,.1f}")
    return [
        *lines,
        f"Trainees enrolled {int(census.trainees['enrolled'].sum()):,}, "
        f"graduates waiting {int(census.graduates['waiting'].sum()):,}, "
        f"experienced candidates {int(census.candidates['experienced'].sum()):,}",
    ]
