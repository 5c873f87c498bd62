"""Risk at the command line: fit, score and card as a user meets them; nothing half-written, no traceback, no code of a home."""

import io
import json
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pandas as pd
import pytest

import evalkit as ek
from evalkit.cli import main

HOMES = ek.datasets.folder() / "households.csv"
SECRET = "a secret of this test, kept apart"


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def evalkit(*arguments: str | Path, cwd: Path | None = None, key: str = "") -> Done:
    """The command line within this process: what it returns and prints."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
        patched.setenv("EVALKIT_RISK_KEY", key)
        patched.setattr(sys, "argv", ["evalkit", "risk", *map(str, arguments)])
        patched.chdir(cwd or Path.cwd())
        with pytest.raises(SystemExit) as left:
            main()
    return Done(int(left.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fitted")
    done = evalkit("fit", "--out", "risk", "--lang", "en", cwd=folder, key=SECRET)
    assert done.returncode == 0, done.stderr
    assert "The report lies in:" in done.stdout
    return folder / "risk"


def test_help_shows_examples():
    for command in ("fit", "score", "card"):
        done = evalkit(command, "--help")
        assert done.returncode == 0
        assert f"evalkit risk {command}" in done.stdout


def test_fit_writes_report_card_model_and_a_manifest_of_all(fitted):
    names = sorted(path.name for path in fitted.iterdir())
    assert names == [
        "card.docx",
        "card.html",
        "figures",
        "manifest.json",
        "model.skops",
        "report.docx",
        "report.html",
        "report.xlsx",
    ]
    told = json.loads((fitted / "manifest.json").read_text(encoding="utf-8"))
    assert {"model.skops", "report.html", "card.docx"} <= set(told["outputs"])
    assert told["inputs"]["homes"]["pseudonyms"] is True
    assert SECRET not in json.dumps(told)
    page = (fitted / "report.html").read_text(encoding="utf-8")
    assert page.index("Whom the budget misses") < page.index("The ladder of models")
    assert not re.search(r"H\d{7}", page)


def test_fit_replaces_nothing_unless_asked(fitted):
    done = evalkit("fit", "--out", fitted, key=SECRET)
    assert done.returncode == 4
    assert "there already" in done.stderr


def test_score_writes_a_list_in_excel_and_csv(fitted, tmp_path):
    for name in ("list.xlsx", "list.csv"):
        done = evalkit("score", fitted / "model.skops", HOMES, "--out", name, "--quiet", cwd=tmp_path, key=SECRET)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == name
    rows = pd.read_csv(tmp_path / "list.csv", dtype=str)
    assert rows["农户代号"].str.fullmatch(r"[A-Z2-7]{12}").all()
    assert {"风险（%）", "风险下限（%）", "风险上限（%）", "主要原因", "数据时期"} <= set(rows.columns)
    book = openpyxl.load_workbook(tmp_path / "list.xlsx")
    cells = [str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert rows["农户代号"].isin(cells).all()
    assert not any(re.fullmatch(r"H\d{7}", cell) for cell in cells)


def test_score_says_who_is_not_on_the_list(fitted, tmp_path):
    done = evalkit("score", fitted / "model.skops", HOMES, "--out", tmp_path / "a.csv", "--lang", "en", key=SECRET)
    assert done.returncode == 0, done.stderr
    assert "are below the line already: they are due help now" in done.stdout
    assert "not seen is not safe" in done.stdout


@pytest.mark.parametrize("name", ["card.html", "card.docx"])
def test_card_is_printed(fitted, tmp_path, name):
    done = evalkit("card", fitted / "model.skops", "--out", tmp_path / name, "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "To be filled in before use" in done.stdout
    assert (tmp_path / name).stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("fit", "nothing.toml"), 3, "there is no such file"),
        (("score", "MODEL", "nothing.csv", "--out", "a.csv"), 3, "there is no such file"),
        (("score", "MODEL", HOMES, "--out", "a.txt"), 2, "a list is not written as '.txt'"),
        (("score", "MODEL", HOMES, "--out", "no/a.csv"), 4, "folder to write into is not there"),
        (("score", "MODEL", HOMES, "--out", "a.csv", "--period", "1999"), 3, "no home was seen in 1999"),
        (("score", HOMES, HOMES, "--out", "a.csv"), 3, "no model file"),
        (("card", "MODEL", "--out", "card.txt"), 2, "a card is not written as '.txt'"),
    ],
)
def test_faults_are_one_message_and_an_exit_code(fitted, tmp_path, arguments, code, said):
    done = evalkit(*(fitted / "model.skops" if one == "MODEL" else one for one in arguments), cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in re.sub(r"\s+", " ", done.stderr)
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_keys_must_be_the_right_ones_and_lie_elsewhere(fitted, tmp_path):
    (tmp_path / "key.txt").write_text("another secret of this test")
    done = evalkit("card", fitted / "model.skops", "--out", "card.html", "--key", "key.txt", cwd=tmp_path)
    assert done.returncode == 5
    assert "kept apart" in done.stderr
    (tmp_path / "out").mkdir()
    done = evalkit("card", fitted / "model.skops", "--out", "out/card.html", "--key", "key.txt", cwd=tmp_path)
    assert done.returncode == 5
    assert "not signed with this key" in done.stderr


def test_a_leak_is_refused_by_name_and_nothing_is_written(tmp_path):
    rows = pd.read_csv(HOMES, comment="#")
    poor = rows.assign(benefits=(rows["income_pc"] < rows["line"]).astype(int), year=rows["year"] - 1)
    told = rows.merge(poor[["household", "year", "benefits"]], on=["household", "year"], how="left").fillna({"benefits": 0})
    told.to_csv(tmp_path / "homes.csv", index=False)
    text = (ek.datasets.folder() / "studies" / "risk.toml").read_text(encoding="utf-8")
    text = text.replace('dataset = "households"', 'file = "homes.csv"')
    text = text.replace('columns = ["education"', 'columns = ["benefits", "education"')
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    done = evalkit("fit", "study.toml", "--out", "out", cwd=tmp_path)
    assert done.returncode == 3
    assert "benefits" in done.stderr
    assert "label_in_feature" in done.stderr
    assert not (tmp_path / "out").exists()
