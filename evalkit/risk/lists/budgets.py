"""What a budget of visits allows: a share, a number, so many in each village, or a quota for each county."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd

from evalkit.check import able, number, positive, shown
from evalkit.errors import DataError, SpecError, several
from evalkit.risk.observed import a_name, labeled
from evalkit.stats.arrays import Array, Codes
from evalkit.terms import Text


class Allowed(NamedTuple):
    """The block 0, 1, … of each row, and the share of its costs each block may spend."""

    block: Codes
    share: Array


class Budget(Protocol):
    """What a budget is to those who spend it."""

    def over(self, frame: pd.DataFrame, cost: Array) -> Allowed:
        """How much each block of rows may spend, as a share of what visiting all of it would cost."""
        ...

    @property
    def said(self) -> Text:
        """The budget in words."""
        ...

    @property
    def label(self) -> str:
        """The budget in a table."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of all, such as a tenth of the population.

    Examples
    --------
    >>> Share(share=0.1).over(pd.DataFrame(index=range(2)), np.ones(2)).share
    array([0.1])
    """

    share: float

    def __post_init__(self) -> None:
        number(self.share, "(0, 1]", who="Share share")

    def over(self, frame: pd.DataFrame, cost: Array) -> Allowed:
        """One block of all rows."""
        return Allowed(np.zeros(len(frame), dtype=np.intp), np.array([float(self.share)]))

    @property
    def said(self) -> Text:
        """The budget in words."""
        return Text("总量的 {share:.4g}%", "{share:.4g} % of all").format(share=100 * self.share)

    @property
    def label(self) -> str:
        """The budget in a table."""
        return f"share {self.share:.4g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """So many in all, in the unit of costs: households, persons, or visits.

    Examples
    --------
    >>> Number(number=1).over(pd.DataFrame(index=range(4)), np.ones(4)).share
    array([0.25])
    """

    number: float

    def __post_init__(self) -> None:
        positive(self.number, who="Number number")

    def over(self, frame: pd.DataFrame, cost: Array) -> Allowed:
        """One block of all rows; no more than all of it."""
        return Allowed(np.zeros(len(frame), dtype=np.intp), _at_most_all(np.array([float(self.number)]), np.array([cost.sum()])))

    @property
    def said(self) -> Text:
        """The budget in words."""
        return Text("共 {number:,.10g}", "{number:,.10g} in all").format(number=self.number)

    @property
    def label(self) -> str:
        """The budget in a table."""
        return f"number {self.number:.10g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitsPerVillage:
    """The same number of visits in each village, to those of greatest risk there; a village that is smaller is visited whole.

    Each row takes its cost of them: with survey weights as costs a visit to a row is one to each household it stands for.

    Examples
    --------
    >>> homes = pd.DataFrame({"village": ["a", "a", "a", "a", "b"]})
    >>> VisitsPerVillage(visits=2).over(homes, np.ones(5)).share
    array([0.5, 1. ])
    """

    visits: float
    village: str = "village"

    def __post_init__(self) -> None:
        positive(self.visits, who="VisitsPerVillage visits")
        a_name(self.village, who="VisitsPerVillage village")

    def over(self, frame: pd.DataFrame, cost: Array) -> Allowed:
        """One block a village."""
        block, names = labeled(frame, self.village, who="VisitsPerVillage")
        total = np.bincount(block, weights=cost, minlength=len(names)).astype(float)
        return Allowed(block, _at_most_all(np.full(len(names), float(self.visits)), total))

    @property
    def said(self) -> Text:
        """The budget in words."""
        return Text("每村 {visits:,.10g} 次走访", "{visits:,.10g} visits in each village").format(visits=self.visits)

    @property
    def label(self) -> str:
        """The budget in a table."""
        return f"{self.visits:.10g} a village"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyQuotas:
    """A number of its own for each county.

    Examples
    --------
    >>> homes = pd.DataFrame({"county": ["a", "a", "b", "b"]})
    >>> CountyQuotas(quotas={"a": 1, "b": 0}).over(homes, np.ones(4)).share
    array([0.5, 0. ])
    """

    quotas: Mapping[object, float]
    county: str = "county"

    def __post_init__(self) -> None:
        a_name(self.county, who="CountyQuotas county")
        if not isinstance(self.quotas, Mapping) or not self.quotas:
            raise SpecError("CountyQuotas quotas must name a number for each county", found=shown(self.quotas))
        for name, quota in self.quotas.items():
            number(quota, "[0, ∞)", who=f"the quota of {name!r}", do="give a number, 0 for none")
        object.__setattr__(self, "quotas", dict(self.quotas))

    def over(self, frame: pd.DataFrame, cost: Array) -> Allowed:
        """One block a county; each county of the frame needs a quota."""
        block, names = labeled(frame, self.county, who="CountyQuotas")
        absent = [name for name in names if name not in self.quotas]
        if absent:
            raise DataError("some counties have no quota", found=several(absent), do="give each a number, 0 for none")
        total = np.bincount(block, weights=cost, minlength=len(names)).astype(float)
        return Allowed(block, _at_most_all(np.array([float(self.quotas[name]) for name in names]), total))

    @property
    def said(self) -> Text:
        """The budget in words."""
        total = sum(self.quotas.values())
        return Text("各县定额，共 {total:,.10g}", "a quota for each county, {total:,.10g} in all").format(total=total)

    @property
    def label(self) -> str:
        """The budget in a table."""
        return f"quotas {sum(self.quotas.values()):.10g}"


def _at_most_all(number: Array, total: Array) -> Array:
    """Numbers as shares of totals, at most 1."""
    return np.minimum(np.divide(number, total, out=np.ones(len(total)), where=total > 0), 1.0)


def budgets_of(value: Budget | tuple[Budget, ...], *, who: str) -> tuple[Budget, ...]:
    """One budget or several as a tuple, each once."""
    budgets = tuple(value) if isinstance(value, list | tuple) else (value,)
    for budget in budgets:
        able(budget, "over", who=f"a budget of {who}", do="use Share, Number, VisitsPerVillage or CountyQuotas")
    if not budgets or len({budget.label for budget in budgets}) != len(budgets):
        raise SpecError(f"{who} needs one budget, or several different ones", found=shown(value))
    return budgets
