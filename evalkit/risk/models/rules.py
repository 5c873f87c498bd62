"""Rules as they are used in the field: the official line, the line with shocks, income alone, and what was seen last time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from evalkit.check import positive
from evalkit.risk.models.base import Column, RiskClassifier, middles
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.logistic import logit
from evalkit.stats.penalized import penalized

PRIOR = 1.0  # how many homes of average risk each class of a rule is given beforehand


class RuleOfClasses(RiskClassifier):
    """What rules share: each home is in one of a few classes, and its risk is the share of that class that had the event.

    A class is given one home of average risk beforehand, so that none has a risk of 0 or 1.
    """

    poor_score = True

    rates_: Array
    mean_: float

    @abstractmethod
    def _classes(self, X: Array) -> Codes:
        """The class 0, 1, … of each row."""

    def _learn(self, X: Array, event: Array, weights: Array) -> None:
        self.reference_ = middles(X, weights)
        at = self._classes(X)
        self.mean_ = float(weights @ event / weights.sum())
        there, came = np.bincount(at, weights=weights), np.bincount(at, weights=weights * event)
        self.rates_ = (came + PRIOR * self.mean_) / (there + PRIOR)

    def _decide(self, X: Array) -> Array:
        at = self._classes(X)
        known = np.minimum(at, len(self.rates_) - 1)
        return logit(np.where(at < len(self.rates_), self.rates_[known], self.mean_))


class OfficialLine(RuleOfClasses):
    """The monitoring range: income at most `multiple` times the line is within it, and the risk is the rate of that side.

    Parameters
    ----------
    income
        Column of income over the line: 1.5 is half as much again. A home without a figure is a class of its own.
    multiple
        Where the range ends; by the guidance of 2020 about 1.5 times the line.

    Examples
    --------
    >>> X, y = np.array([[1.2], [1.4], [1.8], [3.0]]), np.array([1, 0, 0, 0])
    >>> OfficialLine().fit(X, y).predict_proba(X)[:, 1].round(3)
    array([0.417, 0.417, 0.083, 0.083])
    """

    def __init__(self, income: Column = 0, multiple: float = 1.5) -> None:
        self.income = income
        self.multiple = multiple

    def _classes(self, X: Array) -> Codes:
        positive(self.multiple, who="OfficialLine multiple")
        return sides(X[:, self._place(self.income, "income")], self.multiple)


class LineOrShock(RuleOfClasses):
    """The line and the shocks: within the range or above it, and struck or not, are four classes with a rate each.

    This is how monitored households are defined: income within the range, or above it with a sudden difficulty.

    Parameters
    ----------
    income, multiple
        As in `OfficialLine`.
    shocks
        Columns of shocks; above 0 is struck, a gap is not.

    Examples
    --------
    >>> X = np.array([[1.2, 0], [1.4, 1], [1.8, 1], [3.0, 0], [4.0, 0]])
    >>> LineOrShock(shocks=(1,)).fit(X, np.array([1, 1, 1, 0, 0])).predict_proba(X)[:, 1].round(3)
    array([0.8, 0.8, 0.8, 0.2, 0.2])
    """

    def __init__(self, income: Column = 0, shocks: Sequence[Column] = (), multiple: float = 1.5) -> None:
        self.income = income
        self.shocks = shocks
        self.multiple = multiple

    def _classes(self, X: Array) -> Codes:
        positive(self.multiple, who="LineOrShock multiple")
        struck = (X[:, self._places(self.shocks, "shocks")] > 0).any(axis=1)
        return sides(X[:, self._place(self.income, "income")], self.multiple) + 3 * struck


class LastStatus(RuleOfClasses):
    """What was seen last time: poor then or not, or not seen; the risk is the rate of that class.

    Parameters
    ----------
    status
        Column that is above 0 where the home was poor last time; a gap where it was not seen.

    Examples
    --------
    >>> X, y = np.array([[1.0], [1.0], [0.0], [0.0], [np.nan]]), np.array([1, 1, 0, 0, 0])
    >>> LastStatus().fit(X, y).predict_proba(X)[:, 1].round(3)
    array([0.8  , 0.8  , 0.133, 0.133, 0.2  ])
    """

    def __init__(self, status: Column = 0) -> None:
        self.status = status

    def _classes(self, X: Array) -> Codes:
        x = X[:, self._place(self.status, "status")]
        return np.where(np.isnan(x), 2, (x > 0).astype(np.intp))


class IncomeAlone(RiskClassifier):
    """Income alone as a ranking: the lower, the greater the risk, by a logistic curve with one slope.

    Parameters
    ----------
    income
        Column of income or its logarithm over the line.
    """

    poor_score = True
    gaps = False

    slope_: float
    intercept_: float

    def __init__(self, income: Column = 0) -> None:
        self.income = income

    def _learn(self, X: Array, event: Array, weights: Array) -> None:
        self.reference_ = middles(X, weights)
        x = X[:, [self._place(self.income, "income")]]
        center = float(weights @ x[:, 0] / weights.sum())
        spread = float(np.sqrt(weights @ (x[:, 0] - center) ** 2 / weights.sum())) or 1.0
        found = penalized(lambda rows: (x[rows] - center) / spread, event, weights, penalty=1e-6).coefficients
        self.slope_ = float(found[1] / spread)
        self.intercept_ = float(found[0]) - self.slope_ * center

    def _decide(self, X: Array) -> Array:
        return self.intercept_ + self.slope_ * X[:, self._place(self.income, "income")]


def sides(income: Array, bound: float) -> Codes:
    """0 above a bound, 1 at it or below, 2 where there is no figure.

    Examples
    --------
    >>> sides(np.array([2.0, 1.5, np.nan]), 1.5)
    array([0, 1, 2])
    """
    return np.where(np.isnan(income), 2, (income <= bound).astype(np.intp))
