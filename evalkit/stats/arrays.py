"""The arrays formulas take, and how to walk through long ones in pieces that fit a processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]

BLOCK = 8_192


def pieces(length: int, size: int = BLOCK) -> Iterator[slice]:
    """The rows 0 … length in consecutive slices.

    Examples
    --------
    >>> list(pieces(5, size=2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))
