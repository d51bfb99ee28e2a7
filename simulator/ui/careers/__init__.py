"""Careers: pages for students, careers advisers and universities."""

from typing import Final

CAREERS_PATH: Final = "careers"
"""Where navigation puts the page."""
