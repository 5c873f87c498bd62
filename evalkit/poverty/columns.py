"""What the methods of this chapter read from a frame: columns of numbers without gaps, lines, and groups."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable

import numpy as np
import pandas as pd

from evalkit.check import has_columns, no_numbers, number, positive, real, shown
from evalkit.errors import DataError, SpecError, several
from evalkit.identifiers import secret
from evalkit.panel.findings import shown as masked
from evalkit.stats.arrays import Array, Codes, native

TAKEN = frozenset(  # what columns of answers are called
    {"measure", "estimate", "std_error", "ci_low", "ci_high", "n", "part", "source", "index", "share", "contribution"}
    | {"population_share", "income_share", "within", "first", "last", "change", "growth", "redistribution", "residual"}
    | {"shift", "interaction"}
)
FEW = 10  # different values, of which more are not shown but counted


def has_rows(frame: pd.DataFrame, needed: Iterable[str], *, who: str) -> None:
    """Refuse what is no frame, holds no row, or lacks a column."""
    if not isinstance(frame, pd.DataFrame):
        raise SpecError(f"{who} needs a DataFrame", found=shown(frame), do="pass a table with one row a household")
    named = list(needed)
    for name in named:
        is_name(name, who=who)
    has_columns(frame, [name for name in named if name not in frame.columns], who=who)
    twice = [name for name in named if isinstance(frame[name], pd.DataFrame)]
    if twice:
        raise DataError(f"columns [{several(twice)}] stand more than once in the table", do="rename one of each")
    if not len(frame):
        raise DataError(f"{who} was given no rows", do="check what was selected before")


def numbers(frame: pd.DataFrame, name: str, *, who: str) -> Array:
    """A column as numbers; text, gaps and infinities are refused.

    Examples
    --------
    >>> numbers(pd.DataFrame({"income": [1, 2]}), "income", who="this")
    array([1., 2.])
    """
    column = frame[name]
    if column.isna().any():
        gaps = int(column.isna().sum())
        raise DataError(f"column '{name}' holds gaps", found=str(gaps), do="fill them, or leave the rows out and say so")
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_complex_dtype(column):
        raise DataError(f"{who} needs numbers in column '{name}'", found=no_numbers(column), do="convert them")
    values = column.to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise DataError(f"column '{name}' holds infinite figures", found=str(int((~np.isfinite(values)).sum())), do="mend them")
    return values


def line_per_row(frame: pd.DataFrame, line: float | str, *, who: str) -> Array:
    """A poverty line for each row: one number, or a column of positive ones."""
    if not isinstance(line, str):
        return np.full(len(frame), float(line))
    found = numbers(frame, line, who=who)
    if not (found > 0).all():
        raise DataError(f"poverty lines '{line}' must be positive", found=f"{int((found <= 0).sum())} that are not")
    return found


def is_line(line: object, *, who: str) -> None:
    """Refuse a line that is neither the name of a column nor a finite number above 0."""
    if isinstance(line, str) and line:
        return
    if not real(line):
        raise SpecError(f"{who} cannot use this as a line", found=shown(line), do="give a number, or the name of a column")
    positive(line, who="a poverty line")


def is_level(level: object, *, who: str) -> None:
    """Refuse what is no level of an interval."""
    number(level, "(0, 1)", who=f"{who} level")  # type: ignore[arg-type]


def is_name(name: object, *, who: str) -> None:
    """Refuse what is no name of a column."""
    if not isinstance(name, str) or not name:
        raise SpecError(f"{who} needs the name of a column", found=shown(name))


def names_of(names: object, *, who: str) -> tuple[str, ...]:
    """Names of columns, as a tuple without repeats; one word is one name."""
    if not isinstance(names, str | tuple | list):
        raise SpecError(f"{who} needs names of columns", found=shown(names), do='give a tuple such as ("income", "size")')
    every = (names,) if isinstance(names, str) else tuple(names)
    for name in every:
        is_name(name, who=who)
    if not every or len(set(every)) < len(every):
        raise SpecError(f"{who} needs names of columns, each once", found=shown(names))
    return every


def is_free(names: Iterable[str], taken: Collection[str] = TAKEN) -> None:
    """Refuse a grouping that is called as a column of the answer is."""
    for name in names:
        if name in taken:
            raise DataError(f"a grouping cannot be called '{name}'", do="rename the column: answers have one of that name")


def told(name: object) -> str:
    """The name of a group or a place as it may be said; what is the number of a person is not.

    Examples
    --------
    >>> told("四川省"), told("11010519491231002X")
    ('四川省', '***')
    """
    return "***" if secret(str(name)) else str(name)


def odd(values: Iterable[object]) -> str:
    """A few odd values as they may be printed; many, which may be names of homes, are counted.

    Examples
    --------
    >>> odd([2, "x"]), odd(["11010519491231002X"]), odd(range(40))
    ("'2', 'x'", "'***'", '40 different values')
    """
    every = list(values)
    return several(map(masked, every)) if len(every) <= FEW else f"{len(every):,} different values"


def groups_of(frame: pd.DataFrame, over: str | None) -> tuple[Codes | None, tuple[Hashable, ...]]:
    """The group of each row by its code, and the groups in order; no codes where nothing is grouped.

    Examples
    --------
    >>> groups_of(pd.DataFrame({"county": ["b", "a", "b"]}), "county")
    (array([1, 0, 1]), ('a', 'b'))
    """
    if over is None:
        return None, (None,)
    is_free([over])
    column = native(frame[over])
    if column.isna().any():
        gaps = int(column.isna().sum())
        raise DataError(f"column '{over}' holds gaps", found=str(gaps), do="fill them, or leave the rows out and say so")
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.remove_unused_categories()
        return column.cat.codes.to_numpy().astype(np.intp), tuple(column.cat.categories)
    try:
        codes, labels = pd.factorize(column, sort=True)
    except TypeError as mixed:
        kinds = several(sorted({type(value).__name__ for value in column}))
        raise DataError(f"groups in column '{over}' cannot be put in order", found=kinds, do="make them all text") from mixed
    return codes, tuple(labels)
