"""``workforce app --room``: what it prints, and what the server answers under which name."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.cli import app as command
from simulator.cli.main import main
from simulator.domain.network import room_address

ROOT = Path(__file__).parents[2]


def _answer(host: str, port: int, path: str = "/", method: str = "GET", **headers) -> int:
    line = http.client.HTTPConnection(host, port, timeout=20)
    line.request(method, path, headers=headers)
    status = line.getresponse().status
    line.close()
    return status


@pytest.mark.app
def test_a_room_is_reached_from_the_network_under_its_own_names(tmp_path):
    """On this computer's own address in its network, as a phone would."""
    address = room_address()
    if address is None:
        pytest.skip("this computer is in no network")
    with socket.socket() as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    line = [sys.executable, "-m", "simulator.cli.main", "app", "--room", "--no-open"]
    line += ["--port", str(port), "--workers", "1", "--name", "planning-laptop"]
    environment = {**os.environ, "WORKFORCE_WORKSHOPS": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        line,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as server:
        try:
            told = ""
            while "Files are" not in told:
                assert server.stdout is not None
                piece = server.stdout.readline()
                assert piece, told
                told += piece
            assert f"The room is at http://{address}:{port}/room" in told
            assert "█" in told  # the code to scan
            assert "others on this network can read what is sent" in told
            assert "Files are taken from this computer alone." in told
            assert "external" not in told.lower()  # nobody outside was asked for an address
            assert _answer(address, port) == 200
            assert _answer("127.0.0.1", port) == 200
            assert _answer("127.0.0.1", port, Host=f"planning-laptop:{port}") == 200
            assert _answer("127.0.0.1", port, Host=f"evil.example:{port}") == 421
            file = "/_stcore/upload_file/session/file"
            assert _answer(address, port, file, "PUT") == 403
            assert _answer(address, port, "/_stcore/metrics") == 404
        finally:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(30)


@pytest.mark.app
def test_the_server_is_told_its_names_and_whether_it_takes_files():
    told = command._gate("0.0.0.0", "192.0.2.7", 8501, ["laptop"], room=True, uploads=False)
    assert told["WORKFORCE_UPLOADS"] == "no"
    assert told["WORKFORCE_ROOM"] == "http://192.0.2.7:8501"
    assert {"192.0.2.7", "laptop", "localhost"} <= set(told["WORKFORCE_HOSTS"].split(","))
    told = command._gate("0.0.0.0", "0.0.0.0", 8501, [], room=False, uploads=False)
    assert told == {"WORKFORCE_UPLOADS": "yes"}
    told = command._gate("fd00::2", "fd00::2", 80, [], room=True, uploads=True)
    assert (told["WORKFORCE_UPLOADS"], told["WORKFORCE_ROOM"]) == ("yes", "http://[fd00::2]:80")


@pytest.mark.app
def test_options_that_do_not_fit_are_refused(capsys):
    assert main(["app", "--uploads", "--no-open"]) == 2
    assert "needs --room" in capsys.readouterr().err
    assert main(["app", "--port", "99999", "--no-open"]) == 2
    assert "a whole number from 1 to 65535" in capsys.readouterr().err
