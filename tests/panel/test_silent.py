"""What a reader would take for a figure without a word: lengths of time, codes of no answer, what is hidden, parts of persons."""

import base64
import struct
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from evalkit.errors import DataError
from evalkit.panel.audit import audit_file
from evalkit.panel.formats.arrow import durations
from evalkit.panel.formats.plain import parquet_batches, parquet_columns
from evalkit.panel.formats.stata import no_answer
from evalkit.panel.layout import Layout
from evalkit.panel.read import open_table, read_as, read_panel

NONE = (
    *("不知道", "拒绝回答", "-8 不适用", "[99] 不清楚", "不知道/拒答", "无回答", "系统缺失", "情况不适用", "无法判断"),
    *("Don't know", "DON’T KNOW", "DK", "refused", "Refused to answer", "n/a", "not applicable", "99. Don't know or refused"),
    *("-1: missing", ".a refused", "no answer"),
)
HOMES = Layout(unit="home", period="year", waves=True, members="persons", columns={"hhsize": "persons"})


def arrow(path: Path, **columns: pa.Array) -> Path:
    pq.write_table(pa.table({"county": ["a", "b"], "year": [2020, 2020], "roads": [1.5, 2.5], **columns}), path)
    return path


def schema(path: Path) -> bytes:
    with duckdb.connect() as engine:
        asked = "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'ARROW:schema'"
        return bytes(engine.execute(asked, [str(path)]).fetchall()[0][0])


def stata(path: Path, income: list[float], labels: dict[int, str], letters: dict[float, int] | None = None) -> Path:
    """A panel of incomes with labels; a figure in `letters` is written as the missing value .a (1), .b (2), …"""
    frame = pd.DataFrame({"county": [f"c{at}" for at in range(len(income))], "year": 2020, "income": income})
    frame.to_stata(path, write_index=False, version=118, value_labels={"income": labels})
    data = path.read_bytes()
    for figure, letter in (letters or {}).items():
        assert data.count(struct.pack("<d", figure)) == 1
        data = data.replace(struct.pack("<d", figure), struct.pack("<Q", 0x7FE0000000000000 + (letter << 40)))
    path.write_bytes(data)
    return path


def book(path: Path, *hidden: tuple[str, int | str]) -> Path:
    """A sheet of four rows and three columns, with some hidden."""
    made = openpyxl.Workbook()
    page = made.active
    for row in (["county", "year", "roads"], ["a", 2020, 1.5], ["b", 2020, 2.5], ["c", 2020, 3.5]):
        page.append(row)
    for kind, at in hidden:
        (page.row_dimensions if kind == "row" else page.column_dimensions)[at].hidden = True
    made.save(path)
    return path


class TestLengthsOfTime:
    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    def test_the_schema_beside_whole_numbers_tells_them(self, tmp_path, unit):
        lengths = {"时长": pa.array([3, None], pa.duration(unit)), "days": pa.array([1, 2], pa.int64())}
        path = arrow(tmp_path / "p.parquet", **lengths)
        assert durations(schema(path)) == {"时长": unit}
        assert parquet_columns(path)["时长"] == f"DURATION({unit})"
        assert parquet_columns(path)["days"] == "BIGINT"
        (batch,) = parquet_batches(path, ["时长", "days"])
        assert batch["时长"].fillna("").tolist() == [f"a length of time: 3 {unit}", ""]
        assert batch["days"].tolist() == [1, 2]

    def test_a_schema_that_is_damaged_anywhere_tells_of_none_or_the_same(self, tmp_path):
        whole = schema(arrow(tmp_path / "p.parquet", spell=pa.array([3, 4], pa.duration("ns"))))
        for end in range(0, len(whole), 4):
            assert durations(whole[:end]) in ({}, {"spell": "ns"})
        assert durations(b"not base64!") == {}

    def test_a_schema_without_columns_tells_of_none(self, tmp_path):
        bare = base64.b64encode(struct.pack("<IIiHH", 0, 4, -4, 4, 4)).decode()  # a table of FlatBuffers without a part
        with duckdb.connect() as engine:
            made = (
                f"SELECT 3::BIGINT AS spell) TO '{tmp_path}/p.parquet' (FORMAT parquet, KV_METADATA {{'ARROW:schema': '{bare}'}})"
            )
            engine.execute(f"COPY ({made}")
        assert schema(tmp_path / "p.parquet") == bare.encode()
        assert parquet_columns(tmp_path / "p.parquet") == {"spell": "BIGINT"}

    def test_an_indicator_that_is_one_is_refused_with_what_to_do(self, tmp_path):
        path = arrow(tmp_path / "p.parquet", spell=pa.array([86400 * 10**9, 3], pa.duration("ns")))
        with pytest.raises(DataError) as caught:
            read_as(path, Layout(unit="county", period="year", wanted=("spell",)))
        said = str(caught.value)
        assert "'spell' holds 2 cell(s) that are not numbers: row 1, row 2" in said
        assert "'a length of time: 86400000000000 ns'" in said
        assert "as a number of one unit" in said
        assert "[unreadable_cell]" in said

    def test_one_that_no_one_asks_for_is_left_out_and_told(self, tmp_path):
        path = arrow(tmp_path / "p.parquet", spell=pa.array([2**62, 2**62 + 1], pa.duration("ns")))
        panel = read_panel(path, unit="county", period="year")
        assert list(panel.frame.columns) == ["roads"]
        assert any("'spell' is text and is not taken as figures" in note.text.en for note in panel.notes)


