"""The command line as a user meets it: messages, exit codes, nothing half-written, no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import evalkit as ek
from evalkit.cli import main


def evalkit(*arguments: str | Path, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", "from evalkit.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture
def started(tmp_path):
    done = evalkit("init", "mine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "mine"


def test_help_shows_examples():
    for command in ("assess", "audit", "init"):
        done = evalkit(command, "--help")
        assert done.returncode == 0
        assert "Example" in done.stdout


def test_init_writes_a_study_that_reads_and_an_empty_panel(started):
    assert sorted(p.name for p in started.iterdir()) == ["consolidation.toml", "panel.csv", "revitalization.toml", "study.toml"]
    assert list(ek.Study.read(started / "study.toml").systems) == ["consolidation", "revitalization"]
    again = evalkit("init", started)
    assert again.returncode == 4
    assert "there already" in again.stderr


def test_init_shows_the_next_steps_with_the_audit_first(tmp_path):
    steps = ["cd mine", "evalkit audit panel.csv --study study.toml", "evalkit assess study.toml --out report"]
    done = evalkit("init", "mine", cwd=tmp_path)
    assert [line.strip() for line in done.stdout.splitlines()][-3:] == steps
    shown = [line.strip() for line in evalkit("init", "--help").stdout.splitlines()]
    order = [shown.index(step.replace("mine", "mystudy")) for step in steps]
    assert order == sorted(order)


def test_init_where_nothing_can_be_written_names_the_place_and_nothing_else(tmp_path):
    (tmp_path / "file").write_text("mine")
    done = evalkit("init", tmp_path / "file" / "mine")
    assert done.returncode == 4
    assert "--out" not in done.stderr
    assert ".part-" not in done.stderr
    assert f"{tmp_path / 'file'}: no folder can be made here" in done.stderr


def test_an_empty_panel_is_refused_in_one_message(started):
    for command in (("assess", "study.toml", "--out", "report"), ("audit", "panel.csv", "--study", "study.toml")):
        done = evalkit(*command, cwd=started)
        assert done.returncode == 3, done.stderr
        said = "panel.csv: the file holds a header and no rows yet. To do: fill in one row a unit and year.\n"
        assert done.stderr.endswith(said)
        assert not (started / "report").exists()


def test_assess_prints_where_the_report_lies(tmp_path):
    done = evalkit("assess", "--out", "there", "--lang", "en", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "there") in done.stdout
    assert (tmp_path / "there" / "report.html").is_file()
    quiet = evalkit("assess", "--out", "there", "--lang", "en", "--force", "--quiet", cwd=tmp_path)
    assert quiet.stdout.strip() == "there"
    refused = evalkit("assess", "--out", "there", cwd=tmp_path)
    assert refused.returncode == 4


def test_it_runs_where_the_console_speaks_ascii(tmp_path):
    done = evalkit(
        "audit",
        ek.datasets.folder() / "counties.csv",
        "--unit",
        "county",
        "--period",
        "year",
        LANG="C",
        PYTHONIOENCODING="ascii:replace",
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("assess", "nowhere.toml"), 3, "no such file"),
        (("audit", "nowhere.csv"), 3, "nowhere.csv"),
        (("assess", "--lang", "fr"), 2, "fr"),
        (("asess",), 2, "asess"),
    ],
)
def test_wrong_calls_have_one_message_and_a_code(arguments, code, message, tmp_path):
    done = evalkit(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("out", "code", "said"),
    [
        ("folder.csv", 4, "folder.csv: this is a folder, not a file. To do: name a file."),
        ("pipe.csv", 4, "pipe.csv: this is a device or a pipe, not a file. To do: name a file."),
        ("list.docx", 2, "list.docx: a list of problems is not written as '.docx'. To do: use one of .csv, .xlsx, .html."),
        ("none/list.csv", 4, "none: the folder to write into is not there. To do: make it, or name another."),
    ],
)
def test_an_output_that_cannot_be_written_is_told_before_anything_is_read(out, code, said, tmp_path, monkeypatch, capsys):
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["evalkit", "audit", "not-there.csv", "--out", out])
    with pytest.raises(SystemExit) as left:
        main()
    assert (left.value.code, said in capsys.readouterr().err) == (code, True)
    assert {path.name for path in tmp_path.iterdir()} == {"folder.csv", "pipe.csv"}


def test_a_folder_that_is_there_is_not_begun_in(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    done = evalkit("init", ".", cwd=tmp_path)
    assert done.returncode == 4
    assert "the folder is there already. To do: name a new one." in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_message_stays_on_its_line_where_no_terminal_is(started):
    rows = (ek.datasets.folder() / "counties.csv").read_text(encoding="utf-8")
    (started / "panel.csv").write_text(rows.replace("county,", "a county by its code,", 1), encoding="utf-8")
    done = evalkit("assess", "study.toml", cwd=started)
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_audit_of_a_clean_file_exits_with_zero():
    done = evalkit("audit", ek.datasets.folder() / "counties.csv", "--unit", "county", "--period", "year", "--lang", "en")
    assert done.returncode == 0, done.stdout + done.stderr


def test_where_chinese_is_asked_for_messages_are_chinese(started):
    rows = (ek.datasets.folder() / "counties.csv").read_text(encoding="utf-8")
    (started / "panel.csv").write_text(rows.replace("G10", "water"), encoding="utf-8")
    done = evalkit("audit", "panel.csv", "--study", "study.toml", "--lang", "zh", "--quiet", cwd=started)
    assert (done.returncode, done.stderr) == (3, "panel.csv：1 项缺陷（missing_column）\n")
    done = evalkit("assess", "study.toml", "--lang", "zh", cwd=started)
    assert done.returncode == 3
    assert done.stderr.startswith("错误 DataError: panel.csv：缺少列“G10”")
    assert "处理：补上该列" in done.stderr
    done = evalkit("assess", "studi.toml", "--lang=zh", cwd=started)
    said = "错误 DataError: studi.toml：没有这个文件。处理：是否为“study.toml”？\n"
    assert (done.returncode, done.stderr) == (3, said)
    done = evalkit("assess", "studi.toml", cwd=started)
    assert done.stderr == "error DataError: studi.toml: there is no such file. To do: did you mean 'study.toml'?\n"


def test_audit_through_a_study_checks_its_columns(started):
    rows = (ek.datasets.folder() / "counties.csv").read_text(encoding="utf-8")
    (started / "panel.csv").write_text(rows.replace("G10", "water"), encoding="utf-8")
    done = evalkit("audit", "panel.csv", "--study", "study.toml", "--lang", "en", cwd=started)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "missing_column" in done.stderr
