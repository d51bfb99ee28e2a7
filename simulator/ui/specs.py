"""Charts of the page as fixed Vega-Lite specifications that take fresh data.

A chart of Altair is built and checked anew each time it is drawn; these are built once, for light
and for dark, and a redraw only sends numbers. Colours and bands follow ``simulator.charts``.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from simulator.charts.figure import BLUE, INK, ORANGE, PURPLE, TEAL, WORD_COLOUR

if TYPE_CHECKING:
    import pandas as pd

Spec = dict[str, Any]

BANDS: Final = (("lo95", "hi95", 0.14), ("lo80", "hi80", 0.18), ("lo50", "hi50", 0.26))
_DARK: Final[dict[str, str]] = {
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


def shade(spec: Any) -> Any:
    """A specification made for light, with the colours for dark."""
    if isinstance(spec, dict):
        return {name: shade(value) for name, value in spec.items()}
    if isinstance(spec, list):
        return [shade(value) for value in spec]
    return _DARK.get(spec, spec) if isinstance(spec, str) else spec


_LIGHT: Final[dict[str, str]] = {dark: light for light, dark in _DARK.items()}


def _lighten(spec: Any) -> Any:
    """A specification made for dark, with the colours for light."""
    if isinstance(spec, dict):
        return {name: _lighten(value) for name, value in spec.items()}
    if isinstance(spec, list):
        return [_lighten(value) for value in spec]
    return _LIGHT.get(spec, spec) if isinstance(spec, str) else spec


_SAID: Final = frozenset({"title", "width", "description"})
"""Parts of a chart that can stand alone, of which a page says the words and gives the width."""


def on_page(spec: Spec, dark: bool) -> Spec:
    """A chart that can stand alone, for a page that says its words and gives it its width."""
    kept = {name: value for name, value in spec.items() if name not in _SAID}
    config = {**kept.get("config", {}), "background": "transparent"}
    whole = kept | {
        "config": config,
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
    }
    found: Spec = shade(whole) if dark else whole
    return found


PAPER: Final = 760
"""Width of a saved picture, in pixels; twice that in a PNG."""


def paper(spec: Spec, data: Mapping[str, pd.DataFrame], finding: str, details: str) -> Spec:
    """A chart of the page as one that can stand alone, on white.

    Args:
        spec: The chart.
        data: Its datasets by name.
        finding: What it shows.
        details: Where the numbers come from.
    """
    found: Spec = _lighten(spec)
    config = {**found["config"], "background": "white"}
    named = {
        name: json.loads(frame.to_json(orient="records", date_format="iso"))
        for name, frame in data.items()
    }
    title = {
        "text": textwrap.wrap(finding, 84),
        "subtitle": textwrap.wrap(details, 110),
        "anchor": "start",
        "fontSize": 16,
        "color": INK,
        "subtitleColor": INK,
        "subtitleFontSize": 12,
        "offset": 12,
    }
    return found | {
        "config": config,
        "title": title,
        "width": PAPER,
        "data": {"name": "main"},
        "datasets": named,
    }


def png(spec: Spec) -> bytes:
    """A chart as PNG, drawn without a browser or a network."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(spec, scale=2, allowed_base_urls=[]))


def svg(spec: Spec) -> str:
    """A chart as SVG, drawn without a browser or a network."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])) + "\n"


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
def fan(dark: bool, *, lines: bool, compared: bool, height: int = 380, form: str = ",.0f") -> Spec:
    """A stock with its bands; with need and funded posts; against an earlier run.

    Args:
        dark: Whether the page is dark.
        lines: Draw need (dark, dashed) and funded posts.
        compared: Draw the run without levers and the previous run as lines.
        height: Height in pixels.
        form: Format of the numbers up the side.
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
    layers[0]["encoding"]["y"]["axis"]["format"] = form
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


METHOD_COLOURS: Final = {"growth": BLUE, "ratio": TEAL, "maturity": PURPLE, "hee": ORANGE}
"""Lines of the ways to project need."""


