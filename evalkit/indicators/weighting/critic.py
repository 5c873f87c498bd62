"""CRITIC weights: what varies, and moves against the others, counts more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.answer import Note
from evalkit.check import one_of
from evalkit.errors import NoAnswer
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.moments import Moments, moments, refuse_flat
from evalkit.indicators.weighting.weights import Weights
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.stats.correlation import pearson
from evalkit.stats.moments import comoments
from evalkit.terms import Text


def critic_information(spread: Array, correlation: Array) -> Array:
    """Information C_j = s_j Σ_k (1 − r_jk) of indicators: spread (n,) times conflict with the others, by correlations (n, n).

    At least 0, and 0 only without spread or where the indicator moves as one with all others. Whether s is divided by m or
    m − 1 does not matter to the weights C / ΣC.
    Source: Diakoulaki, Mavrotas & Papayannakis (1995), Computers & Operations Research 22:763–770.

    Examples
    --------
    >>> critic_information(np.array([0.2, 0.4]), np.array([[1.0, 0.5], [0.5, 1.0]]))
    array([0.1, 0.2])
    """
    return spread * np.clip(1.0 - correlation, 0.0, None).sum(axis=1)


def critic_weights(z: Array) -> Array:
    """CRITIC weights of normalized columns of shape (m, n), by Pearson's correlation; see `critic_information`.

    Examples
    --------
    >>> critic_weights(np.array([[0.0, 0.0, 1.0], [0.5, 0.5, 0.0], [1.0, 1.0, 0.5]])).round(3)
    array([0.25, 0.25, 0.5 ])
    """
    information = critic_information(z.std(axis=0), pearson(z.T))
    return information / information.sum()


@dataclass(frozen=True, slots=True, kw_only=True)
class Critic:
    """CRITIC weights: the standard deviation of a score times its conflict with the other scores.

    Parameters
    ----------
    correlation
        How conflict is read: "pearson", the definition; "spearman", by mid-ranks, which a few extreme scores do not move and
        which sees conflict along a curve as along a line. It ranks whole columns and holds as much memory again.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties, system = ek.datasets.load("counties"), ek.systems("consolidation")["consolidation"]
    >>> fitted = ek.CompositeIndex(system=system, weigh=Critic(correlation="spearman")).fit(counties)
    >>> round(float(fitted.weights.sum()), 12)
    1.0
    """

    correlation: Literal["pearson", "spearman"] = "pearson"

    def __post_init__(self) -> None:
        one_of(self.correlation, ("pearson", "spearman"), who="Critic correlation")

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        kind = Text("（斯皮尔曼）", " (Spearman)") if self.correlation == "spearman" else Text("", "")
        return Text("CRITIC 权重{kind}", "CRITIC weights{kind}").format(kind=kind)

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """Weights from one pass over the normalized reference rows."""
        found = _moments(z)
        refuse_flat(found.spread, z, system, who="CRITIC")
        if z.width == 1:
            return Weights(np.ones(1), notes=(self._remark(),))
        r = found.correlation if self.correlation == "pearson" else moments(_mid_ranks(z)).correlation
        if not r.min() < 1 - 1e-12:
            raise NoAnswer("CRITIC gives no weights: all indicators move as one", where=system.id, do="use equal weights")
        information = critic_information(found.spread, r)
        return Weights(information / information.sum(), notes=(self._remark(),))

    def _remark(self) -> Note:
        name = {"pearson": Text("皮尔逊", "Pearson's"), "spearman": Text("斯皮尔曼秩", "Spearman's rank")}[self.correlation]
        text = Text(
            "CRITIC 权重由参考期得分的离散程度与相互冲突程度（{name}相关）决定，不表示政策重要性。",
            "CRITIC weights follow the spread of the reference scores and their conflict ({name} correlation), not importance to "
            "policy.",
        )
        return Note("choice", text.format(name=name))


def _moments(z: Normalized) -> Moments:
    """Moments of the scores by way of what they fall short of 1, which varies and moves as they do."""
    spans = z.spans
    if spans.min() < 1e-150:  # their squares are none
        return moments(z)
    mean, covariance = comoments(block for _, block in z.shortfalls())
    return Moments(1.0 - mean / spans, covariance / np.outer(spans, spans))


def _mid_ranks(z: Normalized) -> Normalized:
    """The mid-ranks of each column, in its place."""
    from scipy.stats import rankdata

    return Normalized.of(np.array([rankdata(z.levels(j)[1]) for j in range(z.width)]))
