"""Text that would run, break a file or lead elsewhere is harmless in every file that is written.

Each test has a twin: with its guard taken away, the same check fails. So each guard is needed, and each check can fail.
"""

import csv
import html as html_module
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as Tree

import duckdb
import openpyxl
import pandas as pd
import pytest

from evalkit import datasets
from evalkit.errors import DataError, EvalkitError
from evalkit.monitor.engine import duck_faults
from evalkit.panel.formats import plain as reading
from evalkit.report import plain, render, sheets, theme, workbook
from evalkit.report.document import Document, Figure, Heading, Paragraph, Table
from evalkit.report.html import csv as html_csv
from evalkit.report.html import page as html
from evalkit.report.html import svg as html_svg
from evalkit.report.html.marks import Mark
from evalkit.report.monitor import lists as monitor_lists
from evalkit.report.pdf import document as pdf
from evalkit.report.pictures import Pictures
from evalkit.report.word import document as word
from evalkit.report.word import parts as word_parts
from evalkit.study.each import record as each_record
from evalkit.terms import Text

FORMULAS = [
    "=1+1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "|cmd",
    "%0A=1",
    "＝1+1",
    "＠a",
    " =1",
    "\x00=1",
    "\u202e=1",
    "\u200e=1",
]
MARKUP = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>",
    "{{ 7*7 }}",
    "&lt;b&gt;",
    "]]>",
    "' onload='x",
]
BROKEN = ["a\x00b", "a\x08b", "\ud800", "a\udfffb", "a\ufffe", "a\uffff", "\x7f\x85", "\u202eabc", "\u2066abc"]
TYPST = ['#panic("x")', "*a* $x$ [b] <c> @d `e` \\ // f", '"); #read("/etc/passwd")', "= head", '#include "/etc/passwd"']
PLACES = [
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "a/b\\c",
    "a\x00b",
    "C:\\x",
    "CON",
    "a" * 300,
    "\u202eexe",
    "",
    " ",
    "~/x",
    "a\nb",
]
SAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def wild(text: str, kind: str = "all") -> Document:
    """A document with a text in every place that takes one."""
    frame = pd.DataFrame({"x": pd.Series([text, "0101"], dtype=object), "n": [1.0, 2.0]})
    frame.columns = pd.Index([text or "x", "n"], dtype=object)
    table = Table(key=text, caption=Text(text, text), frame=frame, note=text, source=text)
    blocks = (Heading(text), Paragraph(text), Paragraph(text, role="caution"), table)
    if kind == "drawn":
        blocks = (*blocks, Figure(key=text, caption=Text(text, text), draw=lambda: drawn(text), alt=text, source=text))
    cover = ((text, text),)
    return Document(title=text, subtitle=text, lang="en", cover=cover, statement=text, blocks=blocks)


def drawn(text: str):
    canvas, axes = theme.new_figure(4, 2)
    axes.plot([2020, 2021], [0.1, -0.2], label=re.sub(r"[$\\\r\n\t]", "", SAFE.sub("", text)) or "x")
    return canvas


# ---------------------------------------------------------------------------------------------- the checks


def no_formula_in_csv(folder: Path) -> None:
    for text in FORMULAS:
        rows = pd.DataFrame({text: [text], "n": [-2.5]})
        for data in (monitor_lists._csv(monitor_lists_rows(rows)), html_csv.as_csv([[text, "-2.5"]]).encode()):
            read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
            cells = [cell for row in read for cell in row]
            assert "-2.5" in cells  # a number stays one
            assert not any(re.match(r"[\s\x00-\x1f]*[=+\-@|%＝＋－＠]", cell) for cell in cells if cell != "-2.5"), (text, cells)


