"""How unequally figures are spread over people."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array


def gini(x: Array, weights: Array) -> float:
    """Gini coefficient Σ_i Σ_j w_i w_j |x_i − x_j| / (2 W² x̄) of figures that are not negative, by one sort.

    0: all alike; towards 1: one holds everything. The population form: replicating everybody changes nothing, and of n people
    it is at most 1 − 1/n. Where all figures are 0 it is 0. Source: Gini (1912).

    Examples
    --------
    >>> x = np.array([541.0, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261])  # documentation of R's ineq
    >>> round(gini(x, np.ones(10)), 7)
    0.4620911
    """
    order = np.argsort(x, kind="stable")
    x, w = x[order], weights[order]
    total = float(w.sum())
    mean = float(w @ x) / total
    middle = np.cumsum(w) - w / 2
    return 2 * float(w @ (x * middle)) / (total**2 * mean) - 1 if mean > 0 else 0.0
