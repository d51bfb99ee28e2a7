"""Charts of the page as fixed Vega-Lite specifications that take fresh data.

A chart of Altair is built and checked anew each time it is drawn; these are built once, for light
and for dark, and a redraw only sends numbers. Colours and bands follow ``simulator.charts``.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from simulator.charts.figure import BLUE, INK, ORANGE, PURPLE, TEAL, WORD_COLOUR

Spec = dict[str, Any]

BANDS: Final = (("lo95", "hi95", 0.14), ("lo80", "hi80", 0.18), ("lo50", "hi50", 0.26))
_DARK: Final = {
    BLUE: "#7FB3DD",
    TEAL: "#4CC4BA",
    PURPLE: "#E08BBB",
    ORANGE: "#F79A6B",
    INK: "#F2F2F2",
    "white": "#14181C",
    "#E3E3E3": "#3A424A",
    "#767676": "#9AA3AB",
}
GHOST: Final = "#767676"
"""The line of an earlier run."""
_TITLE: Final = 14


def colour(name: str, dark: bool) -> str:
    """A colour on light, or its lighter sister on dark."""
    return _DARK[name] if dark else name


def _x(dark: bool) -> Spec:
    axis = {"format": "%Y", "tickCount": "year", "grid": False, "labelOverlap": True, "title": None}
    return {"field": "date", "type": "temporal", "axis": axis | _ink(dark)}


def _y(field: str, dark: bool, title: str | None = None, zero: bool = True) -> Spec:
    axis = {"format": ",.0f", "title": title, "tickCount": 5, "gridColor": colour("#E3E3E3", dark)}
    scale = {"zero": zero}
    return {"field": field, "type": "quantitative", "axis": axis | _ink(dark), "scale": scale}


def _ink(dark: bool) -> Spec:
    ink = colour(INK, dark)
    return {"labelColor": ink, "titleColor": ink, "domainColor": ink, "labelFontSize": 13}


def _config(dark: bool) -> Spec:
    return {
        "font": "Arial, Helvetica, sans-serif",
        "background": "transparent",
        "view": {"stroke": None},
        "text": {"fontSize": _TITLE},
        "title": {"color": colour(INK, dark), "anchor": "start", "fontSize": _TITLE},
        "header": {"labelColor": colour(INK, dark), "labelFontSize": 13},
        "legend": {"labelColor": colour(INK, dark), "labelFontSize": 13, "labelLimit": 400},
    }


def _band(low: str, high: str, opacity: float, paint: str, dark: bool) -> Spec:
    return {
        "mark": {"type": "area", "color": paint, "opacity": opacity + 0.06 * dark},
        "encoding": {"x": _x(dark), "y": _y(low, dark), "y2": {"field": high}},
    }


def _line(field: str, paint: str, dark: bool, **mark: Any) -> Spec:
    return {
        "mark": {"type": "line", "color": paint, "strokeWidth": 2.5, **mark},
        "encoding": {"x": _x(dark), "y": _y(field, dark)},
    }


def _names(dark: bool) -> Spec:
    """Words at the right end of the lines, from the dataset ``ends``."""
    names = [BLUE, TEAL, PURPLE, ORANGE, INK, GHOST]
    inks = [colour(one, True) if dark else WORD_COLOUR.get(one, one) for one in names]
    scale = {"domain": names, "range": inks}
    return {
        "data": {"name": "ends"},
        "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 13, "fontWeight": "bold"},
        "encoding": {
            "x": _x(dark),
            "y": _y("at", dark),
            "text": {"field": "words"},
            "color": {"field": "colour", "type": "nominal", "scale": scale, "legend": None},
        },
    }


def _whole(layers: list[Spec], dark: bool, height: int) -> Spec:
    return {
        "layer": layers,
        "height": height,
        "padding": {"left": 5, "top": 8, "bottom": 5, "right": 5},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": _config(dark),
    }


@cache
def fan(dark: bool, *, lines: bool, compared: bool, height: int = 380) -> Spec:
    """A stock with its bands; with need and funded posts; against an earlier run.

    Args:
        dark: Whether the page is dark.
        lines: Draw need (dark, dashed) and funded posts.
        compared: Draw the run without levers and the previous run as lines.
        height: Height in pixels.
    """
    blue = colour(BLUE, dark)
    layers = [_band(low, high, opacity, blue, dark) for low, high, opacity in BANDS]
    if compared:
        ghost = colour(GHOST, dark)
        layers += [
            _line("ghost", ghost, dark, strokeDash=[2, 3], strokeWidth=1.8),
            _line("base", colour(ORANGE, dark), dark, strokeWidth=2),
        ]
    layers.append(_line("mean", blue, dark))
    if lines:
        layers += [
            _line("funded", colour(TEAL, dark), dark),
            _line("need", colour("white", dark), dark, strokeWidth=5),
            _line("need", colour(INK, dark), dark, strokeDash=[7, 4]),
        ]
    layers.append(_names(dark))
    return _whole(layers, dark, height)


GROUP_COLOURS: Final = {"clinical": PURPLE, "data": BLUE, "digital": ORANGE}


@cache
def by_group(dark: bool, height: int = 300) -> Spec:
    """A stock by staff group, each with the band of 8 of 10 futures; long data by ``group``."""
    names = list(GROUP_COLOURS)
    scale = {"domain": names, "range": [colour(GROUP_COLOURS[one], dark) for one in names]}
    paint = {"field": "group", "type": "nominal", "scale": scale, "legend": None}
    layers = [
        {
            "mark": {"type": "area", "opacity": 0.2 + 0.06 * dark},
            "encoding": {
                "x": _x(dark),
                "y": _y("lo80", dark) | {"stack": None},
                "y2": {"field": "hi80"},
                "color": paint,
            },
        },
        {
            "mark": {"type": "line", "strokeWidth": 2.5},
            "encoding": {"x": _x(dark), "y": _y("mean", dark), "color": paint},
        },
    ]
    names_layer = _names(dark)
    whole = _whole([*layers, names_layer], dark, height)
    return whole | {"resolve": {"scale": {"color": "independent"}}}


@cache
def flows(dark: bool) -> Spec:
    """Mean people a year by source or reason, as bars in panels with their range."""
    paint = {
        "field": "way",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": ["came", "went"], "range": [colour(BLUE, dark), colour(PURPLE, dark)]},
    }
    y = {
        "field": "flow",
        "type": "nominal",
        "sort": None,
        "axis": {"title": None, "labelLimit": 260, "ticks": False} | _ink(dark),
    }
    x = {
        "type": "quantitative",
        "axis": {"title": "people a year", "format": ",.0f", "tickCount": 6} | _ink(dark),
    }
    bar = {
        "mark": {"type": "bar", "height": {"band": 0.62}, "opacity": 0.6},
        "encoding": {"y": y, "x": {"field": "mean", **x}, "color": paint},
    }
    rule = {
        "mark": {"type": "rule", "color": colour(INK, dark), "strokeWidth": 2},
        "encoding": {"y": y, "x": {"field": "lo80", **x}, "x2": {"field": "hi80"}},
    }
    return {
        "layer": [bar, rule],
        "height": {"step": 26},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": _config(dark),
    }
