"""Run england.toml once, from file to tables; `speed.py` runs this and watches its memory."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from simulator.experiments.run import run_scenario
from simulator.scenario import load_scenario


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, required=True)
    parser.add_argument("--draws", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    given = parser.parse_args()
    over = {"replications": given.replications, "draws": given.draws}
    root = Path(__file__).resolve().parent.parent
    scenario = load_scenario(root / "scenarios" / "england.toml", overrides=over)
    result = run_scenario(scenario, workers=given.workers)
    used = os.times()
    at_work = used.user + used.system + used.children_user + used.children_system
    print(json.dumps({"events": result.manifest["events"], "at_work": at_work}))


if __name__ == "__main__":
    main()
