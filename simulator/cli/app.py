"""``workforce app``: serve the workshop page and open it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from simulator.cli.guard import FAILED, complain, guarded, refuse
from simulator.cli.options import check_workers, examples, number

EPILOG: Final = examples("app", "app --port 8080 --no-open", "app --address 0.0.0.0 --workers 4")
_WAIT: Final = 60.0
"""Seconds within which the page must answer."""


def app(
    address: Annotated[
        str, typer.Option(help="Address to serve on; 0.0.0.0 lets other laptops in.")
    ] = "127.0.0.1",
    port: Annotated[int, number("Port to serve on.")] = 8501,
    scenarios: Annotated[
        Path | None, typer.Option(help="The scenario folder, if it is not ./scenarios.")
    ] = None,
    workers: Annotated[int | None, number("Worker processes; by default two.")] = None,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open a browser.")] = True,
) -> None:
    """Serve the workshop page; Ctrl-C stops it."""
    with guarded():
        check_workers(workers)
        if not 1 <= port <= 65535:
            raise refuse("command line", "--port", str(port), "a whole number from 1 to 65535")
        environment = _environment(scenarios, workers)
        command = [sys.executable, "-m", "simulator.ui", address, str(port)]
        with subprocess.Popen(command, env=environment) as server:
            try:
                _announce(server, address, port, open_=open_)
                code = server.wait()
            except KeyboardInterrupt:
                server.wait()
                return
        if code not in (0, -2, -15):
            complain([f"The page stopped (exit code {code})."])
            raise typer.Exit(FAILED)


def _environment(scenarios: Path | None, workers: int | None) -> dict[str, str]:
    found = dict(os.environ)
    if scenarios is not None:
        if not (scenarios / "england.toml").is_file():
            words = "no england.toml here; name a folder of scenarios"
            raise refuse("command line", "--scenarios", str(scenarios), words)
        found["WORKFORCE_SCENARIOS"] = str(scenarios.resolve())
    if workers is not None:
        found["WORKFORCE_WORKERS"] = str(workers)
    return found


def _announce(server: subprocess.Popen[Any], address: str, port: int, *, open_: bool) -> None:
    """Say where the page is once it answers, and open it."""
    import socket
    import time
    import webbrowser

    host = "127.0.0.1" if address == "0.0.0.0" else address
    end = time.monotonic() + _WAIT
    while server.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
            continue
        url = f"http://{host}:{port}"
        print(f"The workshop page is at {url}; Ctrl-C stops it.", flush=True)
        if open_:
            webbrowser.open(url)
        return
