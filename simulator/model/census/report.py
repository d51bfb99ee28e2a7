"""What was fitted to what, and the walk to the opening, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.domain.words import BAND_RANGES, GROUPS
from simulator.evidence.library import Library
from simulator.model.census.fit import (
    Durations,
    Flows,
    Setting,
    Vacancies,
    mover_rate,
    open_shares,
)
from simulator.model.census.rows import part_time_share
from simulator.model.census.tables import COLUMNS
from simulator.model.census.walk import Line, National, vacancy_rate
from simulator.model.steady import WEEKS_PER_MONTH, ExitFit

if TYPE_CHECKING:
    import pandas as pd

NONE = float("nan")
Row = tuple[str, float, str, str, float, float, str]


def fitted_frame(
    setting: Setting, exits: ExitFit, flows: Flows, times: Durations, vacancies: Vacancies
) -> pd.DataFrame:
    """Return every fitted scalar with its unit, its target and the value reached."""
    import pandas as pd

    rows = _exit_rows(setting, exits) + _hiring_rows(setting, flows, times, vacancies)
    rows += _market_rows(setting, flows)
    return pd.DataFrame(rows, columns=list(COLUMNS["fitted"]))


def _exit_rows(setting: Setting, exits: ExitFit) -> list[Row]:
    reached = exits.reached
    rate = setting.at("leaving.organisation_rate")
    per_head = setting.at("fte.per_head")
    return [
        (
            "tenure_first_year",
            exits.hazards.tenure[0],
            "factor",
            "leaving.tenure_first_year",
            NONE,
            NONE,
            "as in the library",
        ),
        (
            "tenure_second_year",
            exits.hazards.tenure[1],
            "factor",
            "leaving.tenure_second_year",
            NONE,
            NONE,
            "as in the library",
        ),
        (
            "leaving_hazard",
            float(exits.hazards.leaving[-1]),
            "hazard per year",
            "leaving.organisation_rate",
            rate,
            reached.leaving + reached.retiring + reached.moving,
            "from age 30 at tenure factor 1; leaving, retiring and moves together",
        ),
        (
            "leaving_hazard_under_30",
            float(exits.hazards.leaving[0]),
            "hazard per year",
            "leaving.under30_relative",
            setting.at("leaving.under30_relative"),
            reached.young_relative,
            "leaver rate under 30 relative to all ages, moves counted",
        ),
        (
            "retirement_scale",
            float(exits.hazards.retiring[-1]),
            "hazard per year",
            "leaving.retirement_share",
            setting.at("leaving.retirement_share"),
            reached.retiring / rate,
            "hazard at 75; other ages in proportion to retirement_by_age",
        ),
        (
            "joiner_tilt_below_30",
            exits.tilt[0],
            "per year of age",
            "age.stock_under_30",
            setting.at("age.stock_under_30"),
            reached.under_30,
            "joiners' ages gave way: thinned by exp(-tilt x years below 30)",
        ),
        (
            "joiner_tilt_above_30",
            exits.tilt[1],
            "per year of age",
            "age.stock_over_60",
            setting.at("age.stock_over_60"),
            reached.over_60,
            "joiners' ages gave way: thinned by exp(-tilt x years above 30); over 60 is 60 or more",
        ),
        (
            "part_time_share",
            part_time_share(per_head),
            "share",
            "fte.per_head",
            per_head,
            per_head,
            "part-time posts of 0.40, 0.60 and 0.80",
        ),
    ]


def _hiring_rows(
    setting: Setting, flows: Flows, times: Durations, vacancies: Vacancies
) -> list[Row]:
    promoted = float(flows.stack("promoted_in").sum()) / setting.total
    vacant = float(vacancies.total.sum())
    outside = setting.by_range(setting.by_region(flows.stack("outside")))
    passed = float((vacancies.success * outside).sum() / outside.sum())
    weeks = vacancies.time_to_hire * WEEKS_PER_MONTH
    target = setting.at("hiring.time_to_hire_weeks")
    hire = "advert to start, failed rounds and notice, weeks, median"
    return [
        (
            "internal_share",
            flows.inside_share,
            "share",
            "promotion.rate",
            setting.at("promotion.rate"),
            promoted,
            "promotions a year per head",
        ),
        (
            "min_months",
            setting.at("promotion.min_months"),
            "months",
            "promotion.min_months",
            NONE,
            NONE,
            "as in the library",
        ),
        (
            "approval_median",
            times.approval[0],
            "months",
            "vacancy.rate.steady",
            vacancy_rate(setting.library),
            vacant / (vacant + setting.total),
            "vacant posts / posts with a constant establishment",
        ),
        (
            "approval_sigma",
            times.approval[1],
            "log-sd",
            "hiring.approval_sigma",
            NONE,
            NONE,
            "as in the library",
        ),
        (
            "round_median",
            times.round[0],
            "months",
            "hiring.time_to_hire_weeks",
            target,
            weeks,
            hire,
        ),
        (
            "round_sigma",
            times.round[1],
            "log-sd",
            "hiring.round_sigma",
            NONE,
            NONE,
            "as in the library",
        ),
        (
            "again_median",
            times.again[0],
            "months",
            "hiring.again_median_months",
            NONE,
            NONE,
            "as in the library",
        ),
        (
            "again_sigma",
            times.again[1],
            "log-sd",
            "hiring.again_sigma",
            NONE,
            NONE,
            "as in the library",
        ),
        (
            "notice_median",
            times.notice[0],
            "months",
            "hiring.time_to_hire_weeks",
            target,
            weeks,
            hire,
        ),
        (
            "notice_sigma",
            times.notice[1],
            "log-sd",
            "hiring.notice_sigma",
            NONE,
            NONE,
            "as in the library",
        ),
        (
            "round_passing",
            passed,
            "share",
            "hiring.time_to_hire_weeks",
            target,
            weeks,
            "rounds that end in an agreed start, mean of the pools; a result, not an input",
        ),
        (
            "round_success",
            times.success,
            "share",
            "hiring.time_to_hire_weeks",
            target,
            weeks,
            f"before crowding; with it {passed:.3f} of rounds end in an agreed start",
        ),
    ]


def _market_rows(setting: Setting, flows: Flows) -> list[Row]:
    market = flows.market
    moves, outside = float(flows.stack("moves").sum()), float(flows.stack("outside").sum())
    graduates = flows.pool_values("graduates").sum(axis=(0, 1))
    hires = graduates + flows.pool_values("experienced").sum(axis=(0, 1))
    rows: list[Row] = [
        (
            "move_share",
            market.move_share,
            "share",
            "leaving.move_share",
            setting.at("leaving.move_share"),
            moves / outside,
            "of adverts; target and reached are of starts from outside the trust",
        ),
        (
            "mover_rate",
            mover_rate(setting),
            "per month and head",
            "supply.tightness",
            NONE,
            NONE,
            "colleagues willing to move: as many a move as experienced candidates a hire",
        ),
        (
            "congestion",
            market.congestion,
            "factor",
            "supply.congestion",
            NONE,
            NONE,
            "as in the library",
        ),
        (
            "supply_loss",
            market.loss,
            "per month",
            "supply.give_up_per_month",
            NONE,
            NONE,
            "as in the library",
        ),
        (
            "supply_tightness",
            market.tightness,
            "factor",
            "supply.tightness",
            NONE,
            NONE,
            "arrivals of each pool / its steady experienced hires; in candidates.csv",
        ),
        (
            "give_up_hazard",
            setting.at("graduates.give_up_hazard"),
            "hazard per year",
            "graduates.give_up_hazard",
            NONE,
            NONE,
            "as in the library",
        ),
    ]
    for k, (name, opened) in enumerate(zip(BAND_RANGES, open_shares(setting), strict=True)):
        rows.append(
            (
                f"newly_qualified_{name}",
                float(opened) * (1.0 - market.move_share),
                "share",
                f"hiring.newly_qualified_share.{name}",
                float(opened),
                float(graduates[k] / hires[k]),
                "of adverts; target is of non-move adverts, reached is of non-move hires: "
                "graduates run out first",
            )
        )
    return rows


def reconciliation_frame(
    national: National,
    library: Library,
    opening: str,
    people: NDArray[np.int64],
    posts: NDArray[np.int64],
) -> pd.DataFrame:
    """Return the walk from the published stock to people, vacancies and establishment."""
    import pandas as pd

    lines = list(national.lines)
    grade = library.get("vacancy.rate.steady").grade
    by_group = posts.sum(axis=(0, 2))
    heads = people.sum(axis=1)
    note = "by the law's own flows; the national rate is fitted"
    for g, group in enumerate(GROUPS):
        lines.append(
            Line(
                f"{group}: vacant posts",
                float(by_group[g] - heads[g]),
                "posts",
                "D",
                "vacancy.rate.steady",
                note,
            )
        )
    lines += [
        Line("people in post", float(heads.sum()), "heads", "D", "sum", "all groups"),
        Line(
            "vacant posts",
            float(by_group.sum() - heads.sum()),
            "posts",
            grade,
            "vacancy.rate.steady",
            f"{100 * vacancy_rate(library):g} % of funded posts",
        ),
        Line(
            "establishment",
            float(by_group.sum()),
            "posts",
            "D",
            "sum",
            "people in post and vacant posts",
        ),
    ]
    return pd.DataFrame(
        [(x.line, x.value, x.unit, x.grade, x.source, x.note) for x in lines],
        columns=list(COLUMNS["reconciliation"]),
    )
