"""Ranks and percentiles: where a figure stands among the reference figures, whatever the distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from evalkit.answer import Note
from evalkit.indicators.normalization.curves import Curve, plateaus
from evalkit.indicators.normalization.min_max import extremes
from evalkit.indicators.normalization.normalized import Normalization, refuse_constant
from evalkit.panel.system import Indicator
from evalkit.stats.arrays import Array, Columns
from evalkit.stats.ranks import levels
from evalkit.terms import Text, same


def unit_rank(rank: Array, count: int) -> Array:
    """(r − 1) / (m − 1) of rising mid-ranks r among m figures: 0 the lowest alone, 1 the highest alone.

    The share of the other figures that lie below, ties counted half. Figures that tie share the mean of their ranks, so that
    a cost scores 1 − the same formula. COINr's `n_prank` is the same but for ties, which take the lower rank there.

    Examples
    --------
    >>> unit_rank(np.array([1.0, 2.5, 2.5, 4.0]), 4)
    array([0. , 0.5, 0.5, 1. ])
    """
    return (rank - 1.0) / (count - 1)


def hazen(rank: Array, count: int) -> Array:
    """(r − ½) / m of rising mid-ranks r among m figures: the percentile, never 0 nor 1, so that logarithms of it exist.

    Source: Hazen (1914), Storage to Be Provided in Impounding Reservoirs for Municipal Water Supply, Transactions of the
    American Society of Civil Engineers 77:1539–1640.

    Examples
    --------
    >>> hazen(np.array([1.0, 2.0, 3.0, 4.0]), 4)
    array([0.125, 0.375, 0.625, 0.875])
    """
    return (rank - 0.5) / count


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank(Normalization):
    """Ranks among the reference unit-years, brought to [0, 1]: 0 the worst, 1 the best; see `unit_rank`.

    Reference rows score their own rank; a later figure scores between its neighbors among them, and beyond the worst or the
    best as these do. Outliers lose their pull, and so do distances: a large lead counts as much as a small one.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties, system = ek.datasets.load("counties"), ek.systems("consolidation")["consolidation"]
    >>> fitted = ek.CompositeIndex(system=system, normalize=Rank()).fit(counties, on=slice(2016, 2020))
    >>> bool(fitted.score(counties).series.between(0, 1).all())
    True
    """

    @property
    def name(self) -> Text:
        """What the normalization is called."""
        return self._name

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Curve, ...]:
        """The empirical distribution of each indicator, as a curve."""
        low, high = extremes(columns, indicators)
        refuse_constant(low, high, indicators)
        curves = []
        for x, a, b, indicator in zip(columns, low, high, indicators, strict=True):
            level = levels((x - a) / (b - a), x)
            counts = np.bincount(level)
            z = self._place(np.cumsum(counts) - (counts - 1) / 2.0, len(x))
            curves.append(plateaus(x, level, 1.0 - z if indicator.falls else z))
        return tuple(curves)

    def remarks(self, indicators: Sequence[Indicator]) -> tuple[Note, ...]:
        """What ranks lose."""
        text = Text(
            "得分为指标值在参考期全部“地区—年份”中的位次 {formula}（并列取平均位次），只保留先后次序，不保留差距大小。",
            "Scores are ranks among all reference unit-years, {formula}, ties sharing their mean rank: they keep the order and "
            "not the distances.",
        )
        return (Note("choice", text.format(formula=self._formula)),)

    _name: ClassVar[Text] = Text("位次标准化", "ranks")
    _place = staticmethod(unit_rank)
    _formula: ClassVar[Text] = same("(r − 1)/(m − 1)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentile(Rank):
    """Percentiles among the reference unit-years, above 0 and below 1; see `hazen`. In all else as `Rank`."""

    _name: ClassVar[Text] = Text("百分位标准化", "percentiles")
    _place = staticmethod(hazen)
    _formula: ClassVar[Text] = same("(r − ½)/m")
