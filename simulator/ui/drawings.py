"""The law in two drawings, as SVG, with words for those who do not see them."""

from __future__ import annotations

from typing import Final, NamedTuple

from simulator.charts.figure import INK
from simulator.ui.specs import colour


class Drawing(NamedTuple):
    """A drawing and what it shows, read aloud."""

    svg: str
    words: str


STAGES: Final = (
    ("0", "Training", "trainees start, drop out, complete, look for posts"),
    ("1", "Establishment", "posts open or are withdrawn, as need and money say"),
    ("2", "Exits", "people leave, retire or take a career break"),
    ("3", "Starts and moves", "people join, or are drawn from another trust"),
    ("4", "Inside round", "vacancies go to the band below, or are advertised"),
    ("5", "Market", "adverts find a candidate, a graduate, or nobody"),
    ("6", "Stocks", "people, posts and money are counted; books checked"),
)
_STYLE: Final = 'font-family="Arial, Helvetica, sans-serif" fill="currentColor"'
_WIDTH: Final = 440
_LEFT, _BOX = 84, 236
_MIDDLE: Final = _LEFT + _BOX // 2
"""Where the boxes of the life of a post begin, their width, and their middle."""


def month(dark: bool) -> Drawing:
    """The stages of a month, from top to bottom."""
    step, parts = 58, []
    for number, (name, title, what) in enumerate(STAGES):
        y = 4 + number * step
        parts.append(_box(4, y, _WIDTH - 8, 44))
        parts.append(_text(24, y + 28, name, 20, bold=True))
        parts.append(_text(52, y + 19, title, 15, bold=True))
        parts.append(_text(52, y + 36, what, 14))
        if number:
            parts.append(_arrow(_WIDTH / 2, y - 14, _WIDTH / 2, y - 1))
    told = "; ".join(f"{title}: {what}" for _, title, what in STAGES)
    return _drawing(parts, len(STAGES) * step, f"The order of a month. {told}.", dark)


def post(dark: bool) -> Drawing:
    """The states of a post and what leads from one to the next."""
    parts = []
    for y, title, what in (
        (4, "Filled", "somebody holds the post"),
        (114, "Approval", "the vacancy waits for approval"),
        (224, "Advertised", "round after round"),
        (334, "Agreed", "a start is agreed: notice runs"),
    ):
        parts += [_box(_LEFT, y, _BOX, 50), _text(_MIDDLE, y + 21, title, 16, bold=True, mid=True)]
        parts.append(_text(_MIDDLE, y + 40, what, 14, mid=True))
    for y, *lines in (
        (54, "leaves, moves,", "is promoted"),
        (164, "nobody inside", "takes it"),
        (274, "somebody", "is found"),
    ):
        parts.append(_arrow(_MIDDLE, y, _MIDDLE, y + 58))
        parts += [
            _text(_MIDDLE + 10, y + 25 + 18 * number, one, 14) for number, one in enumerate(lines)
        ]
    right = _LEFT + _BOX
    parts += [
        _path(f"M{_LEFT} 359 H24 V29 H{_LEFT - 3}"),
        _text(30, 196, "starts", 14),
        _path(f"M{right} 139 H432 V29 H{right + 3}"),
        _text(326, 78, "the band below", 14),
        _text(326, 96, "is promoted", 14),
        _path(f"M{right} 238 H372 V262 H{right + 3}"),
        _text(326, 231, "nobody found", 14),
        _text(4, 412, "New posts, once funded, begin at Approval.", 14),
        _text(4, 431, "A freeze holds vacancies back before it. Posts that", 14),
        _text(4, 450, "lose their money are withdrawn while vacant.", 14),
    ]
    return _drawing(
        parts,
        460,
        "The life of a post. Filled; when its holder leaves, moves or is promoted it waits for "
        "approval; it is filled by promotion from the band below, or else advertised, round after "
        "round, until somebody is found; a start is agreed, notice runs, and it is filled again.",
        dark,
    )


def _drawing(parts: list[str], height: int, told: str, dark: bool) -> Drawing:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}">'
    )
    marker = (
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="currentColor"/></marker>'
        "</defs>"
    )
    whole = f"{head}{marker}{''.join(parts)}</svg>"
    return Drawing(whole.replace("currentColor", colour(INK, dark)), told)


def _box(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="currentColor" '
        'fill-opacity="0.06" stroke="currentColor" stroke-width="1.5"/>'
    )


def _text(
    x: float, y: float, words: str, size: int, *, bold: bool = False, mid: bool = False
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    anchor = ' text-anchor="middle"' if mid else ""
    return f'<text x="{x}" y="{y}" font-size="{size}"{weight}{anchor} {_STYLE}>{words}</text>'


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    return _path(f"M{x1} {y1} L{x2} {y2}")


def _path(line: str) -> str:
    return (
        f'<path d="{line}" fill="none" stroke="currentColor" stroke-width="1.8" '
        'marker-end="url(#tip)"/>'
    )
