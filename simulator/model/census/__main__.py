"""Build the opening census of England into ``scenarios/census``."""

from __future__ import annotations

import sys
from pathlib import Path

from simulator.evidence.library import load_library
from simulator.evidence.trusts import opening_trusts
from simulator.model.census.build import build_census
from simulator.model.census.tables import write_census


def main(arguments: list[str]) -> None:
    """Build the census of an opening month (default 2026-03) into a folder."""
    opening = arguments[0] if arguments else "2026-03"
    folder = Path(arguments[1] if len(arguments) > 1 else f"scenarios/census/england-{opening}")
    write_census(build_census(opening, load_library(), opening_trusts(opening)[0]), folder)


if __name__ == "__main__":
    main(sys.argv[1:])
