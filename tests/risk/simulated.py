"""Simulated homes in a file that a risk study reads, and the true risk of those that it scored."""

from pathlib import Path

import pandas as pd

from evalkit.simulate import SEED, HouseholdSimulation

FIXED = ["county", "village", "head_female", "head_schooling", "resettled", "formerly_poor", "off_farm"]
HOMES = """
title = "simulated"
[homes]
file = "homes.csv"
unit = "unit"
period = "period"
place = "county"
village = "village"
clusters = "village"
formerly_poor = "formerly_poor"
"""


def homes_written(folder: Path, households: int, villages: int, *, seed: int = SEED, coming: tuple[str, ...] = ()):
    """Homes of seven years as `homes.csv`, with what comes next year of some columns: the rows, and the true risk of each."""
    years = range(2018, 2025)
    drawn = HouseholdSimulation(households=households, villages=villages, counties=4, periods=years, seed=seed).draw()
    later = [drawn.frame[list(coming)].groupby("unit").shift(-1).add_suffix("_next")] if coming else []
    rows = drawn.frame.join(later).join(drawn.homes[FIXED], on="unit").reset_index()
    rows = rows.astype(dict.fromkeys(rows.select_dtypes("bool"), int))
    rows.to_csv(folder / "homes.csv", index=False)
    return rows, drawn.truth["true_risk"]


def truth_of(risks: pd.DataFrame, rows: pd.DataFrame, truth: pd.Series) -> pd.Series:
    """The true risk of each row that a study scored; it numbers homes as they come."""
    number = {f"{n:07d}": unit for n, unit in enumerate(pd.unique(rows["unit"]), start=1)}
    return truth.loc[[(number[unit], period) for unit, period in risks.index]].set_axis(risks.index)
