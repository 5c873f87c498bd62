"""Chances of an event that follow from a rate: regression with the complementary log–log link."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evalkit.errors import NoAnswer
from evalkit.stats.arrays import Array
from evalkit.stats.least_squares import least_squares

STEPS = 60
SETTLED = 1e-9  # how little the last step moves any linear predictor
LOST = 50.0  # an error of a linear predictor that says it is not known at all


class EventRates(NamedTuple):
    """Coefficients (k), what each row does to them (k, n), the inverse of the information (k, k), and the log-likelihood."""

    coefficients: Array
    influence: Array
    inverse: Array
    log_likelihood: float


def event_chance(eta: Array) -> Array:
    """h = 1 − exp(−exp η): the chance that an event of rate exp η happens within one period.

    Examples
    --------
    >>> event_chance(np.array([-5.0, 0.0])).round(6)
    array([0.006715, 0.632121])
    """
    return -np.expm1(-np.exp(eta))


def event_rates(X: Array, events: Array, weights: Array, offset: Array | None = None) -> EventRates:
    """Coefficients b that maximize Σ w [y ln h + (1 − y) ln(1 − h)], h = 1 − exp(−exp(offset + Xb)), by repeated least squares.

    A unit more of x multiplies the rate of the event by exp b, whatever the length of the period. The covariance of b is that
    of the total of w times `influence`, or `inverse` where rows are independent and weights count them. X has shape (n, k).

    Raises
    ------
    NoAnswer
        There is no maximum: some regressors foretell events, or their absence, without error.

    Source: McCullagh & Nelder (1989), Generalized Linear Models, chapters 2.5 and 4; Prentice & Gloeckler (1978), Biometrics
    34:57–67.

    Examples
    --------
    >>> events, homes = np.array([1.0, 0.0, 1.0, 0.0]), np.array([10.0, 90.0, 20.0, 80.0])
    >>> X = np.column_stack([np.ones(4), [0.0, 0.0, 1.0, 1.0]])
    >>> found = event_rates(X, events, homes)
    >>> event_chance(np.array([[1.0, 0.0], [1.0, 1.0]]) @ found.coefficients).round(6)
    array([0.1, 0.2])
    """
    shift = np.zeros(len(events)) if offset is None else offset
    eta = _started(events, weights, shift)
    b, likelihood = np.zeros(X.shape[1]), -np.inf
    for step in range(STEPS):
        rate = np.exp(eta)
        h = -np.expm1(-rate)
        slope = rate * np.exp(-rate)
        curvature = weights * slope * rate / h
        try:
            fit = least_squares(X, eta - shift + (events - h) / slope, curvature)
        except np.linalg.LinAlgError:
            break
        new, moved, reached = _uphill(X, events, weights, shift, b if step else None, fit.coefficients, likelihood)
        settled = step > 0 and moved <= SETTLED
        b, likelihood = new, reached
        eta = shift + X @ b
        if settled:
            if ((X @ fit.inverse) * X).sum(axis=1).max() * weights.mean() > LOST**2:
                break
            h = event_chance(eta)
            score = (events - h) * np.exp(eta) / h
            return EventRates(b, fit.inverse @ (X * score[:, None]).T, fit.inverse, likelihood)
    raise NoAnswer(
        "the regressors foretell some events, or that there are none, without error",
        do="join classes that have no event, or leave those regressors out",
    )


def _started(events: Array, weights: Array, shift: Array) -> Array:
    """Where the search begins: one rate for all."""
    share = float(weights @ events / weights.sum())
    return shift + np.log(-np.log1p(-np.clip(share, 1e-6, 1 - 1e-6))) - float(weights @ shift / weights.sum())


def _uphill(
    X: Array, events: Array, weights: Array, shift: Array, b: Array | None, to: Array, likelihood: float
) -> tuple[Array, float, float]:
    """A step from b towards `to`, halved until the likelihood does not fall; how far it moves any row, and the likelihood."""
    start = to if b is None else b
    for part in 0.5 ** np.arange(12):
        new = start + part * (to - start)
        eta = np.clip(shift + X @ new, -700, 6)
        reached = float(weights @ (events * np.log(event_chance(eta)) - (1 - events) * np.exp(eta)))
        if reached >= likelihood - 1e-9 * abs(likelihood) or b is None:
            break
    return new, float(np.abs(X @ (new - start)).max()), reached
