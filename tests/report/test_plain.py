"""Cells as printed."""

import numpy as np
import pandas as pd
import pytest

from evalkit.report.document import Table
from evalkit.report.plain import cell, hidden_rows, printed
from evalkit.report.words import Voice
from evalkit.terms import Text


@pytest.mark.parametrize(
    ("value", "options", "expected"),
    [
        (1234.5678, {}, "1,234.568"),
        (-0.0001, {}, "0.000"),
        (-1.5, {"decimals": 1}, "−1.5"),
        (np.float64("nan"), {}, "—"),
        (None, {}, "—"),
        (np.int64(2020), {"year": True}, "2020"),
        (-20200, {}, "−20,200"),
        ("text\x07", {}, "text"),
        (True, {}, "True"),
    ],
)
def test_cells(value, options, expected):
    assert cell(value, **options) == expected


def test_a_table_prints_its_first_rows_and_knows_years_from_counts():
    frame = pd.DataFrame({"year": [2020, 2021, 2022], "people": [2020, 99_999, 1], "score": [0.5, 0.25, 0.125]})
    table = Table(key="t", caption=Text("", ""), frame=frame, show=2, decimals={"score": 2})
    heads, rows, numeric = printed(table)
    assert heads == ["year", "people", "score"]
    assert rows == [["2020", "2,020", "0.50"], ["2021", "99,999", "0.25"]]
    assert numeric == [True, True, True]
    assert hidden_rows(table) == 1


def test_places_show_their_codes_where_these_are_no_names():
    voice = Voice("en", {"520101": Text("甲县", "County A")})
    assert voice.places(pd.Series(["520101"])).to_dict("list") == {"Code": ["520101"], "Place": ["County A"]}
    assert voice.places(pd.Series(["Hanoi"])).to_dict("list") == {"Place": ["Hanoi"]}
