"""Levels: units whose figures lie far from those of all others, and years in which a whole column leaps and falls back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evalkit.panel.checks.observed import Observed
from evalkit.panel.findings import Finding, listing, shown

_GAP = 2.5  # powers of ten between two groups of units, with none between
_SPAN = 1.5  # powers of ten that each of the groups spans at most
_LEAP = np.log10(2.5)  # a step of the median unit that no single year explains
_CALM = np.log10(1.5)


def far_levels(observed: Observed) -> list[Finding]:
    """For every column, units whose median is hundreds of times off those of the others, as if written in another unit."""
    findings = list[Finding]()
    for column in map(str, observed.frame.columns):
        values = observed.values(column)
        positive = np.where(np.isfinite(values) & (values > 0), values, np.nan)
        typical = pd.Series(positive).groupby(observed.units).median().dropna().sort_values()
        medians = pd.Series(np.log10(typical.to_numpy()), index=typical.index)
        if len(medians) < 5:
            continue
        steps = np.diff(medians.to_numpy())
        cut = int(np.argmax(steps)) + 1
        low, high = medians.iloc[:cut], medians.iloc[cut:]
        spans = [float(part.iloc[-1] - part.iloc[0]) for part in (low, high)]
        if steps[cut - 1] < _GAP or max(spans) > _SPAN:
            continue
        few = low if len(low) < len(high) else high
        found = " / ".join(shown(float(10**level)) for level in (low.median(), high.median()))
        findings.append(observed.found("far_level", column, count=len(few), where=listing(list(few.index)), found=found))
    return findings


def leaps(observed: Observed) -> list[Finding]:
    """For every column, years to which the figures of most units leap or fall, in a column that is calm otherwise."""
    findings = list[Finding]()
    codes, periods = pd.factorize(observed.units)[0], observed.periods
    same = codes[1:] == codes[:-1]
    for column in map(str, observed.frame.columns):
        values = observed.values(column)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.log10(values[1:]) - np.log10(values[:-1])
        kept = same & np.isfinite(step)
        if kept.sum() < 20:
            continue
        by = pd.Series(step[kept]).groupby(periods[1:][kept])
        table = pd.DataFrame({"median": by.median(), "low": by.quantile(0.25), "high": by.quantile(0.75), "n": by.size()})
        leapt = (
            (np.minimum(np.abs(table["low"]), np.abs(table["high"])) > _LEAP)
            & (table["low"] * table["high"] > 0)
            & (table["n"] >= 5)
        )
        if not leapt.any() or 2 * leapt.sum() > len(table) or table.loc[~leapt, "median"].abs().max() > _CALM:
            continue
        where = [f"{year} ×{10**row.median:.3g}" for year, row in zip(table.index[leapt], table[leapt].itertuples(), strict=True)]
        findings.append(observed.found("leap", column, count=int(leapt.sum()), where=listing(where)))
    return findings
