"""Time from a lever to the new figures, in a real browser: python benchmarks/page.py [TRUST].

Serves the page, moves one lever twenty times, and waits each time until the table of changes is
new and no part of the page is marked as old. Needs Playwright and Chromium.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
BAR = (0.3, 0.5)
"""Seconds, median and 95th percentile, of one visitor on two free cores."""
FRESH = """before => {
  const table = document.querySelector('table');
  const old = document.querySelector('[data-stale="true"] table');
  return table && table.innerText !== before && !old;
}"""


def main() -> None:
    trust = sys.argv[1] if len(sys.argv) > 1 else "RGT"
    with served() as (port, _), visit(f"http://127.0.0.1:{port}/levers?place=trust-{trust}") as one:
        seconds = []
        for amount in range(5, 26):
            seconds.append(moved(one, amount))
            one.wait_for_timeout(700)
    del seconds[0]
    middle, late = statistics.median(seconds), quantile(seconds, 0.95)
    print(f"{trust}: median {middle:.2f} s, 95th percentile {late:.2f} s,")
    load = os.getloadavg()[0]
    print(f"bars {BAR[0]} and {BAR[1]} s; load {load:.1f} on {os.cpu_count()} cores")


def quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


@contextmanager
def served() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The page on a free port of this computer: the port, and the server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as server:
        try:
            time.sleep(8)
            yield port, server
        finally:
            server.terminate()


@contextmanager
def visit(address: str) -> Iterator[Page]:
    """The levers of an address in a browser, ready to be moved."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(address)
        page.get_by_label("Retention offer, per cent, as a number").wait_for(timeout=60_000)
        page.wait_for_timeout(3_000)
        yield page
        browser.close()


def moved(page: Page, amount: int) -> float:
    """Seconds from the key that sets a lever to the new figures."""
    table = page.locator("table")
    before = table.first.inner_text() if table.count() else ""
    box = page.get_by_label("Retention offer, per cent, as a number")
    box.fill(str(amount))
    started = time.perf_counter()
    box.press("Enter")
    page.wait_for_function(FRESH, arg=before, timeout=30_000)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
