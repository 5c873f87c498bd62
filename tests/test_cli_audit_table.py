"""The audit of a printed table at the command line: verdict, exit code, messages, files."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import evalkit as ek
from evalkit.cli import main
from evalkit.coupling.audit.audit import audit_coupling

RIGHT = """# a comment above the table, 注释
年份,综合指数f(x),综合指数g(x),耦合度,综合协调指数T,耦合协调度
2011,0.101,0.280,0.882,0.190,0.410
2012,0.165,0.406,0.906,0.286,0.509
2013,0.187,0.427,0.920,0.307,0.532
2014,0.238,0.511,0.931,0.374,0.590
2015,0.424,0.421,1.000,0.422,0.650
2016,0.538,0.407,0.990,0.473,0.684
2017,0.591,0.466,0.993,0.528,0.724
"""
LOST = """place,U1,U2,C,D
a,0.6312,0.6022,0.4999,0.5553
b,0.5514,0.2742,0.4709,0.4409
c,0.4169,0.3496,0.4981,0.4369
d,0.4142,0.7970,0.4744,0.5360
e,0.2996,0.3615,0.4978,0.4056
f,0.3651,0.1532,0.4563,0.3439
"""


@pytest.fixture
def evalkit(tmp_path, monkeypatch, capsys):
    """The command as a user runs it, in a folder of its own: exit code, what it prints, what it complains."""

    def run(*arguments: str | Path) -> SimpleNamespace:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["evalkit", "audit-table", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        return SimpleNamespace(returncode=left.value.code or 0, stdout=printed.out, stderr=printed.err)

    return run


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_table_that_is_right(evalkit, tmp_path, encoding):
    file = tmp_path / "table.csv"
    file.write_text(RIGHT, encoding=encoding)
    done = evalkit(file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "耦合度 C 可再现 7/7" in done.stdout
    assert "所列数值可由所列系统指数再现" in done.stdout


def test_a_table_with_an_error(evalkit, tmp_path):
    (tmp_path / "table.csv").write_text(LOST, encoding="utf-8")
    done = evalkit("table.csv", "--lang", "en", "--quiet")
    assert done.returncode == 3, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert "the coefficient n is lost" in done.stdout
    assert "Please restore the coefficient n" in done.stdout


def test_a_table_that_nothing_reproduces(evalkit, tmp_path):
    rows = [line.split(",") for line in LOST.splitlines()]
    for row, c in zip(rows[1:], (0.31, 0.82, 0.55, 0.97, 0.12, 0.66), strict=True):
        row[3] = f"{c}"
    (tmp_path / "table.csv").write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    done = evalkit("table.csv", "--lang", "en")
    assert done.returncode == 3
    assert "cannot be reproduced" in done.stdout


def test_an_undecided_table_is_no_pass(evalkit, tmp_path):
    rows = "place,U1,U2,C\n" + "".join(f"{p},0.{i}0,0.{i}0,1.00\n" for i, p in enumerate("abcdef", start=3))
    (tmp_path / "table.csv").write_text(rows, encoding="utf-8")
    done = evalkit("table.csv", "--lang", "en")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "undecided" in done.stdout


def test_a_workbook_with_named_columns(evalkit, tmp_path):
    file = tmp_path / "table.xlsx"
    ek.datasets.published("coupling_pkg").rename(columns={"C": "C_std", "D": "D_std"}).reset_index().to_excel(file, index=False)
    done = evalkit(file, "--systems", "PS,EL,OH,IL", "--C", "C_std", "--D", "D_std", "--lang", "en")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "standard coupling degree" in done.stdout


@pytest.mark.parametrize("ending", ["html", "docx", "xlsx", "json"])
def test_it_is_written_where_it_is_asked_for(evalkit, tmp_path, ending):
    (tmp_path / "table.csv").write_text(LOST, encoding="utf-8")
    done = evalkit("table.csv", "--out", f"audit.{ending}")
    assert done.returncode == 3, done.stdout + done.stderr
    data = (tmp_path / f"audit.{ending}").read_bytes()
    assert len(data) > 500
    if ending == "json":
        said = json.loads(data)
        assert (said["outcome"], said["at"]) == ("error", "C")
        assert {row["step"] for row in said["verdicts"]} >= {"U", "C", "T", "D", "table"}


def test_limits_with_gaps(evalkit, tmp_path):
    (tmp_path / "table.csv").write_text(RIGHT, encoding="utf-8")
    done = evalkit("table.csv", "--limits", "0~0.39,0.40~0.69,0.70~1", "--lang", "en")
    assert done.returncode == 3
    assert "no class holds what lies between 0.39 and 0.4" in done.stdout


@pytest.mark.parametrize(
    ("text", "arguments", "code", "message"),
    [
        (None, (), 3, "no such file"),
        ("place,U1,U2\na,0.1,0.2\n", (), 3, "neither C nor T nor D"),
        ("place,U1,D\na,0.1,0.2\n", (), 3, "fewer than two systems"),
        ("place,U1,U2,C_a,C_b\na,0.1,0.2,0.9,0.8\n", (), 3, "several columns of the printed table could be C"),
        (LOST, ("--C", "coupling"), 3, "no column 'coupling'"),
        (LOST, ("--systems", "U1"), 2, "at least two systems"),
        (LOST, ("--limits", "high"), 2, "cannot be read"),
        (LOST.replace("0.5514", "0.55x"), (), 3, "no number"),
        (LOST, ("--out", "audit.pdf"), 2, "not written as '.pdf'"),
        (LOST, ("--lang", "fr"), 2, "fr"),
    ],
)
def test_wrong_calls_have_one_message_and_a_code(evalkit, tmp_path, text, arguments, code, message):
    if text is not None:
        (tmp_path / "table.csv").write_text(text, encoding="utf-8")
    done = evalkit("table.csv", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_help_shows_examples_and_codes(evalkit):
    done = evalkit("--help")
    assert done.returncode == 0
    assert "Examples" in done.stdout
    assert "undecided" in done.stdout


def test_figures_as_floats_give_the_verdict_of_figures_as_text():
    rows = [line.split(",") for line in LOST.splitlines()]
    table = pd.DataFrame(rows[1:], columns=rows[0])
    assert (
        audit_coupling(table).outcome == audit_coupling(table.astype({"U1": float, "U2": float, "C": float, "D": float})).outcome
    )


def test_classes_in_brackets_keep_their_commas():
    from evalkit.cli.assess import _listed

    assert _listed("[0,0.4),[0.4,1]") == ("[0,0.4)", "[0.4,1]")
    assert _listed(".000~.090，.100~.190") == (".000~.090", ".100~.190")


def test_what_is_wrong_with_a_table_is_told_of_its_file_and_of_the_row_under_its_header(evalkit, tmp_path):
    (tmp_path / "table.csv").write_text("# a comment\n" + LOST.replace("0.4169", "abc"), encoding="utf-8")
    done = evalkit("table.csv")
    assert done.returncode == 3
    assert "table.csv: column 'U1' of a printed table holds what is no number; found under the header, row 3: abc" in done.stderr
    done = evalkit("table.csv", "--systems", "U1,U3")
    assert done.returncode == 3 and "table.csv: the printed table has no column 'U3'" in done.stderr


@pytest.mark.parametrize("row", ["0", "-1"])
def test_a_header_of_row_0_is_told_how_rows_are_counted(evalkit, tmp_path, row):
    (tmp_path / "table.csv").write_text(RIGHT, encoding="utf-8")
    done = evalkit("table.csv", "--header", row)
    assert done.returncode == 2
    assert "--header: the row of the header must be a whole number from 1 on; found " + row in done.stderr
    assert "the first row of the file is 1, not 0" in done.stderr
