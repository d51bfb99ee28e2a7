"""A short slide pack: a finding a slide, with the chart and the words that go with it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulator.charts.figure import Figure, lowered
from simulator.reports.paper import range_words, value_words
from simulator.reports.reading import NOT_INTENDED, Facts, Report

if TYPE_CHECKING:
    from pptx.presentation import Presentation
    from pptx.slide import Slide

_BLUE: Final = "12436D"
_INK: Final = "1B1B1B"
_TITLE_ONLY: Final = 5
"""The layout of the default template with a title and nothing else."""
_WIDE: Final = (13.333, 7.5)
_NAMES: Final = {
    "outlook": "Need, posts and people",
    "shortfall": "The shortfall and its doubt",
    "flows": "Who comes and who goes",
    "tiles": "Where",
}
"""Charts of the pack, in order, and what each is about."""


def write_slides(report: Report, path: Path) -> None:
    """Write the slide pack of a report: five to seven slides."""
    pack = new_pack(report.facts)
    words_slide(pack, report.facts, report.title, [report.question, *report.answer()], 20)
    for name, title in _NAMES.items():
        if name in report.figures:
            figure = report.figures[name]
            chart_slide(pack, report.facts, f"{title}: {lowered(figure.sentence)}", figure)
    rests = [
        *report.caveats()[:5],
        "Widest ranges: "
        + "; ".join(
            f"{one.title}, {value_words(one)}, {range_words(one)}, grade {one.grade}"
            for one in report.doubtful(3)
        )
        + ".",
    ]
    rests += [report.caveats()[-1]] if report.protected else []
    words_slide(pack, report.facts, "What it rests on", rests, 16)
    again = [f"Not for: {NOT_INTENDED}", *report.reproduce()]
    again.append(f"Results digest {report.manifest['results']['digest']}.")
    words_slide(pack, report.facts, "Use, and how to run it again", again, 16)
    pack.save(str(path))


def new_pack(facts: Facts) -> Presentation:
    """An empty pack of wide slides."""
    import pptx
    from pptx.util import Inches

    pack = pptx.Presentation()
    pack.slide_width, pack.slide_height = (Inches(one) for one in _WIDE)
    stated: Any = pack.core_properties
    stated.title, stated.language, stated.author = facts.title, "en-GB", ""
    stated.created = stated.modified = datetime.fromisoformat(facts.started).replace(tzinfo=None)
    return pack


def _slide(pack: Presentation, facts: Facts, title: str) -> Slide:
    """A slide with its title and a footer."""
    slide: Slide = pack.slides.add_slide(pack.slide_layouts[_TITLE_ONLY])
    head: Any = slide.shapes.title
    _place(head, 0.6, 0.35, 12.1, 0.95)
    head.text_frame.word_wrap = True
    head.text_frame.text = title
    size = 26 if len(title) < 60 else 20 if len(title) < 160 else 16
    _style(head.text_frame.paragraphs[0], size, _BLUE, bold=True)
    footer: Any = slide.shapes.add_textbox(*_box(0.6, 6.98, 12.1, 0.35))
    footer.text_frame.word_wrap = True
    footer.text_frame.text = (
        f"Scenario {facts.id}, {facts.draws:,} draws, "
        f"{facts.replications:,} replications. Consequences of assumptions, not a "
        "forecast. Not a product of the NHS."
    )
    _style(footer.text_frame.paragraphs[0], 11, _INK)
    return slide


def words_slide(
    pack: Presentation, facts: Facts, title: str, texts: Sequence[str], size: int
) -> None:
    """A slide of words."""
    slide = _slide(pack, facts, title)
    box: Any = slide.shapes.add_textbox(*_box(0.6, 1.5, 12.1, 5.3))
    box.text_frame.word_wrap = True
    for number, text in enumerate(texts):
        paragraph = box.text_frame.paragraphs[0] if not number else box.text_frame.add_paragraph()
        paragraph.text = text
        _style(paragraph, size if len(text) < 330 else size - 3, _INK)
        paragraph.space_after = _points(9)


def chart_slide(pack: Presentation, facts: Facts, title: str, figure: Figure) -> None:
    """A slide of a chart: the finding above, what is drawn below, all numbers in the notes."""
    slide = _slide(pack, facts, title)
    png = io.BytesIO(figure.png(bare=True))
    picture: Any = slide.shapes.add_picture(png, *_box(0.6, 1.35, 1, 1)[:2])
    room = _box(0, 0, 12.1, 4.95)[2:]
    scale = min(room[0] / picture.width, room[1] / picture.height)
    picture.width, picture.height = int(picture.width * scale), int(picture.height * scale)
    picture.left = (pack.slide_width - picture.width) // 2 if pack.slide_width else picture.left
    words: Any = slide.shapes.add_textbox(*_box(0.6, 6.35, 12.1, 0.6))
    words.text_frame.word_wrap = True
    words.text_frame.text = figure.details
    _style(words.text_frame.paragraphs[0], 11, _INK)
    described = picture._element.nvPicPr.cNvPr
    described.set("descr", figure.alt)
    notes: Any = slide.notes_slide.notes_text_frame
    notes.text = f"{figure.sentence}\n\n{figure.alt}"


def _style(paragraph: Any, size: int, colour: str, *, bold: bool = False) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.text import PP_ALIGN

    paragraph.alignment = PP_ALIGN.LEFT
    for run in paragraph.runs:
        run.font.name, run.font.size, run.font.bold = "Arial", _points(size), bold
        run.font.color.rgb = RGBColor.from_string(colour)  # type: ignore[no-untyped-call]


def _place(shape: Any, left: float, top: float, width: float, height: float) -> None:
    shape.left, shape.top, shape.width, shape.height = _box(left, top, width, height)


def _box(left: float, top: float, width: float, height: float) -> tuple[Any, Any, Any, Any]:
    """A box in inches, as PowerPoint counts."""
    from pptx.util import Inches

    return Inches(left), Inches(top), Inches(width), Inches(height)


def _points(size: float) -> Any:
    from pptx.util import Pt

    return Pt(size)
