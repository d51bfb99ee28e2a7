"""Folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with line feeds and make sure it is on disk."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def check_target(target: Path, mark: str) -> None:
    """Refuse a target that would overwrite something else.

    Args:
        target: A folder to make.
        mark: A file that shows that an existing folder was made by this program.

    Raises:
        FileExistsError: If the target exists and is neither empty nor one of ours.
    """
    if target.is_dir() and ((target / mark).is_file() or not any(target.iterdir())):
        return
    if target.exists():
        raise FileExistsError(f"{target}: there is something else here; choose another folder")


@contextmanager
def new_folder(target: Path, mark: str) -> Iterator[Path]:
    """Build a folder beside its target and put it in place at the end.

    An earlier folder of ours is replaced only when the new one is complete.

    Raises:
        FileExistsError: If the target holds something else.
        OSError: If it cannot be written; nothing is left behind.
    """
    check_target(target, mark)
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield building
        building.chmod(0o755)
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
            target.replace(old / "was")
            building.replace(target)
            shutil.rmtree(old)
        else:
            building.replace(target)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
