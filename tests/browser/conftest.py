"""A page served for the tests, and a browser to look at it with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@pytest.fixture(scope="session")
def browser():
    """A browser, or why there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip("no Playwright here: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install the system's package chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


def free_port() -> int:
    """A port of this computer that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until something answers on a port, half a minute at most."""
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)


class Server:
    """The page on a port of its own, with workshops in a folder of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.options = folder, options
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Serve as a user would: ``streamlit run app.py``."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py", *self.options]
        command += ["--server.port", str(self.port), "--server.address", "127.0.0.1"]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, "WORKFORCE_WORKSHOPS": str(self.folder)},
            )
        wait_for(self.port)

    def stop(self, *, kill: bool = False) -> None:
        """Ask it to end, or end it as a power cut would."""
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(20)


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """Address of a page that all tests share."""
    server = Server(tmp_path_factory.mktemp("server"))
    yield server.address
    server.stop()


@pytest.fixture(scope="session")
def scenarios():
    """The scenario folder that the page uses."""
    return Path(os.environ.get("WORKFORCE_SCENARIOS", ROOT / "scenarios"))


@pytest.fixture
def page(browser, address):
    """A fresh visit; it fails if anything is asked of another host, or the browser refuses."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    visit = context.new_page()
    asked: list[str] = []
    visit.on("request", lambda request: asked.append(request.url))
    visit.set_default_timeout(30_000)
    yield visit
    context.close()
    local = (address, address.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(local)] == []
