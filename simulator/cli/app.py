"""``workforce app``: serve the workshop page and open it, for this computer or for a room."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from simulator.cli.guard import FAILED, complain, guarded, refuse
from simulator.cli.options import check_workers, examples, number

EPILOG: Final = examples("app", "app --room", "app --port 8080 --no-open", "app --room --uploads")
_WAIT: Final = 60.0
"""Seconds within which the page must answer."""
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_EVERYWHERE: Final = ("0.0.0.0", "::")
_STOPPED: Final = (0, -2, -15)
"""Exit codes of a server that was asked to stop."""


def app(
    address: Annotated[
        str | None,
        typer.Option(help="Address to serve on; by default this computer alone can reach it."),
    ] = None,
    port: Annotated[int, number("Port to serve on.")] = 8501,
    room: Annotated[
        bool, typer.Option("--room", help="For a room: others on this network reach it.")
    ] = False,
    uploads: Annotated[
        bool, typer.Option("--uploads", help="In a room, take files from others too.")
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="Another name under which it answers; may be repeated."),
    ] = None,
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
        if uploads and not room:
            words = "needs --room; without it only this computer sends files"
            raise refuse("command line", "--uploads", "", words)
        shown = _room_address(address) if room else address or "127.0.0.1"
        bound = "0.0.0.0" if room and address is None else address or "127.0.0.1"
        environment = _environment(scenarios, workers)
        environment |= _gate(bound, shown, port, name or [], room=room, uploads=uploads)
        command = [sys.executable, "-m", "simulator.ui", bound, str(port)]
        with subprocess.Popen(command, env=environment) as server:
            try:
                if _answers(server, bound, port):
                    _announce(bound, shown, port, room=room, uploads=uploads, open_=open_)
                code = server.wait()
            except KeyboardInterrupt:
                server.wait()
                return
        if code not in _STOPPED:
            complain([f"The page stopped (exit code {code})."])
            raise typer.Exit(FAILED)


def _room_address(address: str | None) -> str:
    """This computer's address in the room's network."""
    from simulator.domain.network import room_address

    found = room_address() if address in (None, *_EVERYWHERE) else address
    if found is None:
        words = "no network here; join one, or name this computer's address with --address"
        raise refuse("command line", "--room", "", words)
    return found


def _gate(
    bound: str, shown: str, port: int, names: list[str], *, room: bool, uploads: bool
) -> dict[str, str]:
    """What the server is told of its own names, and of files."""
    found = {"WORKFORCE_UPLOADS": "no" if room and not uploads else "yes"}
    if room:
        found["WORKFORCE_ROOM"] = _url(shown, port)
    if room or bound not in _EVERYWHERE:
        from simulator.domain.network import own_names

        found["WORKFORCE_HOSTS"] = ",".join([*_LOCAL, shown, *own_names(), *names])
    return found


def _url(address: str, port: int) -> str:
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


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


def _answers(server: subprocess.Popen[Any], bound: str, port: int) -> bool:
    """Wait until the page answers; tells whether it does."""
    import time

    from simulator.domain.network import answers

    host = "127.0.0.1" if bound in _EVERYWHERE else bound
    end = time.monotonic() + _WAIT
    while server.poll() is None and time.monotonic() < end:
        if answers(host, port):
            return True
        time.sleep(0.2)
    return False


def _announce(bound: str, shown: str, port: int, *, room: bool, uploads: bool, open_: bool) -> None:
    """Say where the page is, and open it."""
    import webbrowser

    own = _url("127.0.0.1" if bound in _EVERYWHERE else bound, port)
    if room:
        print(_invitation(f"{_url(shown, port)}/room", own, uploads=uploads), flush=True)
    else:
        print(f"The workshop page is at {own}; Ctrl-C stops it.", flush=True)
    if open_:
        webbrowser.open(f"{own}/facilitator" if room else own)


def _invitation(page: str, own: str, *, uploads: bool) -> str:
    """What the facilitator reads on the terminal."""
    import io

    import segno

    drawing = io.StringIO()
    segno.make(page, error="m", micro=False).terminal(drawing, compact=True)
    files = "are taken from everybody" if uploads else "are taken from this computer alone"
    return "\n".join(
        [
            f"The room is at {page}; phones open it with this code:",
            drawing.getvalue(),
            f"Lead it at {own}/facilitator on this computer; Ctrl-C stops it.",
            "Plain HTTP: others on this network can read what is sent. Use no secret numbers.",
            f"Files {files}.",
        ]
    )
