"""What the page says: sentences made of an answer's numbers, each with its range and its grade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.charts.fan import shortfall_words
from simulator.charts.figure import amount, lowered, place_words, span, with_range
from simulator.charts.words import GROUP_WORDS, month_name, rounded
from simulator.domain.words import GROUPS
from simulator.evidence.library import load_library
from simulator.experiments.layers import signed
from simulator.ui import readings
from simulator.ui.dials import Dial
from simulator.ui.plan import Plan
from simulator.ui.worker import Answer

RESTS_ON: Final = {
    "need": ("need.growth", "need.funded_share"),
    "staff": ("supply.tightness", "supply.growth", "leaving.organisation_rate"),
}
"""Parameters a sentence hangs on most."""
FIVE: Final = 60
_UNITS: Final = {
    "per_head_year": "for each person and year",
    "per_joiner": "for each joiner",
    "per_place_year": "for each place and year",
    "per_trust_year": "for each trust and year",
    "per_fte_of_need_year": "for each FTE and year",
    "percent_of_pay": "% of pay for each % of premium",
}


def grade(about: str) -> str:
    """The weakest grade of evidence behind a sentence."""
    library = load_library()
    return max(library.get(name).grade for name in RESTS_ON[about])


def outlook(plan: Plan, answer: Answer) -> list[tuple[str, str]]:
    """The outlook of a place in three sentences, each with its evidence."""
    name = plan.place.name
    need, now = readings.at(answer, "need", FIVE), readings.at(answer, "need", 0)
    staff, vacancy = readings.at(answer, "in_post", FIVE), readings.at(answer, "vacancy", FIVE)
    gap, today = readings.at(answer, "shortfall", FIVE), readings.at(answer, "shortfall", 0)
    when = month_name(str(need["date"]))
    both = max(grade("need"), grade("staff"))
    return [
        (
            f"By {when} {name} needs {with_range(need)} full-time equivalent staff in clinical "
            f"informatics, data and digital work; today it needs {amount(now['mean'])}.",
            f"Evidence: grade {grade('need')}.",
        ),
        (
            f"It would then have {with_range(staff)} in post, and {amount(vacancy['mean'])} posts "
            f"({span(vacancy)}) would be vacant.",
            f"Evidence: grade {grade('staff')}.",
        ),
        (
            f"It would be short of {with_range(gap)} against need; today it is short of "
            f"{amount(today['mean'])}.",
            f"Evidence: grade {both}.",
        ),
    ]


def staff_words(plan: Plan, answer: Answer, group: str) -> str:
    """The finding of the chart of need, funded posts and staff in post."""
    frame = readings.rows(answer.tables["places"], group=group)
    return shortfall_words(frame, plan.place.level, plan.place.code, group) + "."


def gap_words(plan: Plan, answer: Answer) -> str:
    """The finding of the chart of the shortfall."""
    return staff_words(plan, answer, "all")


def staff_alt(plan: Plan, answer: Answer, group: str) -> str:
    """The chart of need, funded posts and staff in post read aloud."""
    last = readings.months_shown(answer)[-1]
    parts = []
    for measure, word in (("need", "need"), ("funded", "funded posts"), ("in_post", "in post")):
        now, then = (readings.at(answer, measure, month, group) for month in (0, last))
        parts.append(f"{word} {amount(now['mean'])}, then {with_range(then)}")
    when = month_name(str(readings.at(answer, "need", last)["date"]))
    where = place_words(plan.place.level, plan.place.code, group)
    return f"Fan chart, {where}, full-time equivalents now and in {when}: {'; '.join(parts)}."


def vacancy_words(plan: Plan, answer: Answer) -> str:
    """The finding of the chart of vacancy by staff group."""
    last = readings.months_shown(answer)[-1]
    cells = {group: readings.at(answer, "vacancy", last, group) for group in GROUPS}
    most = max(cells, key=lambda one: float(cells[one]["mean"]))
    when = month_name(str(cells[most]["date"]))
    return (
        f"By {when} most vacancy of {plan.place.name} is in {lowered(GROUP_WORDS[most])}: "
        f"{with_range(cells[most], ' FTE')}."
    )


def people_words(plan: Plan, answer: Answer, year: str) -> str:
    """People who join and leave in a year, read aloud."""
    frame = readings.flows(answer, year)
    came = frame.loc[frame["way"] == "came"].sort_values("mean", ascending=False)
    went = frame.loc[frame["way"] == "went"].sort_values("mean", ascending=False)
    if came.empty or went.empty:
        return f"In {year} nobody joins or nobody leaves {plan.place.name}."
    first, last = came.iloc[0], went.iloc[0]
    return (
        f"In {year} most people who join {plan.place.name} are {_CAME[first['flow']]}: "
        f"{_people(first)}; most who go {_WENT[last['flow']]}: {_people(last)}."
    )


_CAME: Final = {
    "Experienced": "experienced hires",
    "Newly qualified": "newly qualified",
    "Converted clinicians": "clinicians who converted",
    "Back from a break": "back from a career break",
    "From abroad": "from abroad",
    "Trusts not modelled": "from other trusts",
    "From other trusts": "from other trusts",
}
_WENT: Final = {
    "Left": "leave for work elsewhere",
    "Career break": "take a career break",
    "Retired": "retire",
    "To other trusts": "move to other trusts",
}


def _people(row: Any) -> str:
    return (
        f"{rounded(row['mean'])} people ({rounded(row['lo80'])} to {rounded(row['hi80'])} in 8 of "
        "10 futures)"
    )


def cost_words(plan: Plan, answer: Answer) -> str:
    """The finding of the costs."""
    year = readings.years(answer)[min(4, len(readings.years(answer)) - 1)]
    pay = readings.cost(answer, "trust_cost", year)
    cover = readings.cost(answer, "cover", year)
    return (
        f"In {year} these staff cost {plan.place.name} {pounds(pay['mean'])} "
        f"({pounds_span(pay)} in 8 of 10 futures), and cover of vacancies "
        f"{pounds(cover['mean'])} ({pounds_span(cover)})."
    )


def pounds_span(row: Mapping[str, Any]) -> str:
    """The range that holds 8 of 10 futures, in pounds."""
    return f"{pounds(row['q10.0'])} to {pounds(row['q90.0'])}"


def pounds(value: float) -> str:
    """Pounds for a reader: thousands or millions."""
    if abs(value) >= 999_500:
        return f"£{value / 1e6:,.1f} million"
    return f"£{round(value, -3):,.0f}"


# Levers


_OF: Final = {"in_post": "staff in post", "vacancy": "vacancy", "shortfall": "the shortfall"}


def change_words(answer: Answer, measure: str, year: int) -> tuple[str, str]:
    """What levers change, and how sure that is; blank without levers."""
    if answer.changes is None:
        return "", ""
    row = readings.change(answer, measure, year)
    what, when = _OF[measure], month_name(str(row["date"]))
    if row["share_above_zero"] == row["share_below_zero"] == 0.0:
        return f"In {when} these levers make no difference to {what}", "In none of the futures."
    size, more = abs(row["difference"]), row["difference"] > 0
    told = f"95 % interval of the mean change {_interval(row)} FTE."
    if not row["clear"]:
        return f"In {when} no clear difference to {what} is shown", told
    share = row["share_above_zero" if more else "share_below_zero"]
    verb = "raise" if more else "lower"
    return (
        f"By {when} these levers {verb} {what} by {signed(size)[1:]} FTE",
        f"{told} {what[0].upper()}{what[1:]} is {'higher' if more else 'lower'} in "
        f"{100 * share:.0f} of 100 futures.",
    )


def _interval(row: Mapping[str, Any]) -> str:
    return f"{signed(row['low95'])} to {signed(row['high95'])}"


def lever_cost(answer: Answer) -> str:
    """What the levers cost, in the fifth year."""
    year = readings.years(answer)[min(4, len(readings.years(answer)) - 1)]
    row = readings.cost(answer, "levers", year)
    return (
        f"The levers cost {pounds(row['mean'])} in {year} ({pounds_span(row)} in 8 of 10 futures), "
        f"in prices of {answer.price_year}; the unit costs are assumptions or analogies."
    )


def evidence_words(dial: Dial, row: Mapping[str, str]) -> str:
    """How far the evidence goes, in a few words."""
    near, far = _amounts(dial, row["low"], row["high"])
    return f"evidence supports {near:g} to {far:g} %"


def lever_words(kind: str, dial: Dial, row: Mapping[str, str]) -> list[str]:
    """What the catalogue knows of a lever: range, peers, lead time, cost and grade."""
    near, far = _amounts(dial, row["low"], row["high"])
    told = [f"Evidence supports {near:g} to {far:g} % (grade {row['grade']}, {row['year']})."]
    if row["peer_low"] and row["peer_high"]:
        near, far = _amounts(dial, row["peer_low"], row["peer_high"])
        told.append(f"Seen elsewhere: {near:g} to {far:g} %.")
    else:
        told.append("No peer is known to have measured it.")
    lead = int(row["lead_months"] or 0)
    told.append(
        (f"Takes {lead} months from the decision" if lead else "Can begin at once")
        + (
            f", then {row['ramp_months']} months to its full effect."
            if row["ramp_months"] != "0"
            else "."
        )
    )
    unit = _UNITS[row["cost_unit"]]
    if float(row["cost"]) == 0:
        told.append("No cost of its own is counted.")
    elif row["cost_unit"] == "percent_of_pay":
        told.append(f"Cost: {row['cost']} {unit}.")
    else:
        told.append(f"Cost: £{float(row['cost']):,.0f} {unit}, prices of {row['cost_price_year']}.")
    return [*told, row["note"]]


def _amounts(dial: Dial, low: str, high: str) -> tuple[float, float]:
    one, two = (round(dial.amount(float(value))) + 0.0 for value in (low, high))
    return min(one, two), max(one, two)
