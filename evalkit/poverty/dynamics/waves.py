"""Two waves that are compared: incomes, lines and groups of each, and poverty at lines that are moved."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.panel.design import Sampled
from evalkit.poverty.columns import groups_of
from evalkit.poverty.income.additive import ADDITIVE, Asks, additive_values, counted_poor, incomes_and_lines
from evalkit.stats.arrays import Array
from evalkit.stats.parted import Parted
from evalkit.stats.quantiles import densities
from evalkit.stats.ranks import below
from evalkit.terms import Text

Base = Literal["first", "last", "average"]
BASES = ("first", "last", "average")


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """Incomes as shares of their line, and groups, of one wave."""

    income: Array
    parted: Parted
    labels: tuple[Hashable, ...]
    drawn: Sampled
    strict: bool

    @property
    def mean(self) -> Array:
        """Mean income of each group as a share of the line."""
        return self.parted.mean(self.income)

    def values(self, name: str, ratio: Array) -> Array:
        """What each row adds to an index at lines that are so many times as high in its group."""
        line = np.broadcast_to(self.parted.rows(ratio), self.income.shape)
        return additive_values(name, self.income, line, strict=self.strict)

    def slope(self, name: str, ratio: Array) -> Array:
        """How fast the index of each group rises with that ratio."""
        line = self.parted.rows(ratio)
        if name == "headcount":
            return densities(self.income, self.parted, ratio)
        poor = below(self.income, line, strict=self.strict)
        if name == "watts":
            return self.parted.mean(poor / line)
        power = ADDITIVE.index(name)
        gap = np.where(poor, np.maximum(1 - self.income / line, 0.0), 0.0)
        return self.parted.mean(poor * power * gap ** (power - 1) * (self.income / line) / line)


def waves_of(spec: Asks, frames: Sequence[pd.DataFrame], over: str | None, *, who: str) -> tuple[Wave, Wave]:
    """The first and the last wave as a spec asks for them."""
    found = []
    for frame in frames:
        income, line = incomes_and_lines(spec, frame, [] if over is None else [over], who=who)
        codes, labels = groups_of(frame, over)
        drawn = spec.design.on(frame)
        found.append(Wave(income / line, Parted.of(drawn.weights, codes, len(labels)), labels, drawn, spec.strict))
    return found[0], found[1]


def base_notes(base: Base, *, strict: bool) -> tuple[Note, ...]:
    """How the parts of a change were taken, and that they name no cause."""
    said = {
        "first": Text("以前期为基期。", "The first wave is the base."),
        "last": Text("以后期为基期。", "The last wave is the base."),
        "average": Text("取两种基期的平均（Shapley 值），无残差。", "The average of both bases (Shapley): nothing is left over."),
    }[base]
    arithmetic = Text("分解为算术恒等式，不说明原因。", "The parts are arithmetic and name no cause.")
    return Note("choice", said), Note("choice", counted_poor(strict=strict)), Note("caution", arithmetic)
