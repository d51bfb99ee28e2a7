"""Run a scenario: compile, simulate, make tables, state what made them."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, Literal

from simulator.domain.digests import digest_of, file_digest
from simulator.experiments.demand import need_by_method
from simulator.experiments.simulate import Progress, Summary, simulate
from simulator.experiments.tables import make_tables
from simulator.model.compile import compile_scenario
from simulator.model.deliverability import assess_levers
from simulator.model.specification import Specification
from simulator.results.result import MANIFEST, SCHEMA_VERSION, Result, digests
from simulator.scenario.resolved import Scenario

Engine = Literal["arrays", "people"]
PACKAGES: Final = ("numpy", "scipy", "simpy", "pandas", "pyarrow", "pydantic")
"""Packages whose versions can change a number or a table."""


def run_scenario(
    scenario: Scenario,
    *,
    engine: Engine = "arrays",
    workers: int | None = None,
    out: str | Path | None = None,
    csv: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Run a scenario.

    Args:
        scenario: From :func:`simulator.scenario.load_scenario`.
        engine: ``"arrays"`` (all replications at once) or ``"people"`` (SimPy, one at a time);
            both give the same numbers.
        workers: Processes of the arrays engine; changes no number.
        out: Folder to write the result to.
        csv: Also write the tables as CSV.
        progress: Told (done, total, words).

    Returns:
        The result, in memory and, with ``out``, on disk.

    Raises:
        BooksError: If people, posts or trainees do not add up.
        FileExistsError: If ``out`` holds something else.
    """
    if out is not None:
        from simulator.results.folders import check_target

        check_target(Path(out), MANIFEST)
    started, clock = datetime.now(UTC), time.perf_counter()
    spec = compile_scenario(scenario)
    if engine == "people":
        from simulator.experiments.people import simulate_people

        summary = simulate_people(spec, progress=progress)
    else:
        summary = simulate(spec, workers=workers, progress=progress)
    tables = make_tables(spec, summary)
    methods = need_by_method(scenario, spec, level=spec.places.names[-1][0])
    manifest = {
        **law_manifest(scenario, spec),
        "engine": engine,
        "events": summary.events,
        "source": str(scenario.source),
        "levers": [asdict(flag) for flag in assess_levers(scenario)],
        "need_by_method": methods.to_dict("list"),
        "results": digests(tables),
        "run": {
            "started": started.isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - clock, 2),
            "machine": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "packages": {name: version(name) for name in PACKAGES},
        },
    }
    result = Result(manifest=manifest, tables=tables, scenario_toml=scenario.canonical_toml())
    if out is not None:
        result.write(out, csv=csv)
    return result


def law_manifest(scenario: Scenario, spec: Specification) -> dict[str, Any]:
    """The part of a manifest that decides the numbers; time, machine and paths are outside it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "code": {"version": code_version(), "digest": code_digest()},
        "scenario": {
            "id": scenario.id,
            "title": scenario.title,
            "digest": digest_of([scenario.canonical_json().encode()]),
            "law_digest": digest_of([scenario.law_json().encode()]),
        },
        "inputs": _inputs(scenario),
        "opening": scenario.opening,
        "months": spec.months,
        "seed": spec.seed,
        "draws": spec.draws,
        "replications": spec.replications,
        "boundary": boundary(scenario, spec),
        "need_method": scenario.need.method,
        "price_year": spec.costs.price_year,
        "baseline": spec.replay.digest if spec.replay is not None else None,
        "census": _census_words(scenario),
        "own_rows": list(scenario.own_names),
        "notes": list(scenario.notes),
    }


def boundary(scenario: Scenario, spec: Specification) -> str:
    """In words: what is simulated, and what is not."""
    if scenario.rest is None:
        return f"All {len(spec.trusts)} trusts of the census are simulated together."
    if scenario.rest == "coupled":
        return (
            f"The whole region around the place is simulated ({len(spec.trusts)} trusts); "
            f"the {len(scenario.reported)} asked about are reported."
        )
    count = len(scenario.reported)
    return (
        f"{count} trust{'s are' if count > 1 else ' is'} simulated; candidates, and moves to and "
        "from the other trusts, are as in the stored England baseline and do not respond."
    )


def _census_words(scenario: Scenario) -> str:
    """In words: whose numbers the opening census holds."""
    own = []
    if scenario.census_rows:
        names = ", ".join(path.name for path in scenario.census_rows)
        own.append(f"the trusts that loaded their own rows ({names})")
    if scenario.own:
        groups = ", ".join(f"{one.trust} {one.group}" for one in scenario.own)
        own.append(f"staff groups of which a trust gave its own numbers ({groups})")
    if not own:
        return "synthetic until a trust loads its own"
    return f"synthetic, except for {' and '.join(own)}"


def _inputs(scenario: Scenario) -> dict[str, str]:
    """Digest of each input file, by its path from the scenario's folder."""
    folder = scenario.source.parent
    return {
        path.relative_to(folder).as_posix(): file_digest(path)
        for path in sorted(scenario.files)
        if path.is_file()
    }


def code_version() -> str:
    """Version of the installed package."""
    try:
        return version("nhs-informatics-workforce")
    except PackageNotFoundError:
        return "0+unknown"


def code_digest() -> str:
    """Digest of the code and evidence that decide numbers: everything below the front ends."""
    root = Path(__file__).resolve().parent.parent
    parts: Iterable[Path] = (
        path
        for path in sorted(root.rglob("*"))
        if path.suffix in {".py", ".toml", ".csv"}
        and path.relative_to(root).parts[0] not in {"ui", "cli", "charts", "reports"}
    )
    return digest_of(
        part
        for path in parts
        for part in (path.relative_to(root).as_posix().encode(), path.read_bytes())
    )


__all__ = ["Engine", "Summary", "boundary", "code_digest", "law_manifest", "run_scenario"]
