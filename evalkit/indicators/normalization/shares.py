"""Vector and sum normalization: figures divided by the length or by the total of the reference figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evalkit.answer import Note
from evalkit.errors import NoAnswer, several
from evalkit.indicators.normalization.curves import Curve, Line
from evalkit.indicators.normalization.normalized import Normalization
from evalkit.panel.system import Indicator
from evalkit.stats.arrays import Array, Columns
from evalkit.terms import Text, same


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector(Normalization):
    """Vector normalization: r = x / √Σx² over the reference rows, and 1 − r for a cost.

    No figure may be negative. Ratios of figures are kept, and zero stays zero; the level depends on how many reference rows
    there are, so that scores compare rows of one fit and no others. It is what TOPSIS was first given.
    Source: Hwang & Yoon (1981), Multiple Attribute Decision Making, chapter II.

    Examples
    --------
    >>> import numpy as np
    >>> from evalkit.terms import same
    >>> (curve,) = Vector().learn(Columns([np.array([3.0, 4.0])]), [Indicator(id="x", name=same("x"))])
    >>> curve.score(np.array([3.0, 4.0])).tolist()
    [0.6, 0.8]
    """

    @property
    def name(self) -> Text:
        """What the normalization is called."""
        return self._name

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Curve, ...]:
        """A line an indicator, between zero and the size of its column."""
        sizes, below = list[float](), list[str]()
        for x, indicator in zip(columns, indicators, strict=True):
            sizes.append(self._size(x))
            below += [indicator.id] if x.min() < 0 else []
        if below:
            raise NoAnswer(f"[{several(below)}] hold negative figures, of which no share can be taken", do="use MinMax, or ranks")
        empty = [indicator.id for indicator, size in zip(indicators, sizes, strict=True) if not size > 0]
        if empty:
            raise NoAnswer(f"[{several(empty)}] are zero on all reference rows, so no share can be taken", do="take them out")
        return tuple(Line(size, 0.0) if i.falls else Line(0.0, size) for i, size in zip(indicators, sizes, strict=True))

    def remarks(self, indicators: Sequence[Indicator]) -> tuple[Note, ...]:
        """What the level of the scores depends on."""
        text = Text(
            "得分为参考期上的 {formula}（成本型为 1 减之），其高低取决于参考期的行数，不同拟合之间不可比较。",
            "Scores are {formula} over the reference rows (1 less that for a cost): their level depends on how many rows there "
            "are and does not compare with other fits.",
        )
        return (Note("choice", text.format(formula=self._formula)),)

    @staticmethod
    def _size(x: Array) -> float:
        return math.sqrt(x @ x)

    _name: ClassVar[Text] = Text("向量标准化", "vector normalization")
    _formula: ClassVar[Text] = same("x/√Σx²")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum(Vector):
    """Sum normalization: r = x / Σx over the reference rows, and 1 − r for a cost. In all else as `Vector`."""

    @staticmethod
    def _size(x: Array) -> float:
        return float(x.sum())

    _name: ClassVar[Text] = Text("总和标准化", "sum normalization")
    _formula: ClassVar[Text] = same("x/Σx")
