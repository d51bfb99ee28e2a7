"""The Word page of a sheet: one side of A4 for a careers stand."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from simulator.evidence.routes import NOT_PUBLISHED
from simulator.reports.sheet import CAVEATS, RANGE_WORDS, Sheet, facts_of

if TYPE_CHECKING:
    from docx.document import Document

    from simulator.charts.figure import Figure

_BLUE: Final = "12436D"
_INK: Final = "1B1B1B"


def sheet_docx(sheet: Sheet) -> bytes:
    """The page as a Word file: one side of A4."""
    import docx

    paper = docx.Document()
    _prepare(paper, sheet)
    paper.add_heading(sheet.title, 0)
    status = paper.add_paragraph()
    status.add_run(f"{sheet.route.status.capitalize()}. ").bold = True
    status.add_run(sheet.route.status_note)
    _table(paper, facts_of(sheet.route))
    if sheet.picture is not None:
        _draw(paper, sheet.picture)
    elif sheet.card is not None:
        paper.add_paragraph("Too few people are simulated here to draw 100 of them.")
    _bullets(paper, sheet.sentences)
    if sheet.card is not None:
        paper.add_paragraph(" ".join((RANGE_WORDS, *CAVEATS)))
    _foot(paper, sheet)
    stream = io.BytesIO()
    paper.save(stream)
    return stream.getvalue()


def _prepare(paper: Document, sheet: Sheet) -> None:
    from docx.shared import Cm, Pt, RGBColor

    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.9)
    section.top_margin, section.bottom_margin = Cm(1.4), Cm(1.2)
    styles: Any = paper.styles
    for name, size in (("Normal", 10), ("Title", 17), ("List Bullet", 10)):
        style = styles[name]
        style.font.name, style.font.size = "Arial", Pt(size)
        style.font.color.rgb = RGBColor.from_string(_BLUE if name == "Title" else _INK)
        style.paragraph_format.space_before = Pt(0)
        style.paragraph_format.space_after = Pt(3)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for each in [key for key in fonts.attrib if key.endswith("Theme")]:
            fonts.attrib.pop(each)
    facts: Any = paper.core_properties
    facts.title, facts.language, facts.author = sheet.title, "en-GB", ""


def _table(paper: Document, rows: list[tuple[str, str, str]]) -> None:
    from docx.shared import Cm, Pt

    table: Any = paper.add_table(rows=len(rows), cols=3)
    table.style, table.autofit = "Table Grid", False
    widths = (4.2, 8.6, 4.4)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for number, cells in enumerate(rows):
        for column, (text, width) in enumerate(zip(cells, widths, strict=True)):
            cell = table.rows[number].cells[column]
            cell.width = Cm(width)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            run = paragraph.add_run(text)
            run.font.size, run.bold = Pt(9 if column < 2 else 7.5), column == 0
            run.italic = column == 1 and text == NOT_PUBLISHED
    paper.add_paragraph().paragraph_format.space_after = Pt(0)


def _draw(paper: Document, figure: Figure) -> None:
    from docx.shared import Cm

    finding = paper.add_paragraph()
    finding.add_run(figure.sentence).bold = True
    finding.paragraph_format.keep_with_next = True
    shape: Any = paper.add_picture(io.BytesIO(figure.png(bare=True)), width=Cm(14.5))
    described = shape._inline.docPr
    described.set("descr", figure.alt)
    described.set("title", figure.sentence[:200])


def _bullets(paper: Document, sentences: tuple[str, ...]) -> None:
    from docx.shared import Pt

    for text in sentences:
        bullet = paper.add_paragraph(text, style="List Bullet")
        bullet.paragraph_format.space_after = Pt(1)


def _foot(paper: Document, sheet: Sheet) -> None:
    from docx.shared import Pt

    lines = [f"Cite as: {sheet.citation}"]
    if sheet.command:
        lines.append(f"Make it again: {sheet.command}")
    lines.append(
        f"On the page: {sheet.link}. Sources by their number: file sources.csv of the program. "
        f"Reading age of the text: about {sheet.reading_age:.0f} (Flesch and Kincaid). Grades: A "
        "official, B official with a caveat, C another group, body or year, D assumed; all odds, "
        "openings and pay over the years are simulated, grade D. Contains public sector "
        "information licensed under the Open Government Licence v3.0. Not a product of the NHS."
    )
    for text in lines:
        paragraph = paper.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(1)
        paragraph.add_run(text).font.size = Pt(7.5)
