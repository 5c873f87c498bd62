"""Who trains and who tests: never one household on both sides, and never an outcome that was not known when the test began."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.check import a_period, shown, whole
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.risk.observed import a_name
from evalkit.stats.arrays import Codes, Mask


def balanced_folds(group: Codes, folds: int, seed: int | None = None) -> Codes:
    """The fold 0 … folds − 1 of each row, whole groups together, folds of like numbers of rows.

    Groups are dealt out from the largest to the smallest, there and back; groups of equal size in the order of their codes, or
    with a seed in an order drawn by lot.

    Examples
    --------
    >>> balanced_folds(np.array([0, 0, 0, 1, 1, 2, 3]), 2)
    array([0, 0, 0, 1, 1, 1, 0])
    """
    size = np.bincount(group)
    lot = np.arange(len(size)) if seed is None else np.random.default_rng(seed).permutation(len(size))
    order = np.lexsort((lot, -size))
    turn = np.arange(len(size)) % (2 * folds)
    fold = np.empty(len(size), dtype=np.intp)
    fold[order] = np.where(turn < folds, turn, 2 * folds - 1 - turn)
    return fold[group]


def linked(a: Codes, b: Codes) -> Codes:
    """Rows that share a value of `a` or of `b`, at first hand or through others, in one group; groups are numbered from 0.

    Examples
    --------
    >>> linked(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2]))
    array([0, 0, 0, 1])
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = int(a.max()) + int(b.max()) + 2
    ties = coo_array((np.ones(len(a)), (a, b + int(a.max()) + 1)), shape=(size, size))
    _, component = connected_components(ties, directed=False)
    return np.unique(component[a], return_inverse=True)[1].ravel()


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdFolds:
    """Folds by household: all rows of one are in the same fold. Rows keep their order, and nothing is shuffled without a seed.

    It says how a model fares with new households at the same time; for later times use `PurgedOrigins`.

    Parameters
    ----------
    folds
        How many.
    unit
        Where the household of each row stands: a level of the index of X, or a column of `groups` or of X.
    seed
        Of the lot that deals households of equal size to folds (None: by their names).

    Examples
    --------
    >>> X = pd.DataFrame({"income": [1.0, 2.0, 3.0, 4.0], "unit": ["a", "a", "b", "c"]})
    >>> [(train.tolist(), test.tolist()) for train, test in HouseholdFolds(folds=2).split(X)]
    [([2, 3], [0, 1]), ([0, 1], [2, 3])]
    """

    folds: int = 5
    unit: str = "unit"
    seed: int | None = None

    def __post_init__(self) -> None:
        _fold_checks(self.folds, self.seed, "HouseholdFolds")
        a_name(self.unit, who="HouseholdFolds unit")

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """How many folds there are."""
        return self.folds

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Codes, Codes]]:
        """Places of the rows that train and of those that test, fold by fold.

        Raises
        ------
        DataError
            There are fewer households than folds, or it is not said which household a row is of.
        """
        yield from _by_fold(_codes(X, groups, self.unit, who="HouseholdFolds"), self.folds, self.seed, "households")


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageFolds:
    """Folds by village: all rows of a village are in the same fold, and villages that share a household are too.

    It says how a model fares in villages it has not seen. `folds`, `unit` and `seed` as in `HouseholdFolds`; `village` is where
    the village of each row stands.

    Examples
    --------
    >>> X = pd.DataFrame({"unit": ["a", "a", "b", "c"], "village": ["p", "q", "q", "r"]})
    >>> [test.tolist() for _, test in VillageFolds(folds=2).split(X)]
    [[0, 1, 2], [3]]
    """

    folds: int = 5
    village: str = "village"
    unit: str = "unit"
    seed: int | None = None

    def __post_init__(self) -> None:
        _fold_checks(self.folds, self.seed, "VillageFolds")
        a_name(self.unit, who="VillageFolds unit")
        a_name(self.village, who="VillageFolds village")

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """How many folds there are."""
        return self.folds

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Codes, Codes]]:
        """Places of the rows that train and of those that test, fold by fold.

        Raises
        ------
        DataError
            There are fewer separate villages than folds, or it is not said where a row stands.
        """
        village, unit = (_codes(X, groups, name, who="VillageFolds") for name in (self.village, self.unit))
        yield from _by_fold(linked(village, unit), self.folds, self.seed, "villages without households in common")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutCounty:
    """Each county tests once, the others train; households that were also seen in the county that tests do not train.

    `county` and `unit` are where county and household of each row stand; `counties` are those that test (None: all, in order).

    Examples
    --------
    >>> X = pd.DataFrame({"unit": ["a", "b", "c", "a"], "county": ["p", "p", "q", "q"]})
    >>> [(train.tolist(), test.tolist()) for train, test in HeldOutCounty().split(X)]
    [([2], [0, 1]), ([1], [2, 3])]
    """

    county: str = "county"
    unit: str = "unit"
    counties: tuple[object, ...] | None = None

    def __post_init__(self) -> None:
        a_name(self.unit, who="HeldOutCounty unit")
        a_name(self.county, who="HeldOutCounty county")
        if self.counties is not None and (not isinstance(self.counties, tuple) or not self.counties):
            raise SpecError("HeldOutCounty counties must be a tuple of names, or None", found=shown(self.counties))

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """How many counties test."""
        if self.counties is not None:
            return len(self.counties)
        if X is None and groups is None:
            raise SpecError("HeldOutCounty counts counties in rows", do="pass X or groups, or name the counties")
        return int(_codes(X, groups, self.county, who="HeldOutCounty").max()) + 1

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Codes, Codes]]:
        """Places of the rows that train and of those that test, county by county.

        Raises
        ------
        DataError
            A county has no rows, or the others have none without its households.
        """
        values = _values(X, groups, self.county, who="HeldOutCounty")
        unit = _codes(X, groups, self.unit, who="HeldOutCounty")
        codes, names = pd.factorize(values, sort=self.counties is None)
        wanted = list(names) if self.counties is None else list(self.counties)
        absent = [name for name in wanted if name not in set(names)]
        if absent:
            raise DataError("some counties have no rows", found=several(absent), do="name counties that are in the data")
        for name in wanted:
            test = codes == names.get_loc(name)
            train = ~test & ~_shared(unit, test)
            if not train.any():
                what = "no row is left to train once households of the county are taken out"
                raise NoAnswer(what, where=f"county '{name}'", do="add households that were never in it")
            yield np.flatnonzero(train), np.flatnonzero(test)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgedOrigins:
    """Rolling origins: each window of origins tests once, and those train whose outcome was known before it began.

    A row of origin t has its outcome at t + `horizon`, known `lag` later; it trains for a window that begins at a if
    t + horizon + lag < a. Households of the window do not train either. Where the same households are seen in every period
    nobody would be left: `household_folds` then splits each window by household, and the others train.

    Parameters
    ----------
    horizon
        How many periods lie between origin and outcome.
    windows
        How many windows test, the last ones in time.
    span
        How many periods a window has.
    lag
        How many periods pass until an outcome is known.
    train_span
        How many periods of origins train at most, the latest (None: all).
    household_folds
        Into how many folds the households of each window are split (None: not).
    unit, period
        Where household and origin of each row stand: a level of the index of X, or a column of `groups` or of X; periods are
        whole numbers.

    Examples
    --------
    >>> X = pd.DataFrame({"unit": list("abcdef"), "period": [1, 2, 3, 4, 5, 6]})
    >>> [(train.tolist(), test.tolist()) for train, test in PurgedOrigins(horizon=2, windows=2).split(X)]
    [([0, 1], [4]), ([0, 1, 2], [5])]
    """

    horizon: int
    windows: int = 3
    span: int = 1
    lag: int = 0
    train_span: int | None = None
    household_folds: int | None = None
    unit: str = "unit"
    period: str = "period"

    def __post_init__(self) -> None:
        for name, least in (("horizon", 1), ("windows", 1), ("span", 1), ("lag", 0), ("train_span", 1), ("household_folds", 2)):
            value = getattr(self, name)
            if value is not None or name in ("horizon", "windows", "span", "lag"):
                whole(value, who=f"PurgedOrigins {name}", least=least)
        a_name(self.unit, who="PurgedOrigins unit")
        a_name(self.period, who="PurgedOrigins period")

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """How many pairs of training and test rows there are."""
        return self.windows * (self.household_folds or 1)

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Codes, Codes]]:
        """Places of the rows that train and of those that test, window by window, fold by fold.

        Raises
        ------
        DataError
            Periods are no whole numbers.
        NoAnswer
            A window holds no rows, or nothing is left to train.
        """
        period, unit = self._periods(X, groups), _codes(X, groups, self.unit, who="PurgedOrigins")
        fold = None if self.household_folds is None else balanced_folds(unit, self.household_folds)
        end = int(period.max()) + 1
        for start in range(end - self.windows * self.span, end, self.span):
            window = (period >= start) & (period < start + self.span)
            known = period + self.horizon + self.lag < start
            if self.train_span is not None and known.any():
                known &= period > int(period[known].max()) - self.train_span
            where = f"the window of periods {start} to {start + self.span - 1}"
            for part in range(self.household_folds or 1):
                test = window if fold is None else window & (fold == part)
                train = known & ~_shared(unit, test) if fold is None else known & (fold != part)
                yield _pair(train, test, where)

    def _periods(self, X: Any, groups: Any) -> Codes:
        """Periods as whole numbers."""
        found = np.asarray(_values(X, groups, self.period, who="PurgedOrigins"))
        if found.dtype.kind not in "iu":
            do = "number the periods, such as year × 4 + quarter"
            raise DataError("origins must be whole numbers", found=a_period(found[0]), do=do)
        return found.astype(np.intp)


