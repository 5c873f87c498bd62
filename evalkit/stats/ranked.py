"""Rows from the greatest score to the least, with equal scores held together: what ranks and budgets are counted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.stats.arrays import Array, Codes
from evalkit.stats.ranks import settled


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Rows in order, block after block, the greatest score first in each; rows of equal score make one run.

    `order` (n) are the rows, `first` (g) where each run begins among them, `block` (g) which block each run belongs to,
    rising, and `opening` (g) the first run of that block.
    """

    order: Codes
    first: Codes
    block: Codes
    opening: Codes

    def sums(self, values: Array) -> Array:
        """Sums (…, g) of each run, of values (…, n) that are in order already."""
        if len(self.first) == values.shape[-1]:
            return values
        return np.add.reduceat(values, self.first, axis=-1)

    def spread(self, values: Array) -> Array:
        """Values (g) of the runs, given to each row (n) in the order the rows came in."""
        out = np.empty(len(self.order))
        out[self.order] = np.repeat(values, np.diff(self.first, append=len(self.order)))
        return out


def ranked(score: Array, block: Codes | None = None) -> Ranked:
    """Rows by falling score, within blocks 0, 1, … where there are any; rows of equal score stay in the order they came in.

    Scores are rounded to ten digits first, so that no last bit parts a tie.

    Examples
    --------
    >>> rows = ranked(np.array([0.2, 0.9, 0.2]))
    >>> rows.order, rows.first, rows.sums(np.array([1.0, 2.0, 3.0]))
    (array([1, 0, 2]), array([0, 1]), array([1., 5.]))
    """
    score, of = settled(score), np.zeros(len(score), dtype=np.intp) if block is None else block
    order = np.argsort(-score, kind="stable") if block is None else np.lexsort((-score, of))
    s, b = score[order], of[order]
    opens = np.ones(len(order), dtype=bool)
    opens[1:] = b[1:] != b[:-1]
    new = opens.copy()
    new[1:] |= s[1:] != s[:-1]
    first = np.flatnonzero(new)
    opening = np.maximum.accumulate(np.where(opens[first], np.arange(len(first)), 0))
    return Ranked(order, first, b[first], opening)


def concordance(events: Array, others: Array) -> Array:
    """Area under the ROC curve from sums (…, g) of the weights of events and of others in runs of falling score.

    The chance that an event scores above another row, ties counting one half; NaN where one of the two has no weight.

    Examples
    --------
    >>> concordance(np.array([1.0, 1.0, 0.0]), np.array([0.0, 1.0, 2.0]))
    array(0.91666667)
    """
    below = others.sum(axis=-1, keepdims=True) - np.cumsum(others, axis=-1)
    pairs = events.sum(axis=-1) * others.sum(axis=-1)
    won = (events * (below + others / 2)).sum(axis=-1)
    return np.divide(won, pairs, out=np.full(np.shape(pairs), np.nan), where=pairs > 0)


def mean_precision(events: Array, others: Array) -> Array:
    """Average precision Σ_k (R_k − R_k−1) P_k, R and P the recall and precision down to run k; NaN without events.

    Examples
    --------
    >>> mean_precision(np.array([1.0, 1.0, 0.0]), np.array([0.0, 1.0, 2.0])).round(4)
    np.float64(0.8333)
    """
    found = np.cumsum(events, axis=-1)
    listed = found + np.cumsum(others, axis=-1)
    precision = np.divide(found, listed, out=np.zeros(found.shape), where=listed > 0)
    total = events.sum(axis=-1)
    return np.divide((events * precision).sum(axis=-1), total, out=np.full(np.shape(total), np.nan), where=total > 0)


def taken(cost: Array, rows: Ranked, share: Array) -> Array:
    """The share (…, g) of each run that is chosen where blocks spend `share` (blocks) of their costs (…, g), great scores first.

    1 above the cutoff, 0 below it; rows of equal score at the cutoff have all the same chance, so that sums over rows times
    this are exact means over random draws among them. A block without costs chooses nothing.

    Examples
    --------
    >>> taken(np.array([1.0, 2.0, 1.0]), ranked(np.array([0.9, 0.5, 0.5, 0.1])), np.array([0.5]))
    array([1. , 0.5, 0. ])
    """
    through = np.cumsum(cost, axis=-1)
    before = through - cost
    last = np.append(rows.opening[1:] != rows.opening[:-1], True)
    size = np.diff(np.flatnonzero(np.append(True, last)))
    start = before[..., rows.opening]
    total = np.repeat(through[..., last] - start[..., last], size, axis=-1)
    left = share[rows.block] * total - (before - start)
    return np.clip(np.divide(left, cost, out=(left > 0).astype(float), where=cost > 0), 0.0, 1.0)
