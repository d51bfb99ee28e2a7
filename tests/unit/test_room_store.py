"""The workshop room's store: who sees what, what is refused, and how guessing is slowed down."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulator.ui.room import door
from simulator.ui.room.database import FILE, FOLDER_VARIABLE, workshops_folder
from simulator.ui.room.predict import Guess, beside, keep, of_room, own
from simulator.ui.room.records import Range
from simulator.ui.room.store import SEATS, Store
from simulator.ui.room.words import RoomError, as_cell, as_markdown

pytestmark = pytest.mark.unit

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HERE = door.visitors("192.168.1.7", "a session")


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    return Store(tmp_path / "workshops", clock)


def test_a_link_brings_back_the_same_seat_and_draft(store: Store, tmp_path: Path) -> None:
    workshop, _ = store.open_workshop("Care system")
    seat, secret = store.join(f" {workshop.code[:3].lower()}-{workshop.code[3:]} ", " Ann ", HERE)
    store.keep_draft(seat.id, 'id = "mine"')
    again = Store(tmp_path / "workshops").seated(secret)
    assert (again.id, again.number, again.name, again.draft) == (seat.id, 1, "Ann", 'id = "mine"')


def test_secrets_are_not_in_the_file(store: Store) -> None:
    workshop, secret = store.open_workshop("Care system")
    _, link = store.join(workshop.code, "Ann", HERE)
    content = store.database.path.read_bytes()
    assert workshop.code.encode() in content
    assert secret.encode() not in content and link.encode() not in content


def test_a_wrong_link_opens_nothing(store: Store) -> None:
    workshop, secret = store.open_workshop("Care system")
    _, link = store.join(workshop.code, "Ann", HERE)
    with pytest.raises(RoomError, match="opens no workshop"):
        store.facilitated(link)
    with pytest.raises(RoomError, match="opens no seat"):
        store.seated(secret)


def test_the_room_sees_what_was_submitted_and_no_draft(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    ann, _ = store.join(workshop.code, "Ann", HERE)
    bob, _ = store.join(workshop.code, "Bob", HERE)
    store.keep_draft(ann.id, "private")
    number = store.submit(bob.id, "Faster hiring", "id = 'x'", "d1", '{"rows": []}', "Quick\nwin")
    assert [seat.draft for seat in store.seats(workshop.id)] == ["", ""]
    (shown,) = store.submissions(workshop.id)
    assert (shown.id, shown.name, shown.title, shown.law_digest, shown.note) == (
        *(number, "Bob", "Faster hiring"),
        *("d1", "Quick\nwin"),
    )


def test_two_workshops_do_not_see_each_other(store: Store) -> None:
    first, _ = store.open_workshop("First", assumptions=["supply.growth"])
    second, _ = store.open_workshop("Second")
    seat, _ = store.join(first.code, "Ann", HERE)
    other, _ = store.join(second.code, "Bob", HERE)
    number = store.submit(seat.id, "Plan", "x", "d")
    store.believe(seat.id, "supply.growth", Range(0.0, 0.01, 0.02))
    question = store.ask(first.id, "Which?", ["A", "B"])
    assert store.submissions(second.id) == () == store.beliefs(second.id, "supply.growth")
    with pytest.raises(RoomError, match="closed"):
        store.vote(other.id, question, 0)
    with pytest.raises(RoomError, match="no submission"):
        store.decide(second.id, "We do it", "Bob", number)


def test_of_beliefs_and_votes_the_last_counts_and_all_are_kept(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system", assumptions=["supply.growth"])
    ann, _ = store.join(workshop.code, "Ann", HERE)
    bob, _ = store.join(workshop.code, "Bob", HERE)
    store.believe(ann.id, "supply.growth", Range(0.02, 0.03, 0.04))
    store.believe(bob.id, "supply.growth", Range(0.01, 0.02, 0.05))
    store.believe(ann.id, "supply.growth", Range(0.00, 0.01, 0.02))
    assert store.beliefs(workshop.id, "supply.growth") == (
        *(Range(0.00, 0.01, 0.02), Range(0.01, 0.02, 0.05)),
    )
    question = store.ask(workshop.id, "Which line moves most?", ["Need", "In post", "Funded"])
    for seat, option in ((ann, 0), (bob, 1), (ann, 1)):
        store.vote(seat.id, question, option)
    (asked,) = store.questions(workshop.id)
    assert asked.counts == (0, 2, 0)
    assert store.own_vote(ann.id, question) == 1
    assert [vote[1:3] for vote in store.votes(workshop.id)] == [
        *(("Ann", "Need"), ("Bob", "In post")),
        ("Ann", "In post"),
    ]


def test_predict_first_waits_for_an_answer_in_that_step_alone(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    seat, _ = store.join(workshop.code, "Ann", HERE)
    question = store.ask(workshop.id, "Up or down?", ["Up", "Down"])
    assert not store.awaits_prediction(seat.id)
    store.predict(workshop.id, True)
    assert store.awaits_prediction(seat.id)
    store.go_to(workshop.id, "explore")
    assert not store.awaits_prediction(seat.id)
    store.predict(workshop.id, True)
    store.vote(seat.id, question, 0)
    assert not store.awaits_prediction(seat.id)


def test_the_first_guess_counts_and_the_room_sees_no_name(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    ann, _ = store.join(workshop.code, "Ann", HERE)
    bob, _ = store.join(workshop.code, "Bob", HERE)
    first = Guess("trust-RGT", 40.0, 100.0, 68.0, 139.0)
    second = Guess("trust-RGT", 90.0, 100.0, 68.0, 139.0)
    keep(store, ann.id, first)
    keep(store, ann.id, second)
    keep(store, bob.id, second)
    assert own(store, ann.id, "trust-RGT") == first
    assert own(store, ann.id, "trust-RNA") is None
    assert of_room(store, workshop.id) == (first, second)
    assert (first.inside, second.inside) == (False, True)
    assert "lies below that range" in beside(first)
    with pytest.raises(RoomError, match="guess: nan"):
        keep(store, ann.id, Guess("trust-RGT", float("nan"), 0.0, 0.0, 0.0))


def test_history_cannot_be_changed_even_by_hand(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    seat, _ = store.join(workshop.code, "Ann", HERE)
    store.submit(seat.id, "Plan", "x", "d")
    for statement in ("UPDATE submission SET title = 'Other'", "DELETE FROM event"):
        with pytest.raises(RoomError, match="history"), store.database.writing() as rows:
            rows.execute(statement)
    assert store.submissions(workshop.id)[0].title == "Plan"


def test_a_closed_workshop_is_read_only_and_can_forget_names(store: Store) -> None:
    workshop, secret = store.open_workshop("Care system")
    seat, link = store.join(workshop.code, "Ann", HERE)
    store.submit(seat.id, "Plan", "x", "d")
    with pytest.raises(RoomError, match="close the workshop first"):
        store.forget_names(workshop.id)
    store.close(workshop.id)
    with pytest.raises(RoomError, match="is closed"):
        store.submit(seat.id, "Plan 2", "x", "d")
    with pytest.raises(RoomError, match="no open workshop"):
        store.join(workshop.code, "Bob", HERE)
    store.forget_names(workshop.id)
    assert store.seated(link).name == "Seat 1" == store.submissions(workshop.id)[0].name
    assert store.facilitated(secret).closed == "2026-11-22T09:00:00+00:00"
    assert b"Ann" not in store.database.path.read_bytes()


def test_wrong_codes_make_tries_slower_and_a_link_still_works(store: Store, clock: Clock) -> None:
    workshop, _ = store.open_workshop("Care system")
    seat, link = store.join(workshop.code, "Ann", HERE)
    wrong = "222222"
    for _ in range(5):
        with pytest.raises(RoomError, match="no open workshop"):
            store.join(wrong, "Eve", HERE)
    waits = []
    for _ in range(8):
        clock.now += timedelta(seconds=0.5)
        with pytest.raises(RoomError, match="too many wrong codes"):
            store.join(workshop.code, "Eve", HERE)
        with store.database.reading() as rows:
            waits.append(door.wait_before(rows, HERE, clock.now.timestamp()))
        clock.now += timedelta(seconds=waits[-1])
        with pytest.raises(RoomError, match="no open workshop"):
            store.join(wrong, "Eve", HERE)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert store.seated(link).id == seat.id
    clock.now += timedelta(hours=1)
    assert store.join(workshop.code, "Bob", HERE)[0].number == 2


def test_tries_from_many_addresses_wait_too(store: Store) -> None:
    store.open_workshop("Care system")
    with store.database.writing() as rows:
        for number in range(199):
            who = door.visitors(f"10.0.{number}.1", f"session {number}")
            door.note_failure(rows, who, START.timestamp())
    with pytest.raises(RoomError, match="no open workshop"):
        store.join("222222", "Eve", door.visitors("10.1.0.1", "one more"))
    with pytest.raises(RoomError, match="try again in 1 s"):
        store.join("222222", "Eve", door.visitors("10.1.0.1", "another"))


def test_codes_hold_no_letter_that_is_misread() -> None:
    codes = {door.new_code() for _ in range(500)}
    assert len(codes) == 500
    assert {len(code) for code in codes} == {6}
    assert not set("".join(codes)) & set("01OILAEU")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("  ", "it is empty"),
        ("x" * 41, "41 characters; at most 40"),
        ("Ann\x07", r"U\+0007"),
        ("\u202eevil", r"U\+202E"),
        ("Ann\nBob", r"U\+000A"),
        ("\ud800", r"U\+D800"),
    ],
)
def test_names_that_are_refused(store: Store, name: str, words: str) -> None:
    workshop, _ = store.open_workshop("Care system")
    with pytest.raises(RoomError, match=words):
        store.join(workshop.code, name, HERE)
    assert store.seats(workshop.id) == ()


def test_all_problems_are_told_at_once(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    with pytest.raises(RoomError) as refused:
        store.ask(workshop.id, "", ["A\x00", "A\x00"])
    assert len(refused.value.problems) == 4
    seat, _ = store.join(workshop.code, "Ann", HERE)
    with pytest.raises(RoomError) as refused:
        store.submit(seat.id, "x" * 201, "s" * 64_001, "d", note="y" * 1_001)
    assert len(refused.value.problems) == 3
    assert store.submissions(workshop.id) == ()


@pytest.mark.parametrize(
    "belief", [Range(0.2, 0.1, 0.3), Range(0.1, 0.1, 0.1), Range(0.0, float("nan"), 1.0)]
)
def test_what_is_no_range_is_refused(store: Store, belief: Range) -> None:
    workshop, _ = store.open_workshop("Care system", assumptions=["supply.growth"])
    seat, _ = store.join(workshop.code, "Ann", HERE)
    with pytest.raises(RoomError, match=r"supply\.growth"):
        store.believe(seat.id, "supply.growth", belief)
    assert store.own_belief(seat.id, "supply.growth") is None


def test_a_workshop_holds_so_many_seats(store: Store) -> None:
    workshop, _ = store.open_workshop("Care system")
    store.add_seat(workshop.id, "Ann")
    with store.database.writing() as rows:  # adding each would take seconds
        rows.executemany(
            "INSERT INTO seat (workshop, number, secret, name, joined) VALUES (?, ?, ?, 'x', 'y')",
            [(workshop.id, number, str(number)) for number in range(2, SEATS + 1)],
        )
    with pytest.raises(RoomError, match="all 200 seats"):
        store.add_seat(workshop.id, "Bob")


def test_files_that_are_not_ours_are_refused_untouched(tmp_path: Path) -> None:
    damaged, newer = tmp_path / "damaged", tmp_path / "newer"
    damaged.mkdir()
    (damaged / FILE).write_bytes(b"This is a letter, not a database. " * 100)
    with pytest.raises(RoomError, match="not a file of workshops"):
        Store(damaged)
    assert (damaged / FILE).read_bytes().startswith(b"This is a letter")
    Store(newer)
    with sqlite3.connect(newer / FILE) as rows:
        rows.execute("PRAGMA user_version = 7")
    with pytest.raises(RoomError, match="tables 7, here 2"):
        Store(newer)
    (tmp_path / "file").write_text("")
    with pytest.raises(RoomError, match="cannot be made"):
        Store(tmp_path / "file" / "inner")


def test_the_journal_suits_network_drives(store: Store) -> None:
    with store.database.reading() as rows:
        assert rows.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        assert rows.execute("PRAGMA synchronous").fetchone()[0] == 3  # EXTRA: FULL and more
    assert [path.name for path in store.database.path.parent.iterdir()] == [FILE]


def test_the_folder_is_the_chosen_one_or_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, "/shared/drive")
    assert workshops_folder() == Path("/shared/drive")
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/ann/data")
    assert workshops_folder() == Path("/srv/ann/data/workforce/workshops")
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/c/ann")
    assert workshops_folder() == Path("/c/ann/workforce/workshops")


def test_text_is_made_harmless() -> None:
    found = as_markdown("![x](https://a.b)\n# <b>")
    assert found.replace("\u2060", "") == r"\!\[x\]\(https\:\/\/a\.b\) \# \<b\>"
    assert "https\u2060" in found  # or the page would make a link of it
    assert as_cell("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert as_cell("-3 posts") == "'-3 posts"
    assert as_cell(-3.0) == -3.0
