"""Goalposts centered on a reference value: 0.5 there, and half the range of the figures to either side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.answer import Note
from evalkit.check import mapping, number, whole
from evalkit.errors import DataError
from evalkit.indicators.normalization.curves import Curve
from evalkit.indicators.normalization.min_max import extremes, lines
from evalkit.indicators.normalization.normalized import Normalization, refuse_constant, unused
from evalkit.panel.system import Indicator
from evalkit.stats.arrays import Array, Columns
from evalkit.terms import Text

# where the goalposts are centered, by whether values are given of some indicators, and of all
CENTERS = {
    (False, False): Text("参考期均值", "the mean of the reference rows"),
    (True, False): Text(
        "给定值（未给定的指标取参考期均值）", "given values, and on the mean of the reference rows where none is given"
    ),
    (True, True): Text("给定值", "given values"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Centered(Normalization):
    """Goalposts Ref − Δ and Ref + Δ, with Δ half the range of the reference figures: a score of 0.5 is the reference value.

    Parameters
    ----------
    at
        The reference value Ref: None for the mean of the reference rows, a period for the mean over its units, or a value by
        indicator id, the mean where an id is absent. The period must be one of the reference periods.

    Notes
    -----
    Scores keep what lies beyond the goalposts: where Ref is not the middle of the range, some reference scores are below 0 or
    above 1. A moderate indicator is centered by its distance from the ideal.
    Source: Mazziotta & Pareto (2018), Social Indicators Research 136:967–976.
    """

    at: int | Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        do = "give a figure in the unit of the indicator, or leave it out for its mean"
        if isinstance(self.at, Mapping):
            mapping(self.at, who="Centered at", do='name indicators: {"income": 20_000}')
            for name, value in self.at.items():
                number(value, "(-∞, ∞)", who=f"Centered at of '{name}'", do=do)
        elif self.at is not None:
            whole(self.at, least=None, who="Centered at", do='give a year, figures by indicator {"income": 20_000}, or None')
            object.__setattr__(self, "at", int(self.at))

    @property
    def name(self) -> Text:
        """What the normalization is called."""
        return Text("以参照值为中心的标准化", "normalization centered on a reference")

    @property
    def dated(self) -> bool:
        """Whether the reference value is that of one period."""
        return isinstance(self.at, int)

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Curve, ...]:
        """A line an indicator, through the goalposts."""
        low, high = extremes(columns, indicators)
        refuse_constant(low, high, indicators)
        reference, half = self._reference(columns, indicators), (high - low) / 2
        return lines(reference - half, reference + half, indicators)

    def remarks(self, indicators: Sequence[Indicator]) -> tuple[Note, ...]:
        """Where the goalposts are centered."""
        text = Text(
            "上下限以{where}为中心：得分 0.5 即该值，得分可低于 0 或高于 1。",
            "Goalposts are centered on {where}: 0.5 is that value, and scores may lie below 0 or above 1.",
        )
        if isinstance(self.at, int):
            where = Text("{year} 年均值", "the mean of {year}").format(year=self.at)
            return (Note("choice", text.format(where=where)),)
        given = self.at or {}
        where = CENTERS[any(i.id in given for i in indicators), all(i.id in given for i in indicators)]
        return (Note("choice", text.format(where=where)), *unused(given, indicators))

    def _reference(self, columns: Columns, indicators: Sequence[Indicator]) -> Array:
        if isinstance(self.at, int):
            rows = columns.period(slice(None)) == self.at
            if not rows.any():
                raise DataError(f"Centered at={self.at} is no reference period", do="fit on periods that include it")
            return np.array([x[rows].mean() for x in columns])
        given = dict(self.at or {})
        own = [columns.mark(j, given[i.id]) if i.id in given else None for j, i in enumerate(indicators)]
        return np.array([x.mean() if value is None else value for value, x in zip(own, columns, strict=True)])
