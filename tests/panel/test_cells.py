"""One cell at a time: every way of writing a number that is understood, and every one that is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.panel.cells import MISSING, read_cell, read_codes, read_numbers, read_years

WIDE = str.maketrans("0123456789,.-%", "０１２３４５６７８９，．－％")


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("12", 12, ""),
        (" 12.5 ", 12.5, ""),
        ("-3", -3, ""),
        ("−3", -3, ""),
        ("+3", 3, ""),
        (".5", 0.5, ""),
        ("1.9e+07", 1.9e7, ""),
        ("1,234.5", 1234.5, ""),
        ("1，234", 1234, ""),
        ("1 234 567", 1234567, ""),
        ("1\u00a0234", 1234, ""),
        ("１，２３４．５", 1234.5, ""),
        ("85.2%", 85.2, "%"),
        ("８５．２％", 85.2, "%"),
        ("3.5万元", 3.5, "万元"),
        ("1,200 元", 1200, "元"),
        ("120公斤", 120, "公斤"),
        ("3.2亿立方米", 3.2, "亿立方米"),
        ("12.5元/公斤", 12.5, "元/公斤"),
        ("30 kg", 30, "kg"),
        ("15 ㎡", 15, "m2"),
        ("¥1,200", 1200, "¥"),
        ("-0.3个百分点", -0.3, "个百分点"),
    ],
)
def test_numbers_as_people_write_them(text: str, value: float, unit: str) -> None:
    cell = read_cell(text)
    assert (cell.value, cell.unit, cell.readable) == (value, unit, True)


NO_NUMBERS = """
约300|300左右|300+|12*|(5)|1.234,5|1.234.567|0,85|0,850|12,34|1,2345|12-15|12～15|1 2|1,234 567|TRUE|inf|1_000|0x1A
2016-05-01|2016-05-01 00:00:00|2016/5/1|12:30|3/4|5元5|¥5元|无|三百|12万5
"""


@pytest.mark.parametrize("text", NO_NUMBERS.strip().replace("\n", "|").split("|"))
def test_what_is_not_a_number_is_not_guessed(text: str) -> None:
    assert not read_cell(text).readable


@pytest.mark.parametrize("text", [*sorted(MISSING), "N/A", "NaN", "－", "…", "……", "—", "——", "NULL", "　"])
def test_markers_are_missing(text: str) -> None:
    cell = read_cell(text)
    assert cell.readable
    assert np.isnan(cell.value)


def test_a_users_marker_is_missing_as_a_word_and_as_a_number() -> None:
    column = pd.Series(["缺失", "-999", 3.0, "-999.0"], dtype=object)
    assert read_numbers(column).unreadable.tolist() == [0]
    read = read_numbers(column, missing=("缺失", "-999"))
    assert np.isnan(read.values).tolist() == [True, True, False, True]
    assert read.repairs["missing_marker"].tolist() == [0, 1, 3]
    assert np.isnan(read_numbers(pd.Series([1.0, -999.0]), missing=("-999",)).values[1])


@given(st.floats(-1e12, 1e12), st.sampled_from(["", "%", "元", "万元", " kg"]), st.booleans())
def test_a_number_survives_its_formatting(value: float, unit: str, wide: bool) -> None:
    """Thousands separators, full-width digits and a unit change nothing: the same number to the last bit."""
    printed = f"{value:,.4f}"
    text = printed.translate(WIDE) if wide else printed
    cell = read_cell(text + unit)
    assert cell.value == float(printed.replace(",", ""))
    assert cell.unit == unit.strip()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_plain_numbers_are_read_to_the_last_bit(values: list[float]) -> None:
    column = pd.Series([repr(value) for value in values], dtype=object)
    assert read_numbers(column).values.tolist() == values


@given(st.text(max_size=12))
def test_no_text_breaks_the_reader(text: str) -> None:
    cell = read_cell(text)
    assert cell.readable or np.isnan(cell.value)
    assert not np.isinf(cell.value)


def test_a_column_tells_where_its_units_and_faults_are() -> None:
    read = read_numbers(pd.Series(["1万元", "20000元", None, "约3", "5", 6.0], dtype=object))
    assert {unit: at.tolist() for unit, at in read.units.items()} == {"万元": [0], "元": [1]}
    assert read.unreadable.tolist() == [3]
    assert read.values[[0, 1, 4, 5]].tolist() == [1, 20000, 5, 6]


@pytest.mark.parametrize("text", ["2016", "2016.0", 2016.0, "2016年", "２０１６", "２０１６年度", " 2016 年"])
def test_years_as_people_write_them(text: object) -> None:
    assert read_years(pd.Series([text], dtype=object)).values.tolist() == [2016]


@pytest.mark.parametrize("text", ["2016.5", "2016-12-31", "十三五", "2016-2020", 2016.5, 1e9, "合计"])
def test_what_is_no_year_is_unreadable(text: object) -> None:
    assert read_years(pd.Series([text], dtype=object)).unreadable.tolist() == [0]


def test_a_blank_or_marked_year_is_missing_and_not_unreadable() -> None:
    read = read_years(pd.Series([None, "—", "2016"], dtype=object))
    assert np.isnan(read.values).tolist() == [True, True, False]
    assert not read.unreadable.size


def test_codes_keep_their_zeros_and_lose_the_decimals_a_spreadsheet_gave_them() -> None:
    codes, numeric = read_codes(pd.Series(["010101", 110000.0, "110000.0", "１１００００", " 甲县", None], dtype=object))
    assert codes.tolist()[:5] == ["010101", "110000", "110000", "110000", "甲县"]
    assert codes.isna().tolist()[5]
    assert numeric.tolist() == [1]
