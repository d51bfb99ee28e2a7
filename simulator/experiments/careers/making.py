"""Simulate scenarios and store what became of trainees; can be stopped and taken up again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulator.domain.digests import digest_of, file_digest
from simulator.engines.arrays import make_layout
from simulator.engines.arrays.lives import record_lives
from simulator.experiments.careers.counted import Counts, count_lives, empty_counts
from simulator.experiments.careers.stored import (
    ENGLAND,
    MANIFEST,
    STORIES,
    TABLES,
    VERSION,
    Careers,
    refuse_unknown,
    routes,
)
from simulator.experiments.careers.stories import make_stories
from simulator.experiments.careers.tables import region_tables
from simulator.experiments.pool import run_many, same
from simulator.experiments.simulate import Progress, block_size, find_units
from simulator.model.compile import compile_scenario
from simulator.model.specification import MAX_MONTHS, Specification
from simulator.results.folders import new_folder, write_text
from simulator.results.lives import Lives

if TYPE_CHECKING:
    import pandas as pd

    from simulator.scenario import Scenario

SCENARIOS: Final = ("england", "training-expansion", "funding-freeze", "retention-first")
"""Files of the scenarios that are stored, the baseline first."""
MONTHS: Final = MAX_MONTHS
"""As long as a run can be: a course of three years and fifteen in post."""
SETTINGS: Final = {"months": MONTHS, "draws": 64, "replications": 1024}


class _Player:
    """Plays blocks of one region; what it needs is made once in a process."""

    def __init__(self, spec: Specification, region: str) -> None:
        self.spec, self.layout = spec, make_layout(spec, (region,))

    def play(self, job: tuple[int, int]) -> tuple[int, Counts]:
        """Count the lives of ``count`` futures from ``first`` on."""
        first, count = job
        lives, flows = record_lives(self.layout, first, count)
        lives.trainees["replication"] -= first
        lives.spells["replication"] -= first
        counts = empty_counts(self.spec, count)
        count_lives(self.spec, Lives(first, count, lives.trainees, lives.spells), counts)
        counts.flows[...] = flows
        return first, counts


def count_region(
    spec: Specification, region: str, *, workers: int = 1, progress: Progress | None = None
) -> Counts:
    """Simulate one region and count its lives in all replications.

    Args:
        spec: Of England or of a part that holds the region.
        region: Its code.
        workers: Processes; they change no number.
        progress: Told (blocks done, blocks in all, words).

    Raises:
        BooksError: If people or posts do not add up.
    """
    posts = next(unit.posts for unit in find_units(spec)[0] if unit.regions == (region,))
    size = block_size(spec, posts)
    jobs = [
        (first, min(size, spec.replications - first)) for first in range(0, spec.replications, size)
    ]
    total = empty_counts(spec, spec.replications)
    played = run_many(_Player.play, jobs, workers, _Player(spec, region), ready=same)
    for done, (_, (first, part)) in enumerate(played, start=1):
        _add(total, part, first)
        if progress is not None:
            progress(done, len(jobs), f"careers in {region}")
    return total


def _add(total: Counts, part: Counts, first: int) -> None:
    """Add a block: futures side by side, or summed where they are counted together."""
    for one in fields(Counts):
        into, values = getattr(total, one.name), getattr(part, one.name)
        if one.name in {"waits", "pay"}:
            into += values
        else:
            into[..., first : first + values.shape[-1]] += values


def regions_of(spec: Specification) -> list[str]:
    """Codes of the regions of a specification."""
    return sorted(set(spec.trust_region))


def count_careers(
    scenario: Scenario,
    *,
    regions: Sequence[str] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Careers:
    """Simulate a scenario and count careers, in memory; of chosen regions only, if wanted.

    Args:
        scenario: Of England, with the sizes wanted.
        regions: Codes; by default all, and England.
        workers: Processes; they change no number.
        progress: Told (done, total, words).

    Returns:
        Careers without sample careers; England's rows only if all regions were counted.

    Raises:
        NotKnownError: If a region is not simulated.
        BooksError: If people or posts do not add up.
    """
    spec = compile_scenario(scenario)
    names = tuple(routes())
    found, total = [], None
    for region in regions or ():
        refuse_unknown({"region": (region, regions_of(spec))})
    chosen = list(regions or regions_of(spec))
    for number, region in enumerate(chosen):
        counts = count_region(
            spec, region, workers=workers, progress=_part(progress, number, len(chosen))
        )
        found.append(region_tables(spec, names, scenario.id, region, counts))
        total = counts if total is None else total + counts
    if total is not None and set(chosen) == set(regions_of(spec)):
        found.append(region_tables(spec, names, scenario.id, ENGLAND, total))
    manifest = manifest_of([scenario], [spec], chosen)
    return Careers(manifest, _joined(found), {})


def _part(progress: Progress | None, part: int, parts: int) -> Progress:
    def tell(done: int, total: int, words: str) -> None:
        if progress is not None:
            progress(1000 * part + 1000 * done // max(total, 1), 1000 * parts, words)

    return tell


def make_careers(
    scenarios: Sequence[Scenario],
    out: str | Path,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Path:
    """Simulate scenarios of England and store careers in a folder.

    What is finished of a region is kept beside the folder until all is done, so that a run that was
    stopped goes on where it was.

    Args:
        scenarios: Of England, the baseline first, with the same sizes.
        out: Folder; an earlier one is replaced when the new one is complete.
        workers: Processes; they change no number.
        progress: Told (done, total, words).

    Raises:
        FileExistsError: If the folder holds something else.
    """
    target = Path(out)
    parts = target.with_name(f"{target.name}.parts")
    parts.mkdir(parents=True, exist_ok=True)
    specs = [compile_scenario(one) for one in scenarios]
    pieces: list[dict[str, pd.DataFrame]] = []
    names, all_parts = tuple(routes()), len(specs) * len(regions_of(specs[0]))
    done = 0
    for scenario, spec in zip(scenarios, specs, strict=True):
        total = None
        for region in regions_of(spec):
            tell = _part(progress, done, all_parts)
            counts = _kept(parts, scenario, spec, region, workers, tell)
            pieces.append(region_tables(spec, names, scenario.id, region, counts))
            total = counts if total is None else total + counts
            done += 1
        assert total is not None
        pieces.append(region_tables(spec, names, scenario.id, ENGLAND, total))
    stories = make_stories([one.id for one in scenarios], specs, names)
    manifest = manifest_of(scenarios, specs, regions_of(specs[0]))
    _write(target, Careers(manifest, _joined(pieces), stories))
    shutil.rmtree(parts)
    return target


def _kept(
    parts: Path,
    scenario: Scenario,
    spec: Specification,
    region: str,
    workers: int,
    progress: Progress,
) -> Counts:
    """Counts of a region: those kept of an earlier try, or new ones."""
    path = parts / f"{scenario.id}-{region}-{_law(scenario, spec)[:16]}.npz"
    if path.is_file():
        with np.load(path) as kept:
            return Counts(**{name: kept[name] for name in kept.files})
    counts = count_region(spec, region, workers=workers, progress=progress)
    building = path.with_name(f"_{path.name}")
    np.savez_compressed(building, **{f.name: getattr(counts, f.name) for f in fields(Counts)})
    building.replace(path)
    return counts


def _law(scenario: Scenario, spec: Specification) -> str:
    """Digest of everything that decides the numbers."""
    from simulator.experiments.run import law_manifest

    made = law_manifest(scenario, spec)
    return digest_of([json.dumps(made, sort_keys=True).encode()])


def manifest_of(
    scenarios: Sequence[Scenario], specs: Sequence[Specification], regions: Sequence[str]
) -> dict[str, Any]:
    """What made the counts, apart from the digests of their files."""
    from simulator.experiments.run import law_manifest
    from simulator.model.money import price_year

    made = [law_manifest(one, spec) for one, spec in zip(scenarios, specs, strict=True)]
    same_of_all = ("code", "opening", "months", "seed", "draws", "replications")
    return {
        "version": VERSION,
        **{name: made[0][name] for name in same_of_all},
        "regions": list(regions),
        "price_year": price_year(scenarios[0]),
        "interval": "8 of 10 futures, over draws and replications",
        "scenarios": {
            one["scenario"]["id"]: {**one["scenario"], "inputs": one["inputs"]} for one in made
        },
    }


def _joined(pieces: Sequence[dict[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """All rows of each table, columns in order, numbers in single precision."""
    import pandas as pd

    out = {}
    for name, columns in TABLES.items():
        table = pd.concat([one[name] for one in pieces], ignore_index=True)
        table = table[columns.split(", ")]
        for column in table.select_dtypes("float64"):
            table[column] = table[column].round(2).astype("float32")
        out[name] = table
    return out


def _files(careers: Careers, folder: Path) -> Iterator[str]:
    for name, table in careers.tables.items():
        for column in table.select_dtypes(["object", "string"]):
            table[column] = table[column].astype("category")
        table.to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)
        yield f"{name}.parquet"
    stories = json.dumps(careers.stories, indent=0, ensure_ascii=False)
    write_text(folder / STORIES, stories + "\n")
    yield STORIES


def _write(target: Path, careers: Careers) -> None:
    """Write all tables and the manifest, all or nothing."""
    with new_folder(target, MANIFEST) as building:
        files = {name: file_digest(building / name) for name in _files(careers, building)}
        stated = {**careers.manifest, "files": files}
        stated["digest"] = digest_of(text.encode() for text in files.values())
        write_text(building / MANIFEST, json.dumps(stated, indent=2, ensure_ascii=False) + "\n")


__all__ = ["SCENARIOS", "SETTINGS", "count_careers", "count_region", "make_careers"]
