"""Missing values filled from what is alike: the mean of the nearest neighbors, or regressions on the other indicators."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from evalkit.check import flag, whole
from evalkit.errors import DataError, not_installed, several
from evalkit.panel.panel import Panel
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import flat
from evalkit.terms import Text


def from_neighbors(x: Array, k: int) -> Array:
    """Rows of shape (m, n) with each gap filled by the mean of the k nearest rows that have the figure.

    The distance of two rows is Euclidean over the columns both have, scaled up by √(n / columns both have). No mean leaves the
    range of the column. A row that shares no column with any other gets the column's mean. Source: Troyanskaya et al. (2001),
    Missing Value Estimation Methods for DNA Microarrays, Bioinformatics 17(6); computed by scikit-learn's `KNNImputer`.

    Examples
    --------
    >>> nan = np.nan
    >>> from_neighbors(np.array([[1, 2, nan], [3, 4, 3], [nan, 6, 5], [8, 8, 7]]), k=2)[[0, 2], [2, 0]].tolist()
    [4.0, 5.5]
    """
    filled: Array = _learning("Neighbors").KNNImputer(n_neighbors=k).fit_transform(x)
    return filled


def from_regressions(x: Array, rounds: int) -> Array:
    """Rows of shape (m, n) with the gaps of each column predicted from all the others by Bayesian ridge regression.

    Starts at the means, takes the columns from the fewest gaps to the most, and goes round until the figures settle, at most
    `rounds` times. Predictions are clipped to the observed range of their column. Source: van Buuren & Groothuis-Oudshoorn
    (2011), mice, Journal of Statistical Software 45(3), without its random draws: the same data give the same figures.
    Computed by scikit-learn's `IterativeImputer`.

    Examples
    --------
    >>> nan = np.nan
    >>> filled = from_regressions(np.array([[1, 2], [3, 6], [4, 8], [nan, 3], [9, 18], [7, nan]]), rounds=10)
    >>> filled[[3, 5], [0, 1]].round(2).tolist()
    [1.5, 14.0]
    """
    low, high = np.nanmin(x, axis=0), np.nanmax(x, axis=0)
    bounds = {"min_value": low, "max_value": np.nextafter(high, np.inf)}  # a constant column needs some room, too
    imputer = _learning("Iterative").IterativeImputer(max_iter=rounds, **bounds)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*Early stopping criterion not reached")
        return np.clip(imputer.fit_transform(x), low, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbors:
    """The mean of the k most similar units of the same period, or of the k most similar unit-years where `pooled`.

    Similar is what lies near on all the columns treated, each divided by its standard deviation; see `from_neighbors`. A row
    with nothing observed stays open. Needs scikit-learn.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties = ek.datasets.load("counties")
    >>> columns = ek.systems("revitalization")["revitalization"].columns
    >>> treated = ek.treat(counties, columns, (Neighbors(k=5),))
    >>> set(treated.filled["method"])
    {'Neighbors'}
    """

    k: int = 5
    pooled: bool = False

    def __post_init__(self) -> None:
        whole(self.k, who="Neighbors k", do="use 5")
        flag(self.pooled, who="Neighbors pooled")

    @property
    def name(self) -> Text:
        """What the step is called."""
        if self.pooled:
            return Text("最相近的 {k} 条地区年度记录的均值", "the mean of the {k} most similar unit-years").format(k=self.k)
        return Text("同年最相近的 {k} 个地区的均值", "the mean of the {k} most similar units of the same year").format(k=self.k)

    def fill(self, values: pd.DataFrame, panel: Panel) -> pd.DataFrame:
        """Gaps filled from the nearest rows."""
        period = values.index.get_level_values("period")
        parts = [("", values)] if self.pooled else [(f"{at}", part) for at, part in values.groupby(period)]
        filled = [_from_alike(part, partial(from_neighbors, k=self.k), self, where) for where, part in parts]
        return pd.concat(filled).reindex(values.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterative:
    """Regressions of every indicator on all the others, over all unit-years, repeated until they settle.

    See `from_regressions`. Figures never leave the observed range; a row with nothing observed stays open. Needs scikit-learn.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties = ek.datasets.load("counties")
    >>> columns = ek.systems("revitalization")["revitalization"].columns
    >>> treated = ek.treat(counties, columns, (Iterative(),))
    >>> set(treated.filled["method"])
    {'Iterative'}
    """

    rounds: int = 10

    def __post_init__(self) -> None:
        whole(self.rounds, who="Iterative rounds", do="use 10")

    @property
    def name(self) -> Text:
        """What the step is called."""
        return Text("以其余指标迭代回归", "iterated regressions on the other indicators")

    def fill(self, values: pd.DataFrame, panel: Panel) -> pd.DataFrame:
        """Gaps filled by regressions on the other columns."""
        return _from_alike(values, partial(from_regressions, rounds=self.rounds), self)


def _from_alike(values: pd.DataFrame, fill: Callable[[Array], Array], step: object, where: str = "") -> pd.DataFrame:
    """Gaps filled on standardized columns, within the observed range; a row with nothing observed stays open."""
    empty = values.columns[values.isna().all()]
    if len(empty):
        raise DataError(
            f"{type(step).__name__} cannot fill [{several(empty)}]: no unit has a figure to learn from",
            where=where,
            do="take these indicators out, leave out the year, or pool the years (pooled=True)" if where else "take them out",
        )
    seen = values[values.notna().any(axis=1)]
    if not seen.isna().any(axis=None):
        return values
    center, spread = seen.mean(), seen.std(ddof=0)
    spread = spread.mask(flat(seen.min().to_numpy(), seen.max().to_numpy()) | ~(spread > 0), 1.0)
    filled = fill(((seen - center) / spread).to_numpy()) * spread.to_numpy() + center.to_numpy()
    return values.fillna(pd.DataFrame(filled, seen.index, seen.columns).clip(seen.min(), seen.max(), axis=1))


def _learning(who: str) -> Any:
    """The imputers of scikit-learn."""
    try:
        from sklearn import impute
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    except ImportError:
        raise not_installed(f"{who} needs scikit-learn, which is not installed", "learn") from None
    return impute
