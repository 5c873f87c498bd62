"""Winsorizing by rank or by quartiles: the farthest figures of every column are read as a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.check import number
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.indicators.treatment.outliers import Tamed, Verdict, tamed
from evalkit.indicators.treatment.transforms import Within
from evalkit.panel.system import Indicator
from evalkit.stats.arrays import Array, Columns
from evalkit.stats.ranks import whole_part


def by_rank(x: Array, low: float, high: float) -> tuple[float, float]:
    """Limits that bring the ⌊low·n⌋ smallest and the ⌊high·n⌋ greatest of n figures to the next one.

    Both limits are observed figures; a share of 0 leaves its end open. Source: Tukey (1962), The Future of Data Analysis,
    Annals of Mathematical Statistics 33.

    Examples
    --------
    >>> by_rank(np.array([10.0, 4, 9, 8, 5, 3, 7, 2, 1, 6]), 0.1, 0.2)
    (2.0, 8.0)
    """
    first, last = whole_part(len(x), low), len(x) - 1 - whole_part(len(x), high)
    ordered = np.partition(x, (first, last))
    return float(ordered[first]) if low else -np.inf, float(ordered[last]) if high else np.inf


def by_fences(x: Array, times: float) -> tuple[float, float]:
    """Tukey's fences Q₁ − t(Q₃ − Q₁) and Q₃ + t(Q₃ − Q₁); quartiles interpolate between figures (type 7 of R).

    At t = 1.5, seven in a thousand figures of a normal distribution lie beyond. Source: Tukey (1977), Exploratory Data Analysis.

    Examples
    --------
    >>> by_fences(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100]), 1.5)
    (-4.5, 17.5)
    """
    lower, upper = np.quantile(x, (0.25, 0.75))
    reach = times * (upper - lower)
    return float(lower - reach), float(upper + reach)


@dataclass(frozen=True, slots=True, kw_only=True)
class Winsorize:
    """The smallest and the greatest reference figures of every column, in these shares, are read as the next one.

    Parameters
    ----------
    low, high
        The share of figures at either end; 0 leaves an end as it is.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties = ek.datasets.load("counties")
    >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"], outliers=Winsorize(low=0, high=0.01))
    >>> int(index.fit(counties, on=slice(2016, 2020)).frame["points"].max())
    6
    """

    low: float = 0.025
    high: float = 0.025

    def __post_init__(self) -> None:
        number(self.low, "[0, 0.5)", who="Winsorize low", do="use 0.025, or 0 to leave this end")
        number(self.high, "[0, 0.5)", who="Winsorize high", do="use 0.025, or 0 to leave this end")
        if self.low == self.high == 0:
            raise SpecError("Winsorize low and high are both 0, which changes nothing", do="use outliers=None instead")

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> Tamed:
        """The limits of every column."""
        return _winsorized([Within(*by_rank(x, self.low, self.high)) for x in columns], columns, indicators)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fences:
    """Figures beyond Tukey's fences, `times` the interquartile range past the quartiles, are read as the fence.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties = ek.datasets.load("counties")
    >>> index = ek.CompositeIndex(system=ek.systems("revitalization")["revitalization"], outliers=Fences(times=3.0))
    >>> int(index.fit(counties, on=slice(2016, 2020)).frame["points"].sum())
    0
    """

    times: float = 1.5

    def __post_init__(self) -> None:
        number(self.times, "(0, ∞)", who="Fences times", do="use 1.5, or 3 for what lies far out")

    def learn(self, columns: Columns, indicators: Sequence[Indicator]) -> Tamed:
        """The fences of every column."""
        return _winsorized([Within(*by_fences(x, self.times)) for x in columns], columns, indicators)


def _winsorized(limits: Sequence[Within], columns: Columns, indicators: Sequence[Indicator]) -> Tamed:
    """All columns within their limits; limits that close on one figure are refused."""
    closed = [i.id for i, within in zip(indicators, limits, strict=True) if within.low == within.high]
    if closed:
        raise NoAnswer(
            f"so many figures of [{several(closed)}] are alike that winsorizing would make all so",
            do="use SkewKurtosis(), winsorize fewer figures, or take these indicators out",
        )
    return tamed([Verdict.on(x, within) for x, within in zip(columns, limits, strict=True)], indicators)
