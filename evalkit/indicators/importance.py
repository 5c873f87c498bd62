"""Effective importance: what an indicator does to the index, beside the weight it was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import one_of
from evalkit.indicators.index import IndexScores
from evalkit.indicators.naming import named
from evalkit.indicators.scored import scored
from evalkit.panel.panel import Periods
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.stats.smoothing import linear_fit, smooth_fit
from evalkit.terms import Text


def correlation_ratio(x: Array, y: Array) -> float:
    """Pearson's correlation ratio S = Var(E[y | x]) / Var(y), E[y | x] by a penalized spline.

    The share of the variance of y that would be gone if x were known: 0 where x says nothing of y, 1 where y is a function
    of x. At least the squared correlation; far above it, the relation is bent. For independent indicators and an
    arithmetic index it is w_i² σ_i² / Σ w² σ²; of correlated ones the ratios overlap and may sum to more than 1.

    Source: Paruolo, Saisana & Saltelli (2013), Ratings and Rankings: Voodoo or Science?, Journal of the Royal Statistical
    Society A 176:609–634.

    Examples
    --------
    >>> x = np.linspace(-1.0, 1.0, 101)
    >>> round(correlation_ratio(x, x**2), 2), abs(round(linear_importance(x, x**2), 2))
    (1.0, 0.0)
    """
    return _explained(smooth_fit(x, y), y)


def linear_importance(x: Array, y: Array) -> float:
    """Squared correlation R² = Var(line) / Var(y): the correlation ratio if the relation is a straight line.

    Examples
    --------
    >>> round(linear_importance(np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0, 1.0])), 4)
    0.25
    """
    return _explained(linear_fit(x, y), y)


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """Effective importance of indicators and dimensions beside their weights.

    Parameters
    ----------
    method
        "spline": the correlation ratio by a penalized spline. "linear": the squared correlation.
    """

    method: Literal["spline", "linear"] = "spline"

    def __post_init__(self) -> None:
        one_of(self.method, ("spline", "linear"), who="Importance method")

    def measure(self, scores: IndexScores, on: Periods = None) -> EffectiveImportance:
        """Importance over the scored rows of some periods (None: all, pooled).

        Raises
        ------
        NoAnswer
            There are too few rows, or some indicators do not vary over them.

        Examples
        --------
        >>> import evalkit as ek
        >>> from evalkit.indicators.importance import Importance
        >>> counties, system = ek.datasets.load("counties"), ek.systems("consolidation")["consolidation"]
        >>> scores = ek.CompositeIndex(system=system, weigh=ek.Entropy()).fit(counties).score(counties)
        >>> found = Importance().measure(scores, on=2024)
        >>> round(float(found.frame["share"].sum()), 6), bool((found.frame["importance"] <= 1).all())
        (1.0, True)
        """
        columns, system = scored(scores, on, who="Importance"), scores.system
        weight = scores.spec.weights
        frame = self._beside(columns.z, columns.index, weight, system.columns).rename_axis("indicator")
        frame.insert(0, "dimension", [system.dimensions[d].id for d in system.membership])
        names = [dimension.id for dimension in system.dimensions]
        held = np.bincount(system.membership, weight).astype(np.float64)
        dimensions = self._beside(columns.dimensions, columns.index, held, names).rename_axis("dimension")
        return EffectiveImportance(
            spec=self,
            frame=frame,
            dimensions=dimensions,
            scores=scores,
            periods=columns.periods,
            notes=(columns.pooled(), *_notes(frame, system)),
        )

    def _beside(self, x: Array, y: Array, weight: Array, names: Sequence[str]) -> pd.DataFrame:
        linear = np.array([linear_importance(column, y) for column in x])
        found = linear if self.method == "linear" else np.array([correlation_ratio(column, y) for column in x])
        share = found / found.sum()
        return pd.DataFrame(
            {
                "weight": weight,
                "importance": found,
                "share": share,
                "ratio": np.divide(share, weight, out=np.full(len(weight), np.nan), where=weight > 0),
                "linear": linear,
                "correlation": np.sign((x - x.mean(axis=1, keepdims=True)) @ (y - y.mean())) * np.sqrt(linear),
            },
            index=pd.Index(names),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EffectiveImportance(Answer):
    """Importance beside weight: `frame` has one row an indicator, `dimensions` one a dimension.

    Columns: `weight`, `importance` (S), `share` (S / Σ S), `ratio` (share / weight; NaN where the weight is 0), `linear` (R²) and
    `correlation` (r with the index); `frame` also has `dimension`.
    """

    dimensions: pd.DataFrame
    scores: IndexScores
    periods: tuple[int, ...]


def _explained(fitted: Array, y: Array) -> float:
    return float(np.clip(fitted.var() / y.var(), 0.0, 1.0))


def _notes(frame: pd.DataFrame, system: IndicatorSystem) -> tuple[Note, ...]:
    text = Text(
        "重要性为指标所能解释的指数方差份额；指标相关时彼此重叠，合计不必为 1，“占比”已除以合计。",
        "Importance is the share of the variance of the index that an indicator explains; those of correlated indicators overlap "
        "and need not sum to 1, so shares are divided by their sum.",
    )
    notes = [Note("choice", text)]
    against = frame.index[frame["correlation"] < 0]
    if len(against):
        text = Text("指标 {names} 与指数负相关：其改善伴随指数下降。", "These indicators fall as the index rises: {names}.")
        notes.append(Note("caution", text.format(names=named(system, against))))
    return tuple(notes)
