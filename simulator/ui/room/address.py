"""Where others in the room find the server: its address, the link, and a code to scan."""

from __future__ import annotations

import io
from urllib.parse import quote, urlsplit

from simulator.domain.network import room_address

__all__ = ["is_page", "link", "qr_svg", "room_address"]


def is_page(address: str) -> bool:
    """Is it an address of the web that names a computer?"""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def link(page: str, key: str, value: str) -> str:
    """Return a link to a page with one query parameter, whatever stood after the path before.

    Args:
        page: Address of the page, such as ``http://192.168.1.5:8501/participant``.
        key: Name of the parameter.
        value: Its value.
    """
    parts = urlsplit(page)
    return f"{parts.scheme}://{parts.netloc}{parts.path}?{quote(key)}={quote(value, safe='')}"


def qr_svg(text: str, alt: str) -> str:
    """Return a QR code as SVG that says in words what it holds.

    Dark on white with the quiet zone the standard asks for, in dark mode too.

    Args:
        text: What it holds.
        alt: Words for those who cannot see it.
    """
    import segno

    drawing = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(
        drawing, kind="svg", scale=6, border=4, light="white", title=alt, xmldecl=False, nl=False
    )
    return drawing.getvalue().decode("utf-8").replace("<svg ", '<svg role="img" ', 1)
