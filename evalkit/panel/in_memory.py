"""A table in memory, read for what a panel holds: codes of units, periods, figures and weights, or why they are none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.check import a_period, at_rows, has_columns, no_numbers
from evalkit.errors import DataError, SpecError, several
from evalkit.panel.cells import LONG, read_codes, single_precision
from evalkit.panel.findings import finding, listing
from evalkit.stats.arrays import Array, all_native
from evalkit.terms import Text

FARTHEST = 10**9  # periods beyond are moments or numbers of something
_DATES = {"datetime64", "datetime", "date"}
_NO_PERIODS = {"boolean", "timedelta64", "timedelta", "complex", "interval", "time", "bytes"}


def a_table(frame: pd.DataFrame, roles: Sequence[str]) -> pd.DataFrame:
    """The table in the byte order of this machine; refuses what is none, lacks a column, or has two of one name."""
    if not isinstance(frame, pd.DataFrame):
        raise SpecError(
            "a panel is made of a DataFrame", found=type(frame).__name__, do="pass a table with one row a unit and period"
        )
    has_columns(frame, roles, who="a panel")
    twice = frame.columns[frame.columns.duplicated()].unique()
    if len(twice):
        raise DataError(f"columns [{several(twice)}] stand more than once in the table", do="rename one of each")
    return all_native(frame)


def unit_codes(column: pd.Series) -> pd.Series:
    """The codes of units as a file's are read: 110000.0 is "110000", "ａ " is "a"; None where there is none."""
    long = [isinstance(value, float) and abs(value) >= LONG for value in column.unique()]
    if any(long) or single_precision(column):
        what = f"codes in '{column.name}' are numbers too long for their type, and have lost their last digits"
        raise DataError(what, found=str(column.dtype), do="read them as text")
    return read_codes(column)[0]


def whole_periods(column: pd.Series) -> tuple[Array, bool]:
    """The periods of a column as whole numbers, NaN where a cell holds none; and whether they are the years of dates.

    Dates stand for years where all of them are the first days of years, or all the last.

    Raises
    ------
    DataError
        These are dates within years, lengths of time, truth values, or numbers that are no years.

    Examples
    --------
    >>> whole_periods(pd.Series(pd.to_datetime(["2020-01-01", "2021-01-01"])))
    (array([2020., 2021.]), True)
    """
    column = column.astype(object).infer_objects() if isinstance(column.dtype, pd.CategoricalDtype) else column
    kind = pd.api.types.infer_dtype(column, skipna=True)
    inside = set(map(type, column)) if pd.api.types.is_object_dtype(column.dtype) else set()
    if kind in _DATES:
        return _years_of_dates(column), True
    if kind == "period" or pd.Period in inside:
        return _years_of_periods(column), True
    if kind in _NO_PERIODS or inside & {bool, np.bool_, complex}:
        raise DataError(f"'{column.name}' holds no periods", found=kind, do="write whole numbers such as 2020")
    years = np.asarray(pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))
    far = np.isfinite(years) & (np.abs(years) >= FARTHEST)
    if far.any():
        do = "number the periods: 2020 for a year, or year * 4 + quarter"
        raise DataError(
            f"periods in '{column.name}' are too large for years", where=at_rows(far), found=a_period(years[far][0]), do=do
        )
    return np.where(np.isfinite(years) & (years == np.round(years)), years, np.nan), False


def _years_of_dates(column: pd.Series) -> Array:
    try:
        days = pd.to_datetime(column, errors="coerce")
    except ValueError:  # of several time zones
        raise _within_years(column) from None
    if (days.isna() & column.notna()).any():
        raise _within_years(column)
    held = days.dropna()
    if not len(held):
        return np.full(len(days), np.nan)
    first, last = (((held.dt.month == month) & (held.dt.day == day)).to_numpy(dtype=bool) for month, day in ((1, 1), (12, 31)))
    if not (first.all() or last.all()):
        raise _within_years(column)
    return np.asarray(days.dt.year.to_numpy(dtype=np.float64, na_value=np.nan))


def _years_of_periods(column: pd.Series) -> Array:
    try:
        spans = column if isinstance(column.dtype, pd.PeriodDtype) else pd.Series(pd.PeriodIndex(column))
    except (TypeError, ValueError):  # of several lengths
        raise _within_years(column) from None
    if not str(spans.dtype).startswith("period[Y-"):
        raise _within_years(column)
    return np.asarray(spans.dt.year.to_numpy(dtype=np.float64, na_value=np.nan))


def _within_years(column: pd.Series) -> DataError:
    do = "number the periods: .dt.year for years, .dt.year * 4 + .dt.quarter for quarters"
    return DataError(f"dates in '{column.name}' are not all the first days of years, or all the last", do=do)


def figures_of(values: pd.DataFrame) -> pd.DataFrame:
    """Columns as floats, NaN where a cell holds nothing."""
    kinds = {name: pd.api.types.infer_dtype(values[name], skipna=True) for name in values.columns}
    unreal = [name for name in values.columns if pd.api.types.is_complex_dtype(values[name].dtype) or kinds[name] == "complex"]
    if unreal:
        what = f"columns [{several(unreal)}] hold complex numbers where figures belong"
        raise DataError(what, do="take their real part, or drop them")
    texts = [name for name in values.columns if not pd.api.types.is_numeric_dtype(values[name])]
    if texts:
        raise DataError(
            f"columns [{several(texts)}] hold text where figures belong",
            do="name them as groups or names, drop them, or correct the cells",
        )
    return values.astype("float64")


def weights_of(column: pd.Series) -> pd.Series:
    """A column of weights as floats; refuses text, and what is infinite or below 0."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_complex_dtype(column.dtype):
        what = f"the weight '{column.name}' holds what is no number"
        raise DataError(what, found=no_numbers(column), do="correct the cells; leave blank what is not known")
    values = column.astype("float64")
    wrong = ((values < 0) | np.isinf(values)).to_numpy(dtype=bool)
    if wrong.any():
        what = f"the weight '{column.name}' is infinite or below 0"
        raise DataError(what, where=at_rows(wrong), do="correct the cells; leave blank what is not known")
    return values


def notes_of_table(frame: pd.DataFrame, figures: Sequence[str], weights: pd.Series | None, dated: str | None) -> tuple[Note, ...]:
    """What must be known of a table: years taken from dates, figures in single precision, weights that are missing."""
    notes = list[Note]()
    if dated is not None:
        text = Text("“{column}”为日期，取其年份为时期", "'{column}' holds dates, whose years are the periods")
        notes.append(Note("choice", text.format(column=dated)))
    single = [str(name) for name in figures if single_precision(frame[name])]
    if single:
        notes.append(Note("caution", finding("single_precision", count=len(single), found=listing(single)).message))
    if weights is not None and (gaps := np.flatnonzero(weights.isna())).size:
        where = listing([f"{unit} {period}" for unit, period in weights.index[gaps]])
        notes.append(Note("caution", finding("weight_missing", column=weights.name, count=len(gaps), where=where).message))
    return tuple(notes)
