"""The desk: one run for many visitors, the newest question first, failures in words."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path

import pytest

from simulator.ui import desk as desks
from simulator.ui.desk import Desk
from simulator.ui.plan import Choice, Place, Plan, Size
from simulator.ui.worker import Answer

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SIZE = Size(2, 1)


class Slow(Executor):
    """Stands in for the processes: work is done when the test says so."""

    def __init__(self) -> None:
        self.taken: list[tuple[tuple, Future]] = []

    def submit(self, *work, **_):
        future: Future = Future()
        self.taken.append((work, future))
        return future

    def finish(self, number: int) -> None:
        self.taken[number][1].set_result(Answer({}, None, None, "2026/27", 0.0))  # type: ignore[arg-type]


def _desk() -> tuple[Desk, Slow]:
    desk, pool = Desk(SCENARIOS, 0), Slow()
    desk._pool = pool
    return desk, pool


def _plan(amount: int) -> Plan:
    place = Place("trust", "RGT")
    return Plan(place, (Choice("retention_offer", amount, "2027-04"),) if amount else ())


@pytest.mark.app
def test_thirty_people_who_ask_the_same_wait_for_one_run(monkeypatch):
    monkeypatch.setattr(desks, "QUIET", 0.0)
    desk, pool = _desk()
    waiting = [desk.ask(f"visitor {number}", _plan(0), SIZE) for number in range(30)]
    assert len(pool.taken) == 1
    pool.finish(0)
    assert all(one.done() for one in waiting)
    assert desk.ask("late", _plan(0), SIZE).done()
    assert len(pool.taken) == 1
    assert desk.idle()


@pytest.mark.app
def test_a_newer_question_takes_the_place_of_the_one_that_waits():
    desk, pool = _desk()
    first = desk.ask("a", _plan(1), SIZE)
    second, third = desk.ask("a", _plan(2), SIZE), desk.ask("a", _plan(3), SIZE)
    assert second.cancelled()
    pool.finish(0)
    assert first.done()
    assert len(pool.taken) == 2
    assert pool.taken[1][0][1].lever[0].value == 0.97
    pool.finish(1)
    assert third.done()


@pytest.mark.app
def test_a_question_somebody_else_waits_for_is_kept():
    desk, pool = _desk()
    desk.ask("a", _plan(1), SIZE)
    shared = desk.ask("a", _plan(2), SIZE)
    assert desk.ask("b", _plan(2), SIZE) is shared
    desk.ask("a", _plan(3), SIZE)
    assert not shared.cancelled()
    for number in range(3):
        pool.finish(number)
    assert shared.done()


@pytest.mark.app
def test_few_answers_are_kept(monkeypatch):
    monkeypatch.setattr(desks, "KEPT", 2)
    desk, pool = _desk()
    for number, amount in enumerate((1, 2, 3)):
        desk.ask("a", _plan(amount), SIZE)
        pool.finish(number)
    assert desk.known(_plan(1), SIZE) is None
    assert desk.known(_plan(3), SIZE) is not None


@pytest.mark.app
def test_a_failed_run_fails_those_who_wait_and_nobody_else(monkeypatch):
    monkeypatch.setattr(desks, "QUIET", 0.0)
    desk, pool = _desk()
    future = desk.ask("a", _plan(1), SIZE)
    pool.taken[0][1].set_exception(MemoryError("too much"))
    with pytest.raises(MemoryError):
        future.result(1)
    assert desk.idle()
    assert not desk.ask("a", _plan(1), SIZE).done()
    assert len(pool.taken) == 2


@pytest.mark.app
def test_a_killed_worker_is_replaced(monkeypatch):
    """The one who asked is told; the next question gets fresh processes."""
    desk, pool = _desk()
    fresh = Slow()
    monkeypatch.setattr(desk, "_new_pool", lambda: fresh)
    first = desk.ask("a", _plan(1), SIZE)
    pool.taken[0][1].set_exception(BrokenExecutor("gone"))
    with pytest.raises(BrokenExecutor):
        first.result(1)
    monkeypatch.setattr(pool, "submit", _broken)
    second = desk.ask("a", _plan(2), SIZE)
    fresh.finish(0)
    assert second.done()


def _broken(*_: object) -> None:
    raise BrokenExecutor("gone")


@pytest.mark.app
def test_what_takes_long_waits_for_what_is_quick_and_leaves_a_worker_free():
    desk, pool = _desk()
    desk.workers = 2
    wide = Plan(Place("england", "ENG"))
    first, second = desk.ask("a", wide, SIZE), desk.ask("b", _plan(0), Size(64, 16))
    assert len(pool.taken) == 1  # the other worker is kept for what is quick
    quick = [desk.ask(f"c {amount}", _plan(amount), SIZE) for amount in (1, 2)]
    assert len(pool.taken) == 2
    pool.finish(1)
    assert quick[0].done()
    assert len(pool.taken) == 3
    pool.finish(2)
    assert quick[1].done()
    assert not second.running() and not first.done()
    pool.finish(0)
    assert first.done()
    pool.finish(3)
    assert second.done()


@pytest.mark.app
def test_the_desk_is_idle_once_nobody_has_asked_for_a_while(monkeypatch):
    """In a room where somebody moves a lever every moment, no long run gets in the way."""
    now = [100.0]
    monkeypatch.setattr("simulator.ui.desk.time.monotonic", lambda: now[0])
    desk, pool = _desk()
    assert desk.idle()
    desk.ask("a", _plan(1), SIZE)
    pool.finish(0)
    assert not desk.idle()
    now[0] += desks.QUIET
    assert desk.idle()


@pytest.mark.app
def test_plans_that_differ_in_anything_are_asked_anew():
    desk, pool = _desk()
    desk.ask("a", _plan(1), SIZE)
    pool.finish(0)
    assert desk.known(_plan(1), SIZE) is not None
    assert desk.known(_plan(2), SIZE) is None
    assert desk.known(_plan(1), Size(2, 2)) is None
    assert desk.known(_plan(0), SIZE) is None
