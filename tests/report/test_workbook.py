"""Workbooks: every row, numbers as numbers, text as text."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import openpyxl
import pandas as pd
import pytest

from evalkit.report.document import Document, Heading, Table
from evalkit.report.sheets import sheet_names
from evalkit.report.workbook import workbook
from evalkit.terms import Text


def table(key="places", rows=5, **changes):
    frame = pd.DataFrame({"地区": [f"模拟县{n}" for n in range(rows)], "年份": 2024, "D": np.linspace(0.1, 0.9, rows)})
    caption = Text("各县结果", "Counties")
    return Table(**({"key": key, "caption": caption, "frame": frame, "source": "模拟数据", "note": "说明", "show": 2} | changes))


def opened(*tables, lang="zh"):
    data = workbook(Document(title="后评估报告", lang=lang, blocks=(Heading("结果"), *tables)))
    return openpyxl.load_workbook(BytesIO(data))


def test_contents_list_every_table_with_a_link():
    book = opened(table(), table("more", rows=7))
    sheet = book.worksheets[0]
    assert sheet.title == "目录"
    assert [cell.value for cell in sheet[4]] == ["序号", "工作表", "表题（中文）", "表题（英文）", "行数", "来源"]
    assert [cell.value for cell in sheet[6]] == [2, "more", "各县结果", "Counties", 7, "模拟数据"]
    assert sheet["B6"].hyperlink.location == "'more'!A1"
    assert book["more"]["A3"].hyperlink.location == "'目录'!A1"
    assert opened(table(), lang="en").worksheets[0].title == "Contents"


def test_a_sheet_holds_every_row_under_a_frozen_header():
    sheet = opened(table(rows=1500))["places"]
    assert sheet["A1"].value == "各县结果"
    assert sheet["A2"].value == "来源：模拟数据；注：说明"
    assert [cell.value for cell in sheet[4]] == ["地区", "年份", "D"]
    assert sheet.max_row == 1504
    assert sheet["C1504"].value == 0.9
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A5", "A4:C1504")


def test_numbers_keep_their_value_and_show_their_digits():
    frame = pd.DataFrame({"年份": [2024], "人口": [123456], "D": [0.123456], "比例": [12.34]})
    sheet = opened(table(frame=frame, decimals={"比例": 1}))["places"]
    assert [cell.value for cell in sheet[5]] == [2024, 123456, 0.123456, 12.34]
    assert [cell.number_format for cell in sheet[5]] == ["0", "#,##0", "#,##0.000", "#,##0.0"]


def test_text_never_becomes_a_formula_a_link_or_a_broken_file():
    frame = pd.DataFrame({"说明": ["=1+1", "http://example.org", "甲\x00乙", "长" * 40_000, "0101"]})
    sheet = opened(table(frame=frame))["places"]
    found = [sheet.cell(row, 1) for row in range(5, 10)]
    assert [cell.value for cell in found[:3]] == ["=1+1", "http://example.org", "甲乙"]
    assert [cell.data_type for cell in found] == ["s"] * 5
    assert found[1].hyperlink is None
    assert len(found[3].value) == 32_767
    assert found[4].value == "0101"


def test_missing_values_are_blank_and_infinite_ones_are_said():
    frame = pd.DataFrame({"x": [1.0, np.nan, np.inf], "y": pd.array([1, None, 3], dtype="Int64"), "z": ["a", None, True]})
    sheet = opened(table(frame=frame))["places"]
    assert [sheet.cell(6, column).value for column in (1, 2, 3)] == [None, None, None]
    assert isinstance(sheet["A7"].value, str)
    assert sheet["C7"].value == "True"


def test_columns_fit_chinese():
    frame = pd.DataFrame({"短": ["a"], "长": ["农村居民人均可支配收入"], "更长": ["很长的说明" * 30]})
    sheet = opened(table(frame=frame))["places"]
    widths = [sheet.column_dimensions[letter].width for letter in "ABC"]
    assert widths[1] >= 22
    assert widths[2] <= 63
    assert sheet["C5"].alignment.wrap_text
    assert sheet.row_dimensions[5].height > 50


def test_sheet_names_are_legal_and_unique():
    names = sheet_names([table(key) for key in ("a" * 40, "a" * 41, "目录", "x[1]:*?/\\y", "'q'", "History", "", "A" * 31)])
    assert len({name.casefold() for name in names}) == len(names)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)
    assert "目录" not in names


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame([[1, 2]], columns=["a", "a"])])
def test_odd_frames_are_written(frame):
    assert opened(table(frame=frame)).sheetnames == ["目录", "places", "来源与说明"]


def test_same_content_same_bytes():
    document = Document(title="t", blocks=(table(),))
    assert workbook(document) == workbook(document)


def test_the_last_sheet_says_where_every_table_comes_from():
    sheet = opened(table("a", source="统计年鉴", note="缺 2013 年"), table("b", source="问卷", note=""))["来源与说明"]
    rows = [[cell.value for cell in row] for row in sheet["A4:E6"]]
    assert rows[0] == ["序号", "工作表", "表题", "来源", "说明"]
    assert [row[:2] + row[3:] for row in rows[1:]] == [[1, "a", "统计年鉴", "缺 2013 年"], [2, "b", "问卷", ""]]
