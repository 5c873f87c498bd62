"""From normalized indicators to dimension scores and one index."""

from __future__ import annotations

import numpy as np

from evalkit.indicators.normalization import Normalized
from evalkit.stats.arrays import BLOCK, Array, pieces


def weighted_mean(z: Array, weights: Array) -> Array:
    """Index S_i = Σ_j w_j z_ij of normalized rows of shape (m, n), with weights that sum to one.

    In [0, 1] where z is; 0 where every indicator is at its worst bound, 1 where every one is at its best. Fully
    compensatory: a lack in one indicator is made up by any other, in the proportion of their weights.

    Examples
    --------
    >>> weighted_mean(np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([0.25, 0.75]))
    array([0.75, 0.5 ])
    """
    return (z * weights).sum(axis=1)


def by_dimension(z: Normalized, weights: Array, member: tuple[int, ...]) -> Array:
    """The index and the dimension scores of all rows, of shape (1 + dimensions, rows), made piece by piece.

    A dimension's score is the weighted mean of its own indicators; the index is the mean of the dimension scores, weighted
    by the weight each dimension holds, which is the weighted mean of all indicators.
    """
    held = np.bincount(member, weights)
    inner = np.divide(weights, held[list(member)], out=np.zeros_like(weights), where=held[list(member)] > 0)
    scores = np.zeros((1 + len(held), len(z)))
    index, dimensions = scores[0], scores[1:]
    buffer = np.empty(min(len(z), BLOCK))
    for rows in pieces(len(z)):
        part = buffer[: rows.stop - rows.start]
        for j, d in enumerate(member):
            scaled = z.piece(j, rows, out=part)
            scaled *= inner[j]
            dimensions[d, rows] += scaled
        for weight, dimension in zip(held, dimensions, strict=True):
            index[rows] += np.multiply(dimension[rows], weight, out=part)
    return scores