def test_codes_of_eighteen_digits_in_parquet_keep_them(tmp_path):
    path = tmp_path / "p.parquet"
    codes = [530111001590336001, 530111001590336002]
    pd.DataFrame({"home": codes, "year": 2020, "roads": [1.5, 2.5]}).to_parquet(path, index=False)
    assert open_table(path, text=("home",)).frame["home"].tolist() == [str(code) for code in codes]


class TestNoAnswer:
    @pytest.mark.parametrize("label", NONE)
    def test_labels_that_say_so(self, label):
        assert no_answer(label)

    @pytest.mark.parametrize(
        "label",
        [
            "无",
            "没有",
            "none",
            "没有收入",
            "12 and more",
            "other",
            "拒绝搬迁",
            "refused work",
            "no",
            "0",
            "99",
            "不知道的人数",
            "",
        ],
    )
    def test_labels_that_say_something(self, label):
        assert not no_answer(label)

    def test_such_codes_are_missing_and_counted_by_label_in_both_languages(self, tmp_path):
        labels = {-8: "不适用", 99: "don't know", 2**31 - 26: "拒答", 2**31 - 25: "dk"}
        income = [-8, 99, 99, 5000, 99.5, 777.125, 778.125]
        path = stata(tmp_path / "p.dta", income, labels, {777.125: 1, 778.125: 2})
        panel = read_panel(path, unit="county", period="year")
        assert panel.frame["income"].fillna(0).tolist() == [0, 0, 0, 5000, 99.5, 0, 0]
        counts = "income 5 (-8 = '不适用' × 1, 99 = 'don't know' × 2, .a = '拒答' × 1, .b = 'dk' × 1)"
        assert [note.text.en for note in panel.notes] == [f"markers read as missing: {counts}"]
        assert [note.text.zh for note in panel.notes] == [f"缺失标记按缺失读入：{counts}"]
        (told,) = open_table(path).findings
        assert (told.rule, told.count, told.where) == ("missing_marker", 5, "row 1, row 2, row 3, row 6, row 7")

    def test_a_missing_value_without_a_label_is_a_gap_like_any_other(self, tmp_path):
        path = stata(tmp_path / "p.dta", [777.125, 5000], {99: "refused"}, {777.125: 3})
        table = open_table(path)
        assert table.frame["income"].fillna(0).tolist() == [0, 5000]
        assert table.findings == ()

    def test_words_for_a_few_of_many_figures_are_told(self, tmp_path):
        path = stata(tmp_path / "p.dta", [*np.arange(30) * 100.0, 9999.0], {9999: "ten thousand and more"})
        (told,) = open_table(path).findings
        assert (told.rule, told.severity, told.where) == ("encoded_figures", "notice", "row 31")
        assert told.found == "9999 = 'ten thousand and more'"

    @pytest.mark.parametrize(
        ("labels", "found", "row"),
        [
            ({1: "1", 2: "2", 3: "3", 4: "4", 5: "5", 6: "7"}, "6 = '7'", "row 6"),
            ({1: "1", 2: "2", 3: "3", 4: "30"}, "4 = '30'", "row 4"),
            ({1: "1", 2: "2", 3: "3", 4: "30", 9: "不知道"}, "4 = '30'", "row 4"),
        ],
    )
    def test_one_label_that_is_another_number_than_its_code_shows_that_all_are_the_figures(self, tmp_path, labels, found, row):
        path = stata(tmp_path / "p.dta", [1.0, 2, 3, 4, 5, 6], labels)
        with pytest.raises(DataError, match="that have a label and may only number it") as refused:
            read_panel(path, unit="county", period="year")
        assert f"({found}): {row}" in refused.value.what
        assert "encoded_figures" in refused.value.do

    def test_a_column_that_is_left_out_refuses_nothing(self, tmp_path):
        path = stata(tmp_path / "p.dta", [1.0, 2, 3], {1: "1", 2: "2", 3: "30"})
        assert read_panel(path, unit="county", period="year", columns={"income": ""}).frame.columns.tolist() == []

    def test_one_among_labels_that_are_words_is_told(self, tmp_path):
        path = stata(tmp_path / "p.dta", [1.0, 2, 3, 9], {1: "yes", 2: "no", 3: "both", 9: "99"})
        (told,) = open_table(path).findings
        assert (told.rule, told.severity, told.found) == ("encoded_figures", "notice", "9 = '99'")

    @pytest.mark.parametrize("income", [[1.0, 2, 2], [1.0, 2, np.nan]])
    def test_one_that_no_cell_holds_is_not(self, tmp_path, income):
        assert open_table(stata(tmp_path / "p.dta", income, {1: "1", 2: "2", 6: "7"})).findings == ()

    def test_words_for_every_value_are_a_scale_and_not_told(self, tmp_path):
        path = stata(tmp_path / "p.dta", [1.0, 2, 1, 2], {1: "yes", 2: "no"})
        assert open_table(path).findings == ()


