"""Workbook, board paper and slides of a comparison of scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from simulator.charts.figure import amount
from simulator.charts.words import GROUP_WORDS, month_name
from simulator.experiments.layers import signed
from simulator.reports.difference import Difference, said
from simulator.reports.paper import picture, prepare, table
from simulator.reports.reading import INTENDED, NOT_INTENDED, PURPOSE, STOCKS
from simulator.reports.slides import chart_slide, new_pack, words_slide
from simulator.reports.workbook import Cell, Writer, new_book
from simulator.results.measures import MEASURES

_LICENCE: Final = (
    "Contains public sector information licensed under the Open Government Licence v3.0. Not a "
    "product of the NHS; no NHS body has endorsed it."
)
_NUMBERS: Final = ("first", "second", "difference", "low95", "high95", "q10", "q90")
_HEADS: Final = ("In the first", "In the other", "Difference, mean", "95 %, low", "95 %, high")
_SPREAD: Final = ("8 of 10 futures, low", "8 of 10 futures, high", "Difference is")


# --- workbook -----------------------------------------------------------------------------------


def write_workbook(found: Difference, path: Path) -> None:
    """Write the workbook of a comparison."""
    with new_book(found.facts, path) as writer:
        _cover(writer, found)
        _differences(writer, found)
        _groups(writer, found)
        _costs(writer, found)
        _levers(writer, found)


def _cover(writer: Writer, found: Difference) -> None:
    sheet = writer.sheet("Cover", "What changes?", [found.title], [24, 110])
    sheet.row += 1
    for label, texts in (
        ("Answer", found.answer()),
        ("Purpose", [PURPOSE]),
        ("Use it for", [INTENDED]),
        ("Not for", [NOT_INTENDED]),
        ("Compared with", [found.comparison.first]),
        ("Scenarios", list(found.comparison.others.values())),
        ("Question", [one.why for one in found.others]),
        ("Place", [f"{found.place.name} ({found.place.code})"]),
        ("Caveats", found.caveats()),
        ("Futures", [f"{found.facts.draws:,} draws, {found.facts.replications:,} of each"]),
        ("Seed", [str(found.first.seed)]),
        ("Digest of the table", [found.facts.digest]),
        ("Run again", found.reproduce()),
        ("Licence", [_LICENCE]),
    ):
        for number, text in enumerate(texts):
            sheet.pair("" if number else label, text)


def _cells(row: Any) -> list[Cell]:
    return [*(round(float(row[name]), 2) for name in _NUMBERS), said(row)]


def _differences(writer: Writer, found: Difference) -> None:
    sheet = writer.sheet(
        "Differences",
        f"What changes, and how surely? {found.place.name}",
        [
            *found.answer(),
            "FTE at the end of the month, each scenario less the first, future by future. A "
            "difference is not shown where the 95 % interval of its mean holds zero.",
        ],
        [40, 24, 18, *([12] * 7), 14],
    )
    rows: list[list[Cell]] = [
        [found.title_of(row["scenario"]), _label(row), month_name(row["date"]), *_cells(row)]
        for _, row in found.rows(measure=list(STOCKS)).iterrows()
    ]
    heads = ["Scenario", "Measure", "Month", *_HEADS, *_SPREAD]
    sheet.table(heads, rows, [*(["text"] * 3), *(["fte"] * 7), "text"])
    for figure in found.figures.values():
        sheet.picture(figure)
        sheet.row += 22


def _groups(writer: Writer, found: Difference) -> None:
    groups = [one for one in GROUP_WORDS if one != "all"]
    rows: list[list[Cell]] = [
        [
            found.title_of(row["scenario"]),
            GROUP_WORDS[row["group"]],
            _label(row),
            month_name(row["date"]),
            *_cells(row),
        ]
        for _, row in found.rows(
            group=groups, measure=list(STOCKS), month=[*{found.middle, found.months[-1]}]
        ).iterrows()
    ]
    sheet = writer.sheet(
        "Staff groups",
        f"In which staff groups? {found.place.name}",
        ["FTE at the end of the month. Of many differences that are all zero, 1 in 20 is shown."],
        [40, 30, 24, 18, *([12] * 7), 14],
    )
    heads = ["Scenario", "Staff group", "Measure", "Month", *_HEADS, *_SPREAD]
    sheet.table(heads, rows, [*(["text"] * 4), *(["fte"] * 7), "text"])


def _costs(writer: Writer, found: Difference) -> None:
    rows: list[list[Cell]] = [
        [found.title_of(row["scenario"]), _label(row), month_name(row["date"]), *_cells(row)]
        for _, row in found.costs().iterrows()
    ]
    prices = found.comparison.about["scenarios"][0].get("price_year", "constant")
    sheet = writer.sheet(
        "Costs",
        f"What does it cost? {found.place.name}",
        [
            f"Pounds added up from the opening, in {prices} prices: pay of more staff, cover of "
            "vacancies, and the levers themselves. Cover and levers rest on assumptions, grade D."
        ],
        [40, 36, 18, *([15] * 7), 14],
    )
    heads = ["Scenario", "Cost", "Up to", *_HEADS, *_SPREAD]
    sheet.table(heads, rows, [*(["text"] * 3), *(["whole"] * 7), "text"])


def _levers(writer: Writer, found: Difference) -> None:
    rows: list[list[Cell]] = [
        [
            title,
            one.title,
            one.target,
            one.operation,
            float(one.value),
            month_name(one.start),
            flag.colour,
            "; ".join([*flag.reasons, f"grade {flag.grade}"]),
            one.rationale,
        ]
        for title, one, flag in found.levers
    ]
    sheet = writer.sheet(
        "Levers",
        "What would be done, and can it be?",
        ["Levers that the first scenario does not have as they are."],
        [40, 30, 14, 10, 8, 16, 14, 50, 50],
    )
    heads = ["Scenario", "Lever", "Acts on", "How", "Value", "From", "Deliverable?", "Why"]
    forms = ["text", "text", "text", "text", "general", *(["text"] * 4)]
    sheet.table([*heads, "Rationale"], rows, forms)


def _label(row: Any) -> str:
    return MEASURES[str(row["measure"])].label.partition(" (")[0]


# --- paper and slides ---------------------------------------------------------------------------


def write_paper(found: Difference, path: Path) -> None:
    """Write the board paper of a comparison."""
    import docx

    paper = docx.Document()
    prepare(paper, found.facts)
    paper.add_heading(found.title, 0)
    paper.add_heading("What changes", 1)
    for sentence in found.answer():
        paper.add_paragraph(sentence, style="List Bullet")
    picture(paper, found.figures["in_post"], 12.0)
    paper.add_heading("Question", 1)
    for one in found.others:
        paper.add_paragraph(one.why)
    opening, last = month_name(found.first.opening), _last(found)
    paper.add_paragraph(f"{found.place.name}, {opening} to {last}.")
    paper.add_heading("The numbers", 1)
    paper.add_paragraph(
        "Full-time equivalents at the end of the month. Differences are means over all futures, "
        "with the 95 % interval of the mean in brackets."
    )
    widths = (3.4, 2.9, 2.2, 2.2, 4.4, 1.6)
    for name in found.comparison.others:
        head = paper.add_paragraph(f"{found.title_of(name)}, against {found.first.title}:")
        head.paragraph_format.keep_with_next = True
        table(paper, *_numbers(found, name), widths)
    _levers_of_paper(paper, found)
    paper.add_heading("What it rests on", 1)
    for text in found.caveats():
        paper.add_paragraph(text, style="List Bullet")
    paper.add_heading("Method", 1)
    for text in found.method():
        paper.add_paragraph(text, style="List Bullet")
    _use(paper, found)
    paper.save(str(path))


def _last(found: Difference) -> str:
    return month_name(str(found.rows(month=found.months[-1])["date"].iloc[0]))


def _numbers(found: Difference, name: str) -> tuple[list[str], list[list[str]]]:
    """Head and rows of a table of one scenario's differences."""
    months = sorted({found.middle, found.months[-1]})
    frame = found.rows(measure=list(STOCKS), month=months, scenario=name)
    rows = [
        [
            _label(row),
            month_name(row["date"]),
            amount(row["first"]),
            amount(row["second"]),
            _interval(row),
            said(row),
        ]
        for _, row in frame.iterrows()
    ]
    return ["", "Month", "First", "Other", "Difference (95 %)", "Shown?"], rows


