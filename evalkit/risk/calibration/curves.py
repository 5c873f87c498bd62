"""Curves that turn a score into a probability: Platt's, isotonic, and beta."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from evalkit.check import one_of, shown
from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.stats.arrays import Array
from evalkit.stats.logistic import EDGE, expit, logistic, logit


class Curve(Protocol):
    """A curve that was learnt."""

    def score(self, risk: Array) -> Array:
        """The probability of each score."""
        ...


class Method(Protocol):
    """A way to learn a curve."""

    def fit(self, risk: Array, outcome: Array, weights: Array) -> Curve:
        """The curve of scores, outcomes (0 or 1) and weights of mean 1."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Platt:
    """Logistic calibration logit p′ = a + b x of a score x: its logit, or itself.

    Parameters
    ----------
    scale
        "logit": x is the logit of a risk in [0, 1], so that a calibrated risk stays as it is; "identity": x is any score.
    smooth
        Whether outcomes 1 and 0 are moved to (N₁ + 1)/(N₁ + 2) and 1/(N₀ + 2), as Platt does, N₁ and N₀ their numbers.

    Source: Platt (1999), in Advances in Large Margin Classifiers, 61–74; Lin, Lin & Weng (2007), Machine Learning 68:267–276.

    Examples
    --------
    >>> x, y = np.array([0.1, 0.1, 0.4, 0.4, 0.4]), np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    >>> Platt(smooth=False).fit(x, y, np.ones(5)).score(np.array([0.1, 0.4])).round(4)
    array([0.5   , 0.6667])
    """

    scale: Literal["logit", "identity"] = "logit"
    smooth: bool = True

    def __post_init__(self) -> None:
        one_of(self.scale, ("logit", "identity"), who="Platt scale")
        if not isinstance(self.smooth, bool):
            raise SpecError("Platt smooth must be True or False", found=shown(self.smooth))

    def fit(self, risk: Array, outcome: Array, weights: Array) -> PlattCurve:
        """The intercept a and slope b."""
        x = _scaled(risk, self.scale)
        center, spread = x.mean(), x.std()
        if not spread > 0:
            raise NoAnswer("a risk that does not vary cannot be calibrated", found=f"{risk[0]:.6g} in all rows")
        target = outcome
        if self.smooth:
            events = float((weights * outcome).sum())
            others = float(weights.sum()) - events
            target = np.where(outcome == 1, (events + 1) / (events + 2), 1 / (others + 2))
        a, b = _fitted(np.stack([np.ones(len(x)), (x - center) / spread]), target, weights)
        return PlattCurve(float(a - b * center / spread), float(b / spread), self.scale)


@dataclass(frozen=True, slots=True)
class PlattCurve:
    """logit p′ = `intercept` + `slope` · x, with x on `scale`."""

    intercept: float
    slope: float
    scale: Literal["logit", "identity"]

    def score(self, risk: Array) -> Array:
        """The probability of each score."""
        return expit(self.intercept + self.slope * _scaled(risk, self.scale))


@dataclass(frozen=True, slots=True, kw_only=True)
class Isotonic:
    """Isotonic calibration: the rising steps nearest to the outcomes, by pooling neighbors that run against the order.

    It ties risks that were told apart, and of few rows it is rough: look at the ranking and the calibration error after it.
    Between the scores it was learnt on it is interpolated; beyond them it stays level.

    Source: Zadrozny & Elkan (2002), ACM SIGKDD 8:694–699.

    Examples
    --------
    >>> x, y = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.0, 1.0, 0.0, 1.0])
    >>> Isotonic().fit(x, y, np.ones(4)).score(x)
    array([0. , 0.5, 0.5, 1. ])
    """

    def fit(self, risk: Array, outcome: Array, weights: Array) -> IsotonicCurve:
        """The steps."""
        from scipy.optimize import isotonic_regression

        x, n, events = by_score(risk, outcome, weights)
        steps = isotonic_regression(events / n, weights=n).x
        return IsotonicCurve(x, np.clip(steps, 0.0, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class IsotonicCurve:
    """Rising `levels` at `scores`."""

    scores: Array
    levels: Array

    def score(self, risk: Array) -> Array:
        """The probability of each score."""
        return np.interp(risk, self.scores, self.levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beta:
    """Beta calibration logit p′ = c + a ln s − b ln(1 − s) of risks s in [0, 1], with a and b not below 0.

    a = b = 1 and c = 0 leave risks as they are; a ≠ b mends what a logistic curve cannot. A coefficient that would be negative
    is 0 and the others are found anew. Source: Kull, Silva Filho & Flach (2017), Electronic Journal of Statistics 11:5052–5080.

    Examples
    --------
    >>> x, y = np.array([0.2] * 5 + [0.6] * 5), np.array([0.0] * 4 + [1.0] + [0.0] * 2 + [1.0] * 3)
    >>> Beta().fit(x, y, np.ones(10)).score(np.array([0.2, 0.6])).round(4)
    array([0.2, 0.6])
    """

    def fit(self, risk: Array, outcome: Array, weights: Array) -> BetaCurve:
        """The coefficients a, b and c."""
        _in_unit(risk)
        columns = np.stack([np.ones(len(risk)), *_beta_columns(risk)])
        kept = [0, 1, 2]
        if len(np.unique(risk)) < 3:
            kept = [0, 1] if len(np.unique(risk)) > 1 else [0]
        found = np.zeros(3)
        while True:
            found[:] = 0.0
            found[kept] = _fitted(columns[kept], outcome, weights)
            below = [j for j in kept if j and found[j] < 0]
            if not below:
                return BetaCurve(a=float(found[1]), b=float(found[2]), c=float(found[0]))
            kept.remove(min(below, key=lambda j: found[j]))


@dataclass(frozen=True, slots=True)
class BetaCurve:
    """logit p′ = c + a ln s − b ln(1 − s)."""

    a: float
    b: float
    c: float

    def score(self, risk: Array) -> Array:
        """The probability of each score."""
        _in_unit(risk)
        low, high = _beta_columns(risk)
        return expit(self.c + self.a * low + self.b * high)


def by_score(risk: Array, outcome: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Different scores in order, the weight at each, and the weight of events there; rows without weight are left out.

    Examples
    --------
    >>> by_score(np.array([0.2, 0.1, 0.2]), np.array([1.0, 0.0, 0.0]), np.ones(3))
    (array([0.1, 0.2]), array([1., 2.]), array([0., 1.]))
    """
    held = weights > 0
    scores, at = np.unique(risk[held], return_inverse=True)
    weight = np.bincount(at, weights=weights[held]).astype(float)
    return scores, weight, np.bincount(at, weights=(weights * outcome)[held]).astype(float)


def _fitted(columns: Array, target: Array, weights: Array) -> Array:
    found = logistic(columns, target, weights)
    if not np.isfinite(found).all():
        raise NoAnswer("the score parts the outcomes without error, so no logistic curve fits", do="use Isotonic or VennAbers")
    return found


def _scaled(risk: Array, scale: str) -> Array:
    if scale == "identity":
        return risk
    _in_unit(risk)
    return logit(risk)


def _beta_columns(risk: Array) -> tuple[Array, Array]:
    kept = np.clip(risk, EDGE, 1 - EDGE)
    return np.log(kept), -np.log1p(-kept)


def _in_unit(risk: Array) -> None:
    if len(risk) and (risk.min() < 0 or risk.max() > 1):
        found = f"figures from {risk.min():.6g} to {risk.max():.6g}"
        raise DataError("this calibration needs risks in [0, 1]", found=found, do="use Platt(scale='identity') or Isotonic()")
