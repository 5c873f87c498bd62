"""What each system counts in the development index T: given, equal, or learnt from the systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from evalkit.check import shown
from evalkit.errors import NoAnswer, SpecError
from evalkit.panel.panel import Periods, resolve
from evalkit.stats.arrays import Array
from evalkit.stats.entropy import entropy_divergence
from evalkit.terms import Text


class ShareRule(Protocol):
    """A way to learn shares from the systems themselves."""

    @property
    def name(self) -> Text:
        """What the shares are called."""
        ...

    def learn(self, u: Array, index: pd.Index) -> Array:
        """Shares of systems of shape (n, m), summing to one; `index` keys the rows by (unit, period)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EntropyShares:
    """Entropy weights of the systems, a = d / Σ d with d = 1 − e over the reference unit-years: what is uneven counts more.

    `on` are the reference periods (None: all). They say which system is unevenly spread, not which one matters.

    Examples
    --------
    >>> key = pd.MultiIndex.from_tuples([("a", 1), ("b", 1)], names=["unit", "period"])
    >>> EntropyShares().learn(np.array([[0.0, 1.0], [0.5, 0.5]]), key)
    array([1., 0.])
    """

    on: Periods = None

    def __post_init__(self) -> None:
        _periods(self.on, "EntropyShares on")

    @property
    def name(self) -> Text:
        """What the shares are called."""
        return Text("熵权法确定的系统权重", "shares by entropy")

    def learn(self, u: Array, index: pd.Index) -> Array:
        """Shares of systems of shape (n, m)."""
        known = _reference(u, index, self.on)
        if known.shape[1] < 2:
            raise NoAnswer("entropy compares rows and there is one", do="take more reference periods, or use equal shares")
        d = entropy_divergence(known.T)
        if not d.sum() > 0:
            raise NoAnswer("entropy gives no shares: no system varies over the reference periods", do="use equal shares")
        return d / d.sum()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionShares:
    """What each system contributes to the level of all, a_i = Σ U_i / Σ_i Σ U_i over the reference unit-years.

    A system that stands high counts more, which raises T: read the result beside that with equal shares. `on` are the reference
    periods (None: all).

    Examples
    --------
    >>> key = pd.MultiIndex.from_tuples([("a", 1), ("b", 1)], names=["unit", "period"])
    >>> ContributionShares().learn(np.array([[0.2, 0.4], [0.9, 0.9]]), key)
    array([0.25, 0.75])
    """

    on: Periods = None

    def __post_init__(self) -> None:
        _periods(self.on, "ContributionShares on")

    @property
    def name(self) -> Text:
        """What the shares are called."""
        return Text("贡献率确定的系统权重", "shares by contribution")

    def learn(self, u: Array, index: pd.Index) -> Array:
        """Shares of systems of shape (n, m)."""
        total = _reference(u, index, self.on).sum(axis=1)
        if not total.sum() > 0:
            raise NoAnswer("contributions give no shares: every system is 0 over the reference periods", do="use equal shares")
        return total / total.sum()


def _periods(on: object, who: str) -> None:
    """Refuse what names no periods."""
    named = [on.start, on.stop] if isinstance(on, slice) else list(on) if isinstance(on, range | list | set) else [on]
    if not all(one is None or (isinstance(one, int | np.integer) and not isinstance(one, bool)) for one in named):
        do = "write slice(2016, 2020) for a span, [2016, 2020] for two years, None for all"
        raise SpecError(f"{who} names no periods", found=shown(on), do=do)


def _reference(u: Array, index: pd.Index, on: Periods) -> Array:
    """The columns of the reference periods."""
    if on is None:
        return u
    period = index.get_level_values("period")
    chosen = resolve(on, tuple(sorted(int(p) for p in period.unique())))
    return u[:, np.asarray(period.isin(chosen))]
