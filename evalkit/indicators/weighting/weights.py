"""What a weighting does, and what it hands over: weights, what stands beside them, and notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from evalkit.answer import Note
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Weights as learnt: `weight`, one an indicator, none negative, summing to one.

    `beside` holds what else was learnt of each indicator (a column each of the fitted frame), `notes` what a reader must know.
    """

    weight: Array
    beside: Mapping[str, Array] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


class Weighting(Protocol):
    """A way to weigh the scored indicators of a system."""

    @property
    def name(self) -> Text:
        """What it is called."""
        ...

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """The weights, in the order of the system, from normalized reference rows."""
        ...
