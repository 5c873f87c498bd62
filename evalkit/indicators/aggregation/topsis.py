"""TOPSIS: how near a place is to the best of every indicator, and how far from the worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.check import one_of
from evalkit.errors import NoAnswer
from evalkit.indicators.aggregation.combine import span
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.stats.arrays import Array
from evalkit.terms import Text, same


def closeness(z: Array, weights: Array, worst: Array, best: Array) -> Array:
    """Relative closeness C = d⁻ / (d⁺ + d⁻) of scores of shape (n, rows) to the ideals `worst` and `best` of shape (n,).

    d⁺ = √Σ_j w_j² (z_j − best_j)² and d⁻ = √Σ_j w_j² (z_j − worst_j)² are the weighted Euclidean distances from the ideal and
    from the anti-ideal. In [0, 1] and rising in every z: 0 where every indicator is at its worst, 1 where every one is at its
    best. Scores beyond an ideal count as the ideal. NaN where no weighted indicator has a best apart from its worst.

    With z = x / √Σ x² this is the method of its authors; with min–max scores the ideals are 0 and 1.
    Source: Hwang & Yoon (1981), Multiple Attribute Decision Making, chapter 3.

    Examples
    --------
    >>> z = np.array([[0.0, 0.5, 1.0], [0.0, 1.0, 1.0]])
    >>> closeness(z, np.array([0.5, 0.5]), np.zeros(2), np.ones(2)).round(3)
    array([0.   , 0.691, 1.   ])
    """
    squares = weights * weights
    below, above = _distances(z, squares, worst, best)
    with np.errstate(invalid="ignore"):
        return below / (below + above)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topsis:
    """TOPSIS: relative closeness to the ideals; see `closeness`.

    Parameters
    ----------
    ideals
        "reference": the best and the worst reference score of each indicator. "bounds": 1 and 0, which do not depend on who is
        among the reference rows; with min–max scores both are the same.

    Notes
    -----
    Ideals are learnt once. Later scores beyond them count as the ideal, so that closeness stays in [0, 1] and no place that
    comes later moves the others: the rank reversals of TOPSIS come from ideals and norms learnt anew.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties = ek.datasets.load("counties")
    >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"], aggregate=Topsis())
    >>> scores = index.fit(counties, on=slice(2016, 2020)).score(counties)
    >>> bool(scores.series.between(0, 1).all())
    True
    """

    ideals: Literal["reference", "bounds"] = "reference"

    def __post_init__(self) -> None:
        one_of(self.ideals, ("reference", "bounds"), who="Topsis ideals")

    @property
    def name(self) -> Text:
        """What the aggregation is called."""
        if self.ideals == "bounds":
            return Text("TOPSIS（理想解为 1 与 0）", "TOPSIS (ideals 1 and 0)")
        return same("TOPSIS")

    def learn(self, z: Normalized, weights: Array) -> Ideals:
        """The ideals of each column."""
        worst, best = span(z) if self.ideals == "reference" else (np.zeros(z.width), np.ones(z.width))
        if not (weights * (best - worst)).any():
            raise NoAnswer("TOPSIS needs an indicator with weight that varies over the reference rows", do="choose other rows")
        return Ideals(worst, best)


@dataclass(frozen=True, slots=True, eq=False)
class Ideals:
    """Ideals as learnt, one a column."""

    worst: Array
    best: Array

    def combine(self, block: Array, weights: Array) -> Array:
        """Closeness of rows of shape (n, rows)."""
        score = closeness(block, weights, self.worst, self.best)
        if np.isnan(score).any():
            raise NoAnswer(
                "TOPSIS has no answer under weights that fall on constant indicators alone", do="give weight to one that varies"
            )
        return score

    def take(self, which: Sequence[int]) -> Ideals:
        """The ideals of some of the indicators."""
        return Ideals(self.worst[list(which)], self.best[list(which)])


def _distances(z: Array, squares: Array, worst: Array, best: Array) -> tuple[Array, Array]:
    """Distances from the anti-ideal and from the ideal, as matrix products."""
    low, high = worst[:, None], best[:, None]
    within = np.maximum(z, low)
    np.minimum(within, high, out=within)
    apart = within - low
    apart *= apart
    below = squares @ apart
    np.subtract(within, high, out=apart)
    apart *= apart
    return np.sqrt(below), np.sqrt(squares @ apart)
