"""Where the arrays engine spends its time: one region of England, one process, cProfile.

python benchmarks/profile_arrays.py [--region Y58] [--size 8 --size 64] [--sort cumtime]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from simulator.engines.arrays import make_layout, sum_block
from simulator.experiments.simulate import block_size
from simulator.model.compile import compile_scenario
from simulator.scenario import load_scenario


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--region", default="Y58")
    parser.add_argument(
        "--size", type=int, action="append", help="replications of a block; as in a run if left out"
    )
    parser.add_argument("--sort", default="tottime", choices=["tottime", "cumtime"])
    parser.add_argument("--top", type=int, default=30)
    given = parser.parse_args()
    root = Path(__file__).resolve().parent.parent
    spec = compile_scenario(load_scenario(root / "scenarios" / "england.toml"))
    layout = make_layout(spec, (given.region,))
    here = [spec.trust_region[trust] == given.region for trust in spec.cells.trust]
    posts = int(spec.cells.posts[here].sum())
    sizes = given.size or [block_size(replace(spec, replications=1 << 10), posts)]
    print(f"{given.region}: {posts:,} opening posts, {spec.months} months; the process's own time")
    for size in sizes:
        sum_block(layout, 0, size)
        start = time.process_time()
        totals = sum_block(layout, size, size)
        took = time.process_time() - start
        price = took / totals.events * 1e9
        print(
            f"{size:5} replications {took:7.2f} s {totals.events:10,} events {price:7.0f} ns each"
        )
    profile = cProfile.Profile()
    profile.runcall(sum_block, layout, 0, sizes[-1])
    pstats.Stats(profile).strip_dirs().sort_stats(given.sort).print_stats(given.top)


if __name__ == "__main__":
    main()
