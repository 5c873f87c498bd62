"""Who leads and who lags, by difference or by ratio, with a stated tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evalkit.check import number
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import HALF, settled
from evalkit.terms import Text


class Lag(Protocol):
    """When a system is said to lag."""

    @property
    def in_step(self) -> Text:
        """When the systems count as in step."""
        ...

    def lagging(self, u: Array) -> NDArray[np.int8]:
        """Position of the lagging system of each column of (n, m), −1 where in step."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LagRule:
    """The difference rule: the lowest system lags where the highest is more than `tolerance` above it; else they are in step.

    A tolerance of 0.1 is that of 徐维祥等 (2020), 自然资源学报 35(9). Where two systems are equally low, the first of them is
    named.
    """

    tolerance: float = 0.1

    def __post_init__(self) -> None:
        number(self.tolerance, "[0, 1)", who="LagRule tolerance", do="use 0.1")

    @property
    def in_step(self) -> Text:
        """When the systems count as in step."""
        return Text("差距不超过 {t:g}", "within {t:g}").format(t=self.tolerance)

    def lagging(self, u: Array) -> NDArray[np.int8]:
        """Position of the lagging system of each column of (n, m), −1 where in step.

        Examples
        --------
        >>> LagRule().lagging(np.array([[0.5, 0.5], [0.45, 0.8]]))
        array([-1,  0], dtype=int8)
        """
        return _lowest(u, spread(u) > self.tolerance + HALF)


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioRule:
    """The ratio rule: the lowest system lags where it is less than `ratio` times the highest; else they are in step.

    ChinaXiv:202101.00006 calls two systems in step where U_1/U_2 lies in [0.8, 1.2]; ratios of 0.8 either way are meant here, so
    that the order of the systems does not matter (1.2 is then 1.25). Where all are 0 they are in step.
    """

    ratio: float = 0.8

    def __post_init__(self) -> None:
        number(self.ratio, "(0, 1]", who="RatioRule ratio", do="use 0.8")

    @property
    def in_step(self) -> Text:
        """When the systems count as in step."""
        return Text("最低与最高之比不低于 {r:g}", "lowest at least {r:g} of highest").format(r=self.ratio)

    def lagging(self, u: Array) -> NDArray[np.int8]:
        """Position of the lagging system of each column of (n, m), −1 where in step.

        Examples
        --------
        >>> RatioRule().lagging(np.array([[0.8, 0.7, 0.0], [1.0, 1.0, 0.0]]))
        array([-1,  0, -1], dtype=int8)
        """
        return _lowest(u, u.min(axis=0) < self.ratio * u.max(axis=0) - HALF)


def spread(u: Array) -> Array:
    """The highest less the lowest system of each column of (n, m).

    Examples
    --------
    >>> spread(np.array([[0.5, 0.5], [0.45, 0.8]])).round(2)
    array([0.05, 0.3 ])
    """
    if len(u) == 2:
        return np.abs(u[0] - u[1])
    return u.max(axis=0) - u.min(axis=0)


def _lowest(u: Array, apart: NDArray[np.bool_]) -> NDArray[np.int8]:
    lowest = (u[1] < u[0]).astype(np.int8) if len(u) == 2 else settled(u).argmin(axis=0).astype(np.int8)
    lowest += 1
    lowest *= apart
    lowest -= 1
    return lowest
