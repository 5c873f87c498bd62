"""Judgements: how many times one item counts as much as another, pair by pair, as one expert said it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.check import many, shown
from evalkit.errors import DataError, SpecError, did_you_mean, several
from evalkit.stats.arrays import Array

ROUNDING = 0.05  # 1/8 written as 0.13 is 4 percent off
MOST = 9  # the end of Saaty's scale
SHOWN = 20  # problems told before the rest is only counted

Rows = Sequence[Sequence[float | None]]


def position(i: int, j: int) -> str:
    """Where a judgement stands in a matrix that has no cells of a sheet."""
    return f"row {i + 1}, column {j + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgements:
    """A pairwise comparison matrix: `ratios[i][j]` says how many times item i counts as much as item j.

    Parameters
    ----------
    items
        Ids of what is compared: the indicators of a dimension, or the dimensions.
    ratios
        The judgements, on Saaty's scale: from 1/9 to 9. Of each pair one may be left blank (None), and a rounded reciprocal
        (0.33 beside 3) is made exact; the diagonal is 1.
    expert
        Who judged, as the report may name them.

    Raises
    ------
    DataError
        The matrix is not square, holds what is not on the scale, leaves a pair out, or has judgements that contradict each
        other; each pair is named, with both values.

    Examples
    --------
    >>> said = Judgements(items=("roads", "water", "schools"), ratios=((1, 3, 5), (None, 1, 2), (None, None, 1)))
    >>> said.matrix.round(2)
    array([[1.  , 3.  , 5.  ],
           [0.33, 1.  , 2.  ],
           [0.2 , 0.5 , 1.  ]])
    >>> said == Judgements.from_upper(("roads", "water", "schools"), (3, 5, 2))
    True
    """

    items: tuple[str, ...]
    ratios: Rows
    expert: str = ""

    def __post_init__(self) -> None:
        items = many(self.items, who="the items of judgements", do='name them in a list: ["income", "water"]')
        if not all(isinstance(item, str) for item in items):
            raise SpecError("items that are judged have names", found=shown(self.items), do='write ["income", "water"]')
        for row in many(self.ratios, who="judgements", do="give a list of rows"):
            many(row, who="a row of judgements", do="give a list of figures")
        exact = reciprocal(self.items, self.ratios, where="judgements", cell=position)
        object.__setattr__(self, "items", tuple(self.items))
        object.__setattr__(self, "ratios", tuple(map(tuple, exact.tolist())))

    @classmethod
    def from_upper(cls, items: Sequence[str], upper: Sequence[float], *, expert: str = "") -> Judgements:
        """Judgements from those above the diagonal, row by row."""
        return cls(items=tuple(items), ratios=upper_rows(len(items), upper, where="judgements"), expert=expert)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, expert: str = "") -> Judgements:
        """Judgements from a square frame whose index and columns name the items; blanks are missing values."""
        items = tuple(map(str, frame.index))
        named = frame.set_axis([str(column) for column in frame.columns], axis=1)
        if sorted(items) != sorted(named.columns):
            raise DataError(
                "rows and columns of judgements must name the same items",
                found=f"rows [{several(items)}], columns [{several(named.columns)}]",
            )
        return cls(items=items, ratios=named[list(items)].to_numpy(float).tolist(), expert=expert)

    @property
    def matrix(self) -> Array:
        """The judgements as an array (n, n), exactly reciprocal."""
        return np.array(self.ratios, dtype=np.float64)

    def over(self, items: Sequence[str]) -> Array:
        """The matrix in the order of `items`, which must be what was compared."""
        lacking = [item for item in items if item not in self.items]
        extra = [item for item in self.items if item not in items]
        if lacking or extra:
            near = did_you_mean(extra[0], items) if extra else ""
            raise DataError(
                f"judgements{f' of {self.expert}' if self.expert else ''} must compare exactly [{several(items, 8)}]",
                found=f"none of [{several(lacking)}]" if lacking else f"[{several(extra)}] beside them",
                do=near or "compare these items, each with every other",
            )
        order = [self.items.index(item) for item in items]
        return self.matrix[np.ix_(order, order)]


def upper_rows(size: int, upper: Sequence[float], *, where: str) -> list[list[float | None]]:
    """The rows of a matrix of which only what stands above the diagonal is given, row by row."""
    needed = size * (size - 1) // 2
    if len(upper) != needed:
        raise DataError(f"{size} items make {needed} pairs", where=where, found=f"{len(upper)} judgements")
    given = iter(upper)
    return [[next(given) if j > i else 1.0 if j == i else None for j in range(size)] for i in range(size)]


def refuse_all(wrong: Sequence[DataError], where: str) -> None:
    """Raise what is wrong, in one error: nothing where nothing is, the one thing where there is one."""
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        more = f"\n  and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        listed = "".join(f"\n  - {str(one).removeprefix(where).lstrip(', :')}" for one in wrong[:SHOWN])
        raise DataError(f"{len(wrong)} problems:{listed}{more}", where=where)


def reciprocal(items: Sequence[str], ratios: Rows, *, where: str, cell: Callable[[int, int], str]) -> Array:
    """The judgements as an exactly reciprocal array, or a `DataError` that names the pair, its cells and its values."""
    size = len(items)
    if size < 2 or len(set(items)) < size:
        raise DataError("judgements need two or more items, each once", where=where, found=f"[{several(items, 8)}]")
    if len(ratios) != size or any(len(row) != size for row in ratios):
        found = f"rows of {several(sorted({len(row) for row in ratios}))}, {len(ratios)} in all"
        raise DataError(f"judgements of {size} items must be a square of {size} by {size}", where=where, found=found)
    a = np.array(ratios, dtype=np.float64)
    wrong = list[DataError]()
    low, high = (1 - ROUNDING) / MOST, MOST * (1 + 1e-9)
    for i, j in np.argwhere(~np.isnan(a) & ~((a >= low) & (a <= high))).tolist():
        what = f"a judgement must be a positive number from 1/{MOST} to {MOST}, as on Saaty's scale"
        do = "ask again; items that lie farther apart are compared in groups" if 0 < a[i, j] < np.inf else ""
        found = f"{a[i, j]:g} for '{items[i]}' over '{items[j]}'"
        wrong.append(DataError(what, where=f"{where}, {cell(i, j)}", found=found, do=do))
        a[i, j] = np.nan
    a = np.where(np.isnan(a), 1 / a.T, a)
    np.fill_diagonal(a, np.where(np.isnan(np.diag(a)), 1.0, np.diag(a)))
    for i in np.flatnonzero(np.abs(np.diag(a) - 1) > 1e-9).tolist():
        what = "an item compared with itself is judged 1"
        wrong.append(DataError(what, where=f"{where}, {cell(i, i)}", found=f"{a[i, i]:g} for '{items[i]}'"))
    for i, j in np.argwhere(np.triu(np.isnan(a))).tolist() if not wrong else ():
        what = f"'{items[i]}' and '{items[j]}' are not compared"
        wrong.append(DataError(what, where=f"{where}, {cell(i, j)} and {cell(j, i)}", do="fill one of the two in"))
    for i, j in np.argwhere(np.triu(np.abs(a * a.T - 1) > ROUNDING, k=1)).tolist():
        wrong.append(
            DataError(
                f"the two judgements of '{items[i]}' and '{items[j]}' are not reciprocal",
                where=f"{where}, {cell(i, j)} and {cell(j, i)}",
                found=f"{a[i, j]:g} and {a[j, i]:g}, whose product is {a[i, j] * a[j, i]:.3g}",
                do="correct one of the two, or leave it blank",
            )
        )
    refuse_all(wrong, where)
    as_given = (a > a.T) | ((a == a.T) & np.triu(np.ones_like(a, dtype=bool)))  # whole numbers are given, reciprocals rounded
    return np.clip(np.where(as_given, a, 1 / a.T), 1 / MOST, MOST)  # 0.11 alone is 1/9, rounded
