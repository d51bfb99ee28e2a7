"""The board paper: two to four pages of Word, from question to how to run it again."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulator.charts.figure import Figure, compact
from simulator.charts.words import GROUP_WORDS, month_name
from simulator.reports.reading import (
    INTENDED,
    METHOD,
    NOT_INTENDED,
    STOCKS,
    Assumption,
    Facts,
    Report,
)
from simulator.results.measures import MEASURES

if TYPE_CHECKING:
    from docx.document import Document

_BLUE: Final = "12436D"
_INK: Final = "1B1B1B"
_CHARTS: Final = {"outlook": 15.0, "flows": 15.0}
"""Charts of the paper and their width in centimetres."""


def write_paper(report: Report, path: Path) -> None:
    """Write the board paper of a report."""
    import docx

    paper = docx.Document()
    prepare(paper, report.facts)
    paper.add_heading(report.title, 0)
    _question(paper, report)
    paper.add_heading("Answer", 1)
    for sentence in report.answer():
        paper.add_paragraph(sentence, style="List Bullet")
    picture(paper, report.figures["outlook"], _CHARTS["outlook"])
    paper.add_heading("The numbers", 1)
    paper.add_paragraph(
        "Full-time equivalents at the end of the month: the mean, and in brackets the range that "
        "holds 8 of 10 simulated futures."
    )
    table(paper, *_stocks(report))
    groups = paper.add_paragraph(f"Staff groups in {report.date(report.middle)}:")
    groups.paragraph_format.keep_with_next = True
    table(paper, *_groups(report))
    if "flows" in report.figures:
        paper.add_heading("Who comes and goes", 1)
        picture(paper, report.figures["flows"], _CHARTS["flows"])
    _levers(paper, report)
    _basis(paper, report)
    _method(paper, report)
    paper.save(str(path))


def prepare(paper: Document, facts: Facts) -> None:
    """Page, type, language and footer."""
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(1.8)
    styles: Any = paper.styles
    for name, size, before in (
        ("Normal", 10.5, 0),
        ("Title", 20, 0),
        ("Heading 1", 13, 10),
        ("List Bullet", 10.5, 0),
    ):
        style = styles[name]
        style.font.name, style.font.size = "Arial", Pt(size)
        colour = _INK if size < 12 else _BLUE
        style.font.color.rgb = RGBColor.from_string(colour)
        style.paragraph_format.space_before = Pt(before)
        style.paragraph_format.space_after = Pt(4)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for each in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(each), None)
        fonts.set(qn("w:hAnsi"), "Arial")
    language = styles["Normal"].element.get_or_add_rPr().makeelement(qn("w:lang"), {})
    language.set(qn("w:val"), "en-GB")
    styles["Normal"].element.get_or_add_rPr().append(language)
    stated: Any = paper.core_properties
    stated.title, stated.language, stated.author = facts.title, "en-GB", ""
    stated.comments = f"Results digest {facts.digest}"
    stated.created = stated.modified = datetime.fromisoformat(facts.started).replace(tzinfo=None)
    footer = section.footer.paragraphs[0]
    footer.text = (
        f"Scenario {facts.id}. Results digest {facts.digest[:16]}. "
        "Consequences of assumptions, not a forecast."
    )
    footer.runs[0].font.size = Pt(8)


def _question(paper: Document, report: Report) -> None:
    paper.add_heading("Question", 1)
    paper.add_paragraph(report.question)
    paper.add_paragraph(
        f"{report.place.name}, {report.date(0)} to {report.date(report.months)}. "
        f"{report.manifest['boundary']}"
    )


def picture(paper: Document, figure: Figure, width: float) -> None:
    """A chart with its alternative text and the words that go with it."""
    from docx.shared import Cm, Pt

    finding = paper.add_paragraph()
    finding.add_run(figure.sentence).bold = True
    finding.paragraph_format.keep_with_next = True
    shape = paper.add_picture(io.BytesIO(figure.png(bare=True)), width=Cm(width))
    paper.paragraphs[-1].paragraph_format.keep_with_next = True
    small = paper.add_paragraph().add_run(figure.details)
    small.font.size = Pt(8.5)
    described: Any = shape._inline.docPr
    described.set("descr", figure.alt)
    described.set("title", figure.sentence[:200])


def _stocks(report: Report) -> tuple[list[str], list[list[str]]]:
    heads = ["", *(_short(one) for one in STOCKS)]
    rows = [
        [report.date(month), *(compact(report.row(one, month)) for one in STOCKS)]
        for month in report.shown
    ]
    return heads, rows


def _groups(report: Report) -> tuple[list[str], list[list[str]]]:
    heads = ["", *(_short(one) for one in STOCKS)]
    rows = [
        [GROUP_WORDS[group], *(compact(report.row(one, report.middle, group)) for one in STOCKS)]
        for group in report.groups
    ]
    return heads, rows


def _short(measure: str) -> str:
    return MEASURES[measure].label.partition(" (")[0]


def table(
    paper: Document,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[float] = (2.6, 2.8, 2.8, 2.8, 2.8, 2.8),
) -> None:
    """A table, kept on one page, with a shaded head row and numbers to the right.

    Args:
        paper: The document.
        heads: Heads of the columns.
        rows: Texts of the rows.
        widths: Width of each column, cm.
    """
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    grid: Any = paper.add_table(rows=1 + len(rows), cols=len(heads))
    grid.style, grid.autofit = "Table Grid", False
    for column, width in zip(grid.columns, widths, strict=False):
        column.width = Cm(width)
    for number, cells in enumerate([heads, *rows]):
        for column, text in enumerate(cells):
            cell = grid.rows[number].cells[column]
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(text)
            run.font.size = Pt(8.5)
            paragraph.paragraph_format.space_after = Pt(1)
            paragraph.paragraph_format.keep_with_next = number < len(rows)
            cell.width = Cm(widths[column])
            run.bold = number == 0 or column == 0
            if column and len(text) < 40:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            if number == 0:
                run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF)
                shade = OxmlElement("w:shd")
                shade.set(qn("w:val"), "clear")
                shade.set(qn("w:fill"), _BLUE)
                cell._tc.get_or_add_tcPr().append(shade)
        keep = grid.rows[number]._tr.get_or_add_trPr()
        keep.append(OxmlElement("w:cantSplit"))
        if number == 0:
            keep.append(OxmlElement("w:tblHeader"))
    paper.add_paragraph().paragraph_format.space_after = Pt(2)


def _levers(paper: Document, report: Report) -> None:
    if not report.levers:
        return
    paper.add_heading("Levers, and whether they can be delivered", 1)
    for one in report.levers:
        flag = one["flag"]
        text = f"{one['title']}, from {month_name(one['start'])}. "
        if flag is not None:
            told = "; ".join(flag["reasons"]) or "within what the evidence shows"
            text += f"{flag['colour'].capitalize()}: {told} (grade {flag['grade']})."
        paper.add_paragraph(text, style="List Bullet")


def _basis(paper: Document, report: Report) -> None:
    paper.add_heading("What it rests on", 1)
    for text in report.caveats():
        paper.add_paragraph(text, style="List Bullet")
    paper.add_heading("What would change the answer", 1)
    better = paper.add_paragraph(
        "Better knowledge of the parameters that vary most for what is known of them. A wide range "
        "is not yet a large effect: the command workforce sensitivity measures that."
    )
    better.paragraph_format.keep_with_next = True
    heads = ["Parameter", "Value", "Range", "Grade"]
    rows = [[one.title, value_words(one), range_words(one), one.grade] for one in report.doubtful()]
    table(paper, heads, rows, (7.6, 5.0, 2.6, 1.4))


def value_words(one: Assumption) -> str:
    """A parameter's value with its unit."""
    return f"{one.values} ({one.unit})"


def range_words(one: Assumption) -> str:
    """A parameter's range."""
    return f"{one.low:g} to {one.high:g}"


def _method(paper: Document, report: Report) -> None:
    from docx.shared import Pt

    paper.add_heading("Method", 1)
    for text in METHOD:
        paper.add_paragraph(text, style="List Bullet")
    paper.add_heading("Use", 1)
    paper.add_paragraph(f"For: {INTENDED}")
    paper.add_paragraph(f"Not for: {NOT_INTENDED}")
    paper.add_heading("Run it again", 1)
    for command in report.reproduce():
        run = paper.add_paragraph().add_run(command)
        run.font.name, run.font.size = "Courier New", Pt(8.5)
    paper.add_paragraph(
        f"Version {report.manifest['code']['version']}; results digest "
        f"{report.manifest['results']['digest']}. Contains public sector information licensed "
        "under the Open Government Licence v3.0. Not a product of the NHS; no NHS body has "
        "endorsed it."
    )
