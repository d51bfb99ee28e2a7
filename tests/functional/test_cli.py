"""The command line through its real entry point: help, exit codes, streams, clean-up."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.cli.main import main

ROOT = Path(__file__).parents[2]
LADDER = ROOT / "scenarios" / "tiny-ladder.toml"
COMMANDS = (
    ("run",),
    ("validate",),
    ("crosscheck",),
    ("verify",),
    ("compare",),
    ("explain",),
    ("precision",),
    ("report",),
    ("bundle",),
    ("evidence",),
    ("schema",),
    ("census", "build"),
    ("census", "check"),
    ("census", "show"),
)


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own in the project's folder."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., object]], None]:
    """Return a function that puts a stand-in where the run of a scenario is imported from."""

    def stand_in(run_scenario: Callable[..., object]) -> None:
        module = types.ModuleType("simulator.experiments.run")
        module.run_scenario = run_scenario  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "simulator.experiments.run", module)

    return stand_in


@pytest.mark.functional
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_shows_examples(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Example" in text
    assert f"workforce {' '.join(command)}" in text


@pytest.mark.functional
def test_help_names_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {command[0]} " in text for command in COMMANDS)
    assert "2 invalid" in text


@pytest.mark.functional
@pytest.mark.parametrize(
    ("arguments", "seconds"), [(("--help",), 0.4), (("validate", str(LADDER)), 1.0)]
)
def test_answer_is_quick(arguments: tuple[str, ...], seconds: float) -> None:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        assert python("-m", "simulator.cli.main", *arguments).returncode == 0
        times.append(time.perf_counter() - start)
        if times[-1] < seconds:
            return
    pytest.fail(f"the quickest of five took {min(times):.2f} s")


@pytest.mark.functional
@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--help"], ("pandas", "numpy", "pydantic_core", "rich.progress", "scipy")),
        (["validate", str(LADDER)], ("pandas", "numpy", "rich.progress", "scipy")),
        (["evidence"], ("pandas", "numpy", "scipy")),
    ],
)
def test_heavy_modules_stay_out(arguments: list[str], absent: tuple[str, ...]) -> None:
    code = (
        "import sys; from simulator.cli.main import main; "
        f"main({arguments!r}); print([name for name in {absent!r} if name in sys.modules])"
    )
    assert python("-c", code).stdout.splitlines()[-1] == "[]"


@pytest.mark.functional
def test_validate_describes_sound_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    names = [str(ROOT / "scenarios" / f"tiny-{name}.toml") for name in ("ladder", "vacancy")]
    assert main(["validate", *names]) == 0
    text = capsys.readouterr().out
    assert text.count("sound") == 2
    assert "60 months from 2026-03, 4 draws, 64 replications, seed 3" in text


@pytest.mark.functional
def test_validate_reports_the_bad_and_the_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(LADDER), str(tmp_path / "no.toml")]) == 2
    captured = capsys.readouterr()
    assert "tiny-ladder.toml: sound" in captured.out
    assert "no such file" in captured.err


@pytest.mark.functional
def test_evidence_filters_by_grade_and_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "--grade", "D", "--kind", "assumption", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows
    assert {(row["grade"], row["kind"]) for row in rows} == {("D", "assumption")}


@pytest.mark.functional
def test_evidence_shows_one_parameter_with_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "need.growth"]) == 0
    text = capsys.readouterr().out
    assert "from 2020-08  0.054 growth per year" in text
    assert "[S2]" in text


@pytest.mark.functional
def test_unknown_parameter_offers_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "need.grwth"]) == 2
    assert "need.growth" in capsys.readouterr().err


@pytest.mark.functional
def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Workforce scenario"


@pytest.mark.functional
@pytest.mark.parametrize("name", ["tiny-survivors", "tiny-vacancy", "tiny-ladder"])
def test_tiny_census_is_sound(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ROOT / "scenarios" / "census" / name
    assert main(["census", "check", str(folder)]) == 0, capsys.readouterr().err
    assert "sound" in capsys.readouterr().out


@pytest.mark.functional
def test_census_show_counts_posts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["census", "show", str(ROOT / "scenarios" / "census" / "tiny-vacancy")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].split() == ["All", "groups", "30", "24", "6", "30.0"]


@pytest.mark.functional
@pytest.mark.parametrize("command", ["check", "show"])
def test_missing_census_is_refused(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["census", command, str(tmp_path / "no")]) == 2
    assert "no such folder" in capsys.readouterr().err


@pytest.mark.functional
def test_result_that_is_not_there_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tmp_path / "no")]) == 2
    assert "no such folder" in capsys.readouterr().err


@pytest.mark.functional
def test_crosscheck_of_too_many_replications_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["crosscheck", str(LADDER), "--replications", "65"]) == 2
    assert "from 1 to 64" in capsys.readouterr().err


@pytest.mark.functional
def test_results_never_go_into_a_folder_in_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["run", str(LADDER), "--out", str(tmp_path)]) == 2
    assert "--out" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.functional
def test_failed_run_leaves_an_earlier_result_alone(
    tmp_path: Path, engine: Callable[[Callable[..., object]], None]
) -> None:
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")

    def fail(*_: object, **given: object) -> None:
        raise KeyboardInterrupt

    engine(fail)
    assert main(["run", str(LADDER), "--out", str(tmp_path)]) == 130
    assert (tmp_path / "manifest.json").read_text(encoding="utf-8") == "{}"


@pytest.mark.functional
def test_csv_needs_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(LADDER), "--csv"]) == 2
    assert "--out" in capsys.readouterr().err


@pytest.mark.functional
def test_folder_that_is_no_result_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert tmp_path.name in err.replace("\n", "")
    assert "Traceback" not in err


@pytest.mark.functional
def test_engines_agree_on_the_tiny_ladder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crosscheck", str(LADDER), "--replications", "2", "--quiet"]) == 0
    assert "agree" in capsys.readouterr().out


@pytest.mark.functional
def test_results_never_go_below_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert main(["run", str(LADDER), "--out", str(tmp_path / "file" / "out")]) == 2
    assert "--out" in capsys.readouterr().err


@pytest.mark.functional
@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "Interrupted; nothing was written."),
        (RuntimeError("books do not balance: people"), 1, "books do not balance: people"),
        (MemoryError(), 1, "MemoryError"),
    ],
    ids=["interrupted", "books", "memory"],
)
@pytest.mark.parametrize("existed", [False, True], ids=["new", "empty"])
def test_failed_run_leaves_nothing(
    error: BaseException,
    code: int,
    words: str,
    existed: bool,
    tmp_path: Path,
    engine: Callable[[Callable[..., object]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    if existed:
        out.mkdir()

    def half_way(*_: object, **given: object) -> None:
        out.mkdir(exist_ok=True)
        (out / "half.csv").write_text("half", encoding="utf-8")
        raise error

    engine(half_way)
    assert main(["run", str(LADDER), "--out", str(out)]) == code
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert out.exists() == existed
    assert not list(tmp_path.rglob("half.csv"))


@pytest.mark.functional
def test_options_reach_the_run(
    tmp_path: Path, engine: Callable[[Callable[..., object]], None]
) -> None:
    seen: dict[str, object] = {}

    def stop(scenario: object, **given: object) -> None:
        seen.update(given, scenario=scenario)
        raise RuntimeError("enough")

    engine(stop)
    options = ["--draws", "2", "--replications", "6", "--seed", "8", "--workers", "3"]
    out = tmp_path / "out"
    assert main(["run", str(LADDER), "--engine", "people", "--out", str(out), *options]) == 1
    scenario = seen["scenario"]
    assert (scenario.draws, scenario.replications, scenario.seed) == (2, 6, 8)  # type: ignore[attr-defined]
    assert (seen["engine"], seen["workers"], seen["out"]) == ("people", 3, out)


@pytest.mark.functional
def test_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m simulator.cli.main evidence --csv | head -1"
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("id,title")
    assert done.stderr == ""
