"""What a sample design makes of influence values: covariances of totals, and intervals with the design's degrees of freedom."""

from __future__ import annotations

from typing import Literal

import numpy as np

from evalkit.errors import DataError
from evalkit.stats.arrays import Array, Codes

Single = Literal["fail", "certainty", "adjust", "average"]


def total_covariance(
    scores: Array, strata: Codes, clusters: Codes, fraction: Array | None = None, single: Single = "fail"
) -> Array:
    """Covariance (k, k) of k estimated totals Σ_i s_i, from scores of shape (k, m): what each row adds to each of them.

    Clusters are drawn within strata, with replacement or with a sampling `fraction` f_h by stratum:
    V = Σ_h (1 − f_h) n_h/(n_h − 1) Σ_c (t_c − t̄_h)(t_c − t̄_h)ᵀ with t_c the total of a cluster. Scores are weight times
    influence value; a row outside of the domain has score 0 and keeps its cluster in the design. `strata` are codes 0 … H − 1;
    clusters of two strata are two clusters, even under one code.

    A stratum of a single cluster says nothing of its variance: "fail" refuses it, "certainty" counts it as 0, "adjust" takes
    its distance to the mean of all clusters, "average" the mean variance of the other strata, as R's survey names them.

    Source: Wolter (2007), Introduction to Variance Estimation; Lumley (2010), Complex Surveys.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0, 4.0, 5.0]])
    >>> total_covariance(x, np.zeros(4, dtype=int), np.arange(4)).round(4)  # n s²: 4 × 3.3333
    array([[13.3333]])
    """
    pairs, cluster = np.unique(np.stack([strata, clusters]), axis=1, return_inverse=True)
    totals = np.stack([np.bincount(cluster.ravel(), weights=row, minlength=pairs.shape[1]) for row in scores])
    of = pairs[0]
    count = np.bincount(of, minlength=int(of.max()) + 1)
    center = np.stack([np.bincount(of, weights=row, minlength=len(count)) for row in totals]) / np.maximum(count, 1)
    alone = count == 1
    if alone.any() and single == "fail":
        what = f"{int(alone.sum())} strata hold a single cluster, which says nothing of their variance"
        raise DataError(what, do="join them to others, or choose single='adjust', 'certainty' or 'average'")
    if single == "adjust":
        center[:, alone] = totals.mean(axis=1, keepdims=True)
    scale = np.where(alone, 1.0, count / np.maximum(count - 1, 1)) * (1.0 if fraction is None else 1.0 - fraction)
    apart = (totals - center[:, of]) * np.sqrt(scale[of])
    covariance = apart @ apart.T
    if single == "average" and alone.any() and not alone.all():
        covariance = covariance * (np.count_nonzero(count) / np.count_nonzero(count > 1))
    return covariance


def share_interval(share: Array, error: Array, df: float, level: float = 0.95) -> tuple[Array, Array]:
    """Interval of a share on the logit scale: logit p ± t(df) · se/(p(1 − p)), which never leaves [0, 1].

    Where the share is 0 or 1 the logit does not exist and the interval is the point itself: use an exact bound there.
    Source: as R's `svyciprop(method = "logit")`.

    Examples
    --------
    >>> low, high = share_interval(np.array([0.09782088]), np.array([0.005230329]), df=339)  # mpitb, Eswatini 2014
    >>> low.round(8), high.round(7)
    (array([0.08800425]), array([0.1086021]))
    """
    from scipy.stats import t

    inside = (share > 0) & (share < 1)
    p = np.where(inside, share, 0.5)
    middle, reach = np.log(p / (1 - p)), t.ppf((1 + level) / 2, df) * error / (p * (1 - p))
    low, high = (1 / (1 + np.exp(-(middle + sign * reach))) for sign in (-1, 1))
    return np.where(inside, low, share), np.where(inside, high, share)


def plain_interval(estimate: Array, error: Array, df: float, level: float = 0.95) -> tuple[Array, Array]:
    """Interval estimate ± t(df) · standard error.

    Examples
    --------
    >>> [side.round(3) for side in plain_interval(np.array([10.0]), np.array([1.0]), df=10)]
    [array([7.772]), array([12.228])]
    """
    from scipy.stats import t

    reach = t.ppf((1 + level) / 2, df) * error
    return estimate - reach, estimate + reach


def ratio_influence(above: Array, below: Array, weights: Array) -> tuple[float, Array]:
    """A ratio R = Σ w y / Σ w x, and the influence value (y_i − R x_i)/Σ w x of each row.

    The variance of R is that of the total of w_i u_i. With x = 1 it is a mean, with y in {0, 1} a share, with both 0 outside
    of a group that of the group.

    Examples
    --------
    >>> ratio_influence(np.array([1.0, 3.0]), np.ones(2), np.ones(2))
    (2.0, array([-0.5,  0.5]))
    """
    base = float(weights @ below)
    ratio = float(weights @ above) / base if base > 0 else float("nan")
    return ratio, (above - ratio * below) / base if base > 0 else np.full(len(above), np.nan)
