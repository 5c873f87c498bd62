"""Weights by spread alone: standard deviations and coefficients of variation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evalkit.answer import Note
from evalkit.check import one_of
from evalkit.errors import NoAnswer, several
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.moments import moments, refuse_flat
from evalkit.indicators.weighting.weights import Weights
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.terms import Text


def spread_weights(z: Array) -> Array:
    """Weights w = s / Σs of columns of shape (m, n), s their standard deviations.

    They depend on the unit of each column, so that columns must be scores. Source: as pymcdm and scikit-criteria take them.

    Examples
    --------
    >>> import numpy as np
    >>> spread_weights(np.array([[1.0, 2.0], [4.0, 16.0]])).round(4)
    array([0.1765, 0.8235])
    """
    s = z.std(axis=0)
    return s / s.sum()


def variation_weights(x: Array) -> Array:
    """Weights w = v / Σv of columns of shape (m, n), v = s / x̄ their coefficients of variation; means are positive.

    No change of unit moves them; a shift does, which is why scores and raw figures give different weights.

    Examples
    --------
    >>> import numpy as np
    >>> variation_weights(np.array([[1.0, 10.0], [3.0, 20.0]])).round(2)
    array([0.6, 0.4])
    """
    v = x.std(axis=0) / x.mean(axis=0)
    return v / v.sum()


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardDeviation:
    """Weights by the standard deviation of the reference scores: what spreads more over its range counts more.

    After z-scores all spreads are 1 and so all weights alike.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties, system = ek.datasets.load("counties"), ek.systems("consolidation")["consolidation"]
    >>> fitted = ek.CompositeIndex(system=system, weigh=StandardDeviation()).fit(counties)
    >>> round(float(fitted.weights.sum()), 12)
    1.0
    """

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        return Text("标准差权重", "standard-deviation weights")

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """Weights from one pass over the normalized reference rows."""
        s = moments(z).spread
        refuse_flat(s, z, system, who="the standard deviation")
        text = Text(
            "权重与参考期得分的标准差成比例，反映离散程度，不表示重要性。",
            "Weights are in proportion to the standard deviations of the reference scores: they show spread, not importance.",
        )
        return Weights(s / s.sum(), notes=(Note("choice", text),))


@dataclass(frozen=True, slots=True, kw_only=True)
class CoefficientOfVariation:
    """Weights by the coefficient of variation s/x̄ (变异系数法).

    Parameters
    ----------
    on
        "scores": of the normalized reference scores. "raw": of the reference figures themselves, whichever way is better; the
        two give different weights. Neither may be negative.
    """

    on: Literal["scores", "raw"] = "scores"

    def __post_init__(self) -> None:
        one_of(self.on, ("scores", "raw"), who="CoefficientOfVariation on")

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        return Text("变异系数权重", "coefficient-of-variation weights")

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """Weights from one pass over the reference rows, and the coefficient behind each."""
        read = z if self.on == "scores" else z.figures()
        below = [column for j, column in enumerate(system.columns) if min(part.min() for part in read.column(j)) < 0]
        if below:
            raise NoAnswer(
                f"a coefficient of variation needs figures of at least 0; some of [{several(below)}] are below",
                do="use MinMax and on='scores', or StandardDeviation()",
            )
        found = moments(read)
        refuse_flat(found.spread, z, system, who="the coefficient of variation")
        v = found.spread / found.mean
        what = {"scores": Text("得分", "scores"), "raw": Text("原始值", "raw figures")}[self.on]
        text = Text(
            "权重与参考期{what}的变异系数成比例，反映离散程度，不表示重要性。",
            "Weights are in proportion to the coefficients of variation of the reference {what}: they show spread, not "
            "importance.",
        )
        return Weights(v / v.sum(), beside={"variation": v}, notes=(Note("choice", text.format(what=what)),))
