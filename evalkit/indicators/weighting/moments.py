"""Means, covariances and correlations of scores that come in pieces, and the refusal of indicators that do not vary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.errors import NoAnswer, several
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import flat

FEW = 64  # rows that are looked at first


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """`mean` (n,) and `covariance` (n, n) of columns, divided by the number of rows."""

    mean: Array
    covariance: Array

    @property
    def spread(self) -> Array:
        """Standard deviations."""
        return np.sqrt(np.clip(np.diag(self.covariance), 0.0, None))

    @property
    def correlation(self) -> Array:
        """Pearson's correlations of columns that vary."""
        return np.clip(self.covariance / np.outer(self.spread, self.spread), -1.0, 1.0)


def _is_flat(figures: Normalized, j: int) -> bool:
    """Whether the figures of column j are constant but for their last bits: where a few are not, all are not."""
    if not all(flat(part[:FEW].min(), part[:FEW].max()) for part in figures.column(j)):
        return False
    ends = np.array([(part.min(), part.max()) for part in figures.column(j)])
    return bool(flat(ends[:, 0].min(), ends[:, 1].max()))


def moments(z: Normalized) -> Moments:
    """Moments in one pass, counted from the first row: the variance of a column that does not vary is exactly 0.

    Examples
    --------
    >>> moments(Normalized.of(np.array([[0.0, 1.0], [1.0, 0.0], [0.3, 0.3]]))).covariance.tolist()
    [[0.25, -0.25, 0.0], [-0.25, 0.25, 0.0], [0.0, 0.0, 0.0]]
    """
    origin, total, products = np.zeros((z.width, 1)), np.zeros(z.width), np.zeros((z.width, z.width))
    for rows, block in z.blocks():
        if rows.start == 0:
            origin = block[:, :1].copy()
        np.subtract(block, origin, out=block)
        total += block.sum(axis=1)
        products += block @ block.T
    mean = total / len(z)
    return Moments(origin[:, 0] + mean, products / len(z) - np.outer(mean, mean))


def refuse_flat(spread: Array, z: Normalized, system: IndicatorSystem, *, who: str) -> None:
    """Refuse indicators without spread, by name, and those whose figures vary in their last bits alone; see `flat`."""
    figures = z.figures()
    still = [j for j, width in enumerate(spread) if not width > 0 or _is_flat(figures, j)]
    if still:
        raise NoAnswer(
            f"[{several(system.columns[j] for j in still)}] do not vary over the reference rows, so {who} cannot weigh them",
            do="take them out, choose other reference periods, or give the weights",
        )
