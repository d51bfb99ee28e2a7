"""The opening census: what it adds up to, that it is steady, that the evidence builds it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulator.domain.words import BANDS, GROUPS
from simulator.evidence.library import load_library
from simulator.evidence.trusts import opening_trusts
from simulator.model.census import (
    Census,
    CensusError,
    build_census,
    read_census,
    read_posts,
    write_census,
)
from simulator.model.steady import (
    AGES,
    YOUNGEST,
    duration_quantiles,
    inside_chance,
    mean_months,
    months_pmf,
    tenure_factors,
)

pytestmark = pytest.mark.data

OPENING = "2026-03"
FOLDER = Path(__file__).parents[2] / "scenarios" / "census" / f"england-{OPENING}"


@pytest.fixture(scope="module")
def census() -> Census:
    return read_census(FOLDER)


@pytest.fixture(scope="module")
def filled(census: Census) -> pd.DataFrame:
    return census.posts[census.posts["state"] == "filled"]


def value(parameter: str) -> float:
    return load_library().at(parameter, OPENING)


def line(census: Census, name: str) -> float:
    table = census.reconciliation.set_index("line")["value"]
    return float(table[name])


# What it adds up to ----------------------------------------------------------------------------


def test_files_are_those_of_a_fresh_build(tmp_path: Path) -> None:
    write_census(build_census(OPENING, load_library(), opening_trusts(OPENING)[0]), tmp_path)
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    stored = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}
    assert sorted(built) == sorted(stored)
    assert [name for name in built if built[name] != stored[name]] == []


def test_the_walk_starts_at_the_published_stock_and_adds_up(census: Census) -> None:
    assert line(census, "England, 2020-01") == 46009
    growth = line(census, "growth observed to 2021-08") + line(
        census, f"growth assumed to {OPENING}"
    )
    total = line(census, f"England, {OPENING}")
    assert 46009 + growth == pytest.approx(total, abs=0.2)
    in_trusts = line(census, "in trusts: FTE in post")
    assert total + line(census, "outside trusts") == pytest.approx(in_trusts, abs=0.2)
    assert in_trusts / total == pytest.approx(1 - value("stock.share_outside_trusts"), abs=1e-4)
    groups = sum(line(census, f"{group}: FTE in post") for group in GROUPS)
    assert groups == pytest.approx(in_trusts, abs=0.2)


def test_posts_hold_the_people_of_the_walk(census: Census, filled: pd.DataFrame) -> None:
    people = filled.groupby("group").size()
    for group in GROUPS:
        assert people[group] == line(census, f"{group}: people")
    assert len(filled) == line(census, "people in post")
    assert len(census.posts) == line(census, "establishment")
    assert filled["fte"].sum() == pytest.approx(line(census, "in trusts: FTE in post"), rel=1e-3)


def test_fte_per_head_and_part_time_posts(census: Census, filled: pd.DataFrame) -> None:
    assert filled["fte"].mean() == pytest.approx(value("fte.per_head"), abs=1e-3)
    assert set(census.posts["fte"]) == {0.4, 0.6, 0.8, 1.0}


def test_clinical_group_is_the_narrow_one(filled: pd.DataFrame) -> None:
    clinical = filled[filled["group"] == "clinical"].groupby("trust")["fte"].sum()
    trusts = opening_trusts(OPENING)[0]
    share = clinical.sum() / sum(one.fte for one in trusts)
    assert share == pytest.approx(0.0014, rel=0.005)
    found = load_library().get("clin.trusts_below_nine")
    below = (clinical.reindex([one.code for one in trusts]).fillna(0) < 9).mean()
    assert found.low <= below <= found.high


def test_vacancy_rate(census: Census) -> None:
    vacant = (census.posts["state"] != "filled").mean()
    assert vacant == pytest.approx(value("vacancy.rate.steady"), abs=1e-4)


def test_ages_of_the_stock(filled: pd.DataFrame) -> None:
    # a sample of 55,000 people: standard errors are 0.13 and 0.09 points
    assert (filled["age"] < 30).mean() == pytest.approx(value("age.stock_under_30"), abs=0.005)
    assert (filled["age"] >= 60).mean() == pytest.approx(value("age.stock_over_60"), abs=0.003)


def test_every_trust_has_posts_and_totals_follow_the_evidence(census: Census) -> None:
    trusts = [one.code for one in opening_trusts(OPENING)[0]]
    assert sorted(census.posts["trust"].unique()) == sorted(trusts)
    per_trust = census.posts.groupby("trust").size().reindex(trusts)
    size = pd.Series({one.code: one.fte for one in opening_trusts(OPENING)[0]})
    spread = float(np.log(per_trust / size).std())
    assert spread == pytest.approx(value("spread.trust_share"), abs=0.02)


def test_fits_reach_their_targets(census: Census) -> None:
    fits = census.fits.dropna(subset=["target"]).set_index("name")
    fits = fits[~fits.index.str.startswith("newly_qualified")]
    away = (fits["reached"] / fits["target"] - 1).abs()
    assert away.max() < 0.01, away.sort_values().tail()
    library = load_library()
    for name, parameter in (
        ("approval_median", "hiring.approval_median_months"),
        ("round_median", "hiring.round_median_months"),
        ("notice_median", "hiring.notice_median_months"),
        ("round_success", "hiring.round_success"),
        ("internal_share", "promotion.internal_share"),
    ):
        found = library.get(parameter)
        assert found.low <= census.fitted[name] <= found.high, name


def test_joiner_ages_are_those_of_a_distribution(census: Census) -> None:
    assert census.joiner_ages["share"].sum() == pytest.approx(1.0, abs=1e-6)
    assert census.joiner_ages["age"].tolist() == AGES.tolist()


# It is steady ----------------------------------------------------------------------------------


class Expected:
    """Expected values of the law month by month, by group and band, from the census's own rows."""

    def __init__(self, census: Census) -> None:
        self.census, fit = census, census.fitted
        self.stay = np.exp(-self._monthly())
        self.round = months_pmf(duration_quantiles(fit["round_median"], fit["round_sigma"]))
        self.again = months_pmf(duration_quantiles(fit["again_median"], fit["again_sigma"]))
        self.notice = months_pmf(duration_quantiles(fit["notice_median"], fit["notice_sigma"]))
        self.approval = months_pmf(
            duration_quantiles(fit["approval_median"], fit["approval_sigma"])
        )
        self.people, self.ready = self._people()
        self.due = {state: self._due(state) for state in ("approval", "advert", "agreed")}
        self.moves_due = np.zeros_like(self.due["agreed"])
        self.finds = self._finds()
        share = census.fits.set_index("name")["reached"]
        self.moves = float(share["move_share"])

    def _monthly(self) -> np.ndarray:
        table = self.census.hazards
        fit = self.census.fitted
        factors = tenure_factors((fit["tenure_first_year"], fit["tenure_second_year"]))
        self.retiring = table["retiring"].to_numpy() / (table["retiring"] + table["leaving"])
        return np.outer((table["leaving"] + table["retiring"]).to_numpy() / 12, factors)

    def _cell(self, rows: pd.DataFrame) -> np.ndarray:
        group = rows["group"].map({g: k for k, g in enumerate(GROUPS)})
        band = rows["band"].map({b: k for k, b in enumerate(BANDS)})
        return (group * len(BANDS) + band).to_numpy(dtype=int)

    def _people(self) -> tuple[np.ndarray, np.ndarray]:
        rows = self.census.posts[self.census.posts["state"] == "filled"]
        people = np.zeros((33, len(AGES), 25))
        ready = np.zeros((33, 25))
        cell = self._cell(rows)
        age = rows["age"].to_numpy(dtype=int) - YOUNGEST
        np.add.at(people, (cell, age, rows["tenure_months"].clip(upper=24).to_numpy(int)), 1)
        np.add.at(ready, (cell, rows["band_months"].clip(upper=24).to_numpy(int)), 1)
        return people, ready

    def _due(self, state: str) -> np.ndarray:
        rows = self.census.posts[self.census.posts["state"] == state]
        due = np.zeros((33, 60))
        np.add.at(due, (self._cell(rows), rows["due_months"].to_numpy(int)), 1)
        return due

    def _finds(self) -> np.ndarray:
        """Chance that an inside round finds somebody, over the trusts' own cells."""
        rows = self.census.posts
        trust = rows["trust"].astype("category").cat.codes.to_numpy()
        counts = np.zeros((trust.max() + 1, 33))
        np.add.at(counts, (trust, self._cell(rows)), 1)
        share = self.ready[:, 24] / np.maximum(self.ready.sum(axis=1), 1)
        below = np.zeros_like(counts)
        below[:, 1:] = inside_chance(share[None, :-1], 0.93 * counts[:, :-1], 0.007 * counts[:, 1:])
        below[:, [0, 11, 22]] = 0.0
        return (below * counts).sum(axis=0) / np.maximum(counts.sum(axis=0), 1)

    def month(self, m: int) -> dict[str, float]:
        """Play one month and return its flows and the vacant posts at its end."""
        if m % 12 == 1:
            last = self.people[:, -1].copy()
            self.people[:, 1:] = self.people[:, :-1].copy()
            self.people[:, 0] = 0.0
            self.people[:, -1] += last
        heads = self.people.sum(axis=(1, 2))
        stayed = self.people * self.stay
        left = self.people - stayed
        self.people[:, :, 1:] = stayed[:, :, :-1]
        self.people[:, :, -1] += stayed[:, :, -1]
        self.people[:, :, 0] = 0.0
        self._later(left.sum(axis=(1, 2)) / np.maximum(heads, 1e-9))
        opened = left.sum(axis=(1, 2))
        moved = self.moves_due[:, 0]
        joined = self.due["agreed"][:, 0]
        self._pull(moved)
        opened = opened + moved
        share = self.census.joiner_ages["share"].to_numpy()
        self.people[:, :, 0] += joined[:, None] * share
        self.ready[:, 0] += joined
        promoted = self._promote()
        opened[:-1] += promoted[1:]
        self._advertise(self.due["approval"][:, 0] - promoted)
        self.due["approval"] += opened[:, None] * np.pad(self.approval, (0, 60))[:60]
        vacant = sum(float(d[:, 1:].sum()) for d in (*self.due.values(), self.moves_due))
        for state, table in self.due.items():
            self.due[state] = np.pad(table[:, 1:], ((0, 0), (0, 1)))
        self.moves_due = np.pad(self.moves_due[:, 1:], ((0, 0), (0, 1)))
        return {
            "leavers": float(left.sum() + moved.sum()),
            "retired": float((left.sum(axis=(0, 2)) * self.retiring).sum()),
            "hires": float(joined.sum() + moved.sum()),
            "promotions": float(promoted.sum()),
            "vacant": vacant,
            "heads": float(self.people.sum()),
        }

    def _later(self, gone: np.ndarray) -> None:
        kept = self.ready * (1 - gone)[:, None]
        self.ready[:, 1:] = kept[:, :-1]
        self.ready[:, -1] += kept[:, -1]
        self.ready[:, 0] = 0.0

    def _pull(self, moved: np.ndarray) -> None:
        """Begin tenure again; the time in band runs on."""
        share = moved / np.maximum(self.people.sum(axis=(1, 2)), 1e-9)
        taken = self.people * share[:, None, None]
        self.people -= taken
        self.people[:, :, 0] += taken.sum(axis=2)

    def _promote(self) -> np.ndarray:
        promoted = self.due["approval"][:, 0] * self.census.fitted["internal_share"] * self.finds
        for cell in range(32, 0, -1):
            share = promoted[cell] / max(self.people[cell - 1].sum(), 1e-9)
            taken = self.people[cell - 1] * share
            self.people[cell - 1] -= taken
            self.people[cell] += taken
            self.ready[cell - 1, 24] -= promoted[cell]
            self.ready[cell, 0] += promoted[cell]
        return promoted

    def _advertise(self, vacancies: np.ndarray) -> None:
        closing = self.due["advert"][:, 0]
        passing = closing * self.census.fitted["round_passing"]
        for rounds, length in ((vacancies, self.round), (closing - passing, self.again)):
            self.due["advert"] += rounds[:, None] * np.pad(length, (0, 60))[:60]
        start = np.pad(self.notice, (0, 60))[:60]
        self.due["agreed"] += (1 - self.moves) * passing[:, None] * start
        self.moves_due += self.moves * passing[:, None] * start


