"""Tables as CSV, each with a JSON file beside it in the manner of CSV on the Web."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulator.charts.figure import HIDDEN
from simulator.reports.reading import PURPOSE, Report
from simulator.results.folders import write_text

if TYPE_CHECKING:
    import pandas as pd

LICENCE: Final = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
"""First letters that make a spreadsheet read text as a formula."""
_TABLES: Final = {
    "places": ("Stocks of places by month", "full-time equivalents (FTE)"),
    "flows": ("Flows of places by year", "people, posts or events over twelve months"),
    "cells": ("Staff and vacant posts of trusts by band and month", "people or posts"),
    "training": ("Trainees and graduates by year", "people over twelve months"),
    "money": ("Costs of places by year", "GBP over twelve months"),
    "moves": ("Moves between trusts by year", "people over twelve months"),
}
_COLUMNS: Final = {
    "level": "Level of the place: england, region, ics (care system) or trust",
    "code": "Code of the place",
    "trust": "Code of the trust",
    "group": "Staff group: clinical, data, digital, or all",
    "band": "Agenda for Change pay band",
    "measure": "What is counted",
    "month": "Months since the opening; 0 is the opening census",
    "date": "The month, YYYY-MM; stocks are counted at its end",
    "year": "Twelve months from April to March, or to the month named",
    "pathway": "Training pathway",
    "region": "Code of the region",
    "to": "Code of the trust moved to",
    "from": "Code of the trust moved from",
    "mean": "Mean over all simulated futures",
    "sd": "Standard deviation over all simulated futures",
    "share_parameters": "Share of the variance that is doubt about parameters, 0 to 1",
}


def write_tables(report: Report, folder: Path) -> list[Path]:
    """Write each table of a report as CSV, with its metadata beside it; returns the files."""
    written = []
    for name in report.result.tables:
        frame = report.result.frame(name)
        path = folder / f"{report.id}-{name}.csv"
        _plain(frame, hide=report.protected).to_csv(path, index=False, lineterminator="\n")
        beside = path.with_name(f"{path.name}-metadata.json")
        stated = json.dumps(metadata(report, name, frame, path.name), indent=2, ensure_ascii=False)
        write_text(beside, stated + "\n")
        written += [path, beside]
    return written


def _plain(frame: pd.DataFrame, *, hide: bool) -> pd.DataFrame:
    """Numbers to four decimals, hidden ones as stars, and text that no spreadsheet will run."""
    found = frame.copy()
    for name in found:
        column = found[name]
        if column.dtype.kind == "f":
            found[name] = column.astype("float64").round(4)
            if hide and name != "share_parameters":
                found[name] = found[name].astype(object).where(column.notna(), HIDDEN)
        elif column.dtype.kind not in "iub":
            found[name] = [harmless(str(one)) for one in column]
    return found


def harmless(text: str) -> str:
    """Text that a spreadsheet will not read as a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def metadata(report: Report, name: str, frame: pd.DataFrame, file: str) -> dict[str, Any]:
    """What a table holds and what made it."""
    title, unit = _TABLES.get(name, (name, ""))
    facts = report.manifest
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": file,
        "dc:title": f"{title}: {report.title}",
        "dc:description": f"{PURPOSE} {' '.join(report.caveats())}",
        "dc:license": LICENCE,
        "dc:source": "Simulation from the stated assumptions. Contains public sector information "
        "licensed under the Open Government Licence v3.0.",
        "dc:issued": facts["run"]["started"][:10],
        "dialect": {"encoding": "utf-8", "delimiter": ",", "header": True},
        "tableSchema": {"columns": [_column(str(one), frame[one], unit) for one in frame]},
        "rows": len(frame),
        "run": {
            "scenario": report.id,
            "opening": facts["opening"],
            "months": facts["months"],
            "draws": facts["draws"],
            "replications": facts["replications"],
            "seed": facts["seed"],
            "version": facts["code"]["version"],
            "code_digest": facts["code"]["digest"],
            "law_digest": facts["scenario"]["law_digest"],
            "results_digest": facts["results"]["digest"],
            "disclosure": "counts from 1 to 7 hidden, others to the nearest 5"
            if report.protected
            else "nothing hidden",
        },
    }


def _column(name: str, values: pd.Series[Any], unit: str) -> dict[str, Any]:
    number, counted = values.dtype.kind in "fiu", values.dtype.kind == "f"
    words = _COLUMNS.get(name)
    if words is None and name.startswith("q"):
        words = f"{float(name[1:]):g} of 100 simulated futures lie below"
    found = {
        "name": name,
        "titles": name,
        "dc:description": words or name,
        "datatype": "number" if counted else "integer" if number else "string",
        "null": ["", HIDDEN] if number else [""],
    }
    if counted:
        found["unit"] = "share" if name == "share_parameters" else unit
    return found
