"""Normalized columns: what weights, aggregations and obstacles read, made piece by piece and never kept whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from evalkit.answer import Note
from evalkit.errors import NoAnswer, several
from evalkit.indicators.normalization.curves import Curve, Line
from evalkit.panel.system import Indicator
from evalkit.stats.arrays import BLOCK, Array, Codes, Columns, pieces
from evalkit.stats.ranks import FLAT, flat, levels
from evalkit.terms import Text

LONG = 2 * BLOCK  # one column at a time leaves room for longer pieces


class Normalization(Protocol):
    """What a normalization does: learn one curve an indicator; scores are not clipped, and know no period, unless it says so."""

    @property
    def name(self) -> Text:
        """What it is called."""
        ...

    @property
    def clips(self) -> bool:
        """Whether scores beyond 0 and 1 are clipped."""
        return False

    @property
    def dated(self) -> bool:
        """Whether its curves must know the period of each row."""
        return False

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> tuple[Curve, ...]:
        """The curves, learnt on reference rows; `indicators` says of each column which way is better."""
        ...

    def remarks(self, indicators: Sequence[Indicator]) -> tuple[Note, ...]:
        """What a reader must know of the choice, made for some indicators."""
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class Normalized:
    """Normalized columns, made piece by piece and never kept whole: `columns` as read, `curves` one a column."""

    columns: Columns
    curves: tuple[Curve, ...]
    clip: bool = False

    @classmethod
    def of(cls, scores: Array) -> Normalized:
        """Scores of shape (n, rows), each row of the array one column, that are normalized already."""
        return cls(Columns(list(scores)), (Line(0.0, 1.0),) * len(scores))

    def __len__(self) -> int:
        return self.columns.height

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.curves)

    def take(self, which: Sequence[int]) -> Normalized:
        """Some of the columns."""
        columns = self.columns
        kept = replace(
            columns,
            arrays=[columns.arrays[j] for j in which],
            transforms=tuple(columns.transforms[j] for j in which) if columns.transforms else (),
        )
        return Normalized(kept, tuple(self.curves[j] for j in which), self.clip)

    def column(self, j: int) -> Iterator[Array]:
        """Column j in pieces; each piece is overwritten by the next."""
        buffer = np.empty(min(len(self), LONG))
        for rows in pieces(len(self), LONG):
            yield self.piece(j, rows, out=buffer[: rows.stop - rows.start])

    def figures(self) -> Normalized:
        """The figures behind the scores, as they are read before they are scored."""
        return Normalized(self.columns, (Line(0.0, 1.0),) * self.width)

    def piece(self, j: int, rows: slice, *, out: Array | None = None) -> Array:
        """Some rows of column j."""
        z = self._unclipped(j, rows, out)
        return np.clip(z, 0.0, 1.0, out=z) if self.clip else z

    def blocks(self) -> Iterator[tuple[slice, Array]]:
        """All columns in pieces of shape (columns, rows); each is overwritten by the next."""
        for rows, block in self._buffered():
            for j, z in enumerate(block):
                self._unclipped(j, rows, z)
            yield rows, np.clip(block, 0.0, 1.0, out=block) if self.clip else block

    def shortfalls(self) -> Iterator[tuple[slice, Array]]:
        """How far all columns fall short of the best, (1 − z) × span, in pieces like those of `blocks`.

        Along a line it is the distance to the figure that scores 1: what weighs it, or is the same at any scale, takes half the
        arithmetic of scores. A shortfall of 0 is never −0.
        """
        most = self.spans[:, None]
        for rows, block in self._buffered():
            for j, (curve, short) in enumerate(zip(self.curves, block, strict=True)):
                if not isinstance(curve, Line):
                    np.subtract(1.0, self._unclipped(j, rows, short), out=short)
                elif curve.zero_at < curve.one_at:
                    np.subtract(curve.one_at, self.columns.piece(j, rows), out=short)
                else:
                    np.subtract(self.columns.piece(j, rows), curve.one_at, out=short)
            yield rows, np.clip(block, 0.0, most, out=block) if self.clip else block

    @property
    def spans(self) -> Array:
        """The shortfall of a score of 0, by column: from one anchor of a line to the other, and 1 of other curves."""
        return np.array([abs(curve.one_at - curve.zero_at) if isinstance(curve, Line) else 1.0 for curve in self.curves])

    def whole(self) -> Array:
        """All columns at once, of shape (columns, rows)."""
        return np.concatenate([block.copy() for _, block in self.blocks()], axis=1)

    def levels(self, j: int) -> tuple[Array, Codes]:
        """Column j, whole, and the place of each of its scores from the least up; see `evalkit.stats.ranks.levels`."""
        z = np.concatenate([part.copy() for part in self.column(j)])
        return z, levels(z, np.concatenate([part.copy() for part in self.figures().column(j)]))

    def beyond(self) -> tuple[int, int]:
        """How many cells lie below 0 and above 1 before clipping."""
        counts = [curve.beyond(x) for curve, x in zip(self.curves, self.columns, strict=True)]
        return sum(low for low, _ in counts), sum(high for _, high in counts)

    def _unclipped(self, j: int, rows: slice, out: Array | None) -> Array:
        """Some rows of column j, before they are clipped."""
        dates = None if self.columns.dates is None else self.columns.period(rows)
        return self.curves[j].score(self.columns.piece(j, rows), out=out, dates=dates)

    def _buffered(self) -> Iterator[tuple[slice, Array]]:
        """Rows in pieces, and room for the columns of each: the same room again and again."""
        buffer = np.empty((self.width, min(len(self), BLOCK)))
        for rows in pieces(len(self)):
            yield rows, buffer[:, : rows.stop - rows.start]


def unused(given: Iterable[str], indicators: Sequence[Indicator]) -> tuple[Note, ...]:
    """A caution that names what values were given for and is no scored indicator: a slip, or an indicator of another system."""
    known = {indicator.id for indicator in indicators}
    names = several(name for name in given if name not in known)
    text = Text(
        "标准化中为 {names} 给定的值未使用：这里没有计分的同名指标。",
        "Values given to the normalization for {names} are not used: no indicator of that id is scored here.",
    )
    return (Note("caution", text.format(names=names)),) if names else ()


def refuse_constant(low: Array, high: Array, indicators: Sequence[Indicator]) -> None:
    """Refuse indicators whose lower and upper bound are one, or differ in their last bits alone; see `flat`."""
    marks = np.array([max(map(abs, i.ideal)) if i.ideal else 0.0 for i in indicators])  # what distances were taken from
    alike = [i.id for i, one in zip(indicators, flat(low, high) | (high - low <= FLAT * marks), strict=True) if one]
    if alike:
        raise NoAnswer(
            f"indicators [{several(alike)}] do not vary over the reference periods, so they cannot be normalized",
            do="take them out, choose other reference periods, or give goalposts",
        )
