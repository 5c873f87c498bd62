"""Entropy weights: what is unevenly spread counts more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.answer import Note
from evalkit.check import number, one_of
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.moments import refuse_flat
from evalkit.indicators.weighting.weights import Weights
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.stats.entropy import divergence, entropy_divergence
from evalkit.terms import Text

Zeros = Literal["limit", "shift", "rescale"]


def entropy_weights(z: Array) -> Array:
    """Entropy weights w = d / Σ d of normalized columns of shape (m, n); see `entropy_divergence`.

    Examples
    --------
    >>> entropy_weights(np.array([[0.0, 0.2], [0.5, 0.3], [1.0, 0.4]])).round(4)
    array([0.9245, 0.0755])
    """
    d = entropy_divergence(z)
    return d / d.sum()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entropy:
    """Entropy weights on min–max scores pooled over the reference unit-years: what varies more counts more.

    Parameters
    ----------
    zeros
        What becomes of a score of zero, whose logarithm does not exist. "limit" (the default, and the definition): 0·ln 0 = 0.
        "shift": every score is raised by `epsilon` (papers use 0.0001 to 0.01; raising by 1 is another method altogether
        and moves weights by a tenth). "rescale": scores are squeezed into [epsilon, 1 − epsilon].
    epsilon
        The shift or the margin; 0.0001 for "shift" and 0.002 for "rescale" where it is not given.

    Notes
    -----
    A large weight says that an indicator is unevenly spread, not that it matters: read it beside the skewness, and compare
    equal weights. Source: Shannon (1948); zero handling as listed in the documentation of replications.
    """

    zeros: Zeros = "limit"
    epsilon: float | None = None

    def __post_init__(self) -> None:
        one_of(self.zeros, ("limit", "shift", "rescale"), who="Entropy zeros")
        if self.zeros == "limit" and self.epsilon is not None:
            raise SpecError("Entropy with zeros='limit' takes no epsilon", do="drop epsilon, or choose 'shift' or 'rescale'")
        if self.epsilon is not None:
            within, small = ("(0, 1]", "0.0001") if self.zeros == "shift" else ("(0, 0.1]", "0.002")
            number(self.epsilon, within, who="Entropy epsilon", do=f"use {small}")

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        how = {
            "limit": Text("", ""),
            "shift": Text("（整体平移）", " (scores shifted)"),
            "rescale": Text("（压缩区间）", " (scores squeezed)"),
        }
        return Text("熵权{how}", "entropy weights{how}").format(how=how[self.zeros])

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """Weights by entropy and the divergence 1 − e behind each; every column is walked through once."""
        return weighed((map(self._lifted, z.column(j)) for j in range(z.width)), z, system, note=self._remark())

    def _lifted(self, z: Array) -> Array:
        if self.zeros == "limit":
            return z
        if self.zeros == "shift":
            return z + (1e-4 if self.epsilon is None else self.epsilon)
        margin = 0.002 if self.epsilon is None else self.epsilon
        return margin + (1 - 2 * margin) * z

    def _remark(self) -> Note:
        """How zeros are handled, and what entropy weights are not."""
        how = {
            "limit": Text("0·ln 0 取 0", "0·ln 0 = 0"),
            "shift": Text("整体平移", "all scores shifted"),
            "rescale": Text("压缩区间", "scores squeezed"),
        }[self.zeros]
        text = Text(
            "熵权在参考期全部“地区—年份”上合并计算，底数 ln(N·T)；零值处理：{how}。"
            "熵权反映离散程度而非重要性，应与偏度及等权结果对照。",
            "Entropy weights pool all reference unit-years, base ln(N·T); zeros: {how}. They show spread, not importance: "
            "read them beside the skewness and the result with equal weights.",
        )
        return Note("choice", text.format(how=how))


def weighed(columns: Iterable[Iterable[Array]], z: Normalized, system: IndicatorSystem, *, note: Note) -> Weights:
    """Entropy weights of columns that come in pieces, made of the scores `z` or of the figures behind them."""
    if len(z) < 2:
        raise NoAnswer(
            "entropy compares rows and there is one", where=system.id, do="take more units or periods, or other weights"
        )
    d = np.array([divergence(parts, len(z)) for parts in columns])
    below = [column for column, lost in zip(system.columns, np.isnan(d), strict=True) if lost]
    if below:
        raise NoAnswer(
            f"entropy needs figures of at least 0; some of [{several(below)}] are below",
            do='use the entropy of min–max scores (Entropy, with beyond="clip"), or other weights',
        )
    refuse_flat(d, z, system, who="entropy")
    return Weights(d / d.sum(), beside={"divergence": d}, notes=(note,))
