"""What was known of a home's village or county at an origin: the mean of the others, never its own figure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.check import whole
from evalkit.errors import DataError
from evalkit.risk.features.past import Dated, Past
from evalkit.risk.observed import a_name
from evalkit.stats.arrays import Array, Codes


def mean_of_others(x: Array, group: Codes, weights: Array) -> Array:
    """The weighted mean of the others in each row's group, of those that are not NaN; NaN where there are none.

    Examples
    --------
    >>> mean_of_others(np.array([1.0, 2.0, 6.0, 9.0]), np.array([0, 0, 0, 1]), np.ones(4))
    array([4. , 3.5, 1.5, nan])
    """
    seen = ~np.isnan(x)
    w = np.where(seen, weights, 0.0)
    value = np.where(seen, x, 0.0)
    total, held = np.bincount(group, weights=w * value), np.bincount(group, weights=w)
    count = np.bincount(group, weights=seen & (weights > 0))
    others = count[group] - (seen & (weights > 0))
    rest = held[group] - w
    return np.divide(total[group] - w * value, rest, out=np.full(len(x), np.nan), where=(others > 0) & (rest > 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceContext:
    """The mean, over the other homes of a village or county at the same origin, of the newest known figure of a column.

    Places with fewer than `least` other homes seen give a gap, since the figure would tell too much of a neighbor.

    Parameters
    ----------
    name
        Of the feature.
    column
        What is averaged: income, or a column of yes and no.
    place
        Column of the village or county of each row.
    weight
        Column of weights (None: all count alike).
    least
        The fewest other homes.
    """

    name: str
    column: str
    place: str = "village"
    weight: str | None = None
    least: int = 3
    theme: str = "village"

    def __post_init__(self) -> None:
        for part in ("name", "column", "place", "theme"):
            a_name(getattr(self, part), who=f"PlaceContext {part}")
        if self.weight is not None:
            a_name(self.weight, who="PlaceContext weight")
        whole(self.least, who="PlaceContext least")

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns it reads."""
        return (self.column, self.place, *([] if self.weight is None else [self.weight]))

    def draw(self, past: Past) -> dict[str, Dated]:
        """Its figure at each origin, known when the last figure of the place was."""
        homes, own = past.homes, past.of(self.column)
        place = homes.frame[self.place]
        if place.isna().any():
            raise DataError(f"'{self.place}' holds gaps", found=f"{int(place.isna().sum())} of them", do="complete the places")
        codes = pd.factorize(place)[0].astype(np.intp)
        group = pd.factorize(codes * (int(np.ptp(homes.period)) + 1) + homes.period - homes.period.min())[0].astype(np.intp)
        weights = np.ones(len(homes)) if self.weight is None else np.nan_to_num(homes.figures(self.weight))
        seen = ~np.isnan(own.value)
        enough = np.bincount(group, weights=seen)[group] - seen >= self.least
        last = np.full(int(group.max()) + 1, np.iinfo(np.intp).min)
        np.maximum.at(last, group, np.where(seen, own.known, np.iinfo(np.intp).min))
        mean = np.where(enough, mean_of_others(own.value, group, weights), np.nan)
        return {self.name: Dated(mean, np.where(np.isnan(mean), homes.period, last[group]))}
