"""Entropy weights on shares of the figures themselves, as papers on multi-criteria decisions take them."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.answer import Note
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.entropy import weighed
from evalkit.indicators.weighting.weights import Weights
from evalkit.panel.system import IndicatorSystem
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntropy:
    """Entropy weights of shares of raw figures, p = x / Σ x: another method than `Entropy`, whose shares are of scores.

    No figure may be negative; 0·ln 0 = 0. No change of unit moves the weights; a shift does: what lies far from zero, such as a
    life expectancy, counts little however it varies. Whether more is better or worse makes no difference. Figures are read
    after missing values and outliers were treated, a moderate indicator as its distance from the ideal.

    Source: Zavadskas & Podvezko (2016), International Journal of Information Technology & Decision Making 15:267–283.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties, system = ek.datasets.load("counties"), ek.systems("revitalization")["revitalization"]
    >>> fitted = ek.CompositeIndex(system=system, weigh=RawEntropy()).fit(counties)
    >>> round(float(fitted.weights.sum()), 12)
    1.0
    """

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        return Text("原始值熵权", "entropy weights of raw figures")

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """Weights by the entropy of the figures behind the scores, and the divergence 1 − e behind each."""
        figures = z.figures()
        text = Text(
            "熵权按参考期原始值的比重计算（0·ln 0 取 0），与按极差标准化得分计算的熵权是两种方法；"
            "指标方向不影响权重，平移会改变权重。熵权反映离散程度而非重要性。",
            "Entropy weights are of shares of the raw figures (0·ln 0 = 0), another method than of min–max scores: the "
            "direction of an indicator makes no difference, a shift does. They show spread, not importance.",
        )
        return weighed(map(figures.column, range(z.width)), z, system, note=Note("choice", text))
