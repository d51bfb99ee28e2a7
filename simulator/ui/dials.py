"""The dials of the page: each lever of the catalogue as a number of per cent that a person sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Dial:
    """How a lever is set.

    Attributes:
        label: What moves, in words.
        direction: ``less``: 10 means times 0.9; ``more``: 10 means times 1.1; ``share``: 10 means a
            share of 0.1.
        least: Least amount on the dial, per cent.
        most: Greatest, per cent; somewhat beyond the evidence, so that its end can be seen.
        words: The amount in words, with ``{}`` for the number.
        lasts: Months it lasts at first, for a lever that ends.
        alone: Why it may change nothing by itself, where that is so.
    """

    label: str
    direction: Literal["less", "more", "share"]
    least: int
    most: int
    words: str
    lasts: int | None = None
    alone: str = ""

    def value(self, amount: float) -> float:
        """The lever's value in a scenario."""
        if self.direction == "share":
            return round(amount / 100.0, 4)
        sign = -1.0 if self.direction == "less" else 1.0
        return round(1.0 + sign * amount / 100.0, 4)

    def amount(self, value: float) -> float:
        """Per cent of a value of the catalogue."""
        if self.direction == "share":
            return 100.0 * value
        return 100.0 * (1.0 - value if self.direction == "less" else value - 1.0)

    def shown(self, amount: int) -> str:
        """The amount in words."""
        text = f"{amount:+d}" if self.least < 0 else str(amount)
        return self.words.format(text)


DIALS: Final[dict[str, Dial]] = {
    "retention_offer": Dial("Retention offer", "less", 0, 30, "{} % fewer people leave"),
    "flexible_retirement": Dial("Flexible retirement", "less", 0, 40, "{} % fewer retire"),
    "faster_hiring": Dial("Faster hiring", "less", 0, 60, "{} % less time to hire"),
    "better_adverts": Dial("Better adverts", "more", 0, 30, "{} % more adverts find somebody"),
    "recruitment_premium": Dial("Recruitment premium", "more", 0, 40, "{} % more pay"),
    "internal_first": Dial("Inside first", "more", 0, 60, "{} % more vacancies offered inside"),
    "funding": Dial("Funded posts", "more", -20, 20, "{} % funded posts"),
    "freeze": Dial("Vacancy freeze", "share", 0, 100, "{} % of new vacancies frozen", 12),
    "automation": Dial("Automation", "less", 0, 30, "{} % less need"),
    "productivity": Dial("Productivity", "less", 0, 15, "{} % less need"),
    "training_places": Dial("Training places", "more", 0, 150, "{} % more places"),
    "return_to_practice": Dial("Return to practice", "more", 0, 150, "{} % more return"),
    "international": Dial("Recruitment abroad", "more", 0, 80, "{} % more from abroad"),
    "supervision_support": Dial(
        "Supervision",
        "more",
        0,
        150,
        "{} % more trainees each",
        alone="Changes nothing while supervisors do not limit training. With the evidence as it is "
        "they limit it nowhere, not even with 150 % more places.",
    ),
    "pooling": Dial("Pooled posts", "share", 0, 60, "{} % of vacancies pooled"),
}
"""Levers by kind, in the order shown."""
OF_TRUSTS: Final = (
    "retention_offer",
    "flexible_retirement",
    "faster_hiring",
    "better_adverts",
    "recruitment_premium",
    "internal_first",
    "funding",
    "freeze",
    "automation",
    "productivity",
)
"""Kinds that act in a run of a single trust."""
NOT_HERE: Final[dict[str, str]] = {
    "training_places": "Trainees are shared by a region: choose a care system, region or England.",
    "return_to_practice": "People on a break are shared by a region: choose a wider place.",
    "international": "Candidates from abroad are shared by a region: choose a wider place.",
    "supervision_support": "Supervisors limit training in a region: choose a wider place.",
    "pooling": "Posts are pooled across trusts, and here the other trusts do not respond: choose a "
    "care system or a wider place.",
}
"""Why a lever is not offered for a single trust."""
ELSEWHERE: Final[dict[str, str]] = {
    "conversion_places": "Needs a named pathway: write it in a scenario file.",
    "apprenticeship_share": "Needs named pathways: write it in a scenario file.",
    "upskilling": "Acts as Inside first does, once courses are finished: use that dial with a "
    "later start, or a scenario file.",
    "programme_delay": "Needs a programme in the scenario: write it in a scenario file.",
    "programme_scale": "Needs a programme in the scenario: write it in a scenario file.",
    "supply": "Not in anybody's gift here; change the assumption in a scenario file.",
}
"""Levers of the catalogue that no dial sets, and why."""


def offered(level: str) -> tuple[str, ...]:
    """Kinds of lever offered for a level of place."""
    return OF_TRUSTS if level == "trust" else tuple(DIALS)
