"""The shape of a scenario file: its keys, what each may hold, and a sentence on each.

The sentences serve twice: as descriptions in the JSON Schema and as "what would be right" in
messages. Nothing is required here, since a file that extends another may leave out anything;
``loader.py`` asks for what is missing once files are merged.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from simulator.domain.words import GROUPS
from simulator.scenario.dates import MONTH_PATTERN

MAX_MONTHS: Final = 228
MAX_DRAWS: Final = 4096
MAX_REPLICATIONS: Final = 100_000
MAX_MULTIPLIER: Final = 20.0
MAX_COUNT: Final = 100_000.0
MAX_STAFF: Final = 5_000
"""Posts or people of one staff group of a trust."""

Target = Literal[
    "leaving",
    "retirement",
    "need",
    "funding",
    "time_to_hire",
    "round_success",
    "supply",
    "internal_share",
    "places",
    "applicants",
    "attraction",
    "frozen",
    "pooling",
    "returning",
    "international",
    "supervision",
    "programme_delay",
    "programme_scale",
]
Operation = Literal["multiply", "add", "set"]
Rest = Literal["baseline", "coupled"]
Group = Literal["clinical", "data", "digital"]
Method = Literal["growth", "ratio", "maturity", "hee"]
ProgrammeKind = Literal[
    "epr",
    "shared_care_record",
    "record_content_standards",
    "data_standards_mandate",
    "security_assurance_safety",
    "record_user_survey",
]
REACHES: Final = ("trusts", "ics", "regions")
"""Keys that name a part of England, in a place and in the reach of a lever."""


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "it is empty")
    return text


def _no_repeats(codes: tuple[str, ...]) -> tuple[str, ...]:
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    if repeated:
        raise PydanticCustomError("repeated", f"{', '.join(repeated)} is listed twice")
    return codes


Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
Month = Annotated[str, Field(pattern=MONTH_PATTERN)]
Text = Annotated[str, Field(max_length=2000), AfterValidator(_not_blank)]
Line = Annotated[str, Field(max_length=200), AfterValidator(_not_blank)]
RelativePath = Annotated[str, Field(min_length=1, max_length=400)]
Codes = Annotated[
    tuple[Line, ...], BeforeValidator(_as_tuple), Field(min_length=1), AfterValidator(_no_repeats)
]


class Strict(BaseModel):
    """Settings of every part: unknown keys, wrong types and infinities are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Place(Strict):
    """The part of England the scenario is about: exactly one of the four keys."""

    trusts: Codes | None = Field(None, description='a list of trust codes, such as ["RGT"]')
    ics: Codes | None = Field(None, description='a list of care system codes, such as ["QOP"]')
    regions: Codes | None = Field(None, description='a list of region codes, such as ["Y56"]')
    england: Literal[True] | None = Field(None, description="true for all of England")

    @property
    def kind(self) -> Literal["trusts", "ics", "regions", "england"]:
        """The one key that is given."""
        for kind in ("trusts", "ics", "regions"):
            if getattr(self, kind) is not None:
                return kind
        return "england"

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes given; none for England."""
        return getattr(self, self.kind) if self.kind != "england" else ()


class Need(Strict):
    """How need is projected."""

    method: Method = Field(
        "growth",
        description='"growth" (need grows at need.growth), "ratio" (a share of all trust staff), '
        '"maturity" (staff for each bed rise with digital maturity) or "hee" (the growth that '
        "takes 46,009 in 2020 to 77,923 in 2030)",
    )


class DatedValue(Strict):
    """A value and the first month in which it holds."""

    start: Month = Field(alias="from", description='a month written "YYYY-MM"')
    value: float = Field(description="a number in the parameter's unit")


def _dated_list(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class ParameterOverride(Strict):
    """A value put in place of one in the evidence library, with its author and reason."""

    value: float | None = Field(None, description="a number in the parameter's unit")
    values: Annotated[
        tuple[DatedValue, ...] | None, BeforeValidator(_dated_list), Field(min_length=1)
    ] = Field(None, description='dated values, such as [{ from = "2026-03", value = 0.05 }]')
    low: float | None = Field(None, description="lowest plausible value, in the parameter's unit")
    high: float | None = Field(None, description="highest plausible value, in the parameter's unit")
    reason: Text = Field(description="why this value, in words")
    author: Line = Field(description="who stands behind the value: a name or a role")


class FittedOverride(Strict):
    """A value put in place of a fitted number of the census, with its author and reason."""

    value: float = Field(description="a number")
    reason: Text = Field(description="why this value, in words")
    author: Line = Field(description="who stands behind the value: a name or a role")


class Programme(Strict):
    """A programme: dated phases that need more staff for a time, where and from when."""

    id: Slug = Field(description="a name of small letters, digits and hyphens")
    title: Line = Field(description="the programme in words")
    kind: ProgrammeKind = Field(description=f"one of {', '.join(get_args(ProgrammeKind))}")
    go_live: Month = Field(description='the month planned for go-live, written "YYYY-MM"')
    scale: float = Field(1.0, ge=0, le=10, description="a factor on its extra need, 0 to 10")
    slips: bool = Field(
        True, description="true if go-live can slip at random, trust by trust; false if it holds"
    )
    trusts: Codes | None = Field(None, description='a list of trust codes, such as ["RGT"]')
    ics: Codes | None = Field(None, description='a list of care system codes, such as ["QOP"]')
    regions: Codes | None = Field(None, description='a list of region codes, such as ["Y56"]')
    rationale: Text = Field(description="why the programme and its date, in words")
    author: Line = Field(description="who states it: a name or a role")


class Lever(Strict):
    """A planner's choice: what it changes, how much, from when, for whom, and why."""

    id: Slug = Field(description="a name of small letters, digits and hyphens")
    title: Line = Field(description="the lever in words")
    kind: Line | None = Field(
        None, description='its kind in the catalogue of levers, such as "retention_offer"'
    )
    target: Target = Field(description=f"one of {', '.join(get_args(Target))}")
    operation: Operation = Field(
        description='"multiply"; "add" for places, applicants and programme_delay; "set" for '
        "places, frozen and pooling"
    )
    value: float = Field(
        description="a number: 0.9 multiplied is 10 % less; places added and set are people a year "
        "in all of England, of whom each region reached has its share; a share frozen or pooled is "
        "0 to 1; a delay is in months"
    )
    start: Month = Field(description='the first month of the lever, written "YYYY-MM"')
    end: Month | None = Field(
        None, description='the last month of the lever, written "YYYY-MM"; none: it stays'
    )
    ramp_months: int = Field(
        0, ge=0, le=MAX_MONTHS, description="whole months to reach the full value, 0 to 228"
    )
    groups: (
        Annotated[
            tuple[Literal["clinical", "data", "digital"], ...],
            BeforeValidator(_as_tuple),
            Field(min_length=1),
            AfterValidator(_no_repeats),
        ]
        | None
    ) = Field(None, description=f"a list of staff groups out of {', '.join(GROUPS)}")
    trusts: Codes | None = Field(None, description='a list of trust codes, such as ["RGT"]')
    ics: Codes | None = Field(None, description='a list of care system codes, such as ["QOP"]')
    regions: Codes | None = Field(None, description='a list of region codes, such as ["Y56"]')
    pathways: Codes | None = Field(None, description="a list of training pathways")
    programmes: Codes | None = Field(None, description="a list of programmes of this scenario")
    rationale: Text = Field(description="why the lever should work, in words")
    author: Line = Field(description="who proposes the lever: a name or a role")


