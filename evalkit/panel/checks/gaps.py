"""What is not there: empty and constant columns, missing cells, units that lack whole periods."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.panel.checks.observed import Observed, Span
from evalkit.panel.findings import Finding, absent, finding, listing, shown
from evalkit.panel.rules.rules import Severity
from evalkit.stats.ranks import flat


def absent_columns(observed: Observed) -> list[Finding]:
    """Indicators that a system asks for and the panel lacks: those a score needs in one finding, the others in another."""
    have = [str(column) for column in observed.frame.columns]
    free = [column for column in have if column not in observed.asked]
    lacking = {column: indicator.scored for column, indicator in observed.asked.items() if column not in set(have)}
    severities: dict[bool, Severity] = {True: "defect", False: "notice"}
    return [
        absent(names, free, severity=severity)
        for needed, severity in severities.items()
        if (names := [column for column, scored in lacking.items() if scored == needed])
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
        if known.size > 1 and not infinite.size and flat(known.min(), known.max()):
            findings.append(observed.found("constant_column", column, count=len(known), found=shown(float(known[0]))))
        if known.size < values.size and (not observed.asked or column in observed.asked):
            share = f"{1 - known.size / values.size:.1%}"
            findings.append(observed.found("missing_cells", column, count=len(values) - len(known), found=share))
    return findings


def missing_periods(observed: Observed) -> list[Finding]:
    """Units without a row, or without any figure a score needs, in a period that others have; and years no unit has."""
    periods = np.unique(observed.periods)
    if not len(periods):
        return []
    findings = _absent_years(periods, observed.reference)
    columns = [column for column in observed.scored if observed.frame[column].notna().any()]
    every = pd.Series(data=True, index=observed.frame.index)
    seen = observed.frame[columns].notna().any(axis=1) if columns else every
    grid = seen.unstack("period", fill_value=False).astype(bool)
    lacking = grid.loc[~grid.all(axis=1)]
    if len(lacking):
        where = [f"{unit}: {_spans(lacking.columns[~row])}" for unit, row in zip(lacking.index, lacking.to_numpy(), strict=True)]
        findings.append(finding("missing_periods", count=len(lacking), where=listing(where)))
    return findings


def _absent_years(periods: NDArray[np.int64], reference: Span | None) -> list[Finding]:
    """Years that no unit has between those of the panel, in its step: a panel of every second year lacks none of the others.

    Among the reference years this is a defect: bounds and weights would silently be learnt on fewer years than the study names.
    """
    step = int(np.gcd.reduce(np.diff(periods)))
    years = [year for year in range(int(periods[0]), int(periods[-1]), step) if year not in periods] if step else []
    if len(years) >= len(periods):
        return []
    learnt = [year for year in years if reference is not None and reference[0] <= year <= reference[1]]
    others = [year for year in years if year not in learnt]
    rules = {"reference_gap": learnt, "period_gap": others}
    return [finding(rule, count=len(at), where=listing(at)) for rule, at in rules.items() if at]


def _spans(periods: pd.Index) -> str:
    """Periods as spans: 2016–2018, 2020."""
    spans = list[list[int]]()
    for period in map(int, periods):
        if spans and period == spans[-1][1] + 1:
            spans[-1][1] = period
        else:
            spans.append([period, period])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)
