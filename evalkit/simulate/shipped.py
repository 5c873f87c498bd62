"""The survey of simulated households that is shipped, and how shipped tables are written anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.simulate import counties
from evalkit.simulate.households import HouseholdSimulation
from evalkit.simulate.survey import HouseholdSurvey

COUNTIES = tuple(f"{province:02d}0101" for province in range(1, 7))  # one of each province of the county panel
SOURCES = ("wage", "business", "property", "transfer")
PEOPLE = HouseholdSimulation(households=9_000, villages=120, counties=6, periods=(2021, 2022, 2023, 2024))
SURVEY = HouseholdSurvey(villages=8, homes=9, formerly_poor=6)
HEAD = (
    "# 模拟住户调查（虚构数据，由 evalkit.simulate 生成）；列的含义见 households.md\n"
    "# simulated survey of households (fictional data, made by evalkit.simulate); columns: see households.md\n"
)


def household_table() -> pd.DataFrame:
    """Homes of six counties of the shipped county panel over four years, with weights, strata and villages.

    Incomes and their sources are yuan a head and year; what is lacking is 1, else 0.

    Examples
    --------
    >>> table = household_table()
    >>> table.columns[:4].tolist(), table["county"].nunique(), table["year"].unique().tolist()
    (['household', 'county', 'village', 'year'], 6, [2021, 2022, 2023, 2024])
    """
    seen = SURVEY.draw(PEOPLE.draw()).frame.reset_index()
    place = dict(zip(sorted(seen["county"].astype(str).unique()), COUNTIES, strict=True))
    heads = seen["members"].to_numpy()
    share = seen["income_pc"].to_numpy() / seen["line"].to_numpy()
    lacks = {
        "food": share < 0.35,
        "clothing": share < 0.25,
        "education": seen["dropout"],
        "medical": ~seen["insured"],
        "housing": seen["unsafe_dwelling"],
        "water": seen["unsafe_water"],
    }
    table = pd.DataFrame(
        {
            "household": seen["unit"],
            "county": seen["county"].astype(str).map(place),
            "village": seen["village"].astype(str),
            "year": seen["period"],
            "weight": seen["weight"].round(3),
            "members": heads,
            "formerly_poor": seen["formerly_poor"].astype(int),
            "line": seen["line"].round(),
            "income_pc": 0.0,
            **{f"{source}_pc": (seen[source] / heads).round(1) for source in SOURCES},
            **{name: np.asarray(column).astype(int) for name, column in lacks.items()},
        }
    )
    return table.assign(income_pc=table[[f"{source}_pc" for source in SOURCES]].sum(axis=1).round(1))


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m evalkit.simulate PATH`: write counties.csv or households.csv anew, by the name of the path."""
    import sys

    given = sys.argv[1:] if arguments is None else list(arguments)
    if len(given) == 1 and Path(given[0]).name == "households.csv":
        text = household_table().to_csv(index=False, lineterminator="\n")
        Path(given[0]).write_text(HEAD + text, encoding="utf-8", newline="\n")
    else:
        counties.main(given)
