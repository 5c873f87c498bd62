"""Weights at every level: one method for the dimensions, one inside them, and another inside some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from evalkit.answer import Note
from evalkit.check import mapping
from evalkit.errors import SpecError, did_you_mean
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.steps import stands_at
from evalkit.indicators.weighting.equal import Equal
from evalkit.indicators.weighting.weights import Weighting, Weights
from evalkit.panel.system import Dimension, Indicator, IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """An indicator's weight is that of its dimension times its weight inside it.

    Parameters
    ----------
    dimensions
        How the dimensions are weighed against one another; a method that reads data reads the dimension scores.
    indicators
        How the indicators of each dimension are weighed against one another.
    inside
        Another method for the indicators of some dimensions, by dimension id.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties, system = ek.datasets.load("counties"), ek.systems("consolidation")["consolidation"]
    >>> weigh = ek.Levels(dimensions=ek.Equal(), indicators=ek.Entropy())
    >>> fitted = ek.CompositeIndex(system=system, weigh=weigh).fit(counties)
    >>> held = fitted.frame.groupby("dimension")["weight"].sum()
    >>> bool(abs(held - 1 / len(held)).max() < 1e-12)
    True
    """

    dimensions: Weighting = Equal()
    indicators: Weighting = Equal()
    inside: Mapping[str, Weighting] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stands_at("weigh", self.dimensions, who="Levels dimensions")
        stands_at("weigh", self.indicators, who="Levels indicators")
        mapping(self.inside, who="Levels inside", do='name dimensions: {"income": Entropy()}')
        for name, weighting in self.inside.items():
            stands_at("weigh", weighting, who=f"Levels inside of '{name}'")

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        return Text("逐层权重", "weights by level")

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """Weights inside each dimension first, then of the dimensions by the scores these give."""
        known = [dimension.id for dimension in system.dimensions]
        strange = [name for name in self.inside if name not in known]
        if strange:
            near = did_you_mean(strange[0], known) or f"use one of {', '.join(known)}"
            raise SpecError(f"'{system.id}' has no dimension '{strange[0]}'", do=near)
        member = np.array(system.membership)
        weight, scores, notes = np.empty(len(member)), np.empty((len(known), len(z))), dict[Note, None]()
        for at, dimension in enumerate(system.dimensions):
            which = np.flatnonzero(member == at)
            within = z.take(which.tolist())
            learnt = self.inside.get(dimension.id, self.indicators).learn(within, _alone(system, dimension))
            weight[which] = learnt.weight
            scores[at] = _mean(within, learnt.weight)
            notes |= dict.fromkeys(learnt.notes)
        over = self.dimensions.learn(Normalized.of(scores), _of_dimensions(system))
        notes |= dict.fromkeys(over.notes)
        beside = {"weight_inside": weight, "weight_of_dimension": over.weight[member]}
        return Weights(weight * over.weight[member], beside=beside, notes=tuple(notes))


def _alone(system: IndicatorSystem, dimension: Dimension) -> IndicatorSystem:
    return IndicatorSystem(id=f"{system.id}.{dimension.id}", name=dimension.name, dimensions=(dimension,))


def _of_dimensions(system: IndicatorSystem) -> IndicatorSystem:
    """The dimensions as indicators of one dimension, so that any method weighs them."""
    items = tuple(Indicator(id=dimension.id, name=dimension.name) for dimension in system.dimensions)
    whole = Dimension(id=system.id, name=system.name, indicators=items)
    return IndicatorSystem(id=f"{system.id} dimensions", name=system.name, dimensions=(whole,))


def _mean(z: Normalized, weight: Array) -> Array:
    mean = np.empty(len(z))
    for rows, block in z.blocks():
        mean[rows] = weight @ block
    return mean