@pytest.fixture(scope="module")
def years(census: Census) -> tuple[dict[str, float], dict[str, float]]:
    expected = Expected(census)
    for state in expected.due:  # month 1 is the first column from now on
        expected.due[state] = np.pad(expected.due[state][:, 1:], ((0, 0), (0, 1)))
    months = pd.DataFrame([expected.month(m) for m in range(1, 37)])
    return rates(months.iloc[:12]), rates(months.iloc[12:])


def rates(months: pd.DataFrame) -> dict[str, float]:
    flows = months[["leavers", "retired", "hires", "promotions"]].mean() * 12
    found = {str(name): float(flow) / months["heads"].mean() for name, flow in flows.items()}
    found["vacancy"] = float((months["vacant"] / (months["vacant"] + months["heads"])).mean())
    return found


@pytest.mark.parametrize("rate", ["leavers", "retired", "hires", "promotions", "vacancy"])
def test_the_first_year_is_like_the_next_two(
    years: tuple[dict[str, float], dict[str, float]], rate: str
) -> None:
    first, later = years
    assert first[rate] == pytest.approx(later[rate], rel=0.05)


def test_the_rates_are_those_of_the_evidence(
    years: tuple[dict[str, float], dict[str, float]],
) -> None:
    _, later = years
    assert later["leavers"] == pytest.approx(value("leaving.organisation_rate"), rel=0.03)
    assert later["promotions"] == pytest.approx(value("promotion.rate"), rel=0.05)
    assert later["vacancy"] == pytest.approx(value("vacancy.rate.steady"), rel=0.05)


