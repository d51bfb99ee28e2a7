"""Reports are read back and hold the result's numbers; small counts and formulas stay out."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import docx
import numpy as np
import openpyxl
import pptx
import pytest

from simulator.charts.words import rounded
from simulator.cli.main import main
from simulator.experiments.compare import compare
from simulator.experiments.layers import signed
from simulator.experiments.run import run_scenario
from simulator.reports.csvs import harmless
from simulator.reports.reading import NOT_INTENDED, STOCKS, Report, ReportError
from simulator.reports.write import KINDS, Kind, write_reports
from simulator.results.result import Result, read_result
from simulator.scenario import load_scenario
from simulator.scenario.used import drawn_parameters, used_parameters

pytestmark = pytest.mark.functional

ROOT = Path(__file__).resolve().parents[2]
RGT = {"level": "trust", "code": "RGT", "group": "all"}
HOSTILE = '=HYPERLINK("https://example.org","x")'


def planner(folder: Path, *, own: bool) -> Path:
    """A planner's copy of the ladder with words that look like formulas, and its result."""
    shutil.copytree(ROOT / "scenarios/census/tiny-ladder", folder / "census/tiny-ladder")
    shutil.copy(ROOT / "scenarios/tiny-ladder.toml", folder)
    lines = (folder / "census/tiny-ladder/posts.csv").read_text("utf-8").splitlines()
    ours = [lines[0], *(line for line in lines if line.startswith("RGT,"))]
    (folder / "ours.csv").write_text("\n".join(ours) + "\n", encoding="utf-8")
    (folder / "mine.toml").write_text(
        f"id = \"mine\"\ntitle = '{HOSTILE}'\nwhy = '+1 why'\nextends = \"tiny-ladder.toml\"\n"
        + ('census_rows = ["ours.csv"]\n' if own else "")
        + '[parameters."supply.growth"]\nvalue = 0.01\nauthor = "@somebody"\nreason = "-2+3"\n',
        encoding="utf-8",
    )
    read = load_scenario(folder / "mine.toml", {"draws": 4, "replications": 32})
    run_scenario(read, workers=1, out=folder / "result")
    return folder / "result"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored result of synthetic rows."""
    return planner(tmp_path_factory.mktemp("planner"), own=False)


@pytest.fixture(scope="module")
def result(folder: Path) -> Result:
    return read_result(folder)


@pytest.fixture(scope="module")
def reports(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every kind of report of a trust."""
    target = tmp_path_factory.mktemp("reports") / "out"
    write_reports(result, target, place="RGT")
    return target


def stocks(result: Result, month: int) -> Any:
    return result.frame("places", **RGT, month=month).set_index("measure")


def rows_of(sheet: Any, head: str) -> list[dict[str, Any]]:
    """Rows of a sheet's table below the line that begins with a head."""
    lines = [list(line) for line in sheet.iter_rows(values_only=True)]
    top = next(number for number, line in enumerate(lines) if line[0] == head)
    return [dict(zip(lines[top], line, strict=True)) for line in lines[top + 1 :] if line[0]]


def test_the_workbook_holds_the_results_numbers(reports: Path, result: Result) -> None:
    book = openpyxl.load_workbook(reports / "mine.xlsx")
    assert book.sheetnames[:3] == ["Cover", "Outlook", "Staff groups"]
    assert {"Bands", "Flows", "Levers", "Assumptions", "Definitions"} <= set(book.sheetnames)
    rows = {row["Month"]: row for row in rows_of(book["Outlook"], "Month")}
    for month, date in ((0, "March 2026"), (60, "March 2031")):
        want = stocks(result, month)
        for measure, label in (("need", "Need"), ("in_post", "Staff in post")):
            for statistic, words in (("mean", "mean"), ("q10.0", "low"), ("q90.0", "high")):
                found = rows[date][f"{label}, {words}"]
                assert found == pytest.approx(want.loc[measure, statistic], abs=0.006)
    flows = rows_of(book["Flows"], "Flow")
    left = result.frame("flows", **RGT, measure="left")
    told = [row["Mean"] for row in flows if row["Flow"] == "Left"]
    assert told == pytest.approx(left["mean"].tolist(), abs=0.006)
    bands = rows_of(book["Bands"], "Staff group")
    heads = result.frame("cells", trust="RGT", measure="headcount", month=60)
    last = [row for row in bands if row["Month"] == "March 2031"]
    assert sum(row["Staff in post, people, mean"] for row in last) == pytest.approx(
        heads["mean"].sum(), abs=0.03
    )
    assert len(book["Outlook"]._images) == 1


