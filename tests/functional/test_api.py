"""The public Python API: lazy, documented, and the paired comparison of two scenarios."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import simulator
from simulator.experiments.compare import MEASURES, NotComparableError
from simulator.experiments.layers import paired

pytestmark = pytest.mark.functional

ROOT = Path(__file__).parents[2]
LADDER = ROOT / "scenarios" / "tiny-ladder.toml"
SIZES = {"draws": 2, "replications": 6}


def in_copy(folder: Path, old: str, new: str) -> Path:
    """Return a copy of the ladder, with its census, in which one text is replaced."""
    census = folder / "census" / "tiny-ladder"
    if not census.exists():
        shutil.copytree(LADDER.parent / "census" / "tiny-ladder", census)
    text = LADDER.read_text(encoding="utf-8")
    assert old in text
    path = folder / f"{new.replace(' ', '')}.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_import_is_light() -> None:
    code = (
        "import sys, simulator; "
        "names = ('numpy', 'pandas', 'pyarrow', 'pydantic', 'scipy'); "
        "print([name for name in names if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


def test_every_name_is_there_and_no_other() -> None:
    for name in simulator.__all__:
        assert getattr(simulator, name) is not None
        assert name in dir(simulator)
    with pytest.raises(AttributeError, match="no_such_name"):
        simulator.no_such_name  # noqa: B018


def test_the_documented_example_runs(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert blocks
    code = "\n".join(blocks).replace('"scenarios/', f'"{ROOT.as_posix()}/scenarios/')
    code = code.replace('"results/', f'"{tmp_path.as_posix()}/results/')
    (tmp_path / "results").mkdir()
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert "identical" in told.stdout
    assert "agree person for person" in told.stdout


def test_a_scenario_does_not_differ_from_itself() -> None:
    scenario = simulator.load_scenario(LADDER, SIZES)
    found = simulator.compare(scenario, scenario)
    assert (found.table["difference"] == 0).all()
    assert not found.table["clear"].any()
    assert "no difference in any future" in found.lines()[1]


def test_means_are_those_of_the_two_runs(tmp_path: Path) -> None:
    one = simulator.load_scenario(in_copy(tmp_path, "value = 0.8", "value = 0.8"), SIZES)
    two = simulator.load_scenario(in_copy(tmp_path, "value = 0.8", "value = 0.3"), SIZES)
    found = simulator.compare(one, two)
    again = simulator.compare(one, two, workers=2)
    assert found.table.equals(again.table)
    keys = ["level", "code", "group", "measure", "month"]
    for scenario, column in ((one, "first"), (two, "second")):
        means = simulator.run(scenario).frame("places", measure=list(MEASURES))
        joined = found.table.merge(means, on=keys, how="left", validate="one_to_one")
        assert np.allclose(joined[column], joined["mean"], rtol=1e-6, atol=1e-4)
    need = found.frame(measure="need")
    assert (need["difference"] == 0).all()
    staff = found.frame(measure="in_post", group="all", code="RGT", month=60)
    assert float(staff["difference"].iloc[0]) > 0  # fewer leavers, more staff


def test_every_mismatch_is_named(tmp_path: Path) -> None:
    one = simulator.load_scenario(LADDER, SIZES)
    two = simulator.load_scenario(
        in_copy(tmp_path, "months = 60", "months = 48"),
        {"seed": 9, "draws": 3, "replications": 9},
    )
    with pytest.raises(NotComparableError) as caught:
        simulator.compare(one, two)
    named = [problem.where for problem in caught.value.problems]
    assert named == ["months", "draws", "replications", "seed"]


def test_another_census_is_refused() -> None:
    one = simulator.load_scenario(LADDER, {"draws": 1, "replications": 2, "seed": 1})
    two = simulator.load_scenario(
        ROOT / "scenarios" / "tiny-survivors.toml", {"draws": 1, "replications": 2, "seed": 1}
    )
    with pytest.raises(NotComparableError, match="census"):
        simulator.compare(one, two)


def test_the_interval_counts_draws_by_hand() -> None:
    # Two draws, two replications each: draw means 2 and 4, so the mean is 3 and its standard error
    # sqrt(2) / sqrt(2) = 1; the 97.5 % quantile of Student's t with one degree is 12.706.
    found = paired(np.array([[1.0, 3.0, 3.0, 5.0]]), 2)
    assert found["difference"][0] == 3.0
    assert found["high95"][0] - 3.0 == pytest.approx(12.7062, abs=1e-3)
    assert not found["clear"][0]
    assert found["share_above_zero"][0] == 1.0
    assert found["q10"][0] == 1.0
    assert found["q90"][0] == 5.0


def test_one_future_has_no_interval() -> None:
    found = paired(np.array([[2.0]]), 1)
    assert np.isnan(found["low95"][0])
    assert not found["clear"][0]
