"""Keys of simulated places, households and persons: a letter and a number, obviously artificial."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def width(letter: str, many: int) -> int:
    """How many digits the keys of `many` have: 3 of counties, 5 of villages, 7 of households and persons, more where needed."""
    return max({"C": 3, "V": 5}.get(letter, 7), len(str(many)))


def names(letter: str, numbers: NDArray[Any], many: int) -> NDArray[np.object_]:
    """Keys such as "H0000001" of numbers that count from 0, among `many`.

    Examples
    --------
    >>> names("H", np.array([0, 41]), 1000).tolist()
    ['H0000001', 'H0000042']
    """
    digits = width(letter, many)
    signs = np.empty((len(numbers), digits + 1), dtype=np.uint32)
    signs[:, 0] = ord(letter)
    rest = np.asarray(numbers, dtype=np.int64) + 1
    for place in range(digits, 0, -1):
        rest, digit = np.divmod(rest, 10)
        signs[:, place] = digit + ord("0")
    return signs.view(f"<U{digits + 1}").ravel().astype(object)


def labeled(letter: str, numbers: NDArray[Any], many: int) -> pd.Categorical[str]:
    """The same as a category: a few keys, held once.

    Examples
    --------
    >>> labeled("C", np.array([1, 0, 1]), 2).tolist()
    ['C002', 'C001', 'C002']
    """
    keys: list[str] = names(letter, np.arange(many), many).tolist()
    return pd.Categorical.from_codes(np.asarray(numbers, dtype=np.intp), pd.Index(keys))
