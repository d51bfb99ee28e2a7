"""What stands between the network and the pages: headers, names, visits, and files sent in."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS: Final = "WORKFORCE_HOSTS"
"""Environment variable: names and addresses under which the page answers; without it, all."""
UPLOADS: Final = "WORKFORCE_UPLOADS"
"""Environment variable: ``no`` takes files from this computer alone."""
VISITS, EACH = 150, 60
"""Most open pages, in all and from one address: a room, with some phones beside the laptops."""
_UPLOAD: Final = "/_stcore/upload_file/"
_METRICS: Final = "/_stcore/metrics"
_PAGELESS: Final = ("/_stcore/", "/static/", "/media/", "/component/")
"""Paths that belong to a page which is open already."""
_HERE: Final = ("127.0.0.1", "::1", "localhost", "testclient")
_INLINE: Final = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_FULL: Final = (
    f"This computer serves {VISITS} open pages ({EACH} of one address), the most at a time. Close "
    "a page you no longer use, wait a minute, and load this one again."
)


def policy(page: bytes) -> str:
    """The content policy of a page: of inline scripts, only those that it holds as it is shipped.

    Args:
        page: Its HTML.
    """
    hashes = " ".join(
        f"'sha256-{b64encode(sha256(script).digest()).decode()}'"
        for script in _INLINE.findall(page)
        if script.strip()
    )
    return (
        f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; "
        "worker-src 'self' blob:; frame-ancestors 'none'; form-action 'self'; base-uri 'self'; "
        "object-src 'none'"
    )


def _shipped() -> bytes:
    import streamlit

    return (Path(streamlit.__file__).parent / "static" / "index.html").read_bytes()


class Headers:
    """Adds security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app
        named = {
            "content-security-policy": policy(_shipped()),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
            "cross-origin-opener-policy": "same-origin",
        }
        self.added = {name.encode(): value.encode() for name, value in named.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [pair for pair in message["headers"] if pair[0] not in self.added]
                message["headers"] = [*given, *self.added.items()]
            await send(message)

        await self.app(scope, receive, sent)


class Gate:
    """Turns away what the page is not there for, in words where a person reads them."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app
        self.open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        client = str(scope["client"][0]) if scope.get("client") else ""
        refused = self._refused(scope, client)
        if refused is not None:
            await _refuse(scope, send, *refused)
        elif scope["type"] == "websocket":
            self.open[client] += 1
            try:
                await self.app(scope, receive, send)
            finally:
                self.open[client] -= 1
                self.open += Counter()  # forgets those who have gone
        else:
            await self.app(scope, receive, send)

    def _refused(self, scope: Scope, client: str) -> tuple[int, str] | None:
        path = str(scope["path"])
        if not is_served(_host(scope)):
            return 421, "The page is not served under this name. Use the address you were given."
        if scope["type"] == "websocket" and not _same_origin(scope):
            return 403, "Another page asks."
        if _UPLOAD in path and scope.get("method") not in ("GET", "OPTIONS", "DELETE"):
            if not takes_files(client):
                return 403, "Files are not taken from other computers here."
        elif path.endswith(_METRICS) and client not in _HERE:
            return 404, "Not found."
        full = self.open.total() >= VISITS or self.open[client] >= EACH
        if full and (scope["type"] == "websocket" or not path.startswith(_PAGELESS)):
            return 503, _FULL
        return None


async def _refuse(scope: Scope, send: Send, status: int, words: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1013 if status == 503 else 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    if status == 503:
        headers.append((b"retry-after", b"60"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words.encode()})


def _host(scope: Scope) -> str:
    found = [value for name, value in scope["headers"] if name == b"host"]
    return str(found[0].decode("latin-1")) if len(found) == 1 else ""


def _same_origin(scope: Scope) -> bool:
    """Does the page's own origin ask? Checked where the names of the page are known."""
    found = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
    if not os.environ.get(HOSTS) or not found:
        return True
    return len(found) == 1 and urlsplit(found[0]).netloc == _host(scope)


def is_served(host: str) -> bool:
    """Does the page answer under this name? A page elsewhere may point a name of its own here.

    Args:
        host: As the request names it, with or without a port.
    """
    allowed = [one.strip().lower() for one in os.environ.get(HOSTS, "").split(",") if one.strip()]
    if not allowed:
        return True
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name is not None and name.rstrip(".") in allowed


def takes_files(client: str | None) -> bool:
    """May a visitor send in a file?

    Args:
        client: Their network address; none is this computer.
    """
    return os.environ.get(UPLOADS, "yes") != "no" or client is None or client in _HERE


MIDDLEWARE: Final = [Middleware(Headers), Middleware(Gate)]
