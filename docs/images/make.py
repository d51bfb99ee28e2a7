"""Draw the pictures of the documents from a result of ``scenarios/england.toml``.

workforce run scenarios/england.toml --out results/england
python docs/images/make.py results/england
"""

from __future__ import annotations

import sys
from pathlib import Path

from simulator.charts.fan import fan_chart
from simulator.results.result import read_result


def main() -> None:
    """Write ``england.svg`` beside this script."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    figure = fan_chart(read_result(sys.argv[1]), level="england", code="ENG")
    figure.save(Path(__file__).parent / "england.svg")


if __name__ == "__main__":
    main()
