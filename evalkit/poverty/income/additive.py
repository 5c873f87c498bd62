"""Indices that are means over persons, so that groups, waves and sources add up to them; and how they are asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import pandas as pd

from evalkit.check import able, flag, one_of
from evalkit.errors import NoAnswer
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.columns import has_rows, is_level, is_line, is_name, line_per_row, names_of, numbers
from evalkit.poverty.income.gaps import gap_powers, is_poor, log_gaps
from evalkit.stats.arrays import Array
from evalkit.terms import Text

ADDITIVE = ("headcount", "gap", "severity", "watts")  # means over persons, which groups add up to


def additive_values(name: str, income: Array, line: Array, *, strict: bool = True) -> Array:
    """What each row adds to an index that is a mean: 1, the gap, its square, or ln(z/y) of the poor, 0 of others.

    Examples
    --------
    >>> import numpy as np
    >>> additive_values("gap", np.array([75.0, 150.0]), np.array([100.0, 100.0]))
    array([0.25, 0.  ])
    """
    if name == "watts":
        poor = is_poor(income, line, strict=strict)
        if (income[poor] <= 0).any():
            found = f"{int((income[poor] <= 0).sum())} incomes of the poor that are not positive"
            raise NoAnswer("the Watts index needs positive incomes of the poor", found=found, do="ask for other measures")
        return log_gaps(income, line, strict=strict)
    return gap_powers(income, line, ADDITIVE.index(name), strict=strict)


class Asks(Protocol):
    """A spec that asks for additive indices."""

    @property
    def income(self) -> str: ...  # noqa: D102
    @property
    def line(self) -> float | str: ...  # noqa: D102
    @property
    def measures(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def design(self) -> SurveyDesign: ...  # noqa: D102
    @property
    def strict(self) -> bool: ...  # noqa: D102


def checked(spec: Asks, *, who: str) -> None:
    """Refuse a spec with a wrong income, line, measure, design or level, if it has one."""
    is_name(spec.income, who=f"{who} income")
    is_line(spec.line, who=who)
    measures = names_of(spec.measures, who=f"{who} measures")
    for name in measures:
        one_of(name, ADDITIVE, who=f"a measure of {who}")
    if measures != spec.measures:
        object.__setattr__(spec, "measures", measures)
    able(spec.design, "on", who=f"{who} design", do="give a SurveyDesign")
    flag(spec.strict, who=f"{who} strict")
    is_level(getattr(spec, "level", 0.95), who=who)


def incomes_and_lines(spec: Asks, frame: pd.DataFrame, more: Iterable[str], *, who: str) -> tuple[Array, Array]:
    """Income and line of each row of a frame that must have these and more columns."""
    named = [spec.income, *([spec.line] if isinstance(spec.line, str) else []), *more]
    has_rows(frame, named, who=who)
    return numbers(frame, spec.income, who=who), line_per_row(frame, spec.line, who=who)


def counted_poor(*, strict: bool) -> Text:
    """Who counts as poor."""
    text = Text("收入{side}者计为贫困。", "Households (persons) whose income is {side} count as poor.")
    return text.format(side=side(strict=strict))


def side(*, strict: bool) -> Text:
    """On which side of the line the poor are."""
    return Text("低于贫困线", "below the line") if strict else Text("不高于贫困线", "at or below the line")