@cache
def methods(dark: bool, height: int = 320) -> Spec:
    """Need by each way to project it, and the band between them; a column for each way."""
    ink = colour(INK, dark)
    layers = [_band("low", "high", 0.12, ink, dark)]
    layers += [_line(name, colour(paint, dark), dark) for name, paint in METHOD_COLOURS.items()]
    return _whole([*layers, _names(dark)], dark, height)


@cache
def lasting(dark: bool, height: int = 280) -> Spec:
    """Share of posts still open by months since they fell vacant; long data by ``group``."""
    names = list(GROUP_COLOURS)
    scale = {"domain": names, "range": [colour(GROUP_COLOURS[one], dark) for one in names]}
    paint = {"field": "group", "type": "nominal", "scale": scale, "legend": None}
    month = {
        "field": "month",
        "type": "quantitative",
        "axis": {"title": "months since the post fell vacant", "values": [0, 3, 6, 9, 12, 15, 18]}
        | _ink(dark),
    }
    y = {
        "type": "quantitative",
        "axis": {"format": ".0%", "title": None, "gridColor": colour("#E3E3E3", dark)} | _ink(dark),
        "scale": {"domain": [0, 1]},
    }
    area = {
        "mark": {"type": "area", "opacity": 0.2 + 0.06 * dark},
        "encoding": {
            "x": month,
            "y": y | {"field": "low", "stack": None},
            "y2": {"field": "high"},
            "color": paint,
        },
    }
    line = {
        "mark": {"type": "line", "strokeWidth": 2.5},
        "encoding": {"x": month, "y": y | {"field": "share"}, "color": paint},
    }
    ends = _names(dark)
    ends["encoding"]["x"] = month | {"field": "date"}
    ends["encoding"]["y"] = y | {"field": "at"}
    return _whole([area, line, ends], dark, height) | {
        "resolve": {"scale": {"color": "independent"}}
    }


def _across(dark: bool, title: str, form: str, zero: bool) -> Spec:
    return {
        "type": "quantitative",
        "axis": {"title": title, "titleAnchor": "end", "format": form, "tickCount": 6} | _ink(dark),
        "scale": {"zero": zero},
    }


def _down(dark: bool) -> Spec:
    return {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "axis": {"title": None, "labelLimit": 230, "ticks": False} | _ink(dark),
    }


@cache
def dots(dark: bool, title: str, *, form: str = ",.0f", zero: bool = True) -> Spec:
    """A value with its range for each of some names; those with ``mine`` stand out.

    Data: ``name``, ``value``, ``low``, ``high``, ``mine``.
    """
    y, x = _down(dark), _across(dark, title, form, zero)
    paint = {
        "field": "mine",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": [False, True], "range": [colour(BLUE, dark), colour(ORANGE, dark)]},
    }
    rule = {
        "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.55},
        "encoding": {
            "y": y,
            "x": {"field": "low", **x},
            "x2": {"field": "high"},
            "color": paint,
        },
    }
    point = {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
        "encoding": {"y": y, "x": {"field": "value", **x}, "color": paint},
    }
    return {
        "layer": [rule, point],
        "height": {"step": 24},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": _config(dark),
    }


@cache
def moves(dark: bool) -> Spec:
    """People won to the right and lost to the left, by trust, with the range of each.

    Data: ``name``, ``way`` (won or lost), ``value``, ``low``, ``high``; lost ones below zero.
    """
    y, x = (
        _down(dark),
        _across(dark, "people a year: lost to the left, won to the right", ",.0f", True),
    )
    scale = {"domain": ["won", "lost"], "range": [colour(BLUE, dark), colour(PURPLE, dark)]}
    paint = {"field": "way", "type": "nominal", "legend": None, "scale": scale}
    bar = {
        "mark": {"type": "bar", "height": {"band": 0.62}, "opacity": 0.6},
        "encoding": {"y": y, "x": {"field": "value", "stack": None, **x}, "color": paint},
    }
    rule = {
        "mark": {"type": "rule", "color": colour(INK, dark), "strokeWidth": 2},
        "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}},
    }
    return {
        "layer": [bar, rule],
        "height": {"step": 24},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": _config(dark),
    }


