"""A few of the simulated counties in two provinces, and the head of a study of them: what tests of whole runs begin with."""

import pandas as pd

import evalkit as ek

FOUR = [f"{province}010{n}" for province in ("01", "02") for n in (1, 2)]
TWELVE = [f"{province}{town:02d}0{n}" for province in ("01", "02") for town in (1, 2) for n in (1, 2, 3)]
HEAD = """
title = {{ zh = "小评估", en = "A small assessment" }}
{reference}
[panel]
file = "panel.csv"
unit = "county"
period = "year"
groups = ["province"]
[[system]]
file = "consolidation"
core = true
[[system]]
file = "revitalization"
core = true
[missing]
steps = [{{ method = "interpolate", max_gap = {gap} }}, {{ method = "carry", max_gap = {gap} }}{last}]
"""
MEAN = ', { method = "group_mean" }'


def declared(more: str, *, reference: str = "reference = [2020, 2022]", gap: int = 5, last: str = MEAN) -> str:
    """A study in TOML; `more` are its further tables."""
    return HEAD.format(reference=reference, gap=gap, last=last) + more


def rows(units: list[str], since: int) -> pd.DataFrame:
    """The figures of some counties since a year, as a file has them."""
    every = ek.datasets.load("counties").frame.loc[units].reset_index()
    kept = every[every["period"] >= since].rename(columns={"unit": "county", "period": "year"})
    kept.insert(1, "province", kept["county"].str[:2].map({"01": "East", "02": "West"}))
    return kept
