"""Who is poor, and how far below the line: what all poverty indices are made of."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array, Mask
from evalkit.stats.ranks import HALF, below


def is_poor(income: Array, line: Array, *, strict: bool = True) -> Mask:
    """Who is poor: below the line (strict, as the World Bank counts), or at it too (weak, as R's convey counts).

    An income that differs from the line in no more than the tenth digit lies at it.

    Examples
    --------
    >>> is_poor(np.array([99.0, 100.0]), np.array([100.0, 100.0])), is_poor(np.array([100.0]), np.array([100.0]), strict=False)
    (array([ True, False]), array([ True]))
    """
    return below(income, line, strict=strict)


def poverty_gaps(income: Array, line: Array, *, strict: bool = True) -> Array:
    """How far each falls short of the line, as a share of it: g = (z − y)/z of the poor, 0 of others; above 1 of incomes below 0.

    Examples
    --------
    >>> poverty_gaps(np.array([75.0, 150.0]), np.array([100.0, 100.0]))
    array([0.25, 0.  ])
    """
    gap = np.where(is_poor(income, line, strict=strict), (line - income) / line, 0.0)
    return np.where(gap > HALF, gap, 0.0)


def gap_powers(income: Array, line: Array, alpha: float, *, strict: bool = True) -> Array:
    """g^α of the poor, 0 of others: 1 of the poor for α = 0.

    Examples
    --------
    >>> gap_powers(np.array([75.0, 150.0]), np.array([100.0, 100.0]), 2)
    array([0.0625, 0.    ])
    """
    if alpha == 0:
        return is_poor(income, line, strict=strict).astype(float)
    return poverty_gaps(income, line, strict=strict) ** alpha


def log_gaps(income: Array, line: Array, *, strict: bool = True) -> Array:
    """ln(z/y) of the poor, 0 of others; incomes of the poor must be positive.

    Examples
    --------
    >>> log_gaps(np.array([50.0, 150.0]), np.array([100.0, 100.0])).round(4)
    array([0.6931, 0.    ])
    """
    return np.log(line) - np.log(np.where(is_poor(income, line, strict=strict), income, line))
