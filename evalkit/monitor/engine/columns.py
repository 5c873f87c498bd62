"""The four kinds of columns, and nothing else: what comes in is brought to them exactly, or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import narwhals as nw
import numpy as np
import pandas as pd

from evalkit.check import instance, one_of, shown
from evalkit.errors import DataError, SpecError, did_you_mean, several
from evalkit.monitor.engine.base import COLLECTED, DTYPES, Frame, Kind, Kinds

NAME = re.compile(r"""[^"'`.*\\\x00-\x1f]+""")
EXACT = 2**53  # from here on a float no longer tells whole numbers apart
TOLD: dict[Kind, tuple[str, ...]] = {
    "integer": ("integer", "empty"),
    "date": ("date", "datetime", "datetime64", "empty"),
    "word": ("string", "empty"),
    "flag": ("boolean", "empty"),
}


def check_kinds(kinds: Kinds) -> None:
    """Refuse columns of an unknown kind, none at all, and names that an engine reads as something else."""
    if not kinds:
        raise SpecError("a table needs a column", do="name its columns and their kinds")
    for column, kind in kinds.items():
        one_of(kind, list(DTYPES), who=f"the kind of the column '{column}'")
        if not NAME.fullmatch(column):
            do = "name it by letters, digits, spaces and underscores"
            raise SpecError("a column cannot have this name", found=shown(column), do=do)
    names = pd.Series(list(kinds)).str.casefold()
    if names.duplicated().any():
        twice = [name for name, again in zip(kinds, names.duplicated(keep=False), strict=True) if again]
        raise SpecError("columns differ only in capitals", found=several(twice), do="rename one of them")


def settled(frame: pd.DataFrame, kinds: Kinds) -> pd.DataFrame:
    """The columns of a table in the dtypes of their kinds, each value exactly as it was; a column that cannot be is refused.

    Examples
    --------
    >>> made = settled(pd.DataFrame({"home": [2**60 + 1, None]}, dtype=object), {"home": "integer"})
    >>> made["home"].dtype, int(made["home"].iloc[0]) == 2**60 + 1
    (Int64Dtype(), True)
    """
    check_kinds(kinds)
    instance(frame, pd.DataFrame, who="a table to hold", do="pass a DataFrame of pandas")
    for column in kinds:
        if column not in frame.columns:
            do = did_you_mean(column, [str(name) for name in frame.columns]) or "add it, or leave it out of the kinds"
            raise DataError(f"the table to hold has no column '{column}'", do=do)
    return pd.DataFrame({column: _settle(frame[column], kind, column) for column, kind in kinds.items()}).reset_index(drop=True)


def kinds_of(frame: Frame) -> dict[str, Kind]:
    """The kind of each column of a lazy frame; refuses what an engine does not pass on exactly."""
    return {name: _kind(name, dtype) for name, dtype in frame.collect_schema().items()}


def in_kinds(frame: Frame) -> Frame:
    """The frame with each column in the one type of its kind, so that both engines write the same files."""
    schema, kinds = frame.collect_schema(), kinds_of(frame)
    narrow = [nw.col(name).cast(DTYPES[kind]) for name, kind in kinds.items() if schema[name] != DTYPES[kind]]
    return frame.with_columns(*narrow) if narrow else frame


def collected(values: Any, missing: Any, kind: Kind) -> Any:
    """A column as `collect` gives it, from an array and a mask of what is missing."""
    if kind == "integer":
        return pd.arrays.IntegerArray(np.where(missing, 0, values).astype(np.int64), missing)
    if kind == "flag":
        return pd.arrays.BooleanArray(np.where(missing, False, values).astype(bool), missing)
    if kind == "date":
        return pd.array(np.where(missing, np.datetime64("NaT", "us"), values).astype("datetime64[us]"))
    return pd.array(np.where(missing, None, values), dtype=cast("Any", COLLECTED["word"]))


def stored(have: Mapping[str, str], kinds: Kinds, *, file: Path) -> None:
    """Refuse a file that lacks a column, or stores it as another kind."""
    for column, kind in kinds.items():
        if column not in have:
            do = did_you_mean(column, have) or "check what was delivered"
            raise DataError(f"the file has no column '{column}'", where=file.name, do=do)
        if have[column] != kind:
            do = "write the file again with that kind"
            raise DataError(
                f"the column '{column}' is stored as another kind than {kind}", where=file.name, found=have[column], do=do
            )


def unreadable(name: str) -> DataError:
    """What is said of a file that is no Parquet, or no longer."""
    return DataError(
        "the file is no Parquet that can be read; it is cut off or damaged", where=name, do="have it delivered again"
    )


def _kind(name: str, dtype: nw.dtypes.DType) -> Kind:
    if dtype.is_integer() and dtype not in (nw.Int128, nw.UInt128, nw.UInt64):
        return "integer"
    for kind, known in DTYPES.items():
        if dtype == known:
            return kind
    do = "end sums with .cast(nw.Int64)" if dtype in (nw.Int128, nw.UInt128) else "keep to whole numbers, dates, words and flags"
    raise SpecError(f"the column '{name}' would not pass exactly", found=str(dtype), do=do)


def _settle(column: pd.Series, kind: Kind, name: str) -> Any:
    missing = column.isna().to_numpy(dtype=bool)
    if missing.all():
        return pd.Series([None] * len(column), dtype=cast("Any", COLLECTED[kind]), index=column.index)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    told = pd.api.types.infer_dtype(column, skipna=True)
    if kind == "integer" and told == "floating" and _whole(column, missing):
        return collected(column.fillna(0).to_numpy(dtype=np.float64), missing, kind)
    if told not in TOLD[kind] or getattr(column.dtype, "tz", None) is not None:
        do = "pass whole numbers as Int64 and dates as datetime64 without a time zone"
        raise DataError(f"the column '{name}' is declared {kind} and holds something else", found=f"{told} values", do=do)
    try:
        if kind == "integer":
            return collected(_integers(column, missing), missing, kind)
        if kind == "date":
            return pd.to_datetime(column).dt.normalize().astype("datetime64[us]")
        return column.astype(cast("Any", COLLECTED[kind]))
    except (OverflowError, ValueError, TypeError):
        raise DataError(f"the column '{name}' holds values beyond its kind", found=kind, do="check its values") from None


def _integers(column: pd.Series, missing: Any) -> Any:
    """Whole numbers as int64, without a way through floats."""
    kept = column[~missing]
    if str(kept.dtype).lower() == "uint64" and (kept > np.iinfo(np.int64).max).any():
        raise OverflowError
    values = np.zeros(len(column), dtype=np.int64)
    values[~missing] = kept.to_numpy(dtype=object if kept.dtype == object else np.int64).astype(np.int64)
    return values


def _whole(column: pd.Series, missing: Any) -> bool:
    """Whether floats are whole numbers that a float tells apart, as pandas makes them of a column with gaps."""
    values = column[~missing].to_numpy(dtype=np.float64)
    return bool((np.abs(values) < EXACT).all() and (values == np.trunc(values)).all())
