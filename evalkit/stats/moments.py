"""Moments of columns that come in pieces."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from evalkit.stats.arrays import Array


def comoments(blocks: Iterable[Array]) -> tuple[Array, Array]:
    """Means (n,) and covariances (n, n), divided by the number of rows, of columns that come in blocks of shape (n, rows).

    One pass, counted from the first row: the variance of a column that does not vary is exactly 0. The blocks are used up.

    Examples
    --------
    >>> comoments([np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.5], [0.5]])])
    (array([0.5, 0.5]), array([[ 0.16666667, -0.16666667],
           [-0.16666667,  0.16666667]]))
    """
    count, origin, total, products = 0, np.zeros((1, 1)), np.zeros(1), np.zeros((1, 1))
    for block in blocks:
        if not count:
            origin = block[:, :1].copy()
        np.subtract(block, origin, out=block)
        count += block.shape[1]
        total = total + block.sum(axis=1)
        products = products + block @ block.T
    mean = total / count
    return origin[:, 0] + mean, products / count - np.outer(mean, mean)


def skewness(parts: Iterable[Array]) -> float:
    """Skewness m₃ / m₂^1.5 of a column that comes in pieces of scores near [0, 1]; 0 symmetric, positive a long upper tail.

    NaN where the column does not vary. Moments are divided by n (the biased form g₁).

    Examples
    --------
    >>> import numpy as np
    >>> round(skewness([np.array([0.0, 0.0]), np.array([0.0, 1.0])]), 4)
    1.1547
    """
    count, first, second, third = 0, 0.0, 0.0, 0.0
    for z in parts:
        square = z * z
        count += len(z)
        first += float(z.sum())
        second += float(z @ z)
        third += float(square @ z)
    if count < 2:
        return float("nan")
    mean, second, third = first / count, second / count, third / count
    variance = second - mean**2
    if variance <= 1e-14:
        return float("nan")
    return (third - 3 * mean * second + 2 * mean**3) / variance**1.5
