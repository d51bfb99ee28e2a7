"""The documents: links lead somewhere, and the commands they show exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "simulator", "scenarios", "benchmarks", "tests")
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *(f for d in FOLDERS for f in sorted((ROOT / d).rglob("*.md"))),
]
FENCE = re.compile(r"^(`{3,}|~{3,})\s*(\S*)")
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)")
CODE = re.compile(r"(`+).+?\1")
NOT_A_FILE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def blocks(text: str) -> Iterator[tuple[int, str | None, str]]:
    """Yield (line number, language or None outside a fenced block, line)."""
    fence, language = "", None
    for number, line in enumerate(text.splitlines(), 1):
        mark = FENCE.match(line.strip())
        if fence:
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence, language = "", None
            else:
                yield number, language, line
        elif mark:
            fence, language = mark[1], mark[2]
        else:
            yield number, None, line


def links(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line number, target) of every link outside code."""
    for number, language, line in blocks(text):
        if language is None:
            prose = CODE.sub("", line)
            for match in [*LINK.finditer(prose), *REFERENCE.finditer(prose)]:
                yield number, match[1]


def anchors(text: str) -> set[str]:
    """Return the anchors that headings of a document make."""
    found: set[str] = set()
    for _, language, line in blocks(text):
        if language is None and line.startswith("#"):
            title = re.sub(r"[^\w\s-]", "", line.lstrip("#").strip().lower())
            found.add(re.sub(r"\s", "-", title))
    return found


def commands(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, words) of each ``$ workforce ...`` line in a console block."""
    for number, language, line in blocks(text):
        if language == "console" and line.startswith("$ workforce"):
            yield number, shlex.split(line[2:].rstrip("\\"), comments=True)


def broken(document: Path) -> Iterator[str]:
    """Yield a line of text for each relative link of a document that leads nowhere."""
    for number, target in links(document.read_text(encoding="utf-8")):
        if NOT_A_FILE.match(target):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = (document.parent / path).resolve() if path else document
        where = f"{document.relative_to(ROOT)}:{number} -> {target}"
        if not file.exists():
            yield where
        elif file != ROOT and ROOT not in file.parents:
            yield f"{where} (outside the project)"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text("utf-8")):
            yield f"{where} (no such heading)"


def subcommands() -> dict[str, object]:
    """Return the subcommands of ``workforce``, by name; groups hold their own."""
    typer_main = pytest.importorskip("typer.main")
    command_line = pytest.importorskip("simulator.cli.main", reason="no command line yet")
    return dict(typer_main.get_command(command_line.app).commands)


def unknown(words: list[str], known: dict[str, object]) -> str | None:
    """Return the first word of a command that names no subcommand, if there is one."""
    for word in words[1:]:
        if word.startswith("-"):
            continue
        if word not in known:
            return word
        inner = getattr(known[word], "commands", None)
        if not inner:
            return None
        known = dict(inner)
    return None


def test_links_in_code_are_not_links() -> None:
    text = "a [b](c.md) `[d](e.md)`\n```text\n[f](g.md)\n```\n[h]: i.md"
    assert list(links(text)) == [(1, "c.md"), (5, "i.md")]


def test_commands_are_found_in_console_blocks_only() -> None:
    text = "```console\n$ workforce run a.toml\nprinted\n```\n```text\n$ workforce no\n```"
    assert list(commands(text)) == [(2, ["workforce", "run", "a.toml"])]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: str(d.relative_to(ROOT)))
def test_relative_links_lead_somewhere(document: Path) -> None:
    assert list(broken(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: str(d.relative_to(ROOT)))
def test_commands_shown_exist(document: Path) -> None:
    shown = list(commands(document.read_text(encoding="utf-8")))
    known = subcommands() if shown else {}
    wrong = [(number, word) for number, words in shown if (word := unknown(words, known))]
    assert wrong == []
