"""Typical paths: from the first band to where people are some years later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.experiments.careers.hundred import FEW
from simulator.experiments.careers.stored import ENGLAND, Careers, read_careers

if TYPE_CHECKING:
    import pandas as pd


def paths(
    route: str,
    region: str | None = None,
    *,
    scenario: str | None = None,
    results: Careers | None = None,
) -> pd.DataFrame:
    """Of 100 of a route who got a post: first band, and where they are 0, 5 and 10 years later.

    All years of start together; who got the first post too late for the run to show the later year
    is left out of that year.

    Args:
        route: Pathway id.
        region: Code; by default England.
        scenario: Id; by default the baseline.
        results: By default the stored ones.

    Returns:
        ``years`` since the first post, ``from_band``, ``to`` (a band, ``on_break``, ``left`` or
        ``retired``), ``of_100``, ``low`` and ``high`` (8 of 10 futures), ``people`` (simulated,
        who got a post) and ``too_few``; numbers are missing where it is.

    Raises:
        NotKnownError: If there is no such route, region or scenario.
    """
    results = results or read_careers()
    results.check(route=route, region=region, scenario=scenario)
    where = {"scenario": scenario or results.scenarios[0], "region": region or ENGLAND}
    frame = results.frame("paths", route=route, **where)
    frame = frame.drop(columns=["scenario", "route", "region"]).reset_index(drop=True)
    frame["too_few"] = frame["people"] < FEW
    frame.loc[frame["too_few"], ["of_100", "low", "high"]] = float("nan")
    return frame
