"""A document's tables as a workbook: a sheet that lists them, each table whole on a sheet of its own, a sheet of sources."""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pandas as pd
import xlsxwriter
from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype

from evalkit.report.archive import reproducible
from evalkit.report.document import Document, Table
from evalkit.report.plain import cell, holds_years, safe_text
from evalkit.report.sheets import CONTENTS, SOURCES, sheet_names
from evalkit.report.word.parts import wide
from evalkit.terms import Lang, Text

BACK = Text("返回目录", "Back to contents")
LISTED = (
    Text("序号", "No."),
    Text("工作表", "Sheet"),
    Text("表题（中文）", "Caption (Chinese)"),
    Text("表题（英文）", "Caption (English)"),
    Text("行数", "Rows"),
    Text("来源", "Source"),
)
ORIGINS = (
    Text("序号", "No."),
    Text("工作表", "Sheet"),
    Text("表题", "Caption"),
    Text("来源", "Source"),
    Text("说明", "Note"),
)
LONGEST_CELL = 32_767
WIDEST, LINE = 62, 54  # the widest column, and how much text stands on one line of it
LEFT = {"align": "left", "indent": 1}
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def workbook(document: Document) -> bytes:
    """The tables of a document as an .xlsx file, every row of each, the same bytes for the same content."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, OPTIONS)
    book.set_properties({"title": safe_text(document.title), "subject": safe_text(document.subtitle)})
    ink, names = _Ink(book), sheet_names(document.tables())
    _contents(book.add_worksheet(CONTENTS.say(document.lang)), document, names, ink)
    for table, name in zip(document.tables(), names, strict=True):
        _sheet(book.add_worksheet(name), table, document.lang, ink)
    _sources(book.add_worksheet(SOURCES.say(document.lang)), document, names, ink)
    book.close()
    return reproducible(out.getvalue())


class _Ink:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self.book, self.made = book, {}  # type: Any, dict[tuple[tuple[str, Any], ...], Any]

    def __call__(self, **look: Any) -> Any:
        """A format with a look."""
        key = tuple(sorted(look.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format({"font_name": "Arial", "font_size": 10, "valign": "top", **look})
        return self.made[key]

    def caption(self) -> Any:
        """The look of a sheet's first line."""
        return self(bold=True, font_size=13)

    def small(self) -> Any:
        """The look of sources and notes."""
        return self(font_color="#595959", font_size=9)

    def head(self, *, number: bool) -> Any:
        """The look of a column's header."""
        align = "right" if number else "left"
        look = {"align": align, "indent": 0 if number else 1, "valign": "vcenter", "text_wrap": True}
        return self(bold=True, bg_color="#E7EDF3", top=2, bottom=1, **look)

    def link(self, **look: Any) -> Any:
        """The look of a link."""
        return self(font_color="#0563C1", underline=1, **look)


def _contents(sheet: Any, document: Document, names: list[str], ink: _Ink) -> None:
    """The first sheet: every table with a link to its own."""
    lang, wrapped = document.lang, ink(**LEFT, text_wrap=True)
    sheet.write_string(0, 0, _text(document.title), ink.caption())
    sheet.write_string(1, 0, _text(document.subtitle), ink.small())
    for at, (head, width) in enumerate(zip(LISTED, (7, 30, 42, 52, 10, 50), strict=True)):
        sheet.write_string(3, at, head.say(lang), ink.head(number=at in {0, 4}))
        sheet.set_column(at, at, width)
    for at, (table, name) in enumerate(zip(document.tables(), names, strict=True), start=1):
        row = 3 + at
        sheet.write_number(row, 0, at, ink(num_format="0"))
        sheet.write_url(row, 1, _inside(name), ink.link(**LEFT), string=name)
        for column, text in ((2, table.caption.zh), (3, table.caption.en), (5, table.source)):
            sheet.write_string(row, column, _text(text), wrapped)
        sheet.write_number(row, 4, len(table.frame), ink(num_format="#,##0"))
    _paper(sheet)


def _sources(sheet: Any, document: Document, names: list[str], ink: _Ink) -> None:
    """The last sheet: where the numbers of every table come from, and what must be known beside them."""
    lang, wrapped = document.lang, ink(**LEFT, text_wrap=True)
    sheet.write_string(0, 0, _text(SOURCES.say(lang)), ink.caption())
    sheet.write_url(2, 0, _inside(CONTENTS.say(lang)), ink.link(), string=BACK.say(lang))
    for at, (head, width) in enumerate(zip(ORIGINS, (7, 30, 52, 50, WIDEST), strict=True)):
        sheet.write_string(3, at, head.say(lang), ink.head(number=at == 0))
        sheet.set_column(at, at, width)
    for at, (table, name) in enumerate(zip(document.tables(), names, strict=True), start=1):
        sheet.write_number(3 + at, 0, at, ink(num_format="0"))
        sheet.write_url(3 + at, 1, _inside(name), ink.link(**LEFT), string=name)
        for column, text in ((2, table.caption.say(lang)), (3, table.source), (4, table.note)):
            sheet.write_string(3 + at, column, _text(text), wrapped)
    _paper(sheet)


