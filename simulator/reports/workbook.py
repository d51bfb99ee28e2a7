"""The Excel workbook: one sheet for each question. Text is written as text, never as a formula."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulator.charts.figure import HIDDEN, HIGH, LOW, Figure
from simulator.charts.words import GROUP_WORDS, month_name
from simulator.domain.words import BANDS, GROUPS
from simulator.reports.reading import (
    INTENDED,
    NOT_INTENDED,
    PURPOSE,
    STOCKS,
    Facts,
    Place,
    Report,
)
from simulator.results.measures import MEASURES
from simulator.scenario.problems import printable

if TYPE_CHECKING:
    import pandas as pd
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_BLUE: Final = "#12436D"
_FTE: Final = "[<100]0.0;[>=100]#,##0"
"""A decimal for small places, whole numbers for large ones."""
_FORMATS: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 15, "font_color": _BLUE},
    "note": {"text_wrap": True, "valign": "top"},
    "label": {"bold": True, "valign": "top", "text_wrap": True},
    "head": {
        "bold": True,
        "font_color": "white",
        "bg_color": _BLUE,
        "text_wrap": True,
        "valign": "vcenter",
        "border": 1,
        "border_color": "#FFFFFF",
    },
    "text": {"valign": "top", "text_wrap": True},
    "fte": {"num_format": _FTE, "valign": "top"},
    "whole": {"num_format": "#,##0", "valign": "top"},
    "general": {"num_format": "General", "valign": "top"},
    "hidden": {"align": "right", "valign": "top"},
}
_OF_CELLS: Final = ("headcount", "vacant_posts")
Cell = str | float | int | bool | None


def write_workbook(report: Report, path: Path) -> None:
    """Write the workbook of a report."""
    with new_book(report.facts, path) as writer:
        for sheet in (
            _cover,
            _outlook,
            _groups,
            _places,
            _bands,
            _flows,
            _costs,
            _levers,
            _assumptions,
            _definitions,
        ):
            sheet(writer, report)


@contextmanager
def new_book(facts: Facts, path: Path) -> Iterator[Writer]:
    """Write a workbook: what is written to it is never taken for a formula, address or number."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties(
            {
                "title": facts.title,
                "subject": PURPOSE,
                "comments": f"Results digest {facts.digest}",
                "created": datetime.fromisoformat(facts.started),
            }
        )
        yield Writer(book)


