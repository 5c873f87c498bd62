"""Windows of whole months, against days written out by hand and against pandas' own months."""

from datetime import date, timedelta

import narwhals as nw
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import SpecError
from evalkit.monitor.windows import (
    Window,
    last_month,
    month_end,
    month_number,
    month_of,
    month_start,
    months_to,
    school_year,
    six_month_ends,
    the_window_before,
    twelve_months,
    year_to_date,
)

days = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("day", "window", "first", "last"),
    [
        (date(2024, 6, 30), twelve_months, "2023-06-01", "2024-05-31"),
        (date(2024, 7, 1), twelve_months, "2023-07-01", "2024-06-30"),
        (date(2024, 3, 15), twelve_months, "2023-03-01", "2024-02-29"),
        (date(2024, 1, 1), last_month, "2023-12-01", "2023-12-31"),
        (date(2024, 1, 31), year_to_date, "2023-01-01", "2023-12-31"),
        (date(2024, 2, 1), year_to_date, "2024-01-01", "2024-01-31"),
        (date(2024, 12, 31), year_to_date, "2024-01-01", "2024-11-30"),
        (date(2024, 8, 31), school_year, "2023-09-01", "2024-07-31"),
        (date(2024, 9, 30), school_year, "2023-09-01", "2024-08-31"),
        (date(2024, 10, 1), school_year, "2024-09-01", "2024-09-30"),
        (date(2025, 2, 1), school_year, "2024-09-01", "2025-01-31"),
    ],
)
def test_windows_of_a_day_are_those_written_out(day, window, first, last):
    assert window(day) == Window(date.fromisoformat(first), date.fromisoformat(last))


def test_the_half_year_before_a_day_ends_with_the_last_month():
    ends = ["2023-09-30", "2023-10-31", "2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29"]
    assert [day.isoformat() for day in six_month_ends(date(2024, 3, 31))] == ends


@given(days)
def test_months_are_pandas_periods(day):
    period = pd.Period(day, "M")
    number = month_number(day)
    assert month_start(number) == period.start_time.date()
    assert month_end(number) == period.end_time.date()
    window = twelve_months(day)
    assert (window.first, window.last) == ((period - 12).start_time.date(), (period - 1).end_time.date())


@given(days)
def test_a_window_and_the_one_before_lie_side_by_side(day):
    window = twelve_months(day)
    before = the_window_before(window)
    assert before.last + timedelta(days=1) == window.first
    assert before.first.replace(year=before.first.year + 1) == window.first
    assert len(before.months) == len(window.months) == 12
    assert window.last < day.replace(day=1)


@given(days)
def test_the_year_and_the_school_year_begin_where_they_must(day):
    assert year_to_date(day).first.month == 1
    assert school_year(day).first.month == 9
    assert year_to_date(day).last == school_year(day).last == last_month(day).last
    assert len(year_to_date(day).months) <= 12
    assert len(school_year(day).months) <= 12


def test_a_window_holds_its_first_and_its_last_day_and_its_numbers_are_those_of_the_engine(engine):
    some = [date(2023, 5, 31), date(2023, 6, 1), date(2024, 5, 31), date(2024, 6, 1)]
    held = engine.hold(pd.DataFrame({"event_date": some, "row": range(4)}), {"event_date": "date", "row": "integer"})
    marked = held.with_columns(month=month_of(nw.col("event_date")), within=twelve_months(date(2024, 6, 30)).holds("event_date"))
    found = engine.collect(marked).sort_values("row")
    assert found["within"].tolist() == [False, True, True, False]
    assert found["month"].tolist() == [month_number(day) for day in some]


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2024, 1, 2), date(2024, 1, 31)), (date(2024, 1, 1), date(2024, 1, 30)), (date(2024, 2, 1), date(2024, 1, 31))],
)
def test_a_window_that_is_not_whole_months_is_refused(first, last):
    with pytest.raises(SpecError, match="whole months"):
        Window(first, last)


def test_a_window_of_no_months_is_refused():
    with pytest.raises(SpecError, match="whole number"):
        months_to(24_000, 0)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    from evalkit.monitor.engine.duck import DuckDB

    with DuckDB(memory="500MB").open([tmp_path_factory.mktemp("store")]) as opened:
        yield opened
