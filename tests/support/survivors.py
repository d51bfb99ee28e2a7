"""The forty survivors with a lever on leaving, whose effect has a closed form."""

from __future__ import annotations

import shutil
from pathlib import Path

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
LEVER = """
[[lever]]
id = "stay"
title = "Leaving times a factor"
target = "leaving"
operation = "multiply"
value = {value}
start = "2026-03"
rationale = "Worked by hand."
author = "Worked by hand"
"""


def survivors(folder: Path, *, value: float = 0.9, name: str = "survivors") -> Path:
    """Write tiny-survivors with a lever that multiplies leaving from the opening; its path.

    Staff in post in month 24 is then Binomial(40, exp(-0.24 value)), and need is 40 / 0.97 FTE.
    """
    census = folder / "census" / "tiny-survivors"
    if not census.exists():
        shutil.copytree(SCENARIOS / "census" / "tiny-survivors", census)
    text = (SCENARIOS / "tiny-survivors.toml").read_text(encoding="utf-8")
    text = text.replace('id = "tiny-survivors"', f'id = "{name}"')
    path = folder / f"{name}.toml"
    path.write_text(text + LEVER.format(value=value), encoding="utf-8")
    return path
