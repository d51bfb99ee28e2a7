"""Pictures of the workshop page: python docs/images/pages.py (needs Playwright and Chromium)."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
PAGES = {
    "workshop-start": ("/?place=trust-RGT", "h2"),
    "workshop-outlook": ("/outlook?place=trust-RGT", "canvas, svg.marks"),
    "workshop-levers": (
        "/levers?place=trust-RGT&retention_offer=15@2027-04&faster_hiring=20@2027-04",
        "table",
    ),
}


def main() -> None:
    """Serve the page, open each of its pages, wait for the full run and take a picture."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with (
        subprocess.Popen(command, cwd=HERE.parents[1], stdout=subprocess.DEVNULL) as server,
        sync_playwright() as playwright,
    ):
        time.sleep(8)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, (path, sign) in PAGES.items():
            page = browser.new_page(viewport={"width": 1366, "height": 900})
            page.goto(f"http://127.0.0.1:{port}{path}")
            page.locator(sign).first.wait_for(timeout=60_000)
            page.get_by_text("Full run:").wait_for(timeout=60_000)
            page.wait_for_timeout(1_000)
            page.screenshot(path=HERE / f"{name}.png")
            page.close()
        browser.close()
        server.terminate()


if __name__ == "__main__":
    main()
