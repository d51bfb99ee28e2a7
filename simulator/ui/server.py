"""The web server around the pages: workers, and where scenarios are found."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from simulator.ui.desk import Desk, close_desk, open_desk
from simulator.ui.errands import close_errands, open_errands
from simulator.ui.gate import MIDDLEWARE

__all__ = ["MIDDLEWARE", "SCRIPT", "desk", "lifespan", "scenario_folder", "workers"]

SCENARIOS: Final = "WORKFORCE_SCENARIOS"
"""Environment variable: the scenario folder, if it is not ./scenarios or beside the program."""
WORKERS: Final = "WORKFORCE_WORKERS"
"""Environment variable: worker processes; by default one for each core, two at most."""


class NoScenariosError(RuntimeError):
    """The folder of scenarios is not found; the message says where it was looked for."""


def scenario_folder() -> Path:
    """The folder of scenarios: named by the environment, in the present folder, or with the code.

    Raises:
        NoScenariosError: If there is none.
    """
    beside = Path(__file__).resolve().parents[2] / "scenarios"
    given = os.environ.get(SCENARIOS)
    tried = [Path(given)] if given else [Path("scenarios"), beside]
    for folder in tried:
        if (folder / "england.toml").is_file():
            return folder.resolve()
    places = " or ".join(str(folder) for folder in tried)
    raise NoScenariosError(f"no england.toml in {places}; set {SCENARIOS} to the scenario folder")


def workers() -> int:
    """Worker processes of the page."""
    given = os.environ.get(WORKERS, "")
    return int(given) if given.isdigit() else min(2, os.cpu_count() or 1)


def desk() -> Desk:
    """The server's desk; without a server (in a test of a page) one that works here."""
    return open_desk(lambda: Desk(scenario_folder(), 0))


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
    """Open the desk with its workers, and close it with the server."""
    import altair  # noqa: F401 - slow to import: before the first visitor comes
    import pandas  # noqa: F401

    open_desk(lambda: Desk(scenario_folder(), workers()))
    open_errands(processes=True)
    gc.collect()
    gc.freeze()  # Streamlit collects garbage after every rerun, and these modules stay
    try:
        yield {}
    finally:
        close_desk()
        close_errands()


SCRIPT: Final = Path(__file__).with_name("workshop.py")
