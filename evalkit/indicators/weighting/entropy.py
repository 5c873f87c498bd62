"""Entropy weights: what is unevenly spread counts more."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.answer import Note
from evalkit.check import one_of
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.moments import refuse_flat
from evalkit.indicators.weighting.weights import Weights
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.terms import Text

Zeros = Literal["limit", "shift", "rescale"]

TINY = float(np.finfo(float).tiny)  # too small to change a score, enough to give zero a logarithm
NOISE = 1e-14


def entropy_divergence(z: Array) -> Array:
    """How unevenly each column is spread: d = 1 − e with e = −(1/ln m) Σ p ln p and p = z / Σ z.

    `z` has shape (m, n): m unit-years pooled, n indicators, none negative. d lies in [0, 1]: 0 where all rows are equal,
    1 where a single row holds everything. 0·ln 0 is 0. The base is ln(N·T), the number of pooled rows. d ln m is Theil's T.

    It is computed as Σ p ln(z/c) − ln(z̄/c), over ln m, with c the greatest figure: of nearly equal figures, 1 − e would leave
    the difference of two numbers near 1. Source: Shannon (1948), A Mathematical Theory of Communication.

    Examples
    --------
    >>> entropy_divergence(np.array([[1.0, 1.0], [1.0, 0.0]]))
    array([0., 1.])
    """
    return np.array([_divergence([column], len(z)) for column in z.T])


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
        if self.epsilon is not None and not 0 < self.epsilon <= (1 if self.zeros == "shift" else 0.1):
            raise SpecError("Entropy epsilon is out of range", found=str(self.epsilon), do="use a small positive number")

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
        return weighed((map(self._lifted, z.column(j)) for j in range(z.width)), len(z), system, note=self._remark())

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


def weighed(columns: Iterable[Iterable[Array]], count: int, system: IndicatorSystem, *, note: Note) -> Weights:
    """Entropy weights of columns that come in pieces, `count` rows each."""
    if count < 2:
        raise NoAnswer(
            "entropy compares rows and there is one", where=system.id, do="take more units or periods, or other weights"
        )
    d = np.array([_divergence(parts, count) for parts in columns])
    below = [column for column, lost in zip(system.columns, np.isnan(d), strict=True) if lost]
    if below:
        raise NoAnswer(
            f"entropy needs figures of at least 0; some of [{several(below)}] are below",
            do='use the entropy of min–max scores (Entropy, with beyond="clip"), or other weights',
        )
    refuse_flat(d, system, who="entropy")
    return Weights(d / d.sum(), beside={"divergence": d}, notes=(note,))


def _divergence(parts: Iterable[Array], count: int) -> float:
    """1 − e of a column in pieces, from S = Σ z and T = Σ z ln(z/c): (T/S − ln(S/(c m))) / ln m; NaN where a figure is negative.

    What is below 1e-14 is the noise of the last bits and is 0.
    """
    scale, total, total_log = 0.0, 0.0, 0.0
    with np.errstate(invalid="ignore"):
        for z in parts:
            scale = scale or 1.0 / (abs(float(z.max())) or 1.0)
            logs = z * scale
            logs += TINY
            np.log(logs, out=logs)
            total += float(z.sum())
            total_log += float(z @ logs)
    if not total > 0:
        return 0.0 if total_log == 0 else math.nan
    d = (total_log / total - math.log(total * scale / count)) / math.log(count)
    return min(d, 1.0) if not d < NOISE else 0.0
