"""A trust's own numbers: that they can be meant, and that the scenario simulates the trust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from simulator.domain.words import GROUPS
from simulator.scenario.dates import months_between
from simulator.scenario.levers import Setting, Wrong
from simulator.scenario.problems import Problem
from simulator.scenario.reader import Layered
from simulator.scenario.schema import OwnNumbers

OLDEST: Final = 24
"""Months between the numbers and the opening beyond which they say nothing of it."""


def check_own(
    layered: Layered,
    own: tuple[OwnNumbers, ...],
    tables: Mapping[str, str],
    setting: Setting,
) -> list[Problem]:
    """Check every trust's own count of a staff group.

    Args:
        layered: The merged scenario.
        own: The counts of sound shape.
        tables: Name of the table of posts of each trust that has one.
        setting: What they are checked against.
    """
    problems: list[Problem] = []
    seen: set[tuple[str, str]] = set()
    for number, one in enumerate(own):
        wrongs = [*_numbers(one), *_month(one, setting), *_trust(one, tables, setting)]
        if (one.trust, one.group) in seen:
            words = "another [[own]] table has this trust and group; keep one"
            wrongs.append(("group", one.group, words))
        seen.add((one.trust, one.group))
        for key, value, words in wrongs:
            path = ("own", number, key)
            problems.append(layered.problem(path, value, f"{words} ({one.trust} {one.group})"))
    nobody = {(one.trust, one.group) for one in own if one.posts == 0 == one.people}
    staffed = {(trust, group) for trust in setting.modelled or () for group in GROUPS}
    if staffed and staffed <= nobody:
        words = "no posts and no people in any staff group, so there is nobody to simulate"
        problems.append(layered.problem(("own",), None, words))
    return problems


def _numbers(one: OwnNumbers) -> Iterator[Wrong]:
    if not one.counted and one.leavers is None:
        yield "trust", one.trust, "no number is given; give posts, people or leavers"
    if one.posts == 0 and one.people == 0 and one.leavers:
        yield "leavers", one.leavers, "nobody is in post, so nobody can leave; leave it out"
    elif one.people is not None and one.leavers is not None and one.leavers > one.people:
        words = f"more than the {one.people} people in post; count those who left in twelve months"
        yield "leavers", one.leavers, words


def _month(one: OwnNumbers, setting: Setting) -> Iterator[Wrong]:
    if setting.opening is None:
        return
    if abs(months_between(setting.opening, one.as_of)) > OLDEST:
        words = (
            f"more than {OLDEST} months from the opening {setting.opening}, whose numbers they are "
            "taken for; give later ones"
        )
        yield "as_of", one.as_of, words


def _trust(one: OwnNumbers, tables: Mapping[str, str], setting: Setting) -> Iterator[Wrong]:
    if setting.geography is None:
        return
    if one.trust not in setting.geography.codes("trusts"):
        yield "trust", one.trust, setting.geography.unknown("trusts", one.trust)
        return
    code = setting.geography.aliases.get(one.trust, one.trust)
    if setting.census is not None and code not in setting.census:
        yield "trust", one.trust, "not in the census; name what the census holds"
    elif setting.modelled and code not in setting.modelled:
        words = "not simulated in this scenario, so its numbers would change nothing"
        yield "trust", one.trust, f"{words}; name a trust of the place"
    if one.counted and code in tables:
        words = f"{tables[code]} holds the posts of this trust already; keep one of the two"
        yield "trust", one.trust, words
