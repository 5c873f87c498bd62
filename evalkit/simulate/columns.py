"""The columns of simulated households, and the arrays they are written to."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Table: TypeAlias = dict[str, NDArray[Any]]

# One row a home.
HOMES = {
    "village": "i4", "head_female": "?", "head_schooling": "i1", "resettled": "?", "off_farm": "?", "land": "f8",
    "formerly_poor": "?", "baseline_income_pc": "f8", "need": "f8", "program_start": "i2",
}  # fmt: skip

# One row a home and year: what is observed …
YEARS = {
    "members": "i1", "workers": "i1", "children": "i1", "elderly": "i1", "students": "i1", "disabled": "i1", "chronic": "i1",
    "head_age": "i1", "wage": "f8", "business": "f8", "property": "f8", "pension": "f8", "disability": "f8", "subsidy": "f8",
    "dibao": "f8", "transfer": "f8", "income": "f8", "income_pc": "f8", "line": "f8", "price": "f8", "poor": "?", "illness": "?",
    "accident": "?", "disaster": "?", "job_loss": "?", "medical": "f8", "education": "f8", "loss": "f8", "dropout": "?",
    "insured": "?", "unsafe_dwelling": "?", "unsafe_water": "?", "treated": "?", "enrolled": "?", "granted": "?",
}  # fmt: skip

# … and what only the simulation knows.
TRUTH = {"true_risk": "f8", "lasting": "f8", "passing": "f8", "scar": "f8", "program_effect": "f8", "market_pc": "f8"}


def empty(homes: int, years: int) -> tuple[Table, Table]:
    """Arrays to be filled: of homes (homes,), of years and truth (homes, years)."""
    fixed = {name: np.empty(homes, dtype=kind) for name, kind in HOMES.items()}
    return fixed, {name: np.empty((homes, years), dtype=kind) for name, kind in (YEARS | TRUTH).items()}


def rows(table: Table, first: int, last: int) -> Table:
    """The rows first … last − 1 of every column, not copied."""
    return {name: column[first:last] for name, column in table.items()}
