"""Hypotheses on T: shares that are equal, solved for, too large or too small together, or another one in every row."""

from __future__ import annotations

import numpy as np

from evalkit.coupling.audit.boxes import Box, bounds, grid
from evalkit.coupling.audit.coupling import geometric_mean
from evalkit.coupling.audit.shares import SolvedShares, meets_shares, solve_shares
from evalkit.coupling.audit.trial import STATED, Hypothesis
from evalkit.stats.arrays import Array
from evalkit.terms import Text

EQUAL = Text("等权：T = ΣU / n", "equal shares: T = ΣU / n")
GIVEN = Text("固定权重，和为 1", "fixed shares that sum to one")
NOT_TO_ONE = Text("权重之和不为 1", "shares that do not sum to one")
SUM = Text("T = ΣU，未取平均", "T = ΣU, without averaging")
BOTH = Text(
    "T = ΣU，且各系统最大值之和不超过 1：权重在全部系统上归一",
    "T = ΣU, and the maxima of the systems sum to no more than 1: the weights sum to one over all systems together",
)
HARMONIC = Text("逐行变动的权重：T 为调和平均", "shares that vary by row: T is the harmonic mean")
GEOMETRIC = Text("T 为几何平均", "T is the geometric mean")
OWN = Text("逐行变动的权重：按各系统自身水平", "shares that vary by row: by each system's own level")


def harmonic_mean(u: Array) -> Array:
    """The harmonic mean; of two systems, each counts by the level of the other."""
    with np.errstate(divide="ignore"):
        return len(u) / (1.0 / u).sum(axis=0)


def own_level(u: Array) -> Array:
    """T = Σ U² / Σ U: each system counts by its own level."""
    total = u.sum(axis=0)
    return np.divide((u**2).sum(axis=0), total, out=np.zeros_like(total), where=total > 0)


def own_level_bounds(u: Box, points: Array) -> Box:
    """Bounds of ΣU²/ΣU: greatest at a corner, least where each system is as near half of the result as its interval lets it."""
    at = own_level(u.middle) / 2
    for _ in range(40):
        at = own_level(np.clip(at, u.low, u.high)) / 2
    least = own_level(np.clip(at, u.low, u.high))
    return Box(least, bounds(own_level, points).high)


def development_hypotheses(u: Box, t: Box, *, largest: Array, solve: bool = True) -> list[Hypothesis]:
    """Every hypothesis on the printed T; `largest` is the greatest figure of each system, `solve` whether to solve for shares."""
    points = grid(u)
    equal = Hypothesis(key="equal", name=EQUAL, kind="right", box=Box(u.low.mean(axis=0), u.high.mean(axis=0)), wider=WIDER)
    both = float(largest.sum()) <= 1.0 + 1e-3 * len(largest)
    every = [
        equal,
        Hypothesis(
            key="both_systems" if both else "sum",
            name=BOTH if both else SUM,
            kind="error",
            box=Box(u.low.sum(axis=0), u.high.sum(axis=0)),
            wider=("not_to_one",),
        ),
        Hypothesis(key="harmonic", name=HARMONIC, kind="right", box=bounds(harmonic_mean, points)),
        Hypothesis(key="geometric", name=GEOMETRIC, kind="right", box=bounds(geometric_mean, points)),
        Hypothesis(key="own_level", name=OWN, kind="right", box=own_level_bounds(u, points)),
    ]
    return [*every, *solved_hypotheses(u, t)] if solve else every


WIDER = ("given", "not_to_one")


def solved_hypotheses(u: Box, t: Box) -> list[Hypothesis]:
    """Fixed shares that sum to one, and where these do not reproduce every row, shares that need not."""
    every = given_hypothesis(u, t)
    missed = not every or not every[0].box.meets(t).all()
    if missed and len(t.low) > len(u.low) + 1:
        free = solve_shares(u, t, to_one=False)
        if free is not None and meets_shares(free.at, u, t).mean() >= STATED:
            every.append(_solved("not_to_one", free, u))
    return every


def given_hypothesis(u: Box, t: Box) -> list[Hypothesis]:
    """Fixed shares that sum to one, where some reproduce enough rows."""
    solved = solve_shares(u, t, to_one=True)
    return [] if solved is None else [_solved("given", solved, u)]


def _solved(key: str, solved: SolvedShares, u: Box) -> Hypothesis:
    to_one = key == "given"
    n = len(solved.at)
    total = Text("，和 {a:.3f}–{b:.3f}", ", sum {a:.3f}–{b:.3f}").format(a=solved.total[0], b=solved.total[1])
    found = Text("a = {ranges}{total}", "a = {ranges}{total}").format(ranges=solved.text, total=Text("", "") if to_one else total)
    return Hypothesis(
        key=key,
        name=GIVEN if to_one else NOT_TO_ONE,
        kind="right" if to_one or solved.total[0] <= 1 <= solved.total[1] else "error",
        box=Box(solved.at @ u.low, solved.at @ u.high),
        free=n - 1 if to_one else n,
        wider=("not_to_one",) if to_one else (),
        found=found,
        range=(float(solved.low[0]), float(solved.high[0])),
    )
