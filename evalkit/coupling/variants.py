"""How coupling is measured: variants of the coupling degree, each named, with its source and its range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evalkit.errors import SpecError
from evalkit.stats.arrays import Array
from evalkit.terms import Text


def coupling_degree(u: Array) -> Array:
    """Coupling degree C = n (∏ U_i)^(1/n) / Σ U_i, the geometric over the arithmetic mean of n systems.

    `u` has shape (n, m): n systems, m unit-years, in [0, 1]. C lies in [0, 1]: 1 where all systems are level (even where
    all are level and low), 0 where one of them is 0. Where all are 0 the quotient does not exist; C is then taken as 0,
    which leaves D at 0, as it is for every value of C. C does not see how high the systems stand, and a common factor of
    all of them leaves it as it is.

    Source: the form of the capacity coupling model as corrected by Wang Shujia et al. (2021), 自然资源学报 36(3). The
    factor n must not be lost: without it C cannot exceed 1/n.

    Examples
    --------
    >>> coupling_degree(np.array([[0.5, 0.9, 0.0, 0.0], [0.5, 0.1, 0.4, 0.0]]))
    array([1. , 0.6, 0. , 0. ])
    """
    n = len(u)
    product = np.sqrt(u[0] * u[1]) if n == 2 else np.prod(u ** (1.0 / n), axis=0)
    total = u.sum(axis=0)
    return np.minimum(np.divide(n * product, total, out=np.zeros_like(total), where=total > 0), 1.0)


class CouplingVariant(Protocol):
    """A named way to measure coupling."""

    @property
    def name(self) -> Text:
        """What the variant is called."""
        ...

    def degree(self, u: Array) -> Array:
        """Coupling degree of systems of shape (n, m)."""
        ...


@dataclass(frozen=True, slots=True)
class Standard:
    """The standard variant for n systems, C = n (∏ U)^(1/n) / Σ U, in [0, 1]; see `coupling_degree`."""

    @property
    def name(self) -> Text:
        """What the variant is called."""
        return Text("标准耦合度模型", "standard coupling degree")

    def degree(self, u: Array) -> Array:
        """Coupling degree of systems of shape (n, m)."""
        return coupling_degree(u)


@dataclass(frozen=True, slots=True)
class Power:
    """The power variant C_k = [∏ U / (Σ U / n)^n]^k, in [0, 1]; k = 1/n is the standard one, and C_k = C^(n·k).

    A larger k punishes the same imbalance harder, so grades under different k do not compare. With k = 2 and two systems
    D falls once the higher system is more than twice the lower, even with equal shares. Papers use k = 2 for two systems
    (for instance ChinaXiv:202101.00006) and k = 3 for three (ChinaXiv:201711.01841).
    """

    k: float = 2.0

    def __post_init__(self) -> None:
        if not self.k > 0:
            raise SpecError("Power k must be positive", found=str(self.k))

    @property
    def name(self) -> Text:
        """What the variant is called."""
        return Text("幂次耦合度模型（k={k:g}）", "power coupling degree (k = {k:g})").format(k=self.k)

    def degree(self, u: Array) -> Array:
        """Coupling degree of systems of shape (n, m)."""
        return coupling_degree(u) ** (len(u) * self.k)
