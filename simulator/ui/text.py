"""Text that came from somewhere else, made harmless for Markdown."""

from __future__ import annotations

import re
from typing import Final

_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_ADDRESS: Final = re.compile(r"(?<=[a-z0-9])(?=@|://)|(?<=www)(?=\.)", re.IGNORECASE)
"""Where an address of the web or of mail would be made a link, with backslashes or without."""
_JOINER: Final = "\u2060"
"""Has no width; breaks no line."""


def plain(text: str) -> str:
    """Text so that Markdown shows it as it was typed: no link, picture, HTML or formula."""
    words = _ADDRESS.sub(_JOINER, " ".join(text.split()))
    return _PUNCTUATION.sub(r"\\\1", words)