def test_the_workbook_says_what_it_is_for_and_what_it_rests_on(reports: Path) -> None:
    book = openpyxl.load_workbook(reports / "mine.xlsx")
    cover = {line[0]: line[1] for line in book["Cover"].iter_rows(values_only=True) if line[0]}
    assert cover["Not for"] == NOT_INTENDED
    assert cover["Disclosure"] == "nothing hidden"
    register = rows_of(book["Assumptions"], "Parameter")
    own = register[0]
    assert (own["Parameter"], own["Value"], own["Grade"]) == ("supply.growth", "0.01", "own")
    assert own["Note or reason"] == "-2+3"
    assert {row["Grade"] for row in register} <= {"A", "B", "C", "D", "own"}
    assert all(row["Source or author"] and row["Year"] for row in register)
    levers = rows_of(book["Levers"], "Lever")
    assert [row["Lever"] for row in levers] == [
        "No other training pathway",
        "A fifth fewer leavers",
    ]


def test_words_that_look_like_formulas_stay_words(reports: Path) -> None:
    book = openpyxl.load_workbook(reports / "mine.xlsx")
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    words = [cell.value for cell in cells if cell.data_type == "s"]
    assert {"+1 why", "@somebody", "-2+3"} <= set(words)
    assert any(HOSTILE in one for one in words)
    assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink]
    with zipfile.ZipFile(reports / "mine.xlsx") as archive:
        parts = b"".join(archive.read(name) for name in archive.namelist() if "sheet" in name)
    assert b"<f>" not in parts
    assert b"hyperlink" not in parts.lower()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_csv_text_is_no_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("RGT") == "RGT"


def test_the_paper_answers_with_ranges(reports: Path, result: Result) -> None:
    paper = docx.Document(str(reports / "mine.docx"))
    text = "\n".join(one.text for one in paper.paragraphs)
    heads = [one.text for one in paper.paragraphs if getattr(one.style, "name", "") == "Heading 1"]
    assert {"Question", "Answer", "What it rests on", "What would change the answer"} < set(heads)
    want = stocks(result, 60)
    for measure in ("need", "in_post", "shortfall", "vacancy"):
        row = want.loc[measure]
        assert f"({rounded(row['q10.0'])} to {rounded(row['q90.0'])} in 8 of 10 futures)" in text
    table = paper.tables[0]
    assert [cell.text for cell in table.rows[0].cells][1] == "Need"
    last = table.rows[-1].cells[3].text
    row = want.loc["in_post"]
    assert last == f"{rounded(row['mean'])} ({rounded(row['q10.0'])} to {rounded(row['q90.0'])})"
    pictures = [one._inline.docPr.get("descr") for one in paper.inline_shapes]
    assert len(pictures) == 2
    assert all(rounded(want.loc["need", "mean"]) in one for one in pictures[:1])
    assert "workforce run mine.toml --draws 4 --replications 32 --seed 3" in text
    assert result.digest in text


def test_the_slides_have_titles_charts_and_words(reports: Path, result: Result) -> None:
    pack = pptx.Presentation(str(reports / "mine.pptx"))
    slides = list(pack.slides)
    assert 5 <= len(slides) <= 7
    assert all(one.shapes.title.text_frame.text for one in slides)
    pictures = [shape for one in slides for shape in one.shapes if shape.shape_type == 13]
    told = [shape._element.nvPicPr.cNvPr.get("descr") for shape in pictures]
    assert len(told) == 3
    row = stocks(result, 60).loc["shortfall"]
    words = f"{rounded(row['mean'])} FTE ({rounded(row['q10.0'])} to {rounded(row['q90.0'])}"
    assert words in slides[1].shapes.title.text_frame.text
    assert all(told)
    for slide in slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= pack.slide_width
            assert shape.top + shape.height <= pack.slide_height


