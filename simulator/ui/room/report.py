"""The closing report of a room: what was decided, on which runs, and how the room saw it.

One plain structure (:func:`closing`) holds all of it; Markdown, JSON and CSV are written from that.
Names stand beside submissions, which people made to the room. Votes are counts, and beliefs are
ranges without names, except in :func:`record`, which is for the facilitator.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from simulator.charts.words import month_name, place_name
from simulator.evidence.library import load_library
from simulator.ui.room.beliefs import FEWEST, pool
from simulator.ui.room.store import Store
from simulator.ui.room.summary import MEASURES, Summary, cell, read_summary
from simulator.ui.room.words import as_cell, as_markdown

RULE: Final = (
    "Equal weights: the average of every seat's PERT distribution (a linear opinion pool). The "
    "range that a scenario can hold is the PERT from the least low to the greatest high with the "
    "same mean."
)
COLUMNS: Final = (
    *("submission", "name", "title", "law_digest", "level", "code", "draws", "replications"),
    *("version", "measure", "unit", "date", "mean", "low80", "high80"),
)


def closing(store: Store, workshop: int) -> dict[str, Any]:
    """Return all that the room may see of a workshop, as plain data."""
    held = store.workshop(workshop)
    return {
        "workshop": {
            "title": held.title,
            "opened": held.opened,
            "closed": held.closed,
            "participants": len(store.seats(workshop)),
        },
        "decisions": [asdict(one) for one in store.decisions(workshop)],
        "questions": [
            {"text": one.text, "votes": dict(zip(one.options, one.counts, strict=True))}
            for one in store.questions(workshop)
        ],
        "submissions": [
            {
                "number": one.id,
                "name": one.name,
                "title": one.title,
                "note": one.note,
                "time": one.time,
                "law_digest": one.law_digest,
                "summary": read.model_dump() if (read := read_summary(one.summary)) else None,
                "scenario": one.scenario,
            }
            for one in store.submissions(workshop)
        ],
        "beliefs": [_belief(store, workshop, name) for name in held.assumptions],
        "rule_of_pool": RULE,
    }


def _belief(store: Store, workshop: int, name: str) -> dict[str, Any]:
    ranges, parameter = store.beliefs(workshop, name), load_library().get(name)
    shown = ranges if len(ranges) >= FEWEST else ()
    library = {"low": parameter.low, "likely": parameter.mode, "high": parameter.high}
    return {
        "assumption": name,
        "title": parameter.title,
        "unit": parameter.unit,
        "library": library,
        "seats": len(ranges),
        "ranges": [asdict(one) for one in shown],
        "pool": asdict(pool(shown)) | {"split": pool(shown).split} if shown else None,
    }


def record(store: Store, workshop: int) -> dict[str, Any]:
    """Return the closing report with who voted for what and when, for the facilitator alone."""
    names = ("question", "name", "option", "time")
    votes = [dict(zip(names, vote, strict=True)) for vote in store.votes(workshop)]
    events = [asdict(one) for one in store.events(workshop)]
    return {**closing(store, workshop), "every_vote": votes, "events": events}


def as_json(data: dict[str, Any]) -> str:
    """Return a report as JSON."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def submissions_csv(data: dict[str, Any]) -> str:
    """Return the numbers of all submissions as CSV, one a row; hidden ones are blank."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for one in data["submissions"]:
        if one["summary"] is None:
            continue
        head = (one["number"], one["name"], one["title"], one["law_digest"])
        made = [one["summary"][key] for key in COLUMNS[4:9]]
        for row in one["summary"]["rows"]:
            numbers = (row["mean"], row["low"], row["high"])
            cells = [*head, *made, row["measure"], "FTE", row["date"], *numbers]
            rows.writerow([as_cell(value) for value in cells])
    return text.getvalue()


def as_text(data: dict[str, Any]) -> str:
    """Return a report as Markdown; whatever people typed is shown as they typed it."""
    parts = (_head(data), _decisions(data), _votes(data), _submissions(data), _beliefs(data))
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(data: dict[str, Any]) -> Iterator[str]:
    held = data["workshop"]
    yield f"# {as_markdown(held['title'])}"
    yield ""
    end = f", closed {_local(held['closed'])}" if held["closed"] else ", still open"
    yield f"Opened {_local(held['opened'])}{end}. Participants: {held['participants']}."
    yield ""
    yield "Every number is what the stated assumptions imply, with the range that holds eight of"
    yield "ten simulated futures. It is not a forecast."


def _decisions(data: dict[str, Any]) -> Iterator[str]:
    yield from ("", "## Decisions", "")
    titles = {one["number"]: one for one in data["submissions"]}
    for one in data["decisions"]:
        run = titles.get(one["submission"])
        ground = (
            f"supported by submission {run['number']}, {as_markdown(run['title'])}"
            if run
            else "no run supports it"
        )
        who, time = as_markdown(one["who"]), _local(one["time"])
        yield f"* **{as_markdown(one['text'])}** ({who}, {time}; {ground})"
    if not data["decisions"]:
        yield "None was written down."


def _votes(data: dict[str, Any]) -> Iterator[str]:
    yield from ("", "## Votes")
    for one in data["questions"]:
        yield from ("", as_markdown(one["text"]), "", "| answer | votes |", "|---|---:|")
        yield from (f"| {as_markdown(name)} | {count} |" for name, count in one["votes"].items())
    if not data["questions"]:
        yield from ("", "Nothing was put to the vote.")


def _submissions(data: dict[str, Any]) -> Iterator[str]:
    yield from ("", "## Submissions compared")
    read = [
        (one, Summary.model_validate(one["summary"]) if one["summary"] else None)
        for one in data["submissions"]
    ]
    for one, summary in read:
        note = f": {as_markdown(one['note'])}" if one["note"] else ""
        run = f"run `{one['law_digest'][:12]}`" if summary else "not run"
        yield from ("", f"**{one['number']}. {as_markdown(one['title'])}** ", "")
        yield f"{as_markdown(one['name'])}, {_local(one['time'])}, {run}{note}"
    yield from comparison([(one["number"], one["title"], found) for one, found in read if found])
    if not data["submissions"]:
        yield from ("", "Nothing was submitted.")


def comparison(runs: Sequence[tuple[int, str, Summary]]) -> Iterator[str]:
    """Yield Markdown tables of submissions side by side, one for each place and final month."""
    groups: dict[tuple[str, str, str], list[tuple[int, str, Summary]]] = {}
    for run in runs:
        groups.setdefault((run[2].level, run[2].code, run[2].dates[-1]), []).append(run)
    for (level, code, date), held in groups.items():
        place = as_markdown(place_name(level, code))
        yield from ("", f"{place}, {month_name(date)}, FTE: mean (8 of 10 futures)", "")
        yield f"| submission | {' | '.join(MEASURES.values())} | futures |"
        yield "|---|" + "---:|" * (len(MEASURES) + 1)
        for number, title, summary in held:
            cells = [cell(summary.at(measure, date)).replace("*", r"\*") for measure in MEASURES]
            line = [f"{number}. {as_markdown(title)}", *cells, f"{summary.replications:,}"]
            yield f"| {' | '.join(line)} |"


def _beliefs(data: dict[str, Any]) -> Iterator[str]:
    asked = [one for one in data["beliefs"] if one["pool"]]
    if not asked:
        return
    yield from ("", "## What the room believes", "", data["rule_of_pool"], "")
    yield "| assumption | unit | library | room's range | pool, 8 of 10 | seats |"
    yield "|---|---|---|---|---|---:|"
    for one in asked:
        own, held = one["library"], one["pool"]
        split = "; **the room is split**" if held["split"] else ""
        yield (
            f"| {as_markdown(one['title'])} | {one['unit']} "
            f"| {own['low']:g}, {own['likely']:g}, {own['high']:g} "
            f"| {held['low']:.3g}, {held['likely']:.3g}, {held['high']:.3g} "
            f"| {held['pooled'][0]:.3g} to {held['pooled'][-1]:.3g}{split} | {held['seats']} |"
        )


def _local(time: str) -> str:
    return f"{datetime.fromisoformat(time).astimezone():%d %B %Y, %H:%M}"
