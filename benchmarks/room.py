"""How long thirty people wait for each other: python benchmarks/room.py [--minutes 30].

Serves the page, lets visitors speak Streamlit's own protocol to it (each with a trust of its own,
and one lever to a new value about every five seconds), and times one real browser among them. The
visitors run in a process of their own. Needs Playwright and Chromium for the browser.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil
from page import moved, quantile, served, visit
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as Late

from simulator.evidence.trusts import opening_trusts
from simulator.ui.dials import DIALS, OF_TRUSTS
from simulator.ui.plan import OPENING

BAR = (0.6, 1.5)
"""Seconds, median and 95th percentile, of thirty people on two cores."""
GROWTH = 1.15
"""Memory at the end against half-way, at most: answers are kept until there are enough of them."""
PAUSE = (3.0, 7.0)
"""Seconds between an answer and the next lever, least and most."""
PATIENCE = 30.0
"""Seconds after which no answer is an error."""
LAST = ", per cent, as a number"


def main() -> None:
    args = _arguments()
    with served() as (port, server):
        seconds = 60.0 * args.minutes
        crowd = _crowd(port, args.people, seconds)
        with visit(f"http://127.0.0.1:{port}/levers?place=trust-RGT") as page:
            time.sleep(args.arrive)  # all have arrived, and have their trust
            start, cpu = _megabytes(server.pid), _cpu(server.pid)
            end, seen, amount = time.monotonic() + seconds, [], 4
            half = 0.0
            while time.monotonic() < end:
                if not half and time.monotonic() > end - seconds / 2:
                    half = _megabytes(server.pid)
                amount = amount % 29 + 1
                seen.append(_seen(page, amount))
                time.sleep(random.uniform(*PAUSE))
        spent = [now - before for now, before in zip(_cpu(server.pid), cpu, strict=True)]
        told = json.loads(crowd.communicate(timeout=120)[0])
        _report(args, told, seen, (start, half, _megabytes(server.pid)), spent)


def _seen(page: Page, amount: int) -> float:
    """Seconds until the browser shows new figures; as long as patience lasts if it does not."""
    try:
        return moved(page, amount)
    except Late:
        return PATIENCE


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--arrive", type=float, default=25.0, help="seconds before it counts")
    parser.add_argument("--visitors", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.visitors:
        port, people, seconds = args.visitors
        print(json.dumps(asyncio.run(_all_visitors(int(port), int(people), float(seconds)))))
        raise SystemExit
    return args


def _crowd(port: int, people: int, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, str(Path(__file__)), "--visitors", str(port), str(people)]
    return subprocess.Popen([*command, str(seconds + 25.0)], stdout=subprocess.PIPE, text=True)


def _tree(pid: int) -> list[psutil.Process]:
    server = psutil.Process(pid)
    return [server, *server.children(recursive=True)]


def _megabytes(pid: int) -> float:
    """Memory of server and workers that is nobody else's."""
    return sum(one.memory_full_info().uss for one in _tree(pid)) / 1e6


def _cpu(pid: int) -> tuple[float, float]:
    """Processor seconds of the server, and of its workers."""
    server, *others = (sum(one.cpu_times()[:2]) for one in _tree(pid))
    return server, sum(others)


def _report(
    args: argparse.Namespace,
    told: dict[str, Any],
    seen: list[float],
    memory: tuple[float, float, float],
    spent: list[float],
) -> None:
    waits = told["waits"]
    middle, late = statistics.median(waits), quantile(waits, 0.95)
    growth = memory[2] / memory[1]
    met = middle <= BAR[0] and late <= BAR[1] and growth <= GROWTH and not told["errors"]
    print(f"{args.people} visitors for {args.minutes:g} minutes, {len(waits)} levers moved")
    print(f"visitors: median {middle:.2f} s, 95th percentile {late:.2f} s, max {max(waits):.2f} s")
    print(
        f"one browser among them: median {statistics.median(seen):.2f} s, 95th percentile "
        f"{quantile(seen, 0.95):.2f} s of {len(seen)}"
    )
    print(f"errors: {len(told['errors'])}", *sorted(set(told["errors"]))[:5], sep="\n  ")
    print("memory: {:.0f} MB when all had come, {:.0f} half-way, {:.0f} at the end".format(*memory))
    server, workers = (1000 * seconds / (len(waits) + len(seen)) for seconds in spent)
    print(f"processor for a lever: server {server:.0f} ms, workers {workers:.0f} ms", end="; ")
    print(
        f"all visitors {told['cpu']:.1f} s; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores"
    )
    print(f"bars: {BAR[0]} and {BAR[1]} s, no error, memory within {GROWTH:.0%}: ", end="")
    print("met" if met else "NOT met")
    raise SystemExit(0 if met else 1)


# Visitors


