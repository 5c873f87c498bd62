"""Varimax: turning factors so that each column has few great loadings and many small ones."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from evalkit.errors import NoAnswer
from evalkit.stats.arrays import Array

SWEEPS, SETTLED = 500, 1e-12


def varimax(loadings: Array) -> Array:
    """Loadings (n, k) after the rotation that maximizes the variance of squared loadings within columns.

    Rows are brought to length 1 before and back to their own afterwards (Kaiser's normalization), so that what the factors
    share of each indicator stays as it is: the sums of squares of rows do not change. Each pair of factors x, y is turned in its
    plane by the best angle, φ = ¼ arg(Σw² − (Σw)²/n) with w = (x + iy)², until no pair turns any more.
    Source: Kaiser (1958), The Varimax Criterion for Analytic Rotation in Factor Analysis, Psychometrika 23:187–200.

    Examples
    --------
    >>> np.abs(varimax(np.array([[1.0, 1.0], [1.0, -1.0]]) / 2**0.5)).round(6).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    length = np.sqrt((loadings * loadings).sum(axis=1, keepdims=True))
    rotated = loadings / np.where(length > 0, length, 1.0)
    for _ in range(SWEEPS):
        furthest = 0.0
        for p, q in combinations(range(rotated.shape[1]), 2):
            plane = rotated[:, p] + 1j * rotated[:, q]
            w = plane * plane
            pull = (w * w).sum() - w.sum() ** 2 / len(w)
            angle = float(np.angle(pull)) / 4 if abs(pull) > SETTLED else 0.0
            plane *= np.exp(-1j * angle)
            rotated[:, p], rotated[:, q] = plane.real, plane.imag
            furthest = max(furthest, abs(angle))
        if furthest < SETTLED:
            return rotated * length
    raise NoAnswer("the varimax rotation does not settle", do="keep fewer components")
