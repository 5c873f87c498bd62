"""How far groups differ in being visited and in being missed: the arithmetic of parity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evalkit.stats.arrays import Array, Codes


class GroupRates(NamedTuple):
    """Of each group the share visited: of all, of those with the event (recall), without it (false alarms); NaN where none."""

    selection: Array
    recall: Array
    false_alarm: Array


class Gaps(NamedTuple):
    """The greatest difference between groups, and the ratio of the lowest to the highest; 0 and 1: alike."""

    difference: float
    ratio: float


def group_rates(visited: Array, outcome: Array, weights: Array, group: Codes) -> GroupRates:
    """Rates of groups 0, 1, … from chances to be visited in [0, 1], outcomes and weights.

    Examples
    --------
    >>> group_rates(np.array([1.0, 0.0, 1.0]), np.array([1.0, 1.0, 0.0]), np.ones(3), np.array([0, 0, 0])).recall
    array([0.5])
    """

    def rate(of: Array) -> Array:
        below = np.bincount(group, weights=of)
        above = np.bincount(group, weights=of * visited)
        return np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)

    return GroupRates(rate(weights), rate(weights * outcome), rate(weights * (1 - outcome)))


def demographic_parity(rates: GroupRates) -> Gaps:
    """Gaps of the share visited. Groups that are at different risk should differ: read it as a fact, not as a fault.

    Examples
    --------
    >>> demographic_parity(GroupRates(np.array([0.75, 0.5]), np.ones(2), np.ones(2))).difference
    0.25
    """
    return _gaps(rates.selection)


def equal_opportunity(rates: GroupRates) -> Gaps:
    """Gaps of recall: whether those who fall back are reached as often in each group.

    Source: Hardt, Price & Srebro (2016), Advances in Neural Information Processing Systems 29:3315–3323.

    Examples
    --------
    >>> equal_opportunity(GroupRates(np.ones(2), np.array([0.5, 0.25]), np.ones(2)))
    Gaps(difference=0.25, ratio=0.5)
    """
    return _gaps(rates.recall)


def equalized_odds(rates: GroupRates) -> Gaps:
    """The worse of the gaps of recall and of false alarms.

    Examples
    --------
    >>> equalized_odds(GroupRates(np.ones(2), np.array([0.5, 0.5]), np.array([0.1, 0.2])))
    Gaps(difference=0.1, ratio=0.5)
    """
    recall, false = _gaps(rates.recall), _gaps(rates.false_alarm)
    return Gaps(float(np.fmax(recall.difference, false.difference)), float(np.fmin(recall.ratio, false.ratio)))


def _gaps(rate: Array) -> Gaps:
    """Of groups that have a rate; NaN where fewer than two have one. Two rates of 0 are alike."""
    known = rate[np.isfinite(rate)]
    if len(known) < 2:
        return Gaps(float("nan"), float("nan"))
    low, high = float(known.min()), float(known.max())
    return Gaps(high - low, low / high if high > 0 else 1.0)
