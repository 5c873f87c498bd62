"""Regressions of later income: a proxy means test with one spread for all, and expected poverty with a spread of each home."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from evalkit.check import positive
from evalkit.risk.models.base import Column, one_thread
from evalkit.risk.models.linear import LinearRisk
from evalkit.stats.arrays import Array, pieces

RIDGE = 1e-6  # of standardized columns, in units of the mean square
NARROW = 1e-3  # the least spread, in units of the root mean square of what is regressed


class IncomeRisk(LinearRisk):
    """What both share: ln of later income over the line is regressed on what is known now, and below 0 is the event.

    `fit` takes it as `later`; where it is not given, the outcome itself stands for it (0.5 without the event, −0.5 with it): a
    linear probability model.
    """

    def __init__(
        self,
        classes: Sequence[Column] = (),
        bends: Sequence[Column] = (),
        knots: int = 4,
        least_share: float = 0.005,
    ) -> None:
        self.classes = classes
        self.bends = bends
        self.knots = knots
        self.least_share = least_share

    def fit(self, X: Any, y: Any, sample_weight: Any = None, later: Any = None) -> IncomeRisk:
        """Learn from rows X, outcomes y, weights, and `later`: ln of later income over the line."""
        values, event, weights, after = self._rows(X, y, sample_weight, later)
        with one_thread():
            self._learn(values, event, weights, after)
        return self

    def _learn(self, X: Array, event: Array, weights: Array, later: Array | None = None) -> None:
        self.prepared_ = self._prepare(X, weights)
        self._regress(self.prepared_.matrix(X), 0.5 - event if later is None else later, weights)

    @abstractmethod
    def _regress(self, matrix: Array, target: Array, weights: Array) -> None:
        """Regress a target, ln of later income over the line or a stand-in for it, on the prepared columns."""

    def _chance(self, score: Array) -> Array:
        from scipy.special import ndtr

        return ndtr(score)


def ridge(x: Array, target: Array, weights: Array, penalty: float = RIDGE) -> tuple[float, Array]:
    """Constant and coefficients of standardized columns that minimize Σ w (t − a − xb)²/Σ w + penalty Σ b².

    The penalty is so small that it moves nothing that rows can tell; it parts columns that say the same.

    Examples
    --------
    >>> x = np.array([[-1.0], [0.0], [1.0]])
    >>> a, b = ridge(x, np.array([1.0, 2.0, 3.0]), np.ones(3))
    >>> round(a, 3), b.round(3)
    (2.0, array([1.]))
    """
    k = x.shape[1] + 1
    gram, right = np.zeros((k, k)), np.zeros(k)
    share = weights / weights.sum()
    with one_thread():
        for rows in pieces(len(x)):
            full = np.hstack([np.ones((len(x[rows]), 1)), x[rows]]) * np.sqrt(share[rows])[:, None]
            gram += full.T @ full
            right += full.T @ (np.sqrt(share[rows]) * target[rows])
        found = np.linalg.solve(gram + np.diag(np.append(0.0, np.full(k - 1, penalty))), right)
    return float(found[0]), found[1:]


class ProxyMeans(IncomeRisk):
    """Proxy means test: later log income is regressed on what is seen of a home, and its risk is Φ(−mean/σ), σ the same for all.

    Parameters
    ----------
    classes, bends, knots, least_share
        As in `PenalizedLogistic`.

    Source: Grosh & Baker (1995), Proxy Means Tests for Targeting Social Programs, World Bank LSMS Working Paper 118.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> schooling = rng.normal(size=(2000, 1))
    >>> later = 1 + schooling[:, 0] + rng.normal(size=2000)  # the true risk is Φ(−1 − schooling)
    >>> found = ProxyMeans().fit(schooling, later < 0, later=later)
    >>> found.predict_proba([[0.0], [-1.0]])[:, 1].round(1)
    array([0.2, 0.5])
    """

    spread_: float

    def _regress(self, matrix: Array, target: Array, weights: Array) -> None:
        base, coef = ridge(matrix, target, weights)
        left = target - matrix @ coef - base
        sigma = np.sqrt(weights @ left**2 / weights.sum())
        self.spread_ = float(max(sigma, NARROW * np.sqrt(weights @ target**2 / weights.sum())))
        self.intercept_, self.coef_ = -base / self.spread_, -coef / self.spread_


class ExpectedPoverty(IncomeRisk):
    """Vulnerability as expected poverty: mean and variance of later log income both depend on the home, v = Φ(−mean/√variance).

    Three steps of feasible least squares. On real panels it was too sure of itself (calibration slopes of about one half), so
    calibrate it before it is read as a chance. What features add is that to the mean, over the spread of the average home;
    what the home's own spread changes is shared in proportion.

    Parameters
    ----------
    classes, bends, knots, least_share
        As in `PenalizedLogistic`.
    floor
        Variances below this share of the mean squared residual are raised to it.

    Source: Chaudhuri, Jalan & Suryahadi (2002), Columbia University Discussion Paper 0102-52; Amemiya (1977), Journal of
    Econometrics 6:365–370.
    """

    variance_: Array
    least_: float

    def __init__(
        self,
        classes: Sequence[Column] = (),
        bends: Sequence[Column] = (),
        knots: int = 4,
        least_share: float = 0.005,
        floor: float = 0.2,
    ) -> None:
        super().__init__(classes, bends, knots, least_share)
        self.floor = floor

    def _regress(self, matrix: Array, target: Array, weights: Array) -> None:
        positive(self.floor, who="ExpectedPoverty floor")
        base, coef = ridge(matrix, target, weights)
        squared = (target - matrix @ coef - base) ** 2
        mean = float(weights @ squared / weights.sum())
        self.least_ = max(self.floor * mean, (NARROW**2) * float(weights @ target**2 / weights.sum()))
        level, slope = ridge(matrix, squared, weights)
        rough = np.maximum(matrix @ slope + level, self.least_)
        level, slope = ridge(matrix, squared, weights / rough**2)
        base, coef = ridge(matrix, target, weights / np.maximum(matrix @ slope + level, self.least_))
        self.intercept_, self.coef_ = -base, -coef
        self.variance_ = np.append(slope, level)

    def _decide(self, X: Array) -> Array:
        spread = np.empty(len(X))
        for rows in pieces(len(X)):
            spread[rows] = np.einsum("nk,k->n", self.prepared_.matrix(X[rows]), self.variance_[:-1])
        return self._linear(X) / np.sqrt(np.maximum(spread + self.variance_[-1], self.least_))

    def _parts(self, X: Array) -> Array:
        """Parts of the mean over the spread of the average home; what the own spread changes is shared in proportion."""
        parts = super()._parts(X) / self._typical
        way, wanted = parts.sum(axis=1), self._decide(X) - self.base_
        size = np.abs(parts).sum(axis=1)
        share = np.divide(np.abs(parts), size[:, None], out=np.full(parts.shape, 1 / parts.shape[1]), where=size[:, None] > 0)
        return parts + share * (wanted - way)[:, None]

    @property
    def base_(self) -> float:
        """The score of a row whose regressors all are at their mean."""
        return float(self.intercept_ / self._typical)

    @property
    def _typical(self) -> float:
        return float(np.sqrt(max(self.variance_[-1], self.least_)))
