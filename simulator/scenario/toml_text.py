"""A scenario as TOML text: one text for one content."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"^[A-Za-z0-9_-]+$")


def toml_text(content: Mapping[str, Any]) -> str:
    """Return content as TOML, in its order: plain keys, then tables, then lists of tables.

    Args:
        content: Texts, numbers, lists, tables, tables of tables and lists of tables.
    """
    lines = [f"{key} = {_value(value)}" for key, value in content.items() if not _is_table(value)]
    for key, value in content.items():
        if isinstance(value, Mapping):
            lines += _table([key], value)
        elif _is_table(value):
            for entry in value:
                lines += ["", f"[[{key}]]", *_pairs(entry)]
    return "\n".join(lines) + "\n"


def _is_table(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(entry, Mapping) for entry in value)
    return isinstance(value, Mapping)


def _table(path: list[str], table: Mapping[str, Any]) -> list[str]:
    if table and all(isinstance(value, Mapping) for value in table.values()):
        return [line for key, value in table.items() for line in _table([*path, key], value)]
    return ["", f"[{'.'.join(_key(step) for step in path)}]", *_pairs(table)]


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items()]


def _key(key: str) -> str:
    return key if _BARE.match(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pairs(value)) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return repr(value)


def _text(text: str) -> str:
    """Quote text; JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
