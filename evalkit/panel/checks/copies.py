"""Copies: a year that repeats the year before, a column that repeats another, a unit that is the sum of the others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.panel.checks.observed import Observed
from evalkit.panel.findings import Finding, finding, listing

_LEAST = 3  # columns that must agree before rows count as copies


def copies(observed: Observed) -> list[Finding]:
    """Rows that repeat the year before, columns that repeat another, and units that are the sum of all others."""
    frame = observed.frame[list(observed.scored)]
    varied = [column for column in frame.columns if frame[column].nunique() > max(1, len(frame) // 10)]
    frame = frame[varied]
    return [*_rows(observed, frame), *_columns(frame), *_sums(observed, frame)]


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
