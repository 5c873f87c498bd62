"""Outliers: what a rule against them decides of each column, and every figure that is read as another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.indicators.treatment.missing import listed
from evalkit.indicators.treatment.transforms import BoxCox, Chain, FromIdeal, Within
from evalkit.panel.panel import Panel
from evalkit.panel.system import Direction, Indicator
from evalkit.stats.arrays import Array, Columns, Transform
from evalkit.stats.ranks import flat
from evalkit.terms import Text

How = Literal["none", "winsorized", "log", "box_cox"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tamed:
    """What is done to each column before it is scored: `transforms`, one a column, or none at all.

    `beside` holds what was learnt of each indicator (a column each of the fitted frame): `outliers` (how they were tamed),
    `points` (reference figures read as another), and skewness and kurtosis before and after, in the units that are read.
    """

    names: tuple[str, ...]
    transforms: tuple[Transform | None, ...]
    beside: Mapping[str, Array | list[str]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def cells(self, panel: Panel) -> pd.DataFrame:
        """Every figure of a panel that winsorizing reads as another: unit, period, indicator, value, read_as, method."""
        parts = [pd.DataFrame(columns=["unit", "period", "indicator", "value", "read_as", "method"])]
        for name, transform in zip(self.names, self.transforms, strict=False):
            within = transform.steps[0] if isinstance(transform, Chain) else transform
            if isinstance(within, Within):
                value = panel.frame[name]
                read_as = value.clip(within.low, within.high)
                new = value.notna() & (read_as != value)
                moved = pd.DataFrame({"indicator": name, "value": value[new], "read_as": read_as[new], "method": "winsorized"})
                parts.append(moved.reset_index())
        return pd.concat(parts[1:], ignore_index=True) if len(parts) > 1 else parts[0]


class OutlierRule(Protocol):
    """A rule against outliers, learnt on reference rows."""

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> Tamed:
        """What is done to each column."""
        ...


def skewness_kurtosis(x: Array) -> tuple[float, float]:
    """Skewness G₁ and excess kurtosis G₂ of a column of at least four figures, adjusted for the size of the sample.

    G₁ = g₁ √(n(n−1)) / (n−2) and G₂ = ((n+1) g₂ + 6)(n−1) / ((n−2)(n−3)), where g₁ = m₃/m₂^1.5 and g₂ = m₄/m₂² − 3. Both are
    0 for a normal distribution; G₁ > 0 is a long upper tail, G₂ > 0 tails heavier than normal. NaN where the column does not
    vary. These are type 2 of R's e1071 and the definitions of COINr, SAS and Excel. Source: Joanes & Gill (1998), Comparing
    Measures of Sample Skewness and Kurtosis, The Statistician 47.

    Examples
    --------
    >>> [round(g, 6) for g in skewness_kurtosis(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100]))]
    [3.063241, 9.741391]
    """
    n, deviation = len(x), x - x.mean()
    spread = math.sqrt(deviation @ deviation / n)
    if flat(x.min(), x.max()) or spread == 0:
        return float("nan"), float("nan")
    z = deviation / spread
    square = z * z
    g1, g2 = float(square @ z) / n, float(square @ square) / n - 3
    return g1 * math.sqrt(n * (n - 1)) / (n - 2), ((n + 1) * g2 + 6) * (n - 1) / ((n - 2) * (n - 3))


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What a rule decides of one column: how it is read, and its skewness and kurtosis (`before` and `after`)."""

    transform: Transform | None
    how: How
    points: int
    before: tuple[float, float]
    after: tuple[float, float]

    @classmethod
    def on(cls, x: Array, transform: Within | BoxCox | None) -> Verdict:
        """The verdict that reads a column of reference figures by a transform."""
        before = skewness_kurtosis(x)
        if transform is None:
            return cls(None, "none", 0, before, before)
        y = transform.apply(x)
        if isinstance(transform, BoxCox):
            return cls(transform, "box_cox" if transform.power else "log", 0, before, skewness_kurtosis(y))
        points = int(np.count_nonzero(y != x))
        return cls(transform, "winsorized", points, before, skewness_kurtosis(y))


def tamed(verdicts: Sequence[Verdict], indicators: Sequence[Indicator]) -> Tamed:
    """The verdicts on all columns put together; a moderate indicator is winsorized first, then read as its distance."""
    distances = read_as(indicators) or (None,) * len(indicators)
    steps = [tuple(s for s in (v.transform, d) if s is not None) for v, d in zip(verdicts, distances, strict=True)]
    transforms = tuple(Chain(one) if len(one) > 1 else (one[0] if one else None) for one in steps)
    before, after = np.array([v.before for v in verdicts]).T, np.array([v.after for v in verdicts]).T
    return Tamed(
        names=tuple(i.id for i in indicators),
        transforms=transforms if any(transforms) else (),
        beside={
            "outliers": [v.how for v in verdicts],
            "points": np.array([v.points for v in verdicts]),
            "skewness_before": before[0],
            "skewness_after": after[0],
            "kurtosis_before": before[1],
            "kurtosis_after": after[1],
        },
        notes=_notes(verdicts, indicators),
    )


def untamed(columns: Columns, indicators: Sequence[Indicator]) -> Tamed:
    """Every figure as it is, but for moderate indicators, which are read as their distance from the ideal."""
    return Tamed(names=tuple(i.id for i in indicators), transforms=read_as(indicators))


def read_as(indicators: Sequence[Indicator]) -> tuple[Transform | None, ...]:
    """The distance from its ideal for a moderate indicator, nothing for the others; empty where no indicator is moderate."""
    if not any(i.direction is Direction.MODERATE for i in indicators):
        return ()
    return tuple(FromIdeal(*i.ideal) if i.ideal is not None else None for i in indicators)


SAID: Mapping[How, Text] = {
    "winsorized": Text(
        "缩尾处理（界限以外的数值按界限计）：{items}。", "Winsorized, figures beyond a limit read as the limit: {items}."
    ),
    "log": Text("取对数后计分：{items}。", "Scored by their logarithm: {items}."),
    "box_cox": Text("经 Box–Cox 变换后计分：{items}。", "Scored by their Box–Cox transform: {items}."),
}


def _notes(verdicts: Sequence[Verdict], indicators: Sequence[Indicator]) -> tuple[Note, ...]:
    notes = []
    for how, text in SAID.items():
        items = [
            _item(i, v) for i, v in zip(indicators, verdicts, strict=True) if v.how == how and (v.points or how != "winsorized")
        ]
        if items:
            notes.append(Note("choice", text.format(items=listed(items))))
    return tuple(notes)


def _item(indicator: Indicator, verdict: Verdict) -> Text:
    read = verdict.transform
    if isinstance(read, BoxCox):
        shift = f"x {'−' if read.shift < 0 else '+'} {abs(read.shift):.4g}" if read.shift else "x"
        how = f"λ = {read.power:.3g}, {shift}" if read.power else f"ln({shift})"
        return Text("{name}（{how}）", "{name} ({how})").format(name=indicator.name, how=how)
    return Text("{name}（{n} 个）", "{name} ({n})").format(name=indicator.name, n=verdict.points)
