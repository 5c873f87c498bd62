"""Priorities: weights from a matrix of pairwise judgements, how consistent it is, and which judgements fit least."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.stats.arrays import Array

SHOWN = 3  # the least consistent judgements of a matrix that are told


def by_eigenvector(a: Array) -> Array:
    """Weights as the principal eigenvector of a reciprocal matrix, A w = λ w, Σ w = 1; `a` has shape (..., n, n).

    The weight of an item is, up to the factor λ, the mean of its ratios to all items, each counted by the weight of the item
    it is compared with. Of a consistent matrix, a_ij = w_i / w_j, the weights come back exactly.

    Source: Saaty (1980), The Analytic Hierarchy Process.

    Examples
    --------
    >>> by_eigenvector(np.array([[1, 2, 4], [1 / 2, 1, 2], [1 / 4, 1 / 2, 1]])).round(4)
    array([0.5714, 0.2857, 0.1429])
    """
    values, vectors = np.linalg.eig(a)
    principal = values.real.argmax(axis=-1)[..., None, None]
    w = np.abs(np.take_along_axis(vectors, principal, axis=-1)[..., 0].real)
    return w / w.sum(axis=-1, keepdims=True)


def by_geometric_mean(a: Array) -> Array:
    """Weights as geometric means of the rows, w_i ∝ (Π_j a_ij)^(1/n): the least-squares fit of ln a_ij by ln w_i − ln w_j.

    Source: Crawford & Williams (1985), A note on the analysis of subjective judgment matrices, Journal of Mathematical
    Psychology 29:387–405.

    Examples
    --------
    >>> by_geometric_mean(np.array([[1, 2, 8], [1 / 2, 1, 2], [1 / 8, 1 / 2, 1]])).round(4)
    array([0.6434, 0.2553, 0.1013])
    """
    w = np.exp(np.log(a).mean(axis=-1))
    return w / w.sum(axis=-1, keepdims=True)


def by_column_mean(a: Array) -> Array:
    """Weights as means over the columns of a_ij / Σ_i a_ij: the textbooks' approximation of the eigenvector by hand.

    Examples
    --------
    >>> by_column_mean(np.array([[1, 2, 4], [1 / 2, 1, 2], [1 / 4, 1 / 2, 1]])).round(4)
    array([0.5714, 0.2857, 0.1429])
    """
    return (a / a.sum(axis=-2, keepdims=True)).mean(axis=-1)


def largest_eigenvalue(a: Array) -> Array:
    """λ_max of reciprocal matrices of shape (..., n, n): n where all judgements agree, more where they contradict each other."""
    return np.maximum(np.linalg.eigvals(a).real.max(axis=-1), a.shape[-1])


def consistency_index(a: Array) -> Array:
    """CI = (λ_max − n) / (n − 1) of matrices of shape (..., n, n): 0 where a_ij a_jk = a_ik throughout.

    Divided by the index of judgements made at random it is the consistency ratio CR, which by Saaty's rule should not
    exceed 0.1.

    Examples
    --------
    >>> consistency_index(np.array([[1, 2, 4], [1 / 2, 1, 2], [1 / 4, 1 / 2, 1]])).round(9) + 0.0
    np.float64(0.0)
    """
    size = a.shape[-1]
    return (largest_eigenvalue(a) - size) / (size - 1)


def geometric_consistency(a: Array) -> float:
    """Geometric consistency index GCI = 2 / ((n−1)(n−2)) Σ_{i<j} ln² e_ij, with e_ij = a_ij w_j / w_i and row geometric means w.

    The residual variance of the fit behind `by_geometric_mean`: 0 where all judgements agree. Values of 0.31 (n = 3), 0.35
    (n = 4) and 0.37 (n > 4) correspond to CR = 0.1.

    Source: Aguarón & Moreno-Jiménez (2003), The geometric consistency index: approximated thresholds, European Journal of
    Operational Research 147:137–145.

    Examples
    --------
    >>> round(geometric_consistency(np.array([[1, 2, 8], [1 / 2, 1, 2], [1 / 8, 1 / 2, 1]])), 4)
    0.1602
    """
    size = len(a)
    if size < 3:
        return 0.0
    off = np.log(misfit(a, by_geometric_mean(a)))[np.triu_indices(size, 1)]
    return float(2 / ((size - 1) * (size - 2)) * (off @ off))


def misfit(a: Array, w: Array) -> Array:
    """e_ij = a_ij w_j / w_i: how many times too great each judgement is beside the weights; 1 where it fits."""
    return a * w[None, :] / w[:, None]


def fitting(a: Array, i: int, j: int) -> float:
    """The judgement of i over j that all other judgements speak for: w_i / w_j of the matrix without it.

    The matrix without the pair has a_ij = a_ji = 0 and a_ii = a_jj = 2; a matrix with this value has the same weights.

    Source: Harker (1987), Incomplete pairwise comparisons in the analytic hierarchy process, Mathematical Modelling
    9:837–848; Saaty (2003), Decision-making with the AHP: why is the principal eigenvector necessary, European Journal of
    Operational Research 145:85–91.

    Examples
    --------
    >>> round(fitting(np.array([[1, 2, 9], [1 / 2, 1, 2], [1 / 9, 1 / 2, 1]]), 0, 2), 6)
    4.0
    """
    without = a.copy()
    without[i, j] = without[j, i] = 0.0
    without[i, i] = without[j, j] = 2.0
    w = by_eigenvector(without)
    return float(w[i] / w[j])


def least_consistent(a: Array, w: Array, items: tuple[str, ...]) -> pd.DataFrame:
    """The judgements that fit the weights least, worst first: `item`, `over`, `judged`, `fits`, `deviation`.

    `fits` is what all other judgements speak for, `deviation` max(e_ij, 1 / e_ij). Judgements that fit are left out.
    """
    e = misfit(a, w)
    deviation = np.maximum(e, 1 / e)
    i, j = np.triu_indices(len(a), 1)
    worst = np.argsort(-deviation[i, j].round(9), kind="stable")[: SHOWN if len(a) > 2 else 0]
    rows = [
        (items[p], items[q], a[p, q], fitting(a, p, q), deviation[p, q])
        for p, q in zip(i[worst], j[worst], strict=True)
        if deviation[p, q] > 1 + 1e-9
    ]
    found = pd.DataFrame(rows, columns=["item", "over", "judged", "fits", "deviation"])
    return found.astype({"judged": float, "fits": float, "deviation": float})
