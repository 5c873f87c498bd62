"""The rules a data file is held to: one table of stable ids, each with how grave it is and how it is said."""

from __future__ import annotations

from evalkit.panel.rules.files import FILES
from evalkit.panel.rules.rule import Rule, Severity
from evalkit.panel.rules.values import VALUES

__all__ = ["ACCEPTABLE", "RULES", "Rule", "Severity"]

#: Rule id → how grave, how it is said (with what was found filled in), what to do. The ids are stable words that a study
#: file may write to accept a defect of values; what stops a panel from being made cannot be accepted.
RULES: dict[str, Rule] = FILES | VALUES

#: Defects of values, which a study may accept with a reason; the others leave nothing to assess.
ACCEPTABLE: tuple[str, ...] = (
    "constant_column",
    "mean_row",
    "missing_code",
    "missing_periods",
    "out_of_range",
    "percent_as_fraction",
    "reference_gap",
    "sum_row",
    "unit_contradicts",
    "unit_jump",
    "unit_of_hundred",
    "unit_of_ten_thousand",
    "unit_of_thousand",
    "zero_for_missing",
)