def monitor_lists_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with their words made harmless, as lists of villages hold them."""
    return rows.apply(lambda column: column.map(monitor_lists.neutral) if column.dtype.kind not in "fi" else column)


def no_formula_in_workbooks(folder: Path) -> None:
    for text in [*FORMULAS, "http://a.example", "https://a.example/?x=<y>", "mailto:a@b.example", "0101"]:
        book = openpyxl.load_workbook(io.BytesIO(workbook.workbook(wild(text))))
        for sheet in book:
            for row in sheet.iter_rows():
                assert all(cell.data_type in "sn" for cell in row), text
                assert all(cell.hyperlink is None or cell.hyperlink.location for cell in row), text


def cells_hold_what_they_can(folder: Path) -> None:
    for text in ("长" * 40_000, "x" * 32_768):
        book = openpyxl.load_workbook(io.BytesIO(workbook.workbook(wild(text))))
        cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
        longest = max(cells, key=len)
        assert len(longest) == 32_767
        assert longest.endswith("…")  # it says that it was cut


def sheets_have_names_that_open(folder: Path) -> None:
    for text in [*PLACES, "[]:*?/\\" * 9, "'a'", "a" * 30 + "'b", "History", "目录", *FORMULAS, *MARKUP]:
        names = sheets.sheet_names([Table(key=text, caption=Text("", ""), frame=pd.DataFrame())] * 2)
        assert len({name.casefold() for name in names}) == 2
        for name in names:
            assert 0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") and not name.startswith("'") and not name.endswith("'")
        openpyxl.load_workbook(io.BytesIO(workbook.workbook(wild(text))))


def every_file_can_be_read(folder: Path) -> None:
    for text in BROKEN:
        document = wild(text)
        for data in (word.word(document, Pictures("en"), None), workbook.workbook(document)):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for name in archive.namelist():
                    if name.endswith((".xml", ".rels")):
                        Tree.fromstring(archive.read(name))
        page = html.html(document, Pictures("en")).decode()
        assert not SAFE.search(page)


class Tags(HTMLParser):
    """Tags and attributes that could do something."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts, self.acts = 0, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.acts += [tag] if tag in {"iframe", "object", "embed", "base", "form", "img"} - {"img"} else []
        self.acts += [name for name, value in attrs if name.startswith("on")]
        self.acts += [value for name, value in attrs if name in ("src", "href") and not str(value).startswith(("data:", "#"))]


def pages_run_nothing(folder: Path) -> None:
    for text in MARKUP:
        page = html.html(wild(text, "drawn"), Pictures("en")).decode()
        found = Tags()
        found.feed(page)
        assert found.scripts == 1
        assert found.acts == [], text
        assert html_module.unescape(html_module.escape(text)) == text
        assert "49" not in re.sub(r"<(style|script|svg).*?</\1>|data:[^\"]*", "", page, flags=re.DOTALL) or "{{" not in text


def marks_are_words(folder: Path) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="1pt" height="1pt" viewBox="0 0 1 1"></svg>'
    for text in MARKUP:
        mark = Mark(box=(0.0, 0.0, 1.0, 1.0), series=text, x="", y="")
        inside = html_svg.inline(svg, "f", html_svg.Letters(), [mark])
        found = Tags()
        found.feed(inside)
        assert (found.scripts, found.acts) == (0, [])
        assert [part.text for part in Tree.fromstring(inside).iter("title")] == [plain.safe_text(text)]


def words_are_no_markup_in_word(folder: Path) -> None:
    for text in [*MARKUP, "<w:br/>", "&", "a & b", '"', "INCLUDETEXT \\\\host\\x"]:
        data = word.word(wild(text), Pictures("en"), None)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            body = Tree.fromstring(archive.read("word/document.xml"))
            core = archive.read("docProps/core.xml").decode()
        space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
        words = [part.text for part in body.iter(f"{space}t")]
        assert text in words
        codes = " ".join(part.text or "" for part in body.iter(f"{space}instrText"))
        assert text not in codes or len(text) == 1
        Tree.fromstring(core)


def words_are_no_markup_in_pdf(folder: Path) -> None:
    for text in TYPST:
        assert pdf.pdf(wild(text), Pictures("en")).startswith(b"%PDF")


def names_lead_nowhere_else(folder: Path) -> None:
    names = list(each_record.folder_names([text for text in PLACES if text]).values())
    names += [monitor_lists._file(text) for text in PLACES]
    for name in names:
        assert re.fullmatch(r"[\w.-]+", name) and name.strip("."), name
        assert (folder / name).resolve().parent == folder.resolve()
    assert "con" not in {name.casefold() for name in names[: len(PLACES) - 1]}


