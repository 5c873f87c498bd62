"""From raw figures to scores; every normalization is a line through two raw values, the one scoring 0 and the one scoring 1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from evalkit.check import one_of
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.panel.system import Direction, Indicator
from evalkit.stats.arrays import BLOCK, Array, Columns, pieces

Beyond = Literal["clip", "keep"]


def along_line(x: Array, zero_at: float, one_at: float, *, out: Array | None = None) -> Array:
    """Score of raw values on the line that is 0 at `zero_at` and 1 at `one_at`.

    z = (x − zero_at) / (one_at − zero_at). A benefit has zero_at < one_at, a cost the reverse. A positive affine change of
    x, applied to the two anchors as well, leaves z as it is.

    Examples
    --------
    >>> along_line(np.array([10.0, 15.0, 20.0]), 20.0, 10.0)
    array([ 1. ,  0.5, -0. ])
    """
    z = np.subtract(x, zero_at, out=out)
    z /= one_at - zero_at
    return z


@dataclass(frozen=True, slots=True, eq=False)
class Normalized:
    """Normalized columns, made piece by piece and never kept whole: `columns` raw, `zero_at` and `one_at` one a column."""

    columns: Columns
    zero_at: Array
    one_at: Array
    clip: bool

    def __len__(self) -> int:
        return self.columns.height

    def column(self, j: int) -> Iterator[Array]:
        """Column j in pieces; each piece is overwritten by the next."""
        buffer = np.empty(min(len(self), BLOCK))
        for rows in pieces(len(self)):
            yield self.piece(j, rows, out=buffer[: rows.stop - rows.start])

    def piece(self, j: int, rows: slice, *, out: Array | None = None) -> Array:
        """Some rows of column j."""
        z = along_line(self.columns.piece(j, rows), self.zero_at[j], self.one_at[j], out=out)
        return np.clip(z, 0.0, 1.0, out=z) if self.clip else z

    def blocks(self) -> Iterator[tuple[slice, Array]]:
        """All columns in pieces of shape (columns, rows); each is overwritten by the next."""
        buffer = np.empty((len(self.columns), min(len(self), BLOCK)))
        for rows in pieces(len(self)):
            block = buffer[:, : rows.stop - rows.start]
            for j in range(len(self.columns)):
                self.piece(j, rows, out=block[j])
            yield rows, block

    def beyond(self) -> tuple[int, int]:
        """How many cells lie below 0 and above 1 before clipping."""
        low, high = np.minimum(self.zero_at, self.one_at), np.maximum(self.zero_at, self.one_at)
        cost = self.zero_at > self.one_at
        below = np.array([np.count_nonzero(x < a) for x, a in zip(self.columns, low, strict=True)])
        above = np.array([np.count_nonzero(x > b) for x, b in zip(self.columns, high, strict=True)])
        return int(below[~cost].sum() + above[cost].sum()), int(above[~cost].sum() + below[cost].sum())


class Normalization(Protocol):
    """What a normalization does: learn its two anchors a column, and say whether scores are clipped to [0, 1]."""

    @property
    def clips(self) -> bool:
        """Whether scores beyond the anchors are clipped to [0, 1]."""
        ...

    def anchors(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Array, Array]:
        """The raw values that score 0 and 1, learnt on reference rows."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MinMax:
    """Min–max normalization: 0 at the worst reference value, 1 at the best.

    Parameters
    ----------
    bounds
        "reference": minimum and maximum of the reference periods, pooled over units and years. "plausible": the goalposts
        the indicator system declares. A mapping gives goalposts by indicator id, (low, high), and learns the rest.
    beyond
        What becomes of later values beyond the bounds: "clip" sets them to 0 or 1, so that scores stay in [0, 1] as
        coupling needs (progress beyond the bounds then no longer counts; the answer notes how many cells), "keep" lets
        them pass.

    Notes
    -----
    Bounds per year are not offered here: they erase growth. Source: OECD & JRC (2008), Handbook on Constructing Composite
    Indicators, section 5.4.
    """

    bounds: Literal["reference", "plausible"] | Mapping[str, tuple[float, float]] = "reference"
    beyond: Beyond = "clip"

    def __post_init__(self) -> None:
        one_of(self.beyond, ("clip", "keep"), who="MinMax beyond")
        if isinstance(self.bounds, str):
            one_of(self.bounds, ("reference", "plausible"), who="MinMax bounds")

    @property
    def clips(self) -> bool:
        """Whether scores beyond the bounds are clipped."""
        return self.beyond == "clip"

    def anchors(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Array, Array]:
        """The worst and the best value of each column, the goalposts where they are given."""
        low, high = extremes(columns)
        if self.bounds == "plausible":
            given = {i.id: i.plausible for i in indicators if i.plausible}
            lacking = [i.id for i in indicators if not i.plausible]
            if lacking:
                raise SpecError(f"goalposts were asked for, but [{several(lacking)}] declare no plausible range", do="declare it")
        else:
            given = {} if isinstance(self.bounds, str) else dict(self.bounds)
        for j, indicator in enumerate(indicators):
            if indicator.id in given:
                low[j], high[j] = given[indicator.id]
        return oriented(low, high, indicators)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZScore:
    """Standardization: 0 at the reference mean, ±1 one standard deviation (divisor n) to the better and the worse side.

    Scores are not confined to [0, 1]: coupling and entropy weights refuse them.
    """

    @property
    def clips(self) -> bool:
        """Never: a z-score has no bounds."""
        return False

    def anchors(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Array, Array]:
        """Mean, and mean plus (for a cost minus) one standard deviation."""
        mean, spread = np.array([(x.mean(), x.std()) for x in columns]).T
        sign = np.array([-1.0 if i.direction is Direction.COST else 1.0 for i in indicators])
        _refuse_constant(mean, mean + spread, indicators)
        return mean, mean + sign * spread


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceToTarget:
    """Distance to target: 0 at the worst reference value, 1 at the target of the indicator.

    Parameters
    ----------
    targets
        Targets by indicator id; where an id is absent, the target declared in the indicator system.
    beyond
        "clip": what is past the target scores 1, and past the worst reference value 0; "keep" lets both pass.
    """

    targets: Mapping[str, float] = field(default_factory=dict)
    beyond: Beyond = "clip"

    def __post_init__(self) -> None:
        one_of(self.beyond, ("clip", "keep"), who="DistanceToTarget beyond")

    @property
    def clips(self) -> bool:
        """Whether scores beyond the target are clipped."""
        return self.beyond == "clip"

    def anchors(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Array, Array]:
        """The worst value of each column and its target."""
        low, high = extremes(columns)
        targets = [self.targets.get(i.id, i.target) for i in indicators]
        lacking = [i.id for i, target in zip(indicators, targets, strict=True) if target is None]
        if lacking:
            raise SpecError(f"[{several(lacking)}] have no target", do="declare target = … in the system, or pass targets={…}")
        one_at = np.array(targets, dtype=float)
        zero_at = np.array([h if i.direction is Direction.COST else a for i, a, h in zip(indicators, low, high, strict=True)])
        reached = [
            i.id
            for i, worst, goal in zip(indicators, zero_at, one_at, strict=True)
            if (worst <= goal if i.direction is Direction.COST else worst >= goal)
        ]
        if reached:
            raise NoAnswer(
                f"[{several(reached)}]: every reference value already reaches the target, so it tells units apart no more",
                do="set a further target or take the indicator out",
            )
        return zero_at, one_at


def extremes(columns: Iterable[Array]) -> tuple[Array, Array]:
    """Minimum and maximum of each column."""
    low, high = np.array([(x.min(), x.max()) for x in columns]).T.copy()
    return low, high


def oriented(low: Array, high: Array, indicators: Sequence[Indicator]) -> tuple[Array, Array]:
    """Bounds turned so that the first is the worse: the upper bound of a cost, the lower bound of a benefit."""
    _refuse_constant(low, high, indicators)
    cost = np.array([i.direction is Direction.COST for i in indicators])
    return np.where(cost, high, low), np.where(cost, low, high)


def _refuse_constant(low: Array, high: Array, indicators: Sequence[Indicator]) -> None:
    flat = [i.id for i, a, b in zip(indicators, low, high, strict=True) if not b > a]
    if flat:
        raise NoAnswer(
            f"indicators [{several(flat)}] do not vary over the reference periods, so they cannot be normalized",
            do="take them out, choose other reference periods, or give goalposts",
        )
