"""What readers must not take for a figure, and what they must not refuse: formulas, addresses, quotation marks, labels."""

import time
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from evalkit.errors import DataError
from evalkit.identifiers import direct_identifier, masked
from evalkit.monitor.engine.duck import DuckDB
from evalkit.panel.cells import read_cell, read_numbers
from evalkit.panel.formats.addresses import addressed
from evalkit.panel.formats.plain import parquet_batches, parquet_columns
from evalkit.panel.formats.sheet_scan import lost
from evalkit.panel.read import open_table, read_panel

COUNTIES = {"code": ["a", "b", "c"], "year": [2020, 2020, 2020], "roads": [1.5, 2.5, 3.5]}


def rules(path: Path) -> list[tuple[str, str]]:
    return [(item.rule, item.where) for item in open_table(path).findings]


def roads(path: Path) -> list[float]:
    return read_panel(path, unit="code", period="year").frame["roads"].tolist()


class TestFormulasThatNobodyCalculated:
    def book(self, path: Path, *values: object) -> Path:
        with xlsxwriter.Workbook(str(path)) as made:
            page = made.add_worksheet()
            page.write_row(0, 0, ["code", "year", "roads", "beds"])
            for row, value in enumerate(values, start=1):
                page.write_row(row, 0, ["abc"[row - 1], 2020, 0, row])
                page.write_formula(row, 2, f"=D{row + 1}/2", value=value)
        return path

    def test_a_book_of_a_program_that_cannot_calculate_is_refused(self, tmp_path):
        assert rules(self.book(tmp_path / "p.xlsx", 0, 0, 0)) == [("formula_without_value", "C2, C3, C4")]

    @pytest.mark.parametrize("values", [(0.5, 1, 1.5), (0, 1, 0)])
    def test_results_that_it_was_given_are_read_zeros_among_them(self, tmp_path, values):
        path = self.book(tmp_path / "p.xlsx", *values)
        assert rules(path) == []
        assert roads(path) == list(values)

    def test_zeros_of_a_book_that_was_calculated_are_results(self):
        assert lost(b'<c r="A1"><f>B1</f><v>0</v></c>') == ()
        assert [item.where for item in lost(b'<c r="A1"><f>B1</f><v>0.0</v></c>', due=True)] == ["A1"]

    def test_an_empty_text_is_a_result_and_none_at_all_is_not(self):
        assert lost(b'<c r="A1" t="str"><f>B1</f><v></v></c><c r="B1" t="str"><f>B1</f><v>x</v></c>') == ()
        assert [item.where for item in lost(b'<c r="A1" t="str"><f>B1</f></c>')] == ["A1"]
        assert [item.where for item in lost(b'<!-- --><c r="A1" t="str"><f>B1</f></c>')] == ["A1"]


class TestAddresses:
    def test_a_sheet_that_names_them_all_is_as_it_was(self):
        plain = b'<row r="1" ht="3"><c r="A1" s="2"/><c s="3" r="AB1"/></row><cols><col min="1" max="2"/></cols>'
        assert addressed(plain) is plain

    def test_they_are_counted_on_from_those_that_are_there(self):
        odd = b'<x:row r="4"><x:c r="b4"/><x:c/><!-- <x:c/> --><x:c t="n"></x:c></x:row><x:row/><x:row ><x:c/></x:row>'
        told = b'<x:row r="4"><x:c r="B4"/><x:c r="C4"/><!-- <x:c/> --><x:c r="D4" t="n"></x:c></x:row><x:row r="5"/>'
        assert addressed(odd) == told + b'<x:row r="6"><x:c r="A6"/></x:row>'

    def test_blanks_about_the_sign_are_taken_out_of_columns_too(self):
        assert addressed(b"<col min = '2' max='3' hidden= '1'/>") == b"<col min='2' max='3' hidden='1'/>"


class TestQuotationMarks:
    @pytest.mark.parametrize(
        "cell", ['"a\nb"', '"a, b\nc"', '"one, two, three\nfour, five, six\nseven"', '"he said ""no"",\nand went"']
    )
    def test_remarks_over_several_lines_are_cells(self, tmp_path, cell):
        path = tmp_path / "p.csv"
        path.write_text(f"code,year,roads,note,more\na,2020,1.5,{cell},x\nb,2020,2.5,,\nc,2020,3.5,,\n")
        assert rules(path) == []
        assert roads(path) == [1.5, 2.5, 3.5]

    def test_a_line_that_is_cut_off_below_one_is_told_by_its_row(self, tmp_path):
        (tmp_path / "p.csv").write_text('code,year,note,roads\na,2020,"x,\ny",1.5\nb,2020,"z",2.5\nc,2020,3')
        assert rules(tmp_path / "p.csv") == [("cut_off", "row 5")]

    def test_rows_that_one_takes_into_a_cell_at_the_end_of_a_file(self, tmp_path):
        (tmp_path / "p.csv").write_text('code,year,roads\na,2020,1.5\n"b,2020,2.5\nc",2020,3.5')
        assert rules(tmp_path / "p.csv") == [("swallowed_lines", "row 3")]


