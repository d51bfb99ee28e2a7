"""Policies against futures: regret by hand, and the command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulator.cli.main import main
from simulator.experiments.questions import Goal, ask, outcome
from simulator.experiments.robust import _groups, _weigh, read_futures, robust
from simulator.scenario import ScenarioError, load_scenario
from tests.support.survivors import SCENARIOS, survivors

pytestmark = pytest.mark.functional

LADDER = SCENARIOS / "tiny-ladder.toml"
RETENTION = SCENARIOS / "cambridge-retention.toml"
CAMBRIDGE = SCENARIOS / "cambridge.toml"
SIZES = {"draws": 12, "replications": 24, "months": 24}


def test_regret_by_hand() -> None:
    """Shortfalls of two policies in two groups of draws; the second is never terrible.

    Draws 0 and 1 are the good future, 2 and 3 the bad one. Means: A 1 and 9, B 3 and 6. Regrets:
    A 0 and 3, B 2 and 0; the largest are 3 and 2.
    """
    scenario = load_scenario(LADDER, {"draws": 4, "replications": 4})
    question = ask(scenario)
    values = np.array([[[1.0, 1.0, 9.0, 9.0]], [[3.0, 3.0, 6.0, 6.0]]])
    good = np.array([True, True, False, False])
    futures = [("good", 0, good), ("bad", 0, ~good)]
    found = _weigh(["A", "B"], futures, values, scenario, question, Goal(5))
    a, b = found.verdicts
    assert (a.regret.value, b.regret.value) == (3.0, 2.0)
    assert (a.worst, b.worst) == ("bad", "good")
    assert (a.acceptable.value, b.acceptable.value) == (0.5, 0.5)
    assert (a.mean.value, b.mean.value) == (5.0, 4.5)
    assert found.best is b
    # B loses only in resamples without a bad draw: (1 / 2) ** 4 of them.
    assert b.never_terrible == pytest.approx(1 - 1 / 16, abs=0.03)
    assert found.table["regret"].tolist() == [0.0, 3.0, 2.0, 0.0]
    goal = Goal(5, above=True)
    more = _weigh(["A", "B"], futures, values, scenario, question, goal)
    assert [one.regret.value for one in more.verdicts] == [2.0, 3.0]
    assert more.table["regret"].tolist() == [2.0, 0.0, 0.0, 3.0]


def test_thirds_of_draws_are_ordered_by_their_parameter() -> None:
    from simulator.model.draws import sample

    scenario = load_scenario(LADDER, {"draws": 9, "replications": 9})
    found = {words: mask for words, _, mask in _groups(scenario, ["hiring.internal_factor"])}
    values = sample(
        scenario.seed, 9, scenario.parameter("hiring.internal_factor"), scenario.opening
    )
    low, high = found["low hiring.internal_factor"], found["high hiring.internal_factor"]
    assert (low.sum(), high.sum(), found["all draws"].sum()) == (3, 3, 9)
    assert (
        values[low].max() < values[~low & ~high].min() <= values[~high].max() < values[high].min()
    )


def test_less_leaving_is_regretted_nowhere(tmp_path: Path) -> None:
    one = survivors(tmp_path, value=1.0, name="one")
    two = survivors(tmp_path, value=0.5, name="two")
    found = robust([one, two], Goal(8.0), settings={"replications": 256})
    plain, better = found.verdicts
    # 40 (e^-0.12 - e^-0.24) = 4.011 more stay with half the leaving.
    assert plain.regret.low < 4.011 < plain.regret.high
    assert better.regret.value == 0.0
    assert better.acceptable.value > plain.acceptable.value
    assert found.best is better
    assert better.never_terrible == 1.0
    assert "(two); so in 100%" in found.lines()[-1]
    assert found.table["replications"].tolist() == [256, 256]


def test_named_futures_are_laid_over_every_policy(tmp_path: Path) -> None:
    path = tmp_path / "futures.toml"
    path.write_text(
        '[[future]]\nid = "slow"\ntitle = "Slow"\nchanges = { "parameters.need.growth" = 0.02 }\n',
        encoding="utf-8",
    )
    by, futures = ["need.growth", "hiring.internal_factor"], read_futures(path)
    found = robust([CAMBRIDGE, RETENTION], Goal(100), futures=futures, by=by, settings=SIZES)
    table = found.table.set_index(["policy", "future"])["mean"]
    name = found.verdicts[1].policy
    assert table.index.get_level_values("future").unique().tolist() == [
        "as stated, all draws",
        "as stated, low need.growth",
        "as stated, high need.growth",
        "as stated, low hiring.internal_factor",
        "as stated, high hiring.internal_factor",
        "slow, all draws",  # which settles the growth of need
        "slow, low hiring.internal_factor",
        "slow, high hiring.internal_factor",
    ]
    assert table[name, "slow, all draws"] < table[name, "as stated, all draws"]
    scenario = load_scenario(RETENTION, SIZES)
    values = outcome(scenario, ask(scenario))
    assert table[name, "as stated, all draws"] == pytest.approx(values.mean())


def test_futures_that_ship_are_sound() -> None:
    for path in sorted((SCENARIOS / "futures").glob("*.toml")):
        assert read_futures(path)


def test_every_mistake_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["robust", str(LADDER), "--below", "1", "--quiet"]) == 2
    assert "at least two" in capsys.readouterr().err
    with pytest.raises(ScenarioError) as caught:
        robust([LADDER, SCENARIOS / "tiny-survivors.toml"], Goal(1), by=[])
    assert {"months", "seed", "census"} <= {one.where for one in caught.value.problems}
    with pytest.raises(ScenarioError, match="not a parameter that varies"):
        robust([LADDER, LADDER], Goal(1), by=["supply.grwth"])
    path = tmp_path / "futures.toml"
    path.write_text('[[future]]\nid = "a"\ntitle = "A"\nchanges = {}\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="changes"):
        read_futures(path)
    text = '[[future]]\nid = "a"\ntitle = "A"\nchanges = { "need.method" = "x" }\n'
    path.write_text(text * 2, encoding="utf-8")
    with pytest.raises(ScenarioError, match="another future has this id"):
        read_futures(path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"future a: need\.method"):
        robust([LADDER, LADDER], Goal(1), futures=read_futures(path))
