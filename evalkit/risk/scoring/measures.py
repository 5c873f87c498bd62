"""Measures of a risk against what happened: how it ranks, and how far its probabilities can be taken at their word."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array, Codes
from evalkit.stats.logistic import logistic, logit
from evalkit.stats.ranked import concordance, mean_precision, ranked


def auc(risk: Array, outcome: Array, weights: Array) -> float:
    """Area under the ROC curve: the chance that a household with the event has a higher risk than one without, ties one half.

    0.5: no better than a lot; 1: all with the event above all without; below 0.5: upside down. NaN where one kind is absent.
    Only the order of risks counts. Source: Hanley & McNeil (1982), Radiology 143:29–36.

    Examples
    --------
    >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4))
    0.75
    """
    rows = ranked(risk)
    w, y = weights[rows.order], outcome[rows.order]
    return float(concordance(rows.sums(w * y), rows.sums(w * (1 - y))))


def average_precision(risk: Array, outcome: Array, weights: Array) -> float:
    """Average precision: the mean precision over all events, each at its own threshold; the base rate of a lot, 1 at best.

    Examples
    --------
    >>> round(average_precision(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4)), 4)
    0.8333
    """
    rows = ranked(risk)
    w, y = weights[rows.order], outcome[rows.order]
    return float(mean_precision(rows.sums(w * y), rows.sums(w * (1 - y))))


def brier(risk: Array, outcome: Array, weights: Array) -> float:
    """Brier score Σ w (p − y)²/Σ w, in [0, 1]; 0: every risk was 0 or 1 and right.

    Source: Brier (1950), Monthly Weather Review 78:1–3.

    Examples
    --------
    >>> round(brier(np.array([0.1, 0.9, 0.8, 0.3]), np.array([0.0, 1.0, 1.0, 0.0]), np.ones(4)), 4)
    0.0375
    """
    return float((weights * (risk - outcome) ** 2).sum() / weights.sum())


def log_loss(risk: Array, outcome: Array, weights: Array) -> float:
    """Mean −ln of the probability given to what happened; risks are kept 2.2e-16 away from 0 and 1.

    Examples
    --------
    >>> round(log_loss(np.array([0.5, 0.9]), np.array([0.0, 1.0]), np.ones(2)), 4)
    0.3993
    """
    return float((weights * surprise(risk, outcome)).sum() / weights.sum())


def mass_bins(risk: Array, weights: Array, bins: int) -> Codes:
    """The bin 0 … bins − 1 of each row, cut so that bins hold like weight; rows of equal risk stay together.

    A run of equal risks goes to the bin in which the middle of its weight lies, so that bins may differ in weight, or be empty,
    where many risks are equal.

    Examples
    --------
    >>> mass_bins(np.array([0.1, 0.2, 0.3, 0.3]), np.ones(4), 2)
    array([0, 0, 1, 1])
    """
    rows = ranked(-risk)
    run = rows.sums(weights[rows.order])
    middle = (np.cumsum(run) - run / 2) / run.sum()
    return np.minimum(rows.spread(np.floor(middle * bins + 1e-9)), bins - 1).astype(np.intp)


def expected_calibration_error(risk: Array, outcome: Array, weights: Array, bins: int = 10) -> float:
    """ECE Σ_b (w_b/W) |observed share − mean risk| over bins of like weight; 0: in each bin as many events as said.

    It is never below 0 and is larger in small samples of a calibrated risk too: read it beside intercept and slope.
    Source: Naeini, Cooper & Hauskrecht (2015), AAAI Conference on Artificial Intelligence 29:2901–2907.

    Examples
    --------
    >>> round(expected_calibration_error(np.array([0.1, 0.1, 0.7, 0.7]), np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4), bins=2), 4)
    0.2
    """
    at = mass_bins(risk, weights, bins)
    return float(np.abs(np.bincount(at, weights=weights * (outcome - risk), minlength=bins)).sum() / weights.sum())


def calibration_line(risk: Array, outcome: Array, weights: Array) -> tuple[float, float]:
    """Calibration intercept and slope: logit P(y = 1) = a + logit p, and slope b of logit P(y = 1) = a′ + b logit p.

    Intercept 0: as many events as said on the whole; above 0: more. Slope 1: risks spread as far as they should; below 1: too
    far, as those of an overfitted model; above 1: not far enough. Risks are kept 1e-12 away from 0 and 1.
    Source: Cox (1958), Biometrika 45:562–565; Steyerberg (2019), Clinical Prediction Models, 2nd edition, chapter 15.

    Examples
    --------
    >>> p = np.array([0.2, 0.2, 0.2, 0.2, 0.2, 0.6, 0.6, 0.6, 0.6, 0.6])
    >>> y = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    >>> [round(x, 6) + 0.0 for x in calibration_line(p, y, np.ones(10))]
    [0.0, 1.0]
    """
    x, one = logit(risk), np.ones((1, len(risk)))
    level = logistic(one, outcome, weights, offset=x)
    line = logistic(np.stack([one[0], x]), outcome, weights, start=np.array([0.0, 1.0]))
    return float(level[0]), float(line[1])


def surprise(risk: Array, outcome: Array) -> Array:
    """−ln of the probability that was given to what happened.

    Examples
    --------
    >>> surprise(np.array([0.5, 0.9]), np.array([0.0, 1.0])).round(4)
    array([0.6931, 0.1054])
    """
    eps = np.finfo(float).eps
    kept = np.clip(risk, eps, 1 - eps)
    return -np.where(outcome == 1, np.log(kept), np.log1p(-kept))
