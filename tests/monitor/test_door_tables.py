"""Tables as offices make them: merged cells, units above the table, rows of totals, numbers that a spreadsheet cannot hold."""

from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest

from evalkit.errors import SpecError
from evalkit.monitor.door.columns import read_column
from evalkit.monitor.door.door import Door
from evalkit.monitor.door.store import Store
from evalkit.monitor.sources.columns import Column
from evalkit.monitor.sources.sources import Source, State
from evalkit.terms import Text

KEY = b"0123456789abcdef0123456789abcdef"
BILLS = Source(
    id="bills",
    name=Text("结算", "bills"),
    department=Text("医保局", "insurance"),
    file="bills*",
    columns={"household": "户", "event_date": "日期", "amount": "金额"},
    states={"visits": State(kind="integer", column="次数")},
    known_after=5,
    refresh="month",
)
HEAD = ["户", "日期", "金额", "次数"]
ROWS = [["H1", "2024-06-01", 100, 1], ["H2", "2024-06-02", 200, 2], ["H3", "2024-06-03", 300, 3]]


@pytest.fixture
def received(tmp_path):
    """What becomes of a sheet, which may be changed before it is saved."""

    def receive(rows, change=lambda sheet: None, source=BILLS):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        change(book.active)
        (tmp_path / "in").mkdir()
        book.save(tmp_path / "in" / "bills.xlsx")
        return Door(sources=(source,), key=KEY, store=Store(tmp_path / "store"), most=0.5).receive(tmp_path / "in")

    return receive


def stored(told, duck, source=BILLS):
    return duck.collect(told.spec.store.records(duck, source)).sort_values("row")


@pytest.mark.parametrize(("cells", "named"), [("C2:C3", "C3"), ("D3:D4", "D4"), ("B3:C3", "C3")])
def test_a_figure_that_is_merged_over_rows_is_of_none_of_them(received, cells, named):
    told = received([HEAD, *ROWS], lambda sheet: sheet.merge_cells(cells))
    assert told.frame[["status", "rule"]].to_numpy().tolist() == [["refused", "merged_figures"]]
    said = str(told.refusals["bills.xlsx"])
    assert said.startswith("bills.xlsx › Sheet: figures of '") and f"found {named}. To do: unmerge" in said, said


@pytest.mark.parametrize("cells", ["A2:A4", "B2:B4"])
def test_a_home_and_a_day_may_be_merged_over_its_rows(received, duck, cells):
    told = received([HEAD, *ROWS], lambda sheet: sheet.merge_cells(cells))
    rows = stored(told, duck)
    assert rows["amount"].tolist() == [10_000, 20_000, 30_000]
    assert {"A2:A4": rows["household"], "B2:B4": rows["event_date"]}[cells].nunique() == 1


@pytest.mark.parametrize(
    ("line", "unit", "do"),
    [
        ("单位：万元", "yuan", 'write unit = "ten_thousand_yuan"'),
        ("（计量单位：元）", "ten_thousand_yuan", 'write unit = "yuan"'),
        ("单位：元", "fen", 'write unit = "yuan"'),
        ("单位：千元", "yuan", "have amounts delivered in yuan"),
    ],
)
def test_a_line_above_the_table_that_names_another_unit_is_believed(received, line, unit, do):
    told = received([["结算表"], [line], HEAD, *ROWS], source=replace(BILLS, unit=unit))
    assert told.frame[["status", "rule"]].to_numpy().tolist() == [["refused", "unit_contradicts"]]
    assert do in str(told.refusals["bills.xlsx"]), str(told.refusals["bills.xlsx"])


@pytest.mark.parametrize(
    ("line", "head", "unit", "fen"),
    [
        ("单位：元", "金额", "yuan", 10_000),
        ("单位：万元", "金额", "ten_thousand_yuan", 100_000_000),
        ("单位：万元", "金额（元）", "yuan", 10_000),
        ("填报单位：甲县医保局", "金额", "yuan", 10_000),
        ("单位：人、次", "金额", "yuan", 10_000),
    ],
)
def test_a_unit_as_declared_or_of_something_else_is_no_fault(received, duck, line, head, unit, fen):
    source = replace(BILLS, unit=unit, columns={**BILLS.columns, "amount": head})
    told = received([["结算表"], [line], [*HEAD[:2], head, HEAD[3]], *ROWS], source=source)
    assert stored(told, duck, source)["amount"].iloc[0] == fen


