"""How much each indicator counts: equal, given, entropy and CRITIC weights; every vector sums to one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from evalkit.answer import Note
from evalkit.check import one_of
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.indicators.normalization import Normalized
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.terms import Text

Zeros = Literal["limit", "shift", "rescale"]

TINY = float(np.finfo(float).tiny)  # too small to change a score, enough to give zero a logarithm


def entropy_divergence(z: Array) -> Array:
    """How unevenly each column is spread: d = 1 − e with e = −(1/ln m) Σ p ln p and p = z / Σ z.

    `z` has shape (m, n): m unit-years pooled, n indicators, none negative. d lies in [0, 1]: 0 where all rows are equal,
    1 where a single row holds everything. 0·ln 0 is 0. The base is ln(N·T), the number of pooled rows.
    Source: Shannon (1948), A Mathematical Theory of Communication.

    Examples
    --------
    >>> entropy_divergence(np.array([[1.0, 1.0], [1.0, 0.0]]))
    array([0., 1.])
    """
    return _divergence(z.sum(axis=0), _x_log_x(z).sum(axis=0), len(z))


def entropy_weights(z: Array) -> Array:
    """Entropy weights w = d / Σ d of normalized columns of shape (m, n); see `entropy_divergence`.

    Examples
    --------
    >>> entropy_weights(np.array([[0.0, 0.2], [0.5, 0.3], [1.0, 0.4]])).round(4)
    array([0.9245, 0.0755])
    """
    d = entropy_divergence(z)
    return d / d.sum()


def critic_weights(z: Array) -> Array:
    """CRITIC weights of normalized columns (m, n): w ∝ s_j Σ_k (1 − r_jk), spread times conflict with the others.

    Source: Diakoulaki, Mavrotas & Papayannakis (1995), Computers & Operations Research 22:763–770.

    Examples
    --------
    >>> critic_weights(np.array([[0.0, 0.0, 1.0], [0.5, 0.5, 0.0], [1.0, 1.0, 0.5]])).round(3)
    array([0.25, 0.25, 0.5 ])
    """
    return _critic(z.mean(axis=0), z.T @ z / len(z))


class Weighting(Protocol):
    """What a weighting does: say how much each indicator of a system counts, from normalized reference rows."""

    def learn(self, z: Normalized, system: IndicatorSystem) -> dict[str, Array]:
        """`weight`, one a scored indicator, none negative, summing to one; and what else was learnt of each on the way."""
        ...

    def remarks(self) -> tuple[Note, ...]:
        """What a reader must know of the choice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Equal:
    """Equal weights: `among="indicators"` each indicator alike; "dimensions" each dimension alike, shared evenly inside."""

    among: Literal["indicators", "dimensions"] = "indicators"

    def __post_init__(self) -> None:
        one_of(self.among, ("indicators", "dimensions"), who="Equal among")

    def learn(self, z: Normalized, system: IndicatorSystem) -> dict[str, Array]:
        """1/n each, or 1/dimensions shared inside each."""
        member = np.array(system.membership)
        if self.among == "indicators":
            return {"weight": np.full(len(member), 1.0 / len(member))}
        sizes = np.bincount(member, minlength=len(system.dimensions))
        return {"weight": 1.0 / (len(system.dimensions) * sizes[member])}

    def remarks(self) -> tuple[Note, ...]:
        """Nothing to add."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Given weights, by indicator id, or as the system declares them (`weight = …` of each indicator).

    They must be given for every scored indicator. They are divided by their sum, which is noted where it is not one.
    """

    values: Mapping[str, float] | None = None

    def learn(self, z: Normalized, system: IndicatorSystem) -> dict[str, Array]:
        """The given weights, in the order of the system."""
        known = {i.id: i.weight for i in system.indicators if i.weight is not None} if self.values is None else dict(self.values)
        lacking = [column for column in system.columns if column not in known]
        extra = [name for name in known if name not in system.columns]
        if lacking or extra:
            raise SpecError(
                f"given weights must name exactly the scored indicators of '{system.id}'",
                found=f"none for [{several(lacking)}]" if lacking else f"weights for [{several(extra)}], which it does not score",
                do="complete the weights, or choose another weighting",
            )
        w = np.array([known[column] for column in system.columns], dtype=float)
        if not np.all(np.isfinite(w)) or w.min() < 0 or w.sum() <= 0:
            raise SpecError("given weights must be finite, not negative, and not all zero", found=str(w.tolist()))
        return {"weight": w / w.sum()}

    def remarks(self) -> tuple[Note, ...]:
        """That the weights are a judgement."""
        return (Note("choice", Text("权重为给定权重，已除以其和。", "Weights were given; they are divided by their sum.")),)


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

    def learn(self, z: Normalized, system: IndicatorSystem) -> dict[str, Array]:
        """Weights by entropy and the divergence 1 − e behind each; every column is walked through once."""
        if not z.clip and (below := z.beyond()[0]):
            raise NoAnswer(
                f"entropy needs scores of at least 0; {below} are below", do="use MinMax(beyond='clip'), or other weights"
            )
        sums = np.array([np.sum([_both_sums(self._lifted(part)) for part in z.column(j)], axis=0) for j in range(len(z.columns))])
        d = _divergence(sums[:, 0], sums[:, 1], len(z))
        if not d.sum() > 0:
            raise NoAnswer("no indicator varies, so entropy gives no weights", do="use equal weights")
        return {"weight": d / d.sum(), "divergence": d}

    def _lifted(self, z: Array) -> Array:
        if self.zeros == "limit":
            return z
        if self.zeros == "shift":
            return z + (1e-4 if self.epsilon is None else self.epsilon)
        margin = 0.002 if self.epsilon is None else self.epsilon
        return margin + (1 - 2 * margin) * z

    def remarks(self) -> tuple[Note, ...]:
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
        return (Note("choice", text.format(how=how)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Critic:
    """CRITIC weights (Pearson): the standard deviation of a score times its conflict with the other scores."""

    def learn(self, z: Normalized, system: IndicatorSystem) -> dict[str, Array]:
        """Weights from one pass over the normalized reference rows."""
        count, n = len(z), len(z.columns)
        total, products = np.zeros(n), np.zeros((n, n))
        for _, block in z.blocks():
            total += block.sum(axis=1)
            products += block @ block.T
        return {"weight": _critic(total / count, products / count)}

    def remarks(self) -> tuple[Note, ...]:
        """What CRITIC weights are not."""
        return (
            Note(
                "choice",
                Text(
                    "CRITIC 权重由参考期得分的离散程度与相互冲突程度决定，不表示政策重要性。",
                    "CRITIC weights follow the spread of the reference scores and their conflict, not importance to policy.",
                ),
            ),
        )


def _x_log_x(z: Array) -> Array:
    """z ln z, and 0 at 0."""
    return z * np.log(z + TINY)


def _both_sums(z: Array) -> tuple[float, float]:
    """Σ z and Σ z ln z; the logarithm to base 2 is the quicker one."""
    return float(z.sum()), float(z @ np.log2(z + TINY)) * math.log(2)


def _divergence(total: Array, total_log: Array, count: int) -> Array:
    """1 − e from S = Σ z and L = Σ z ln z, for e = (ln S − L/S) / ln m; a column of zeros has no spread."""
    with np.errstate(divide="ignore", invalid="ignore"):
        evenness = (np.log(total) - total_log / total) / np.log(count)
    return np.where(total > 0, np.clip(1.0 - evenness, 0.0, 1.0), 0.0)


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
