"""A smooth curve through a cloud of points: a penalized spline whose smoothness the data choose."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array

MOST_PIECES = 20  # enough for several turns; the penalty takes back what the data do not need
SLIGHT = 1e-7  # shapes that bend so little, beside all, are left to the line
TINY = float(np.finfo(float).eps) ** 2


def linear_fit(x: Array, y: Array) -> Array:
    """Fitted values of the straight line through (x, y) by least squares.

    Examples
    --------
    >>> linear_fit(np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0, 1.0])).round(6).tolist()
    [0.5, 1.0, 1.5]
    """
    q = _line_basis(x)
    return q @ (q.T @ y)


def smooth_fit(x: Array, y: Array) -> Array:
    """Fitted values of a cubic penalized spline, E[y | x] without a form given beforehand.

    A B-spline basis on equal pieces, its second differences penalized by λ, as if they were random with variance σ²/λ; λ is
    the one of greatest restricted likelihood, which seldom follows noise. A straight line costs nothing, so the spline
    explains at least what the line does, and falls back on it where nothing else is to be seen. x and y have shape (rows,);
    x must take more than one value.

    Source: Eilers & Marx (1996), Flexible Smoothing with B-splines and Penalties, Statistical Science 11:89–121; Ruppert, Wand
    & Carroll (2003), Semiparametric Regression, chapter 4.

    Examples
    --------
    >>> x = np.linspace(0.0, 1.0, 200)
    >>> y = np.sin(2 * np.pi * x)
    >>> bool(np.abs(smooth_fit(x, y) - y).max() < 0.01), bool(np.abs(linear_fit(x, y) - y).max() > 0.5)
    (True, True)
    """
    q = _line_basis(x)
    straight = q @ (q.T @ y)
    bends = _bends(x)
    size = np.linalg.norm(bends)
    bends -= q @ (q.T @ bends)
    squares, axes = np.linalg.eigh(bends.T @ bends)  # of a few columns: much quicker than a decomposition of all rows
    held = squares > (SLIGHT * size) ** 2
    if not held.any():
        return straight
    s = np.sqrt(squares[held])[::-1]
    u = bends @ axes[:, held][:, ::-1] / s
    c, rest = u.T @ y, y - straight
    kept = s**2 / (s**2 + s[0] ** 2 * np.logspace(-10, 4, 141)[:, None])
    left = np.maximum(rest @ rest - kept @ c**2, TINY * (y @ y) + TINY)
    deviance = (len(y) - 2) * np.log(left) - np.log1p(-kept).sum(axis=1)
    return straight + u @ (kept[np.argmin(deviance)] * c)


def _line_basis(x: Array) -> Array:
    """Constant and slope, orthonormal."""
    slope = x - x.mean()
    return np.column_stack([np.full(len(x), len(x) ** -0.5), slope / np.linalg.norm(slope)])


def _bends(x: Array) -> Array:
    """What second differences of the B-spline coefficients add to a straight line, one column each."""
    from scipy.interpolate import BSpline

    pieces = int(np.clip(len(x) // 4, 1, MOST_PIECES))
    low, high = float(x.min()), float(x.max())
    knots = low + (high - low) / pieces * np.arange(-3, pieces + 4)
    basis = BSpline.design_matrix(np.clip(x, knots[3], knots[-4]), knots, 3).toarray()
    bend = np.diff(np.eye(pieces + 3), n=2, axis=0)
    return basis @ bend.T @ np.linalg.inv(bend @ bend.T)