@cache
def by_band(dark: bool) -> Spec:
    """People by band: a tick for today, a bar for then with its range.

    Data: ``name``, ``now``, ``value``, ``low``, ``high``.
    """
    y, x = _down(dark), _across(dark, "people", ",.0f", True)
    ink = colour(INK, dark)
    bar = {
        "mark": {
            "type": "bar",
            "height": {"band": 0.62},
            "color": colour(BLUE, dark),
            "opacity": 0.6,
        },
        "encoding": {"y": y, "x": {"field": "value", **x}},
    }
    rule = {
        "mark": {"type": "rule", "color": ink, "strokeWidth": 2},
        "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}},
    }
    tick = {
        "mark": {
            "type": "tick",
            "color": colour(ORANGE, dark),
            "thickness": 4,
            "height": {"band": 0.9},
        },
        "encoding": {"y": y, "x": {"field": "now", **x}},
    }
    return {
        "layer": [bar, rule, tick],
        "height": {"step": 26},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": _config(dark),
    }


LINES: Final = (BLUE, PURPLE, TEAL)
"""Colours of scenarios that are compared with a first one."""


@cache
def gains(dark: bool, height: int = 320) -> Spec:
    """Differences from the first scenario with their intervals; long data by ``number`` (0 to 2).

    Data: ``number``, ``date``, ``value``, ``low``, ``high``.
    """
    numbers = list(range(len(LINES)))
    scale = {"domain": numbers, "range": [colour(one, dark) for one in LINES]}
    paint = {"field": "number", "type": "nominal", "scale": scale, "legend": None}
    zero = {
        "mark": {"type": "rule", "color": colour(INK, dark), "strokeDash": [3, 3]},
        "encoding": {"y": {"datum": 0}},
    }
    area = {
        "mark": {"type": "area", "opacity": 0.2 + 0.06 * dark},
        "encoding": {
            "x": _x(dark),
            "y": _y("low", dark) | {"stack": None},
            "y2": {"field": "high"},
            "color": paint,
        },
    }
    line = {
        "mark": {"type": "line", "strokeWidth": 2.5, "point": True},
        "encoding": {"x": _x(dark), "y": _y("value", dark), "color": paint},
    }
    whole = _whole([area, line, zero, _names(dark)], dark, height)
    return whole | {"resolve": {"scale": {"color": "independent"}}}


@cache
def tiles(dark: bool) -> Spec:
    """A tile for each care system by region, shaded by share of need; names where there is room.

    Shades begin at nothing, so that places that are alike look alike.

    Data: ``row``, ``column``, ``share``, ``first``, ``second``, ``told``, ``span``, ``region`` (is
    it one), ``ink`` (does light text stand on it).
    """
    place = {
        "x": {"field": "column", "type": "ordinal", "axis": None, "scale": {"padding": 0.04}},
        "y": {"field": "row", "type": "ordinal", "axis": None, "scale": {"padding": 0.05}},
    }
    shade_ = {
        "field": "share",
        "type": "quantitative",
        "scale": {"range": ["#EAF0F6", BLUE], "domainMin": 0},
        "legend": {"title": "Shortfall, share of need", "format": ".0%", "orient": "bottom"}
        | {"titleColor": colour(INK, dark), "gradientLength": 200},
    }
    edge = {"condition": {"test": "datum.region", "value": 3}, "value": 0}
    rect = {
        "mark": {"type": "rect", "cornerRadius": 3, "stroke": colour(INK, dark)},
        "encoding": place | {"color": shade_, "strokeWidth": edge},
    }
    ink = {"condition": {"test": "datum.ink", "value": "#FFFFFF"}, "value": "#1B1B1B"}

    def text(field: str, dy: int, size: int, wide: bool) -> Spec:
        shown = f"width > 820 ? datum.{field} : ''" if wide else f"datum.{field}"
        return {
            "transform": [{"calculate": shown, "as": "words"}],
            "mark": {"type": "text", "dy": dy, "fontSize": size},
            "encoding": place | {"text": {"field": "words"}, "color": ink},
        }

    layers = [
        rect,
        text("first", -17, 11, True),
        text("second", -4, 11, True),
        text("told", 12, 14, False),
        text("span", 27, 11, True),
    ]
    return _whole(layers, dark, 620) | {"resolve": {"scale": {"color": "independent"}}}
