"""How coupling is measured: variants of the coupling degree, each named, with its source and its range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evalkit.check import positive
from evalkit.errors import NoAnswer
from evalkit.stats.arrays import Array
from evalkit.terms import Text

WANG = Text(
    "王淑佳等（2021），自然资源学报 36(3)：793—810", "Wang Shujia et al. (2021), Journal of Natural Resources 36(3):793–810"
)
LIU = Text("刘春林（2017）所列论文", "papers examined by Liu Chunlin (2017)")
FAN = Text("樊等（2024），统计与决策 2024(22)", "Fan, Ke & Cao (2024), Statistics & Decision 2024(22)")
TANG = Text("唐玲等（2010）；ChinaXiv:202208.00077", "Tang Ling et al. (2010); ChinaXiv:202208.00077")
POWER = Text(
    "ChinaXiv:202101.00006（k=2）；ChinaXiv:201711.01841（k=3）", "ChinaXiv:202101.00006 (k = 2); ChinaXiv:201711.01841 (k = 3)"
)


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

    @property
    def source(self) -> Text:
        """Where it is described."""
        ...

    def most(self, n: int) -> float:
        """The greatest C of n systems; 1 unless the variant says otherwise."""
        return 1.0

    def degree(self, u: Array) -> Array:
        """Coupling degree of systems of shape (n, m)."""
        ...


@dataclass(frozen=True, slots=True)
class Standard(CouplingVariant):
    """The standard variant for n systems, C = n (∏ U)^(1/n) / Σ U, in [0, 1]; see `coupling_degree`."""

    @property
    def name(self) -> Text:
        """What the variant is called."""
        return Text("标准耦合度模型", "standard coupling degree")

    @property
    def source(self) -> Text:
        """Where it is described."""
        return WANG

    def degree(self, u: Array) -> Array:
        """Coupling degree of systems of shape (n, m)."""
        return coupling_degree(u)


@dataclass(frozen=True, slots=True)
class Power(CouplingVariant):
    """The power variant C_k = [∏ U / (Σ U / n)^n]^k, in [0, 1]; k = 1/n is the standard one, and C_k = C^(n·k).

    A larger k punishes the same imbalance harder, so grades under different k do not compare. With k = 2 and two systems
    D falls once the higher system is more than twice the lower, even with equal shares. Papers use k = 2 for two systems
    (for instance ChinaXiv:202101.00006) and k = 3 for three (ChinaXiv:201711.01841).
    """

    k: float = 2.0

    def __post_init__(self) -> None:
        positive(self.k, who="Power k")

    @property
    def name(self) -> Text:
        """What the variant is called."""
        return Text("幂次耦合度模型（k={k:g}）", "power coupling degree (k = {k:g})").format(k=self.k)

    @property
    def source(self) -> Text:
        """Where it is described."""
        return POWER

    def degree(self, u: Array) -> Array:
        """Coupling degree of systems of shape (n, m)."""
        return coupling_degree(u) ** (len(u) * self.k)


@dataclass(frozen=True, slots=True)
class WithoutCoefficient(CouplingVariant):
    """An error in print: (∏ U)^(1/n) / Σ U, the standard variant with its factor n lost, so that C cannot exceed 1/n.

    Kept to recognize tables that were computed so; `CouplingCoordination` refuses it. Wang Shujia et al. (2021) call it the
    loss of the coefficient.
    """

    @property
    def name(self) -> Text:
        """What the variant is called."""
        return Text("丢失系数的耦合度（错误）", "coupling degree without its coefficient (an error)")

    @property
    def source(self) -> Text:
        """Where it is described."""
        return WANG

    def most(self, n: int) -> float:
        """The greatest C of n systems."""
        return 1.0 / n

    def degree(self, u: Array) -> Array:
        """Coupling degree of systems of shape (n, m)."""
        return coupling_degree(u) / len(u)


@dataclass(frozen=True, slots=True)
class PairwiseProduct(CouplingVariant):
    """The product of pairs, C = [∏ U_i / ∏_{i<j} (U_i + U_j)]^(1/n), for two or three systems.

    Of three systems it lies in [0, 1/2] and does not see their common scale; of two it lies in [0, √½] and falls when both fall,
    so that a low level is counted twice in D. Of four and more it has no upper end, and is refused. Grades made for a C that
    reaches 1 are too strict for it. Source: as printed in the papers that Liu Chunlin (2017) examined.
    """

    @property
    def name(self) -> Text:
        """What the variant is called."""
        return Text("两两连乘耦合度模型", "coupling degree by pairs")

    @property
    def source(self) -> Text:
        """Where it is described."""
        return LIU

    def most(self, n: int) -> float:
        """The greatest C of n systems."""
        return {2: 0.5**0.5, 3: 0.5}.get(n, np.inf)

    def degree(self, u: Array) -> Array:
        """Coupling degree of systems of shape (n, m)."""
        n = len(u)
        if n > 3:
            raise NoAnswer(f"the coupling degree by pairs has no upper end for {n} systems", do="use the standard variant")
        below = np.prod([u[i] + u[j] for i in range(n) for j in range(i)], axis=0)
        return _over(np.prod(u, axis=0), below) ** (1.0 / n)


@dataclass(frozen=True, slots=True)
class Wang2021(CouplingVariant):
    """The modified variant C = √{[1 − Σ_{i>j} |U_i − U_j| / (n(n−1)/2)] · ∏ (U_i / max U)^(1/(n−1))}, in [0, 1].

    The first factor is 1 less the mean distance of the systems, the second falls with their ratios to the highest one. Its
    values spread over [0, 1] where those of the standard variant crowd near 1; unlike that, it depends on the scale: of two
    systems with the same ratio the lower pair stands closer. Of two systems C = √{(1 − |d|) min/max} ≤ √(min/max).
    Where all are 0, C is taken as 0. Source: Wang Shujia, Kong Wei, Ren Liang et al. (2021), 自然资源学报 36(3):793–810.
    """

    @property
    def name(self) -> Text:
        """What the variant is called."""
        return Text("王淑佳等（2021）修正模型", "modified coupling degree (Wang et al. 2021)")

    @property
    def source(self) -> Text:
        """Where it is described."""
        return WANG

    def degree(self, u: Array) -> Array:
        """Coupling degree of systems of shape (n, m)."""
        n = len(u)
        apart = np.sum([np.abs(u[i] - u[j]) for i in range(n) for j in range(i)], axis=0) / (n * (n - 1) / 2)
        ratio = np.prod(_over(u, u.max(axis=0)) ** (1.0 / (n - 1)), axis=0)
        return np.sqrt(np.maximum(1.0 - apart, 0.0) * ratio)


@dataclass(frozen=True, slots=True)
class Fan2024(CouplingVariant):
    """The spread variant C = 1 − 2 s with s the standard deviation of the systems (divided by n), in [0, 1].

    1: level, at any height, 0 included; 0: half of the systems at 0 and half at 1. It knows differences and no ratios.
    With an odd number of systems s stays below 1/2 and C above 0. Source: Fan, Ke & Cao (2024), 统计与决策 2024(22), as the R
    package coupling computes it.
    """

    @property
    def name(self) -> Text:
        """What the variant is called."""
        return Text("离差耦合度模型（樊等 2024）", "spread coupling degree (Fan et al. 2024)")

    @property
    def source(self) -> Text:
        """Where it is described."""
        return FAN

    def degree(self, u: Array) -> Array:
        """Coupling degree of systems of shape (n, m)."""
        return np.maximum(1.0 - 2.0 * u.std(axis=0), 0.0)


@dataclass(frozen=True, slots=True)
class Distance(CouplingVariant):
    """The distance variant C = [√(1 − √(Σ (U_i − U'_i)² / Σ s_i²))]^k, in [0, 1].

    U'_i is where system i would stand if it were level with the others, their mean; s_i = 1 is the greatest distance there can
    be on [0, 1]. Of two systems C = (1 − |U_1 − U_2|)^(k/2). 1: level; 0: of two systems, one at 0 and the other at 1.
    Source: after Tang Ling et al. (2010), distance coordination degree, as used in ChinaXiv:202208.00077; with its pull factors
    at 1.
    """

    k: float = 1.0

    def __post_init__(self) -> None:
        positive(self.k, who="Distance k")

    @property
    def name(self) -> Text:
        """What the variant is called."""
        return Text("距离协调度模型（k={k:g}）", "distance coupling degree (k = {k:g})").format(k=self.k)

    @property
    def source(self) -> Text:
        """Where it is described."""
        return TANG

    def degree(self, u: Array) -> Array:
        """Coupling degree of systems of shape (n, m)."""
        n = len(u)
        others = (u.sum(axis=0) - u) / (n - 1)
        apart = np.sqrt(((u - others) ** 2).mean(axis=0))
        return np.maximum(1.0 - apart, 0.0) ** (self.k / 2)


def _over(above: Array, below: Array) -> Array:
    """The quotient, 0 where there is nothing to divide by."""
    below = np.broadcast_to(below, above.shape)
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