@pytest.mark.parametrize("stage", ["approval", "agreed"])
def test_due_months_follow_the_residual_distribution(census: Census, stage: str) -> None:
    name = {"approval": "approval", "agreed": "notice"}[stage]
    pmf = months_pmf(
        duration_quantiles(census.fitted[f"{name}_median"], census.fitted[f"{name}_sigma"])
    )
    months = np.arange(len(pmf))
    due = census.posts.loc[census.posts["state"] == stage, "due_months"].astype(float)
    expected = (pmf @ (months * (months + 1)) / 2) / mean_months(pmf)
    assert due.mean() == pytest.approx(expected, rel=0.02)


# What cannot be read ---------------------------------------------------------------------------


@pytest.fixture
def small(census: Census, tmp_path: Path) -> Path:
    """One trust's digital posts, the first of them filled and not alone in its cell."""
    digital = census.posts[census.posts["group"] == "digital"]
    first = digital.groupby("trust").head(2)
    sound = first["state"].eq("filled") & first["band"].eq("2")
    codes = first.loc[sound].groupby("trust").size()
    write_census(
        replace(census, posts=digital[digital["trust"] == codes[codes == 2].index[0]]), tmp_path
    )
    return tmp_path


Change = Callable[[list[str]], list[str]]


def cell(row: int, column: int, text: str) -> Change:
    """Put a text into a field (rows from 1 below the header)."""

    def change(lines: list[str]) -> list[str]:
        fields = lines[row].split(",")
        fields[column] = text
        return [*lines[:row], ",".join(fields), *lines[row + 1 :]]

    return change


