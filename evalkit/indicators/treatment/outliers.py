"""Outliers: what is tamed, by rules of skewness and kurtosis, and every figure that this changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from evalkit.answer import Note
from evalkit.indicators.treatment.transforms import FromIdeal
from evalkit.panel.system import Direction, Indicator
from evalkit.stats.arrays import Array, Columns, Transform


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tamed:
    """What is done to each column before it is scored: `transforms`, one a column, or none at all.

    `beside` holds what was learnt of each indicator (a column each of the fitted frame).
    """

    names: tuple[str, ...]
    transforms: tuple[Transform | None, ...]
    beside: Mapping[str, Array | list[str]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


class Outliers(Protocol):
    """A rule against outliers, learnt on reference rows."""

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> Tamed:
        """What is done to each column."""
        ...


def untamed(columns: Columns, indicators: Sequence[Indicator]) -> Tamed:
    """Every figure as it is, but for moderate indicators, which are read as their distance from the ideal."""
    return Tamed(names=tuple(i.id for i in indicators), transforms=read_as(indicators))


def read_as(indicators: Sequence[Indicator]) -> tuple[Transform | None, ...]:
    """The distance from its ideal for a moderate indicator, nothing for the others; empty where no indicator is moderate."""
    if not any(i.direction is Direction.MODERATE for i in indicators):
        return ()
    return tuple(FromIdeal(*i.ideal) if i.ideal is not None else None for i in indicators)
