"""Weights and shares at random around chosen ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evalkit.check import number
from evalkit.stats.arrays import Array
from evalkit.terms import Text


class Around(Protocol):
    """Weights at random around chosen ones."""

    def draw(self, rng: np.random.Generator, center: Array) -> Array:
        """Weights of shape (draws, n) around `center` of that shape; each row sums to one."""
        ...

    def at(self, u: Array, center: Array) -> Array:
        """The same from given points of the unit cube, both of shape (draws, n): for designs that choose their own points."""
        ...

    @property
    def said(self) -> Text:
        """How the weights are drawn."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dirichlet:
    """Dirichlet weights around the chosen ones: mean w, variance w(1 − w)/(c + 1), never negative, summing to one.

    Parameters
    ----------
    concentration
        c: the greater, the closer to the chosen weights. With c = 100 a weight of 0.10 has a standard deviation of 0.030, with
        c = 1000 of 0.009. The weights of dimensions, being sums, are Dirichlet with the same c.

    Examples
    --------
    >>> center = np.full((20_000, 2), [0.2, 0.8])
    >>> drawn = Dirichlet(concentration=15).draw(np.random.default_rng(0), center)
    >>> drawn.mean(axis=0).round(2), drawn.std(axis=0).round(2)  # standard deviation: sqrt(0.2 × 0.8 / 16)
    (array([0.2, 0.8]), array([0.1, 0.1]))
    """

    concentration: float = 100.0

    def __post_init__(self) -> None:
        number(self.concentration, "[1, ∞)", who="Dirichlet concentration", do="use 50 to 1000")

    def draw(self, rng: np.random.Generator, center: Array) -> Array:
        """Gamma variates with shapes c·w, divided by their sum."""
        return _shares(rng.standard_gamma(self.concentration * center))

    def at(self, u: Array, center: Array) -> Array:
        """The same by the inverse of the gamma distribution."""
        from scipy.special import gammaincinv

        shape = self.concentration * center
        return _shares(np.where(shape > 0, gammaincinv(np.where(shape > 0, shape, 1.0), u), 0.0))

    @property
    def said(self) -> Text:
        """How the weights are drawn."""
        text = Text(
            "权重按狄利克雷分布围绕所选权重抽取（集中度 {c:g}）",
            "weights are Dirichlet around the chosen ones (concentration {c:g})",
        )
        return text.format(c=self.concentration)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uniform:
    """Each chosen weight times a factor drawn evenly between 1 − spread and 1 + spread, then divided by their sum.

    The R package COINr draws weights this way (`get_noisy_weights`, "NoiseFactor").
    """

    spread: float = 0.25

    def __post_init__(self) -> None:
        number(self.spread, "(0, 1)", who="Uniform spread", do="use 0.25 for ± 25 %")

    def draw(self, rng: np.random.Generator, center: Array) -> Array:
        """Weights by factors at random."""
        return self.at(rng.random(center.shape), center)

    def at(self, u: Array, center: Array) -> Array:
        """Weights by factors at given points."""
        return _shares(center * (1 + self.spread * (2 * u - 1)))

    @property
    def said(self) -> Text:
        """How the weights are drawn."""
        text = Text("权重在所选权重 ±{s:.0%} 内均匀抽取后归一", "weights are drawn evenly within ±{s:.0%} of the chosen ones")
        return text.format(s=self.spread)


def _shares(values: Array) -> Array:
    return values / values.sum(axis=-1, keepdims=True)
