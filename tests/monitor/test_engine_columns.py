"""What is held comes through exactly or is refused, and no message shows a cell."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import DataError, SpecError
from evalkit.monitor.engine.base import COLLECTED
from evalkit.monitor.engine.columns import settled

D = dt.date
WHOLE = st.integers(-(2**63), 2**63 - 1)


def values(column: pd.Series) -> list:
    return [None if pd.isna(value) else value for value in column.tolist()]


@pytest.mark.parametrize(
    ("kind", "given_as", "expected"),
    [
        ("integer", pd.Series([1, 2], dtype="int8"), [1, 2]),
        ("integer", pd.Series([2**63 - 1], dtype="uint64"), [2**63 - 1]),
        ("integer", pd.array([2**62 + 1, None], dtype="Int64"), [2**62 + 1, None]),
        ("integer", [2**62 + 1, None, np.int64(-3)], [2**62 + 1, None, -3]),
        ("integer", pd.Series([1.0, np.nan, -(2.0**52)]), [1, None, -(2**52)]),
        ("integer", pd.Series([5, 5, 7]).astype("category"), [5, 5, 7]),
        ("integer", [None, None], [None, None]),
        ("integer", [], []),
        ("date", pd.to_datetime(["2024-02-29 23:59", None]), [pd.Timestamp(2024, 2, 29), None]),
        ("date", [D(1900, 1, 1), None, pd.Timestamp(2024, 1, 2)], [pd.Timestamp(1900, 1, 1), None, pd.Timestamp(2024, 1, 2)]),
        ("date", [np.nan, np.nan], [None, None]),
        ("word", ["甲", None, ""], ["甲", None, ""]),
        ("word", pd.Series(["a", "b"]).astype("category"), ["a", "b"]),
        ("flag", [True, None, np.False_], [True, None, False]),
        ("flag", pd.array([True, None], dtype="boolean"), [True, None]),
    ],
)
def test_what_pandas_makes_of_a_column_comes_exactly(kind, given_as, expected):
    given_as = pd.Series(given_as, dtype=object) if isinstance(given_as, list) else pd.Series(given_as)
    made = settled(pd.DataFrame({"x": given_as}), {"x": kind})["x"]
    assert str(made.dtype) == COLLECTED[kind]
    assert values(made) == expected


@given(st.lists(st.none() | WHOLE))
def test_every_whole_number_of_64_bits_survives(numbers):
    made = settled(pd.DataFrame({"x": pd.Series(numbers, dtype=object)}), {"x": "integer"})["x"]
    assert values(made) == numbers


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("integer", [1.5, 2.0]),
        ("integer", [2.0**53, 1.0]),
        ("integer", [np.inf]),
        ("integer", ["110101199001011237"]),
        ("integer", [True, False]),
        ("integer", [2**63, 1]),
        ("integer", [1, "x"]),
        ("date", ["2024-01-01"]),
        ("date", [20240101]),
        ("date", pd.to_datetime(["2024-01-01"]).tz_localize("Asia/Shanghai")),
        ("word", [1, 2]),
        ("word", [b"x"]),
        ("word", [True]),
        ("flag", [0, 1]),
        ("flag", ["是"]),
    ],
)
def test_what_is_something_else_is_refused_without_showing_it(kind, cells):
    with pytest.raises(DataError, match="column 'x'") as raised:
        settled(pd.DataFrame({"x": cells}), {"x": kind})
    assert "110101199001011237" not in str(raised.value)


@pytest.mark.parametrize("kinds", [{}, {"a": "float"}, {"a.b": "word"}, {'a"': "word"}, {"": "word"}, {"a": "word", "A": "word"}])
def test_columns_no_engine_could_tell_apart_are_refused(kinds):
    with pytest.raises(SpecError):
        settled(pd.DataFrame({name: ["x"] for name in kinds}), kinds)


def test_an_absent_column_is_named():
    with pytest.raises(DataError, match="did you mean 'amount'"):
        settled(pd.DataFrame({"amount": [1]}), {"amuont": "integer"})


def test_what_was_given_stays_as_it_was():
    frame = pd.DataFrame({"x": [1, 2]}, index=[7, 7])
    made = settled(frame, {"x": "integer"})
    made.loc[0, "x"] = 9
    assert frame["x"].tolist() == [1, 2]
    assert made.index.tolist() == [0, 1]
