"""Which parameters of the evidence library stand behind the numbers of a run, and which are drawn.

Both are asked of a resolved scenario as its TOML file holds it, so that a stored result can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.evidence.library import load_library

OF_METHOD: Final = {
    "need.growth": "growth",
    "need.hee.growth": "hee",
    "need.maturity.fte_per_bed_low": "maturity",
    "need.maturity.fte_per_bed_high": "maturity",
    "need.maturity.progress": "maturity",
    "need.ratio.share_of_trust_fte": "ratio",
}
"""Parameters that only one method of need reads."""
OF_LEVER: Final = {"upskilling.promotion_effect": "internal_share"}
"""Parameters that are read only for the cost of a lever on a target."""
FOR_READERS: Final = frozenset(
    {
        "automation.need_reduction",
        "check.paybill",
        "clin.trusts_below_nine",
        "fte.female_share",
        "fte.part_time_men",
        "fte.part_time_women",
        "hiring.applicants_per_appointment",
        "productivity.growth",
        "promotion.internal_share",
        "sickness.rate",
        "vacancy.rate.2022",
    }
)
"""Figures for checks and for the choice of a lever's value; they enter no number of a run."""
REPLAYED: Final = frozenset(
    {
        "market.congestion_factor",
        "market.mover_factor",
        "supply.growth",
        "supply.tightness",
        "training.completion_factor",
    }
)
"""Parameters that act through the stored run, and are not drawn, where the rest is replayed."""


def used_parameters(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Parameters that a run of a scenario reads, itself or through its census, in library order.

    Args:
        content: The resolved scenario as in its TOML file.
    """
    method = content.get("need", {}).get("method", "growth")
    targets = {lever["target"] for lever in content.get("lever", ())}
    idle = {name for name, other in OF_METHOD.items() if other != method}
    idle |= {name for name, target in OF_LEVER.items() if target not in targets}
    if not content.get("programme"):
        idle |= {name for name in load_library().ids if name.startswith("programme.")}
    return tuple(name for name in load_library().ids if name not in idle | FOR_READERS)


def drawn_parameters(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Parameters that differ between the draws of a run, in library order.

    Args:
        content: The resolved scenario as in its TOML file.
    """
    if content["draws"] == 1:
        return ()
    held = set(REPLAYED) if content.get("rest") == "baseline" else set()
    if content.get("need", {}).get("method") == "ratio":
        held.add("need.funded_share")  # only its path is read
    else:
        held.add("need.trust_size_growth")  # only the census reads it
    own, library = content.get("parameters", {}), load_library()
    for name, override in own.items():
        ends = [override.get(end, getattr(library.get(name), end)) for end in ("low", "high")]
        if ends[0] == ends[1]:
            held.add(name)
    return tuple(
        name for name in used_parameters(content) if library.get(name).varies and name not in held
    )
