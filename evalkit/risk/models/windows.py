"""Which origins train, calibrate and test: in order of time, and never one household on two sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.check import shown, whole
from evalkit.errors import NoAnswer, SpecError
from evalkit.risk.splits import balanced_folds
from evalkit.stats.arrays import Mask

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Origins that train, calibrate and test, first and last period of each; every outcome is known before the test begins.

    A row of origin t has its outcome at t + `horizon`, known `lag` later. Households that test neither train nor calibrate, and
    those that train do not calibrate. Where the same households are seen in every period nobody would be left: `household_folds`
    then deals households by lot into so many folds, of which the first tests, the second calibrates (where that is asked), and
    the others train.

    Examples
    --------
    >>> Windows(train=(2015, 2018), test=(2019, 2020), horizon=1)
    Traceback (most recent call last):
        ...
    evalkit.errors.SpecError: outcomes of train are not known before the test begins; found 2019, known at 2019, and a test from \
2019 on. To do: end train at 2017, or test from 2020 on.
    """

    train: Span
    test: Span
    horizon: int
    calibrate: Span | None = None
    lag: int = 0
    household_folds: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        whole(self.horizon, who="Windows horizon")
        whole(self.lag, who="Windows lag", least=0)
        whole(self.seed, who="Windows seed", least=0)
        if self.household_folds is not None:
            whole(self.household_folds, who="Windows household_folds", least=2 if self.calibrate is None else 3)
        for name in ("train", "calibrate", "test"):
            span = getattr(self, name)
            if span is None and name == "calibrate":
                continue
            whole_pair = isinstance(span, tuple) and len(span) == 2 and all(isinstance(t, int | np.integer) for t in span)
            if not whole_pair or span[0] > span[1]:
                raise SpecError(f"Windows {name} must be (first, last) period", found=shown(span), do="write (2015, 2018)")
        for name in ("train", "calibrate"):
            span = getattr(self, name)
            wait = self.horizon + self.lag
            if span is not None and span[1] + wait >= self.test[0]:
                found = f"{span[1] + self.horizon}, known at {span[1] + wait}, and a test from {self.test[0]} on"
                do = f"end {name} at {self.test[0] - wait - 1}, or test from {span[1] + wait + 1} on"
                raise SpecError(f"outcomes of {name} are not known before the test begins", found=found, do=do)
        if self.calibrate is not None and self.calibrate[0] <= self.train[1]:
            raise SpecError("Windows calibrate must come after train", found=f"{self.train} and {self.calibrate}")

    def parts(self, key: pd.MultiIndex, at_risk: Mask | None = None) -> tuple[Mask, Mask, Mask]:
        """Rows that train, calibrate and test; of those that are not at risk some train, of homes that do nothing else."""
        period, unit = key.get_level_values("period"), pd.factorize(key.get_level_values("unit"))[0]
        may = np.ones(len(key), dtype=bool) if at_risk is None else at_risk
        train, test = _within(period, self.train), may & _within(period, self.test)
        calibrate = np.zeros(len(key), dtype=bool) if self.calibrate is None else may & _within(period, self.calibrate)
        if self.household_folds is not None:
            fold = balanced_folds(unit, self.household_folds, self.seed)
            test, calibrate = test & (fold == 0), calibrate & (fold == 1)
            train = train & (fold > (0 if self.calibrate is None else 1))
        train = train & ~np.isin(unit, unit[test])
        calibrate = calibrate & ~np.isin(unit, unit[test]) & ~np.isin(unit, unit[train & may])
        train = train & (may | ~np.isin(unit, unit[calibrate]))
        for name, rows in (("train", train & may), ("calibrate", calibrate), ("test", test)):
            if not rows.any() and getattr(self, name) is not None:
                raise NoAnswer(
                    f"no row is left to {name}", found=f"periods {period.min()} to {period.max()}", do="move the windows"
                )
        return train, calibrate, test


def _within(period: Any, span: Span) -> Mask:
    return np.asarray((period >= span[0]) & (period <= span[1]))
