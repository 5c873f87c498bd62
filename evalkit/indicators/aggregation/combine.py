"""What an aggregation does: learn a rule on reference rows, and combine the scores of any row under given weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from evalkit.indicators.normalization.normalized import Normalized
from evalkit.stats.arrays import Array
from evalkit.terms import Text


class Rule(Protocol):
    """A learnt rule that combines indicators into one score; it reads each row alone."""

    def combine(self, block: Array, weights: Array) -> Array:
        """Scores of rows of shape (n, rows): of shape (rows,) under weights (n,), of shape (k, rows) under weights (k, n).

        Weights and rows broadcast as `weights @ block` does. Each vector of weights is non-negative and sums to one. Where the
        scores that come in lie in [0, 1], so do those that go out.
        """
        ...

    def take(self, which: Sequence[int]) -> Rule:
        """The rule for some of the indicators."""
        ...


class Aggregation(Protocol):
    """A way to combine indicators: declared first, learnt on reference rows, then applied to any row."""

    @property
    def name(self) -> Text:
        """What the aggregation is called."""
        ...

    def learn(self, z: Normalized, weights: Array) -> Rule:
        """The rule, from normalized reference rows and the weights of their columns."""
        ...


def span(z: Normalized) -> tuple[Array, Array]:
    """The least and the greatest score of each column."""
    ends = np.array([(block.min(axis=1), block.max(axis=1)) for _, block in z.blocks()])
    return ends[:, 0].min(axis=0), ends[:, 1].max(axis=0)
