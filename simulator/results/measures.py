"""The registry of measures: what each is called, its unit, and over what it adds up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from simulator.domain.words import Flow, Money, TrainingFlow


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a result.

    Attributes:
        id: Name in tables.
        label: Words for a reader.
        unit: FTE (whole-time equivalents), people, posts or events.
        kind: A stock is a value at the end of a month, a flow a count over a year.
        adds_over: Dimensions over which values of one replication may be added.
    """

    id: str
    label: str
    unit: str
    kind: Literal["stock", "flow"]
    adds_over: tuple[str, ...] = ("trust", "group", "band")


PLACE_MEASURES: Final = (
    Measure("need", "Need", "FTE", "stock"),
    Measure("funded", "Funded posts", "FTE", "stock"),
    Measure("in_post", "Staff in post", "FTE", "stock"),
    Measure("vacancy", "Vacancy (funded less in post)", "FTE", "stock"),
    Measure("shortfall", "Shortfall (need less in post)", "FTE", "stock"),
)
CELL_MEASURES: Final = (
    Measure("headcount", "Staff in post", "people", "stock"),
    Measure("vacant_posts", "Vacant posts", "posts", "stock"),
)
_FLOW_LABELS: Final = {
    Flow.JOINED_EXPERIENCED: "Joined: experienced hires",
    Flow.JOINED_GRADUATE: "Joined: newly qualified",
    Flow.JOINED_CONVERTED: "Joined: clinicians who converted",
    Flow.JOINED_RETURNING: "Joined: back from a career break",
    Flow.JOINED_INTERNATIONAL: "Joined: from abroad",
    Flow.JOINED_OUTSIDE: "Joined: from a trust that is not modelled",
    Flow.MOVED_IN: "Moved in from another trust",
    Flow.PROMOTED_IN: "Promoted into a post",
    Flow.LEFT: "Left",
    Flow.BREAK: "Left for a career break",
    Flow.RETIRED: "Retired",
    Flow.MOVED_OUT: "Moved out to another trust",
    Flow.PROMOTED_OUT: "Promoted out of a post",
    Flow.VACANCIES: "Vacancies that began",
    Flow.OPENED: "Posts opened",
    Flow.WITHDRAWN: "Posts withdrawn",
    Flow.ROUNDS_FAILED: "Advertising rounds that failed",
}
_PEOPLE: Final = frozenset(flow for flow in Flow if flow < Flow.VACANCIES)
FLOW_MEASURES: Final = tuple(
    Measure(
        flow.name.lower(),
        _FLOW_LABELS[flow],
        "people" if flow in _PEOPLE else "events",
        "flow",
        ("trust", "group", "band", "year"),
    )
    for flow in Flow
)
TRAINING_MEASURES: Final = tuple(
    Measure(f"training_{flow.name.lower()}", words, "people", "flow", ("pathway", "region", "year"))
    for flow, words in {
        TrainingFlow.STARTED: "Trainees who started",
        TrainingFlow.DROPPED_OUT: "Trainees who dropped out",
        TrainingFlow.COMPLETED: "Trainees who completed",
        TrainingFlow.SOUGHT: "Completers who looked for an NHS trust post",
        TrainingFlow.HIRED: "Newly qualified people hired",
        TrainingFlow.GAVE_UP: "Newly qualified people who gave up looking",
        TrainingFlow.TURNED_AWAY: "Places that could not start for want of a supervisor",
    }.items()
)
MONEY_MEASURES: Final = tuple(
    Measure(item.name.lower(), words, "GBP", "flow", ("trust", "group", "band", "year"))
    for item, words in {
        Money.PAY: "Pay bill",
        Money.TRUST_COST: "Cost of staff to the trust",
        Money.NHS_COST: "Cost of staff to the NHS",
        Money.COVER: "Cover of vacancies by bank, agency and contractors",
        Money.LEVERS: "Cost of levers",
        Money.DONORS: "Posts that donor professions lose to conversion",
    }.items()
)
MEASURES: Final = {
    measure.id: measure
    for measure in (
        *PLACE_MEASURES,
        *CELL_MEASURES,
        *FLOW_MEASURES,
        *TRAINING_MEASURES,
        *MONEY_MEASURES,
    )
}
