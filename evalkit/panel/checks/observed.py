"""What the checks of values look at: figures keyed by unit and period, and how their places are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.panel.findings import LISTED, Finding, finding, listing
from evalkit.panel.panel import Places
from evalkit.panel.rules.rules import RULES, Severity
from evalkit.panel.system import Indicator, IndicatorSystem

Span = tuple[int, int]  # the first and the last year


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Observed:
    """Figures sorted by unit and period, each pair once, and the indicators that are asked of them.

    `places` says where they stand in the file they come from, if they do; `asked` are the indicators of the systems by id,
    empty when no system is at hand: then every column counts as asked for; `reference` are the first and the last of the
    years that a study learns on; `weights` are the weights and their column; `said` is the unit of measure that the file names
    for a column.
    """

    frame: pd.DataFrame
    asked: Mapping[str, Indicator] = field(default_factory=dict)
    places: Places | None = None
    reference: Span | None = None
    weights: tuple[str, NDArray[np.float64]] | None = None
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def units(self) -> NDArray[np.object_]:
        """The unit of each row."""
        return self.frame.index.get_level_values("unit").to_numpy(object)

    @property
    def periods(self) -> NDArray[np.int64]:
        """The period of each row."""
        return self.frame.index.get_level_values("period").to_numpy(np.int64)

    @property
    def scored(self) -> tuple[str, ...]:
        """The columns that a score needs; all of them when no system is at hand."""
        if not self.asked:
            return tuple(map(str, self.frame.columns))
        return tuple(column for column, indicator in self.asked.items() if indicator.scored and column in self.frame)

    def values(self, column: str) -> NDArray[np.float64]:
        """The figures of a column."""
        return self.frame[column].to_numpy(np.float64)

    def where(self, column: str, at: NDArray[np.intp]) -> str:
        """Some rows of a column by unit, period and, in a file, cell."""
        keys = self.frame.index[at[:LISTED]]
        cells = self.places.cells(column, keys) if self.places else [""] * len(keys)
        names = [f"{unit} {year} ({cell})" if cell else f"{unit} {year}" for (unit, year), cell in zip(keys, cells, strict=True)]
        return listing(names, total=len(at))

    def found(self, rule: str, column: str, **more: Any) -> Finding:
        """A finding about a column; about one that no score needs, a defect is only a notice."""
        severity: Severity = RULES[rule].severity
        if severity == "defect" and self.asked and column not in self.scored:
            severity = "notice"
        return finding(rule, column=column, severity=severity, **more)

    def of_weights(self, rule: str, column: str, at: NDArray[np.intp]) -> Finding:
        """A finding about some of the weights."""
        return finding(rule, column=column, count=len(at), where=self.where(column, at))


def asked_of(systems: Sequence[IndicatorSystem]) -> dict[str, Indicator]:
    """The indicators of some systems by id; one that is scored anywhere counts as scored."""
    every = [indicator for system in systems for indicator in system.every]
    context = {indicator.id: indicator for indicator in every if not indicator.scored}
    return {**dict(context.items()), **{indicator.id: indicator for indicator in every if indicator.scored}}
