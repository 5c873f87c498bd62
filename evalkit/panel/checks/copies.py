"""Copies: a year that repeats the year before, a column that repeats another, a unit that is the sum or mean of the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.panel.checks.marks import HUGE
from evalkit.panel.checks.observed import Observed
from evalkit.panel.findings import Finding, finding, listing

_LEAST = 3  # columns that must agree before rows count as copies
_MOST = 0.8  # share of the columns in which a unit is the mean of the others, every year
_MATCHES = 6  # figures that must be means before it is no chance
_FINE = 20  # steps of a column, as it is rounded, that its figures spread over at least


def copies(observed: Observed) -> list[Finding]:
    """Rows that repeat the year before, columns that repeat another, and units that are the sum or the mean of all others."""
    frame = observed.frame[list(observed.scored)]
    varied = [column for column in frame.columns if frame[column].nunique() > max(1, len(frame) // 10)]
    frame = frame[varied]
    return [*_rows(observed, frame), *_columns(frame), *_sums(observed, frame), *_means(observed, frame)]


def _rows(observed: Observed, frame: pd.DataFrame) -> list[Finding]:
    """Rows whose every figure is that of the year before."""
    if frame.shape[1] < _LEAST:
        return []
    values = frame.to_numpy(np.float64)
    there = ~np.isnan(values)
    codes = pd.factorize(observed.units)[0]
    alike = ((values[1:] == values[:-1]) | ~(there[1:] | there[:-1])).all(axis=1) & (there[1:].sum(axis=1) >= _LEAST)
    at = np.flatnonzero(alike & (codes[1:] == codes[:-1])) + 1
    if not at.size:
        return []
    return [
        finding(
            "repeated_row",
            count=len(at),
            where=listing([f"{observed.units[i]} {observed.periods[i]}" for i in at[:20]], total=len(at)),
        )
    ]


def _columns(frame: pd.DataFrame) -> list[Finding]:
    """Columns that hold the same figures."""
    if len(frame) < 5:
        return []
    seen, findings = dict[bytes, str](), list[Finding]()
    for column in map(str, frame.columns):
        values = frame[column].to_numpy(np.float64)
        key = np.where(np.isnan(values), np.inf, values).tobytes()
        if key in seen:
            findings.append(finding("same_columns", column=column, found=f"'{seen[key]}'"))
        seen.setdefault(key, column)
    return findings


def _sums(observed: Observed, frame: pd.DataFrame) -> list[Finding]:
    """Units that are, in every year and two or more columns, the sum of all others."""
    columns = [column for column in frame.columns if (frame[column].fillna(0) >= 0).all()]
    units = pd.unique(observed.units)
    if len(units) < 4 or len(columns) < 2:
        return []
    grouped = frame[columns].groupby(observed.periods)
    rest = grouped.transform("sum") - frame[columns]
    equal = np.isclose(frame[columns], rest, rtol=1e-6, atol=0) & (frame[columns] > 0).to_numpy()
    often = pd.DataFrame(equal, columns=columns).groupby(observed.units).mean()
    whole = often.index[(often >= 1).sum(axis=1) >= 2]
    return [finding("sum_row", count=len(whole), where=listing(list(whole)))] if len(whole) else []


def _means(observed: Observed, frame: pd.DataFrame) -> list[Finding]:
    """Units that are, in every year and in most columns, the mean of all others, up to the rounding of the column."""
    frame = frame.where(frame.abs() < HUGE)
    steps = {column: _step(frame[column].to_numpy(np.float64)) for column in frame.columns}
    fine = [column for column in frame.columns if frame[column].std() > _FINE * steps[column]]
    if observed.frame.index.get_level_values("unit").nunique() < 4 or not fine:
        return []
    grouped = frame[fine].groupby(observed.periods)
    many, total = grouped.transform("count"), grouped.transform("sum")
    others = (total - frame[fine]) / (many - 1).where(many > 3)
    near = (frame[fine] - others).abs() <= np.array([steps[column] / 2 for column in fine]) * (1 + 1e-6) + 1e-9 * others.abs()
    known = (frame[fine].notna() & others.notna()).groupby(observed.units).sum()
    hits = near.groupby(observed.units).sum()
    always = ((hits == known) & (known > 0)).sum(axis=1)
    whole = always.index[(always >= max(2, _MOST * len(fine))) & (hits.sum(axis=1) >= _MATCHES)]
    return [finding("mean_row", count=len(whole), where=listing(list(whole)))] if len(whole) else []


def _step(values: NDArray[np.float64]) -> float:
    """The step to which all figures but one in ten are rounded: 1, 0.1, … 0.000001."""
    known = values[np.isfinite(values)]
    for decimals in range(6):
        if (np.abs(known - np.round(known, decimals)) <= 1e-9 * np.maximum(1, np.abs(known))).mean() >= 0.9:
            return float(10.0**-decimals)
    return 1e-6
