"""Homes followed over waves: rows sorted by home and period, and where each home stands so many periods later or earlier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evalkit.check import has_columns, keyed, neither, no_numbers
from evalkit.errors import DataError, SpecError, several
from evalkit.panel.cells import written_once
from evalkit.panel.panel import Panel
from evalkit.stats.arrays import Array, Codes


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """Rows of homes by (unit, period), sorted; `unit` are codes, `period` whole numbers, `key` both in one rising number.

    `found` keeps what was looked up.
    """

    frame: pd.DataFrame
    unit: Codes
    period: Codes
    key: Codes
    who: str
    found: dict[int, Codes] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, panel: Panel | pd.DataFrame, needed: Iterable[str] = (), *, who: str) -> Followed:
        """The rows of a panel or of a frame keyed by (unit, period), each key once.

        Examples
        --------
        >>> key = pd.MultiIndex.from_tuples([("b", 2), ("a", 3), ("a", 1)], names=["unit", "period"])
        >>> Followed.of(pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=key), who="this").frame["x"].tolist()
        [3.0, 2.0, 1.0]
        """
        frame = panel.frame if isinstance(panel, Panel) else panel
        if not isinstance(frame, pd.DataFrame):
            found, do = type(frame).__name__, "pass one row a home and period"
            raise SpecError(f"{who} needs a Panel or a DataFrame", found=found, do=do)
        keyed(pd.Series(0, index=frame.index), who=f"the frame of {who}", homes=True)
        assert isinstance(frame.index, pd.MultiIndex)
        has_columns(frame, needed, who=who)
        twice = frame.columns[frame.columns.duplicated()]
        if len(twice):
            raise DataError(f"{who} finds columns more than once", found=several(twice), do="give each column its own name")
        try:
            unit, codes = pd.factorize(frame.index.get_level_values("unit"), sort=True)
        except TypeError as mixed:
            raise DataError(f"units of the frame of {who} are of several kinds", do="make them all text") from mixed
        written_once(unit, codes, who=who)
        unit, period = unit.astype(np.intp), frame.index.get_level_values("period").to_numpy(dtype=np.intp)
        key = unit * (int(period.max() - period.min()) + 1) + period - period.min()
        if (key[1:] <= key[:-1]).any():
            order = np.argsort(key, kind="stable")
            frame, unit, period, key = frame.iloc[order], unit[order], period[order], key[order]
        return cls(frame, unit, period, key, who)

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def waves(self) -> Codes:
        """The periods in which any home was seen, rising."""
        return np.unique(self.period)

    def at(self, later: int) -> Codes:
        """The row of the same home `later` periods on (earlier where negative); −1 where it was not seen then."""
        if later not in self.found:
            wanted = self.key + later
            place = np.minimum(np.searchsorted(self.key, wanted), len(self.key) - 1)
            there = self.period + later
            held = (self.key[place] == wanted) & (there >= self.period.min()) & (there <= self.period.max())
            self.found[later] = np.where(held, place, -1)
        return self.found[later]

    def earlier(self, values: Array, back: int | None = None) -> Array:
        """Sums of values over the earlier rows of the same home, of the last `back` periods or of all."""
        total = np.concatenate([[0.0], np.cumsum(values)])
        start = np.searchsorted(self.unit, self.unit)
        if back is not None:
            start = np.maximum(start, np.searchsorted(self.key, self.key - back))
        return total[np.arange(len(self))] - total[start]

    def figures(self, name: str) -> Array:
        """A column as numbers, NaN where it holds a gap; text and infinite figures are refused."""
        column = self.frame[name]
        if not pd.api.types.is_numeric_dtype(column.dtype) or column.dtype.kind == "c":
            what = f"{self.who} needs numbers in column '{name}'"
            raise DataError(what, found=no_numbers(column), do="read it as numbers first")
        values = column.to_numpy(dtype=float, na_value=np.nan)
        if np.isinf(values).any():
            raise DataError(f"{self.who} finds infinite figures in column '{name}'", do="mend them, or make them gaps")
        return values

    def flags(self, name: str) -> Array:
        """A column of yes (1) and no (0), NaN where it holds a gap."""
        values = self.figures(name)
        bad = ~(np.isnan(values) | (values == 0) | (values == 1))
        if bad.any():
            found = neither(np.unique(values[bad]))
            raise DataError(f"{self.who} needs 1 and 0 in column '{name}'", found=found, do="give 1 for yes, 0 for no")
        return values


def origins_of(frame: pd.DataFrame | pd.Series) -> pd.MultiIndex:
    """The index of a frame keyed by (unit, period), called (unit, origin)."""
    assert isinstance(frame.index, pd.MultiIndex)
    return frame.index.set_names(["unit", "origin"])
