"""Weights moved by hand: what each part then counts, and where every place stands beside the weights as they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from evalkit.answer import in_period
from evalkit.check import instance, number, one_of
from evalkit.coupling.static import CouplingCoordination
from evalkit.errors import SpecError, did_you_mean, several
from evalkit.indicators.index import IndexScores
from evalkit.indicators.weighting.given import Given
from evalkit.panel.panel import resolve
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import ranks

Level = Literal["dimension", "indicator"]
Held: TypeAlias = Mapping[str, float]
"""What each part of a system counts, by its id; divided by its sum before use."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Movable:
    """Scores whose weights are to be moved: curves and rules stay as learnt.

    Parameters
    ----------
    scores
        The scores, one a system, each of another system.
    coupling
        How the systems couple; with it places are ranked by D, without it by the one index.
    period
        The period in which places are ranked.
    by
        Whether the weights of dimensions are moved, and those of indicators in step, or each indicator by itself.
    """

    scores: tuple[IndexScores, ...]
    coupling: CouplingCoordination | None
    period: int
    by: Level = "dimension"

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems, by id."""
        return tuple(scores.system.id for scores in self.scores)

    @property
    def published(self) -> tuple[dict[str, float], ...]:
        """What each part counts as the weights were learnt, one mapping a system."""
        return tuple(held(scores, self.by) for scores in self.scores)

    def weighed(self, weights: tuple[Held, ...]) -> tuple[IndexScores, ...]:
        """The scores under other weights, one mapping a system."""
        return tuple(reweighed(scores, some) for scores, some in zip(self.scores, weights, strict=True))

    def standing(self, weights: tuple[Held, ...]) -> pd.DataFrame:
        """Where every place stands under other weights, the first place first.

        Columns: `rank`, `change` (places gained on the ranks as published; below 0: lost), one a system (its index) and, where
        systems couple, `D`, `grade` and `grade_change` (grades gained).
        """
        now, was = self._measured(weights), self._measured(self.published)
        by = "D" if self.coupling else self.systems[0]
        rank, before = (pd.Series(ranks(frame[by].to_numpy()), index=frame.index) for frame in (now, was))
        frame = now.assign(rank=rank, change=before - rank)
        if self.coupling:
            frame["grade_change"] = now["grade"].astype(int) - was["grade"].astype(int)
        first = ["rank", "change"]
        return frame[[*first, *(name for name in frame if name not in first)]].sort_values("rank", kind="stable")

    def _measured(self, weights: tuple[Held, ...]) -> pd.DataFrame:
        series = {scores.system.id: scores.series for scores in self.weighed(weights)}
        frame = pd.DataFrame(series)
        if self.coupling:
            frame = self.coupling.measure(**series).frame[[*series, "D", "grade"]]
        return in_period(frame, self.period)


def movable(scores: tuple[IndexScores, ...], coupling: CouplingCoordination | None, period: int | None, by: Level) -> Movable:
    """Scores whose weights can be moved, or why they cannot."""
    one_of(by, ("dimension", "indicator"), who="what is moved, by")
    if not scores:
        raise SpecError("there are no scores whose weights could be moved", do="pass what score(panel) returns")
    for one in scores:
        instance(one, IndexScores, who="what is explored", do="pass what score(panel) returns")
    names = [one.system.id for one in scores]
    if len(set(names)) < len(names):
        raise SpecError("two scores are of one system", found=several(names), do="pass scores of different systems")
    if coupling is not None:
        instance(coupling, CouplingCoordination, who="the coupling", do="use CouplingCoordination(…)")
        if len(scores) < 2:
            raise SpecError("coupling needs at least two systems", found=several(names), do="pass explore(kept, rise)")
    if len(scores) > 1 and coupling is None:
        coupling = CouplingCoordination()
    known = sorted({int(p) for p in scores[0].frame.index.get_level_values("period")})
    at = known[-1] if period is None else resolve(int(period), known)[0]
    return Movable(scores=scores, coupling=coupling, period=at, by=by)


def started(ask: Movable, start: Held | None) -> tuple[dict[str, float], ...]:
    """The weights to begin with: as published, but for the parts that are named in `start`."""
    held = ask.published
    for name, weight in (start or {}).items():
        number(weight, "[0, 1]", who=f"the weight of '{name}'")
        own = [some for some in held if name in some]
        if len(own) != 1:
            every = [part for some in held for part in some]
            why = "more than one system has" if own else "no system has"
            raise SpecError(f"{why} a part '{name}'", do=did_you_mean(name, every) or f"use one of {several(every)}")
        own[0][name] = float(weight)
    for some in held:
        shared(some)
    return held


def held(scores: IndexScores, by: Level) -> dict[str, float]:
    """What each part of a system counts, as learnt; the parts sum to one."""
    weight = scores.spec.frame["weight"]
    if by == "dimension":
        weight = weight.groupby(scores.spec.frame["dimension"], sort=False).sum()
    return {str(part): float(some) for part, some in weight.items()}


def shared(some: Held) -> dict[str, float]:
    """The weights divided by their sum.

    Examples
    --------
    >>> shared({"income": 3.0, "roads": 1.0})
    {'income': 0.75, 'roads': 0.25}
    """
    total = sum(some.values())
    if not total > 0:
        raise SpecError("at least one weight must be above 0", do="move one of them up")
    return {part: weight / total for part, weight in some.items()}


def reweighed(scores: IndexScores, some: Held) -> IndexScores:
    """The scores of a system under other weights of its dimensions or its indicators.

    Inside a dimension indicators keep their proportions; where they all counted nothing they come to count alike. The
    arithmetic is that of the index itself: only its weights are replaced.
    """
    learnt = scores.spec
    if dict(some) == held(scores, "indicator" if set(some) == set(learnt.frame.index) else "dimension"):
        return scores
    frame = learnt.frame.assign(weight=of_indicators(learnt.frame, shared(some)))
    return replace(learnt, frame=frame).score(scores.panel)


def of_indicators(frame: pd.DataFrame, some: Held) -> Array:
    """The weight of each indicator, from shares of the indicators or of their dimensions, that sum to one.

    Examples
    --------
    >>> learnt = pd.DataFrame({"dimension": ["a", "a", "b"], "weight": [0.2, 0.6, 0.2]}, index=["x", "y", "z"])
    >>> of_indicators(learnt, {"a": 0.4, "b": 0.6}).round(3).tolist()
    [0.1, 0.3, 0.6]
    """
    if set(some) == set(frame.index):
        return np.array([some[name] for name in frame.index])
    whole = frame.groupby("dimension")["weight"].transform("sum").to_numpy()
    alike = 1.0 / frame.groupby("dimension")["weight"].transform("size").to_numpy()
    inside = np.divide(frame["weight"].to_numpy(), whole, out=alike, where=whole > 0)
    return inside * frame["dimension"].map(dict(some)).to_numpy(dtype=float)


def given(scores: IndexScores, some: Held) -> Given:
    """The weights as a weighting, to ask the index again by them."""
    weight = reweighed(scores, some).spec.frame["weight"]
    return Given(values={str(name): float(value) for name, value in weight.items()})