class TestCommas:
    @pytest.mark.parametrize(("mark", "name"), [("\t", "p.tsv"), ("\t", "p.csv"), ("|", "p.txt")])
    def test_nothing_tells_what_they_are(self, tmp_path, mark, name):
        (tmp_path / name).write_text("code,year,roads\na,2020,80;500\nb,2020,81;000\n".replace(",", mark).replace(";", ","))
        assert rules(tmp_path / name) == [("comma_of_two_kinds", "row 2, row 3")]

    @pytest.mark.parametrize("other", ["2.5", "1,234,567", "1,234.5"])
    def test_a_point_or_a_second_comma_tells_that_they_part_thousands(self, tmp_path, other):
        (tmp_path / "p.tsv").write_text(f"code\tyear\troads\na\t2020\t80,500\nb\t2020\t{other}\n")
        assert roads(tmp_path / "p.tsv") == [80500, float(other.replace(",", ""))]

    def test_between_commas_they_part_thousands(self, tmp_path):
        (tmp_path / "p.csv").write_text('code,year,roads\na,2020,"80,500"\nb,2020,"81,000"\n')
        assert roads(tmp_path / "p.csv") == [80500, 81000]


class TestParquet:
    def test_what_folders_are_called_is_no_column(self, tmp_path):
        folder = tmp_path / "roads=5" / "year=1999"
        folder.mkdir(parents=True)
        pd.DataFrame(COUNTIES).to_parquet(folder / "p.parquet", index=False)
        panel = read_panel(folder / "p.parquet", unit="code", period="year")
        assert (panel.frame["roads"].tolist(), panel.periods) == ([1.5, 2.5, 3.5], (2020,))
        (batch,) = parquet_batches(folder / "p.parquet", ["roads", "year"])
        assert batch.to_numpy().tolist() == [[1.5, 2020], [2.5, 2020], [3.5, 2020]]
        (tmp_path / "roads=5").chmod(0o700)
        with DuckDB().open([folder]) as engine:
            seen = engine.collect(engine.scan([folder / "p.parquet"], {"code": "word", "year": "integer"}))
        assert seen["year"].tolist() == [2020, 2020, 2020]

    def test_names_that_differ_in_case_alone_are_two_columns(self, tmp_path):
        held = pa.table({**COUNTIES, "Roads": [7.0, 8.0, 9.0]})
        pq.write_table(held, tmp_path / "p.parquet")
        assert list(parquet_columns(tmp_path / "p.parquet")) == ["code", "year", "roads", "Roads"]
        (batch,) = parquet_batches(tmp_path / "p.parquet", ["Roads", "roads"])
        assert batch.to_dict("list") == {"Roads": [7, 8, 9], "roads": [1.5, 2.5, 3.5]}
        panel = read_panel(tmp_path / "p.parquet", unit="code", period="year")
        assert panel.frame[["Roads", "roads"]].to_numpy().tolist() == [[7, 1.5], [8, 2.5], [9, 3.5]]

    def test_a_column_that_stands_twice_is_read_where_another_is_asked_for(self, tmp_path):
        held = pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0]), pa.array([3.0])], names=["a", "b", "a"])
        pq.write_table(held, tmp_path / "p.parquet")
        (batch,) = parquet_batches(tmp_path / "p.parquet", ["b"])
        assert batch.to_dict("list") == {"b": [2]}
        with pytest.raises(DataError, match=r"p\.parquet, column 'a': a column that is asked for stands more than once"):
            list(parquet_batches(tmp_path / "p.parquet", ["a"]))

    def test_lists_and_records_are_words_between_columns(self, tmp_path):
        nested = {"parts": [[1, 2], [], None], "record": [{"a": 1, "b": [2]}] * 3, "beds": [7.0, 8.0, 9.0]}
        pq.write_table(pa.table({**COUNTIES, **nested}), tmp_path / "p.parquet")
        assert list(parquet_columns(tmp_path / "p.parquet")) == [*COUNTIES, *nested]
        panel = read_panel(tmp_path / "p.parquet", unit="code", period="year")
        assert panel.frame["beds"].tolist() == [7, 8, 9]
        assert list(panel.frame.columns) == ["roads", "beds"]

    def test_decimals_of_more_digits_than_can_be_read(self, tmp_path):
        wide = pa.array([Decimal("80.50")] * 3, pa.decimal256(50, 2))
        fine = pa.array([Decimal("80.50")] * 3, pa.decimal128(38, 2))
        pq.write_table(pa.table({**COUNTIES, "wide": wide, "fine": fine}), tmp_path / "p.parquet")
        (batch,) = parquet_batches(tmp_path / "p.parquet", ["fine"])
        assert batch["fine"].astype(float).tolist() == [80.5, 80.5, 80.5]
        for ask in (lambda path: list(parquet_batches(path, ["wide"])), open_table):
            with pytest.raises(DataError, match=r"column 'wide': .* found decimal\(50,2\)"):
                ask(tmp_path / "p.parquet")

    def test_bytes_that_no_one_asks_for_do_not_stand_in_the_way(self, tmp_path):
        shapes = pa.array([b"\xff\x01", b"\xfe", None], pa.binary())
        pq.write_table(pa.table({**COUNTIES, "shape": shapes}), tmp_path / "p.parquet")
        assert roads(tmp_path / "p.parquet") == [1.5, 2.5, 3.5]
        with pytest.raises(DataError, match="bytes that are no text in UTF-8"):
            list(parquet_batches(tmp_path / "p.parquet", ["shape"]))


