"""The web server around the pages: workers, security headers, and where scenarios are found."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.ui.desk import Desk, close_desk, open_desk

SCENARIOS: Final = "WORKFORCE_SCENARIOS"
"""Environment variable: the scenario folder, if it is not ./scenarios or beside the program."""
WORKERS: Final = "WORKFORCE_WORKERS"
"""Environment variable: worker processes; by default one for each core, two at most."""
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; "
        "worker-src 'self' blob:; frame-ancestors 'none'; form-action 'self'; base-uri 'self'; "
        "object-src 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}


class Headers:
    """Adds security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(name, value) for name, value in message["headers"] if name not in _RAW]
                message["headers"] = [*given, *_RAW.items()]
            await send(message)

        await self.app(scope, receive, sent)


_RAW: Final = {name.encode(): value.encode() for name, value in _HEADERS.items()}


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
    gc.collect()
    gc.freeze()  # Streamlit collects garbage after every rerun, and these modules stay
    try:
        yield {}
    finally:
        close_desk()


SCRIPT: Final = Path(__file__).with_name("workshop.py")
MIDDLEWARE: Final = [Middleware(Headers)]
