"""Matched weights: chosen so that each indicator is as important to the index as it is meant to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.answer import Note
from evalkit.check import mapping, number, one_of, shown
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.indicators.naming import named
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.moments import moments, refuse_flat
from evalkit.indicators.weighting.weights import Weights
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import settled
from evalkit.terms import Text

CLOSE = 0.005  # half a percentage point: nearer than that, a share is what was intended


def importance_shares(r: Array, v: Array, power: int = 2) -> Array:
    """Shares of importance c^p / Σ c^p, c the correlations of the indicators with their sum Σ v_j z_j / σ_j.

    `r` is the correlation matrix (n, n), `v` the weights of the standardized indicators. With p = 2 they are shares of the
    linear correlation ratios, with p = 1 of the correlations. A negative correlation counts as none.

    Examples
    --------
    >>> importance_shares(np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([2.0, 1.0])).round(4).tolist()
    [0.6098, 0.3902]
    """
    c = np.clip(r @ v, 0.0, None) ** power
    return c / c.sum()


def matched_weights(r: Array, intended: Array, power: int = 2) -> Array:
    """Weights v of the standardized indicators, none negative, whose shares of importance are `intended` or nearest to it.

    Importance is in proportion to (R v)^p, so R v = intended^(1/p) is the answer wherever its solution is not negative
    (Paruolo et al. 2013 show that it need not be so). Else the squared distance of the shares is made least from there.

    Source: Becker, Saisana, Paruolo & Vandecasteele (2017), Weights and Importance in Composite Indicators: Closing the Gap,
    Ecological Indicators 80:12–22.

    Examples
    --------
    >>> r = np.array([[1.0, 0.8, 0.0], [0.8, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> matched_weights(r, np.full(3, 1 / 3)).round(4).tolist()
    [0.2632, 0.2632, 0.4737]
    """
    from scipy.optimize import minimize, nnls

    v, gap = nnls(r, intended ** (1 / power))
    if not v.sum() > 0:
        raise NoAnswer("no weights match: the indicators cancel each other out", do="check their directions")
    if gap > 1e-10:
        fine = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 10_000}
        within = [(0.0, None)] * len(v)
        v = minimize(_distance, v / v.sum(), (r, intended, power), jac=True, bounds=within, method="L-BFGS-B", options=fine).x
    return v / v.sum()


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Weights under which the indicators are as important to the (arithmetic) index as intended.

    Parameters
    ----------
    target
        Intended shares of importance by indicator id, divided by their sum; None: all alike.
    importance
        "variance": the squared correlation with the index, the share of its variance an indicator explains on a line.
        "correlation": the correlation itself, as COINr's `get_opt_weights` takes it.

    Notes
    -----
    Beside the weights stand `importance_share`, as reached, and `importance_intended`. Indicators that say the same share
    a weight; where the intended shares need a negative weight, the nearest are taken, and a caution says how far they are.
    """

    target: Mapping[str, float] | None = None
    importance: Literal["variance", "correlation"] = "variance"

    def __post_init__(self) -> None:
        one_of(self.importance, ("variance", "correlation"), who="Matched importance")
        if self.target is None:
            return
        do = 'give shares by indicator: {"income": 0.6, "housing": 0.4}'
        mapping(self.target, who="Matched target", do=do)
        for name, share in self.target.items():
            number(share, "[0, ∞)", who=f"Matched target of '{name}'", do=do)
        if not any(self.target.values()):
            raise SpecError("Matched target has no share above 0", found=shown(self.target), do=do)

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        return Text("重要性匹配权重", "importance-matched weights")

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """The weights from the correlations of the normalized reference rows, read in one pass."""
        intended = self._intended(system)
        found, power = moments(z), 2 if self.importance == "variance" else 1
        refuse_flat(found.spread, z, system, who="matched weights")
        r, spread = found.correlation, found.spread
        v = matched_weights(r, intended, power)
        reached = importance_shares(r, v, power)
        weight = v / spread / (v / spread).sum()
        notes = _notes(weight, reached, intended, system)
        return Weights(weight, beside={"importance_share": reached, "importance_intended": intended}, notes=notes)

    def _intended(self, system: IndicatorSystem) -> Array:
        if self.target is None:
            return np.full(len(system.columns), 1 / len(system.columns))
        lacking = [column for column in system.columns if column not in self.target]
        extra = [name for name in self.target if name not in system.columns]
        if lacking or extra:
            raise SpecError(
                f"Matched target must name exactly the scored indicators of '{system.id}'",
                found=f"none for [{several(lacking)}]" if lacking else f"[{several(extra)}], which it does not score",
                do="complete the target",
            )
        shares = np.array([self.target[column] for column in system.columns], dtype=float)
        return shares / shares.sum()


def _distance(v: Array, r: Array, intended: Array, power: int) -> tuple[float, Array]:
    """Squared distance of the shares of importance from the intended ones, and its gradient."""
    c = np.clip(r @ v, 0.0, None)
    total = (c**power).sum()
    shares = c**power / total
    off = shares - intended
    return float(off @ off), r @ (2 * power * c ** (power - 1) * (off - off @ shares) / total)


def _notes(weight: Array, reached: Array, intended: Array, system: IndicatorSystem) -> tuple[Note, ...]:
    text = Text(
        "权重按各指标对指数的实际重要性与预期一致求得，不表示指标本身的政策重要性。",
        "Weights were chosen so that each indicator is as important to the index as intended; they say nothing else of it.",
    )
    notes, off = [Note("choice", text)], np.abs(reached - intended)
    far = [system.columns[j] for j in np.argsort(-settled(off), kind="stable") if off[j] > CLOSE]
    if far:
        text = Text(
            "非负权重无法使重要性与预期一致，已取最接近者。占比相差超过 {close:g} 个百分点的有：{names}；最多相差 {most:.1f}。",
            "Without negative weights the intended importance cannot be reached; the nearest was taken. Shares off by more than "
            "{close:g} percentage points: {names}; at most by {most:.1f}.",
        )
        notes.append(Note("caution", text.format(close=CLOSE * 100, names=named(system, far), most=off.max() * 100)))
    idle = [name for name, w in zip(system.columns, weight, strict=True) if w < 1e-9]
    if idle:
        text = Text(
            "以下指标权重为 0，其重要性全部来自与其他指标的相关：{names}。",
            "These indicators have a weight of 0: whatever importance they have comes through the others: {names}.",
        )
        notes.append(Note("caution", text.format(names=named(system, idle))))
    return tuple(notes)
