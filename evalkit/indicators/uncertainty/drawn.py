"""An index in doubt, drawn at every unit and year: what coordination takes to know how firm D and its grade are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd

from evalkit.indicators.index import CompositeIndex
from evalkit.indicators.uncertainty.replay import Doubts, Member, members
from evalkit.panel.panel import Panel, Periods
from evalkit.stats.arrays import Array, Codes
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDraws(Doubts):
    """An index under random draws of options, weights and errors of measurement, at every unit and year.

    What is uncertain are the fields of `Doubts`: `treat`, `outliers`, `normalize`, `weigh`, `aggregate`, `weights` and `error`.
    Two indices with the same options take the same option in the same draw, since one analyst chooses for both; their
    weights and errors are drawn apart.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties = ek.datasets.load("counties")
    >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"])
    >>> drawn = IndexDraws(weigh=(ek.Equal(), ek.Entropy())).of(index, counties, on=slice(2016, 2020))
    >>> draw = drawn.draws(400, seed=0, system=0)
    >>> draw(np.array([0, 1, 2]), np.random.default_rng(0)).shape
    (400, 3)
    """

    def of(self, index: CompositeIndex, panel: Panel, on: Periods = None) -> DrawnIndex:
        """The index ready to be drawn, with all learning on the reference periods `on`.

        Raises
        ------
        NoAnswer
            The options do not score the same units and years.
        """
        series = index.fit(panel, on).score(panel).series
        return DrawnIndex(self, series, members(self, index, panel, on, series.index))


@dataclass(frozen=True, slots=True, eq=False)
class DrawnIndex:
    """An index in doubt: `series` is the index as asked, keyed by (unit, period); `members` the combinations of options."""

    doubts: IndexDraws
    series: pd.Series
    members: tuple[Member, ...]

    @property
    def said(self) -> Text:
        """All that is uncertain, in words."""
        return self.doubts.said

    def draws(self, count: int, seed: int, system: int) -> Callable[[Codes, np.random.Generator], Array]:
        """A function from positions of rows to draws of shape (count, rows): options and weights are drawn once, for all rows.

        `system` tells indices apart that are drawn together; errors come from the generator that is passed.
        """
        same = crc32(repr(self.doubts.choices).encode())
        which = (np.random.default_rng([seed, same]).random(count) * len(self.members)).astype(np.intp)
        weights = np.stack([member.weights for member in self.members])[which]
        if self.doubts.weights is not None:
            weights = self.doubts.weights.draw(np.random.default_rng([seed, system, 1]), weights)
        return lambda rows, rng: self._scores(rows, which, weights, rng)

    def _scores(self, rows: Codes, which: Codes, weights: Array, rng: np.random.Generator) -> Array:
        noise = None
        if self.doubts.error is not None:
            noise = rng.standard_normal((len(which), weights.shape[1], len(rows)))
        out = np.empty((len(which), len(rows)))
        for code, member in enumerate(self.members):
            taken = np.flatnonzero(which == code)
            out[taken] = member.at(rows).scores(weights[taken], None if noise is None else noise[taken])
        return out
