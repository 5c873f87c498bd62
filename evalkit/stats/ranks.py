"""Ranks that do not depend on the last bit: values are rounded to ten digits before they are compared."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array, Codes

DIGITS = 10


def settled(values: Array) -> Array:
    """Values rounded to ten decimals, so that the noise of the last bits decides no rank and no grade."""
    return np.round(values, DIGITS)


def ranks(values: Array) -> Codes:
    """Rank of each value along the last axis, 1 for the greatest; equal values share the better rank.

    Examples
    --------
    >>> ranks(np.array([0.3, 0.9, 0.3, 0.1]))
    array([2, 1, 2, 4])
    """
    rows = np.atleast_2d(-settled(values))
    order = np.argsort(rows, axis=-1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=-1)
    place = np.arange(rows.shape[-1])
    starts = np.concatenate([np.ones((len(rows), 1), dtype=bool), ordered[:, 1:] != ordered[:, :-1]], axis=1)
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=1)
    out = np.empty(rows.shape, dtype=np.intp)
    np.put_along_axis(out, order, first + 1, axis=-1)
    return out.reshape(values.shape)


def spearman(a: Array, b: Array) -> float:
    """Spearman's rank correlation: Pearson's correlation of the mid-ranks; 1 the same order, −1 the reverse.

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 15.0]))
    0.5
    """
    x, y = _mid_ranks(a), _mid_ranks(b)
    x, y = x - x.mean(), y - y.mean()
    spread = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / spread if spread > 0 else float("nan")


def _mid_ranks(values: Array) -> Array:
    rounded = settled(values)
    _, inverse, counts = np.unique(rounded, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2.0)[inverse]