@dataclass
class Visitor:
    """One person: what is on their page, and how long they have waited."""

    trust: str
    luck: random.Random
    boxes: dict[str, str] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    page: str = ""
    tables: int = 0
    timers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)

    async def stay(self, port: int, arrive: float, until: float) -> None:
        from websockets.asyncio.client import connect

        address = f"ws://127.0.0.1:{port}/_stcore/stream"
        async with connect(address, subprotocols=["streamlit"], max_size=None) as self.line:  # type: ignore[list-item]
            self.done = asyncio.Event()
            reader = asyncio.create_task(self._read())
            await self._ask(None)
            await asyncio.sleep(arrive)
            while time.monotonic() < until and not reader.done():
                await self._move()
                await asyncio.sleep(self.luck.uniform(*PAUSE))
            if reader.done():
                self.errors.append(f"line lost: {reader.exception()!r}")
            for one in (reader, *self.timers.values()):
                one.cancel()

    async def _move(self) -> None:
        """Set one lever to a new value, and wait for the new figures."""
        kind = self.luck.choice([one for one in OF_TRUSTS if one != "freeze"])
        dial = DIALS[kind]
        box = self.boxes.get(dial.label)
        if box is None:
            self.errors.append(f"{self.trust}: no lever {dial.label} on the page")
            return
        started = time.perf_counter()
        await self._ask((box, self.luck.randint(max(dial.least, 1), dial.most)))
        try:
            async with asyncio.timeout(PATIENCE):
                await self.done.wait()
        except TimeoutError:
            self.errors.append(f"{self.trust}: no answer within {PATIENCE:.0f} s")
            return
        self.waits.append(time.perf_counter() - started)

    async def _ask(self, change: tuple[str, float] | None, fragment: str = "") -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        state = message.rerun_script
        state.query_string = f"place=trust-{self.trust}"
        state.page_script_hash, state.page_name = self.page, "" if self.page else "levers"
        if fragment:
            state.fragment_id, state.is_auto_rerun = fragment, True
        else:
            self.done.clear()
            self.tables = 0
        if change is not None:
            self.held[change[0]] = change[1]
        for box, value in self.held.items():  # a browser tells all that it holds, each time
            one = state.widget_states.widgets.add()
            one.id, one.double_value = box, value
        await self.line.send(message.SerializeToString())

    async def _read(self) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        async for data in self.line:
            message = ForwardMsg()
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.kept.clear()
            elif kind == "navigation":
                self.page = message.navigation.page_script_hash
            elif kind == "delta":
                self._drawn(message.delta)
            elif kind == "auto_rerun":
                self._timed(message.auto_rerun.interval, message.auto_rerun.fragment_id)
            elif kind == "script_finished" and message.script_finished == 0:
                self._finished()

    def _timed(self, interval: float, fragment: str) -> None:
        """Look again at a part of the page, as a browser does until it has gone."""
        self._stop(fragment)
        self.kept.add(fragment)
        self.timers[fragment] = asyncio.create_task(self._again(interval, fragment))

    def _stop(self, fragment: str) -> None:
        if fragment in self.timers:
            self.timers.pop(fragment).cancel()

    def _finished(self) -> None:
        """A whole run of the page, not of a part, has ended."""
        for fragment in set(self.timers) - self.kept:
            self._stop(fragment)
        if self.tables:
            self.done.set()

    def _drawn(self, delta: Any) -> None:
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "number_input" and element.number_input.label.endswith(LAST):
            self.boxes[element.number_input.label.removesuffix(LAST)] = element.number_input.id
        elif kind in ("arrow_table", "table"):
            self.tables += 1
        elif kind == "exception":
            self.errors.append(element.exception.message)
        elif kind == "alert" and element.alert.format == 1:
            self.errors.append(element.alert.body)

    async def _again(self, interval: float, fragment: str) -> None:
        while True:
            await asyncio.sleep(interval)
            await self._ask(None, fragment)


async def _all_visitors(port: int, people: int, seconds: float) -> dict[str, Any]:
    trusts = [one.code for one in opening_trusts(OPENING)[0]]
    until = time.monotonic() + seconds
    found = [
        Visitor(trusts[number * len(trusts) // people], random.Random(number))
        for number in range(people)
    ]
    started = time.process_time()
    arrive = [22.0 - 0.5 * number for number in range(people)]

    async def come(number: int, one: Visitor) -> None:
        await asyncio.sleep(0.5 * number)
        await one.stay(port, max(arrive[number], 3.0), until)

    await asyncio.gather(*(come(number, one) for number, one in enumerate(found)))
    return {
        "waits": [wait for one in found for wait in one.waits],
        "errors": [error for one in found for error in one.errors],
        "cpu": time.process_time() - started,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }


if __name__ == "__main__":
    main()
