"""What holds a place back: obstacle degrees, the share of each indicator and dimension in what is missing to the best bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.answer import Answer, Note, by_period
from evalkit.check import whole
from evalkit.indicators.index import IndexScores
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.stats.ranks import DIGITS, HALF, even
from evalkit.terms import Text


def obstacle_degree(z: Array, weights: Array) -> Array:
    """Obstacle degrees O_ij = w_j (1 − z_ij) / Σ_j w_j (1 − z_ij) of normalized rows (m, n).

    In [0, 1], each row sums to one. 0: the indicator is at its best bound (or beyond, where scores are not clipped);
    1: it alone is missing. A row that lacks nothing has no obstacle and is NaN. A degree is a share: it says what weighs
    most in a place, not how badly off the place is. Source: as printed in ChinaXiv:201801.00048.

    Examples
    --------
    >>> obstacle_degree(np.array([[0.5, 0.0], [1.0, 0.2]]), np.array([0.5, 0.5]))
    array([[0.33333333, 0.66666667],
           [0.        , 1.        ]])
    """
    lacking = np.clip(1.0 - z, 0.0, None) * weights
    total = lacking.sum(axis=1, keepdims=True)
    return np.divide(lacking, total, out=np.full_like(lacking, np.nan), where=total > HALF)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObstacleDegree:
    """The `top` indicators that hold each place back most, each year (None: all of them, ranked)."""

    top: int | None = None

    def __post_init__(self) -> None:
        if self.top is not None:
            whole(self.top, who="ObstacleDegree top", do="use 5, or None for all")

    def measure(self, scores: IndexScores) -> Obstacles:
        """Obstacle degrees of every scored place and year.

        Examples
        --------
        >>> import evalkit as ek
        >>> counties = ek.datasets.load("counties")
        >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"])
        >>> drag = ek.ObstacleDegree(top=3).measure(index.fit(counties).score(counties))
        >>> list(drag.frame.columns)
        ['obstacle_1', 'degree_1', 'obstacle_2', 'degree_2', 'obstacle_3', 'degree_3']
        """
        system, index = scores.system, scores.frame.index
        top = min(self.top or len(system.columns), len(system.columns))
        year, years = by_period(index)
        found = _walk(scores.spec.normalized(scores.panel), scores.spec.weights, system.membership, top, year)
        columns, places = pd.Index(system.columns), dict[str, Any]()
        for place, (which, degree) in enumerate(zip(found.which, found.degree, strict=True), 1):
            places[f"obstacle_{place}"] = pd.Categorical.from_codes(which, columns)
            places[f"degree_{place}"] = degree
        ranked = pd.DataFrame(places, index=index, copy=False)
        dimensions = pd.DataFrame(found.dimensions.T, index=index, columns=[d.id for d in system.dimensions], copy=False)
        if found.none.any():
            ranked, dimensions = ranked[~found.none], dimensions[~found.none]
        return Obstacles(
            spec=self,
            frame=ranked,
            dimensions=dimensions,
            average=pd.DataFrame(found.average, index=pd.Index(years, name="period"), columns=columns),
            scores=scores,
            notes=_notes(int(found.none.sum())),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Obstacles(Answer):
    """Obstacle degrees, keyed by (unit, period).

    `frame` ranks the greatest obstacles: columns `obstacle_1` (indicator id), `degree_1`, …; `dimensions` holds one share a
    dimension (a row sums to one); `average` the mean degree of each indicator, one row a period (a row sums to one).
    """

    dimensions: pd.DataFrame
    average: pd.DataFrame
    scores: IndexScores

    @property
    def frequency(self) -> pd.DataFrame:
        """How often each indicator is among the ranked obstacles: a share of the places, one row a period, one column each.

        An indicator that lacks nothing in a place is no obstacle there, even where fewer than `top` are left to rank.
        """
        year, years = by_period(self.frame.index)
        places = np.bincount(year, minlength=len(years)).astype(float)
        columns = self.average.columns
        count = np.zeros((len(years), len(columns)))
        for name, degree in zip(self.frame.columns[::2], self.frame.columns[1::2], strict=True):
            np.add.at(count, (year, self.frame[name].cat.codes.to_numpy()), self.frame[degree].to_numpy() > HALF)
        return pd.DataFrame(count / places[:, None], index=pd.Index(years, name="period"), columns=columns)

    def few(self, share: float = 0.5) -> pd.Series:
        """The fewest indicators that together hold `share` of what is lacking on average in the last year, greatest first."""
        degree = self.average.iloc[-1].sort_values(ascending=False, kind="stable", key=even)
        return degree.iloc[: int(np.searchsorted(degree.cumsum().to_numpy(), share - HALF)) + 1]


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    which: NDArray[np.integer]
    degree: Array
    dimensions: Array
    average: Array
    none: Mask


def _walk(z: Normalized, weights: Array, member: tuple[int, ...], top: int, year: Codes) -> _Found:
    """All rows in pieces: the greatest degrees, dimension shares, mean degrees by year, and the rows that lack nothing."""
    m, n = len(z), len(weights)
    which, degree = np.empty((top, m), dtype=np.min_scalar_type(-n)), np.empty((top, m))
    none, years = np.zeros(m, dtype=bool), np.arange(int(year.max()) + 1, dtype=year.dtype)
    dimensions, total, rank = np.zeros((max(member) + 1, m)), np.zeros((len(years), n)), _Ranking.of(n, top)
    worth = (weights / z.spans)[:, None]
    for rows, block in z.shortfalls():
        if not z.clip:
            np.maximum(block, 0.0, out=block)
        np.multiply(block, worth, out=block)
        of_dimension = dimensions[:, rows]
        for lack, dimension in zip(block, member, strict=True):
            of_dimension[dimension] += lack
        whole = of_dimension.sum(axis=0)
        none[rows] = whole <= HALF
        whole[none[rows]] = 1.0
        of_dimension /= whole
        np.divide(block, whole, out=block)
        total += (year[rows] == years[:, None]).astype(float) @ block.T
        rank(block, which[:, rows], degree[:, rows])
    count = np.bincount(year[~none], minlength=len(years))
    return _Found(which, degree, dimensions, total / np.maximum(count, 1)[:, None], none)


@dataclass(frozen=True, slots=True)
class _Ranking:
    """The greatest of each column of (n, rows), greatest first, of those equal to ten digits the earlier.

    `pairs` are compared in turn, whole rows at a time, and the greater goes to the first place of a pair; then the greatest
    stand at `places`.
    """

    pairs: list[tuple[int, int]]
    places: list[int]

    @classmethod
    def of(cls, n: int, top: int) -> _Ranking:
        """The comparisons that bring the `top` greatest of n in order."""
        pairs: list[tuple[int, int]] = []
        return cls(pairs, _sorted(list(range(n)), top, pairs))

    def __call__(self, block: Array, which: NDArray[np.integer], degree: Array) -> None:
        """Write positions and values of the greatest, (top, rows) each, of values in [0, 1].

        They are compared as whole numbers of the tenth digit. Numbers that are not negative stand in the order of their bits, and
        the last bits of such whole ones are 0: there the position is written, and one comparison orders both.
        """
        last = (1 << (len(block) - 1).bit_length()) - 1
        rounded = np.multiply(block, 10.0**DIGITS)
        keys = np.rint(rounded, out=rounded).view(np.int64)
        keys |= np.arange(last, last - len(keys), -1)[:, None]
        rows, spare = list(keys), np.empty_like(keys[0])
        for a, b in self.pairs:
            np.maximum(rows[a], rows[b], out=spare)
            np.minimum(rows[a], rows[b], out=rows[b])
            rows[a], spare = spare, rows[a]
        for place, at in enumerate(self.places):
            which[place] = last - (rows[at] & last)
        degree[...] = np.take_along_axis(block, which.astype(np.intp), axis=0)


def _sorted(places: list[int], top: int, pairs: list[tuple[int, int]]) -> list[int]:
    """Where the `top` greatest of some places stand once all `pairs` are compared, which grow by those this needs.

    Source: the odd–even merge of Batcher (1968), Sorting Networks and Their Applications, AFIPS 32:307–314.
    """
    if len(places) < 2:
        return places
    half = len(places) // 2
    return _merged(_sorted(places[:half], top, pairs), _sorted(places[half:], top, pairs), top, pairs)


def _merged(a: list[int], b: list[int], top: int, pairs: list[tuple[int, int]]) -> list[int]:
    """Two lists of places in order as one: every other place of both is merged, and so are the rest; then neighbors compare."""
    a, b = a[:top], b[:top]
    if not (a and b):
        return a + b
    if len(a) == len(b) == 1:
        pairs.append((a[0], b[0]))
        return (a + b)[:top]
    odd, even = _merged(a[::2], b[::2], top // 2 + 1, pairs), _merged(a[1::2], b[1::2], top // 2, pairs)
    order, neighbors = odd[:1], list(zip(even, odd[1:], strict=False))
    for neighbor in neighbors:
        pairs.append(neighbor)
        order += neighbor
    return (order + even[len(neighbors) :] + odd[len(neighbors) + 1 :])[:top]


def _notes(complete: int) -> tuple[Note, ...]:
    share = Text(
        "障碍度是份额：说明某地主要短板，不说明其落后程度。",
        "An obstacle degree is a share: it names what weighs most in a place, not how far behind the place is.",
    )
    notes = [Note("choice", share)]
    if complete:
        text = Text("{n} 个“地区—年份”各指标均达上界，无障碍度。", "{n} unit-years lack nothing and have no obstacle degree.")
        notes.append(Note("left_out", text.format(n=complete)))
    return tuple(notes)