class Writer:
    """Writes sheets that look alike: a title, notes, a table below."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        base = {"font_name": "Arial", "font_size": 10}
        numbers = {**_FORMATS["head"], "align": "right"}
        self.formats = {name: book.add_format({**base, **one}) for name, one in _FORMATS.items()}
        self.formats["number head"] = book.add_format({**base, **numbers})

    def sheet(self, name: str, title: str, notes: Sequence[str], widths: Sequence[int]) -> _Sheet:
        """Begin a sheet."""
        page = self.book.add_worksheet(name)
        page.hide_gridlines(2)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_footer("&L&A&RPage &P of &N")
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
        sheet = _Sheet(page, self.formats, sum(widths), len(widths))
        page.write_string(0, 0, title, self.formats["title"])
        sheet.row = 1
        for note in notes:
            sheet.note(note)
        return sheet


class _Sheet:
    """One sheet; ``row`` is the next free one."""

    def __init__(self, page: Worksheet, formats: dict[str, Any], width: int, columns: int) -> None:
        self.page, self.formats, self.width, self.columns = page, formats, width, columns
        self.row = 0

    def note(self, text: str) -> None:
        """A paragraph across the sheet."""
        style = self.formats["note"]
        if self.columns > 1:
            self.page.merge_range(self.row, 0, self.row, self.columns - 1, "", style)
        self.page.write_string(self.row, 0, text, style)
        self.page.set_row(self.row, 14.0 * max(1, math.ceil(1.05 * len(text) / self.width)))
        self.row += 1

    def pair(self, label: str, text: str) -> None:
        """A label and its text, in the first two columns."""
        self.page.write_string(self.row, 0, label, self.formats["label"])
        self.page.write_string(self.row, 1, text, self.formats["text"])
        room = self.width - 24
        self.page.set_row(self.row, 14.0 * max(1, math.ceil(1.05 * len(text) / room)))
        self.row += 1

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[Cell]], forms: Sequence[str]
    ) -> None:
        """A table with a filter and a head that stays in view."""
        self.row += 1
        top = self.row
        self.page.set_row(top, 30)
        for column, head in enumerate(heads):
            style = "head" if forms[column] == "text" else "number head"
            self.page.write_string(top, column, head, self.formats[style])
        for number, cells in enumerate(rows, start=top + 1):
            for column, (cell, form) in enumerate(zip(cells, forms, strict=True)):
                self._write(number, column, cell, form)
        self.row = top + len(rows) + 1
        if rows:
            self.page.autofilter(top, 0, top + len(rows), len(heads) - 1)
            self.page.freeze_panes(top + 1, 0)
        self.page.repeat_rows(top)

    def _write(self, row: int, column: int, cell: Cell, form: str) -> None:
        if cell is None:
            return
        if isinstance(cell, bool):
            self.page.write_string(row, column, "yes" if cell else "no", self.formats["text"])
        elif isinstance(cell, str):
            self.page.write_string(row, column, printable(cell), self.formats["text"])
        elif math.isnan(cell):
            self.page.write_string(row, column, HIDDEN, self.formats["hidden"])
        else:
            self.page.write_number(row, column, cell, self.formats[form])

    def picture(self, figure: Figure, *, beside: bool = False) -> None:
        """A chart with its alternative text, below what is there or beside it."""
        row, column = (1, self.columns + 1) if beside else (self.row + 1, 0)
        data, size = io.BytesIO(figure.png()), 0.42
        options = {"image_data": data, "x_scale": size, "y_scale": size, "description": figure.alt}
        self.page.insert_image(row, column, "chart.png", options)
        if beside:
            self.page.print_area(0, 0, self.row, self.columns - 1)


def _three(row: Any) -> list[float]:
    """Mean, low and high of a row."""
    return [round(float(row[name]), 2) for name in ("mean", LOW, HIGH)]


def _heads(*names: str) -> list[str]:
    return [f"{name}, {part}" for name in names for part in ("mean", "low", "high")]


def _cover(writer: Writer, report: Report) -> None:
    sheet = writer.sheet("Cover", report.title, [report.question], [24, 110])
    sheet.row += 1
    for label, text in (
        ("Purpose", PURPOSE),
        ("Use it for", INTENDED),
        ("Not for", NOT_INTENDED),
        *(("Answer" if not number else "", one) for number, one in enumerate(report.answer())),
        *(("Caveats" if not number else "", one) for number, one in enumerate(report.caveats())),
        *report.identity(),
        *(
            ("Run again" if not number else "", one)
            for number, one in enumerate(report.reproduce())
        ),
        (
            "Licence",
            "Contains public sector information licensed under the Open Government Licence v3.0. "
            "Not a product of the NHS; no NHS body has endorsed it.",
        ),
    ):
        sheet.pair(label, text)


def _outlook(writer: Writer, report: Report) -> None:
    names = [MEASURES[one].label.partition(" (")[0] for one in STOCKS]
    sheet = writer.sheet(
        "Outlook",
        f"How many are needed, funded and in post? {report.place.name}",
        [*report.answer(), "FTE at the end of the month. Low and high hold 8 of 10 futures."],
        [16, *([11] * 15)],
    )
    rows: list[list[Cell]] = [
        [report.date(month), *(x for one in STOCKS for x in _three(report.row(one, month)))]
        for month in report.shown
    ]
    sheet.table(["Month", *_heads(*names)], rows, ["text", *(["fte"] * 15)])
    sheet.picture(report.figures["outlook"])


def _groups(writer: Writer, report: Report) -> None:
    rows: list[list[Cell]] = [
        [GROUP_WORDS[group], report.date(month), MEASURES[one].label, *numbers]
        for group in report.groups
        for month in report.shown
        for one in STOCKS
        for numbers in [_three(report.row(one, month, group))]
    ]
    sheet = writer.sheet(
        "Staff groups",
        f"Which staff groups? {report.place.name}",
        [report.figures["vacancy"].sentence, "FTE at the end of the month."],
        [30, 18, 32, 12, 12, 12],
    )
    heads = ["Staff group", "Month", "Measure", "Mean", "Low", "High"]
    sheet.table(heads, rows, ["text", "text", "text", "fte", "fte", "fte"])
    sheet.picture(report.figures["vacancy"], beside=True)


def _places(writer: Writer, report: Report) -> None:
    parts = report.parts
    if not parts:
        return
    rows = [_place_row(report, part, month) for part in parts for month in (0, report.middle)]
    sheet = writer.sheet(
        "Places",
        f"Where? Parts of {report.place.name}",
        ["FTE at the end of the month. Quantiles of parts do not add up to those of the whole."],
        [44, 10, 18, *([11] * 9)],
    )
    labels = ["Staff in post", "Vacancy", "Shortfall"]
    heads = ["Place", "Code", "Month", *_heads(*labels)]
    sheet.table(heads, rows, ["text", "text", "text", *(["fte"] * 9)])


def _place_row(report: Report, part: Place, month: int) -> list[Cell]:
    numbers = [
        value
        for one in ("in_post", "vacancy", "shortfall")
        for value in _three(report.row(one, month, "all", part))
    ]
    return [part.name, part.code, report.date(month), *numbers]


def _bands(writer: Writer, report: Report) -> None:
    if report.place.level == "trust":
        _trust_bands(writer, report)
        return
    totals = report.opening_bands()
    rows: list[list[Cell]] = [
        [GROUP_WORDS[group], band, *(totals[group, band, one] for one in _OF_CELLS)]
        for group in GROUPS
        for band in BANDS
        if (group, band, _OF_CELLS[0]) in totals
    ]
    sheet = writer.sheet(
        "Bands",
        f"Which bands, at the start? {report.place.name}",
        [
            f"People and posts at the end of {report.date(0)}. Later months are given by band for "
            "a trust only: ranges of bands cannot be added up over trusts. Use --place with the "
            "code of a trust."
        ],
        [34, 10, 16, 16],
    )
    heads = ["Staff group", "Band", "Staff in post, people", "Vacant posts"]
    sheet.table(heads, rows, ["text", "text", "whole", "whole"])


def _trust_bands(writer: Writer, report: Report) -> None:
    months: Any = report.shown
    frame = report.result.frame("cells", trust=report.place.code, month=months)
    numbers = frame.set_index(["group", "band", "month", "measure"]).sort_index()
    rows: list[list[Cell]] = []
    for group in GROUPS:
        for band in BANDS:
            for month in report.shown:
                if (group, band, month, "headcount") in numbers.index:
                    keys: list[Any] = [(group, band, month, one) for one in _OF_CELLS]
                    three = [value for key in keys for value in _three(numbers.loc[key])]
                    rows.append([GROUP_WORDS[group], band, report.date(month), *three])
    sheet = writer.sheet(
        "Bands",
        f"Which bands? {report.place.name}",
        ["Whole people and posts at the end of the month, of one team each."],
        [34, 8, 18, *([11] * 6)],
    )
    heads = ["Staff group", "Band", "Month", *_heads("Staff in post, people", "Vacant posts")]
    sheet.table(heads, rows, ["text", "text", "text", *(["whole"] * 6)])


def _flows(writer: Writer, report: Report) -> None:
    where = {"level": report.place.level, "code": report.place.code}
    frame = report.result.frame("flows", group="all", **where)
    rows = [
        [_label(one["measure"]), _unit(one["measure"]), one["year"], *_three(one)]
        for _, one in _ever(frame).iterrows()
    ]
    notes = ["Counts over twelve months. A count and a stock never share a sheet or an axis."]
    if "flows" in report.figures:
        notes.insert(0, report.figures["flows"].sentence)
    title = f"Who comes and goes? {report.place.name}"
    sheet = writer.sheet("Flows", title, notes, [40, 10, 16, 12, 12, 12])
    heads = ["Flow", "Unit", "Year", "Mean", "Low", "High"]
    sheet.table(heads, rows, ["text", "text", "text", "fte", "fte", "fte"])


def _ever(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows without measures that are zero in every year."""
    highest = frame.groupby("measure")[["mean", HIGH]].max().max(axis=1)
    return frame.loc[~frame["measure"].isin(highest[highest == 0].index)]


