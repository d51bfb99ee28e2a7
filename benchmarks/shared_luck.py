"""How much shared luck narrows the difference between two scenarios.

Two scenarios with one seed share the luck of every person, post and trainee, future by future. The
difference of a lever is then known much better than from runs with seeds of their own. Here a lever
on leaving is tried on England, and the width of the interval of the mean difference is put against
the width of that from independent seeds, at equal replications.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from simulator.experiments.futures import Cut, run_futures
from simulator.model.compile import compile_scenario
from simulator.scenario import load_scenario

F64 = NDArray[np.float64]
ENGLAND: Final = Path(__file__).resolve().parent.parent / "scenarios" / "england.toml"
MONTH: Final = 60
BARS: Final = {0.98: 0.5, 0.90: 0.8}
"""Factor on leaving, and the widest that its paired interval may be, as a share of the other."""
OTHER_SEED: Final = 77_000_001


@dataclass(frozen=True)
class Luck:
    """What shared luck is worth for one factor on leaving.

    Attributes:
        factor: Factor on the hazard of leaving, from month 1.
        difference: Mean difference in headcount at month 60, people.
        paired: Half the width of its 95 % interval with shared luck, people.
        apart: The same with independent seeds.
    """

    factor: float
    difference: float
    paired: float
    apart: float

    @property
    def ratio(self) -> float:
        """Width with shared luck as a share of the width without."""
        return self.paired / self.apart


def headcount(place: dict[str, Any], seed: int, sizes: dict[str, int], factor: float) -> F64:
    """Headcount of the place at month 60 in every future, with leaving times a factor."""
    lever = {
        "id": "leaving",
        "title": "Fewer leavers",
        "target": "leaving",
        "operation": "multiply",
        "value": factor,
        "start": "2026-04",
        "rationale": "how well a small difference is seen",
        "author": "Benchmark",
    }
    over: dict[str, Any] = {**place, **sizes, "months": MONTH, "seed": seed}
    if factor != 1.0:
        over["lever"] = [lever]
    spec = compile_scenario(load_scenario(ENGLAND, overrides=over))
    widest = spec.places.names[-1]
    cut = Cut((widest,), ("headcount",), (MONTH,), groups=("all",))
    counts: F64 = run_futures(spec, cut, workers=2).values[0].astype(np.float64)
    return counts


def half_width(differences: F64, draws: int) -> float:
    """Half of a 95 % interval of the mean; with several draws these count as independent."""
    from scipy.stats import t

    if draws > 1:  # future i belongs to draw i mod draws
        differences = differences.reshape(-1, draws).mean(axis=0)
    count = len(differences)
    return float(t.ppf(0.975, count - 1) * differences.std(ddof=1) / np.sqrt(count))


def measure(place: dict[str, Any], sizes: dict[str, int], seed: int = 20260331) -> list[Luck]:
    """Compare intervals with shared luck and with independent seeds, for every factor.

    Args:
        place: Where: ``place`` and ``rest`` of a scenario.
        sizes: Draws and replications.
        seed: Seed of the runs that share it; the other has one of its own.
    """
    before = headcount(place, seed, sizes, 1.0)
    other = headcount(place, OTHER_SEED, sizes, 1.0)
    found = []
    for factor in BARS:
        after = headcount(place, seed, sizes, factor)
        paired, apart = after - before, after - other
        draws = sizes["draws"]
        mean = float(paired.mean())
        found.append(Luck(factor, mean, half_width(paired, draws), half_width(apart, draws)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=256)
    parser.add_argument("--draws", type=int, default=64, help="of the part reported apart")
    given = parser.parse_args()
    failed = False
    print("| draws | leaving x | difference | shared luck | seeds apart | ratio | bar |")
    print("|---|---|---|---|---|---|---|")
    for draws in (1, given.draws):
        sizes = {"draws": draws, "replications": given.replications}
        for one in measure({"place": {"england": True}}, sizes):
            bar = BARS[one.factor] if draws == 1 else float("inf")
            failed |= one.ratio > bar
            print(
                f"| {draws} | {one.factor:g} | {one.difference:.0f} | ± {one.paired:.1f} "
                f"| ± {one.apart:.1f} | {one.ratio:.2f} | {bar if draws == 1 else '':} |",
                flush=True,
            )
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
