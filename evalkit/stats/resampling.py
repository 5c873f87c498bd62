"""Resampling by counts: how often each row stands in a resample, so that a bootstrap of totals is a matrix product."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array


def bootstrap_counts(rng: np.random.Generator, rows: int, resamples: int) -> Array:
    """How often each of `rows` rows is drawn in each bootstrap resample, of shape (resamples, rows); a resample sums to `rows`.

    A total Σ_i c_i t_i over the counts is the total of the resample. Source: Efron (1979), Annals of Statistics 7:1–26.

    Examples
    --------
    >>> bootstrap_counts(np.random.default_rng(0), rows=4, resamples=2).sum(axis=1)
    array([4., 4.])
    """
    drawn = rng.integers(rows, size=(resamples, rows)) + rows * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * rows).reshape(resamples, rows).astype(np.float64)
