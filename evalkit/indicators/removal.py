"""What hangs on one indicator: the index without it, one indicator at a time, and how far ranks move."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note, in_period
from evalkit.check import one_of
from evalkit.errors import NoAnswer
from evalkit.indicators.index import CompositeIndex, IndexScores
from evalkit.indicators.weighting.given import Given
from evalkit.panel.panel import Panel, Periods, resolve
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import ranks, spearman
from evalkit.terms import Text


def without_each(weights: Array, member: tuple[int, ...]) -> Array:
    """Weights (n, n), row j without indicator j: its weight goes to the others of its dimension, in proportion.

    Where no other of its dimension has a weight, it goes to all that are left, and to all alike if none has. Rows sum to one.

    Examples
    --------
    >>> without_each(np.array([0.2, 0.3, 0.5]), (0, 0, 1)).round(3).tolist()
    [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.4, 0.6, 0.0]]
    """
    dimension = np.array(member)
    others = np.where(np.eye(len(weights), dtype=bool), 0.0, weights)
    heirs = np.where(dimension == dimension[:, None], others, 0.0)
    heirs = np.where(heirs.sum(axis=1, keepdims=True) > 0, heirs, others)
    heirs = np.where(heirs.sum(axis=1, keepdims=True) > 0, heirs, 1.0 - np.eye(len(weights)))
    return others + weights[:, None] * heirs / heirs.sum(axis=1, keepdims=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveOne:
    """The index without one indicator at a time.

    Parameters
    ----------
    weights
        "again": the recipe is learnt again on the smaller system, from the panel as the full index treated it. "kept": what
        was learnt stays; the weight of the indicator goes to the others of its dimension in proportion, so that
        dimensions keep theirs (as COINr's `remove_elements` does).

    Notes
    -----
    A large shift says that much hangs on one indicator, a small one that others say the same or that it hardly counts;
    neither says that it should go. Source: Becker et al. (2022), COINr, Journal of Open Source Software 7(78):4567.
    """

    weights: Literal["again", "kept"] = "again"

    def __post_init__(self) -> None:
        one_of(self.weights, ("again", "kept"), who="RemoveOne weights")

    def measure(self, index: CompositeIndex, panel: Panel, on: Periods = None, period: int | None = None) -> Removals:
        """Ranks in one period (None: the last) with all indicators and without each; `on` are the reference periods.

        Examples
        --------
        >>> import evalkit as ek
        >>> from evalkit.indicators.removal import RemoveOne
        >>> counties, system = ek.datasets.load("counties"), ek.systems("consolidation")["consolidation"]
        >>> found = RemoveOne().measure(ek.CompositeIndex(system=system), counties)
        >>> bool(found.frame["spearman"].between(0.9, 1).all())
        True
        """
        system = index.system
        if len(system.columns) < 2:
            raise NoAnswer("an index of one indicator is nothing without it", where=system.id)
        fitted = index.fit(panel, on)
        scores = fitted.score(panel)
        at = panel.periods[-1] if period is None else resolve(period, panel.periods)[0]
        full = in_period(scores.frame, at)["score"]
        if not np.ptp(full.to_numpy()) > 0:
            what = f"all units have the same score in {at}, so there are no ranks to move"
            raise NoAnswer(what, where=system.id, do="choose another period")
        if self.weights == "kept":
            z = in_period(scores.normalized, at).to_numpy().T
            left = fitted.tree.index(z, without_each(fitted.weights, system.membership))
        else:
            fits = (_without(index, gone).fit(scores.panel, on) for gone in system.columns)
            left = np.array([in_period(fit.score(scores.panel).frame, at)["score"].to_numpy() for fit in fits])
        place = ranks(np.vstack([full.to_numpy(), left]))
        shift = np.abs(place[1:] - place[0])
        frame = pd.DataFrame(
            {
                "dimension": [system.dimensions[d].id for d in system.membership],
                "weight": fitted.weights,
                "mean_shift": shift.mean(axis=1),
                "max_shift": shift.max(axis=1),
                "most_moved": full.index.to_numpy()[shift.argmax(axis=1)],
                "spearman": [spearman(full.to_numpy(), row) for row in left],
            },
            index=pd.Index(system.columns, name="indicator"),
        )
        table = pd.DataFrame(place.T, index=full.index, columns=["full", *system.columns])
        return Removals(spec=self, frame=frame, ranks=table, scores=scores, period=at, notes=(self._remark(at, len(full)),))

    def _remark(self, period: int, units: int) -> Note:
        how = {
            "again": Text("余下指标按同一方法重新学习", "the recipe is learnt again on the indicators left"),
            "kept": Text("其权重按比例转给同维度其余指标", "its weight goes to the rest of its dimension in proportion"),
        }[self.weights]
        text = Text("{year} 年 {n} 个地区；每次剔除一个指标：{how}。", "{n} places in {year}; one indicator is taken out: {how}.")
        return Note("choice", text.format(year=period, n=units, how=how))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Removals(Answer):
    """What hangs on each indicator: `frame` has one row an indicator that was taken out.

    Columns: `dimension`, `weight`, `mean_shift` and `max_shift` (absolute change of rank over the units), `most_moved` (the unit
    of greatest shift, of equal ones the first) and `spearman` (with the full index; NaN where all units then score the same).
    `ranks`, keyed by unit, holds the rank by the `full` index and without each indicator.
    """

    ranks: pd.DataFrame
    scores: IndexScores
    period: int


def _without(index: CompositeIndex, gone: str) -> CompositeIndex:
    """The index without an indicator, for a treated panel; a dimension left with none falls away, and so does a given weight."""
    kept = []
    for dimension in index.system.dimensions:
        inside = tuple(indicator for indicator in dimension.indicators if indicator.id != gone)
        if any(indicator.scored for indicator in inside):
            kept.append(replace(dimension, indicators=inside))
    weigh = index.weigh
    if isinstance(weigh, Given) and weigh.values is not None:
        weigh = Given(values={name: value for name, value in weigh.values.items() if name != gone})
    return replace(index, system=replace(index.system, dimensions=tuple(kept)), treat=(), weigh=weigh)
