"""Text that people type: checked before it is kept, and made harmless before it is shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from simulator.ui.text import plain as as_markdown

__all__ = ["LINE", "NAME", "NOTE", "RoomError", "Typed", "as_cell", "as_markdown", "cleaned"]

NAME: Final = 40
LINE: Final = 200
NOTE: Final = 1_000
"""Longest name, line and note, in characters."""
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Kinds of character that are not seen, or that turn the direction of what stands around them."""
_JOINERS: Final = frozenset({"\u200c", "\u200d"})
"""Invisible, but part of the spelling of names in some scripts."""


class RoomError(ValueError):
    """Something the room refuses, with every reason in words for the person who asked."""

    def __init__(self, *problems: str) -> None:
        """Keep the reasons; there is at least one."""
        self.problems = list(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Typed:
    """Text that was typed into a field.

    Attributes:
        text: What was typed.
        what: The field as its reader knows it, for messages.
        longest: Characters allowed.
        lines: Whether it may have several lines.
        blank: Whether it may be empty.
    """

    text: str
    what: str
    longest: int
    lines: bool = False
    blank: bool = False


def cleaned(*typed: Typed, also: Sequence[str] = ()) -> list[str]:
    """Return texts as they are kept: trimmed, of sensible length, every character visible.

    Args:
        typed: The texts.
        also: Other problems of the same form, told with those found here.

    Raises:
        RoomError: With everything that is wrong with any of them.
    """
    kept = [unicodedata.normalize("NFC", one.text.replace("\r\n", "\n")).strip() for one in typed]
    problems = [
        problem for one, text in zip(typed, kept, strict=True) for problem in _problems(one, text)
    ]
    if problems or also:
        raise RoomError(*problems, *also)
    return kept


def _problems(typed: Typed, text: str) -> Iterator[str]:
    if not text and not typed.blank:
        yield f"{typed.what}: it is empty; write at least one letter"
    if len(text) > typed.longest:
        yield f"{typed.what}: {len(text)} characters; at most {typed.longest} are kept"
    hidden = sorted({char for char in text if _is_hidden(char, typed.lines)})
    if hidden:
        codes = ", ".join(f"U+{ord(char):04X}" for char in hidden[:5])
        yield f"{typed.what}: characters that cannot be seen ({codes}); type it without them"


def _is_hidden(char: str, lines: bool) -> bool:
    if char in _JOINERS or (lines and char == "\n"):
        return False
    return unicodedata.category(char) in _REFUSED


def as_cell(value: object) -> object:
    """Return a value for a cell of CSV; text that a spreadsheet would run is quoted."""
    if isinstance(value, str) and value.lstrip()[:1] in {"=", "+", "-", "@"}:
        return "'" + value
    return value
