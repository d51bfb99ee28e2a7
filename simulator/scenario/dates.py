"""Months as ``YYYY-MM``, and their distance."""

from __future__ import annotations

import re
from typing import Final

MONTH_PATTERN: Final = r"^[12]\d{3}-(0[1-9]|1[0-2])$"


def is_month(text: object) -> bool:
    """Whether a value is a month written ``YYYY-MM``."""
    return isinstance(text, str) and re.match(MONTH_PATTERN, text) is not None


def months_between(first: str, second: str) -> int:
    """Return the number of months from ``first`` to ``second``, both ``YYYY-MM``."""
    return _count(second) - _count(first)


def month_after(month: str, months: int) -> str:
    """Return the month that lies ``months`` after ``month``."""
    year, index = divmod(_count(month) + months, 12)
    return f"{year:04d}-{index + 1:02d}"


def _count(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1
