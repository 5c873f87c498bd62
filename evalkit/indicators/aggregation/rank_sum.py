"""Rank-sum ratio: the weighted mean of the ranks a place takes among the reference rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.check import one_of
from evalkit.indicators.normalization.curves import Knots, plateaus
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.stats.arrays import Array, Codes
from evalkit.terms import Text


def whole_ranks(z: Array, level: Codes) -> Knots:
    """The way from a score to R/n, its mid-rank R among the n reference scores of one column (n,), 1 for the least.

    In (0, 1]: 1/n the worst, 1 the best; scores of one level (0, 1, … from the least up) share the mean of their ranks. A score
    between two reference scores takes a rank between theirs, one beyond the ends the rank of the end.

    Examples
    --------
    >>> whole_ranks(np.array([0.2, 0.9, 0.9, 0.4]), np.array([0, 2, 2, 1])).score(np.array([0.2, 0.3, 0.9, 1.5]))
    array([0.25 , 0.375, 0.875, 0.875])
    """
    count = np.bincount(level)
    return plateaus(z, level, (np.cumsum(count) - (count - 1) / 2) / len(z))


def interpolated_ranks(z: Array) -> Knots:
    """The way from a score to R/n with R = 1 + (n − 1)(z − min) / (max − min), which keeps distances between scores.

    Examples
    --------
    >>> interpolated_ranks(np.array([0.0, 1.0, 0.1, 0.2])).score(np.array([0.0, 0.1, 1.0]))
    array([0.25 , 0.325, 1.   ])
    """
    return Knots(np.array([z.min(), z.max()]), np.array([1 / len(z), 1.0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class RankSumRatio:
    """Rank-sum ratio RSR = Σ_j w_j R_j / n, with ranks R among the n reference rows.

    Parameters
    ----------
    ranks
        "whole": ranks as such, by `whole_ranks` (整次秩和比), which outliers cannot move. "interpolated": ranks on the straight
        line from the least to the greatest score, by `interpolated_ranks` (非整次秩和比).

    Notes
    -----
    In (0, 1]. The reference distribution is learnt once, so later years are ranked in it and may all rise. The rule holds the
    distinct reference scores of every indicator. Source: Tian Fengdiao (1988), the rank-sum ratio method (秩和比法).
    """

    ranks: Literal["whole", "interpolated"] = "whole"

    def __post_init__(self) -> None:
        one_of(self.ranks, ("whole", "interpolated"), who="RankSumRatio ranks")

    @property
    def name(self) -> Text:
        """What the aggregation is called."""
        if self.ranks == "whole":
            return Text("秩和比", "rank-sum ratio")
        return Text("非整次秩和比", "rank-sum ratio of interpolated ranks")

    def learn(self, z: Normalized, weights: Array) -> Ranked:
        """The reference distribution of each column."""
        if self.ranks == "whole":
            return Ranked(tuple(whole_ranks(*z.levels(j)) for j in range(z.width)))
        return Ranked(tuple(interpolated_ranks(np.concatenate([p.copy() for p in z.column(j)])) for j in range(z.width)))


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """The ways from scores to ranks over n, one a column."""

    ways: tuple[Knots, ...]

    def combine(self, block: Array, weights: Array) -> Array:
        """Rank-sum ratios of rows of shape (n, rows)."""
        ranked = np.empty_like(block)
        for j, way in enumerate(self.ways):
            way.score(block[..., j, :], out=ranked[..., j, :])
        return weights @ ranked

    def take(self, which: Sequence[int]) -> Ranked:
        """The ways of some of the indicators."""
        return Ranked(tuple(self.ways[j] for j in which))
