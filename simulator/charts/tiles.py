"""A grid of tiles: care systems by region, shaded by shortfall."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from simulator.charts.figure import (
    BLUE,
    HIGH,
    INK,
    LOW,
    Figure,
    compact,
    source_words,
    styled,
    with_range,
)
from simulator.charts.words import month_name, percent, place_name

if TYPE_CHECKING:
    import pandas as pd

    from simulator.results.result import Result

_NORTH_TO_SOUTH: Final = ("Y62", "Y63", "Y60", "Y61", "Y56", "Y59", "Y58")
"""Regions as on a map, roughly: north first."""
_ACROSS: Final = 8
_TILE: Final = (134, 76)
_WIDTH: Final = (_ACROSS + 1) * _TILE[0]


def tile_chart(result: Result, *, month: int | None = None) -> Figure:
    """Draw a tile for each region and care system, shaded by shortfall as a share of need.

    Args:
        result: A result with at least two care systems.
        month: Months since the opening; by default five years, or the end if that is earlier.

    Raises:
        KeyError: If the result has fewer than two care systems, or no such month.
    """
    at = min(60, int(result.manifest["months"])) if month is None else month
    frame = result.frame("places", level=["region", "ics"], group="all")
    frame = frame.loc[frame["month"] == at]
    if frame.loc[frame["level"] == "ics", "code"].nunique() < 2:
        raise KeyError(f"the result has no two care systems to compare in month {at}")
    tiles = _tiles(frame)
    systems = tiles.loc[tiles["level"] == "ics"]
    ordered: list[Any] = [row for _, row in systems.sort_values("share").iterrows()]
    low, top = ordered[0], ordered[-1]
    when = month_name(str(frame["date"].iloc[0]))
    sentence = (
        f"In {when} the shortfall is {percent(top['share'])} of need in {top['name']}, "
        f"{with_range(top, ' FTE')}, and {percent(low['share'])} in {low['name']}, "
        f"{with_range(low, ' FTE')}"
    )
    details = [
        "Shortfall, need less staff in post, in full-time equivalents: the mean with the range "
        "that holds 8 of 10 futures. Shade: mean shortfall over mean need. One row or two "
        "for each region, the region itself at the left.",
        _alike(result) + source_words(result.manifest),
    ]
    rows: list[Any] = [row for _, row in tiles.iterrows()]
    told = "; ".join(f"{one['name']} {with_range(one)}" for one in rows)
    text = f"Tiles of regions and care systems, shortfall in {when}, FTE: {told}."
    columns = ["level", "code", "name", "mean", LOW, HIGH, "share"]
    return Figure(
        styled(_grid(tiles), sentence, details, text, _WIDTH),
        text,
        tiles[columns].reset_index(drop=True),
        f"{sentence}.",
    )


def _alike(result: Result) -> str:
    if result.manifest["own_rows"]:
        return ""
    return "All places start from the same national shares, so differences say little. "


def _tiles(frame: pd.DataFrame) -> pd.DataFrame:
    """One row for each region and care system, with its place in the grid."""
    need = frame.loc[frame["measure"] == "need"].set_index(["level", "code"])["mean"]
    rows = frame.loc[frame["measure"] == "shortfall"].copy()
    keys = list(zip(rows["level"], rows["code"], strict=True))
    rows["share"] = rows["mean"].to_numpy() / need.loc[keys].to_numpy()
    rows["name"] = [place_name(level, code) for level, code in keys]
    places = places_in_grid(keys)
    kept = [key in places for key in keys]
    rows = rows.loc[kept]
    spots = [places[key] for key in keys if key in places]
    return rows.assign(row=[one[0] for one in spots], column=[one[1] for one in spots])


def places_in_grid(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, int]]:
    """Row and column of the tile of each region and care system.

    Args:
        keys: Level and code of each place; a region may come more than once, for several measures.
    """
    home = _home()
    places, row = {}, 0
    regions = [one for one in _NORTH_TO_SOUTH if ("region", one) in keys]
    codes = list(dict.fromkeys(code for level, code in keys if level == "ics"))
    for region in regions or [""]:
        mine = [one for one in codes if not regions or home.get(one) == region]
        mine.sort(key=lambda one: place_name("ics", one))
        if region:
            places["region", region] = (row, 0)
        for number, code in enumerate(mine):
            places["ics", code] = (row + number // _ACROSS, 1 + number % _ACROSS)
        row += max(1, -(-len(mine) // _ACROSS))
    return places


def _home() -> dict[str, str]:
    from simulator.evidence.trusts import load_trusts

    return {trust.ics_code: trust.region_code for trust in load_trusts()}


def _grid(tiles: pd.DataFrame) -> Any:
    lines = [[*textwrap.wrap(name, 20), "", ""] for name in tiles["name"]]
    rows: list[Any] = [row for _, row in tiles.iterrows()]
    ranges = [compact(one) for one in rows]
    reach = tiles["share"].abs().max()
    data = tiles.assign(
        first=[one[0] for one in lines],
        second=[one[1] for one in lines],
        third=[one[2] for one in lines],
        words=ranges,
        ink=["white" if share > 0.55 * reach else INK for share in tiles["share"]],
    )
    scale = alt.Scale(domain=[0, float(reach) or 1.0], range=["#EAF0F6", BLUE], clamp=True)
    base = alt.Chart(data).encode(
        x=alt.X("column:O", axis=None), y=alt.Y("row:O", axis=None), text="words:N"
    )
    ink = alt.Color("ink:N", scale=None, legend=None)
    shade = alt.Color(
        "share:Q",
        scale=scale,
        legend=alt.Legend(
            title="Shortfall, share of need", format=".0%", orient="bottom", gradientLength=220
        ),
    )
    edge = alt.when("datum.level == 'region'").then(alt.value(2.5)).otherwise(alt.value(0))
    return (
        alt.layer(
            base.mark_rect(cornerRadius=3, width=_TILE[0] - 6, height=_TILE[1] - 6).encode(
                color=shade,
                stroke=alt.value(INK),
                strokeWidth=edge,
            ),
            *(
                _words(base, field, dy).encode(color=ink)
                for field, dy in {"first": -25, "second": -12, "third": 1, "words": 22}.items()
            ),
        )
        .resolve_scale(color="independent")
        .properties(width=_WIDTH, height=_TILE[1] * (1 + int(tiles["row"].max())))
    )


def _words(base: alt.Chart, field: str, dy: int) -> alt.Chart:
    chart: alt.Chart = base.mark_text(dy=dy, fontSize=12).encode(text=f"{field}:N")
    return chart
