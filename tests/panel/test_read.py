"""The door for files: every format and every defect, each made as a real file and met with one clear message."""

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pytest

from evalkit.errors import DataError, SpecError
from evalkit.panel.read import Layout, RawTable, read_as, read_panel, read_table

PLAIN = (
    "code,name,year,income,tap\n010101,甲县,2020,12588,85.2\n010101,甲县,2021,13100,86\n"
    "010102,乙县,2020,11000,71.5\n010102,乙县,2021,,72\n"
)


def sheet(path: Path, *rows: list[Any], merge: tuple[str, ...] = (), then: Callable[[Any], None] | None = None) -> Path:
    """A spreadsheet with these rows."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "县域"
    for row in rows:
        page.append(row)
    for cells in merge:
        page.merge_cells(cells)
    if then:
        then(page)
    book.save(path)
    return path


def refused(*args: Any, **kwargs: Any) -> str:
    """The message with which a panel is refused."""
    with pytest.raises(DataError) as caught:
        read_panel(*args, **kwargs)
    return str(caught.value)


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


class TestFormats:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
    def test_csv_in_every_encoding(self, tmp_path: Path, encoding: str) -> None:
        panel = read_panel(write(tmp_path / "p.csv", PLAIN, encoding), unit="code", period="year", name="name")
        assert panel.units == ("010101", "010102")
        assert panel.name("010101").zh == "甲县"
        assert panel.frame["income"].tolist()[:3] == [12588, 13100, 11000]
        assert any("GB18030" in note.text.en for note in panel.notes) == encoding.startswith("gb")

    @pytest.mark.parametrize(("ending", "mark"), [("csv", ","), ("csv", ";"), ("csv", "\t"), ("txt", "|"), ("tsv", "\t")])
    def test_delimiters(self, tmp_path: Path, ending: str, mark: str) -> None:
        table = read_table(write(tmp_path / f"p.{ending}", PLAIN.replace(",", mark)))
        assert table.frame.columns.tolist() == ["code", "name", "year", "income", "tap"]

    def test_comments_titles_and_blank_lines_leave_the_row_numbers_as_the_user_sees_them(self, tmp_path: Path) -> None:
        text = "# source: yearbook\n表1 某某情况,,,,\n" + PLAIN.replace("\n010102,乙县,2020", "\n,,,,\n010102,乙县,2020")
        table = read_table(write(tmp_path / "p.csv", text))
        assert table.rows.tolist() == [4, 5, 7, 8]
        assert {item.rule for item in table.findings} == {"comment_lines", "title_rows", "blank_rows"}

    def test_windows_line_ends_and_quoted_cells(self, tmp_path: Path) -> None:
        text = 'code,year,income\r\n"a, b",2020,"1,234"\r\n'
        panel = read_panel(write(tmp_path / "p.csv", text), unit="code", period="year")
        assert panel.units == ("a, b",)
        assert panel.frame["income"].tolist() == [1234]

    def test_packed_csv_parquet_stata_and_xlsx_give_the_same_panel(self, tmp_path: Path) -> None:
        frame = pd.read_csv(io.StringIO(PLAIN), dtype={"code": str})
        (tmp_path / "p.csv.gz").write_bytes(gzip.compress(PLAIN.encode()))
        with duckdb.connect() as engine:
            engine.register("frame", frame.astype({"code": object, "name": object}))
            engine.execute(f"COPY frame TO '{tmp_path}/p [1].parquet'")
        frame.to_stata(tmp_path / "p.dta", write_index=False, version=118)
        frame.to_excel(tmp_path / "p.xlsx", index=False)
        wanted = read_panel(write(tmp_path / "p.csv", PLAIN), unit="code", period="year", name="name")
        for name in ("p.csv.gz", "p [1].parquet", "p.dta", "p.xlsx"):
            panel = read_panel(tmp_path / name, unit="code", period="year", name="name")
            pd.testing.assert_frame_equal(panel.frame, wanted.frame)
            assert panel.names == wanted.names
            assert len(panel.fingerprint) == 64

    def test_stata_value_labels_name_the_units(self, tmp_path: Path) -> None:
        frame = pd.DataFrame({"prov": pd.Categorical(["甲省", "乙省"]), "year": [2020, 2020], "x": [1.0, 2.0]})
        frame.to_stata(tmp_path / "p.dta", write_index=False, version=118)
        assert set(read_panel(tmp_path / "p.dta", unit="prov", period="year").units) == {"甲省", "乙省"}

    def test_the_source_is_the_files_name_and_no_path_of_the_machine(self, tmp_path: Path) -> None:
        panel = read_panel(write(tmp_path / "p.csv", PLAIN), unit="code", period="year")
        assert panel.source.en == "p.csv"
        assert any("'name' is text" in note.text.en for note in panel.notes)

    def test_columns_are_renamed_and_left_out(self, tmp_path: Path) -> None:
        panel = read_panel(
            write(tmp_path / "p.csv", PLAIN), unit="code", period="year", columns={"income": "R01", "tap": "", "name": ""}
        )
        assert panel.frame.columns.tolist() == ["R01"]


class TestSheets:
    def test_a_header_below_titles_and_a_line_of_units(self, tmp_path: Path) -> None:
        path = sheet(
            tmp_path / "p.xlsx",
            ["2020年县域统计表"],
            [None, None, None, "单位：万元"],
            ["地区代码", "年份", "收入", "人口"],
            [110000, 2020, "１，２００", 5],
            [110101, "2021年", "1,300.5", "—"],
            ["注：数据来自年鉴"],
            merge=("A1:D1",),
        )
        panel = read_panel(path, unit="地区代码", period="年份")
        assert panel.units == ("110000", "110101")
        assert panel.periods == (2020, 2021)
        assert panel.frame["收入"].tolist() == [1200, 1300.5]
        assert np.isnan(panel.frame["人口"].iloc[1])
        said = " ".join(note.text.en for note in panel.notes)
        for words in (
            "thousands separators",
            "full-width",
            "read as missing",
            "above the header",
            "below the table",
            "periods read from text",
        ):
            assert words in said

    def test_merged_headers_are_joined_and_merged_units_filled_down(self, tmp_path: Path) -> None:
        path = sheet(
            tmp_path / "p.xlsx",
            ["省", "年份", "收入", None, "人口"],
            [None, None, "城镇\n居民", "农村", None],
            ["甲省", 2020, 1, 2, 3],
            [None, 2021, 4, 5, 6],
            ["乙省", 2020, 7, 8, 9],
            merge=("A1:A2", "B1:B2", "C1:D1", "E1:E2", "A3:A4"),
        )
        panel = read_panel(path, unit="省", period="年份")
        assert panel.frame.columns.tolist() == ["收入/城镇居民", "收入/农村", "人口"]
        assert panel.frame.loc[("甲省", 2021)].tolist() == [4, 5, 6]
        assert any("merged cells filled down: 省 1" in note.text.en for note in panel.notes)

    def test_a_unit_that_is_blank_and_not_merged_is_not_filled(self, tmp_path: Path) -> None:
        path = sheet(tmp_path / "p.xlsx", ["省", "年份", "x"], ["甲省", 2020, 1], [None, 2021, 4])
        assert "1 row(s) lack a unit or a period: row 3" in refused(path, unit="省", period="年份")

    def test_figures_in_merged_cells_are_refused(self, tmp_path: Path) -> None:
        path = sheet(tmp_path / "p.xlsx", ["u", "year", "x"], ["a", 2020, 1], ["a", 2021, None], merge=("C2:C3",))
        assert "figures of 'x' stand in merged cells: C3" in refused(path, unit="u", period="year")

    def test_the_header_may_be_named(self, tmp_path: Path) -> None:
        path = sheet(tmp_path / "p.xlsx", ["a", "b", "c"], ["u", "year", "x"], ["a", 2020, 1])
        assert read_table(path, header=2).frame.columns.tolist() == ["u", "year", "x"]

    def test_cells_in_percent_format_are_read_as_they_show(self, tmp_path: Path) -> None:
        def style(page: Any) -> None:
            for row in (2, 3):
                page[f"C{row}"].number_format = "0.0%"

        path = sheet(tmp_path / "p.xlsx", ["u", "year", "tap"], ["a", 2020, 0.852], ["b", 2020, 0.07], then=style)
        panel = read_panel(path, unit="u", period="year")
        assert panel.frame["tap"].tolist() == [85.2, 7.0]
        assert any("percent format" in note.text.en for note in panel.notes)

    @pytest.mark.parametrize("shown", ["000000", "000000_ ", "000000;-000000"])
    def test_codes_stored_as_numbers_keep_the_zeros_their_format_shows(self, tmp_path: Path, shown: str) -> None:
        def style(page: Any) -> None:
            for row in (2, 3):
                page[f"A{row}"].number_format = shown

        path = sheet(tmp_path / "p.xlsx", ["u", "year", "x"], [10101, 2020, 1], [520201, 2020, 2], then=style)
        panel = read_panel(path, unit="u", period="year")
        assert panel.units == ("010101", "520201")
        assert "1 number(s) read with the leading zeros their cell format shows: A2" in [note.text.en for note in panel.notes]

    def test_short_codes_without_such_a_format_are_doubted(self, tmp_path: Path) -> None:
        path = sheet(tmp_path / "p.xlsx", ["u", "year", "x"], [10101, 2020, 1], [10102, 2020, 2])
        doubts = [note for note in read_panel(path, unit="u", period="year").notes if note.kind == "caution"]
        assert "may have lost a leading zero: 10101, 10102; A2, A3" in doubts[0].text.en

    @pytest.mark.parametrize("codes", [("01001", "13001"), ("110101", "520201"), ("1", "2"), ("甲县", "乙县")])
    def test_other_codes_are_not_doubted(self, tmp_path: Path, codes: tuple[str, str]) -> None:
        path = write(tmp_path / "p.csv", "u,year,x\n" + "".join(f"{code},2020,1\n" for code in codes))
        assert read_panel(path, unit="u", period="year").notes == ()

    def test_a_column_below_a_merged_header_is_known_by_its_own_name(self, tmp_path: Path) -> None:
        path = sheet(
            tmp_path / "p.xlsx",
            ["地区", None, None, "指标", None],
            ["code", "province", "year", "tap", "beds"],
            ["010101", "甲省", 2020, 85, 3],
            merge=("A1:C1", "D1:E1"),
        )
        panel = read_panel(path, unit="code", period="year", groups=("province",), columns={"tap": "G10"})
        assert panel.frame.columns.tolist() == ["G10", "指标/beds"]
        assert panel.groups.columns.tolist() == ["province"]

    def test_a_name_below_two_merged_headers_is_refused_in_one_message(self, tmp_path: Path) -> None:
        path = sheet(
            tmp_path / "p.xlsx",
            ["code", "year", "城镇", None, "农村", None],
            [None, None, "tap", "beds", "tap", "beds"],
            ["010101", 2020, 85, 3, 70, 2],
            merge=("A1:A2", "B1:B2", "C1:D1", "E1:F1"),
        )
        layout = Layout(unit="code", period="year", wanted=("tap", "beds"))
        with pytest.raises(DataError) as caught:
            read_as(path, layout)
        assert str(caught.value) == (
            "p.xlsx › 县域: below a merged header, more than one column is called 'tap' (城镇/tap, 农村/tap), "
            "'beds' (城镇/beds, 农村/beds). To do: write the whole name, or say under 'columns' which of them holds it "
            "[ambiguous_column]."
        )
        panel = read_as(path, replace(layout, columns={"城镇/tap": "tap", "农村/beds": "beds"}))
        assert panel.frame.loc[("010101", 2020), ["tap", "beds"]].tolist() == [85, 2]

    def test_errors_and_formulas_without_a_result_are_named(self, tmp_path: Path) -> None:
        def spoil(page: Any) -> None:
            page["C2"], page["C2"].data_type = "#DIV/0!", "e"
            page["C3"] = "=1+1"

        path = sheet(tmp_path / "p.xlsx", ["u", "year", "x"], ["a", 2020, 1], ["b", 2020, 1], then=spoil)
        with pytest.raises(DataError) as caught:
            read_table(path)
        assert "cells hold a formula error: C2 (#DIV/0!)" in str(caught.value)
        assert "formulas without a stored result: C3" in str(caught.value)
        assert "p.xlsx › 县域" in str(caught.value)

    def test_a_formula_with_its_result_is_a_number(self, tmp_path: Path) -> None:
        import xlsxwriter

        with xlsxwriter.Workbook(str(tmp_path / "p.xlsx")) as book:
            page = book.add_worksheet()
            for at, row in enumerate([["u", "year", "x"], ["a", 2020, 1]]):
                page.write_row(at, 0, row)
            page.write_formula("C2", "=1+1", value=2)
        assert read_panel(tmp_path / "p.xlsx", unit="u", period="year").frame["x"].tolist() == [2]

    def test_blank_and_repeated_names_are_named_together(self, tmp_path: Path) -> None:
        path = sheet(tmp_path / "p.xlsx", ["u", "year", "x", None, "x"], ["a", 2020, 1, 2, 3])
        with pytest.raises(DataError) as caught:
            read_table(path)
        assert "columns hold data and have no name: D" in str(caught.value)
        assert "the column name 'x' stands 2 times: C, E" in str(caught.value)

    def test_the_first_visible_sheet_is_read_and_the_others_are_named(self, tmp_path: Path) -> None:
        def more(page: Any) -> None:
            page.parent.create_sheet("说明").append(["x"])

        path = sheet(tmp_path / "p.xlsx", ["u", "year", "x"], ["a", 2020, 1], then=more)
        assert any("not read: 说明" in note.text.en for note in read_table(path).notes)
        assert "did you mean '县域'?" in refused(path, unit="u", period="year", sheet="县城域")

    def test_a_bomb_and_a_document_type_are_refused(self, tmp_path: Path) -> None:
        path = sheet(tmp_path / "p.xlsx", ["u", "year"], ["a", 2020])
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/media/zero.bin", bytes(2**26))
        assert "unpacks to more than is safe" in refused(path, unit="u", period="year")
        path = sheet(tmp_path / "q.xlsx", ["u", "year"], ["a", 2020])
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("xl/more.xml", '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
        assert "document type" in refused(path, unit="u", period="year")

    def test_a_stray_cell_far_away_does_not_fill_the_memory(self, tmp_path: Path) -> None:
        def stray(page: Any) -> None:
            page["XFD1048576"] = 1

        path = sheet(tmp_path / "p.xlsx", ["u", "year", "x"], ["a", 2020, 1], then=stray)
        assert "spans too many cells" in refused(path, unit="u", period="year")


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "data", "words"),
        [
            ("p.csv", b"", "the file is empty"),
            ("p.csv", b"\n\n", "the file is empty"),
            ("p.csv", b"code,year,x\n", "holds a header and no rows yet. To do: fill in one row a unit and year."),
            ("p.csv", b"\xff\xfe\xff\xff\x81", "not text in UTF-8 or GB18030"),
            ("p.csv", b"PK\x03\x04abc", "not text"),
            ("p.csv", b"u,year,x\na,2020,1\na,2021,1,2\n", "columns hold data and have no name: D"),
            ("p.csv", b"u,year,x\n" + b"a,2020,1\n" * 99 + b"a,2021,1,2\n", "the same number of cells; found 4 cells where"),
            ("p.xlsx", b"u,year\n", "not a readable .xlsx"),
            ("p.xlsx", b"\xd0\xcf\x11\xe0rest", "old .xls"),
            ("p.parquet", b"nothing", "not a readable Parquet"),
            ("p.dta", b"nothing", "not a readable Stata"),
            ("p.csv.gz", b"nothing", "not readable gzip"),
            ("p.pdf", b"nothing", "files ending in '.pdf' are not read"),
            ("p", b"nothing", "files without an ending are not read"),
            ("p.csv", "县,2019,2020\n甲,1,2\n乙,3,4\n".encode(), "years as columns must first be made long"),
        ],
    )  # fmt: skip
    def test_files_that_are_none(self, tmp_path: Path, name: str, data: bytes, words: str) -> None:
        (tmp_path / name).write_bytes(data)
        assert words in refused(tmp_path / name, unit="u", period="year")

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize(("above", "header", "row"), [("", None, 4), ("一张表\n\n", 3, 6), ("# 说明\n# 来源\n", None, 6)])
    def test_a_quotation_mark_that_nothing_closes_is_told_with_the_row_a_text_editor_shows(
        self, tmp_path: Path, end: str, above: str, header: int | None, row: int
    ) -> None:
        text = f'{above}u,year,x\na,2020,1\nb,2020,"2""\n"\nc,2020,"3\nd,2020,4\n'
        (tmp_path / "p.csv").write_bytes(text.replace("\n", end).encode())
        with pytest.raises(DataError) as wrong:
            read_table(tmp_path / "p.csv", header=header)
        told = "a quotation mark opens a cell and is never closed. To do: close it, or take it out."
        assert str(wrong.value) == f"p.csv, row {row + 1}: {told}"

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_a_line_that_is_too_long_is_told_with_the_row_a_text_editor_shows(self, tmp_path: Path, end: str) -> None:
        text = 'u,year,x\n"a\nb",2020,1\n' + "a,2021,1\n" * 99 + "a,2022,1,2\n"
        (tmp_path / "p.csv").write_bytes(text.replace("\n", end).encode())
        assert "p.csv, row 103: the lines do not have the same number of cells; found 4 cells where there should be 3" in refused(
            tmp_path / "p.csv", unit="u", period="year"
        )

    def test_a_cell_that_is_longer_than_the_machine_takes_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "p.csv").write_text(f'u,year,x\na,2020,"{"1" * 200_000}\nb,2020,2\n', encoding="utf-8")
        assert "p.csv, row 2: a quotation mark opens" in refused(tmp_path / "p.csv", unit="u", period="year")
        (tmp_path / "p.csv").write_text(f"u,year,x\na,2020,{'1' * 200_000}\nb,2020,2\n", encoding="utf-8")
        assert "p.csv: a cell is longer than any of a table" in refused(tmp_path / "p.csv", unit="u", period="year")

    @pytest.mark.parametrize("header", [0, -1, True])
    def test_rows_of_the_header_are_counted_from_1(self, tmp_path: Path, header: int) -> None:
        write(tmp_path / "p.csv", PLAIN)
        with pytest.raises(SpecError, match=r"whole number from 1 on; found .* the first row of the file is 1, not 0"):
            read_table(tmp_path / "p.csv", header=header)
        with pytest.raises(DataError, match=r"p.csv: the table has no row 6 for a header; found 5 rows"):
            read_table(tmp_path / "p.csv", header=6)

    def test_a_missing_file_hints_at_its_neighbor_and_a_folder_is_no_file(self, tmp_path: Path) -> None:
        write(tmp_path / "counties.csv", PLAIN)
        assert "did you mean 'counties.csv'?" in refused(tmp_path / "countys.csv", unit="u", period="year")
        assert "this is a folder" in refused(tmp_path, unit="u", period="year")

    def test_an_empty_sheet(self, tmp_path: Path) -> None:
        assert "sheet '县域' is empty" in refused(sheet(tmp_path / "p.xlsx"), unit="u", period="year")

    def test_every_unreadable_cell_is_in_one_message_by_its_address(self, tmp_path: Path) -> None:
        path = sheet(
            tmp_path / "p.xlsx",
            ["u", "year", "x", "y"],
            ["a", 2020, "约300", 1],
            ["b", 2020, 5, "2016-05-01"],
            ["c", 2020, "1.234,5", 2],
        )
        said = refused(path, unit="u", period="year")
        assert "2 problems" in said
        assert "'x' holds 2 cell(s) that are not numbers: C2, C4; found '约300', '1.234,5'" in said
        assert "'y' holds 1 cell(s) that are not numbers: D3; found '2016-05-01'" in said
        assert "list the marks of missing values under 'missing'" in said
        assert "约300" not in str(read_panel(path, unit="u", period="year", missing=("约300", "1.234,5", "2016-05-01")).frame)

    def test_the_first_twenty_places_are_shown_and_the_rest_counted(self, tmp_path: Path) -> None:
        rows = "".join(f"u{i},2020,约{i}\n" for i in range(30)) + "v,2020,1\n"
        said = refused(write(tmp_path / "p.csv", "u,year,x\n" + rows), unit="u", period="year")
        assert "row 21, … (+10)" in said
        assert "row 22" not in said

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ("a,2020,5万元\nb,2020,3000元\n", "carry different units: 万元 × 1, 元 × 1"),
            ("a,2020,85%\nb,2020,0.72\n", "carry different units: % × 1, — × 1"),
            ("a,2020,1\na,2020,2\n", "have several rows (with different figures): a 2020 (rows 2, 3)"),
            ("a,2020,1\na,2020,1\n", "have several rows (identical): a 2020 (rows 2, 3)"),
            ("010101,2020,1\n10102,2020,2\n", "as if a leading zero was lost: 10102; row 3"),
            ("a,十三五,1\nb,2020,2\n", "1 value(s) that are not a year: row 2; found '十三五'"),
            (",2020,1\nb,2020,2\n", "lack a unit or a period: row 2"),
        ],
    )
    def test_what_keeps_a_file_from_being_a_panel(self, tmp_path: Path, rows: str, words: str) -> None:
        assert words in refused(write(tmp_path / "p.csv", "u,year,x\n" + rows), unit="u", period="year")

    def test_a_unit_of_another_size_than_bare_figures_is_let_pass_and_noted(self, tmp_path: Path) -> None:
        panel = read_panel(write(tmp_path / "p.csv", "u,year,x\na,2020,1200元\nb,2020,1300\n"), unit="u", period="year")
        assert panel.frame["x"].tolist() == [1200, 1300]
        assert any("units taken out of cells: x 1" in note.text.en for note in panel.notes)

    def test_a_column_that_is_not_there(self, tmp_path: Path) -> None:
        path = write(tmp_path / "p.csv", PLAIN)
        assert "there is no column 'codes' (did you mean 'code'?). To do: add it" in refused(path, unit="codes", period="year")
        with pytest.raises(DataError, match="codes"):
            read_table(path, text=("codes",))

    def test_a_group_that_changes(self, tmp_path: Path) -> None:
        path = write(tmp_path / "p.csv", "u,year,g,x\na,2020,甲,1\na,2021,乙,2\n")
        assert "1 unit(s) change their 'g' over the periods: a" in refused(path, unit="u", period="year", groups=("g",))

    def test_nobodys_number_is_printed(self, tmp_path: Path) -> None:
        person, phone = "110101199003071234", "13812345678"
        rows = f"a,2020,{person}X,{person},{phone}\nb,2020,1,110101199103071234,13912345678\n"
        said = refused(write(tmp_path / "p.csv", "u,year,x,身份证号,联系电话\n" + rows), unit="u", period="year")
        assert "looks like identity or telephone numbers" in said
        assert person not in said
        assert phone not in said
        assert "'x' holds 1 cell(s)" in said


def test_a_raw_table_tells_where_a_cell_stands(tmp_path: Path) -> None:
    path = sheet(tmp_path / "p.xlsx", ["表"], ["u", "year", "x"], ["a", 2020, 1.5], merge=("A1:C1",))
    table = read_table(path, text=("u",))
    assert isinstance(table, RawTable)
    assert table.where("x", [0]) == "C3"
    assert table.letters == {"u": "A", "year": "B", "x": "C"}
    assert table.sheet == "县域"
    assert table.frame["x"].dtype == np.float64


@pytest.mark.skipif("EVALKIT_DATA" not in os.environ, reason="EVALKIT_DATA does not say where the real panels are")
@pytest.mark.parametrize(
    ("name", "unit", "period", "shape"),
    [
        ("wdi_developing_panel_2005_2022.csv", "Country Code", "Year", (1458, 35)),
        ("vn_gso_province_panel_2005_2016.csv", "province", "year", (756, 31)),
        ("cn_province_agri_inputs_2010_2023.csv", "province", "year", (434, 47)),
    ],
)
def test_real_panels_come_in_whole(name: str, unit: str, period: str, shape: tuple[int, int]) -> None:
    path = Path(os.environ["EVALKIT_DATA"]) / "real" / name
    panel = read_panel(path, unit=unit, period=period)
    assert panel.frame.shape == shape
    raw = pd.read_csv(path).set_index([unit, period]).sort_index()
    assert np.array_equal(panel.frame.to_numpy(), raw[panel.frame.columns].to_numpy(np.float64), equal_nan=True)
