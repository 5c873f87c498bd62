"""Moments of columns that come in pieces."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit.stats.arrays import Array


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
