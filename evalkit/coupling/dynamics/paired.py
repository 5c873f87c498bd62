"""Two systems on common keys, in the order of time, and the steps from one observation to a later one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evalkit.check import keyed
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.stats.arrays import Array, Codes, native
from evalkit.stats.transitions import lagged
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pair:
    """Two systems as `u` of shape (2, m) on rows sorted by unit and period; `unit` numbers the units from 0."""

    names: tuple[str, str]
    u: Array
    index: pd.MultiIndex
    unit: Codes
    period: Codes
    titles: Mapping[str, Text] = field(default_factory=dict)

    @property
    def units(self) -> int:
        """How many units there are."""
        return int(self.unit[-1]) + 1 if len(self.unit) else 0

    def steps(self, lag: int | None = None) -> tuple[Codes, Codes]:
        """Rows (before, after): each observation and the next one of its unit, or the one exactly `lag` periods later."""
        if lag is not None:
            return lagged(self.unit, self.period, lag)
        before = np.flatnonzero(self.unit[1:] == self.unit[:-1])
        return before, before + 1


def paired(systems: Mapping[str, pd.Series], *, who: str, taken: tuple[str, ...] = ()) -> Pair:
    """Two systems on their common keys.

    Raises
    ------
    SpecError
        There are fewer than two systems, or one has the name of a column of the answer.
    NoAnswer
        There are more than two.
    DataError
        A series is not keyed, or they cover different unit-years.
    """
    if len(systems) < 2:
        raise SpecError(f"{who} needs two systems", found=several(systems) or "none", do="pass measure(kept=…, rise=…)")
    if len(systems) > 2:
        first, second, third = list(systems)[:3]
        raise NoAnswer(
            f"{who} is a matter of two systems",
            found=several(systems),
            do=f"measure each pair by itself: {first} with {second}, {first} with {third}, {second} with {third}",
        )
    clash = [name for name in systems if name in taken]
    if clash:
        raise SpecError(f"a system cannot be named {several(clash)}", do="that is a column of the answer; rename the system")
    a, b = systems
    for name, series in systems.items():
        keyed(series, who=f"system '{name}'")
    apart = systems[a].index.symmetric_difference(systems[b].index)
    if len(apart):
        found = f"{len(apart)} are in one only: {several(apart)}"
        do = "treat both from one panel, or leave those units out of both"
        raise DataError(f"systems '{a}' and '{b}' do not cover the same unit-years", found=found, do=do)
    index = systems[a].index.sort_values()
    assert isinstance(index, pd.MultiIndex)
    u = np.stack([native(series).reindex(index).to_numpy(dtype=float) for series in systems.values()])
    unit = np.cumsum(np.diff(index.codes[0], prepend=index.codes[0][:1]) != 0).astype(np.intp)
    period = index.get_level_values("period").to_numpy().astype(np.intp)
    titles = {name: series.attrs["title"] for name, series in systems.items() if "title" in series.attrs}
    return Pair(names=(a, b), u=u, index=index, unit=unit, period=period, titles=titles)