def test_the_unit_of_a_table_is_seen_beside_who_fills_it_in(received):
    told = received([["填报单位：甲县医保局"], ["单位：万元"], HEAD, *ROWS])
    assert told.frame["rule"].tolist() == ["unit_contradicts"]


@pytest.mark.parametrize(
    ("head", "do"),
    [
        ("金额（万元）", 'write unit = "ten_thousand_yuan"'),
        ("自付金额(万元)/本月", 'write unit = "ten_thousand_yuan"'),
        ("金额（分）", 'write unit = "fen"'),
        ("金额（千元）", "have amounts delivered in yuan"),
    ],
)
def test_a_column_that_names_another_unit_than_is_declared_is_no_declaration(head, do):
    with pytest.raises(SpecError) as refused:
        replace(BILLS, columns={**BILLS.columns, "amount": head})
    said = str(refused.value)
    assert "'bills' names another unit than is declared" in said and do in said and f"'{head}'" in said
    assert replace(BILLS, columns={**BILLS.columns, "amount": "金额（元/月）"}).unit == "yuan"


@pytest.mark.parametrize("called", ["合计", "合 计", "本页小计", "Total"])
def test_a_row_of_totals_is_no_home(received, duck, called):
    told = received([HEAD, *ROWS, [called, "2024-06-30", 600, 6]])
    assert told.aside[["row", "column", "rule"]].to_numpy().tolist() == [[5, "household", "total_row"]]
    assert stored(told, duck)["amount"].sum() == 60_000


def test_a_key_that_a_spreadsheet_cannot_hold_has_lost_its_last_digit(received):
    told = received([HEAD, *ROWS, [1234567890123450, "2024-06-30", 1, 1], ["1234567890123456", "2024-06-30", 1, 1]])
    assert told.aside[["row", "rule"]].to_numpy().tolist() == [[5, "key_digits"]]


def test_a_figure_in_percent_format_is_no_amount(received, duck):
    told = received([HEAD, *ROWS], lambda sheet: setattr(sheet["C3"], "number_format", "0.00%"))
    assert told.aside[["row", "column", "rule"]].to_numpy().tolist() == [[3, "amount", "amount_unit"]]
    assert stored(told, duck)["amount"].tolist() == [10_000, 30_000]


@pytest.mark.parametrize(
    ("amounts", "fen"),
    [
        (["1.5万元", 1.2], None),
        (["3千元", 2.5, "2元"], None),
        (["1.5万元", 12_000], [1_500_000, 1_200_000]),
        (["1.5万元", "1.2万元"], [1_500_000, 1_200_000]),
        (["1.5元", 1.2], [150, 120]),
        (["150分", 1.2], [150, 120]),
    ],
)
def test_bare_amounts_of_the_size_of_those_in_another_unit_may_be_in_it(received, duck, amounts, fen):
    told = received([HEAD, *([f"H{at}", "2024-06-01", one, 1] for at, one in enumerate(amounts))])
    if fen is None:
        assert told.frame["rule"].tolist() == ["unit_contradicts"]
        assert "bare ones may be in it" in str(told.refusals["bills.xlsx"])
    else:
        assert stored(told, duck)["amount"].tolist() == fen


def test_a_month_that_may_be_the_tenth_is_no_date(received, duck):
    months = [2024.10, "2024.10", 2024.11, "2024年1月", 202410]
    source = replace(BILLS, covers="month")
    told = received([HEAD, *([f"H{at}", one, 1, 1] for at, one in enumerate(months))], source=source)
    assert told.aside[["row", "rule"]].to_numpy().tolist() == [[2, "date_unreadable"]]
    assert stored(told, duck, source)["event_date"].dt.month.tolist() == [10, 11, 1, 10]


def test_keys_in_single_precision_are_refused(tmp_path):
    rows = pd.DataFrame(ROWS, columns=HEAD).assign(户=np.array([123456789, 2, 3], dtype="float32"))
    (tmp_path / "in").mkdir()
    rows.to_parquet(tmp_path / "in" / "bills.parquet")
    told = Door(sources=(BILLS,), key=KEY, store=Store(tmp_path / "store")).receive(tmp_path / "in")
    assert "column '户': keys are stored in single precision" in str(told.refusals["bills.parquet"])


