"""Printing the evidence library."""

from __future__ import annotations

import csv
import sys
import textwrap
from collections.abc import Sequence

from simulator.evidence.library import Parameter

_COLUMNS = (
    "id",
    "title",
    "unit",
    "from",
    "value",
    "low",
    "high",
    "shape",
    "varies",
    "grade",
    "kind",
    "sources",
    "year",
    "review_by",
    "note",
)


def print_csv(parameters: Sequence[Parameter]) -> None:
    """Print parameters as CSV, one line for each dated value."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in parameters:
        for dated in one.values:
            head = (one.id, one.title, one.unit, dated.start, dated.value, one.low, one.high)
            tail = (one.grade, one.kind, ";".join(one.sources), one.year, one.review_by, one.note)
            writer.writerow((*head, one.shape, str(one.varies).lower(), *tail))


def print_list(parameters: Sequence[Parameter]) -> None:
    """Print one line for each parameter."""
    for one in parameters:
        value = f"{one.values[-1].value:g}"
        span = f"{one.low:g} to {one.high:g}"
        print(f"{one.grade}  {one.id:<38} {value:>9} {span:>18}  {one.unit}, {one.kind}")
    word = "parameter" if len(parameters) == 1 else "parameters"
    print(f"{len(parameters)} {word}; grades: A official, B with a caveat, C proxy, D assumption")


def print_one(parameter: Parameter) -> None:
    """Print everything about one parameter."""
    from simulator.evidence.sources import load_sources

    print(f"{parameter.id}: {parameter.title}")
    for dated in parameter.values:
        print(f"  from {dated.start}  {dated.value:g} {parameter.unit}")
    drawn = f"drawn ({parameter.shape})" if parameter.varies else "not drawn"
    print(f"  range       {parameter.low:g} to {parameter.high:g}, {drawn}")
    print(f"  grade       {parameter.grade}, {parameter.kind}, describes {parameter.year}")
    print(f"  review by   {parameter.review_by}")
    for line in textwrap.wrap(parameter.note, 88):
        print(f"  {line}")
    sources = load_sources()
    for name in parameter.sources:
        source = sources[name]
        print(f"  [{name}] {source.title}" + (f" ({source.url})" if source.url else ""))
