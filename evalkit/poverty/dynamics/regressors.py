"""Columns of a frame as a matrix of regressors, the same way where a model is learnt and where it is applied."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.check import a_period, at_rows, shown
from evalkit.errors import DataError, SpecError, several
from evalkit.panel.cells import written_once
from evalkit.poverty.columns import has_rows, is_name, numbers, odd
from evalkit.stats.arrays import Array, Codes, native
from evalkit.stats.least_squares import dependent_columns


@dataclass(frozen=True, slots=True, eq=False)
class Regressors:
    """Regressors as they were learnt: numbers as they are, of each factor one column of 0 and 1 a level but its first.

    Examples
    --------
    >>> homes = pd.DataFrame({"size": [2, 5], "head": ["man", "woman"]})
    >>> learnt = Regressors.learnt(homes, ("size",), ("head",), who="the example")
    >>> learnt.names, learnt.matrix(homes).tolist()
    (('const', 'size', 'head=woman'), [[1.0, 2.0, 0.0], [1.0, 5.0, 1.0]])
    """

    columns: tuple[str, ...]
    levels: dict[str, tuple[Hashable, ...]]
    who: str

    @classmethod
    def learnt(cls, frame: pd.DataFrame, columns: tuple[str, ...], factors: tuple[str, ...], *, who: str) -> Regressors:
        """The regressors of a frame, with the levels its factors have there."""
        has_rows(frame, [*columns, *factors], who=who)
        levels = {name: _levels(frame[name]) for name in factors}
        return cls(columns, levels, who)

    @property
    def names(self) -> tuple[str, ...]:
        """A name a column, the constant first."""
        dummies = [f"{name}={level}" for name, levels in self.levels.items() for level in levels[1:]]
        return ("const", *self.columns, *dummies)

    def matrix(self, frame: pd.DataFrame) -> Array:
        """The matrix (rows, k) of a frame.

        Raises
        ------
        DataError
            A column is absent, holds a gap, text where a number is needed, or a level that was not there to learn from.
        """
        has_rows(frame, [*self.columns, *self.levels], who=self.who)
        X = np.empty((len(frame), len(self.names)))
        X[:, 0] = 1.0
        for j, name in enumerate(self.columns, start=1):
            X[:, j] = numbers(frame, name, who=self.who)
        at = 1 + len(self.columns)
        for name, levels in self.levels.items():
            code = pd.Index(levels).get_indexer(pd.Index(frame[name]))
            if (code < 0).any():
                new = pd.unique(frame[name][code < 0])
                raise DataError(
                    f"{self.who}: '{name}' holds gaps or levels that were not there to learn from",
                    found=odd(new),
                    do="complete the column, or join rare levels to others",
                )
            X[:, at : at + len(levels) - 1] = code[:, None] == np.arange(1, len(levels))
            at += len(levels) - 1
        return X


def independent(X: Array, weights: Array, names: tuple[str, ...], *, who: str) -> None:
    """Refuse regressors that say the same: columns that are sums of multiples of those before them.

    Examples
    --------
    >>> independent(np.ones((3, 2)), np.ones(3), ("const", "size"), who="the example")
    Traceback (most recent call last):
        ...
    evalkit.errors.DataError: columns [size] of the example say nothing that those before them do not. To do: leave them out.
    """
    idle = dependent_columns(X, weights)
    if len(idle):
        what = f"columns [{several(names[j] for j in idle)}] of {who} say nothing that those before them do not"
        raise DataError(what, do="leave them out")


def keys_of(frame: pd.DataFrame, unit: str, period: str, *, who: str) -> tuple[Codes, Codes]:
    """Units as codes and periods as whole numbers; refuses gaps, periods that are none, and a unit twice in a period."""
    for name in (unit, period):
        is_name(name, who=who)
    has_rows(frame, [unit, period], who=who)
    gaps = [name for name in (unit, period) if frame[name].isna().to_numpy().any()]
    if gaps:
        raise DataError(f"{who}: columns [{several(gaps)}] hold gaps", do="complete them")
    units, x = native(frame[unit]), native(frame[period]).to_numpy()
    real = pd.api.types.is_numeric_dtype(frame[period]) and x.dtype.kind in "iuf"
    broken = ~np.isfinite(x) | (x != np.round(x)) if real else np.ones(len(x), dtype=bool)
    if broken.any():
        do = "write years as 2020, not as text"
        raise DataError(f"{who}: periods '{period}' must be whole numbers", found=a_period(x[broken][0]), do=do)
    if pd.api.types.infer_dtype(units, skipna=False).startswith("mixed"):
        raise DataError(f"{who}: names in '{unit}' are of several kinds", found="text and others", do="make them all text")
    home, codes = pd.factorize(units)
    written_once(home, codes, who=who)
    twice = pd.DataFrame({unit: home, period: x}).duplicated().to_numpy()
    if twice.any():
        do = "keep one row of each"
        raise DataError(f"{who}: some '{unit}' stand twice in one '{period}'", found=at_rows(twice), do=do)
    return home.astype(np.intp), x.astype(np.intp)


def _levels(column: pd.Series) -> tuple[Hashable, ...]:
    """The classes of a column in order; those of several kinds in the order of their names."""
    held = column.dropna().unique().tolist()
    same = len({type(value) for value in held}) == 1
    return tuple(sorted(held) if same else sorted(held, key=str))


def column_names(names: tuple[str, ...], *, who: str) -> None:
    """Refuse what is no tuple of different column names."""
    if not isinstance(names, tuple) or any(not isinstance(name, str) or not name for name in names):
        raise SpecError(f"{who} must be a tuple of column names", found=shown(names), do='write ("size", "age")')
    if len(set(names)) < len(names):
        raise SpecError(f"{who} names a column twice", found=several(names))
