"""Regressions of the event itself: penalized logistic, and discrete-time hazard with the complementary log–log link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from evalkit.check import number, positive, whole
from evalkit.risk.models.base import Column, RiskClassifier
from evalkit.risk.models.columns import Prepared
from evalkit.risk.observed import a_share
from evalkit.stats.arrays import Array, pieces
from evalkit.stats.penalized import Link, penalized

BLOCK = 65_536
HALF = float(np.log(np.log(2.0)))  # the η of a chance of one half


class LinearRisk(RiskClassifier):
    """What regressions share: regressors learnt from the rows, one coefficient each, and parts that add up to the score."""

    prepared_: Prepared
    coef_: Array
    intercept_: float

    classes: Sequence[Column]
    bends: Sequence[Column]
    knots: int
    least_share: float

    def _prepare(self, X: Array, weights: Array) -> Prepared:
        whole(self.knots, who=f"{type(self).__name__} knots")
        number(self.least_share, "[0, 1)", who=f"{type(self).__name__} least_share", do="write 0.005")
        classes, bends = self._places(self.classes, "classes"), self._places(self.bends, "bends")
        return Prepared.learnt(X, weights, classes=classes, bends=bends, knots=self.knots, least=self.least_share)

    def _linear(self, X: Array) -> Array:
        out = np.empty(len(X))
        for rows in pieces(len(X), BLOCK):
            out[rows] = np.einsum("nk,k->n", self.prepared_.matrix(X[rows]), self.coef_)
        return out + self.intercept_

    def _decide(self, X: Array) -> Array:
        return self._linear(X)

    def _parts(self, X: Array) -> Array:
        out = np.zeros((len(X), self.n_features_in_))
        each = self.prepared_.matrix(X) * self.coef_
        for k, j in enumerate(self.prepared_.source):
            out[:, j] += each[:, k]
        return out

    @property
    def base_(self) -> float:
        """The score of a row whose regressors all are at their mean."""
        return float(self.intercept_)


class PenalizedLogistic(LinearRisk):
    """Logistic regression with a ridge penalty on standardized columns; gaps are at the mean, with a flag of their own.

    It minimizes the weighted mean loss + ½ `penalty` Σ b², so that neither the number of rows nor the scale of weights changes
    what a penalty means. Of n rows of weight 1 it is scikit-learn's C = 1/(n `penalty`) on standardized columns.

    Parameters
    ----------
    penalty
        Above 0; larger draws coefficients of standardized columns further towards 0.
    classes
        Columns (names or places) that are classes: one coefficient a level.
    bends
        Columns whose effect may bend, at `knots` quantiles by weight.
    knots
        How many.
    least_share
        Levels with less than this share of the weight have no coefficient of their own.

    Attributes
    ----------
    coef_, intercept_, covariance_
        Of the standardized regressors of `prepared_`; the covariance (sandwich, rows drawn apart) has the constant first.

    Source: Hoerl & Kennard (1970), Technometrics 12:55–67; le Cessie & van Houwelingen (1992), Applied Statistics 41:191–201.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 2))
    >>> y = (X[:, 0] + rng.logistic(size=500) > 1.5).astype(int)
    >>> found = PenalizedLogistic(penalty=0.001).fit(X, y)
    >>> bool(np.allclose(found.contributions(X).sum(axis=1) + found.base_, found.decision_function(X)))
    True
    """

    _link: Link = "logit"

    covariance_: Array

    def __init__(
        self,
        penalty: float = 0.01,
        classes: Sequence[Column] = (),
        bends: Sequence[Column] = (),
        knots: int = 4,
        least_share: float = 0.005,
    ) -> None:
        self.penalty = penalty
        self.classes = classes
        self.bends = bends
        self.knots = knots
        self.least_share = least_share

    def _learn(self, X: Array, event: Array, weights: Array) -> None:
        positive(self.penalty, who=f"{type(self).__name__} penalty")
        self.prepared_ = self._prepare(X, weights)
        found = penalized(
            lambda rows: self.prepared_.matrix(X[rows]), event, weights, penalty=float(self.penalty), link=self._link
        )
        self.intercept_, self.coef_ = float(found.coefficients[0]), found.coefficients[1:]
        self.covariance_ = found.covariance

    def risk_interval(self, X: Any, level: float = 0.95) -> tuple[Array, Array]:
        """Bounds of each risk that come from not knowing the coefficients exactly; what the model leaves out is not in them."""
        from scipy.special import ndtri

        check_is_fitted(self)
        a_share(level, who="level of the interval")
        values = self._read(X)
        score, spread = self._linear(values), np.empty(len(values))
        for rows in pieces(len(values), BLOCK):
            x = self.prepared_.matrix(values[rows])
            full = np.hstack([np.ones((len(x), 1)), x])
            spread[rows] = np.sqrt(np.einsum("nk,kl,nl->n", full, self.covariance_, full, optimize=True))
        reach = float(ndtri(0.5 + level / 2)) * spread
        return self._event_chance(score - reach), self._event_chance(score + reach)

    def _event_chance(self, linear: Array) -> Array:
        return self._chance(linear)


class DiscreteHazard(PenalizedLogistic):
    """Discrete-time hazard h = 1 − exp(−exp η): the chance of falling in one period, which follows from a rate in between.

    Give the time since a home was last poor (or first seen) among `classes`, so that each duration has its own level; a unit
    more of any other column multiplies the rate by exp b, whatever the length of a period. The score is η
    set to 0 where h is one half.

    Parameters are those of `PenalizedLogistic`. `periods` is how many periods the risk is asked for, at the rate of now.

    Source: Prentice & Gloeckler (1978), Biometrics 34:57–67; Jenkins (1995), Oxford Bulletin of Economics and Statistics
    57:129–138.

    Examples
    --------
    >>> since = np.repeat([[1.0], [2.0]], 100, axis=0)
    >>> fell = np.r_[np.ones(30), np.zeros(70), np.ones(10), np.zeros(90)]
    >>> DiscreteHazard(penalty=1e-6, classes=(0,)).fit(since, fell).predict_proba([[1.0], [2.0]])[:, 1].round(3)
    array([0.3, 0.1])
    """

    _link: Link = "cloglog"

    def __init__(
        self,
        penalty: float = 0.01,
        classes: Sequence[Column] = (),
        bends: Sequence[Column] = (),
        knots: int = 4,
        least_share: float = 0.005,
        periods: int = 1,
    ) -> None:
        super().__init__(penalty, classes, bends, knots, least_share)
        self.periods = periods

    def _learn(self, X: Array, event: Array, weights: Array) -> None:
        whole(self.periods, who="DiscreteHazard periods")
        super()._learn(X, event, weights)

    @property
    def base_(self) -> float:
        """The score of a row whose regressors all are at their mean."""
        return float(self.intercept_ + self._shift)

    @property
    def _shift(self) -> float:
        return float(np.log(self.periods) - HALF)

    def _decide(self, X: Array) -> Array:
        return self._linear(X) + self._shift

    def _chance(self, score: Array) -> Array:
        return self._event_chance(score - self._shift)

    def _event_chance(self, linear: Array) -> Array:
        return -np.expm1(-self.periods * np.exp(np.minimum(linear, 100.0)))
