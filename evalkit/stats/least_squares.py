"""Weighted least squares on scaled columns by triangles, refined on its own residuals: accurate, quick, and honest on rank."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evalkit.stats.arrays import BLOCK, Array, Codes, pieces

RANK_TOLERANCE = 1e-11
WELL_CONDITIONED = 1e4  # of the products: making them loses as many digits as that has, so standard errors keep twelve
ONE_THREAD = 2**18  # products of no more multiplications are done by one thread: others would only wait for each other


class LeastSquares(NamedTuple):
    """Coefficients (k), residuals (n), and (XᵀWX)⁻¹ (k, k)."""

    coefficients: Array
    residuals: Array
    inverse: Array


def least_squares(X: Array, y: Array, weights: Array) -> LeastSquares:
    """The coefficients b that minimize Σ w (y − Xb)², X of shape (n, k) with columns that do not depend on each other.

    Columns are scaled to length 1 and reduced to a triangle R; RᵀR b = Xᵀw y is solved and refined twice on its residuals
    (corrected seminormal equations). Source: Björck (1996), Numerical Methods for Least Squares Problems, chapter 2.4.4.

    Examples
    --------
    >>> X = np.column_stack([np.ones(3), [0.0, 1.0, 2.0]])
    >>> least_squares(X, np.array([1.0, 3.0, 5.0]), np.ones(3)).coefficients.round(12)
    array([1., 2.])
    """
    scale = column_lengths(X, weights)
    half = np.linalg.inv(_triangle(X, weights, scale)) / scale[:, None]
    b = np.zeros(X.shape[1])
    for _ in range(3):
        b = b + half @ (half.T @ (X.T @ (weights * (y - X @ b))))
    return LeastSquares(b, y - X @ b, half @ half.T)


def dependent_columns(X: Array, weights: Array) -> Codes:
    """The columns that are sums of multiples of those before them, or hold nothing but 0, in rows that have weight.

    Examples
    --------
    >>> dependent_columns(np.array([[1.0, 2.0, 1.0], [1.0, 2.0, 0.0], [1.0, 2.0, 0.0]]), np.ones(3))
    array([1])
    """
    triangle = _triangle(X, weights, column_lengths(X, weights))
    basis, dependent = np.zeros((len(triangle), 0)), []
    for j, column in enumerate(triangle.T):
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        length = float(np.linalg.norm(rest))
        if length <= RANK_TOLERANCE:
            dependent.append(j)
        else:
            basis = np.column_stack([basis, rest / length])
    return np.array(dependent, dtype=np.intp)


def column_lengths(X: Array, weights: Array) -> Array:
    """√Σ w x² of each column; 1 where that is 0.

    Examples
    --------
    >>> column_lengths(np.array([[3.0, 0.0], [4.0, 0.0]]), np.ones(2))
    array([5., 1.])
    """
    total = np.zeros(X.shape[1])
    for rows in pieces(len(X)):
        total += weights[rows] @ X[rows] ** 2
    return np.where(total > 0, np.sqrt(total), 1.0)


def _triangle(X: Array, weights: Array, scale: Array) -> Array:
    """R with RᵀR the products of √w X/scale: of the products themselves where that is safe, else of the rows."""
    k = X.shape[1]
    gram = np.zeros((k, k))
    for rows in pieces(len(X), min(max(ONE_THREAD // k**2, 32), BLOCK)):
        block = X[rows] / scale
        gram += (block * weights[rows, None]).T @ block
    spread = np.linalg.eigvalsh(gram)
    if spread[0] * WELL_CONDITIONED > spread[-1]:
        return np.asarray(np.linalg.cholesky(gram).T, dtype=np.float64)
    held = np.zeros((0, k))
    for rows in pieces(len(X), 8 * k):
        block = X[rows] / scale * np.sqrt(weights[rows])[:, None]
        held = np.asarray(np.linalg.qr(np.vstack([held, block]), mode="r"), dtype=np.float64)
    return held
