"""Rows in groups: weighted means of each group, spread back over its rows, in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.stats.arrays import Array, Codes
from evalkit.stats.ordering import order

NARROW = 2**15  # codes of 16 bits are sorted by counting


@dataclass(frozen=True, slots=True, eq=False)
class Parted:
    """Weights of rows, and the group 0 … count − 1 of each; `codes` is None where all rows are one group.

    Examples
    --------
    >>> two = Parted.of(np.array([1.0, 1.0, 2.0]), np.array([0, 0, 1]), 2)
    >>> two.mean(np.array([1.0, 3.0, 5.0])), two.rows(np.array([10.0, 20.0]))
    (array([2., 5.]), array([10., 10., 20.]))
    """

    weights: Array
    codes: Codes | None
    count: int
    total: Array  # Σ w of each group

    @classmethod
    def of(cls, weights: Array, codes: Codes | None = None, count: int = 1) -> Parted:
        """Groups by their codes, or one group."""
        if codes is None or count == 1:
            return cls(weights, None, 1, np.array([weights.sum()]))
        return cls(weights, codes, count, np.asarray(np.bincount(codes, weights=weights, minlength=count), dtype=np.float64))

    def taken(self, places: Codes) -> Parted:
        """The same groups with rows in another order."""
        codes = None if self.codes is None else self.codes[places]
        return Parted(self.weights[places], codes, self.count, self.total)

    def sum(self, x: Array) -> Array:
        """Σ w x of each group."""
        if self.codes is None:
            return np.array([self.weights @ x])
        return np.asarray(np.bincount(self.codes, weights=self.weights * x, minlength=self.count), dtype=np.float64)

    def mean(self, x: Array) -> Array:
        """Σ w x / Σ w of each group; NaN where no weight is."""
        return np.divide(self.sum(x), self.total, out=np.full(self.count, np.nan), where=self.total > 0)

    def rows(self, figures: Array) -> Array:
        """The figure of its group for each row; one figure alone where all rows are one group."""
        return figures if self.codes is None else figures[self.codes]

    def per(self, influence: Array) -> Array:
        """Influence on a mean of the group, per unit of weight: divided by Σ w of the group."""
        return np.divide(influence, self.rows(self.total), out=np.full(influence.shape, np.nan), where=self.rows(self.total) > 0)

    def ranked(self, x: Array) -> tuple[Codes, Array, Array]:
        """Places of rows by group and rising in it, Σ w up to each of all those, and Σ w before each group."""
        if self.codes is None:
            at = order(x)
        elif _risen(self.codes, x):
            at = np.arange(len(x))
        else:
            at = order(x)
            narrow = np.int16 if self.count <= NARROW else np.int64
            at = at[np.argsort(self.codes[at].astype(narrow), kind="stable")]
        return at, np.cumsum(self.weights[at]), np.append(0.0, np.cumsum(self.total)[:-1])


def _risen(codes: Codes, x: Array) -> bool:
    """Whether rows lie by group already, and rising in it."""
    same = codes[1:] == codes[:-1]
    return bool(((codes[1:] > codes[:-1]) | (same & (x[1:] >= x[:-1]))).all())
