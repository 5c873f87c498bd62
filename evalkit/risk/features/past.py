"""What had become known of homes by an origin: each figure with the period it was known in, never a later one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evalkit.errors import DataError
from evalkit.risk.labels.followed import Followed
from evalkit.stats.arrays import Array, Codes


class Dated(NamedTuple):
    """Figures (n), NaN where there is none, and the period each was known in."""

    value: Array
    known: Codes

    def then(self, value: Array, *others: Dated) -> Dated:
        """Another figure made of this one and others: known when the last of them was."""
        return Dated(value, np.maximum.reduce([self.known, *(other.known for other in others)]))


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Homes followed, seen from each of their rows as an origin.

    `delays` are the periods that pass until a column is known (0: at the close of its own period); `known` names, of a column,
    the one that holds the period each of its figures was known in; `step` is the distance of waves.
    """

    homes: Followed
    delays: Mapping[str, int]
    known: Mapping[str, str]
    step: int = 1

    def of(self, column: str, back: int = 0) -> Dated:
        """The newest figure of a column known at each origin, or the one so many waves before; NaN where it was not seen."""
        delay = self.delays.get(column, 0)
        waves = -(-delay // self.step) + back
        row = self.homes.at(-waves * self.step)
        value = np.where(row >= 0, self.homes.figures(column)[row], np.nan)
        origin = self.homes.period
        if column not in self.known:
            known = np.where(np.isnan(value), origin, origin - waves * self.step + delay)
            return Dated(value, known.astype(np.intp))
        when = self._when(column, row)
        late = (when > origin) | np.isnan(when)
        value = np.where(late, np.nan, value)
        return Dated(value, np.where(np.isnan(value), origin, when).astype(np.intp))

    def _when(self, column: str, row: Codes) -> Array:
        """The period in which the figure of a row was known, NaN where it never was."""
        name = self.known[column]
        when = self.homes.figures(name)
        early = when < self.homes.period
        if early.any():
            found = f"{int(early.sum())} rows of '{name}'"
            raise DataError(f"'{column}' is said to be known before its own period", found=found, do="mend the column of dates")
        return np.where(row >= 0, when[row], np.nan)


def safe_ratio(top: Array, bottom: Array, most: float) -> Array:
    """top/bottom cut at `most`: where nothing stands below, `most` if there is something above and 0 if there is not.

    Examples
    --------
    >>> safe_ratio(np.array([1.0, 1.0, 0.0, 5.0]), np.array([2.0, 0.0, 0.0, 1.0]), 3.0)
    array([0.5, 3. , 0. , 3. ])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(bottom > 0, top / bottom, np.where(top > 0, most, 0.0))
    return np.where(np.isnan(top + bottom), np.nan, np.minimum(ratio, most))


def slope(values: Array) -> Array:
    """Least-squares slope by wave of values (waves, n), the newest first; NaN where fewer than two were seen.

    Examples
    --------
    >>> slope(np.array([[3.0, 3.0], [2.0, np.nan], [1.0, np.nan]]))
    array([ 1., nan])
    """
    seen = ~np.isnan(values)
    t = -np.arange(len(values), dtype=float)[:, None] * seen
    x, n = np.where(seen, values, 0.0), np.maximum(seen.sum(axis=0), 1)
    t_mid, x_mid = t.sum(axis=0) / n, x.sum(axis=0) / n
    spread = np.where(seen, (t - t_mid) ** 2, 0.0).sum(axis=0)
    both = np.where(seen, (t - t_mid) * (x - x_mid), 0.0).sum(axis=0)
    return np.divide(both, spread, out=np.full(values.shape[1], np.nan), where=spread > 0)
