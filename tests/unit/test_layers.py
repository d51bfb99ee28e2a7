"""What no module may do: chance outside the keyed numbers, hidden state, the network.

The order of the layers themselves is checked by import-linter (``pyproject.toml``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
SOURCES = [*sorted((ROOT / "simulator").rglob("*.py")), *sorted(ROOT.glob("*.py"))]
CHANCE_ALLOWED = {
    "simulator/keyed.py",
    "simulator/experiments/points.py",  # seeded samples of what is run; nobody's luck
    "simulator/ui/room/door.py",  # secrets of links and codes of rooms
    "simulator/ui/state.py",  # a name for each session; nobody's luck
}
NETWORK_ALLOWED = {
    "simulator/domain/network.py",  # this computer's own address and ports; sends nothing
}

CHANCE = ("random", "numpy.random", "scipy.stats.qmc", "secrets", "uuid")
UNSAFE = ("pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve")
NETWORK = (
    "socket",
    "ssl",
    "urllib.request",
    "urllib3",
    "http.client",
    "requests",
    "httpx",
    "aiohttp",
    "ftplib",
    "smtplib",
)
CLOCKS = ("time.time", "time.time_ns", "os.urandom")
VAGUE_NAMES = {"random", "logging", "types", "utils"}


def dotted_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, full name) of all that a module imports or reaches through an import."""
    alias: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
                first = name.name.partition(".")[0]
                alias[name.asname or first] = name.name if name.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in node.names:
                full = f"{node.module}.{name.name}"
                yield node.lineno, full
                alias[name.asname or name.name] = full
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            parts: list[str] = []
            inner: ast.expr = node
            while isinstance(inner, ast.Attribute):
                parts.append(inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name) and inner.id in alias:
                yield node.lineno, ".".join([alias[inner.id], *reversed(parts)])


def uses(source: str, forbidden: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return (line, name) of each forbidden name, or a part of it, that a source uses."""
    found = {
        (line, name)
        for line, name in dotted_names(ast.parse(source))
        for word in forbidden
        if name == word or name.startswith(f"{word}.")
    }
    return sorted(found)


def offences(forbidden: tuple[str, ...], allowed: frozenset[str] | set[str] = frozenset()) -> str:
    """Return a line of text for each forbidden use in the project."""
    lines = []
    for file in SOURCES:
        path = file.relative_to(ROOT).as_posix()
        if path not in allowed:
            found = uses(file.read_text(encoding="utf-8"), forbidden)
            lines += [f"{path}:{line} uses {name}" for line, name in found]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("import random", 1),
        ("import numpy.random", 1),
        ("from numpy import random", 1),
        ("import numpy as np\nx = np.random.default_rng(1)", 1),
        ("from numpy.random import default_rng", 1),
        ("import numpy as np\nx = np.array([1])", 0),
        ("from simulator import keyed\nx = keyed.number(1, 2, 3)", 0),
        ("import randomness", 0),
    ],
)
def test_every_way_to_reach_a_generator_is_seen(source: str, count: int) -> None:
    assert len({line for line, _ in uses(source, CHANCE)}) == count


def test_only_the_keyed_numbers_make_chance() -> None:
    assert offences(CHANCE, CHANCE_ALLOWED) == ""


def test_no_seed_comes_from_a_clock_or_the_machine() -> None:
    assert offences(CLOCKS) == ""


def test_nothing_is_unpickled() -> None:
    assert offences(UNSAFE) == ""


def test_nothing_reaches_the_network() -> None:
    assert offences(NETWORK, NETWORK_ALLOWED) == ""


def test_no_call_of_eval_or_exec() -> None:
    calls = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"eval", "exec"}
    ]
    assert calls == []


def test_module_names_say_what_they_hold() -> None:
    assert [str(file.relative_to(ROOT)) for file in SOURCES if file.stem in VAGUE_NAMES] == []