def _label(measure: str) -> str:
    return MEASURES[measure].label if measure in MEASURES else measure


def _unit(measure: str) -> str:
    return MEASURES[measure].unit if measure in MEASURES else ""


def _costs(writer: Writer, report: Report) -> None:
    if "money" not in report.result.tables:
        return
    where = {"level": report.place.level, "code": report.place.code}
    frame = report.result.frame("money", group="all", **where)
    prices = report.manifest.get("price_year", "constant")
    rows = [
        [_label(one["measure"]), one["year"], *_three(one)] for _, one in _ever(frame).iterrows()
    ]
    sheet = writer.sheet(
        "Costs",
        f"What does it cost? {report.place.name}",
        [
            f"Pounds a year in {prices} prices. Cost to the trust: pay with employer's National "
            "Insurance, pension and levy; to the NHS: with the pension paid centrally too. Cover "
            "and levers rest on assumptions, grade D."
        ],
        [52, 16, 16, 16, 16],
    )
    heads = ["Cost", "Year", "Mean, £", "Low, £", "High, £"]
    sheet.table(heads, rows, ["text", "text", "whole", "whole", "whole"])


def _levers(writer: Writer, report: Report) -> None:
    rows: list[list[Cell]] = []
    for one in report.levers:
        flag = one["flag"]
        rows.append(
            [
                one["title"],
                one["target"],
                one["operation"],
                float(one["value"]) if isinstance(one.get("value"), int | float) else None,
                month_name(one["start"]),
                month_name(one["end"]) if one.get("end") else "",
                int(one.get("ramp_months", 0)),
                _reach(one),
                "not assessed" if flag is None else str(flag["colour"]),
                "" if flag is None else "; ".join([*flag["reasons"], f"grade {flag['grade']}"]),
                str(one.get("rationale", "")),
                str(one.get("author", "")),
            ]
        )
    sheet = writer.sheet(
        "Levers",
        "What would be done, and can it be?",
        [f"{len(rows)} levers in this scenario." if rows else "This scenario has no lever."],
        [30, 14, 10, 8, 16, 16, 8, 24, 14, 40, 40, 18],
    )
    if not rows:
        return
    heads = ["Lever", "Acts on", "How", "Value", "From", "Until", "Ramp, months", "Where"]
    heads += ["Deliverable?", "Why", "Rationale", "Author"]
    forms = ["text", "text", "text", "general", "text", "text", "whole", *(["text"] * 5)]
    sheet.table(heads, rows, forms)


