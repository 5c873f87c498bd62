"""The arrays formulas take, and how to walk through long ones in pieces that fit a processor's cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]

BLOCK = 8_192


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns of one height, of which all rows are read or some; no row is copied before it is read."""

    arrays: Sequence[Array]
    rows: Codes | None = None

    @property
    def height(self) -> int:
        """How many rows are read."""
        return len(self.arrays[0] if self.rows is None else self.rows)

    def __len__(self) -> int:
        return len(self.arrays)

    def __iter__(self) -> Iterator[Array]:
        """One column after the other, whole."""
        return iter(self.arrays) if self.rows is None else (array[self.rows] for array in self.arrays)

    def piece(self, j: int, rows: slice) -> Array:
        """Some rows of column j."""
        return self.arrays[j][rows if self.rows is None else self.rows[rows]]


def pieces(length: int, size: int = BLOCK) -> Iterator[slice]:
    """The rows 0 … length in consecutive slices.

    Examples
    --------
    >>> list(pieces(5, size=2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))
