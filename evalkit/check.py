"""The checks every door shares; each raises an error that says where, what and what to do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from evalkit.errors import DataError, SpecError, did_you_mean, several


def has_columns(frame: pd.DataFrame, needed: Iterable[str], *, who: str) -> None:
    """Refuse a frame that lacks a needed column, hinting at the nearest name it has that is not needed itself."""
    have, wanted = [str(column) for column in frame.columns], list(needed)
    absent = [name for name in wanted if name not in set(have)]
    if absent:
        hint = did_you_mean(absent[0], [name for name in have if name not in wanted])
        do = "add the columns, or take the indicators out of the system"
        raise DataError(
            f"{who} needs columns [{several(absent)}], absent from the panel",
            found=f"columns [{several(have, 8)}]",
            do=f"{hint} Otherwise {do}" if hint else do,
        )


def one_of(value: str, allowed: Sequence[str], *, who: str) -> None:
    """Refuse a word that is not among the allowed ones."""
    if value not in allowed:
        raise SpecError(
            f"{who} is '{value}', which is not a choice", do=f"use one of {', '.join(allowed)}. {did_you_mean(value, allowed)}"
        )


def shares(values: Sequence[float], count: int, *, who: str) -> None:
    """Refuse shares that are too many or too few, negative, or do not sum to one."""
    if len(values) != count:
        raise SpecError(f"{who} needs {count} shares", found=f"{len(values)}: {tuple(values)}")
    if any(not math.isfinite(v) or v < 0 for v in values) or abs(sum(values) - 1) > 1e-9:
        raise SpecError(f"{who} needs shares that are not negative and sum to 1", found=f"{tuple(values)}, sum {sum(values):.6g}")


def able(value: object, verb: str, *, who: str, do: str) -> None:
    """Refuse what cannot do a verb: a word where a spec is wanted, or a class instead of one made of it."""
    if isinstance(value, type) or not callable(getattr(value, verb, None)):
        found = f"the class {value.__name__}" if isinstance(value, type) else f"{value!r}"
        raise SpecError(f"{who} cannot be this", found=found, do=do)


def positive(value: float, *, who: str) -> None:
    """Refuse what is no finite number above 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < math.inf:
        raise SpecError(f"{who} must be positive", found=repr(value), do="use a finite number")


def whole(value: int, *, who: str, least: int = 1) -> None:
    """Refuse what is no whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise SpecError(f"{who} must be a whole number from {least} on", found=repr(value))


def keyed(series: pd.Series, *, who: str, known: pd.Index | None = None) -> None:
    """Refuse a series that is not keyed by (unit, period) with whole periods, is empty, holds a key twice, or holds a gap.

    An index that is the very one of another series (`known`) is not looked through again.
    """
    if not isinstance(series, pd.Series):
        raise SpecError(f"{who} must be a Series", found=type(series).__name__, do="pass scores.series")
    if not isinstance(series.index, pd.MultiIndex) or list(series.index.names) != ["unit", "period"]:
        raise DataError(
            f"{who} must be keyed by (unit, period)", found=f"index {list(series.index.names)}", do="pass scores.series"
        )
    if series.empty:
        raise DataError(f"{who} holds no rows", do="check what was selected before")
    if series.index is not known and series.index.levels[1].dtype.kind not in "iu":
        found = f"such as {series.index[0][1]!r}"
        raise DataError(f"the periods of {who} are no whole numbers", found=found, do="write years as 2020, not as text")
    if series.index is not known and not rising(series.index) and series.index.has_duplicates:
        twice = series.index[series.index.duplicated()]
        raise DataError(f"{who} holds some (unit, period) twice", found=several(twice), do="keep one row of each")
    if series.isna().any():
        gaps = series.index[series.isna()]
        raise DataError(f"{who} holds missing values", found=several(gaps), do="fill them or leave the units out, by name")


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
