"""The arrays formulas take, and how to walk through long ones in pieces that fit a processor's cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]

BLOCK = 8_192


class Transform(Protocol):
    """What is done to the figures of a column before they are read: a function of each figure alone."""

    def apply(self, x: Array) -> Array:
        """The figures as they are read from now on."""
        ...

    def raw(self, y: float) -> float:
        """The observed figure that is read as `y`; NaN where there is none or more than one."""
        ...

    def mark(self, x: float) -> float:
        """Where a figure that was not observed lies, such as a target: on the same scale, and not brought within limits."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns of one height, of which all rows are read or some; no row is copied before it is read.

    `transforms` holds one transform a column, or None where a column is read as it is; `dates` the period of each row of
    the arrays, where one is needed.
    """

    arrays: Sequence[Array]
    rows: Codes | None = None
    transforms: tuple[Transform | None, ...] = ()
    dates: Codes | None = None

    @property
    def height(self) -> int:
        """How many rows are read."""
        return len(self.arrays[0] if self.rows is None else self.rows)

    def __len__(self) -> int:
        return len(self.arrays)

    def __iter__(self) -> Iterator[Array]:
        """One column after the other, whole."""
        return (self.piece(j, slice(None)) for j in range(len(self.arrays)))

    def piece(self, j: int, rows: slice) -> Array:
        """Some rows of column j."""
        x = self.arrays[j][rows if self.rows is None else self.rows[rows]]
        transform = self.transforms[j] if self.transforms else None
        return x if transform is None else transform.apply(x)

    def mark(self, j: int, x: float) -> float:
        """Where a figure that was not observed, such as a target, lies among the figures of column j as they are read."""
        transform = self.transforms[j] if self.transforms else None
        return x if transform is None else transform.mark(x)

    def period(self, rows: slice) -> Codes:
        """The period of some rows."""
        assert self.dates is not None
        return self.dates[rows if self.rows is None else self.rows[rows]]


def pieces(length: int, size: int = BLOCK) -> Iterator[slice]:
    """The rows 0 … length in consecutive slices.

    Examples
    --------
    >>> list(pieces(5, size=2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))


def native(column: pd.Series) -> pd.Series:
    """A column in the byte order of this machine: pandas can neither group nor sort what is in the other order.

    Examples
    --------
    >>> import pandas as pd
    >>> native(pd.Series(np.array([1, 2], dtype=">i8"))).dtype
    dtype('int64')
    """
    kind = column.dtype
    return column.astype(kind.newbyteorder("=")) if isinstance(kind, np.dtype) and not kind.isnative else column


def all_native(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with every column in the byte order of this machine."""
    foreign = [at for at, kind in enumerate(frame.dtypes) if isinstance(kind, np.dtype) and not kind.isnative]
    own = frame.copy() if foreign else frame
    for at in foreign:
        own.isetitem(at, native(frame.iloc[:, at]).to_numpy())
    return own
