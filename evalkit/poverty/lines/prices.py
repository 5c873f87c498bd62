"""Prices by year: lines and incomes carried from the prices of one year to those of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.check import one_of, positive, shown
from evalkit.errors import DataError, SpecError, several
from evalkit.stats.arrays import Array, Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Deflator:
    """Prices by year, to carry a line or an income from the prices of one year to those of another.

    Parameters
    ----------
    index
        Year → figure.
    kind
        "level": a price index of a fixed base. "yearly": the year before is 100, as Chinese yearbooks print it; the years must be
        consecutive.

    Examples
    --------
    >>> prices = Deflator(index={2020: 100.0, 2021: 101.0, 2022: 102.0}, kind="yearly")
    >>> round(prices.carry(4000.0, 2020, 2022), 2)
    4120.8
    >>> prices.real(np.array([4120.8]), np.array([2022]), base=2020)
    array([4000.])
    """

    index: Mapping[int, float]
    kind: Literal["level", "yearly"] = "level"

    def __post_init__(self) -> None:
        one_of(self.kind, ("level", "yearly"), who="Deflator kind")
        if isinstance(self.index, pd.Series):
            object.__setattr__(self, "index", self.index.to_dict())
        if not isinstance(self.index, Mapping) or not self.index:
            raise SpecError("Deflator needs a price index by year", found=shown(self.index), do="give {2020: 100.0, 2021: 100.9}")
        for year, price in self.index.items():
            if isinstance(year, bool) or not isinstance(year, int | np.integer):
                raise SpecError("the years of a price index are whole numbers", found=shown(year))
            positive(price, who=f"the price index of {year}")
        years = sorted(self.index)
        if self.kind == "yearly" and years != list(range(years[0], years[-1] + 1)):
            raise SpecError("a yearly price index needs consecutive years", found=several(years, 20), do="complete it")

    def level(self, years: Codes) -> Array:
        """The price level of each year, on one base.

        Raises
        ------
        DataError
            A year is not in the index.
        """
        known = np.array(sorted(self.index))
        figures = np.array([float(self.index[int(year)]) for year in known])
        levels = np.cumprod(np.append(1.0, figures[1:] / 100)) if self.kind == "yearly" else figures
        at = np.searchsorted(known, years)
        absent = (at == len(known)) | (known[np.minimum(at, len(known) - 1)] != years)
        if absent.any():
            found = several(np.unique(np.asarray(years)[absent]))
            raise DataError(f"the price index lacks years {found}", found=f"years {several(known, 20)}", do="complete the index")
        return levels[at]

    def real(self, values: Array, years: Codes, *, base: int) -> Array:
        """Values of each year in prices of the base year."""
        return np.asarray(values, dtype=float) * self.level(np.array([base]))[0] / self.level(np.asarray(years))

    def carry(self, value: float, since: int, until: int) -> float:
        """A value in prices of `since`, in prices of `until`."""
        return float(self.real(np.array([value]), np.array([since]), base=until)[0])
