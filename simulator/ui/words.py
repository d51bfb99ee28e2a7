"""What the page says: sentences made of an answer's numbers, each with its range and its grade."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from simulator.charts.fan import shortfall_words
from simulator.charts.figure import amount, lowered, place_words, span, with_range
from simulator.charts.words import GROUP_WORDS, month_name, place_name, rounded
from simulator.domain.words import GROUPS
from simulator.evidence.library import load_library
from simulator.experiments.layers import signed
from simulator.ui import readings
from simulator.ui.dials import DIALS, Dial
from simulator.ui.plan import Plan
from simulator.ui.ranked import share_span
from simulator.ui.weighed import bare
from simulator.ui.worker import Answer

if TYPE_CHECKING:
    from simulator.experiments.compare import Comparison
    from simulator.experiments.robust import Robustness
    from simulator.experiments.seek import Found

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


def need_doubt(answer: Answer) -> str:
    """How far apart futures are about need itself."""
    last = readings.months_shown(answer)[-1]
    row = readings.at(answer, "need", last)
    when = month_name(str(row["date"]))
    return f"Need has its own doubt: {span(row)} FTE in {when} in 8 of 10 futures."


def method_words(plan: Plan, frame: Any) -> str:
    """The finding of the chart of need by every way to project it."""
    last = frame.iloc[-1]
    names = readings.METHODS
    least, most = (min(names, key=last.get), max(names, key=last.get))
    return (
        f"By {month_name(str(last['date']))} {plan.place.name} needs {rounded(last['low'])} FTE by "
        f"one defensible method ({names[least]}) and {rounded(last['high'])} by another "
        f"({names[most]})."
    )


def lasting_words(plan: Plan, frame: Any) -> str:
    """The finding of the chart of how long posts stay open."""
    part = frame.loc[(frame["group"] == "all") & (frame["band"] == "all")].set_index("month")
    told = f"Of 100 posts of {plan.place.name} that fall vacant, {_open(part.loc[6])} "
    told += f"are still open after six months, and {_open(part.loc[12])} after twelve."
    groups = frame.loc[(frame["band"] == "all") & (frame["group"] != "all") & (frame["month"] == 6)]
    if groups.empty:
        return told
    worst = groups.iloc[int(groups["share"].to_numpy().argmax())]
    name = lowered(GROUP_WORDS[str(worst["group"])])
    return f"{told} Longest in {name}: {_open(worst)} after six months."


def slow_words(frame: Any, group: str) -> str:
    """Which post of a staff group is hardest to fill, as odds."""
    part = frame.loc[(frame["group"] == group) & (frame["band"] != "all") & (frame["month"] == 6)]
    if part.empty:
        return "Too few posts fell vacant to say how long they stay open."
    row = part.iloc[int(part["share"].to_numpy().argmax())]
    return (
        f"Of 100 times that a band {row['band']} post in {lowered(GROUP_WORDS[group])} falls "
        f"vacant, it is not filled within six months {_open(row)} times."
    )


def _open(row: Any) -> str:
    low, high = 100 * float(row["low"]), 100 * float(row["high"])
    return f"{100 * float(row['share']):.0f} (95 % interval {low:.0f} to {high:.0f})"


def move_words(plan: Plan, data: Any, year: str) -> str:
    """The finding of the chart of moves between trusts."""
    if data.empty:
        return f"In {year} nobody moves between trusts of {plan.place.name}."
    won = data.loc[data["way"] == "won"]
    first = won.loc[won["value"].idxmax()]
    return (
        f"In {year} {first['name']} wins most people from other trusts: {rounded(first['value'])} "
        f"({rounded(first['low'])} to {rounded(first['high'])} in 8 of 10 futures)."
    )


def own_moves(answer: Answer, year: str) -> str:
    """People whom a trust wins from others and loses to them."""
    frame = readings.rows(answer.tables["flows"], group="all", year=year)
    by: Any = frame.set_index("measure")
    won, lost = (with_range(by.loc[name], " people") for name in ("joined_outside", "moved_out"))
    return (
        f"Won from other trusts in {year}: {won}. Lost to them: {lost}. "
        "The others are as in a stored run, so that it is not known which they are: choose the "
        "care system to see."
    )


def band_words(plan: Plan, data: Any, group: str, when: str) -> str:
    """The finding of the chart of people by band."""
    if data.empty:
        return f"{plan.place.name} has no posts in {lowered(GROUP_WORDS[group])}."
    change = (data["value"] - data["now"]).abs()
    row = data.iloc[int(change.to_numpy().argmax())]
    return (
        f"In {lowered(GROUP_WORDS[group])} {lowered(str(row['name']))} changes most by {when}: "
        f"from {rounded(row['now'])} to {rounded(row['value'])} people ({rounded(row['low'])} to "
        f"{rounded(row['high'])} in 8 of 10 futures)."
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


# Scenarios side by side


def lever_list(plan: Plan) -> str:
    """The levers of a plan in a line."""
    told = "; ".join(DIALS[one.kind].shown(one.amount) for one in plan.choices)
    return told or "no lever"


def gain_words(found: Comparison, name: str, measure: str, year: int = 10) -> str:
    """What a scenario changes against the first, and how sure that is."""
    frame = found.frame(scenario=name, measure=measure, group="all")
    month = min(12 * year, int(frame["month"].max()))
    row = dict(frame.loc[frame["month"] == month].iloc[0])
    title, what = bare(found.others[name]), _ANY[measure]
    when = month_name(str(row["date"]))
    if row["share_above_zero"] == row["share_below_zero"] == 0.0:
        return f"{title}: no difference to {what} in {when}, in any future."
    if not row["clear"]:
        return f"{title}: no difference to {what} is shown in {when} ({_interval(row)} FTE)."
    verb = "raises" if row["difference"] > 0 else "lowers"
    return (
        f"{title} {verb} {what} by {signed(abs(row['difference']))[1:]} FTE by {when} "
        f"({_interval(row)})."
    )


def seek_words(found: Found, kind: str) -> str:
    """What a target would take of a lever."""
    dial, when = DIALS[kind], month_name(found.question.date)
    aim = (
        f"a shortfall {found.goal.words} FTE in {when} in {100 * found.probability:.0f} of 100 "
        "futures"
    )
    if found.status == "not needed":
        return f"{dial.label} is not needed for {aim}."
    if found.status == "out of reach":
        return f"No amount of {dial.label.lower()} on its dial reaches {aim}."
    if found.status == "whole range":
        return f"The least amount of {dial.label.lower()} reaches {aim}."
    assert found.value is not None
    amount_ = dial.shown(round(dial.amount(found.value.value)))
    ends = [
        f"{round(dial.amount(one))} %" if math.isfinite(one) else "beyond the dial"
        for one in (found.value.low, found.value.high)
    ]
    ends = ends[::-1] if dial.direction == "less" else ends
    return f"{amount_} ({dial.label}) reaches {aim}; 95 % interval {ends[0]} to {ends[1]}."


def robust_words(found: Robustness) -> str:
    """Which plan never does badly against the others, and how often it is acceptable."""
    best = found.best
    return (
        f"{bare(best.policy)} is never far behind: its largest regret is {best.regret.text()} "
        f"{found.question.unit}, and it is acceptable in {best.acceptable.text('.0%')} of futures."
    )


def rank_words(frame: Any, mine: set[str]) -> str:
    """Where a place stands among others, as far as that can be said."""
    count, own = len(frame), frame.loc[frame["code"].isin(mine)]
    wide = float((frame["rank_high"] - frame["rank_low"]).median())
    if own.empty:
        return (
            f"The rank of a typical place among these {count} spans {wide:.0f} ranks: most cannot "
            "be told apart."
        )
    row = own.iloc[0]
    name = place_name(str(row["level"]), str(row["code"]))
    return (
        f"{name} is short of {share_span(row)} of need; among these {count} its rank lies "
        f"between {row['rank_low']:.0f} and {row['rank_high']:.0f} in 8 of 10 futures, and it is "
        f"in the worst fifth in {100 * row['worst']:.0f} of 100 futures."
    )


def tile_words(first: Any, last: Any) -> str:
    """The finding of the tiles."""
    one, two = (place_name(str(row["level"]), str(row["code"])) for row in (first, last))
    told = f"The shortfall is {share_span(first)} of need in {one} and {share_span(last)} in {two}"
    if first["share_low"] <= last["share_high"]:
        return f"{told}: even these two ranges overlap."
    return f"{told}, the ends of the range."


_ANY: Final = {
    "in_post": "staff in post",
    "vacancy": "vacancy",
    "shortfall": "the shortfall",
    "funded": "funded posts",
    "need": "need",
}


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
