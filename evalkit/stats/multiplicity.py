"""What p-values become when many questions are asked at once."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array


def holm(p: Array) -> Array:
    """Adjusted p-values by Holm's step-down: of the k-th smallest of m, max over those up to it of (m − k + 1) p; at most 1.

    Whatever is below 1 − level is then found with that level for all questions together, however they depend on each other.
    Source: Holm (1979), Scandinavian Journal of Statistics 6:65–70.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(2)
    array([0.03, 0.06, 0.06])
    """
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def bonferroni(p: Array) -> Array:
    """Adjusted p-values m p, at most 1.

    Examples
    --------
    >>> bonferroni(np.array([0.01, 0.4, 0.03])).round(2)
    array([0.03, 1.  , 0.09])
    """
    return np.minimum(p * len(p), 1.0)
