"""Shares of the systems in T, solved for from printed figures: intervals for two systems, linear programs for more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.coupling.audit.boxes import SLACK, Box
from evalkit.coupling.audit.trial import STATED
from evalkit.stats.arrays import Array, Mask
from evalkit.terms import Text, same


@dataclass(frozen=True, slots=True, eq=False)
class SolvedShares:
    """Shares that explain most rows: one point among them, the range of each share and of their sum."""

    at: Array
    low: Array
    high: Array
    total: tuple[float, float]

    @property
    def text(self) -> Text:
        """The ranges as words."""
        said = "；".join(_range(a, b) for a, b in zip(self.low, self.high, strict=True))
        return Text(said, said.replace("；", "; "))


def _range(low: float, high: float) -> str:
    """A range, as one figure where both ends print alike.

    Examples
    --------
    >>> _range(0.4996, 0.5004), _range(0.45, 0.55)
    ('0.500', '0.450–0.550')
    """
    return f"{(low + high) / 2:.3f}" if high - low <= 0.001 else f"{low:.3f}–{high:.3f}"


def number(low: float, high: float) -> Text:
    """A range of one number as words."""
    return same(_range(low, high))


def most_covered(low: Array, high: Array) -> tuple[float, float]:
    """The stretch that lies in most of the intervals [low, high].

    Examples
    --------
    >>> most_covered(np.array([0.1, 0.2, 0.7]), np.array([0.4, 0.5, 0.9]))
    (0.2, 0.4)
    """
    starts = np.unique(low[np.isfinite(low)]) if np.isfinite(low).any() else np.zeros(1)
    over = (low <= starts[:, None] + SLACK) & (high >= starts[:, None] - SLACK)
    best = int(over.sum(axis=1).argmax())
    inside = over[best]
    if not inside.any():
        return float(starts[best]), float(starts[best])
    return float(low[inside].max()), float(high[inside].min())


def solve_shares(u: Box, t: Box, *, to_one: bool) -> SolvedShares | None:
    """Shares a ≥ 0 with Σ a_i U_i = T for as many rows as can be, by interval arithmetic.

    Some inputs that print alike give a T that prints alike exactly when Σ a_i low_i ≤ high_T and Σ a_i high_i ≥ low_T: both are
    linear in a. For two systems whose shares sum to one, every row leaves an interval of a_1, and the stretch in most of them is
    taken. Otherwise a linear program makes the sum of what is missed least, so that stray misprints do not pull; the ranges are
    those of the rows that are then met. None where the program meets less than the stated share of the rows.

    Parameters
    ----------
    u, t
        Intervals of the systems (n, m) and of T (m).
    to_one
        Whether the shares must sum to one.
    """
    if to_one and len(u.low) == 2:
        return _two(u, t)
    return _program(u, t, to_one=to_one)


def _two(u: Box, t: Box) -> SolvedShares:
    low, high = np.zeros(t.low.shape), np.ones(t.low.shape)
    for slope, room in ((u.low[0] - u.low[1], t.high - u.low[1]), (u.high[1] - u.high[0], u.high[1] - t.low)):
        limit = np.divide(room, slope, out=np.full_like(room, np.inf), where=np.abs(slope) > SLACK)
        high = np.where(slope > SLACK, np.minimum(high, limit), high)
        low = np.where(slope < -SLACK, np.maximum(low, limit), low)
        never = (np.abs(slope) <= SLACK) & (room < -SLACK)
        high = np.where(never, -1.0, high)
    fair = high >= low
    a, b = most_covered(np.where(fair, low, np.inf), np.where(fair, high, -np.inf))
    a, b = float(np.clip(a, 0, 1)), float(np.clip(b, 0, 1))
    at = (a + b) / 2
    return SolvedShares(np.array([at, 1 - at]), np.array([a, 1 - b]), np.array([b, 1 - a]), (1.0, 1.0))


def _program(u: Box, t: Box, *, to_one: bool) -> SolvedShares | None:
    from scipy.optimize import linprog

    n, rows = u.low.shape
    above = np.concatenate([u.low.T, -u.high.T])
    room = np.concatenate([t.high, -t.low])
    equal = (np.ones((1, n)), np.ones(1)) if to_one else (None, None)
    slack = np.tile(-np.eye(rows), (2, 1))
    padded = None if equal[0] is None else np.concatenate([equal[0], np.zeros((1, rows))], axis=1)
    cost = np.concatenate([np.zeros(n), np.ones(rows)])
    first = linprog(cost, A_ub=np.concatenate([above, slack], axis=1), b_ub=room, A_eq=padded, b_eq=equal[1], method="highs")
    if first.x is None:
        return None
    met = meets_shares(first.x[:n], u, t)
    if met.mean() < STATED:
        return None
    keep = np.concatenate([met, met])
    wanted = [*np.eye(n), -np.ones(n) / n] if not to_one else list(np.eye(n))
    points = []
    for aim in wanted:
        for sign in (1.0, -1.0):
            found = linprog(
                sign * np.asarray(aim),
                A_ub=above[keep],
                b_ub=room[keep] + SLACK,
                A_eq=equal[0],
                b_eq=equal[1],
                bounds=(0, 4),
                method="highs",
            )
            points.append(first.x[:n] if found.x is None else found.x)
    every = np.stack(points)
    total = every.sum(axis=1)
    return SolvedShares(every.mean(axis=0), every.min(axis=0), every.max(axis=0), (float(total.min()), float(total.max())))


def meets_shares(a: Array, u: Box, t: Box) -> Mask:
    """Which rows some shares reproduce."""
    return Box(a @ u.low, a @ u.high).meets(t)
