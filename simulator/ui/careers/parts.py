"""Parts that the views of the careers page share: figures, where they come from, readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from simulator.evidence.sources import load_sources
from simulator.experiments.careers import Careers, CareersError, read_careers
from simulator.ui.parts import dark, plain
from simulator.ui.specs import shade

if TYPE_CHECKING:
    import pandas as pd

    from simulator.charts.figure import Figure

TOO_FEW: Final = "too few to say"
RANGE: Final = (
    "Each range, in brackets or with the word *between*, holds the number in 8 of 10 simulated "
    "futures; in 1 of 10 it is lower, in 1 of 10 higher."
)
GRADES: Final = (
    "A official and directly applicable, B official with a caveat, C another group, body or year, "
    "D an assumption."
)


@lru_cache(maxsize=1)
def stored() -> Careers:
    """The stored results, read once.

    Raises:
        CareersError: If they are missing or have been changed.
    """
    return read_careers()


def start_years() -> list[int]:
    """Years of start for which outcomes are stored; none if there are no results."""
    try:
        return sorted(int(one) for one in stored().frame("cards")["year"].unique())
    except CareersError:
        return []


def draw(figure: Figure, key: str) -> None:
    """Show a figure with its finding above and its details below."""
    st.subheader(plain(figure.sentence))
    picture(figure, key)
    st.caption(emphasised(figure.details))


def emphasised(text: str) -> str:
    """Words of ours for Markdown, in which stars stand for emphasis and nothing else does."""
    return plain(text).replace("\\*", "*")


def picture(figure: Figure, key: str) -> None:
    """Show the chart of a figure, with words for those who do not see it."""
    spec = figure.spec()
    for name in ("title", "description"):  # the page has both, as words of its own
        spec.pop(name, None)
    spec.setdefault("config", {})["background"] = "transparent"
    st.vega_lite_chart(
        None, shade(spec) if dark() else spec, theme=None, alt=figure.alt, key=key, width="content"
    )


def table(make: Callable[[], pd.DataFrame], label: str, *, open_: bool = False) -> None:
    """A table of words, closed at first; it is made when somebody opens it."""
    box = st.expander(label, expanded=open_, key=f"careers.table.{label}", on_change="rerun")
    if box.open:
        with box:
            st.table(make().map(lambda cell: plain(str(cell))).rename(columns=plain))


def sources_table(ids: Iterable[str]) -> None:
    """Sources by id: what they are, who published them, when and where."""
    import pandas as pd

    known = load_sources()
    rows = [known[one] for one in dict.fromkeys(ids) if one in known]
    if rows:
        frame = pd.DataFrame(
            [
                {
                    "Source": plain(one.id),
                    "Title": plain(one.title),
                    "Publisher": plain(one.publisher),
                    "Year": plain(one.year),
                    "Address": plain(one.url),
                }
                for one in rows
            ]
        ).set_index("Source")
        st.table(frame)


def simulated(scenarios: Sequence[str], pathway: str, sources: Iterable[str], note: str) -> None:
    """Where a simulated figure comes from: scenario, size, grade and sources."""
    manifest = stored().manifest
    with st.expander("Where this comes from"):
        for name in scenarios:
            one = manifest["scenarios"][name]
            st.write(
                f"Scenario **{plain(name)}**: {plain(str(one['title']))}. "
                f"Digest {plain(str(one['digest'])[:16])}."
            )
        st.write(
            f"Simulated, not counted: {manifest['draws']} draws of what is doubtful, "
            f"{manifest['replications']} futures in all. Stored results "
            f"{str(manifest['digest'])[:16]}. Grade D: the numbers rest on assumptions "
            "about supply."
        )
        if pathway:
            _assumed(pathway)
        if note:
            st.write(plain(note))
        st.caption(f"Grades of evidence: {GRADES}")
        sources_table(sources)


def _assumed(pathway: str) -> None:
    """What the model takes for a course."""
    row = pathway_row(pathway)
    st.write(
        plain(
            f"Taken for this route, grade {row['grade']}: {row['places_per_year']} places a year "
            f"in England; {_of_100(row['completion'])} of 100 complete; "
            f"{_of_100(row['seek_nhs_share'])} of 100 who complete look for an NHS trust post. "
            f"{row['note']}"
        )
    )


def _of_100(share: str) -> str:
    return f"{100 * float(share):.0f}"


def pathway_row(pathway: str) -> dict[str, Any]:
    """The evidence on a pathway."""
    from simulator.evidence.tables import table_rows

    return next(row for row in table_rows("pathways") if row["pathway"] == pathway)


def not_simulated(name: str, net_new: str) -> None:
    """Say why a route has no simulated figures."""
    why = (
        "it trains people who already work in the NHS, so nobody new arrives by it"
        if net_new == "no"
        else "it is closed, or nothing is published on how many take it"
    )
    st.info(plain(f"{name} is not simulated: {why}. Choose another route, or read its card."))