class TestStata:
    def test_years_in_the_format_of_years_are_years(self, tmp_path):
        frame = pd.DataFrame({**COUNTIES, "year": pd.to_datetime(["2020", "2021", "2022"])})
        frame.to_stata(tmp_path / "p.dta", write_index=False, version=118, convert_dates={"year": "ty"})
        assert read_panel(tmp_path / "p.dta", unit="code", period="year").periods == (2020, 2021, 2022)

    def test_labels_that_two_codes_share_are_no_fault_where_one_of_them_stands(self, tmp_path):
        frame = pd.DataFrame({**COUNTIES, "code": [1, 2, 3]})
        frame.to_stata(tmp_path / "p.dta", write_index=False, version=118, value_labels={"code": {1: "甲", 2: "乙", 9: "甲"}})
        assert read_panel(tmp_path / "p.dta", unit="code", period="year").units == ("3", "乙", "甲")

    @pytest.mark.parametrize("version", [114, 117])
    def test_words_of_old_files_are_read_in_gbk_and_labels_too(self, tmp_path, version):
        words = [word.encode("gbk").decode("latin-1") for word in ("甲县", "乙县", "丙县", "拒绝回答")]
        frame = pd.DataFrame({**COUNTIES, "code": [1, 2, 3], "name": words[:3], "beds": [5, 6, 99]})
        labels = {"code": dict(zip((1, 2, 3), words, strict=False)), "beds": {99: words[3]}}
        frame.to_stata(tmp_path / "p.dta", write_index=False, version=version, value_labels=labels)
        panel = read_panel(tmp_path / "p.dta", unit="code", period="year", name="name")
        assert set(panel.units) == {"甲县", "乙县", "丙县"}
        assert panel.name("甲县").zh == "甲县"
        assert panel.frame["beds"].isna().sum() == 1
        assert any("the file was read as GB18030" in note.text.en for note in panel.notes)

    @pytest.mark.parametrize("version", [114, 118])
    def test_words_of_western_languages_stay(self, tmp_path, version):
        frame = pd.DataFrame({**COUNTIES, "code": ["Café", "Ñandú", "Malmö"]})
        frame.to_stata(tmp_path / "p.dta", write_index=False, version=version)
        panel = read_panel(tmp_path / "p.dta", unit="code", period="year")
        assert set(panel.units) == {"Café", "Ñandú", "Malmö"}
        assert panel.notes == ()


class TestMissingMarks:
    def test_a_share_is_one_only_where_the_sign_is_written(self):
        column = pd.Series(["100", 100.0, "100%", "50%"], dtype=object)
        assert read_numbers(column, ["100%"]).values[[0, 1, 3]].tolist() == [100, 100, 50]
        assert pd.isna(read_numbers(column, ["100%"]).values[2])
        assert read_numbers(pd.Series(["１００％", "100"], dtype=object), ["100 %"]).values[1] == 100

    def test_a_number_is_one_whatever_its_cell(self):
        assert pd.isna(read_numbers(pd.Series(["-99", -99.0, "-99元"], dtype=object), ["-99"]).values).all()


class TestLongTexts:
    @pytest.mark.parametrize("text", ["1" * 50000 + ".0", "a" * 50000, "(" * 50000, "¥" + " " * 50000 + "1", "a@" * 25000])
    def test_they_take_no_long_time(self, text):
        start = time.process_time()
        assert not direct_identifier(text)
        assert masked(text) == text
        assert not read_cell(text).readable
        assert time.process_time() - start < 2

    def test_a_number_of_somebody_is_found_in_them(self):
        assert direct_identifier("x" * 50000 + " 13800138000")
        assert direct_identifier("x" * 50000 + "@example.org")
