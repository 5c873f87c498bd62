"""Hypotheses on C: every variant, and the errors in its formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evalkit.coupling.audit.boxes import Box, bounds, grid
from evalkit.coupling.audit.shares import most_covered, number
from evalkit.coupling.audit.trial import Hypothesis, Kind
from evalkit.coupling.variants import (
    CouplingVariant,
    Distance,
    Fan2024,
    PairwiseProduct,
    Power,
    Standard,
    Wang2021,
    WithoutCoefficient,
    coupling_degree,
)
from evalkit.stats.arrays import Array
from evalkit.terms import Text

Measure = Callable[[Array], Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula of C: a variant, or an error in print."""

    key: str
    name: Text
    kind: Kind
    measure: Measure
    wider: tuple[str, ...] = ()


def geometric_mean(u: Array) -> Array:
    """The geometric mean of the systems, which C becomes where its denominator is lost: C = (∏ U)^(1/n)."""
    return np.prod(u, axis=0) ** (1.0 / len(u))


def unsquared(u: Array) -> Array:
    """C = n (∏ U / Σ U)^(1/n): the standard formula with the power of its denominator lost."""
    total = u.sum(axis=0)
    return len(u) * np.divide(np.prod(u, axis=0), total, out=np.zeros_like(total), where=total > 0) ** (1.0 / len(u))


def square_root(u: Array) -> Array:
    """C = n √(∏ U) / Σ U for more than two systems: the root that is right for two."""
    total = u.sum(axis=0)
    return np.divide(len(u) * np.sqrt(np.prod(u, axis=0)), total, out=np.zeros_like(total), where=total > 0)


def formulas(n: int) -> tuple[Formula, ...]:
    """Every formula of C for n systems, each once: of two systems the spread and the distance with k = 2 are the same."""
    named: list[tuple[str, CouplingVariant, tuple[str, ...]]] = [
        ("standard", Standard(), ("power:free",)),
        ("wang", Wang2021(), ()),
        ("fan", Fan2024(), ("distance:free",) if n == 2 else ()),
        *[(f"power:{k:g}", Power(k), ("power:free",)) for k in (0.5, 1.0, 2.0, 3.0) if abs(k * n - 1) > 1e-9],
        *[(f"distance:{k:g}", Distance(k), ("distance:free",)) for k in (1.0, 2.0, 0.5) if (n, k) != (2, 2.0)],
    ]
    if n <= 3:
        named.append(("pairs", PairwiseProduct(), ()))
    right = [Formula(key=k, name=v.name, kind="right", measure=v.degree, wider=w) for k, v, w in named]
    wrong = [
        Formula(key="lost_coefficient", name=LOST_COEFFICIENT, kind="error", measure=WithoutCoefficient().degree),
        Formula(key="lost_denominator", name=LOST_DENOMINATOR, kind="error", measure=geometric_mean),
        Formula(key="lost_power", name=LOST_POWER, kind="error", measure=unsquared),
    ]
    if n > 2:
        wrong.append(Formula(key="wrong_root", name=WRONG_ROOT, kind="error", measure=square_root))
    return (*right, *wrong)


LOST_COEFFICIENT = Text("丢失系数 n：C = (∏U)^(1/n) / ΣU", "the coefficient n is lost: C = (∏U)^(1/n) / ΣU")
LOST_DENOMINATOR = Text("丢失分母：C = (∏U)^(1/n)", "the denominator is lost: C = (∏U)^(1/n)")
LOST_POWER = Text("分母丢失乘方：C = n(∏U/ΣU)^(1/n)", "the power of the denominator is lost: C = n(∏U/ΣU)^(1/n)")
WRONG_ROOT = Text("开方次数有误：n 个系统仍开平方", "the wrong root: a square root for more than two systems")
D_AS_C = Text("以 D 充作 C：“耦合度”一列是 √(C·T)", "D printed as C: the column of C holds √(C·T)")
FREE_POWER = Text("幂次耦合度模型（k 由表反解）", "power coupling degree (k solved from the table)")
FREE_DISTANCE = Text("距离协调度模型（k 由表反解）", "distance coupling degree (k solved from the table)")


def coupling_hypotheses(u: Box, c: Box, t: Box | None, *, solve: bool = True) -> list[Hypothesis]:
    """Every hypothesis on the printed C; `t` is the printed T, where there is one, `solve` says whether to solve for k."""
    points = grid(u)
    every = [
        Hypothesis(key=one.key, name=one.name, kind=one.kind, box=bounds(one.measure, points), wider=one.wider)
        for one in formulas(len(u.low))
    ]
    if solve:
        every += [
            free_exponent("power:free", FREE_POWER, bounds(coupling_degree, points), c, per=len(u.low)),
            free_exponent("distance:free", FREE_DISTANCE, bounds(Distance(2.0).degree, points), c, per=0.5),
        ]
    if t is None:
        as_d = bounds(lambda v: np.sqrt(coupling_degree(v) * v.mean(axis=0)), points)
    else:
        own = bounds(coupling_degree, points)
        as_d = Box(np.sqrt(own.low * np.maximum(t.low, 0)), np.sqrt(own.high * t.high))
    return [*every, Hypothesis(key="d_as_c", name=D_AS_C, kind="error", box=as_d)]


def free_exponent(key: str, name: Text, base: Box, c: Box, *, per: float) -> Hypothesis:
    """C = base^p with the p that explains most rows; k = p / `per`.

    A row with base in [a, b] and C in [c, d] leaves the exponents from ln d / ln a to ln c / ln b.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        least = np.where(c.high >= 1, 0.0, np.log(c.high) / np.log(base.low))
        most = np.where((base.high >= 1) | (c.low <= 0), np.inf, np.log(c.low) / np.log(base.high))
    fair = np.isfinite(least) & (most >= least) & (c.high > 0)
    low, high = most_covered(np.where(fair, np.maximum(least, 1e-6), np.inf), np.where(fair, most, -np.inf))
    high = min(high, 50.0)
    p = (low + high) / 2
    box = Box(np.minimum(base.low, 1) ** p, np.minimum(base.high, 1) ** p)
    found = Text("k = {k}", "k = {k}").format(k=number(low / per, high / per))
    return Hypothesis(key=key, name=name, kind="right", box=box, free=1, found=found, range=(low / per, high / per))