def _sheet(sheet: Any, table: Table, lang: Lang, ink: _Ink) -> None:
    """One table: caption, source and note, a link back, then every row under a frozen header."""
    columns = [_Column.of(table, at) for at in range(table.frame.shape[1])]
    sheet.write_string(0, 0, _text(table.caption.say(lang)), ink.caption())
    sheet.write_string(1, 0, _text(_origin(table, lang)), ink.small())
    sheet.write_url(2, 0, _inside(CONTENTS.say(lang)), ink.link(), string=BACK.say(lang))
    for at, column in enumerate(columns):
        sheet.write_string(3, at, _text(column.head), ink.head(number=column.number))
        sheet.set_column(at, at, column.width())
        _fill(sheet, at, column, ink)
    _heights(sheet, columns)
    if columns:
        sheet.autofilter(3, 0, 3 + len(table.frame), len(columns) - 1)
    _paper(sheet)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a table and how it is written: a number format, or none for text."""

    head: str
    values: list[Any]
    number: bool
    look: str

    @classmethod
    def of(cls, table: Table, at: int) -> _Column:
        """The at-th column of a table."""
        series, head = table.frame.iloc[:, at], table.frame.columns[at]
        values, kind = series.tolist(), series.dtype
        if is_integer_dtype(kind):
            return cls(str(head), values, True, "0" if holds_years(series) else "#,##0")
        if is_float_dtype(kind) and not is_bool_dtype(kind):
            decimals = table.decimals.get(str(head), 3)
            return cls(str(head), values, True, f"#,##0.{'0' * decimals}".rstrip("."))
        return cls(str(head), values, False, "")

    def width(self) -> float:
        """A width that fits what stands in it; long texts are wrapped."""
        if self.number:
            decimals = len(self.look.partition(".")[2])
            shown = max((len(f"{value:,.{decimals}f}") for value in self.values if not pd.isna(value)), default=0)
        else:
            shown = max((wide(str(value)) for value in self.values[:2000]), default=0)
        return max(9, min(max(shown, min(wide(self.head), 22)) * 1.1 + 4, WIDEST))


def _fill(sheet: Any, at: int, column: _Column, ink: _Ink) -> None:
    """Write the cells of a column: numbers as numbers, nothing where a value is missing, all else as text."""
    number, text, wrapped = ink(num_format=column.look or "General"), ink(**LEFT), ink(**LEFT, text_wrap=True)
    for row, value in enumerate(column.values, start=4):
        if value is None or value is pd.NA or value is pd.NaT:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            words = _text(value if isinstance(value, str) else cell(value))
            sheet.write_string(row, at, words, wrapped if wide(words) > LINE else text)
        elif math.isfinite(value):
            sheet.write_number(row, at, value, number)
        elif not math.isnan(value):
            sheet.write_string(row, at, cell(value), text)


def _heights(sheet: Any, columns: list[_Column]) -> None:
    """Make rows high enough for their wrapped texts, for programs that do not do so themselves."""
    lines: dict[int, int] = {}
    for column in columns:
        for row, value in enumerate(column.values, start=4):
            if isinstance(value, str) and len(value) * 2 > LINE and wide(value) > LINE:
                lines[row] = max(lines.get(row, 1), -(-wide(value) // LINE))
    for row, most in lines.items():
        sheet.set_row(row, min(14 * most + 2, 400))


def _origin(table: Table, lang: Lang) -> str:
    """Source and note in one line."""
    source = Text("来源：{text}", "Source: {text}").say(lang).format(text=table.source) if table.source else ""
    note = Text("注：{text}", "Note: {text}").say(lang).format(text=table.note) if table.note else ""
    return Text("；", "; ").say(lang).join(part for part in (source, note) if part)


def _paper(sheet: Any) -> None:
    """How a sheet is looked through and printed: header frozen and repeated, A4 across, one page wide."""
    sheet.freeze_panes(4, 0)
    sheet.repeat_rows(3)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C&P / &N")


def _inside(name: str) -> str:
    quoted = name.replace("'", "''")
    return f"internal:'{quoted}'!A1"


def _text(value: object) -> str:
    """A text a cell can hold."""
    words = safe_text(str(value))
    return words if len(words) <= LONGEST_CELL else words[: LONGEST_CELL - 1] + "…"
