"""Columns as regressions need them: numbers on one scale, bends, classes, and flags of gaps, learnt from weighted rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evalkit.stats.arrays import Array, Codes, pieces
from evalkit.stats.quantiles import weighted_quantile


class Expansion(NamedTuple):
    """What one feature becomes: itself and bends at `knots`, or a column a level; and whether a flag of gaps."""

    place: int
    knots: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()
    flag: bool = False

    @property
    def width(self) -> int:
        """How many columns."""
        return (len(self.levels) or 1 + len(self.knots)) + self.flag


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Features as regressors of mean 0 and spread 1 among the rows learnt from; a gap is at the mean, and may have its flag.

    `source` is the feature each regressor comes from, `center` and `scale` are its weighted mean and standard deviation.

    Examples
    --------
    >>> X = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 2.0], [7.0, 4.0]])
    >>> ready = Prepared.learnt(X, np.ones(4), classes=[], bends=[], knots=0, least=0.0)
    >>> ready.source.tolist(), ready.matrix(X)[:, 0].round(3).tolist()
    ([0, 1, 1], [-1.342, -0.447, 0.447, 1.342])
    """

    parts: tuple[Expansion, ...]
    source: Codes
    center: Array
    scale: Array

    @classmethod
    def learnt(
        cls, X: Array, weights: Array, *, classes: Sequence[int], bends: Sequence[int], knots: int, least: float
    ) -> Prepared:
        """What rows say: levels that hold at least the share `least` of the weight, knots at quantiles, gaps that occur."""
        parts, gappy = [], np.isnan(X.sum(axis=0))
        for j in range(X.shape[1]):
            held, w, flag = X[:, j], weights, bool(gappy[j])
            if flag:
                there = ~np.isnan(held)
                held, w, flag = held[there], w[there], bool(there.any())
            if j in classes:
                level, at = np.unique(held, return_inverse=True)
                share = np.bincount(at, weights=w, minlength=len(level)) / weights.sum()
                kept = tuple(float(x) for x in level[share >= least])
                parts.append(Expansion(j, levels=kept or (0.0,), flag=flag))
            else:
                parts.append(Expansion(j, knots=_knots(held, w, knots) if j in bends else (), flag=flag))
        source = np.repeat([part.place for part in parts], [part.width for part in parts]).astype(np.intp)
        zero, one = np.zeros(len(source)), np.ones(len(source))
        center, scale = _moments(cls(tuple(parts), source, zero, one), X, weights)
        return cls(tuple(parts), source, center, scale)

    @property
    def plain(self) -> bool:
        """Whether every feature is one column, as it is."""
        return len(self.source) == len(self.parts) and not any(part.levels for part in self.parts)

    def matrix(self, X: Array) -> Array:
        """Regressors (n, k) of rows (n, features); gaps of a feature that had none are at its mean."""
        raw = X if self.plain else self._expanded(X)
        out = raw - self.center
        out /= self.scale
        if np.isnan(out.sum()):
            out[np.isnan(out)] = 0.0
        return out

    def _expanded(self, X: Array) -> Array:
        out = np.empty((len(X), len(self.source)))
        at = 0
        for part in self.parts:
            x = X[:, part.place]
            stop = at + part.width
            if part.levels:
                out[:, at : at + len(part.levels)] = x[:, None] == np.array(part.levels)
            else:
                out[:, at] = x
                for j, knot in enumerate(part.knots, start=1):
                    out[:, at + j] = np.maximum(x - knot, 0.0)
            if part.flag:
                out[:, stop - 1] = np.isnan(x)
            at = stop
        return out


def _knots(x: Array, weights: Array, knots: int) -> tuple[float, ...]:
    """Different quantiles inside the range, evenly spaced by weight."""
    if not len(x):
        return ()
    found = sorted({weighted_quantile(x, weights, (j + 1) / (knots + 1)) for j in range(knots)})
    return tuple(float(knot) for knot in found if x.min() < knot < x.max())


def _moments(ready: Prepared, X: Array, weights: Array) -> tuple[Array, Array]:
    """Weighted mean and standard deviation of each regressor over its figures, in two passes; a spread of 0 counts as 1."""
    total, sums, squares = (np.zeros(len(ready.source)) for _ in range(3))
    for rows in pieces(len(X)):
        raw, w = (X[rows] if ready.plain else ready._expanded(X[rows])), weights[rows]
        if np.isnan(raw.sum()):
            total += w @ ~np.isnan(raw)
            raw = np.nan_to_num(raw, nan=0.0)
        else:
            total += w.sum()
        sums += w @ raw
    center = np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
    for rows in pieces(len(X)):
        raw = (X[rows] if ready.plain else ready._expanded(X[rows])) - center
        if np.isnan(raw.sum()):
            raw = np.nan_to_num(raw, nan=0.0)
        squares += weights[rows] @ np.square(raw, out=raw)
    spread = np.sqrt(np.divide(squares, total, out=np.zeros_like(sums), where=total > 0))
    return center, np.where(spread > 1e-12 * np.maximum(np.abs(center), 1e-300), spread, 1.0)
