"""Households by the pattern of what they lack: yes and no packed into one number, so that one count answers every question."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalkit.stats.arrays import Array, Codes, Mask, pieces

Patterns = NDArray[np.integer]  # the pattern of each row

WALK = 1 << 17  # rows packed, or counted, at once
MANY = 16  # from more deprivations than this, only the patterns that occur are kept


def packed(deprived: Sequence[Mask]) -> tuple[Patterns, NDArray[np.int64]]:
    """The pattern of each row, and the number behind each pattern: bit j is set where deprivation j is.

    Up to 16 deprivations all 2^J patterns are numbered, of more those that occur.

    Examples
    --------
    >>> packed([np.array([True, False, True]), np.array([True, False, False])])
    (array([3, 0, 1], dtype=uint16), array([0, 1, 2, 3]))
    """
    kind: type[np.integer] = np.uint16 if len(deprived) <= MANY else np.int64
    code: Patterns = np.empty(len(deprived[0]), dtype=kind)
    for rows in pieces(len(code), WALK):
        code[rows] = _byte([lacks[rows] for lacks in deprived[:8]])
        for byte in range(8, len(deprived), 8):
            code[rows] |= _byte([lacks[rows] for lacks in deprived[byte : byte + 8]]).astype(kind) << kind(byte)
    if len(deprived) <= MANY:
        return code, np.arange(1 << len(deprived), dtype=np.int64)
    occurring, pattern = np.unique(code, return_inverse=True)
    return pattern.ravel(), occurring.astype(np.int64)


def _byte(lacks: Sequence[Mask]) -> NDArray[np.uint8]:
    """Up to eight of yes and no in one byte, the first in its lowest bit."""
    byte = lacks[-1].astype(np.uint8)
    for one in lacks[-2::-1]:
        byte += byte
        byte |= one.view(np.uint8)
    return byte


def pattern_bits(patterns: NDArray[np.int64], count: int) -> Array:
    """Which deprivations each pattern holds, 0 or 1, of shape (patterns, count).

    Examples
    --------
    >>> pattern_bits(np.array([0, 1, 2, 3]), 2).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    """
    return ((patterns[:, None] >> np.arange(count)) & 1).astype(np.float64)


def pattern_totals(values: Array, pattern: Patterns, place: Codes, places: int, weights: Array) -> Array:
    """Weighted totals (k, places) of figures that depend on the pattern alone, `values` (patterns, k).

    One count of rows by place and pattern, then one product; where that table would be larger than the rows are many, one count
    a figure instead.

    Examples
    --------
    >>> pattern_totals(np.array([[1.0, 0.0], [1.0, 0.5]]), np.array([0, 1, 1]), np.array([0, 0, 1]), 2, np.ones(3)).tolist()
    [[2.0, 1.0], [0.5, 0.5]]
    """
    kinds = len(values)
    if places * kinds <= max(4 * len(pattern), 1 << 16):
        table, held = np.zeros(places * kinds), np.empty(min(WALK, len(pattern)), dtype=np.intp)
        for rows in pieces(len(pattern), WALK):
            cell = np.multiply(place[rows], kinds, out=held[: rows.stop - rows.start], dtype=np.intp)
            cell += pattern[rows]
            np.add.at(table, cell, weights[rows])
        return (table.reshape(places, kinds) @ values).T
    columns = np.ascontiguousarray(values.T)
    return np.stack([np.bincount(place, weights=weights * column[pattern], minlength=places) for column in columns])
