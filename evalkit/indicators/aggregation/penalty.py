"""The adjusted Mazziotta–Pareto index: a mean, less a penalty for indicators that are out of balance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.check import one_of
from evalkit.errors import NoAnswer
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.stats.arrays import Array
from evalkit.terms import Text

FOOT, REACH = 70.0, 60.0  # a score of 0 is 70 on the authors' scale, a score of 1 is 130


def penalized_mean(z: Array, weights: Array, sign: int = -1) -> Array:
    """AMPI of scores of shape (n, rows), given back on the scale of the scores.

    With r = 70 + 60 z, M and S the weighted mean and standard deviation (divisor n) of r inside a row, AMPI = M ∓ S · S/M; the
    return value is (AMPI − 70) / 60. Where all indicators are alike, it is their mean. In [0, 1] where z is; minus for an
    index whose rise is good. It can fall where one indicator runs far ahead of all others: balance is rewarded, not only
    height. NaN where M is not positive.

    Sources: Mazziotta & Pareto (2018), Social Indicators Research 136:967–976; weights: Mazziotta & Pareto (2022), Rivista
    Italiana di Economia Demografia e Statistica, Weighting in composite indices construction.

    Examples
    --------
    >>> penalized_mean(np.array([[0.5, 0.2], [0.5, 0.8]]), np.array([0.5, 0.5]))
    array([0.5  , 0.446])
    """
    mean = weights @ z
    variance = np.maximum(weights @ (z * z) - mean * mean, 0.0)
    level = FOOT + REACH * mean
    return mean + sign * REACH * variance / np.where(level > 0, level, np.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class MazziottaPareto:
    """Adjusted Mazziotta–Pareto index (AMPI); see `penalized_mean`.

    Its authors take indicators alike and normalize between goalposts centered on a reference value, which is
    `normalize=Centered()` with equal weights. Other weights enter the mean and the deviation, as the authors' later paper has
    it. A score of 0.5 is their 100 then.

    Parameters
    ----------
    penalty
        "minus" for an index whose rise is good, "plus" for one whose rise is bad: imbalance counts against the place in both.
    """

    penalty: Literal["minus", "plus"] = "minus"

    def __post_init__(self) -> None:
        one_of(self.penalty, ("minus", "plus"), who="MazziottaPareto penalty")

    @property
    def name(self) -> Text:
        """What the aggregation is called."""
        sign = "−" if self.penalty == "minus" else "+"
        return Text("调整的 Mazziotta–Pareto 指数（AMPI{sign}）", "adjusted Mazziotta–Pareto index (AMPI{sign})").format(
            sign=sign
        )

    def learn(self, z: Normalized, weights: Array) -> MazziottaPareto:
        """Nothing is learnt: the penalty reads each row alone."""
        return self

    def combine(self, block: Array, weights: Array) -> Array:
        """The penalized mean of rows of shape (n, rows)."""
        score = penalized_mean(block, weights, -1 if self.penalty == "minus" else 1)
        if np.isnan(score).any():
            raise NoAnswer(
                "the Mazziotta–Pareto index needs rows whose mean score is above −7/6",
                found=f"{(weights @ block).min():.4g}",
                do="use MinMax() or Centered()",
            )
        return score

    def take(self, which: Sequence[int]) -> MazziottaPareto:
        """The same index."""
        return self
