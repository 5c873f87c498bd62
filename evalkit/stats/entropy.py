"""How unevenly figures are spread: Shannon's entropy against its greatest value."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from evalkit.stats.arrays import Array

TINY = float(np.finfo(float).tiny)  # too small to change a score, enough to give zero a logarithm
NOISE = 1e-14


def entropy_divergence(z: Array) -> Array:
    """How unevenly each column is spread: d = 1 − e with e = −(1/ln m) Σ p ln p and p = z / Σ z.

    `z` has shape (m, n): m unit-years pooled, n indicators, none negative. d lies in [0, 1]: 0 where all rows are equal,
    1 where a single row holds everything. 0·ln 0 is 0. The base is ln(N·T), the number of pooled rows. d ln m is Theil's T.

    It is computed as Σ p ln(z/c) − ln(z̄/c), over ln m, with c the greatest figure: of nearly equal figures, 1 − e would leave
    the difference of two numbers near 1. Source: Shannon (1948), A Mathematical Theory of Communication.

    Examples
    --------
    >>> entropy_divergence(np.array([[1.0, 1.0], [1.0, 0.0]]))
    array([0., 1.])
    """
    return np.array([divergence([column], len(z)) for column in z.T])


def divergence(parts: Iterable[Array], count: int) -> float:
    """1 − e of a column in pieces, from S = Σ z and T = Σ z ln(z/c): (T/S − ln(S/(c m))) / ln m; NaN where a figure is negative.

    What is below 1e-14 is the noise of the last bits and is 0.
    """
    scale, total, total_log = 0.0, 0.0, 0.0
    with np.errstate(invalid="ignore"):
        for z in parts:
            scale = scale or 1.0 / (abs(float(z.max())) or 1.0)
            logs = z * scale
            logs += TINY
            np.log(logs, out=logs)
            total += float(z.sum())
            total_log += float(z @ logs)
    if not total > 0:
        return 0.0 if total_log == 0 else math.nan
    d = (total_log / total - math.log(total * scale / count)) / math.log(count)
    return min(d, 1.0) if not d < NOISE else 0.0
