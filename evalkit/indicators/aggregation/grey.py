"""Grey relational grade: how close a place stays to the best series, indicator by indicator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.check import number
from evalkit.errors import NoAnswer
from evalkit.indicators.aggregation.combine import span
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.stats.arrays import Array
from evalkit.terms import Text


def grey_coefficients(z: Array, best: Array, widest: float, rho: float) -> Array:
    """Grey relational coefficients ξ = (Δmin + ρ Δmax) / (Δ + ρ Δmax) of scores of shape (n, rows), Δ_j = best_j − z_j.

    `best` of shape (n,) is the reference series, `widest` is Δmax, the greatest Δ of all rows and indicators together, not of
    each indicator by itself. Δmin is 0 wherever the series is made of scores that occur. In [ρ/(1 + ρ), 1]: 1 at the best
    series, ρ/(1 + ρ) as far from it as any reference score. Scores beyond either end count as the end.

    Source: Deng (1989), Introduction to grey system theory, Journal of Grey System 1:1–24.

    Examples
    --------
    >>> grey_coefficients(np.array([[1.0, 0.5, 0.0]]), np.array([1.0]), widest=1.0, rho=0.5).round(3)
    array([[1.   , 0.5  , 0.333]])
    """
    away = np.clip(best[:, None] - z, 0.0, widest)
    away += rho * widest
    return rho * widest / away


@dataclass(frozen=True, slots=True, kw_only=True)
class GreyRelational:
    """Grey relational grade Σ_j w_j ξ_j against the best reference score of each indicator; see `grey_coefficients`.

    Parameters
    ----------
    rho
        The distinguishing coefficient ρ in (0, 1]: the smaller, the more the grades of near and far places differ. Papers use
        0.5, which confines grades to [1/3, 1].
    """

    rho: float = 0.5

    def __post_init__(self) -> None:
        number(self.rho, "(0, 1]", who="GreyRelational rho", do="use 0.5")

    @property
    def name(self) -> Text:
        """What the aggregation is called."""
        return Text("灰色关联度（ρ = {rho:g}）", "grey relational grade (ρ = {rho:g})").format(rho=self.rho)

    def learn(self, z: Normalized, weights: Array) -> BestSeries:
        """The best series, and the greatest distance from it."""
        worst, best = span(z)
        widest = float((best - worst).max())
        if not widest > 0:
            raise NoAnswer("the grey relational grade needs an indicator that varies over the reference rows")
        return BestSeries(best, widest, self.rho)


@dataclass(frozen=True, slots=True, eq=False)
class BestSeries:
    """The best reference scores, the greatest distance from them, and ρ."""

    best: Array
    widest: float
    rho: float

    def combine(self, block: Array, weights: Array) -> Array:
        """Grades of rows of shape (n, rows)."""
        return weights @ grey_coefficients(block, self.best, self.widest, self.rho)

    def take(self, which: Sequence[int]) -> BestSeries:
        """The series of some of the indicators; the greatest distance stays that of all."""
        return BestSeries(self.best[list(which)], self.widest, self.rho)
