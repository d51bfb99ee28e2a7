"""Rules for every test: exactly one kind, and chance that repeats."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

KINDS = frozenset(
    {"unit", "functional", "property", "crosscheck", "back", "data", "app", "browser"}
)
"""The kinds of test; ``nightly`` is not a kind and may be added to one."""

_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile(
    "ci", derandomize=True, deadline=None, print_blob=True, suppress_health_check=_SLOW
)
settings.register_profile("dev", deadline=None, suppress_health_check=_SLOW)
settings.register_profile(
    "long", parent=settings.get_profile("ci"), max_examples=1_000, derandomize=False
)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)


def kinds_of(item: pytest.Item) -> list[str]:
    """Return the kinds a test is marked with, sorted, each once."""
    return sorted({mark.name for mark in item.iter_markers()} & KINDS)


@pytest.hookimpl(tryfirst=True)  # before tests are deselected by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test without exactly one kind.

    Raises:
        pytest.UsageError: Some test has no kind or several; all of them are named.
    """
    wrong = [(item.nodeid, kinds) for item in items if len(kinds := kinds_of(item)) != 1]
    if wrong:
        lines = [f"  {name}: {', '.join(kinds) or 'none'}" for name, kinds in wrong]
        one_of = ", ".join(sorted(KINDS))
        raise pytest.UsageError(
            "\n".join([f"every test needs exactly one of the markers {one_of}; found", *lines])
        )
