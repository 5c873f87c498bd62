"""How far a distribution has moved between two samples, beside what chance alone moves it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evalkit.stats.arrays import Array, Codes


class Moved(NamedTuple):
    """A shift of one distribution: its index, what chance alone makes of it, and how rare it is where nothing moved."""

    psi: float
    expected: float
    df: int
    p: float


def stability_index(before: Array, after: Array) -> float:
    """Population stability index Σ (q_k − p_k) ln(q_k/p_k) of shares p before and q after, of shape (k,), none of them 0.

    0: the same; it is symmetric and never negative, and moving 10 % of the mass from one of two even halves gives 0.04.
    By custom less than 0.1 is small and more than 0.25 large; the custom knows nothing of sample size.

    Source: Siddiqi (2017), Intelligent Credit Scoring; it is the divergence of Jeffreys (1946).

    Examples
    --------
    >>> round(stability_index(np.array([0.5, 0.5]), np.array([0.6, 0.4])), 4)
    0.0405
    """
    return float(((after - before) * np.log(after / before)).sum())


def stability_test(before: Array, after: Array, trials: tuple[float, float]) -> Moved:
    """The index of weights in cells before and after, and its test: PSI/(1/n + 1/m) is χ² with k − 1 degrees of freedom.

    Under no drift its mean is (k − 1)(1/n + 1/m), n and m the independent draws the samples are worth. Cells empty in both
    are no cells; where a cell is empty in one, half a draw is added to every cell of both. Of the same households seen twice
    the two samples move together: p is then too large, never too small.

    Source: Yurdakul (2018), Statistical Properties of Population Stability Index, Western Michigan University; Yurdakul &
    Naranjo (2020), Journal of Risk Model Validation 14(4):89–100.

    Examples
    --------
    >>> found = stability_test(np.array([50.0, 50.0]), np.array([60.0, 40.0]), (100.0, 100.0))
    >>> round(found.psi, 4), found.expected, found.df, round(found.p, 3)
    (0.0405, 0.02, 1, 0.154)
    """
    from scipy.stats import chi2

    held = (before > 0) | (after > 0)
    n, m = trials
    p, q = before[held] / before.sum() * n, after[held] / after.sum() * m
    if (p == 0).any() or (q == 0).any():
        p, q = p + 0.5, q + 0.5
    index, scale, df = stability_index(p / p.sum(), q / q.sum()), 1 / n + 1 / m, int(held.sum()) - 1
    return Moved(index, df * scale, df, float(chi2.sf(index / scale, df)) if df else 1.0)


def independent_draws(shares: Array, variance: Array, rows: int) -> float:
    """How many independent draws tell as much of shares in cells as a sample by design: (k − 1)/Σ V_k/p_k, at most its rows.

    Of n independent draws V_k = p_k(1 − p_k)/n and it is n; else it is n over the mean design effect, which makes χ² tests
    of shares right on average. Of one cell, or without variance, it is the rows. Source: Rao & Scott (1981), Journal of the
    American Statistical Association 76:221–230.

    Examples
    --------
    >>> p = np.array([0.2, 0.3, 0.5])
    >>> round(independent_draws(p, 2 * p * (1 - p) / 100, 100), 6)
    50.0
    """
    held = shares > 0
    below = float((variance[held] / shares[held]).sum())
    return float(rows) if held.sum() < 2 or not below > 0 else min(float(rows), (int(held.sum()) - 1) / below)


def mass_edges(values: Array, weights: Array, bins: int) -> Array:
    """Inner edges that part values into bins of like weight: fewer where values repeat, one value a bin where there are few.

    A value belongs to the bin of the last edge that it reaches.

    Examples
    --------
    >>> mass_edges(np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4), 2), mass_edges(np.array([0.0, 0.0, 1.0]), np.ones(3), 10)
    (array([3.]), array([1.]))
    """
    distinct, at = np.unique(values, return_inverse=True)
    if len(distinct) <= bins:
        return distinct[1:]
    mass = np.cumsum(np.bincount(at.ravel(), weights=weights, minlength=len(distinct)))
    cuts = np.searchsorted(mass, mass[-1] * np.arange(1, bins) / bins * (1 - 1e-12)) + 1
    return distinct[np.unique(cuts[cuts < len(distinct)])]


def cells(values: Array, edges: Array) -> Codes:
    """The bin of each value; those that are NaN are in a bin of their own, the last.

    Examples
    --------
    >>> cells(np.array([0.5, 3.0, np.nan]), np.array([1.0, 2.0]))
    array([0, 2, 3])
    """
    gone = np.isnan(values)
    return np.where(gone, len(edges) + 1, np.searchsorted(edges, np.where(gone, 0.0, values), side="right"))