def repeat(lines: list[str]) -> list[str]:
    return [*lines, lines[1]]


def drop_first(lines: list[str]) -> list[str]:
    return [lines[0], *lines[2:]]


def truncate(lines: list[str]) -> list[str]:
    return [*lines[:-1], ",".join(lines[-1].split(",")[:4])]


def rename(lines: list[str]) -> list[str]:
    return [lines[0].replace("age", "years"), *lines[1:]]


def lose_rows(lines: list[str]) -> list[str]:
    return lines[:1]


def replaced(old: str, new: str) -> Change:
    def change(lines: list[str]) -> list[str]:
        text = "\n".join(lines)
        assert old in text
        return text.replace(old, new).split("\n")

    return change


MALFORMED = [
    ("posts.csv", cell(1, 0, "XXX"), "line 2, trust = XXX", "code of a trust"),
    ("posts.csv", cell(1, 1, "nursing"), "line 2, group = nursing", "one of clinical, data"),
    ("posts.csv", cell(1, 2, "8e"), "line 2, band = 8e", "one of 2, 3, 4"),
    ("posts.csv", cell(1, 3, "1.5"), "line 2, serial = 1.5", "whole number from 0"),
    ("posts.csv", cell(1, 4, "0"), "line 2, fte = 0", "from 0.01 to 1.00"),
    ("posts.csv", cell(1, 4, "1.20"), "line 2, fte = 1.20", "from 0.01 to 1.00"),
    ("posts.csv", cell(1, 4, "nan"), "line 2, fte = nan", "from 0.01 to 1.00"),
    ("posts.csv", cell(1, 5, "frozen"), "line 2, state = frozen", "one of filled, approval"),
    ("posts.csv", cell(1, 6, "15"), "line 2, age = 15", "whole number from 16 to 75"),
    ("posts.csv", cell(1, 6, "NaN"), "line 2, age = NaN", "whole number from 16 to 75"),
    ("posts.csv", cell(1, 6, ""), "line 2, age = blank", "whole number from 16 to 75"),
    ("posts.csv", cell(1, 7, "-3"), "line 2, tenure_months = -3", "whole number from 0"),
    ("posts.csv", cell(1, 9, "2"), "line 2, due_months = 2", "blank for a filled post"),
    ("posts.csv", cell(1, 5, "advert"), "line 2, due_months = blank", "from 1 to 228"),
    ("posts.csv", repeat, "serial = 0", "the same trust, group, band and serial stand in line 2"),
    ("posts.csv", drop_first, "serial", "must run from 0 without gaps; 0 is missing"),
    ("posts.csv", truncate, "line", "has 4 fields and must have 11"),
    ("posts.csv", rename, "line 1", "must be trust,group,band"),
    ("posts.csv", lose_rows, "posts.csv", "has no usable row"),
    ("trainees.csv", cell(1, 3, "1.5 people"), "enrolled = 1.5 people", "whole number"),
    ("trainees.csv", cell(1, 0, "magic"), "pathway = magic", "a pathway of the evidence"),
    ("graduates.csv", cell(1, 2, "2024-13"), "start = 2024-13", "month written YYYY-MM"),
    ("graduates.csv", repeat, "line", "stands in line 2 already"),
    ("candidates.csv", cell(1, 4, "inf"), "supply = inf", "must be a number from 0"),
    ("candidates.csv", cell(1, 0, "Y99"), "region = Y99", "a region code"),
    ("hazards.csv", drop_first, "age = no 16", "every age from 16 to 75"),
    ("joiner_ages.csv", cell(20, 1, "0.9"), "share", "must add up to 1"),
    ("fitted.toml", replaced("[move_share]", "[moves]"), "move_share.value", "missing"),
    ("fitted.toml", replaced("value = 0.25", "value = nan"), "supply_loss.value", "a number"),
    ("manifest.toml", replaced('opening = "2026-03"', "opening = 3"), "opening", "YYYY-MM"),
    ("manifest.toml", replaced('opening = "', "opening = "), "manifest.toml", "not readable"),
]


