"""Digests of files and tables: what a manifest states and a verification compares."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    return sha256(path.read_bytes()).hexdigest()


Stamp = tuple[tuple[str, int, int], ...]
"""Name, size and time of change of the files of a folder."""


def folder_stamp(folder: Path) -> Stamp:
    """What tells whether a folder's files have changed since they were read in this process."""
    if not folder.is_dir():
        return ()
    found = ((path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file())
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in found)


def digest_of(parts: Iterable[bytes]) -> str:
    """SHA-256 of parts in order; each is preceded by its length, so parts cannot run together."""
    state = sha256()
    for part in parts:
        state.update(len(part).to_bytes(8, "little"))
        state.update(part)
    return state.hexdigest()
