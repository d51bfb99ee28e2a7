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


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """Address of the page, served as a user would: ``streamlit run app.py``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("server") / "log").open("w")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as server:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def scenarios():
    """The scenario folder that the page uses."""
    return Path(os.environ.get("WORKFORCE_SCENARIOS", ROOT / "scenarios"))


@pytest.fixture
def page(browser, address):
    """A fresh visit; it fails if anything is asked of another host."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    visit = context.new_page()
    asked: list[str] = []
    visit.on("request", lambda request: asked.append(request.url))
    visit.set_default_timeout(30_000)
    yield visit
    context.close()
    local = (address, address.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(local)] == []
