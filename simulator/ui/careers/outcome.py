"""Outcome of 100 entrants: how many complete, find a post, wait, go elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from simulator.charts.careers import icon_array
from simulator.evidence.routes import load_routes
from simulator.experiments.careers import Card, outcome_card
from simulator.experiments.careers.cards import BREAK_NOTE
from simulator.experiments.careers.hundred import FEW
from simulator.reports.plain import found_post, outcome, parts
from simulator.reports.sheet import PAID
from simulator.ui.careers.asked import Asked
from simulator.ui.careers.parts import (
    RANGE,
    TOO_FEW,
    emphasised,
    not_simulated,
    pathway_row,
    picture,
    simulated,
    stored,
    table,
)
from simulator.ui.parts import plain

if TYPE_CHECKING:
    import pandas as pd


def show(asked: Asked) -> None:
    """Show the view."""
    if not asked.pathway:
        not_simulated(asked.card.name, asked.card.net_new)
        return
    if not asked.card.odds:
        st.info(
            "The simulation follows only those graduates who already went into the health "
            "industry, so it gives no odds for all who start this degree. The card says how many "
            "go there; Pay and Paths tell of those who found an NHS post."
        )
        return
    if asked.card.paid:
        st.write(PAID)
    card = outcome_card(asked.pathway, asked.year, asked.region, results=stored())
    show_card(card, asked.place, completion_known=asked.card.fact("completion").known)
    words = f"All routes side by side, of 100 who start in {asked.year}, {asked.place}"
    table(lambda: _side_by_side(asked), words)
    simulated(
        [card.scenario], asked.pathway, pathway_row(asked.pathway)["sources"].split(";"), BREAK_NOTE
    )


def show_card(card: Card, place: str, *, completion_known: bool = True) -> None:
    """A picture of a hundred people, sentences, and all numbers of a card."""
    found, told = parts(card), outcome(card, completion_known=completion_known)
    if found is None:
        st.info(
            f"Too few people are simulated on this route in {plain(place)} to draw 100 of them. "
            "Choose England, or another year."
        )
        st.write(plain(" ".join(told)))
    else:
        figure = icon_array(found, found_post(card), [_counted(card, place), RANGE])
        st.subheader(plain(figure.sentence))
        left, right = st.columns([2, 3])
        with left:
            picture(figure, "careers.hundred")
        with right:
            st.markdown("\n".join(f"* {plain(one)}" for one in told))
            st.caption(emphasised(figure.details))
    table(lambda: lines_table(card), "All numbers, with years and bands")


def _counted(card: Card, place: str) -> str:
    return (
        f"{card.name}, {place}. Simulated, not counted: {card.people:,} simulated people in "
        f"{card.futures:,} futures. An NHS post is one in a trust, in informatics, data or "
        "digital, in the region of the course: other NHS posts are not counted."
    )


def _side_by_side(asked: Asked) -> pd.DataFrame:
    """All routes that have odds, in the same region and year."""
    import pandas as pd

    base = stored().scenarios[0]
    frame = stored().frame("cards", scenario=base, region=asked.region, year=asked.year)
    found: list[Any] = list(frame.itertuples())
    cells = {(one.route, one.outcome, one.months): _cell(one) for one in found}
    heads = {
        "Complete": ("completed", 0),
        "NHS post within 6 months": ("post", 6),
        "NHS post within 2 years": ("post", 24),
    }
    names = [one for route in load_routes().values() if route.odds for one in route.pathways]
    rows = [
        {
            "Route": pathway_row(one)["name"],
            **{head: cells.get((one, *key), "not simulated") for head, key in heads.items()},
        }
        for one in names
    ]
    return pd.DataFrame(rows).set_index("Route")


def _cell(one: Any) -> str:
    if one.people < FEW:
        return TOO_FEW
    return f"{one.of_100:.0f} ({one.low:.0f} to {one.high:.0f})"


def lines_table(card: Card) -> pd.DataFrame:
    """All lines of a card for a reader."""
    import pandas as pd

    rows = []
    for one in card.rows:
        few = one.too_few
        rows.append(
            {
                "Outcome": f"{one.label[:1].upper()}{one.label[1:]}",
                "Months": str(one.months or ""),
                "Of 100": TOO_FEW if few else f"{one.of_100:.0f}",
                "8 of 10 futures": "" if few else f"{one.low:.0f} to {one.high:.0f}",
                "Simulated people": f"{one.people:,}",
            }
        )
    return pd.DataFrame(rows).set_index("Outcome")
