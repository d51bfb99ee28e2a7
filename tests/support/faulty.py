"""A copy of an engine with one text of its source changed: a fault, to see whether it is caught.

Texts are those of the source in canonical form (``ast.unparse``: no comments, single quotes, one
statement a line), so that layout and comments can change without touching a fault.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple


class Fault(NamedTuple):
    """One change of one module of an engine."""

    module: str  # below simulator.engines, such as people.market
    old: str
    new: str
    why: str

    @property
    def package(self) -> str:
        """The engine's package."""
        return "simulator.engines." + self.module.partition(".")[0]

    @property
    def full_name(self) -> str:
        """The module's full name."""
        return "simulator.engines." + self.module

    @property
    def path(self) -> Path:
        """The file of the sound module."""
        spec = find_spec(self.full_name)
        assert spec is not None and spec.origin is not None
        return Path(spec.origin)

    def source(self) -> str:
        """The module's canonical source with the fault in it.

        Raises:
            ValueError: The old text is not there exactly once, or the new one changes nothing.
        """
        sound = ast.unparse(ast.parse(self.path.read_text(encoding="utf-8")))
        found = sound.count(self.old)
        if found != 1 or self.old == self.new:
            raise ValueError(f"{self.module}: {self.old!r} found {found} times, not changed once")
        return sound.replace(self.old, self.new)


class _Loader(SourceFileLoader):
    """Loads given source in a file's place; leaves no byte code behind."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        """Compile the given source, without looking at the cache of the sound one."""
        return compile(self._source, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, fault: Fault) -> None:
        self.name, self.path, self.source = fault.full_name, str(fault.path), fault.source()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the faulty module; all others are none of its business."""
        if fullname != self.name:
            return None
        loader = _Loader(fullname, self.path, self.source)
        return spec_from_file_location(fullname, self.path, loader=loader)


@contextmanager
def _set_aside(package: str) -> Iterator[None]:
    """Forget an engine's modules for a while, and put them back."""

    def loaded() -> list[str]:
        return [name for name in sys.modules if name == package or name.startswith(package + ".")]

    parent, _, child = package.rpartition(".")
    importlib.import_module(package)
    sound = {name: sys.modules.pop(name) for name in loaded()}
    try:
        yield
    finally:
        for name in loaded():
            del sys.modules[name]
        sys.modules.update(sound)
        setattr(sys.modules[parent], child, sound[package])


def faulty_engine(fault: Fault) -> ModuleType:
    """Import a second copy of an engine, with a fault in it; the sound one stays in place."""
    finder = _Finder(fault)
    with _set_aside(fault.package):
        sys.meta_path.insert(0, finder)
        try:
            return importlib.import_module(fault.package)
        finally:
            sys.meta_path.remove(finder)
