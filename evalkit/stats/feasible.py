"""A mean and a variance that are both linear in the regressors, by three steps of feasible generalized least squares."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evalkit.stats.arrays import Array, Mask
from evalkit.stats.least_squares import least_squares


class MeanAndVariance(NamedTuple):
    """E y = Xβ and Var y = Xθ as they were estimated, and what each row does to the estimates."""

    mean: Array  # β, (k)
    variance: Array  # θ, (k)
    mean_influence: Array  # (k, n); the covariance of β is that of the total of w times it
    variance_influence: Array  # (k, n)
    floor: float  # below which no variance is taken
    raised: Mask  # whose variance was raised to it


def mean_and_variance(X: Array, y: Array, weights: Array, floor: float) -> MeanAndVariance:
    """Three steps: squared residuals e² of y on X are regressed on X; again, each divided by its variance; then y by its √.

    Variances below `floor` times the mean of e² are raised to it, in each step: a linear variance may be negative.
    Source: Amemiya (1977), Journal of Econometrics 6:365–370; Just & Pope (1979), American Journal of Agricultural
    Economics 61:276–284.

    Examples
    --------
    >>> X = np.column_stack([np.ones(4), [0.0, 0.0, 1.0, 1.0]])
    >>> found = mean_and_variance(X, np.array([1.0, 3.0, 10.0, 30.0]), np.ones(4), 0.01)
    >>> found.mean.round(6).tolist(), found.variance.round(6).tolist()  # means 2 and 20, variances 1 and 100
    ([2.0, 18.0], [1.0, 99.0])
    """
    first = least_squares(X, y, weights)
    squared = first.residuals**2
    least = floor * float(weights @ squared / weights.sum())
    rough = np.maximum(X @ least_squares(X, squared, weights).coefficients, least)
    second = least_squares(X, squared, weights / rough**2)
    fitted = X @ second.coefficients
    sigma2 = np.maximum(fitted, least)
    third = least_squares(X, y, weights / sigma2)
    return MeanAndVariance(
        third.coefficients,
        second.coefficients,
        third.inverse @ (X * (third.residuals / sigma2)[:, None]).T,
        second.inverse @ (X * (second.residuals / rough**2)[:, None]).T,
        least,
        fitted < least,
    )
