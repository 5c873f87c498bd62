"""How columns move together: matrices of Pearson's and Spearman's correlation, Kendall's τ, and a τ that weighs the top more."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array
from evalkit.stats.ranks import settled


def pearson(columns: Array) -> Array:
    """Pearson's correlations of columns of shape (n, rows), each of which varies: (n, n), in [−1, 1], 1 on the diagonal.

    Examples
    --------
    >>> pearson(np.array([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0], [0.0, 2.0, 1.0]])).round(3).tolist()
    [[1.0, -1.0, 0.5], [-1.0, 1.0, -0.5], [0.5, -0.5, 1.0]]
    """
    centered = columns - columns.mean(axis=1, keepdims=True)
    centered /= np.sqrt((centered * centered).sum(axis=1, keepdims=True))
    r = np.clip(centered @ centered.T, -1.0, 1.0)
    np.fill_diagonal(r, 1.0)
    return r


def spearman_matrix(columns: Array) -> Array:
    """Spearman's rank correlations of columns of shape (n, rows): Pearson's of the mid-ranks.

    Examples
    --------
    >>> spearman_matrix(np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 15.0]])).round(6).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    from scipy.stats import rankdata

    return pearson(rankdata(settled(columns), axis=1))


def kendall(a: Array, b: Array) -> float:
    """Kendall's τ-b: pairs in the same order less pairs in reverse, over what ties leave; 1 the same order, −1 the reverse.

    τ = 0.6 says that of two places drawn at random the order agrees four times as often as not. NaN where a or b is
    constant. Source: Kendall (1945), The Treatment of Ties in Ranking Problems, Biometrika 33:239–251.

    Examples
    --------
    >>> round(kendall(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])), 4)
    0.3333
    """
    from scipy.stats import kendalltau

    return float(kendalltau(settled(a), settled(b)).statistic)


def weighted_kendall(a: Array, b: Array) -> float:
    """Kendall's τ in which a swap counts 1/r + 1/s, r and s the ranks of the two places: the top weighs most.

    Ranks are taken by a and by b in turn, and the two values averaged. In [−1, 1]; far below τ-b it says that the orders
    part at the top. Source: Vigna (2015), A Weighted Correlation Index for Rankings with Ties, WWW '15:1166–1176.

    Examples
    --------
    >>> top, bottom = np.array([4.0, 5.0, 3.0, 2.0, 1.0]), np.array([5.0, 4.0, 3.0, 1.0, 2.0])
    >>> base = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    >>> weighted_kendall(base, top) < kendall(base, top) < weighted_kendall(base, bottom)
    True
    """
    from scipy.stats import weightedtau

    return float(weightedtau(settled(a), settled(b)).statistic)