def _interval(row: Any) -> str:
    if said(row) == "none":
        return "0"
    return f"{signed(row['difference'])} ({signed(row['low95'])} to {signed(row['high95'])})"


def _levers_of_paper(paper: Any, found: Difference) -> None:
    if not found.levers:
        return
    paper.add_heading("Levers, and whether they can be delivered", 1)
    for line in _lever_lines(found):
        paper.add_paragraph(line, style="List Bullet")


def _lever_lines(found: Difference) -> list[str]:
    return [
        f"{one.title}, from {month_name(one.start)}. {flag.colour.capitalize()}: "
        f"{'; '.join(flag.reasons) or 'within what the evidence shows'} (grade {flag.grade})."
        for _, one, flag in found.levers
    ]


def _use(paper: Any, found: Difference) -> None:
    from docx.shared import Pt

    paper.add_heading("Use", 1)
    paper.add_paragraph(f"For: {INTENDED}")
    paper.add_paragraph(f"Not for: {NOT_INTENDED}")
    paper.add_heading("Run it again", 1)
    for command in found.reproduce():
        run = paper.add_paragraph().add_run(command)
        run.font.name, run.font.size = "Courier New", Pt(8.5)
    paper.add_paragraph(f"Digest of the table {found.facts.digest}. {_LICENCE}")


def write_slides(found: Difference, path: Path) -> None:
    """Write the slide pack of a comparison: four to six slides."""
    facts = found.facts
    pack = new_pack(facts)
    words_slide(pack, facts, found.title, [*(one.why for one in found.others), *found.answer()], 18)
    for figure in found.figures.values():
        chart_slide(pack, facts, figure.sentence, figure)
    if found.levers:
        words_slide(pack, facts, "What would be done, and can it be?", _lever_lines(found), 16)
    words_slide(pack, facts, "What it rests on", found.caveats()[:7], 16)
    again = [f"Not for: {NOT_INTENDED}", *found.reproduce(), f"Digest of the table {facts.digest}."]
    words_slide(pack, facts, "Use, and how to run it again", again, 16)
    pack.save(str(path))
