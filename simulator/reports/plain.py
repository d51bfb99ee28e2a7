"""Plain words: chances as people of a hundred, ranges in words, and how old a reader must be.

The reading age is that of Flesch and Kincaid (Kincaid and others, Derivation of new readability
formulas, US Naval Training Command, 1975): grade = 0.39 words a sentence + 11.8 syllables a word
- 15.59; a child is about five years older than the grade. Syllables are counted as groups of
vowels, less a silent e, and those of a number as its digits, so the age is good to about a year.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from simulator.charts.careers import HUNDRED, Part, hundred

if TYPE_CHECKING:
    from simulator.experiments.careers import Card

TOO_FEW: Final = "too few to say"
_ENDS: Final = re.compile(r"[.!?]+(?=\s|$)")
_WORD: Final = re.compile(r"[A-Za-z]+(?:'[a-z]+)?|\d[\d,.]*\d|\d")
_VOWELS: Final = re.compile(r"[aeiouy]+")
HORIZONS: Final = {24: "2 years", 12: "a year", 6: "6 months"}
"""Months after the end of a course at which a card looks, the longest first."""


def reading_age(text: str) -> float:
    """Years of age at which a text is understood, by Flesch and Kincaid.

    Args:
        text: English sentences.

    Raises:
        ValueError: If there is no word in it.
    """
    words = _WORD.findall(text)
    if not words:
        raise ValueError("there are no words to judge")
    sentences = max(1, len(_ENDS.findall(text)))
    beats = sum(syllables(word) for word in words)
    return 5.0 + 0.39 * len(words) / sentences + 11.8 * beats / len(words) - 15.59


def syllables(word: str) -> int:
    """Syllables of a word, at least one; a number has as many as digits."""
    if word[0].isdigit():
        return sum(letter.isdigit() for letter in word)
    lower = word.lower().removesuffix("'s")
    silent = lower.endswith("e") and not re.search(r"([^aeiou]l|[aeiouy])e$", lower)
    return max(1, len(_VOWELS.findall(lower)) - silent)


def between(low: float, high: float) -> str:
    """A range in words, in whole numbers."""
    first, last = f"{low:,.0f}", f"{high:,.0f}"
    return f"about {first}" if first == last else f"between {first} and {last}"


def horizon(card: Card) -> int | None:
    """The longest time after the course that the card can tell of, in months, or none."""
    return next((months for months in HORIZONS if card.line("post", months) is not None), None)


def parts(card: Card) -> list[Part] | None:
    """What becomes of a hundred who start, in parts that add up; none if that cannot be said."""
    months = horizon(card)
    if months is None or card.too_few:
        return None
    lines = {key: card.line(*key) for key in _part_keys(months)}
    return [
        Part(_part_keys(months)[key], one.of_100, one.low, one.high)
        for key, one in lines.items()
        if one is not None
    ]


def _part_keys(months: int) -> dict[tuple[str, int], str]:
    """Outcomes that add up to all who start, and their words."""
    when = HORIZONS[months]
    return {
        ("post", months): f"have found an NHS post within {when} of completing",
        ("waiting", months): f"are still looking after {when}",
        ("gave_up", months): "have stopped looking for one",
        ("elsewhere", 0): "complete and never look for an NHS trust post",
        ("dropped_out", 0): "do not complete",
    }


def whole_people(card: Card) -> dict[tuple[str, int], int]:
    """Whole people for the outcomes that are told, the same in the picture and in sentences.

    Returns:
        People of a hundred by outcome and months; nobody finds a post by an earlier time than is
        told for a later one.
    """
    months, counted = horizon(card), parts(card)
    found = {(one.outcome, one.months): round(one.of_100) for one in card.rows}
    if months is None or counted is None:
        return found
    keys = [key for key in _part_keys(months) if card.line(*key) is not None]
    found |= dict(zip(keys, hundred(counted), strict=True))
    found["completed", 0] = HUNDRED - found.get(("dropped_out", 0), 0)
    for earlier in HORIZONS:
        if ("post", earlier) in found:
            found["post", earlier] = min(found["post", earlier], found["post", months])
    return found


def found_post(card: Card) -> str:
    """How many of a hundred find a post, in one sentence without a full stop.

    Raises:
        ValueError: If the card cannot tell.
    """
    months = horizon(card)
    if months is None or card.too_few:
        raise ValueError(f"{card.name}: too few to say")
    number = whole_people(card)["post", months]
    return (
        f"Of 100 who start in {card.year}, {number} {'has' if number == 1 else 'have'} found an "
        f"NHS post within {HORIZONS[months]} of completing"
    )


def outcome(card: Card, *, completion_known: bool = True) -> list[str]:
    """What becomes of a hundred who start a route, in plain sentences.

    Args:
        card: The outcome.
        completion_known: Whether anybody publishes how many complete; else the reader is told.
    """
    if card.too_few:
        return [f"Only {card.people} simulated people start here in {card.year}: {TOO_FEW}."]
    told = [f"Think of 100 people who start in {card.year}."]
    told += _line(card, "completed", 0, "{} finish the course.")
    if not completion_known:
        told[-1] += " We assume this: it is not published."
    told += _posts(card)
    last = horizon(card)
    if last is None:
        return [*told, "What comes after lies beyond the years we simulate."]
    told += _line(card, "waiting", last, "{} still look after " + f"{HORIZONS[last]}.")
    told += _line(card, "gave_up", last, "{} have looked for one and stopped.")
    return told + _line(card, "elsewhere", 0, "{} finish, but do not look for an NHS post.")


def _posts(card: Card) -> list[str]:
    """How many have a post after each time; times that change nothing are not repeated."""
    told: list[str] = []
    whole, before = whole_people(card), -1
    for months in sorted(HORIZONS):
        if card.line("post", months) is None or whole["post", months] == before:
            continue
        words = "{} have found an NHS post " + f"within {HORIZONS[months]} of the end."
        told += _line(card, "post", months, words)
        before = whole["post", months]
    if len(told) == 1 and horizon(card) == max(HORIZONS):
        told.append("Hardly anybody finds one later.")
    return told


def _line(card: Card, name: str, months: int, words: str) -> list[str]:
    one = card.line(name, months)
    if one is None or one.high < 0.5:
        return []
    number = whole_people(card)[name, months]
    return [words.format(number) + f" It could be {between(one.low, one.high)}."]
