"""A chart with its words and its numbers, which is what every function of this package returns."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from simulator.charts.words import GROUP_WORDS, place_name, rounded

if TYPE_CHECKING:
    import pandas as pd

    from simulator.results.result import Result

BLUE: Final = "#12436D"
TEAL: Final = "#28A197"
PURPLE: Final = "#801650"
ORANGE: Final = "#F46A25"
INK: Final = "#1B1B1B"
"""Text and the line of need."""
WORD_COLOUR: Final = {
    BLUE: BLUE,
    TEAL: "#1A6F68",
    PURPLE: PURPLE,
    ORANGE: "#A8450F",
    INK: INK,
}
"""Each colour as text: dark enough for a contrast of 4.5 to 1 on white."""
LOW, HIGH = "q10.0", "q90.0"
BANDS: Final = (("q02.5", "q97.5", 0.14), (LOW, HIGH, 0.18), ("q25.0", "q75.0", 0.26))
"""Quantiles and opacity of the bands that hold 95, 80 and 50 of 100 futures."""
WIDTH: Final = 640
HIDDEN: Final = "*"
"""Stands for a count that is too small to be shared."""
_LETTER: Final = 0.5
"""Mean width of a letter as a share of the size of the type."""


class FigureError(ValueError):
    """A figure cannot be written as asked; the message names the file and says what would be."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart that can stand alone.

    Attributes:
        chart: The Altair chart.
        alt: Alternative text, with the numbers.
        table: The numbers drawn, tidy.
        sentence: What the chart shows, in one sentence.
    """

    chart: alt.TopLevelMixin
    alt: str
    table: pd.DataFrame
    sentence: str

    def spec(self) -> dict[str, Any]:
        """The chart as a Vega-Lite specification."""
        found: dict[str, Any] = self.chart.to_dict()
        return found

    def svg(self) -> str:
        """The chart as SVG, drawn without a browser or a network."""
        import vl_convert

        return str(vl_convert.vegalite_to_svg(self.spec(), allowed_base_urls=[]))

    def png(self, scale: float = 2.0, *, bare: bool = False) -> bytes:
        """The chart as PNG, drawn without a browser or a network.

        Args:
            scale: Pixels of the picture for each of the chart.
            bare: Without its words, which then stand beside it: see :attr:`details`.
        """
        import vl_convert

        spec = self.spec()
        if bare:
            del spec["title"]
        return bytes(vl_convert.vegalite_to_png(spec, scale=scale, allowed_base_urls=[]))

    @property
    def details(self) -> str:
        """Measure, unit, place and source: the chart's subtitle as one paragraph."""
        return " ".join(self.spec()["title"]["subtitle"])

    def save(self, path: str | Path) -> Path:
        """Write the chart as .png, .svg or .html, or its table as .csv, by the file's ending.

        Raises:
            FigureError: If the name has another ending.
        """
        target = Path(path)
        if target.suffix not in {".png", ".svg", ".html", ".csv"}:
            raise FigureError(f"{target}: name a file that ends in .png, .svg, .html or .csv")
        building = target.with_name(f".{target.name}.part")
        try:
            building.write_bytes(self._content(target.suffix))
            building.replace(target)
        finally:
            building.unlink(missing_ok=True)
        return target

    def _content(self, suffix: str) -> bytes:
        if suffix == ".png":
            return self.png()
        if suffix == ".svg":
            return (self.svg() + "\n").encode()
        if suffix == ".csv":
            return self.table.to_csv(index=False, lineterminator="\n").encode()
        return str(self.chart.to_html(inline=True)).encode()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """What a notebook shows: a picture, since an Altair chart would load code from afar."""
        return {"image/svg+xml": self.svg(), "text/plain": self.alt}


def styled(
    chart: Any, finding: str, details: Sequence[str], description: str, width: int = WIDTH
) -> Any:
    """Give a chart its title (the finding), subtitle, alternative text and type.

    Args:
        chart: An Altair chart.
        finding: What it shows.
        details: Measure, unit, place and source; one paragraph each.
        description: Alternative text.
        width: Width of the whole chart in pixels, to which words are wrapped.
    """
    title = alt.TitleParams(
        _wrapped(finding, 17, width),
        subtitle=[line for one in details for line in _wrapped(one, 12.5, width)],
        anchor="start",
    )
    return (
        chart.properties(title=title, description=description)
        .configure(font="Arial, Helvetica, sans-serif", background="white")  # first: it replaces
        .configure_axis(
            labelColor=INK, titleColor=INK, gridColor="#E3E3E3", labelFontSize=12, titleFontSize=12
        )
        .configure_header(labelColor=INK, titleColor=INK, labelFontSize=12)
        .configure_title(
            anchor="start", color=INK, subtitleColor=INK, fontSize=17, subtitleFontSize=12.5
        )
        .configure_view(stroke=None)
    )


