"""Logarithms: min–max on the logarithm, so that equal ratios count alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.answer import Note
from evalkit.check import number, one_of
from evalkit.errors import NoAnswer, several
from evalkit.indicators.normalization.curves import Curve, LogLine
from evalkit.indicators.normalization.min_max import Beyond, extremes, lines
from evalkit.indicators.normalization.normalized import Normalization
from evalkit.panel.system import Indicator
from evalkit.stats.arrays import Columns
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Logarithm(Normalization):
    """Min–max on ln(x + shift): equal ratios count alike, and a gain counts more where little is had, as with income in the HDI.

    Parameters
    ----------
    shift
        Added to every figure before its logarithm; 0 unless given. Figures of 0 or less need one, and the choice moves scores.
    beyond
        "clip": later figures beyond the reference score 0 or 1; "keep" lets them pass.

    Notes
    -----
    A moderate indicator is read as its distance from the ideal, which is 0 at its best: it needs a shift.
    Source: OECD & JRC (2008), Handbook on Constructing Composite Indicators, section 5.1.

    Examples
    --------
    >>> import numpy as np
    >>> from evalkit.terms import same
    >>> (curve,) = Logarithm().learn(Columns([np.array([1.0, 10.0, 100.0])]), [Indicator(id="x", name=same("x"))])
    >>> curve.score(np.array([1.0, 10.0, 100.0])).round(6).tolist()
    [0.0, 0.5, 1.0]
    """

    shift: float = 0.0
    beyond: Beyond = "clip"

    def __post_init__(self) -> None:
        one_of(self.beyond, ("clip", "keep"), who="Logarithm beyond")
        number(self.shift, "[0, ∞)", who="Logarithm shift", do="use 0, or what lifts all figures above 0")

    @property
    def name(self) -> Text:
        """What the normalization is called."""
        return Text("对数极差标准化", "min–max of logarithms")

    @property
    def clips(self) -> bool:
        """Whether scores beyond the bounds are clipped."""
        return self.beyond == "clip"

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Curve, ...]:
        """A line an indicator on logarithms, from the worst reference value to the best."""
        low, high = extremes(columns, indicators)
        without = [i.id for i, least in zip(indicators, low, strict=True) if not least + self.shift > 0]
        if without:
            raise NoAnswer(
                f"[{several(without)}] hold figures without a logarithm",
                found=f"figures of {0 - self.shift:g} or less",
                do="give Logarithm a shift, or choose another normalization",
            )
        anchored = zip(lines(low, high, indicators), indicators, strict=True)
        return tuple(LogLine(line.zero_at, line.one_at, self.shift, indicator.id) for line, indicator in anchored)

    def remarks(self, indicators: Sequence[Indicator]) -> tuple[Note, ...]:
        """That ratios count, and what was added."""
        text = Text(
            "指标值取对数{shift}后做极差标准化：等比例的变化计为相等的得分变化。",
            "Min–max on logarithms{shift}: equal ratios count alike.",
        )
        shift = Text("（先加 {c:g}）", " of figures + {c:g}").format(c=self.shift) if self.shift else Text("", "")
        return (Note("choice", text.format(shift=shift)),)