def _reach(lever: dict[str, Any]) -> str:
    names = ("trusts", "ics", "regions", "groups", "bands", "pathways")
    told = [f"{name} {', '.join(map(str, lever[name]))}" for name in names if lever.get(name)]
    return "; ".join(told) or "everywhere"


def _assumptions(writer: Writer, report: Report) -> None:
    rows: list[list[Cell]] = [
        [
            one.id,
            one.title,
            one.values,
            one.low,
            one.high,
            one.unit,
            one.varies,
            one.grade,
            one.kind,
            one.year,
            one.source,
            one.note,
            one.review_by,
        ]
        for one in report.assumptions
    ]
    sheet = writer.sheet(
        "Assumptions",
        "What does it rest on?",
        ["Every parameter with value, range, grade, year and source. Grades: see Definitions."],
        [32, 40, 16, 10, 10, 18, 9, 8, 14, 8, 44, 60, 12],
    )
    heads = ["Parameter", "In words", "Value", "Low", "High", "Unit", "Drawn", "Grade", "Kind"]
    heads += ["Year", "Source or author", "Note or reason", "Review by"]
    general = "general"
    forms = ["text", "text", "text", general, general, *(["text"] * 4), general, *(["text"] * 3)]
    sheet.table(heads, rows, forms)


def _definitions(writer: Writer, report: Report) -> None:
    sheet = writer.sheet("Definitions", "What do the words mean?", [], [34, 100])
    sheet.row += 1
    for label, text in report.definitions():
        sheet.pair(label, text)