def _wrapped(text: str, size: float, width: int) -> list[str]:
    return textwrap.wrap(text, max(20, int(width / (size * _LETTER))))


def place_rows(result: Result, table: str, level: str, code: str, group: str) -> pd.DataFrame:
    """Rows of a place and group.

    Raises:
        KeyError: If the result has no such place or group.
    """
    frame = result.frame(table, level=level, code=code, group=group)
    if frame.empty:
        raise KeyError(f"the result has no place {level} {code} with group {group!r}")
    return frame


def place_words(level: str, code: str, group: str = "all") -> str:
    """A place, with its staff group, for a subtitle."""
    where = place_name(level, code)
    return where if group == "all" else f"{where}, {lowered(GROUP_WORDS[group])}"


def lowered(text: str) -> str:
    """Words that begin a sentence, for the middle of one."""
    return text[:1].lower() + text[1:]


def source_words(manifest: Mapping[str, Any]) -> str:
    """What a reader of any chart must know of where it comes from."""
    return (
        "What the stated assumptions imply, not a forecast. "
        f"Census: {manifest['census']}. Scenario {manifest['scenario']['id']}, "
        f"{_many(manifest['draws'], 'draw')}, {_many(manifest['replications'], 'replication')}."
    )


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")


def amount(value: float) -> str:
    """A number as text, or a star for a count too small to be shared."""
    return HIDDEN if math.isnan(value) else rounded(value)


def with_range(row: Mapping[str, Any], unit: str = "") -> str:
    """A mean, with its unit, and the range that holds 8 of 10 futures."""
    told = f"{amount(row['mean'])}{unit}"
    return told if all_hidden(row) else f"{told} ({span(row)} in 8 of 10 futures)"


def compact(row: Mapping[str, Any]) -> str:
    """A mean with its range, for a table that says what the range is."""
    told = amount(row["mean"])
    return told if all_hidden(row) else f"{told} ({span(row)})"


def all_hidden(row: Mapping[str, Any]) -> bool:
    """Whether a count and its range are too small to be shared."""
    return all(math.isnan(row[name]) for name in ("mean", LOW, HIGH))


def span(row: Mapping[str, Any]) -> str:
    """The range that holds 8 of 10 futures."""
    return f"{amount(row[LOW])} to {amount(row[HIGH])}"


def time_axis() -> alt.X:
    """Months along the bottom, labelled by year."""
    axis = alt.Axis(format="%Y", tickCount="year", grid=False, labelFlush=True, labelOverlap=True)
    return alt.X("date:T", title=None, axis=axis)


def amount_axis(field: str) -> alt.Y:
    """Amounts up the side, from zero."""
    scale, axis = alt.Scale(zero=True), alt.Axis(format=",.0f")
    return alt.Y(f"{field}:Q", title=None, scale=scale, axis=axis)


def band(rows: pd.DataFrame, low: str, high: str, opacity: float, colour: str = BLUE) -> alt.Chart:
    """The area between two quantiles over time."""
    part = rows[["date", low, high]].set_axis(["date", "low", "high"], axis=1)
    area = alt.Chart(part).mark_area(color=colour, opacity=opacity)
    chart: alt.Chart = area.encode(x=time_axis(), y=amount_axis("low"), y2="high:Q")
    return chart


def line(
    rows: pd.DataFrame, colour: str, dash: Sequence[int] = (), width: float = 2.2
) -> alt.Chart:
    """A line of means over time."""
    mark = alt.Chart(rows[["date", "mean"]]).mark_line(
        color=colour, strokeDash=list(dash), strokeWidth=width, clip=True
    )
    chart: alt.Chart = mark.encode(x=time_axis(), y=amount_axis("mean"))
    return chart


def end_labels(texts: Sequence[tuple[float, str, str]], date: str, height: float) -> alt.Chart:
    """Words at the right end of lines, kept apart.

    Args:
        texts: Value, words and colour of each.
        date: The last month.
        height: The range of the axis in the unit of the values.
    """
    import pandas as pd

    gap, placed, rows = height * 0.055, float("inf"), []
    for value, words, colour in sorted(texts, key=lambda one: -one[0]):
        if not math.isnan(value):
            placed = min(value, placed - gap)
            rows.append((date, placed, words, WORD_COLOUR[colour]))
    data = pd.DataFrame(rows, columns=["date", "at", "words", "colour"])
    mark = alt.Chart(data).mark_text(align="left", dx=7, fontSize=12, clip=False)
    chart: alt.Chart = mark.encode(
        x=time_axis(),
        y=amount_axis("at"),
        text="words:N",
        color=alt.Color("colour:N", scale=None, legend=None),
    )
    return chart


def first_and_last(rows: pd.DataFrame) -> tuple[Any, Any]:
    """The first and the last month of a measure."""
    ordered = rows.sort_values("month")
    return ordered.iloc[0], ordered.iloc[-1]