def test_an_infinite_amount_is_set_aside_without_a_warning(tmp_path, recwarn):
    rows = pd.DataFrame(ROWS, columns=HEAD).assign(金额=[np.inf, 2.0, 3.0])
    (tmp_path / "in").mkdir()
    rows.to_parquet(tmp_path / "in" / "bills.parquet")
    told = Door(sources=(BILLS,), key=KEY, store=Store(tmp_path / "store"), most=0.5).receive(tmp_path / "in")
    assert told.aside[["row", "rule"]].to_numpy().tolist() == [[1, "amount_unreadable"]]
    assert not recwarn.list


@pytest.mark.parametrize("truths", [np.array([True, False, True]), pd.array([True, None, False], dtype="boolean")])
def test_true_and_false_are_no_figures(tmp_path, truths):
    rows = pd.DataFrame(ROWS, columns=HEAD)
    for at, given in enumerate(("金额", "次数")):
        (tmp_path / f"{at}").mkdir()
        rows.assign(**{given: truths}).to_parquet(tmp_path / f"{at}" / "bills.parquet")
        store = Store(tmp_path / f"store{at}")
        told = Door(sources=(BILLS,), key=KEY, store=store, most=1).receive(tmp_path / f"{at}")
        assert told.reasons[["rule", "rows"]].to_numpy().tolist() == [
            [("amount_unreadable", "not_whole")[at], int(pd.notna(truths).sum())]
        ]


def test_rows_on_another_sheet_are_not_lost_in_silence(received):
    def two(sheet):
        other = sheet.parent.create_sheet("乙县")
        other.append(HEAD)
        other.append(["H9", "2024-06-09", 900, 9])

    told = received([HEAD, *ROWS], two)
    assert told.frame[["status", "rule"]].to_numpy().tolist() == [["refused", "unreadable"]]
    assert "bills.xlsx, sheet 2: another sheet holds rows of the same columns" in str(told.refusals["bills.xlsx"])


@pytest.mark.parametrize("others", [[], [HEAD], [["代码", "说明"], ["A", "住院"]]])
def test_other_sheets_without_rows_of_the_kind_are_no_fault(received, duck, others):
    def beside(sheet):
        other = sheet.parent.create_sheet("说明")
        for row in others:
            other.append(row)

    assert len(stored(received([HEAD, *ROWS], beside), duck)) == 3


def test_words_of_a_file_go_before_the_usual_ones_and_are_read_as_they_are_meant():
    cells = pd.Series(["否", "是", "无", "y", None], dtype=object)
    other = Column(name="safe", given="不安全", reads="flag", state=State(kind="flag", yes=("否", "无"), no=("是", "有")))
    assert read_column(cells, other, KEY).values.tolist() == [True, False, True, True, pd.NA]
    wide = Column(name="grade", given="等级", reads="word", state=State(kind="word", among=("Ａ级", "B")))
    assert read_column(pd.Series(["A级", "Ａ级", "B "], dtype=object), wide, KEY).values.tolist() == ["Ａ级", "Ａ级", "B"]


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("bills.csv", '户,日期,金额,次数\nH1,2024-06-01,"1,200.5",1\nH2,2024-06-01,2,2\nH3,2024-06-01,12', "cut_off (row 4)"),
        ("bills.tsv", "户\t日期\t金额\t次数\nH1\t2024-06-01\t12,345\t1\nH2\t2024-06-01\t1,500\t2\n", "comma_of_two_kinds"),
        ("bills.csv", "户|日期|金额|次数\nH1|2024-06-01|12,345|1\nH2|2024-06-01|1,500|2\n", "comma_of_two_kinds"),
        (
            "bills.csv",
            '户,日期,金额,次数\nH1,2024-06-01,1,1\nH2,"2024-06-01,2,2\nH3,2024-06-01,3,3\nH4",2024-06-01,4,4\n',
            "swallowed_lines",
        ),
    ],
)
def test_text_files_that_would_be_misread_are_refused(tmp_path, name, text, rule):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_text(text, encoding="utf-8")
    told = Door(sources=(BILLS,), key=KEY, store=Store(tmp_path / "store"), most=1).receive(tmp_path / "in")
    assert told.frame["status"].tolist() == ["refused"]
    assert f"found {rule}" in str(told.refusals[name]), str(told.refusals[name])


def test_what_a_table_loses_is_told_by_rule_and_place(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bills.csv").write_text("户,日期,金额,次数\nH1,2024-06-01,1,1\nH2,2024-06-01,2", encoding="utf-8")
    told = Door(sources=(BILLS,), key=KEY, store=Store(tmp_path / "store")).receive(tmp_path / "in")
    said = str(told.refusals["bills.csv"])
    assert said.endswith("found cut_off (row 3). To do: export or transfer the file again."), said
