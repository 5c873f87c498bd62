"""The curves that lead from a figure to a score: a line, one on logarithms, pieces between knots, or a line a period."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evalkit.errors import DataError, several
from evalkit.stats.arrays import Array, Codes

NONE = float("nan")


class Curve(Protocol):
    """One indicator's way from a figure to a score, learnt once and applied to any row."""

    @property
    def zero_at(self) -> float:
        """The figure that scores 0; NaN where there is none or more than one."""
        ...

    @property
    def one_at(self) -> float:
        """The figure that scores 1; NaN where there is none or more than one."""
        ...

    def score(self, x: Array, *, out: Array | None = None, dates: Codes | None = None) -> Array:
        """Scores of figures; `dates` are the periods of the rows, for curves that need them."""
        ...

    def beyond(self, x: Array) -> tuple[int, int]:
        """How many figures score less than 0 and more than 1."""
        ...


def along_line(x: Array, zero_at: float, one_at: float, *, out: Array | None = None) -> Array:
    """Score of figures on the line that is 0 at `zero_at` and 1 at `one_at`.

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


@dataclass(frozen=True, slots=True)
class Line:
    """The line through two anchors; see `along_line`."""

    zero_at: float
    one_at: float

    def score(self, x: Array, *, out: Array | None = None, dates: Codes | None = None) -> Array:
        """Scores on the line, beyond the anchors too."""
        return along_line(x, self.zero_at, self.one_at, out=out)

    def beyond(self, x: Array) -> tuple[int, int]:
        """How many figures lie past either anchor."""
        if self.zero_at < self.one_at:
            return int(np.count_nonzero(x < self.zero_at)), int(np.count_nonzero(x > self.one_at))
        return int(np.count_nonzero(x > self.zero_at)), int(np.count_nonzero(x < self.one_at))


@dataclass(frozen=True, slots=True)
class LogLine:
    """The line through two anchors on the logarithm of figure + shift; `indicator` is named where there is none.

    Examples
    --------
    >>> LogLine(1.0, 100.0).score(np.array([1.0, 10.0, 1000.0])).round(6).tolist()
    [0.0, 0.5, 1.5]
    """

    zero_at: float
    one_at: float
    shift: float = 0.0
    indicator: str = ""

    def score(self, x: Array, *, out: Array | None = None, dates: Codes | None = None) -> Array:
        """Scores on the line, beyond the anchors too."""
        moved = np.add(x, self.shift, out=out)
        if not moved.min(initial=1.0) > 0:
            raise DataError(
                f"'{self.indicator}' has no logarithm",
                found=f"a figure of {moved.min() - self.shift:.6g} with shift {self.shift:g}",
                do="give Logarithm a larger shift, or choose another normalization",
            )
        zero, one = math.log(self.zero_at + self.shift), math.log(self.one_at + self.shift)
        return along_line(np.log(moved, out=out), zero, one, out=out)

    def beyond(self, x: Array) -> tuple[int, int]:
        """How many figures lie past either anchor."""
        return Line(self.zero_at, self.one_at).beyond(x)


@dataclass(frozen=True, slots=True, eq=False)
class Knots:
    """Straight pieces between knots (x rising); a figure before the first knot scores as the first, after the last as the last.

    Examples
    --------
    >>> Knots(x=np.array([0.0, 1.0, 4.0]), z=np.array([0.0, 1.0, 0.0])).score(np.array([-1.0, 0.5, 2.5, 9.0]))
    array([0. , 0.5, 0.5, 0. ])
    """

    x: Array
    z: Array

    @property
    def zero_at(self) -> float:
        """The knot that scores 0, if it is one alone."""
        return self._alone(0.0)

    @property
    def one_at(self) -> float:
        """The knot that scores 1, if it is one alone."""
        return self._alone(1.0)

    def score(self, x: Array, *, out: Array | None = None, dates: Codes | None = None) -> Array:
        """Scores between the knots."""
        z = np.interp(x, self.x, self.z)
        if out is None:
            return z
        out[...] = z
        return out

    def beyond(self, x: Array) -> tuple[int, int]:
        """None: a figure past the last knot scores as that knot."""
        return 0, 0

    def _alone(self, score: float) -> float:
        at = self.x[self.z == score]
        return float(at[0]) if len(at) == 1 else NONE


def plateaus(values: Array, level: Codes, heights: Array) -> Knots:
    """Knots at which all values of a level, which may differ in their last bits, have its height exactly.

    Examples
    --------
    >>> known = np.array([0.1 + 0.2, 0.3, 0.5])
    >>> plateaus(known, np.array([0, 0, 1]), np.array([0.5, 1.0])).score(known).tolist()
    [0.5, 0.5, 1.0]
    """
    order = np.argsort(values, kind="stable")
    first = np.flatnonzero(np.diff(level[order], prepend=-1))
    ends = values[order][np.column_stack([first, np.append(first[1:], len(values)) - 1])].ravel()
    kept = np.append(True, ends[1:] > ends[:-1])
    return Knots(x=ends[kept], z=np.repeat(heights, 2)[kept])


@dataclass(frozen=True, slots=True, eq=False)
class ByPeriod:
    """A line of its own for each period; a period it was not learnt on is refused."""

    lines: Mapping[int, Line]
    zero_at: float = NONE
    one_at: float = NONE

    def score(self, x: Array, *, out: Array | None = None, dates: Codes | None = None) -> Array:
        """Scores on the line of each row's period."""
        assert dates is not None
        known, place = np.unique(dates, return_inverse=True)
        absent = [int(period) for period in known if int(period) not in self.lines]
        if absent:
            raise DataError(
                f"bounds per year were not learnt for [{several(absent)}]",
                found=f"bounds of {several(sorted(self.lines), 20)}",
                do="fit on all the years that are scored (on=None), or learn bounds on reference years",
            )
        zero = np.array([self.lines[int(period)].zero_at for period in known])[place]
        one = np.array([self.lines[int(period)].one_at for period in known])[place]
        z = np.subtract(x, zero, out=out)
        z /= one - zero
        return z

    def beyond(self, x: Array) -> tuple[int, int]:
        """None on the rows it was learnt on, which are the only ones it scores."""
        return 0, 0
