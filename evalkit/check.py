"""The checks every door shares; each raises an error that says where, what and what to do."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.errors import DataError, SpecError, did_you_mean, several

LONG = 60  # what was given is shown up to so many letters
_FEW = 10  # different values, of which more are counted
_YEAR = re.compile(r"(?:19|20)\d\d(?:\D.{0,14})?")


def has_columns(frame: pd.DataFrame, needed: Iterable[str], *, who: str) -> None:
    """Refuse a frame that lacks a needed column, hinting at the nearest name it has that is not needed itself."""
    have, wanted, named = [str(column) for column in frame.columns], list(needed), set(frame.columns)
    absent = [name for name in wanted if name not in named]
    numbered = [name for name in absent if name in have]
    if numbered:
        raise DataError(f"{who} finds no column named by the text '{numbered[0]}'", do="rename the columns to text")
    if absent:
        hint = did_you_mean(str(absent[0]), [name for name in have if name not in wanted])
        do = "add the columns, or leave out what needs them"
        raise DataError(
            f"{who} needs columns [{several(absent)}], absent from the data",
            found=f"columns [{several(have, 8)}]",
            do=f"{hint} Otherwise {do}" if hint else do,
        )


def one_of(value: str, allowed: Sequence[str], *, who: str) -> None:
    """Refuse a word that is not among the allowed ones, and what is no word."""
    if not isinstance(value, str) or value not in allowed:
        near = did_you_mean(value, allowed) if isinstance(value, str) else ""
        raise SpecError(f"{who} is {shown(value)}, which is not a choice", do=f"use one of {', '.join(allowed)}. {near}")


def shares(values: Sequence[float], count: int, *, who: str) -> None:
    """Refuse shares that are too many or too few, no numbers, negative, or do not sum to one."""
    given = many(values, who=who, do="write one number each, such as (0.6, 0.4)")
    if len(given) != count:
        raise SpecError(f"{who} needs {count} shares", found=f"{len(given)}: {shown(given)}", do="give one each")
    numbers = all(real(v) for v in given)
    if not numbers or any(not math.isfinite(v) or v < 0 for v in given) or abs(sum(given) - 1) > 1e-9:
        found = f"{given}, sum {sum(given):.6g}" if numbers else shown(given)
        raise SpecError(f"{who} needs shares that are not negative and sum to 1", found=found)


def able(value: object, verb: str, *, who: str, do: str) -> None:
    """Refuse what cannot do a verb: a word where a spec is wanted, or a class instead of one made of it."""
    if isinstance(value, type) or not callable(getattr(value, verb, None)):
        raise SpecError(f"{who} cannot be this", found=shown(value), do=do)


def instance(value: object, wanted: type, *, who: str, do: str) -> None:
    """Refuse what is not of a kind."""
    if not isinstance(value, wanted):
        name = wanted.__name__
        what = f"{who} must be an {name}" if name[0] in "AEIOU" else f"{who} must be a {name}"
        raise SpecError(what, found=shown(value), do=do)


def many(value: object, *, who: str, do: str, count: int | None = None) -> tuple[Any, ...]:
    """What is in a tuple or a list, as a tuple; anything else is refused, and so is another number of things than `count`.

    Examples
    --------
    >>> many([1, 1, 0], who="the order", do="write (1, 1, 0)", count=3)
    (1, 1, 0)
    """
    if not isinstance(value, tuple | list) or count not in (None, len(value)):
        raise SpecError(f"{who} cannot be this", found=shown(value), do=do)
    return tuple(value)


def mapping(value: object, *, who: str, do: str) -> None:
    """Refuse what is no mapping from words.

    Examples
    --------
    >>> mapping({3: 1.0}, who="the targets", do="write {'income': 20_000}")
    Traceback (most recent call last):
    evalkit.errors.SpecError: the targets cannot be this; found {3: 1.0}. To do: write {'income': 20_000}.
    """
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise SpecError(f"{who} cannot be this", found=shown(value), do=do)


def positive(value: float, *, who: str) -> None:
    """Refuse what is no finite number above 0."""
    if not real(value) or not 0 < value < math.inf:
        raise SpecError(f"{who} must be positive", found=shown(value), do="use a finite number above 0")


def number(value: float, within: str, *, who: str, do: str = "") -> None:
    """Refuse what is no number within an interval, written as one: "[0, 1)" holds 0 and not 1, "[0, ∞)" every finite one.

    Examples
    --------
    >>> number(True, "[0, 1)", who="the tolerance", do="use 0.1")
    Traceback (most recent call last):
    evalkit.errors.SpecError: the tolerance must be a number in [0, 1); found True. To do: use 0.1.
    """
    low, high = (float(end.replace("∞", "inf")) for end in within[1:-1].split(","))
    if (
        not real(value)
        or not low <= value <= high
        or (value == low and within[0] == "(")
        or (value == high and within[-1] == ")")
    ):
        raise SpecError(f"{who} must be a number in {within}", found=shown(value), do=do)


def whole(value: int, *, who: str, least: int | None = 1, most: int | None = None, do: str = "") -> None:
    """Refuse what is no whole number of at least `least` and at most `most`; None: any."""
    right = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not right or (least is not None and value < least) or (most is not None and value > most):
        start = "" if least is None else f" from {least} {'on' if most is None else f'to {most}'}"
        raise SpecError(f"{who} must be a whole number{start}", found=shown(value), do=do)


def flag(value: bool, *, who: str) -> None:
    """Refuse what is neither True nor False."""
    if not isinstance(value, bool | np.bool_):
        raise SpecError(f"{who} must be True or False", found=shown(value))


def shown(value: object) -> str:
    """What was given, where it is short; else what it is.

    Examples
    --------
    >>> shown("x"), shown(int), shown(pd.DataFrame({"a": [1, 2]}))
    ("'x'", 'the class int', 'a DataFrame')
    """
    if isinstance(value, type):
        return f"the class {value.__name__}"
    value = value.item() if isinstance(value, np.generic) else value
    written = "" if isinstance(value, pd.Series | pd.DataFrame | pd.Index | np.ndarray) else repr(value)
    if written and len(written) <= LONG and "\n" not in written and not written.startswith("<"):
        return written
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def at_rows(wrong: NDArray[Any]) -> str:
    """Where rows are wrong, counted from 1; what they hold, which may name a home, is not said.

    Examples
    --------
    >>> at_rows(np.array([False, True, True]))
    'rows 2, 3'
    """
    rows = np.flatnonzero(wrong) + 1
    return f"row{'s' if len(rows) > 1 else ''} {several(rows)}"


def no_numbers(column: pd.Series) -> str:
    """Where a column of homes holds what is no number; what it holds instead is not said.

    Examples
    --------
    >>> no_numbers(pd.Series([1.0, "Wang", 2]))
    'no numbers in row 2'
    """
    typed = pd.api.types.is_object_dtype(column.dtype)
    wrong = [not real(value) and not pd.isna(value) for value in column] if typed else np.ones(len(column), dtype=bool)
    return f"no numbers in {at_rows(np.asarray(wrong))}"


def neither(values: Iterable[object]) -> str:
    """What stands where 1 or 0 should: a few numbers as they are; words and many numbers, which may name homes, are counted.

    Examples
    --------
    >>> neither([0, 1, 2.5]), neither(["Wang", "Li"]), neither(range(40))
    ('0, 1, 2.5', '2 different values', '40 different values')
    """
    every = list(values)
    numbers = all(isinstance(value, bool | np.bool_) or real(value) for value in every)
    return several(every) if numbers and len(every) <= _FEW else f"{len(every):,} different values"


def a_period(value: object) -> str:
    """What stands where a whole period should, as it may be printed: a number or a year; anything else may name a home.

    Examples
    --------
    >>> a_period(2020.5), a_period("2020年"), a_period("Wang")
    ('such as 2020.5', "such as '2020年'", 'no number')
    """
    return f"such as {shown(value)}" if real(value) or _YEAR.fullmatch(str(value)) else "no number"


def keyed(series: pd.Series, *, who: str, known: pd.Index | None = None, homes: bool = False) -> None:
    """Refuse a series that is not keyed by (unit, period) with whole periods, is empty, or holds a key twice, a gap or no figure.

    An index that is the very one of another series (`known`) is not looked through again. Where units are `homes`, rows are told
    instead of them.
    """
    if not isinstance(series, pd.Series):
        raise SpecError(f"{who} must be a Series", found=shown(series), do="pass scores.series")
    if not isinstance(series.index, pd.MultiIndex) or list(series.index.names) != ["unit", "period"]:
        do = 'call the columns so and write frame.set_index(["unit", "period"])' if homes else "pass scores.series"
        raise DataError(f"{who} must be keyed by (unit, period)", found=f"index {list(series.index.names)}", do=do)
    if series.empty:
        raise DataError(f"{who} holds no rows", do="check what was selected before")
    if series.index is not known:
        _keys(series.index, who, homes=homes)
    _figures(series, who)


def _keys(index: pd.MultiIndex, who: str, *, homes: bool) -> None:
    """Refuse keys that are missing or double, and periods that are no whole numbers."""
    if any(codes.min() < 0 for codes in index.codes):
        rows = np.flatnonzero(np.min(index.codes, axis=0) < 0)
        found = f"in {len(rows)} rows, the first of them row {rows[0] + 1}"
        raise DataError(f"{who} has rows without a unit or a period", found=found, do="complete or remove these rows")
    if index.levels[1].dtype.kind not in "iu":
        do = "write years as whole numbers such as 2020; cast a column of them with .astype(int)"
        raise DataError(f"the periods of {who} are no whole numbers", found=a_period(index[0][1]), do=do)
    if not rising(index) and index.has_duplicates:
        twice = index.duplicated()
        found = at_rows(twice) if homes else several(index[twice])
        raise DataError(f"{who} holds some (unit, period) twice", found=found, do="keep one row of each")


def _figures(series: pd.Series, who: str) -> None:
    """Refuse a series that holds text, a gap or an infinite figure."""
    if series.dtype.kind not in "iuf":
        found = f"{series.dtype}, such as {shown(series.iloc[0])}"
        raise DataError(f"{who} holds what is no number", found=found, do="correct the cells, then cast them with .astype(float)")
    values = series.to_numpy(dtype=float)
    if np.isfinite(values).all():
        return
    gaps = series.index[np.isnan(values)]
    if len(gaps):
        raise DataError(f"{who} holds missing values", found=several(gaps), do="fill them or leave the units out, by name")
    endless = series.index[np.isinf(values)]
    raise DataError(f"{who} holds infinite values", found=several(endless), do="look for a division by 0 before")


def real(value: object) -> TypeGuard[float]:
    """Whether a value is a number, which a truth value is not, nor a whole number that is too large for a float."""
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) <= sys.float_info.max
    return isinstance(value, float | np.integer | np.floating)


def rising(index: pd.Index) -> bool:
    """Whether an index of two keys rises strictly, by its levels: then no key stands twice, and no table of keys is needed.

    Examples
    --------
    >>> rising(pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)])), rising(pd.MultiIndex.from_tuples([("a", 1), ("a", 1)]))
    (True, False)
    """
    if not isinstance(index, pd.MultiIndex) or index.nlevels != 2:
        return False
    unit, period = index.codes
    later = period[1:] > period[:-1]
    later &= unit[1:] == unit[:-1]
    later |= unit[1:] > unit[:-1]
    return bool(later.all())
