"""A file of problems: every place of every finding, in one language, safe for a spreadsheet; systems with all faults."""

import csv
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import evalkit as ek
from evalkit.errors import DataError, SpecError
from evalkit.panel.audit import RULES, Audit, audit_file, refuse
from evalkit.panel.form import read_system
from evalkit.report.assessment.problems import problem_file, problem_frame


@pytest.fixture(scope="module")
def audit(tmp_path_factory) -> Audit:
    """The audit of a file with hundreds of problems."""
    lines = [
        f"010{unit:03d},{year},约{unit},{unit * 100 + year % 7},=cmd" for unit in range(100, 160) for year in range(2016, 2024)
    ]
    path = tmp_path_factory.mktemp("problems") / "p.csv"
    path.write_text("县代码,年份,收入,床位,x\n" + "\n".join([*lines, lines[0]]) + "\n", encoding="utf-8")
    return audit_file(path)


def test_every_place_is_there(audit):
    frame = problem_frame(audit, "en")
    unreadable = frame[frame["Code"] == "unreadable_cell"]
    assert unreadable["Where"].tolist() == [f"row {at}" for at in range(2, 483)]
    assert audit.defects.set_index("rule").loc["unreadable_cell", "count"] == 481
    assert set(frame["Code"]) == set(audit.frame["rule"])


def test_the_refusal_says_how_to_get_them(audit):
    with pytest.raises(DataError) as caught:
        refuse(audit)
    assert "evalkit audit p.csv --study STUDY --out problems.csv" in str(caught.value)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_list_speaks_one_language(audit, lang):
    frame = problem_frame(audit, lang)
    said = " ".join(frame.iloc[:, [1, 2, 6]].astype(str).to_numpy().ravel()) + " ".join(frame.iloc[:, 4].astype(str))
    chinese = any("\u4e00" <= letter <= "\u9fff" for letter in said)
    assert chinese == (lang == "zh")
    assert (" row " in f" {said} ") == (lang == "en")


def test_csv_and_workbook_hold_the_same_rows_and_no_formula(audit):
    read = list(csv.reader(io.StringIO(problem_file(audit, "p.csv", "csv", "zh").decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(problem_file(audit, "p.csv", "xlsx", "zh")))
    codes = [str(row[0].value) for page in book for row in page.iter_rows() if row and row[0].value in RULES]
    assert [row[0] for row in read[1:]] == codes
    assert not any(cell.startswith("=") for row in read for cell in row)
    assert all(cell.data_type != "f" for page in book for row in page.iter_rows() for cell in row)


def test_a_page_shows_them(audit):
    page = problem_file(audit, "p.csv", "html", "en").decode()
    assert page.count("unreadable_cell") >= 481


def test_all_faults_of_a_system_are_said_at_once(tmp_path):
    whole = (ek.datasets.folder() / "systems" / "consolidation.toml").read_text(encoding="utf-8")
    spoilt = whole.replace('id = "G02"', 'id = "G01"', 1).replace("plausible = [40, 120]", "plausible = [120, 40]", 1)
    path = tmp_path / "kept.toml"
    path.write_text(spoilt, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_system(path)
    said = str(caught.value)
    assert "2 faults" in said
    assert "declared twice" in said
    assert "empty plausible range" in said
    lines = spoilt.splitlines()
    numbers = [int(line.split()[1].rstrip(":")) for line in said.splitlines()[1:] if line.strip().startswith("line")]
    assert ["id = " in lines[number - 1] for number in numbers] == [True, True]


def test_a_panel_made_in_memory_is_held_to_the_same_rules():
    rows = pd.DataFrame({"county": [f"c{at // 5}" for at in range(40)], "year": [2018 + at % 5 for at in range(40)]})
    figures = [500.0 + at * 7 % 90 for at in range(40)]
    columns = {
        "beds": figures,
        "pay": [*figures[:3], 0.0, *figures[4:]],
        "many": [-1.0] * 2 + [3 * at for at in figures[2:]],
        "people": [1.0] * 39 + [0.0],
    }
    panel = ek.Panel.from_frame(rows.assign(**columns), unit="county", period="year", weight="people")
    found = ek.audit_panel(panel).defects
    assert set(map(tuple, found[["rule", "column"]].to_numpy().tolist())) == {
        ("missing_code", "many"),
        ("zero_for_missing", "pay"),
        ("weight_not_positive", "people"),
    }


def test_the_rules_have_words_in_both_languages():
    assert all(rule.says.zh and rule.says.en for rule in RULES.values())
    assert all(rule.do.zh and rule.do.en for rule in RULES.values() if rule.severity == "defect")


def test_the_reference_lists_every_rule():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f"`{rule}`" not in page] == []
