"""What surrounds the room's store: pooled beliefs, submissions as files, addresses, summaries."""

from __future__ import annotations

import tomllib
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats

from simulator.experiments.variants import law_digest
from simulator.scenario import ScenarioError, load_scenario
from simulator.ui.room import address, beliefs
from simulator.ui.room.files import LARGEST, export_submission, read_submission, scenario_of
from simulator.ui.room.records import Range
from simulator.ui.room.store import Store
from simulator.ui.room.summary import Row, Summary, cell, read_summary
from simulator.ui.room.words import RoomError

pytestmark = pytest.mark.unit

FOLDER = Path(__file__).parents[2] / "scenarios"
CAMBRIDGE = (FOLDER / "cambridge-retention.toml").read_text(encoding="utf-8")


def test_one_seat_is_its_own_pool() -> None:
    found = beliefs.pool([Range(0.0, 0.0, 1.0)])
    # A PERT with its mode at the low end is beta(1, 5), below x with probability 1 - (1 - x)^5.
    assert found.pooled == pytest.approx([1 - (1 - p) ** 0.2 for p in (0.1, 0.5, 0.9)], abs=1e-12)
    assert found.written == found.pooled
    assert (found.low, found.likely, found.high, found.split) == (0.0, 0.0, 1.0, False)


def test_a_pool_has_the_mean_of_its_seats_and_the_quantiles_of_their_average() -> None:
    ranges = [Range(0.0, 1.0, 4.0), Range(1.0, 2.0, 3.0), Range(2.0, 3.0, 10.0)]
    found = beliefs.pool(ranges)
    means = [8 / 6, 12 / 6, 24 / 6]
    assert (found.low, found.high) == (0.0, 10.0)
    assert (found.low + 4 * found.likely + found.high) / 6 == pytest.approx(sum(means) / 3)
    shapes = [
        stats.beta(
            1 + 4 * (one.likely - one.low) / (one.high - one.low),
            1 + 4 * (one.high - one.likely) / (one.high - one.low),
            loc=one.low,
            scale=one.high - one.low,
        )
        for one in ranges
    ]
    below = np.mean([one.cdf(found.pooled) for one in shapes], axis=0)
    assert below == pytest.approx(beliefs.PROBABILITIES, abs=1e-9)


def test_a_room_of_two_camps_is_told_so() -> None:
    camps = [Range(0.0, 0.1, 0.2), Range(0.8, 0.9, 1.0)]
    assert beliefs.pool(camps).split
    assert not beliefs.pool([Range(0.0, 0.4, 1.0), Range(0.1, 0.5, 0.9)]).split
    with pytest.raises(RoomError, match="nobody"):
        beliefs.pool([])


def test_the_rooms_range_becomes_part_of_a_scenario() -> None:
    found = beliefs.pool([Range(0.0, 0.01, 0.03), Range(0.01, 0.02, 0.05)])
    text = beliefs.with_beliefs(CAMBRIDGE, {"supply.growth": found})
    scenario = scenario_of(text, "room.toml", FOLDER)
    parameter = scenario.parameter("supply.growth")
    assert (parameter.low, parameter.high) == (0.0, 0.05)
    assert parameter.mode == pytest.approx(found.likely)
    assert (parameter.shape, parameter.varies) == ("pert", True)
    assert scenario.parameters["supply.growth"].author == "The room"
    assert "2 people" in scenario.parameters["supply.growth"].reason


def test_beliefs_are_about_drawn_assumptions_and_within_their_units(tmp_path: Path) -> None:
    known = {one.id: one for one in beliefs.assumptions()}
    assert set(beliefs.USUAL) <= set(known)
    assert {one.grade for one in known.values()} == {"D"}
    store = Store(tmp_path)
    workshop, _ = store.open_workshop("x", assumptions=["hiring.approval_median_months"])
    seat, _ = store.add_seat(workshop.id, "Ann")
    with pytest.raises(RoomError) as refused:
        beliefs.state(store, seat.id, "hiring.approval_median_months", Range(-1.0, 2.0, 9_999.0))
    assert len(refused.value.problems) == 2
    with pytest.raises(RoomError, match="not an assumption to ask about"):
        beliefs.state(store, seat.id, "need.growth", Range(0.0, 0.1, 0.2))
    with pytest.raises(RoomError, match="has not asked"):
        beliefs.state(store, seat.id, "supply.growth", Range(0.0, 0.01, 0.02))


def test_a_submissions_file_goes_out_and_comes_back(tmp_path: Path) -> None:
    note = 'Fewer leave, "we" think:\nsee #3'
    text = export_submission(CAMBRIDGE, "Ann", note)
    read = read_submission(text.replace("\n", "\r\n").encode(), "ann.toml", FOLDER)
    direct = load_scenario(FOLDER / "cambridge-retention.toml")
    assert (read.name, read.note) == ("Ann", note)
    assert law_digest(read.scenario) == law_digest(direct)
    assert read.scenario.title == direct.title
    # The file is a scenario: it can be run where it stands, beside those it extends.
    assert tomllib.loads(text)["id"] == direct.id


def test_a_scenario_that_stands_alone_comes_back_with_the_same_law() -> None:
    direct = load_scenario(FOLDER / "greater-manchester-training.toml")
    again = scenario_of(direct.canonical_toml(), "plan.toml", FOLDER)
    assert law_digest(again) == law_digest(direct)
    assert again.canonical_toml() == direct.canonical_toml()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"x" * (LARGEST + 1), "at most 200,000"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"id = [", "not readable as TOML"),
        (b'extends = "../england.toml"', "leaves the scenario folder"),
        (b'extends = "nowhere.toml"', "no such file"),
        (b'#: submission = 2\n#: name = "x"\nextends = "england.toml"', "head"),
        (b'census = "../../etc"', "leaves the scenario folder"),
    ],
)
def test_files_that_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_submission(content, "ann.toml", FOLDER)
    assert words in " ".join(str(refused.value).split())
    assert {one.file for one in refused.value.problems} == {"ann.toml"}


def test_links_and_codes_to_scan() -> None:
    place = address.link("http://10.0.0.5:8501/room?seat=secret", "code", "AB&C")
    assert place == "http://10.0.0.5:8501/room?code=AB%26C"
    drawing = ElementTree.fromstring(address.qr_svg(place, "Scan <this>"))
    assert drawing.get("role") == "img"
    assert drawing[0].tag.endswith("title") and drawing[0].text == "Scan <this>"
    # 42 characters at level M need version 3: 29 modules and a quiet zone of 4 on each side.
    assert drawing.get("width") == str((29 + 8) * 6)


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("http://192.168.1.5:8501/room", True),
        ("https://planning.example.org/room", True),
        ("http://[", False),
        ("http://host:99999/", False),
        ("ftp://host/", False),
        ("192.168.1.5:8501", False),
        ("", False),
    ],
)
def test_addresses_that_can_be_passed_on(text: str, sound: bool) -> None:
    assert address.is_page(text) is sound


def test_the_address_is_one_of_this_computers_or_none() -> None:
    found = address.room_address()
    assert found is None or (found.count(".") == 3 and not found.startswith("127."))


def test_hidden_counts_stay_hidden() -> None:
    row = Row(measure="vacancy", date="2031-03", mean=None, low=None, high=10.0)
    assert cell(row) == "* (* to 10)"
    made = Summary(level="trust", code="RGT", draws=1, replications=1, version="1", rows=(row,))
    assert read_summary(made.model_dump_json()) == made
    assert read_summary("") is None
    assert read_summary('{"of": "another version"}') is None
