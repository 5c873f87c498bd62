"""A newcomer's trial: from an Excel file with twelve indicators to a Word report, by doing only what the first tutorial prints.

What is to be done stands in the tutorial in blocks marked ```bash newcomer, what is to be saved in blocks that name their file,
and what the audit says in a block ```text newcomer. `evalkit` is taken from the environment the tests run in.
"""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import docx
import numpy as np
import pytest
import xlsxwriter

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorials" / "first_assessment.md"
FENCE = re.compile(r"^```(\w*)(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COUNTIES, YEARS = "甲乙丙丁戊己庚辛", range(2016, 2025)
STEPS = (700, 1.2, 0.5, 1.2, 1.8, -1.2, 2.0, 3.0, 2.4, 2.0, 1.4, -0.05)  # a year's change of each indicator


def marked(language, mark):
    """The blocks of the tutorial that carry a mark, in their order."""
    text = PAGE.read_text(encoding="utf-8")
    return [found[3] for found in FENCE.finditer(text) if found[1] == language and re.fullmatch(mark, found[2].strip())]


def printed():
    """The header and the first rows of the workbook, as the tutorial shows them."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| (县码|\d{6}) \|", line)]
    head, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return head, {(row[0], row[3]): row for row in rows}


def workbook(path):
    """The reader's file: a title, the rows that the tutorial shows, all others made up around them, and a source."""
    head, shown = printed()
    first = np.array([float(cell) for cell in next(iter(shown.values()))[4:]])
    draw = np.random.default_rng(1)
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("各县")
    sheet.write(0, 0, "各县指标")
    sheet.write_row(1, 0, head)
    at = 2
    for number, name in enumerate(COUNTIES):
        shift = draw.uniform(-3.5, 3.5, len(STEPS))
        for year in YEARS:
            figures = np.round(first + np.array(STEPS) * (shift + year - YEARS[0] + draw.normal(0, 0.3, len(STEPS))), 2)
            code = str(990101 + number)
            made = [code, f"{name}县", f"{COUNTIES[number // 4]}市", str(year), *figures]
            for column, cell in enumerate(shown.get((code, str(year)), made)):
                words = column in (1, 2)
                if cell != "":
                    sheet.write(at, column, cell if words else float(cell))
            at += 1
    sheet.write(at + 1, 0, "数据来源：各县统计公报")
    book.close()


@pytest.fixture
def followed(tmp_path):
    """An empty folder in which the tutorial was followed, and what its commands printed."""
    make, *commands = marked("bash", "newcomer")
    run(make, tmp_path)
    workbook(tmp_path / "mystudy" / "counties.xlsx")
    for name in ("consolidation", "revitalization", "study"):
        (text,) = marked("toml", rf"mystudy/{name}\.toml")
        (tmp_path / "mystudy" / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path, [run(command, tmp_path) for command in commands]


def run(command, folder):
    """What a block of commands prints, typed as it stands."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"}
    typed = {"shell": True, "cwd": folder, "env": environment, "timeout": 300}
    done = subprocess.run(command, check=False, **typed, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, f"{command}{done.stdout}{done.stderr}"
    return done.stdout


def said(path):
    """All words of a Word document, those of tables with the rest."""
    document = docx.Document(str(path))
    return "\n".join(node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t"))


def test_from_twelve_indicators_in_excel_to_a_report_in_word(followed):
    folder, (audit, _) = followed
    assert [line.strip() for line in audit.splitlines()] == marked("text", "newcomer")[0].splitlines()
    told = said(folder / "report" / "report.docx")
    system = "".join(marked("toml", r"mystudy/(consolidation|revitalization)\.toml"))
    names = re.findall(r'id = "[KR]\d".* name = \{ zh = "([^"]+)"', system)
    assert len(names) == 12
    for name in names:
        assert name in told
    for county in COUNTIES:
        assert f"{county}县" in told
    assert tomllib.loads(marked("toml", r"mystudy/study\.toml")[0])["title"]["zh"] in told
    assert "2016" in told
    assert "2024" in told


def test_the_reader_sees_what_to_type_and_where_to_save_it():
    """Marks are not shown: each block of a file stands under the name of its file, and each header of the workbook is mapped."""
    text = PAGE.read_text(encoding="utf-8")
    files = re.findall(r"^```toml (\S+)$", text, re.MULTILINE)
    assert len(files) == 3
    for name in files:
        assert re.search(rf"`{name}`[^\n]*\n\n```toml {name}$", text, re.MULTILINE)
    head, shown = printed()
    study = tomllib.loads(marked("toml", r"mystudy/study\.toml")[0])["panel"]
    assert head[4:] == list(study["columns"])
    assert {study["unit"], study["name"], study["period"], *study["groups"]} == set(head[:4])
    assert any("" in row for row in shown.values())