@pytest.mark.parametrize(("file", "change", "where", "words"), MALFORMED)
def test_malformed_tables_are_refused(
    small: Path, file: str, change: Change, where: str, words: str
) -> None:
    lines = (small / file).read_text(encoding="utf-8").rstrip("\n").split("\n")
    (small / file).write_text("\n".join(change(lines)) + "\n", encoding="utf-8")
    with pytest.raises(CensusError) as caught:
        read_census(small)
    text = re.sub(r"\s+", " ", str(caught.value))
    assert file in text
    assert where in text
    assert words in text


def test_every_problem_is_named_at_once(small: Path) -> None:
    path = small / "posts.csv"
    lines = path.read_text(encoding="utf-8").split("\n")
    for change in (cell(1, 6, "12"), cell(2, 4, "2"), cell(3, 5, "gone")):
        lines = change(lines)
    path.write_text("\n".join(lines), encoding="utf-8")
    (small / "hazards.csv").unlink()
    with pytest.raises(CensusError) as caught:
        read_census(small)
    assert len(caught.value.problems) == 4
    assert {one.file for one in caught.value.problems} == {"posts.csv", "hazards.csv"}


def test_text_that_is_not_utf8_is_refused(small: Path) -> None:
    (small / "candidates.csv").write_bytes(b"region,\xff\xfe\n")
    with pytest.raises(CensusError, match="UTF-8"):
        read_census(small)


def test_a_trusts_own_table_of_posts_is_checked_alike(small: Path) -> None:
    path = small / "posts.csv"
    assert len(read_posts(path)) == len(read_census(small).posts)
    path.write_text(path.read_text(encoding="utf-8").replace("filled", "taken", 1))
    with pytest.raises(CensusError, match="one of filled"):
        read_posts(path)


def test_what_is_written_is_what_is_read(small: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    write_census(read_census(small), again)
    for path in small.glob("*.csv"):
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name
    assert (again / "fitted.toml").read_bytes() == (small / "fitted.toml").read_bytes()
