"""The checks every door shares; each raises an error that says where, what and what to do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

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


def keyed(series: pd.Series, *, who: str, known: pd.Index | None = None) -> None:
    """Refuse a series that is not keyed by (unit, period), holds a key twice, or holds a gap.

    An index that is the very one of another series (`known`) is not looked through again.
    """
    if list(series.index.names) != ["unit", "period"]:
        raise DataError(
            f"{who} must be keyed by (unit, period)", found=f"index {list(series.index.names)}", do="pass scores.series"
        )
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
