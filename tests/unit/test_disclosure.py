"""Small counts of a trust's own rows are hidden, and nothing else is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.reports.disclosure import hidden, shareable
from simulator.results.result import Result

NO = np.array([False])


@pytest.mark.unit
@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, 0), (8, 10), (12.4, 10), (12.6, 15), (-12, -10), (2.5e4 + 2, 25_000), (7.99, None)]
    + [(one, None) for one in (1, 2, 7, -3, 0.2)],
)
def test_a_count_below_national_level(value: float, shown: float | None) -> None:
    found = hidden(np.array([value]), NO)[0]
    assert np.isnan(found) if shown is None else found == shown


@pytest.mark.unit
def test_a_national_count_is_rounded_but_never_hidden() -> None:
    found = hidden(np.array([3.0, 55_343.0]), np.array([True, True]))
    assert found.tolist() == [5.0, 55_345.0]


@pytest.mark.property
@given(st.integers(-100_000, 100_000))
def test_what_is_shown_says_no_more_than_within_five(count: int) -> None:
    shown = hidden(np.array([count]), NO)[0]
    if 1 <= abs(count) <= 7:
        assert np.isnan(shown)
    else:
        assert shown % 5 == 0
        assert abs(shown - count) <= 2.5


@pytest.mark.property
@given(st.integers(8, 2_000), st.integers(8, 50_000))
def test_a_trust_cannot_be_had_back_by_taking_the_others_from_the_whole(
    trust: int, others: int
) -> None:
    whole = hidden(np.array([trust + others]), np.array([True]))[0]
    rest = hidden(np.array([others]), NO)[0]
    alike = {one for one in range(trust - 10, trust + 11) if same(one, others, whole)}
    assert len(alike) >= 4, "several counts of the trust give the same two figures"
    assert abs((whole - rest) - trust) <= 5


def same(trust: int, others: int, whole: float) -> bool:
    return bool(hidden(np.array([trust + others]), np.array([True]))[0] == whole)


def made(own: list[str], **tables: pa.Table) -> Result:
    manifest: dict[str, Any] = {"own_rows": own, "need_by_method": {}}
    return Result(manifest, tables)


PLACES = {
    "level": ["trust", "trust", "england"],
    "code": ["RGT", "RGT", "ENG"],
    "group": ["all", "clinical", "all"],
    "measure": ["in_post"] * 3,
    "month": [0, 0, 0],
    "mean": [23.0, 4.0, 4.0],
    "q10.0": [8.0, 0.0, 3.0],
    "share_parameters": [0.4, 0.5, 0.6],
}
MONEY = {
    "level": ["trust", "trust"],
    "code": ["RGT", "RGT"],
    "group": ["all", "clinical"],
    "measure": ["pay", "pay"],
    "year": ["2026/27", "2026/27"],
    "mean": [1_234_567.0, 200_111.0],
}


@pytest.mark.unit
def test_a_result_with_own_rows_is_protected_in_every_table() -> None:
    result = made(["ours.csv"], places=pa.table(PLACES), money=pa.table(MONEY))
    shown = shareable(result)
    assert shown.tables["places"].column("mean").to_pylist() == [25.0, None, 5.0]
    assert shown.tables["places"].column("q10.0").to_pylist() == [10.0, 0.0, 5.0]
    assert shown.tables["places"].column("share_parameters").to_pylist() == [0.4, 0.5, 0.6]
    assert shown.tables["money"].column("mean").to_pylist() == [1_235_000.0, None]
    assert result.tables["places"].column("mean").to_pylist() == PLACES["mean"]


@pytest.mark.unit
def test_a_synthetic_result_is_left_alone() -> None:
    result = made([], places=pa.table(PLACES))
    assert shareable(result) is result
