"""The work of the page's worker processes: run a scenario, and hand back what is small."""

from __future__ import annotations

import gc
import io
import multiprocessing as mp
import os
import signal
import tempfile
import threading
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from simulator.experiments.futures import Futures
from simulator.experiments.live import differences, run_live
from simulator.model.compile import compile_scenario
from simulator.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from simulator.model.specification import Specification

MOVES: Final = ("moved_in", "moved_out")
"""Flows between trusts."""
_BY_PLACE: Final = ("places", "flows", "money")
_SMALL: Final = 5_000
"""Rows up to which a table is kept with words in place of codes; it takes twice the memory."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run says about one place.

    Attributes:
        tables: ``places``, ``flows`` and ``money`` of the place; ``cells`` of a single trust; of a
            wider place ``moves`` of each of its trusts.
        futures: Single futures of the place at year ends.
        changes: Paired differences from the plan without levers, or none.
        price_year: NHS year of the prices.
        seconds: Time taken.
    """

    tables: dict[str, pa.Table]
    futures: Futures
    changes: pd.DataFrame | None
    price_year: str
    seconds: float


def ready(folder: str) -> None:
    """Begin a worker: follow the server, and read what every run reads."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server stops its workers
    parent = mp.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    with suppress(Exception):  # what is wrong is said when somebody asks
        _warm(Path(folder))
    gc.collect()
    gc.freeze()


def _warm(folder: Path) -> None:
    """Run a small scenario, so that census, evidence and baseline are read."""
    from simulator.ui.plan import Place, Plan, Size, resolve

    scenario = resolve(folder, Plan(Place("trust", "RGT")), Size(2, 1))
    run_live(compile_scenario(scenario), ("trust", "RGT"))


def _follow(parent: mp.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def answer(scenario: Scenario, place: tuple[str, str], base: Futures | None) -> Answer:
    """Run a scenario, and pair it with the same without levers.

    Args:
        scenario: Resolved.
        place: Level and code of the place asked about.
        base: Futures of the scenario without levers, of the same size; none for no comparison.
    """
    started = time.perf_counter()
    spec = compile_scenario(scenario)
    live = run_live(spec, place)
    changes = None if base is None else differences(base, live.futures)
    return Answer(
        _of_place(live.tables, place),
        live.futures,
        changes,
        _prices(spec),
        time.perf_counter() - started,
    )


def _prices(spec: Specification) -> str:
    return str(spec.costs.price_year)


def _of_place(tables: dict[str, pa.Table], place: tuple[str, str]) -> dict[str, pa.Table]:
    """Rows of one place: the tables of a region hold all its trusts."""
    level, code = place
    found = {name: _rows(tables[name], level=level, code=code) for name in _BY_PLACE}
    if level == "trust":
        found["cells"] = _rows(tables["cells"], trust=code)
    else:
        found["moves"] = _moves(tables["flows"])
    return found


def _moves(flows: pa.Table) -> pa.Table:
    """People whom each trust reported won from others, and lost to them, by year."""
    for name, values in (("level", ["trust"]), ("group", ["all"]), ("measure", MOVES)):
        column = pc.cast(flows.column(name), pa.string())
        flows = flows.filter(pc.is_in(column, value_set=pa.array(list(values))))
    return flows.combine_chunks()


def _rows(table: pa.Table, **where: str) -> pa.Table:
    """Some rows of a table; of small ones with plain words, since codes read slowly."""
    for name, value in where.items():
        table = table.filter(pc.equal(table.column(name), pa.scalar(value)))
    if table.num_rows > _SMALL:
        return table.combine_chunks()
    words = [
        pa.field(one.name, pa.string() if pa.types.is_dictionary(one.type) else one.type)
        for one in table.schema
    ]
    return table.cast(pa.schema(words)).combine_chunks()


def reports(scenario: Scenario) -> bytes:
    """Run a scenario in full and write its reports: a zip of workbook, paper, slides and tables."""
    from simulator.experiments.run import run_scenario
    from simulator.reports.write import write_reports

    result = run_scenario(scenario, workers=1)
    with tempfile.TemporaryDirectory() as folder:
        written = write_reports(result, folder)
        store = io.BytesIO()
        with zipfile.ZipFile(store, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in written:
                archive.write(path, path.relative_to(folder))
    return store.getvalue()