def _pair(train: Mask, test: Mask, where: str) -> tuple[Codes, Codes]:
    """Places of both sides, neither of them empty."""
    if not test.any():
        raise NoAnswer("no row tests", where=where, do="ask for fewer or longer windows, or fewer folds")
    if not train.any():
        raise NoAnswer(
            "no row is left to train once outcomes not yet known and households that test are taken out",
            where=where,
            do="ask for fewer windows, or set household_folds where the same households are seen in every period",
        )
    return np.flatnonzero(train), np.flatnonzero(test)


def _by_fold(group: Codes, folds: int, seed: int | None, what: str) -> Iterator[tuple[Codes, Codes]]:
    count = int(group.max()) + 1
    if count < folds:
        raise DataError(f"{folds} folds need at least as many {what}", found=str(count), do="ask for fewer folds")
    fold = balanced_folds(group, folds, seed)
    for part in range(folds):
        yield np.flatnonzero(fold != part), np.flatnonzero(fold == part)


def _shared(unit: Codes, test: Mask) -> Mask:
    """Rows of households that test."""
    tests = np.zeros(int(unit.max()) + 1, dtype=bool)
    tests[unit[test]] = True
    return tests[unit]


def _codes(X: Any, groups: Any, name: str, *, who: str) -> Codes:
    return pd.factorize(_values(X, groups, name, who=who), sort=True)[0]


