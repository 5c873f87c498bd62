"""What is not there: empty and constant columns, missing cells, units that lack whole periods."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.errors import did_you_mean
from evalkit.panel.findings import Finding, finding, listing, shown
from evalkit.panel.observed import Observed


def absent_columns(observed: Observed) -> list[Finding]:
    """Indicators that a system asks for and the panel does not have."""
    have = [str(column) for column in observed.frame.columns]
    return [
        finding(
            "missing_column",
            column=column,
            found=did_you_mean(column, have),
            severity="defect" if indicator.scored else "notice",
        )
        for column, indicator in observed.asked.items()
        if column not in set(have)
    ]


def flat_columns(observed: Observed) -> list[Finding]:
    """Columns without a value, columns with one value throughout, infinite values, and missing cells counted."""
    findings = []
    for column in map(str, observed.frame.columns):
        values = observed.values(column)
        known = values[~np.isnan(values)]
        if not known.size:
            findings.append(observed.found("empty_column", column, count=len(values)))
            continue
        infinite = np.flatnonzero(np.isinf(values))
        if infinite.size:
            findings.append(observed.found("not_finite", column, count=len(infinite), where=observed.where(column, infinite)))
        if known.size > 1 and (known == known[0]).all():
            findings.append(observed.found("constant_column", column, count=len(known), found=shown(float(known[0]))))
        if known.size < values.size and (not observed.asked or column in observed.asked):
            share = f"{1 - known.size / values.size:.1%}"
            findings.append(observed.found("missing_cells", column, count=len(values) - len(known), found=share))
    return findings


def missing_periods(observed: Observed) -> list[Finding]:
    """Units without a row, or without any figure a score needs, in a period that others have; and years no unit has."""
    findings = []
    periods = np.unique(observed.periods)
    gaps = sorted(set(range(int(periods[0]), int(periods[-1]) + 1)) - set(map(int, periods))) if len(periods) else []
    if gaps and len(gaps) < len(periods):
        findings.append(finding("period_gap", count=len(gaps), where=listing(gaps)))
    columns = [column for column in observed.scored if observed.frame[column].notna().any()]
    if not len(periods):
        return findings
    every = pd.Series(data=True, index=observed.frame.index)
    seen = observed.frame[columns].notna().any(axis=1) if columns else every
    grid = seen.unstack("period", fill_value=False).astype(bool)
    lacking = grid.loc[~grid.all(axis=1)]
    if len(lacking):
        where = [f"{unit}: {_spans(lacking.columns[~row])}" for unit, row in zip(lacking.index, lacking.to_numpy(), strict=True)]
        findings.append(finding("missing_periods", count=len(lacking), where=listing(where)))
    return findings


def _spans(periods: pd.Index) -> str:
    """Periods as spans: 2016–2018, 2020."""
    spans = list[list[int]]()
    for period in map(int, periods):
        if spans and period == spans[-1][1] + 1:
            spans[-1][1] = period
        else:
            spans.append([period, period])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)