def figures_lead_nowhere_else(folder: Path) -> None:
    inner = folder / "in" / "figures"
    inner.parent.mkdir(exist_ok=True)
    for text in ("../../x", "/etc/x", "..", "a\x00b", "a\nb"):
        document = Document(
            title="", lang="en", blocks=(Figure(key=text, caption=Text("", ""), draw=lambda: drawn("x"), alt=""),)
        )
        for path in render.save_figures(document, inner):
            assert path.resolve().parent == inner.resolve()
    assert {path.name for path in folder.iterdir()} == {"in"}


def columns_are_names_in_sql(folder: Path) -> None:
    wicked = ['a"; DROP TABLE t; --', "a'b", 'x"y', "*", "a; SELECT 1", "select", "a\nb", "(SELECT 42)"]
    path = folder / "o'rows [1]*.parquet"
    with duckdb.connect() as connection:
        columns = ", ".join(f'{at} AS "{name.replace(chr(34), chr(34) * 2)}"' for at, name in enumerate(wicked))
        connection.execute(f"COPY (SELECT {columns}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
    assert set(reading.parquet_columns(path)) == set(wicked)
    (batch,) = reading.parquet_batches(path, wicked)
    assert batch.iloc[0].tolist() == list(range(len(wicked)))
    (other,) = reading.parquet_batches(path, wicked, text=wicked)
    assert other.iloc[0].tolist() == [str(at) for at in range(len(wicked))]
    for text in ("o'brien", "'; DROP TABLE t; --", "a''b"):
        assert duckdb.sql(f"SELECT {duck_faults.quoted(text)}").fetchall() == [(text,)]


class Case(NamedTuple):
    """A check, and what takes its guard away."""

    check: Callable[[Path], None]
    bare: Callable[[pytest.MonkeyPatch], None]


def as_it_is(text: object) -> str:
    return str(text)


def bare_workbook(patched: pytest.MonkeyPatch) -> None:
    options = {**workbook.OPTIONS, "strings_to_formulas": True, "strings_to_urls": True}
    patched.setattr(workbook, "OPTIONS", options)
    writing = workbook.xlsxwriter.worksheet.Worksheet
    patched.setattr(writing, "write_string", lambda self, row, column, text, look=None: self.write(row, column, text, look))


def bare_pages(patched: pytest.MonkeyPatch) -> None:
    made = html._environment()
    patched.setattr(made, "autoescape", False)


def everywhere(name: str, *modules: object) -> Callable[[pytest.MonkeyPatch], None]:
    def bare(patched: pytest.MonkeyPatch) -> None:
        for module in modules:
            patched.setattr(module, name, as_it_is)

    return bare


def bare_marks(patched: pytest.MonkeyPatch) -> None:
    def tostring(root: Tree.Element, **_: object) -> str:
        return html_module.unescape(Tree.tostring(root, encoding="unicode"))

    patched.setattr(html_svg, "Tree", type("Bare", (), {**vars(Tree), "tostring": staticmethod(tostring)}))


def bare_pdf(patched: pytest.MonkeyPatch) -> None:
    """Words pasted into the template instead of handed over as data."""
    press = pdf.press

    def pasted(said, project, faces):
        return press(said, {**project, "main.typ": project["main.typ"] + b"\n" + str(said["title"]).encode()}, faces)

    patched.setattr(pdf, "press", pasted)


def bare_sheets(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(workbook, "sheet_names", lambda tables: [table.key for table in tables])
    patched.setattr(sheets, "sheet_names", lambda tables: [table.key for table in tables])


def bare_parquet(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(reading, "name_in_sql", lambda column: f'"{column}"')


def never_cut(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(workbook, "_text", lambda value: plain.safe_text(value)[:32_767])


CASES = {
    "formulas in CSV": Case(no_formula_in_csv, everywhere("neutral", html_csv, monitor_lists)),
    "formulas in workbooks": Case(no_formula_in_workbooks, bare_workbook),
    "cells too long": Case(cells_hold_what_they_can, never_cut),
    "names of sheets": Case(sheets_have_names_that_open, bare_sheets),
    "signs no file holds": Case(every_file_can_be_read, everywhere("safe_text", word, word_parts, workbook, html, plain)),
    "markup in pages": Case(pages_run_nothing, bare_pages),
    "markup in drawings": Case(marks_are_words, bare_marks),
    "markup in Word": Case(words_are_no_markup_in_word, everywhere("escape", word_parts)),
    "markup in PDF": Case(words_are_no_markup_in_pdf, bare_pdf),
    "names of folders": Case(
        names_lead_nowhere_else,
        lambda patched: [patched.setattr(module, "_UNNAMEABLE", re.compile("(?!)")) for module in (each_record, monitor_lists)],
    ),
    "names of figures": Case(
        figures_lead_nowhere_else, lambda patched: patched.setattr(render, "_UNNAMEABLE", re.compile("(?!)"))
    ),
    "names in SQL": Case(columns_are_names_in_sql, bare_parquet),
}


@pytest.mark.parametrize("named", CASES)
def test_it_is_harmless(named, tmp_path):
    if named == "markup in PDF":
        pytest.importorskip("typst")
    CASES[named].check(tmp_path)


@pytest.mark.parametrize("named", CASES)
@pytest.mark.filterwarnings("ignore")
def test_without_the_guard_the_same_check_fails(named, tmp_path):
    if named == "markup in PDF":
        pytest.importorskip("typst")
    with pytest.MonkeyPatch.context() as patched:
        CASES[named].bare(patched)
        with pytest.raises(Exception) as failed:
            CASES[named].check(tmp_path)
    assert not isinstance(failed.value, pytest.skip.Exception)


# ---------------------------------------------------------------------------------------------- TOML


@contextmanager
def refused():
    with pytest.raises(EvalkitError) as wrong:
        yield wrong
    assert "Traceback" not in str(wrong.value)


@pytest.mark.parametrize("text", [*FORMULAS, *MARKUP, 'a"b', "a\\b", "a\nb", "a'''b", "\x01", "]\n[x]\ny = 1", "\u202e"])
def test_words_of_a_study_come_back_from_the_model_as_they_were(text, tmp_path):
    """Studies are kept in models as JSON, never as TOML pasted together: no word becomes a key. Or the word is refused."""
    from evalkit.study.risk.form import RiskForm
    from evalkit.study.risk.model import plain
    from evalkit.study.risk.run import RiskStudy

    shipped = (datasets.folder() / "studies" / "risk.toml").read_text(encoding="utf-8")
    told = re.sub(r"^title = .*$", lambda _: f"title = {json.dumps(text)}", shipped, count=1, flags=re.MULTILINE)
    (tmp_path / "study.toml").write_text(told, encoding="utf-8")
    try:
        form = RiskStudy.read(tmp_path / "study.toml").form
    except EvalkitError as wrong:
        assert "title" in str(wrong) and "Traceback" not in str(wrong)
        return
    assert form.title.zh == text
    assert RiskForm.model_validate(json.loads(json.dumps(plain(form), ensure_ascii=False))) == form


@pytest.mark.parametrize(
    "file", ["../../etc/passwd", "/etc/passwd", "/dev/zero", "..", "https://a.example/x.csv", "a\x00b.csv", "nul"]
)
def test_files_that_a_study_names_are_read_as_data_or_refused(tmp_path, file):
    from evalkit.study.run import Study

    told = f'title = "x"\n[panel]\nfile = {json.dumps(file)}\nunit = "county"\nperiod = "year"\n'
    told += '[[system]]\nfile = "consolidation"\n[[system]]\nfile = "revitalization"\n'
    (tmp_path / "study.toml").write_text(told, encoding="utf-8")
    with refused() as wrong:
        Study.read(tmp_path / "study.toml").run()
    assert "root:" not in str(wrong.value)


def test_a_hostile_file_of_toml_is_refused_in_words(tmp_path):
    from evalkit.study.run import Study

    deep = "a = " + "[" * 2_000 + "]" * 2_000
    for text in (
        deep,
        "a = 1\na = 2",
        "\x00",
        "a = 9" + "9" * 5_000,
        '"__proto__" = 1\n"__class__" = 1',
        "[a]\n[a]",
        "a = 1e400",
    ):
        (tmp_path / "study.toml").write_bytes(text.encode())
        with refused():
            Study.read(tmp_path / "study.toml")
        try:
            tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError):
            continue


def test_an_error_never_says_more_than_it_may():
    told = DataError("cell '13812345678'", where="530102192005080010.csv", found="6222021234567890128", do="ask a.b@c.example")
    assert str(told).count("***") == 4
    assert "138" not in repr(told)
    assert str(DataError("\x1b[31m\u202eevil\x07\ud800", where="a\x1b]0;x")) == "a]0;x: [31mevil."
