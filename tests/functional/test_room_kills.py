"""What the room has acknowledged is there after the server is killed, and two can write at once."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.ui.room.store import SUBMISSIONS, Store

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
import time
from pathlib import Path
from simulator.ui.room.store import Store
store = Store(Path(sys.argv[1]))
workshop = store.facilitated(sys.argv[2])
name, last = sys.argv[3], int(sys.argv[4])
seat, _ = store.add_seat(workshop.id, name)
for number in range(last):
    store.submit(seat.id, f"{name} {number}", "x" * (60_000 + number), f"digest {number}")
    print(f"{name} {number}", flush=True)
    time.sleep(float(sys.argv[5]))
"""


def start_writer(
    folder: Path, secret: str, name: str, last: int, pause: float = 0.0
) -> subprocess.Popen[str]:
    """Start a process that submits, and prints each submission once it is acknowledged."""
    command = [sys.executable, "-c", WRITER, str(folder), secret, name, str(last), str(pause)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def killed(folder: Path, secret: str, name: str, chance: random.Random) -> list[str]:
    """Kill a writer at a random moment; returns what it had acknowledged."""
    writer = start_writer(folder, secret, name, SUBMISSIONS)
    assert writer.stdout is not None
    lines = [writer.stdout.readline() for _ in range(chance.randrange(1, 6))]
    time.sleep(chance.uniform(0.0, 0.03))
    writer.kill()
    lines += writer.stdout.readlines()
    writer.wait(timeout=10)
    writer.stdout.close()
    return [line.removesuffix("\n") for line in lines if line.endswith("\n")]


def check_kills(folder: Path, kills: int, seed: int) -> None:
    """Kill writers and check after each that every acknowledged submission is there, whole."""
    chance = random.Random(seed)
    workshop, secret = Store(folder).open_workshop("Care system")
    acknowledged: set[str] = set()
    for kill in range(kills):
        said = killed(folder, secret, f"Seat {kill}", chance)
        assert 0 < len(said) < SUBMISSIONS, "the writer was not killed while it wrote"
        acknowledged.update(said)
        store = Store(folder)
        with store.database.reading() as rows:
            assert rows.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        kept = {one.title: one for one in store.submissions(workshop.id)}
        assert acknowledged <= set(kept)
        # At most one was written and killed before it was acknowledged.
        assert len(set(kept) - acknowledged) <= kill + 1
        for title, one in kept.items():
            assert len(one.scenario) == 60_000 + int(title.rpartition(" ")[2])
        assert len(store.events(workshop.id)) == 1 + (kill + 1) + len(kept)


@pytest.mark.functional
def test_nothing_acknowledged_is_lost_in_10_kills(tmp_path: Path) -> None:
    check_kills(tmp_path, 10, seed=1)


@pytest.mark.functional
@pytest.mark.nightly
def test_nothing_acknowledged_is_lost_in_50_kills(tmp_path: Path) -> None:
    check_kills(tmp_path, 50, seed=2)


@pytest.mark.functional
def test_two_processes_write_at_once(tmp_path: Path) -> None:
    workshop, secret = Store(tmp_path).open_workshop("Care system")
    # Without a pause one of them may hold the file until it has finished: nobody types so fast.
    writers = [start_writer(tmp_path, secret, name, 40, 0.005) for name in ("Ann", "Bob")]
    for writer, name in zip(writers, ("Ann", "Bob"), strict=True):
        said, _ = writer.communicate(timeout=60)
        assert writer.returncode == 0
        assert said.split("\n")[:-1] == [f"{name} {number}" for number in range(40)]
    kept = Store(tmp_path).submissions(workshop.id)
    assert sorted(one.title for one in kept) == sorted(
        f"{name} {number}" for name in ("Ann", "Bob") for number in range(40)
    )
    order = [one.name for one in kept]
    switches = sum(a != b for a, b in itertools.pairwise(order))
    assert switches > 2, "they wrote one after the other"


@pytest.mark.functional
def test_two_processes_make_the_file_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from simulator.ui.room.store import Store\n"
        "print(Store(Path(sys.argv[1])).open_workshop('x')[0].id)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    numbers = [one.communicate(timeout=60)[0].strip() for one in both]
    assert sorted(numbers) == ["1", "2"]
