"""Draw the pictures of the documents from a result of ``scenarios/england.toml``.

    pip install vl-convert-python
    workforce run scenarios/england.toml --out results/england
    python docs/images/make.py results/england

vl-convert draws Vega-Lite without a browser or a network; only this script needs it.
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
    try:
        import vl_convert
    except ModuleNotFoundError:
        raise SystemExit("needs vl-convert: pip install vl-convert-python") from None
    chart = fan_chart(read_result(sys.argv[1]), level="england", code="ENG")
    svg = vl_convert.vegalite_to_svg(chart.to_json())
    target = Path(__file__).parent / "england.svg"
    target.write_text(svg + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
