"""One more seat: what one more training place does to the shortfall, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from simulator.charts.words import month_name
from simulator.experiments.careers import SeatEffect
from simulator.ui.careers import work
from simulator.ui.careers.asked import ENGLAND, Asked, region_name, regions
from simulator.ui.careers.parts import not_simulated, pathway_row, simulated, table
from simulator.ui.parts import plain

if TYPE_CHECKING:
    import pandas as pd

SMALL: Final = "too small to see"
HOW: Final = (
    "Both runs share the same people and the same luck, so that what differs is the seat. It is "
    "measured with many seats at once, divided by their number, and again with half as many: if "
    "the two agree, one seat may be read off. Where the interval holds nought the effect is *too "
    "small to see*. FTE: full-time equivalents; a minus is less shortfall."
)


def show(asked: Asked) -> None:
    """Show the view."""
    if not asked.pathway:
        not_simulated(asked.card.name, asked.card.net_new)
        return
    st.write(
        "What would one more place on this route do to the shortfall of staff? It is simulated now "
        "and takes a minute or two; you may look at other pages meanwhile."
    )
    region = asked.region
    if region == ENGLAND:
        codes = [one for one in regions() if one != ENGLAND]
        region = st.selectbox(
            "Where the place is", codes, format_func=region_name, key="careers.seat.region"
        )
    found = work.asked(
        "careers.seat.run",
        "Simulate one more seat",
        work.seat,
        asked.pathway,
        asked.year,
        region,
    )
    if isinstance(found, SeatEffect):
        show_effect(found)
    sources = pathway_row(asked.pathway)["sources"].split(";")
    note = "Costs of levers rest on assumptions, grade D."
    simulated(["england"], asked.pathway, sources, note)


def show_effect(found: SeatEffect) -> None:
    """Sentences, effect by place and year, and the same money spent otherwise."""
    st.markdown("\n".join(f"* {plain(one)}" for one in _sentences(found)))
    st.caption(HOW)
    ends = found.table
    table(lambda: _effect(ends.loc[ends["level"] == "region"]), "Effect by year", open_=True)
    last = ends.loc[(ends["level"] == "trust") & (ends["month"] == ends["month"].max())]
    table(lambda: _effect(last), "Effect by trust, at the end of the run")
    table(
        lambda: _alternatives(found),
        f"The same money spent otherwise (prices of {found.price_year})",
    )
    st.caption(plain(" ".join(f"{one[:1].upper()}{one[1:].rstrip('.')}." for one in found.notes)))


def _sentences(found: SeatEffect) -> list[str]:
    """The effect where it is largest, and what was turned away."""
    ends = found.table
    rows: list[Any] = list(ends.loc[ends["level"] == "region"].itertuples())
    clear = [one for one in rows if one.clear]
    told = [
        f"One more place, begun in {found.year}, was measured with {found.seats} places more in "
        f"{found.futures:,} futures."
    ]
    if clear:
        most = max(clear, key=lambda one: abs(one.shortfall))
        word = "lowers" if most.shortfall < 0 else "raises"
        low, high = sorted((abs(most.low95), abs(most.high95)))
        told.append(
            f"One more place {word} the shortfall of {region_name(found.region)} by "
            f"{abs(most.shortfall):.2f} FTE at most, in {month_name(str(most.date)[:7])} "
            f"(between {low:.2f} and {high:.2f})."
        )
    else:
        told.append("At no year end is its effect clear: it is too small to see.")
    if found.turned_away > 0.005:
        told.append(
            f"Of 100 such places {100 * found.turned_away:.0f} stay empty, since there is nobody "
            "to supervise them."
        )
    return told


def _effect(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    rows: list[Any] = list(frame.itertuples())
    found = [
        {
            "Place": str(row.place),
            "End of": month_name(str(row.date)[:7]),
            "Shortfall changes by": f"{row.shortfall:+.2f} FTE" if row.clear else SMALL,
            "Interval, 95 of 100": f"{row.low95:+.2f} to {row.high95:+.2f}",
            "With half the seats": f"{row.half:+.2f}",
        }
        for row in rows
    ]
    return pd.DataFrame(found).set_index("Place") if found else pd.DataFrame()


def _alternatives(found: SeatEffect) -> pd.DataFrame:
    """What the cost of one place gains, spent on it and on other things."""
    import pandas as pd

    rows: list[Any] = list(found.alternatives.itertuples())
    told = [
        {
            "What": str(row.what),
            "FTE years gained": f"{row.fte_years:+.2f}" if row.clear else SMALL,
            "Interval, 95 of 100": f"{row.low95:+.2f} to {row.high95:+.2f}",
            "Money": f"£{found.cost:,.0f}",
        }
        for row in rows
    ]
    return pd.DataFrame(told).set_index("What")
