"""Peers: places side by side with their doubt; ranked only as far as they can be told apart."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from simulator.charts.tiles import places_in_grid
from simulator.charts.words import month_name, place_name
from simulator.evidence.trusts import Trust, opening_trusts
from simulator.experiments.peers import FOLDER, Peers, PeersError, law_of, read_peers, standing
from simulator.scenario import load_scenario
from simulator.ui import ranked, specs, words, work
from simulator.ui.errands import Task
from simulator.ui.parts import NOT_FOR, chart, chosen, dark, long_answer, plain, sidebar, table
from simulator.ui.plan import OPENING, Plan
from simulator.ui.server import desk

if TYPE_CHECKING:
    import pandas as pd

MOST: Final = 14
"""Trusts set beside one, with it."""
_SIZE: Final = 2.0
"""A peer has at least this part, and at most this multiple, of the trust's staff."""
_AGAIN: Final = (32, 64)
"""Draws and futures of a run made on the page."""
_ALIKE: Final = (
    "All trusts start from the same national shares of bands, rates and vacancies; what differs is "
    "their size, type of labour market and luck. So places are alike here more than in life, and "
    "no difference is a judgement of anybody's work."
)


def show() -> None:
    """Show the page."""
    plan = chosen()
    if plan is None:
        return
    sidebar(plan)
    whole = plan.place.level == "england"
    st.title("England's places" if whole else plain(f"{plan.place.name} among its peers"))
    peers = _peers()
    if peers is None:
        return
    month = st.segmented_control(
        "After",
        peers.months,
        format_func=lambda one: f"{one // 12} years",
        default=peers.months[0],
        key="peers.month",
        required=True,
    )
    st.caption(
        f"England without levers, {peers.futures} futures ({peers.draws} draws), "
        f"{month_name(peers.date(month))}. {_ALIKE} Your levers, own numbers and assumptions are "
        "not in it."
    )
    names = ["Trusts like this", "Care systems", "Map of tiles"]
    if plan.place.level != "trust":
        names = names[1:]
    for name, tab in zip(names, st.tabs(names, key="peers.tab", on_change="rerun"), strict=True):
        if tab.open:
            with tab:
                {"Trusts like this": _trusts, "Care systems": _systems, "Map of tiles": _tiles}[
                    name
                ](plan, peers, month)
    st.caption(NOT_FOR)


def _peers() -> Peers | None:
    """The stored run of England; where it is out of date, one made on the page."""
    folder = desk().folder
    try:
        return stored(folder)
    except PeersError as error:
        st.warning(plain(f"{error}. It takes a run of England."))
    draws, futures = _AGAIN
    task = Task(work.england, (str(folder), draws, futures), "england", 1, 40.0)
    found: Peers | None = long_answer(task, "Run England")
    return found


@lru_cache(maxsize=2)
def stored(folder: Path) -> Peers:
    """The run of England that is stored beside the census.

    Raises:
        PeersError: If it cannot be used.
    """
    england = load_scenario(folder / "england.toml")
    return read_peers(england.census / FOLDER, law_of(england))


def like(code: str) -> list[Trust]:
    """Trusts of one type and similar size, the most similar first; the trust itself is first."""
    trusts = opening_trusts(OPENING)[0]
    own = next(one for one in trusts if one.code == code)
    near = [
        one
        for one in trusts
        if one.org_type == own.org_type
        and one.closed is None
        and own.fte / _SIZE <= one.fte <= own.fte * _SIZE
    ]
    near.sort(key=lambda one: (one.code != code, abs(one.fte / own.fte - 1.0)))
    return near[:MOST]


def _trusts(plan: Plan, peers: Peers, month: int) -> None:
    near = like(plan.place.code)
    own = near[0]
    if len(near) < 2:
        st.info(
            f"No other trust of type {plain(own.org_type)} has between half and twice the staff."
        )
        return
    frame = standing(peers, [("trust", one.code) for one in near], month)
    _ranking(plan, frame, "peers.trusts")
    st.caption(
        f"Trusts of type {plain(own.org_type)} with between half and twice the {own.fte:,.0f} FTE "
        f"of all staff (March 2025), the {len(near) - 1} nearest in size."
    )


def _systems(plan: Plan, peers: Peers, month: int) -> None:
    systems = [name for name in peers.names if name[0] == "ics"]
    _ranking(plan, standing(peers, systems, month), "peers.systems")


def home(plan: Plan) -> str:
    """Code by which a plan's place stands out: its own, or that of its care system."""
    if plan.place.level != "trust":
        return plan.place.code
    trusts = opening_trusts(OPENING)[0]
    return next(one.ics_code for one in trusts if one.code == plan.place.code)


def _ranking(plan: Plan, frame: pd.DataFrame, key: str) -> None:
    mine = {plan.place.code, home(plan)}
    said = words.rank_words(frame, mine)
    st.header(plain(said))
    st.caption(
        "Shortfall as a share of need: the mean, and the range that holds 8 of 10 futures. Where "
        "ranges of ranks overlap, two places cannot be told apart."
    )
    data = ranked.ranking(frame, mine)
    chart(
        specs.dots(dark(), "shortfall, share of need", form=".0%", zero=False),
        data,
        None,
        words=said,
        key=key,
    )
    table(ranked.rank_table(frame, mine), "The numbers, with the range of each rank")


def _tiles(plan: Plan, peers: Peers, month: int) -> None:
    names = [name for name in peers.names if name[0] in {"ics", "region"}]
    systems = standing(peers, [name for name in names if name[0] == "ics"], month)
    regions = standing(peers, [name for name in names if name[0] == "region"], month)
    import pandas as pd

    frame = pd.concat([regions, systems], ignore_index=True)
    data = ranked.tiles(frame, places_in_grid(names))
    first, last = systems.iloc[0], systems.iloc[-1]
    said = words.tile_words(first, last)
    st.header(plain(said))
    st.caption(
        "A tile for each care system, its region at the left, the north first. In each: shortfall "
        "as a share of need, with the range that holds 8 of 10 futures. The table has the FTE."
    )
    chart(specs.tiles(dark()), data, None, words=said, key="peers.tiles")
    table(_fte(frame), "The numbers in FTE")


def _fte(frame: pd.DataFrame) -> pd.DataFrame:
    rows: list[Any] = [row for _, row in frame.iterrows()]
    import pandas as pd

    return pd.DataFrame(
        {
            "Place": [place_name(row["level"], row["code"]) for row in rows],
            "Shortfall, FTE": [ranked.plain_span(row, "mean", "low", "high") for row in rows],
            "Share of need": [ranked.share_span(row) for row in rows],
        }
    ).set_index("Place")