class TestHidden:
    def test_rows_and_columns_are_told_apart(self, tmp_path):
        findings = open_table(book(tmp_path / "p.xlsx", ("row", 3), ("row", 4), ("column", "C"))).findings
        assert [(item.rule, item.count, item.where) for item in findings] == [("hidden_rows", 2, "3, 4"), ("hidden_rows", 1, "C")]
        assert findings[0].message.zh == "2 行被隐藏或筛选掉，仍已读入：3, 4"
        assert findings[1].message.en == "1 column(s) hidden or filtered out, and read all the same: C"

    def test_what_is_hidden_beyond_the_table_is_not(self, tmp_path):
        assert open_table(book(tmp_path / "p.xlsx", ("row", 9), ("column", "F"))).findings == ()


class TestPoints:
    def test_one_other_point_shows_that_points_are_decimal(self, tmp_path):
        (tmp_path / "p.csv").write_text("county;year;roads\na;2020;1.234\nb;2020;2.5\n")
        assert read_panel(tmp_path / "p.csv", unit="county", period="year").frame["roads"].tolist() == [1.234, 2.5]

    def test_between_commas_they_are_decimal(self, tmp_path):
        (tmp_path / "p.csv").write_text("county,year,roads\na,2020,1.234\nb,2020,2.345\n")
        assert read_panel(tmp_path / "p.csv", unit="county", period="year").frame["roads"].tolist() == [1.234, 2.345]


def test_powers_that_lose_no_digit_are_not_told(tmp_path):
    (tmp_path / "p.csv").write_text("county,year,roads\na,2020,1.2345E+04\nb,2020,1e5\nc,2020,1.5E-03\n")
    panel = read_panel(tmp_path / "p.csv", unit="county", period="year")
    assert panel.frame["roads"].tolist() == [12345, 100000, 0.0015]
    assert panel.notes == ()


class TestMembers:
    def test_parts_of_persons_and_none_are_refused_with_place_and_value(self, tmp_path):
        (tmp_path / "h.csv").write_text("home,year,hhsize\na,1,3.5\nb,1,0\nc,1,4\nd,1,-2\ne,1,\n")
        with pytest.raises(DataError) as caught:
            read_as(tmp_path / "h.csv", HOMES)
        said = str(caught.value)
        assert "'persons' has 3 value(s) that are no number of members, a whole number from 1: row 2, row 3, row 5" in said
        assert "such as 3.5, 0, -2" in said
        assert "check and correct them" in said
        assert "[member_count]" in said
        assert "不是人口数（不小于 1 的整数）" in caught.value.zh

    def test_whole_numbers_and_gaps_pass(self, tmp_path):
        (tmp_path / "h.csv").write_text("home,year,hhsize\na,1,3\nb,1,1.0\nc,1,\n")
        assert read_as(tmp_path / "h.csv", HOMES).frame["persons"].fillna(0).tolist() == [3, 1, 0]

    def test_a_mean_of_a_place_may_be_a_fraction(self, tmp_path):
        (tmp_path / "p.csv").write_text("county,year,persons\na,2020,3.5\nb,2020,2.9\n")
        assert read_panel(tmp_path / "p.csv", unit="county", period="year").frame["persons"].tolist() == [3.5, 2.9]


@pytest.mark.parametrize("mode", ["manual", "auto"])
def test_results_that_nobody_renewed_are_told(tmp_path, mode):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate([["county", "year", "income"], ["a", 2020, 5100], ["b", 2020, 4900]]):
            sheet.write_row(row, 0, cells)
        sheet.write_formula("C3", "=C2-200", value=4900)
        book.set_calc_mode(mode)
    found = audit_file(tmp_path / "a.xlsx", unit="county", period="year").frame
    told = found[found["rule"] == "manual_calculation"]
    assert told[["severity", "count"]].to_numpy().tolist() == ([["notice", 1]] if mode == "manual" else [])
    assert told["message_en"].str.contains("may be old").all()
