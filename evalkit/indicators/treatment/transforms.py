"""What is done to the figures of a column before they are scored: functions of each figure alone, learnt once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.stats.arrays import Array, Transform

NONE = float("nan")


@dataclass(frozen=True, slots=True)
class Winsorize:
    """Figures beyond two limits are brought to the limit."""

    low: float
    high: float

    def apply(self, x: Array) -> Array:
        """The figures within the limits."""
        return np.clip(x, self.low, self.high)

    def raw(self, y: float) -> float:
        """The same figure."""
        return y


@dataclass(frozen=True, slots=True)
class FromIdeal:
    """How far a figure lies from a range, on either side; 0 inside it.

    Examples
    --------
    >>> FromIdeal(2.0, 3.0).apply(np.array([1.5, 2.5, 5.0])).tolist()
    [0.5, 0.0, 2.0]
    """

    low: float
    high: float

    def apply(self, x: Array) -> Array:
        """Distances, none negative."""
        return np.maximum(np.maximum(self.low - x, x - self.high), 0.0)

    def raw(self, y: float) -> float:
        """The ideal at 0, where it is one value; a distance is reached on two sides."""
        return self.low if y == 0 and self.low == self.high else NONE


@dataclass(frozen=True, slots=True)
class Chain:
    """One transform after another."""

    steps: tuple[Transform, ...]

    def apply(self, x: Array) -> Array:
        """The figures after the last step."""
        for step in self.steps:
            x = step.apply(x)
        return x

    def raw(self, y: float) -> float:
        """The observed figure, found from the last step back."""
        for step in reversed(self.steps):
            y = step.raw(y)
        return y