def test_tables_have_metadata(reports: Path, result: Result) -> None:
    for name, table in result.tables.items():
        path = reports / f"mine-{name}.csv"
        stated = json.loads((reports / f"{path.name}-metadata.json").read_text(encoding="utf-8"))
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = [one["name"] for one in stated["tableSchema"]["columns"]]
        assert columns == table.column_names == list(rows[0] if rows else columns)
        assert stated["rows"] == len(rows) == len(table)
        assert stated["run"]["results_digest"] == result.digest
        assert all(one["dc:description"] for one in stated["tableSchema"]["columns"])
        means = np.array([float(row["mean"]) for row in rows])
        assert means == pytest.approx(table.column("mean").to_numpy(), abs=6e-5)


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored result that rests on a trust's own rows."""
    return planner(tmp_path_factory.mktemp("owner"), own=True)


def counts_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            value
            for row in csv.DictReader(file)
            for name, value in row.items()
            if name == "mean" or name.startswith("q")
        ]


def test_small_counts_of_own_rows_are_hidden(
    owned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(owned), "--to", str(tmp_path / "out"), "--place", "RGT"]) == 0
    assert "Small counts are hidden" in capsys.readouterr().out
    for table in ("places", "flows", "cells"):
        counts = counts_of(tmp_path / "out" / f"mine-{table}.csv")
        assert "*" in counts
        assert {float(one) % 5 for one in counts if one != "*"} == {0.0}
    book = openpyxl.load_workbook(tmp_path / "out/mine.xlsx")
    for name in ("Outlook", "Staff groups", "Bands", "Flows"):
        head = {"Outlook": "Month", "Flows": "Flow"}.get(name, "Staff group")
        for row in rows_of(book[name], head):
            numbers = [one for one in row.values() if isinstance(one, int | float)]
            assert all(one % 5 == 0 and (one == 0 or abs(one) >= 8) for one in numbers), row
    result = read_result(owned)
    exact = stocks(result, 0).loc["in_post", "mean"]
    assert exact % 5
    paper = docx.Document(str(tmp_path / "out/mine.docx"))
    text = "\n".join(one.text for one in paper.paragraphs)
    assert f"against {5 * round(exact / 5)} now" in text
    assert "Counts from 1 to 7" in text
    told = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    assert "*" in told
    assert not [one for one in told if "nan" in one or one == "* (* to *)"]


def test_the_owner_sees_whole_numbers(
    owned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / "out")
    options = ["--place", "RGT", "--for-owner", "--csv", "--docx"]
    assert main(["report", str(owned), "--to", target, *options]) == 0
    assert "keep these files with the owner" in capsys.readouterr().out
    assert "*" not in counts_of(tmp_path / "out/mine-cells.csv")
    result = read_result(owned)
    text = "\n".join(one.text for one in docx.Document(str(tmp_path / "out/mine.docx")).paragraphs)
    assert f"against {rounded(stocks(result, 0).loc['in_post', 'mean'])} now" in text
    assert sorted(one.name for one in (tmp_path / "out").iterdir() if "csv" not in one.name) == [
        "mine-files.json",
        "mine.docx",
    ]


