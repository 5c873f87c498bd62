"""Features of one home: its level, trend and drop of income, what weighs on it, and what struck it lately."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.check import positive, shown, whole
from evalkit.errors import DataError, SpecError
from evalkit.risk.features.past import Dated, Past, safe_ratio, slope
from evalkit.risk.observed import a_name, names_of
from evalkit.stats.arrays import Array


def log_ratio(income: Array, line: Array, floor: float) -> Array:
    """ln(income/line), incomes below `floor` lines set to it: 0 at the line, ln 2 at twice the line.

    Examples
    --------
    >>> log_ratio(np.array([2.0, 0.0]), np.array([1.0, 1.0]), 0.05).round(4)
    array([ 0.6931, -2.9957])
    """
    return np.asarray(np.log(np.maximum(income / line, floor)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The newest known figure of a column as it is, or of several added up."""

    name: str
    columns: str | tuple[str, ...]
    theme: str = "other"

    def __post_init__(self) -> None:
        _named(self.name, self.theme, "Level")
        object.__setattr__(self, "columns", names_of(self.columns, who=f"the columns of Level '{self.name}'"))

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns it reads."""
        return tuple(self.columns)

    def draw(self, past: Past) -> dict[str, Dated]:
        """Its figure at each origin."""
        return {self.name: _sum(past, self.sources)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Some columns added up over others added up: a burden, a share, a rate of dependency; see `safe_ratio`.

    It is cut at `most`, and is `most` where there is nothing to divide by.

    Examples
    --------
    >>> Ratio(name="medical_burden", parts="medical", whole="income", most=2.0, theme="burden").sources
    ('medical', 'income')
    """

    name: str
    parts: str | tuple[str, ...]
    whole: str | tuple[str, ...]
    most: float = 1.0
    theme: str = "other"

    def __post_init__(self) -> None:
        _named(self.name, self.theme, "Ratio")
        positive(self.most, who=f"the most of Ratio '{self.name}'")
        for part in ("parts", "whole"):
            object.__setattr__(self, part, names_of(getattr(self, part), who=f"the {part} of Ratio '{self.name}'"))

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns it reads."""
        return (*self.parts, *self.whole)

    def draw(self, past: Past) -> dict[str, Dated]:
        """Its figure at each origin."""
        top, bottom = _sum(past, tuple(self.parts)), _sum(past, tuple(self.whole))
        return {self.name: top.then(safe_ratio(top.value, bottom.value, self.most), bottom)}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeLevel:
    """ln(income/line) of the newest known income; incomes below `floor` lines are set to it."""

    name: str = "income_level"
    income: str = "income_pc"
    line: float | str = "line"
    floor: float = 0.05
    theme: str = "income"

    def __post_init__(self) -> None:
        _income_checks(self)

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns it reads."""
        return _income_sources(self.income, self.line)

    def draw(self, past: Past) -> dict[str, Dated]:
        """Its figure at each origin."""
        return {self.name: _income_at(self, past, 0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeTrend:
    """Slope by wave of ln(income/line) over the last known `waves`; a gap where fewer than two of them were seen."""

    name: str = "income_trend"
    income: str = "income_pc"
    line: float | str = "line"
    waves: int = 3
    floor: float = 0.05
    theme: str = "income"

    def __post_init__(self) -> None:
        _income_checks(self)
        whole(self.waves, who=f"the waves of IncomeTrend '{self.name}'", least=2)

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns it reads."""
        return _income_sources(self.income, self.line)

    def draw(self, past: Past) -> dict[str, Dated]:
        """Its figure at each origin."""
        seen = [_income_at(self, past, back) for back in range(self.waves)]
        found = slope(np.stack([one.value for one in seen]))
        return {self.name: seen[0].then(found, *seen[1:])}


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeDrop:
    """What share of the figure `back` waves ago is gone: 1 − now/then, from −`most` (risen) to 1 (nothing left).

    A gap where either was not seen, or there was nothing then.
    """

    name: str = "income_drop"
    column: str = "income_pc"
    back: int = 1
    most: float = 1.0
    theme: str = "income"

    def __post_init__(self) -> None:
        _named(self.name, self.theme, "RelativeDrop")
        a_name(self.column, who=f"the column of RelativeDrop '{self.name}'")
        whole(self.back, who=f"the back of RelativeDrop '{self.name}'")
        positive(self.most, who=f"the most of RelativeDrop '{self.name}'")

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns it reads."""
        return (self.column,)

    def draw(self, past: Past) -> dict[str, Dated]:
        """Its figure at each origin."""
        now, then = past.of(self.column), past.of(self.column, self.back)
        held = then.value > 0
        drop = 1 - np.divide(now.value, then.value, out=np.full(len(held), np.nan), where=held)
        return {self.name: now.then(np.clip(drop, -self.most, 1.0), then)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """In how many of the last known `waves` any of some yes-or-no columns held: shocks, losses, guarantees lacking."""

    name: str
    columns: str | tuple[str, ...]
    waves: int = 1
    theme: str = "shock"

    def __post_init__(self) -> None:
        _named(self.name, self.theme, "Recent")
        whole(self.waves, who=f"the waves of Recent '{self.name}'")
        object.__setattr__(self, "columns", names_of(self.columns, who=f"the columns of Recent '{self.name}'"))

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns it reads."""
        return tuple(self.columns)

    def draw(self, past: Past) -> dict[str, Dated]:
        """Its figure at each origin; a gap where none of these waves was seen."""
        for name in self.sources:
            past.homes.flags(name)
        count, seen, dated = np.zeros(len(past.homes)), np.zeros(len(past.homes), dtype=bool), []
        for back in range(self.waves):
            wave = [past.of(name, back) for name in self.sources]
            x = np.stack([one.value for one in wave])
            count += (x == 1).any(axis=0)
            seen |= ~np.isnan(x).all(axis=0)
            dated += wave
        return {self.name: dated[0].then(np.where(seen, count, np.nan), *dated[1:])}


def _sum(past: Past, columns: tuple[str, ...]) -> Dated:
    every = [past.of(name) for name in columns]
    return every[0].then(np.sum([one.value for one in every], axis=0), *every[1:])


def _income_at(spec: IncomeLevel | IncomeTrend, past: Past, back: int) -> Dated:
    income = past.of(spec.income, back)
    if not isinstance(spec.line, str):
        return income.then(log_ratio(income.value, np.full(len(income.value), float(spec.line)), spec.floor))
    line = past.of(spec.line, back)
    if (line.value <= 0).any():
        raise DataError(f"lines '{spec.line}' must be positive", found=f"{int((line.value <= 0).sum())} that are not")
    return income.then(log_ratio(income.value, line.value, spec.floor), line)


def _income_sources(income: str, line: float | str) -> tuple[str, ...]:
    return (income, line) if isinstance(line, str) else (income,)


def _income_checks(spec: IncomeLevel | IncomeTrend) -> None:
    who = f"{type(spec).__name__} '{spec.name}'"
    _named(spec.name, spec.theme, type(spec).__name__)
    a_name(spec.income, who=f"the income of {who}")
    if isinstance(spec.line, str):
        a_name(spec.line, who=f"the line of {who}")
    else:
        positive(spec.line, who=f"the line of {who}")
    positive(spec.floor, who=f"the floor of {who}")


def _named(name: str, theme: str, who: str) -> None:
    a_name(name, who=f"the name of {who}")
    if not isinstance(theme, str) or not theme:
        raise SpecError(f"the theme of {who} '{name}' must be a word", found=shown(theme), do='write theme="income"')