def _values(X: Any, groups: Any, name: str, *, who: str) -> Any:
    """A column of `groups`, a level of the index of X, or a column of X, whichever is found first; without gaps."""
    found: Any = None
    if isinstance(groups, pd.DataFrame) and name in groups.columns:
        found = groups[name]
    elif isinstance(X, pd.DataFrame | pd.Series) and name in X.index.names:
        found = X.index.get_level_values(name)
    elif isinstance(X, pd.DataFrame) and name in X.columns:
        found = X[name]
    if found is None:
        raise DataError(
            f"{who} finds no '{name}' of the rows",
            do=f"key X by it, or pass groups=frame[['{name}']], so that it is no feature",
        )
    if isinstance(found, pd.DataFrame) or not len(found):
        raise DataError(f"{who} needs one column '{name}' with rows", found=f"{getattr(found, 'shape', 0)}")
    if pd.isna(found).any():
        raise DataError(f"{who} finds gaps in '{name}'", found=f"{int(pd.isna(found).sum())} of them", do="complete it")
    rows = np.shape(X)[0] if X is not None and np.shape(X) else len(found)
    if rows != len(found):
        raise DataError(f"{who} needs '{name}' for each row of X", found=f"{len(found)} for {rows} rows")
    return found


def _fold_checks(folds: int, seed: int | None, who: str) -> None:
    whole(folds, who=f"{who} folds", least=2)
    if seed is not None:
        whole(seed, who=f"{who} seed", least=0)
