"""A table as a CSV file, with a JSON file beside it that says what made it: both or neither."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulator.domain.digests import file_digest
from simulator.results.folders import write_text

if TYPE_CHECKING:
    import pandas as pd

SUFFIX: Final = ".about.json"


class CsvError(ValueError):
    """A table cannot be written where it is wanted; ``problems`` says why."""

    def __init__(self, path: Path, words: str) -> None:
        """Name the file and what would be right."""
        self.problems = (f"{path}: {words}",)
        super().__init__(self.problems[0])


def beside(path: Path) -> Path:
    """The file that says what made a table."""
    return path.with_name(path.name + SUFFIX)


def check_csv(path: Path) -> None:
    """Refuse a file that cannot be written, before any work is done for it.

    Raises:
        CsvError: If its name is no CSV file's, its folder is missing or closed, or it would
            replace something that this program did not write.
    """
    if path.suffix != ".csv":
        raise CsvError(path, "the name of the table must end in .csv")
    if path.is_dir() or (path.exists() and not beside(path).is_file()):
        raise CsvError(path, "there is something else here; choose another name")
    if not path.parent.is_dir():
        raise CsvError(path, f"there is no folder {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise CsvError(path, f"nothing can be written in {path.parent}; choose another folder")


def write_csv(frame: pd.DataFrame, path: Path, about: Mapping[str, Any]) -> Path:
    """Write a table and what made it.

    Args:
        frame: The table.
        path: Ends in ``.csv``; an earlier table of this program is replaced.
        about: What made it; the digest of the CSV file is added.

    Raises:
        CsvError: If the file cannot be written or would replace something else.
        OSError: If writing fails half-way; nothing is left behind.
    """
    check_csv(path)
    new, new_about = (one.with_name(f".{one.name}.part") for one in (path, beside(path)))
    try:
        write_text(new, frame.to_csv(index=False, lineterminator="\n"))
        stated = {**about, "rows": len(frame), "columns": list(frame), "sha256": file_digest(new)}
        write_text(new_about, json.dumps(stated, indent=2, ensure_ascii=False) + "\n")
        new_about.replace(beside(path))
        new.replace(path)
    finally:
        for one in (new, new_about):
            with suppress(OSError):
                one.unlink(missing_ok=True)
    return path
