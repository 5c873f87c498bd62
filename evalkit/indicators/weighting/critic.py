"""CRITIC weights: what varies, and moves against the others, counts more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.answer import Note
from evalkit.errors import NoAnswer
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.weights import Weights
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.terms import Text


def critic_weights(z: Array) -> Array:
    """CRITIC weights of normalized columns (m, n): w ∝ s_j Σ_k (1 − r_jk), spread times conflict with the others.

    Source: Diakoulaki, Mavrotas & Papayannakis (1995), Computers & Operations Research 22:763–770.

    Examples
    --------
    >>> critic_weights(np.array([[0.0, 0.0, 1.0], [0.5, 0.5, 0.0], [1.0, 1.0, 0.5]])).round(3)
    array([0.25, 0.25, 0.5 ])
    """
    return _critic(z.mean(axis=0), z.T @ z / len(z))


@dataclass(frozen=True, slots=True, kw_only=True)
class Critic:
    """CRITIC weights (Pearson): the standard deviation of a score times its conflict with the other scores."""

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """Weights from one pass over the normalized reference rows."""
        total, products = np.zeros(z.width), np.zeros((z.width, z.width))
        for _, block in z.blocks():
            total += block.sum(axis=1)
            products += block @ block.T
        text = Text(
            "CRITIC 权重由参考期得分的离散程度与相互冲突程度决定，不表示政策重要性。",
            "CRITIC weights follow the spread of the reference scores and their conflict, not importance to policy.",
        )
        return Weights(_critic(total / len(z), products / len(z)), notes=(Note("choice", text),))


def _critic(mean: Array, second: Array) -> Array:
    covariance = second - np.outer(mean, mean)
    spread = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
    if not np.all(spread > 0):
        raise NoAnswer("CRITIC needs every indicator to vary over the reference periods", do="take the constant ones out")
    conflict = (1.0 - covariance / np.outer(spread, spread)).sum(axis=1)
    if not conflict.max() > 1e-12:
        raise NoAnswer("CRITIC gives no weights: all indicators move as one", do="use equal weights")
    information = spread * np.clip(conflict, 0.0, None)
    return information / information.sum()
