"""Venn–Abers calibration: two probabilities for each score, one of which is calibrated whatever the score is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.risk.calibration.curves import by_score
from evalkit.stats.arrays import Array, Codes, pieces

CELLS = 2_000_000  # how many slopes are held at once


def raised(weights: Array, events: Array) -> tuple[Array, Array]:
    """The isotonic level of one more row with the event, between scores (k + 1) and at each score (k), of k scores in order.

    `weights` and `events` are the weight at each score and that of events; the added row weighs 1. With running totals N and Y
    the level is max_a min_b (Y_b − Y_a + 1)/(N_b − N_a + 1) over totals a before the row and b after it. Only totals where the
    share of events rises, and those next to the row, can be the greatest or least: others are not looked at.

    Examples
    --------
    >>> between, at = raised(np.ones(3), np.array([0.0, 0.0, 1.0]))
    >>> between.round(3), at.round(3)
    (array([0.333, 0.5  , 1.   , 1.   ]), array([0.333, 0.5  , 1.   ]))
    """
    n, y = np.append(0.0, np.cumsum(weights)), np.append(0.0, np.cumsum(events))
    share = events / weights
    turns = np.concatenate([[0], np.flatnonzero(share[1:] > share[:-1]) + 1, [len(share)]])
    between, at = _from_turns(n, y, turns)
    nearest = _to_turns(n, y, turns)
    return np.maximum(between, np.minimum(nearest, 1.0)), np.maximum(at, np.minimum(nearest[:-1], (events + 1) / (weights + 1)))


def lowered(weights: Array, events: Array) -> tuple[Array, Array]:
    """The isotonic level of one more row without the event: as `raised`, with events and order turned round.

    Examples
    --------
    >>> between, at = lowered(np.ones(3), np.array([0.0, 0.0, 1.0]))
    >>> between.round(3), at.round(3)
    (array([0. , 0. , 0. , 0.5]), array([0. , 0. , 0.5]))
    """
    between, at = raised(weights[::-1], (weights - events)[::-1])
    return 1 - between[::-1], 1 - at[::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class VennAbers:
    """Inductive Venn–Abers calibration: isotonic twice, with the household's own outcome taken as 0 and as 1.

    The two levels p₀ ≤ p₁ are the bounds of the risk: far apart where few households were like it. One number is
    p₁/(1 − p₀ + p₁), which loses least in the worst case. It takes no shape for granted, and of rows drawn alike one of the two
    is calibrated exactly. Time grows with the square of the number of different scores: 15,000 take a second or two.

    Source: Vovk & Petej (2014), Uncertainty in Artificial Intelligence 30:829–838; Vovk, Petej & Fedorova (2015), Advances in
    Neural Information Processing Systems 28:892–900.

    Examples
    --------
    >>> found = VennAbers().fit(np.array([0.1, 0.2, 0.3]), np.array([0.0, 0.0, 1.0]), np.ones(3))
    >>> [side.round(3) for side in found.bounds(np.array([0.2, 0.35]))]
    [array([0. , 0.5]), array([0.5, 1. ])]
    """

    def fit(self, risk: Array, outcome: Array, weights: Array) -> VennAbersCurve:
        """Both levels, at each score and between scores."""
        scores, weight, events = by_score(risk, outcome, weights)
        low, high = lowered(weight, events), raised(weight, events)
        return VennAbersCurve(scores, (low[0], high[0]), (low[1], high[1]))


@dataclass(frozen=True, slots=True, eq=False)
class VennAbersCurve:
    """Levels p₀ and p₁ `between` the scores (k + 1 of each) and `at` them (k)."""

    scores: Array
    between: tuple[Array, Array]
    at: tuple[Array, Array]

    def bounds(self, risk: Array) -> tuple[Array, Array]:
        """p₀ and p₁ of each score."""
        place = np.searchsorted(self.scores, risk)
        known = np.minimum(place, len(self.scores) - 1)
        same = self.scores[known] == risk
        low, high = (np.where(same, at[known], gap[place]) for at, gap in zip(self.at, self.between, strict=True))
        return low, np.maximum(low, high)

    def score(self, risk: Array) -> Array:
        """The probability of each score: p₁/(1 − p₀ + p₁)."""
        low, high = self.bounds(risk)
        return high / (1 - low + high)


def _from_turns(n: Array, y: Array, turns: Codes) -> tuple[Array, Array]:
    """The greatest over turns a before the row, of the least slope from a to any total after it: between scores, and at each."""
    totals = np.arange(len(n))
    between, at = np.full(len(n), -np.inf), np.full(len(n) - 1, -np.inf)
    for some in pieces(len(turns), max(1, CELLS // len(n))):
        a = turns[some, None]
        slope = np.full((len(a), len(n)), np.inf)
        np.divide(y - y[a] + 1, n - n[a] + 1, out=slope, where=totals >= a)
        least = np.minimum.accumulate(slope[:, ::-1], axis=1)[:, ::-1]
        np.maximum(between, np.where(totals >= a, least, -np.inf).max(axis=0), out=between)
        np.maximum(at, np.where(totals[1:] > a, least[:, 1:], -np.inf).max(axis=0), out=at)
    return between, at


def _to_turns(n: Array, y: Array, turns: Codes) -> Array:
    """The least slope from each total to a turn after it; infinite from the last."""
    found = np.empty(len(n))
    for some in pieces(len(n), max(1, CELLS // len(turns))):
        a = np.arange(len(n))[some, None]
        slope = np.full((len(a), len(turns)), np.inf)
        np.divide(y[turns] - y[a] + 1, n[turns] - n[a] + 1, out=slope, where=turns > a)
        found[some] = slope.min(axis=1)
    return found
