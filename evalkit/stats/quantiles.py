"""Weighted quantiles, shares of the poorest, and what a little weight does to each."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array
from evalkit.stats.parted import Parted

SLACK = 1e-12  # how near a sum of weights must come to a share to reach it


def quantiles(x: Array, parted: Parted, p: float) -> Array:
    """The lowest figure at which a share p of the weight of each group is reached; where just reached, the mean with the next.

    As R's laeken has it (`weightedQuantile`): the median of an even count is the mean of the middle two. NaN without weight.

    Examples
    --------
    >>> quantiles(np.array([4.0, 1.0, 3.0, 2.0]), Parted.of(np.ones(4)), 0.5)
    array([2.5])
    """
    at, reached, before = parted.ranked(x)
    held = parted.weights[at] > 0
    at, reached = at[held], reached[held]
    if not len(at):
        return np.full(parted.count, np.nan)
    aim, slack = before + p * parted.total, SLACK * float(parted.total.sum())
    place = np.minimum(np.searchsorted(reached, aim - slack), len(at) - 1)
    last = np.searchsorted(reached, before + parted.total - slack)
    just = (np.abs(reached[place] - aim) <= slack) & (place < last)
    value = (x[at[place]] + x[at[np.minimum(place + just, len(at) - 1)]]) / 2
    return np.where(parted.total > 0, value, np.nan)


def weighted_quantile(x: Array, weights: Array, p: float) -> float:
    """The figure below which a share p of the weight lies; see `quantiles`.

    Examples
    --------
    >>> weighted_quantile(np.array([1.0, 2.0, 10.0]), np.array([1.0, 1.0, 3.0]), 0.5)
    10.0
    """
    return float(quantiles(x, Parted.of(weights), p)[0])


def bandwidths(x: Array, parted: Parted) -> Array:
    """Width s n^(−1/5) of a Gaussian kernel in each group: s the standard deviation, n = (Σ w)²/Σ w² what its rows are worth.

    R's convey and vardpoor take the sum of weights for n, so that there it depends on their unit.

    Examples
    --------
    >>> bandwidths(np.arange(32.0), Parted.of(np.ones(32))).round(4)
    array([4.6165])
    """
    spread = np.sqrt(parted.mean((x - parted.rows(parted.mean(x))) ** 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return spread * (parted.sum(parted.weights) / parted.total**2) ** 0.2


def densities(x: Array, parted: Parted, at: Array, width: Array | None = None) -> Array:
    """Density of each group at a point of its own, by a Gaussian kernel of a width (None: `bandwidths`).

    Examples
    --------
    >>> densities(np.array([0.0]), Parted.of(np.ones(1)), at=np.zeros(1), width=np.ones(1)).round(4)
    array([0.3989])
    """
    h = bandwidths(x, parted) if width is None else width
    with np.errstate(divide="ignore", invalid="ignore"):
        kernel = np.exp(-(((x - parted.rows(at)) / parted.rows(h)) ** 2) / 2)
        return parted.mean(kernel) / (h * np.sqrt(2 * np.pi))


def quantile_influence(x: Array, parted: Parted, p: float, width: Array | None = None) -> tuple[Array, Array]:
    """A quantile Q of each group, and influence values (p − 1(x ≤ Q))/(f(Q) Σ w) with the density f at Q.

    Source: Deville (1999), Survey Methodology 25:193–203; Osier (2009).

    Examples
    --------
    >>> quantile_influence(np.array([1.0, 2.0, 3.0]), Parted.of(np.ones(3)), 0.5, width=np.ones(1))[1].round(3)
    array([-0.566, -0.566,  0.566])
    """
    value = quantiles(x, parted, p)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = 1 / densities(x, parted, value, width)
    return value, parted.per((p - (x <= parted.rows(value))) * parted.rows(slope))


def lorenz_influence(x: Array, parted: Parted, p: float) -> tuple[Array, Array]:
    """Share L(p) of its sum that the poorest share p of each group holds, and influence values; no density is needed.

    The row at the cut counts in part, so that shares add up. Influence: [min(x − Q, 0) + p Q − L(p) x]/Σ w x with Q the row at
    the cut. Source: Kovačević & Binder (1997), Journal of Official Statistics 13:41–58.

    Examples
    --------
    >>> share, influence = lorenz_influence(np.array([1.0, 2.0, 3.0, 4.0]), Parted.of(np.ones(4)), 0.25)
    >>> share, influence.round(3)
    (array([0.1]), array([ 0.015,  0.005, -0.005, -0.015]))
    """
    at, reached, before = parted.ranked(x)
    rows = np.array([len(x)]) if parted.codes is None else np.bincount(parted.codes, minlength=parted.count)
    last = np.cumsum(rows) - 1
    place = np.clip(np.searchsorted(reached, before + p * parted.total), last - rows + 1, last)
    cut, mean = x[at[place]], parted.mean(x)
    short = np.minimum(x - parted.rows(cut), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (parted.mean(short) + p * cut) / mean
        own = (short + parted.rows(p * cut) - parted.rows(share) * x) / parted.rows(mean)
    return share, parted.per(own)