class OwnNumbers(Strict):
    """A trust's own count of one of its staff groups; what is left out stays estimated."""

    trust: Line = Field(description='the code of one trust, such as "RGT"')
    group: Group = Field(description=f"one of {', '.join(get_args(Group))}")
    posts: int | None = Field(
        None, ge=0, le=MAX_STAFF, description=f"funded posts, a whole number, 0 to {MAX_STAFF}"
    )
    people: int | None = Field(
        None, ge=0, le=MAX_STAFF, description=f"people in post, a whole number, 0 to {MAX_STAFF}"
    )
    leavers: int | None = Field(
        None,
        ge=0,
        le=MAX_STAFF,
        description="people who left the trust in the twelve months to as_of, for whatever reason, "
        f"a whole number, 0 to {MAX_STAFF}",
    )
    as_of: Month = Field(description='the month the numbers are of, written "YYYY-MM"')
    source: Line = Field(description='where they come from, such as "Electronic Staff Record"')

    @property
    def id(self) -> str:
        """What names it among the own numbers of a scenario."""
        return f"{self.trust} {self.group}"

    @property
    def counted(self) -> bool:
        """Are posts or people given?"""
        return self.posts is not None or self.people is not None


class ScenarioFile(Strict):
    """One scenario file, before the files it extends are merged in."""

    model_config = ConfigDict(title="Workforce scenario")

    id: Slug | None = Field(
        None, description='a name of small letters, digits and hyphens, such as "my-trust"'
    )
    title: Line | None = Field(None, description="the scenario in one line")
    why: Text | None = Field(None, description="the question the scenario answers, in words")
    workshop: Text | None = Field(
        None, description="a paragraph for a workshop: what to look for, and what to ask"
    )
    sources: Codes | None = Field(
        None, description='ids of sources in the evidence library, such as ["S2"]'
    )
    fails_in: RelativePath | None = Field(
        None, description='the scenario in which this one fails, such as "retention-fails.toml"'
    )
    extends: RelativePath | None = Field(
        None, description='another scenario file in this folder, such as "england.toml"'
    )
    opening: Month | None = Field(
        None, description='the opening month of the census, written "YYYY-MM"'
    )
    months: int | None = Field(
        None, ge=1, le=MAX_MONTHS, description=f"a whole number of months, 1 to {MAX_MONTHS}"
    )
    draws: int | None = Field(
        None, ge=1, le=MAX_DRAWS, description=f"a whole number of draws, 1 to {MAX_DRAWS}"
    )
    replications: int | None = Field(
        None,
        ge=1,
        le=MAX_REPLICATIONS,
        description=f"a whole number of replications in all, 1 to {MAX_REPLICATIONS}",
    )
    seed: int | None = Field(
        None, ge=0, le=2**63 - 1, description="a whole number, 0 to 9223372036854775807"
    )
    census: RelativePath | None = Field(
        None, description='the census folder, such as "census/england-2026-03"'
    )
    census_rows: (
        Annotated[tuple[RelativePath, ...], BeforeValidator(_as_tuple), AfterValidator(_no_repeats)]
        | None
    ) = Field(None, description='a list of tables of posts, such as ["tables/mytrust.csv"]')
    place: Place | None = Field(None, description="one of trusts, ics, regions or england")
    rest: Rest | None = Field(
        None,
        description='"baseline" (the rest as in the England baseline) or "coupled" '
        "(the regions concerned are simulated whole)",
    )
    need: Need | None = Field(None, description='a table such as { method = "growth" }')
    parameters: dict[str, ParameterOverride] | None = Field(
        None, description="values put in place of the evidence library's, by parameter id"
    )
    fitted: dict[str, FittedOverride] | None = Field(
        None, description="values put in place of the census's fitted numbers, by name"
    )
    programme: Annotated[tuple[Programme, ...], BeforeValidator(_as_tuple)] | None = Field(
        None, description="programmes, each a [[programme]] table"
    )
    own: Annotated[tuple[OwnNumbers, ...], BeforeValidator(_as_tuple)] | None = Field(
        None, description="trusts' own counts of staff groups, each an [[own]] table"
    )
    lever: Annotated[tuple[Lever, ...], BeforeValidator(_as_tuple)] | None = Field(
        None, description="levers, each a [[lever]] table"
    )


REQUIRED: Final = (
    "id",
    "title",
    "why",
    "opening",
    "months",
    "draws",
    "replications",
    "seed",
    "census",
    "place",
)
_PARTS: Final[dict[str, type[BaseModel]]] = {
    "place": Place,
    "need": Need,
    "parameters": ParameterOverride,
    "fitted": FittedOverride,
    "programme": Programme,
    "own": OwnNumbers,
    "lever": Lever,
}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file."""
    schema = ScenarioFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["anyOf"] = [{"required": ["extends"]}, {"required": list(REQUIRED)}]
    return schema


def part_at(path: tuple[str | int, ...]) -> type[BaseModel]:
    """Return the model that holds the last key of a path."""
    if len(path) > 1 and path[0] in _PARTS:
        return DatedValue if "values" in path[1:-1] else _PARTS[str(path[0])]
    return ScenarioFile


def description_of(path: tuple[str | int, ...]) -> str:
    """Return what would be right at a path, or nothing if the path names no known key."""
    part = part_at(path)
    for name in (str(step) for step in reversed(path)):
        for key, field in part.model_fields.items():
            if name in (key, field.alias):
                return field.description or ""
    return ""
