"""Hypotheses on D: from the printed C and T, from the systems where one of them is missing, and the errors in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from evalkit.coupling.audit.boxes import Box, bounds, grid
from evalkit.coupling.audit.coupling import FREE_POWER, Formula, Measure, formulas, free_exponent, geometric_mean
from evalkit.coupling.audit.development import EQUAL, GIVEN, SUM, given_hypothesis, harmonic_mean, solved_hypotheses
from evalkit.coupling.audit.trial import Hypothesis, Kind
from evalkit.coupling.variants import coupling_degree
from evalkit.stats.arrays import Array
from evalkit.terms import Text

CHAIN = Text("D = √(C·T)", "D = √(C·T)")
LOST_ROOT = Text("丢失开方：D = C·T", "the root is lost: D = C·T")
WRONG_ROOT = Text("开方次数有误：D = (C·T)^(1/n)", "the wrong root: D = (C·T)^(1/n)")
C_AS_D = Text("以 C 充作 D：“协调度”一列就是耦合度", "C printed as D: the column of D holds the coupling degree")
T_AS_D = Text("以 T 充作 D", "T printed as D")
RULES: tuple[tuple[str, Text], ...] = (("", CHAIN), ("lost_root", LOST_ROOT))


def _root(box: Box, power: float = 0.5) -> Box:
    return Box(np.maximum(box.low, 0.0) ** power, np.maximum(box.high, 0.0) ** power)


def _times(a: Box, b: Box) -> Box:
    return Box(np.maximum(a.low, 0.0) * np.maximum(b.low, 0.0), np.maximum(a.high, 0.0) * np.maximum(b.high, 0.0))


def coordination_hypotheses(u: Box, c: Box | None, t: Box | None, d: Box, *, solve: bool = True) -> list[Hypothesis]:
    """Every hypothesis on D of the same rows: from what is printed of C and T, the rest from the systems.

    `solve` says whether shares are solved for.
    """
    if c is not None and t is not None:
        return list(_from_both(c, t, len(u.low)))
    if c is not None:
        return list(_from_coupling(u, c, d, solve=solve))
    if t is not None:
        return list(_from_development(u, t, d))
    return list(_from_systems(u, d, solve=solve))


def _from_both(c: Box, t: Box, n: int) -> Iterator[Hypothesis]:
    product = _times(c, t)
    yield Hypothesis(key="chain", name=CHAIN, kind="right", box=_root(product))
    yield Hypothesis(key="lost_root", name=LOST_ROOT, kind="error", box=product)
    yield Hypothesis(key="c_as_d", name=C_AS_D, kind="error", box=c)
    yield Hypothesis(key="t_as_d", name=T_AS_D, kind="error", box=t)
    if n > 2:
        yield Hypothesis(key="wrong_root", name=WRONG_ROOT, kind="error", box=_root(product, 1.0 / n))


def _from_coupling(u: Box, c: Box, d: Box, *, solve: bool) -> Iterator[Hypothesis]:
    """C is printed and T is not: D²/C is the T that was used."""
    points = grid(u)
    means: tuple[tuple[str, Text, Measure], ...] = (
        ("equal", EQUAL, lambda v: v.mean(axis=0)),
        ("sum", SUM, lambda v: v.sum(axis=0)),
        ("harmonic", Text("T 为调和平均", "T is the harmonic mean"), harmonic_mean),
        ("geometric", Text("T 为几何平均", "T is the geometric mean"), geometric_mean),
    )
    for key, name, mean in means:
        t = bounds(mean, points)
        for rule, said in RULES:
            kind: Kind = "error" if rule or key == "sum" else "right"
            wider = ("chain|not_to_one",) if key == "sum" else ("chain|given", "chain|not_to_one") if key == "equal" else ()
            yield Hypothesis(
                key=f"{rule or 'chain'}|{key}",
                name=_both(said, name),
                kind=kind,
                box=_times(c, t) if rule else _root(_times(c, t)),
                wider=() if rule else wider,
            )
    used = _used(d, c)
    for one in solved_hypotheses(u, used) if solve else ():
        yield Hypothesis(
            key=f"chain|{one.key}",
            name=_both(CHAIN, one.name),
            kind=one.kind,
            box=_root(_times(c, one.box)),
            free=one.free,
            wider=tuple(f"chain|{w}" for w in one.wider),
            found=one.found,
            range=one.range,
        )
    yield Hypothesis(key="c_as_d", name=C_AS_D, kind="error", box=c)


def _used(d: Box, c: Box) -> Box:
    """The T that D and C leave: D²/C."""
    low = np.divide(np.maximum(d.low, 0) ** 2, c.high, out=np.zeros_like(d.low), where=c.high > 0)
    high = np.divide(np.maximum(d.high, 0) ** 2, c.low, out=np.full_like(d.high, np.inf), where=c.low > 0)
    return Box(low, np.minimum(high, 10.0))


def _from_development(u: Box, t: Box, d: Box) -> Iterator[Hypothesis]:
    """T is printed and C is not: D²/T is the C that was used."""
    points = grid(u)
    for one in formulas(len(u.low)):
        c = bounds(one.measure, points)
        for rule, said in RULES:
            if rule and one.kind == "error":
                continue
            yield Hypothesis(
                key=f"{rule or 'chain'}|{one.key}",
                name=_both(said, one.name),
                kind="error" if rule else one.kind,
                box=_times(c, t) if rule else _root(_times(c, t)),
                wider=() if rule else tuple(f"chain|{w}" for w in one.wider),
            )
        if one.kind == "right":
            yield Hypothesis(key=f"c_as_d|{one.key}", name=_both(C_AS_D, one.name), kind="error", box=c)
    yield _free_power("chain|power:free", points, t, d)
    yield Hypothesis(key="t_as_d", name=T_AS_D, kind="error", box=t)


def _free_power(key: str, points: Array, t: Box, d: Box) -> Hypothesis:
    one = free_exponent(key, FREE_POWER, bounds(coupling_degree, points), _used(d, t), per=len(points))
    return replace(one, box=_root(_times(one.box, t)))


def _from_systems(u: Box, d: Box, *, solve: bool) -> Iterator[Hypothesis]:
    """Neither C nor T is printed: every formula with equal shares, the right ones with shares solved for, and the errors."""
    points = grid(u)
    n = len(u.low)
    for one in formulas(n):
        yield joint(one, EQUAL, "equal", points, _mean)
        if one.kind == "right":
            yield joint(one, SUM, "sum", points, _sum, kind="error")
            yield Hypothesis(
                key=f"lost_root|{one.key}|equal",
                name=_both(LOST_ROOT, one.name),
                kind="error",
                box=bounds(_product(one.measure), points),
            )
            yield Hypothesis(key=f"c_as_d|{one.key}", name=_both(C_AS_D, one.name), kind="error", box=bounds(one.measure, points))
    for one in formulas(n):
        if solve:
            c = bounds(one.measure, points)
            for solved in given_hypothesis(u, _used(d, c)):
                yield Hypothesis(
                    key=f"chain|{one.key}|given",
                    name=_both(one.name, GIVEN),
                    kind=one.kind,
                    box=_root(_times(c, solved.box)),
                    free=solved.free,
                    found=solved.found,
                    range=solved.range,
                )
    yield _free_power("chain|power:free|equal", points, bounds(_mean, points), d)
    yield Hypothesis(key="t_as_d", name=T_AS_D, kind="error", box=Box(u.low.mean(axis=0), u.high.mean(axis=0)))


def joint(one: Formula, shares: Text, key: str, points: Array, mean: Measure, kind: Kind | None = None) -> Hypothesis:
    """D = √(C·T) over the systems at once: C and T move together, which leaves less than their intervals would."""
    return Hypothesis(
        key=f"chain|{one.key}|{key}",
        name=_both(one.name, shares),
        kind=kind or one.kind,
        box=bounds(lambda v: np.sqrt(np.maximum(one.measure(v) * mean(v), 0.0)), points),
        wider=(f"chain|{one.key}|given", *(f"chain|{w}|equal" for w in one.wider)) if key == "equal" else (),
    )


def _mean(v: Array) -> Array:
    return v.mean(axis=0)


def _sum(v: Array) -> Array:
    return v.sum(axis=0)


def _product(measure: Measure) -> Callable[[Array], Array]:
    return lambda v: measure(v) * v.mean(axis=0)


def _both(a: Text, b: Text) -> Text:
    return Text("{a}；{b}", "{a}; {b}").format(a=a, b=b)
