"""What is kept of the draws of D: quantiles, shares of grades, changes between two years, and the draws of the last year."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.answer import by_period
from evalkit.coupling.uncertainty.doubt import Drawing
from evalkit.errors import SpecError
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.ranks import HALF, order_index

CELLS = 2**18  # how many draws of D are worked on at once
KEPT = 2**25  # how many draws of the last period are kept for ranks, at single precision: 134 MB
MOST_UNITS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What is kept of the draws, filled block by block.

    `unit` and `period` say of each row whose and of when it is; `units` names the units. `quantiles` has shape (3, rows) and
    `grades` (rows, classes). `moved`, of shape (4, units), holds three quantiles of the change between the `years` and the share
    of rises, NaN where a unit lacks a year. `last` holds draws of D at the last period `now`, of shape (draws, units), NaN
    where a unit lacks it; None where there are too many.
    """

    drawing: Drawing
    limits: Array
    tails: tuple[float, float, float]
    unit: Codes
    units: pd.Index
    period: Codes
    years: tuple[int, int]
    now: int
    quantiles: Array
    grades: Array
    moved: Array
    last: NDArray[np.float32] | None

    @classmethod
    def of(cls, index: pd.Index, drawing: Drawing, level: float, limits: Array, between: tuple[int, int] | None) -> Tally:
        """An empty tally of the rows of an index keyed by (unit, period)."""
        place, periods = by_period(index)
        years = between or (periods[0], periods[-1])
        if not set(years) <= set(periods):
            found = f"{years}; the years run from {periods[0]} to {periods[-1]}"
            raise SpecError("CoordinationUncertainty between names two of the years", found=found, do="name years it has")
        unit, units = pd.factorize(index.get_level_values("unit"), sort=True)
        kept = -(-drawing.count // _step(drawing.count, len(units)))
        last = None if len(units) > MOST_UNITS else np.full((kept, len(units)), np.nan, dtype=np.float32)
        return cls(
            drawing=drawing,
            limits=limits,
            tails=((1 - level) / 2, 0.5, (1 + level) / 2),
            unit=unit,
            units=pd.Index(units, name="unit"),
            period=np.array(periods)[place],
            years=years,
            now=periods[-1],
            quantiles=np.empty((3, len(index))),
            grades=np.empty((len(index), len(limits) + 1)),
            moved=np.full((4, len(units)), np.nan),
            last=last,
        )

    def fill(self, seed: int) -> None:
        """Walk through the units in blocks, each with random numbers of its own, so that the order of work does not matter."""
        blocks = list(enumerate(self._blocks(max(1, CELLS // self.drawing.count))))
        with ThreadPoolExecutor(max_workers=min(len(blocks), os.cpu_count() or 1)) as pool:
            list(pool.map(lambda block: self._fill(block[1], np.random.default_rng([seed, 4, block[0]])), blocks))

    def _blocks(self, size: int) -> Iterator[Codes]:
        """Rows in the order of their units, about `size` at a time, no unit apart."""
        order = np.lexsort((self.period, self.unit))
        ends = np.append(np.flatnonzero(np.diff(self.unit[order])) + 1, len(order))
        begin = 0
        for end, following in zip(ends, np.append(ends[1:], 2 * len(order) + size), strict=True):
            if following - begin > size:
                yield order[begin:end]
                begin = end

    def _fill(self, rows: Codes, rng: np.random.Generator) -> None:
        d = self.drawing.degrees(rows, rng)
        unit, period = self.unit[rows], self.period[rows]
        if self.last is not None:
            self.last[:, unit[period == self.now]] = d[:: _step(len(d), len(self.units)), period == self.now]
        beyond = np.stack([np.count_nonzero(d > limit, axis=0) for limit in self.limits], axis=1) / len(d)
        self.grades[rows] = 0.0 - np.diff(beyond, axis=1, prepend=1.0, append=0.0)
        first, second = np.flatnonzero(period == self.years[0]), np.flatnonzero(period == self.years[1])
        both, a, b = np.intersect1d(unit[first], unit[second], assume_unique=True, return_indices=True)
        moved = d[:, second[b]] - d[:, first[a]]
        self.moved[:3, both], self.moved[3, both] = self._quantiles(moved), (moved > HALF).mean(axis=0)
        self.quantiles[:, rows] = self._quantiles(d)

    def _quantiles(self, draws: Array) -> Array:
        """Three quantiles of each column."""
        return np.sort(draws.T, axis=1)[:, [order_index(len(draws), share) for share in self.tails]].T


def _step(draws: int, units: int) -> int:
    """Every how manieth draw of the last period is kept."""
    return -(-draws * units // KEPT)