def test_work_of_others_is_never_replaced(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["report", str(folder), "--to", str(out), "--docx", "--xlsx"]
    assert main(command) == 0
    assert main(command) == 0, "its own files are replaced"
    paper = docx.Document(str(out / "mine.docx"))
    paper.add_paragraph("A planner's own words.")
    paper.save(str(out / "mine.docx"))
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    capsys.readouterr()
    assert main(command) == 2
    assert "mine.docx" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert main(["report", str(folder), "--to", str(tmp_path / "file")]) == 2
    assert main(["report", str(tmp_path / "no"), "--to", str(tmp_path / "b")]) == 2
    assert not (tmp_path / "b").exists()


def test_nothing_is_left_where_writing_fails(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("simulator.reports.slides.write_slides", broken)
    with pytest.raises(OSError, match="disk full"):
        write_reports(result, tmp_path / "out", kinds=KINDS)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_unknown_place_is_refused_with_those_known(result: Result) -> None:
    with pytest.raises(ReportError, match="RGN, RGT"):
        Report(result, place="RXX")


def test_control_characters_do_not_stop_a_report(result: Result, tmp_path: Path) -> None:
    manifest = json.loads(json.dumps(result.manifest))
    manifest["scenario"]["title"] = "bell \a and \u202e"
    manifest["scenario"]["id"] = "../../etc"
    other = Result(manifest, result.tables, result.scenario_toml)
    written = write_reports(other, tmp_path / "out", kinds=("docx", "xlsx"))
    assert {path.parent for path in written} == {tmp_path / "out"}
    assert "bell \\x07 and \\u202e" in docx.Document(str(written[1])).paragraphs[0].text


def test_answers_have_three_sentences_each_with_a_range(result: Result) -> None:
    answer = Report(result, place="RGT").answer()
    assert len(answer) == 3
    assert all("in 8 of 10 futures" in one for one in answer)
    assert "variance" in answer[2]
    assert "nan" not in " ".join(answer)


def test_reports_of_an_earlier_layout_leave_out_what_is_not_there(
    result: Result, tmp_path: Path
) -> None:
    manifest = {
        key: one for key, one in result.manifest.items() if key not in {"levers", "need_by_method"}
    }
    tables = {key: one for key, one in result.tables.items() if key not in {"money", "moves"}}
    older = Result(manifest, tables, result.scenario_toml)
    written = write_reports(older, tmp_path / "out", kinds=("xlsx", "csv"), place="RGT")
    assert "Costs" not in openpyxl.load_workbook(written[0]).sheetnames
    assert not (tmp_path / "out/mine-money.csv").exists()


def test_the_workbook_has_the_same_bytes_again(result: Result, tmp_path: Path) -> None:
    kinds: tuple[Kind] = ("xlsx",)
    first, second = (
        write_reports(result, tmp_path / name, kinds=kinds, place="RGT")[0].read_bytes()
        for name in ("a", "b")
    )
    assert first == second
    assert zipfile.is_zipfile(io.BytesIO(first))


def test_only_parameters_the_run_reads_are_registered(result: Result) -> None:
    report = Report(result)
    named = {one.id for one in report.assumptions}
    assert "need.growth" in named
    assert "need.ratio.share_of_trust_fte" not in named, "another way to project need reads it"
    assert {one.id for one in report.doubtful()} <= set(drawn_parameters(report.scenario))
    assert sum(report.grades().values()) == len(used_parameters(report.scenario))


LADDER = "scenarios/tiny-ladder.toml"


@pytest.fixture(scope="module")
def ladders(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The ladder, the same by another name, and with less retention."""
    folder = tmp_path_factory.mktemp("ladders")
    shutil.copytree(ROOT / "scenarios/census/tiny-ladder", folder / "census/tiny-ladder")
    text = (ROOT / LADDER).read_text(encoding="utf-8")
    for name, old, new in (
        ("plain", "", ""),
        ("same", 'title = "Two', 'title = "Again two'),
        ("weaker", "value = 0.8", "value = 1.6"),
    ):
        own = text.replace('id = "tiny-ladder"', f'id = "{name}"')
        (folder / f"{name}.toml").write_text(own.replace(old, new), encoding="utf-8")
    return [str(folder / f"{name}.toml") for name in ("plain", "same", "weaker")]


SMALL = ("--draws", "8", "--replications", "64", "--workers", "1", "--quiet")


@pytest.fixture(scope="module")
def compared(ladders: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every kind of report of a comparison."""
    target = tmp_path_factory.mktemp("compared") / "out"
    command = ["report", "--compare", *ladders, "--to", str(target), *SMALL, "--place", "RGT"]
    assert main(command) == 0
    return target


def test_a_comparison_is_reported_difference_first(compared: Path, ladders: list[str]) -> None:
    sizes: dict[str, object] = {"draws": 8, "replications": 64}
    read = [load_scenario(path, sizes) for path in ladders]
    table = compare(*read, measures=["in_post", "need"]).table
    table = table[(table["code"] == "RGT") & (table["group"] == "all") & (table["month"] == 60)]
    row = table[(table["scenario"] == "weaker") & (table["measure"] == "in_post")].iloc[0]
    assert row["high95"] < 0
    paper = docx.Document(str(compared / "plain-and-same-and-weaker.docx"))
    texts = [one.text for one in paper.paragraphs]
    assert texts[1] == "What changes"
    assert "staff in post is the same in every future" in texts[2]
    assert f"staff in post is {abs(row['difference']):.1f} FTE lower" in texts[3]
    assert f"{signed(row['low95'])} to {signed(row['high95'])}" in texts[3]
    cells = [[cell.text for cell in line.cells] for line in paper.tables[1].rows]
    staff = next(line for line in cells if line[0] == "Staff in post")
    assert staff[4].startswith(signed(row["difference"]))
    assert staff[5] == "shown"
    assert all(line[5] == "none" for line in cells if line[0] == "Need")
    assert {line.cells[5].text for line in paper.tables[0].rows[1:]} == {"none"}
    assert "--draws 8 --replications 64 --seed 3" in "\n".join(texts)


def test_the_workbook_of_a_comparison_holds_its_numbers(compared: Path) -> None:
    book = openpyxl.load_workbook(compared / "plain-and-same-and-weaker.xlsx")
    assert book.sheetnames == ["Cover", "Differences", "Staff groups", "Costs", "Levers"]
    with (compared / "plain-and-same-and-weaker.csv").open(encoding="utf-8", newline="") as file:
        every = [row for row in csv.DictReader(file) if row["code"] == "RGT"]
    rows = rows_of(book["Differences"], "Scenario")
    wanted = [one for one in every if one["group"] == "all" and one["measure"] in STOCKS]
    assert len(rows) == len(wanted) == 2 * 5 * 5  # scenarios, measures, years
    for found, want in zip(rows, wanted, strict=True):
        assert found["Difference, mean"] == pytest.approx(float(want["difference"]), abs=0.006)
        assert found["95 %, high"] == pytest.approx(float(want["high95"]), abs=0.006)
        assert found["In the first"] == pytest.approx(float(want["first"]), abs=0.006)
    words = {row["Difference is"] for row in rows}
    assert {"none", "shown"} <= words <= {"none", "shown", "not shown"}
    levers = rows_of(book["Levers"], "Scenario")
    assert [(one["Lever"], one["Value"]) for one in levers] == [("A fifth fewer leavers", 1.6)]


def test_the_slides_of_a_comparison_name_what_is_not_shown(compared: Path) -> None:
    pack = pptx.Presentation(str(compared / "plain-and-same-and-weaker.pptx"))
    titles = [one.shapes.title.text_frame.text for one in pack.slides]
    assert len(titles) == 6
    assert "Again two trusts" in titles[1]
    assert "no difference in any future" in titles[1]
    assert " lower (" in titles[1]


def test_what_a_comparison_cannot_report_is_said(
    ladders: list[str],
    owned: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    to = ["--to", str(tmp_path / "out"), *SMALL]
    mine = owned.parent / "mine.toml"
    for words, told in (
        (["--compare", ladders[0]], "nothing to compare with"),
        (["--compare", *ladders, *ladders], "tells at most 5 apart"),
        (["--compare", *ladders, "--place", "RXX"], "give one of"),
        (["--compare", str(mine), str(mine)], "--for-owner"),
        ([str(owned)], "goes with --compare"),
    ):
        assert main(["report", *words, *to]) == 2
        assert told in " ".join(capsys.readouterr().err.split())
        assert not (tmp_path / "out").exists()
    assert main(["report", *ladders, *to[:2]]) == 2
    assert "one folder of results" in capsys.readouterr().err
    assert main(["report", "--compare", str(mine), str(mine), *to, "--for-owner", "--csv"]) == 0
