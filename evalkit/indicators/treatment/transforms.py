"""What is done to the figures of a column before they are scored: functions of each figure alone, learnt once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evalkit.stats.arrays import Array, Transform

NONE = float("nan")


@dataclass(frozen=True, slots=True)
class Within:
    """Figures beyond two limits are read as the limit.

    Examples
    --------
    >>> Within(2.0, 8.0).apply(np.array([1.0, 5.0, 30.0])).tolist()
    [2.0, 5.0, 8.0]
    """

    low: float
    high: float

    def apply(self, x: Array) -> Array:
        """The figures within the limits."""
        return np.clip(x, self.low, self.high)

    def raw(self, y: float) -> float:
        """The same figure."""
        return y

    def mark(self, x: float) -> float:
        """The same figure, beyond the limits too."""
        return x


def box_cox(t: Array, power: float) -> Array:
    """Box–Cox transform of positive figures, (t^λ − 1) / λ; the natural logarithm where the power λ is 0.

    It rises with t and is 0 at t = 1; λ = 1 only shifts. Source: Box & Cox (1964), An Analysis of Transformations, JRSS B 26.

    Examples
    --------
    >>> box_cox(np.array([1.0, 4.0]), 0.5).tolist(), box_cox(np.array([1.0, np.e]), 0.0).tolist()
    ([0.0, 2.0], [0.0, 1.0])
    """
    return np.log(t) if power == 0 else np.expm1(power * np.log(t)) / power


@dataclass(frozen=True, slots=True)
class BoxCox:
    """The Box–Cox transform of x + `shift`, which is learnt on figures of which `low` is the lowest.

    Below `low`, where a logarithm would fall away without end, it goes on along its tangent: later figures, however low, are
    read in order, and none is refused.

    Examples
    --------
    >>> log = BoxCox(power=0.0, shift=1.0, low=0.0)
    >>> log.apply(np.array([-2.0, 0.0, np.e - 1])).tolist()
    [-2.0, 0.0, 1.0]
    >>> round(log.raw(1.0), 12), log.raw(-2.0)
    (1.718281828459, -2.0)
    """

    power: float
    shift: float
    low: float

    def apply(self, x: Array) -> Array:
        """The transformed figures."""
        y = box_cox(np.maximum(x, self.low) + self.shift, self.power)
        return y + np.minimum(x - self.low, 0.0) * self._slope

    def raw(self, y: float) -> float:
        """The figure that is read as `y`; NaN past the bound that a negative power does not reach."""
        start = float(box_cox(np.array(self.low + self.shift), self.power))
        if y <= start:
            return self.low + (y - start) / self._slope
        if self.power == 0:
            return math.exp(y) - self.shift
        rest = self.power * y
        return math.exp(math.log1p(rest) / self.power) - self.shift if rest > -1 else NONE

    def mark(self, x: float) -> float:
        """The figure transformed."""
        return float(self.apply(np.array(x)))

    @property
    def _slope(self) -> float:
        return (self.low + self.shift) ** (self.power - 1)


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

    def mark(self, x: float) -> float:
        """Its distance."""
        return float(self.apply(np.array(x)))


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

    def mark(self, x: float) -> float:
        """The figure after the last step, limits aside."""
        for step in self.steps:
            x = step.mark(x)
        return x
