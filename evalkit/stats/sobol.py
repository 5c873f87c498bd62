"""Sobol shares of variance: how much of what comes out is due to each thing put in, alone and in all its interactions."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array, pieces

COLUMNS = 256  # outputs treated at once


def saltelli_points(dimensions: int, rows: int, seed: int) -> tuple[Array, Array]:
    """Two independent sets A and B of points in the unit cube, of shape (rows, dimensions), from one scrambled Sobol sequence.

    `rows` is a power of two. Source: Saltelli et al. (2010), Computer Physics Communications 181:259–270, section 5.
    """
    from scipy.stats import qmc

    points = qmc.Sobol(d=2 * dimensions, rng=np.random.default_rng(seed)).random(rows)
    return points[:, :dimensions], points[:, dimensions:]


def sobol_indices(f_A: Array, f_B: Array, f_AB: Array) -> tuple[Array, Array]:
    """First-order and total Sobol shares, each of shape (d, outputs), from the runs of Saltelli's design.

    `f_A` and `f_B` of shape (rows, outputs) are what comes out of two independent sets of inputs; `f_AB` of shape (d, rows,
    outputs) what comes out of A with its i-th input (or group of inputs) taken from B. With ȳ the mean of f_A and f_B taken off
    first and V = Var(f_A, f_B),

        S_i = mean[f_B (f_ABi − f_A)] / V,      T_i = mean[(f_A − f_ABi)²] / 2V.

    S_i is the share of the variance that would go if input i were known; T_i what would be left if all but i were known.
    Both are 0 where an input does nothing; S_i = T_i where it acts by itself, and T_i − S_i is its part in interactions. True
    shares have Σ S_i ≤ 1 ≤ Σ T_i; estimates scatter about them and may fall below 0. Outputs that never vary have none: NaN.

    Source: Saltelli et al. (2010), Computer Physics Communications 181:259–270, estimators (b) and (f) of table 2 (the latter by
    Jansen 1999); the same as `scipy.stats.sobol_indices`.

    Examples
    --------
    >>> A, B = saltelli_points(2, 256, seed=1)
    >>> f = lambda x: (3 * x[:, 0] + 4 * x[:, 1])[:, None]
    >>> swapped = np.stack([f(np.column_stack([B[:, 0], A[:, 1]])), f(np.column_stack([A[:, 0], B[:, 1]]))])
    >>> first, total = sobol_indices(f(A), f(B), swapped)
    >>> first[:, 0].round(2), total[:, 0].round(2)
    (array([0.36, 0.64]), array([0.36, 0.64]))
    """
    whole = np.ones((1, len(f_A)))
    first, total = resampled_indices(f_A, f_B, f_AB, whole)
    return first[0], total[0]


def resampled_indices(f_A: Array, f_B: Array, f_AB: Array, counts: Array) -> tuple[Array, Array]:
    """Sobol shares of bootstrap resamples, each of shape (resamples, d, outputs); `counts` of shape (resamples, rows).

    The numerators and the variance are totals over rows, so all resamples are one matrix product an input.
    """
    rows = len(f_A)
    both = np.concatenate([f_A, f_B])
    mean = both.mean(axis=0)
    a, b = f_A - mean, f_B - mean
    variance = counts @ (a * a + b * b) / (2 * rows) - (counts @ (a + b) / (2 * rows)) ** 2
    varies = (np.ptp(both, axis=0) > 0) & (variance > 1e-9 * both.var(axis=0))
    variance = np.where(varies, variance, np.nan)
    first, total = np.empty((2, len(counts), len(f_AB), f_A.shape[1]))
    for at, swapped in enumerate(f_AB):
        gap = swapped - mean - a
        first[:, at] = counts @ (b * gap) / rows / variance
        total[:, at] = counts @ (gap * gap) / (2 * rows) / variance
    return first, total


def sobol_bounds(f_A: Array, f_B: Array, f_AB: Array, counts: Array, level: float) -> tuple[Array, Array]:
    """Percentile bounds of the first-order and total shares, each of shape (2, d, outputs), lower bounds first.

    `counts` are bootstrap counts of the rows, see `evalkit.stats.resampling`. A resample in which an output never varies is
    left out of its bounds.
    """
    d, outputs = len(f_AB), f_A.shape[1]
    first, total = np.empty((2, 2, d, outputs))
    tails = [(1 - level) / 2, (1 + level) / 2]
    for some in pieces(outputs, COLUMNS):
        shares = resampled_indices(f_A[:, some], f_B[:, some], f_AB[:, :, some], counts)
        first[..., some], total[..., some] = (_quantiles(share, tails) for share in shares)
    return first, total


def _quantiles(values: Array, shares: list[float]) -> Array:
    """Order statistics over the first axis of the values that are numbers."""
    rising = np.sort(values, axis=0)  # what is not a number comes last
    found = np.count_nonzero(~np.isnan(values), axis=0)
    places = [np.maximum(np.ceil(np.round(share * found, 6)).astype(np.intp) - 1, 0) for share in shares]
    return np.stack([np.take_along_axis(rising, place[None], axis=0)[0] for place in places])
