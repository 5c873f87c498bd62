"""Standardization: distances from the reference mean in standard deviations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.indicators.normalization.curves import Curve, Line
from evalkit.indicators.normalization.min_max import extremes
from evalkit.indicators.normalization.normalized import Normalization, refuse_constant
from evalkit.panel.system import Indicator
from evalkit.stats.arrays import Columns
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ZScore(Normalization):
    """Standardization: 0 at the reference mean, ±1 one standard deviation (divisor n) to the better and the worse side.

    Scores are not confined to [0, 1]: coupling and entropy weights refuse them.
    """

    @property
    def name(self) -> Text:
        """What the normalization is called."""
        return Text("Z 分数标准化", "z-scores")

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Curve, ...]:
        """A line an indicator, from the mean to mean plus (where less is better, minus) one standard deviation."""
        mean, spread = np.array([(x.mean(), x.std()) for x in columns]).T
        refuse_constant(*extremes(columns, indicators), indicators)
        return tuple(Line(float(m), float(m - s if i.falls else m + s)) for i, m, s in zip(indicators, mean, spread, strict=True))
